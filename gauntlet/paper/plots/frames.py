"""Frames: boxes with numeric labels along their sides. A frame is accepted for its axes, not for its looks."""

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from gauntlet.paper.plots.axes import Scale, Side, category_scale, fit_scale, side_labels, single_power_scale, snap
from gauntlet.paper.plots.labels import Label, joined
from gauntlet.paper.plots.primitives import Path
from gauntlet.paper.records import Box

SMALLEST = (24.0, 18.0)
MOST_CANDIDATES = 400
MOST_CUT, MOST_WORDS, MOST_CHOICES = 16, 4, 4096
EVEN = 1.05
"""Longest over shortest distance between labels whose middles are known to a few tenths of a point."""
_MULTIPLIER = re.compile(r"^[(\[]?\s*(?:[×x*·]\s*10\s*\^?\s*([-−]?\d+)|1e([+-−]?\d+)|[×x]\s*1e([+-−]?\d+))\s*[)\]]?$")


@dataclass
class Frame:
    """A data area with its scales; `used` are the labels that its axes explain."""

    box: Box
    x: Scale
    y: Scale
    y2: Scale | None
    used: list[Label] = field(default_factory=list)
    x_labels: list[Label] = field(default_factory=list)
    y_labels: list[Label] = field(default_factory=list)
    y2_labels: list[Label] = field(default_factory=list)
    score: float = 0.0


@dataclass(frozen=True)
class Strokes:
    """Axis-parallel strokes of a page: (position, start, end), sorted apart once for all frames."""

    level: list[tuple[float, float, float]]
    upright: list[tuple[float, float, float]]


def find_strokes(paths: Sequence[Path]) -> Strokes:
    """All straight axis-parallel strokes (and hair-thin filled rectangles)."""
    level, upright = [], []
    for path in paths:
        width, height = path.size
        thin = path.is_rectangle and path.fill is not None and min(width, height) < 1.2
        for line in path.lines if path.stroke is not None and not path.curved else ():
            ends = [*line, line[0]] if path.closed and len(line) > 2 else list(line)
            if len(ends) > 12:
                continue
            for (ax, ay), (bx, by) in itertools.pairwise(ends):
                if abs(ay - by) < 0.05 and abs(ax - bx) > 0.5:
                    level.append((ay, min(ax, bx), max(ax, bx)))
                elif abs(ax - bx) < 0.05 and abs(ay - by) > 0.5:
                    upright.append((ax, min(ay, by), max(ay, by)))
        if thin and width >= height:
            level.append((path.center[1], path.box[0], path.box[2]))
        elif thin:
            upright.append((path.center[0], path.box[1], path.box[3]))
    return Strokes(level, upright)


def find_frames(paths: Sequence[Path], labels: list[Label], strokes: Strokes) -> list[Frame]:
    """Frames of a page, best first among overlapping ones, then by place."""
    candidates = _candidates(paths, strokes)
    frames: list[Frame] = []
    halves: list[_Half] = []
    for box, weight in candidates:
        found = _read_sides(box, labels, strokes)
        frame = _accept(found)
        if frame is not None:
            frame.score += weight
            frames.append(frame)
        elif found.x is not None or found.y is not None:
            halves.append(found)
    kept: list[Frame] = []
    for frame in sorted(frames, key=lambda one: -one.score):
        if not any(_overlap(frame.box, other.box) > 0.25 for other in kept):
            kept.append(frame)
    _share_axes(kept, halves, [box for box, _ in candidates])
    _apply_multipliers(kept, labels)
    return sorted(kept, key=lambda frame: (round(frame.box[1] / 20), frame.box[0]))


def _candidates(paths: Sequence[Path], strokes: Strokes) -> list[tuple[Box, float]]:
    found: dict[tuple[int, int, int, int], tuple[Box, float]] = {}

    def add(box: Box, weight: float) -> None:
        if box[2] - box[0] < SMALLEST[0] or box[3] - box[1] < SMALLEST[1]:
            return
        key = (round(box[0]), round(box[1]), round(box[2]), round(box[3]))
        for dx in (-1, 0, 1):  # the same frame drawn as patch, clip and spines differs by fractions of a point
            for dy in (-1, 0, 1):
                near = (key[0] + dx, key[1] + dy, key[2] + dx, key[3] + dy)
                if near in found:
                    found[near] = (found[near][0], found[near][1] + min(weight, 0.2))
                    return
        found[key] = (box, weight)

    for path in paths:
        if path.clip is not None:
            add(path.clip, 0.5)
        if path.is_rectangle:
            add(path.box, 0.4)
    for box in _corners(strokes):
        add(box, 0.3)
    return sorted(found.values(), key=lambda one: -one[1])[:MOST_CANDIDATES]


