"""Constants of a random paper: what it says about each, and what is true, drawn from exactly that.

The laws are those that the specification's words stand for, written once more: log-uniform ranges, log-normal priors by
their 5 %, 50 % and 95 % points, values within a tolerance, and withheld values, of which the ranges that somebody
judged hold three in five.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gauntlet.specs.quantities import Distribution, Exact, Interval, Scope, Variable, Withheld

UNITS = {
    "": 1.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "1/s": 1.0, "krps": 1e3, "B": 1.0, "kB": 1e3, "MB": 1e6, "MB/s": 1e6,
    "GB/s": 1e9, "TFLOP/s": 1e12, "TFLOP": 1e12, "GFLOP": 1e9,
}  # fmt: skip
"""What one of each unit is in SI."""

Saying = Literal["exact", "stated range", "prior", "withheld"]
SAYINGS: tuple[tuple[Saying, float], ...] = (("exact", 0.4), ("stated range", 0.1), ("prior", 0.32), ("withheld", 0.18))
"""How papers speak of a constant, and how often here."""
_Z95 = 1.6448536269514722


@dataclass(frozen=True)
class Constant:
    """What the paper says, and the true value in SI."""

    variable: Variable
    true: float


def draw_constant(
    rng: np.random.Generator,
    name: str,
    unit: str,
    low: float,
    high: float,
    scope: Scope,
    shared_by: tuple[str, ...],
) -> Constant:
    """A constant about somewhere between `low` and `high`, in `unit`."""
    about = math.exp(rng.uniform(math.log(low), math.log(high)))
    saying = str(rng.choice([name for name, _ in SAYINGS], p=[share for _, share in SAYINGS]))
    value: Exact | Interval | Distribution | Withheld
    if saying == "exact":
        value = Exact(value=about, tolerance=float(rng.choice([0.0, 0.02])))
        true = about * (1 + value.tolerance * rng.uniform(-1, 1))
    elif saying == "prior":
        below, above = np.exp(rng.uniform(math.log(1.1), math.log(1.8), 2))
        value = Distribution(family="lognormal", low=about / below, typical=about, high=about * above)
        score = rng.standard_normal()
        edge = value.low if score < 0 else value.high
        true = about * math.exp(abs(score) / _Z95 * math.log(edge / about))
    else:
        wide = math.exp(rng.uniform(math.log(1.2), math.log(2.0 if saying == "stated range" else 5.0)))
        start = about / wide ** rng.random()
        ends = {"low": start, "high": start * wide}
        value = Interval(**ends, scale="log") if saying == "stated range" else Withheld(**ends)
        true = start * wide ** (rng.random() if saying == "stated range" else _judged(rng))
    source = {"exact": "paper", "stated range": "paper", "prior": "prior", "withheld": "assumed"}[saying]
    variable = Variable(
        id=name, meaning=name, unit=unit, value=value, role="hardware", source=source, scope=scope, shared_by=shared_by
    )
    return Constant(variable, true * UNITS[unit])


def _judged(rng: np.random.Generator) -> float:
    """Where a value lies that a judged range from 0 to 1 is about: one in five beyond each end, half-normally."""
    place = rng.random()
    if 0.2 <= place <= 0.8:
        return (place - 0.2) / 0.6
    beyond = abs(rng.standard_normal()) * math.sqrt(2 / math.pi) * 0.2 / 0.6
    return -beyond if place < 0.2 else 1 + beyond


def known(name: str, value: float, unit: str = "", whole: bool = True) -> Constant:
    """A value that the paper states exactly."""
    variable = Variable(
        id=name, meaning=name, unit=unit, value=Exact(value=value), role="workload", source="paper", whole=whole
    )
    return Constant(variable, value * UNITS[unit])
