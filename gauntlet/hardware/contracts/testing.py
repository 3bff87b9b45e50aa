"""Run what a contract promises: vectors, invariants, and the falsification tests that try to refute it."""

from collections.abc import Callable, Collection, Mapping
from typing import Literal, NamedTuple

import numpy as np

from gauntlet.errors import ExpressionError
from gauntlet.expressions import nodes
from gauntlet.expressions.evaluation import prepared, value_of
from gauntlet.expressions.grammar import parse, parse_condition
from gauntlet.expressions.nodes import Node, unparse
from gauntlet.hardware.contracts.draws import Draws, Floats, draw, logarithmic
from gauntlet.hardware.contracts.promises import CHANGED, scope
from gauntlet.hardware.contracts.records import Contract, FalsificationTest, Invariant, Vector
from gauntlet.hardware.contracts.solver import Solver, readers_of

POINTS = 400
ROUNDING = 1e-9
"""Relative difference that rounding may leave between two ways to one number."""
_REFUSALS = 16
"""Points at which each value that must be refused is tried."""

Kind = Literal["vector", "invariant", "falsification test"]


class Outcome(NamedTuple):
    """How one test ended; `why` says where it failed."""

    kind: Kind
    id: str
    passed: bool
    why: str = ""


class Trial(NamedTuple):
    """A test that is ready to run on any form of its contract's equations."""

    kind: Kind
    id: str
    equations: frozenset[str]
    run: Callable[[Contract], Outcome]


def trials(contract: Contract, points: int = POINTS) -> tuple[Trial, ...]:
    """Every test of a contract, cheapest first."""
    made = [_of_vector(contract, vector) for vector in contract.vectors]
    made += [_of_condition(contract, invariant, points) for invariant in contract.invariants]
    for test in contract.falsification_tests:
        made.append(_of_rejection(contract, test) if test.rejects else _of_condition(contract, test, points))
    return tuple(made)


def outcomes(contract: Contract, points: int = POINTS) -> tuple[Outcome, ...]:
    """How every test of a contract ends."""
    return tuple(trial.run(contract) for trial in trials(contract, points))


def _of_vector(contract: Contract, vector: Vector) -> Trial:
    def run(tried: Contract) -> Outcome:
        wrong = []
        for name, expected in vector.expected.items():
            solver = Solver(tried, name)
            found = solver({each: vector.given[each] for each in solver.symbols if each in vector.given})
            if isinstance(expected, str):
                word = tried.equations[name].words.get(float(found), f"{float(found):g}, which has no word")
                wrong += [f"{name} is {word}, expected {expected}"] if word != expected else []
            elif not np.allclose(found, expected, rtol=vector.tolerance, atol=0):
                wrong.append(f"{name} is {found}, expected {expected} within {vector.tolerance:g}")
        return Outcome("vector", vector.id, not wrong, "; ".join(wrong))

    return Trial("vector", vector.id, _all_needed(contract, vector.expected), run)


def _of_condition(contract: Contract, test: Invariant | FalsificationTest, points: int) -> Trial:
    kind: Kind = "invariant" if isinstance(test, Invariant) else "falsification test"
    full = test if isinstance(test, FalsificationTest) else None
    names = scope(contract, full) if full else contract.units
    condition = parse_condition(test.holds or "", test.id, names)
    changes = {name: parse(text, test.id, names) for name, text in full.change.items()} if full else {}
    used = {name.removeprefix(CHANGED) for name in condition.names} | {n for c in changes.values() for n in c.names}
    equations = used & set(contract.equations)
    needed = used | {name for each in equations for name in Solver(contract, each).symbols}
    symbols = [name for name in contract.symbols if name in needed | set(changes)]
    base = draw(contract, symbols, full.at if full else {}, points, test.id)
    for name, (low, high) in (full.draw if full else {}).items():
        base[name] = logarithmic(low, high, points, f"{contract.id}/{test.id}/{name}")
    afterwards = {name for name in condition.names if name.startswith(CHANGED)}

    def run(tried: Contract) -> Outcome:
        before = base | _solved(tried, equations, base)
        after: Mapping[str, Floats] = {}
        if changes:
            moved = base | {name: np.asarray(change.evaluate(before)) for name, change in changes.items()}
            after = moved | _solved(
                tried, {n for e in afterwards if (n := e.removeprefix(CHANGED)) in equations}, moved
            )
        everything = before | {CHANGED + name: value for name, value in after.items()}
        try:
            holds = _holds(condition.root, everything)
        except ExpressionError as error:  # a primitive refuses what the equations give it
            return Outcome(kind, test.id, False, str(error))
        why = "" if holds.all() else _where(condition.root, everything, holds)
        return Outcome(kind, test.id, bool(holds.all()), why)

    return Trial(kind, test.id, _all_needed(contract, equations), run)


