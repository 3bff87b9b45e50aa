"""Measured rows beside what the product says of them, through the calls that a user has."""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.truth.rows import registry
from gauntlet.hardware.estimates.attention import Phase, attention
from gauntlet.hardware.estimates.elementwise import elementwise
from gauntlet.hardware.estimates.gemm import FORMATS, gemm
from gauntlet.hardware.estimates.libraries import of_any_library
from gauntlet.hardware.estimates.records import Estimate
from gauntlet.workloads.vision.estimate import estimate_step
from gauntlet.workloads.vision.machine import Stack
from gauntlet.workloads.vision.parameters import vision_parameters
from gauntlet.workloads.vision.work import network_work

Floats = npt.NDArray[np.float64]
Row = Mapping[str, str]
_ALIGNED_BYTES = 16
"""What a row of an operand must be a multiple of for the widest loads (NVIDIA, Matrix Multiplication Background)."""


class Group(NamedTuple):
    """Rows of one kind on one device, in seconds."""

    device: str
    name: str
    measured: Floats
    value: Floats
    bound: Floats
    low: Floats
    high: Floats
    widest: tuple[Floats, Floats]
    """The band where a specification names the kernel and not the library."""

    @property
    def beaten(self) -> int:
        """How many are faster than their bound."""
        return int((self.measured < self.bound).sum())


def groups(folder: Path) -> Iterator[Group]:
    """Every kind of row in a folder that is named as the registry names its GPU."""
    for file, (name_of, answer) in _KINDS.items():
        by: dict[str, list[Row]] = defaultdict(list)
        for row in _read(folder / f"{file}.csv"):
            by[name_of(row)].append(row)
        for name, rows in by.items():
            yield Group(folder.name, name, _numbers(rows, "time_s"), *answer(folder.name, rows))


def _read(file: Path) -> list[Row]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _numbers(rows: Sequence[Row], column: str) -> Floats:
    return np.array([float(row[column]) for row in rows])


Answer = tuple[Floats, Floats, Floats, Floats, tuple[Floats, Floats]]


def _product(row: Row) -> str:
    element = next(one.input_bytes for name, one in FORMATS.items() if name == row["format"])
    whole = all(int(row[size]) * element % _ALIGNED_BYTES == 0 for size in ("n", "k"))
    return f"matrix product, {row['format']}{'' if whole else ', rows not of 16 bytes'}"


def _gemm(device: str, rows: Sequence[Row]) -> Answer:
    m, n, k = (_numbers(rows, size) for size in ("m", "n", "k"))
    form = next(name for name in FORMATS if name == rows[0]["format"])
    return _of(gemm(registry(), device, m, n, k, form), "gemm", form)


def _attention(device: str, rows: Sequence[Row]) -> Answer:
    batch, context, heads, kv_heads, head_size = (
        _numbers(rows, size) for size in ("batch", "context", "heads", "kv_heads", "head_size")
    )
    phase: Phase = "prefill" if rows[0]["phase"] == "prefill" else "decode"
    return _of(attention(registry(), device, phase, batch, context, heads, kv_heads, head_size), "attention")


def _elementwise(device: str, rows: Sequence[Row]) -> Answer:
    read, written = (_numbers(rows, f"{way}_bytes") for way in ("read", "written"))
    return _of(elementwise(registry(), device, read, written), "elementwise")


def _networks(device: str, rows: Sequence[Row]) -> Answer:
    counts = {name: _numbers(rows, name) for name in ("parameters", "mac", "activations", "image_side", "batch")}
    stack = Stack("amp", rows[0]["layout"], "pt291", "eager")
    found = estimate_step(network_work(counts), device, stack, vision_parameters(), registry())
    return found.time_s, found.bound_s, found.low_s, found.high_s, (found.low_s, found.high_s)


def _of(found: Estimate, kernel: str, form: str | None = None) -> Answer:
    of_any = of_any_library(found, kernel, form)
    return found.value, found.bound, found.low, found.high, (of_any.low, of_any.high)


_KINDS: Mapping[str, tuple[Callable[[Row], str], Callable[[str, Sequence[Row]], Answer]]] = {
    "gemm": (_product, _gemm),
    "attention": (lambda row: f"attention, {row['phase']}, {row['library']}", _attention),
    "elementwise": (lambda row: f"{row['name']} of an array", _elementwise),
    "networks": (lambda row: f"vision network, amp, {row['layout']}", _networks),
}
"""By file: the name of a row's group, and what the product answers for the rows of a group."""
