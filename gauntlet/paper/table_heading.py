"""The heading of a table: how many lines it takes, which of its phrases span columns, and what it says of each."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gauntlet.paper.records import Box, Cell, Heading
from gauntlet.paper.rules import Rule
from gauntlet.paper.table_columns import WORD_EM, Columns
from gauntlet.paper.table_region import Row, baseline_of, middle_of, runs_of
from gauntlet.paper.tokens import is_numeric
from gauntlet.paper.unit_words import unit_behind

MOST_LINES = 6
CENTERED = 0.3  # of the width between two rules: what stands further from their middle is over one column
_IN_BRACKETS = re.compile(r"[(\[]\s*(?:in )?([^()\[\]]{1,16}?)\s*[)\]]")
_BEHIND_COMMA = re.compile(r",\s*(\S{1,12})$|\s(%)")


@dataclass(frozen=True)
class Part:
    """Words of a heading over `columns` columns from `column` on."""

    column: int
    columns: int
    words: Row


def heading_lines(rows: Sequence[Row], level: Sequence[Rule]) -> int:
    """How many text lines belong to the heading: those above the first rule that has lines on both sides."""
    ends = [sum(middle_of(row) < rule.at for row in rows) for rule in level]
    inner = sorted({above for above in ends if 0 < above < len(rows)})
    for number, above in enumerate(inner):
        if above > max(MOST_LINES, len(rows) // 2):
            break
        following = inner[number + 1] if number + 1 < len(inner) else len(rows)
        if following == len(rows) or not _still_heading(rows, above, following):
            return above
    for index, row in enumerate(rows[:4]):
        if 2 * sum(is_numeric(token.text) for token in row) >= len(row):
            return index
    return 1


def _still_heading(rows: Sequence[Row], above: int, following: int) -> bool:
    """True where the lines between two rules start further right than the rows below and hold no number."""
    between, below = rows[above:following], rows[following:]
    left = min(row[0].box[0] for row in below)
    indented = all(row[0].box[0] > left + 2 * row[0].size for row in between)
    return len(between) == 1 and indented and not any(is_numeric(token.text) for row in between for token in row)


def heading_rows(
    rows: Sequence[Row], columns: Columns, level: Sequence[Rule], upright: Sequence[Rule]
) -> list[list[Part]]:
    """Rows of the heading: phrases over several columns, outermost first, then one cell for each column."""
    spanning: list[tuple[float, Part]] = []
    leaves: list[tuple[float, list[Row]]] = []
    for number, row in enumerate(rows):
        below = [token.box for other in rows[number + 1 :] for token in other]
        wide, rest = _spanning(row, columns, level, upright, below)
        spanning += [(baseline_of(row), part) for part in wide]
        if rest:
            leaves.append((baseline_of(row), columns.by_word(rest)))
    levels: list[list[Part]] = []
    last = -1e9
    for baseline, part in sorted(spanning, key=lambda pair: (pair[0], pair[1].column)):
        carried = next((one for one in levels[-1] if _stacked(one, part)), None) if levels else None
        if baseline - last > 1.0:
            if carried is None or baseline - last > 1.5 * part.words[0].size:
                levels.append([])
                carried = None
            last = baseline
        if carried is not None:
            carried.words.extend(part.words)
        else:
            levels[-1].append(part)
    merged = [[token for _, cells in leaves for token in cells[column]] for column in range(len(columns))]
    last_row = [Part(column, 1, words) for column, words in enumerate(merged) if words]
    return [*levels, last_row] if last_row else levels


def _stacked(above: Part, part: Part) -> bool:
    return (above.column, above.columns) == (part.column, part.columns)


def _spanning(
    row: Row, columns: Columns, level: Sequence[Rule], upright: Sequence[Rule], below: Sequence[Box]
) -> tuple[list[Part], Row]:
    """Phrases that stand over several columns which have headings of their own below, and the other words."""
    own = {columns.of(box) for box in below}
    wide: list[Part] = []
    rest: Row = []
    for run in _phrases(row, upright):
        first, last = _columns(run, columns, level, upright)
        if last > first and sum(column in own for column in range(first, last + 1)) > 1:
            wide.append(Part(first, last - first + 1, run))
        else:
            rest += run
    taken = {columns.of(token.box) for token in rest}
    return _widened(wide, taken, below, columns), rest


def _phrases(row: Row, upright: Sequence[Rule]) -> list[Row]:
    """Words no further apart than words are, and with no upright rule between them."""
    cuts = [rule.at for rule in upright if rule.covers(middle_of(row))]
    parts: list[Row] = []
    for run in runs_of(row, WORD_EM):
        for token in run:
            if token is run[0] or any(parts[-1][-1].box[2] - 1 < cut < token.box[0] + 1 for cut in cuts):
                parts.append([token])
            else:
                parts[-1].append(token)
    return parts


def _columns(run: Row, columns: Columns, level: Sequence[Rule], upright: Sequence[Rule]) -> tuple[int, int]:
    """First and last column below a phrase: by a short rule below it, by upright ones beside it, else by its words."""
    x0, x1, y = run[0].box[0], run[-1].box[2], middle_of(run)
    widest = max((rule.length for rule in level), default=0.0)
    under = [
        rule
        for rule in level
        if 0 < rule.at - y < 1.6 * run[0].size
        and rule.start - 3 < x0
        and x1 < rule.end + 3
        and rule.length < 0.9 * widest
    ]
    beside = [rule.at for rule in upright if rule.covers(y)]
    if under:
        x0, x1 = under[0].start + 3, under[0].end - 3
    elif beside:
        left = max((x + 3 for x in beside if x < x0 + 1), default=x0)
        right = min((x - 3 for x in beside if x > x1 - 1), default=x1)
        if abs(left + right - x0 - x1) < CENTERED * (right - left):
            x0, x1 = left, right
    return columns.at(x0 + 1), columns.at(x1 - 1)


def _widened(wide: list[Part], taken: set[int], below: Sequence[Box], columns: Columns) -> list[Part]:
    """Phrases over all the columns that they stand in the middle of."""
    boxes: dict[int, list[Box]] = {}
    for box in below:
        boxes.setdefault(columns.of(box), []).append(box)
    extent = {n: (min(b[0] for b in own), max(b[2] for b in own)) for n, own in boxes.items()}
    done = []
    for part in wide:
        others = taken | {n for one in wide if one is not part for n in range(one.column, one.column + one.columns)}
        center = (part.words[0].box[0] + part.words[-1].box[2]) / 2
        best = (part.column, part.column + part.columns - 1)
        for first in range(best[0], 0, -1):
            if first in others or first not in extent:
                break
            for last in range(part.column + part.columns - 1, len(columns)):
                if last in others or last not in extent:
                    break
                if _off(first, last, extent, center) < _off(*best, extent, center) - 2.0:
                    best = (first, last)
        done.append(Part(best[0], best[1] - best[0] + 1, part.words))
    return done


def _off(first: int, last: int, extent: Mapping[int, tuple[float, float]], center: float) -> float:
    """Distance of `center` from the middle of the columns."""
    if first not in extent or last not in extent:
        return 1e9
    return abs((extent[first][0] + extent[last][1]) / 2 - center)


def column_headings(cells: Sequence[Cell], header_rows: int, columns: int) -> tuple[Heading, ...]:
    """For each column the words over it, outermost first, and the unit that they name."""
    texts: list[list[str]] = [[] for _ in range(columns)]
    for cell in sorted(cells, key=lambda cell: cell.row):
        if cell.row < header_rows:
            for column in range(cell.column, min(cell.column + cell.columns, columns)):
                texts[column].append(cell.text)
    return tuple(_heading(parts) for parts in texts)


def row_headings(cells: Sequence[Cell], rows: int) -> tuple[Heading, ...]:
    """For each row its first cell and the unit that it names."""
    first = {cell.row: cell.text for cell in cells if cell.column == 0}
    return tuple(_heading([first[row]] if row in first else []) for row in range(rows))


def _heading(parts: Sequence[str]) -> Heading:
    """The innermost unit counts."""
    found = (unit for part in reversed(parts) if (unit := unit_in(part)) is not None)
    return Heading(text=" ".join(parts), unit=next(found, None))


def unit_in(words: str) -> str | None:
    """The unit that a heading names in brackets, or behind a comma: 'Latency (ms)', 'Rate, GB/s', 'Loss %'."""
    named = [match[1] for match in _IN_BRACKETS.finditer(words) if match.start() > 0]
    named += [match[1] or match[2] for match in _BEHIND_COMMA.finditer(words)]
    return next((name for name in reversed(named) if _is_unit(name)), None)


def _is_unit(name: str) -> bool:
    unit = unit_behind(f"1 {name}", 1)
    return unit.kind != "count" and unit.end == 2 + len(name)
