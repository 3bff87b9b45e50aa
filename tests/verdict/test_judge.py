"""Each label reached by a planted case; the truth is the textbook value that the example's claims come from."""

import math

import pytest

from gauntlet.costs.records import Bound, Output
from gauntlet.specs.claims import Claim, Metric, Point, SeriesSource
from gauntlet.specs.evidence import Approval
from gauntlet.specs.quantities import Exact, Withheld
from gauntlet.verdict.policy import load_policy
from tests.costs import example
from tests.verdict.cases import judged, scaled, tight, verdict_of, with_claims

UNAPPROVED = Approval(status="unapproved", verifications=1, remarks=("step s_take is not explained",))


def _series(claim_id: str, mechanism: str, metric: str, ys, **more) -> Claim:
    points = tuple(
        Point(x=load, y=y, reading_error=0.0, source=SeriesSource(series="s", index=index))
        for index, (load, y) in enumerate(zip(example.LOADS_KRPS, ys, strict=True))
    )
    return Claim(
        id=claim_id, kind="series", statement="planted", mechanism=mechanism, metric=metric, x="rate",
        configuration="testbed", points=points, **more,
    )  # fmt: skip


def _without_bounds(model):
    return model.model_copy(update={"bounds": ()})


def test_an_honest_claim_is_consistent():
    verdict = verdict_of(tight(example.spec()))
    assert {claim.claim: claim.label for claim in verdict.claims} == dict.fromkeys(
        ("partitioned_curve", "partitioned_peak", "shared_curve", "shared_ratio", "shared_peaks"), "CONSISTENT"
    )
    assert verdict.label == "CONSISTENT"
    assert all(claim.gap == pytest.approx(1.0, abs=0.001) for claim in verdict.claims)


def test_gf04_lower_latency_is_the_good_side():
    found = judged(tight(example.spec(0.7)), "shared_curve")
    assert found.label == "MAGIC_GAP"
    assert found.gap == pytest.approx(1 / 0.7, rel=0.01)
    assert found.gap_low < 1 / 0.7 < found.gap_high
    worse = judged(tight(example.spec(1.4)), "shared_curve")
    assert worse.label == "UNDERPERFORMS"
    assert worse.gap == pytest.approx(1 / 1.4, rel=0.01)


def test_gf04_higher_throughput_is_the_good_side():
    spec, model = tight(example.spec()), _without_bounds(example.model())
    peaks = spec.claim("shared_peaks")
    assert judged(with_claims(spec, scaled(peaks, (1.4, 1.4, 1.4))), "shared_peaks", model).label == "MAGIC_GAP"
    assert judged(with_claims(spec, scaled(peaks, (0.7, 0.7, 0.7))), "shared_peaks", model).label == "UNDERPERFORMS"


def test_beyond_the_bound_is_impossible():
    spec = tight(example.spec())
    beyond = scaled(spec.claim("shared_peaks"), (1.2, 1.2, 1.0))  # bound: cores / service, 7 % above the prediction
    found = judged(with_claims(spec, beyond), "shared_peaks")
    assert found.label == "IMPOSSIBLE"
    assert found.settle == ()
    assert "cores" in found.reasons[0]
    once = scaled(spec.claim("shared_peaks"), (1.2, 1.0, 1.0))
    assert judged(with_claims(spec, once), "shared_peaks").label == "CONSISTENT"


def test_one_point_beyond_the_bound_counts_where_its_neighbours_lie_too_high_with_it():
    """Latencies of 0.6 of the mechanism's are a gap; one of them is below the least service time too, by a tenth."""
    spec, model = tight(example.spec()), example.model()
    curve = scaled(spec.claim("shared_curve"), (0.5, 0.6, 0.6, 0.6, 0.6))
    least = f"{1.1 * min(point.y for point in curve.points) / 1e6} * service / service"
    bound = Bound(id="floor", mechanism="shared", metric="mean_latency", resource="path", expression=least, unit="s")
    model = model.model_copy(update={"bounds": (bound,)})
    found = judged(with_claims(spec, curve), "shared_curve", model)
    assert found.label == "IMPOSSIBLE"
    assert "at 1 of 5 points, and its neighbours lie beyond the band with it" in found.reasons[0]
    alone = scaled(spec.claim("shared_curve"), (0.5, 1.0, 1.0, 1.0, 1.0))
    assert judged(with_claims(spec, alone), "shared_curve", model).label == "CONSISTENT"


