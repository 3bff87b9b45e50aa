"""Records of a contract file, hardware_registry/contracts/<id>.yaml. What types cannot say is in `check`."""

import math
import re
from functools import cached_property
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field

from gauntlet.hardware.records import Source
from gauntlet.records import Record

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
TestId = Annotated[str, Field(pattern=r"^[A-Z]{2,4}-\d{3}$")]
Words = Annotated[str, Field(min_length=8, max_length=600)]
Formula = Annotated[str, Field(min_length=1, max_length=2000)]
Value = float | tuple[float, ...]
"""One number, or one for each element that a symbol with `per` runs over."""

_DOMAIN = re.compile(r"([\[(]) *(-?[0-9.e+-]+|-inf) *, *(-?[0-9.e+-]+|inf) *([\])])")


class Domain(NamedTuple):
    """An interval; each end belongs to it or not."""

    low: float
    high: float
    with_low: bool
    with_high: bool

    def holds(self, value: float) -> bool:
        """Whether `value` lies in it; NaN lies nowhere."""
        above = value >= self.low if self.with_low else value > self.low
        return above and (value <= self.high if self.with_high else value < self.high)

    def __str__(self) -> str:
        return f"{'[' if self.with_low else '('}{self.low:g}, {self.high:g}{']' if self.with_high else ')'}"


def _domain(text: Any) -> Domain:
    """'(0, 1]' as a domain."""
    found = _DOMAIN.fullmatch(text.strip()) if isinstance(text, str) else None
    try:
        low, high = (float(found.group(part)) for part in (2, 3)) if found else (1.0, 0.0)
    except ValueError:
        low, high = 1.0, 0.0
    if found is None or not low < high:
        raise ValueError('a domain is an interval such as "(0, inf)" or "[0, 1]", the lower end first')
    return Domain(low, high, found.group(1) == "[", found.group(4) == "]")


def _ascending(ends: tuple[float, float]) -> tuple[float, float]:
    if not 0 < ends[0] < ends[1] < math.inf:
        raise ValueError("draws lie between two positive numbers, the smaller first")
    return ends


Interval = Annotated[Domain, BeforeValidator(_domain)]
Range = Annotated[tuple[float, float], AfterValidator(_ascending)]


class Symbol(Record):
    """A quantity that equations use and callers give. `default` is what it is where nobody gives it."""

    unit: str = Field(max_length=40, description="SI; what is counted has none.")
    domain: Interval = Field(description="Outside of it no equation has a value.")
    meaning: Words
    per: Name | None = Field(default=None, description="What its last axis runs over, such as resource.")
    default: float | None = None
    source: Name | None = Field(
        default=None, description="Key in `sources`; needed with a default that says something."
    )
    draw: Range | None = Field(default=None, description="Where tests draw it from, instead of twelve decades.")


class Equation(Record):
    """One named result. It may use symbols and the equations above it."""

    unit: str = Field(max_length=40)
    expression: Formula
    reduce: Literal["min", "max", "sum"] | None = Field(
        default=None, description="How the elements that its symbols run over become one number."
    )
    words: dict[float, str] = Field(default={}, description="What its values mean, where they are labels.")
    meaning: Words
    source: Name


class Invariant(Record):
    """A condition that holds at every point of the domain."""

    id: Name
    holds: Formula
    meaning: Words


class Obligation(Record):
    """Something that the equations owe, and that at least one falsification test tries to refute."""

    id: Name
    kind: Literal["bound", "tightness", "monotonicity", "scaling", "equivalence", "conservation", "refusal", "labels"]
    statement: Words
    equations: tuple[Name, ...] = Field(min_length=1)


class FalsificationTest(Record):
    """A prediction that can fail. `changed_NAME` in `holds` is NAME after `change`; `rejects` must give no value."""

    id: TestId
    obligation: Name
    prediction: Words
    at: dict[Name, Value] = Field(default={}, description="Symbols that are not drawn but have this value.")
    draw: dict[Name, Range] = Field(default={}, description="Numbers of this test alone, and where to draw them.")
    change: dict[Name, Formula] = Field(default={}, description="Symbols that change, and into what.")
    holds: Formula | None = None
    rejects: dict[Name, tuple[float, ...]] = Field(default={}, description="Values that give no result, by symbol.")
    if_fails: Words


class Vector(Record):
    """Results at one point, known from elsewhere."""

    id: Name
    source: Name
    given: dict[Name, Value] = Field(min_length=1)
    expected: dict[Name, Value | str] = Field(min_length=1, description="A word where the equation has words.")
    tolerance: float = Field(default=1e-9, ge=0, lt=0.1, description="Relative; printed digits in published values.")
    note: str = ""


class Contract(Record):
    """One contract file."""

    id: Name
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    title: Words
    purpose: Annotated[str, Field(min_length=20, max_length=2000)]
    sources: dict[Name, Source] = Field(min_length=1)
    symbols: dict[Name, Symbol] = Field(min_length=1, max_length=60)
    equations: dict[Name, Equation] = Field(min_length=1, max_length=60)
    invariants: tuple[Invariant, ...] = Field(default=(), max_length=100)
    obligations: tuple[Obligation, ...] = Field(min_length=1, max_length=60)
    falsification_tests: tuple[FalsificationTest, ...] = Field(min_length=1, max_length=100)
    vectors: tuple[Vector, ...] = Field(min_length=1, max_length=100)

    @cached_property
    def units(self) -> dict[str, str]:
        """Unit of every symbol and equation."""
        return {name: part.unit for part_of in (self.symbols, self.equations) for name, part in part_of.items()}

    @cached_property
    def names(self) -> frozenset[str]:
        """Every symbol and equation."""
        return frozenset(self.units)
