"""Bars: rectangles of one width on one line, side by side or stacked, told apart by fill or pattern."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from gauntlet.paper.plots.axes import Scale
from gauntlet.paper.plots.barplaces import at_clusters, columns
from gauntlet.paper.plots.frames import Frame
from gauntlet.paper.plots.primitives import Path
from gauntlet.paper.plots.rectangles import Bar, bar_candidates, clamped, place_key
from gauntlet.paper.plots.traces import Style, Trace
from gauntlet.paper.records import Box

FOOT_PT = 0.9  # how far from its line a bar may stand: half a frame stroke
SAME_WIDTH_PT, SAME_WIDTH = 0.6, 0.1  # programs that draw in whole pixels make bars of two widths
MOST_IN_A_STACK = 12
FINEST_PT = 0.05


def bar_paths(traces: Sequence[Trace], paths: Sequence[Path], frame: Box) -> list[Path]:
    """Rectangles of bar series among `paths` (fill and outline alike)."""
    boxes = {place_key(box) for trace in traces for box in trace.bars}
    return [path for path in paths if path.is_rectangle and place_key(clamped(path.box, frame)) in boxes]


def find_bars(paths: Sequence[Path], frame: Frame) -> list[Trace]:
    """Bar series: filled rectangles of one width that stand on one line or on each other.

    Where they stand beside the labels of a category axis, the frame's scale is moved to them.
    """
    bars = bar_candidates(paths, frame.box)
    if not bars:
        return []
    upright = _standing([box for box, _ in bars], 1, _feet(frame.y, frame.box[3]))
    lying = _standing([box for box, _ in bars], 0, _feet(frame.x, frame.box[0]))
    horizontal = len(lying) > len(upright) or (len(lying) == len(upright) and frame.y.kind == "category")
    good = lying if horizontal else upright
    bars = [bar for bar in bars if place_key(bar[0]) in good]
    across = 1 if horizontal else 0
    spans = [(box[across], box[across + 2]) for box, _ in bars]
    if horizontal:
        frame.y = at_clusters(frame.y, spans)
    else:
        frame.x = at_clusters(frame.x, spans)
    traces = _traces(bars, frame, horizontal)
    return [trace for trace in traces if len(trace.bars) > 1 or len(traces) > 1]


def _traces(bars: Sequence[Bar], frame: Frame, horizontal: bool) -> list[Trace]:
    slots = _slots(bars, frame.y if horizontal else frame.x, horizontal)
    traces: dict[tuple[Style, object], Trace] = {}
    for number, (box, path) in enumerate(bars):
        style = _style(path)
        trace = traces.setdefault((style, slots[number]), Trace("bar", [], style, path.order, horizontal=horizontal))
        if path.box[1] < frame.box[1] - 0.5 or path.box[2] > frame.box[2] + 0.5:
            trace.clipped.add(len(trace.bars))
        trace.bars.append(box)
    return list(traces.values())


def _slots(bars: Sequence[Bar], scale: Scale, horizontal: bool) -> Mapping[int, tuple[int, int]]:
    """For bars of one look the column of their cluster and the height in their stack: what then tells series apart."""
    across, along = (1, 0) if horizontal else (0, 1)
    alike: dict[Style, list[int]] = defaultdict(list)
    for number, (_, path) in enumerate(bars):
        alike[_style(path)].append(number)
    found: dict[int, tuple[int, int]] = {}
    for numbers in alike.values():
        boxes = [bars[number][0] for number in numbers]
        middles = [(box[across] + box[across + 2]) / 2 for box in boxes]
        own = [0] * len(boxes)
        if scale.kind == "category":
            places = [scale.nearest(middle) for middle in middles]
            offsets = [middle - scale.positions[place] for middle, place in zip(middles, places, strict=True)]
            own = columns(places, offsets, boxes[0][across + 2] - boxes[0][across])
        levels: dict[tuple[int, int], int] = defaultdict(int)
        step = max(0.5 * (boxes[0][across + 2] - boxes[0][across]), FINEST_PT)
        order = sorted(range(len(boxes)), key=lambda index: boxes[index][along] * (1 if horizontal else -1))
        for index in order:
            at = (own[index], round(middles[index] / step))
            found[numbers[index]] = (own[index], levels[at])
            levels[at] += 1
    return found


def _style(path: Path) -> Style:
    return Style(stroke=path.stroke, fill=path.fill, hatch=path.hatch)


def _feet(scale: Scale, edge: float) -> list[float]:
    """Where bars may stand: on the frame's edge, or at zero."""
    if scale.kind != "linear":
        return [edge]
    return [edge, -scale.a / scale.b]


def _standing(boxes: list[Box], axis: int, feet: Sequence[float]) -> set[tuple[int, ...]]:
    """Boxes of the commonest width that stand on one of the lines `feet`, or on the end of a box that does."""
    if len(boxes) < 2:
        return set()
    width = 2 if axis == 1 else 3
    start = 0 if axis == 1 else 1
    narrowest, widest = _commonest_widths([box[width] - box[start] for box in boxes])
    same = [box for box in boxes if narrowest <= box[width] - box[start] <= widest]
    standing = {
        place_key(box)
        for box in same
        if any(min(abs(box[axis] - foot), abs(box[axis + 2] - foot)) < FOOT_PT for foot in feet)
    }
    _add_stacked(standing, same, axis)
    return standing if len(standing) >= 2 else set()


def _add_stacked(standing: set[tuple[int, ...]], same: Sequence[Box], axis: int) -> None:
    """Add the boxes that stand on the end of one that stands, and those on these."""
    start = 0 if axis == 1 else 1

    def ends_of(box: Box) -> set[tuple[int, int]]:
        return {(round(box[start]), round(edge)) for edge in (box[axis], box[axis + 2])}

    ends = {end for box in same if place_key(box) in standing for end in ends_of(box)}
    for _ in range(MOST_IN_A_STACK):
        before = len(standing)
        for box in same:
            near = ((x + d, y + e) for x, y in ends_of(box) for d in (-1, 0, 1) for e in (-1, 0, 1))
            if place_key(box) not in standing and any(end in ends for end in near):
                standing.add(place_key(box))
                ends |= ends_of(box)
        if len(standing) == before:
            break


def _commonest_widths(widths: Sequence[float]) -> tuple[float, float]:
    """The range of widths, as narrow as those of one drawing, that most bars have."""
    ordered = sorted(widths)
    best, end = (0, 0.0, 0.0), 0
    for start, width in enumerate(ordered):
        most = width + max(SAME_WIDTH_PT, SAME_WIDTH * width)
        while end < len(ordered) and ordered[end] <= most:
            end += 1
        best = max(best, (end - start, width, ordered[end - 1]))
    return best[1] - 1e-6, best[2] + 1e-6
