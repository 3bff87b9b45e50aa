"""Records of the hardware registry: facts with sources, priors, and the bounds drawn from them."""

import math
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, ValidationInfo, field_validator, model_validator

from gauntlet.records import Record
from gauntlet.units import check_unit

Precision = Literal["fp64", "fp32", "tf32", "bf16", "fp16", "fp8", "fp4", "int8", "int4"]
Mode = Literal["dense", "sparse", "vector", "tensor", "boost", "base", "measured", "tcp"]
Kind = Literal["vendor", "measured", "derived", "estimated"]
DeviceClass = Literal["cpu", "gpu", "tpu", "kpu", "nic", "link", "dram", "ssd", "hdd"]


def label(quantity: str, precision: Precision | None, mode: Mode | None) -> str:
    """quantity[precision,mode], without what is open."""
    parts = [part for part in (precision, mode) if part]
    return f"{quantity}[{','.join(parts)}]" if parts else quantity


class Quantity(Record):
    """One name that a fact may use. `limit` says which of several values nothing can beat."""

    unit: str
    limit: Literal["largest", "smallest", "none"]
    maximum: float = math.inf
    meaning: str = Field(min_length=1)


class Fact(Record):
    """One value of a device, in the SI unit its quantity ends with.

    Modes of `peak_flop_per_s`: `dense` matrix units as published, `sparse` 2:4, `vector` ordinary ALUs, `tensor` a
    matrix rate beside `dense` (FP64 tensor cores; FP16 accumulation on GeForce), `boost` and `base` the arithmetic at
    that clock. `agreeing` counts independent sources within 3 %; 0 is a cited document that was not re-read.
    """

    quantity: str
    precision: Precision | None = None
    mode: Mode | None = None
    value: float = Field(gt=0, allow_inf_nan=False)
    kind: Kind
    source: str = Field(min_length=8)
    agreeing: int = Field(ge=0)
    note: str = ""

    @property
    def label(self) -> str:
        """quantity[precision,mode], as in a reference."""
        return label(self.quantity, self.precision, self.mode)


class Device(Record):
    """One machine part. In the file, facts name their source by its key in `sources`."""

    model_config = ConfigDict(populate_by_name=True)

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    device_class: DeviceClass = Field(alias="class")
    vendor: str = Field(min_length=1)
    name: str = Field(min_length=1)
    aliases: tuple[str, ...] = ()
    synthetic: bool = Field(default=False, description="True for an invented device without a product behind it.")
    facts: tuple[Fact, ...] = Field(min_length=1)

    @property
    def key(self) -> str:
        """class/id, as in a reference."""
        return f"{self.device_class}/{self.id}"

    @model_validator(mode="before")
    @classmethod
    def _resolve_sources(cls, data: Any) -> Any:
        if not isinstance(data, dict) or not isinstance(data.get("sources"), dict):
            return data
        rest = {name: value for name, value in data.items() if name != "sources"}
        if isinstance(data.get("facts"), list):
            rest["facts"] = [_with_source(fact, data["sources"]) for fact in data["facts"]]
        return rest

    @field_validator("facts")
    @classmethod
    def _known_and_unique(cls, facts: tuple[Fact, ...], info: ValidationInfo) -> tuple[Fact, ...]:
        quantities: dict[str, Quantity] | None = (info.context or {}).get("quantities")
        seen: set[str] = set()
        for fact in facts:
            if fact.label in seen:
                raise ValueError(f"{fact.label} is stated twice; keep one, or give them different modes")
            seen.add(fact.label)
            if quantities is not None:
                _check_quantity(fact, quantities)
        return facts


def _with_source(fact: Any, sources: dict[str, str]) -> Any:
    if not isinstance(fact, dict) or not isinstance(fact.get("source"), str):
        return fact
    if fact["source"] not in sources:
        raise ValueError(f"source {fact['source']!r} of {fact.get('quantity')} is not listed under 'sources'")
    return fact | {"source": sources[fact["source"]]}


def _check_quantity(fact: Fact, quantities: dict[str, Quantity]) -> None:
    quantity = quantities.get(fact.quantity)
    if quantity is None:
        raise ValueError(f"quantity {fact.quantity!r} is not in quantities.yaml; use a name from there or add one")
    if fact.value > quantity.maximum:
        raise ValueError(f"{fact.label} = {fact.value:g} is above {quantity.maximum:g}, the most it can be")


class Tolerance(Record):
    """How far honest hardware has been seen beyond a registry value (relative), for a class or for named devices."""

    quantities: tuple[str, ...] = Field(min_length=1)
    device_class: DeviceClass | None = Field(default=None, alias="class")
    devices: tuple[str, ...] = ()
    relative: float = Field(gt=0, lt=1)
    source: str = Field(min_length=8)

    model_config = ConfigDict(populate_by_name=True)

    def covers(self, device: Device, quantity: str) -> bool:
        """True where this entry speaks of `quantity` of `device`."""
        named = device.id in self.devices or device.device_class == self.device_class
        return named and quantity in self.quantities


class Prior(Record):
    """What to assume for a quantity nobody stated: about the 5th percentile, the typical value, the 95th."""

    name: str = Field(pattern=r"^[a-z0-9_]+\.[a-z0-9_]+$")
    unit: str
    low: float = Field(gt=0, allow_inf_nan=False)
    typical: float = Field(gt=0, allow_inf_nan=False)
    high: float = Field(gt=0, allow_inf_nan=False)
    shape: Literal["lognormal", "triangular"]
    source: str = Field(min_length=3)
    note: str = ""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        check_unit(self.unit, self.name)
        if not self.low <= self.typical <= self.high:
            raise ValueError(f"{self.name}: low {self.low:g} <= typical {self.typical:g} <= high {self.high:g} fails")
        return self


class Bound(Record):
    """A value that nothing honest beats, and why. `limit` is `value` widened by `tolerance` to the lenient side."""

    device: str
    fact: Fact
    tolerance: float = Field(ge=0, lt=1)
    limit: float = Field(gt=0)
    reason: str
