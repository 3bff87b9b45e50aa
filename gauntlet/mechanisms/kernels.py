"""Compute kernels: rooflines, tiles, waves and arrays."""

from typing import Annotated, NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import (
    LARGEST,
    Count,
    Floats,
    Listed,
    NonNegative,
    Positive,
    Scalar,
    Whole,
    primitive,
    require,
)

ListOfBytes = Annotated[Floats, Listed(Scalar(0.0))]
ListOfCycles = Annotated[Floats, Listed(Scalar(0.0, LARGEST))]
ListOfBandwidths = Annotated[Floats, Listed(Scalar(0.0, above=True))]


class Roofline(NamedTuple):
    """Outputs of `roofline`."""

    time_s: Floats
    attainable_flop_per_s: Floats
    ridge_flop_per_byte: Floats


@primitive
def roofline(
    flop: NonNegative, bytes_: NonNegative, peak_flop_per_s: Positive, bandwidth_bytes_per_s: Positive
) -> Roofline:
    """Roofline: T >= max(F / peak, Q / bandwidth), rate F / T, ridge peak / bandwidth.

    Counts in the time T perfect overlap of arithmetic F (`flop` at `peak_flop_per_s`) and traffic Q (`bytes_` at
    `bandwidth_bytes_per_s`): a bound, never a prediction. Leaves out everything else.
    Domain: any kernel whose work and traffic are counted soundly; a claim beyond it is impossible.
    Source: Williams, Waterman, Patterson, Comm. ACM 52(4), 2009.

    >>> round(float(roofline(1e12, 1e10, 500e12, 2e12).attainable_flop_per_s))
    200000000000000
    """
    time_s = np.maximum(flop / peak_flop_per_s, bytes_ / bandwidth_bytes_per_s)
    rate_flop_per_s = np.fmin(peak_flop_per_s, flop / bytes_ * bandwidth_bytes_per_s)  # the peak for 0/0
    return Roofline(time_s, rate_flop_per_s, peak_flop_per_s / bandwidth_bytes_per_s)


class LevelRoofline(NamedTuple):
    """Outputs of `hierarchical_roofline`."""

    time_s: Floats
    binding_level: Floats


@primitive
def hierarchical_roofline(
    flop: NonNegative,
    bytes_per_level: ListOfBytes,
    bandwidths_bytes_per_s: ListOfBandwidths,
    peak_flop_per_s: Positive,
) -> LevelRoofline:
    """Cache-aware roofline: T >= max(F / peak, max over levels Q_l / B_l).

    Counts in the time T arithmetic F (`flop` at `peak_flop_per_s`) and the traffic Q_l (`bytes_per_level`) of every
    memory level at its bandwidth B_l (`bandwidths_bytes_per_s`); `binding_level` is the index of the slowest from 0, -1
    for arithmetic. Leaves out what `roofline` leaves out.
    Domain: one traffic figure per level, first level first.
    Source: Ilic, Pratas, Sousa, IEEE Comput. Archit. Lett. 13(1), 2014; Yang, Kurth, Williams, Concurr. Comput. 32(20),
    2020.

    >>> round(float(hierarchical_roofline(1e9, [4e9, 2e9, 8e8], [1e12, 5e11, 1e11], 5e11).time_s), 6)
    0.008
    """
    require(
        len(bytes_per_level) == len(bandwidths_bytes_per_s),
        f"hierarchical_roofline: {len(bytes_per_level)} bytes_per_level and {len(bandwidths_bytes_per_s)} "
        "bandwidths_bytes_per_s; expected one of each per level.",
    )
    time_s, binding = flop / peak_flop_per_s, np.full((), -1.0)
    for level, traffic_s in enumerate(bytes_per_level / bandwidths_bytes_per_s):
        binding = np.maximum(binding, (traffic_s > time_s) * (level + 1.0) - 1)
        time_s = np.maximum(time_s, traffic_s)
    return LevelRoofline(time_s, binding)


class Waves(NamedTuple):
    """Outputs of `gpu_wave_quantisation`."""

    waves: Floats
    efficiency: Floats


@primitive
def gpu_wave_quantisation(tiles: Count, sms: Count, blocks_per_sm: Count) -> Waves:
    """Tiles run in waves: w = ceil(t / (s b)), efficiency t / (w s b).

    Counts the last, partly filled of w waves of t `tiles` on s multiprocessors (`sms`) that hold b blocks each
    (`blocks_per_sm`); leaves out kernels that split or stream their tiles.
    Domain: tiles of equal duration, however many share a multiprocessor. No ceiling: a lone block runs faster, so that
    below one wave `grid_limited_kernel` is the sound bound.
    Source: NVIDIA, Matrix Multiplication Background User's Guide (Deep Learning Performance), 2023, wave quantization.

    >>> round(float(gpu_wave_quantisation(150, 100, 1).efficiency), 6)
    0.75
    """
    slots = sms * blocks_per_sm
    waves = np.ceil(tiles / slots)
    return Waves(waves, tiles / (waves * slots))


class Occupancy(NamedTuple):
    """Outputs of `gpu_occupancy`."""

    blocks_per_sm: Floats
    active_warps: Floats
    occupancy: Floats


_WARP_THREADS = 32
_REGISTERS_PER_ALLOCATION = 256  # registers are handed to a warp in units of this size, CUDA C Programming Guide


