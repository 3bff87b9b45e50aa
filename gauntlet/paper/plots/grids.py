"""Boxes of charts without a frame: what level or upright grid lines span, and columns of numbers over an axis line."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from gauntlet.paper.plots.axes import REACH_PT
from gauntlet.paper.plots.labels import Label
from gauntlet.paper.plots.strokes import Stroke, Strokes
from gauntlet.paper.records import Box

FEWEST = 3  # grid lines or numbers
SHORTEST_PT = 24.0
COLUMN_PT = 3.0  # right edges of the numbers of one column differ by less
AT_LINE_PT = 2.5
EVEN = 1.25
MOST_LINES = 4000


def grid_boxes(strokes: Strokes) -> Iterator[Box]:
    """Boxes that grid lines of one length span, which is all that some charts draw around their data."""
    for (left, right), places in _by_ends(strokes.level.all).items():
        yield left, min(places), right, max(places)
    for (top, bottom), places in _by_ends(strokes.upright.all).items():
        yield min(places), top, max(places), bottom


def _by_ends(strokes: Sequence[Stroke]) -> dict[tuple[float, float], set[float]]:
    found: dict[tuple[float, float], set[float]] = defaultdict(set)
    for at, start, end in strokes[:MOST_LINES]:
        if end - start >= SHORTEST_PT:
            found[round(start, 1), round(end, 1)].add(round(at, 1))
    return {ends: places for ends, places in found.items() if len(places) >= FEWEST and _are_even(places)}


def _are_even(places: set[float]) -> bool:
    """Grid lines stand at one distance; the sides of neighbouring frames do not."""
    steps = [b - a for a, b in pairwise(sorted(places))]
    return max(steps) < EVEN * min(steps)


def column_boxes(labels: Sequence[Label], strokes: Strokes) -> Iterator[Box]:
    """Boxes over an axis line at whose left end the lowest of a column of evenly spaced numbers stands."""
    lines: dict[int, list[Stroke]] = defaultdict(list)
    for line in strokes.level.all[:MOST_LINES]:
        if line[2] - line[1] >= SHORTEST_PT:
            lines[round(line[0] / AT_LINE_PT)].append(line)
    columns: dict[int, list[Label]] = defaultdict(list)
    for label in labels:
        if label.numeric and label.quarter == 0:
            columns[round(label.box[2] / COLUMN_PT)].append(label)
    for key, members in columns.items():
        column = sorted([*members, *columns.get(key + 1, ())], key=lambda label: -label.anchor[1])
        for index, lowest in enumerate(column):
            top = _top_of_run(column[index:])
            for at, left, right in _at(lines, lowest.anchor[1]) if top is not None else ():
                if -COLUMN_PT < left - lowest.box[2] < REACH_PT:
                    yield left, top or 0.0, right, at


def _top_of_run(column: Sequence[Label]) -> float | None:
    """Middle of the highest label that carries on the first ones' distance, at least `FEWEST` labels long."""
    places = [label.anchor[1] for label in column]
    steps = [a - b for a, b in pairwise(places)]
    count = 1
    for step in steps:
        if step < 3 or not 1 / EVEN < step / steps[0] < EVEN:
            break
        count += 1
    return places[count - 1] if count >= FEWEST else None


def _at(lines: dict[int, list[Stroke]], y: float) -> Iterator[Stroke]:
    cell = round(y / AT_LINE_PT)
    for near in (cell - 1, cell, cell + 1):
        yield from (line for line in lines.get(near, ()) if abs(line[0] - y) < AT_LINE_PT)
