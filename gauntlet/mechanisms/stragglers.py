"""Synchronous rounds: everybody waits for the slowest."""

from typing import NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import Floats, NonNegative, Positive, Probability, Steps, primitive
from gauntlet.mechanisms.latencies import normal_inverse_survival

_LEAST_S = 1e-300


class SlowestWorker(NamedTuple):
    """Outputs of `slowest_worker`."""

    mean_s: Floats
    score: Floats


@primitive
def slowest_worker(
    work_s: Positive, cv: NonNegative, workers: Steps, stall_probability: Probability, stall_s: NonNegative
) -> SlowestWorker:
    """Slowest of n workers that vary and may stall: T = S (1 + v z) + h sum_(j <= n) (1 - (1 - a)^j) / j.

    Counts a synchronous round: each of n `workers` takes S (`work_s`) with the coefficient of variation v (`cv`),
    normally distributed, and with probability p (`stall_probability`) an exponential stall of mean h (`stall_s`) more.
    z (`score`) is the mean of the largest of n normal numbers by Blom's formula; a stall shows by what it exceeds that
    lead of S v z, which a = p exp(-S v z / h) of the workers do, and the sum is the mean of the longest excess. Leaves
    out workers that are slow for many rounds.
    Domain: independent workers and rounds, v up to 0.3; the stalled one's own variation is left out, which matters only
    where stalls are as short as it.
    Source: Blom, Statistical Estimates and Transformed Beta-Variables, 1958 (z); the longest excess derived here from
    P(none exceeds x) = (1 - a exp(-x / h))^n.

    >>> round(float(slowest_worker(1.0, 0.0, 4, 1.0, 1.0).mean_s), 6)
    3.083333
    """
    score = np.maximum(normal_inverse_survival((1 - 0.375) / (workers + 0.25)), 0.0)
    lead_s = work_s * cv * score
    share = stall_probability * np.exp(-lead_s / np.maximum(stall_s, _LEAST_S))
    none, total = np.ones_like(share * workers), np.zeros_like(share * workers)
    for j in range(1, int(workers.max()) + 1):
        none = none * (1 - share)
        total = total + np.where(j <= workers, (1 - none) / j, 0.0)
    return SlowestWorker(work_s + lead_s + stall_s * total, score)
