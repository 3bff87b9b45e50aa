"""Learning the parameters of kernel models: constants by robust least squares, corrections by ridge regression.

Constants are fitted as logarithms (shares as log-odds) of relative errors, each row of a machine weighing the same in
total, with a Gaussian prior around a start: few rows move them little. What the physical model then leaves is learnt
as a smooth correction (`gauntlet/hardware/estimates/correction.py`), its strength chosen by cross-validation on groups.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from benchmarks.truth.scores import folds
from gauntlet.hardware.estimates.correction import features
from gauntlet.hardware.estimates.machine import Machine
from gauntlet.hardware.estimates.model import Work
from gauntlet.hardware.estimates.records import Band, Floats

REFERENCE_CLOCK_HZ = 1.98e9
"""Boost clock of the Hopper parts: for machines whose record states none."""
CORRECTION_LIMIT = 0.35
STRENGTHS = (1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
_ROBUST = 0.1
"""Relative errors beyond this count linearly."""
_ROUNDS = 3
_CLOSE = 0.03
"""Errors up to this count by their square in a correction, larger ones linearly."""
_LENGTHS = (1.5, 5.0, np.inf)
"""Bands are kept apart for kernels that are mostly launch, some of both, and mostly work."""
_SMALLEST_FACTOR = 1e-3

W = TypeVar("W", bound=Work)


class Constant(NamedTuple):
    """Start value and prior of one constant: `spread` is the prior's deviation in log (or log-odds)."""

    start: float
    spread: float
    kind: Literal["positive", "share", "fixed"] = "positive"


Constants = Mapping[str, Constant]


class Batch(NamedTuple):
    """Measurements of one kind of kernel on one machine; `groups` are held out whole."""

    machine: Machine
    work: Any
    measured: Floats
    groups: tuple[Any, ...]

    def take(self, chosen: npt.NDArray[Any]) -> "Batch":
        """The chosen rows (a mask or numbers)."""
        groups = tuple(self.groups[place] for place in np.arange(len(self.groups))[chosen])
        return Batch(self.machine, take(self.work, chosen), self.measured[chosen], groups)

    def sample(self, most: int) -> "Batch":
        """At most that many rows, the same ones each time."""
        if len(self.measured) <= most:
            return self
        return self.take(np.random.default_rng(0).choice(len(self.measured), most, replace=False))


def take(work: W, chosen: npt.NDArray[Any]) -> W:
    """The chosen kernels: every field that is an array is cut."""
    arrays = {field.name: getattr(work, field.name) for field in fields(work)}  # type: ignore[arg-type]
    return replace(work, **{name: value[chosen] for name, value in arrays.items() if isinstance(value, np.ndarray)})  # type: ignore[type-var]


def fit_constants(
    batches: Sequence[Batch],
    constants: Constants,
    start: Mapping[str, float] | None = None,
    *,
    hold: float = 0.04,
    evaluations: int = 20,
) -> dict[str, float]:
    """Constants that fit all batches together; `start` is also the centre of the prior, whose weight is `hold`."""
    from scipy.optimize import least_squares

    free = [name for name, constant in constants.items() if constant.kind != "fixed"]
    begin = {name: constant.start for name, constant in constants.items()} | dict(start or {})
    centre = np.array([_encoded(begin[name], constants[name]) for name in free])
    spread = np.array([constants[name].spread for name in free])
    weights = np.concatenate([np.full(len(batch.measured), len(batch.measured) ** -0.5) for batch in batches])

    def named(vector: Floats) -> dict[str, float]:
        return begin | {name: _decoded(value, constants[name]) for name, value in zip(free, vector, strict=True)}

    def residuals(vector: Floats) -> Floats:
        trial = named(vector)
        errors = np.concatenate([log_errors(batch, trial) for batch in batches]) / _ROBUST
        robust = np.sign(errors) * np.sqrt(2 * (np.sqrt(1 + errors**2) - 1))
        return np.concatenate([robust * weights, hold * (vector - centre) / spread])

    return named(least_squares(residuals, centre, diff_step=1e-3, max_nfev=evaluations).x)