@primitive
def gpu_occupancy(
    threads_per_block: Count,
    registers_per_thread: Whole,
    smem_per_block_bytes: NonNegative,
    max_warps_per_sm: Count,
    max_blocks_per_sm: Count,
    registers_per_sm: Count,
    smem_per_sm_bytes: NonNegative,
) -> Occupancy:
    """Blocks per multiprocessor: min(floor(W / w), B, floor(floor(R / r_w) / w), floor(M / m)); occupancy blocks w / W.

    Counts limits by warps (W `max_warps_per_sm`; w = ceil(`threads_per_block` / 32) per block), blocks (B
    `max_blocks_per_sm`), registers (R `registers_per_sm`; r_w = 32 `registers_per_thread`, rounded up to 256 per warp)
    and shared memory (M `smem_per_sm_bytes`; m `smem_per_block_bytes`); leaves out the granularity of warp allocation.
    Occupancy hides latency, it is no efficiency.
    Domain: one kernel on the multiprocessor.
    Source: NVIDIA, CUDA C++ Programming Guide, 2023, section on occupancy.

    >>> round(float(gpu_occupancy(512, 64, 0.0, 64, 32, 65_536, 65_536.0).blocks_per_sm))
    2
    """
    warps = np.ceil(threads_per_block / _WARP_THREADS)
    per_warp = np.ceil(registers_per_thread * _WARP_THREADS / _REGISTERS_PER_ALLOCATION) * _REGISTERS_PER_ALLOCATION
    by_registers = np.floor(np.floor(registers_per_sm / per_warp) / warps)
    by_memory = np.where(smem_per_block_bytes > 0, np.floor(smem_per_sm_bytes / smem_per_block_bytes), np.inf)
    by_warps = np.minimum(np.floor(max_warps_per_sm / warps), max_blocks_per_sm)
    blocks = np.minimum(by_warps, np.minimum(by_registers, by_memory))
    return Occupancy(blocks, blocks * warps, blocks * warps / max_warps_per_sm)


class SystolicGemm(NamedTuple):
    """Outputs of `systolic_gemm_output_stationary`."""

    cycles: Floats
    utilisation: Floats


@primitive
def systolic_gemm_output_stationary(m: Count, n: Count, k: Count, rows: Count, cols: Count) -> SystolicGemm:
    """Output-stationary systolic array: cycles (2 R + C + K - 2) ceil(M / R) ceil(N / C).

    Counts fill, reduction and drain of every fold of an M x N product (`m`, `n`) reduced over K (`k`) on an array of R
    `rows` and C `cols`; utilisation is M N K / (cycles R C). Leaves out overlap between folds, which hides most of the
    fill.
    Domain: memory that never stalls the array.
    Source: Samajdar et al. (SCALE-Sim), ISPASS 2020, eqs. 3-5.

    >>> round(float(systolic_gemm_output_stationary(128, 128, 128, 32, 32).cycles))
    3552
    """
    cycles = (2 * rows + cols + k - 2) * np.ceil(m / rows) * np.ceil(n / cols)
    return SystolicGemm(cycles, m * n * k / (cycles * rows * cols))


class GemmCost(NamedTuple):
    """Outputs of `gemm_cost`."""

    flop: Floats
    min_bytes: Floats
    tiled_bytes: Floats
    intensity_flop_per_byte: Floats


@primitive
def gemm_cost(m: Count, n: Count, k: Count, element_bytes: Positive, tile_m: Count, tile_n: Count) -> GemmCost:
    """Matrix product: F = 2 m n k, least traffic s (mk + kn + mn), tiled s (mk ceil(n/tn) + kn ceil(m/tm) + mn).

    Counts the FLOP F and the compulsory traffic of an `m` x `k` by `k` x `n` product with elements of s
    (`element_bytes`), and that of tiles of tm x tn (`tile_m`, `tile_n`) which each stream all of k; with a shared cache
    it lies between. Leaves out padding of the tiles.
    Domain: dense operands of one element size.
    Source: Goto and van de Geijn, ACM TOMS 34(3), 2008; Hong and Kung, STOC 1981.

    >>> round(float(gemm_cost(12, 12, 12, 4.0, 4, 4).intensity_flop_per_byte), 6)
    2.0
    """
    flop = 2 * m * n * k
    least = element_bytes * (m * k + k * n + m * n)
    tiled = element_bytes * (m * k * np.ceil(n / tile_n) + k * n * np.ceil(m / tile_m) + m * n)
    return GemmCost(flop, least, tiled, flop / least)


class Ecm(NamedTuple):
    """Outputs of `ecm`."""

    single_core_cy_per_cl: Floats
    saturation_cores: Floats
    multicore_cy_per_cl: Floats


@primitive
def ecm(t_overlap_cy: NonNegative, t_nonoverlap_cy: NonNegative, transfers_cy: ListOfCycles, cores: Count) -> Ecm:
    """Execution-cache-memory model: T = max(T_OL, T_nOL + sum T_data), n_S = ceil(T / T_mem), T(n) = max(T/n, T_mem).

    Counts a hierarchy whose transfers do not overlap, in cycles per cache line: T_OL (`t_overlap_cy`) runs beside the
    transfers, T_nOL (`t_nonoverlap_cy`) does not, T_data (`transfers_cy`) go from the first level to memory, T_mem
    last; T is one core's time, T(n) that of n `cores`, n_S the cores that saturate memory. Leaves out start-up and
    prefetch misses.
    Domain: steady streaming loops; hierarchies that overlap more need the largest instead of the sum.
    Source: Treibig and Hager, PPAM 2009, LNCS 6067; Stengel, Treibig, Hager, Wellein, ICS 2015; Hammer et al.
    (Kerncraft), 2017.

    >>> round(float(ecm(6.0, 8.0, [6.0, 6.0, 13.0], 1).single_core_cy_per_cl), 6)
    33.0
    """
    single = np.maximum(t_overlap_cy, t_nonoverlap_cy + transfers_cy.sum(axis=0))
    memory = transfers_cy[-1]
    saturation = np.where(memory > 0, np.ceil(single / memory), np.inf)
    return Ecm(single, saturation, np.maximum(single / cores, memory))
