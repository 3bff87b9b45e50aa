"""Laws of responses against partial fractions, Erlang's formula for M/D/1, simulations and sums over all states."""

import heapq
import itertools
import math
import statistics

import numpy as np
import pytest

from gauntlet.mechanisms._inputs import ValidityWarning
from gauntlet.mechanisms._inversion import PLACES, invert
from gauntlet.mechanisms._lognormal import LEAST_SIGMA, broad_sum, narrow_transform
from gauntlet.mechanisms._services import Services
from gauntlet.mechanisms.closed import mva_exact
from gauntlet.mechanisms.closed_responses import closed_response
from gauntlet.mechanisms.inverse import max_load_at
from gauntlet.mechanisms.queueing import ggc_allen_cunneen, mg1_pk
from gauntlet.mechanisms.responses import mg1_response, mgc_response

BIMODAL = [0.9, 0.1], [0.5, 5.5], [0.0, 0.0]
QUANTILES = np.array([0.5, 0.9, 0.99, 0.999, 0.9999])
RIGHT = 1e-3
"""Relative error that the docstring allows in the time of a tail of 1e-4 or more."""


def rational_survival(rate, shares, means, stages, times):
    """P(R > t) of M/G/1 with parts of Erlang's law (scv = 1 / stages), by the poles of E[exp(-s R)] - a ratio of
    polynomials: (1 - rho) s N / (s D - rate (D - N)), where N / D is the transform of the service."""
    powers = [np.poly1d([mean / k, 1.0]) ** k for mean, k in zip(means, stages, strict=True)]
    whole = math.prod(powers)
    parts = [share * math.prod(powers[:i] + powers[i + 1 :]) * np.poly1d([1.0]) for i, share in enumerate(shares)]
    service = sum(parts[1:], parts[0])
    rho = rate * np.dot(shares, means)
    below, rest = np.polydiv((np.poly1d([1, 0]) * whole - rate * (whole - service)).coeffs, [1.0, 0.0])
    assert np.abs(rest).max() < 1e-9  # s = 0 is a root of both
    poles = np.roots(below)
    weights = (1 - rho) * service(poles) / np.polyval(np.polyder(below), poles)
    return np.real((weights / -poles * np.exp(np.outer(times, poles))).sum(axis=1))


@pytest.mark.parametrize("rho", [0.1, 0.7, 0.99])
@pytest.mark.parametrize(
    ("shares", "means", "stages"),
    [([1.0], [1.0], [3]), ([0.9, 0.1], [0.5, 5.5], [1, 1]), ([0.3, 0.7], [2.0, 0.6], [2, 5])],
)
def test_mixtures_of_erlang_parts_match_partial_fractions(rho, shares, means, stages):
    rate, scvs = rho / np.dot(shares, means), [1 / k for k in stages]
    found = mg1_response(rate, shares, means, scvs, QUANTILES).response_quantile_s
    np.testing.assert_allclose(rational_survival(rate, shares, means, stages, found), 1 - QUANTILES, rtol=1e-3)
    times = np.array([0.1, 1.0, 5.0])
    above = mg1_response(rate, shares, means, scvs, limit_s=times).prob_above_limit
    np.testing.assert_allclose(above, rational_survival(rate, shares, means, stages, times), atol=1e-7)


def erlang_wait(rho, time):
    """P(W <= t) of M/D/1 with unit service. Source: Erlang, 1909; Gross and Harris, section 5.1.5 (the M/D/1 queue)."""
    terms = [
        (-rho * (time - j)) ** j / math.factorial(j) * math.exp(rho * (time - j)) for j in range(math.floor(time) + 1)
    ]
    return (1 - rho) * math.fsum(terms) if time >= 0 else 0.0


