"""Error bars: strokes along the value axis through a point or a bar's end, given to series one to one."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from gauntlet.paper.plots.primitives import Color, Path, Point
from gauntlet.paper.plots.traces import Trace
from gauntlet.paper.records import Box

OFF_PT = 0.35  # between a point and its bar, across
BEYOND_PT = 0.5  # by which a point may lie beyond the ends of its bar
SHORTEST_PT = 0.02
FEWEST = 2  # bars that a series needs to have any


@dataclass(frozen=True)
class Stick:
    """One straight stroke along the value axis: place across, ends along, colour."""

    at: float
    low: float
    high: float
    color: Color | None


def read_error_bars(traces: Sequence[Trace], paths: Sequence[Path], frame: Box) -> None:
    """Find the error bars of all series of a frame; `paths` are those inside it."""
    ends = [(trace, index, point) for trace in traces for index, point in enumerate(_ends(trace))]
    horizontal = any(trace.horizontal for trace in traces)
    sticks = list(_sticks(paths, frame, horizontal))
    columns: dict[int, list[int]] = defaultdict(list)
    for number, stick in enumerate(sticks):
        columns[round(stick.at)].append(number)
    pairs = []
    for trace, index, point in ends:
        across, along = (point[1], point[0]) if horizontal else point
        for column in (round(across) - 1, round(across), round(across) + 1):
            for number in columns.get(column, ()):
                stick = sticks[number]
                if abs(stick.at - across) < OFF_PT and stick.low - BEYOND_PT < along < stick.high + BEYOND_PT:
                    pairs.append((_misfit(trace, stick, along), number, index, trace))
    _assign(traces, sticks, sorted(pairs, key=lambda pair: pair[:3]))


def _assign(traces: Sequence[Trace], sticks: Sequence[Stick], pairs: Sequence[tuple[float, int, int, Trace]]) -> None:
    """Best pairs first; a series with one bar only has none: what crosses a single point is something else."""
    found: dict[int, dict[int, Stick]] = defaultdict(dict)
    taken: set[int] = set()
    for _, number, index, trace in pairs:
        if number not in taken and index not in found[id(trace)]:
            found[id(trace)][index] = sticks[number]
            taken.add(number)
    for trace in traces:
        own = found[id(trace)]
        count = len(trace.bars) or len(trace.points)
        if len(own) >= min(FEWEST, count):
            trace.errors = [(own[index].low, own[index].high) if index in own else None for index in range(count)]


def _misfit(trace: Trace, stick: Stick, along: float) -> float:
    """How badly a stroke fits a point: another colour, or a middle elsewhere."""
    style = trace.style
    other = trace.kind != "bar" and stick.color not in (style.stroke, style.fill)
    return other + abs((stick.low + stick.high) / 2 - along) / max(stick.high - stick.low, 1.0)


def _ends(trace: Trace) -> list[Point]:
    """Where an error bar would stand: the points, or the ends of the bars."""
    if trace.kind in ("line+marker", "scatter"):
        return trace.points
    if trace.kind != "bar":
        return []
    if trace.horizontal:
        return [(box[2], (box[1] + box[3]) / 2) for box in trace.bars]
    return [((box[0] + box[2]) / 2, box[1]) for box in trace.bars]


def _sticks(paths: Sequence[Path], frame: Box, horizontal: bool) -> list[Stick]:
    """Straight strokes along the value axis that span neither the frame nor stick out of it like tick marks."""
    side = 0 if horizontal else 1
    span = frame[side + 2] - frame[side]
    found: dict[tuple[int, int, int], Stick] = {}
    for path in paths:
        if path.stroke is None or path.curved or path.shape is not None or path.is_rectangle:
            continue
        for line in path.lines:
            if len(line) != 2 or abs(line[0][1 - side] - line[1][1 - side]) > 0.05:
                continue
            low, high = sorted((line[0][side], line[1][side]))
            if SHORTEST_PT < high - low < 0.95 * span:
                at = line[0][1 - side]
                found[round(at * 5), round(low * 5), round(high * 5)] = Stick(at, low, high, path.stroke)
    return list(found.values())
