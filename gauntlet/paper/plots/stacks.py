"""Bars painted over longer ones at their places: what shows of each is a segment of a stack."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from gauntlet.paper.plots.primitives import Path
from gauntlet.paper.plots.rectangles import clamped, place_key
from gauntlet.paper.plots.traces import Trace
from gauntlet.paper.records import Box, Doubt

LONGER_PT = 0.1
SOLID = 0.95  # opacity through which nothing shows
OVERLAID = "its bars are painted over others at their places: read as segments of a stack, they may be whole values"

Place = tuple[int, int, int]
_Bar = tuple[int, Trace, int]
"""When it is painted, its series, and its number in it."""


def cut_overlaid(traces: Sequence[Trace], paths: Sequence[Path], frame: Box) -> None:
    """Where each later bar of one foot and width is shorter, cut the bars to what shows.

    Bars of which nothing shows keep their place with no length. Bars that let light through are left alone.
    """
    painted: dict[tuple[object, ...], Path] = {
        (place_key(clamped(path.box, frame)), path.fill): path for path in paths if path.is_rectangle and path.fill
    }
    places: dict[Place, list[_Bar]] = defaultdict(list)
    for trace in traces:
        for index, bar in enumerate(trace.bars):
            path = painted.get((place_key(bar), trace.style.fill))
            if path is None or path.opacity < SOLID:
                return
            places[_place(bar, trace.horizontal)].append((path.order, trace, index))
    shared = [sorted(bars, key=lambda bar: bar[0]) for bars in places.values() if len(bars) > 1]
    lengths = [[_length(trace.bars[index], trace.horizontal) for _, trace, index in bars] for bars in shared]
    falling = all(a > b - LONGER_PT for own in lengths for a, b in pairwise(own))
    if not falling or not any(own[0] > own[-1] + LONGER_PT for own in lengths):
        return
    for bars in shared:
        _cut(bars)


def _place(bar: Box, horizontal: bool) -> Place:
    """Foot and width of a bar; its other end is left out."""
    x0, y0, x1, y1 = (round(part * 2) for part in bar)
    return (x0, y0, y1) if horizontal else (y1, x0, x1)


def _length(bar: Box, horizontal: bool) -> float:
    return bar[2] - bar[0] if horizontal else bar[3] - bar[1]


def _cut(bars: Sequence[_Bar]) -> None:
    """Let each bar begin where the one painted over it ends."""
    for (_, trace, index), (_, above, number) in pairwise(bars):
        x0, y0, x1, y1 = trace.bars[index]
        over = above.bars[number]
        trace.bars[index] = (min(over[2], x1), y0, x1, y1) if trace.horizontal else (x0, y0, x1, max(over[1], y0))
    for _, trace, _ in bars:
        if not any(doubt.kind == "overlaid" for doubt in trace.doubts):
            trace.doubts.append(Doubt(kind="overlaid", amount=1.0, words=OVERLAID))
