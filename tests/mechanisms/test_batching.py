"""Limited batches against the chain itself, jobs simulated one by one, and the servers that bound the family."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gauntlet.mechanisms.batching import limited_batching
from gauntlet.mechanisms.disciplines import dynamic_batching
from gauntlet.mechanisms.queueing import mg1_pk


def poisson(mean, count):
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, count)))])
    return np.exp(np.arange(count) * np.log(mean) - mean - log_factorial)


def by_the_chain(rate, fixed_s, per_item_s, limit, most):
    """Mean response and batch from the law of jobs left behind, cut at `most`, and areas under the jobs present."""
    left = np.arange(most + 1)
    sizes = np.clip(left, 1, limit)
    times_s = fixed_s + per_item_s * sizes
    moves = np.zeros((most + 1, most + 1))
    for here, (size, time_s) in enumerate(zip(sizes, times_s, strict=True)):
        stay = max(here - size, 0)
        moves[here, stay:] = poisson(rate * time_s, most + 1 - stay)
        moves[here, most] += 1 - moves[here].sum()
    balance = (moves - np.eye(most + 1)).T
    balance[-1] = 1.0
    law = np.linalg.solve(balance, np.eye(most + 1)[-1])
    cycle_s = law @ times_s + law[0] / rate
    area = law @ (np.maximum(left, 1) * times_s + rate * times_s**2 / 2)
    return area / cycle_s / rate, law @ sizes, law @ times_s / cycle_s


@pytest.mark.parametrize(("fixed_s", "per_item_s"), [(1.0, 0.0), (1.0, 0.05), (0.1, 1.0), (0.0, 1.0)])
@pytest.mark.parametrize(("limit", "load"), [(1, 0.5), (2, 0.9), (3, 0.05), (8, 0.85), (24, 0.8), (64, 0.6)])
def test_limited_batches_are_the_stationary_law_of_their_chain(limit, load, fixed_s, per_item_s):
    rate = load * limit / (fixed_s + per_item_s * limit)
    response_s, batch, busy = by_the_chain(rate, fixed_s, per_item_s, limit, 500)
    found = limited_batching(rate, fixed_s, per_item_s, limit)
    assert found.mean_response_s == pytest.approx(response_s, rel=1e-8)
    assert found.mean_batch == pytest.approx(batch, rel=1e-8)
    assert found.busy_fraction == pytest.approx(busy, rel=1e-8)
    if (limit, fixed_s) == (8, 1.0):  # the same server without its limit is another one
        assert dynamic_batching(rate, fixed_s, per_item_s).mean_response_s < 0.95 * response_s


@pytest.mark.parametrize(("limit", "load"), [(4, 0.8), (16, 0.95)])
def test_limited_batches_as_jobs_are_served(limit, load):
    """Twenty runs of 30,000 jobs; four standard errors."""
    fixed_s, per_item_s, responses_s = 2e-3, 5e-4, []
    rate = load * limit / (fixed_s + per_item_s * limit)
    for seed in range(20):
        arrivals_s = np.cumsum(np.random.default_rng(seed).exponential(1 / rate, 30_000))
        first, free_s, spent_s = 0, 0.0, 0.0
        while first < arrivals_s.size:
            free_s = max(free_s, arrivals_s[first])
            last = min(first + limit, np.searchsorted(arrivals_s, free_s, side="right"))
            free_s += fixed_s + per_item_s * (last - first)
            spent_s += (free_s - arrivals_s[first:last]).sum()
            first = last
        responses_s.append(spent_s / arrivals_s.size)
    found = limited_batching(rate, fixed_s, per_item_s, limit).mean_response_s
    assert found == pytest.approx(np.mean(responses_s), abs=4 * np.std(responses_s, ddof=1) / np.sqrt(20))


@given(st.floats(0.01, 0.99), st.floats(0.0, 1.0))
def test_batches_of_one_are_a_queue_of_fixed_services(load, share):
    found = limited_batching(load, share, 1 - share, 1)
    assert found.mean_response_s == pytest.approx(mg1_pk(load, 1.0, 0.0).mean_response_s, rel=1e-9)
    assert (found.mean_batch, found.busy_fraction) == (pytest.approx(1.0), pytest.approx(load))


def test_a_limit_that_is_never_reached_is_none():
    """Without it (Inoue 2021) the mean batch is below 51 here, far from 256."""
    given_s = 1.0, np.array([0.0, 0.05, 1.0, 20.0])[:, None], np.array([0.01, 0.3, 0.6])
    found, free = limited_batching(*given_s, 256), dynamic_batching(*given_s)
    np.testing.assert_allclose(found.mean_response_s, free.mean_response_s, rtol=1e-8)
    np.testing.assert_allclose(found.mean_batch, free.mean_batch, rtol=1e-8)


def test_full_batches_saturate():
    rates = np.array([0.999, 1.0, 3.0]) * 8 / 1.4
    found = limited_batching(rates, 1.0, 0.05, 8)
    np.testing.assert_allclose(found.max_rate_per_s, 8 / 1.4)
    assert np.isfinite(found.mean_response_s).tolist() == [True, False, False]
    assert found.mean_batch[1:].tolist() == [8.0, 8.0]
    assert found.busy_fraction[1:].tolist() == [1.0, 1.0]
    assert found.mean_batch[0] == pytest.approx(8.0, rel=1e-2)
    with pytest.raises(
        ValueError, match="max_batch = 300 is invalid; expected a whole number of at least 1 and at most"
    ):
        limited_batching(1.0, 1.0, 0.0, 300)


def test_limits_of_many_elements_are_solved_each_by_itself():
    limits = np.array([[3, 40, 3], [256, 1, 40]])
    found = limited_batching(np.array([0.5, 0.9, 0.2]), 0.7, 0.1, limits)
    for place in np.ndindex(2, 3):
        alone = limited_batching([0.5, 0.9, 0.2][place[1]], 0.7, 0.1, int(limits[place]))
        for together, one in zip(found, alone, strict=True):
            assert together[place] == pytest.approx(one, rel=1e-12)
