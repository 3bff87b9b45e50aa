"""Measurements as a CSV file: times of operations, with what each had to do.

operation,precision,group   what was timed; the group is what is held out together: a model family, a family of shapes
time_s                      median of the repeats (or time_ms, time_us, time_ns)
work_flop, moved_bytes      what it had to do (or work_gflop, ..., moved_mb, ...); one of them at least.
m,n,k                       instead, for operation gemm: 2 m n k FLOP; each matrix moved once
resource                    which peaks bound a row: roofline (both), compute (operands stay in caches), memory
time_low_s, time_high_s     the middle half of the repeats;  repeats, running, threads, machine, conditions, note: words
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from gauntlet.errors import RecordError
from gauntlet.hardware.basis import Floats
from gauntlet.hardware.calibration.policy import Policy
from gauntlet.hardware.records import Precision
from gauntlet.hardware.rows import Rows
from gauntlet.units import to_si

Resource = Literal["roofline", "compute", "memory"]
"""Which demands bound a row: both, arithmetic alone (caches hold the operands), or traffic alone."""

_TIME_UNITS = {"s": "s", "ms": "ms", "us": "us", "ns": "ns"}
_WORK_UNITS = {"flop": "FLOP", "mflop": "MFLOP", "gflop": "GFLOP", "tflop": "TFLOP"}
_BYTE_UNITS = {"bytes": "B", "kb": "kB", "mb": "MB", "gb": "GB"}
_MEASURED = {"time": _TIME_UNITS, "time_low": _TIME_UNITS, "time_high": _TIME_UNITS, "work": _WORK_UNITS,
             "moved": _BYTE_UNITS}  # fmt: skip
_WORDS = ("operation", "precision", "group")
_SIZES = ("m", "n", "k")
_NOTES = ("resource", "repeats", "running", "threads", "machine", "conditions", "note")
_BITS = re.compile(r"\d+")


@dataclass(frozen=True)
class Measurements:
    """A file's rows as arrays, in SI; `time_low_s` and `time_high_s` equal `time_s` where the file has no spread."""

    rows: Rows
    operation: tuple[str, ...]
    precision: tuple[Precision, ...]
    group: tuple[str, ...]
    work_flop: Floats
    moved_bytes: Floats
    time_s: Floats
    time_low_s: Floats
    time_high_s: Floats
    resource: tuple[Resource, ...]

    @property
    def keys(self) -> tuple[tuple[str, Precision], ...]:
        """Operation and precision of each curve, in the order of the file."""
        return tuple(dict.fromkeys(zip(self.operation, self.precision, strict=True)))

    def conditions(self) -> tuple[str, ...]:
        """Distinct remarks on how it was measured: machine, threads, conditions."""
        found = []
        for name in ("machine", "threads", "conditions"):
            if name in self.rows.columns:
                found += [f"{name}: {cell}" for cell in dict.fromkeys(self.rows.columns[name]) if cell]
        return tuple(found)


def read_measurements(file: Path, policy: Policy) -> Measurements:
    """The measurements of a CSV file; RecordError or RegistryError names file, row, field, and what was expected."""
    rows = Rows.read(file)
    columns = _columns(rows)
    _check_columns(rows, columns)
    operation = rows.words("operation")
    for row, name in enumerate(operation):
        policy.operation(name, f"{file}:{rows.lines[row]}")
    precision = [_precision(rows, row, cell) for row, cell in enumerate(rows.words("precision"))]
    time_s = _numbers(rows, columns, "time")
    low, high = (_numbers(rows, columns, name, default=time_s) for name in ("time_low", "time_high"))
    _check_spread(rows, columns, low, time_s, high)
    work, moved = _demands(rows, columns, operation, precision)
    resource = _resources(rows)
    named = tuple(operation), tuple(precision), tuple(rows.words("group"))
    return Measurements(rows, *named, work, moved, time_s, low, high, resource)


def _resources(rows: Rows) -> tuple[Resource, ...]:
    known: dict[str, Resource] = {word: word for word in get_args(Resource)}
    words = rows.words("resource", default="roofline")
    for row, word in enumerate(words):
        if word not in known:
            raise rows.error(row, "resource", f"is none of {', '.join(known)}")
    return tuple(known[word] for word in words)


