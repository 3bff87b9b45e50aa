"""Broadcast trees against a greedy schedule, two queues against their chain, bins against exact counts."""

import heapq
import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gauntlet.mechanisms.balancing import jsq_two_servers, max_load_balls_bins
from gauntlet.mechanisms.broadcast import logp_broadcast
from tests.mechanisms.sampling import few


def greedy_broadcast(processors, latency, overhead, gap):
    """Every informed processor sends as soon as it may; the message that arrives first informs the next."""
    reach, again = latency + 2 * overhead, max(gap, overhead)
    arrivals, done = [(reach, 0.0)], 0.0  # arrival of a message, when it was sent
    for _ in range(processors - 1):
        done, sent = heapq.heappop(arrivals)
        heapq.heappush(arrivals, (sent + again + reach, sent + again))
        heapq.heappush(arrivals, (done + reach, done))
    return done


@few
@given(st.integers(1, 200), st.floats(0, 20), st.floats(0, 20), st.floats(0, 20))
def test_broadcast_follows_the_greedy_schedule(processors, latency, overhead, gap):
    expected = greedy_broadcast(processors, latency, overhead, gap)
    assert logp_broadcast(processors, latency, overhead, gap).time == pytest.approx(expected, rel=1e-12)


def test_broadcast_of_culler_and_its_counting_recursion():
    assert logp_broadcast(8, 6, 2, 4).time == 24  # Culler et al., PPoPP 1993, figure 3
    informed = [1] * 10  # N(t) = 1 + N(t - L - 2 o) + N(t - L - 2 o - g) + ...
    for time in range(10, 80):
        informed.append(1 + sum(informed[time - 10 - 4 * k] for k in range((time - 10) // 4 + 1)))
    counts = np.arange(1, 500)
    expected = [next(time for time, known in enumerate(informed) if known >= count) for count in counts]
    np.testing.assert_array_equal(logp_broadcast(counts, 6, 2, 4).time, expected)


def test_many_samples_of_a_large_broadcast_are_worked_off_in_parts():
    latencies = np.linspace(1, 9, 2500)
    found = logp_broadcast(np.array([1000, 7])[:, None], latencies, 2, 4).time
    for column in (0, 1111, 2499):
        for row, processors in enumerate((1000, 7)):
            assert found[row, column] == pytest.approx(greedy_broadcast(processors, latencies[column], 2, 4))


def two_queue_chain(rho, most=40):
    """Mean response in service times, from the levels of the shorter queue with leads up to `most` (each falls by a
    third at least): the matrix-geometric method."""
    leads = np.arange(most + 1)
    up, down, inside = np.zeros((3, most + 1, most + 1))
    up[leads[1:], leads[1:] - 1] = 2 * rho
    inside[leads[1:], leads[1:] - 1] = 1.0
    inside[0, 1] = 2 * rho
    down[leads[:-1], leads[:-1] + 1] = 1.0
    down[0, 1] = 2.0
    ground = inside - np.diag((up + inside).sum(axis=1))
    level = inside - np.diag((up + inside + down).sum(axis=1))
    passage = np.zeros_like(up)
    for _ in range(5000):
        passage = np.linalg.solve(-(level + up @ passage), down)
    rate = up @ np.linalg.inv(-(level + up @ passage))
    balance = (ground + rate @ down).T.copy()
    balance[-1] = 1.0
    start = np.linalg.solve(balance, np.eye(most + 1)[-1])
    beyond = np.linalg.inv(np.eye(most + 1) - rate)
    jobs = 2 * (start @ rate @ beyond @ beyond).sum() + start @ beyond @ leads
    return jobs / (start @ beyond).sum() / (2 * rho)


@pytest.mark.parametrize("rho", [0.02, 0.5, 0.95])
def test_shorter_queue_is_the_stationary_law_of_its_chain(rho):
    found = jsq_two_servers(rho, 2e-3)
    assert found.mean_response_s == pytest.approx(2e-3 * two_queue_chain(rho), rel=1e-9)


def test_shorter_queue_stays_between_its_bounds_and_meets_the_lower_one():
    loads = np.concatenate([[0.0, 1e-12, 1e-9], np.linspace(1e-6, 1 - 1e-9, 2001)])
    found = jsq_two_servers(loads, 1.0)
    assert (found.mmc_lower_s <= found.mean_response_s * (1 + 1e-14)).all()
    assert (found.mean_response_s <= found.random_upper_s * (1 + 1e-14)).all()
    assert found.mean_response_s[-1] == pytest.approx(found.mmc_lower_s[-1], rel=1e-6)
    assert np.isinf(jsq_two_servers([1.0, 1.5], 1.0).mean_response_s).all()


def exact_maximum(balls, bins):
    """Counts of placements with at most k balls in each bin, as polynomials in rationals."""
    total = Fraction(0)
    for most in range(balls):
        ways = [Fraction(1)] + [Fraction(0)] * balls
        single = [Fraction(1, math.factorial(j)) for j in range(min(most, balls) + 1)]
        for _ in range(bins):
            ways = [sum(ways[i - j] * single[j] for j in range(min(i, most) + 1)) for i in range(balls + 1)]
        total += 1 - ways[balls] * math.factorial(balls) / Fraction(bins) ** balls
    return float(total)


@pytest.mark.parametrize(
    ("balls", "bins"), [(1, 1), (1, 9), (9, 1), (2, 2), (7, 3), (16, 16), (24, 5), (4, 70), (12, 64)]
)
def test_fullest_bin_counts_placements(balls, bins):
    found = max_load_balls_bins(balls, bins)
    assert found.expected_max == pytest.approx(exact_maximum(balls, bins), rel=1e-12)
    assert found.imbalance == pytest.approx(found.expected_max * bins / balls)


@pytest.mark.parametrize("balls", [1000, 19_999, 10**6])
def test_two_bins_are_a_coin(balls):
    """The fuller bin of two: m/2 + E|m/2 - heads|, and E|m/2 - heads| = ceil(m/2) C(m, ceil(m/2)) / 2^m."""
    half = -(-balls // 2)
    log_term = math.lgamma(balls + 1) - math.lgamma(half + 1) - math.lgamma(balls - half + 1) - balls * math.log(2)
    expected = balls / 2 + half * math.exp(log_term)
    assert max_load_balls_bins(balls, 2).expected_max == pytest.approx(expected, rel=1e-9)


def test_many_bins_are_birthdays():
    balls, bins = 10**5, 10**9
    alone = math.exp(sum(math.log1p(-i / bins) for i in range(balls)))
    at_most_two, ways = alone, alone
    for pairs in range(60):
        ways *= (balls - 2 * pairs) * (balls - 2 * pairs - 1) / (2 * (pairs + 1) * (bins - balls + pairs + 1))
        at_most_two += ways
    four = math.comb(balls, 4) / bins**3  # beyond, about one in 2e8
    expected = 1 + (1 - alone) + (1 - at_most_two) + four
    assert max_load_balls_bins(balls, bins).expected_max == pytest.approx(expected, rel=1e-11)


def test_the_expansion_joins_the_exact_value():
    bins = np.array([3, 40, 64, 1000, 10**6])
    exact, expanded = max_load_balls_bins(bins * 10_000, bins), max_load_balls_bins(bins * 10_000 + 1, bins)
    np.testing.assert_allclose(expanded.imbalance, exact.imbalance, rtol=2e-7)


def test_one_value_per_pair_in_any_arrangement():
    balls, bins = np.array([[5, 300, 5], [40_000, 1, 300]]), np.array([4, 7, 4])
    found = max_load_balls_bins(balls, bins).expected_max
    for row, column in itertools.product(range(2), range(3)):
        alone = max_load_balls_bins(balls[row, column], bins[column]).expected_max
        assert found[row, column] == pytest.approx(alone, rel=1e-12)
