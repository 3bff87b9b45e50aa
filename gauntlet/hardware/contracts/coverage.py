"""What of a contract its vectors, invariants and falsification tests reach, and what they leave alone."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from gauntlet.hardware.contracts.records import Contract
from gauntlet.hardware.contracts.solver import Solver, readers_of
from gauntlet.hardware.contracts.testing import Trial, trials


class Reached(NamedTuple):
    """One part of a contract, and the ids of what reaches it, directly or through another equation."""

    kind: Literal["equation", "symbol", "obligation"]
    name: str
    vectors: tuple[str, ...]
    invariants: tuple[str, ...]
    tests: tuple[str, ...]


def coverage(contract: Contract) -> list[Reached]:
    """Every equation, symbol and obligation with what reaches it."""
    ready = trials(contract)
    rows = [
        _reached("equation", name, [each for each in ready if name in each.equations]) for name in contract.equations
    ]
    for symbol in contract.symbols:
        readers = set(readers_of(contract, symbol))
        rows.append(_reached("symbol", symbol, [each for each in ready if readers & each.equations]))
    for obligation in contract.obligations:
        own = {test.id for test in contract.falsification_tests if test.obligation == obligation.id}
        rows.append(_reached("obligation", obligation.id, [each for each in ready if each.id in own]))
    return rows


def gaps(contract: Contract, rows: list[Reached]) -> Iterator[str]:
    """What nothing reaches, in words; nothing where all is covered."""
    for row in rows:
        if row.kind != "obligation" and not row.vectors:
            yield f"{row.kind} {row.name} is in no vector"
        if not (row.tests or row.invariants):
            yield f"{row.kind} {row.name} is in no invariant and no falsification test"
    owed = {name for obligation in contract.obligations for name in obligation.equations}
    owed |= {each for name in owed for each in Solver(contract, name).equations}
    yield from (f"equation {name} is owed by no obligation" for name in contract.equations if name not in owed)
    reached = {trial.id: trial.equations for trial in trials(contract)}
    for obligation in contract.obligations:
        own = [test.id for test in contract.falsification_tests if test.obligation == obligation.id]
        for name in obligation.equations:
            if not any(name in reached[test] for test in own):
                yield f"obligation {obligation.id} owes {name}, but none of its tests reaches that"
    refused = {name for test in contract.falsification_tests for name in test.rejects}
    yield from (f"symbol {name} is never refused" for name in contract.symbols if name not in refused)


def _reached(kind: Literal["equation", "symbol", "obligation"], name: str, found: list[Trial]) -> Reached:
    ids = {
        each: tuple(trial.id for trial in found if trial.kind == each)
        for each in ("vector", "invariant", "falsification test")
    }
    return Reached(kind, name, ids["vector"], ids["invariant"], ids["falsification test"])
