"""How long a matrix product C[m,n] = A[m,k] B[k,n] takes on a GPU or CPU.

T = t_launch + min over tiles and split-k of ( (waves x t_tile)^p + t_memory^p )^(1/p) + t_reduce + t_quantise

t_tile   = (matrix^4 + load^4 + issue^4)^(1/4) + prologue; a tile of Tm x Tn goes through k / split elements, and
           through `fill_elements` more while its pipeline fills; the shared cache delivers `load_share` of the
           geometric mean of memory rate and units x 64 B a cycle: 0.98 to 1.25 for five kernel libraries on
           Ampere, Hopper and Blackwell, 7 and more for Hopper's 16-bit kernels, whose units share loads;
           tiles below `least_tile` elements do not fill the matrix unit
waves    = tiles / units, rounded up to `whole_waves` of its part
t_memory = operands / memory rate, or the rate of the cache for operands that a loop finds there
t_reduce = the partial sums of split-k, written and read once

Sources: tile and wave quantisation, NVIDIA, Matrix Multiplication Background, 2023; split-k, CUTLASS, Efficient GEMM.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from gauntlet.errors import UsageError
from gauntlet.hardware.bounds import Real, Times, gemm_bound
from gauntlet.hardware.estimates.libraries import libraries
from gauntlet.hardware.estimates.machine import Machine
from gauntlet.hardware.estimates.model import estimate
from gauntlet.hardware.estimates.records import Estimate, Floats, Parameters
from gauntlet.hardware.records import Precision
from gauntlet.hardware.registry import Registry

Format = Literal["fp32", "tf32", "bf16", "fp16", "fp8", "fp8_block", "nvfp4", "int8"]


@dataclass(frozen=True)
class Element:
    """How a format is stored, and on which peak it runs. `scale_bytes`: block scales, a share of an element."""

    precision: Precision
    input_bytes: float
    output_bytes: float
    scale_bytes: float = 0.0


FORMATS: dict[Format, Element] = {
    "fp32": Element("fp32", 4, 4),
    "tf32": Element("tf32", 4, 4),
    "bf16": Element("bf16", 2, 2),
    "fp16": Element("fp16", 2, 2),
    "fp8": Element("fp8", 1, 2),
    "fp8_block": Element("fp8", 1, 2, scale_bytes=4 / 128),
    "nvfp4": Element("fp4", 0.5, 2, scale_bytes=1 / 16),
    "int8": Element("int8", 1, 2),
}
"""fp8_block: one FP32 scale for 128 elements; nvfp4: one FP8 scale for 16. Quantised products answer in 16 bit."""

_ALIKE: dict[Format, tuple[Format, ...]] = {"fp8_block": ("fp8",), "int8": ("fp8",), "nvfp4": ("fp8",)}
"""Whose constants serve a format that was never measured, before those of 16 bit."""

_TILES = ((16, 64), (32, 64), (64, 64), (64, 128), (64, 256), (128, 128), (128, 256))
_SPLITS = (1, 2, 4, 8, 16, 32)
_STEP = 64
"""Elements of k that one pipeline stage takes."""
_SHORTEST_SPLIT = 128
_UNIT_BYTES_PER_CYCLE = 64.0
"""What a multiprocessor takes from the second-level cache at most (NVIDIA, Ampere tuning guide)."""
_ROWS_AT_ONCE = 4096

_TM, _TN = np.array(_TILES, dtype=np.float64).T[:, :, None]
_SPLIT = np.array(_SPLITS, dtype=np.float64)


@dataclass(frozen=True)
class Gemm:
    """Products of one format; in each call as many of one shape as `groups` says, each with a B of its own."""

    m: Floats
    n: Floats
    k: Floats
    format: Format
    groups: Floats | float = 1.0

    @property
    def precision(self) -> Precision:
        """The peak they run on."""
        return FORMATS[self.format].precision

    def kernels(self, machine: Machine) -> Sequence[str]:
        """The format, then those that run alike; processors apart from GPUs."""
        formats = (self.format, *_ALIKE.get(self.format, ()), "bf16", "fp16", "fp32")
        return tuple(f"{name}/cpu" for name in formats) if machine.key.startswith("cpu/") else formats

    def sizes(self) -> Mapping[str, Floats]:
        """m, n and k."""
        return {"m": self.m, "n": self.n, "k": self.k}

    def bound(self, machine: Machine) -> Times:
        """Least times; scales of blocks are left out."""
        element = FORMATS[self.format]
        sizes = (self.m, self.n, self.k, element.input_bytes, element.output_bytes)
        return gemm_bound(machine.limits, *sizes, groups=self.groups)

    def unit(self, constants: Mapping[str, float], machine: Machine, reference_clock_hz: float) -> float:
        """Launch overhead in s."""
        return machine.cycles_s(constants["launch_cycles"], reference_clock_hz)

    def model(self, constants: Mapping[str, float], machine: Machine, reference_clock_hz: float) -> Floats:
        """The model of this module, in blocks of rows that stay in the cache."""
        parts = [slice(start, start + _ROWS_AT_ONCE) for start in range(0, len(self.m), _ROWS_AT_ONCE)]
        found = [self._seconds(constants, machine, reference_clock_hz, part) for part in parts]
        return np.concatenate(found) if found else np.zeros(0)

    def _seconds(self, c: Mapping[str, float], machine: Machine, reference_clock_hz: float, part: slice) -> Floats:
        element = FORMATS[self.format]
        input_bytes = element.input_bytes + element.scale_bytes
        m, n, k = (size[part, None] for size in (self.m, self.n, self.k))
        groups = np.broadcast_to(self.groups, self.m.shape)[part, None]
        splits = _SPLIT if c["may_split"] else _SPLIT[:1]
        busy = self._busy_s(c, machine, reference_clock_hz, part, splits)
        memory = memory_s(groups * (m + n) * k * input_bytes, groups * m * n * element.output_bytes, c, machine)
        total = (busy ** c["overlap"] + memory ** c["overlap"]) ** (1 / c["overlap"])
        partial_sums = groups * m * n * (4 * splits + element.output_bytes) / _load_rate(c, machine, reference_clock_hz)
        total += np.where(splits > 1, partial_sums + machine.cycles_s(c["split_cycles"], reference_clock_hz), 0)
        total[(splits > 1) & (k < splits * _SHORTEST_SPLIT)] = np.inf
        rows = self.m[part] / machine.units * machine.cycles_s(c["quantise_row_cycles"], reference_clock_hz)
        elements = self.m[part] * self.k[part] * c["quantise_bytes"] / machine.memory_bytes_per_s
        launch = machine.cycles_s(c["launch_cycles"], reference_clock_hz)
        return np.asarray(total.min(axis=1) + rows + elements + launch)

    def _busy_s(
        self, c: Mapping[str, float], machine: Machine, reference_clock_hz: float, part: slice, splits: Floats
    ) -> Floats:
        """waves x t_tile with the best tile: a row a product, a column a split."""
        element = FORMATS[self.format]
        input_bytes = element.input_bytes + element.scale_bytes
        m, n, k = (size[part, None, None] for size in (self.m, self.n, self.k))
        unit_flop_per_s = machine.peak_flop_per_s * c["peak_share"] / machine.units
        depth = np.ceil(k / splits / _STEP) * _STEP
        groups = np.broadcast_to(self.groups, self.m.shape)[part, None, None]
        tiles = np.ceil(m / _TM) * np.ceil(n / _TN) * splits * groups
        matrix = 2 * (_TM * _TN) * (depth + c["fill_elements"]) / unit_flop_per_s
        issue = 2 * c["least_tile"] * (depth + c["fill_elements"]) / unit_flop_per_s
        loaded = (_TM + _TN) * depth * input_bytes * np.minimum(tiles, machine.units)
        load = loaded / _load_rate(c, machine, reference_clock_hz)
        tile = np.sqrt(np.sqrt(matrix**4 + load**4 + issue**4))
        tile += machine.cycles_s(c["prologue_cycles"], reference_clock_hz)
        share = tiles / machine.units
        waves = np.where(share <= 1, 1, c["whole_waves"] * np.ceil(share) + (1 - c["whole_waves"]) * share)
        return np.asarray((waves * tile).min(axis=1))


def _load_rate(c: Mapping[str, float], machine: Machine, reference_clock_hz: float) -> float:
    """Bytes in a second from the shared cache to all units together: as if both the units and the memory set it."""
    units_bytes_per_s = machine.units * _UNIT_BYTES_PER_CYCLE / machine.cycles_s(1.0, reference_clock_hz)
    return float(c["load_share"] * np.sqrt(machine.memory_bytes_per_s * units_bytes_per_s))


def memory_s(read_bytes: Floats, written_bytes: Floats, c: Mapping[str, float], machine: Machine) -> Floats:
    """Time to stream operands: from memory, or as far as they fit from a cache that is `cache_gain` times faster."""
    moved = read_bytes + written_bytes / c["write_share"]
    kept = 1 / (1 + ((read_bytes + written_bytes) / (machine.cache_bytes * c["cache_share"])) ** 3)
    rate = machine.memory_bytes_per_s * c["memory_share"]
    return np.asarray(moved * ((1 - kept) + kept / c["cache_gain"]) / rate)


def gemm(
    registry: Registry,
    device: str,
    m: Real,
    n: Real,
    k: Real,
    format: Format = "bf16",
    *,
    parameters: Parameters | None = None,
) -> Estimate:
    """Times of C[m,n] = A[m,k] B[k,n] on a device of the registry; sizes broadcast to one axis.

    Quantised formats include the quantisation of A, as serving libraries do it. RegistryError for a device or format
    that nothing is known of, UsageError for sizes that are not positive.
    """
    work = product(m, n, k, format)
    machine = Machine.of(registry, device, work.precision)
    return _slower_where_unaligned(work, machine, estimate(work, machine, parameters or Parameters.read("gemm")))


def _slower_where_unaligned(work: Gemm, machine: Machine, found: Estimate) -> Estimate:
    """Products on a GPU whose rows do not begin where its widest loads do; none was measured with the others."""
    slow = libraries().unaligned
    row_bytes = FORMATS[work.format].input_bytes * np.stack([work.n, work.k])
    off = (row_bytes % slow.bytes != 0).any(axis=0) & machine.key.startswith("gpu/")
    value, low, high = (
        np.where(off, time * factor, time)
        for time, factor in ((found.value, slow.typical), (found.low, slow.low), (found.high, slow.high))
    )
    return replace(found, value=value, low=low, high=high, basis=np.where(off, "extrapolated", found.basis))


def product(m: Real, n: Real, k: Real, format: Format) -> Gemm:
    """The products of these sizes, broadcast to one axis; UsageError for a format that is not known."""
    if format not in FORMATS:
        raise UsageError(f"format {format!r} is not known; there are {', '.join(get_args(Format))}.")
    rows, columns, depth = np.broadcast_arrays(*(np.atleast_1d(np.asarray(size, np.float64)) for size in (m, n, k)))
    return Gemm(rows, columns, depth, format)
