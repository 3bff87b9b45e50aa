"""What the registry says of a machine that runs vision networks, and the software on it."""

from typing import NamedTuple

from gauntlet.errors import RegistryError
from gauntlet.hardware.records import Device, Mode, Precision
from gauntlet.hardware.registry import Registry

_ELEMENT_BYTES = {"fp32": 4, "amp": 2, "fp16": 2, "bf16": 2, "amp_bf16": 2}
_UNITS: dict[str, tuple[Precision, ...]] = {
    "fp32": ("fp32", "tf32"),
    "amp": ("fp16",),
    "fp16": ("fp16",),
    "bf16": ("bf16",),
    "amp_bf16": ("bf16",),
}
"""Precisions of the units that a library may use: FP32 work runs on TF32 units where there are any."""

_ORDINARY: tuple[Mode | None, ...] = ("vector", "boost", "dense", "base", None)
"""Which FP32 rate stands for cores x clock: that of the ordinary ALUs, else the best that is stated."""


class Stack(NamedTuple):
    """Numbers and software: `precision` fp32, fp16, bf16, amp, amp_bf16; `layout` nchw, nhwc; `compiler` eager, ..."""

    precision: str
    layout: str
    version: str
    compiler: str

    @property
    def element_bytes(self) -> int:
        """Bytes of an activation; RegistryError for a precision that is not known."""
        return _ELEMENT_BYTES[_known(self.precision)]


class Machine(NamedTuple):
    """Nominal rates for estimates, limits for bounds; `cache_bytes` is all cache together, None where not stated."""

    key: str
    device_class: str
    alu_flop_per_s: float
    memory_bytes_per_s: float
    peak_limit_flop_per_s: float
    memory_limit_bytes_per_s: float
    cache_bytes: float | None


def machine_of(registry: Registry, device: str, precision: str) -> Machine:
    """Rates of a device of the registry; RegistryError where it states none or lacks the precision."""
    record = registry.resolve(device)
    stated = {fact.precision for fact in record.facts if fact.quantity == "peak_flop_per_s"}
    units = _UNITS[_known(precision)]
    units = tuple(unit for unit in units if unit in stated) or units[:1]
    limits = [registry.bound_value(record.key, "peak_flop_per_s", unit, fp32_accumulate=True).limit for unit in units]
    bandwidth = registry.bound_value(record.key, "memory_bandwidth_bytes_per_s")
    return Machine(
        record.key,
        record.device_class,
        nominal_alu_flop_per_s(record),
        bandwidth.fact.value,
        max(limits),
        bandwidth.limit,
        _cache_bytes(record),
    )


def nominal_alu_flop_per_s(device: Device) -> float:
    """Rate of the ordinary FP32 arithmetic, by which estimates are scaled; RegistryError where none is stated."""
    for mode in _ORDINARY:
        if fact := device.fact("peak_flop_per_s", "fp32", mode):
            return fact.value
    raise RegistryError(f"{device.key} states no FP32 rate, by which an estimate is scaled; add it to its record.")


def _known(precision: str) -> str:
    if precision not in _ELEMENT_BYTES:
        raise RegistryError(f"precision {precision!r} is not known; these are: {', '.join(_ELEMENT_BYTES)}.")
    return precision


def _cache_bytes(device: Device) -> float | None:
    found = [fact.value for name in ("l2_bytes", "l3_bytes") if (fact := device.fact(name))]
    return sum(found) if found else None
