"""Records of the hardware registry: facts with sources, priors, and the bounds drawn from them."""

import math
import re
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import ConfigDict, Field, ValidationInfo, field_validator, model_validator

from gauntlet.records import Record
from gauntlet.units import check_unit

Precision = Literal["fp64", "fp32", "tf32", "bf16", "fp16", "fp8", "fp4", "int8", "int4"]
Mode = Literal["dense", "sparse", "vector", "tensor", "boost", "base", "measured", "tcp", "hbm"]
Kind = Literal["vendor", "measured", "derived", "estimated"]
DeviceClass = Literal[
    "cpu", "gpu", "tpu", "npu", "kpu", "dsp", "board", "nic", "link", "dram", "ssd", "hdd"
]  # fmt: skip

DATE = r"^(read |recalled )?\d{4}(-\d{2}){0,2}$"
"""When a source was published; `read` when a source without a date was read; `recalled` when it was not read again."""


def label(quantity: str, precision: Precision | None, mode: Mode | None) -> str:
    """quantity[precision,mode], without what is open."""
    parts = [part for part in (precision, mode) if part]
    return f"{quantity}[{','.join(parts)}]" if parts else quantity


class Quantity(Record):
    """One name that a fact may use, and the classes that have it. `limit`: which of several values nothing can beat."""

    unit: str
    limit: Literal["largest", "smallest", "none"]
    maximum: float = math.inf
    classes: tuple[DeviceClass, ...] = Field(default=(), description="Empty: every class.")
    meaning: str = Field(min_length=1)


class Source(Record):
    """Where a value was read, and when that was published (or read)."""

    title: str = Field(min_length=8)
    date: str = Field(pattern=DATE)


class Fact(Record):
    """One value of a device, in the SI unit its quantity ends with.

    Modes of `peak_flop_per_s`: `dense` matrix units as published, `sparse` 2:4, `vector` ordinary ALUs, `tensor` a
    matrix rate beside `dense` (FP64 tensor cores; FP16 accumulation on GeForce), `boost` and `base` the arithmetic at
    that clock. `agreeing` counts independent sources within 3 %; 0 is a cited document that was not re-read.
    `disputed` is another published value that could not be ruled out; a bound takes the more lenient of both.
    """

    quantity: str
    precision: Precision | None = None
    mode: Mode | None = None
    value: float = Field(gt=0, allow_inf_nan=False)
    disputed: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    kind: Kind
    source: str = Field(min_length=8)
    date: str = Field(pattern=DATE)
    agreeing: int = Field(ge=0)
    note: str = ""

    @property
    def label(self) -> str:
        """quantity[precision,mode], as in a reference."""
        return label(self.quantity, self.precision, self.mode)

    @property
    def from_memory(self) -> bool:
        """Whether no text with this value was read: its document is cited only. Such a value has a wider band."""
        return self.agreeing == 0 and self.kind != "estimated"


class PowerMode(Record):
    """A power budget that the user chooses, with the facts that differ from the device's own."""

    name: str = Field(pattern=r"^[a-z0-9_]+$")
    facts: tuple[Fact, ...] = Field(min_length=1)


class Device(Record):
    """One machine part. In the file, facts name their source by its key in `sources`.

    The families in `families.py` add what only they have; `describes` names those fields for people.
    """

    model_config = ConfigDict(populate_by_name=True)
    describes: ClassVar[tuple[str, ...]] = ("series", "architecture")

    id: str = Field(pattern=r"^[a-z0-9_]+(@[a-z0-9_]+)?$")
    device_class: DeviceClass = Field(alias="class")
    vendor: str = Field(min_length=1)
    name: str = Field(min_length=1)
    aliases: tuple[str, ...] = ()
    series: str = Field(default="", description="Product line, such as GeForce.")
    architecture: str = Field(default="", description="Generation, such as Ampere.")
    synthetic: bool = Field(default=False, description="True for a design without a product and data sheet behind it.")
    facts: tuple[Fact, ...] = Field(min_length=1)
    power_modes: tuple[PowerMode, ...] = ()

    @property
    def key(self) -> str:
        """class/id, as in a reference."""
        return f"{self.device_class}/{self.id}"

    def fact(self, quantity: str, precision: Precision | None = None, mode: Mode | None = None) -> Fact | None:
        """The fact of exactly that label."""
        wanted = label(quantity, precision, mode)
        return next((fact for fact in self.facts if fact.label == wanted), None)

    def in_mode(self, name: str) -> Self | None:
        """The device under a power budget, as id@mode; None where it has no such mode."""
        chosen = next((mode for mode in self.power_modes if mode.name == name), None)
        if chosen is None:
            return None
        changed = {fact.label: fact for fact in chosen.facts}
        facts = [changed.pop(fact.label, fact) for fact in self.facts]
        update = {"id": f"{self.id}@{name}", "name": f"{self.name} at {name}", "power_modes": ()}
        return self.model_copy(update=update | {"facts": (*facts, *changed.values())})

    @model_validator(mode="before")
    @classmethod
    def _resolve_sources(cls, data: Any) -> Any:
        if not isinstance(data, dict) or not isinstance(data.get("sources"), dict):
            return data
        rest = {name: value for name, value in data.items() if name != "sources"}
        for part in (rest, *(mode for mode in _list(rest, "power_modes") if isinstance(mode, dict))):
            if isinstance(part.get("facts"), list):
                part["facts"] = [_with_source(fact, data["sources"]) for fact in part["facts"]]
        return rest

    @field_validator("facts")
    @classmethod
    def _known_and_unique(cls, facts: tuple[Fact, ...], info: ValidationInfo) -> tuple[Fact, ...]:
        _check_facts(facts, info)
        return facts

    @field_validator("power_modes")
    @classmethod
    def _known_modes(cls, modes: tuple[PowerMode, ...], info: ValidationInfo) -> tuple[PowerMode, ...]:
        if len({mode.name for mode in modes}) < len(modes):
            raise ValueError("a power mode is stated twice; keep one of each name")
        for mode in modes:
            _check_facts(mode.facts, info)
        return modes


