"""Tables of numbers as curves: a column of settings on the left, a column of values for each system."""

import re
from collections.abc import Iterator

from gauntlet.paper.numbers import scan
from gauntlet.paper.records import Heading, Table

_CAPTION = re.compile(r"^(?:Table|Tab\.|Figure|Fig\.)\s*[\w.]+\s*[:.]?\s*", re.IGNORECASE)
_CLAUSE = re.compile(r"[,;.:(]\s|[.(]$|\s(?:versus|vs\.?|against|over|for|as|with|of|under)\s", re.IGNORECASE)
_UNIT_BEHIND = re.compile(r"\s*[(\[][^()\[\]]*[)\]]\s*$")
_FEWEST_ROWS = 2
Named = tuple[str, str | None]
Column = tuple[str, Named, Named, tuple[tuple[float, float], ...], float]
"""Name of the system, label and unit of x and of y, points, and the rounding of the coarsest value (absolute)."""


def table_curves(table: Table) -> Iterator[Column]:
    """Columns beside a first column of numbers, each of which has one number in every row."""
    if len(table.columns) < _FEWEST_ROWS or not table.columns[0].text:
        return
    rows = sorted({cell.row for cell in table.cells if cell.row >= table.header_rows})
    settings = [_number(table, row, 0) for row in rows]
    if len(rows) < _FEWEST_ROWS or None in settings or len(set(settings)) < len(settings):
        return
    x = _named(table.columns[0])
    measured = first_clause(table.caption)
    for column, heading in enumerate(table.columns[1:], 1):
        values = [_number(table, row, column) for row in rows]
        if None not in values and heading.text:
            name, unit = _named(heading)
            points = tuple((at[0], value[0]) for at, value in zip(settings, values, strict=True) if at and value)
            error = max(value[1] for value in values if value)
            yield name, x, (measured, unit), points, error


def first_clause(caption: str) -> str:
    """What a caption says first, behind its number: 'Mean latency' of 'Table 2: Mean latency, in open loop.'"""
    return _CLAUSE.split(_CAPTION.sub("", caption))[0]


def _named(heading: Heading) -> Named:
    return _UNIT_BEHIND.sub("", heading.text).strip() if heading.unit else heading.text, heading.unit


def _number(table: Table, row: int, column: int) -> tuple[float, float] | None:
    """The one number of a cell, its scale included, and half a unit of its last digit."""
    cell = table.cell(row, column)
    found = list(scan(cell.text)) if cell is not None else []
    return (found[0].scaled, found[0].half_digit * found[0].scale) if len(found) == 1 else None
