"""Synchronous rounds: everybody waits for the slowest."""

import math
from typing import Annotated, NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import (
    Finite,
    FinitePositive,
    Floats,
    Probability,
    Scalar,
    outside_validity,
    primitive,
)
from gauntlet.mechanisms._numerics import integrate
from gauntlet.mechanisms.normal import normal_inverse_survival, normal_survival

Varying = Annotated[Floats, Scalar(0.0, 1.0)]
Workers = Annotated[Floats, Scalar(1.0, 1e9, kind="integer")]

_RARE = 1e-12
"""Chance that the slowest of workers without stalls is beyond either end of where it is looked for."""
_NODES = 32
_FAR = 25.0
"""Where Mills' ratio is its series to rounding, and a normal number never is."""
_BEND = (4.0, 6.0)
"""Around the time that one stall in all is expected to exceed: so far before it one does, after it hardly any."""


class SlowestWorker(NamedTuple):
    """Outputs of `slowest_worker`."""

    mean_s: Floats


@primitive
def slowest_worker(
    work_s: FinitePositive, cv: Varying, workers: Workers, stall_probability: Probability, stall_s: Finite
) -> SlowestWorker:
    """Slowest of n workers that vary and may stall: T = int x dF(x)^n, F(x) = P(S + v S Z + B h E <= x).

    Counts a synchronous round: each of n `workers` takes S (`work_s`) with the coefficient of variation v (`cv`), Z
    normal, and with probability p (`stall_probability`, B is 1) a stall h E more, E exponential of mean 1, h `stall_s`.
    All of F^n is integrated: where Z decides by quadrature, and beyond, where only stalls reach, over the times of the
    longest of them. Leaves out workers that are slow for many rounds.
    Domain: independent workers and rounds; a ValidityWarning for v above 0.3, where the normal law has times below 0.
    Source: David and Nagaraja, Order Statistics, 3rd ed. 2003, section 3.1 (mean of the largest from F^n); the sum of a
    normal and an exponential time: Hohle, Psychol. Rev. 72(5), 1965; the two ranges derived here.

    >>> round(float(slowest_worker(1.0, 0.0, 4, 1.0, 1.0).mean_s), 6)
    3.083333
    """
    outside_validity(cv > 0.3, "slowest_worker: cv above 0.3, where normally distributed times fall below 0.")
    few = -np.expm1(math.log(_RARE) / workers)  # chance of one worker to be later than what all hardly ever beat
    low, high = normal_inverse_survival(few), normal_inverse_survival(_RARE / workers)
    ratio = np.where(stall_s > 0, cv * (work_s / stall_s), np.inf)

    def later(z: Floats) -> Floats:
        """P(one worker's time exceeds S + v S z)."""
        return np.minimum(normal_survival(z) + stall_probability * _stalled(z, ratio), 1.0)

    shape = np.broadcast_shapes(low.shape, ratio.shape, stall_probability.shape)
    score = low + integrate(lambda z: _any(later(z), workers), low + np.zeros(shape), high + np.zeros(shape), _NODES)
    share = np.where(cv > 0, later(high), stall_probability)
    varied = work_s * np.where(workers > 1, 1 + cv * np.where(cv > 0, score, 0.0), 1.0)
    mean_s = varied + np.where(stall_s > 0, stall_s * _longest(share, workers), 0.0)
    return SlowestWorker(np.where(workers > 1, mean_s, work_s + stall_probability * stall_s))


def _any(share: Floats, workers: Floats) -> Floats:
    """P(at least one of n) = 1 - (1 - share)^n."""
    return -np.expm1(workers * np.log1p(-share))


def _stalled(z: Floats, ratio: Floats) -> Floats:
    """What a stall adds to P(Z > z): P(Z + E / r > z) - P(Z > z) = exp(r^2 / 2 - r z) P(Z > r - z), r = `ratio`."""
    before = ratio - z
    mills = np.where(
        before < _FAR,
        np.exp(0.5 * np.clip(before, 0.0, _FAR) ** 2) * normal_survival(np.clip(before, 0.0, _FAR)),
        (1 - 1 / np.maximum(before, _FAR) ** 2) / (np.maximum(before, _FAR) * math.sqrt(2 * math.pi)),
    )
    early = np.minimum(ratio, z)
    late = np.exp(early * (0.5 * early - z)) * normal_survival(early - z)
    return np.where(before > 0, np.exp(-0.5 * z * z) * mills, late)


def _longest(share: Floats, workers: Floats) -> Floats:
    """Mean of the longest of n stalls of mean 1, each with probability `share`: int 1 - (1 - share e^-t)^n dt.

    Until shortly before the time at which one is expected to last, one does; from shortly after it, hardly any.
    """
    expected = np.maximum(np.log(np.maximum(share * workers, np.finfo(np.float64).tiny)), 0.0)
    start, end = np.maximum(expected - _BEND[0], 0.0), expected + _BEND[1]
    around = integrate(lambda time: _any(share * np.exp(-time), workers), start, end, _NODES)
    one = share * np.exp(-end)
    some = workers * one
    return start + around + some * (1 - (some - one) / 4 + (some - one) * (some - 2 * one) / 18)
