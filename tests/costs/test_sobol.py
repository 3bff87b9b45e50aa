"""Sobol's points against scipy's, bit for bit."""

import warnings

import numpy as np
import pytest

from gauntlet.costs.sobol import sobol_points
from gauntlet.errors import RecordError


@pytest.mark.parametrize(
    ("dimensions", "samples", "seed"),
    [(64, 20_000, 20_260_101), (128, 1000, 3), (1024, 300, 9), (64, 1, 0), (64, 2, 0), (64, 3, 1), (1, 4096, 2)],
)
def test_points_are_those_of_scipy(dimensions, samples, seed):
    from scipy.stats.qmc import Sobol

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of counts that are no powers of two
        expected = Sobol(dimensions, rng=np.random.default_rng(seed)).random(samples)
    np.testing.assert_array_equal(sobol_points(dimensions, samples, seed), expected.T)


def test_a_power_of_two_of_points_fills_every_stratum():
    points = sobol_points(64, 256, seed=7)
    np.testing.assert_array_equal(np.sort(np.floor(points * 256), axis=1), np.tile(np.arange(256.0), (64, 1)))


def test_more_variables_than_direction_numbers_are_refused():
    with pytest.raises(RecordError, match="at most 1073741824 of 1024"):
        sobol_points(1088, 16, seed=1)
