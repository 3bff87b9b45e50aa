"""What a baseline's points teach, against grids and hand-made contradictions; every guard with a planted violation."""

import numpy as np
import pytest

from gauntlet.costs.compiled import compile_model
from gauntlet.costs.sampling import values_at
from gauntlet.report.words import lesson_words
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.specs.quantities import Exact, Scope, Withheld
from gauntlet.verdict import population, posterior
from gauntlet.verdict.condition import condition
from gauntlet.verdict.likelihood import observations
from gauntlet.verdict.policy import load_policy
from gauntlet.verdict.predict import predict
from tests.costs import example
from tests.verdict.cases import TRUE, judged, scaled, tight, verdict_of, with_claims

POLICY = load_policy()
WIDE = Withheld(low=0.1, high=12.0)


def changed(spec: PaperSpec, name: str, **fields: object) -> PaperSpec:
    variables = tuple(item.model_copy(update=fields) if item.id == name else item for item in spec.variables)
    return spec.model_copy(update={"variables": variables})


def hidden_dispatch(**fields: object) -> PaperSpec:
    """All constants stated but the time to dispatch a request, which may be anything from 0.1 to 12 us."""
    return changed(tight(example.spec()), "dispatch", value=WIDE, source="paper", **fields)


def learn(spec: PaperSpec, samples: int = 4000):
    return condition(compile_model(spec, example.model()), samples, 5, POLICY)


def test_one_peak_teaches_what_a_grid_says():
    """Peak = cores / (service + dispatch): the posterior of dispatch by integration over a fine grid."""
    spec = hidden_dispatch()
    found = learn(with_claims(spec, spec.claim("partitioned_peak")))
    dispatch = np.exp(np.linspace(np.log(WIDE.low), np.log(WIDE.high), 200_001))  # log-uniform prior
    residual = np.log((10.0 + dispatch) / (10.0 + TRUE["dispatch"]))
    reading = np.log1p(spec.claim("partitioned_peak").points[0].reading_error)
    sigma = np.sqrt(POLICY.level_sigma**2 + POLICY.shape_sigma**2 + reading**2)
    mass = np.cumsum(np.exp(-0.5 * (residual / sigma) ** 2))
    expected = np.interp([0.05, 0.5, 0.95], mass / mass[-1], dispatch)
    assert found.learnt[0].variable == "dispatch"
    assert found.learnt[0].posterior == pytest.approx(tuple(expected), rel=0.08)
    assert found.learnt[0].prior == pytest.approx((0.1 * 120**0.05, 0.1 * 120**0.5, 0.1 * 120**0.95), rel=0.02)


def test_a_constant_known_to_sixty_decades_is_learnt_all_the_same():
    spec = changed(hidden_dispatch(), "dispatch", value=Withheld(low=0.1, high=1e60))
    found = learn(spec)
    low, _, high = found.learnt[0].posterior
    assert low < TRUE["dispatch"] < high < 1.0
    assert found.effective >= POLICY.effective_samples


def test_what_too_few_draws_tell_is_not_learnt(monkeypatch):
    """One draw that carries all the weight would be a constant known exactly."""
    monkeypatch.setattr(population, "MOST_GENERATIONS", 1)
    spec = changed(hidden_dispatch(), "dispatch", value=Withheld(low=0.1, high=1e60))
    found = learn(spec)
    assert not found.learnt
    assert any("no draws tell it" in reason for reason in found.refused)


def test_posteriors_cover_the_truth_and_are_narrower():
    found = learn(hidden_dispatch())
    (dispatch,) = (one for one in found.learnt if one.variable == "dispatch")
    assert dispatch.posterior[0] < TRUE["dispatch"] < dispatch.posterior[2]
    assert dispatch.posterior[2] < 0.2 * dispatch.prior[2]
    assert found.claims == ("partitioned_curve", "partitioned_peak")
    assert found.effective >= POLICY.effective_samples


def test_constants_move_by_scope_only():
    own = learn(hidden_dispatch(scope=Scope(kind="mechanism", of="partitioned")))
    device = learn(hidden_dispatch(scope=Scope(kind="device")))
    assert not own.learnt[0].moves
    assert np.median(own.others["dispatch"]) > 1.8 * np.median(own.own["dispatch"])  # the proposal keeps the prior
    assert device.learnt[0].moves
    np.testing.assert_array_equal(device.others["dispatch"], device.own["dispatch"])


def test_each_mechanism_knows_what_its_draws_have_learnt():
    for kind, moved in (("device", {"dispatch"}), ("mechanism", set())):
        spec = hidden_dispatch(scope=Scope(kind=kind, of="partitioned"))
        found = learn(spec)
        assert found.learnt_by(spec, "partitioned") == {"dispatch"}
        assert found.learnt_by(spec, "shared") == moved


def test_a_constant_of_the_experiment_moves_where_it_names_both_sides():
    scope = Scope(kind="experiment")
    assert learn(hidden_dispatch(scope=scope, shared_by=("partitioned", "shared"))).learnt[0].moves
    assert not learn(hidden_dispatch(scope=scope, shared_by=("partitioned",))).learnt[0].moves


