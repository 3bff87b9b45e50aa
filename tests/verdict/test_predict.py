import math
import time

import numpy as np
import pytest

from gauntlet.costs.breakdown import breakdown
from gauntlet.costs.records import CostModel, Output
from gauntlet.errors import ExpressionError, RecordError
from gauntlet.specs.claims import Claim, Point, SeriesSource
from gauntlet.specs.quantities import Distribution, Exact, Interval, Sweep, Variable, Withheld
from gauntlet.specs.workload import Workload
from gauntlet.verdict import engine as room
from gauntlet.verdict.engine import quantiles
from gauntlet.verdict.predict import predict
from gauntlet.verdict.prediction import LEVELS, Prediction
from gauntlet.verdict.shares import _NOISE, _explained, _ranks
from tests.costs import example
from tests.verdict.cases import tight, with_claims


def _same(one: Prediction, other: Prediction, tmp_path) -> bool:
    one.save(tmp_path / "one.npz")
    other.save(tmp_path / "other.npz")
    return (tmp_path / "one.npz").read_bytes() == (tmp_path / "other.npz").read_bytes()


def test_medians_are_the_textbook_values():
    spec = tight(example.spec())
    prediction = predict(spec, example.model(), 50, seed=1)
    expected = [1e6 * example.shared_latency_s(1e3 * load) for load in example.LOADS_KRPS]
    np.testing.assert_allclose(prediction.claims["shared_curve"].median, expected, rtol=1e-9)
    ratio = example.shared_latency_s(320e3) / example.partitioned_latency_s(320e3)
    assert prediction.claims["shared_ratio"].median[0] == pytest.approx(ratio, rel=1e-9)
    rivals = [1e6 * example.partitioned_latency_s(1e3 * load) for load in example.LOADS_KRPS]
    assert prediction.claims["shared_curve"].comparator == "partitioned"
    np.testing.assert_allclose(prediction.claims["shared_curve"].comparator_median, rivals, rtol=1e-9)


def test_quantiles_follow_the_law_of_a_variable():
    """A log-uniform input passed straight through has quantiles low (high / low)^q."""
    spec, claim = _pass_through(Interval(low=100.0, high=400.0, scale="log"))
    raw = predict(spec, _handoff_model(), 4000, seed=3).claims[claim].raw[0]
    np.testing.assert_allclose(raw, 0.1 * 4.0**LEVELS, rtol=5e-3)


def test_a_model_without_value_beyond_a_judged_range_takes_it_at_its_word():
    """A trip of 0.45 us less a judged hand-over of 0.1 to 0.4 us: in the tail a queue would serve in negative time."""
    judged, claim = _pass_through(Withheld(low=100.0, high=400.0))
    variables = tuple(
        one.model_copy(update={"source": "assumed"} if one.id == "handoff" else {"value": Exact(value=0.45)})
        if one.id in ("handoff", "service")
        else one
        for one in judged.variables
    )
    spec = judged.model_copy(update={"variables": variables})
    served = "mm1(arrival_rate_per_s=rate / cores, service_time_s=service - handoff).mean_response_s"
    assert predict(spec, _handoff_model(), 4000, seed=3).claims[claim].raw[0, -1] > 0.45
    found = predict(spec, _handoff_model(served), 4000, seed=3)
    assert found.not_predicted == {}
    assert found.claims[claim].raw[0, 0] == pytest.approx(0.05, rel=0.05)


def test_shares_are_shares_of_the_variance():
    """The log of a product of lognormals: shares are variances over their sum (Spearman's 6/pi asin(r/2) for r)."""
    spec, claim = _pass_through(Distribution(family="lognormal", low=100.0, typical=200.0, high=400.0))
    network = Distribution(family="lognormal", low=10.0, typical=15.0, high=22.5)
    spec = _with_variable(spec, "network", network)
    logs = [math.log(2.0), math.log(1.5)]
    pearson = [log / math.hypot(*logs) for log in logs]
    expected = [(6 / math.pi * math.asin(r / 2)) ** 2 for r in pearson]
    model = _handoff_model("handoff * network / service")
    shares = predict(tight_service(spec), model, 4000, seed=5).claims[claim].shares
    assert shares["handoff"] == pytest.approx(expected[0], abs=0.02)  # stratified samples of 4000
    assert shares["network"] == pytest.approx(expected[1], abs=0.02)
    assert set(shares) == {"handoff", "network"}


