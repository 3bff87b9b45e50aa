"""The root finder against roots known otherwise."""

import math

import numpy as np
import pytest

from gauntlet.mechanisms._numerics import find_root


@pytest.mark.parametrize(
    ("curve", "low", "high", "root"),
    [
        (lambda x: x**3 - 2 * x - 5, 2.0, 3.0, 2.0945514815423265),  # Wallis's equation; also in Chandrupatla 1997
        (lambda x: 1 - 1 / x**2, 0.001, 3.0, 1.0),
        (lambda x: x**3 - 3.5, 0.0, 5.0, 3.5 ** (1 / 3)),
        (lambda x: x**9, -1.0, 4.0, 0.0),
        (np.log, 1e-9, 1e9, 1.0),
        (lambda x: np.where(x < 0.7, -1.0, 1.0), 0.0, 1.0, 0.7),  # a jump
        (lambda x: np.where(x < 0.5, -np.inf, x - 0.6), 0.0, 1.0, 0.6),
        (lambda x: np.where(x > 0.9, np.nan, x - 0.3), 0.0, 1.0, 0.3),
    ],
)
def test_roots_of_known_functions(curve, low, high, root):
    assert find_root(curve, np.asarray(low), np.asarray(high)) == pytest.approx(
        root, rel=1e-15, abs=1e-15 * (root == 0)
    )


def test_smooth_functions_take_few_evaluations():
    asked = []
    target = np.random.default_rng(3).uniform(0.1, 20.0, 1000)

    def curve(x):
        asked.append(x)
        return np.exp(x) - target

    np.testing.assert_allclose(find_root(curve, np.asarray(-5.0), np.asarray(5.0)), np.log(target), rtol=0, atol=1e-14)
    assert len(asked) <= 16  # halving takes 53


def test_an_element_does_not_depend_on_its_neighbours():
    target = np.array([1e-8, 0.3, 7.0])
    together = find_root(lambda x: x**3 - target, np.zeros(3), np.full(3, 2.0))
    alone = [find_root(lambda x, t=t: x**3 - t, np.zeros(1), np.full(1, 2.0))[0] for t in target]
    np.testing.assert_array_equal(together, alone)


def test_one_sign_gives_the_nearer_end_and_an_infinite_bracket_its_end():
    found = find_root(lambda x: x - np.array([-1.0, 5.0]), np.zeros(2), np.ones(2))
    np.testing.assert_array_equal(found, [0.0, 1.0])
    assert find_root(lambda x: x - 1, np.asarray(0.0), np.asarray(math.inf)) == math.inf
