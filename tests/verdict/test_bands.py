import math
from statistics import NormalDist

import numpy as np
import pytest

from gauntlet.verdict.bands import band, x_at
from gauntlet.verdict.prediction import LEVELS

Z95 = NormalDist().inv_cdf(0.95)


@pytest.mark.parametrize(("own", "added"), [(0.0, 0.08), (0.3, 0.08), (0.1, 0.4)])
def test_band_of_a_lognormal_adds_variances(own, added):
    raw = np.exp([[2 + own * NormalDist().inv_cdf(level) for level in LEVELS]])
    found = band(raw, added, 0.05, 0.95)
    width = Z95 * math.hypot(own, added)  # sum of two independent normal logs
    assert math.log(found.low[0]) == pytest.approx(2 - width, abs=0.02 * width + 0.002)
    assert math.log(found.high[0]) == pytest.approx(2 + width, abs=0.02 * width + 0.002)
    assert found.median[0] == pytest.approx(math.exp(2))


def test_saturated_samples_stay_infinite_and_zero_does_not_crash():
    raw = np.concatenate([np.zeros(20), np.ones(100), np.full(81, np.inf)])[None, :]
    found = band(raw, 0.08, 0.05, 0.95)
    assert (found.low[0], found.median[0], found.high[0]) == (0.0, 1.0, math.inf)


def test_reading_a_queue_sideways_gives_its_load():
    """M/M/1: R = S / (1 - rate S), so the load at R is (1 - S / R) / S (Kleinrock 1975, 3.2)."""
    rate = np.linspace(1.0, 120.0, 40)
    services = np.quantile(np.linspace(0.008, 0.010, 1001), LEVELS)
    curve = np.where(rate[:, None] * services < 1, services / np.clip(1 - rate[:, None] * services, 1e-9, None), np.inf)
    loads = x_at(rate, np.sort(curve, axis=1), np.array([0.05]))
    np.testing.assert_allclose(loads[0], np.sort((1 - services / 0.05) / services), rtol=1e-9)  # straight in 1 / R


def test_sideways_before_and_beyond_the_curve():
    curve = np.tile(np.array([[2.0], [4.0]]), (1, LEVELS.size))
    loads = x_at(np.array([10.0, 20.0]), curve, np.array([1.0, 3.0, 9.0]))
    assert loads[1, 0] == pytest.approx(10 + 10 * (1 / 2 - 1 / 3) / (1 / 2 - 1 / 4))  # straight in 1 / y
    assert (loads[0, 0], loads[2, 0]) == (0.0, 20.0)
