"""Columns of speed-ups in tables against the values from which they were computed."""

import re
from collections.abc import Iterator, Sequence

from gauntlet.paper.records import Paper, Table
from gauntlet.specs.evidence import Evidence
from gauntlet.verdict.arithmetic.outcomes import Outcome, agrees, differs, unchecked
from gauntlet.verdict.arithmetic.spans import Span
from gauntlet.verdict.arithmetic.table_curves import data_rows, number_in
from gauntlet.verdict.rounding import shown

CHECK = "ratio_columns"
_RATIO = re.compile(
    r"\bspeed-?\s?ups?\b|\bnormali[sz]ed\b|\brelative\b|\bimprovement\b|\bslow-?downs?\b", re.IGNORECASE
)
_FEWEST = 2
"""Rows that must agree before a column counts as the one that the ratios are of."""
_READINGS = (
    "the ratios were computed from unrounded values, or from another column",
    "this row is compared with another one than the others",
)


def ratio_columns(paper: Paper) -> Iterator[Outcome]:
    """Rows of a column of ratios, one of which is 1, against the values of the column that most rows agree with."""
    for table in paper.tables:
        rows = data_rows(table)
        for ratio, heading in enumerate(table.columns):
            if _RATIO.search(heading.text) and "%" not in heading.text:
                yield from _column(table, rows, ratio)


def _column(table: Table, rows: Sequence[int], ratio: int) -> Iterator[Outcome]:
    stated = {row: span for row in rows if (span := _span(table, row, ratio)) is not None}
    base = [row for row, span in stated.items() if span.value == 1.0]
    others = [row for row in stated if row not in base]
    if len(base) != 1 or len(others) < _FEWEST:
        return
    best: list[tuple[int, Span]] = []
    agreed = 0
    for column in range(1, len(table.columns)):
        for computed in _computed(table, others, base[0], column) if column != ratio else ():
            count = sum(stated[row].meets(span) for row, span in computed)
            if count > agreed:
                best, agreed = computed, count
    if agreed < max(_FEWEST, (2 * len(others) + 2) // 3):
        yield unchecked(CHECK, "no column holds the values that the ratios are of")
        return
    for row, span in best:
        yield agrees(CHECK) if stated[row].meets(span) else _finding(table, row, ratio, stated[row], span)


def _computed(table: Table, rows: Sequence[int], base: int, column: int) -> Iterator[list[tuple[int, Span]]]:
    """Values over that of the base row, and the other way round."""
    spans = [(row, _span(table, row, column)) for row in rows]
    reference = _span(table, base, column)
    known = [(row, span) for row, span in spans if span is not None]
    if reference is not None and len(known) == len(rows):
        yield [(row, span / reference) for row, span in known]
        yield [(row, reference / span) for row, span in known]


def _span(table: Table, row: int, column: int) -> Span | None:
    """A positive number as printed: rounded, or cut."""
    found = number_in(table, row, column)
    if found is None or found[0] <= 0:
        return None
    value, half = found
    return Span(max(value - half, 0.0), value, value + 2 * half)


def _finding(table: Table, row: int, ratio: int, stated: Span, computed: Span) -> Outcome:
    name = table.cell(row, 0)
    what = f"{table.label}, {name.text if name else row}: {table.columns[ratio].text}"
    return differs(
        CHECK,
        f"{table.id}:{row}",
        f"{what} {shown(stated.value)} is stated; its values give {shown(computed.value, 3)}.",
        (Evidence(page=table.anchor.page, quotation=table.caption),),
        factor=stated.value / computed.value,
        tolerance=stated.slack + computed.slack,
        values=(("stated ratio", stated.value, "x"), ("ratio of the values", computed.value, "x")),
        readings=_READINGS,
    )
