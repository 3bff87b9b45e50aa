"""Honest papers are seldom accused, and planted gaps are seldom missed.

Each paper here has its own true constants, drawn from the stated priors; its numbers are the textbook formulas at those
constants times an implementation's own log-normal deviation of 8 %. Nothing of the code under test makes the claims.
"""

from collections import Counter

import numpy as np

from gauntlet.verdict.policy import load_policy
from tests.costs import example
from tests.verdict.cases import verdict_of, with_claims

PAPERS = 80
LOADS = np.array(example.LOADS_KRPS[:4])


def _paper(rng: np.random.Generator, gap: float):
    """One paper: peak and curve of the shared queue at constants of its own, `gap` times better than true."""
    dispatch = 0.1 * 20.0 ** rng.random()  # log-uniform, 0.1 to 2 us
    handoff = 0.1 * 4.0 ** rng.random()  # log-uniform, 0.1 to 0.4 us
    network = 15.0 * np.exp(np.log(1.5) / 1.6449 * rng.standard_normal())
    busy = (10.0 + dispatch + handoff) * 1e-6
    own = np.exp(0.08 * rng.standard_normal())
    spec = example.spec()
    curve = spec.claim("shared_curve")
    points = tuple(
        point.model_copy(update={"y": float(own / gap * (network + 1e6 * _response_s(1e3 * load, busy)))})
        for point, load in zip(curve.points, LOADS, strict=False)
    )
    return with_claims(spec, curve.model_copy(update={"points": points}))


def _response_s(rate_per_s: float, busy_s: float) -> float:
    cores = example.CORES
    return busy_s + example.erlang_c(rate_per_s * busy_s, cores) / (cores / busy_s - rate_per_s)


def _labels(gap: float) -> Counter[str]:
    rng = np.random.default_rng(20)
    return Counter(verdict_of(_paper(rng, gap), samples=300).label for _ in range(PAPERS))


def test_honest_papers_are_seldom_accused():
    """At most 5 % lie beyond each edge of a 5 to 95 % band; three standard errors of 80 papers make it 12 %."""
    labels = _labels(1.0)
    assert labels["MAGIC_GAP"] <= 0.05 * PAPERS + 3 * (0.05 * 0.95 * PAPERS) ** 0.5
    assert labels["UNDERPERFORMS"] <= 0.05 * PAPERS + 3 * (0.05 * 0.95 * PAPERS) ** 0.5
    assert labels["IMPOSSIBLE"] == 0


def test_a_gap_of_two_is_seldom_missed():
    """The band reaches a factor of about 1.3 either way, so few papers are far enough off to hide a factor of 2."""
    labels = _labels(2.0)
    assert labels["MAGIC_GAP"] + labels["IMPOSSIBLE"] >= 0.95 * PAPERS


def test_the_policy_grants_what_these_papers_deviate_by():
    assert load_policy().discrepancy_sigma == 0.08
