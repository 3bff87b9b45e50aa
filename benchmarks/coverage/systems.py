"""Random mechanisms: a system is two mechanisms over one axis, each with the model's formula and the truth."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from benchmarks.coverage.constants import UNITS, Constant, draw_constant, known
from benchmarks.coverage.truth import Floats
from gauntlet.specs.claims import Metric
from gauntlet.specs.quantities import Scope, Sweep, Variable

BASELINE, PROPOSAL = "baseline", "proposal"
Values = Mapping[str, float]
Formula = Callable[[Values, Floats], Floats]


@dataclass(frozen=True)
class Side:
    """What a mechanism gives for a metric: as an expression for the model, and in truth. A limit, where it has one."""

    mechanism: str
    metric: str
    expression: str
    truth: Formula
    limit: str | None = None
    true_limit: Formula | None = None


@dataclass(frozen=True)
class System:
    """Two mechanisms, what the paper says about their constants, and the axis along which they are measured.

    `range_of` gives the ends of the axis for one mechanism, in SI: a saturated system is not measured.
    """

    family: str
    constants: tuple[Constant, ...]
    axis: Variable
    metrics: tuple[Metric, ...]
    sides: tuple[Side, ...]
    range_of: Callable[[str], tuple[float, float]]
    load: Literal["rate", "population"] | None = None

    @property
    def true(self) -> Values:
        """True values of all constants, in SI."""
        return {constant.variable.id: constant.true for constant in self.constants}


@dataclass
class World:
    """Draws the constants of one system and remembers them."""

    rng: np.random.Generator
    constants: list[Constant] = field(default_factory=list)

    def shared(self, name: str, unit: str, low: float, high: float) -> float:
        """A constant of device, component or experiment that both mechanisms have; returns its true value in SI."""
        kind = self.rng.choice(["device", "component", "experiment"])
        return self._draw(name, unit, low, high, Scope(kind=kind), (BASELINE, PROPOSAL))

    def own(self, name: str, unit: str, low: float, high: float, mechanism: str = PROPOSAL) -> float:
        """A constant of one mechanism."""
        return self._draw(name, unit, low, high, Scope(kind="mechanism", of=mechanism), (mechanism,))

    def count(self, name: str, choices: Sequence[int]) -> int:
        """A count that the paper states."""
        value = int(self.rng.choice(choices))
        self.constants.append(known(name, float(value)))
        return value

    def known(self, name: str, choices: Sequence[float], unit: str = "") -> float:
        """A number that the paper states exactly; returns it in SI."""
        self.constants.append(known(name, float(self.rng.choice(choices)), unit, whole=False))
        return self.constants[-1].true

    def _draw(self, name: str, unit: str, low: float, high: float, scope: Scope, shared_by: tuple[str, ...]) -> float:
        self.constants.append(draw_constant(self.rng, name, unit, low, high, scope, shared_by))
        return self.constants[-1].true

    def system(self, family: str, axis: Variable, sides: Sequence[Side], **more: object) -> System:
        """The system of all constants drawn so far."""
        asked = dict.fromkeys(side.metric for side in sides)
        return System(family, tuple(self.constants), axis, tuple(METRICS[name] for name in asked), tuple(sides), **more)  # type: ignore[arg-type]


def swept(name: str, unit: str, whole: bool = False) -> Variable:
    """The variable on the x axis."""
    return Variable(id=name, meaning=name, unit=unit, value=Sweep(), role="workload", source="paper", whole=whole)


def between(low: float, high: float) -> Callable[[str], tuple[float, float]]:
    """The same ends of the axis for both mechanisms."""
    return lambda mechanism: (low, high)


def below_saturation(capacity: Mapping[str, float], most: float) -> Callable[[str], tuple[float, float]]:
    """Open loads from a tenth to `most` of what a mechanism can really take."""
    return lambda mechanism: (0.1 * capacity[mechanism], most * capacity[mechanism])


def _metric(name: str, quantity: str, unit: str, better: str, statistic: str, quantile: float | None = None) -> Metric:
    return Metric(
        id=name, name=name, quantity=quantity, unit=unit, better=better, statistic=statistic, quantile=quantile
    )


METRICS: Mapping[str, Metric] = {
    "latency": _metric("latency", "latency", "us", "lower", "mean"),
    "p99": _metric("p99", "latency", "us", "lower", "quantile", 0.99),
    "run_time": _metric("run_time", "latency", "ms", "lower", "mean"),
    "peak": _metric("peak", "throughput", "krps", "higher", "peak"),
    "throughput": _metric("throughput", "throughput", "1/s", "higher", "mean"),
    "bandwidth": _metric("bandwidth", "bandwidth", "MB/s", "higher", "mean"),
    "speed": _metric("speed", "work_rate", "TFLOP/s", "higher", "mean"),
}
"""Metrics by name; a latency over a load is compared along the load as well."""


def in_unit(values: Floats, unit: str) -> Floats:
    """From SI to the unit of a metric or an axis."""
    return np.asarray(values / UNITS[unit])


def log_grid(rng: np.random.Generator, low: float, high: float, points: int, whole: bool) -> Floats:
    """Points along an axis, even in the ratio or in the difference; different whole numbers where it counts."""
    if points == 1:
        grid = np.exp(rng.uniform(math.log(low), math.log(high), 1))
    else:
        grid = np.geomspace(low, high, points) if rng.random() < 0.5 else np.linspace(low, high, points)
    return np.unique(np.maximum(np.rint(grid), 1.0)) if whole else grid