def test_what_was_measured_on_the_proposal_is_not_learnt():
    assert learn(hidden_dispatch(may_condition=False)).learnt == ()


def test_stated_values_stay_within_their_tolerance():
    """A baseline 30 % slow cannot make a stated service time 30 % longer."""
    spec = changed(tight(example.spec()), "service", value=Exact(value=10.0, tolerance=0.02))
    peak = scaled(spec.claim("partitioned_peak"), [0.9])
    found = learn(with_claims(spec, peak))
    assert found.own["service"].max() <= 10.2e-6 * (1 + 1e-12)


def test_a_baseline_out_of_reach_teaches_nothing_and_says_so():
    spec = hidden_dispatch()
    found = learn(with_claims(spec, scaled(spec.claim("partitioned_peak"), [2.0])))  # faster than service alone
    assert found.learnt == ()
    assert "partitioned_peak teaches nothing" in found.refused[0]
    np.testing.assert_array_equal(found.own["dispatch"], found.others["dispatch"])


def test_baselines_that_contradict_each_other_teach_nothing():
    """The curve says a dispatch of 0.5 us, the peak says 8 us: each is reachable, both together are not."""
    spec = hidden_dispatch()
    slow = scaled(spec.claim("partitioned_peak"), [10.5 / 18.0])
    assert learn(with_claims(spec, slow)).learnt
    found = learn(with_claims(spec, slow, spec.claim("partitioned_curve")))
    assert found.learnt == () or found.claims != ("partitioned_peak", "partitioned_curve")
    assert found.refused


def test_the_proposal_and_ratios_teach_nothing():
    spec = hidden_dispatch()
    found = learn(with_claims(spec, spec.claim("shared_curve"), spec.claim("shared_ratio")))
    assert (found.learnt, found.claims) == ((), ())
    assert [reason.partition(" that ")[0] for reason in found.refused] == ["Nothing was measured on a baseline"]


def test_a_hidden_constant_learnt_from_the_baseline_settles_the_proposal():
    spec = hidden_dispatch()
    assert judged(spec, "shared_curve").label == "CONSISTENT"
    alone = with_claims(spec, spec.claim("shared_curve"))
    assert judged(alone, "shared_curve").label == "INCONCLUSIVE"
    fast = scaled(spec.claim("shared_curve"), [0.6] * 5)
    rest = [claim for claim in spec.claims if claim.id != "shared_curve"]
    assert judged(with_claims(spec, *rest, fast), "shared_curve").label in ("MAGIC_GAP", "IMPOSSIBLE")


def test_equal_seeds_give_equal_draws():
    one, other = learn(hidden_dispatch()), learn(hidden_dispatch())
    np.testing.assert_array_equal(one.own["dispatch"], other.own["dispatch"])


def _peaks(count: int) -> PaperSpec:
    """The same peak of one baseline, reported several times."""
    spec = hidden_dispatch()
    peak = spec.claim("partitioned_peak")
    return with_claims(spec, *(peak.model_copy(update={"id": f"peak_{index}"}) for index in range(count)))


def test_claims_of_one_implementation_share_its_level():
    """Sixteen reports of one peak average their shapes, never the level: the posterior by integration over a grid."""
    count = 16
    dispatch = np.exp(np.linspace(np.log(WIDE.low), np.log(WIDE.high), 200_001))
    residual = np.log((10.0 + dispatch) / (10.0 + TRUE["dispatch"]))
    reading = np.log1p(example.spec().claim("partitioned_peak").points[0].reading_error)
    shapes = (POLICY.shape_sigma**2 + reading**2) / count
    wide, narrow = (
        np.interp([0.05, 0.95], mass / mass[-1], dispatch)
        for level in (POLICY.level_sigma**2, POLICY.level_sigma**2 / count)
        for mass in [np.cumsum(np.exp(-0.5 * residual**2 / (level + shapes)))]
    )
    found = learn(_peaks(count)).learnt[0].posterior
    assert (found[0], found[2]) == pytest.approx(tuple(wide), rel=0.15)
    assert found[2] > 1.4 * narrow[1]  # what levels of their own would have said


def test_half_of_a_learnt_level_passes_to_the_proposal():
    """A baseline a tenth slower than any of its constants allow runs slowly, and its kin half as much."""
    spec = changed(hidden_dispatch(), "dispatch", value=Withheld(low=0.45, high=0.55))
    slow = [scaled(spec.claim("partitioned_peak"), [0.9]), scaled(spec.claim("partitioned_curve"), [1.1] * 5)]
    found = learn(with_claims(spec, *slow))
    own, kin = found.pace(spec, "partitioned"), found.pace(spec, "shared")
    assert 0.04 < np.median(own) < 0.11
    np.testing.assert_allclose(kin, POLICY.kinship * own)
    assert (found.unlearnt("partitioned"), found.unlearnt("shared")) == (0.0, 1 - POLICY.kinship**2)
    assert learn(tight(example.spec())).pace(spec, "shared") is None  # nothing uncertain, nothing learnt


