"""A contract file as a validated record; every refusal names file, line, key, what was found and what was expected."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import ValidationError

from gauntlet.errors import ContractError
from gauntlet.hardware.contracts.records import Contract

LARGEST_BYTES = 200_000
_DEEPEST = 12
_SHOWN = 12
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Place = tuple[str | int, ...]
"""Keys and indices from the top of the file to a value."""


class Problem(NamedTuple):
    """What is wrong at one place of a file."""

    file: Path
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.key}: {self.message}"


class Text(NamedTuple):
    """A file's plain data, and the line of every key in it."""

    file: Path
    data: Any
    lines: Mapping[Place, int]

    def problem(self, place: Place, message: str) -> Problem:
        """A problem at `place`, or at the nearest place above it that the file has."""
        known = place
        while known and known not in self.lines:
            known = known[:-1]
        return Problem(self.file, self.lines.get(known, 1), self._key(place) or "(whole file)", message)

    def _key(self, place: Place) -> str:
        """The place in words; an entry of a list by its id."""
        at, parts = self.data, []
        for part in place:
            inside = (isinstance(at, dict) and part in at) or (isinstance(at, list) and part in range(len(at)))
            at = at[part] if inside else None
            own = at.get("id") if isinstance(part, int) and isinstance(at, dict) else None
            parts.append(own if isinstance(own, str) else str(part))
        return ".".join(parts)


def read_text(file: Path) -> Text:
    """Plain data of a YAML file: no tags, no aliases, no key twice; ContractError otherwise."""
    try:
        if file.stat().st_size > LARGEST_BYTES:
            raise ContractError(f"{file} is larger than {LARGEST_BYTES} bytes; a contract is one page of equations.")
        loader = _Loader(file.read_text(encoding="utf-8"))  # a safe loader: plain values only
        root = loader.get_single_node()
        lines = dict(_places(root, (), set())) if root is not None else {}
        return Text(file, loader.construct_document(root) if root is not None else None, lines)
    except (OSError, UnicodeDecodeError) as error:
        raise ContractError(f"{file} cannot be read ({error}); name a readable contract file.") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise ContractError(f"{file}:{line}: is not plain YAML: {error.problem or error.context}.") from None
    except yaml.YAMLError as error:
        raise ContractError(f"{file}: is not plain YAML: {' '.join(str(error).split())}.") from None
    except (ValueError, RecursionError) as error:
        raise ContractError(f"{file}: holds a value that YAML does not allow ({error}); mend it.") from None


def parse_contract(text: Text) -> Contract | list[Problem]:
    """The record, or every key that does not fit."""
    if not isinstance(text.data, dict):
        return [text.problem((), "a contract is a mapping that begins with id, version, title and purpose")]
    try:
        return Contract.model_validate(text.data)
    except ValidationError as error:
        return [text.problem(_place(problem), _sentence(problem)) for problem in error.errors(include_url=False)]


def refuse(problems: list[Problem]) -> ContractError:
    """One error for the first of many problems, one a line."""
    shown = [str(problem) for problem in problems[:_SHOWN]]
    hidden = len(problems) - len(shown)
    more = [f"... and {hidden} more; 'gauntlet contract validate' lists them all."] if hidden else []
    return ContractError("\n".join([*shown, *more]))


def _places(node: yaml.Node, place: Place, seen: set[int]) -> Iterator[tuple[Place, int]]:
    """Every place below `node` with its line; refuses what would be read differently than it looks."""
    if id(node) in seen:
        raise yaml.MarkedYAMLError(problem="an alias (*name); write the value out", problem_mark=node.start_mark)
    if len(place) > _DEEPEST:
        raise yaml.MarkedYAMLError(problem="nested too deeply for a contract", problem_mark=node.start_mark)
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        keys = set()
        for key, value in node.value:
            if key.value in keys:
                raise yaml.MarkedYAMLError(problem=f"{key.value!r} is stated twice", problem_mark=key.start_mark)
            keys.add(key.value)
            yield (*place, key.value), key.start_mark.line + 1
            yield from _places(value, (*place, key.value), seen)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield (*place, index), value.start_mark.line + 1
            yield from _places(value, (*place, index), seen)


def _place(problem: Any) -> Place:
    """Where pydantic saw it, without the steps that are its own ('float', '[key]')."""
    return tuple(part for part in problem["loc"] if part not in ("[key]", "float", "str") and "[" not in str(part))


def _sentence(problem: Any) -> str:
    """What is wrong, what was found, and the next step."""
    message, found = problem["msg"].removeprefix("Value error, "), repr(problem.get("input"))
    if problem["type"] == "missing":
        return "is missing; add it as the neighbouring entries have it"
    if problem["type"] == "extra_forbidden":
        return "is no key of a contract; take it out, or mend its spelling"
    if problem["type"] == "string_type":
        message += "; put it in quotes"
    return f"{message} (found {found if len(found) <= 60 else found[:57] + '...'})"
