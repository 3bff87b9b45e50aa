"""The shapes an efficiency curve can have, each a function of the size that stays in (0, 1]."""

import math
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from gauntlet.hardware.basis import Floats
from gauntlet.hardware.sizes import Positive
from gauntlet.records import Record

Efficiency = Annotated[float, Field(gt=0, le=1)]


class Knots(Record):
    """Straight between points: in x (linear), or in ln x (log_linear, piecewise); held at the end values outside."""

    shape: Literal["linear", "log_linear", "piecewise"]
    x: tuple[Positive, ...] = Field(min_length=2)
    efficiency: tuple[Efficiency, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if len(self.x) != len(self.efficiency) or list(self.x) != sorted(set(self.x)):
            raise ValueError("knots need one efficiency for each x, and x that rises")
        return self

    def __call__(self, x: Floats) -> Floats:
        """Efficiency at x > 0."""
        if self.shape == "linear":
            return np.interp(x, self.x, self.efficiency)
        return np.interp(np.log(x), np.log(self.x), self.efficiency)


class Saturating(Record):
    """e = top x / (x + half): a fixed cost beside a rate, so that `half` of the work costs as much as the start.

    Source: Hockney & Jesshope, Parallel Computers 2, 1988 (r_inf and n_1/2).
    """

    shape: Literal["saturating"] = "saturating"
    top: Efficiency
    half: Positive

    def __call__(self, x: Floats) -> Floats:
        """Efficiency at x > 0."""
        return np.asarray(self.top * x / (x + self.half))


class Sigmoid(Record):
    """e = bottom + (top - bottom) / (1 + (middle / x)^steepness): an S in ln x."""

    shape: Literal["sigmoid"] = "sigmoid"
    bottom: Efficiency
    top: Efficiency
    middle: Positive
    steepness: Positive

    def __call__(self, x: Floats) -> Floats:
        """Efficiency at x > 0."""
        exponent = np.clip(self.steepness * (math.log(self.middle) - np.log(x)), -700, 700)
        return np.asarray(self.bottom + (self.top - self.bottom) / (1 + np.exp(exponent)))


Form = Annotated[Knots | Saturating | Sigmoid, Field(discriminator="shape")]
