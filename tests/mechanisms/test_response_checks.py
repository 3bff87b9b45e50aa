"""Response quantiles and work that makes work, against simulations written here and against each other."""

import numpy as np
import pytest

from gauntlet.mechanisms.closed import mva_exact
from gauntlet.mechanisms.closed_commits import closed_group_commit
from gauntlet.mechanisms.closed_responses import closed_response
from gauntlet.mechanisms.feedback import hedged_queue, retried_load
from gauntlet.mechanisms.queueing import mm1, mmc
from gauntlet.mechanisms.responses import mg1_response, mgc_response
from gauntlet.mechanisms.tails import mmc_response

JOBS = 1_000_000
S = 1e-3
BIMODAL = {"shares": [0.9, 0.1], "means_s": [0.5 * S, 5.5 * S], "scvs": [0.0, 0.0]}


def responses(rate_per_s: float, services_s: np.ndarray, seed: int) -> np.ndarray:
    """Responses at one server by Lindley's recursion, W' = max(0, W + S - A), as a running minimum."""
    gaps_s = np.random.default_rng(seed).exponential(1 / rate_per_s, services_s.size - 1)
    walk = np.concatenate([[0.0], np.cumsum(services_s[:-1] - gaps_s)])
    return (walk - np.minimum.accumulate(walk) + services_s)[services_s.size // 20 :]


@pytest.mark.parametrize("rho", [0.3, 0.7])
def test_bimodal_and_constant_services_against_lindley(rho):
    draws = np.random.default_rng(1).random(JOBS)
    bimodal = responses(rho / S, np.where(draws < 0.9, 0.5 * S, 5.5 * S), 2)
    constant = responses(rho / S, np.full(JOBS, S), 3)
    for quantile in (0.5, 0.9, 0.99):
        found = mg1_response(rho / S, **BIMODAL, quantile=quantile).response_quantile_s
        assert found == pytest.approx(np.quantile(bimodal, quantile), rel=0.04)  # a million correlated responses
        found = mg1_response(rho / S, [1.0], [S], [0.0], quantile=quantile).response_quantile_s
        assert found == pytest.approx(np.quantile(constant, quantile), rel=0.02)


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.99, 0.9999])
def test_exponential_service_is_mm1_and_mmc(quantile):
    rate_per_s = np.array([100.0, 500.0, 900.0])
    one = mg1_response(rate_per_s, [1.0], [S], [1.0], quantile=quantile).response_quantile_s
    np.testing.assert_allclose(one, mm1(rate_per_s, S, quantile).response_quantile_s, rtol=1e-3)
    several = mgc_response(8 * rate_per_s, 8, [1.0], [S], [1.0], quantile=quantile).response_quantile_s
    np.testing.assert_allclose(several, mmc_response(8 * rate_per_s, S, 8, quantile).response_quantile_s, rtol=1e-3)


def test_a_path_shifts_the_quantile_and_an_overhead_loads_the_server():
    plain = mg1_response(500.0, **BIMODAL, quantile=0.99)
    shifted = mg1_response(500.0, **BIMODAL, quantile=0.99, path_s=2e-3)
    loaded = mg1_response(500.0, **BIMODAL, quantile=0.99, overhead_s=2e-4)
    assert shifted.response_quantile_s == pytest.approx(plain.response_quantile_s + 2e-3, rel=1e-6)
    assert loaded.utilisation == pytest.approx(0.6)
    assert loaded.response_quantile_s > plain.response_quantile_s + 2e-4


def test_limit_and_quantile_are_inverse():
    found = mg1_response(600.0, **BIMODAL, quantile=0.95)
    back = mg1_response(600.0, **BIMODAL, limit_s=found.response_quantile_s)
    assert back.prob_above_limit == pytest.approx(0.05, rel=1e-3)


def test_one_closed_station_is_a_mixture_of_erlangs():
    """N - 1 others at one exponential server, without thinking: all wait ahead, the response is Erlang(N)."""
    from math import exp

    for clients in (1, 2, 5):
        median_s = float(closed_response(clients, 0.0, [S], 0.5).response_quantile_s) / S
        terms = np.cumprod([1.0, *(median_s / k for k in range(1, clients))])
        assert terms.sum() * exp(-median_s) == pytest.approx(0.5, rel=1e-3)


def test_means_of_a_closed_network_are_those_of_mean_value_analysis():
    clients = np.array([1, 4, 20, 60])
    found = closed_response(clients, 0.05, [2e-3, 5e-3, 1e-3], 0.9)
    exact = mva_exact(clients, 0.05, [2e-3, 5e-3, 1e-3])
    np.testing.assert_allclose(found.mean_response_s, exact.response_s, rtol=2e-3)
    np.testing.assert_allclose(found.throughput_per_s, exact.throughput_per_s, rtol=2e-3)


def test_a_hedge_that_never_fires_changes_nothing_and_one_that_fires_at_once_doubles_the_load():
    never = hedged_queue(3000.0, S, servers=10, hedge_delay_s=10.0, quantile=0.9)
    assert never.mean_s == pytest.approx(mm1(300.0, S).mean_response_s, rel=1e-6)
    assert never.quantile_s == pytest.approx(mm1(300.0, S, 0.9).response_quantile_s, rel=1e-6)
    at_once = hedged_queue(3000.0, S, servers=10, hedge_delay_s=0.0)
    assert at_once.utilisation == pytest.approx(0.6)
    assert at_once.mean_s == pytest.approx(mm1(600.0, S).mean_response_s / 2, rel=1e-6)  # the faster of two


def test_hedges_that_feed_on_themselves_saturate():
    found = hedged_queue(np.array([3000.0, 6000.0]), S, servers=10, hedge_delay_s=0.0)
    assert np.isfinite(found.mean_s[0])
    assert np.isinf(found.mean_s[1])


def test_retries_by_hand():
    """Two attempts at p = 0.5 are 1.5 on average; without failure it is M/M/c."""
    found = retried_load(400.0, S, servers=1, failure_probability=0.5, max_attempts=2)
    assert (found.attempts, found.success_probability) == (pytest.approx(1.5), pytest.approx(0.75))
    assert found.mean_response_s == pytest.approx(1.5 * mm1(600.0, S).mean_response_s)
    plain = retried_load(3000.0, S, servers=4, failure_probability=0.0, max_attempts=9)
    assert plain.mean_response_s == pytest.approx(mmc(3000.0, S, 4).mean_response_s)
    assert np.isinf(retried_load(900.0, S, 1, 0.5, 3).mean_response_s)


def flushes(clients: int, think_s: float, flush_s: float, item_s: float, most: int, seed: int) -> float:
    """Throughput of a simulated closed loop of group commits."""
    draw = np.random.default_rng(seed)
    ready = np.sort(draw.exponential(think_s, clients))
    now, done = 0.0, 0
    for _ in range(20_000):
        now = max(now, ready[0])
        batch = min(most, int(np.searchsorted(ready, now, side="right")))
        now += flush_s + item_s * batch
        done += batch
        ready = np.sort(np.concatenate([ready[batch:], now + draw.exponential(think_s, batch)]))
    return done / now


@pytest.mark.parametrize(("clients", "most"), [(4, 4), (32, 16), (64, 64)])
def test_closed_group_commit_against_events(clients, most):
    found = closed_group_commit(clients, 4e-3, 2e-3, 5e-5, most).throughput_per_s
    assert found == pytest.approx(flushes(clients, 4e-3, 2e-3, 5e-5, most, 7), rel=0.05)  # twice the recorded error