def test_a_hair_above_a_stated_peak_is_not_impossible():
    """An SSD stated at 500 MB/s was drawn at 505: within clock tolerance."""
    spec = tight(example.spec())
    model = example.model()
    bounds = tuple(
        Bound(id="cores", mechanism="shared", metric="peak_throughput", resource="cores", expression=text, unit="1/s")
        for text in ("cores / (service + dispatch + handoff) * 0.99",)
    )
    found = judged(spec, "shared_peaks", model.model_copy(update={"bounds": bounds}))
    assert found.label == "CONSISTENT"


def test_honest_scatter_around_a_prediction_at_its_bound_beats_no_physics():
    """The prediction is 2 % below the bound; runs 12 % above it scatter, runs 20 % above it do not."""
    spec, model = tight(example.spec()), example.model()
    bound = Bound(
        id="near", mechanism="shared", metric="peak_throughput", resource="cores", expression="cores / taken_s * 1.02",
        unit="1/s",
    )  # fmt: skip
    model = model.model_copy(update={"bounds": (bound,)})
    peaks = spec.claim("shared_peaks")
    scattered = judged(with_claims(spec, scaled(peaks, (1.12, 1.12, 1.12))), "shared_peaks", model)
    assert scattered.label == "CONSISTENT"
    assert {point.label for point in scattered.points} == {"CONSISTENT"}
    assert judged(with_claims(spec, scaled(peaks, (1.2, 1.2, 1.2))), "shared_peaks", model).label == "IMPOSSIBLE"


def test_one_point_is_no_deviation_and_two_neighbours_name_their_region():
    spec, model = tight(example.spec()), _without_bounds(example.model())
    curve = spec.claim("shared_curve")
    one = judged(with_claims(spec, scaled(curve, (0.6, 1, 1, 1, 1))), "shared_curve", model)
    assert (one.label, one.region) == ("CONSISTENT", None)
    apart = judged(with_claims(spec, scaled(curve, (0.6, 1, 0.6, 1, 1))), "shared_curve", model)
    assert apart.label == "CONSISTENT"
    low = judged(with_claims(spec, scaled(curve, (0.6, 0.6, 1, 1, 1))), "shared_curve", model)
    assert (low.label, low.region) == ("MAGIC_GAP", "at rate <= 120 krps")
    middle = judged(with_claims(spec, scaled(curve, (1, 0.6, 0.6, 1, 1))), "shared_curve", model)
    assert middle.region == "at rate from 120 to 200 krps"


def test_the_more_severe_region_wins_and_the_other_is_mentioned():
    spec, model = tight(example.spec()), _without_bounds(example.model())
    both = scaled(spec.claim("shared_curve"), (1.5, 1.5, 1.0, 0.5, 0.5))
    found = judged(with_claims(spec, both), "shared_curve", model)
    assert (found.label, found.region) == ("MAGIC_GAP", "at rate >= 280 krps")
    assert "also worse than predicted at rate <= 120 krps" in " ".join(found.reasons)


def test_reading_error_absorbs_a_small_gap():
    spec, model = tight(example.spec(0.8)), _without_bounds(example.model())
    assert judged(spec, "shared_curve", model).label == "MAGIC_GAP"
    curve = spec.claim("shared_curve")
    blurred = tuple(point.model_copy(update={"reading_error": 0.15}) for point in curve.points)
    found = judged(with_claims(spec, curve.model_copy(update={"points": blurred})), "shared_curve", model)
    assert found.label == "CONSISTENT"


