"""Compiled models: predictions against the textbook, environments against hand-made settings, sound bounds."""

import numpy as np
import pytest

from gauntlet.costs.compiled import CompiledModel, compile_model, environment_for
from gauntlet.costs.laws import check_laws
from gauntlet.costs.records import Bound, CostModel, Output, Term
from gauntlet.costs.sampling import central_values, draw_variables
from gauntlet.errors import CannotJudge, ExpressionError, GauntletError, RecordError
from gauntlet.mechanisms.catalogue import find
from gauntlet.specs.claims import Claim
from gauntlet.specs.mechanism import Component, ComponentFact
from gauntlet.specs.paper_spec import Configuration, Setting
from gauntlet.specs.quantities import Derived, Exact, Interval, Sweep, Variable
from tests.costs import example

SAMPLES = 200


@pytest.fixture(name="compiled")
def _compiled() -> CompiledModel:
    return compile_model(example.spec(), example.model())


@pytest.fixture(name="true")
def _true() -> dict[str, np.ndarray]:
    """The constants from which the example's claims were computed."""
    known = {"service": example.SERVICE_S, "dispatch": example.DISPATCH_S, "handoff": example.HANDOFF_S}
    known |= {"network": example.NETWORK_S, "cores": float(example.CORES), "rate": 1.0}
    return {name: np.full((1, 1), value) for name, value in known.items()}


def term(name: str, expression: str, mechanism: str | None = "shared", unit: str = "s") -> Term:
    return Term(id=name, mechanism=mechanism, meaning=name, expression=expression, unit=unit)


def changed(**fields: object) -> CostModel:
    return example.model().model_copy(update=fields)


@pytest.mark.parametrize("claim", example.spec().claims, ids=lambda claim: claim.id)
def test_predictions_at_the_true_constants_are_the_textbook_values(compiled, true, claim: Claim) -> None:
    scale = 1 if claim.relative_to else {"mean_latency": 1e-6, "peak_throughput": 1e3}[claim.metric]
    predicted = compiled.predict_claim(claim, true)
    assert predicted.shape == (1, len(claim.points))
    np.testing.assert_allclose(predicted[0], [point.y * scale for point in claim.points], rtol=1e-12)


def test_shapes_are_samples_by_points(compiled) -> None:
    drawn = draw_variables(compiled.spec, SAMPLES, seed=1)
    for claim in compiled.spec.claims:
        assert compiled.predict_claim(claim, drawn).shape == (SAMPLES, len(claim.points))
        assert compiled.predict_claim(claim, drawn, claim.points[:1]).shape == (SAMPLES, 1)


def test_some_points_keep_their_own_configurations(compiled, true) -> None:
    claim = compiled.spec.claim("shared_peaks")
    all_points = compiled.predict_claim(claim, true)
    np.testing.assert_array_equal(compiled.predict_claim(claim, true, claim.points[2:]), all_points[:, 2:])


def test_terms_are_named_in_order_and_add_up(compiled, true) -> None:
    environment = environment_for(compiled.spec.claim("shared_curve"), compiled.spec, true)
    terms = compiled.terms("shared", "mean_latency", environment)
    assert list(terms) == ["path_s", "work_s", "taken_s", "any_wait_s"]
    total = terms["path_s"] + terms["taken_s"] + terms["any_wait_s"]
    np.testing.assert_allclose(total, compiled.predict("shared", "mean_latency", environment), rtol=1e-15)


def test_terms_that_are_not_needed_are_not_evaluated(true) -> None:
    model = changed(
        terms=(*example.model().terms, term("broken_s", "mm1(arrival_rate_per_s=-1, service_time_s=1).mean_wait_s"))
    )
    compiled = compile_model(example.spec(), model)
    assert np.isfinite(compiled.predict_claim(compiled.spec.claim("shared_curve"), true)).all()


