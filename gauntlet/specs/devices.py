"""Is the registry's device the one that the paper names? Capacities tell variants apart that share a name.

naming = capacity {word} name | name {word} [ "(" ] capacity     words of a name or of a kind: 'Samsung', 'NVMe SSD'
"""

import re
from collections.abc import Iterable, Iterator

from gauntlet.errors import RegistryError
from gauntlet.hardware.records import Device
from gauntlet.hardware.references import parse_reference
from gauntlet.hardware.registry import Registry
from gauntlet.paper.quantities import Quantity, find_quantities
from gauntlet.paper.records import Paper
from gauntlet.specs.problems import Problem
from gauntlet.specs.quantities import Variable

CAPACITIES = ("storage_capacity_bytes", "memory_capacity_bytes")
SAME = 0.11
"""A terabyte is 10 % less than a tebibyte; makers and papers take either for the other."""
_NEAR = 30
_JOINING = "a|an|and|by|for|from|in|into|of|on|onto|or|over|per|the|to|with"
_BETWEEN = re.compile(rf"[\s(-]*(?:(?!(?:{_JOINING})\b)[\w-]+[\s(-]+){{0,4}}", re.IGNORECASE)
_MODEL = re.compile(r"(?=\w*[A-Z])(?=\w*\d)\w{4,}")


def other_capacities(variables: Iterable[Variable], paper: Paper, registry: Registry) -> Iterator[Problem]:
    """A remark on each device whose values are taken though the paper names it with other capacities only."""
    taken: dict[str, list[str]] = {}
    for variable in variables:
        if variable.source == "registry" and variable.registry:
            try:
                taken.setdefault(registry.device(parse_reference(variable.registry).device).key, []).append(variable.id)
            except RegistryError:
                continue  # an estimate, of no one device
    for key, names in taken.items():
        device = registry.device(key)
        own = [fact.value for fact in device.facts if fact.quantity in CAPACITIES]
        said = {one.text: one.value for one in _capacities(paper, device)} if own else {}
        if said and not any(abs(value / mine - 1) <= SAME for value in said.values() for mine in own):
            yield Problem(
                f"variable{'s' if len(names) > 1 else ''} {', '.join(names)}",
                f"the paper names {' and '.join(said)}; the values are those of {device.name} ({key}). Take the "
                "paper's own figures where it states them; variants of other capacity may be slower or faster.",
                remark=True,
            )


def _capacities(paper: Paper, device: Device) -> Iterator[Quantity]:
    """Amounts of bytes that stand beside a name of the device."""
    names = sorted((re.escape(name) for name in _spoken(device)), key=len, reverse=True)
    naming = re.compile(rf"(?<!\w)(?:{'|'.join(names)})s?(?!\w)", re.IGNORECASE)
    for block in paper.blocks:
        for found in naming.finditer(block.text):
            start, end = max(0, found.start() - _NEAR), found.end() + _NEAR
            for one in find_quantities(block.text[start:end]):
                before = block.text[start + one.end : found.start()]
                behind = block.text[found.end() : start + one.start]
                if one.unit == "B" and any(between and _BETWEEN.fullmatch(between) for between in (before, behind)):
                    yield one


def _spoken(device: Device) -> Iterator[str]:
    """Its names without what stands in parentheses behind them and without a capacity; and the word of the model."""
    for name in (device.name, *device.aliases):
        bare = re.sub(r"\s*\(.*?\)|[\s-]*[\d.]+\s?[TG]i?B?\b.*", "", name)
        yield bare
        yield from _MODEL.findall(bare)