def test_a_printed_error_bar_counts_as_reading_error():
    spec, model = tight(example.spec(0.8)), _without_bounds(example.model())
    curve = spec.claim("shared_curve")
    barred = tuple(point.model_copy(update={"spread": 0.15 * point.y}) for point in curve.points)
    found = judged(with_claims(spec, curve.model_copy(update={"points": barred})), "shared_curve", model)
    assert found.label == "CONSISTENT"


def test_a_point_clipped_at_the_frame_is_no_measurement():
    spec, model = tight(example.spec()), _without_bounds(example.model())
    curve = scaled(spec.claim("shared_curve"), (1, 1, 1, 0.5, 0.5))
    assert judged(with_claims(spec, curve), "shared_curve", model).label == "MAGIC_GAP"
    clipped = tuple(point.model_copy(update={"censored": index >= 3}) for index, point in enumerate(curve.points))
    found = judged(with_claims(spec, curve.model_copy(update={"points": clipped})), "shared_curve", model)
    assert found.label == "CONSISTENT"
    assert [point.used for point in found.points] == [True, True, True, False, False]


def test_near_saturation_load_at_equal_latency_is_compared():
    """A server 4 % faster than modelled: 4 % more load at equal latency, but a huge factor of latency at the knee."""
    spec = tight(example.spec())
    faster = 1.04 * (example.SERVICE_S + example.DISPATCH_S)
    loads = (330.0, 350.0, 370.0, 375.0, 380.0)  # saturates at 381
    y = [1e6 * (example.NETWORK_S + _mm1_s(1e3 * load / 4, faster / 1.04**2)) for load in loads]
    vertical = [1e6 * example.partitioned_latency_s(1e3 * load) / own for load, own in zip(loads, y, strict=True)]
    assert max(vertical) > 5
    curve = _series("knee", "partitioned", "mean_latency", y)
    points = tuple(point.model_copy(update={"x": load}) for point, load in zip(curve.points, loads, strict=True))
    found = judged(with_claims(spec, curve.model_copy(update={"points": points})), "knee")
    assert found.label == "CONSISTENT"
    assert found.points[-1].by_load
    assert found.points[-1].gap == pytest.approx(1.04, abs=0.01)


def _mm1_s(rate_per_s: float, service_s: float) -> float:
    return service_s / (1 - rate_per_s * service_s)


def test_far_more_load_at_equal_latency_is_still_a_gap():
    spec, model = tight(example.spec()), _without_bounds(example.model())
    y = [1e6 * (example.NETWORK_S + _mm1_s(1e3 * load / 4, 6e-6)) for load in example.LOADS_KRPS]
    found = judged(with_claims(spec, _series("magic", "partitioned", "mean_latency", y)), "magic", model)
    assert found.label == "MAGIC_GAP"
    assert found.region == "at every point"


def test_a_loose_band_is_inconclusive_and_names_the_value_to_ask_for():
    spec = tight(example.spec())
    spec = _with_value(spec, "dispatch", Withheld(low=0.1, high=12.0))
    spec = with_claims(spec, spec.claim("shared_peaks"))  # no baseline that would teach it
    found = judged(spec, "shared_peaks")
    assert found.label == "INCONCLUSIVE"
    assert found.settle[0].variable == "dispatch"
    assert found.settle[0].share > 0.9
    assert "dispatch" in found.reasons[-1]


def test_a_band_wider_than_the_difference_at_stake_is_inconclusive():
    """At 120 krps partitioned takes 1.17 times as long; a dispatch of 0.1 to 12 us moves the latency by more."""
    spec = _with_value(tight(example.spec()), "dispatch", Withheld(low=0.1, high=12.0))
    policy = load_policy().model_copy(update={"informative_band": 50.0})
    near = _at_load(spec, 120.0, 1.15)
    found = judged(near, "shared_curve", policy=policy)
    assert found.label == "INCONCLUSIVE"
    assert "between partitioned and this mechanism" in found.reasons[-1]
    assert judged(_at_load(tight(example.spec()), 120.0, 1.0), "shared_curve", policy=policy).label == "CONSISTENT"


