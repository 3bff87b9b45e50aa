"""What all points of a claim say together about values that are not disclosed; truth from the textbook in `example`."""

from dataclasses import replace

import numpy as np
import pytest

from gauntlet.costs.compiled import compile_model
from gauntlet.report.words import fitting
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.specs.quantities import Withheld
from gauntlet.verdict.decide import _cases
from gauntlet.verdict.joint import joint_fit
from gauntlet.verdict.policy import load_policy
from gauntlet.verdict.predict import predict
from tests.costs import example
from tests.verdict.cases import SAMPLES, judged, tight, verdict_of, with_claims

RANGES = {"network": (5.0, 60.0), "dispatch": (0.1, 2.0)}
CURVE = "shared_curve"
STEEP_US = (20.0, 30.0, 45.0, 60.0, 75.0)
ALL = range(len(example.LOADS_KRPS))


def hiding(*names: str, latencies_us=None) -> PaperSpec:
    """The curve of the proposal alone, with `names` withheld, and other latencies where they are given."""
    spec = tight(example.spec())
    variables = tuple(
        one.model_copy(update={"value": Withheld(low=RANGES[one.id][0], high=RANGES[one.id][1]), "source": "paper"})
        if one.id in names
        else one
        for one in spec.variables
    )
    claim = spec.claim(CURVE)
    if latencies_us is not None:
        points = zip(claim.points, latencies_us, strict=True)
        claim = claim.model_copy(update={"points": tuple(p.model_copy(update={"y": y}) for p, y in points)})
    return with_claims(spec.model_copy(update={"variables": variables}), claim)


def test_one_value_that_fits_all_points_is_named():
    verdict = judged(hiding("network"), CURVE)
    assert verdict.label == "INCONCLUSIVE"
    said = verdict.reasons[-1]
    assert said.startswith("All 5 points fit one value together, each to ")
    assert "Stating it would settle the claim" in said
    (settling,) = verdict.settle
    low, best, high = settling.fitting
    assert low <= example.NETWORK_S * 1e6 <= high < 2 * low
    assert best == pytest.approx(example.NETWORK_S * 1e6, rel=0.1)
    assert fitting(settling).endswith("us fits all points")


def test_the_paper_is_summed_up_by_the_claim_with_most_points():
    hidden = hiding("network")
    curve, ratio = hidden.claim(CURVE), example.spec().claim("shared_ratio")
    verdict = verdict_of(with_claims(hidden, ratio, curve))
    assert [claim.label for claim in verdict.claims] == ["INCONCLUSIVE"] * 2
    assert verdict.summary.startswith(f"'{curve.statement}' cannot be decided. All 5 points fit one value together")


def test_what_no_single_value_explains_is_said_and_accuses_nobody():
    """Each latency is reached with 5 to 60 us of network, and no two with the same."""
    verdict = judged(hiding("network", latencies_us=STEEP_US), CURVE)
    assert all(point.label == "CONSISTENT" for point in verdict.points)
    assert verdict.label == "INCONCLUSIVE"
    said = verdict.reasons[-1]
    assert said.startswith("No single value of network explains all 5 points together (5.1 to 59.7 us were tried)")
    assert "better" in said
    assert "worse" in said
    assert verdict.settle[0].fitting is None


def test_several_hidden_values_are_fitted_together():
    """The true values are among those that fit; what rises with the load without a queue stays unexplained."""
    hidden = hiding("network", "dispatch")
    verdict = judged(hidden, CURVE)
    assert verdict.reasons[-1].startswith("All 5 points fit one set of values together")
    case = case_of(hidden)
    fit = joint_fit(case, ("network", "dispatch"), ALL)
    assert fit.explains
    assert all(low <= truth <= high for truth, (low, _, high) in zip((15.0, 0.5), fit.fitting.values(), strict=True))
    flat = case_of(hiding("network", "dispatch", latencies_us=STEEP_US))
    assert not joint_fit(flat, ("network", "dispatch"), ALL).explains


def test_disclosed_values_leave_nothing_to_fit():
    verdict = judged(with_claims(tight(example.spec()), tight(example.spec()).claim(CURVE)), CURVE)
    assert verdict.label == "CONSISTENT"
    assert not any("together" in reason for reason in verdict.reasons)


def test_too_few_points_or_a_limit_say_nothing():
    case = case_of(hiding("network"))
    assert joint_fit(case, ("network",), (0, 1)) is None
    assert joint_fit(case, (), ALL) is None
    limit = replace(case, claim=case.claim.model_copy(update={"quantifier": "at_least"}))
    assert joint_fit(limit, ("network",), ALL) is None


@pytest.mark.parametrize("network_us", [5.0, 15.0, 60.0])
def test_honest_papers_are_seldom_told_that_nothing_fits_wherever_the_value_lies(network_us):
    """At most `false_alarm` of them, the true value in the middle of its range or at an end, the noise by policy."""
    case, policy = case_of(hiding("network")), load_policy()
    true_us = [1e6 * example.shared_latency_s(1e3 * load) - 15.0 + network_us for load in example.LOADS_KRPS]
    stream, told, papers = np.random.default_rng(3), 0, 100
    level = np.sqrt(policy.discrepancy_sigma**2 - policy.shape_sigma**2)
    for _ in range(papers):
        noise = level * stream.standard_normal() + policy.shape_sigma * stream.standard_normal(5)
        points = zip(case.claim.points, np.exp(noise) * true_us, strict=True)
        claim = case.claim.model_copy(update={"points": tuple(p.model_copy(update={"y": y}) for p, y in points)})
        told += not joint_fit(replace(case, claim=claim), ("network",), ALL).explains
    assert told <= policy.false_alarm * papers


def case_of(spec: PaperSpec):
    compiled = compile_model(spec, example.model())
    return _cases(compiled, predict(spec, example.model(), SAMPLES, seed=7), (), load_policy())[CURVE]
