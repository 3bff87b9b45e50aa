"""Closed networks of stations with several servers against Buzen's convolution, single servers and the repairman."""

import math
from fractions import Fraction

import numpy as np
import pytest

from gauntlet.mechanisms.closed import mva_exact
from gauntlet.mechanisms.closed_multiserver import closed_multiserver
from gauntlet.mechanisms.queueing import finite_source_mmc

ROUNDING = 1e-10
"""Sums of a thousand positive numbers, each a product of some hundred."""


def convolution(population, think_s, demands_s, servers):
    """G(N - 1) / G(N) from the coefficients of each station, scaled by a rate near the throughput."""
    n = np.arange(1, population + 1)
    near_per_s = min(population / (think_s + sum(demands_s)), *(c / d for c, d in zip(servers, demands_s, strict=True)))
    logs = n * math.log(think_s * near_per_s) - np.cumsum(np.log(n)) if think_s else np.full(population, -np.inf)
    logs = np.concatenate([[0.0], logs])
    constants = np.exp(logs - logs.max())
    for demand_s, count in zip(demands_s, servers, strict=True):
        steps = np.log(demand_s * near_per_s / np.minimum(n, count))
        own = np.exp(np.concatenate([[0.0], np.cumsum(steps)]))
        constants = np.convolve(constants, own / own.max())[: population + 1]
        constants /= constants.max()
    return near_per_s * constants[population - 1] / constants[population]


@pytest.mark.parametrize("population", [1, 5, 40, 120, 900])
@pytest.mark.parametrize(
    ("think_s", "demands_s", "servers"),
    [
        (1.0, [0.001, 0.006, 0.007], [1, 6, 2]),
        (0.02, [0.001, 0.006, 0.007], [2, 14, 2]),
        (0.0, [0.02, 0.05], [3, 5]),
        (5.0, [0.01], [1]),
        (0.1, [0.02, 0.02, 0.02], [1, 1, 1]),
        (0.2, [0.19, 0.06, 0.64], [19, 6, 64]),
        (30.0, [3.0, 1e-3], [200, 1]),
    ],
)
def test_the_throughput_is_that_of_convolution(population, think_s, demands_s, servers):
    found = closed_multiserver(population, think_s, demands_s, servers)
    expected = convolution(population, think_s, demands_s, servers)
    assert found.throughput_per_s == pytest.approx(expected, rel=ROUNDING)
    assert found.response_s == pytest.approx(population / expected - think_s, rel=1e3 * ROUNDING)  # of a difference


def test_single_servers_are_mean_value_analysis_and_one_station_the_repairman():
    for population in (3, 25, 300):
        alike = closed_multiserver(population, 0.4, [0.02, 0.05], [1, 1])
        assert alike.throughput_per_s == pytest.approx(mva_exact(population, 0.4, [0.02, 0.05]).throughput_per_s)
        one = closed_multiserver(population, 0.4, [0.05], [6])
        assert one.throughput_per_s == pytest.approx(finite_source_mmc(population, 0.4, 0.05, 6).throughput_per_s)


@pytest.mark.parametrize("population", [12, 400])
def test_copies_are_stations_written_out(population):
    short = closed_multiserver(population, 0.4, [0.02, 0.03], [2, 1], [1, 3])
    long = closed_multiserver(population, 0.4, [0.02, 0.03, 0.03, 0.03], [2, 1, 1, 1])
    assert short.throughput_per_s == pytest.approx(float(long.throughput_per_s), rel=ROUNDING)
    assert short.response_s == pytest.approx(float(long.response_s), rel=ROUNDING)


def test_exact_fractions_give_the_same():
    """Every state's weight as a fraction: two kinds of stations, one of them twice, and thinking."""
    population, think, (one, two) = 12, Fraction(3, 4), (Fraction(1, 5), Fraction(1, 3))
    weights = [think**n / math.factorial(n) for n in range(population + 1)]
    for demand, servers in ((one, 4), (two, 1), (two, 1)):
        own = [demand**n / math.prod(min(i, servers) for i in range(1, n + 1)) for n in range(population + 1)]
        weights = [sum(weights[m] * own[n - m] for m in range(n + 1)) for n in range(population + 1)]
    found = closed_multiserver(population, 0.75, [0.2, 1 / 3], [4, 1], [1, 2])
    rate = weights[population - 1] / weights[population]
    assert found.throughput_per_s == pytest.approx(float(rate), rel=1e-13)
    assert found.response_s == pytest.approx(float(population / rate - think), rel=1e-13)


def test_many_clients_press_against_the_slowest_station():
    """As N grows, X tends to c / D of the slowest station, and clients wait there for the others' departure."""
    for population in (5_000, 100_000):
        found = closed_multiserver(population, 1.0, [0.02, 0.05], [1, 4])
        assert found.throughput_per_s == pytest.approx(50.0, rel=1e-9)
        assert found.response_s == pytest.approx(population / 50.0 - 1.0, rel=1e-9)


def test_few_and_many_clients_stand_side_by_side():
    together = closed_multiserver(np.array([[2, 30, 500]]), np.array([[1.0], [0.1]]), [0.02, 0.05], [1, 4])
    for row, think_s in enumerate((1.0, 0.1)):
        for column, clients in enumerate((2, 30, 500)):
            alone = closed_multiserver(clients, think_s, [0.02, 0.05], [1, 4])
            assert together.throughput_per_s[row, column] == pytest.approx(float(alone.throughput_per_s), rel=1e-12)
            assert together.response_s[row, column] == pytest.approx(float(alone.response_s), rel=1e-12)


def test_a_network_without_work_or_with_a_station_too_many_is_refused():
    with pytest.raises(ValueError, match="all 0"):
        closed_multiserver(3, 0.0, [0.0], [1])
    with pytest.raises(ValueError, match="one per station"):
        closed_multiserver(3, 0.0, [0.1], [1, 2])