def _at_load(spec, load: float, factor: float):
    curve = scaled(spec.claim("shared_curve"), [factor] * 5)
    points = tuple(point for point in curve.points if point.x == load)
    return with_claims(spec, curve.model_copy(update={"points": points}))


CORES = (1, 2, 4, 8, 16)


def _peaks_over_cores(shared: str, partitioned: str = "cores / service"):
    """Throughput over cores by simple models; `dispatch`, 0.1 to 12 us, is undisclosed. What is claimed: its median."""
    spec = _with_value(tight(example.spec()), "dispatch", Withheld(low=0.1, high=12.0))
    middle_s = (10.0 + math.sqrt(0.1 * 12.0)) * 1e-6
    points = tuple(
        Point(x=cores, y=cores / middle_s / 1e3, reading_error=0.0, source=SeriesSource(series="s", index=index))
        for index, cores in enumerate(CORES)
    )
    claim = Claim(
        id="peaks", kind="series", statement="planted", mechanism="shared", metric="peak_throughput", x="cores",
        points=points,
    )  # fmt: skip
    outputs = tuple(
        Output(mechanism=owner, metric="peak_throughput", expression=text, unit="1/s")
        for owner, text in (("shared", shared), ("partitioned", partitioned))
    )
    model = _without_bounds(example.model()).model_copy(update={"outputs": outputs})
    return lambda policy=None: judged(with_claims(spec, claim), "peaks", model, policy)


@pytest.mark.parametrize(("from_cores", "label"), [(2, "INCONCLUSIVE"), (4, "INCONCLUSIVE"), (8, "CONSISTENT")])
def test_a_band_loose_at_two_neighbours_could_hide_a_gap_there(from_cores, label):
    """Dispatch counts beyond some cores only: the band is 19.4 over 10.1 us wide there, 11.2 elsewhere."""
    found = _peaks_over_cores(f"cores / (service + where(cores > {from_cores}, dispatch, handoff * 6))")()
    assert found.label == label
    assert ("at cores >= 8" in found.reasons[-1]) == (from_cores == 4)


def test_the_difference_at_stake_is_compared_where_it_is():
    """At 16 cores, and nowhere else, both mechanisms differ, 15 against 11.1 us; the band there is 1.9 times wide."""
    policy = load_policy().model_copy(update={"informative_band": 50.0})
    shared = "cores / (service + where(cores > 8, dispatch, handoff * 5.5))"
    known = "cores / (service + handoff * 5.5 * where(cores > 8, {}, 1))"
    found = _peaks_over_cores(shared, known.format("5 / 1.1"))(policy)
    assert found.label == "INCONCLUSIVE"
    assert "1.35 times between partitioned and this mechanism" in found.reasons[-1]
    assert _peaks_over_cores(shared, known.format("12 / 1.1"))(policy).label == "CONSISTENT"  # 23 us: 2.1 times


@pytest.mark.parametrize(
    ("partitioned", "label"), [("dispatch * 1.2", "CONSISTENT"), ("service * 0.13", "INCONCLUSIVE")]
)
def test_what_moves_both_sides_alike_hides_no_difference_between_them(partitioned, label):
    """Dispatch, known to a hundredfold, scales both: one takes 1.2 times as long as the other whatever it is."""
    policy = load_policy().model_copy(update={"informative_band": 200.0})
    found = _peaks_over_cores("cores / (dispatch * 10)", f"cores / ({partitioned} * 10)")(policy)
    assert found.label == label


def test_editing_one_value_changes_the_verdict_as_arithmetic_says():
    """Claimed 381 krps from 4 cores and 10.5 us each; at 14 us each four cores give 285.7, so the gap is 1.333."""
    spec = tight(example.spec())
    assert judged(spec, "partitioned_peak").label == "CONSISTENT"
    edited = _with_value(spec, "dispatch", Exact(value=4.0))
    found = judged(edited, "partitioned_peak")
    assert found.label == "MAGIC_GAP"
    assert found.gap == pytest.approx(14.0 / 10.5, rel=1e-3)