@pytest.mark.parametrize("rho", [0.1, 0.5, 0.8])
def test_constant_service_matches_erlangs_formula(rho):
    times = np.array([0.5, 1.0, 1.3, 2.0, 2.999, 3.0, 4.2, 6.0])
    found = mg1_response(rho, [1.0], [1.0], [0.0], limit_s=times).prob_above_limit
    expected = np.array([1 - erlang_wait(rho, time - 1) for time in times])
    np.testing.assert_allclose(found, np.where(expected < 1e-5, 0.0, expected), atol=3e-6)
    quantiles = QUANTILES[1 - rho < QUANTILES]  # others do not wait
    for quantile, time in zip(quantiles, mg1_response(rho, [1.0], [1.0], [0.0], quantiles)[2], strict=True):
        assert (
            1 - erlang_wait(rho, time * (1 - RIGHT) - 1) > 1 - quantile > 1 - erlang_wait(rho, time * (1 + RIGHT) - 1)
        )


def test_quantiles_stand_still_at_constant_services():
    found = mg1_response(0.1, *BIMODAL, np.array([0.3, 0.7, 0.95]), overhead_s=0.2, path_s=1.0).response_quantile_s
    np.testing.assert_allclose(found, [1.7, 1.7, 6.7], rtol=1e-12)
    idle = mg1_response(0.0, *BIMODAL, np.array([0.0, 0.5, 0.95, 1.0])).response_quantile_s
    np.testing.assert_allclose(idle, [0.0, 0.5, 5.5, np.inf])


def drawn(rng, shares, means, scvs, law, count):
    part = rng.choice(len(shares), size=count, p=shares)
    mean, scv = np.array(means)[part], np.array(scvs)[part]
    spread = np.maximum(scv, 1e-12)
    if law == "gamma":
        return np.where(scv > 0, rng.gamma(1 / spread) * spread * mean, mean)
    sigma = np.sqrt(np.log1p(scv))
    return mean * np.exp(sigma * rng.standard_normal(count) - sigma**2 / 2)


def simulated(servers, rate, services, rng):
    """Responses first come first served: Lindley's recursion for one server, the earliest free one of several."""
    gaps = rng.exponential(1 / rate, services.size)
    if servers == 1:
        walk = np.concatenate([[0.0], np.cumsum(services[:-1] - gaps[1:])])
        return walk - np.minimum.accumulate(walk) + services
    now, free, responses = 0.0, [0.0] * servers, np.empty(services.size)
    for index, (gap, service) in enumerate(zip(gaps.tolist(), services.tolist(), strict=True)):
        now += gap
        done = max(now, free[0]) + service
        heapq.heapreplace(free, done)
        responses[index] = done - now
    return responses


@pytest.mark.parametrize(
    ("rho", "parts", "law", "overhead"),
    [
        (0.6, BIMODAL, "gamma", 0.3),
        (0.7, ([1.0], [1.0], [4.0]), "lognormal", 0.0),
        (0.5, ([0.7, 0.3], [1.0, 4.0], [0.005, 2.0]), "gamma", 0.5),
        (0.6, ([0.5, 0.5], [1.0, 2.0], [0.004, 0.3]), "lognormal", 0.2),
    ],
)
def test_one_server_matches_a_simulated_queue(rho, parts, law, overhead):
    rng, runs = np.random.default_rng(5), []
    rate = rho / (np.dot(parts[0], parts[1]) + overhead)
    for _ in range(8):
        services = drawn(rng, *parts, law, 400_000) + overhead
        runs.append(np.quantile(simulated(1, rate, services, rng)[20_000:], QUANTILES[:4]))
    error = 4 * np.std(runs, axis=0, ddof=1) / math.sqrt(len(runs)) + RIGHT * np.mean(runs, axis=0)
    found = mg1_response(rate, *parts, QUANTILES[:4], law=law, overhead_s=overhead, path_s=0.7).response_quantile_s
    assert np.all(np.abs(found - 0.7 - np.mean(runs, axis=0)) < error)