def log_errors(batch: Batch, constants: Mapping[str, float]) -> Floats:
    """log(model / measured) without correction."""
    return np.asarray(np.log(batch.work.model(constants, batch.machine, REFERENCE_CLOCK_HZ) / batch.measured))


def units(batch: Batch, constants: Mapping[str, float], values: Floats) -> Floats:
    """Values in launch overheads, or in idle powers."""
    return np.asarray(values / batch.work.unit(constants, batch.machine, REFERENCE_CLOCK_HZ))


def _table(batch: Batch, constants: Mapping[str, float], degree: int) -> Floats:
    plain = batch.work.model(constants, batch.machine, REFERENCE_CLOCK_HZ)
    return features(batch.work.sizes(), ranges(batch.work), units(batch, constants, plain), degree)


def ranges(work: Work) -> dict[str, tuple[float, float]]:
    """Smallest and largest of each size."""
    return {name: (float(values.min()), float(values.max())) for name, values in work.sizes().items()}


def fit_correction(batch: Batch, constants: Mapping[str, float], degree: int) -> tuple[float, ...]:
    """Weights of the correction, rounded: with the strength of the ridge that held-out groups like best, or none."""
    errors = np.clip(log_errors(batch, constants), -1, 1)
    table = _table(batch, constants, degree)
    losses = dict.fromkeys((np.inf, *STRENGTHS), 0.0)
    for train, test in folds(batch.groups, 4):
        gram, pull = table[train].T @ table[train], table[train].T @ errors[train]
        for strength in losses:
            left = errors[test] + table[test] @ _solved(gram, pull, strength * train.sum())
            losses[strength] += float(np.abs(left).sum())
    best = min(losses, key=lambda strength: losses[strength])
    return tuple(float(f"{weight:.3g}") for weight in _ridge(table, errors, best)) if best < np.inf else ()


def held_out_factors(batch: Batch, constants: Mapping[str, float], degree: int) -> Floats:
    """measured / estimated of each row, with a correction that was learnt from other groups."""
    errors = log_errors(batch, constants)
    table = _table(batch, constants, degree)
    corrected = errors.copy()
    for train, test in folds(batch.groups, 4):
        weights = fit_correction(batch.take(train), constants, degree)
        if weights:
            corrected[test] += np.clip(table[test] @ np.array(weights), -CORRECTION_LIMIT, CORRECTION_LIMIT)
    return np.asarray(np.exp(-corrected))


def _ridge(table: Floats, errors: Floats, strength: float) -> Floats:
    """Weights w with table @ w close to -errors; rounds of reweighting make them robust."""
    weights = np.ones(len(errors))
    solved = np.zeros(table.shape[1])
    for _ in range(_ROUNDS):
        scaled = table * weights[:, None]
        solved = _solved(scaled.T @ table, scaled.T @ errors, strength * weights.sum())
        weights = 1 / np.maximum(np.abs(errors + table @ solved) / _CLOSE, 1)
    return solved


def _solved(gram: Floats, pull: Floats, penalty: float) -> Floats:
    if penalty == np.inf:
        return np.zeros_like(pull)
    return np.asarray(np.linalg.solve(gram + penalty * np.eye(len(pull)), -pull))


def bands(factors: Floats, lengths: Floats, *, wider: float = 1.0, outside: float = 0.04) -> tuple[Band, ...]:
    """Bands that enclose all but `outside` at each end of measured / estimated, by length in units."""
    found = []
    lower = 0.0
    for upper in _LENGTHS:
        inside = (lengths > lower) & (lengths <= upper)
        chosen = factors[inside] if inside.sum() >= 30 else factors
        low, high = np.quantile(chosen, [outside, 1 - outside]) ** wider
        low, high = min(float(low), 1 - _SMALLEST_FACTOR), max(float(high), 1 + _SMALLEST_FACTOR)
        found.append(Band(up_to=min(upper, 1e9), low=round(low, 4), high=round(high, 4)))
        lower = upper
    return tuple(found)


def _encoded(value: float, constant: Constant) -> float:
    return float(np.log(value / (1 - value)) if constant.kind == "share" else np.log(value))


def _decoded(value: float, constant: Constant) -> float:
    value = float(np.clip(value, -30, 30))
    return float(1 / (1 + np.exp(-value))) if constant.kind == "share" else float(np.exp(value))
