"""What a set of measurements is to this benchmark. A new set is one module beside this one, named like the set:

    def fit(train: Path) -> dict[str, Any]: ...
        Parameters learnt from the training data in folder `train`, ready for JSON, with their provenance.
        Written to hardware_registry/estimates/<set>.json, from where the product reads them. {} where it needs none.

    def predict(rows: Rows, parameters: dict[str, Any]) -> list[Answer | None]: ...
        One answer a row, None where it cannot be answered. Rows have the columns of the set as text, without the
        measured ones. Each is one documented call of the product; the call may take arrays.

    def validate(train: Path) -> Iterable[Score]: ...
        Cross-validation on the training data, by family, shape and machine, as the withheld data was chosen:
        rows of the table in benchmarks/README.md.

Helpers: `rows.py` reads CSV and names machines, `scores.py` has folds, errors, coverage and verdicts of planted claims.
"""

import pkgutil
from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol, cast

import benchmarks.truth
from gauntlet.hardware import basis

Basis = basis.Basis

Rows = Sequence[dict[str, str]]


class Answer(NamedTuple):
    """What the product says of one row, in seconds; watts where the set is about power, see its module."""

    time_s: float
    bound_s: float
    low_s: float
    high_s: float
    basis: Basis


class Score(NamedTuple):
    """One row of the table. Shares and relative errors are fractions. `bar`: most, least, or both ends of a range."""

    measure: str
    ours: float
    bar: float | tuple[float, float] | None = None
    better: Literal["lower", "higher"] = "lower"
    naive: float | None = None
    peers: str = ""

    @property
    def met(self) -> bool:
        """Whether `ours` reaches the bar; True without one, False where there is no figure."""
        if self.bar is None:
            return True
        if isinstance(self.bar, tuple):
            return self.bar[0] <= self.ours <= self.bar[1]
        return self.ours <= self.bar if self.better == "lower" else self.ours >= self.bar


class TruthSet(Protocol):
    """The three functions of a set's module."""

    def fit(self, train: Path) -> dict[str, Any]: ...

    def predict(self, rows: Rows, parameters: dict[str, Any]) -> list[Answer | None]: ...

    def validate(self, train: Path) -> Iterable[Score]: ...


def names() -> tuple[str, ...]:
    """Every set there is: the modules of this package with all three functions."""
    found = (module.name for module in pkgutil.iter_modules(benchmarks.truth.__path__))
    return tuple(sorted(name for name in found if name != "__main__" and _is_set(_module(name))))


def named(name: str) -> TruthSet:
    """The set of that name; KeyError says which there are."""
    if name not in names():
        raise KeyError(f"no set {name!r}; there are {', '.join(names())}")
    return cast(TruthSet, _module(name))


def _module(name: str) -> object:
    return import_module(f"benchmarks.truth.{name}")


def _is_set(module: object) -> bool:
    return all(callable(getattr(module, function, None)) for function in ("fit", "predict", "validate"))
