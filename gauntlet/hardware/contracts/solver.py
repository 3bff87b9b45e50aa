"""Equations of a contract as vectorised functions, made once from the file's text."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from gauntlet.errors import ContractError
from gauntlet.expressions import nodes
from gauntlet.expressions.evaluation import Run, nearest, prepared
from gauntlet.hardware.contracts.check import axes_of, expression_of, operand_axes
from gauntlet.hardware.contracts.records import Contract, Symbol

Real = float | npt.ArrayLike
Floats = np.float64 | npt.NDArray[np.float64]
Admit = Callable[[Any], Any]

_REDUCTIONS: Mapping[str, Callable[..., Any]] = {"min": np.min, "max": np.max, "sum": np.sum}


class Solver:
    """Gives values of equations from their symbols in SI; arrays broadcast.

    NaN where a symbol lies outside its domain. A symbol with `per` runs over its last axis.
    """

    def __init__(self, contract: Contract, *names: str) -> None:
        self.contract, self.names = contract, names
        needed = _needed(contract, names)
        self.symbols = tuple(each for each in contract.symbols if each in needed)
        self.equations = tuple(each for each in contract.equations if each in needed)
        self._inputs = tuple((each, _admit(contract, each), contract.symbols[each].default) for each in self.symbols)
        self._steps = tuple((each, _step(contract, each)) for each in self.equations)

    def __call__(self, given: Mapping[str, Real]) -> Floats:
        """Value of the first name, as `together` gives it."""
        value: Floats = self.together(given)[self.names[0]]
        return value if isinstance(value, np.generic | np.ndarray) else np.float64(value)

    def together(self, given: Mapping[str, Real]) -> dict[str, Any]:
        """All equations on the way, by name; ContractError for a symbol that is missing or that none of them uses."""
        environment: dict[str, Any] = {}
        for name, admit, default in self._inputs:
            if name in given:
                environment[name] = admit(given[name])
            elif default is not None:
                environment[name] = admit(default)
            else:
                raise ContractError(f"{self._place()} needs {name}; give it a value.")
        if not given.keys() <= environment.keys():
            self._refuse(next(iter(given.keys() - environment.keys())))
        with np.errstate(all="ignore"):
            for name, step in self._steps:
                environment[name] = step(environment)
        return environment

    def _place(self) -> str:
        return f"{self.contract.id}.{self.names[0]}"

    def _refuse(self, name: str) -> None:
        raise ContractError(f"{self._place()} does not use {name!r}; {nearest(name, self.symbols)}.")


def readers_of(contract: Contract, symbol: str) -> tuple[str, ...]:
    """Equations that follow from a symbol, directly or through others, in the file's order."""
    return tuple(name for name in contract.equations if symbol in _needed(contract, (name,)))


def _needed(contract: Contract, names: tuple[str, ...]) -> set[str]:
    """Everything that the equations follow from, themselves included."""
    for name in names:
        if name not in contract.equations:
            raise ContractError(f"{contract.id} has no equation {name!r}; {nearest(name, contract.equations)}.")
    found, waiting = set(), list(names)
    while waiting:
        found.add(each := waiting.pop())
        if each in contract.equations:
            waiting += expression_of(contract, each).names
    return found


def _step(contract: Contract, name: str) -> Run:
    """The equation over an environment that holds all it uses."""
    expression, reduction = expression_of(contract, name), contract.equations[name].reduce
    run = prepared(expression.root, expression.where)
    if any(isinstance(node, nodes.Comparison) for node in nodes.walk(expression.root)):
        run = _nowhere_from_nan(run, expression.names)
    if operand_axes(contract, name):
        run = _beside(run, [each for each in expression.names if not axes_of(contract, each)])
    if reduction is None:
        return run
    reduce = _REDUCTIONS[reduction]
    return lambda environment: reduce(run(environment), axis=-1)


def _nowhere_from_nan(run: Run, names: tuple[str, ...]) -> Run:
    """A comparison with NaN is false and would choose a branch; where an operand is NaN, so is the result."""

    def value(environment: Mapping[str, Any]) -> Any:
        return np.where(sum(np.isnan(environment[name]) for name in names) > 0, np.nan, run(environment))[()]

    return value


def _beside(run: Run, plain: list[str]) -> Run:
    """Operands that do not run over the last axis get one, so that they stand beside those that do."""
    return lambda environment: run(
        {**environment, **{name: np.asarray(environment[name])[..., np.newaxis] for name in plain}}
    )


def _admit(contract: Contract, name: str) -> Admit:
    """A symbol's values as floats, NaN outside its domain."""
    symbol = contract.symbols[name]
    low = symbol.domain.low if symbol.domain.with_low else math.nextafter(symbol.domain.low, math.inf)
    high = symbol.domain.high if symbol.domain.with_high else math.nextafter(symbol.domain.high, -math.inf)

    def admit(values: Any) -> Any:
        if isinstance(values, float | int):
            return float(values) if low <= values <= high else math.nan
        numbers = np.asarray(values, dtype=np.float64)
        if numbers.size and low <= numbers.min() and numbers.max() <= high:
            return numbers
        return np.where((numbers >= low) & (numbers <= high), numbers, np.nan)

    return _along(admit, contract, name, symbol) if symbol.per else admit


def _along(admit: Admit, contract: Contract, name: str, symbol: Symbol) -> Admit:
    def admit_each(values: Any) -> Any:
        numbers = np.atleast_1d(np.asarray(values, dtype=np.float64))
        if numbers.shape[-1] == 0:
            raise ContractError(f"{contract.id}: {name} is empty; give one value per {symbol.per}, at least one.")
        return admit(numbers)

    return admit_each