@pytest.mark.parametrize("which", ["spec", "model"])
def test_unapproved_records_judge_nothing(which):
    spec, model = tight(example.spec(0.5)), example.model()
    if which == "spec":
        spec = spec.model_copy(update={"approval": UNAPPROVED})
    else:
        model = model.model_copy(update={"approval": UNAPPROVED})
    verdict = verdict_of(spec, model)
    assert verdict.label == "INCONCLUSIVE"
    assert {claim.label for claim in verdict.claims} == {"INCONCLUSIVE"}
    assert verdict.coverage.judged == 0
    assert "step s_take is not explained" in verdict.claims[0].reasons[0]


def test_a_model_of_the_mean_does_not_judge_a_tail():
    """p99 of M/M/1 response is ln(100) = 4.6 times its mean; the same expression for both is the mistake."""
    spec = tight(example.spec())
    p99 = Metric(
        id="p99", name="p99", quantity="latency", unit="us", better="lower", statistic="quantile", quantile=0.99
    )
    spec = spec.model_copy(update={"metrics": (*spec.metrics, p99)})
    y = [1e6 * (example.NETWORK_S + math.log(100) * _mm1_s(1e3 * load / 4, 10.5e-6)) for load in example.LOADS_KRPS]
    spec = with_claims(spec, _series("tail", "partitioned", "p99", y))
    model = example.model()
    mean = model.output("partitioned", "mean_latency").expression
    confused = model.model_copy(update={"outputs": (*model.outputs, _p99(mean))})
    found = judged(spec, "tail", confused)
    assert found.label == "INCONCLUSIVE"
    assert "a mean cannot be judged against a tail" in found.reasons[-1]
    own = model.model_copy(update={"outputs": (*model.outputs, _p99(f"{mean} + 0 * service"))})
    other = judged(spec, "tail", own)
    assert other.label == "INCONCLUSIVE"
    assert other.reasons[-1] == "The model gives means (mean_wait_s) where the claim is a p99."
    assert any("p99" in reading for reading in other.readings)


def _p99(expression: str) -> Output:
    return Output(mechanism="partitioned", metric="p99", expression=expression, unit="s")


def test_a_gap_smaller_than_the_baselines_own_misfit_is_inconclusive():
    """The baseline's claims are 1.8 times better than its mechanism; a proposal 1.6 times better proves nothing."""
    spec, model = tight(example.spec(0.4)), _without_bounds(example.model())
    baseline = scaled(spec.claim("partitioned_curve"), [1 / 2.2] * 5)
    mild = scaled(spec.claim("shared_curve"), [1.0] * 5)
    verdict = verdict_of(with_claims(spec, baseline, mild), model)
    fit = verdict.baselines[0]
    assert fit.misfit_factor > 1.5
    assert any(finding.id == "baseline_misfit:partitioned_curve" for finding in verdict.findings)
    honest = verdict_of(with_claims(spec, spec.claim("partitioned_curve"), mild), model)
    labels = {claim.claim: claim.label for claim in honest.claims}
    assert labels["shared_curve"] == "MAGIC_GAP"
    assert honest.baselines[0].misfit_factor == pytest.approx(1.0, abs=0.01)
    assert not honest.findings
    assert {claim.claim: claim.label for claim in verdict.claims}["shared_curve"] != "MAGIC_GAP"