def test_settings_x_and_derived_variables_follow_each_other() -> None:
    names = ("size", "entry", "count", "double")
    variables = (
        Variable(id="size", meaning="", unit="KB", value=Sweep(), role="workload", source="paper"),
        Variable(id="entry", meaning="", unit="B", value=Exact(value=100), role="workload", source="paper"),
        Variable(
            id="count", meaning="", unit="", value=Derived(expression="size / entry"), role="workload", source="paper"
        ),
        Variable(id="double", meaning="", unit="", value=Exact(value=1), role="workload", source="paper"),
    )
    configurations = (
        Configuration(
            id="c",
            meaning="",
            settings=(
                Setting(variable="entry", expression="50 * 4"),  # no names: in the variable's unit
                Setting(variable="double", expression="2 * count"),  # names: in SI
            ),
        ),
    )
    claim = example.spec().claim("shared_curve").model_copy(update={"x": "size", "configuration": "c"})
    spec = example.spec().model_copy(
        update={"variables": variables, "configurations": configurations, "claims": (claim,)}
    )
    environment = environment_for(claim, spec, draw_variables(spec, 10, seed=1))
    assert set(names) <= set(environment)
    np.testing.assert_allclose(environment["size"], np.array([example.LOADS_KRPS]) * 1e3)
    assert environment["entry"] == pytest.approx(200)
    np.testing.assert_allclose(environment["count"], environment["size"] / 200)
    np.testing.assert_allclose(environment["double"], environment["size"] / 100)


def test_a_setting_may_start_from_the_drawn_value(true) -> None:
    double = Configuration(id="double", meaning="", settings=(Setting(variable="service", expression="2 * service"),))
    claim = example.spec().claim("shared_curve").model_copy(update={"configuration": "double"})
    spec = example.spec().model_copy(update={"configurations": (double,), "claims": (claim,)})
    assert environment_for(claim, spec, true)["service"] == pytest.approx(2 * example.SERVICE_S)


def test_a_ratio_may_compare_two_configurations(true) -> None:
    claim = (
        example.spec()
        .claim("shared_peaks")
        .model_copy(
            update={
                "kind": "ratio",
                "point_configurations": (),
                "configuration": "eight_cores",
                "relative_to": "shared",
                "relative_configuration": "two_cores",
            }
        )
    )
    assert compile_model(example.spec(), example.model()).predict_claim(claim, true) == pytest.approx(4.0)


def test_component_facts_differ_by_mechanism(true) -> None:
    facts = tuple(
        ComponentFact(mechanism=mechanism, name="packets", expression=expression, unit="")
        for mechanism, expression in (("partitioned", "1"), ("shared", "cores"))
    )
    spec = example.spec().model_copy(
        update={"components": (Component(id="stack", name="Stack", used_by=("shared", "partitioned"), facts=facts),)}
    )
    terms = (term("path_s", "packets * network", mechanism=None), *example.model().terms[1:])
    compiled = compile_model(spec, changed(terms=terms))
    assert compiled.terms("partitioned", "mean_latency", true)["path_s"] == pytest.approx(example.NETWORK_S)
    assert compiled.terms("shared", "mean_latency", true)["path_s"] == pytest.approx(4 * example.NETWORK_S)


def test_bounds_take_the_most_favourable_value(compiled) -> None:
    drawn = draw_variables(compiled.spec, SAMPLES, seed=1)
    latency = compiled.bound_claim(compiled.spec.claim("shared_curve"), drawn)
    assert latency.values == pytest.approx(np.full(5, 0.99 * example.SERVICE_S))  # service is known to 1 %
    peaks = compiled.bound_claim(compiled.spec.claim("shared_peaks"), drawn)
    assert peaks.values == pytest.approx(np.array([2, 4, 8]) / (0.99 * example.SERVICE_S))
    assert compiled.bound_claim(compiled.spec.claim("shared_ratio"), drawn) is None


def test_the_tightest_of_several_bounds_counts(compiled) -> None:
    tighter = Bound(
        id="tighter", mechanism="shared", metric="mean_latency", resource="core", expression="2 * service", unit="s"
    )
    compiled = compile_model(example.spec(), changed(bounds=(*example.model().bounds, tighter)))
    bound = compiled.bound_claim(compiled.spec.claim("shared_curve"), draw_variables(compiled.spec, SAMPLES, seed=1))
    assert bound.values == pytest.approx(np.full(5, 2 * 0.99 * example.SERVICE_S))
    assert bound.binding == ("tighter",) * 5


