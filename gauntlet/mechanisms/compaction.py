"""Filling a log-structured store: what a bulk load rewrites."""

from typing import Annotated, NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import (
    LARGEST,
    FinitePositive,
    Floats,
    Listed,
    NonNegative,
    Positive,
    Scalar,
    outside_validity,
    primitive,
)
from gauntlet.mechanisms.interpolation import ListOfPositives, checked_points, through_points

ListOfAmplifications = Annotated[Floats, Listed(Scalar(1.0, LARGEST))]


class BulkLoad(NamedTuple):
    """Outputs of `lsm_bulk_load`; bytes and seconds per entry."""

    write_amplification: Floats
    entry_device_bytes: Floats
    entry_compaction_s: Floats
    extrapolated: Floats


@primitive
def lsm_bulk_load(
    dataset_bytes: FinitePositive,
    entry_bytes: FinitePositive,
    calibration_bytes: ListOfPositives,
    calibration_amplification: ListOfAmplifications,
    entry_log_bytes: NonNegative,
    merge_rate_bytes_per_s: Positive,
    record_s: NonNegative,
) -> BulkLoad:
    """LSM-tree being filled: A(S) through measured points; per entry g + A e bytes written, A (e / m + c) compacting.

    A is a power law between neighbouring points (`calibration_bytes`, `calibration_amplification`) and beyond the ends,
    where a ValidityWarning says so; never below 1. Counts flushes and merges of entries of e `entry_bytes` in a tree of
    S `dataset_bytes`, g `entry_log_bytes` beside them (0 where the points include the log), and one compaction thread
    with m `merge_rate_bytes_per_s` and c `record_s` per record and merge. Leaves out what merges read, and waiting: the
    slowest of writer, device and compaction sets the pace (`background_stage`).
    Domain: random keys, the store that was measured, approximately also with smaller entries, which make a smaller S.
    Steady overwriting: `lsm_tree`.
    Source: Lu et al., WiscKey, FAST 2016, Fig. 2 (the form; points: the paper at hand); O'Neil, Cheng, Gawlick, O'Neil,
    Acta Informatica 33(4), 1996 (sizes of levels are powers).

    >>> found = lsm_bulk_load(1e10, 1e3, [1e9, 1e11], [3.1, 14.0], 1e3, merge_rate_bytes_per_s=1e8, record_s=0.0)
    >>> round(float(found.write_amplification), 2)  # (3.1 x 14)^(1/2)
    6.59
    """
    sizes, amplifications = checked_points("lsm_bulk_load", calibration_bytes, calibration_amplification)
    extrapolated = (dataset_bytes < sizes.min(axis=0)) | (dataset_bytes > sizes.max(axis=0))
    outside_validity(extrapolated, "lsm_bulk_load: dataset_bytes beyond the points; their power law is continued.")
    law = np.exp(through_points(np.log(dataset_bytes), np.log(sizes), np.log(amplifications)))
    amplification = np.maximum(1.0, law)
    compaction_s = amplification * (entry_bytes / merge_rate_bytes_per_s + record_s)
    return BulkLoad(amplification, entry_log_bytes + amplification * entry_bytes, compaction_s, extrapolated)
