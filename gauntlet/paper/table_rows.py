"""Rows of a table: which text lines are one row, where a cell has several lines or stands beside several rows."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from gauntlet.paper.glyphs import Token
from gauntlet.paper.rules import Rule
from gauntlet.paper.table_columns import Columns
from gauntlet.paper.table_region import Row, baseline_of, middle_of, runs_of
from gauntlet.paper.tokens import is_numeric

OVERLAP_EM = 0.85  # lines of one column are further apart
EARLIER_PT = 0.5  # what stands midway between two rows belongs to the upper one
TIGHT_PT = 0.4  # lines of one cell are closer than rows by this


@dataclass
class Line:
    """One text line of a table: baseline, size, and words by column."""

    baseline: float
    size: float
    cells: list[Row]
    lone: bool  # one phrase that reaches over a blank between columns: a heading of the rows below

    @property
    def filled(self) -> set[int]:
        """Numbers of the columns with words."""
        return {column for column, part in enumerate(self.cells) if part}


def body_rows(rows: Sequence[Row], columns: Columns, level: Sequence[Rule], grid: bool) -> list[list[Row]]:
    """Cells by row and column of the lines below the heading; `grid` where upright rules part the columns."""
    lines = [_line(row, columns) for row in rows]
    pitch = _pitch(lines)
    done: list[list[Row]] = []
    for band in _bands(lines, rows, level):
        done += _band_rows(band, pitch, grid)
    return done


def _line(row: Row, columns: Columns) -> Line:
    cells = columns.split(row)
    filled = [part for part in cells if part]
    lone = len(filled) == 1 and len(runs_of(row)) == 1 and columns.crossed(row)
    return Line(baseline_of(row), row[0].size, cells, lone)


def _bands(lines: Sequence[Line], rows: Sequence[Row], level: Sequence[Rule]) -> list[list[Line]]:
    """Lines between two rules that go through the whole table."""
    bands: list[list[Line]] = []
    last = -1e9
    for line, row in zip(lines, rows, strict=True):
        here = middle_of(row)
        if not bands or any(last < rule.at < here for rule in level):
            bands.append([])
        bands[-1].append(line)
        last = here
    return bands


def _pitch(lines: Sequence[Line]) -> float:
    """Distance of the closest rows whose cells are all filled."""
    most = max(len(line.filled) for line in lines)
    steps = [b.baseline - a.baseline for a, b in itertools.pairwise(lines) if len(a.filled) == len(b.filled) == most]
    return min(steps, default=1e9)


def _band_rows(lines: list[Line], pitch: float, grid: bool) -> list[list[Row]]:
    """Full lines are rows; what overlaps one belongs to it; what follows one closely carries on its cells."""
    anchors = _anchors(lines)
    if grid and len(anchors) == 1:
        return [_merged(lines)]
    groups: dict[int, list[Line]] = {}
    last: int | None = None
    for number, line in enumerate(lines):
        place = number if number in anchors else _overlapped(line, lines, anchors)
        if place is None:
            carries = last is not None and _carries_on(groups[last], line, pitch)
            place = last if last is not None and carries else number
        groups.setdefault(place, []).append(line)
        last = place
    return [_merged(groups[place]) for place in sorted(groups)]


def _anchors(lines: Sequence[Line]) -> list[int]:
    """Numbers of the lines that hold at least half as many cells as the fullest; of two that overlap the fuller one."""
    most = max(len(line.filled) for line in lines)
    if most < 2:
        return list(range(len(lines)))
    kept: list[int] = []
    for number, line in enumerate(lines):
        if 2 * len(line.filled) < most or (len(line.filled) < 2 and not line.lone):
            continue
        if kept and line.baseline - lines[kept[-1]].baseline < OVERLAP_EM * line.size:
            if len(line.filled) > len(lines[kept[-1]].filled):
                kept[-1] = number
            continue
        kept.append(number)
    return kept


def _overlapped(line: Line, lines: Sequence[Line], anchors: Sequence[int]) -> int | None:
    """The full line so near that this one can only stand beside it."""
    away = {number: line.baseline - lines[number].baseline for number in anchors}
    near = min(away, key=lambda number: abs(away[number] - EARLIER_PT), default=None)
    if near is None or line.lone:
        return None
    return near if abs(lines[near].baseline - line.baseline) < OVERLAP_EM * line.size else None


def _carries_on(group: Sequence[Line], line: Line, pitch: float) -> bool:
    """True for a further line of cells above it: no first cell, no numbers, and no blank before it."""
    last = group[-1]
    above = set().union(*(one.filled for one in group))
    step = line.baseline - last.baseline
    if line.lone or not line.filled <= above or step > 1.5 * line.size:
        return False
    if all(is_numeric(part[0].text) for part in line.cells if part):
        return False
    return 0 not in line.filled or step < pitch - TIGHT_PT


def _merged(lines: Sequence[Line]) -> list[Row]:
    """Cells of all lines, each in reading order."""
    ordered = sorted(lines, key=lambda line: line.baseline)
    return [[token for line in ordered for token in line.cells[column]] for column in range(len(ordered[0].cells))]


def span_of(part: Sequence[Token], columns: Columns) -> int:
    """How many columns the words reach over."""
    return 1 + columns.at(max(t.box[2] for t in part) - 1) - columns.at(min(t.box[0] for t in part) + 1)
