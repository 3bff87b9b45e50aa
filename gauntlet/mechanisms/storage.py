"""Durable storage: trees, flash, logs, and checkpoints."""

from typing import Annotated, NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import (
    LARGEST,
    Count,
    Floats,
    NonNegative,
    OneOf,
    Positive,
    Probability,
    Scalar,
    Whole,
    primitive,
    require,
)
from gauntlet.mechanisms._numerics import lambert_w


class WriteAmplification(NamedTuple):
    """Outputs of `ssd_write_amplification`."""

    write_amplification: Floats


@primitive
def ssd_write_amplification(physical_to_logical: Annotated[Floats, Scalar(1.0, above=True)]) -> WriteAmplification:
    """Flash under uniform random writes: A = a / (a + W_0(-a exp(-a))), a = physical over logical space.

    Counts pages that cleaning must copy, oldest block first; greedy cleaning is a few per cent lower. Leaves out skew
    and trim; sequential writes have A = 1.
    Domain: a > 1, blocks of 64 pages and more.
    Source: Desnoyers, SYSTOR 2012; Menon and Stockmeyer, 1995.
    """
    a = physical_to_logical
    return WriteAmplification(np.where(np.isinf(a), 1.0, a / (a + lambert_w(-a * np.exp(-a)))))


class LsmTree(NamedTuple):
    """Outputs of `lsm_tree`."""

    write_amplification: Floats
    point_miss_ios: Floats
    runs: Floats
    space_amplification_bound: Floats


@primitive
def lsm_tree(
    policy: Annotated[str, OneOf(("levelled", "tiered"))],
    size_ratio: Annotated[Floats, Scalar(2.0, kind="integer")],
    levels: Count,
    bloom_fpr: Probability,
) -> LsmTree:
    """LSM-tree of L levels, size ratio T: levelled writes L (T + 1)/2, space 1/(T - 1); tiered writes L, space T.

    Tiered trees hold L T runs. Counts merges of whole runs; a read of an absent key costs one I/O per run times the
    filter's false positives. Leaves out the log (add 1) and partial compaction (up to T per level).
    Domain: uniform inserts, no deletes, T >= 2.
    Source: O'Neil et al., 1996; Dayan, Athanassoulis, Idreos, SIGMOD 2017 and 2018.
    """
    if policy == "levelled":
        return LsmTree(levels * (size_ratio + 1) / 2, levels * bloom_fpr, levels, 1 / (size_ratio - 1))
    return LsmTree(levels, levels * size_ratio * bloom_fpr, levels * size_ratio, size_ratio)


class BTree(NamedTuple):
    """Outputs of `btree_io`."""

    height: Floats
    read_ios: Floats
    leaf_pages: Floats


@primitive
def btree_io(
    records: Count,
    record_bytes: Positive,
    page_bytes: Annotated[Floats, Scalar(0.0, LARGEST, above=True)],
    key_bytes: Positive,
    pointer_bytes: NonNegative,
    fill: Annotated[Floats, Scalar(0.0, 1.0, above=True)],
    cached_bytes: NonNegative,
) -> BTree:
    """B+-tree: n_0 = ceil(N / floor(P f / r)), n_(i+1) = ceil(n_i / floor(P f / (k + p))); cached from the root down.

    Counts one page read per level that is not cached, a partly cached level pro rata; leaves out skewed access.
    Domain: uniform access; a page holds at least one record and two children. f = 0.69 after random inserts.
    Source: Bayer and McCreight, 1972; Yao, 1978; Graefe, Modern B-Tree Techniques, 2011.
    """
    per_leaf = np.floor(page_bytes * fill / record_bytes)
    fan_out = np.floor(page_bytes * fill / (key_bytes + pointer_bytes))
    require(
        (per_leaf >= 1) & (fan_out >= 2), "btree_io: page_bytes too small; expected room for a record and two children."
    )
    leaf_pages = np.ceil(records / per_leaf)
    levels = [leaf_pages]
    while np.any(levels[-1] > 1):
        levels.append(np.ceil(levels[-1] / fan_out))
    left = cached_bytes / page_bytes
    height, read_ios = np.zeros(()), np.zeros(())
    for below, pages in zip([*levels[::-1][1:], None], levels[::-1], strict=True):
        # Shorter trees of the broadcast repeat their root; only the lowest copy counts.
        real = np.asarray(True) if below is None else (pages > 1) | (below > 1)
        cached = np.minimum(left, pages)
        height = height + np.where(real, 1.0, 0.0)
        read_ios = read_ios + np.where(real, 1 - cached / pages, 0.0)
        left = left - np.where(real, cached, 0.0)
    return BTree(height, read_ios, leaf_pages)


class GroupCommit(NamedTuple):
    """Outputs of `group_commit`."""

    mean_latency_s: Floats
    mean_batch: Floats
    flush_rate_per_s: Floats


