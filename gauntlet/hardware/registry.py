"""The hardware registry: one YAML file a device, read when first asked for.

hardware_registry/<class>/<device>.yaml   facts        quantities.yaml         names a fact may use
hardware_registry/priors.yaml             priors       bound_tolerances.yaml   headroom before "impossible"
"""

import difflib
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import ValidationError

from gauntlet.data import find_data
from gauntlet.errors import RegistryError, UnknownUnit
from gauntlet.hardware.records import (
    Bound,
    Device,
    DeviceClass,
    Fact,
    Mode,
    Precision,
    Prior,
    Quantity,
    Tolerance,
    label,
)
from gauntlet.hardware.references import parse_reference
from gauntlet.records import Record

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
R = TypeVar("R", bound=Record)
S = TypeVar("S", list[Any], dict[str, Any])
_LOW_PRECISIONS = frozenset({"fp16", "bf16", "fp8"})


class Registry:
    """Facts about devices, priors, and the bounds they give."""

    def __init__(self, folder: Path, files: Mapping[str, Path]) -> None:
        self.folder = folder
        self._files = files
        self._read: dict[str, Device] = {}

    @classmethod
    def load(cls, path: Path | None = None) -> "Registry":
        """Registry in folder `path`, or the one that belongs to the installation. Lists files, reads none."""
        folder = find_data("hardware_registry", path)
        files: dict[str, Path] = {}
        for name in get_args(DeviceClass):
            for file in sorted((folder / name).glob("*.yaml")):
                if file.stem in files:
                    raise RegistryError(f"{file}: device {file.stem!r} also stands in {files[file.stem]}; rename one.")
                files[file.stem] = file
        if not files:
            raise RegistryError(f"{folder} holds no <class>/<device>.yaml; name a folder that does, or leave it out.")
        return cls(folder, files)

    def ids(self) -> tuple[str, ...]:
        """Every device as class/id; reads no file."""
        return tuple(f"{file.parent.name}/{device_id}" for device_id, file in self._files.items())

    def devices(self) -> tuple[Device, ...]:
        """Every device, by class, then id."""
        return tuple(self.device(key) for key in self.ids())

    def device(self, device_id: str) -> Device:
        """Device by 'id' or 'class/id'; RegistryError names the nearest ones."""
        name = device_id.rpartition("/")[2]
        file = self._files.get(name)
        if file is None or device_id not in (name, f"{file.parent.name}/{name}"):
            near = [key for key in self.ids() if name and name in key]
            near += difflib.get_close_matches(name, self._files, n=3, cutoff=0.4)
            raise RegistryError(
                f"device {device_id!r} is not in {self.folder}; nearest: {', '.join(near[:4]) or 'none'}. "
                "Try the device's common name with 'find', or add a file for it."
            )
        if name not in self._read:
            self._read[name] = self._load_device(file)
        return self._read[name]

    def find(self, text: str) -> tuple[Device, ...]:
        """Devices with that id, name or alias, whatever the case and punctuation.

        Several where the words are ambiguous ("A100"), none where nothing matches.
        """
        wanted = _plain(text)
        return tuple(device for device in self.devices() if _names(device) & _without_vendor(wanted, device.vendor))

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
        best = (max if limit == "largest" else min)(facts, key=lambda fact: fact.value)
        return self._widened(device, best, limit)

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
        entries = _section(file, "quantities", dict)
        return {name: _validated(Quantity, entry, file) for name, entry in entries.items()}

    @cached_property
    def tolerances(self) -> tuple[Tolerance, ...]:
        """Headroom of bounds; the first entry that covers a device counts, named devices before classes."""
        file = self.folder / "bound_tolerances.yaml"
        return tuple(_validated(Tolerance, entry, file) for entry in _section(file, "tolerances", list))

    @cached_property
    def _priors(self) -> dict[str, Prior]:
        file = self.folder / "priors.yaml"
        priors = [_validated(Prior, entry, file) for entry in _section(file, "priors", list)]
        if len({prior.name for prior in priors}) < len(priors):
            raise RegistryError(f"{file}: a prior is stated twice; keep one of each name.")
        return {prior.name: prior for prior in priors}

    def _widened(self, device: Device, fact: Fact, limit: str) -> Bound:
        found = next((entry for entry in self.tolerances if entry.covers(device, fact.quantity)), None)
        tolerance = found.relative if found else 0.0
        widened = fact.value * (1 + tolerance) if limit == "largest" else fact.value / (1 + tolerance)
        reason = f"{limit} {fact.quantity} of {device.name} is {fact.label} ({fact.kind}: {fact.source})"
        if found:
            reason += f"; {tolerance:.0%} headroom ({found.source})"
        return Bound(device=device.key, fact=fact, tolerance=tolerance, limit=widened, reason=reason)

    def _load_device(self, file: Path) -> Device:
        device = _validated(Device, _read_yaml(file), file, context={"quantities": self.quantities})
        if (device.id, device.device_class) != (file.stem, file.parent.name):
            raise RegistryError(f"{file}: says it is {device.key}; id and class must be those of file and folder.")
        return device


