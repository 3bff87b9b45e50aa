"""The k-th of unlike steps against closed forms, a simulation, and the primitives for steps that are alike."""

import numpy as np
import pytest

from gauntlet.mechanisms.composition import parallel_steps
from gauntlet.mechanisms.fanout import kofn_heterogeneous_exponential
from gauntlet.mechanisms.unlike import kth_of_steps

MEANS_S = [1e-3, 2e-3, 8e-3]


@pytest.mark.parametrize("k", [1, 2, 3])
def test_unlike_exponentials_by_their_own_primitive(k):
    found = kth_of_steps("exponential", MEANS_S, k)
    assert found.mean_s == pytest.approx(kofn_heterogeneous_exponential(MEANS_S, k).mean_s, rel=1e-9)


def test_the_first_of_exponentials_is_one():
    """Minimum of exponentials: rates add, so the mean is 1/sum, the scv 1 and the median ln 2 of the mean."""
    mean_s = 1 / sum(1 / one for one in MEANS_S)
    found = kth_of_steps("exponential", MEANS_S, 1)
    assert (found.mean_s, found.scv) == (pytest.approx(mean_s, rel=1e-9), pytest.approx(1, rel=1e-8))
    assert found.quantile_s == pytest.approx(np.log(2) * mean_s, rel=1e-9)


def test_all_of_lognormals_as_parallel_steps_have_it():
    scvs = [0.1, 0.5, 2.0]
    last = parallel_steps("lognormal", MEANS_S, scvs=scvs, quantile=0.99)
    found = kth_of_steps("lognormal", MEANS_S, 3, scvs, quantile=0.99)
    assert (found.mean_s, found.quantile_s) == (pytest.approx(last.mean_s), pytest.approx(last.quantile_s))
    needed = kth_of_steps("lognormal", MEANS_S[:1], 1, scvs[:1], MEANS_S[1:], scvs[1:], 0.99)
    assert (needed.mean_s, needed.quantile_s) == (pytest.approx(last.mean_s), pytest.approx(last.quantile_s))


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_a_quorum_with_the_leaders_own_write_by_simulation(k):
    """400,000 draws of two near and two far replicas and a write of fixed length: three standard errors are 0.4 %."""
    means_s, scvs, write_s = np.array([1e-3, 1.2e-3, 4e-3, 5e-3]), np.array([0.06, 0.06, 0.3, 0.0]), 1.1e-3
    sigma = np.sqrt(np.log1p(scvs))
    draws = np.random.default_rng(7).standard_normal((400_000, 4))
    times_s = np.sort(means_s * np.exp(sigma * draws - sigma**2 / 2), axis=1)
    whole_s = np.maximum(times_s[:, k - 1], write_s)
    found = kth_of_steps("lognormal", means_s, k, scvs, [write_s], [0.0], 0.95)
    assert found.mean_s == pytest.approx(whole_s.mean(), rel=0.004)
    assert found.quantile_s == pytest.approx(np.quantile(whole_s, 0.95), rel=0.006)
    assert found.scv == pytest.approx(whole_s.var() / whole_s.mean() ** 2, rel=0.02, abs=2e-5)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_a_majority_with_the_leader_as_one_of_it_by_simulation(k):
    """400,000 draws of exponential writes, two of them behind a round trip: four standard errors are 0.5 %."""
    means_s, trips_s = np.array([2e-3, 1e-3, 1.5e-3]), np.array([0.0, 8e-4, 3e-3])
    draws_s = np.sort(np.random.default_rng(8).exponential(means_s, (400_000, 3)) + trips_s, axis=1)[:, k - 1]
    found = kth_of_steps("exponential", means_s, k, quantile=0.95, delays_s=trips_s)
    assert found.mean_s == pytest.approx(draws_s.mean(), rel=0.005)
    assert found.quantile_s == pytest.approx(np.quantile(draws_s, 0.95), rel=0.008)
    assert found.scv == pytest.approx(draws_s.var() / draws_s.mean() ** 2, rel=0.02)


def test_the_first_of_two_exponentials_one_of_them_late_in_closed_form():
    """int_0^d e^-t dt + e^-d / 2 for unit means behind 0 and d."""
    delays = np.array([0.0, 1e-3, 0.7, 30.0])
    found = kth_of_steps("exponential", [1.0, 1.0], 1, delays_s=[0.0, delays])
    np.testing.assert_allclose(found.mean_s, 1 - np.exp(-delays) / 2, rtol=1e-8)


def test_a_delay_for_all_shifts_the_whole():
    plain = kth_of_steps("lognormal", MEANS_S, 2, [0.3], quantile=0.9)
    found = kth_of_steps("lognormal", MEANS_S, 2, [0.3], quantile=0.9, delays_s=[5e-3])
    assert (found.mean_s, found.quantile_s) == (
        pytest.approx(plain.mean_s + 5e-3, rel=1e-8),
        pytest.approx(plain.quantile_s + 5e-3, rel=1e-9),
    )
    assert found.scv * found.mean_s**2 == pytest.approx(plain.scv * plain.mean_s**2, rel=1e-6)
    with pytest.raises(ValueError, match="2 delays_s for 3 times_s"):
        kth_of_steps("lognormal", MEANS_S, 2, delays_s=[0.0, 1.0])


def test_elements_of_lists_and_k_broadcast():
    together = kth_of_steps("lognormal", [np.array([1.0, 2.0]), 3.0], np.array([[1], [2]]), [0.5], quantile=0.9)
    assert together.quantile_s.shape == (2, 2)
    alone = kth_of_steps("lognormal", [2.0, 3.0], 2, [0.5], quantile=0.9)
    assert together.quantile_s[1, 1] == pytest.approx(alone.quantile_s, rel=1e-12)


def test_edges():
    assert kth_of_steps("exponential", [0.0, 0.0], 2, quantile=0.9) == (0, 0, 0)
    assert np.isinf(kth_of_steps("exponential", [1.0], 1, quantile=1.0).quantile_s)
    assert kth_of_steps("lognormal", [1.0, 2.0, 3.0], 2, [0.0]).mean_s == pytest.approx(2.0, rel=1e-9)
    with pytest.raises(ValueError, match="above the 2 times_s"):
        kth_of_steps("exponential", [1.0, 2.0], 3)
