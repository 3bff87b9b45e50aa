"""Tables of numbers as curves: a column of values for each system, or a row for each system."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gauntlet.paper.numbers import scan
from gauntlet.paper.quantities import find_quantities
from gauntlet.paper.records import Heading, Table

_CAPTION = re.compile(r"^(?:Table|Tab\.|Figure|Fig\.)\s*[\w.]+\s*[:.]?\s*", re.IGNORECASE)
_CLAUSE = re.compile(
    r"[,;.:(]\s|[.(]$|\s(?:versus|vs\.?|against|over|for|as|with|of|under|at|when|where|while|during|across)\s",
    re.IGNORECASE,
)
_UNIT_BEHIND = re.compile(r"\s*[(\[][^()\[\]]*[)\]]\s*$")
_SYSTEMS = re.compile(
    r"^(?:systems?|methods?|approach(?:es)?|schemes?|protocols?|designs?|algorithms?|techniques?|frameworks?|polic(?:y|ies)"
    r"|versions?|implementations?|engines?|stacks?)$",
    re.IGNORECASE,
)
"""Heads of a first column that names one system a row."""
_LEFT_OUT = re.compile(r"[-–—−]+|n/?a|\*|×|x|oom|failed|timeout|crash(?:ed)?", re.IGNORECASE)
"""A cell that says that there is no value."""
_FEWEST = 2
Named = tuple[str, str | None]


@dataclass(frozen=True)
class Column:
    """A system's values in a table: label and unit of x and y, points, and the rounding of the coarsest value.

    `part` tells apart what may be compared: the columns of a table of systems in rows. `categories`: x is a row number.
    """

    part: str
    system: str
    x: Named
    y: Named
    points: tuple[tuple[float, float], ...]
    error: float
    categories: bool


def table_curves(table: Table) -> Iterator[Column]:
    """Curves of a table whose cells hold one number each; none of any other."""
    rows = data_rows(table)
    if len(table.columns) < _FEWEST or len(rows) < _FEWEST or not table.columns[0].text:
        return
    if _SYSTEMS.match(table.columns[0].text.strip()):
        yield from _systems_in_rows(table, rows)
    else:
        yield from _systems_in_columns(table, rows)


def _systems_in_columns(table: Table, rows: list[int]) -> Iterator[Column]:
    settings = [number_in(table, row, 0) for row in rows]
    whole = [setting[0] for setting in settings if setting is not None]
    numbers = len(set(whole)) == len(rows)
    x = _named(table.columns[0])
    for column, heading in enumerate(table.columns[1:], 1):
        left = [row for row in rows if not _is_left_out(table, row, column)]
        known = [value for row in left if (value := number_in(table, row, column)) is not None]
        name, unit = _named(heading)
        if len(known) == len(left) >= _FEWEST and _UNIT_BEHIND.sub("", name):
            along = dict(zip(rows, whole, strict=True)) if numbers else {row: float(row) for row in rows}
            points = tuple((along[row], value) for row, (value, _) in zip(left, known, strict=True))
            measured = first_clause(table.caption), unit or _unit_in(table, left[0], column)
            yield Column(table.id, name, x, measured, points, max(error for _, error in known), not numbers)


def _is_left_out(table: Table, row: int, column: int) -> bool:
    cell = table.cell(row, column)
    return cell is not None and bool(_LEFT_OUT.fullmatch(cell.text.strip()))


def _systems_in_rows(table: Table, rows: list[int]) -> Iterator[Column]:
    for column, heading in enumerate(table.columns[1:], 1):
        values = [(row, number_in(table, row, column)) for row in rows]
        if all(value is not None for _, value in values) and heading.text:
            label, unit = _named(heading)
            for row, value in values:
                name = table.cell(row, 0)
                if name is not None and value is not None:
                    measured = label, unit or _unit_in(table, row, column)
                    part = f"{table.id}/{column}"
                    yield Column(part, name.text, ("row", None), measured, ((0.0, value[0]),), value[1], True)


def data_rows(table: Table) -> list[int]:
    """Numbers of the rows below the heading."""
    return sorted({cell.row for cell in table.cells if cell.row >= table.header_rows})


def first_clause(caption: str) -> str:
    """What a caption says first, behind its number: 'Mean latency' of 'Table 2: Mean latency, in open loop.'"""
    return _UNIT_BEHIND.sub("", _CLAUSE.split(_CAPTION.sub("", caption))[0])


def number_in(table: Table, row: int, column: int) -> tuple[float, float] | None:
    """The one number of a cell, its scale included, and half a unit of its last digit."""
    cell = table.cell(row, column)
    found = list(scan(cell.text)) if cell is not None else []
    return (found[0].scaled, found[0].half_digit * found[0].scale) if len(found) == 1 else None


def _named(heading: Heading) -> Named:
    return _UNIT_BEHIND.sub("", heading.text).strip() if heading.unit else heading.text, heading.unit


def _unit_in(table: Table, row: int, column: int) -> str | None:
    """The unit printed in a cell itself: 'TFLOPs/s' of '142 TFLOPs/s'; its number was read with its scale."""
    cell = table.cell(row, column)
    found = find_quantities(cell.text) if cell is not None else ()
    if len(found) != 1 or found[0].kind != "amount":
        return None
    number = next(scan(found[0].text))
    return found[0].text[number.end :].strip() or None
