"""Language models that are known by name: their config.json with its source, in `estimates/llm` of the registry."""

import difflib
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from gauntlet.data import find_data
from gauntlet.errors import RegistryError, UsageError
from gauntlet.workloads.transformer import Transformer
from gauntlet.workloads.transformer_config import read_config, transformer_of
from gauntlet.workloads.transformer_weights import stored_as

_FIELDS = {
    "aliases", "source", "date", "published_parameters", "published_active_parameters", "published_by", "note", "config"
}  # fmt: skip
_REQUIRED = {"aliases", "source", "date", "config"}
_VARIANTS = re.compile(r"(?:instruct|chat|it|hf|base)$")
_STORED = re.compile(r"(?:quantized)?(fp8|nvfp4|mxfp4|fp4|bf16|awq|gptq|int4|w4a16)$")
_FORMATS = {"fp4": "nvfp4", "awq": "int4", "gptq": "int4", "w4a16": "int4"}
"""Last words of a name: variants of one architecture, and how its weights are stored."""


def known_models(folder: Path | None = None) -> Mapping[str, Mapping[str, Any]]:
    """Every entry by its id on the Hugging Face hub; RegistryError where the file lacks a source or has other keys."""
    return _read(find_data("hardware_registry", folder) / "estimates" / "llm" / "models.json")


def model_named(name: str, folder: Path | None = None) -> Transformer:
    """The model of a path to a config.json, or of a known name, which may end in how the weights are stored.

    UsageError lists the nearest names where there is no such model.
    """
    path = Path(name)
    if name.endswith(".json") or path.is_dir():
        return read_config(path)
    entries = known_models(folder)
    names = _names(entries)
    plain = _plain(name), _plain(name.rpartition("/")[2])
    found = next((names[each] for each in plain if each in names), None)
    if found is None and (stored := _STORED.search(plain[1])):
        word = stored[1]
        whole = re.sub(rf"[^0-9a-z]*(?:quantized)?[^0-9a-z]*{word}$", "", name.casefold())
        return stored_as(model_named(whole, folder), _FORMATS.get(word, word))
    if found is None:
        raise UsageError(
            f"model {name!r} is no config.json and no known name; nearest: {_nearest(name, entries)}. "
            "Name the config.json of the model instead."
        )
    return transformer_of(entries[found]["config"], name=found, where=found)


@cache
def _read(file: Path) -> Mapping[str, Mapping[str, Any]]:
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RegistryError(f"{file} cannot be read ({error}); restore it or name another registry.") from None
    for name, entry in entries.items():
        if not isinstance(entry, dict) or not _REQUIRED <= set(entry) <= _FIELDS:
            raise RegistryError(f"{file}: {name} must hold {sorted(_REQUIRED)} and may hold {sorted(_FIELDS)}.")
    return dict(entries)


def _names(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    names: dict[str, str] = {}
    for key, entry in entries.items():
        for name in (key, key.rpartition("/")[2], *entry["aliases"]):
            names.setdefault(_plain(name), key)
    return names


def _plain(name: str) -> str:
    """Letters and digits alone, without words for a variant of the same architecture."""
    text = re.sub(r"[^a-z0-9]", "", name.casefold())
    while (shorter := _VARIANTS.sub("", text)) not in (text, ""):
        text = shorter
    return text


def _nearest(name: str, entries: Mapping[str, Mapping[str, Any]]) -> str:
    spelled = [alias for key, entry in entries.items() for alias in (key.rpartition("/")[2], *entry["aliases"])]
    lowered = {word.casefold(): word for word in spelled}
    close = difflib.get_close_matches(name.rpartition("/")[2].casefold(), lowered, n=4, cutoff=0.4)
    return ", ".join(lowered[word] for word in close) or "none"
