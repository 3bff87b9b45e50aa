"""How well a contract defends itself, and who relies on it: mutants that its tests let live, and uses in the code."""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import gauntlet
from gauntlet.errors import ContractError
from gauntlet.hardware.contracts.check import executable, expression_of
from gauntlet.hardware.contracts.draws import Draws, draw, draw_ties
from gauntlet.hardware.contracts.mutants import Mutant, mutants
from gauntlet.hardware.contracts.records import Contract
from gauntlet.hardware.contracts.solver import Solver, readers_of
from gauntlet.hardware.contracts.testing import Kind, Trial, trials

_DOORS = ("solved", "solved_together", "worded")
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


class Report(NamedTuple):
    """A contract's mutants and its uses, with what is wrong with either."""

    contract: Contract
    fates: Sequence[Fate]
    survivors: Sequence[Fate]
    uses: Sequence[Use]
    stale: Sequence[Use]
    unused: Sequence[str]


def audited(contract: Contract, in_code: Sequence[Use]) -> Report:
    """The whole audit of a contract, `in_code` being `uses()`."""
    found, own = fates(contract), [use for use in in_code if use.contract == contract.id]
    stale = [use for use in own if use.equation not in contract.equations]
    return Report(contract, found, survivors(found), own, stale, unused(own, contract))


def fates(contract: Contract) -> list[Fate]:
    """Every mutant's fate, with all tests of the contract itself run on it; ContractError if it fails them itself."""
    tests = trials(contract)
    if failed := [trial.id for trial in tests if not trial.run(contract).passed]:
        raise ContractError(
            f"{contract.id} fails {', '.join(failed)} as it is, so that no mistake could be told from it; "
            f"see 'gauntlet contract test'."
        )
    return [_fate(contract, mutant, tests) for mutant in mutants(contract)]


def survivors(found: Sequence[Fate]) -> list[Fate]:
    """Mutants that differ from the original and that neither an invariant nor a falsification test refutes."""
    return [fate for fate in found if fate.differs and not set(fate.killed_by) - {"vector"}]


def uses() -> list[Use]:
    """Every call of a door of the library in the package, with the contract and equation it names."""
    root = Path(gauntlet.__file__).parent
    return [use for file in sorted(root.rglob("*.py")) for use in _uses_in(file, root)]


def unused(found: Sequence[Use], contract: Contract) -> list[str]:
    """Equations of a contract that none of its uses takes, directly or through another equation."""
    taken = {use.equation for use in found} & set(contract.equations)
    reached = {each for name in taken for each in Solver(contract, name).equations}
    return [name for name in contract.equations if name not in reached]


def _fate(contract: Contract, mutant: Mutant, tests: Sequence[Trial]) -> Fate:
    killed: list[Kind] = []
    readers = {mutant.place} if mutant.place in contract.equations else set(readers_of(contract, mutant.place))
    for trial in tests:
        if readers & trial.equations and trial.kind not in killed and not trial.run(mutant.contract).passed:
            killed.append(trial.kind)
    by_units = any(True for _ in executable(mutant.contract))
    return Fate(mutant.place, mutant.what, tuple(killed), by_units, bool(killed) or _differs(contract, mutant))


def _differs(contract: Contract, mutant: Mutant) -> bool:
    """Whether an equation of the mutant has another value at many points and ties; another domain always differs."""
    if mutant.place in contract.symbols:
        return True
    literals = {number for name in contract.equations for number in expression_of(contract, name).literals}
    return any(
        _tells_apart(contract, mutant, at)
        for at in (
            draw(contract, contract.symbols, {}, _CLOSE_LOOK, "difference"),
            draw_ties(contract, literals, _CLOSE_LOOK),
        )
    )


def _tells_apart(contract: Contract, mutant: Mutant, at: Draws) -> bool:
    affected = [name for name in contract.equations if mutant.place in Solver(contract, name).equations]
    one, other = (_values(each, affected, at) for each in (contract, mutant.contract))
    return any(
        np.shape(one[name]) != np.shape(other[name])
        or not np.allclose(one[name], other[name], rtol=1e-12, atol=0, equal_nan=True)
        for name in affected
    )


def _values(contract: Contract, names: Sequence[str], at: Draws) -> dict[str, Any]:
    solver = Solver(contract, *names)
    return solver.together(
        {name: at[name] if contract.symbols[name].per else at[name][:, 0] for name in solver.symbols}
    )


def _uses_in(file: Path, root: Path) -> Iterator[Use]:
    text = file.read_text(encoding="utf-8")
    if not any(f"{door}(" in text for door in _DOORS):
        return
    for function in ast.walk(ast.parse(text)):
        if not isinstance(function, ast.FunctionDef):
            continue
        for node in ast.walk(function):
            match node:
                case ast.Call(func=ast.Name(id=door), args=[ast.Constant(value=contract), named]) if door in _DOORS:
                    place = file.relative_to(root.parent).as_posix()
                    for equation in named.elts if isinstance(named, ast.Tuple) else [named]:
                        if isinstance(equation, ast.Constant):
                            yield Use(str(contract), str(equation.value), place, node.lineno, function.name)