def _read_yaml(file: Path) -> dict[str, Any]:
    try:
        data = yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)  # a safe loader: plain values only
    except (OSError, UnicodeDecodeError) as error:
        raise RegistryError(f"{file} cannot be read ({error}); restore it or name another registry.") from None
    except yaml.YAMLError as error:
        raise RegistryError(f"{file} is not YAML: {error}") from None
    if not isinstance(data, dict):
        raise RegistryError(f"{file} must hold a mapping with names on its first level, as its neighbours do.")
    return data


def _section(file: Path, name: str, kind: type[S]) -> S:
    found = _read_yaml(file).get(name)
    if not isinstance(found, kind):
        raise RegistryError(f"{file} must hold a {kind.__name__} under {name!r}; restore it or name another registry.")
    return found


def _validated(kind: type[R], data: Any, file: Path, context: Any = None) -> R:
    try:
        return kind.model_validate(data, context=context)
    except ValidationError as error:
        problems = [_sentence(problem, data) for problem in error.errors(include_url=False)[:8]]
        raise RegistryError("\n".join(f"{file}: {problem}" for problem in problems)) from None
    except UnknownUnit as error:
        raise RegistryError(f"{file}: {error}") from None


def _sentence(problem: Any, data: Any) -> str:
    """Where (with the fact's own name), what is wrong, what was found."""
    where = ".".join(str(part) for part in problem["loc"])
    if problem["loc"][:1] == ("facts",) and len(problem["loc"]) > 1:
        fact = data["facts"][problem["loc"][1]]
        where += f" ({fact.get('quantity', 'no quantity') if isinstance(fact, dict) else 'no mapping'})"
    found = repr(problem.get("input"))
    return f"{where}: {problem['msg']} (found {found[:60]})"


def _plain(text: str) -> str:
    """Letters and digits alone, without marks and words that only say what kind of thing it is."""
    text = re.sub(r"\((?:r|tm)\)", "", text.casefold())
    return re.sub(r"(?<=.)(?:gpus?|processors?)$", "", re.sub(r"[^a-z0-9]", "", text))


def _without_vendor(plain: str, vendor: str) -> set[str]:
    return {plain, plain.removeprefix(_plain(vendor))} - {""}


def _names(device: Device) -> set[str]:
    plain = [_plain(name) for name in (device.id, device.key, device.name, *device.aliases)]
    return set().union(*(_without_vendor(name, device.vendor) for name in plain))


def _offer(device: Device, quantity: str) -> str:
    same = [fact.label for fact in device.facts if fact.quantity == quantity]
    return f"it states {', '.join(same or sorted({fact.quantity for fact in device.facts}))}"
