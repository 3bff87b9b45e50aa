"""Two experiments that share a setting: honest ones agree there, a planted one is told, and others are not compared."""

import pytest

from gauntlet.specs.paper_spec import Configuration, Setting
from gauntlet.specs.quantities import Exact, Variable
from gauntlet.verdict.arithmetic.meetings import differing, meetings
from gauntlet.verdict.policy import load_policy
from gauntlet.verdict.rounding import shown
from tests.verdict.arithmetic.test_claims import CLIENTS, THINK, _claim, _points, closed_loop

MEMORY, SKEW = (
    Variable(id=name, meaning=name, unit=unit, value=Exact(value=value), role="workload", source="paper")
    for name, unit, value in (("memory", "%", 10.0), ("skew", "", 0.8))
)


def setting(variable, kind="value", expression=None):
    return Setting(variable=variable, kind=kind, expression=expression)


def found(better=1.0, *, over_skew=(), over_memory=(), memory=10.002, told=False):
    """Latency over memory at the usual skew, and over skew at the usual memory, of a system `better` in the first."""
    configurations = (
        Configuration(id="a", meaning="a", settings=(setting("memory", "sweep"), *over_memory)),
        Configuration(id="b", meaning="b", settings=(setting("skew", "sweep"), *over_skew)),
    )
    one = _claim("by_memory", "shared", "latency", _points((5, 4.0), (memory, 3.3 / better), (20, 2.2)), x="memory",
                 configuration="a")  # fmt: skip
    other = _claim("by_skew", "shared", "latency", _points((0.5, 4.4), (0.80003, 3.2), (1.1, 1.0)), x="skew",
                   configuration="b")  # fmt: skip
    spec = closed_loop(one, other, variables=(CLIENTS, THINK, MEMORY, SKEW), configurations=configurations)
    return list(differing(spec, one, load_policy())) if told else list(meetings(spec, load_policy()))


def test_two_honest_experiments_agree_where_they_meet():
    (outcome,) = found()
    assert outcome.finding is None and not outcome.reason


@pytest.mark.parametrize("better", [2.0, 0.6])
def test_a_system_that_is_better_in_one_of_two_figures_is_told(better):
    (outcome,) = found(better)
    assert outcome.finding.id == "series_against_series:by_memory:by_skew"
    assert f"{shown(3.3 / better)} ms at memory = 10 %" in outcome.finding.message
    assert "3.2 ms at skew = 0.8" in outcome.finding.message
    assert outcome.finding.severity == "high"


def test_they_meet_where_a_configuration_says():
    (outcome,) = found(over_skew=(setting("memory", "value", "20"),))
    assert "2.2 ms at memory = 20 %" in outcome.finding.message


@pytest.mark.parametrize(
    "changes",
    [
        {"over_skew": (setting("memory", "unstated"),)},
        {"over_memory": (setting("skew", "value", "0.9"),)},
        {"memory": 12.0},
    ],
)
def test_experiments_that_do_not_meet_are_not_compared(changes):
    assert found(3.0, **changes) == []


def test_the_experiment_that_differs_is_named():
    assert found(2.0, told=True) == ["by_skew"]
    assert found(1.0, told=True) == []
