"""Find the one JSON object of an answer that fits its form: bare, fenced, between prose, or among several."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from gauntlet.agents.chat import MAX_ANSWER_CHARACTERS
from gauntlet.records import describe_validation

T = TypeVar("T", bound=BaseModel)

_MAX_STARTS = 2_000
"""Opening braces that are tried, so that an answer made of braces costs no quadratic time."""


@dataclass(frozen=True)
class Reading(Generic[T]):
    """The value, or the problems in words that tell its author what to correct."""

    value: T | None
    problems: tuple[str, ...]


def read_answer(text: str, wire: type[T]) -> Reading[T]:
    """The last object in `text` that `wire` accepts.

    Objects are found by decoding from an opening brace, not by looking for fences: backticks inside a string cut
    nothing off, and a fence without an end does no harm.
    """
    if not text.strip():
        return Reading(None, ("the answer is empty; a JSON object was expected",))
    if len(text) > MAX_ANSWER_CHARACTERS:
        return Reading(None, (f"the answer has {len(text)} characters; at most {MAX_ANSWER_CHARACTERS} are read",))
    objects, broken = _objects(text)
    problems: dict[int, str] = {}
    for found in reversed(objects):
        try:
            return Reading(wire.model_validate_json(found), ())
        except ValidationError as error:
            problems[len(found)] = describe_validation(error, found, Path("answer"))
    # The longest object is the one that was meant, unless a longer one was broken and only its parts were readable.
    if problems and (broken is None or max(problems) >= len(text) // 2):
        return Reading(None, tuple(problems[max(problems)].splitlines()))
    return Reading(None, (broken or "the answer holds no JSON object",))


def _objects(text: str) -> tuple[list[str], str | None]:
    """Complete JSON objects of `text` in order, and what is wrong with the first that is not complete."""
    decoder = json.JSONDecoder(parse_constant=_refuse_constant)
    found: list[str] = []
    broken: str | None = None
    at = text.find("{")
    for _ in range(_MAX_STARTS):
        if at < 0:
            break
        try:
            _, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            broken = broken or _describe(error, text)
            end = at + 1
        else:
            found.append(text[at:end])
        at = text.find("{", end)
    return found, broken


def _describe(error: ValueError | RecursionError, text: str) -> str:
    if not isinstance(error, json.JSONDecodeError):
        return f"not readable as JSON: {error}"
    around = text[max(0, error.pos - 40) : error.pos + 20]
    return f"not valid JSON at line {error.lineno}, column {error.colno}: {error.msg} (near {around!r})"


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")
