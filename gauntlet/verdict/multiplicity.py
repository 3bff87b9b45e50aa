"""How far out an edge must lie so that an honest paper is as seldom accused as the policy allows.

A series is looked at once per point, a paper once per claim, and points deviate together: by the constants they share
and by the level of the implementation. So honest claims are made from the joint draws of the prediction, the rule
("two neighbouring points on one side") is applied to them, and what it accuses says how many independent looks the
series amounts to. The allowed share is divided by the looks and by the claims of the paper (Bonferroni; Westfall &
Young, Resampling-Based Multiple Testing, 1993, chapter 2).
"""

import numpy as np

from gauntlet.verdict.prediction import Floats

_TAIL = 0.02  # at which looks are counted: rare enough to matter, common enough to be counted
_HONEST = 4096  # honest claims made


def tail_probability(joint: Floats, needed: int, level_sigma: float, shape_sigma: Floats, rate: float) -> float:
    """Probability beyond each point's edge such that honest claims have `needed` neighbours beyond theirs at `rate`.

    `joint` (J, P) are draws of the prediction at the points, in their order along x. All points of an honest claim
    share a level of `level_sigma`, and each has a shape of its own `shape_sigma` (P,), standard deviations of the log.
    Looks are counted at one tail; farther out there are, if anything, fewer. Never more than `rate`, as for one number.
    """
    draws = joint[~np.isnan(joint).any(axis=1)]
    if draws.shape[0] < 2 or draws.shape[1] < 2:
        return rate
    stream = np.random.default_rng(draws.shape[1])
    draws = np.tile(draws, (max(1, _HONEST // draws.shape[0]), 1))
    with np.errstate(divide="ignore"):
        honest = np.log(np.maximum(draws, 0.0))
    honest += level_sigma * stream.standard_normal((draws.shape[0], 1))
    honest += shape_sigma * stream.standard_normal(draws.shape)
    return rate / max(1.0, _looks(honest, needed), _looks(-honest, needed))


def _looks(honest: Floats, needed: int) -> float:
    """How many times as often as a lone point the rule accuses honest claims (N, P) on their high side."""
    place = round((1 - _TAIL) * (honest.shape[0] - 1))
    beyond = honest > np.partition(honest, place, axis=0)[place]
    windows = np.lib.stride_tricks.sliding_window_view(beyond, needed, axis=1)
    accused = np.any(np.all(windows, axis=2), axis=1)
    return float(np.mean(accused)) / _TAIL
