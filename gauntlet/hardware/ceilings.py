"""The rooflines of a device: one roof for each precision, all over the slope of its memory."""

from typing import NamedTuple

from gauntlet.errors import RegistryError
from gauntlet.hardware.records import Device, Fact, Precision
from gauntlet.hardware.roofline import ridge_flop_per_byte

_PUBLISHED_FIRST = ("dense", "tensor", "vector", "boost", "base")
"""The peak that a data sheet states for dense work; where it has none, the best that is known."""


class Roof(NamedTuple):
    """One peak rate, and the intensity from which on it, not the memory, limits."""

    precision: Precision
    peak: Fact
    ridge_flop_per_byte: float


class Rooflines(NamedTuple):
    """A device's memory slope and its roofs, highest first."""

    device: Device
    memory: Fact
    roofs: tuple[Roof, ...]


def rooflines_of(device: Device) -> Rooflines:
    """Published peaks for dense work over the fastest memory; RegistryError where the device states neither.

    These are nominal rooflines, for people. What a claim is held against is `Registry.bound_value`.
    """
    memory = _memory(device)
    peaks: dict[Precision, Fact] = {}
    for fact in device.facts:
        if fact.quantity == "peak_flop_per_s" and fact.precision and fact.mode in _PUBLISHED_FIRST:
            best = peaks.get(fact.precision)
            if best is None or _rank(fact) > _rank(best):
                peaks[fact.precision] = fact
    if memory is None or not peaks:
        raise RegistryError(f"{device.key} states no {'peak' if memory else 'memory bandwidth'}; it has no roofline.")
    roofs = [Roof(name, fact, float(ridge_flop_per_byte(fact.value, memory.value))) for name, fact in peaks.items()]
    return Rooflines(device, memory, tuple(sorted(roofs, key=lambda roof: -roof.peak.value)))


def _memory(device: Device) -> Fact | None:
    """The fastest main memory; that on the chip where there is no other."""
    for quantity in ("memory_bandwidth_bytes_per_s", "sram_bandwidth_bytes_per_s"):
        facts = [fact for fact in device.facts if fact.quantity == quantity and fact.mode != "measured"]
        if facts:
            return max(facts, key=lambda fact: fact.value)
    return None


def _rank(fact: Fact) -> tuple[bool, float]:
    return fact.mode == "dense", fact.value
