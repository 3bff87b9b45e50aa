"""Energy = power x time, in sentences and in the rows of tables."""

import re
from collections.abc import Iterator, Sequence

from gauntlet import units
from gauntlet.errors import UnknownUnit
from gauntlet.paper.numbers import scan
from gauntlet.paper.records import Paper, Table
from gauntlet.specs.evidence import Evidence
from gauntlet.verdict.arithmetic.context import Context
from gauntlet.verdict.arithmetic.outcomes import Outcome, agrees, differs, unchecked
from gauntlet.verdict.arithmetic.prose import Sentence
from gauntlet.verdict.arithmetic.spans import Span, exact, printed
from gauntlet.verdict.rounding import shown

CHECK = "energy"
_NOT_MEAN = re.compile(r"\b(?:peak|max(?:imum)?|TDP|limit|cap|budget|idle|rated|up to)\b", re.IGNORECASE)
_UNITS = ("W", "s", "J")
_READINGS = (
    "the power is a peak or a limit and not the mean over that time",
    "energy and power are of different parts: the device, or the whole machine",
)


def sentence_energy(sentence: Sentence, context: Context) -> Iterator[Outcome]:
    """One power, one time and one energy in a sentence."""
    power, time, energy = (sentence.amounts(unit) for unit in _UNITS)
    if not (power and time and energy):
        return
    if len(power) != 1 or len(time) != 1 or len(energy) != 1:
        yield unchecked(CHECK, "it states several powers, times or energies")
    elif _NOT_MEAN.search(sentence.text):
        yield unchecked(CHECK, "its power is a peak, a limit or that of an idle machine")
    else:
        spans = [printed(one[0], context.policy) for one in (power, time, energy)]
        names = [one[0].text for one in (power, time, energy)]
        yield _outcome(spans, names, sentence.block, sentence.evidence)


def table_energy(paper: Paper) -> Iterator[Outcome]:
    """Rows of tables with a column of each."""
    for table in paper.tables:
        columns = [_column(table, unit) for unit in _UNITS]
        if None not in columns and len(set(columns)) == len(columns):
            yield from _rows(table, [column for column in columns if column is not None])


def _rows(table: Table, columns: Sequence[int]) -> Iterator[Outcome]:
    evidence = (Evidence(page=table.anchor.page, quotation=table.caption),)
    for row in sorted({cell.row for cell in table.cells if cell.row >= table.header_rows}):
        spans = [_cell(table, row, column) for column in columns]
        known = [span for span in spans if span is not None]
        if len(known) == len(columns):
            names = [f"{table.columns[column].text}, row {row}" for column in columns]
            yield _outcome(known, names, f"{table.id}:{row}", evidence)


def _outcome(spans: Sequence[Span], names: Sequence[str], where: str, evidence: Sequence[Evidence]) -> Outcome:
    product = spans[0] * spans[1]
    if product.meets(spans[2]):
        return agrees(CHECK)
    return differs(
        CHECK,
        where,
        f"{names[0]} times {names[1]} is {shown(product.value)} J; {names[2]} ({shown(spans[2].value)} J) is stated.",
        evidence,
        factor=spans[2].value / product.value,
        tolerance=product.slack + spans[2].slack,
        values=[(name, span.value, unit) for name, span, unit in zip(names, spans, _UNITS, strict=True)],
        readings=_READINGS,
    )


def _column(table: Table, unit: str) -> int | None:
    """The only column of a unit; None where there is none or more than one."""
    found = [number for number, heading in enumerate(table.columns) if heading.unit and _is(heading.unit, unit)]
    return found[0] if len(found) == 1 else None


def _cell(table: Table, row: int, column: int) -> Span | None:
    cell, unit = table.cell(row, column), table.columns[column].unit
    found = list(scan(cell.text)) if cell is not None else []
    if len(found) != 1 or unit is None or found[0].scaled <= 0:
        return None
    return exact(units.to_si(found[0].scaled, unit), 2 * found[0].rounding)


def _is(unit: str, other: str) -> bool:
    try:
        return units.same_dimension(unit, other)
    except UnknownUnit:
        return False
