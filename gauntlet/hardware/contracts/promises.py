"""What types cannot say of a contract's tests: every promise has a test, every test tests something that is there."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from gauntlet.errors import GauntletError
from gauntlet.expressions.dimensions import MismatchError, dimension_of, disagreement
from gauntlet.expressions.grammar import Expression, called_names, parse, parse_condition
from gauntlet.hardware.contracts.check import Found, axes_of, executable, unknown
from gauntlet.hardware.contracts.reading import Place, Problem, parse_contract, read_text
from gauntlet.hardware.contracts.records import Contract, FalsificationTest, Value, Vector
from gauntlet.hardware.contracts.solver import Solver

CHANGED = "changed_"
"""Stands before the name of what a falsification test has changed."""


def problems(file: Path) -> list[Problem]:
    """Everything that is wrong with a contract file, its tests included."""
    text = read_text(file)
    contract = parse_contract(text)
    if isinstance(contract, list):
        return contract
    found = [*_names(contract), *executable(contract)] or list(testable(contract))
    return [text.problem(*each) for each in found]


def testable(contract: Contract) -> Found:
    """What keeps the tests from being run, or leaves an obligation without one. Needs executable equations."""
    for index, invariant in enumerate(contract.invariants):
        yield from _condition(contract, ("invariants", index, "holds"), invariant.holds, contract.units)
    yield from _obligations(contract)
    for index, test in enumerate(contract.falsification_tests):
        yield from _test(contract, ("falsification_tests", index), test)
    for index, vector in enumerate(contract.vectors):
        yield from _vector(contract, ("vectors", index), vector)
    for part in ("invariants", "obligations", "falsification_tests", "vectors"):
        counted = Counter(entry.id for entry in getattr(contract, part))
        yield from (((part,), f"{name!r} is there twice; rename one") for name, count in counted.items() if count > 1)
    used = {part.source for parts in (contract.symbols, contract.equations) for part in parts.values()}
    used |= {vector.source for vector in contract.vectors}
    for name in contract.sources:
        if name not in used:
            yield ("sources", name), "is used by nothing; take it out, or name it where it belongs"


def scope(contract: Contract, test: FalsificationTest) -> dict[str, str]:
    """Units of all names that the condition of a test may use."""
    changed = {CHANGED + name: unit for name, unit in contract.units.items()} if test.change else {}
    return {**contract.units, **changed, **dict.fromkeys(test.draw, "")}


def _names(contract: Contract) -> Found:
    for part, names in (("symbols", contract.symbols), ("equations", contract.equations)):
        for name in names:
            if name in called_names():
                yield (part, name), "is a function or primitive of the grammar; give it another name"
            if name.startswith(CHANGED):
                yield (part, name), f"names that begin with {CHANGED!r} belong to falsification tests"


def _obligations(contract: Contract) -> Found:
    kept = {test.obligation for test in contract.falsification_tests}
    for index, obligation in enumerate(contract.obligations):
        place: Place = ("obligations", index)
        for name in obligation.equations:
            if name not in contract.equations:
                yield (*place, "equations"), unknown(name, contract.equations, "equation")
        if obligation.id not in kept:
            yield place, f"nothing tries to refute {obligation.id!r}; add a falsification test that names it"


def _test(contract: Contract, place: Place, test: FalsificationTest) -> Found:
    known = [obligation.id for obligation in contract.obligations]
    if test.obligation not in known:
        yield (*place, "obligation"), unknown(test.obligation, known, "obligation")
    if (test.holds is None) == (not test.rejects):
        yield place, "states either 'holds' or 'rejects'; add one, or take one out"
    for part in ("at", "change", "rejects"):
        for name in getattr(test, part):
            if name not in contract.symbols:
                yield (*place, part, name), unknown(name, contract.symbols, "symbol")
    for name in set(test.draw) & contract.names:
        yield (*place, "draw", name), "is a name of the contract; draw under another name"
    for name in test.draw:
        if not any(re.search(rf"\b{name}\b", text) for text in (*test.change.values(), test.holds or "")):
            yield (*place, "draw", name), "is used by nothing in this test; take it out"
    units = {**contract.units, **dict.fromkeys(test.draw, "")}
    for name, text in test.change.items():
        if name in contract.symbols:
            yield from _change((*place, "change", name), text, units, name)
    yield from _shapes(contract, (*place, "at"), test.at)
    if test.holds is not None:
        yield from _condition(contract, (*place, "holds"), test.holds, scope(contract, test))


def _change(place: Place, text: str, units: Mapping[str, str], name: str) -> Found:
    try:
        expression = parse(text, name)
    except GauntletError as error:
        yield place, str(error)
        return
    if missing := list(_unknown(expression, units)):
        yield from ((place, message) for message in missing)
    elif message := disagreement(expression, units, units[name], f"the unit of {name}"):
        yield place, message


def _condition(contract: Contract, place: Place, text: str, units: Mapping[str, str]) -> Found:
    try:
        condition = parse_condition(text, "the condition")
    except GauntletError as error:
        yield place, str(error)
        return
    if missing := list(_unknown(condition, units)):
        yield from ((place, message) for message in missing)
        return
    if not set(condition.names) - set(contract.symbols):
        yield place, "uses no equation, so that no equation can fail it"
    try:
        dimension_of(condition.root, units)
    except (MismatchError, GauntletError) as problem:
        yield place, f"{problem}."


def _unknown(expression: Expression, units: Mapping[str, str]) -> Iterator[str]:
    return (unknown(name, units, "symbol or equation") for name in expression.names if name not in units)


def _vector(contract: Contract, place: Place, vector: Vector) -> Found:
    if vector.source not in contract.sources:
        yield (*place, "source"), unknown(vector.source, contract.sources, "source")
    for name in vector.given:
        if name not in contract.symbols:
            yield (*place, "given", name), unknown(name, contract.symbols, "symbol")
    yield from _shapes(contract, (*place, "given"), vector.given)
    for name, expected in vector.expected.items():
        if name not in contract.equations:
            yield (*place, "expected", name), unknown(name, contract.equations, "equation")
            continue
        needed = Solver(contract, name).symbols
        missing = [each for each in needed if each not in vector.given and contract.symbols[each].default is None]
        if missing:
            yield (*place, "given"), f"{name} needs {', '.join(missing)} too"
        words = contract.equations[name].words
        if isinstance(expected, str) and expected not in words.values():
            yield (*place, "expected", name), f"{expected!r} is no word of {name}; it has {', '.join(words.values())}"


def _shapes(contract: Contract, place: Place, given: Mapping[str, Value]) -> Found:
    for name, value in given.items():
        if isinstance(value, tuple) and name in contract.symbols and not axes_of(contract, name):
            yield (*place, name), "is one number; only a symbol with 'per' has several"
