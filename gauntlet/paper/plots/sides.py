"""What stands along the four sides of a box: the scales of its axes, and the labels that they explain."""

from dataclasses import dataclass

from gauntlet.paper.plots.alignment import numeric_scale, snap
from gauntlet.paper.plots.axes import Scale, Side, side_labels, single_power_scale
from gauntlet.paper.plots.categories import (
    EVEN,
    category_scale,
    evenly_cut,
    is_caption,
    is_running_text,
    is_uneven,
    with_second_lines,
)
from gauntlet.paper.plots.labels import Label
from gauntlet.paper.plots.strokes import Strokes, marks_along, ticks_along
from gauntlet.paper.records import Box


@dataclass(frozen=True)
class Sides:
    """What was found along the sides of a candidate, each side perhaps nothing; `mirrored`: y stands at the right."""

    box: Box
    x: Scale | None
    x_labels: list[Label]
    y: Scale | None
    y_labels: list[Label]
    y2: Scale | None
    y2_labels: list[Label]
    mirrored: bool = False


def read_sides(box: Box, labels: list[Label], strokes: Strokes) -> Sides:
    """Scales along the left, lower and right side of a box."""
    near = [
        label
        for label in labels
        if label.box[2] > box[0] - 60
        and label.box[0] < box[2] + 60
        and label.box[3] > box[1] - 40
        and label.box[1] < box[3] + 40
    ]
    y, y_labels = _axis(box, near, strokes, "left")
    rest = [label for label in near if label not in y_labels]
    x, x_labels = _axis(box, rest, strokes, "bottom")
    y2, y2_labels = _axis(box, [label for label in rest if label not in x_labels], strokes, "right")
    if y is None and y2 is not None:
        return Sides(box, x, x_labels, y2, y2_labels, None, [], mirrored=True)
    return Sides(box, x, x_labels, y, y_labels, y2, y2_labels)


def _axis(box: Box, labels: list[Label], strokes: Strokes, side: Side) -> tuple[Scale | None, list[Label]]:
    horizontal = side in ("bottom", "top")
    found = [label for label in side_labels(box, labels, side) if label.quarter == 0 or horizontal or label.numeric]
    numbers = [label for label in found if label.numeric]
    marks = marks_along(box, strokes, side)[0] if side == "right" else ticks_along(box, strokes, side)
    if len(numbers) >= 2:
        positions = _positions(numbers, marks, horizontal)
        scale = numeric_scale(positions, numbers, marks, (box[0], box[2]) if horizontal else (box[1], box[3]))
        stray = scale is not None and len(scale.positions) < len(numbers) and not is_uneven(sorted(positions))
        if scale is not None and len(numbers) >= 0.5 * len(found) and not (horizontal and stray):
            return scale, numbers
    elif len(numbers) == 1 and numbers[0].is_power:
        at = snap(_positions(numbers, marks, horizontal), marks, numbers[0].size)[0]
        scale = single_power_scale(at, numbers[0], marks)
        if scale is not None:
            return scale, numbers
    return _category_axis(found, labels, marks, horizontal) if side != "right" else (None, [])


def _category_axis(
    found: list[Label], labels: list[Label], marks: list[tuple[float, float]], horizontal: bool
) -> tuple[Scale | None, list[Label]]:
    if is_caption(found):
        return None, []
    if horizontal:
        found = evenly_cut(found, [at for at, _ in marks])
    if len(found) < 2 or is_running_text(found):
        return None, []
    texts = with_second_lines(found, labels, horizontal)
    positions = snap(_positions(found, marks, horizontal), marks, found[0].size)
    scale = category_scale(positions, texts, upwards=not horizontal)
    return (None, []) if scale is None or is_uneven(sorted(scale.positions)) else (scale, found)


def _positions(labels: list[Label], marks: list[tuple[float, float]], horizontal: bool) -> list[float]:
    """Where labels stand along the axis: their middle, or the tip of slanted ones if these are even or at the marks."""
    axis = 0 if horizontal else 1
    middles = [label.anchor[axis] for label in labels]
    if not any(label.tip for label in labels):
        return middles
    tips = [label.tip[axis] if label.tip else label.anchor[axis] for label in labels]
    if is_uneven(sorted(tips), EVEN) != is_uneven(sorted(middles), EVEN):
        return middles if is_uneven(sorted(tips), EVEN) else tips
    if not marks:
        return tips
    off_tip = sum(min(abs(tip - at) for at, _ in marks) for tip in tips)
    off_middle = sum(min(abs(middle - at) for at, _ in marks) for middle in middles)
    return tips if off_tip < off_middle else middles