def test_chunks_do_not_change_the_bytes(monkeypatch, tmp_path):
    whole = predict(example.spec(), example.model(), 300, seed=2)
    monkeypatch.setattr(room, "_ELEMENTS", 70)
    assert _same(whole, predict(example.spec(), example.model(), 300, seed=2), tmp_path)


def test_same_seed_same_bytes_at_another_time(monkeypatch, tmp_path):
    first = predict(example.spec(), example.model(), 200, seed=2)
    first.save(tmp_path / "first.npz")
    monkeypatch.setattr(time, "time", lambda: 4e9)
    assert _same(first, predict(example.spec(), example.model(), 200, seed=2), tmp_path)
    assert (tmp_path / "first.npz").read_bytes() == (tmp_path / "one.npz").read_bytes()
    assert not _same(first, predict(example.spec(), example.model(), 200, seed=3), tmp_path)


def test_saved_prediction_comes_back(tmp_path):
    prediction = predict(example.spec(), example.model(), 100, seed=2)
    prediction.save(tmp_path / "prediction.npz")
    again = Prediction.load(tmp_path / "prediction.npz")
    assert _same(prediction, again, tmp_path)
    (tmp_path / "broken.npz").write_bytes(b"PK nothing")
    with pytest.raises(RecordError, match=r"broken\.npz is missing or broken"):
        Prediction.load(tmp_path / "broken.npz")


