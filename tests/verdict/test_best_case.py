"""Best cases without a place, against the largest ratio of the textbook formulas; ratios of two stated experiments."""

import numpy as np
import pytest

from gauntlet.costs.compiled import compile_model
from gauntlet.specs.claims import Claim, Operand, Point, TextSource
from gauntlet.specs.evidence import Evidence
from gauntlet.verdict.best_case import places_of, settled
from gauntlet.verdict.predict import predict
from tests.costs import example
from tests.verdict.cases import judged, scaled, tight, with_claims

RATIOS = {load: example.partitioned_latency_s(1e3 * load) / example.shared_latency_s(1e3 * load)
          for load in example.LOADS_KRPS}  # fmt: skip
LARGEST = max(RATIOS.values())


def headline(y: float, **changes: object) -> Claim:
    said = TextSource(evidence=Evidence(page=1, quotation=f"up to {y:.3g} times"))
    claim = Claim(
        id="headline", kind="ratio", statement="up to so many times less latency", mechanism="partitioned",
        metric="mean_latency", relative_to="shared", favours="shared", quantifier="up_to",
        points=(Point(x=None, y=y, reading_error=0.0, source=said),),
    )  # fmt: skip
    return claim.model_copy(update=changes)


def paper(better: float, y: float, **changes: object):
    """Both curves, the proposal's `better` times better than its mechanism, and a headline of `y`."""
    spec = tight(example.spec())
    own = spec.claim("shared_curve")
    faster = scaled(own, [1 / better] * len(own.points))
    return with_claims(spec, faster, spec.claim("partitioned_curve"), headline(y, **changes))


def test_a_best_case_is_asked_wherever_both_systems_were_measured():
    found = predict(paper(1.0, LARGEST), example.model(), 400, seed=7).claims["headline"]
    assert found.over == ("partitioned_curve", "shared_curve")
    assert found.x[0] == max(RATIOS, key=lambda load: RATIOS[load])
    assert found.median[0] == pytest.approx(LARGEST, rel=0.1)  # the largest of five that scatter lies a little above
    assert found.median[0] > 0.99 * LARGEST


@pytest.mark.parametrize(("better", "label"), [(1.0, "CONSISTENT"), (1.8, "MAGIC_GAP")])
def test_a_best_case_is_judged_by_the_models_own(better, label):
    found = judged(paper(better, better * LARGEST), "headline")
    assert found.label == label
    assert found.points[0].x is None
    assert any("best case without a place" in remark for remark in found.remarks)
    if label == "MAGIC_GAP":
        assert found.gap == pytest.approx(better, rel=0.1)


def test_a_best_case_whose_place_is_named_or_shown_by_nobody_is_asked_there():
    spec = paper(1.0, LARGEST)
    assert places_of(spec, headline(2.0))
    assert places_of(spec, headline(2.0, x="rate")) == {}
    assert places_of(spec, headline(2.0, quantifier="at")) == {}
    assert places_of(with_claims(spec, spec.claim("shared_curve")), headline(2.0)) == {}
    assert places_of(spec, headline(2.0, unresolved=True))


def test_a_best_case_is_asked_of_the_pair_of_series_that_shows_it():
    """Two experiments, one three times as far apart: 'up to' the lesser number speaks of the other one."""
    spec = paper(1.0, LARGEST)
    own, other = spec.claim("partitioned_curve"), spec.claim("shared_curve")
    elsewhere = {"configuration": "eight_cores"}
    far = scaled(own.model_copy(update={"id": "far", **elsewhere}), [3.0] * len(own.points))
    near = other.model_copy(update={"id": "near", **elsewhere})
    both = with_claims(spec, own, other, far, near)
    first, second = ("partitioned_curve", "shared_curve"), ("far", "near")
    pairs = {first, second, (first[0], second[1]), (second[0], first[1])}
    assert set(places_of(both, headline(LARGEST))) == {first, (first[0], second[1])}
    assert set(places_of(both, headline(3 * LARGEST))) == {second, (second[0], first[1])}
    assert set(places_of(both, headline(1.7 * LARGEST))) == pairs  # nothing shows it: all are asked, as before


def test_an_unresolved_ratio_of_two_claims_is_the_ratio_of_their_predictions():
    spec = paper(1.0, LARGEST)
    at = example.LOADS_KRPS[2]
    configuration = spec.claim("shared_curve").configuration
    sides = tuple(
        Operand(mechanism=name, metric="mean_latency", configuration=configuration, x=at)
        for name in ("partitioned", "shared")
    )
    open_ratio = headline(
        RATIOS[at], id="between", relative_to=None, quantifier="at", unresolved=True, operands=sides, favours=None
    )
    both = with_claims(spec, *spec.claims, open_ratio)
    assert settled(spec, open_ratio).x == "rate"
    assert compile_model(both, example.model()).why_not(settled(both, open_ratio)) is None
    found = judged(both, "between")
    assert found.label == "CONSISTENT"
    np.testing.assert_allclose(found.points[0].median, RATIOS[at], rtol=1e-5)


@pytest.mark.parametrize("operands", [1, 4])
def test_a_ratio_that_may_be_several_stays_open(operands):
    spec = paper(1.0, LARGEST)
    one = Operand(mechanism="shared", metric="mean_latency", configuration=spec.claim("shared_curve").configuration)
    open_ratio = headline(2.0, quantifier="at", unresolved=True, operands=(one,) * operands)
    assert settled(spec, open_ratio) is open_ratio
    assert judged(with_claims(spec, *spec.claims[:2], open_ratio), "headline").label == "INCONCLUSIVE"


def test_an_operand_that_no_claim_shows_leaves_the_ratio_open():
    spec = paper(1.0, LARGEST)
    sides = tuple(Operand(mechanism=name, metric="mean_latency", configuration="elsewhere") for name in ("shared",) * 2)
    open_ratio = headline(2.0, quantifier="at", unresolved=True, operands=sides)
    assert settled(spec, open_ratio) is open_ratio