def test_bounds_reach_mixed_corners_and_inner_extremes() -> None:
    # a - b is least at (low, high); (c - 1)^2 is least inside the range: neither lies at an all-low or all-high corner.
    def uncertain(name: str, low: float, high: float) -> Variable:
        value = Interval(low=low, high=high)
        return Variable(id=name, meaning="", unit="s", value=value, role="hardware", source="prior")

    spec = example.spec().model_copy(
        update={"variables": (*example.VARIABLES, uncertain("a", 5, 9), uncertain("b", 1, 2), uncertain("c", 0, 3))}
    )
    bounds = (
        Bound(id="one", mechanism="shared", metric="mean_latency", resource="x", expression="a - b", unit="s"),
        Bound(
            id="two", mechanism="shared", metric="mean_latency", resource="x", expression="3 + (c - 1) ** 2", unit="s"
        ),
    )
    compiled = compile_model(spec, changed(bounds=bounds[:1]))
    drawn = draw_variables(spec, 2_000, seed=1)
    assert compiled.bound_claim(spec.claim("shared_curve"), drawn).values == pytest.approx(np.full(5, 3.0), rel=1e-12)
    compiled = compile_model(spec, changed(bounds=bounds[1:]))
    assert compiled.bound_claim(spec.claim("shared_curve"), drawn).values == pytest.approx(np.full(5, 3.0), rel=1e-5)


def test_form_errors_add_in_quadrature_once_each(compiled) -> None:
    assert compiled.model_form_error("shared", "mean_latency") == 0.0  # M/M/c is exact under its assumptions
    kingman = (
        "gg1_kingman(arrival_rate_per_s=rate / cores, mean_service_s=taken_s, arrival_scv=1, service_scv=1).mean_wait_s"
    )
    cunneen = (
        "ggc_allen_cunneen(arrival_rate_per_s=rate, mean_service_s=taken_s, servers=cores, arrival_scv=1, "
        "service_scv=1).mean_wait_s"
    )
    terms = (*example.model().terms, term("one_s", kingman), term("two_s", f"{cunneen} + one_s + one_s"))
    outputs = (Output(mechanism="shared", metric="mean_latency", expression="two_s + one_s", unit="s"),)
    error = compile_model(example.spec(), changed(terms=terms, outputs=outputs)).model_form_error(
        "shared", "mean_latency"
    )
    used = [find(name).model_form_error for name in ("gg1_kingman", "ggc_allen_cunneen")]
    assert min(used) > 0
    assert error == pytest.approx(np.hypot(*used))


BROKEN = {
    "later term": (changed(terms=(term("x_s", "taken_s"), *example.model().terms)), ExpressionError, "stands below"),
    "term of another": (
        changed(terms=(*example.model().terms, term("x_s", "own_wait_s"))),
        ExpressionError,
        "belongs to",
    ),
    "shared on own": (
        changed(terms=(*example.model().terms, term("x_s", "taken_s", None))),
        ExpressionError,
        "belongs to",
    ),
    "unknown name": (changed(terms=(*example.model().terms, term("x_s", "servce"))), ExpressionError, "service"),
    "itself": (changed(terms=(*example.model().terms, term("x_s", "x_s"))), ExpressionError, "x_s"),
    "searched load's name": (
        changed(
            terms=(*example.model().terms, term("x_s", "max_load_at(lambda service: service, dispatch, dispatch)"))
        ),
        ExpressionError,
        "service_at_limit",
    ),
    "term twice": (changed(terms=(*example.model().terms, example.model().terms[0])), RecordError, "twice"),
    "variable's id": (changed(terms=(*example.model().terms, term("service", "dispatch"))), RecordError, "twice"),
    "function's name": (changed(terms=(*example.model().terms, term("x_s", "2 * mm1"))), ExpressionError, "called"),
    "output twice": (changed(outputs=example.model().outputs[:1] * 2), RecordError, "twice"),
    "no mechanism": (changed(terms=(*example.model().terms, term("x_s", "service", "shred"))), RecordError, "shared"),
    "no metric": (
        changed(outputs=(Output(mechanism="shared", metric="mean_latencies", expression="service", unit="s"),)),
        RecordError,
        "mean_latency",
    ),
}


@pytest.mark.parametrize(("model", "error", "words"), BROKEN.values(), ids=BROKEN)
def test_compilation_refuses(model: CostModel, error: type[GauntletError], words: str) -> None:
    with pytest.raises(error, match=words):
        compile_model(example.spec(), model)


