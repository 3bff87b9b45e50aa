"""Rows in, answers out, parameters between: CSV and JSON of the benchmark, and the registry's name of a machine."""

import csv
import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.truth.sets import Answer, Rows
from gauntlet.data import find_data
from gauntlet.errors import RegistryError, UsageError
from gauntlet.hardware.registry import Registry

T = TypeVar("T")
COLUMNS = ("row", *Answer._fields)
LARGEST_PARAMETERS_BYTES = 300_000
"""All parameter files together: they are fitted curves, never a copy of the measurements."""

_AMBIGUOUS = {
    "a100": "gpu/a100_sxm_80gb",
    "a100_sxm": "gpu/a100_sxm_80gb",
    "h100": "gpu/h100_sxm5",
    "h800": "gpu/h800_sxm5_80gb",
}
"""Machines that the measurements name more loosely than the registry does."""


def read_rows(file: Path) -> list[dict[str, str]]:
    """Rows of a CSV file with a header, as text; UsageError where there is none or a row has another length."""
    try:
        with file.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{file} cannot be read ({error}); name a CSV file with a header.") from None
    for number, row in enumerate(rows):
        if None in row or None in row.values():
            raise UsageError(f"{file}: row {number + 1} has not as many fields as the header.")
    return rows


def joined(rows: Rows, file: Path) -> list[dict[str, str]]:
    """Rows with the further columns of another file, found by all columns that both have; UsageError names a gap."""
    others = read_rows(file)
    shared = [column for column in (rows[0] if rows else {}) if others and column in others[0]]
    if not shared:
        raise UsageError(f"{file} shares no column with the rows.")
    known = {tuple(other[column] for column in shared): other for other in others}
    found = []
    for place, row in enumerate(rows):
        key = tuple(row[column] for column in shared)
        if key not in known:
            raise UsageError(f"row {place + 1}: {file} lacks {dict(zip(shared, key, strict=True))}.")
        found.append(known[key] | row)
    return found


def numbers(rows: Rows, column: str, empty: float = math.nan) -> list[float]:
    """A column as numbers; `empty` where nothing stands. UsageError names the row of a word or a missing column."""
    found = []
    for place, row in enumerate(rows):
        try:
            found.append(float(row[column]) if row[column] else empty)
        except KeyError:
            raise UsageError(f"there is no column {column!r}; there are {', '.join(row)}.") from None
        except ValueError:
            raise UsageError(f"row {place + 1}: {column} is {row[column]!r}; a number was expected.") from None
    return found


def by(rows: Rows, *columns: str) -> dict[tuple[str, ...], list[int]]:
    """Places of the rows that agree in all of these columns, by their values."""
    places: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        try:
            places[tuple(row[column] for column in columns)].append(place)
        except KeyError as missing:
            raise UsageError(f"there is no column {missing}; there are {', '.join(row)}.") from None
    return places


def known(table: Mapping[str, T], word: str) -> T:
    """What a word of the measurements means; RegistryError where the table has no such word."""
    if word not in table:
        raise RegistryError(f"{word!r} is not known; {', '.join(table)} are.")
    return table[word]


@cache
def registry() -> Registry:
    """The registry that belongs to the installation, read once."""
    return Registry.load()


@cache
def registry_key(machine: str) -> str | None:
    """class/id of the machine that a measurement names; None where the registry has no such device."""
    try:
        return registry().resolve(_AMBIGUOUS.get(machine, machine)).key
    except RegistryError:
        return None


def parameters_file(name: str) -> Path:
    """Where the parameters of a set live."""
    return find_data("hardware_registry", None) / "estimates" / f"{name}.json"


def read_parameters(name: str) -> dict[str, Any]:
    """Fitted parameters of a set, {} where it has none."""
    file = parameters_file(name)
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else {}


def write_parameters(name: str, parameters: dict[str, Any]) -> Path | None:
    """Keep parameters for the product; None where there are none. UsageError where all files become too large."""
    if not parameters:
        return None
    file = parameters_file(name)
    text = json.dumps(parameters, indent=1, allow_nan=False) + "\n"
    others = sum(other.stat().st_size for other in file.parent.glob("*.json") if other != file)
    if others + len(text) > LARGEST_PARAMETERS_BYTES:
        total = others + len(text)
        raise UsageError(f"{file} brings all parameters to {total} B; {LARGEST_PARAMETERS_BYTES} B at most.")
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def write_answers(file: Path, labels: Sequence[str], answers: Sequence[Answer | None]) -> int:
    """One line a row, empty after its label where there is no answer; how many answers there are."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        for label, answer in zip(labels, answers, strict=True):
            cells = [_text(value) for value in answer] if answer else [""] * len(Answer._fields)
            writer.writerow((label, *cells))
    return sum(answer is not None for answer in answers)


def _text(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.8g}"
