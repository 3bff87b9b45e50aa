"""Population Monte Carlo: draws of standard normal scores that follow a likelihood, with few evaluations.

Each generation is drawn from a mixture of the prior and a normal law fitted to the generation before, and weighted by
target over mixture, so that no mode of the prior is lost for good and the weights stay bounded. While few draws carry
the weight, the likelihood is flattened (raised to a power below 1) before the next law is fitted; where that gets
nowhere, as with constants known to many decades and measured to a per cent, the law is fitted to the densest draws.
Small generations may be pooled, and are then weighted by target over the mixture of all their laws.
Source: Cappe, Guillin, Marin & Robert, Population Monte Carlo, J. Comput. Graph. Stat. 13(4), 2004; Hesterberg,
Weighted average importance sampling and defensive mixture distributions, Technometrics 37(2), 1995; pooling: Cornuet,
Marin, Mira & Robert, Adaptive multiple importance sampling, Scand. J. Stat. 39(4), 2012; densest draws: Rubinstein, The
cross-entropy method for combinatorial and continuous optimization, Methodol. Comput. Appl. Probab. 1(2), 1999.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gauntlet.verdict.prediction import Floats

DEFENSIVE = 0.2
"""Share of draws from the prior in every generation."""
MOST_GENERATIONS = 12
_INFLATION = 1.3  # of the fitted covariance: a law too wide costs draws, one too narrow costs correctness
_FEWEST = 100.0  # effective draws from which a normal law may be fitted
_FLAT, _GAIN = (
    0.1,
    2.0,
)  # power of the likelihood that is next to none, and by how much it grows where that is no matter
_DENSEST, _FEWEST_DENSEST = 0.05, 24  # share of the draws of a generation, and how many at least
_FLOOR = 1e-9  # added to variances: a law never becomes a point


@dataclass(frozen=True)
class Population:
    """Scores (N, d), one `misfit` (N, c) per claim, and weights (N,) that sum to 1."""

    scores: Floats
    misfits: Floats
    weights: Floats

    @property
    def effective(self) -> float:
        """Effective number of draws, 1 / sum of squared weights (Kish 1965)."""
        return float(1 / np.sum(self.weights**2))


def sample(
    misfits_of: Callable[[Floats], Floats],
    start: Floats,
    wanted: float,
    stream: np.random.Generator,
    *,
    pooled: bool = False,
) -> Population:
    """Draws weighted by exp(-misfit / 2) under a standard normal prior: the last generation, or all of them `pooled`.

    `misfits_of` maps scores (N, d) to misfits (N, c), whose sum counts. `start` (N, d) are draws of the prior. Ends
    when `wanted` effective draws are reached, or after `MOST_GENERATIONS`.
    """
    drawn, laws, densest = start, [_PRIOR], max(_FEWEST_DENSEST, round(_DENSEST * len(start)))
    scores, misfits, before = start[:0], np.empty((0, 0)), 0.0
    for generation in range(MOST_GENERATIONS):
        found = misfits_of(drawn)
        again = pooled and generation > 0
        scores = np.concatenate([scores, drawn]) if again else drawn
        misfits = np.concatenate([misfits, found]) if again else found
        log_mixture = np.logaddexp.reduce([_log_density(scores, law) for law in laws]) - np.log(len(laws))
        log_ratio, log_likelihood = _log_density(scores, _PRIOR) - log_mixture, -0.5 * misfits.sum(axis=1)
        population = Population(scores, misfits, _normalised(log_ratio + log_likelihood))
        if population.effective >= wanted or generation == MOST_GENERATIONS - 1:
            break
        weights, power = _flattened(log_ratio, log_likelihood)
        if power < min(_FLAT, _GAIN * before):
            weights = _densest(_log_density(scores, _PRIOR) + log_likelihood, densest)
        before = power
        center = weights @ scores
        spread = (scores - center).T @ ((scores - center) * weights[:, None]) * _INFLATION
        spread += _FLOOR * np.eye(scores.shape[1])
        laws = [*(laws if pooled else ()), (center, spread)]
        drawn = _drawn(center, spread, start.shape, stream)
    return population


_Law = tuple[Floats, Floats] | None
_PRIOR: _Law = None


def _drawn(center: Floats, spread: Floats, shape: tuple[int, ...], stream: np.random.Generator) -> Floats:
    """Draws of the defensive mixture of the prior and a normal law."""
    count, axes = shape
    fitted = center + stream.standard_normal((count, axes)) @ np.linalg.cholesky(spread).T
    prior = stream.standard_normal((count, axes))
    from_prior = stream.random(count) < DEFENSIVE
    return np.where(from_prior[:, None], prior, fitted)


def _log_density(scores: Floats, law: _Law) -> Floats:
    """Log density of the prior, or of its defensive mixture with a normal law of some center and spread."""
    axes = scores.shape[1]
    prior = _log_normal(scores, np.zeros(axes), np.eye(axes))
    if law is None:
        return prior
    mixture: Floats = np.logaddexp(np.log(DEFENSIVE) + prior, np.log1p(-DEFENSIVE) + _log_normal(scores, *law))
    return mixture


def _log_normal(at: Floats, center: Floats, spread: Floats) -> Floats:
    """Log density of a multivariate normal law, up to the constant that all such laws share."""
    root = np.linalg.cholesky(spread)
    scaled = np.linalg.solve(root, (at - center).T)
    return np.asarray(-0.5 * np.sum(scaled**2, axis=0) - np.sum(np.log(np.diag(root))))


def _flattened(log_ratio: Floats, log_likelihood: Floats) -> tuple[Floats, float]:
    """Weights with the likelihood raised to the largest power up to 1 that leaves enough effective draws; the power."""
    enough = min(_FEWEST, 0.2 * log_ratio.size)
    low, high = 0.0, 1.0
    if 1 / np.sum(_normalised(log_ratio + log_likelihood) ** 2) >= enough:
        return _normalised(log_ratio + log_likelihood), 1.0
    for _ in range(40):
        power = 0.5 * (low + high)
        weights = _normalised(log_ratio + power * log_likelihood)
        low, high = (power, high) if 1 / np.sum(weights**2) >= enough else (low, power)
    return _normalised(log_ratio + low * log_likelihood), low


def _densest(log_density: Floats, count: int) -> Floats:
    """Equal weights of the `count` draws where the target is densest, none of the others."""
    chosen: Floats = (log_density >= np.partition(log_density, -count)[-count]).astype(float)
    return chosen / float(chosen.sum())


def _normalised(log_weights: Floats) -> Floats:
    weights: Floats = np.exp(log_weights - np.max(log_weights))
    weights /= weights.sum()
    return weights


def resampled(population: Population, count: int, stream: np.random.Generator) -> Floats:
    """`count` equally weighted scores, shape (count, d): systematic resampling (Kitagawa 1996), in random order."""
    edges = np.cumsum(population.weights)
    places = (np.arange(count) + stream.random()) / count
    chosen = np.minimum(np.searchsorted(edges, places), edges.size - 1)
    scores: Floats = population.scores[stream.permutation(chosen)]
    return scores
