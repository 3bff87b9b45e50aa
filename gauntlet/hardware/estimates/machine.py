"""A device as the models of kernels see it: units, clock, memory, caches, and its peak at one precision."""

import math
from typing import NamedTuple, Self

from gauntlet.errors import RegistryError
from gauntlet.hardware.bounds import Limits, cache_bytes
from gauntlet.hardware.records import Device, Mode, Precision
from gauntlet.hardware.registry import Registry

_NOMINAL: tuple[Mode | None, ...] = ("dense", "tensor", None, "boost", "base", "vector")
"""Which peak a kernel library works towards: the one published for dense work, else what the clock gives."""


class Machine(NamedTuple):
    """Nominal values of a device, beside the lenient ones of its bound. `clock_hz` is NaN where it is not stated.

    `architecture` is the compute capability where there is one: generations of one name differ (Blackwell 10.0, 12.0).
    """

    key: str
    maker: str
    architecture: str
    units: float
    clock_hz: float
    memory_bytes_per_s: float
    cache_bytes: float
    peak_flop_per_s: float
    tdp_w: float
    limits: Limits

    @classmethod
    def of(cls, registry: Registry, device: str, precision: Precision) -> Self:
        """The machine behind a registry id, key or name; RegistryError where it lacks the precision or its memory."""
        record = registry.resolve(device)
        return cls(
            key=record.key,
            maker=f"{record.device_class} {record.vendor}",
            architecture=getattr(record, "compute_capability", "") or record.architecture,
            units=_stated(record, "num_sms") or _stated(record, "cores") or 1.0,
            clock_hz=_stated(record, "boost_clock_hz") or _stated(record, "base_clock_hz") or math.nan,
            memory_bytes_per_s=registry.value(record.key, "memory_bandwidth_bytes_per_s").value,
            cache_bytes=cache_bytes(registry, record),
            peak_flop_per_s=_peak(record, precision),
            tdp_w=_stated(record, "tdp_w") or math.nan,
            limits=Limits.of(registry, record.key, precision),
        )

    def cycles_s(self, cycles: float, reference_clock_hz: float) -> float:
        """Time of that many cycles of the rated maximum clock."""
        return cycles / (reference_clock_hz if math.isnan(self.clock_hz) else self.clock_hz)


def _stated(device: Device, quantity: str) -> float | None:
    fact = device.fact(quantity)
    return fact.value if fact else None


def _peak(device: Device, precision: Precision) -> float:
    for mode in _NOMINAL:
        if fact := device.fact("peak_flop_per_s", precision, mode):
            return fact.value
    has = sorted({fact.precision for fact in device.facts if fact.quantity == "peak_flop_per_s" and fact.precision})
    raise RegistryError(f"{device.key} has no peak at {precision}; it has {', '.join(has) or 'none'}.")
