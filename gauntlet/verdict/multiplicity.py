"""Which neighbouring points of a series lie farther out than honest claims do, however often one looks.

One honest point in twenty lies beyond an edge of its band; a series has many points, and a paper many claims. So the
evidence of neighbours is pooled, and counted. With s the standard normal scores of the points and C their correlation
among honest claims, the evidence that the points w, a run of neighbours, deviate is

    z = w' C^-1 s / sqrt(w' C^-1 w)

the most powerful one for a shift of them all. The largest z over all runs is held against the largest z of honest
claims, which are made here and searched in the same way (a scan statistic with its null distribution simulated;
Westfall & Young, Resampling-Based Multiple Testing, 1993, chapter 2).

Honest claims consist of joint draws of the prediction, of the level of the implementation, which all points share, of
the errors of formulas, which drift along x, and of the shape of each point by itself. So what points share does not
count twice, and one end of a series is judged by the other.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np

from gauntlet.costs.sampling import normal_scores
from gauntlet.verdict.compare import Flags
from gauntlet.verdict.prediction import Floats

_MADE = 4096
"""Honest claims made."""
_RIDGE = 0.01  # added to correlations: no two points deviate quite alike
_TILT = math.sqrt(0.75)  # of a line over -1 to 1 whose mean variance is 1, offset and slope alike


@dataclass(frozen=True)
class Honest:
    """How honest claims deviate at P points, in their order along x.

    `joint` (J, P) are draws of the prediction. `level_sigma`, one for all points, `tilt_sigma`, along a line over the
    points, and `shape_sigma` (P,) are standard deviations of the log. A share `rate` of the claims may be accused on
    one side.
    """

    joint: Floats
    level_sigma: float
    tilt_sigma: float
    shape_sigma: Floats
    rate: float

    def scores(self) -> Floats:
        """Standard normal scores (N, P) of honest claims under the law of each point."""
        draws = self.joint[~np.isnan(self.joint).any(axis=1)]
        stream = np.random.default_rng(self.shape_sigma.size)
        line = np.stack([np.ones(self.shape_sigma.size), np.linspace(-1, 1, self.shape_sigma.size)])
        logs = self.level_sigma * stream.standard_normal((_MADE, 1))
        logs = logs + _TILT * self.tilt_sigma * stream.standard_normal((_MADE, 2)) @ line
        logs += self.shape_sigma * stream.standard_normal((_MADE, self.shape_sigma.size))
        if draws.size:
            with np.errstate(divide="ignore"):
                logs += np.log(np.maximum(draws[np.arange(_MADE) % len(draws)], 0.0))
        found = np.empty_like(logs)
        np.put_along_axis(found, np.argsort(logs, axis=0), _ladder()[:, None], axis=0)
        return found


@lru_cache(maxsize=1)
def _ladder() -> Floats:
    """The normal scores of as many ranks as claims are made."""
    return normal_scores((np.arange(_MADE) + 0.5) / _MADE)


def deviating_run(scores: Floats, edge: float, needed: int, honest: Honest, sign: int) -> range | None:
    """Places of the neighbours that together lie farther out than honest claims do, or None.

    `scores` (P,) are positive on the side asked for, where honest values times `sign` are large. At least `needed`
    neighbours must each lie beyond `edge`, which is that of the band.
    """
    if scores.size == 1:
        alarm = max(edge, float(normal_scores(np.array(1 - honest.rate))))
        return range(1) if scores[0] > alarm else None
    if not _windows(scores[None] > edge, needed).any():
        return None
    made = sign * honest.scores()
    largest, best, found = np.full(_MADE, -np.inf), -np.inf, range(0)
    everyone = np.concatenate([scores[None], made])
    weighted = everyone @ np.linalg.inv(np.cov(made.T) + _RIDGE * np.eye(scores.size))
    for places, own, sums in _runs(everyone, weighted, edge, needed):
        z = np.where(own, sums / np.std(sums[1:]), -np.inf)
        largest = np.maximum(largest, z[1:])
        if z[0] > best:
            best, found = z[0], places
    return _flagged(found, scores > edge) if best > np.quantile(largest, 1 - honest.rate, method="higher") else None


def _runs(scores: Floats, weighted: Floats, edge: float, needed: int) -> Iterator[tuple[range, Flags, Floats]]:
    """Every run of neighbouring points: which claims have enough neighbours beyond the edge in it, and their sums."""
    start = np.zeros((len(scores), 1))
    sums = np.concatenate([start, np.cumsum(weighted, axis=1)], axis=1)
    found = np.concatenate([start, np.cumsum(_windows(scores > edge, needed), axis=1)], axis=1)
    for first, stop in combinations(range(scores.shape[1] + 1), 2):
        if stop - first >= needed:
            yield range(first, stop), found[:, stop - needed + 1] > found[:, first], sums[:, stop] - sums[:, first]


def _flagged(run: range, flags: Flags) -> range:
    """From the first to the last flagged point of the run, and on to those that adjoin it."""
    start = min(place for place in run if flags[place])
    stop = max(place for place in run if flags[place]) + 1
    while start > 0 and flags[start - 1]:
        start -= 1
    while stop < flags.size and flags[stop]:
        stop += 1
    return range(start, stop)


def _windows(flags: Flags, needed: int) -> Flags:
    """Whether each point and the next ones, `needed` in all, are all flagged."""
    return np.asarray(np.lib.stride_tricks.sliding_window_view(flags, needed, axis=1).all(axis=2))
