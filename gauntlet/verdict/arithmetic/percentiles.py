"""Lower percentiles above higher ones: in sentences, in table rows, and between curves of one plot."""

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

from gauntlet.paper.numbers import scan
from gauntlet.paper.quantities import Quantity
from gauntlet.paper.records import Paper, Table
from gauntlet.specs.evidence import Evidence
from gauntlet.verdict.arithmetic.context import Context
from gauntlet.verdict.arithmetic.outcomes import Outcome, agrees, differs
from gauntlet.verdict.arithmetic.prose import Sentence
from gauntlet.verdict.arithmetic.spans import Span, exact, printed
from gauntlet.verdict.rounding import shown

CHECK = "percentiles_crossed"
_LEVEL = (
    r"(?P<median>medians?|p50)\b|(?P<nth>\d{1,2}(?:\.\d{1,3})?)(?:th|st|nd|rd)?[- ]?(?:percentiles?|%-?ile)\b"
    r"|\bp(?P<p>9{1,2}\.?\d{0,3}|[5-8]\d)\b"
)
_STATED = re.compile(
    rf"\b(?:{_LEVEL})(?:\s(?!and\b|or\b|is\b|was\b)[\w-]+){{0,4}}\s?(?:\bof\b|\bis\b|\bwas\b|=|:|\bat\b|\breaches\b)\s?(?:only\s|about\s|~)?$",
    re.IGNORECASE,
)
_HEADED = re.compile(_LEVEL, re.IGNORECASE)
READINGS = ("the values are of different systems, runs or loads", "two headings or labels were exchanged")
Level = tuple[float, str, Span]
"""Percentile, its words, value."""


def sentence_percentiles(sentence: Sentence, context: Context) -> Iterator[Outcome]:
    """'a median of 50 us and a 99th percentile of 40 us', where the sentence names at most one system."""
    found = [level for one in sentence.quantities if (level := _stated(sentence.text, one, context)) is not None]
    units = {one.unit for one in sentence.quantities if _stated(sentence.text, one, context) is not None}
    if len(found) == 2 and len(units) == 1 and len({name.system for name in context.names_in(sentence.text)}) <= 1:
        yield from _compared(found, sentence.block, sentence.evidence)


def _stated(text: str, one: Quantity, context: Context) -> Level | None:
    if one.kind != "amount" or one.low != one.high or one.value <= 0:
        return None
    before = _STATED.search(text[max(0, one.start - 80) : one.start])
    return None if before is None else (_percentile(before), before.group().strip(), printed(one, context.policy))


def table_percentiles(paper: Paper) -> Iterator[Outcome]:
    """Rows of tables with columns for several percentiles of one thing."""
    for table in paper.tables:
        headed: dict[tuple[str, str | None], list[int]] = {}
        for number, heading in enumerate(table.columns):
            if match := _HEADED.search(heading.text):
                rest = heading.text[: match.start()] + heading.text[match.end() :]
                headed.setdefault((" ".join(rest.split()), heading.unit), []).append(number)
        evidence = (Evidence(page=table.anchor.page, quotation=table.caption),)
        for columns in headed.values():
            for row in sorted({cell.row for cell in table.cells if cell.row >= table.header_rows}):
                levels = [level for column in columns if (level := _cell(table, row, column)) is not None]
                yield from _compared(levels, f"{table.id}:{row}", evidence)


def _cell(table: Table, row: int, column: int) -> Level | None:
    cell, match = table.cell(row, column), _HEADED.search(table.columns[column].text)
    found = list(scan(cell.text)) if cell is not None else []
    if len(found) != 1 or match is None or found[0].scaled <= 0:
        return None
    return _percentile(match), match.group(), exact(found[0].scaled, 2 * found[0].rounding)


def curve_percentiles(context: Context) -> Iterator[Outcome]:
    """Series of one plot that differ in the percentile of their name only."""
    groups: dict[tuple[str, str], list[tuple[Level, int]]] = {}
    for index, curve in enumerate(context.curves):
        if (match := _HEADED.search(curve.system)) and not curve.distribution:
            rest = " ".join((curve.system[: match.start()] + curve.system[match.end() :]).split())
            groups.setdefault((curve.plot, rest), []).append(((_percentile(match), match.group(), exact(1.0)), index))
    for members in groups.values():
        curves = [context.curves[index] for _, index in members]
        for x in dict.fromkeys(x for curve in curves for x, _ in curve.points):
            levels = [
                (level[0], f"{level[1]} at {shown(x)}", curve.span(y))
                for (level, _), curve in zip(members, curves, strict=True)
                if (y := curve.at(x)) is not None and y > 0
            ]
            yield from _compared(levels, f"{curves[0].source}:{x:g}", curves[0].evidence)


def _compared(levels: Sequence[Level], where: str, evidence: Sequence[Evidence]) -> Iterator[Outcome]:
    """One outcome for a set of percentiles; the first two that cross are named."""
    ordered = sorted(levels, key=lambda level: level[0])
    if len({level[0] for level in ordered}) < 2:
        return
    for low, high in combinations(ordered, 2):
        if low[0] < high[0] and low[2].exceeds(high[2]):
            yield differs(
                CHECK,
                where,
                f"{low[1]} {shown(low[2].value)} is above {high[1]} {shown(high[2].value)}.",
                evidence,
                factor=low[2].value / high[2].value,
                tolerance=low[2].slack + high[2].slack,
                values=((low[1], low[2].value, ""), (high[1], high[2].value, "")),
                readings=READINGS,
            )
            return
    yield agrees(CHECK)


def _percentile(match: re.Match[str]) -> float:
    """50 for 'median', 99.9 for 'p99.9', 'p999' and '99.9th percentile'."""
    if match["median"]:
        return 50.0
    text = match["nth"] or match["p"]
    return float(text) if "." in text or len(text) < 3 else float(f"{text[:2]}.{text[2:]}")
