"""Innocent readings of a deviation: specific, the likeliest first, and none where nothing deviates.

Parts of the cost are worked by hand from the constants of the example paper.
"""

import pytest

from gauntlet.specs.mechanism import Step
from gauntlet.specs.paper_spec import Setting
from gauntlet.specs.quantities import Withheld
from tests.costs import example
from tests.verdict.cases import judged, scaled, tight, with_claims
from tests.verdict.test_restated import _sentence

BOUNDLESS = example.model().model_copy(update={"bounds": ()})


def _readings(spec, claim="shared_curve", model=BOUNDLESS):
    return judged(spec, claim, model).readings


def _with_step(spec, **step):
    own = spec.mechanism("shared")
    extra = Step(id="s_extra", actor="core", **step)
    changed = own.model_copy(update={"steps": (*own.steps, extra)})
    return spec.model_copy(update={"mechanisms": (spec.mechanism("partitioned"), changed)})


def _with_variable(spec, name, **changes):
    variables = (one.model_copy(update=changes) if one.id == name else one for one in spec.variables)
    return spec.model_copy(update={"variables": tuple(variables)})


def _of(readings, words):
    return [reading for reading in readings if words in reading]


def test_a_shortfall_is_explained_by_costs_and_an_excess_by_savings():
    low, high = _readings(tight(example.spec(1.6))), _readings(tight(example.spec(0.5)))
    assert _of(low, "costs more")
    assert not _of(low, "costs less")
    assert _of(high, "costs less")
    assert not _of(high, "costs more")


def test_the_part_that_makes_most_of_the_cost_is_named_with_its_share():
    """At 40 krps nobody waits: the network is 15 of 15 + 10 + 0.5 + 0.2 = 25.7 us, 58 %."""
    spec = tight(example.spec())
    first = spec.claim("shared_curve").model_copy(update={"points": spec.claim("shared_curve").points[:1]})
    (reading,) = _of(_readings(with_claims(spec, scaled(first, [0.5]))), "our reading of Shared")
    assert "58 % of its predicted cost" in reading
    assert "Client network and stack" in reading


def test_a_ratio_names_the_mechanism_that_it_speaks_for():
    spec = tight(example.spec())
    ratio = spec.claim("shared_ratio")
    turned = ratio.model_copy(
        update={
            "mechanism": "partitioned", "relative_to": "shared", "favours": "shared",
            "points": (ratio.points[0].model_copy(update={"y": 3 / ratio.points[0].y}),),
        }
    )  # fmt: skip
    found = _readings(with_claims(spec, turned), "shared_ratio")
    assert _of(found, "our reading of Shared is wrong: a step costs less")


@pytest.mark.parametrize(
    ("spec", "claim"),
    [
        (tight(example.spec()), "shared_curve"),  # consistent
        (_with_variable(example.spec(), "dispatch", value=Withheld(low=0.1, high=30.0)), "shared_curve"),
    ],
)
def test_what_does_not_deviate_has_no_readings(spec, claim):
    assert _readings(spec, claim) == ()


def test_what_cannot_be_used_has_no_readings_of_a_deviation():
    spec = tight(example.spec(0.4))
    curve = spec.claim("shared_curve")
    doubtful = curve.model_copy(update={"points": tuple(p.model_copy(update={"usable": False}) for p in curve.points)})
    found = judged(with_claims(spec, doubtful), "shared_curve", BOUNDLESS)
    assert (found.label, found.readings) == ("INCONCLUSIVE", ())


def test_a_sentence_that_other_numbers_dispute_is_a_misprint_first():
    spec = tight(example.spec())
    disputed = _readings(with_claims(spec, spec.claim("shared_curve"), _sentence(120.0, 0.4)), "sentence")
    assert "misprinted" in disputed[0]
    alone = _readings(with_claims(spec, _sentence(120.0, 0.4)), "sentence")
    assert not _of(alone, "misprinted")


def test_the_undisclosed_value_with_the_largest_share_comes_first():
    spec = _with_variable(tight(example.spec(0.2)), "network", value=Withheld(low=12.0, high=20.0), source="assumed")
    found = _readings(with_claims(spec, spec.claim("shared_curve")))
    assert found[0].startswith("network (Client round trip without load) is not as assumed")
    assert "% of the band" in found[0]


@pytest.mark.parametrize(("variable", "named"), [("network", True), ("rate", False)])
def test_a_setting_left_open_is_named_where_the_prediction_depends_on_it(variable, named):
    """The load is on the x axis, so that it is known; the network, known within limits, is drawn."""
    spec = _with_variable(tight(example.spec(0.4)), "network", value=example.VARIABLES[-1].value)
    testbed = spec.configuration("testbed")
    settings = (testbed.settings[0], Setting(variable=variable, kind="unstated"))
    left_open = testbed.model_copy(update={"settings": settings})
    found = _readings(spec.model_copy(update={"configurations": (left_open, *spec.configurations[1:])}))
    assert found
    assert bool(_of(found, "does not state: network (Client round trip without load)")) == named


@pytest.mark.parametrize(
    ("step", "offered"),
    [
        ({"action": "sends a message to the log", "sender": "core", "occupies": "core"}, True),
        ({"action": "flushes the log"}, True),
        ({"action": "looks the object up"}, False),  # nothing that requests could share
        ({"action": "sends a message to the log", "sender": "core", "per": "batch"}, False),  # described
        ({"action": "sends a batch of requests", "sender": "core"}, False),
    ],
)
def test_batching_is_a_reading_where_the_text_has_requests_alone_that_could_share(step, offered):
    high, low = _with_step(tight(example.spec(0.4)), **step), _with_step(tight(example.spec(1.6)), **step)
    assert bool(_of(_readings(high), "several requests share")) == offered
    if offered:
        assert step["action"] in _of(_readings(high), "several requests share")[0]
    assert not _of(_readings(low), "several requests share")


def test_what_beats_a_bound_names_what_the_bound_exhausts():
    found = judged(tight(example.spec(0.3)), "shared_curve")
    assert found.label == "IMPOSSIBLE"
    assert "limits it less, or not at all: " in found.readings[0]
    bounds = {bound.resource for bound in example.model().bounds}
    assert any(resource in found.readings[0] for resource in bounds)


def test_a_tail_is_a_reading_of_what_is_worse_only_and_there_are_five_at_most():
    spec = tight(example.spec())
    vague = spec.metric("mean_latency").model_copy(update={"includes": None, "statistic": "unstated"})
    spec = spec.model_copy(update={"metrics": (vague, *spec.metrics[1:])})
    spec = _with_step(spec, action="flushes the log")
    spec = _with_variable(spec, "dispatch", value=Withheld(low=0.1, high=4.0), source="assumed")
    claims = (spec.claim("shared_curve"), _sentence(120.0, 0.2))
    found = _readings(with_claims(spec, *claims), "sentence")
    assert len(found) == 5
    assert "misprinted" in found[0]
    assert _of(found, "another statistic")
