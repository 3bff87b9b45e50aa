"""A study holds one formula against the truth over a grid, and says how far apart they are.

Errors are logarithms of formula over truth, so that twice as much and half as much count alike; they are shown as
factors less one. The root mean square over the grid is what a record's `model_form_error` must cover.
"""

import itertools
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gauntlet.mechanisms.catalogue import ValidityWarning, find

Truth = Mapping[str, float]


@dataclass(frozen=True)
class Point:
    """Arguments of the primitive, and beside them what only the truth asks, such as the shape of a law."""

    arguments: Mapping[str, Any]
    beside: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return ", ".join(f"{name} {_short(value)}" for name, value in {**self.arguments, **self.beside}.items())


@dataclass(frozen=True)
class Study:
    """A primitive, the grid in words, who says the truth, and that truth as a function of a point's values.

    `truth` returns the outputs that it knows. Only those named in `counted` bind the record, all if it is None; none
    of a grid outside the formula's validity, nor an output that is named after a cruder formula.
    """

    primitive: str
    grid: str
    against: str
    points: Callable[[], Iterable[Point]]
    truth: Callable[..., Truth]
    counted: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Row:
    """Errors of one output over a study's grid; `lean` is the mean, positive where the formula is mostly too high."""

    primitive: str
    output: str
    grid: str
    against: str
    cases: int
    lean: float
    median: float
    rms: float
    worst: float
    worst_at: str
    counted: bool
    recorded: float

    @property
    def covered(self) -> bool:
        """Whether the recorded error is at least the measured one."""
        return not self.counted or self.recorded >= self.rms


def measure(study: Study, every: int = 1, recorded: float | None = None) -> list[Row]:
    """One row per output, over every n-th point, beside the recorded error: the catalogue's unless given."""
    found: dict[str, list[tuple[float, Point]]] = {}
    for point in list(study.points())[::every]:
        truth = study.truth(**point.arguments, **point.beside)
        formula = _outputs(study.primitive, point.arguments)
        for output, true in truth.items():
            found.setdefault(output, []).append((float(np.log(formula[output] / true)), point))
    error = find(study.primitive).model_form_error if recorded is None else recorded
    return [_row(study, output, logs, error) for output, logs in found.items()]


def grid(**axes: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """Every combination of the axes' values, by name."""
    for values in itertools.product(*axes.values()):
        yield dict(zip(axes, values, strict=True))


def _row(study: Study, output: str, found: Sequence[tuple[float, Point]], recorded: float) -> Row:
    logs = np.array([log for log, _ in found])
    worst, worst_at = max(found, key=lambda pair: abs(pair[0]))
    return Row(
        primitive=study.primitive,
        output=output,
        grid=study.grid,
        against=study.against,
        cases=len(logs),
        lean=float(np.expm1(np.mean(logs))),
        median=float(np.expm1(np.median(np.abs(logs)))),
        rms=float(np.expm1(np.sqrt(np.mean(logs**2)))),
        worst=float(np.expm1(worst)),
        worst_at=str(worst_at),
        counted=study.counted is None or output in study.counted,
        recorded=recorded,
    )


def _outputs(primitive: str, arguments: Mapping[str, Any]) -> dict[str, float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ValidityWarning)
        return find(primitive).function(**arguments)._asdict()  # type: ignore[attr-defined, no-any-return]


def _short(value: Any) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(_short, value))}]"
    return value if isinstance(value, str) else f"{value:.4g}"
