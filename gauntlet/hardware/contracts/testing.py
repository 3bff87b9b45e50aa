"""Run what a contract promises: vectors, invariants, and the falsification tests that try to refute it."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from gauntlet.errors import ExpressionError
from gauntlet.expressions import nodes
from gauntlet.expressions.evaluation import prepared, value_of
from gauntlet.expressions.grammar import Expression, parse, parse_condition
from gauntlet.expressions.nodes import Node, unparse
from gauntlet.hardware.contracts.draws import Draws, Floats, draw, logarithmic
from gauntlet.hardware.contracts.promises import CHANGED
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


@dataclass(frozen=True)
class _Prepared:
    """A condition with its draws, ready for any form of the equations."""

    kind: Kind
    id: str
    root: Node
    changes: Mapping[str, Expression]
    equations: frozenset[str]
    base: Draws

    def run(self, tried: Contract) -> Outcome:
        """The condition at every draw."""
        values = self._values(tried)
        try:
            holds = _holds(self.root, values)
        except ExpressionError as error:  # a primitive refuses what the equations give it
            return Outcome(self.kind, self.id, False, str(error))
        passed = bool(holds.all())
        return Outcome(self.kind, self.id, passed, "" if passed else _where(self.root, values, holds))

    def _values(self, tried: Contract) -> Draws:
        """Symbols and equations before the change, and after it under their names for that."""
        before = self.base | _solved(tried, self.equations, self.base)
        if not self.changes:
            return before
        moved = self.base | {name: change.evaluate(before) for name, change in self.changes.items()}
        wanted = {name.removeprefix(CHANGED) for name in nodes.free_names(self.root) if name.startswith(CHANGED)}
        after = moved | _solved(tried, wanted & self.equations, moved)
        return before | {CHANGED + name: value for name, value in after.items()}


def _of_condition(contract: Contract, test: Invariant | FalsificationTest, points: int) -> Trial:
    full = test if isinstance(test, FalsificationTest) else None
    kind: Kind = "invariant" if full is None else "falsification test"
    root = parse_condition(test.holds or "", test.id).root
    changes = {} if full is None else {name: parse(text, test.id) for name, text in full.change.items()}
    used = {name.removeprefix(CHANGED) for name in nodes.free_names(root)} | set(changes)
    used |= {name for change in changes.values() for name in change.names}
    equations = frozenset(used & set(contract.equations))
    used |= {name for each in equations for name in Solver(contract, each).symbols}
    symbols = [name for name in contract.symbols if name in used]
    base = draw(contract, symbols, {} if full is None else full.at, points, test.id)
    for name, (low, high) in ({} if full is None else full.draw).items():
        base[name] = logarithmic(low, high, points, f"{contract.id}/{test.id}/{name}")
    prepared_test = _Prepared(kind, test.id, root, changes, equations, base)
    return Trial(kind, test.id, _all_needed(contract, equations), prepared_test.run)


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

    return Trial("falsification test", test.id, frozenset().union(*readers.values()), run)


def _all_needed(contract: Contract, names: Iterable[str]) -> frozenset[str]:
    return frozenset(Solver(contract, *names).equations)


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
    place = "the condition"
    left, right = (value_of(prepared(side, place), values, place) for side in (node.left, node.right))
    return left, right


def _where(root: Node, values: Mapping[str, Floats], holds: Floats) -> str:
    """The first point where a condition fails: all it uses, in words."""
    held = holds.reshape(len(holds), -1).all(axis=1)
    first = int(np.argmin(held))
    shown = [f"{name} = {_shown(values[name], first)}" for name in dict.fromkeys(nodes.free_names(root))]
    return f"{unparse(root)} fails at {1 - held.mean():.0%} of the points, as at {', '.join(shown)}"


def _shown(value: Floats, at: int) -> str:
    row = np.broadcast_to(value, (max(len(value), at + 1), *value.shape[1:]))[at]
    return ", ".join(f"{each:.6g}" for each in row.ravel())
