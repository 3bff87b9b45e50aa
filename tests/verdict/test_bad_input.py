"""Input that no formula can use: each piece with its own reason, nothing crashes, nothing is dropped in silence."""

import math

import pytest

from gauntlet.costs.laws import check_laws
from gauntlet.costs.records import Output
from gauntlet.specs.checks import check_spec
from gauntlet.specs.claims import Claim, Point
from gauntlet.specs.paper_spec import Configuration, PaperSpec, Setting
from tests.costs import example
from tests.verdict.cases import judged, scaled, tight, verdict_of, with_claims

SPEC = tight(example.spec())
CURVE = SPEC.claim("shared_curve")


def _with_point(index: int, **changes: object) -> PaperSpec:
    points = tuple(
        point.model_copy(update=changes) if place == index else point for place, point in enumerate(CURVE.points)
    )
    return with_claims(SPEC, CURVE.model_copy(update={"points": points}))


def _with_configuration(*settings: Setting) -> PaperSpec:
    configuration = Configuration(id="odd", meaning="as misread", settings=settings)
    claim = CURVE.model_copy(update={"configuration": "odd"})
    return with_claims(SPEC.model_copy(update={"configurations": (*SPEC.configurations, configuration)}), claim)


def test_a_claim_without_points_is_not_judged_and_says_so():
    verdict = verdict_of(with_claims(SPEC, CURVE.model_copy(update={"points": ()})))
    assert (verdict.coverage.claims, verdict.coverage.judged) == (1, 0)
    assert verdict.coverage.not_judged == ("shared_curve: It has no points.",)


@pytest.mark.parametrize(("factor", "label"), [(1.0, "CONSISTENT"), (0.4, "MAGIC_GAP"), (2.5, "UNDERPERFORMS")])
def test_one_point_is_judged_by_itself(factor, label):
    alone = scaled(CURVE.model_copy(update={"points": CURVE.points[:1]}), [factor])
    found = judged(with_claims(SPEC, alone), "shared_curve")
    assert found.label == label
    assert found.region is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"y": 0.0}, "zero or negative"),
        ({"y": -2.0}, "zero or negative"),
        ({"y": math.inf}, "no finite number"),
        ({"y": math.nan}, "no finite number"),
        ({"censored": True}, "end at the frame"),
        ({"usable": False}, "too uncertain"),
    ],
)
def test_a_point_that_is_no_measurement_is_left_out_and_named(changes, words):
    found = judged(_with_point(1, **changes), "shared_curve")
    assert found.label == "CONSISTENT"
    assert len(found.remarks) == 1
    assert found.remarks[0].startswith("Left out: 1 of 5 points at rate = 120 krps")
    assert words in found.remarks[0]
    assert not judged(with_claims(SPEC, CURVE), "shared_curve").remarks


def test_points_where_the_model_has_no_value_are_named():
    text = "where(rate < 130000, network + service + dispatch + handoff, sqrt(service * 0 - 1) * service)"
    nothing = Output(mechanism="shared", metric="mean_latency", expression=text, unit="s")
    outputs = tuple(
        nothing if (out.mechanism, out.metric) == ("shared", "mean_latency") else out for out in example.model().outputs
    )
    found = judged(SPEC, "shared_curve", example.model().model_copy(update={"outputs": outputs}))
    assert found.remarks == (
        "Left out: 3 of 5 points at rate = 200, 280, 340 krps, for which the cost model has no value in 100 % of the "
        "draws: outside its domain.",
    )


def test_zero_on_the_x_axis_is_no_trouble_and_a_negative_load_names_the_term():
    assert judged(_with_point(0, x=0.0), "shared_curve").label == "CONSISTENT"
    verdict = verdict_of(_with_point(0, x=-5.0))
    assert "arrival_rate_per_s = -5000 is invalid" in verdict.coverage.not_judged[0]
    assert "A point has no rate." in verdict_of(_with_point(0, x=None)).coverage.not_judged[0]


def test_a_metric_in_another_dimension_than_its_output_is_a_broken_law():
    metrics = tuple(
        metric.model_copy(update={"unit": "MB"}) if metric.id == "mean_latency" else metric for metric in SPEC.metrics
    )
    broken = [str(violation) for violation in check_laws(SPEC.model_copy(update={"metrics": metrics}), example.model())]
    assert any("mean_latency" in text and "unit" in text.lower() for text in broken)
    odd = tuple(metric.model_copy(update={"unit": "furlongs/x"}) for metric in SPEC.metrics)
    assert any("furlongs" in str(problem) for problem in check_spec(SPEC.model_copy(update={"metrics": odd})))


def test_a_configuration_that_contradicts_itself_is_refused():
    spec = _with_configuration(Setting(variable="cores", expression="4"), Setting(variable="cores", expression="8"))
    assert [str(problem) for problem in check_spec(spec)] == [
        "configurations: odd: cores is set more than once; keep the setting that holds."
    ]
    assert not check_spec(_with_configuration(Setting(variable="cores", expression="4")))


def test_an_axis_wins_over_the_setting_of_its_configuration_and_says_so():
    found = judged(_with_configuration(Setting(variable="rate", expression="40")), "shared_curve")
    assert found.label == "CONSISTENT"
    assert found.remarks == ("rate is on the x axis and set to 40 by configuration odd; the axis was believed.",)


def test_baselines_without_points_output_or_existence_teach_nothing_and_stop_nothing():
    empty = SPEC.claim("partitioned_curve").model_copy(update={"points": ()})
    without_points = verdict_of(with_claims(SPEC, empty, CURVE))
    assert without_points.coverage.not_judged == ("partitioned_curve: It has no points.",)
    model = example.model()
    outputs = tuple(out for out in model.outputs if out.mechanism != "partitioned")
    without_output = verdict_of(SPEC, model.model_copy(update={"outputs": outputs}))
    assert "partitioned_curve: The cost model has no output mean_latency" in without_output.coverage.not_judged[0]
    alone = verdict_of(with_claims(SPEC, CURVE))
    for verdict in (without_points, without_output, alone):
        own = next(claim for claim in verdict.claims if claim.claim == "shared_curve")
        assert own.label == "CONSISTENT"
        assert not verdict.lesson.constants
        assert any("what was known before stands" in reason for reason in verdict.lesson.refused)


def test_a_value_beyond_all_numbers_keeps_the_files_readable(tmp_path):
    points = (Point(x=40.0, y=1e308, reading_error=0.0, source=CURVE.points[0].source), *CURVE.points[1:])
    claim: Claim = CURVE.model_copy(update={"points": points})
    verdict = verdict_of(with_claims(SPEC, claim))
    verdict.save(tmp_path / "verdict.json")
    assert type(verdict).load(tmp_path / "verdict.json") == verdict