def _of_rejection(contract: Contract, test: FalsificationTest) -> Trial:
    readers = {name: readers_of(contract, name) for name in test.rejects}
    points = _REFUSALS * max(len(values) for values in test.rejects.values())
    base = draw(contract, contract.symbols, {}, points, test.id)

    def run(tried: Contract) -> Outcome:
        wrong = []
        for name, values in test.rejects.items():
            refused = np.resize(np.array(values), (points, 1))
            for each, found in _solved(tried, readers[name], base | {name: refused}).items():
                given = refused[~np.isnan(found).all(axis=1)]
                wrong += [f"{each} has a value at {name} = {value:g}" for value in dict.fromkeys(given.ravel())]
        return Outcome("falsification test", test.id, not wrong, "; ".join(wrong[:3]))

    return Trial("falsification test", test.id, frozenset(each for some in readers.values() for each in some), run)


def _all_needed(contract: Contract, names: Collection[str]) -> frozenset[str]:
    return frozenset().union(*(Solver(contract, name).equations for name in names))


def _solved(contract: Contract, names: Collection[str], base: Draws) -> Draws:
    """Equations at the draws, each with the last axis that the draws have."""
    if not names:
        return {}
    solver, points = Solver(contract, *names), max(len(value) for value in base.values())
    values = solver.together(
        {each: base[each] if contract.symbols[each].per else base[each][..., 0] for each in solver.symbols}
    )
    found = {}
    for name in names:
        value = np.asarray(values[name], dtype=np.float64)
        column = value if value.ndim > 1 else value.reshape(-1, 1)
        found[name] = np.broadcast_to(column, (points, column.shape[1]))
    return found


def _holds(node: Node, values: Mapping[str, Floats]) -> Floats:
    """Whether a condition holds at each point, for all elements; == <= >= up to rounding."""
    if isinstance(node, nodes.Junction):
        joined = np.logical_and if node.operator == "and" else np.logical_or
        return np.asarray(joined.reduce(np.broadcast_arrays(*(_holds(part, values) for part in node.parts))))
    assert isinstance(node, nodes.Comparison)
    left, right = _sides(node, values)
    with np.errstate(all="ignore"):
        slack = ROUNDING * np.maximum(np.abs(left), np.abs(right))
        close = (np.abs(left - right) <= slack) | (left == right)
        compared = {
            "==": close, "!=": ~close, "<": left < right, ">": left > right,
            "<=": (left <= right) | close, ">=": (left >= right) | close,
        }[node.operator]  # fmt: skip
    return np.asarray(compared)


def _sides(node: nodes.Comparison, values: Mapping[str, Floats]) -> tuple[Floats, Floats]:
    left, right = (
        value_of(prepared(side, "the condition"), values, "the condition") for side in (node.left, node.right)
    )
    return left, right


def _where(root: Node, values: Mapping[str, Floats], holds: Floats) -> str:
    """The first point where a condition fails: all it uses, in words."""
    at = int(np.argmin(holds.reshape(len(holds), -1).all(axis=1)))
    shown = [f"{name} = {_shown(values[name], at)}" for name in dict.fromkeys(nodes.free_names(root))]
    failed = 1 - float(holds.reshape(len(holds), -1).all(axis=1).mean())
    return f"{unparse(root)} fails at {failed:.0%} of the points, as at {', '.join(shown)}"


def _shown(value: Floats, at: int) -> str:
    row = np.broadcast_to(value, (max(len(value), at + 1), *value.shape[1:]))[at]
    return ", ".join(f"{each:.6g}" for each in row.ravel())
