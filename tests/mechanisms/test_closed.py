"""Closed and open networks against convolution in exact fractions, the machine repairman, and proven bounds."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gauntlet.mechanisms import closed
from gauntlet.mechanisms.closed import closed_network_bounds, mva_exact, mva_schweitzer, open_jackson
from gauntlet.mechanisms.queueing import finite_source_mmc, mm1, mmc

DEMANDS = st.lists(st.floats(1e-3, 1.0), min_size=1, max_size=4)


def convolution(population, think_s, demands_s):
    """Throughput G(N - 1) / G(N) by Buzen's convolution with a delay station, in fractions."""
    constants = [Fraction(1)]
    for n in range(1, population + 1):
        constants.append(constants[-1] * Fraction(think_s) / n)
    for demand in map(Fraction, demands_s):
        for n in range(1, population + 1):
            constants[n] += demand * constants[n - 1]
    return float(constants[population - 1] / constants[population])


@pytest.mark.parametrize("population", [1, 2, 7, 40])
@pytest.mark.parametrize(("think_s", "demands_s"), [(15.0, [0.605, 2.1, 1.35]), (0.0, [0.2, 0.2]), (1.0, [0.05, 0.0])])
def test_mean_value_analysis_matches_convolution(population, think_s, demands_s):
    found = mva_exact(population, think_s, demands_s)
    assert found.throughput_per_s == pytest.approx(convolution(population, think_s, demands_s), rel=1e-12)
    assert found.queue_lengths.sum() + found.throughput_per_s * think_s == pytest.approx(population, rel=1e-12)


def test_a_network_without_any_work_is_refused():
    for solve in (mva_exact, mva_schweitzer, closed_network_bounds):
        with pytest.raises(ValueError, match="expected at least one above 0"):
            solve(3, 0.0, [0.0, 0.0])
    assert mva_exact(3, 2.0, [0.0]).throughput_per_s == pytest.approx(1.5)


def test_networks_walked_together_are_each_walked_alone(monkeypatch):
    monkeypatch.setattr(closed, "_WALKED_TOGETHER", 3)
    rng = np.random.default_rng(5)
    population, think_s = rng.integers(1, 30, (4, 1)), rng.uniform(0, 1, 5)
    demands_s = [rng.uniform(0, 1, (4, 5)), 0.2]
    together = mva_exact(population, think_s, demands_s)
    for row, column in np.ndindex(4, 5):
        alone = mva_exact(population[row, 0], think_s[column], [demands_s[0][row, column], 0.2])
        assert together.throughput_per_s[row, column] == alone.throughput_per_s
        assert together.response_s[row, column] == alone.response_s
        np.testing.assert_array_equal(together.queue_lengths[:, row, column], alone.queue_lengths)


def test_a_vector_of_populations_is_the_recursion_at_each():
    populations = np.array([[5, 1, 9], [40, 2, 2]])
    together = mva_exact(populations, 1.0, [0.05, np.array([0.02, 0.01, 0.03])])
    assert together.queue_lengths.shape == (2, 2, 3)
    for index in np.ndindex(2, 3):
        alone = mva_exact(populations[index], 1.0, [0.05, [0.02, 0.01, 0.03][index[1]]])
        assert together.throughput_per_s[index] == alone.throughput_per_s
        np.testing.assert_array_equal(together.queue_lengths[:, *index], alone.queue_lengths)


@given(st.integers(1, 60), st.floats(0.0, 5.0), st.floats(0.01, 1.0))
def test_one_station_is_the_machine_repairman(population, think_s, demand_s):
    repairman = finite_source_mmc(population, think_s, demand_s, 1)
    assert mva_exact(population, think_s, [demand_s]).throughput_per_s == pytest.approx(
        repairman.throughput_per_s, rel=1e-9
    )


@given(st.integers(1, 60), st.floats(0.0, 5.0), DEMANDS)
def test_exact_throughput_lies_within_all_bounds(population, think_s, demands_s):
    exact = mva_exact(population, think_s, demands_s).throughput_per_s
    bounds = closed_network_bounds(population, think_s, demands_s)
    room = 1 + 1e-9
    assert bounds.throughput_lower_per_s <= bounds.balanced_lower_per_s * room
    assert bounds.balanced_lower_per_s <= exact * room
    assert exact <= bounds.balanced_upper_per_s * room
    assert bounds.balanced_upper_per_s <= bounds.throughput_upper_per_s * room


@given(st.integers(1, 60), st.floats(0.0, 5.0), DEMANDS)
def test_schweitzer_is_its_own_fixed_point_and_near_the_exact_value(population, think_s, demands_s):
    found = mva_schweitzer(population, think_s, demands_s)
    demands = np.array(demands_s)
    at_station = demands / (1 - (population - 1) / population * found.throughput_per_s * demands)
    assert population / (think_s + at_station.sum()) == pytest.approx(found.throughput_per_s, rel=1e-6)
    assert found.throughput_per_s == pytest.approx(mva_exact(population, think_s, demands_s).throughput_per_s, rel=0.16)


def test_jackson_network_sums_its_stations_and_saturates():
    found = open_jackson(30.0, [2.0, 1.0], [0.01, 0.05], [1, 2])
    expected = 2 * mm1(60.0, 0.01).mean_response_s + mmc(30.0, 0.05, 2).mean_response_s
    assert found.response_s == pytest.approx(expected)
    assert found.max_throughput_per_s == pytest.approx(40.0)
    saturated = open_jackson(np.array([30.0, 41.0]), [2.0, 1.0], [0.01, 0.05], [1, 2])
    assert np.isinf(saturated.response_s).tolist() == [False, True]
    with pytest.raises(ValueError, match="one per station"):
        open_jackson(30.0, [2.0, 1.0], [0.01], [1, 2])
