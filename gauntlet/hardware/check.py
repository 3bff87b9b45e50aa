"""Every problem of a registry folder at once, where reading a device would stop at its first."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from gauntlet.errors import ContractError, RecordError, RegistryError
from gauntlet.hardware.contracts import promises
from gauntlet.hardware.curves import Calibration
from gauntlet.hardware.reading import read_device, read_entries
from gauntlet.hardware.registry import Registry


def problems(registry: Registry) -> Iterator[str]:
    """One line a problem: file, device, field, what is wrong."""
    try:
        named = {quantity for entry in registry.tolerances for quantity in entry.quantities}
        unknown = sorted(named - set(registry.quantities))
        yield from (f"bound_tolerances.yaml: quantity {name!r} is not in quantities.yaml." for name in unknown)
        _ = registry.unread, registry.priors()
    except RegistryError as error:
        yield from str(error).splitlines()
        return
    places: dict[str, Path] = {}
    for file in registry.files:
        yield from _problems_of_file(registry, file, places)
    yield from _problems_of_curves(registry.folder, places)
    spoken_of = {device for entry in registry.tolerances for device in entry.devices}
    yield from (f"bound_tolerances.yaml: device {name!r} is in no file." for name in sorted(spoken_of - set(places)))
    for file in sorted((registry.folder / "contracts").glob("*.yaml")):
        yield from _problems_of_contract(file)


def _problems_of_file(registry: Registry, file: Path, places: dict[str, Path]) -> Iterator[str]:
    try:
        entries = list(read_entries(file))
    except RegistryError as error:
        yield from str(error).splitlines()
        return
    for device_id, entry in entries:
        if device_id in places:
            yield f"{file}: {device_id}: also stands in {places[device_id]}; rename one."
        places[device_id] = file
        try:
            read_device(entry, registry.quantities)
        except RegistryError as error:
            yield from str(error).splitlines()
    if entries:
        unused = set(entries[0][1].sources) - set(_keys_used(entry.data for _, entry in entries))
        yield from (f"{file}: source {key!r} is used by no fact; remove it." for key in sorted(unused))


def _problems_of_contract(file: Path) -> Iterator[str]:
    try:
        yield from map(str, promises.problems(file))
    except ContractError as error:
        yield from str(error).splitlines()


def _problems_of_curves(folder: Path, places: dict[str, Path]) -> Iterator[str]:
    """Calibrations that do not read, or are not found under the name of their device."""
    for file in sorted((folder / "curves").glob("*.json")):
        try:
            calibration = Calibration.load(file)
        except RecordError as error:
            yield from str(error).splitlines()
            continue
        name = calibration.device.rpartition("/")[2]
        if name.partition("@")[0] not in places:
            yield f"{file}: device {calibration.device!r} is in no file; correct it or add the device."
        elif file.stem != name:
            yield f"{file}: it is of {calibration.device}, so it must be called {name}.json to be found."


def _keys_used(value: Any) -> Iterator[str]:
    """What stands under `source`, however deep."""
    if isinstance(value, dict):
        yield from (text for key, text in value.items() if key == "source" and isinstance(text, str))
        value = value.values()
    elif isinstance(value, str) or not isinstance(value, Iterable):
        return
    for part in value:
        yield from _keys_used(part)