@pytest.mark.parametrize("law", ["gamma", "lognormal"])
def test_means_are_those_of_pollaczek_and_of_allen_and_cunneen(law):
    parts = [0.2, 0.8], [3.0, 0.5], [0.5, 2.0]
    first = np.dot(parts[0], parts[1]) + 0.4
    second = sum(p * ((m + 0.4) ** 2 + v * m * m) for p, m, v in zip(*parts, strict=True))
    scv = second / first**2 - 1
    one = mg1_response(0.6, *parts, law=law, overhead_s=0.4, path_s=1.0).mean_response_s
    assert one == pytest.approx(1.0 + mg1_pk(0.6, first, scv).mean_response_s, rel=1e-12)
    several = mgc_response(2.4, 4, *parts, law=law, overhead_s=0.4).mean_response_s
    assert several == pytest.approx(first + ggc_allen_cunneen(2.4, first, 4, 1.0, scv).mean_wait_s, rel=1e-12)


def test_one_of_several_servers_is_one_server():
    given = {"shares": [0.5, 0.5], "means_s": [0.4, 1.2], "scvs": [0.0, 3.0], "quantile": QUANTILES, "limit_s": 4.0}
    for found, expected in zip(mgc_response(0.9, 1, **given), mg1_response(0.9, **given), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("servers", "rho", "parts", "law"),
    [
        (16, 0.8, ([1.0], [1.0], [0.0]), "gamma"),
        (16, 0.8, BIMODAL, "gamma"),
        (4, 0.7, ([1.0], [1.0], [4.0]), "gamma"),
        (2, 0.8, ([1.0], [1.0], [2.0]), "lognormal"),
    ],
)
def test_several_servers_match_a_simulated_queue(servers, rho, parts, law):
    rng, rate = np.random.default_rng(6), servers * rho / np.dot(parts[0], parts[1])
    responses = simulated(servers, rate, drawn(rng, *parts, law, 300_000), rng)[20_000:]
    found = mgc_response(rate, servers, *parts, np.array([0.95, 0.99]), law=law).response_quantile_s
    batches = np.array([np.quantile(part, [0.95, 0.99]) for part in np.split(responses, 10)])
    error = 3 * batches.std(axis=0, ddof=1) / math.sqrt(len(batches))
    assert np.all(np.abs(found - batches.mean(axis=0)) < error + 0.08 * found)  # twice the recorded model error


@pytest.mark.parametrize(("servers", "published"), [(1, 0.537), (16, 0.963)])
def test_loads_at_an_objective_are_those_published(servers, published):
    """Prekas, Kogias, Bugnion, ZygOS, SOSP 2017, figure 3: exponential service, p99 at most 10 mean services."""

    def p99(rho):
        return mgc_response(servers * rho, servers, [1.0], [1.0], [1.0], 0.99).response_quantile_s

    assert max_load_at(p99, 1.0, 10.0) == pytest.approx(published, abs=0.006)  # simulated there on a grid of loads


def test_saturation_and_what_is_refused():
    found = mg1_response(np.array([0.5, 1.0, 2.0]), [1.0], [1.0], [1.0], 0.99, limit_s=3.0)
    assert np.isinf(found.response_quantile_s).tolist() == np.isinf(found.mean_response_s).tolist() == [0, 1, 1]
    assert found.prob_above_limit[1:].tolist() == [1.0, 1.0]
    with pytest.raises(ValueError, match="have 2, 1 and 1 elements"):
        mg1_response(0.5, [1.0, 1.0], [1.0], [1.0])
    with pytest.raises(ValueError, match="shares are all 0"):
        mg1_response(0.5, [0.0], [1.0], [1.0])
    with pytest.raises(ValueError, match="means_s and overhead_s are all 0"):
        mgc_response(0.5, 2, [1.0], [0.0], [1.0])
    with pytest.warns(ValidityWarning, match="scv of the service is above 8"):
        mgc_response(0.5, 2, [0.99, 0.01], [0.5, 50.5], [0.0, 0.0])
    with pytest.warns(ValidityWarning, match="below 1e-5"):
        mg1_response(0.5, [1.0], [1.0], [1.0], 1 - 1e-7)


