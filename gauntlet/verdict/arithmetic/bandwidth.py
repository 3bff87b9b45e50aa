"""Traffic against what carries it: rate times size against a link, rates of bytes against devices of the registry."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gauntlet.paper.quantities import Quantity
from gauntlet.verdict.arithmetic.context import Context
from gauntlet.verdict.arithmetic.outcomes import Outcome, agrees, differs, unchecked
from gauntlet.verdict.arithmetic.places import places_in
from gauntlet.verdict.arithmetic.prose import Sentence
from gauntlet.verdict.arithmetic.spans import Span, exact, printed, setting
from gauntlet.verdict.rounding import shown

if TYPE_CHECKING:
    from gauntlet.hardware.records import Device

CHECK, DEVICE = "bandwidth_exceeded", "device_bandwidth"
_EACH = re.compile(r"\b(?:each|every|of|per|with|sized?)\b|-?byte\b", re.IGNORECASE)
_LINKS = re.compile(
    r"\b(?:link|interface|NIC|port|network|Ethernet|InfiniBand|bus|PCIe|card|adapter|uplink|disk|SSD|drive|memory)s?\b|[GT]bE",
    re.IGNORECASE,
)
_SEVERAL = re.compile(
    r"\b(?:dual|both|links|ports|NICs|interfaces|cards|disks|SSDs|drives|GPUs|DIMMs|channels|nodes|machines|servers|cluster"
    r"|aggregated?|in total"
    r"|bidirectional|full-duplex|compress\w*)\b",
    re.IGNORECASE,
)
_MOVES = re.compile(
    r"\b(?:reads?|writes?|reading|writing|achiev\w+|reach\w*|sustain\w*|deliver\w*|saturat\w*|transfer\w*)\b",
    re.IGNORECASE,
)
_KINDS = {
    "ssd": ("read_bandwidth_bytes_per_s", "write_bandwidth_bytes_per_s"),
    "hdd": ("read_bandwidth_bytes_per_s", "write_bandwidth_bytes_per_s"),
    "nic": ("link_bandwidth_bytes_per_s",),
    "gpu": ("memory_bandwidth_bytes_per_s", "sram_bandwidth_bytes_per_s"),
    "dram": ("memory_bandwidth_bytes_per_s",),
}  # fmt: skip
_READINGS = (
    "several links or devices share the load, or both directions are counted",
    "data are compressed, cached or sent only once for many requests",
    "the size is a maximum and not the mean",
)


def link_load(sentence: Sentence, context: Context) -> Iterator[Outcome]:
    """Things per second, their size, and the link they cross. The rate may be the highest point of a figure."""
    if not _LINKS.search(sentence.text) or not _EACH.search(sentence.text):
        return
    sizes, links = sentence.amounts("B"), sentence.amounts("B/s")
    rates = [printed(one, context.policy) for one in sentence.amounts("1/s")]
    drawn = [
        span for place in places_in(sentence, context) for span in _drawn(place.source, place.x, context, sentence)
    ]
    if not sizes or not links or not (rates or drawn):
        return
    if len(sizes) != 1 or len(links) != 1 or len(rates) + len(drawn) != 1:
        yield unchecked(CHECK, "it states several rates, sizes or links")
    elif _SEVERAL.search(sentence.text):
        yield unchecked(CHECK, "several links or directions carry the load")
    else:
        yield _load((rates + drawn)[0], sizes[0], links[0], sentence, context)


def _drawn(source: str, x: float | None, context: Context, sentence: Sentence) -> Iterator[Span]:
    """The highest rate that a figure shows at a place, of the systems that the sentence names or of all."""
    named = {name.system for name in context.names_in(sentence.text)}
    curves = [curve for curve in context.of(source) if curve.y.si[1] == "1/s" and (not named or curve.system in named)]
    values = [(curve.at(x) if x is not None else max(y for _, y in curve.points), curve) for curve in curves]
    known = [curve.span(value).scaled(curve.y.si[0]) for value, curve in values if value is not None and value > 0]
    if known:
        yield max(known, key=lambda span: span.value)


def _load(rate: Span, size: Quantity, link: Quantity, sentence: Sentence, context: Context) -> Outcome:
    load, most = rate * setting(size, context.policy), setting(link, context.policy)
    if not load.low > link.value * (1 + context.policy.bound_tolerance):
        return agrees(CHECK)
    return differs(
        CHECK,
        sentence.block,
        f"{shown(rate.value)} per second of {size.text} are {shown(load.value / 1e9, 3)} GB/s, "
        f"{shown(load.value / most.value, 3)} times what {link.text} carries.",
        sentence.evidence,
        factor=load.value / link.value,
        tolerance=load.slack + context.policy.bound_tolerance,
        values=(
            ("rate", rate.value, "1/s"),
            (size.text, size.value, "B"),
            ("load", load.value, "B/s"),
            (link.text, link.value, "B/s"),
        ),
        readings=_READINGS,
    )


def device_rates(sentence: Sentence, context: Context) -> Iterator[Outcome]:
    """A rate of bytes said of the one device that a sentence names, against that device's bandwidths."""
    if context.registry is None or not _MOVES.search(sentence.text):
        return
    rates = [one for one in sentence.quantities if one.unit == "B/s"]
    devices = [one for one in context.registry.named_in(sentence.text) if _is_product(one)] if rates else []
    if not devices:
        return
    most = max((_most(device, context) for device in devices), default=0.0)
    if len({device.device_class for device in devices}) > 1 or not most:
        yield unchecked(DEVICE, "it names devices of several kinds, or none whose bandwidth is known")
    elif _SEVERAL.search(sentence.text):
        yield unchecked(DEVICE, "several links or directions carry the load")
    else:
        fastest = max(rates, key=lambda one: one.high)
        yield _device_outcome(fastest, exact(most), devices[0], sentence, context)


def _is_product(device: "Device") -> bool:
    """A device with a bandwidth of its own; '10 Gbps' names a kind of line and may be any rate."""
    return device.device_class in _KINDS and getattr(device, "form", "") != "line"


def _most(device: "Device", context: Context) -> float:
    """The largest bandwidth that the registry lets a device have, tolerance included; 0 where it knows none."""
    facts = [fact for fact in device.facts if fact.quantity in _KINDS[device.device_class]]
    registry = context.registry
    return max((fact.value * (1 + registry.band(device, fact)) for fact in facts), default=0.0) if registry else 0.0


def _device_outcome(rate: Quantity, most: Span, device: "Device", sentence: Sentence, context: Context) -> Outcome:
    stated = printed(rate, context.policy, rate.high)
    if not stated.exceeds(most):
        return agrees(DEVICE)
    return differs(
        DEVICE,
        sentence.block,
        f"{rate.text} is stated with {device.name}, whose record allows at most {shown(most.value / 1e9, 3)} GB/s.",
        sentence.evidence,
        factor=stated.value / most.value,
        tolerance=stated.slack,
        values=((rate.text, stated.value, "B/s"), (f"most of {device.name}", most.value, "B/s")),
        readings=("the rate is not that of this device alone", *_READINGS),
    )