def test_quantiles_keep_infinities_and_leave_out_nan():
    values = np.array([[1.0, np.nan], [np.inf, np.nan], [2.0, np.nan], [np.nan, np.nan]])
    found = quantiles(values)
    assert found[0, 0] == 1.0
    assert found[0, LEVELS.size // 2] == 2.0
    assert found[0, -1] == np.inf
    assert np.isnan(found[1]).all()


def test_claims_that_cannot_be_predicted_say_why():
    spec = example.spec()
    cause = Claim(
        id="cause", kind="attribution", statement="waiting dominates", mechanism="shared", metric="mean_latency"
    )
    vague = spec.claim("shared_ratio").model_copy(update={"id": "vague", "unresolved": True})
    model = example.model().model_copy(update={"outputs": example.model().outputs[:3]})
    prediction = predict(with_claims(spec, cause, vague, *spec.claims), model, 50, seed=1)
    assert "asserts a cause" in prediction.not_predicted["cause"]
    assert "does not say which two numbers" in prediction.not_predicted["vague"]
    assert "no output peak_throughput for shared" in prediction.not_predicted["shared_peaks"]
    assert "shared_curve" in prediction.claims


def _pass_through(value):
    spec = _with_variable(example.spec(), "handoff", value)
    claim = spec.claim("shared_curve")
    return with_claims(spec, claim), claim.id


def tight_service(spec):
    true = tight(spec)
    return _with_variable(spec, "service", true.variable("service").value)


def _with_variable(spec, name, value):
    variables = tuple(
        variable.model_copy(update={"value": value}) if variable.id == name else variable for variable in spec.variables
    )
    return spec.model_copy(update={"variables": variables})


def _handoff_model(expression: str = "handoff") -> CostModel:
    output = Output(mechanism="shared", metric="mean_latency", expression=expression, unit="s")
    return example.model().model_copy(update={"terms": (), "outputs": (output,), "bounds": ()})


def test_a_curve_over_clients_never_asks_for_less_than_one_client():
    """A closed loop of one client and one station answers in its demand (Reiser & Lavenberg 1980: Q(0) = 0)."""
    clients = Variable(
        id="clients", meaning="Clients", unit="", value=Sweep(), role="workload", source="paper", whole=True
    )
    source = SeriesSource(series="s", index=0)
    points = tuple(Point(x=float(n), y=10.0 * n, reading_error=0.0, source=source) for n in (1, 2, 8))
    claim = Claim(
        id="closed", kind="series", statement="s", mechanism="shared", metric="mean_latency", x="clients", points=points
    )
    spec = tight(example.spec())
    loop = Workload(loop="closed", population="clients")
    spec = spec.model_copy(update={"variables": (*spec.variables, clients), "workloads": (loop,), "claims": (claim,)})
    expression = "mva_exact(population=clients, think_time_s=0 * service, demands_s=[service]).response_s"
    found = predict(spec, _handoff_model(expression), 20, seed=1).claims["closed"]
    np.testing.assert_allclose(found.median, [10.0, 20.0, 80.0])  # all wait at the one station: N times the demand
    assert found.curve_x.min() == 1.0
    assert found.curve_x.max() == 12.0


def test_parts_at_the_medians_are_those_behind_the_metric():
    """At 200 krps: path 15, service 10 and dispatch 0.5, hand-off 0.2 us; the rest of the latency waits."""
    found = predict(tight(example.spec()), example.model(), 20, seed=1).claims
    assert set(found["shared_peaks"].parts) == {"work_s", "handoff"}  # no wait in a peak rate
    curve = found["shared_curve"]
    wait = example.shared_latency_s(200e3) - 15e-6 - 10.7e-6
    expected = {"path_s": 15e-6, "work_s": 10.5e-6, "handoff": 0.2e-6, "any_wait_s": wait}
    assert dict(zip(curve.parts, curve.part_values[:, 2], strict=True)) == pytest.approx(expected, rel=1e-9)
    assert curve.curve_parts.shape == (4, curve.curve_x.size)
    theirs = dict(zip(curve.rival_parts, curve.rival_part_values[:, 2], strict=True))
    wait = example.partitioned_latency_s(200e3) - 25.5e-6
    assert theirs == pytest.approx({"path_s": 15e-6, "own_wait_s": wait, "work_s": 10.5e-6}, rel=1e-9)
    assert found["partitioned_curve"].rival_parts == ()


def test_a_curve_that_leaves_a_formulas_domain_costs_only_its_own_parts(monkeypatch):
    def narrow(compiled, mechanism, metric, environment):
        if environment.get("rate", np.empty(0)).size > len(example.LOADS_KRPS):
            raise ExpressionError("term any_wait_s: outside its domain")
        return breakdown(compiled, mechanism, metric, environment)

    monkeypatch.setattr("gauntlet.verdict.parts.breakdown", narrow)
    found = predict(tight(example.spec()), example.model(), 20, seed=1).claims["shared_curve"]
    assert found.part_values.shape == (4, 5)
    assert found.curve_parts.shape == (4, 0)


def test_an_effect_that_rises_and_falls_again_is_seen():
    rng = np.random.default_rng(3)
    x = rng.uniform(-1, 1, 10_000)
    outcome = _ranks(np.stack([x**2, rng.normal(size=x.size)], axis=1))
    assert _explained(outcome[:, :1], x) > 0.9
    assert _explained(outcome[:, 1:], x) < _NOISE / x.size


def test_a_claim_whose_formulas_take_long_has_fewer_draws():
    """At some 36 us a point, five points take longer than a quarter of what a paper may; a sum of terms does not."""
    spec, model = example.spec(), example.model()
    response = (
        "mg1_response(arrival_rate_per_s=rate / 4, shares=[1], means_s=[service + dispatch], scvs=[1], quantile=0.99, "
        "law='gamma').response_quantile_s"
    )
    slow = Output(mechanism="shared", metric="mean_latency", expression=f"network + {response}", unit="s")
    outputs = tuple(slow if (out.mechanism, out.metric) == ("shared", "mean_latency") else out for out in model.outputs)
    found = predict(spec, model.model_copy(update={"outputs": outputs}), 20_000, seed=1, conditioned=False)
    assert found.claims["shared_curve"].samples == 2048  # half a second at 5 points of 36 us: 2,800 draws
    assert found.claims["partitioned_curve"].samples == 20_000