@pytest.mark.parametrize(("off", "widening"), [(1.0, 0.08), (1.06, 0.08), (1.25, math.log(1.25))])
def test_a_baseline_within_the_discrepancy_widens_nothing(off, widening):
    """8 % is granted to every honest implementation; a baseline 25 % off its mechanism shows that 8 % are too few."""
    spec, model = tight(example.spec()), _without_bounds(example.model())
    loads, factors = (4.0, 12.0, 20.0, 28.0, 34.0), (off, 1 / off, off, 1 / off, off)
    y = [1e6 * example.partitioned_latency_s(1e3 * load) * factor for load, factor in zip(loads, factors, strict=True)]
    drawn = _series("low_loads", "partitioned", "mean_latency", y)
    points = tuple(point.model_copy(update={"x": load}) for point, load in zip(drawn.points, loads, strict=True))
    baseline = drawn.model_copy(update={"points": points})
    verdict = verdict_of(with_claims(spec, baseline, spec.claim("shared_curve")), model)
    found = {claim.claim: claim for claim in verdict.claims}
    assert found["shared_curve"].widening == pytest.approx(widening, rel=0.01)
    assert found["low_loads"].widening == 0.08


@pytest.mark.parametrize("y", [0.0, -3.0, math.inf, 1e-300, 1e300])
def test_odd_values_never_crash(y):
    spec = tight(example.spec())
    curve = spec.claim("shared_curve")
    points = tuple(point.model_copy(update={"y": y}) for point in curve.points)
    found = judged(with_claims(spec, curve.model_copy(update={"points": points})), "shared_curve")
    expected = "INCONCLUSIVE" if y <= 0 or math.isinf(y) else ("IMPOSSIBLE" if y < 1 else "UNDERPERFORMS")
    assert found.label == expected


def _peak(spec, factor: float, quantifier: str, **more):
    claim = spec.claim("partitioned_peak").model_copy(update={"quantifier": quantifier, **more})
    return with_claims(spec, scaled(claim, [factor]))


def test_limits_are_judged_on_the_side_they_assert():
    spec, model = tight(example.spec()), _without_bounds(example.model())
    assert judged(_peak(spec, 0.5, "at_least"), "partitioned_peak", model).label == "CONSISTENT"
    assert judged(_peak(spec, 1.5, "at_least"), "partitioned_peak", model).label == "MAGIC_GAP"
    assert judged(_peak(spec, 1.5, "at_most"), "partitioned_peak", model).label == "CONSISTENT"
    assert judged(_peak(spec, 0.5, "at_most"), "partitioned_peak", model).label == "UNDERPERFORMS"
    assert judged(_peak(spec, 1.2, "at"), "partitioned_peak", model).label == "MAGIC_GAP"
    assert judged(_peak(spec, 1.2, "about"), "partitioned_peak", model).label == "CONSISTENT"


def test_a_best_case_over_unnamed_settings_is_not_held_against_one_setting():
    spec, model = tight(example.spec()), _without_bounds(example.model())
    unnamed = _peak(spec, 1.5, "up_to", configuration=None)  # others ran on two and on eight cores
    assert judged(unnamed, "partitioned_peak", model).label == "INCONCLUSIVE"
    for configuration in ("heavy_load", "testbed"):  # one leaves the load open, on which a peak does not depend
        named = _peak(spec, 1.5, "up_to", configuration=configuration)
        assert judged(named, "partitioned_peak", model).label == "MAGIC_GAP"


def test_a_range_is_judged_by_its_ends():
    spec, model = tight(example.spec()), _without_bounds(example.model())
    claim = spec.claim("partitioned_peak")
    ends = claim.model_copy(update={"quantifier": "range_over", "points": claim.points * 2})
    assert judged(with_claims(spec, scaled(ends, (0.6, 1.6))), "partitioned_peak", model).label == "MAGIC_GAP"
    assert judged(with_claims(spec, scaled(ends, (0.6, 1.0))), "partitioned_peak", model).label == "UNDERPERFORMS"
    assert judged(with_claims(spec, scaled(ends, (0.95, 1.05))), "partitioned_peak", model).label == "CONSISTENT"


def test_a_ratio_in_favour_of_the_other_side_turns_round():
    """'Partitioned takes 2.1 times as long' speaks for shared: more is better there."""
    spec = tight(example.spec())
    true = example.partitioned_latency_s(320e3) / example.shared_latency_s(320e3)
    ratio = spec.claim("shared_ratio")
    point = ratio.points[0].model_copy(update={"y": 2 * true})
    turned = ratio.model_copy(
        update={"mechanism": "partitioned", "relative_to": "shared", "favours": "shared", "points": (point,)}
    )
    verdict = verdict_of(with_claims(spec, turned))
    assert verdict.claims[0].label == verdict.label == "MAGIC_GAP"
    assert verdict.claims[0].gap == pytest.approx(2.0, rel=1e-3)


