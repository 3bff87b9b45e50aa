"""Files of a registry as validated records; every refusal names the file, the device and the field."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_args

import yaml
from pydantic import ValidationError

from gauntlet.errors import RegistryError, UnknownUnit
from gauntlet.hardware.families import FAMILIES
from gauntlet.hardware.records import Device, DeviceClass, Quantity, Source
from gauntlet.records import Record

_CLASSES: dict[str, DeviceClass] = {name: name for name in get_args(DeviceClass)}
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
R = TypeVar("R", bound=Record)
S = TypeVar("S", list[Any], dict[str, Any])


class Entry(NamedTuple):
    """A device as its file states it, not yet validated."""

    file: Path
    device_class: DeviceClass
    sources: Mapping[str, Source]
    data: dict[str, Any]


def device_files(folder: Path) -> tuple[Path, ...]:
    """Every <class>/<name>.json of a registry folder, by class, then name."""
    return tuple(file for name in _CLASSES for file in sorted((folder / name).glob("*.json")))


def read_entries(file: Path) -> Iterator[tuple[str, Entry]]:
    """The devices of one file by id: {"sources": {key: {title, date}}, "devices": [{id, vendor, name, facts, ...}]}."""
    data = _json(file)
    if set(data) != {"sources", "devices"} or not isinstance(data["devices"], list):
        raise RegistryError(f"{file} must hold 'sources' and a list 'devices' and nothing else; it has {list(data)}.")
    stated = data["sources"] if isinstance(data["sources"], dict) else {}
    sources = {key: validated(Source, value, f"{file}: sources.{key}") for key, value in stated.items()}
    for number, device in enumerate(data["devices"]):
        device_id = device.get("id") if isinstance(device, dict) else None
        if not isinstance(device_id, str):
            raise RegistryError(f"{file}: devices.{number} is no mapping with a word as its 'id'.")
        yield device_id, Entry(file, _CLASSES[file.parent.name], sources, device)


def read_device(entry: Entry, quantities: Mapping[str, Quantity]) -> Device:
    """The device as the record of its family."""
    if "class" in entry.data:
        raise RegistryError(f"{entry.file}: {entry.data['id']}: the folder gives the class; leave it out of the file.")
    data = entry.data | {"class": entry.device_class, "sources": entry.sources}
    where = f"{entry.file}: {entry.data['id']}"
    return validated(FAMILIES[entry.device_class], data, where, {"quantities": quantities})


def section(file: Path, name: str, kind: type[S]) -> S:
    """What a YAML file holds under `name`."""
    found = _yaml(file).get(name)
    if not isinstance(found, kind):
        raise RegistryError(f"{file} must hold a {kind.__name__} under {name!r}; restore it or name another registry.")
    return found


def validated(kind: type[R], data: Any, where: str, context: Any = None) -> R:
    """`data` as a record; RegistryError with one line a problem, each with its place."""
    try:
        return kind.model_validate(data, context=context)
    except ValidationError as error:
        problems = [_sentence(problem, data) for problem in error.errors(include_url=False)[:8]]
        raise RegistryError("\n".join(f"{where}: {problem}" for problem in problems)) from None
    except UnknownUnit as error:
        raise RegistryError(f"{where}: {error}") from None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RegistryError(f"{file} cannot be read ({error}); restore it or name another registry.") from None


def _json(file: Path) -> dict[str, Any]:
    try:
        data = json.loads(_text(file), object_pairs_hook=_once)
    except ValueError as error:
        raise RegistryError(f"{file} is not JSON: {error}.") from None
    except RecursionError:
        raise RegistryError(f"{file} is nested too deeply for a list of devices.") from None
    return _mapping(data, file)


def _yaml(file: Path) -> dict[str, Any]:
    try:
        data = yaml.load(_text(file), Loader=_Loader)  # a safe loader: plain values only
    except yaml.YAMLError as error:
        raise RegistryError(f"{file} is not YAML: {error}") from None
    return _mapping(data, file)


def _mapping(data: Any, file: Path) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise RegistryError(f"{file} must hold a mapping with names on its first level, as its neighbours do.")
    return data


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        twice = sorted({key for key, _ in pairs if sum(key == other for other, _ in pairs) > 1})
        raise ValueError(f"{', '.join(twice)} is stated twice in one mapping")
    return made


def _sentence(problem: Any, data: Any) -> str:
    """Where (with the fact's own name), what is wrong, what was found."""
    place = problem["loc"]
    where = ".".join(str(part) for part in place)
    if "facts" in place[:-1]:
        fact = data
        for part in place[: place.index("facts") + 2]:
            fact = fact[part]
        where += f" ({fact.get('quantity', 'no quantity') if isinstance(fact, dict) else 'no mapping'})"
    found = repr(problem.get("input"))
    return f"{where}: {problem['msg']}" + (f" (found {found[:60]})" if where else "")
