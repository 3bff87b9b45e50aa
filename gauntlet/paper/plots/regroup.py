"""What names tell of bars: parts that only a line parts, bars of one series in several colours, and what is no series.

A legend has been looked for by now. Looks that it does not name are not what the reader of a plot goes by.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import pairwise

from gauntlet.paper.plots.axes import Scale
from gauntlet.paper.plots.frames import Frame
from gauntlet.paper.plots.likeness import same_color
from gauntlet.paper.plots.rectangles import is_blank
from gauntlet.paper.plots.traces import Trace
from gauntlet.paper.records import Box, Doubt

TOUCH_PT = 0.6
MOST_EMPTY = 0.25  # share of the places without a bar at which bars of many colours still are one series
ONE_COLUMN = 0.6  # of a bar's width, by which the distances of bars from their labels may differ
ACROSS = 0.5  # of the distance of two labels: what stays within it is an arrow or a bracket
PAINTS = "bars of several colours that no legend explains were taken for one series"
PARTS = "its bars consist of parts of one look, taken for one bar"


def regrouped(traces: Sequence[Trace], frame: Frame, legend: Collection[str]) -> list[Trace]:
    """The series of a frame with bars; `legend` are the names that a legend gave."""
    bars = [trace for trace in traces if trace.kind == "bar"]
    if not bars:
        return list(traces)
    scale = frame.y if bars[0].horizontal else frame.x
    rest = [
        trace
        for trace in traces
        if trace.kind != "bar"
        and not is_blank(trace.style)
        and (trace.name in legend or not _is_annotation(trace, scale, bars[0].horizontal))
    ]
    bars = _emphasis_joined(_parts_joined(bars), scale)
    _doubt_leftovers(bars)
    return sorted([*(_as_one(bars, scale) or bars), *rest], key=lambda trace: trace.order)


def _is_annotation(trace: Trace, scale: Scale, horizontal: bool) -> bool:
    """True for a stroke without a legend line that stays at one of the named places: an arrow, a whisker, a bracket."""
    if scale.kind != "category" or len(scale.positions) < 2 or trace.kind != "line":
        return False
    across = [y if horizontal else x for x, y in trace.points]
    step = min(abs(b - a) for a, b in pairwise(scale.positions))
    return max(across) - min(across) < ACROSS * step


def _parts_joined(bars: Sequence[Trace]) -> list[Trace]:
    """Series without a name laid into the one of their look on which they stand, if that has a name."""
    named = {trace.style: trace for trace in reversed(bars) if trace.name is not None}
    kept: list[Trace] = []
    for trace in bars:
        below = named.get(trace.style)
        if below is None or below is trace or trace.name not in (None, below.name) or not _stands_on(trace, below):
            kept.append(trace)
            continue
        _lay_on(below, trace)
    return kept


def _stands_on(above: Trace, below: Trace) -> bool:
    return all(_under(bar, below, above.horizontal) is not None for bar in above.bars)


def _under(bar: Box, below: Trace, horizontal: bool) -> int | None:
    """Number of the bar that ends where `bar` begins."""
    side = 1 if horizontal else 0
    for index, other in enumerate(below.bars):
        level = max(abs(bar[side] - other[side]), abs(bar[side + 2] - other[side + 2])) < TOUCH_PT
        ends = abs(other[2] - bar[0]) if horizontal else abs(other[1] - bar[3])
        if level and ends < TOUCH_PT:
            return index
    return None


def _lay_on(below: Trace, above: Trace) -> None:
    errors = dict(enumerate(below.errors))
    for number, bar in enumerate(above.bars):
        index = _under(bar, below, above.horizontal)
        if index is None:
            continue
        x0, y0, x1, y1 = below.bars[index]
        below.bars[index] = (x0, y0, bar[2], y1) if above.horizontal else (x0, bar[1], x1, y1)
        if above.errors:
            errors[index] = above.errors[number]
    below.errors = [errors.get(index) for index in range(len(below.bars))] if errors else []
    if not any(doubt.kind == "parts" for doubt in below.doubts):
        below.doubts.append(Doubt(kind="parts", amount=1.0, words=PARTS))


def _emphasis_joined(bars: Sequence[Trace], scale: Scale) -> list[Trace]:
    """Series without a name of their own laid into the one of their colour and column that lacks their places.

    A mean that is hatched, or a bar that the frame cuts and that loses its outline, is of the same series.
    """
    kept: list[Trace] = []
    for trace in sorted(bars, key=lambda one: (-len(one.bars), one.order)):
        host = next((other for other in kept if _completes(trace, other, scale)), None)
        if host is None:
            kept.append(trace)
        else:
            kept[kept.index(host)] = _merged([host, trace], host.name)
    return kept


def _completes(trace: Trace, host: Trace, scale: Scale) -> bool:
    """True for bars of the colour of `host` that stand where its bars would, at places that have none."""
    if not same_color(trace.style.fill, host.style.fill) or trace.name not in (None, host.name):
        return False
    own, taken = _places(trace, scale), _places(host, scale)
    return not set(own) & set(taken) and _steady([*own.values(), *taken.values()], host)


def _places(trace: Trace, scale: Scale) -> dict[int, float]:
    """For each label that bars of a series stand at, how far from it."""
    side = 1 if trace.horizontal else 0
    middles = [(bar[side] + bar[side + 2]) / 2 for bar in trace.bars]
    return {scale.nearest(middle): middle - scale.positions[scale.nearest(middle)] for middle in middles}


def _steady(offsets: Sequence[float], trace: Trace) -> bool:
    """True where bars stand in one column of their clusters."""
    side = 1 if trace.horizontal else 0
    width = trace.bars[0][side + 2] - trace.bars[0][side]
    return max(offsets) - min(offsets) < max(ONE_COLUMN * width, 1.0)


def _doubt_leftovers(bars: Sequence[Trace]) -> None:
    """Where bars without a name have the look of a series, some of its bars may be at the wrong place or missing."""
    for trace in bars:
        alike = [other for other in bars if other is not trace and other.style == trace.style and other.name is None]
        if alike:
            count = sum(len(other.bars) for other in alike)
            trace.doubts.append(Doubt(kind="leftover_bars", amount=1.0, words=f"{count} more bars look like its own"))


def _as_one(bars: Sequence[Trace], scale: Scale) -> list[Trace] | None:
    """One series of bars that stand one at each name, if their colours have no names; None where they are several."""
    count = len(scale.positions)
    if scale.kind != "category" or len(bars) < 2 or not _lacks_names(bars, scale):
        return None
    at = [_places(trace, scale) for trace in bars]
    taken = {index for own in at for index in own}
    alone = len(taken) == sum(len(trace.bars) for trace in bars)
    if not alone or len(taken) < max(2, (1 - MOST_EMPTY) * count):
        return None
    if not _steady([offset for own in at for offset in own.values()], bars[0]):
        return None
    return [_merged(bars, None)]


def _lacks_names(bars: Sequence[Trace], scale: Scale) -> bool:
    """True where a colour has no name, or where names only repeat the label that each bar stands at."""
    if any(trace.name is None for trace in bars):
        return True
    return all(len(trace.bars) == 1 and scale.names[next(iter(_places(trace, scale)))] == trace.name for trace in bars)


def _merged(bars: Sequence[Trace], name: str | None) -> Trace:
    """One series of the bars of several, in the order of their places."""
    most = max(bars, key=lambda trace: len(trace.bars))
    side = 1 if most.horizontal else 0
    every = [(trace, number) for trace in bars for number in range(len(trace.bars))]
    every.sort(key=lambda one: one[0].bars[one[1]][side])
    errors = [trace.errors[number] if trace.errors else None for trace, number in every]
    doubts = [doubt for trace in bars for doubt in trace.doubts if doubt.kind != "many_paints"]
    return replace(
        most,
        order=min(trace.order for trace in bars),
        clipped={index for index, (trace, number) in enumerate(every) if number in trace.clipped},
        bars=[trace.bars[number] for trace, number in every],
        errors=errors if any(error is not None for error in errors) else [],
        name=name,
        doubts=[*doubts, Doubt(kind="many_paints", amount=1.0, words=PAINTS)],
    )