def test_transforms_are_inverted():
    times = np.array([0.01, 1.0, 5.0])
    np.testing.assert_allclose(invert(lambda s: 1 / (1 + s), times), np.exp(-times), atol=2e-8)


def finely_summed(median, sigma):
    """Transform of a lognormal law at Euler's places for t = 1, by 100,000 steps along its normal density."""
    y = np.linspace(-9, 9, 100_001)[:, None]
    time = np.minimum(median * np.exp(sigma * y), 6.0)  # later ones count for exp(-55)
    weight = np.exp(-(y**2) / 2) * 18e-5 / math.sqrt(2 * math.pi)
    return np.array([(weight * np.exp(-place * time)).sum() for place in PLACES[::6, 0]])


@pytest.mark.parametrize("sigma", [LEAST_SIGMA, 0.3, 1.0, 3.0])
def test_broad_lognormal_transforms_match_a_fine_sum(sigma):
    medians = np.array([1e-12, 1e-6, 1e-3, 0.1, 0.7, 1.6, 3.0, 100.0])
    found = broad_sum(np.ones((1, 8)), np.log(medians)[None], np.full((1, 8), sigma))[::6]
    expected = np.stack([finely_summed(median, sigma) for median in medians], axis=1)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13)  # times 1000 in the inversion


@pytest.mark.parametrize("sigma", [1e-4, 0.03, LEAST_SIGMA])
def test_narrow_lognormal_transforms_match_a_fine_sum(sigma):
    medians = np.array([1e-6, 0.1, 0.7, 1.6, 3.0, 100.0])
    expected = np.stack([finely_summed(median, sigma) for median in medians], axis=1)
    np.testing.assert_allclose(narrow_transform(medians, np.asarray(sigma))[::6], expected, rtol=0, atol=5e-12)


def test_a_lognormal_transform_does_not_depend_on_its_neighbours():
    rng = np.random.default_rng(3)
    weights, sigmas = rng.uniform(0, 1, (2, 500)), rng.uniform(LEAST_SIGMA, 3, (2, 500))
    log_medians = rng.uniform(-12, 3, (2, 500))
    together = broad_sum(weights, log_medians, sigmas)
    for some in (slice(7, 8), slice(100, 333)):
        np.testing.assert_array_equal(
            broad_sum(weights[:, some], log_medians[:, some], sigmas[:, some]), together[:, some]
        )


def test_without_waits_a_mixture_of_lognormal_parts_is_exact():
    shares, means, scvs = [0.6, 0.3, 0.1], [1.0, 3.0, 20.0], [0.004, 0.3, 4.0]
    found = mg1_response(0.0, shares, means, scvs, QUANTILES, law="lognormal").response_quantile_s
    tails = np.zeros(QUANTILES.shape)
    for share, mean, scv in zip(shares, means, scvs, strict=True):
        law = statistics.NormalDist(math.log(mean) - math.log1p(scv) / 2, math.sqrt(math.log1p(scv)))
        tails += [share * (1 - law.cdf(math.log(time))) for time in found]
    np.testing.assert_allclose(tails, 1 - QUANTILES, rtol=2e-5)
    nearly = mg1_response(1e-9, shares, means, scvs, QUANTILES, law="lognormal").response_quantile_s  # inverted
    np.testing.assert_allclose(nearly, found, rtol=1e-5)


@pytest.mark.parametrize(("law", "scv"), [("gamma", 0.01), ("gamma", 0.002), ("lognormal", 0.01)])
def test_narrow_services_match_draws(law, scv):
    draws = drawn(np.random.default_rng(8), [1.0], [2.0], [scv], law, 1_000_000)
    services = Services(np.array([[1.0]]), np.array([[2.0]]), np.array([[scv]]), law)
    for time in np.quantile(draws, [0.01, 0.5, 0.99]):
        found = services.narrow_survival(0, np.array([time]))[0]
        assert found == pytest.approx((draws > time).mean(), abs=2e-3)  # four standard deviations of the draws


