"""The hardware registry: files of devices, read when first asked for.

hardware_registry/<class>/<family>.json   facts        quantities.yaml         names a fact may use
hardware_registry/priors.yaml             priors       bound_tolerances.yaml   headroom before "impossible"
"""

import difflib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from gauntlet.data import find_data
from gauntlet.errors import RegistryError
from gauntlet.hardware.names import Named, Names
from gauntlet.hardware.reading import Entry, device_files, read_device, read_entries, section, validated
from gauntlet.hardware.records import (
    Bound,
    Device,
    Fact,
    Mode,
    Precision,
    Prior,
    Quantity,
    Tolerance,
    Unread,
    UnstatedCache,
    label,
)
from gauntlet.hardware.references import parse_reference

_WIDEST_BAND = 0.99
"""A value is never taken as known to less than nothing; only rates disputed by a factor of two come here."""

_LOW_PRECISIONS = frozenset({"fp16", "bf16", "fp8"})


class Registry:
    """Facts about devices, priors, and the bounds they give."""

    def __init__(self, folder: Path, files: tuple[Path, ...]) -> None:
        self.folder = folder
        self.files = files
        self._read: dict[str, Device] = {}

    @classmethod
    def load(cls, path: Path | None = None) -> "Registry":
        """Registry in folder `path`, or the one that belongs to the installation. Lists files, reads none."""
        folder = find_data("hardware_registry", path)
        files = device_files(folder)
        if not files:
            raise RegistryError(f"{folder} holds no <class>/<family>.json; name a folder that does, or leave it out.")
        return cls(folder, files)

    def ids(self) -> tuple[str, ...]:
        """Every device as class/id; validates none."""
        return tuple(f"{entry.device_class}/{device_id}" for device_id, entry in self._entries.items())

    def devices(self) -> tuple[Device, ...]:
        """Every device, by class, file, then place in the file."""
        return tuple(self.device(key) for key in self.ids())

    def device(self, device_id: str) -> Device:
        """Device by 'id' or 'class/id', under a power budget as 'id@mode'; RegistryError names the nearest ones."""
        name, _, mode = device_id.rpartition("/")[2].partition("@")
        entry = self._entries.get(name)
        if entry is None or device_id.partition("@")[0] not in (name, f"{entry.device_class}/{name}"):
            raise self._unknown(device_id, name)
        if name not in self._read:
            self._read[name] = read_device(entry, self.quantities)
        device = self._read[name]
        if not mode:
            return device
        if (chosen := device.in_mode(mode)) is None:
            known = ", ".join(each.name for each in device.power_modes) or "none"
            raise RegistryError(f"{device.key} has no power mode {mode!r}; it has {known}.")
        return chosen

    def find(self, text: str) -> tuple[Device, ...]:
        """Devices that a paper's words name, whatever the case and punctuation.

        Several where the words are ambiguous ("A100"), none where nothing matches.
        """
        return tuple(self.device(key) for key in self._names.find(text))

    def named_in(self, prose: str) -> tuple[Device, ...]:
        """Devices that the text of a paper names, all candidates where it is ambiguous; in the registry's order."""
        named = set(self._names.named_in(prose))
        return tuple(self.device(key) for key in self.ids() if key in named)

    def resolve(self, text: str) -> Device:
        """The one device of that id, key or name; RegistryError lists the candidates, or the nearest."""
        if text.rpartition("/")[2].partition("@")[0] in self._entries:
            return self.device(text)
        found = self.find(text)
        if len(found) == 1:
            return found[0]
        if not found:
            raise self._unknown(text, text.rpartition("/")[2].lower())
        keys = ", ".join(f"{device.key} ({device.name})" for device in found)
        raise RegistryError(f"{text!r} names {len(found)} devices: {keys}. Name one of them.")

    def value(
        self, device_id: str, quantity: str, precision: Precision | None = None, mode: Mode | None = None
    ) -> Fact:
        """The one fact that matches. With `mode` open, one without a mode goes first; else RegistryError."""
        device = self.device(device_id)
        facts = [fact for fact in device.facts if fact.quantity == quantity]
        facts = [fact for fact in facts if precision in (None, fact.precision) and mode in (None, fact.mode)]
        if len(facts) > 1:
            facts = [fact for fact in facts if fact.mode is None and fact.precision == precision] or facts
        if len(facts) == 1:
            return facts[0]
        asked = label(quantity, precision, mode)
        raise RegistryError(f"{device.key}: {len(facts) or 'no'} facts are {asked}; {_offer(device, quantity)}.")

    def reference(self, text: str) -> Fact:
        """The fact named by a string such as 'gpu/h100_sxm5:peak_flop_per_s[bf16,dense]'."""
        address = parse_reference(text)
        return self.value(address.device, address.quantity, address.precision, address.mode)

    def bound_value(
        self,
        device_id: str,
        quantity: str,
        precision: Precision | None = None,
        *,
        sparse: bool = False,
        fp32_accumulate: bool = False,
    ) -> Bound:
        """What no honest claim beats: the largest rate, or the smallest time, over all modes a workload could use.

        `sparse` admits 2:4 rates, which dense work cannot reach. `fp32_accumulate` leaves out the FP16-accumulate
        rates of GeForce. Without `precision` the best of all precisions counts; FP32 work that a library may run on
        tensor cores is 'tf32'. Estimates never bound, except on a synthetic device.
        """
        device = self.device(device_id)
        limit = self.quantities[quantity].limit if quantity in self.quantities else "none"
        if limit == "none":
            known = ", ".join(name for name, entry in self.quantities.items() if entry.limit != "none")
            raise RegistryError(f"{device.key}: {quantity!r} limits nothing; these do: {known}.")
        facts = [
            fact
            for fact in device.facts
            if fact.quantity == quantity
            and precision in (None, fact.precision)
            and (fact.kind != "estimated" or device.synthetic)
            and (sparse or fact.mode != "sparse")
            and not (fp32_accumulate and fact.mode == "tensor" and fact.precision in _LOW_PRECISIONS)
        ]
        if not facts:
            asked = label(quantity, precision, None)
            raise RegistryError(f"{device.key}: nothing bounds {asked}; {_offer(device, quantity)}.")
        return self._widened(device, facts, limit)

    def headroom(self, device: Device, fact: Fact) -> tuple[float, str]:
        """How far (relative) honest hardware may lie beyond `fact`, and why: its class, and a value from memory."""
        entry = next((each for each in self.tolerances if each.covers(device, fact.quantity)), None)
        reasons = [entry.source] if entry else []
        factor = 1 + (entry.relative if entry else 0.0)
        if fact.from_memory:
            factor *= 1 + self.unread.relative
            reasons.append(self.unread.source)
        return factor - 1, "; ".join(reasons)

    def band(self, device: Device, fact: Fact) -> float:
        """How far (relative) the true value may lie from the stated one: its headroom, and what disputes it."""
        apart = fact.disputed / fact.value if fact.disputed else 1.0
        return min(max(apart, 1 / apart) * (1 + self.headroom(device, fact)[0]) - 1, _WIDEST_BAND)

    def priors(self) -> Mapping[str, Prior]:
        """Every prior by name."""
        return self._priors

    def prior(self, name: str) -> Prior:
        """Prior by name; RegistryError names the nearest ones."""
        if name not in self._priors:
            near = ", ".join(difflib.get_close_matches(name, self._priors, n=3, cutoff=0.3))
            raise RegistryError(f"prior {name!r} is not in {self.folder / 'priors.yaml'}; nearest: {near or 'none'}.")
        return self._priors[name]

    @cached_property
    def quantities(self) -> dict[str, Quantity]:
        """The names a fact may use."""
        file = self.folder / "quantities.yaml"
        entries = section(file, "quantities", dict)
        return {name: validated(Quantity, entry, f"{file}: {name}") for name, entry in entries.items()}

    @cached_property
    def tolerances(self) -> tuple[Tolerance, ...]:
        """Headroom of bounds; the first entry that covers a device counts, named devices before classes."""
        file = self.folder / "bound_tolerances.yaml"
        return tuple(validated(Tolerance, entry, str(file)) for entry in section(file, "tolerances", list))

    @cached_property
    def unread(self) -> Unread:
        """Headroom of a value that rests on memory alone."""
        file = self.folder / "bound_tolerances.yaml"
        return validated(Unread, section(file, "unread", dict), f"{file}: unread")

    @cached_property
    def unstated_cache_bytes(self) -> dict[str, float]:
        """Caches that a bound grants to a device whose record states none, by class."""
        file = self.folder / "bound_tolerances.yaml"
        entries = section(file, "unstated_caches", dict)
        return {name: validated(UnstatedCache, entry, f"{file}: {name}").cache_bytes for name, entry in entries.items()}

    @cached_property
    def _priors(self) -> dict[str, Prior]:
        file = self.folder / "priors.yaml"
        priors = [validated(Prior, entry, str(file)) for entry in section(file, "priors", list)]
        if len({prior.name for prior in priors}) < len(priors):
            raise RegistryError(f"{file}: a prior is stated twice; keep one of each name.")
        return {prior.name: prior for prior in priors}

    @cached_property
    def _entries(self) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        for file in self.files:
            for device_id, entry in read_entries(file):
                if device_id in entries:
                    other = entries[device_id].file
                    raise RegistryError(f"{file}: device {device_id!r} also stands in {other}; rename one.")
                entries[device_id] = entry
        return entries

    @cached_property
    def _names(self) -> Names:
        return Names(_named(device_id, entry) for device_id, entry in self._entries.items())

    def _widened(self, device: Device, facts: list[Fact], limit: str) -> Bound:
        """The most lenient of `facts`, each with its headroom and the value that disputes it."""

        def reach(fact: Fact) -> float:
            values = [fact.value, fact.disputed or fact.value]
            wider = 1 + self.headroom(device, fact)[0]
            return max(values) * wider if limit == "largest" else min(values) / wider

        best = (max if limit == "largest" else min)(facts, key=reach)
        tolerance, why = self.headroom(device, best)
        reason = f"{limit} {best.quantity} of {device.name} is {best.label} ({best.kind}: {best.source})"
        if best.disputed:
            reason += f"; {best.disputed:g} is published too"
        if tolerance:
            reason += f"; {tolerance:.0%} headroom ({why})"
        return Bound(device=device.key, fact=best, tolerance=tolerance, limit=reach(best), reason=reason)

    def _unknown(self, asked: str, name: str) -> RegistryError:
        near = [key for key in self.ids() if name and name in key]
        close = difflib.get_close_matches(name.replace(" ", "_"), self._entries, n=3, cutoff=0.4)
        near += [key for key in self.ids() if key.rpartition("/")[2] in close and key not in near]
        return RegistryError(
            f"device {asked!r} is not in {self.folder}; nearest: {', '.join(near[:4]) or 'none'}. "
            "'gauntlet hardware list --match WORD' finds more; a file can be added for it."
        )


def _named(device_id: str, entry: Entry) -> Named:
    """The names of a device that is not validated yet."""
    texts = {name: entry.data.get(name) for name in ("vendor", "name", "series", "architecture")}
    vendor, name, *also = (text if isinstance(text, str) else "" for text in texts.values())
    aliases = entry.data.get("aliases")
    named = [alias for alias in aliases if isinstance(alias, str)] if isinstance(aliases, list) else []
    key = f"{entry.device_class}/{device_id}"
    return Named(key, vendor, (device_id, key, name, *named), tuple(also))


def _offer(device: Device, quantity: str) -> str:
    same = [fact.label for fact in device.facts if fact.quantity == quantity]
    return f"it states {', '.join(same or sorted({fact.quantity for fact in device.facts}))}"
