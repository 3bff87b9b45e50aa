"""Straight axis-parallel strokes of a page, and the tick marks and grid lines among them."""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gauntlet.paper.plots.axes import Side
from gauntlet.paper.plots.primitives import Path
from gauntlet.paper.records import Box

Stroke = tuple[float, float, float]
"""Position across, start and end along."""
LONGEST_TICK_PT = 11.0
CELL_PT = 4.0
GRID_REACH_PT = 2.0  # between the end of a grid line and the frame
MOST_CORNERS = 12  # a path with more of them is a curve


@dataclass(frozen=True)
class Lines:
    """Strokes of one direction, found by their ends so that no frame looks at all of them."""

    all: list[Stroke] = field(default_factory=list)
    short: dict[int, list[Stroke]] = field(default_factory=lambda: defaultdict(list))
    long: dict[tuple[int, int], list[Stroke]] = field(default_factory=lambda: defaultdict(list))

    def add(self, at: float, one: float, other: float) -> None:
        """Keep a stroke at `at` between two ends."""
        stroke = (at, min(one, other), max(one, other))
        self.all.append(stroke)
        if stroke[2] - stroke[1] <= LONGEST_TICK_PT:
            for cell in range(_cell(stroke[1] - 1), _cell(stroke[2] + 1) + 1):
                self.short[cell].append(stroke)
        else:
            self.long[_cell(stroke[1]), _cell(stroke[2])].append(stroke)

    def touching(self, edge: float) -> Iterable[Stroke]:
        """Short strokes that end on the line `edge` or cross it."""
        for at, start, end in self.short.get(_cell(edge), ()):
            if abs(start - edge) < 1.0 or abs(end - edge) < 1.0 or start < edge < end:
                yield at, start, end

    def spanning(self, low: float, high: float) -> Iterable[Stroke]:
        """Long strokes from `low` to `high`."""
        for start_cell in range(_cell(low - GRID_REACH_PT), _cell(low + GRID_REACH_PT) + 1):
            for end_cell in range(_cell(high - GRID_REACH_PT), _cell(high + GRID_REACH_PT) + 1):
                for at, start, end in self.long.get((start_cell, end_cell), ()):
                    if abs(start - low) < GRID_REACH_PT and abs(end - high) < GRID_REACH_PT:
                        yield at, start, end


@dataclass(frozen=True)
class Strokes:
    """Axis-parallel strokes of a page."""

    level: Lines = field(default_factory=Lines)
    upright: Lines = field(default_factory=Lines)


def find_strokes(paths: Sequence[Path]) -> Strokes:
    """All straight axis-parallel strokes (and hair-thin filled rectangles), without the edges of markers."""
    found = Strokes()
    for path in paths:
        width, height = path.size
        thin = path.is_rectangle and path.fill is not None and min(width, height) < 1.2
        straight = path.stroke is not None and not path.curved and path.shape is None
        for line in path.lines if straight else ():
            ends = [*line, line[0]] if path.closed and len(line) > 2 else list(line)
            if len(ends) > MOST_CORNERS:
                continue
            for (ax, ay), (bx, by) in itertools.pairwise(ends):
                if abs(ay - by) < 0.05 and abs(ax - bx) > 0.5:
                    found.level.add(ay, ax, bx)
                elif abs(ax - bx) < 0.05 and abs(ay - by) > 0.5:
                    found.upright.add(ax, ay, by)
        if thin and width >= height:
            found.level.add(path.center[1], path.box[0], path.box[2])
        elif thin:
            found.upright.add(path.center[0], path.box[1], path.box[3])
    return found


def ticks_along(box: Box, strokes: Strokes, side: Side) -> list[tuple[float, float]]:
    """Tick marks on one side of the frame and the grid lines that start there, as (position, length)."""
    marks, grid = marks_along(box, strokes, side)
    lines = dict(grid)
    return sorted(lines.items() | {(at, length) for at, length in marks if at not in lines})


def marks_along(box: Box, strokes: Strokes, side: Side) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Tick marks on one side of the frame, and the grid lines that start from it, as (position, length)."""
    x0, y0, x1, y1 = box
    horizontal = side in ("bottom", "top")
    edge = {"bottom": y1, "top": y0, "left": x0, "right": x1}[side]
    low, high = (x0, x1) if horizontal else (y0, y1)
    across = (y0, y1) if horizontal else (x0, x1)
    lines = strokes.upright if horizontal else strokes.level
    marks: dict[float, float] = {}
    for at, start, end in lines.touching(edge):
        if low - 0.7 <= at <= high + 0.7:
            marks[round(at, 2)] = max(end - start, marks.get(round(at, 2), 0.0))
    grid = {round(at, 2): end - start for at, start, end in lines.spanning(*across) if low + 1 < at < high - 1}
    return sorted(marks.items()), sorted(grid.items())


def _cell(position: float) -> int:
    return int(position // CELL_PT)