@pytest.mark.parametrize("slower", [1.0, 1.1])
def test_how_slow_a_measured_implementation_is_against_its_mechanism_is_told(slower):
    spec = hidden_dispatch()
    curve, peak = spec.claim("partitioned_curve"), spec.claim("partitioned_peak")
    measured = (scaled(curve, [slower] * len(curve.points)), scaled(peak, [1 / slower] * len(peak.points)))
    lesson = verdict_of(with_claims(spec, *measured, spec.claim("shared_curve"))).lesson
    (pace,) = lesson.paces
    low, middle, high = pace.factors
    assert pace.mechanism == "partitioned"
    assert low < slower < high
    assert (middle > 1.03) == (slower > 1)


def test_a_baseline_is_held_against_its_own_level_and_scatter():
    """A tenth slower throughout lies on its own median; points that scatter twice as far are granted that."""
    spec = hidden_dispatch()
    curve, peak = spec.claim("partitioned_curve"), spec.claim("partitioned_peak")
    slow = (scaled(curve, [1.1] * len(curve.points)), scaled(peak, [1 / 1.1] * len(peak.points)))
    found = predict(with_claims(spec, *slow), example.model(), 400, seed=7).claims
    assert found["partitioned_peak"].median[0] == pytest.approx(slow[1].points[0].y, rel=0.04)
    assert {one.strain for one in found.values()} == {1.0}
    rough = (scaled(curve, [1.18, 0.85, 1.18, 0.85, 1.18]), peak)
    strained = predict(with_claims(spec, *rough), example.model(), 400, seed=7).claims["partitioned_curve"].strain
    assert 1.5 < strained < 4
    assert judged(with_claims(spec, *rough), "partitioned_curve").label == "CONSISTENT"


@pytest.mark.parametrize(("in_words", "learnt"), [(True, True), (False, False)])
def test_a_sentence_against_several_series_is_left_out_and_a_series_is_not(in_words, learnt):
    """Latency, measured twice, says 0.5 us of dispatch; a stray figure of half of the peak says otherwise."""
    spec = hidden_dispatch()
    curve, peak = spec.claim("partitioned_curve"), spec.claim("partitioned_peak")
    again = curve.model_copy(update={"id": "measured_again"})
    (printed,) = peak.points
    low = printed.model_copy(update={"y": 0.55 * printed.y})
    drawn = low.model_copy(update={"source": curve.points[0].source})
    odd = peak.model_copy(update={"id": "stray", "points": (low if in_words else drawn,)})
    found = learn(with_claims(spec, curve, again, odd))
    assert bool(found.learnt) is learnt
    assert any("stray" in reason for reason in found.refused)
    assert found.excluded == (("stray",) if in_words else ())
    if in_words:  # and nobody is accused by it
        (label, reasons) = ((one := judged(with_claims(spec, curve, again, odd), "stray")).label, one.reasons)
        assert label == "INCONCLUSIVE"
        assert "about something else" in reasons[-1]


def test_what_takes_long_is_learnt_from_fewer_draws_and_says_so(monkeypatch):
    usual, spec = learn(hidden_dispatch()), hidden_dispatch()
    monkeypatch.setattr(posterior, "EFFORT_S", 1e-4)
    found = learn(spec)
    assert (usual.few_draws, found.few_draws) == (None, posterior.FEWEST)
    assert found.effective >= POLICY.effective_samples  # pooled over generations
    low, middle, high = usual.learnt[0].posterior
    assert found.learnt[0].posterior == pytest.approx((low, middle, high), abs=0.15 * (high - low))
    words = lesson_words(verdict_of(spec).lesson, {"partitioned": "One queue per core"}, found.few_draws)
    assert "out of generations of 256, as formulas take long" in words


def test_a_baseline_that_contradicts_another_is_found_by_few_draws_too(monkeypatch):
    monkeypatch.setattr(posterior, "EFFORT_S", 1e-4)
    spec = hidden_dispatch()
    slow = scaled(spec.claim("partitioned_peak"), [10.5 / 18.0])
    assert learn(with_claims(spec, slow, spec.claim("partitioned_curve"))).refused


def test_loads_between_those_evaluated_are_read_off_them():
    """Residuals at the best load from three evaluations instead of seven, up to near saturation."""
    compiled = compile_model(hidden_dispatch(), example.model())
    (curve,) = (one for one in observations(compiled, POLICY) if one.name == "partitioned_curve")
    draws = values_at(compiled.spec, {"dispatch": np.linspace(0.01, 0.4, 40)})
    levels = {"partitioned": np.zeros(40)}
    fine, coarse = (one.misfit(compiled, draws, levels) for one in (curve, curve.coarser()))
    assert curve.coarser().effort_us(compiled) < 0.5 * curve.effort_us(compiled)
    np.testing.assert_allclose(coarse, fine, rtol=0.25, atol=1.0)  # a straight line between logarithms errs by 8
    assert not np.array_equal(coarse, fine)
