"""The catalogue: every primitive as data, from its signature, its docstring and the record of its family.

Signature and docstring say how a primitive is called, where it holds and who derived it. `families/*.json` adds what
cannot be read from there: which arguments mean load, contention or scale (a cost model that uses the primitive must
answer to them), the direction in which each argument moves each output, the relative error of the model's form
(standard deviation; 0 for an exact result under its assumptions) with how it was found, and an example.
"""

import difflib
import functools
import importlib
import inspect
import json
import pkgutil
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from gauntlet.mechanisms._inputs import ValidityWarning, domains_of

__all__ = ["Argument", "Primitive", "ValidityWarning", "catalogue", "families", "find", "unit_of"]

_FAMILIES = (
    "queueing",
    "operational",
    "replication",
    "concurrency",
    "network",
    "memory",
    "storage",
    "compute",
    "scheduling",
    "energy",
    "composition",
)
"""Files of `families/`, in the order in which the catalogue lists them."""

_SIGN = re.compile(r"(\w+)([+~-])")


class Argument(NamedTuple):
    """One argument: unit as pint spells it ('' for a bare number), kind of value, and the words a choice allows.

    Kinds: scalar, integer, probability, flag (these broadcast as arrays), list (its elements broadcast), matrix,
    latency (a distribution), choice. `domain` says in words which values are valid.
    """

    unit: str
    kind: str
    allowed: tuple[str, ...]
    required: bool
    domain: str


@dataclass(frozen=True)
class Primitive:
    """One primitive: how to call it, what it returns, where it holds and who derived it.

    `signs` maps an argument to the outputs that it moves: '+' never down, '-' never up, '~' either way; an output
    that is not named does not move. A list is raised in any of its elements, a law in its times, a flag from false to
    true. `plot` names the argument to draw along, if one was chosen.
    """

    name: str
    function: Callable[..., tuple[Any, ...]]
    family: str
    summary: str
    description: str
    arguments: Mapping[str, Argument]
    outputs: Mapping[str, str]
    validity: str
    source: str
    model_form_error: float
    error_basis: str
    responds_to: tuple[str, ...]
    signs: Mapping[str, Mapping[str, str]]
    example: Mapping[str, Any]
    plot: Mapping[str, Any]


_UNITS = (  # last part of the name -> unit; the first that fits
    ("energy_per_flop_j", "J/FLOP"),
    ("energy_per_byte_j", "J/B"),
    ("flop_per_byte", "FLOP/B"),
    ("flop_per_joule", "FLOP/J"),
    ("flop_per_s", "FLOP/s"),
    ("flop_per_token", "FLOP"),
    ("bytes_per_s", "B/s"),
    ("bytes_per_token", "B"),
    ("bytes_per_level", "B"),
    ("bytes_per_allreduce", "B"),
    ("bytes_per_sender", "B"),
    ("per_byte_s", "s/B"),
    ("s2", "s**2"),
    ("rpm", "1/min"),
    ("iops", "1/s"),
    ("tps", "1/s"),
    ("per_s", "1/s"),
    ("s", "s"),
    ("bytes", "B"),
    ("bytes_", "B"),
    ("flop", "FLOP"),
    ("j", "J"),
    ("w", "W"),
)


def catalogue() -> Mapping[str, Primitive]:
    """All primitives by name."""
    return _catalogue()


def families() -> Mapping[str, str]:
    """Name of each family and its title, in the catalogue's order."""
    return {family: _record_of(family)["title"] for family in _FAMILIES}


def find(name: str) -> Primitive:
    """The primitive of that name; ValueError with the nearest names otherwise."""
    known = catalogue()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
        hint = f"nearest: {', '.join(near)}" if near else f"one of the {len(known)} in the catalogue was expected"
        raise ValueError(f"primitive {name!r} is unknown; {hint}.")
    return known[name]


def unit_of(name: str) -> str:
    """Unit that the last part of an argument's or output's name states; '' for a bare number."""
    return next((unit for last, unit in _UNITS if name == last or name.endswith(f"_{last}")), "")


@functools.cache
def _catalogue() -> Mapping[str, Primitive]:
    functions = _functions()
    return MappingProxyType(
        {
            name: _describe(functions[name], family, entry)
            for family in _FAMILIES
            for name, entry in _record_of(family)["primitives"].items()
        }
    )


@functools.cache
def _record_of(family: str) -> dict[str, Any]:
    path = Path(__file__).parent / "families" / f"{family}.json"
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record


def _functions() -> dict[str, Callable[..., tuple[Any, ...]]]:
    """Every primitive of this package's modules; `@primitive` leaves the mark of `functools.wraps`."""
    package = Path(__file__).parent
    found: dict[str, Any] = {}
    for module in pkgutil.iter_modules([str(package)]):
        if module.name != "catalogue" and not module.name.startswith("_"):
            members = vars(importlib.import_module(f"{__package__}.{module.name}"))
            found |= {name: member for name, member in members.items() if inspect.isfunction(member)}
    return {name: function for name, function in found.items() if hasattr(function, "__wrapped__")}


def _describe(function: Callable[..., tuple[Any, ...]], family: str, entry: Mapping[str, Any]) -> Primitive:
    text = inspect.getdoc(function) or ""
    result = typing.get_type_hints(function)["return"]
    return Primitive(
        name=function.__name__,
        function=function,
        family=family,
        summary=text.partition("\n")[0],
        description=_lead(text),
        arguments=_arguments(function),
        outputs=MappingProxyType({name: unit_of(name) for name in result._fields}),
        validity=_part(text, "Domain"),
        source=_part(text, "Source"),
        model_form_error=entry["model_form_error"],
        error_basis=entry["error_basis"],
        responds_to=tuple(entry["responds_to"]),
        signs=MappingProxyType({name: dict(_SIGN.findall(words)) for name, words in entry["signs"].items()}),
        example=MappingProxyType(entry["example"]),
        plot=MappingProxyType(entry.get("plot", {})),
    )


def _arguments(function: Callable[..., tuple[Any, ...]]) -> Mapping[str, Argument]:
    required = {name: p.default is p.empty for name, p in inspect.signature(function).parameters.items()}
    return MappingProxyType(
        {
            name: Argument(
                "s" if domain.kind == "latency" else unit_of(name),
                domain.kind,
                getattr(domain, "allowed", ()),
                required[name],
                domain.words,
            )
            for name, domain in domains_of(function).items()
        }
    )


def _lead(text: str) -> str:
    """What a docstring says between its first line and its first heading, on one line."""
    lead = re.split(r"^(?:Domain|Source|>>>)", text.partition("\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    return " ".join(lead.split())


def _part(text: str, heading: str) -> str:
    """The paragraph of a docstring after `heading:`, on one line."""
    found = re.search(rf"^{heading}: (.*?)(?=^[A-Z][a-z]+: |^>>>|\Z)", text, re.DOTALL | re.MULTILINE)
    return " ".join(found.group(1).split()) if found else ""