@primitive
def group_commit(arrival_rate_per_s: NonNegative, fsync_s: NonNegative) -> GroupCommit:
    """Group commit: R = t (1 + x / (2 (x + exp(-x)))), batch x + exp(-x), with x = lambda t commits per flush.

    Counts the wait for the running flush and one's own; a flush takes all that wait. Leaves out the log's bandwidth
    and a cap on the batch: then `dynamic_batching`.
    Domain: Poisson commits, constant flush time, a flush starts at once when the log is idle.
    Source: renewal-reward argument (M/D/1 with unlimited batches); Helland et al., 1987; Gray and Reuter, 1993, ch. 9.
    """
    x = arrival_rate_per_s * fsync_s
    batch = x + np.exp(-x)
    alone = np.exp(-x) / x  # batch = x (1 + alone); infinite where nothing arrives
    flush_rate_per_s = 1 / (fsync_s + np.exp(-x) / arrival_rate_per_s)
    return GroupCommit(fsync_s * (1 + 1 / (2 * (1 + alone))), batch, flush_rate_per_s)


class Checkpoints(NamedTuple):
    """Outputs of `checkpoint_interval`."""

    young_interval_s: Floats
    daly_interval_s: Floats
    expected_wall_s: Floats


@primitive
def checkpoint_interval(
    checkpoint_s: Positive, restart_s: NonNegative, mtbf_s: Positive, work_s: NonNegative
) -> Checkpoints:
    """Best checkpoint interval: Young sqrt(2 d M); Daly sqrt(2 d M) (1 + sqrt(d/2M)/3 + d/2M/9) - d, or M if d >= 2M.

    Wall time at Daly's interval t: M exp(R/M) (exp((t + d)/M) - 1) work / t. Counts checkpoints d, lost work and
    restarts R under failures every M; leaves out checkpoints that overlap the work.
    Domain: exponential failures of the whole system.
    Source: Young, Comm. ACM 17(9), 1974; Daly, Future Gener. Comput. Syst. 22(3), 2006, eqs. 20 and 37.
    """
    half = checkpoint_s / (2 * mtbf_s)
    young_s = np.sqrt(2 * checkpoint_s * mtbf_s)
    series = 1 + np.sqrt(half) / 3 + half / 9
    daly_s = np.where(half < 1, young_s * series - checkpoint_s, mtbf_s)
    daly = np.where(half < 1, 2 * np.sqrt(half) * series - 2 * half, 1.0)  # over mtbf_s, which may be infinite
    segments = np.where(daly > 0, np.expm1(daly + 2 * half) / daly, 1.0)
    return Checkpoints(young_s, daly_s, np.exp(restart_s / mtbf_s) * segments * work_s)


class RaidRate(NamedTuple):
    """Outputs of `raid_iops`."""

    iops: Floats
    write_penalty: Floats


_RAID_WRITES = {0: 1.0, 1: 2.0, 5: 4.0, 6: 6.0, 10: 2.0}
"""Disk operations per small random write. Source: Chen et al., ACM Comp. Surveys 26(2), 1994."""


@primitive
def raid_iops(disks: Count, disk_iops: Positive, read_fraction: Probability, level: Whole) -> RaidRate:
    """RAID random I/O: N x iops / (f + (1 - f) w), write penalty w = 1, 2, 4, 6, 2 for levels 0, 1, 5, 6, 10.

    Counts the extra operations of small writes; leaves out caches and full-stripe writes.
    Domain: small random I/O over balanced disks.
    Source: Patterson, Gibson, Katz, SIGMOD 1988; Chen et al., ACM Comp. Surveys 26(2), 1994.
    """
    penalty = np.full(np.shape(level), np.nan)
    for known, writes in _RAID_WRITES.items():
        penalty = np.where(level == known, writes, penalty)
    require(
        ~np.isnan(penalty),
        f"raid_iops: level = {level} is unknown; expected one of {', '.join(map(str, _RAID_WRITES))}.",
    )
    return RaidRate(disks * disk_iops / (read_fraction + (1 - read_fraction) * penalty), penalty)


class DiskService(NamedTuple):
    """Outputs of `disk_service_time`."""

    service_s: Floats
    rotational_s: Floats
    random_iops: Floats


_SECONDS_PER_MINUTE = 60.0


@primitive
def disk_service_time(
    rpm: Positive, seek_average_s: NonNegative, transfer_bytes: NonNegative, media_bytes_per_s: Positive
) -> DiskService:
    """Rotating disk: seek + half a turn 60 / (2 rpm) + bytes / media rate.

    Counts one random request; leaves out reordering of a queue, which gains up to a factor of 2 or 3.
    Domain: independent random requests.
    Source: Ruemmler and Wilkes, IEEE Computer 27(3), 1994.
    """
    half_turn_s = _SECONDS_PER_MINUTE / (2 * rpm)
    service_s = seek_average_s + half_turn_s + transfer_bytes / media_bytes_per_s
    return DiskService(service_s, half_turn_s, 1 / service_s)
