"""Conservation in tables: totals against their rows, and columns of shares against the whole."""

import re
from collections.abc import Iterator, Sequence

from gauntlet.paper.records import Paper, Table
from gauntlet.specs.evidence import Evidence
from gauntlet.verdict.arithmetic.outcomes import Outcome, agrees, differs, unchecked
from gauntlet.verdict.arithmetic.parts import NEAR, READINGS, WHOLE
from gauntlet.verdict.arithmetic.table_curves import data_rows, number_in
from gauntlet.verdict.rounding import shown

TOTAL, SHARES = "totals", "columns_of_shares"
_TOTAL = re.compile(r"^(?:total|sum|overall total|all together|in total)\b", re.IGNORECASE)
_BREAKDOWN = re.compile(r"\b(?:breakdown|distribution|composition|shares?|mix)\b|\bfractions? of\b", re.IGNORECASE)
_FEWEST = 3


def table_totals(paper: Paper) -> Iterator[Outcome]:
    """A last row of totals against the sum of the rows above it, column by column."""
    for table in paper.tables:
        rows = data_rows(table)
        name = table.cell(rows[-1], 0) if len(rows) > 2 else None
        if name is None or not _TOTAL.match(name.text):
            continue
        for column in range(1, len(table.columns)):
            yield from _total(table, rows, column)


def _total(table: Table, rows: Sequence[int], column: int) -> Iterator[Outcome]:
    cells = [number_in(table, row, column) for row in rows]
    values = [value for value in cells if value is not None]
    if len(values) < len(cells) or values[-1][0] == 0:
        return
    total, summed = values[-1][0], sum(value for value, _ in values[:-1])
    slack = sum(2 * half for _, half in values)
    if abs(summed - total) <= slack:
        yield agrees(TOTAL)
    elif abs(summed / total - 1) > NEAR:
        yield unchecked(TOTAL, "the total is no sum of these rows: they nest, overlap or are averaged")
    else:
        yield differs(
            TOTAL,
            f"{table.id}:{column}",
            f"{table.label}, {table.columns[column].text or f'column {column}'}: the rows sum to {shown(summed)}, and "
            f"the total is printed as {shown(total)}.",
            (Evidence(page=table.anchor.page, quotation=table.caption),),
            factor=summed / total,
            tolerance=slack / abs(total),
            values=(("sum of the rows", summed, ""), ("printed total", total, "")),
            readings=READINGS,
        )


def table_shares(paper: Paper) -> Iterator[Outcome]:
    """Columns of percentages that are called a breakdown, a distribution or shares make up the whole."""
    for table in paper.tables:
        rows = [row for row in data_rows(table) if not _is_total(table, row)]
        for column, heading in enumerate(table.columns):
            called = _BREAKDOWN.search(f"{table.caption} {heading.text}")
            if called and heading.unit in ("%", "percent") and len(rows) >= _FEWEST:
                yield from _shares(table, rows, column)


def _is_total(table: Table, row: int) -> bool:
    name = table.cell(row, 0)
    return name is not None and bool(_TOTAL.match(name.text))


def _shares(table: Table, rows: Sequence[int], column: int) -> Iterator[Outcome]:
    values = [value for row in rows if (value := number_in(table, row, column)) is not None]
    if len(values) < len(rows):
        return
    summed, slack = sum(value for value, _ in values), sum(2 * half for _, half in values)
    if abs(summed - WHOLE) <= slack:
        yield agrees(SHARES)
    elif abs(summed / WHOLE - 1) > NEAR:
        yield unchecked(SHARES, "its shares are of different wholes, or not all of them are in the table")
    else:
        yield differs(
            SHARES,
            f"{table.id}:{column}",
            f"{table.label}, {table.columns[column].text}: the shares sum to {shown(summed)} %.",
            (Evidence(page=table.anchor.page, quotation=table.caption),),
            factor=summed / WHOLE,
            tolerance=slack / WHOLE,
            values=(("sum of the shares", summed, "%"),),
            readings=READINGS,
        )
