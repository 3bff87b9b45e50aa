"""Bands: quantiles widened by what no variable explains, and curves read sideways."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from gauntlet.mechanisms.normal import normal_inverse_survival, normal_survival
from gauntlet.verdict.prediction import LEVELS, Floats

Whole = npt.NDArray[np.intp]

_STRATA = 41
_LEAST = 1e-6  # standard deviation of the log: two values that agree to six digits are one
_FARTHEST, _SMALLEST = 8.0, 1e-15  # scores beyond which nothing more is said, and their tail
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
    """Quantiles `low`, 0.5 and `high` of what `edges` gives."""
    bottom, top = edges(raw, sigma, (low, high))
    return Band(bottom, raw[:, LEVELS.size // 2], top)


def edges(raw: Floats, sigma: float | Floats, levels: Sequence[float]) -> list[Floats]:
    """Quantiles at `levels` of exp(log value + sigma z), z standard normal; `raw` is (P, 201), not negative.

    `sigma` is one for all points or one for each.

    A discrepancy that all points share leaves each point's own band as wide as an independent one would, so the band
    of each point is computed alone. Infinite values (a saturated system) stay infinite.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(np.maximum(raw, 0.0))
        widths = np.broadcast_to(sigma, raw.shape[:1])[:, None, None]
        spread = logs[:, :, None] + widths * _scores() if np.any(widths > 0) else logs[:, :, None]
    flat = spread.reshape(raw.shape[0], -1)
    places = [round(level * (flat.shape[1] - 1)) for level in levels]
    ranked = np.partition(flat, sorted(set(places)), axis=1)
    return [np.exp(ranked[:, place]) for place in places]


def scores(raw: Floats, sigma: Floats, claimed: Floats) -> Floats:
    """Standard normal scores (P,) of claimed values under the law whose quantiles `edges` gives; at most 8 either way.

    The share of the law below ln y is the mean over the stored quantiles q of Phi((ln y - ln q) / sigma).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        away = (np.log(np.maximum(claimed, 0.0))[:, None] - np.log(np.maximum(raw, 0.0))) / np.maximum(sigma, _LEAST)[
            :, None
        ]
        below, above = normal_survival(-away).mean(axis=1), normal_survival(away).mean(axis=1)
        found = np.where(below < above, -_score(below), _score(above))
    return np.clip(found, -_FARTHEST, _FARTHEST)


def _score(tail: Floats) -> Floats:
    """What a standard normal exceeds with probability `tail`, up to a half."""
    return normal_inverse_survival(np.clip(tail, _SMALLEST, 0.5))


def x_at(curve_x: Floats, curve_raw: Floats, y: Floats) -> Floats:
    """Where along x the curve first reaches y: quantiles over the samples, (P, 201), ascending.

    For curves that rise in every sample, the q quantile of "x at equal y" is where the 1 - q quantile curve crosses y;
    so each stored quantile curve is read sideways. 0 where a curve starts above y; the last x where it never arrives.
    """
    rising = np.maximum.accumulate(curve_raw, axis=0)
    right = (rising[:, None, :] < y[:, None]).sum(axis=0)  # (P, 201): the first point of each curve not below y
    inside = np.clip(right, 1, curve_x.size - 1)
    crossed = np.clip(_interpolated(curve_x, rising, y, inside), curve_x[inside - 1], curve_x[inside])
    return np.sort(np.where(right == 0, 0.0, np.where(right >= curve_x.size, curve_x[-1], crossed)), axis=1)


def _interpolated(x: Floats, rising: Floats, y: Floats, inside: Whole) -> Floats:
    """Interpolates 1 / y, which falls along a straight line to 0 where a queue saturates (M/M/1: (1 - rate S) / S)."""
    curves = np.arange(rising.shape[1])
    saturated = np.isinf(rising[inside, curves]) & (inside > 1)
    start = np.where(saturated, inside - 2, inside - 1)  # beyond saturation 1 / y is cut off at 0: go on straight
    end = np.where(saturated, inside - 1, inside)
    with np.errstate(divide="ignore", invalid="ignore"):
        first, last, wanted = 1 / rising[start, curves], 1 / rising[end, curves], 1 / y[:, None]
        crossed = x[start] + (first - wanted) / (first - last) * (x[end] - x[start])
    return np.nan_to_num(crossed, nan=np.inf)
