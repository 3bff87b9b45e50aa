"""What stands along the four sides of a box: the scales of its axes, and the labels that they explain."""

from dataclasses import dataclass

from gauntlet.paper.plots.axes import Scale, Side, fit_scale, side_labels, single_power_scale, snap
from gauntlet.paper.plots.categories import category_scale, evenly_cut, is_uneven, with_second_lines
from gauntlet.paper.plots.labels import Label
from gauntlet.paper.plots.strokes import Strokes, ticks_along
from gauntlet.paper.records import Box


@dataclass(frozen=True)
class Sides:
    """What was found along the sides of a candidate, each side perhaps nothing."""

    box: Box
    x: Scale | None
    x_labels: list[Label]
    y: Scale | None
    y_labels: list[Label]
    y2: Scale | None
    y2_labels: list[Label]


def read_sides(box: Box, labels: list[Label], strokes: Strokes) -> Sides:
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
        y, y_labels, y2, y2_labels = y2, y2_labels, None, []
    return Sides(box, x, x_labels, y, y_labels, y2, y2_labels)


def _axis(box: Box, labels: list[Label], strokes: Strokes, side: Side) -> tuple[Scale | None, list[Label]]:
    horizontal = side in ("bottom", "top")
    found = [label for label in side_labels(box, labels, side) if label.quarter == 0 or horizontal or label.numeric]
    numbers = [label for label in found if label.numeric]
    ticks = ticks_along(box, strokes, side)
    if len(numbers) >= 2:
        positions = _positions(numbers, ticks, horizontal)
        scale = fit_scale(positions, numbers, ticks)
        stray = scale is not None and len(scale.positions) < len(numbers) and not is_uneven(sorted(positions))
        if scale is not None and len(numbers) >= 0.5 * len(found) and not (horizontal and stray):
            return scale, numbers
    elif len(numbers) == 1 and numbers[0].is_power:
        scale = single_power_scale(_positions(numbers, ticks, horizontal)[0], numbers[0], ticks)
        if scale is not None:
            return scale, numbers
    if side == "right":
        return None, []
    if horizontal:
        found = evenly_cut(found)
    if len(found) < 2:
        return None, []
    texts = with_second_lines(found, labels, horizontal)
    scale = category_scale(_positions(found, ticks, horizontal), texts, upwards=not horizontal)
    if scale is None or is_uneven(sorted(scale.positions)):
        return None, []
    return scale, found


def _positions(labels: list[Label], ticks: list[tuple[float, float]], horizontal: bool) -> list[float]:
    """Where labels stand along the axis: their middle, or the tip of slanted ones if the marks agree with that."""
    axis = 0 if horizontal else 1
    size = labels[0].size
    middles = snap([label.anchor[axis] for label in labels], ticks, size)
    if not any(label.tip for label in labels):
        return middles
    tips = [label.tip[axis] if label.tip else label.anchor[axis] for label in labels]
    if not ticks:
        return tips
    centers = [label.anchor[axis] for label in labels]
    off_tip = sum(min(abs(tip - at) for at, _ in ticks) for tip in tips)
    off_center = sum(min(abs(center - at) for at, _ in ticks) for center in centers)
    return snap(tips, ticks, size) if off_tip < off_center else middles