def test_what_cannot_be_predicted_says_why(compiled) -> None:
    spec = compiled.spec
    claim = spec.claim("shared_curve")
    assert compiled.why_not(claim) is None
    assert "cause" in (compiled.why_not(claim.model_copy(update={"kind": "attribution"})) or "")
    assert "relative" in (compiled.why_not(claim.model_copy(update={"kind": "ratio"})) or "")
    assert "no output" in (compiled.why_not(claim.model_copy(update={"metric": "energy"})) or "")
    with pytest.raises(CannotJudge, match="no output energy of shared"):
        compiled.predict("shared", "energy", {})


def test_formulas_outside_their_validity_are_remarked(compiled) -> None:
    # Gray's rates hold for rare waits only: 40,000 transactions a second and more on 10 items wait often.
    drawn = draw_variables(compiled.spec, SAMPLES, seed=1)
    claim = compiled.spec.claim("shared_curve")
    assert compiled.validity_remarks(claim, drawn) == ()
    gray = (
        "service * gray_lock_conflict_rates(tps=rate, actions=4, action_time_s=service, db_size=10, nodes=1)"
        ".wait_probability"
    )
    terms = (term("locks_s", gray), *example.model().terms)
    outputs = (Output(mechanism="shared", metric="mean_latency", expression="locks_s", unit="s"),)
    (remark,) = compile_model(example.spec(), changed(terms=terms, outputs=outputs)).validity_remarks(claim, drawn)
    assert remark.startswith("term locks_s: ")
    assert "0.1" in remark


def test_a_point_without_x_is_refused(compiled, true) -> None:
    claim = compiled.spec.claim("shared_curve")
    broken = claim.model_copy(update={"points": (claim.points[0].model_copy(update={"x": None}),)})
    with pytest.raises(RecordError, match="has no x"):
        compiled.predict_claim(broken, true)


def test_point_configurations_count_the_points(compiled, true) -> None:
    claim = compiled.spec.claim("shared_peaks").model_copy(update={"point_configurations": ("testbed",)})
    with pytest.raises(RecordError, match="1 point configurations for 3 points"):
        compiled.predict_claim(claim, true)


def test_central_values_give_one_row(compiled) -> None:
    central = central_values(compiled.spec)
    assert compiled.predict_claim(compiled.spec.claim("shared_curve"), central).shape == (1, 5)


def test_a_count_read_off_a_plot_is_a_count_again():
    spec = example.spec()
    point = spec.claims[0].points[0].model_copy(update={"x": 3.9998})
    claim = spec.claims[0].model_copy(update={"x": "cores", "points": (point,), "configuration": None})
    assert environment_for(claim, spec, draw_variables(spec, 4, 1))["cores"].tolist() == [[4.0]]


def test_what_the_paper_leaves_unstated_is_not_the_models_fault():
    spec = example.spec()
    open_rate = Configuration(
        id="somewhere", meaning="Load not said", settings=(Setting(variable="rate", kind="unstated"),)
    )
    claim = spec.claim("shared_curve")
    point = claim.points[0].model_copy(update={"x": None})
    lone = claim.model_copy(update={"id": "lone", "x": None, "configuration": "somewhere", "points": (point,)})
    spec = spec.model_copy(update={"claims": (*spec.claims, lone), "configurations": (*spec.configurations, open_rate)})
    assert "does not state rate" in (compile_model(spec, example.model()).why_not(lone) or "")
    assert check_laws(spec, example.model()) == ()


def test_a_bound_reaches_as_far_as_the_draws_of_what_was_learnt() -> None:
    """A variable of 5 to 9 whose draws are 6 to 7 bounds at 5 where only its range is known, at 6 where learnt."""
    value = Interval(low=5, high=9)
    one = Variable(id="a", meaning="", unit="s", value=value, role="hardware", source="prior")
    spec = example.spec().model_copy(update={"variables": (*example.VARIABLES, one)})
    bound = Bound(id="one", mechanism="shared", metric="mean_latency", resource="x", expression="a", unit="s")
    compiled = compile_model(spec, changed(bounds=(bound,)))
    drawn = draw_variables(spec, SAMPLES, seed=1) | {"a": np.linspace(6, 7, SAMPLES)[:, None]}
    claim = spec.claim("shared_curve")
    assert compiled.bound_claim(claim, drawn).values == pytest.approx(np.full(5, 5.0))
    assert compiled.bound_claim(claim, drawn, learnt={"a"}).values == pytest.approx(np.full(5, 6.0))
