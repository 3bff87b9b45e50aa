"""Kernels on parts of a processor: the multiprocessors a grid fills, and the units that a tile keeps busy."""

from typing import NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import Count, Finite, Floats, Positive, Probability, primitive


class GridLimit(NamedTuple):
    """Outputs of `grid_limited_kernel`."""

    ceiling_flop_per_s: Floats
    equal_blocks_flop_per_s: Floats
    busy_share: Floats
    waves: Floats


@primitive
def grid_limited_kernel(blocks: Count, sms: Count, blocks_per_sm: Count, peak_flop_per_s: Positive) -> GridLimit:
    """Ceiling of n blocks on s multiprocessors: P min(1, n / s); where blocks are equal P n / (s ceil(n / s)).

    Counts multiprocessors (`sms`) without a block, and with equal `blocks` those that wait for the fullest one, at a
    `peak_flop_per_s` of P. A lone block has its whole multiprocessor: residency (`blocks_per_sm`) sets the waves ceil(n
    / (s blocks_per_sm)), no ceiling. Leaves out all that keeps a multiprocessor below its peak: a bound, never a
    prediction.
    Domain: blocks that do not span multiprocessors. The first ceiling is sound for any blocks, persistent ones
    included.
    Source: NVIDIA, CUDA C Programming Guide, on scalability (a block runs on one multiprocessor); the rest is counting.

    >>> round(float(grid_limited_kernel(16, 108, 2, 312e12).ceiling_flop_per_s) / 1e12)  # one block per head, 16 heads
    46
    """
    busy_share = np.minimum(1.0, blocks / sms)
    equal = blocks / (sms * np.ceil(blocks / sms))
    waves = np.ceil(blocks / (sms * blocks_per_sm))
    return GridLimit(peak_flop_per_s * busy_share, peak_flop_per_s * equal, busy_share, waves)


class UnitTimes(NamedTuple):
    """Outputs of `kernel_units`."""

    time_s: Floats
    reached_flop_per_s: Floats
    binding_unit: Floats


@primitive
def kernel_units(
    flop: Finite,
    sfu_operations: Finite,
    shared_bytes: Finite,
    hbm_bytes: Finite,
    peak_flop_per_s: Positive,
    sfu_operations_per_s: Positive,
    shared_bandwidth_bytes_per_s: Positive,
    hbm_bandwidth_bytes_per_s: Positive,
    overlap: Probability,
) -> UnitTimes:
    """Kernel on four units: t_k = work_k / rate_k, T = max t_k + (1 - w) (sum t_k - max t_k).

    Counts a share w (`overlap`) of the tiles whose units work beside one another, the others' in turn; w = 1 is the
    roofline, a bound. Units: matrix units (`flop` at `peak_flop_per_s`), special functions such as exponentials
    (`sfu_operations` at `sfu_operations_per_s`), shared memory (`shared_bytes` at `shared_bandwidth_bytes_per_s`),
    device memory (`hbm_bytes` at `hbm_bandwidth_bytes_per_s`); `binding_unit` numbers them from 0. Leaves out fill and
    drain, launches and all other instructions.
    Domain: many like tiles, one overlap for all units (an approximation); rates of the multiprocessors that have work
    (`grid_limited_kernel`). The overlap belongs to one implementation: it does not carry over from a baseline to a
    proposal.
    Source: Williams, Waterman, Patterson, Comm. ACM 52(4), 2009 (roofline); Shah et al., FlashAttention-3,
    arXiv:2407.08608, 2024 (exponentials beside products).

    >>> round(float(kernel_units(3e12, 4e10, 1e11, 1e9, 3e14, 4e12, 2e13, 2e12, overlap=0.5).time_s), 5)
    0.01775
    """
    work = np.broadcast_arrays(
        flop / peak_flop_per_s,
        sfu_operations / sfu_operations_per_s,
        shared_bytes / shared_bandwidth_bytes_per_s,
        hbm_bytes / hbm_bandwidth_bytes_per_s,
    )
    times_s = np.stack(work)
    others_s, slowest_s = np.sort(times_s, axis=0)[:-1].sum(axis=0), times_s.max(axis=0)
    time_s = slowest_s + np.where(overlap < 1, (1 - overlap) * others_s, 0.0)
    reached = np.where(time_s > 0, flop / time_s, peak_flop_per_s)
    return UnitTimes(time_s, reached, times_s.argmax(axis=0).astype(np.float64))
