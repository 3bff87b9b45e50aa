"""The sampler against posteriors that have a closed form or a fine grid."""

import numpy as np
import pytest

from gauntlet.verdict.population import resampled, sample


def drawn(misfits_of, axes: int, wanted: float = 400.0):
    stream = np.random.default_rng(3)
    return sample(misfits_of, stream.standard_normal((2048, axes)), wanted, stream)


@pytest.mark.parametrize("far", [0.0, 1.0, 4.0, 6.0])
def test_a_normal_likelihood_gives_the_normal_posterior(far):
    """Prior N(0, 1), likelihood N(far, 0.1^2): posterior mean far / 1.01, standard deviation sqrt(0.01 / 1.01)."""
    found = drawn(lambda z: ((z - far) / 0.1) ** 2, axes=1)
    mean = found.weights @ found.scores[:, 0]
    deviation = np.sqrt(found.weights @ (found.scores[:, 0] - mean) ** 2)
    assert found.effective >= 400
    assert mean == pytest.approx(far / 1.01, abs=4 * 0.1 / np.sqrt(found.effective))
    assert deviation == pytest.approx(np.sqrt(0.01 / 1.01), rel=0.12)


def test_a_ridge_keeps_its_correlation():
    """Only the sum is observed: z1 + z2 = 2 +- 0.05; the difference keeps its prior variance of 2."""
    found = drawn(lambda z: ((z.sum(axis=1) - 2) / 0.05)[:, None] ** 2, axes=2)
    apart = found.scores[:, 0] - found.scores[:, 1]
    assert found.weights @ found.scores.sum(axis=1) == pytest.approx(2.0, abs=0.01)
    assert found.weights @ apart**2 == pytest.approx(2.0, rel=0.2)


def test_two_modes_are_both_kept():
    """|z| = 2 +- 0.1: half the mass on each side."""
    found = drawn(lambda z: ((np.abs(z) - 2) / 0.1) ** 2, axes=1)
    assert found.weights @ (found.scores[:, 0] > 0) == pytest.approx(0.5, abs=0.1)


def measured_to_a_per_mille(z):
    """A quarter of a thousandth of what was known, in two of four directions; far away one place is like another."""
    away = (z[:, :2] - [0.3, -0.4]) / 2.5e-4
    return np.log1p(away**2 / 400) * 400


def test_what_was_known_to_many_decades_and_is_measured_closely_is_found():
    found = drawn(measured_to_a_per_mille, axes=4)
    assert found.effective >= 400
    assert found.weights @ found.scores == pytest.approx([0.3, -0.4, 0.0, 0.0], abs=0.15)
    deviation = np.sqrt(found.weights @ (found.scores - found.weights @ found.scores) ** 2)
    assert deviation == pytest.approx([2.5e-4, 2.5e-4, 1.0, 1.0], rel=0.2)


def test_resampling_gives_each_draw_its_share():
    found = drawn(lambda z: ((z - 1) / 0.3) ** 2, axes=1)
    again = resampled(found, 20_000, np.random.default_rng(1))
    assert again.mean() == pytest.approx(found.weights @ found.scores[:, 0], abs=0.005)
    assert again.std() == pytest.approx(0.3 / np.sqrt(1.09), rel=0.1)


def test_a_likelihood_that_says_nothing_leaves_the_prior():
    found = drawn(lambda z: np.zeros((len(z), 1)), axes=3)
    assert found.effective == pytest.approx(2048)


def test_small_generations_are_pooled():
    """The posterior of the normal likelihood above, from generations that alone have too few effective draws."""
    stream = np.random.default_rng(4)
    start = stream.standard_normal((256, 1))
    found = sample(lambda z: ((z - 4) / 0.1) ** 2, start, 400.0, stream, pooled=True)
    last = sample(lambda z: ((z - 4) / 0.1) ** 2, start, 400.0, np.random.default_rng(4))
    assert last.effective < len(start)
    assert found.effective >= 400
    mean = found.weights @ found.scores[:, 0]
    assert found.weights.sum() == pytest.approx(1)
    assert mean == pytest.approx(4 / 1.01, abs=4 * 0.1 / np.sqrt(found.effective))
    assert np.sqrt(found.weights @ (found.scores[:, 0] - mean) ** 2) == pytest.approx(np.sqrt(0.01 / 1.01), rel=0.12)
