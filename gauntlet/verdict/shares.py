"""How much of a prediction's variance each variable explains."""

import math

import numpy as np

from gauntlet.verdict.prediction import Floats

_BINS, _FEWEST_IN_BIN = 20, 50
_NOISE = 3 * math.sqrt(2 * (_BINS - 1))  # shares below this / samples (three standard errors) are none


def first_order_shares(values: Floats, draws: dict[str, Floats]) -> dict[str, float]:
    """First-order shares of drawn variables (S,): correlation ratio of the ranks, averaged over the points (S, P).

    It sees effects that rise and fall again, which a correlation does not (Pearson 1905; Saltelli et al.,
    Global Sensitivity Analysis, 2008, section 4.2). The largest first; what is noise is left out.
    """
    defined = ~np.isnan(values).any(axis=0)
    varying = defined & (np.ptp(np.where(np.isfinite(values), values, 0.0), axis=0) > 0)
    if len(values) < 2 or not varying.any():
        return {}
    outcome = _ranks(values[:, varying])
    found = {name: _explained(outcome, draw) for name, draw in draws.items()}
    told = {name: float(f"{min(share, 1.0):.6g}") for name, share in found.items() if share > _NOISE / len(values)}
    return dict(sorted(told.items(), key=lambda item: (-item[1], item[0])))


def _explained(outcome: Floats, draw: Floats) -> float:
    """Part of the variance of `outcome` (S, P; mean 0, variance 1) that the bins of `draw` (S,) explain."""
    bins = max(2, min(_BINS, draw.size // _FEWEST_IN_BIN))
    place = np.argsort(np.argsort(draw, kind="stable"), kind="stable") * bins // draw.size
    mass = np.bincount(place, minlength=bins)
    sums = np.array([np.bincount(place, column, bins) for column in outcome.T])
    between = (sums**2 / mass).sum(axis=1) / draw.size
    return max(0.0, float(np.mean(between)) - (bins - 1) / draw.size)


def _ranks(values: Floats) -> Floats:
    """Ranks of each column, ties sharing their mean rank, scaled to mean 0 and root mean square 1."""
    ranks = np.empty(values.shape)
    for column in range(values.shape[1]):
        _, inverse, counts = np.unique(values[:, column], return_inverse=True, return_counts=True)
        ranks[:, column] = (np.cumsum(counts) - (counts + 1) / 2)[inverse]
    ranks -= ranks.mean(axis=0)
    spread = np.sqrt(np.mean(ranks**2, axis=0))
    return np.divide(ranks, spread, out=np.zeros_like(ranks), where=spread > 0)
