"""MFU tables: measured shares of the peak for matrix products and attention, looked up by shape.

    tables = load_mfu(folder, "h20", device)           # mfu_files.py: the file format, and how peaks are checked
    found = tables.gemm.at(m, k, n)                    # Lookup: value in (0, 1], low, high, code; arrays broadcast
    found = tables.prefill.at(Heads(32, 8, 128), seq_len)
    found = tables.decode.at(Heads(32, 8, 128), batch, kv_len, tp=2)

A value is the share of `table.peak_flop_per_s` (at `table.precision`) that a kernel reached on the FLOP it must do:
2 m k n; 4 heads head_size t (t + 1) / 2 in causal prefill of t tokens; 4 heads head_size kv_len batch in decode. So
time = FLOP / (peak value). `low` and `high` hold 90 % of the errors that the same rule makes on entries left out of the
table. Sizes broadcast; NaN where one is not above zero.

rule="log" (ours) interpolates ln share in ln size, holds the latency below the smallest size and the share above the
largest, and for a shape that is not there blends the two nearest, by distance in ln size. rule="linear" is roofline v2
of inference-sim (sim/mfu_database.go): one nearest shape, for GEMM none that is smaller; straight lines; ends held.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from gauntlet.hardware.basis import BASES, Codes, Floats, Lookup, code_of, code_within, codes_of, weakest_of
from gauntlet.hardware.records import Precision

Rule = Literal["log", "linear"]
Found = tuple[Floats, Codes]
Shape = tuple[float, ...]
Bands = Mapping[int, tuple[float, float]]
_LEVELS = (0.05, 0.95)
_BLENDED = 2
"""Leaving out one (k, n) after the other, two shapes did better than one, three, four or six on both public tables."""
_FEWEST_ERRORS = 5
"""With fewer, the range of the whole table stands in for the quantiles."""


class Heads(NamedTuple):
    """Shape of an attention layer."""

    heads: int
    kv_heads: int
    head_size: int


class Line(NamedTuple):
    """Shares along one size, which rises. Below the first entry the share falls with power `start` of the size."""

    size: Floats
    share: Floats
    start: int = 1

    def at(self, size: Floats, rule: Rule) -> Found:
        """Share and basis code for each size."""
        code = _within(self.size, size)
        if rule == "linear":
            return np.interp(size, self.size, self.share), code
        share = np.exp(np.interp(np.log(size), np.log(self.size), np.log(self.share)))
        return share * np.minimum(size / self.size[0], 1.0) ** self.start, code


@dataclass(frozen=True)
class Grid:
    """Lines for several batches, which rise; they need not be equally long. GEMM and prefill have one, of batch 1."""

    batches: Floats
    lines: tuple[Line, ...]

    def at(self, batch: Floats, size: Floats, rule: Rule) -> Found:
        """Bilinear: along the line in both neighbouring batches, then between these."""
        found = [line.at(size, rule) for line in self.lines]
        shares, codes = (np.stack(part) for part in zip(*found, strict=True))
        right = np.clip(np.searchsorted(self.batches, batch), 0, len(self.lines) - 1)
        left = np.where(self.batches[right] <= batch, right, np.maximum(right - 1, 0))
        each = np.arange(batch.size)
        low, high = shares[left, each], shares[right, each]
        code = weakest_of(codes[left, each], codes[right, each], _within(self.batches, batch))
        from_, to, of = self.batches[left], self.batches[right], np.clip(batch, self.batches[0], self.batches[-1])
        if rule == "linear":
            return low + (high - low) * _part(from_, to, of), code
        share = np.exp(np.log(low) + (np.log(high) - np.log(low)) * _part(np.log(from_), np.log(to), np.log(of)))
        return share * np.minimum(batch / self.batches[0], 1.0), code

    def entries(self) -> tuple[Floats, Floats, Floats]:
        """Batch, size and share of every entry."""
        batch = np.concatenate([np.full(line.size.size, at) for at, line in zip(self.batches, self.lines, strict=True)])
        sizes, shares = ([line[part] for line in self.lines] for part in (0, 1))
        return batch, np.concatenate(sizes), np.concatenate(shares)

    def left_out(self) -> Iterator[tuple["Grid", int]]:
        """The grid without one entry of a line that keeps two, and the entry's place in `entries`."""
        place = 0
        for at, line in enumerate(self.lines):
            for entry in range(line.size.size):
                if line.size.size > 2:
                    less = line._replace(size=np.delete(line.size, entry), share=np.delete(line.share, entry))
                    yield Grid(self.batches, (*self.lines[:at], less, *self.lines[at + 1 :])), place
                place += 1


