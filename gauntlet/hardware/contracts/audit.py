"""How well a contract defends itself, and who relies on it: mutants that its tests let live, and uses in the code."""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

import gauntlet
from gauntlet.hardware.contracts.check import executable
from gauntlet.hardware.contracts.draws import draw
from gauntlet.hardware.contracts.mutants import Mutant, mutants
from gauntlet.hardware.contracts.records import Contract
from gauntlet.hardware.contracts.solver import Solver
from gauntlet.hardware.contracts.testing import Kind, Trial, trials

_CLOSE_LOOK = 20_000
"""Points at which a mutant that no test told from the original is compared with it."""


class Fate(NamedTuple):
    """What became of a mutant: which tests killed it, whether its units gave it away, whether it differs at all."""

    place: str
    what: str
    killed_by: tuple[Kind, ...]
    by_units: bool
    differs: bool


class Use(NamedTuple):
    """A place in the code where an equation's value is taken."""

    contract: str
    equation: str
    file: str
    line: int
    function: str


def fates(contract: Contract) -> list[Fate]:
    """Every mutant's fate, with all tests of the contract itself run on it."""
    tests = trials(contract)
    return [_fate(contract, mutant, tests) for mutant in mutants(contract)]


def survivors(found: Sequence[Fate]) -> list[Fate]:
    """Mutants that differ from the original and that neither an invariant nor a falsification test refutes."""
    return [fate for fate in found if fate.differs and not set(fate.killed_by) - {"vector"}]


def uses() -> list[Use]:
    """Every call of `solved` in the package, with the contract and equation it names."""
    root = Path(gauntlet.__file__).parent
    return [use for file in sorted(root.rglob("*.py")) for use in _uses_in(file, root)]


def stale(found: Sequence[Use], contract: Contract) -> list[Use]:
    """Uses of an equation that the contract does not have."""
    return [use for use in found if use.contract == contract.id and use.equation not in contract.equations]


def unused(found: Sequence[Use], contract: Contract) -> list[str]:
    """Equations that no code takes, directly or through another equation."""
    taken = {use.equation for use in found if use.contract == contract.id} & set(contract.equations)
    reached = {each for name in taken for each in Solver(contract, name).equations}
    return [name for name in contract.equations if name not in reached]


def _fate(contract: Contract, mutant: Mutant, tests: Sequence[Trial]) -> Fate:
    killed: list[Kind] = []
    for trial in tests:
        concerned = mutant.place in trial.equations or mutant.place in contract.symbols
        if concerned and trial.kind not in killed and not trial.run(mutant.contract).passed:
            killed.append(trial.kind)
    by_units = any(True for _ in executable(mutant.contract))
    return Fate(mutant.place, mutant.what, tuple(killed), by_units, bool(killed) or _differs(contract, mutant))


def _differs(contract: Contract, mutant: Mutant) -> bool:
    """Whether any equation of the mutant has another value, or another domain, at many points."""
    at = draw(contract, contract.symbols, {}, _CLOSE_LOOK, "difference")
    for name in contract.equations:
        one, other = Solver(contract, name), Solver(mutant.contract, name)
        if mutant.place not in one.equations + one.symbols:
            continue
        given = {each: at[each] if contract.symbols[each].per else at[each][:, 0] for each in contract.symbols}
        values = [np.asarray(solver({each: given[each] for each in solver.symbols})) for solver in (one, other)]
        if values[0].shape != values[1].shape or not np.allclose(*values, rtol=1e-12, atol=0, equal_nan=True):
            return True
    return mutant.place in contract.symbols


def _uses_in(file: Path, root: Path) -> Iterator[Use]:
    text = file.read_text(encoding="utf-8")
    if "solved(" not in text:
        return
    for function in ast.walk(ast.parse(text)):
        if not isinstance(function, ast.FunctionDef):
            continue
        for node in ast.walk(function):
            match node:
                case ast.Call(
                    func=ast.Name(id="solved"), args=[ast.Constant(value=contract), ast.Constant(value=equation)]
                ):
                    place = file.relative_to(root.parent).as_posix()
                    yield Use(str(contract), str(equation), place, node.lineno, function.name)
