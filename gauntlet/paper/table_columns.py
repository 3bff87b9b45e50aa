"""Columns of a table: blanks that run through its rows, and upright rules."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from gauntlet.paper.records import Box
from gauntlet.paper.rules import Rule
from gauntlet.paper.table_region import Row, middle_of, runs_of

Blank = tuple[float, float]
"""The x between which hardly any row has a word."""

STEP_PT = 0.5
DOUBLE_PT = 4.0
NARROW_EM, SURE_EM = 0.2, 0.9
WIDE_EM = 0.45  # wider than most word spaces
IN_LINE_PT = 0.6
WORD_EM = 0.5  # between words of one cell
RULED_SHARE = 0.4  # of the rows that an upright rule must pass
FEW, FEW_WIDE = 12, 8  # one row in so many may reach over a blank, or over a wide one


@dataclass(frozen=True)
class Columns:
    """Where columns part: the x between them, and the blanks found there."""

    places: tuple[float, ...]
    blanks: tuple[Blank, ...] = ()

    def __len__(self) -> int:
        return len(self.places) + 1

    def at(self, x: float) -> int:
        """The column in which x lies."""
        return sum(x > place for place in self.places)

    def of(self, box: Box) -> int:
        """The column in which the middle of a box lies."""
        return self.at((box[0] + box[2]) / 2)

    def crossed(self, words: Row) -> bool:
        """True where a phrase reaches over a blank between two columns, or the half of it."""
        start, end = words[0].box[0], words[-1].box[2]
        return any(
            start < left
            and end > (left + right) / 2
            and any(t.box[0] < right - 1 and t.box[2] > left + 1 for t in words)
            for left, right in self.blanks
        )

    def by_word(self, row: Row) -> list[Row]:
        """The words of a row by column, each on its own."""
        cells: list[Row] = [[] for _ in range(len(self))]
        for token in row:
            cells[self.of(token.box)].append(token)
        return cells

    def split(self, row: Row) -> list[Row]:
        """The words of a row by column; a phrase that reaches over a blank stays whole in the column it starts in."""
        cells: list[Row] = [[] for _ in range(len(self))]
        for run in runs_of(row, WORD_EM):
            whole = self.crossed(run)
            for token in run:
                cells[self.at(run[0].box[0] + 1.0) if whole else self.of(token.box)].append(token)
        return cells


def find_columns(body: Sequence[Row], heading: Sequence[Row], upright: Sequence[Rule]) -> Columns:
    """Columns of the rows of `body`; `heading` only says where in a blank they part."""
    ruled = _ruled(body, upright)
    blanks = [
        blank
        for blank in _blanks(_telling(body), [*body, *heading])
        if not any(blank[0] - 3 < x < blank[1] + 3 for x in ruled)
    ]
    most = max((len(runs_of(row)) for row in heading), default=0)  # rows of fewer phrases may span columns
    leaves = [row for row in heading if len(runs_of(row)) == most]
    places = sorted([*ruled, *(_best_place(blank, leaves) for blank in blanks)])
    return Columns(tuple(places), tuple(blanks))


def _telling(body: Sequence[Row]) -> list[Row]:
    """Rows of several phrases, and of one that does not reach over the blanks of the others."""
    several = [row for row in body if len(runs_of(row)) > 1]
    if len(several) < 2:
        return list(body)
    known = Columns((), tuple(_blanks(several, body)))
    return [row for row in body if len(runs_of(row)) > 1 or not known.crossed(row)]


def _ruled(body: Sequence[Row], upright: Sequence[Rule]) -> list[float]:
    """Places of upright rules with words on both sides that pass enough rows; a double rule counts once."""
    middles = [middle_of(row) for row in body]
    left = min(row[0].box[0] for row in body)
    right = max(row[-1].box[2] for row in body)
    passed: dict[float, int] = {}
    for rule in upright:
        if left < rule.at < right:
            place = next((x for x in passed if abs(x - rule.at) < DOUBLE_PT), rule.at)
            passed[place] = passed.get(place, 0) + sum(rule.covers(y) for y in middles)
    return sorted(x for x, rows in passed.items() if rows >= RULED_SHARE * len(middles))


def _blanks(rows: Sequence[Row], everything: Sequence[Row]) -> list[Blank]:
    """x ranges that hardly any row covers, and that are wide, or confirmed by words that start or end in line."""
    size = sum(row[0].size for row in rows) / len(rows)
    x0 = min(row[0].box[0] for row in everything)
    x1 = max(row[-1].box[2] for row in everything)
    covered = [0] * (int((x1 - x0) / STEP_PT) + 2)
    for row in rows:
        for token in row:
            for cell in range(int((token.box[0] - x0) / STEP_PT), int((token.box[2] - x0) / STEP_PT) + 1):
                covered[cell] += 1

    def blanks(few: int) -> list[Blank]:
        found = [(x0 + left * STEP_PT, x0 + right * STEP_PT) for left, right in _uncovered(covered, len(rows) // few)]
        return [blank for blank in found if _confirmed(*blank, rows, size)]

    sure = blanks(FEW)
    wide = [blank for blank in blanks(FEW_WIDE) if blank[1] - blank[0] > SURE_EM * size]
    return sorted([*sure, *(one for one in wide if not any(one[0] <= x0 and x1 <= one[1] for x0, x1 in sure))])


def _uncovered(covered: Sequence[int], allowed: int) -> list[tuple[int, int]]:
    """Runs of cells covered by few rows, without those at either end."""
    runs = []
    for few, cells in itertools.groupby(range(len(covered)), key=lambda cell: covered[cell] <= allowed):
        run = list(cells)
        if few and run[0] > 0 and run[-1] + 1 < len(covered):
            runs.append((run[0], run[-1] + 1))
    return runs


def _confirmed(left: float, right: float, rows: Sequence[Row], size: float) -> bool:
    width = right - left
    if width >= SURE_EM * size:
        return True
    if width < NARROW_EM * size:
        return False
    starts, ends, gaps = [], [], []
    for row in rows:
        after = [token for token in row if token.box[0] >= right - 1]
        before = [token for token in row if token.box[2] <= left + 1]
        if after and before:
            starts.append(after[0].box[0])
            ends.append(after[0].box[2])
            gaps.append(after[0].box[0] - before[-1].box[2])
    if len(starts) < 2:
        return False
    aligned = max(_in_line(starts), _in_line(ends))
    return aligned >= len(starts) - len(starts) // FEW and sum(gap > WIDE_EM * size for gap in gaps) * 2 >= len(gaps)


def _in_line(places: Sequence[float]) -> int:
    """How many of the places are one place."""
    return max(sum(0 <= other - place < IN_LINE_PT for other in places) for place in places)


def _best_place(blank: Blank, heading: Sequence[Row]) -> float:
    """Middle of the part of a blank where the words of the heading stand furthest apart."""
    left, right = blank
    words = sorted((token.box[0], token.box[2]) for row in heading for token in row)
    at = max((end for _, end in words if end <= left), default=left)
    widths: list[tuple[float, float]] = []
    for start, end in [*((a, b) for a, b in words if b > left and a < right), _next_word(words, right)]:
        inside = max(at, left), min(start, right)
        if inside[1] > inside[0]:
            widths.append((start - at, sum(inside) / 2))
        at = max(at, end)
    return max(widths)[1] if widths else (left + right) / 2


def _next_word(words: Sequence[tuple[float, float]], right: float) -> tuple[float, float]:
    return min((word for word in words if word[0] >= right), default=(right, right))
