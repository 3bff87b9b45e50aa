"""Step time as a regression on counts alone, where measurements of the very deployment exist.

T = b0 + b1 new prompt tokens + b2 decoding sequences + b3 tokens read by decoding + b4 attended pairs of prompts, with
b >= 0 so that more work never takes less time; the fit minimises relative errors. Outside the range of its data an
answer is marked extrapolated, and never below the bound.
"""

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from gauntlet.errors import UsageError
from gauntlet.hardware.basis import Basis
from gauntlet.records import Record
from gauntlet.workloads.serving.demand import Demand, step_bound_s
from gauntlet.workloads.serving.fitting import nonnegative_fit
from gauntlet.workloads.serving.steps import Steps, attended_pairs

Floats = npt.NDArray[np.float64]

FEATURES = ("steps", "prefill_tokens", "decode_requests", "decode_context_tokens", "prefill_pairs")
_LEAST_ROWS = 2 * len(FEATURES)


class Regression(Record):
    """Coefficients in seconds per unit of each feature, where they hold, and how well."""

    kind: str = Field(default="step time regression", pattern="^step time regression$")
    model: str
    device: str
    tensor_parallel: int = Field(ge=1)
    coefficients: dict[str, float]
    lowest: dict[str, float]
    highest: dict[str, float]
    rows: int = Field(ge=1)
    mape: float = Field(ge=0)
    cross_validated_mape: float = Field(ge=0)
    source: str = Field(min_length=1)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for name, values in (("coefficients", self.coefficients), ("lowest", self.lowest), ("highest", self.highest)):
            if set(values) != set(FEATURES) or not all(0 <= value < np.inf for value in values.values()):
                raise ValueError(f"{name} must hold numbers of at least 0 for {', '.join(FEATURES)} and nothing else")
        return self


class RegressionModel:
    """The regression as a `StepTimeModel`."""

    name = "regression"

    def __init__(self, fitted: Regression, demand: Demand) -> None:
        self.fitted, self.demand = fitted, demand
        self.basis: Basis = "interpolated"

    def step_s(self, steps: Steps) -> Floats:
        """Estimated time; `basis` turns to extrapolated once a step lies outside the fitted range."""
        total, outside = np.zeros(()), False
        for name, values in features_of(steps).items():
            total = total + self.fitted.coefficients[name] * values
            edge = self.fitted.highest[name] * (1 + 1e-9)
            outside = outside or bool(np.any(values > edge))
        if outside:
            self.basis = "extrapolated"
        return np.maximum(total, self.bound_s(steps))

    def bound_s(self, steps: Steps) -> Floats:
        """Least time, from peaks alone."""
        return step_bound_s(self.demand, steps)


def features_of(steps: Steps) -> dict[str, Floats]:
    """The regressors by name."""
    busy = np.where(steps.decode_requests + steps.prefill_requests > 0, 1.0, 0.0)
    pairs = steps.prefill_requests * attended_pairs(steps.new_tokens, steps.past_tokens, np.inf)
    values = (busy, steps.prefill_tokens, steps.decode_requests, steps.decode_requests * steps.context_tokens, pairs)
    return dict(zip(FEATURES, values, strict=True))


def fit_regression(steps: Steps, measured_s: Floats, of: dict[str, Any], source: str) -> Regression:
    """Fit to measured steps; `of` names model, device and tensor_parallel. UsageError where rows are too few."""
    if measured_s.size < _LEAST_ROWS:
        raise UsageError(
            f"{source}: {measured_s.size} rows; a regression on {len(FEATURES)} features needs {_LEAST_ROWS}."
        )
    values = {name: np.broadcast_to(v, measured_s.shape) for name, v in features_of(steps).items()}
    matrix = np.stack([values[name] for name in FEATURES], axis=1)
    coefficients = nonnegative_fit(matrix, measured_s)
    return Regression(
        coefficients=dict(zip(FEATURES, coefficients.tolist(), strict=True)),
        lowest={name: float(v.min()) for name, v in values.items()},
        highest={name: float(v.max()) for name, v in values.items()},
        rows=measured_s.size,
        mape=float(np.mean(np.abs(matrix @ coefficients / measured_s - 1))),
        cross_validated_mape=_held_out_mape(matrix, measured_s),
        source=source,
        **of,
    )


def _held_out_mape(matrix: Floats, measured_s: Floats, parts: int = 5) -> float:
    """Each fifth of the rows from the others; contiguous parts, because neighbours in a log are alike."""
    errors = []
    for part in np.array_split(np.arange(measured_s.size), parts):
        kept = np.setdiff1d(np.arange(measured_s.size), part)
        found = nonnegative_fit(matrix[kept], measured_s[kept])
        errors.append(np.abs(matrix[part] @ found / measured_s[part] - 1))
    return float(np.mean(np.concatenate(errors)))