@dataclass(frozen=True)
class Table:
    """Grids by shape, and the peak their shares refer to. `not_smaller`: the linear rule prefers such shapes."""

    precision: Precision
    peak_flop_per_s: float
    source: str
    grids: Mapping[Shape, Grid] = field(repr=False)
    not_smaller: bool = False

    def look_up(self, shapes: Floats, batch: Floats, size: Floats, rule: Rule) -> Lookup:
        """Answers for queries of one length; `shapes` has a row for each."""
        value, code = np.full(size.shape, np.nan), codes_of("default", size.shape)
        sound = (batch > 0) & (size > 0) & np.all(shapes > 0, axis=1)
        places = np.flatnonzero(sound)
        unique, member = _distinct(shapes[sound])
        for index, shape in enumerate(unique):
            here = places[member == index]
            value[here], code[here] = self._of_shape(tuple(shape), batch[here], size[here], rule)
        low, high = (np.array([self._bands[rule][at][side] for at in range(len(BASES))])[code] for side in (0, 1))
        return Lookup(value, value * low, np.minimum(value * high, 1.0), code)

    def _of_shape(self, shape: Shape, batch: Floats, size: Floats, rule: Rule) -> Found:
        if shape in self.grids:
            return self.grids[shape].at(batch, size, rule)
        known = list(self.grids)
        near, distance = self._nearest(np.array(known), np.array(shape), rule)
        found = [self.grids[known[place]].at(batch, size, rule) for place in near]
        code = weakest_of(code_of("nearest"), *(code for _, code in found))
        logs = np.stack([np.log(value) for value, _ in found])
        return np.exp(np.average(logs, axis=0, weights=1 / distance)), code

    def _nearest(self, known: Floats, asked: Floats, rule: Rule) -> tuple[npt.NDArray[np.intp], Floats]:
        """Places of the shapes that stand in, and how far they are."""
        if rule == "log":
            distance = np.linalg.norm(np.log(known) - np.log(asked), axis=1)
            near = np.argsort(distance, kind="stable")[:_BLENDED]
            return near, distance[near]
        distance = np.linalg.norm(known - asked, axis=1)
        covering = np.all(known >= asked, axis=1)
        if self.not_smaller and covering.any():
            distance = np.where(covering, distance, np.inf)
        near = np.argsort(distance, kind="stable")[:1]
        return near, distance[near]

    @cached_property
    def _bands(self) -> Mapping[Rule, Bands]:
        """For each rule and basis code, the factors that hold 90 % of measured / looked up on entries left out."""
        return {rule: self._bands_of(rule) for rule in get_args(Rule)}

    def _bands_of(self, rule: Rule) -> Bands:
        errors: dict[int, list[float]] = {code: [] for code in range(len(BASES))}
        for shape, grid in self.grids.items():
            batch, size, share = grid.entries()
            rest = {other: entry for other, entry in self.grids.items() if other != shape}
            if rest:
                found, _ = replace(self, grids=rest)._of_shape(shape, batch, size, rule)
                errors[code_of("nearest")].extend(share / found)
            for smaller, place in grid.left_out():
                found, code = smaller.at(batch[place : place + 1], size[place : place + 1], rule)
                errors[int(code[0])].append(float(share[place] / found[0]))
        shares = np.concatenate([grid.entries()[2] for grid in self.grids.values()])
        widest = float(shares.min() / shares.max()), float(shares.max() / shares.min())
        return {code_of("exact"): (1.0, 1.0)} | {
            code: _quantiles(errors[code], widest) for code in range(1, len(BASES))
        }  # fmt: skip


