"""Bands: quantiles widened by what no variable explains, and curves read sideways."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from gauntlet.verdict.prediction import LEVELS, Floats

_SCORES = np.array([NormalDist().inv_cdf((k + 0.5) / 41) for k in range(41)])
_SCORES /= np.sqrt(np.mean(_SCORES**2))  # midpoints alone would lose 3 % of the variance


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
        spread = logs[:, :, None] + sigma * _SCORES if sigma > 0 else logs[:, :, None]
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
    right = np.searchsorted(curve, y, side="left")
    inside = np.clip(right, 1, x.size - 1)
    below, above = curve[inside - 1], curve[inside]
    with np.errstate(invalid="ignore", divide="ignore"):
        part = np.where(np.isfinite(above) & (above > below), (y - below) / (above - below), 0.0)
    crossed = x[inside - 1] + np.clip(part, 0.0, 1.0) * (x[inside] - x[inside - 1])
    return np.where(right == 0, 0.0, np.where(right >= x.size, x[-1], crossed))
