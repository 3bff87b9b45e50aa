"""Contracts as lines for people and as data for programs."""

import math
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gauntlet.hardware.contracts.audit import Fate, Report
from gauntlet.hardware.contracts.check import formula
from gauntlet.hardware.contracts.coverage import Reached
from gauntlet.hardware.contracts.diff import Difference
from gauntlet.hardware.contracts.records import Contract, FalsificationTest
from gauntlet.hardware.contracts.testing import Outcome
from gauntlet.units import si_unit

_KINDS = ("vector", "invariant", "falsification test")
_SHOWN_IDS = 6


def list_lines(folder: Path, known: Sequence[Contract]) -> Iterator[str]:
    """One line a contract."""
    for contract in known:
        tests = len(contract.falsification_tests)
        yield f"{contract.id:<22} {contract.title} ({len(contract.equations)} equations, {tests} falsification tests)"
    yield f"from {folder}"


def contract_lines(contract: Contract) -> Iterator[str]:
    """Everything that a contract says, equations first."""
    yield f"{contract.id} {contract.version}: {contract.title}"
    yield from _folded(contract.purpose, "  ")
    yield "\nEquations"
    for name, equation in contract.equations.items():
        yield f"  {name} [{_unit(equation.unit)}] = {formula(contract, name)}"
        yield f"      {equation.meaning}; {equation.source}"
        if equation.words:
            yield "      " + ", ".join(f"{value:g} is {word}" for value, word in equation.words.items())
    yield "\nSymbols"
    for name, symbol in contract.symbols.items():
        axis = f" per {symbol.per}" if symbol.per else ""
        default = "" if symbol.default is None else f", {symbol.default:g} where none is given"
        yield f"  {name} [{_unit(symbol.unit)}]{axis} in {symbol.domain}{default}: {symbol.meaning}"
    yield "\nInvariants"
    yield from (f"  {each.id}: {each.holds} ({each.meaning})" for each in contract.invariants)
    yield "\nObligations and what tries to refute them"
    for obligation in contract.obligations:
        yield f"  {obligation.id} ({obligation.kind}): {obligation.statement}; {', '.join(obligation.equations)}"
        for test in contract.falsification_tests:
            if test.obligation == obligation.id:
                yield f"    {test.id} {test.prediction}"
                yield f"        {_condition(test)}"
    yield "\nVectors"
    for vector in contract.vectors:
        yield f"  {vector.id}: {_pairs(vector.expected)}; at {_pairs(vector.given)}; {vector.source}"
    yield "\nSources"
    yield from (f"  {key}: {source.title} ({source.date})" for key, source in contract.sources.items())


def contract_data(contract: Contract) -> dict[str, Any]:
    """The same as plain data; domains as they are written."""
    data = contract.model_dump(mode="python")
    for name, symbol in contract.symbols.items():
        data["symbols"][name]["domain"] = str(symbol.domain)
    return data


def outcome_lines(name: str, ended: Sequence[Outcome]) -> Iterator[str]:
    """What failed, then how many passed."""
    yield from (f"{name}: {each.kind} {each.id} FAILED: {each.why}" for each in ended if not each.passed)
    counts = [(kind, [each.passed for each in ended if each.kind == kind]) for kind in _KINDS]
    yield f"{name}: " + ", ".join(f"{sum(passed)} of {len(passed)} {kind}s" for kind, passed in counts) + " hold"


def audit_lines(report: Report) -> Iterator[str]:
    """Kill rates, survivors, and uses of each equation."""
    counted = [fate for fate in report.fates if fate.differs]
    left = len(report.survivors)
    yield f"{report.contract.id}: {len(report.fates)} mistakes planted, {len(counted)} of them change something"
    yield f"  invariants and falsification tests find {_share(len(counted) - left, len(counted))}"
    by_vectors = sum("vector" in fate.killed_by for fate in counted)
    yield f"  vectors alone find {_share(by_vectors, len(counted))}"
    yield f"  units alone find {_share(sum(fate.by_units for fate in counted), len(counted))}"
    yield from (f"  SURVIVES: {_mistake(fate)}" for fate in report.survivors)
    yield from (f"  not told apart: {_mistake(fate)}" for fate in report.fates if not fate.differs)
    for name in report.contract.equations:
        places = [f"{use.function} ({use.file}:{use.line})" for use in report.uses if use.equation == name]
        if places:
            yield f"  {name} is used by {', '.join(places)}"
    yield from (f"  UNUSED: {name} is used by no code" for name in report.unused)
    yield from (f"  STALE: {use.file}:{use.line} asks for {use.equation}, which is not there" for use in report.stale)


