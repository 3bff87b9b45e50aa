"""Variables: a quantity with unit, value or range, role, source, scope and evidence."""

from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field, model_validator

from gauntlet.records import Record
from gauntlet.specs.evidence import Evidence, Identifier

R = TypeVar("R")

STRUCTURAL = frozenset({0.0, 0.5, 1.0, 2.0})
"""Numbers that belong to a formula's shape (a sum from one, a round trip of two, a mean of one half)."""


class Exact(Record):
    """One number, in the variable's unit, known to a relative `tolerance`."""

    kind: Literal["exact"] = "exact"
    value: float
    tolerance: float = Field(default=0.0, ge=0, lt=1, description="Relative; a stated value stays within it.")


class Interval(Record):
    """Anything between `low` and `high`; log-uniform when `scale` is 'log'."""

    kind: Literal["range"] = "range"
    low: float
    high: float
    scale: Literal["linear", "log"] = "linear"

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        return _check_order(self, self.low, self.high, positive=self.scale == "log")


class Distribution(Record):
    """A distribution given by its 5th percentile, median (mode if triangular) and 95th percentile."""

    kind: Literal["distribution"] = "distribution"
    family: Literal["lognormal", "normal", "triangular"]
    low: float
    typical: float
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low <= self.typical <= self.high:
            raise ValueError(f"need low <= typical <= high, got {self.low}, {self.typical}, {self.high}")
        return _check_order(self, self.low, self.high, positive=self.family == "lognormal")


class Choices(Record):
    """One of several values, unknown which (block sizes {64, 128}; header of 4, 8 or 12 bytes)."""

    kind: Literal["choices"] = "choices"
    values: tuple[float, ...] = Field(min_length=1)


class Sweep(Record):
    """Set by each experiment: the x axis of a claim or a configuration gives the value."""

    kind: Literal["sweep"] = "sweep"
    values: tuple[float, ...] = ()


class Derived(Record):
    """Computed from other variables by a cost-model expression (client cost times a ratio, dataset / entry)."""

    kind: Literal["derived"] = "derived"
    expression: str


class Withheld(Record):
    """Not disclosed by the paper; log-uniform over the plausible range when positive."""

    kind: Literal["withheld"] = "withheld"
    low: float
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        return _check_order(self, self.low, self.high, positive=False)


Value = Annotated[Exact | Interval | Distribution | Choices | Sweep | Derived | Withheld, Field(discriminator="kind")]


def _check_order(record: R, low: float, high: float, positive: bool) -> R:
    if not low <= high:
        raise ValueError(f"low {low} is above high {high}")
    if positive and low <= 0:
        raise ValueError(f"low {low} must be above 0 on a log scale")
    return record


class Scope(Record):
    """How far a constant may be carried: only device and component constants pass from one mechanism to another."""

    kind: Literal["device", "component", "mechanism", "experiment"]
    of: Identifier | None = Field(default=None, description="Id of the component or mechanism.")


class Variable(Record):
    """A quantity of the model. `value` and its parts are in `unit`; the program converts to SI.

    `shared_by` names the mechanisms that use the constant; `transfer_spread` is the relative spread added when it is
    carried to another role; `may_condition` is False for constants measured on the proposal itself.
    """

    id: Identifier
    symbol: str | None = None
    meaning: str
    unit: str
    value: Value
    role: Literal["hardware", "workload", "protocol", "tuning"]
    source: Literal["paper", "registry", "prior", "assumed"]
    registry: str | None = Field(default=None, description="Registry reference or prior name, when source says so.")
    basis: str = Field(default="", description="'kind: where the registry has its value from'.")
    scope: Scope = Scope(kind="experiment")
    shared_by: tuple[Identifier, ...] = ()
    transfer_spread: float = Field(default=0.0, ge=0)
    may_condition: bool = True
    whole: bool = Field(default=False, description="True for counts: samples are rounded.")
    evidence: tuple[Evidence, ...] = ()

    @property
    def rests_on(self) -> str:
        """One word for what a value of the registry rests on: the kind of a fact, or the basis of an estimate."""
        return self.basis.partition(":")[0] if self.source == "registry" else ""

    @property
    def disclosed(self) -> bool:
        """False where the paper leaves the value open and it is not a fact about a device."""
        return self.source in ("paper", "registry") and self.value.kind != "withheld"