def test_a_baseline_too_far_ahead_of_the_proposal_says_that_the_proposal_lags():
    """'Partitioned is twice as fast as predicted beside shared' flatters a baseline, whose own points fit."""
    spec = tight(example.spec())
    true = example.partitioned_latency_s(320e3) / example.shared_latency_s(320e3)
    ratio = spec.claim("shared_ratio")
    point = ratio.points[0].model_copy(update={"y": 0.5 * true})
    for favours in ("partitioned", None):
        turned = ratio.model_copy(
            update={"mechanism": "partitioned", "relative_to": "shared", "favours": favours, "points": (point,)}
        )
        verdict = verdict_of(with_claims(spec, turned))
        assert verdict.claims[0].label == verdict.label == "UNDERPERFORMS"
        assert verdict.claims[0].gap == pytest.approx(0.5, rel=1e-3)


def _with_value(spec, name, value):
    variables = tuple(
        variable.model_copy(update={"value": value, "source": "paper"}) if variable.id == name else variable
        for variable in spec.variables
    )
    return spec.model_copy(update={"variables": variables})


def test_the_bound_counts_even_where_the_mechanism_has_no_value():
    """2 us is less than the 10 us of service, whatever queue stands before it."""
    spec, model = tight(example.spec()), example.model()
    nothing = Output(mechanism="partitioned", metric="mean_latency", expression="service * sqrt(0 - 1)", unit="s")
    model = model.model_copy(update={"outputs": (nothing, *model.outputs[1:])})
    found = judged(with_claims(spec, _series("early", "partitioned", "mean_latency", [2.0] * 5)), "early", model)
    assert (found.label, found.gap) == ("IMPOSSIBLE", None)
    later = judged(with_claims(spec, _series("later", "partitioned", "mean_latency", [20.0] * 5)), "later", model)
    assert later.label == "INCONCLUSIVE"
    assert "At 5 of 5 points the cost model has no value" in later.reasons[0]


def test_a_formula_outside_its_validity_is_a_reason():
    """Kingman's wait is too long for smooth arrivals below half load (Hopp & Spearman); here it is asked at a tenth."""
    spec, model = tight(example.spec()), example.model()
    wait = (
        "gg1_kingman(arrival_rate_per_s=rate / 4, arrival_scv=0.5, mean_service_s=service, service_scv=1).mean_wait_s"
    )
    kingman = Output(mechanism="partitioned", metric="mean_latency", expression=f"network + service + {wait}", unit="s")
    model = model.model_copy(update={"outputs": (kingman, *model.outputs[1:])})
    found = judged(spec, "partitioned_curve", model)
    assert any(remark.startswith("Take care: ") for remark in found.remarks)
    assert not any(remark.startswith("Take care: ") for remark in judged(spec, "partitioned_curve").remarks)


def test_a_busy_resource_is_neither_good_nor_bad():
    spec, model = tight(example.spec()), _without_bounds(example.model())
    busy = spec.metric("peak_throughput").model_copy(update={"quantity": "utilisation"})
    metrics = tuple(busy if metric.id == busy.id else metric for metric in spec.metrics)
    spec = spec.model_copy(update={"metrics": metrics})
    for factor in (0.4, 2.5):
        found = judged(_peak(spec, factor, "at"), "partitioned_peak", model)
        assert found.label == "INCONCLUSIVE"
        assert "no better side" in found.reasons[1]


def test_a_limit_that_is_kept_says_so():
    spec, model = tight(example.spec()), _without_bounds(example.model())
    assert judged(_peak(spec, 1.5, "at_most"), "partitioned_peak", model).reasons == (
        "It asserts a limit that the prediction keeps.",
    )