def audit_data(report: Report) -> dict[str, Any]:
    """The same as plain data."""
    return {
        "contract": report.contract.id,
        "mutants": [fate._asdict() for fate in report.fates],
        "survivors": [fate._asdict() for fate in report.survivors],
        "uses": [use._asdict() for use in report.uses],
        "stale": [use._asdict() for use in report.stale],
        "unused": list(report.unused),
    }


def coverage_lines(contract: Contract, rows: Sequence[Reached], missing: Sequence[str]) -> Iterator[str]:
    """A line a part with how much reaches it, then the gaps."""
    width = max(len(row.name) for row in rows)
    yield f"{contract.id}: {'':<{width}}  vectors  invariants  tests"
    for row in rows:
        counts = f"{len(row.vectors):>7}  {len(row.invariants):>10}  {len(row.tests):>5}"
        yield f"  {row.kind:<10} {row.name:<{width}}  {counts}  {_some(row.tests)}".rstrip()
    yield from (f"  GAP: {gap}" for gap in missing)


def difference_lines(old: Contract, new: Contract, found: Difference) -> Iterator[str]:
    """Texts, then numbers, then the step of the version."""
    yield f"{new.id}: {old.version} -> {new.version}"
    for change in found.texts:
        yield f"  {change.part} {change.name}"
        yield from (f"    {sign} {text}" for sign, text in (("-", change.old), ("+", change.new)) if text is not None)
    for number in found.numbers:
        yield f"  {number.equation} at {number.vector}: {number.old} -> {number.new} (x {number.ratio})"
    for shift in found.shifts:
        known = math.isfinite(shift.lowest_ratio)
        ratios = f"x {shift.lowest_ratio:.4g} to x {shift.highest_ratio:.4g}" if known else "values come or go"
        yield f"  {shift.equation} over its domain: {shift.share:.0%} of the points change, {ratios}"
    step = {"none": "nothing differs", "patch": "no value differs: a patch"}
    yield f"  {step.get(found.step, f'asks for a {found.step} version')}"


def difference_data(old: Contract, new: Contract, found: Difference) -> dict[str, Any]:
    """The same as plain data."""
    return {
        "contract": new.id,
        "versions": [old.version, new.version],
        "texts": [each._asdict() for each in found.texts],
        "numbers": [each._asdict() for each in found.numbers],
        "shifts": [each._asdict() for each in found.shifts],
        "step": found.step,
    }


def _unit(unit: str) -> str:
    return si_unit(unit) or "1"


def _condition(test: FalsificationTest) -> str:
    where = f"at {_pairs(test.at)}: " if test.at else ""
    if test.rejects:
        return where + "refuses " + ", ".join(f"{name} = {_values(some)}" for name, some in test.rejects.items())
    drawn = "".join(f"for {name} from {low:g} to {high:g}, " for name, (low, high) in test.draw.items())
    changed = "".join(f"{name} := {' '.join(text.split())}, " for name, text in test.change.items())
    return where + drawn + changed + " ".join((test.holds or "").split())


def _pairs(values: Any) -> str:
    return ", ".join(f"{name} = {_values(value)}" for name, value in values.items())


def _values(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_values, value))}]"
    return value if isinstance(value, str) else f"{value:.9g}"


def _mistake(fate: Fate) -> str:
    return f"{fate.place}: {fate.what}"


def _share(some: int, of_all: int) -> str:
    return f"{some} of {of_all} ({some / of_all:.1%})" if of_all else "nothing, as there is none"


def _some(ids: Sequence[str]) -> str:
    return ", ".join(ids[:_SHOWN_IDS]) + (", ..." if len(ids) > _SHOWN_IDS else "")


def _folded(text: str, indent: str) -> Iterator[str]:
    yield from textwrap.wrap(text, 112, initial_indent=indent, subsequent_indent=indent)
