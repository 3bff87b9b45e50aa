"""What `gauntlet kernel` asks and says: every size on every device, as lines, records and curves."""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gauntlet.errors import UsageError
from gauntlet.hardware.estimates.kernels import kernel_estimate
from gauntlet.hardware.estimates.records import Estimate, Floats
from gauntlet.hardware.registry import Registry
from gauntlet.mechanisms.catalogue import unit_of
from gauntlet.mechanisms.words import number, plain, quantity

if TYPE_CHECKING:
    from gauntlet.report.kernel_figure import KernelLine

_MEANS = {
    "extrapolated": "this device was measured, at other sizes",
    "nearest": "what is most like it was measured: another device, or this one with another kernel",
    "default": "other devices were measured",
}


class Asked(NamedTuple):
    """One kernel at every combination of `sizes` (an array a size, all of one length) on each device, by its key."""

    kernel: str
    words: Mapping[str, str]
    sizes: Mapping[str, Floats]
    found: Mapping[str, Estimate]


def ask(
    registry: Registry,
    kernel: str,
    devices: Sequence[str],
    sizes: Mapping[str, list[float]],
    words: Mapping[str, str],
    most: int,
) -> Asked:
    """Estimates of every combination; UsageError where there are more than `most`, or no device."""
    if not devices:
        raise UsageError("--hardware names no device; 'gauntlet hardware list' shows them.")
    count = math.prod(map(len, sizes.values())) * len(devices)
    if count > most:
        raise UsageError(f"{count:,} combinations; at most {most:,} are answered at once: give fewer values.")
    columns = np.array(list(product(*sizes.values()))).T
    grid = dict(zip(sizes, columns, strict=True))
    keys = [registry.resolve(name).key for name in devices]
    return Asked(kernel, words, grid, {key: kernel_estimate(registry, kernel, key, grid, words) for key in keys})


def sizes_of_model(name: str, kind: str, folder: Path | None) -> dict[str, float]:
    """Sizes of the first layer of a known model, or config.json, whose attention is of this kind."""
    from gauntlet.workloads.known_models import model_named
    from gauntlet.workloads.transformer_layers import GroupedQuery, Latent

    model = model_named(name, folder)
    for group in model.groups:
        layer = group.attention
        if isinstance(layer, GroupedQuery) and kind == "GroupedQuery":
            return {"heads": layer.heads, "kv_heads": layer.kv_heads, "head_size": layer.head_dim}
        if isinstance(layer, Latent) and kind == "Latent":
            return {
                "heads": layer.heads, "latent_size": layer.kv_rank, "rope_size": layer.rope_dim,
                "nope_size": layer.nope_dim, "value_size": layer.value_dim,
            }  # fmt: skip
    other = "latent-attention" if kind == "GroupedQuery" else "attention"
    raise UsageError(f"{model.name} has no layer with this kind of attention; try 'gauntlet kernel {other}'.")


def records_of(asked: Asked) -> list[dict[str, Any]]:
    """One flat record a size and device, SI; null where there is no such rate."""
    records = []
    for at in range(_rows(asked)):
        for key, found in asked.found.items():
            rate, unit = _rate(asked, found, at)
            records.append({
                "kernel": asked.kernel, "device": key, **asked.words,
                **{name: float(size[at]) for name, size in asked.sizes.items()},
                "time_s": float(found.value[at]), "low_s": float(found.low[at]), "high_s": float(found.high[at]),
                "bound_s": float(found.bound[at]), "bound_by": str(found.binding[at]),
                "efficiency": float(found.efficiency[at]), "basis": str(found.basis[at]),
                "flop_per_s": rate if unit == "FLOP/s" else None, "bytes_per_s": rate if unit == "B/s" else None,
                "source": found.source,
            })  # fmt: skip
    return records


def table_lines(asked: Asked, most: int) -> Iterator[str]:
    """What all rows share, a row a size and device, then what the estimates rest on."""
    varying = [name for name, size in asked.sizes.items() if len(set(size)) > 1]
    yield _title(asked, varying)
    several = len(asked.found) > 1
    head = [*map(plain, varying), "device", "time", "90 % range", "bound", "bound by", "of bound", "rate", "basis"]
    rows = [[*head[:-1], *(["x first"] if several else []), head[-1]]]
    shown = max(1, most // len(asked.found))
    for at in range(min(_rows(asked), shown)):
        first = next(iter(asked.found.values()))
        for key, found in asked.found.items():
            ratio = [number(float(f"{found.value[at] / first.value[at]:.3g}"))] if several else []
            sizes = [_said(name, asked.sizes[name][at]) for name in varying]
            rows.append([*sizes, key, *_cells(asked, found, at), *ratio, str(found.basis[at])])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
    if _rows(asked) > shown:
        yield f"... and {_rows(asked) - shown} more sizes; --csv or --json gives all."
    bases = {str(word) for found in asked.found.values() for word in found.basis}
    yield from (f"{word}: {meaning}." for word, meaning in _MEANS.items() if word in bases)
    yield from (f"{key}: {found.source}." for key, found in asked.found.items())


def lines_of(asked: Asked) -> "tuple[list[KernelLine], str, str]":
    """A curve a device along the one size that varies, the name of that size, and a title; else UsageError."""
    from gauntlet.report.kernel_figure import KernelLine

    varying = [name for name, size in asked.sizes.items() if len(set(size)) > 1]
    if len(varying) != 1:
        which = f"{' and '.join(map(plain, varying))} vary" if varying else "none varies"
        raise UsageError(f"a picture runs along one size, and {which}; give one of them a range such as 1:8192:40.")
    order = np.argsort(asked.sizes[varying[0]])
    at = asked.sizes[varying[0]][order]
    lines = [
        KernelLine(key, at, found.value[order], found.low[order], found.high[order], found.bound[order])
        for key, found in asked.found.items()
    ]
    return lines, varying[0], _title(asked, varying)


def _title(asked: Asked, varying: Sequence[str]) -> str:
    """'gemm bf16, n 4096, k 4096': the kernel and what all rows share."""
    shared = [f"{plain(name)} {_said(name, size[0])}" for name, size in asked.sizes.items() if name not in varying]
    return ", ".join((" ".join((plain(asked.kernel), *asked.words.values())), *shared))


def _cells(asked: Asked, found: Estimate, at: int) -> list[str]:
    rate, unit = _rate(asked, found, at)
    return [
        _time(found.value[at]), f"{_time(found.low[at])} to {_time(found.high[at])}", _time(found.bound[at]),
        str(found.binding[at]), f"{found.efficiency[at]:.0%}", quantity(float(f"{rate:.3g}"), unit),
    ]  # fmt: skip


def _rate(asked: Asked, found: Estimate, at: int) -> tuple[float, str]:
    """Arithmetic over time; of kernels that only move data, their bytes."""
    work = float(np.broadcast_to(found.work_flop, found.value.shape)[at])
    if work > 0:
        return work / float(found.value[at]), "FLOP/s"
    moved = sum(float(size[at]) for name, size in asked.sizes.items() if name.endswith("_bytes"))
    return moved / float(found.value[at]), "B/s"


def _rows(asked: Asked) -> int:
    return len(next(iter(asked.sizes.values())))


def _said(name: str, value: float) -> str:
    return quantity(float(value), unit_of(name))


def _time(value_s: float) -> str:
    return quantity(float(f"{value_s:.3g}"), "s")
