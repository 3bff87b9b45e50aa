"""CSV files of measurements as columns; every refusal names the file, the row, the field and what was expected."""

import csv
import difflib
import math
from collections.abc import Collection, Iterator, Sequence
from itertools import compress
from pathlib import Path

import numpy as np

from gauntlet.errors import RecordError
from gauntlet.hardware.basis import Floats

_MOST_BYTES = 100_000_000
_SHOWN = 40


class Rows:
    """A CSV file with a header. `lines` holds the line of each row, for messages; spaces around cells do not count."""

    def __init__(self, file: Path, columns: dict[str, list[str]], lines: list[int]) -> None:
        self.file = file
        self.columns = columns
        self.lines = lines

    def __len__(self) -> int:
        return len(self.lines)

    @classmethod
    def read(cls, file: Path, required: Collection[str] = (), optional: Collection[str] = ()) -> "Rows":
        """The file's rows; RecordError where it cannot be read, is empty, or its columns are not these.

        Without `required` and `optional` any columns are taken.
        """
        try:
            if file.stat().st_size > _MOST_BYTES:
                raise RecordError(f"{file} is larger than {_MOST_BYTES:,} bytes; split it or leave out raw repeats.")
            with file.open(encoding="utf-8-sig", newline="") as stream:
                lines = list(_lines(file, csv.reader(stream)))
        except OSError as error:
            raise RecordError(f"{file} cannot be read ({error.strerror}); name a CSV file.") from None
        except UnicodeDecodeError:
            raise RecordError(f"{file} is not UTF-8 text; save it as CSV with UTF-8.") from None
        if len(lines) < 2:
            raise RecordError(f"{file} has {'a header and no row' if lines else 'no header'}; it needs both.")
        header = lines[0][1]
        _check_header(file, header, required, optional)
        rows = lines[1:]
        columns = {name: [cells[place] for _, cells in rows] for place, name in enumerate(header)}
        return cls(file, columns, [line for line, _ in rows])

    def where(self, kept: Sequence[bool]) -> "Rows":
        """The rows for which `kept` is true, with their lines."""
        columns = {name: list(compress(cells, kept)) for name, cells in self.columns.items()}
        return Rows(self.file, columns, list(compress(self.lines, kept)))

    def words(self, name: str, default: str | None = None) -> list[str]:
        """A column of words; empty cells are `default`, or refused without one."""
        if name not in self.columns and default is not None:
            return [default] * len(self)
        cells = [cell or default or "" for cell in self.columns[name]]
        for row, cell in enumerate(cells):
            if not cell and default is None:
                raise self.error(row, name, "is empty; write a word")
        return cells

    def numbers(self, name: str, *, default: float | None = None, zero: bool = False) -> Floats:
        """A column of finite numbers above zero (or, with `zero`, not below it); empty cells are `default`."""
        if name not in self.columns and default is not None:
            return np.full(len(self), default)
        return np.array([self._number(row, name, cell, default, zero) for row, cell in enumerate(self.columns[name])])

    def error(self, row: int, name: str, what: str) -> RecordError:
        """The error that speaks of one cell: file:line: field 'value' what."""
        cell = self.columns[name][row] if name in self.columns else ""
        return RecordError(f"{self.file}:{self.lines[row]}: {name} = {cell[:_SHOWN]!r} {what}.")

    def _number(self, row: int, name: str, cell: str, default: float | None, zero: bool) -> float:
        if not cell and default is not None:
            return default
        try:
            value = float(cell)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self.error(row, name, "is no finite number; correct the cell or remove the row")
        if value < 0 or (value == 0 and not zero):
            raise self.error(row, name, f"must be {'at least' if zero else 'above'} 0; correct it or remove the row")
        return value


def _lines(file: Path, reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Line number and stripped cells of each line that is not blank; all are as wide as the first."""
    width = 0
    try:
        for cells in reader:
            line: int = reader.line_num  # type: ignore[attr-defined]
            stripped = [cell.strip() for cell in cells]
            if not any(stripped):
                continue
            width = width or len(stripped)
            if len(stripped) != width:
                raise RecordError(
                    f"{file}:{line}: {len(stripped)} cells where the header has {width}; correct the row."
                )
            yield line, stripped
    except csv.Error as error:
        raise RecordError(f"{file} is not CSV: {error}.") from None


def _check_header(file: Path, header: list[str], required: Collection[str], optional: Collection[str]) -> None:
    if len(set(header)) < len(header):
        twice = sorted({name for name in header if header.count(name) > 1})
        raise RecordError(f"{file}: column {', '.join(map(repr, twice))} stands twice; keep one.")
    known = [*required, *optional]
    missing = [name for name in required if name not in header]
    if missing:
        lacks = ", ".join(map(repr, missing))
        raise RecordError(f"{file} has no column {lacks}; expected {','.join(known)}, found {','.join(header)}.")
    unknown = [name for name in header if known and name not in known]
    if unknown:
        near = difflib.get_close_matches(unknown[0], known, n=1, cutoff=0.4)
        hint = f"; did you mean {near[0]!r}" if near else ""
        raise RecordError(f"{file}: column {unknown[0]!r} is unknown{hint}; expected {','.join(known)}.")