def _corners(strokes: Strokes) -> list[Box]:
    """Boxes spanned by a long level stroke and a long upright one that meet at its left end."""
    level = [stroke for stroke in strokes.level if stroke[2] - stroke[1] >= SMALLEST[0]]
    upright = [stroke for stroke in strokes.upright if stroke[2] - stroke[1] >= SMALLEST[1]]
    by_cell: dict[tuple[int, int], list[tuple[float, float, float]]] = {}
    for x, top, bottom in upright:
        by_cell.setdefault((round(x / 3), round(bottom / 3)), []).append((x, top, bottom))
    found: list[Box] = []
    for y, left, right in level[:4000]:
        for cx in (-1, 0, 1):
            for cy in (-1, 0, 1):
                for x, top, bottom in by_cell.get((round(left / 3) + cx, round(y / 3) + cy), ()):
                    if abs(x - left) < 2.5 and abs(bottom - y) < 2.5 and len(found) < 2000:
                        found.append((x, top, right, y))
    return found


def ticks_along(box: Box, strokes: Strokes, side: Side) -> list[tuple[float, float]]:
    """Tick marks on one side of the frame as (position, length); grid lines where there are no marks."""
    x0, y0, x1, y1 = box
    horizontal = side in ("bottom", "top")
    edge = {"bottom": y1, "top": y0, "left": x0, "right": x1}[side]
    low, high = (x0, x1) if horizontal else (y0, y1)
    span = (y1 - y0) if horizontal else (x1 - x0)
    marks: dict[float, float] = {}
    grid: dict[float, float] = {}
    for at, start, end in strokes.upright if horizontal else strokes.level:
        if not low - 0.7 <= at <= high + 0.7:
            continue
        length = end - start
        if length <= 11 and (abs(start - edge) < 1.0 or abs(end - edge) < 1.0 or start < edge < end):
            marks[round(at, 2)] = max(length, marks.get(round(at, 2), 0.0))
        elif length > 0.9 * span and length < 1.1 * span and low + 1 < at < high - 1:
            grid[round(at, 2)] = length
    return sorted((marks or grid).items())


@dataclass(frozen=True)
class _Half:
    """What was found along the sides of a candidate, each side perhaps nothing."""

    box: Box
    x: Scale | None
    x_labels: list[Label]
    y: Scale | None
    y_labels: list[Label]
    y2: Scale | None
    y2_labels: list[Label]


def _read_sides(box: Box, labels: list[Label], strokes: Strokes) -> _Half:
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
    return _Half(box, x, x_labels, y, y_labels, y2, y2_labels)


def _accept(found: _Half) -> Frame | None:
    x, y = found.x, found.y
    if x is None or y is None or (x.kind == "category" and y.kind == "category"):
        return None
    if all(label.quarter for label in found.x_labels) and all(label.quarter for label in found.y_labels):
        return None  # the figure is turned: it is read in its own direction
    used = [*found.x_labels, *found.y_labels, *found.y2_labels]
    score = sum(len(scale.positions) * (0.5 if scale.kind == "category" else 1) for scale in (x, y))
    return Frame(found.box, x, y, found.y2, used, found.x_labels, found.y_labels, found.y2_labels, score)


def _axis(box: Box, labels: list[Label], strokes: Strokes, side: Side) -> tuple[Scale | None, list[Label]]:
    horizontal = side in ("bottom", "top")
    found = [label for label in side_labels(box, labels, side) if label.quarter == 0 or horizontal or label.numeric]
    numbers = [label for label in found if label.numeric]
    ticks = ticks_along(box, strokes, side)
    if len(numbers) >= 2:
        positions = _positions(numbers, ticks, horizontal)
        scale = fit_scale(positions, numbers, ticks)
        stray = scale is not None and len(scale.positions) < len(numbers) and not _uneven(sorted(positions))
        if scale is not None and len(numbers) >= 0.5 * len(found) and not (horizontal and stray):
            return scale, numbers
    elif len(numbers) == 1 and numbers[0].is_power:
        scale = single_power_scale(_positions(numbers, ticks, horizontal)[0], numbers[0], ticks)
        if scale is not None:
            return scale, numbers
    if side == "right":
        return None, []
    if horizontal:
        found = _evenly_cut(found)
    if len(found) < 2:
        return None, []
    texts = _with_second_lines(found, labels, horizontal)
    scale = category_scale(_positions(found, ticks, horizontal), texts, upwards=not horizontal)
    if scale is None or _uneven(sorted(scale.positions)):
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


def _with_second_lines(found: list[Label], labels: list[Label], horizontal: bool) -> list[Label]:
    """Category labels with their second text line, where at least two of them have one."""
    if not horizontal:
        return found
    second: dict[int, Label] = {}
    for index, label in enumerate(found):
        for other in labels:
            below = -0.5 * label.size < other.box[1] - label.box[3] < 0.35 * label.size
            if other is not label and other.quarter == 0 and below and abs(other.anchor[0] - label.anchor[0]) < 3:
                second[index] = other
    if len(second) < 2:
        return found
    return [
        replace(label, text=f"{label.text} {second[index].text}", value=None) if index in second else label
        for index, label in enumerate(found)
    ]


