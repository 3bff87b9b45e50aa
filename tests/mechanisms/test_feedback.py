"""Hedges, retries and closed batches against simulated servers, an exact chain and fixed points in closed form."""

import heapq
import math

import numpy as np
import pytest

from gauntlet.mechanisms._inputs import ValidityWarning
from gauntlet.mechanisms._numerics import lambert_w
from gauntlet.mechanisms.closed import mva_exact
from gauntlet.mechanisms.closed_commits import closed_group_commit
from gauntlet.mechanisms.feedback import hedged_queue, retried_load
from gauntlet.mechanisms.queueing import mm1, mmc
from gauntlet.mechanisms.storage import group_commit
from gauntlet.mechanisms.tails import mmc_response

ignore_validity = pytest.mark.filterwarnings("ignore::gauntlet.mechanisms._inputs.ValidityWarning")


@ignore_validity
@pytest.mark.parametrize("plain", [0.1, 0.4, 0.6])
@pytest.mark.parametrize("delay", [0.5, 2.0, 8.0])
def test_the_utilisation_with_hedges_is_lamberts(plain, delay):
    """u = u0 (1 + exp(-d (1 - u))) of M/M/1 has the lower root u0 - W(-u0 d exp(-d (1 - u0))) / d, if it has one."""
    inside = -plain * delay * math.exp(-delay * (1 - plain))
    root = plain - float(lambert_w(inside)) / delay if inside >= -math.exp(-1) else math.inf
    found = hedged_queue(50 * plain, 1.0, 50, delay)
    if root < 1:
        assert found.utilisation == pytest.approx(root, rel=1e-9)
        assert found.extra_load == pytest.approx(math.exp(-delay * (1 - root)), rel=1e-8)
    else:
        assert found.utilisation == pytest.approx(2 * plain)  # every request twice
        assert np.isinf(found.mean_s) == np.isinf(found.quantile_s) == (plain >= 0.5)


