"""What is asked of the systems: loop, arrivals, keys, operation mix, sizes and service laws."""

from typing import Literal

from pydantic import Field

from gauntlet.records import Record
from gauntlet.specs.evidence import Evidence, Identifier


class Law(Record):
    """The law of a random quantity of the workload (service time, size), in units of `unit`.

    'mixture' and 'empirical' list (probability, value) pairs: values of a mixture, or quantiles of a CDF.
    """

    of: Identifier = Field(description="Id of the variable that holds its mean.")
    family: Literal["deterministic", "exponential", "lognormal", "mixture", "empirical", "pareto", "unstated"]
    unit: str
    pairs: tuple[tuple[float, float], ...] = ()
    evidence: tuple[Evidence, ...] = ()


class Share(Record):
    """One part of an operation mix; the share is an expression or a number."""

    operation: Identifier
    share: str


class Workload(Record):
    """One workload. `think_time`, `population` and `rate` name variables."""

    id: Identifier = "main"
    loop: Literal["open", "closed", "batch", "unstated"]
    arrivals: Literal["poisson", "deterministic", "bursty", "saturating", "none", "unstated"] = "unstated"
    think_time: Identifier | None = None
    population: Identifier | None = None
    rate: Identifier | None = None
    keys: Literal["uniform", "zipf", "other", "none", "unstated"] = "unstated"
    key_skew: Identifier | None = None
    mix: tuple[Share, ...] = ()
    laws: tuple[Law, ...] = ()
    notes: str | None = None
    evidence: tuple[Evidence, ...] = ()