def _columns(rows: Rows) -> dict[str, tuple[str, str]]:
    """Measured quantity -> its column and unit; RecordError where one stands twice or has no unit."""
    found: dict[str, tuple[str, str]] = {}
    for name in rows.columns:
        for stem, units in _MEASURED.items():
            suffix = name.removeprefix(f"{stem}_")
            if name == stem or (suffix != name and suffix in units):
                if name == stem:
                    raise RecordError(f"{rows.file}: column {name!r} names no unit; write {_spellings(stem)}.")
                if stem in found:
                    raise RecordError(f"{rows.file}: columns {found[stem][0]!r} and {name!r} say the same; keep one.")
                found[stem] = name, units[suffix]
    return found


def _check_columns(rows: Rows, columns: dict[str, tuple[str, str]]) -> None:
    measured = [name for name, _ in columns.values()]
    expected = [*(f"{stem}_{next(iter(units))}" for stem, units in _MEASURED.items()), *_SIZES]
    Rows.check_header(rows.file, list(rows.columns), _WORDS, [*expected, *measured, *_NOTES])
    if "time" not in columns:
        raise RecordError(f"{rows.file} has no column of times; write {_spellings('time')}.")
    if not {"work", "moved"} & set(columns) and not all(name in rows.columns for name in _SIZES):
        raise RecordError(
            f"{rows.file} does not say what was done; write work_flop, moved_bytes or both, or m, n and k of a gemm."
        )


def _spellings(stem: str) -> str:
    return " or ".join(f"{stem}_{unit}" for unit in _MEASURED[stem])


def _numbers(
    rows: Rows, columns: dict[str, tuple[str, str]], stem: str, default: Floats | None = None, zero: bool = False
) -> Floats:
    """A measured column in SI; `default` where the file has none, or an empty cell."""
    if stem not in columns and default is not None:
        return default
    name, unit = columns[stem]
    found = to_si(
        rows.numbers(name, default=None if default is None else -1.0, zero=zero), unit, f"{rows.file}: {name}"
    )
    return found if default is None else np.where(found < 0, default, found)


def _precision(rows: Rows, row: int, cell: str) -> Precision:
    known = get_args(Precision)
    if cell not in known:
        raise rows.error(row, "precision", f"is none of {', '.join(known)}")
    return cell  # type: ignore[return-value]  # checked against the literal


def _check_spread(rows: Rows, columns: dict[str, tuple[str, str]], low: Floats, middle: Floats, high: Floats) -> None:
    for row in np.flatnonzero((low > middle) | (high < middle)):
        name = columns["time_low" if low[row] > middle[row] else "time_high"][0]
        raise rows.error(int(row), name, f"does not enclose the time {middle[row]:g} s; low <= time <= high")


def _demands(
    rows: Rows, columns: dict[str, tuple[str, str]], operation: Sequence[str], precision: Sequence[Precision]
) -> tuple[Floats, Floats]:
    """FLOP and bytes of each row; those of a GEMM follow from its sizes."""
    nothing = np.zeros(len(rows))
    work = _numbers(rows, columns, "work", nothing, zero=True)
    moved = _numbers(rows, columns, "moved", nothing, zero=True)
    if all(name in rows.columns for name in _SIZES):
        m, n, k = (_sizes(rows, name, operation) for name in _SIZES)
        of_gemm = np.isfinite(m)
        work = np.where(of_gemm & (work == 0), 2 * m * n * k, work)
        each = np.array([_element_bytes(word) for word in precision])
        moved = np.where(of_gemm & (moved == 0), each * (m * k + k * n + m * n), moved)
    for row in np.flatnonzero((work == 0) & (moved == 0)):
        name = next(iter(columns[stem][0] for stem in ("work", "moved") if stem in columns), "m")
        raise rows.error(int(row), name, "says that nothing was done; give FLOP or bytes above 0, or remove the row")
    return work, moved


def _sizes(rows: Rows, name: str, operation: Sequence[str]) -> Floats:
    """A size of a matrix product; NaN for other operations, whose cells stay empty."""
    found = np.full(len(rows), np.nan)
    gemm = [each == "gemm" for each in operation]
    found[gemm] = rows.where(gemm).numbers(name)
    return found


def _element_bytes(precision: Precision) -> float:
    """Bytes in memory of one number; tf32 is stored as fp32."""
    return 4.0 if precision == "tf32" else int(_BITS.findall(precision)[-1]) / 8