def hedging(rate, servers, workers, delay, count, budget, seed):
    """Responses and share of hedges, with random servers and exponential service of mean 1."""
    rng = np.random.default_rng(seed)
    gaps, services = rng.exponential(1 / rate, count).tolist(), rng.exponential(1.0, 2 * count).tolist()
    first, other = rng.integers(servers, size=count).tolist(), rng.integers(1, servers, size=count).tolist()
    allowed = (rng.random(count) < budget).tolist()
    free = [[0.0] * workers for _ in range(servers)]
    late, responses, now, hedges = [], np.empty(count), 0.0, 0

    def serve(server, at, service):
        done = max(at, free[server][0]) + service
        heapq.heapreplace(free[server], done)
        return done

    def fire(until):
        nonlocal hedges
        while late and late[0][0] <= until:
            at, index, done = heapq.heappop(late)
            if done > at and allowed[index]:
                hedges += 1
                copy = serve((first[index] + other[index]) % servers, at, services[count + index])
                responses[index] = min(done, copy) - (at - delay)

    for index in range(count):
        now += gaps[index]
        fire(now)
        done = serve(first[index], now, services[index])
        responses[index] = done - now
        heapq.heappush(late, (now + delay, index, done))
    fire(math.inf)
    return responses[count // 10 :], hedges / count


@pytest.mark.parametrize(("workers", "plain", "delay"), [(1, 0.3, 1.0), (1, 0.45, 5.0), (4, 0.4, 1.5)])
def test_hedges_match_simulated_servers(workers, plain, delay):
    rate = plain * 60 * workers
    responses, hedges = hedging(rate, 60, workers, delay, 200_000, 1.0, seed=3)
    found = hedged_queue(rate, 1.0, 60, delay, np.array([0.5, 0.99]), workers)
    assert found.extra_load[0] == pytest.approx(hedges, rel=0.03)  # some 10,000 hedges and more
    assert found.mean_s[0] == pytest.approx(responses.mean(), rel=0.02)
    np.testing.assert_allclose(found.quantile_s, np.quantile(responses, [0.5, 0.99]), rtol=0.03)


def test_a_budget_hedges_a_share_of_the_late():
    """The simulated budget lets a coin decide, so that the same share of late requests is hedged."""
    plain, delay, budget = 0.6, 1.0, 0.1
    found = hedged_queue(plain * 60, 1.0, 60, delay, 0.99, most_hedged=budget)
    assert (found.extra_load, found.utilisation) == (pytest.approx(budget), pytest.approx(0.66))
    coin = budget / math.exp(-delay * (1 - 0.66))
    responses, hedges = hedging(plain * 60, 60, 1, delay, 300_000, coin, seed=4)
    assert hedges == pytest.approx(budget, rel=0.03)
    assert found.mean_s == pytest.approx(responses.mean(), rel=0.03)
    assert found.quantile_s == pytest.approx(np.quantile(responses, 0.99), rel=0.05)


def test_hedges_warn_where_they_may_tip_over():
    with pytest.warns(ValidityWarning, match="tip them into overload"):
        assert np.isfinite(hedged_queue(35.0, 1.0, 50, 12.0).mean_s)
    with pytest.warns(ValidityWarning, match="fewer than 4"):
        hedged_queue(0.4, 1.0, 2, 1.0)


@pytest.mark.parametrize("workers", [1, 3])
def test_a_mean_with_hedges_is_the_area_under_its_tail(workers):
    found = hedged_queue(0.35 * 40 * workers, 1.0, 40, 0.8, workers=workers)
    times = np.linspace(0.0, 60.0, 200_001)
    levels = np.linspace(1e-6, 1 - 1e-6, 2_001)
    alone = mmc_response(found.utilisation * workers, 1.0, workers, levels).response_quantile_s
    tail = np.interp(times, np.append(0.0, alone), np.append(1.0, 1 - levels))
    hedged = tail * np.interp(times - 0.8, times, tail, left=1.0)
    assert found.mean_s == pytest.approx(np.trapezoid(hedged, times), rel=1e-3)


def retrying(rate, servers, failure, most, count, seed):
    """Mean attempts and mean time to the end of the last one, service of mean 1, events in order."""
    rng = np.random.default_rng(seed)
    events = [(at, at, 1) for at in np.cumsum(rng.exponential(1 / rate, count)).tolist()]
    free, attempts, times = [0.0] * servers, 0, []
    services, fails = rng.exponential(1.0, 3 * count).tolist(), (rng.random(3 * count) < failure).tolist()
    while events:
        at, begun, attempt = heapq.heappop(events)
        done = max(at, free[0]) + services[attempts]
        heapq.heapreplace(free, done)
        if fails[attempts] and attempt < most:
            heapq.heappush(events, (done, begun, attempt + 1))
        else:
            times.append(done - begun)
        attempts += 1
    return attempts / count, np.mean(times[count // 10 :])


@pytest.mark.parametrize(("servers", "failure", "most"), [(1, 0.3, 3), (4, 0.5, 2)])
def test_retries_match_a_simulated_queue(servers, failure, most):
    rate = 0.5 * servers
    found = retried_load(rate, 1.0, servers, failure, most)
    runs = np.array([retrying(rate, servers, failure, most, 60_000, seed) for seed in range(5)])
    error = 4 * runs.std(axis=0, ddof=1) / math.sqrt(len(runs))
    assert found.attempts == pytest.approx(runs[:, 0].mean(), abs=error[0])
    assert found.mean_response_s == pytest.approx(runs[:, 1].mean(), abs=error[1])


def test_retries_without_end_and_without_failure():
    for servers in (1, 5):
        endless = retried_load(0.3 * servers, 1.0, servers, 0.5, 10**9)  # Bernoulli feedback: twice the visits
        assert endless.mean_response_s == pytest.approx(2 * mmc(0.6 * servers, 1.0, servers).mean_response_s)
        assert (endless.attempts, endless.success_probability) == (pytest.approx(2.0), pytest.approx(1.0))
    assert retried_load(0.5, 1.0, 1, 0.0, 4).mean_response_s == pytest.approx(mm1(0.5, 1.0).mean_response_s)
    certain = retried_load(0.1, 1.0, 1, 1.0, 4)
    assert (certain.attempts, certain.success_probability, certain.utilisation) == (4.0, 0.0, pytest.approx(0.4))
    assert np.isinf(retried_load(0.501, 1.0, 1, 0.5, 10).mean_response_s)  # 0.501 * 1.998 fills the server


def commit_chain(clients, think, flush, item, most):
    """Throughput, mean batch and mean latency from the stationary law of how many wait when a flush starts."""
    size, move, spent = clients, np.zeros((clients, clients)), np.zeros(clients)
    batches = np.minimum(np.arange(1, size + 1), most)
    for waiting in range(1, size + 1):
        batch = batches[waiting - 1]
        spent[waiting - 1] = took = flush + item * batch
        back, others = -math.expm1(-took / think), clients - waiting
        for come in range(others + 1):
            chance = math.comb(others, come) * back**come * (1 - back) ** (others - come)
            left = waiting - batch + come
            spent[waiting - 1] += chance * (think / clients if left == 0 else 0.0)
            move[waiting - 1, max(left, 1) - 1] += chance
    balance = np.vstack([(move - np.eye(size)).T, np.ones(size)])
    law = np.linalg.lstsq(balance, np.eye(size + 1)[-1])[0]
    rate = law @ batches / (law @ spent)
    return rate, law @ batches, clients / rate - think


@pytest.mark.parametrize("most", [1, 4, 40])
@pytest.mark.parametrize(("clients", "think", "item"), [(1, 2.0, 0.3), (5, 0.5, 0.0), (12, 4.0, 0.1), (40, 25.0, 0.5)])
def test_closed_commits_match_their_chain(clients, think, item, most):
    found = closed_group_commit(clients, think, 1.0, item, most)
    expected = commit_chain(clients, think, 1.0, item, min(most, clients))
    np.testing.assert_allclose(found[:2], expected[:2], rtol=0.07)  # largest errors of the recorded study
    assert found.mean_latency_s == pytest.approx(expected[2], rel=0.19)


def test_the_chain_of_commits_matches_events():
    rng, clients, think, flush, item, most = np.random.default_rng(11), 12, 4.0, 1.0, 0.1, 4
    ready, now, rate_of, latencies = np.sort(rng.exponential(think, clients)), 0.0, 0, []
    for _ in range(30_000):
        now = max(now, ready[0])
        batch = min(most, int(np.searchsorted(ready, now, side="right")))
        now += flush + item * batch
        latencies.extend(now - ready[:batch])
        ready = np.sort(np.concatenate([ready[batch:], now + rng.exponential(think, batch)]))
        rate_of += batch
    rate, _, latency = commit_chain(clients, think, flush, item, most)
    assert rate == pytest.approx(rate_of / now, rel=0.01)
    assert latency == pytest.approx(np.mean(latencies), rel=0.015)


def test_closed_commits_reach_their_limits():
    alone = closed_group_commit(1, 3.0, 2.0, 0.5, 8)
    assert (alone.throughput_per_s, alone.mean_batch, alone.mean_latency_s) == pytest.approx((1 / 5.5, 1.0, 2.5))
    crowd = closed_group_commit(100_000, 3.0, 2.0, 0.5, 8)
    assert (crowd.throughput_per_s, crowd.mean_batch) == pytest.approx((8 / 6.0, 8.0), rel=1e-6)
    assert crowd.mean_latency_s == pytest.approx(100_000 * 6.0 / 8 - 3.0, rel=1e-6)
    pair = closed_group_commit(2, 0.0, 1.0, 0.0, 8)  # each misses the other's flush
    assert (pair.throughput_per_s, pair.mean_latency_s) == pytest.approx((1.0, 2.0))
    many = closed_group_commit(100_000, 50_000.0, 1.0, 0.0, 10**6)  # so many that they come like a stream
    assert many.mean_latency_s == pytest.approx(group_commit(many.throughput_per_s, 1.0).mean_latency_s, rel=1e-3)
    single = closed_group_commit(6, 5.0, 1.0, 0.0, 1)  # constant service queues less than exponential service
    assert single.throughput_per_s > mva_exact(6, 5.0, [1.0]).throughput_per_s
    with pytest.warns(ValidityWarning, match="above half of flush_s"):
        closed_group_commit(6, 5.0, 1.0, 0.6, 4)
