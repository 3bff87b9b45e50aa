"""Devices of the registry as lines for people and as data for programs."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from gauntlet.hardware.ceilings import Rooflines
from gauntlet.hardware.records import Device, Fact
from gauntlet.hardware.registry import Registry
from gauntlet.mechanisms.words import number, quantity

_SLOW_HZ = 1e4
"""Below, a disk's rotation; clocks are above, and have prefixes."""


class Compared(NamedTuple):
    """One quantity of two devices; None where a device does not state it."""

    label: str
    unit: str
    first: float | None
    second: float | None
    ratio: float | None


def device_lines(registry: Registry, device: Device) -> Iterator[str]:
    """Name, family and every fact with its provenance."""
    yield f"{device.key}: {device.name}" + (" (synthetic)" if device.synthetic else "")
    stated = [(field.replace("_", " "), getattr(device, field)) for field in device.describes]
    described = (f"{name} {value}" for name, value in stated if value)
    yield "  " + ", ".join((type(device).__name__, device.vendor, *described))
    if device.aliases:
        yield f"  also called {', '.join(device.aliases)}"
    if device.power_modes:
        yield f"  power modes: {', '.join(f'{device.id}@{mode.name}' for mode in device.power_modes)}"
    for fact in device.facts:
        yield f"  {fact.label} = {_said(fact.value, _unit(registry, fact))}"
        yield f"      {_provenance(registry, fact)}"


def facts_with_units(registry: Registry, device: Device) -> list[dict[str, Any]]:
    """Facts with the SI unit that their quantity has."""
    return [fact.model_dump(mode="json") | {"unit": registry.quantities[fact.quantity].unit} for fact in device.facts]


def compared(registry: Registry, first: Device, second: Device) -> list[Compared]:
    """Every label that one of both states, those of the first in their order, then those of the second alone."""
    left, right = ({fact.label: fact for fact in device.facts} for device in (first, second))
    rows = []
    for label in dict.fromkeys((*left, *right)):
        fact = left.get(label) or right[label]
        values = [side[label].value if label in side else None for side in (left, right)]
        ratio = values[1] / values[0] if values[0] and values[1] else None
        rows.append(Compared(label, _unit(registry, fact), values[0], values[1], ratio))
    return rows


def comparison_lines(first: Device, second: Device, rows: Sequence[Compared]) -> Iterator[str]:
    """Three columns: first, second, second over first."""
    cells = [(row.label, _cell(row.first, row.unit), _cell(row.second, row.unit), _ratio(row.ratio)) for row in rows]
    cells = [("", first.key, second.key, "ratio"), *cells]
    widths = [max(len(row[column]) for row in cells) for column in range(3)]
    for label, left, right, ratio in cells:
        yield f"{label:<{widths[0]}}  {left:>{widths[1]}}  {right:>{widths[2]}}  {ratio:>6}"


def roofline_lines(drawn: Rooflines) -> Iterator[str]:
    """Memory, then one line a roof with its ridge."""
    yield f"{drawn.device.key}: {drawn.device.name}, {drawn.memory.label} {quantity(drawn.memory.value, 'B/s')}"
    for roof in drawn.roofs:
        peak, ridge = quantity(roof.peak.value, "FLOP/s"), roof.ridge_flop_per_byte
        yield f"  {roof.precision:<5} {peak:>16}  ridge at {ridge:.4g} FLOP/B  ({roof.peak.mode}, {roof.peak.kind})"


def roofline_data(drawn: Rooflines) -> dict[str, Any]:
    """The same in SI."""
    roofs = [
        {
            "precision": roof.precision,
            "mode": roof.peak.mode,
            "peak_flop_per_s": roof.peak.value,
            "ridge_flop_per_byte": roof.ridge_flop_per_byte,
        }
        for roof in drawn.roofs
    ]
    return {"device": drawn.device.key, drawn.memory.quantity: drawn.memory.value, "roofs": roofs}


def _provenance(registry: Registry, fact: Fact) -> str:
    parts = [f"{fact.kind}: {fact.source} ({fact.date})"]
    if fact.from_memory:
        parts.append(f"from memory, within {registry.unread.relative:.0%}")
    elif fact.agreeing > 1:
        parts.append(f"{fact.agreeing} sources agree")
    if fact.disputed:
        parts.append(f"disputed: {_said(fact.disputed, _unit(registry, fact))} is published too")
    return "; ".join([*parts, *([fact.note] if fact.note else [])])


def _cell(value: float | None, unit: str) -> str:
    return "-" if value is None else _said(value, unit)


def _unit(registry: Registry, fact: Fact) -> str:
    """The SI unit; Hz for clocks and rotation, which say so in their names."""
    return "Hz" if fact.quantity.endswith("_hz") else registry.quantities[fact.quantity].unit


def _said(value: float, unit: str) -> str:
    """As people write it: 1.41 GHz, 80 GiB."""
    return quantity(value, "1/s").replace("/s", "Hz") if unit == "Hz" and value > _SLOW_HZ else quantity(value, unit)


def _ratio(ratio: float | None) -> str:
    return "" if ratio is None else number(float(f"{ratio:.3g}"))
