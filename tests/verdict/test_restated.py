"""A sentence beyond the paper's own figures is a finding about the paper, not a gap of its mechanism."""

import pytest

from gauntlet.specs.claims import Point, TextSource
from tests.costs import example
from tests.verdict.cases import judged, scaled, tight, verdict_of, with_claims

SPEC = tight(example.spec())
CURVE = SPEC.claim("shared_curve")


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
