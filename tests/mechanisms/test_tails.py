"""Response-time quantiles against the M/M/1 formula, a numerical convolution and a simulated queue."""

import heapq

import numpy as np
import pytest

from gauntlet.mechanisms.queueing import mm1, mmc
from gauntlet.mechanisms.tails import mmc_response


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.9, 0.99])
@pytest.mark.parametrize("quantile", [0.0, 0.5, 0.99, 0.9999])
def test_one_server_is_mm1(rho, quantile):
    expected = mm1(rho / 2e-3, 2e-3, quantile).response_quantile_s
    assert mmc_response(rho / 2e-3, 2e-3, 1, quantile).response_quantile_s == pytest.approx(
        expected, rel=1e-9, abs=1e-15
    )


@pytest.mark.parametrize(("rate", "servers"), [(1.9, 2), (1.0, 2), (6.0, 8), (7.6, 8), (15.0, 16), (1.0 + 1e-9, 2)])
def test_survival_is_the_convolution_of_wait_and_service(rate, servers):
    """P(R > t) by summing the wait's density against the service's tail (service mean 1)."""
    prob_wait = float(mmc(rate, 1.0, servers).prob_wait)
    ending = servers - rate
    t = float(mmc_response(rate, 1.0, servers, 0.99).response_quantile_s)
    waits = np.linspace(0, t, 200_001)
    inside = np.trapezoid(ending * np.exp(-ending * waits) * np.exp(-(t - waits)), waits)
    survival = (1 - prob_wait) * np.exp(-t) + prob_wait * (np.exp(-ending * t) + inside)
    assert survival == pytest.approx(0.01, rel=1e-6)


def test_simulated_shared_queue():
    rng = np.random.default_rng(7)
    customers, servers, rate = 400_000, 4, 3.4
    arrivals = np.cumsum(rng.exponential(1 / rate, customers))
    services = rng.exponential(1.0, customers)
    free = [0.0] * servers
    responses = np.empty(customers)
    for index, (arrival, service) in enumerate(zip(arrivals, services, strict=True)):
        done = max(arrival, heapq.heappop(free)) + service
        heapq.heappush(free, done)
        responses[index] = done - arrival
    batches = [np.quantile(part, 0.99) for part in np.split(responses[20_000:], 10)]
    error = 3 * np.std(batches, ddof=1) / np.sqrt(len(batches))
    assert mmc_response(rate, 1.0, servers, 0.99).response_quantile_s == pytest.approx(np.mean(batches), abs=error)


def test_saturated_is_infinite_and_no_load_is_the_service_alone():
    found = mmc_response([0.0, 8.0, 9.0], 1.0, 8, 0.99).response_quantile_s
    assert found[0] == pytest.approx(-np.log(0.01))
    assert np.isinf(found[1:]).all()


def test_a_quantile_is_less_than_the_sum_of_quantiles():
    together = mmc_response(7.6, 1.0, 8, 0.99).response_quantile_s
    assert together < mmc(7.6, 1.0, 8, 0.99).wait_quantile_s - np.log(0.01)
