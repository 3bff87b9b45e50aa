"""The slowest worker of a round against adaptive quadrature with scipy's functions, simulation, and closed forms."""

import itertools
import math

import numpy as np
import pytest
from scipy import integrate, special

from gauntlet.mechanisms._inputs import ValidityWarning
from gauntlet.mechanisms.quorum import order_statistic
from gauntlet.mechanisms.stragglers import slowest_worker

QUADRATURE = 1e-8


def integrated(cv, workers, probability, stall_s):
    """Mean of the largest of n times of mean work 1, from P(exceeds) = 1 - F^n piece by piece."""

    def exceeds(over_s):
        normal = special.ndtr(-over_s / cv)
        shape = special.log_ndtr(over_s / cv - cv / stall_s) - over_s / stall_s + 0.5 * (cv / stall_s) ** 2
        one = min(normal + probability * math.exp(shape), 1 - 1e-16)
        return -math.expm1(workers * math.log1p(-one))

    edges = [*(cv * np.linspace(-12, 14, 53)), *(14 * cv + stall_s * np.geomspace(1e-6, 60, 60))]
    pieces = [integrate.quad(exceeds, *ends, epsrel=1e-12)[0] for ends in itertools.pairwise(edges)]
    return 1 + edges[0] + sum(pieces)


@pytest.mark.parametrize("workers", [2, 16, 3_000])
@pytest.mark.parametrize(("probability", "stall_s"), [(0.0, 1.0), (0.01, 0.003), (0.02, 0.3), (1.0, 1e3), (1e-6, 20.0)])
@pytest.mark.parametrize("cv", [1e-4, 0.05, 0.3])
def test_the_mean_is_the_integral_of_what_the_slowest_exceeds(cv, workers, probability, stall_s):
    found = slowest_worker(1.0, cv, workers, probability, stall_s).mean_s
    assert found == pytest.approx(integrated(cv, workers, probability, stall_s), rel=QUADRATURE)


@pytest.mark.parametrize(
    ("workers", "probability", "stall_s"), [(1, 0.1, 0.5), (8, 0.0, 0.3), (16, 0.02, 0.3), (64, 0.01, 1.0)]
)
def test_the_slowest_worker_is_that_of_simulated_rounds(workers, probability, stall_s):
    stream = np.random.default_rng(workers)
    times_s = stream.normal(1.0, 0.05, (20_000, workers))
    times_s += np.where(stream.random(times_s.shape) < probability, stream.exponential(stall_s, times_s.shape), 0.0)
    rounds_s = times_s.max(axis=1)
    noise = 4 * rounds_s.std() / np.sqrt(rounds_s.size)
    assert slowest_worker(1.0, 0.05, workers, probability, stall_s).mean_s == pytest.approx(rounds_s.mean(), abs=noise)


@pytest.mark.parametrize("workers", [1, 3, 200])
def test_steady_workers_wait_for_the_longest_stall_and_all_stalled_ones_for_an_order_statistic(workers):
    """Without variation: h sum_(j <= n) (1 - (1 - p)^j) / j; where all stall besides, the largest of n exponentials."""
    longest = sum((1 - 0.93**j) / j for j in range(1, workers + 1))
    assert slowest_worker(2.0, 0.0, workers, 0.07, 0.5).mean_s == pytest.approx(2 + 0.5 * longest, rel=QUADRATURE)
    law = {"kind": "exponential", "mean_s": 0.5}
    largest_s = order_statistic(law, workers, workers).mean_s
    assert slowest_worker(2.0, 0.0, workers, 1.0, 0.5).mean_s == pytest.approx(2 + float(largest_s), rel=QUADRATURE)


@pytest.mark.parametrize(("workers", "score"), [(2, 0.5641895835), (5, 1.1629644736), (100, 2.5075936439)])
def test_without_stalls_it_is_the_table_of_normal_order_statistics(workers, score):
    """Harter, Biometrika 48, 1961, table 1; two: 1 / sqrt(pi)."""
    assert slowest_worker(1.0, 0.1, workers, 0.0, 3.0).mean_s == pytest.approx(1 + 0.1 * score, abs=1e-9)


def test_wide_variation_is_warned_of():
    with pytest.warns(ValidityWarning, match="cv above 0.3"):
        slowest_worker(1.0, 0.31, 4, 0.0, 0.0)