def _list(data: dict[str, Any], name: str) -> list[Any]:
    """A copy of a list in which each mapping is a copy too, put back in place."""
    if not isinstance(data.get(name), list):
        return []
    data[name] = [dict(part) if isinstance(part, dict) else part for part in data[name]]
    copied: list[Any] = data[name]
    return copied


def _with_source(fact: Any, sources: Mapping[str, Source]) -> Any:
    if not isinstance(fact, dict) or not isinstance(fact.get("source"), str):
        return fact
    if "date" in fact:
        raise ValueError(f"{fact.get('quantity')} states a date; dates belong to its entry under 'sources'")
    source = sources.get(fact["source"])
    if source is None:
        raise ValueError(f"source {fact['source']!r} of {fact.get('quantity')} is not listed under 'sources'")
    return fact | {"source": source.title, "date": source.date}


def _check_facts(facts: tuple[Fact, ...], info: ValidationInfo) -> None:
    quantities: dict[str, Quantity] | None = (info.context or {}).get("quantities")
    seen: set[str] = set()
    for fact in facts:
        if fact.label in seen:
            raise ValueError(f"{fact.label} is stated twice; keep one, or give them different modes")
        seen.add(fact.label)
        if quantities is not None:
            _check_quantity(fact, quantities, info.data.get("device_class"))


def _check_quantity(fact: Fact, quantities: dict[str, Quantity], device_class: DeviceClass | None) -> None:
    quantity = quantities.get(fact.quantity)
    if quantity is None:
        raise ValueError(f"quantity {fact.quantity!r} is not in quantities.yaml; use a name from there or add one")
    if max(fact.value, fact.disputed or 0) > quantity.maximum:
        raise ValueError(f"{fact.label} = {fact.value:g} is above {quantity.maximum:g}, the most it can be")
    if quantity.classes and device_class is not None and device_class not in quantity.classes:
        raise ValueError(f"a {device_class} has no {fact.quantity}; quantities.yaml gives it to {quantity.classes}")


class Tolerance(Record):
    """How far honest hardware has been seen beyond a registry value (relative).

    It speaks of named devices, of a class, or of one series of a class.
    """

    quantities: tuple[str, ...] = Field(min_length=1)
    device_class: DeviceClass | None = Field(default=None, alias="class")
    series: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    relative: float = Field(gt=0, lt=1)
    source: str = Field(min_length=8)

    model_config = ConfigDict(populate_by_name=True)

    def covers(self, device: Device, quantity: str) -> bool:
        """True where this entry speaks of `quantity` of `device`."""
        of_class = device.device_class == self.device_class and (not self.series or device.series in self.series)
        return (re.sub("@.*", "", device.id) in self.devices or of_class) and quantity in self.quantities


class Unread(Record):
    """How far a value that was cited from memory may be off (relative), measured where a text was read later."""

    relative: float = Field(gt=0, lt=1)
    source: str = Field(min_length=8)


class UnstatedCache(Record):
    """Caches of a device whose record states none: the largest of its class, so that a bound stays sound."""

    cache_bytes: float = Field(gt=0)
    source: str = Field(min_length=8)


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
    tolerance: float = Field(ge=0)
    limit: float = Field(gt=0)
    reason: str
