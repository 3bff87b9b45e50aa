"""Bands: quantiles widened by what no variable explains, and curves read sideways."""

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from gauntlet.verdict.prediction import LEVELS, Floats

_STRATA = 41
_GOLDEN = (math.sqrt(5) - 1) / 2


@lru_cache(maxsize=1)
def _scores() -> Floats:
    """Standard normal scores (201, 41): each row has one in each of 41 equal strata, shifted so that no two agree."""
    shift = (np.arange(LEVELS.size) + 0.5) * _GOLDEN % 1.0
    strata = (np.arange(_STRATA) + shift[:, None]) / _STRATA
    scores: Floats = np.vectorize(NormalDist().inv_cdf)(strata)
    return scores


@dataclass(frozen=True)
class Band:
    """Low edge, median and high edge of P values."""

    low: Floats
    median: Floats
    high: Floats


def band(raw: Floats, sigma: float, low: float, high: float) -> Band:
    """Quantiles `low`, 0.5 and `high` of exp(log value + sigma z), z standard normal; `raw` is (P, 201), not negative.

    A discrepancy that all points share leaves each point's own band as wide as an independent one would, so the band
    of each point is computed alone. Infinite values (a saturated system) stay infinite.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(np.maximum(raw, 0.0))
        spread = logs[:, :, None] + sigma * _scores() if sigma > 0 else logs[:, :, None]
    flat = np.sort(spread.reshape(raw.shape[0], -1), axis=1)
    edges = [np.exp(flat[:, round(level * (flat.shape[1] - 1))]) for level in (low, high)]
    return Band(edges[0], raw[:, LEVELS.size // 2], edges[1])


def x_at(curve_x: Floats, curve_raw: Floats, y: Floats) -> Floats:
    """Where along x the curve first reaches y: quantiles over the samples, (P, 201), ascending.

    For curves that rise in every sample, the q quantile of "x at equal y" is where the 1 - q quantile curve crosses y;
    so each stored quantile curve is read sideways. 0 where a curve starts above y; the last x where it never arrives.
    """
    rising = np.maximum.accumulate(curve_raw, axis=0)
    found = np.empty((y.size, LEVELS.size))
    for index in range(LEVELS.size):
        found[:, index] = _crossing(curve_x, rising[:, index], y)
    return np.sort(found, axis=1)


def _crossing(x: Floats, curve: Floats, y: Floats) -> Floats:
    """Interpolates 1 / y, which falls along a straight line to 0 where a queue saturates (M/M/1: (1 - rate S) / S)."""
    right = np.searchsorted(curve, y, side="left")
    inside = np.clip(right, 1, x.size - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse, wanted = 1 / curve, 1 / y
        saturated = np.isinf(curve[inside]) & (inside > 1)
        start = np.where(saturated, inside - 2, inside - 1)  # beyond saturation 1 / y is cut off at 0: go on straight
        end = np.where(saturated, inside - 1, inside)
        part = (inverse[start] - wanted) / (inverse[start] - inverse[end])
        crossed = x[start] + part * (x[end] - x[start])
    crossed = np.clip(np.nan_to_num(crossed, nan=np.inf), x[inside - 1], x[inside])
    return np.where(right == 0, 0.0, np.where(right >= x.size, x[-1], crossed))
