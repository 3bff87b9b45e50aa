"""Conflicts against exact binomials, direct sums over keys, and a simulation of restarting transactions."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gauntlet.mechanisms._inputs import ValidityWarning
from gauntlet.mechanisms._numerics import lambert_w
from gauntlet.mechanisms.locking import (
    conflict_probability_uniform,
    conflict_probability_zipf,
    gray_lock_conflict_rates,
    hot_key_serialisation,
    occ_goodput,
    retry_cost,
    zipf_skew,
)
from gauntlet.mechanisms.queueing import finite_source_mmc


@given(st.integers(1, 3000), st.integers(0, 300), st.integers(0, 300))
def test_uniform_conflicts_match_exact_binomials(items, reads, writes):
    if max(reads, writes) > items:
        return
    apart = Fraction(math.comb(items - reads, writes), math.comb(items, writes))
    found = conflict_probability_uniform(items, reads, writes, 3)
    assert found.pair_conflict_prob == pytest.approx(float(1 - apart), rel=1e-7, abs=1e-15)
    assert found.any_conflict_prob == pytest.approx(float(1 - apart**3), rel=1e-7, abs=1e-15)


@pytest.mark.parametrize("items", [1, 7, 64, 65, 1000, 100_000])
@pytest.mark.parametrize("theta", [0.0, 0.5, 0.99, 1.0, 1.6])
def test_zipf_matches_the_sum_over_all_keys(items, theta):
    weights = np.arange(1, items + 1, dtype=float) ** -theta
    p = weights / weights.sum()
    found = zipf_skew(items, theta)
    assert found.p_hottest == pytest.approx(p[0], rel=1e-9)
    assert found.collision_prob == pytest.approx((p * p).sum(), rel=1e-9)
    for a, b in ((4, 3), (34.5, 2.75)):
        apart = np.prod(1 - (1 - (1 - p) ** a) * (1 - (1 - p) ** b))
        assert conflict_probability_zipf(items, theta, a, b).pair_conflict_prob == pytest.approx(1 - apart, rel=1e-7)


@pytest.mark.parametrize("items", [3, 100, 100_000])
@pytest.mark.parametrize("theta", [0.0, 0.9, 2.0])
@pytest.mark.parametrize(("mean_a", "mean_b"), [(0.3, 2.5), (4.0, 0.3), (34.5, 4.0), (34.5, 34.5)])
def test_a_mean_count_stands_for_counts_around_it(items, theta, mean_a, mean_b):
    counts = np.arange(120)
    log_factorials = np.array([math.lgamma(count + 1) for count in counts])
    chance_a, chance_b = (np.exp(counts * np.log(mean) - mean - log_factorials) for mean in (mean_a, mean_b))
    each = conflict_probability_zipf(items, theta, counts[:, None], counts).pair_conflict_prob
    over_counts = chance_a @ each @ chance_b
    at_the_mean = conflict_probability_zipf(items, theta, mean_a, mean_b).pair_conflict_prob
    assert over_counts <= at_the_mean * (1 + 1e-12)
    assert at_the_mean - over_counts < (1 / mean_a + 1 / mean_b) / 2 * at_the_mean


def test_skew_without_skew_is_uniform():
    assert zipf_skew(500, 0.0).effective_items == pytest.approx(500)
    assert conflict_probability_zipf(10**6, 0.0, 10, 5).pair_conflict_prob == pytest.approx(
        conflict_probability_uniform(10**6, 10, 5, 1).pair_conflict_prob, rel=1e-4
    )


def test_gray_rates_grow_as_the_paper_says_and_warn_when_waits_feed_on_waits():
    one, ten = gray_lock_conflict_rates(10.0, 4, 0.01, 10**5, np.array([1, 10])).eager_system_deadlock_rate_per_s
    assert ten / one == pytest.approx(1000)  # SIGMOD 1996: ten nodes, a thousandfold
    found = gray_lock_conflict_rates(10.0, 4, 0.01, 10**5, 1)
    assert found.deadlock_probability == pytest.approx(
        found.wait_probability**2 / found.concurrent_transactions
    )  # eq. 4
    per_transaction_s = 4 * 0.01  # eq. 5: a node's transactions deadlock with that probability once per duration
    rate = found.deadlock_probability / per_transaction_s * found.concurrent_transactions
    assert found.node_deadlock_rate_per_s == pytest.approx(rate)
    with pytest.warns(ValidityWarning, match="above 0.1"):
        gray_lock_conflict_rates(1000.0, 10, 0.01, 1000, 1)


@given(st.floats(0.0, 1e6))
def test_lambert_w_solves_its_equation(x):
    w = lambert_w(np.asarray(x))
    assert w * math.exp(w) == pytest.approx(x, rel=1e-12)


@pytest.mark.parametrize("x", [-1 / math.e + 1e-9, -0.3, -0.1, -1e-9])
def test_lambert_w_below_zero(x):
    w = lambert_w(np.asarray(x))
    assert w >= -1
    assert w * math.exp(w) == pytest.approx(x, rel=1e-9)


def test_optimistic_goodput_matches_restarting_transactions():
    workers, q, draw = 40, 0.05, np.random.default_rng(5)
    # Attempts end in a fixed cyclic order, one every 1/W of an attempt; a commit dooms each other with probability q.
    doomed, commits, attempts = np.zeros(workers, dtype=bool), 0, 0
    for turn in range(200_000):
        me = turn % workers
        attempts += 1
        if not doomed[me]:
            commits += 1
            doomed |= draw.random(workers) < q
        doomed[me] = False
    found = occ_goodput(workers, 1.0, q)
    assert found.attempts_per_commit == pytest.approx(attempts / commits, rel=0.03)


def test_no_conflict_means_linear_goodput():
    found = occ_goodput(np.array([1, 64]), 1e-3, np.array([0.7, 0.0]))
    assert found.goodput_per_s == pytest.approx([1e3, 64e3])
    assert found.abort_probability == pytest.approx([0.0, 0.0])


@given(st.integers(1, 200), st.floats(0.01, 1.0), st.floats(1e-6, 1e-4))
def test_hot_key_bounds_a_closed_queue(workers, share, hold_s):
    transaction_s = 2e-4
    bound = hot_key_serialisation(share, hold_s, transaction_s, workers).throughput_bound_per_s
    always = hot_key_serialisation(1.0, hold_s, transaction_s, workers).throughput_bound_per_s
    queue = finite_source_mmc(workers, transaction_s - hold_s, hold_s, 1).throughput_per_s
    assert queue <= always * (1 + 1e-9) <= bound * (1 + 1e-8)


def test_retries_sum_the_geometric_series_and_diverge_at_livelock():
    found = retry_cost(0.6, 5e-5, 0.5, 1e-5)
    latency = sum(0.4 * 0.6**failures * (5e-5 + failures * (0.5 * 5e-5 + 1e-5)) for failures in range(400))
    assert found.mean_latency_s == pytest.approx(latency)
    assert found.attempts == pytest.approx(2.5)
    assert found.efficiency == pytest.approx(5e-5 / (5e-5 + 1.5 * 2.5e-5))
    assert np.isinf(retry_cost(1.0, 5e-5, 0.5, 1e-5).mean_latency_s)
    assert retry_cost(0.0, 5e-5, 1.0, 1.0).mean_latency_s == 5e-5
