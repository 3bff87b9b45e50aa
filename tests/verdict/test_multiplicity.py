"""How often honest series are accused, and what is found; series are made here from normal deviates alone."""

import numpy as np
import pytest

from gauntlet.verdict.multiplicity import Honest, deviating_run

EDGE, LEVEL, SHAPE = 1.6448536, 0.06, 0.05  # the 95 % point of a normal law
SIGMA = np.hypot(LEVEL, SHAPE)


def honest(points: int, rate: float) -> Honest:
    return Honest(np.ones((4, points)), LEVEL, 0.0, np.full(points, SHAPE), rate)


def found(logs: np.ndarray, rate: float = 0.02, sign: int = 1) -> range | None:
    return deviating_run(logs / SIGMA, EDGE, min(2, logs.size), honest(logs.size, rate), sign)


def made(rng: np.random.Generator, points: int) -> np.ndarray:
    return LEVEL * rng.standard_normal() + SHAPE * rng.standard_normal(points)


@pytest.mark.parametrize("points", [1, 2, 5, 12])
def test_honest_series_are_accused_at_the_rate_whatever_their_length(points):
    """1,500 series at a rate of 4 %: 60 within three standard errors, and the null is simulated; two in a row rarer."""
    rng = np.random.default_rng(points)
    accused = sum(found(made(rng, points), 0.04) is not None for _ in range(1500))
    assert accused <= 60 + 3 * np.sqrt(60) + 10
    assert accused >= 15


def test_edges_alone_would_accuse_too_many():
    """The violation that the count prevents: two neighbours beyond their bands in one honest series of thirteen."""
    rng = np.random.default_rng(12)
    beyond = [made(rng, 12) / SIGMA > EDGE for _ in range(1500)]
    assert sum(bool((one[1:] & one[:-1]).any()) for one in beyond) > 0.06 * 1500


def test_an_end_that_deviates_is_judged_by_the_other_end():
    """A quarter more at the last four of ten points: 1.4 standard errors by levels, four by the other points."""
    rng = np.random.default_rng(3)
    ramp = np.concatenate([np.zeros(6), np.full(4, np.log(1.25))])
    runs = [found(made(rng, 10) + ramp) for _ in range(200)]
    assert sum(run is not None for run in runs) > 0.75 * 200
    assert sum(run is not None and run.stop == 10 and run.start >= 5 for run in runs) > 0.7 * 200


def test_one_outlier_is_no_run():
    logs = np.zeros(8)
    logs[3] = 10.0
    assert found(logs) is None
    assert found(np.array([10.0])) == range(1)


def test_what_all_draws_share_does_not_count_twice():
    """Draws of the prediction that move all points by a factor of two explain a shift of all of them by two."""
    rng = np.random.default_rng(1)
    together, apart = (np.exp(0.7 * rng.standard_normal((200, points)) * np.ones(6)) for points in (1, 6))
    for draws, accused in ((together, False), (apart, True)):
        wide = Honest(draws, LEVEL, 0.0, np.full(6, SHAPE), 0.02)
        assert (deviating_run(np.full(6, 1.7), EDGE, 2, wide, 1) is not None) is accused


def test_a_slope_is_no_deviation_where_formulas_drift():
    slope = np.linspace(-0.2, 0.2, 9)
    drifting = Honest(np.ones((4, 9)), LEVEL, 0.15, np.full(9, SHAPE), 0.02)
    assert deviating_run(slope / SIGMA, EDGE, 2, honest(9, 0.02), 1) is not None
    assert deviating_run(slope / SIGMA, EDGE, 2, drifting, 1) is None
