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

    Counts pages that cleaning must copy, oldest block first, when a is `physical_to_logical`; W_0 is Lambert's
    function. Greedy cleaning is a few per cent lower. Leaves out skew and trim; sequential writes have A = 1.
    Domain: a > 1; an approximation for large blocks (64 pages and more).
    Source: Desnoyers, SYSTOR 2012; Hu, Eleftheriou, Haas, Iliadis, Pletka, SYSTOR 2009.

    >>> round(float(ssd_write_amplification(2 * np.log(2)).write_amplification), 6)
    2.0
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
    size_ratio: Annotated[Floats, Scalar(2.0, LARGEST, kind="integer")],
    levels: Count,
    bloom_fpr: Probability,
) -> LsmTree:
    """LSM-tree of L levels, size ratio T: levelled writes L (T + 1)/2, space 1/(T - 1); tiered writes L, space T.

    Counts merges of whole runs by `policy`, with L `levels` and T `size_ratio`: L runs levelled, L T runs tiered; a
    read of an absent key costs one I/O per run times the filter's false positives (`bloom_fpr`). Leaves out the log
    (add 1) and partial compaction (up to T per level).
    Domain: uniform inserts, no deletes, T >= 2; steady state, all levels full. A store being filled writes two to five
    times less (WiscKey, FAST 2016, Fig. 2): `lsm_bulk_load`.
    Source: O'Neil, Cheng, Gawlick, O'Neil, Acta Informatica 33(4), 1996; Dayan, Athanassoulis, Idreos, SIGMOD 2017;
    Dayan and Idreos, SIGMOD 2018.

    >>> round(float(lsm_tree("levelled", 10, 4, 0.01).write_amplification), 6)
    22.0
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

    Counts one page read per level that is not in the cache (`cached_bytes`), a partly cached level pro rata: n_0 leaf
    pages for N `records` of r (`record_bytes`) in pages of P (`page_bytes`) filled to f (`fill`), n_i pages on the i-th
    level above with keys of k (`key_bytes`) and pointers of p (`pointer_bytes`), up to one root. Leaves out skewed
    access.
    Domain: uniform access; a page holds at least one record and two children. f = 0.69 after random inserts.
    Source: Bayer and McCreight, Acta Informatica 1(3), 1972; Yao, Acta Informatica 9(2), 1978; Graefe, Modern B-Tree
    Techniques, Found. Trends Databases 3(4), 2011.

    >>> round(float(btree_io(1_000_000, 100.0, 1000.0, 8.0, 2.0, 1.0, 0.0).height))
    4
    """
    per_leaf = np.floor(page_bytes * fill / record_bytes)
    fan_out = np.floor(page_bytes * fill / (key_bytes + pointer_bytes))
    require(
        (per_leaf >= 1) & (fan_out >= 2),
        "btree_io: page_bytes = {} is too small; expected room for a record and two children.",
        page_bytes,
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

    Counts the response R of a commit: the wait for the running flush and one's own flush of t (`fsync_s`), which takes
    all that wait; x commits come during a flush, at rate lambda (`arrival_rate_per_s`). Leaves out the log's bandwidth
    and a cap on the batch: then `dynamic_batching`.
    Domain: Poisson commits, constant flush time, a flush starts at once when the log is idle.
    Source: renewal-reward argument (M/D/1 with unlimited batches); Helland et al., Group Commit Timers and High Volume
    Transaction Systems, HPTS 1987; Gray and Reuter, Transaction Processing, 1993, ch. 9.

    >>> round(float(group_commit(1000.0, 1e-3).mean_batch - np.exp(-1)), 6)
    1.0
    """
    x = arrival_rate_per_s * fsync_s
    none = np.exp(-x)
    alone = none / x  # batch = x (1 + alone); infinite where nothing arrives
    flush_rate_per_s = 1 / (fsync_s + none / arrival_rate_per_s)
    return GroupCommit(fsync_s * (1 + 1 / (2 * (1 + alone))), x + none, flush_rate_per_s)


class Checkpoints(NamedTuple):
    """Outputs of `checkpoint_interval`."""

    young_interval_s: Floats
    daly_interval_s: Floats
    expected_wall_s: Floats


@primitive
def checkpoint_interval(
    checkpoint_s: Positive, restart_s: NonNegative, mtbf_s: Positive, work_s: NonNegative
) -> Checkpoints:
    """Checkpoint interval: Young sqrt(2 d M); Daly sqrt(2 d M) (1 + sqrt(d/2M)/3 + d/2M/9) - d, or M if d >= 2M.

    Counts checkpoints of d (`checkpoint_s`), lost work and restarts of R (`restart_s`) under failures every M
    (`mtbf_s`): at Daly's interval t the work (`work_s`) takes M exp(R/M) (exp((t + d)/M) - 1) work / t of wall time.
    Leaves out checkpoints that overlap the work.
    Domain: exponential failures of the whole system. Daly's interval approximates the best one within 2 %; Young's is
    5 % longer at d = M / 100, 17 % at M / 10.
    Source: Young, Comm. ACM 17(9), 1974; Daly, Future Gener. Comput. Syst. 22(3), 2006, eqs. 20 and 37.

    >>> round(float(checkpoint_interval(300.0, 600.0, 86_400.0, 5e6).young_interval_s), 6)
    7200.0
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

    Counts the extra operations of small writes at RAID `level` on N `disks` of `disk_iops` operations per second each
    (a write is w of them), f of the requests being reads (`read_fraction`); leaves out caches and full-stripe writes.
    Domain: small random I/O over balanced disks.
    Source: Patterson, Gibson, Katz, SIGMOD 1988; Chen et al., ACM Comp. Surveys 26(2), 1994.

    >>> round(float(raid_iops(8, 100.0, 0.0, 5).iops), 6)
    200.0
    """
    penalty = np.full(np.shape(level), np.nan)
    for known, writes in _RAID_WRITES.items():
        penalty = np.where(level == known, writes, penalty)
    require(
        ~np.isnan(penalty),
        f"raid_iops: level = {{}} is unknown; expected one of {', '.join(map(str, _RAID_WRITES))}.",
        level,
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
    """Rotating disk: service = seek + half a turn 60 / (2 rpm) + bytes / media rate.

    Counts one random request of `transfer_bytes`: the mean seek (`seek_average_s`), half a turn at `rpm` turns per
    minute, and the transfer at the media rate (`media_bytes_per_s`); leaves out reordering of a queue, which gains up
    to a factor of 2 or 3.
    Domain: independent random requests.
    Source: Ruemmler and Wilkes, IEEE Computer 27(3), 1994.

    >>> round(float(disk_service_time(15_000.0, 0.0035, 0.0, 200e6).service_s), 6)
    0.0055
    """
    half_turn_s = _SECONDS_PER_MINUTE / (2 * rpm)
    service_s = seek_average_s + half_turn_s + transfer_bytes / media_bytes_per_s
    return DiskService(service_s, half_turn_s, 1 / service_s)