class GemmTable(Table):
    """C[m,n] = A[m,k] B[k,n]; the shapes are (k, n)."""

    def at(self, m: npt.ArrayLike, k: npt.ArrayLike, n: npt.ArrayLike, *, rule: Rule = "log") -> Lookup:
        """Share of the peak. 'nearest' where (k, n) is not in the table, 'extrapolated' where m is beyond its ends."""
        rows, depth, columns = np.broadcast_arrays(*(np.asarray(size, dtype=np.float64) for size in (m, k, n)))
        shapes = np.stack([depth.ravel(), columns.ravel()], axis=1)
        return _shaped(self.look_up(shapes, np.ones(rows.size), rows.ravel(), rule), rows.shape)


class PrefillTable(Table):
    """Causal attention of a prompt with itself; the shapes are `Heads`."""

    def at(self, heads: Heads, seq_len: npt.ArrayLike, *, rule: Rule = "log") -> Lookup:
        """Share of the peak. 'nearest' where these heads are not in the table."""
        length = np.asarray(seq_len, dtype=np.float64)
        shapes = np.tile(np.array(heads, dtype=np.float64), (length.size, 1))
        return _shaped(self.look_up(shapes, np.ones(length.size), length.ravel(), rule), length.shape)


@dataclass(frozen=True)
class DecodeTable:
    """One new token for each sequence of a batch; a table of `Heads` for each degree of tensor parallelism."""

    by_tp: Mapping[int, Table]

    @property
    def precision(self) -> Precision:
        """Of the arithmetic."""
        return next(iter(self.by_tp.values())).precision

    @property
    def peak_flop_per_s(self) -> float:
        """What the shares refer to."""
        return next(iter(self.by_tp.values())).peak_flop_per_s

    def at(
        self, heads: Heads, batch: npt.ArrayLike, kv_len: npt.ArrayLike, *, tp: int = 1, rule: Rule = "log"
    ) -> Lookup:
        """Share of the peak. 'nearest' where these heads or this degree are not in the table."""
        sequences, length = np.broadcast_arrays(*(np.asarray(size, dtype=np.float64) for size in (batch, kv_len)))
        chosen = tp if tp in self.by_tp else min(self.by_tp)
        shapes = np.tile(np.array(heads, dtype=np.float64), (length.size, 1))
        found = self.by_tp[chosen].look_up(shapes, sequences.ravel(), length.ravel(), rule)
        if chosen != tp:
            found = found._replace(code=weakest_of(found.code, code_of("nearest")))
        return _shaped(found, length.shape)


@dataclass(frozen=True)
class MfuTables:
    """What one folder states for one device; None where it has no such file."""

    device: str
    gemm: GemmTable | None
    prefill: PrefillTable | None
    decode: DecodeTable | None


def _distinct(shapes: Floats) -> tuple[Floats, npt.NDArray[np.intp]]:
    """Distinct rows, and which one each row is; mostly there is one alone, which sorting would make slow."""
    if len(shapes) and np.all(shapes == shapes[0]):
        return shapes[:1], np.zeros(len(shapes), dtype=np.intp)
    unique, member = np.unique(shapes, axis=0, return_inverse=True)
    return unique, member.reshape(-1)


def _within(known: Floats, asked: Floats) -> Codes:
    code = code_within(float(known[0]), float(known[-1]), asked)
    code[np.isin(asked, known)] = code_of("exact")
    return code


def _part(start: Floats, end: Floats, at: Floats) -> Floats:
    """How far `at` lies from start to end; 0 where they are one."""
    return np.divide(at - start, end - start, out=np.zeros_like(at), where=end > start)


def _quantiles(errors: Sequence[float], widest: tuple[float, float]) -> tuple[float, float]:
    if len(errors) < _FEWEST_ERRORS:
        return widest
    low, high = np.quantile(errors, _LEVELS)
    return min(float(low), 1.0), max(float(high), 1.0)


def _shaped(found: Lookup, shape: tuple[int, ...]) -> Lookup:
    value, low, high = (part.reshape(shape) for part in found[:3])
    return Lookup(value, low, high, found.code.reshape(shape))
