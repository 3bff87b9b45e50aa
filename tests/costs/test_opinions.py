"""Ranges that somebody judged: how much they hold, where their tails end, and that nobody else's are touched."""

import math

import numpy as np
import pytest
from scipy import stats

from gauntlet.costs.opinions import as_stated
from gauntlet.costs.sampling import support, values_at
from gauntlet.specs.quantities import Derived, Exact, Interval, Value, Variable, Withheld
from tests.costs import example

LEVELS = (np.arange(20_000) + 0.5) / 20_000


def drawn(value: Value, unit: str = "", whole: bool = False, source: str = "assumed") -> np.ndarray:
    """Values at levels as even as can be, in SI."""
    return values_at(_spec(_variable(value, unit, whole, source)), {"v": LEVELS})["v"][:, 0]


def _variable(value: Value, unit: str = "", whole: bool = False, source: str = "assumed") -> Variable:
    return Variable(id="v", meaning="v", unit=unit, value=value, role="protocol", source=source, whole=whole)


def _spec(*variables: Variable):
    return example.spec().model_copy(update={"variables": variables, "configurations": (), "claims": ()})


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        (Withheld(low=0.05, high=2.0), "us"),
        (Interval(low=2.0, high=8.0), "ms"),
        (Withheld(low=0.2, high=0.9), ""),
        (Withheld(low=5.0, high=60.0), "%"),
        (Interval(low=-3.0, high=1.0), ""),
    ],
    ids=["positive", "linear", "share", "per cent", "of both signs"],
)
def test_three_values_in_five_lie_within_and_one_beyond_each_end(value, unit):
    scale = {"us": 1e-6, "ms": 1e-3, "%": 1e-2, "": 1.0}[unit]
    values = drawn(value, unit)
    assert np.all(np.diff(values) >= 0)
    shares = [np.mean(values < value.low * scale), np.mean(values > value.high * scale)]
    assert shares == pytest.approx([0.2, 0.2], abs=1e-3)


@pytest.mark.parametrize("source", ["paper", "registry", "prior"])
def test_a_range_that_is_stated_or_sourced_holds_all(source):
    values = drawn(Withheld(low=1.0, high=10.0), source=source)
    assert (values.min(), values.max()) == pytest.approx((1.0, 10.0), rel=1e-3)


def test_tails_are_half_normal_laws_that_go_on_where_the_range_ends():
    """By scipy: log-uniform over 1 to 10, then half a normal law in the log, as dense at 10 as within."""
    density = 0.6 / math.log(10)
    sigma = 2 * 0.2 * stats.norm.pdf(0) / density
    expected = 10 * np.exp(stats.halfnorm.ppf([0.25, 0.5, 0.9, 0.99], scale=sigma))
    found = np.quantile(drawn(Withheld(low=1.0, high=10.0)), [0.85, 0.9, 0.98, 0.998])
    assert found == pytest.approx(expected, rel=5e-3)


def test_tails_of_ranges_of_many_decades_are_short():
    """One standard deviation beyond the end is a factor of three, not as many decades as the range has."""
    found = np.quantile(drawn(Withheld(low=1e-6, high=10.0)), [0.85, 0.9, 0.98])
    assert found == pytest.approx(10 * 3 ** stats.halfnorm.ppf([0.25, 0.5, 0.9]), rel=5e-3)


@pytest.mark.parametrize(
    ("value", "unit", "whole", "low", "high"),
    [
        (Withheld(low=0.3, high=0.99), "", False, 0.0, 1.0),
        (Withheld(low=0.3, high=1.0), "", False, 0.0, 1.0),
        (Withheld(low=0.0, high=0.4), "", False, 0.0, 1.0),
        (Withheld(low=0.0, high=90.0), "%", False, 0.0, 1.0),
        (Withheld(low=2.0, high=8.0), "", True, 1.0, math.inf),
        (Withheld(low=1.0, high=2.0), "", True, 1.0, math.inf),
        (Withheld(low=0.0, high=3.0), "s", False, 0.0, math.inf),
        (Withheld(low=1e-9, high=3.0), "s", False, 0.0, math.inf),
    ],
)
def test_no_value_lies_beyond_what_its_kind_allows(value, unit, whole, low, high):
    values = drawn(value, unit, whole)
    least, most = support(_variable(value, unit, whole))
    assert low <= values.min() <= values.max() <= high
    assert low <= least < most <= high


def test_an_end_at_a_limit_has_no_tail():
    values = drawn(Withheld(low=0.0, high=2.0))
    assert np.mean(values > 2.0) == pytest.approx(0.2, abs=1e-3)
    assert np.quantile(values, 0.4) == pytest.approx(1.0, rel=1e-3)
    assert drawn(Withheld(low=0.0, high=1.0)).max() < 1.0


def test_counts_reach_one_below_and_more_above():
    values, counts = np.unique(drawn(Withheld(low=2.0, high=8.0), whole=True), return_counts=True)
    assert values[0] == 1
    assert counts[values > 8].sum() / counts.sum() == pytest.approx(0.2, abs=0.03)


def test_one_value_is_no_range():
    assert np.unique(drawn(Interval(low=4.0, high=4.0))) == pytest.approx([4.0])


def test_a_tail_ends_where_what_follows_would_turn_negative():
    """What is left of 9 us after a judged part of 0.1 to 6 us: parts above 9 us are none."""
    part = _variable(Withheld(low=0.1, high=6.0), "us")
    whole = Variable(id="w", meaning="w", unit="us", value=Exact(value=9.0), role="protocol", source="paper")
    rest = Variable(id="r", meaning="r", unit="s", value=Derived(expression="w - v"), role="protocol", source="paper")
    values = values_at(_spec(part, whole, rest), {"v": LEVELS})
    assert drawn(part.value, "us").max() > 9e-6
    assert values["r"].min() >= 0
    assert np.mean(values["v"] > 6e-6) > 0.05


def test_a_paper_taken_at_its_word_has_no_tails():
    spec = as_stated(_spec(_variable(Withheld(low=0.1, high=6.0))))
    assert support(spec.variables[0]) == (0.1, 6.0)
