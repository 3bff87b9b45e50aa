"""MFU tables from the files that inference-sim and InferSim use, with the peak behind their shares found out.

    <folder>/gemm/<gpu>/data.csv               m,k,n,latency_us,mfu
    <folder>/mha/prefill/<gpu>/<shape>.csv     dtype,seq_len,latency_us,mfu
    <folder>/mha/decode/<gpu>/<shape>.csv      dtype,kv_dtype,batch_size,kv_len,latency_us,mfu
    <shape>                                    <heads>-<kv heads>-<head size>, in decode also with -tp<n> behind it

No file says which peak its shares refer to, so latency and share of each row are asked: FLOP / (latency share). That
must be one number for the file, and a dense peak that the device has; twice that in prefill counts the full square of
a causal product, tp times that counts all devices. A row that disagrees, or a peak the device lacks, is refused. Shares
are then taken from the latencies, because the files round them to three digits (0.000 occurs).
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, get_args

import numpy as np

from gauntlet.errors import RecordError, RegistryError
from gauntlet.hardware.basis import Floats
from gauntlet.hardware.mfu import DecodeTable, GemmTable, Grid, Heads, Line, MfuTables, PrefillTable, Shape, Table
from gauntlet.hardware.records import Device, Precision
from gauntlet.hardware.rows import Rows

_HEADS = re.compile(r"(\d+)-(\d+)-(\d+)(?:-tp(\d+))?")
_PRECISIONS: dict[str, Precision] = {name: name for name in get_args(Precision)}
_PRECISIONS |= {"bfloat16": "bf16", "float16": "fp16", "half": "fp16", "float32": "fp32", "float8": "fp8"}
_NEAR = 0.03
"""Two statements of one peak lie this near, as in the registry, beside the rounding of the cells."""
_US = 1e-6


class _Counted(NamedTuple):
    """The rows of a file with the FLOP that one device had to do, and how many times the file counted them."""

    rows: Rows
    flop: Floats
    multiples: tuple[int, ...]
    precision: Precision | None


def load_mfu(folder: Path, gpu: str, device: Device, *, kv_precision: Precision = "bf16") -> MfuTables:
    """Tables of `gpu`, as the folder calls it, for a device of the registry; decode with a cache of `kv_precision`.

    RegistryError where the folder knows no such GPU or the device has no such peak; RecordError names a bad row.
    """
    gemm_file = folder / "gemm" / gpu / "data.csv"
    prefill_files, decode_files = (
        sorted((folder / "mha" / kind / gpu).glob("*.csv")) for kind in ("prefill", "decode")
    )
    if not (gemm_file.is_file() or prefill_files or decode_files):
        known = sorted({path.parent.name for path in folder.glob("gemm/*/data.csv")} | _folders(folder))
        raise RegistryError(f"{folder} has no tables of {gpu!r}; it has {', '.join(known) or 'none'}.")
    return MfuTables(
        device=device.key,
        gemm=_gemm(gemm_file, device) if gemm_file.is_file() else None,
        prefill=_prefill(prefill_files, device) if prefill_files else None,
        decode=_decode(decode_files, device, kv_precision) if decode_files else None,
    )


def _folders(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("mha/*/*") if path.is_dir()}


def _gemm(file: Path, device: Device) -> GemmTable:
    rows = Rows.read(file, ("m", "k", "n", "latency_us", "mfu"))
    m, k, n = (rows.numbers(name) for name in ("m", "k", "n"))
    counted = _Counted(rows, 2 * m * k * n, (1,), None)
    precision, peak = _peak(counted, device)
    share = _shares(counted, peak)
    grids = {shape: Grid(np.ones(1), (_line(m[at], share[at], 1),)) for shape, at in _groups(k, n)}
    return GemmTable(precision, peak, str(file), grids, not_smaller=True)


def _prefill(files: list[Path], device: Device) -> PrefillTable:
    grids: dict[Shape, Grid] = {}
    for file in files:
        heads, _ = _heads(file)
        rows = Rows.read(file, ("dtype", "seq_len", "latency_us", "mfu"))
        length = rows.numbers("seq_len")
        flop = 2 * heads.heads * heads.head_size * length * (length + 1)
        counted = _Counted(rows, flop, (1, 2), _precision(rows))
        precision, peak = _peak(counted, device)
        grids[heads] = Grid(np.ones(1), (_line(length, _shares(counted, peak), 2),))
    return PrefillTable(precision, peak, str(files[0].parent), grids)


def _decode(files: list[Path], device: Device, kv_precision: Precision) -> DecodeTable | None:
    grids: dict[int, dict[Shape, Grid]] = defaultdict(dict)
    for file in files:
        heads, tp = _heads(file)
        rows = Rows.read(file, ("dtype", "kv_dtype", "batch_size", "kv_len", "latency_us", "mfu"))
        rows = rows.where([kind == kv_precision for kind in _precisions(rows, "kv_dtype")])
        if not len(rows):
            continue
        batch, length = rows.numbers("batch_size"), rows.numbers("kv_len")
        flop = 4 * heads.heads * heads.head_size * batch * length / tp
        counted = _Counted(rows, flop, (1, tp), _precision(rows))
        precision, peak = _peak(counted, device)
        share = _shares(counted, peak)
        of_batch = [(shape[0], _line(length[at], share[at], 1)) for shape, at in _groups(batch)]
        grids[tp][heads] = Grid(np.array([each for each, _ in of_batch]), tuple(line for _, line in of_batch))
    source = str(files[0].parent)
    tables = {tp: Table(precision, peak, source, of_tp) for tp, of_tp in sorted(grids.items())}
    return DecodeTable(tables) if tables else None


def _heads(file: Path) -> tuple[Heads, int]:
    found = _HEADS.fullmatch(file.stem)
    if not found:
        raise RecordError(f"{file}: the name must be <heads>-<kv heads>-<head size>[-tp<n>].csv, such as 32-8-128.csv.")
    heads, kv_heads, size, tp = (int(part or 1) for part in found.groups())
    if not min(heads, kv_heads, size, tp):
        raise RecordError(f"{file}: a size in the name is 0; correct the name.")
    return Heads(heads, kv_heads, size), tp


def _precision(rows: Rows) -> Precision:
    """Of the arithmetic, the same in the whole file."""
    found = _precisions(rows, "dtype")
    for row, each in enumerate(found):
        if each != found[0]:
            raise rows.error(row, "dtype", f"differs from {found[0]!r} above; split the file")
    return found[0]


def _precisions(rows: Rows, name: str) -> list[Precision]:
    words = rows.words(name)
    for row, word in enumerate(words):
        if word not in _PRECISIONS:
            raise rows.error(row, name, f"is no precision; one of {', '.join(_PRECISIONS)}")
    return [_PRECISIONS[word] for word in words]


def _peak(counted: _Counted, device: Device) -> tuple[Precision, float]:
    """Precision and dense peak of the device that the rows imply."""
    implied, slack = _implied(counted)
    facts = [fact for fact in device.facts if fact.quantity == "peak_flop_per_s" and fact.mode == "dense"]
    for fact in facts:
        if fact.precision is not None and counted.precision in (None, fact.precision):
            ratios = (implied / (times * fact.value) for times in counted.multiples)
            if any(abs(ratio - 1) <= slack for ratio in ratios):
                return fact.precision, fact.value
    known = ", ".join(f"{fact.precision} {fact.value:g}" for fact in facts) or "none"
    at = f" at {counted.precision}" if counted.precision else ""
    raise RegistryError(
        f"{counted.rows.file}: latency and mfu imply a peak of {implied:g} FLOP/s{at}; {device.key} has {known}. "
        "Name the device that was measured, or correct the file."
    )


def _implied(counted: _Counted) -> tuple[float, float]:
    """The peak that all rows agree on, and how well they tell it: the median where the cells are finest."""
    rows = counted.rows
    latency, mfu = rows.numbers("latency_us") * _US, rows.numbers("mfu", zero=True)
    slack = _NEAR + np.array([_rounding(*cells) for cells in zip(*map(rows.words, ("latency_us", "mfu")), strict=True)])
    if not np.any(mfu > 0):
        raise rows.error(0, "mfu", "and all others are 0; measure again with more digits")
    with np.errstate(divide="ignore"):
        implied = counted.flop / (latency * mfu)
    agreed = float(np.median(implied[slack <= np.quantile(slack, 0.25)]))
    for row in np.flatnonzero((mfu > 0) & (np.abs(implied / agreed - 1) > slack)):
        others = f"FLOP / (latency_us mfu) is {implied[row]:.4g} FLOP/s where other rows imply {agreed:.4g}"
        raise rows.error(int(row), "mfu", f"disagrees: {others}; correct the row or remove it")
    return agreed, float(slack.min())


def _rounding(*cells: str) -> float:
    """Relative half units of the last written digits, together."""
    return sum(0.5 * 10.0 ** -len(cell.partition(".")[2]) / max(float(cell), 1e-300) for cell in cells)


def _shares(counted: _Counted, peak: float) -> Floats:
    share = counted.flop / (counted.rows.numbers("latency_us") * _US * peak)
    for row in np.flatnonzero(share > 1):
        raise counted.rows.error(
            int(row), "latency_us", f"is {share[row]:.3g} of the peak {peak:g} FLOP/s; wrong peak?"
        )
    return share


def _groups(*keys: Floats) -> Iterator[tuple[Shape, Floats]]:
    """Each distinct combination, rising, with a mask of its rows."""
    stacked = np.stack(keys, axis=1)
    for shape in np.unique(stacked, axis=0):
        yield tuple(float(size) for size in shape), np.all(stacked == shape, axis=1)


def _line(size: Floats, share: Floats, start: int) -> Line:
    """A line of distinct sizes; what was measured twice counts with its median."""
    distinct = np.unique(size)
    return Line(distinct, np.array([np.median(share[size == each]) for each in distinct]), start)
