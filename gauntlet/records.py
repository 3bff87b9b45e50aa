"""The base of every record in a run folder: frozen, closed, and written as the same bytes each time."""

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from gauntlet.errors import RecordError, UsageError


class Record(BaseModel):
    """A frozen value that refuses unknown fields, so that a typing error in an edited record is found."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="strings", allow_inf_nan=True)

    def to_json(self) -> str:
        """Readable JSON with a final newline; equal records give equal bytes."""
        return json.dumps(self.model_dump(mode="json"), indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    def save(self, path: Path) -> None:
        """Write atomically: a reader sees the old file or the new one, never half of one."""
        write_atomically(path, self.to_json())

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read and validate; RecordError names file, line, field, value and fix."""
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise RecordError(
                f"{path} is missing; run the stage that writes it ('gauntlet evaluate') or name another run folder."
            ) from None
        except UnicodeDecodeError as error:
            raise RecordError(
                f"{path} is not UTF-8 text ({error.reason} at byte {error.start}); save it as UTF-8."
            ) from None
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise RecordError(describe_validation(error, text, path)) from None


def write_atomically(path: Path, text: str | bytes) -> None:
    """Write `text` to a neighbour file, then rename it over `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = text.encode("utf-8") if isinstance(text, str) else text
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex. UsageError when it cannot be opened."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise UsageError(f"{path} cannot be opened ({error.strerror}); name a readable file.") from None


def run_name(sha256: str) -> str:
    """Name of a paper's run folder: the first 16 hex digits."""
    return sha256[:16]


def describe_validation(error: ValidationError, text: str, path: Path) -> str:
    """One line per problem: file:line, field, what was found, what was expected."""
    lines = []
    for problem in error.errors(include_url=False, include_context=False)[:8]:
        where = ".".join(str(part) for part in problem["loc"]) or "(whole file)"
        found = repr(problem.get("input"))
        found = found if len(found) <= 60 else found[:57] + "..."
        place = f"{path}:{line_of(text, problem['loc'])}" if problem["type"] != "json_invalid" else str(path)
        lines.append(f"{place}: {where}: {problem['msg']} (found {found})")
    hidden = error.error_count() - len(lines)
    if hidden > 0:
        lines.append(f"... and {hidden} more of the same kind.")
    return "\n".join(lines)


def line_of(text: str, location: tuple[int | str, ...]) -> int:
    """Line (from 1) at which the value at `location` starts in the JSON `text`; the deepest part that exists."""
    position = 0
    for part in location:
        position = _descend(text, position, part)
    return text.count("\n", 0, position) + 1


def _descend(text: str, start: int, part: int | str) -> int:
    """Offset of member `part` of the JSON value that starts at or after `start`; `start` itself when absent."""
    decoder = json.JSONDecoder()
    at = _skip(text, start)
    if at >= len(text) or text[at] not in "{[":
        return start
    closing, index = ("}" if text[at] == "{" else "]"), 0
    at = _skip(text, at + 1)
    while at < len(text) and text[at] != closing:
        member, key = at, index
        if closing == "}":
            name, at = decoder.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)
            member, key = at, name
        if key == part:
            return member
        _, at = decoder.raw_decode(text, at)
        at = _skip(text, at)
        if at < len(text) and text[at] == ",":
            at = _skip(text, at + 1)
        index += 1
    return start


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at
