"""Frames: boxes with numeric labels along their sides. A frame is accepted for its axes, not for its looks."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from gauntlet.paper.plots.axes import Scale
from gauntlet.paper.plots.grids import column_boxes, grid_boxes
from gauntlet.paper.plots.labels import Label
from gauntlet.paper.plots.primitives import Path
from gauntlet.paper.plots.sides import Sides, read_sides
from gauntlet.paper.plots.strokes import Strokes
from gauntlet.paper.records import Box

SMALLEST = (24.0, 18.0)
MOST_CANDIDATES = 400
FEWEST_LABELS = 4  # of an axis that says alone that a box is a plot
LARGEST_STEP = 1.5  # between the sizes of the labels of both axes


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


def find_frames(
    paths: Sequence[Path], labels: list[Label], strokes: Strokes
) -> tuple[list[Frame], list[tuple[Box, str]]]:
    """Frames of a page, best first among overlapping ones, then by place; and boxes with one axis, with the reason."""
    candidates = _candidates(paths, strokes)
    frames: list[Frame] = []
    halves: list[Sides] = []
    sides = [read_sides(box, labels, strokes) for box, _ in candidates]
    at_left = {id(label) for found in sides if not found.mirrored and found.y is not None for label in found.y_labels}
    for any_side, (_, weight) in zip(sides, candidates, strict=True):
        foreign = any_side.mirrored and any(id(label) in at_left for label in any_side.y_labels)
        found = replace(any_side, y=None, y_labels=[]) if foreign else any_side  # they are the next panel's
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
    _release_neighbours(kept)
    _share_axes(kept, halves, [box for box, _ in candidates])
    kept += _without_frame(kept, labels, strokes)
    kept.sort(key=lambda frame: (round(frame.box[1] / 20), frame.box[0]))
    return kept, _unread(kept, halves)


def _without_frame(frames: Sequence[Frame], labels: list[Label], strokes: Strokes) -> list[Frame]:
    """Charts that draw no frame, where none was found and with labels that none uses."""
    used = {id(label) for frame in frames for label in frame.used}
    found: list[Frame] = []
    boxes = {tuple(map(round, box)): box for box in (*grid_boxes(strokes), *column_boxes(labels, strokes))}
    for box in sorted(boxes.values(), key=lambda one: -_width(one) * _height(one))[:MOST_CANDIDATES]:
        small = _width(box) < SMALLEST[0] or _height(box) < SMALLEST[1]
        if small or any(_overlap(box, frame.box) > 0.1 for frame in (*frames, *found)):
            continue
        frame = _accept(read_sides(box, labels, strokes))
        if frame is not None and not any(id(label) in used for label in frame.used):
            found.append(frame)
    return found


def _unread(frames: Sequence[Frame], halves: Sequence[Sides]) -> list[tuple[Box, str]]:
    """Boxes with the scale of one axis, outside all frames: plots that a person or a model with eyes could read."""
    found: list[tuple[Box, str]] = []
    taken = [frame.box for frame in frames]
    for half in halves:
        sides = {"left": half.y, "lower": half.x}
        known = [side for side, scale in sides.items() if scale is not None and scale.kind != "category"]
        if len(known) != 1 or len(sides[known[0]].positions) < FEWEST_LABELS:  # type: ignore[union-attr]
            continue
        if any(_overlap(half.box, box) > 0.1 for box in taken):
            continue
        other = "lower" if known == ["left"] else "left"
        found.append((half.box, f"numbers stand at the {known[0]} side of a frame, but no labels at the {other} one"))
        taken.append(half.box)
    return found


def _release_neighbours(frames: Sequence[Frame]) -> None:
    """Labels at the left of one frame are no right axis of the frame before it."""
    left = {id(label) for frame in frames for label in frame.y_labels}
    for frame in frames:
        if any(id(label) in left for label in frame.y2_labels):
            own = {id(label) for label in frame.y2_labels}
            frame.used = [label for label in frame.used if id(label) not in own]
            frame.y2, frame.y2_labels = None, []


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
    return sorted(found.values(), key=lambda one: (-one[1], -_width(one[0]) * _height(one[0])))[:MOST_CANDIDATES]


def _corners(strokes: Strokes) -> list[Box]:
    """Boxes spanned by a long level stroke and a long upright one that meet at its left end."""
    level = [stroke for stroke in strokes.level.all if stroke[2] - stroke[1] >= SMALLEST[0]]
    upright = [stroke for stroke in strokes.upright.all if stroke[2] - stroke[1] >= SMALLEST[1]]
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


def _accept(found: Sides) -> Frame | None:
    x, y = found.x, found.y
    if x is None or y is None or (x.kind == "category" and y.kind == "category"):
        return None
    if "category" in (x.kind, y.kind) and not _of_one_size(found.x_labels, found.y_labels):
        return None  # running text below or beside numbers
    if all(label.quarter for label in found.x_labels) and all(label.quarter for label in found.y_labels):
        return None  # the figure is turned: it is read in its own direction
    used = [*found.x_labels, *found.y_labels, *found.y2_labels]
    score = sum(len(scale.positions) * (0.5 if scale.kind == "category" else 1) for scale in (x, y))
    return Frame(found.box, x, y, found.y2, used, found.x_labels, found.y_labels, found.y2_labels, score)


def _of_one_size(one: Sequence[Label], other: Sequence[Label]) -> bool:
    sizes = [sum(label.size for label in labels) / len(labels) for labels in (one, other) if labels]
    return max(sizes) < LARGEST_STEP * min(sizes)


def _share_axes(frames: list[Frame], halves: list[Sides], boxes: list[Box]) -> None:
    """Panels beside a labelled one with the same top and bottom share its y scale; above or below it, its x scale."""
    labelled = [half.box for half in halves]
    for half in [*halves, *(Sides(box, None, [], None, [], None, []) for box in boxes if box not in labelled)]:
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
        if x is None or y is None or x.kind == y.kind == "category":
            continue
        if half.x is not None or half.y is not None or (beside and stacked):
            used = [*half.x_labels, *half.y_labels]
            frames.append(Frame(box, x, y, None, used, x_labels, y_labels))


def _width(box: Box) -> float:
    return box[2] - box[0]


def _height(box: Box) -> float:
    return box[3] - box[1]


def _overlap(one: Box, other: Box) -> float:
    """Shared area over the smaller area."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / max(1e-9, min(_width(one) * _height(one), _width(other) * _height(other)))
