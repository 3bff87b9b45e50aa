"""Bars: rectangles of one width on one line, side by side or stacked, told apart by fill or pattern."""

from collections import defaultdict
from collections.abc import Sequence

from gauntlet.paper.plots.axes import Scale
from gauntlet.paper.plots.frames import Frame
from gauntlet.paper.plots.primitives import Color, Path, Point
from gauntlet.paper.plots.traces import LARGEST_MARKER_PT, Style, Trace
from gauntlet.paper.records import Box

FOOT_PT = 0.9  # how far from its line a bar may stand: half a frame stroke


def bar_paths(traces: Sequence[Trace], paths: Sequence[Path], frame: Box) -> list[Path]:
    """Rectangles of bar series among `paths` (fill and outline alike)."""
    boxes = {_key(box) for trace in traces for box in trace.bars}
    return [path for path in paths if path.is_rectangle and _key(_clamp(path.box, frame)) in boxes]


def find_bars(paths: Sequence[Path], frame: Frame) -> list[Trace]:
    """Bar series: filled rectangles of one width that stand on one line or on each other."""
    boxes = _bar_boxes(paths, frame.box)
    if not boxes:
        return []
    upright = _standing([box for box, *_ in boxes], 1, _feet(frame.y, frame.box[3]))
    lying = _standing([box for box, *_ in boxes], 0, _feet(frame.x, frame.box[0]))
    horizontal = len(lying) > len(upright) or (len(lying) == len(upright) and frame.y.kind == "category")
    good = lying if horizontal else upright
    traces: dict[tuple[Style, int], Trace] = {}
    slots: dict[tuple[Style, float], int] = defaultdict(int)
    centers = frame.y.positions if horizontal else frame.x.positions
    for box, _fill, path in boxes:
        if _key(box) not in good:
            continue
        middle = (box[1] + box[3]) / 2 if horizontal else (box[0] + box[2]) / 2
        nearest = min(centers, key=lambda at: abs(at - middle)) if len(centers) > 1 else middle
        style = Style(stroke=path.stroke, fill=path.fill, hatch=path.hatch)
        slot = slots[style, nearest] if _stands_at_names(frame, horizontal) else 0
        slots[style, nearest] += 1
        trace = traces.setdefault((style, slot), Trace("bar", [], style, path.order, horizontal=horizontal))
        if path.box[1] < frame.box[1] - 0.5 or path.box[2] > frame.box[2] + 0.5:
            trace.clipped.add(len(trace.bars))
        trace.bars.append(box)
    return [trace for trace in traces.values() if len(trace.bars) > 1 or len(traces) > 1]


def _feet(scale: Scale, edge: float) -> list[float]:
    """Where bars may stand: on the frame's edge, or at zero."""
    if scale.kind != "linear":
        return [edge]
    return [edge, -scale.a / scale.b]


def _stands_at_names(frame: Frame, horizontal: bool) -> bool:
    """True where bars stand at named places."""
    return (frame.y if horizontal else frame.x).kind == "category"


def _bar_boxes(paths: Sequence[Path], frame: Box) -> list[tuple[Box, Color | None, Path]]:
    """Filled rectangles that may be bars, each place once; an outline alone counts where nothing is filled there."""
    area = (frame[2] - frame[0]) * (frame[3] - frame[1])
    found: dict[tuple[int, ...], tuple[Box, Color | None, Path]] = {}
    squares = _repeated_squares(paths)
    for path in paths:
        if not path.is_rectangle or (path.fill, _rounded(path.size)) in squares:
            continue
        box = _clamp(path.box, frame)
        width, height = box[2] - box[0], box[3] - box[1]
        if (
            (min(width, height) < 0.8 and max(width, height) < 3)
            or width * height > 0.5 * area
            or max(width, height) < 1
        ):
            continue
        if min(width, height) < 0.25 and path.fill is not None and path.stroke is None:
            continue
        key = _key(box)
        if key not in found or found[key][1] is None:
            found[key] = (box, path.fill, path)
    return sorted(found.values(), key=lambda one: one[2].order)


def _repeated_squares(paths: Sequence[Path]) -> set[tuple[Color | None, Point]]:
    """Fill and size of small squares that occur more than once: markers, not bars."""
    counts: dict[tuple[Color | None, Point], int] = defaultdict(int)
    for path in paths:
        width, height = path.size
        if path.is_rectangle and max(width, height) < LARGEST_MARKER_PT and abs(width - height) < 0.05 * width:
            counts[path.fill, _rounded(path.size)] += 1
    return {key for key, count in counts.items() if count > 1}


def _rounded(size: Point) -> Point:
    return round(size[0], 1), round(size[1], 1)


def _clamp(box: Box, frame: Box) -> Box:
    """The part of a box inside the frame: on a log axis bars start far below it."""
    x0, x1 = (min(max(x, frame[0]), frame[2]) for x in (box[0], box[2]))
    y0, y1 = (min(max(y, frame[1]), frame[3]) for y in (box[1], box[3]))
    return x0, y0, x1, y1


def _standing(boxes: list[Box], axis: int, feet: Sequence[float]) -> set[tuple[int, ...]]:
    """Boxes of the commonest width that stand on one of the lines `feet`, or on the end of a box that does."""
    if len(boxes) < 2:
        return set()
    width = 2 if axis == 1 else 3
    start = 0 if axis == 1 else 1
    widths = sorted(box[width] - box[start] for box in boxes)
    counts: dict[int, int] = defaultdict(int)
    for value in widths:
        counts[round(value * 2)] += 1
    common = max(counts, key=lambda key: counts[key]) / 2
    same = [box for box in boxes if abs(box[width] - box[start] - common) < max(0.6, 0.05 * common)]
    standing = {
        _key(box)
        for box in same
        if any(min(abs(box[axis] - foot), abs(box[axis + 2] - foot)) < FOOT_PT for foot in feet)
    }
    ends = {
        (round(box[start]), round(edge)) for box in same if _key(box) in standing for edge in (box[axis], box[axis + 2])
    }
    for _ in range(12):
        before = len(standing)
        for box in same:
            touching = any(
                (round(box[start]) + d, round(edge) + e) in ends
                for d in (-1, 0, 1)
                for e in (-1, 0, 1)
                for edge in (box[axis], box[axis + 2])
            )
            if _key(box) not in standing and touching:
                standing.add(_key(box))
                ends |= {(round(box[start]), round(box[axis])), (round(box[start]), round(box[axis + 2]))}
        if len(standing) == before:
            break
    return standing if len(standing) >= 2 else set()


def _key(box: Box) -> tuple[int, ...]:
    return tuple(round(part * 5) for part in box)
