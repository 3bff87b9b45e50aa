"""A sentence beyond the paper's own figures is a finding about the paper, not a gap of its mechanism."""

import pytest

from gauntlet.specs.claims import Point, TextSource
from gauntlet.verdict.policy import load_policy
from gauntlet.verdict.restated import disputed_in_words, shown_there
from tests.costs import example
from tests.verdict.arithmetic.test_claims import _claim, _points, closed_loop
from tests.verdict.cases import judged, scaled, tight, verdict_of, with_claims

SPEC = tight(example.spec())
CURVE = SPEC.claim("shared_curve")


def _in_words(claim):
    """The same points, said in a sentence."""
    said = TextSource(evidence=example.words(1, "as we measured"))
    return claim.model_copy(
        update={"points": tuple(point.model_copy(update={"source": said}) for point in claim.points)}
    )


def _sentence(x: float, factor: float):
    """The latency at one load in words, `factor` times what the textbook says."""
    y = factor * 1e6 * example.shared_latency_s(x * 1e3)
    point = Point(x=x, y=y, reading_error=0.0, source=TextSource(evidence=example.words(1, f"{y:g} us")))
    return CURVE.model_copy(update={"id": "sentence", "kind": "scalar", "points": (point,)})


@pytest.mark.parametrize(
    ("curve", "factor", "label"),
    [
        ([1, 1, 1, 1, 1], 0.4, "INCONCLUSIVE"),  # the paper's own curve is honest, and the sentence is not it
        ([0.4, 0.4, 0.4, 0.4, 0.4], 0.4, "MAGIC_GAP"),  # the curve says the same
        ([1, 1, 1, 1, 1], 2.5, "INCONCLUSIVE"),
        ([1, 1, 1, 1, 1], 1.0, "CONSISTENT"),
    ],
)
def test_a_number_in_words_is_held_against_the_papers_own_curve_first(curve, factor, label):
    model = example.model().model_copy(update={"bounds": ()})
    found = judged(with_claims(SPEC, scaled(CURVE, curve), _sentence(120.0, factor)), "sentence", model)
    assert found.label == label
    assert any("own figures and tables" in reason for reason in found.reasons) == (label == "INCONCLUSIVE")


def test_without_a_curve_of_its_own_the_sentence_is_the_claim():
    model = example.model().model_copy(update={"bounds": ()})
    assert judged(with_claims(SPEC, _sentence(120.0, 0.4)), "sentence", model).label == "MAGIC_GAP"


def test_a_ratio_in_words_is_held_against_the_ratio_of_two_curves():
    model = example.model().model_copy(update={"bounds": ()})
    ratio = SPEC.claim("shared_ratio")
    far = scaled(
        ratio.model_copy(update={"points": tuple(p.model_copy(update={"x": None}) for p in ratio.points)}), [0.2]
    )
    both = (SPEC.claim("partitioned_curve"), CURVE)
    assert judged(with_claims(SPEC, *both, far), "shared_ratio", model).label == "INCONCLUSIVE"
    assert judged(with_claims(SPEC, far), "shared_ratio", model).label == "MAGIC_GAP"


def test_a_remark_that_nothing_decides_leaves_a_paper_of_consistent_figures_consistent():
    remark = _sentence(120.0, 0.4)
    verdict = verdict_of(with_claims(SPEC, CURVE, remark), example.model().model_copy(update={"bounds": ()}))
    assert [claim.label for claim in verdict.claims] == ["CONSISTENT", "INCONCLUSIVE"]
    assert verdict.label == "CONSISTENT"
    assert "1 INCONCLUSIVE" in verdict.summary


@pytest.mark.parametrize(("factor", "label"), [(2.5, "CONSISTENT"), (0.4, "MAGIC_GAP")])
def test_a_sentence_alone_makes_no_paper_worse_than_its_figures_but_one_too_good_counts(factor, label):
    """The sentence is about another workload, which no figure shows."""
    work = SPEC.workloads[0].model_copy(update={"id": "other"})
    remark = _sentence(120.0, factor).model_copy(update={"workload": "other"})
    spec = with_claims(SPEC, CURVE, remark).model_copy(update={"workloads": (*SPEC.workloads, work)})
    verdict = verdict_of(spec, example.model().model_copy(update={"bounds": ()}))
    assert verdict.claims[0].label == "CONSISTENT"
    assert verdict.claims[1].label in ("UNDERPERFORMS", "MAGIC_GAP")
    assert verdict.label == label


@pytest.mark.parametrize(("latency", "disputed"), [(1.0, False), (0.4, True)])
def test_a_rate_and_a_latency_in_words_must_obey_littles_law_together(latency, disputed):
    """10 clients think 1 ms: 5,000 in a second leave each 1 ms; 0.4 ms would be 7 in flight."""
    flow, delay = (
        _in_words(_claim(name, "shared", metric, _points((10, y)), x="clients"))
        for name, metric, y in (("flow", "rate", 5.0), ("delay", "latency", latency))
    )
    spec = closed_loop(flow, delay)
    for claim in (flow, delay):
        reason = disputed_in_words(spec, claim, 0, load_policy())
        assert (reason is not None) == disputed
    drawn = _claim("delay", "shared", "latency", _points((10, latency)), x="clients")
    assert disputed_in_words(closed_loop(flow, drawn), flow, 0, load_policy()) is None  # a curve is judged by itself


@pytest.mark.parametrize(
    ("factor", "label"), [(1.0, "CONSISTENT"), (1.04, "CONSISTENT"), (1.5, "MAGIC_GAP"), (0.7, "UNDERPERFORMS")]
)
def test_a_system_against_itself_has_the_direction_of_its_metric_and_the_noise_of_two_runs(factor, label):
    """Throughput of eight cores over that of four is two; 'speaks for itself' turns no direction round."""
    model = example.model().model_copy(update={"bounds": ()})
    peak = SPEC.claim("partitioned_peak")
    point = peak.points[0].model_copy(update={"y": 2.0 * factor})
    scaling = peak.model_copy(
        update={
            "id": "scaling", "kind": "ratio", "relative_to": "partitioned", "favours": "partitioned",
            "configuration": "eight_cores", "relative_configuration": "testbed", "points": (point,),
        }
    )  # fmt: skip
    assert judged(with_claims(SPEC, scaling), "scaling", model).label == label


def test_the_place_of_a_number_is_known_where_the_papers_series_have_it():
    spec = with_claims(SPEC, CURVE)
    here = _sentence(120.0, 1.0)
    assert shown_there(spec, here, 0, load_policy())
    assert not shown_there(spec, _sentence(120.0, 1.5), 0, load_policy())
    assert not shown_there(spec, here.model_copy(update={"x": "cores"}), 0, load_policy())  # another axis
