"""The contracts in use, read when first asked for, and the one door through which code uses their equations."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gauntlet.data import find_data
from gauntlet.errors import ContractError
from gauntlet.expressions.evaluation import nearest
from gauntlet.hardware.contracts.check import load_contract
from gauntlet.hardware.contracts.records import Contract
from gauntlet.hardware.contracts.solver import Floats, Real, Solver
from gauntlet.settings import load_settings


class Library:
    """The contract files of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = {file.stem: file for file in sorted(folder.glob("*.yaml"))}
        self._contracts: dict[str, Contract] = {}
        self._solvers: dict[tuple[str, ...], Solver] = {}

    def file(self, contract: str) -> Path:
        """Path of a contract; ContractError names the nearest."""
        if contract not in self.files:
            near = nearest(contract, self.files)
            raise ContractError(f"{contract!r} is no contract in {self.folder}; {near} of {', '.join(self.files)}.")
        return self.files[contract]

    def contract(self, contract: str) -> Contract:
        """A contract by its id."""
        if contract not in self._contracts:
            file = self.file(contract)
            loaded = load_contract(file)
            if loaded.id != contract:
                raise ContractError(f"{file} states the id {loaded.id!r}; in {self.folder} give file and id one name.")
            self._contracts[contract] = loaded
        return self._contracts[contract]

    def solver(self, contract: str, *equations: str) -> Solver:
        """Equations as a function, compiled once."""
        key = contract, *equations
        if key not in self._solvers:
            self._solvers[key] = Solver(self.contract(contract), *equations)
        return self._solvers[key]


_chosen: ContextVar[Library | None] = ContextVar("_chosen", default=None)


@contextmanager
def using(library: Library) -> Iterator[None]:
    """While the block runs, equations come from `library`."""
    token = _chosen.set(library)
    try:
        yield
    finally:
        _chosen.reset(token)


def library() -> Library:
    """The contracts in use: those of the registry in use, or the shipped ones where it has none."""
    return _chosen.get() or _installed()


def shipped() -> Library:
    """The contracts that belong to the installation."""
    return Library(find_data("hardware_registry") / "contracts")


def solved(contract: str, equation: str, /, **given: Real) -> Floats:
    """Value of a contract's equation from its symbols in SI; NaN outside their domains. Arguments broadcast."""
    return library().solver(contract, equation)(given)


def solved_together(contract: str, equations: tuple[str, ...], /, **given: Real) -> dict[str, Floats]:
    """As `solved`, of several equations and all on the way to them, by name."""
    return library().solver(contract, *equations).together(given)


def worded(contract: str, equation: str, /, **given: Real) -> npt.NDArray[np.str_]:
    """As `solved`, of an equation with labels: their words, '' where there is no value."""
    words = library().contract(contract).equations[equation].words
    values, place = np.unique(solved(contract, equation, **given), return_inverse=True)
    return np.asarray(np.array([words.get(float(value), "") for value in values], dtype=np.str_)[place])


@functools.cache
def _installed() -> Library:
    own = load_settings().registry_dir
    folder = None if own is None else find_data("hardware_registry", own) / "contracts"
    return Library(folder) if folder is not None and folder.is_dir() else shipped()
