"""Draws: percentiles as stated, streams that do not disturb each other, derived variables in order."""

import numpy as np
import pytest

from gauntlet.costs.sampling import central_values, draw_variables, support
from gauntlet.errors import RecordError
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.specs.quantities import (
    Choices,
    Derived,
    Distribution,
    Exact,
    Interval,
    Sweep,
    Value,
    Variable,
    Withheld,
)
from tests.costs import example

SAMPLES = 10_000


def variable(name: str, value: Value, unit: str = "", whole: bool = False) -> Variable:
    return Variable(id=name, meaning=name, unit=unit, value=value, role="protocol", source="prior", whole=whole)


def spec_of(*variables: Variable) -> PaperSpec:
    return example.spec().model_copy(update={"variables": variables, "configurations": (), "claims": ()})


def draw(value: Value, unit: str = "", whole: bool = False) -> np.ndarray:
    return draw_variables(spec_of(variable("v", value, unit, whole)), SAMPLES, seed=1)["v"]


@pytest.mark.parametrize(
    ("value", "percentiles"),
    [
        (Exact(value=10, tolerance=0.1), (9.1, 10, 10.9)),
        (Interval(low=0, high=2), (0.1, 1, 1.9)),
        (Interval(low=1, high=100, scale="log"), (10**0.1, 10, 10**1.9)),
        (Withheld(low=1, high=100), (10**0.1, 10, 10**1.9)),
        (Withheld(low=0, high=2), (0.1, 1, 1.9)),
        (Distribution(family="lognormal", low=1, typical=2, high=10), (1, 2, 10)),
        (Distribution(family="normal", low=-1, typical=0, high=3), (-1, 0, 3)),
        (Distribution(family="triangular", low=1, typical=2, high=3), (1, 2, 3)),
    ],
    ids=lambda item: getattr(item, "kind", None),
)
def test_percentiles_are_those_stated(value: Value, percentiles: tuple[float, float, float]) -> None:
    # 10,000 points of a sequence of discrepancy log(n) / n: a percentile is off by about a thousandth.
    np.testing.assert_allclose(np.percentile(draw(value), [5, 50, 95]), percentiles, rtol=2e-3, atol=2e-3)


def test_skewed_triangle_has_its_mode_and_its_outer_percentiles() -> None:
    drawn = draw(Distribution(family="triangular", low=1, typical=2, high=6))
    np.testing.assert_allclose(np.percentile(drawn, [5, 95]), [1, 6], rtol=5e-3)
    counts, edges = np.histogram(drawn, bins=40)
    assert edges[np.argmax(counts)] == pytest.approx(2, abs=0.3)


def test_positive_normal_quantity_stays_positive() -> None:
    assert draw(Distribution(family="normal", low=1, typical=10, high=19)).min() > 0


def test_values_are_converted_to_si() -> None:
    assert draw(Exact(value=3), "us") == pytest.approx(3e-6)
    assert draw(Interval(low=1, high=2), "GB/s").max() == pytest.approx(2e9, rel=1e-3)


def test_exactly_known_values_are_one_row() -> None:
    for value in (Exact(value=3), Interval(low=2, high=2), Choices(values=(5,)), Sweep(values=(9,))):
        assert draw(value).shape == (1, 1)
    assert draw(Interval(low=2, high=3)).shape == (SAMPLES, 1)


def test_choices_are_equally_likely_and_counts_are_whole() -> None:
    values, counts = np.unique(draw(Choices(values=(4, 8, 12))), return_counts=True)
    assert list(values) == [4, 8, 12]
    assert counts == pytest.approx(SAMPLES / 3, abs=10)  # independent draws scatter by 50
    assert set(np.unique(draw(Interval(low=0.6, high=3.4), whole=True))) == {1, 2, 3}


def test_a_sweep_has_no_value_until_an_experiment_sets_it() -> None:
    for values in ((), (9, 1, 2)):
        assert "v" not in draw_variables(spec_of(variable("v", Sweep(values=values))), 10, seed=1)


def test_another_variable_changes_no_draw_and_the_seed_changes_all() -> None:
    one, two = variable("one", Withheld(low=1, high=2)), variable("two", Withheld(low=1, high=2))
    alone = draw_variables(spec_of(one), 100, seed=1)["one"]
    together = draw_variables(spec_of(one, two), 100, seed=1)
    known = draw_variables(spec_of(variable("one", Exact(value=1)), two), 100, seed=1)
    np.testing.assert_array_equal(alone, together["one"])
    np.testing.assert_array_equal(known["two"], together["two"])
    assert not np.array_equal(together["one"], together["two"])
    assert not np.array_equal(alone, draw_variables(spec_of(one), 100, seed=2)["one"])


def test_streams_are_uncorrelated() -> None:
    drawn = draw_variables(spec_of(*(variable(f"v{i}", Interval(low=0, high=1)) for i in range(4))), SAMPLES, seed=1)
    correlations = np.corrcoef(np.hstack(list(drawn.values())).T)
    assert np.abs(correlations - np.eye(4)).max() < 0.01  # one standard error of independent pairs


def test_means_of_products_are_far_closer_than_independent_draws_come() -> None:
    drawn = draw_variables(spec_of(*(variable(f"v{i}", Interval(low=0, high=1)) for i in range(3))), 4096, seed=1)
    mean = float(np.mean(drawn["v0"] * drawn["v1"] * drawn["v2"]))
    scatter = np.sqrt((1 / 27 - 1 / 64) / 4096)
    assert abs(mean - 1 / 8) < scatter / 10


def test_derived_follow_in_any_order_and_round_counts() -> None:
    drawn = draw_variables(
        spec_of(
            variable("total_s", Derived(expression="2 * half_s"), "s"),
            variable("half_s", Derived(expression="base / 2"), "s"),
            variable("base", Exact(value=7), "ms"),
            variable("fixed", Derived(expression="2 * 3"), "ms"),
            variable("count", Derived(expression="base / half_s + 0.4"), whole=True),
        ),
        10,
        seed=1,
    )
    values = {name: float(value[0, 0]) for name, value in drawn.items()}
    assert values == pytest.approx({"total_s": 7e-3, "half_s": 3.5e-3, "base": 7e-3, "fixed": 6e-3, "count": 2})


def test_a_cycle_is_named() -> None:
    spec = spec_of(variable("one", Derived(expression="two + 1")), variable("two", Derived(expression="2 * one")))
    with pytest.raises(RecordError, match="one -> two -> one"):
        draw_variables(spec, 10, seed=1)
    with pytest.raises(RecordError, match="one -> one"):
        draw_variables(spec_of(variable("one", Derived(expression="one + 1"))), 10, seed=1)


def test_support_and_point_estimate() -> None:
    wide = variable("v", Distribution(family="lognormal", low=1, typical=2, high=4), "us")
    # 0.1 % lies 3.090 standard deviations out, 5 % lies 1.645 out: 2 ** (3.090 / 1.645) = 3.678 on either side.
    assert support(wide) == pytest.approx((2e-6 / 3.678, 2e-6 * 3.678), rel=1e-3)
    assert central_values(spec_of(wide))["v"] == pytest.approx(2e-6)
    assert support(variable("v", Exact(value=3))) is None
    assert support(variable("v", Exact(value=2, tolerance=0.5), "ms")) == pytest.approx((1e-3, 3e-3))