@pytest.mark.parametrize(("clients", "think"), [(1, 0.0), (4, 0.0), (4, 3.0), (30, 20.0), (30, 200.0)])
def test_one_closed_station_is_a_ratio_of_poisson_sums(clients, think):
    """By the arrival theorem P(R > t) = Q(N, Z + t) / Q(N, Z), Q(N, y) = P(Poisson(y) < N), service 1."""

    def below(mean):
        return math.fsum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(clients))

    for quantile in (0.01, 0.5, 0.99, 0.9999):
        time = float(closed_response(clients, think, [1.0], quantile).response_quantile_s)
        expected = (1 - quantile) * (below(think) if think else 1.0)
        assert below(think + time) == pytest.approx(expected, rel=1e-4)


def test_closed_stations_match_the_sum_over_all_states():
    """Product form of N - 1 others (arrival theorem), each state a sum of Erlang stays, convolved on a fine grid."""
    clients, think, demands = 4, 2.0, [1.0, 0.4]
    step, times = 0.005, np.arange(0.0, 30.0, 0.005)
    stays = [np.diff(-np.exp(-np.append(times, 30.0) / demand)) for demand in demands]
    density, total = np.zeros(times.size), 0.0
    for ahead in itertools.product(range(clients), repeat=2):
        if (idle := clients - 1 - sum(ahead)) < 0:
            continue
        weight = think**idle / math.factorial(idle) * math.prod(d**n for d, n in zip(demands, ahead, strict=True))
        law = np.eye(1, times.size)[0]
        for stay in [stays[0]] * (ahead[0] + 1) + [stays[1]] * (ahead[1] + 1):
            law = np.fft.irfft(np.fft.rfft(law, 2 * times.size) * np.fft.rfft(stay, 2 * times.size))[: times.size]
        parts = sum(ahead) + 2
        shift = round(parts / 2)  # each cell's middle
        density[shift:] += weight * law[: times.size - shift]
        total += weight
    cumulated = np.cumsum(density) / total
    for quantile in (0.1, 0.5, 0.9, 0.99):
        found = float(closed_response(clients, think, demands, quantile).response_quantile_s)
        assert found == pytest.approx(float(np.interp(quantile, cumulated, times + step)), abs=2 * step)


@pytest.mark.parametrize(
    ("clients", "think", "demands"),
    [(9, 1.0, [0.02, 0.05, 0.01]), (50, 0.3, [0.05] * 4), (1000, 10.0, [0.01, 0.0002]), (7, 0.0, [0.0, 1.0])],
)
def test_means_of_closed_networks_are_exact(clients, think, demands):
    found, exact = closed_response(clients, think, demands), mva_exact(clients, think, demands)
    assert found.mean_response_s == pytest.approx(exact.response_s, rel=1e-5)
    assert found.throughput_per_s == pytest.approx(exact.throughput_per_s, rel=1e-5)


def test_a_row_of_stations_matches_a_simulated_loop():
    rng, clients, think, demands = np.random.default_rng(9), 8, 0.3, np.array([0.04, 0.05, 0.02])
    count = 60_000
    stays, thinks = rng.exponential(demands, (count, 3)).tolist(), rng.exponential(think, count).tolist()
    ready, free, responses = [(0.0, i) for i in range(clients)], [0.0] * 3, np.empty(count)
    for index in range(count):
        begun, client = heapq.heappop(ready)
        now = begun
        for station in range(3):  # in order: nobody overtakes
            now = free[station] = max(now, free[station]) + stays[index][station]
        responses[index] = now - begun
        heapq.heappush(ready, (now + thinks[index], client))
    batches = np.array([np.quantile(part, [0.5, 0.9, 0.99]) for part in np.split(responses[6_000:], 9)])
    error = 3 * batches.std(axis=0, ddof=1) / 3
    found = closed_response(clients, think, demands.tolist(), np.array([0.5, 0.9, 0.99])).response_quantile_s
    assert np.all(np.abs(found - batches.mean(axis=0)) < error)