def _evenly_cut(found: list[Label]) -> list[Label]:
    """Category labels cut between words such that most of them stand at equal distances.

    Neighbours that almost touch read as one label; the words of a real label of several words stand unevenly.
    """
    if not any(label.words for label in found) or len(found) > MOST_CUT:
        return found
    best = found
    for choice in itertools.islice(itertools.product(*map(_cuts, found)), MOST_CHOICES):
        labels = [label for part in choice for label in part]
        places = sorted(label.anchor[0] for label in labels)
        if len(labels) > len(best) and len(labels) > 2 and not _uneven(places, EVEN):
            best = labels
    return best


def _cuts(label: Label) -> list[list[Label]]:
    """The label whole, and cut in every way between its words."""
    words = label.words[:MOST_WORDS]
    if len(label.words) != len(words) or not words:
        return [[label]]
    ways = [[label]]
    for cuts in itertools.product((False, True), repeat=len(words) - 1):
        if any(cuts):
            edges = [0, *(index + 1 for index, cut in enumerate(cuts) if cut), len(words)]
            ways.append([joined(words[start:end]) for start, end in itertools.pairwise(edges)])
    return ways


def _uneven(positions: Sequence[float], most: float = 1.25) -> bool:
    """Categories stand at equal distances (up to a missing one); anything else is loose text."""
    steps = [b - a for a, b in itertools.pairwise(positions)]
    if not steps or min(steps) < 3:
        return True
    return len(steps) > 1 and max(steps) > most * min(steps)


def _share_axes(frames: list[Frame], halves: list[_Half], boxes: list[Box]) -> None:
    """Panels beside a labelled one with the same top and bottom share its y scale; above or below it, its x scale."""
    labelled = [half.box for half in halves]
    for half in [*halves, *(_Half(box, None, [], None, [], None, []) for box in boxes if box not in labelled)]:
        box = half.box
        if any(_overlap(box, frame.box) > 0.1 for frame in frames):
            continue
        beside = [frame for frame in frames if abs(frame.box[1] - box[1]) < 1 and abs(frame.box[3] - box[3]) < 1]
        stacked = [frame for frame in frames if abs(frame.box[0] - box[0]) < 1 and abs(frame.box[2] - box[2]) < 1]
        x, x_labels, y, y_labels = half.x, half.x_labels, half.y, half.y_labels
        if y is None and beside:
            nearest = min(beside, key=lambda frame: abs(frame.box[0] - box[0]))
            y, y_labels = nearest.y, nearest.y_labels
        if x is None and stacked:
            nearest = min(stacked, key=lambda frame: abs(frame.box[1] - box[1]))
            x, x_labels = nearest.x, nearest.x_labels
        if x is not None and y is not None and (half.x is not None or half.y is not None or (beside and stacked)):
            used = [*half.x_labels, *half.y_labels]
            frames.append(Frame(box, x, y, None, used, x_labels, y_labels))


def _width(box: Box) -> float:
    return box[2] - box[0]


def _height(box: Box) -> float:
    return box[3] - box[1]


def _apply_multipliers(frames: list[Frame], labels: list[Label]) -> None:
    """Give every '1e6' or 'x10^6' to the one axis end that it stands next to."""
    for label in labels:
        found = _MULTIPLIER.match(label.text.replace("−", "-"))
        if not found or label.quarter:
            continue
        exponent = int(next(part for part in found.groups() if part))
        _x, y = label.anchor
        best: tuple[float, Frame, str] | None = None
        for frame in frames:
            if label in frame.used:
                continue
            x0, y0, x1, y1 = frame.box
            above = -2 < y0 - label.box[3] + 4 < 18
            ends = []
            if above and label.box[0] < x0 + 30:
                ends.append(("y", math.hypot(label.box[0] - x0, label.box[3] - y0)))
            if above and frame.y2 is not None:
                ends.append(("y2", math.hypot(label.box[2] - x1, label.box[3] - y0)))
            if -2 < y - y1 < 40 and abs(label.box[2] - x1) < 40:
                ends.append(("x", math.hypot(label.box[2] - x1, 0.4 * (y - y1))))
            for axis, distance in ends:
                if best is None or distance < best[0]:
                    best = (distance, frame, axis)
        if best is not None and best[0] < 45:
            _, frame, axis = best
            scale = getattr(frame, axis)
            if scale is not None and scale.kind == "linear":
                setattr(frame, axis, scale.times(10.0**exponent))
                frame.used.append(label)


def _overlap(one: Box, other: Box) -> float:
    """Shared area over the smaller area."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / max(1e-9, min(_width(one) * _height(one), _width(other) * _height(other)))
