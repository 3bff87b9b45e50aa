"""Each law accepts the clean example and catches a breach planted for it."""

import time

import numpy as np
import pytest

from gauntlet.costs import behaviour
from gauntlet.costs.laws import check_laws
from gauntlet.costs.records import Bound, CostModel, Term, Unmodelled, Waiver
from gauntlet.paper.records import Anchor, Cell, Paper, Table
from gauntlet.specs.claims import CellSource, Point
from gauntlet.specs.evidence import Evidence
from gauntlet.specs.mechanism import Waits
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.specs.quantities import Derived, Exact, Variable
from tests.costs import example

SPEC, MODEL = example.spec(), example.model()


def model(**fields: object) -> CostModel:
    return MODEL.model_copy(update=fields)


def with_term(term_id: str, **fields: object) -> CostModel:
    return model(terms=tuple(t.model_copy(update=fields) if t.id == term_id else t for t in MODEL.terms))


def with_output(mechanism: str, metric: str, expression: str) -> CostModel:
    changed = [
        out.model_copy(update={"expression": expression}) if (out.mechanism, out.metric) == (mechanism, metric) else out
        for out in MODEL.outputs
    ]
    return model(outputs=tuple(changed))


def with_variable(spec: PaperSpec, name: str, **fields: object) -> PaperSpec:
    changed = [v.model_copy(update=fields) if v.id == name else v for v in spec.variables]
    return spec.model_copy(update={"variables": tuple(changed)})


def with_claim(spec: PaperSpec, name: str, **fields: object) -> PaperSpec:
    changed = [c.model_copy(update=fields) if c.id == name else c for c in spec.claims]
    return spec.model_copy(update={"claims": tuple(changed)})


def broken(spec: PaperSpec, cost_model: CostModel) -> set[tuple[str, str]]:
    return {(violation.law, violation.where) for violation in check_laws(spec, cost_model)}


@pytest.mark.parametrize("factor", [1.0, 0.3])
def test_the_clean_example_obeys_all_laws_quickly(factor: float) -> None:
    check_laws(example.spec(factor), MODEL)  # imports and caches
    before = time.perf_counter()
    assert check_laws(example.spec(factor), MODEL) == ()
    assert time.perf_counter() - before < 0.5


# well_formed


def test_well_formed_reports_every_broken_expression() -> None:
    terms = tuple(term.model_copy(update={"expression": "a +"}) for term in MODEL.terms[:2])
    assert broken(SPEC, model(terms=(*terms, *MODEL.terms[2:]))) == {
        ("well_formed", "term path_s"),
        ("well_formed", "term work_s"),
    }


def test_well_formed_reports_an_unknown_name() -> None:
    (violation,) = check_laws(SPEC, with_term("taken_s", expression="work_s + hand_off"))
    assert violation.law == "well_formed"
    assert "'handoff'" in violation.message


# first_principles


@pytest.mark.parametrize(
    ("factor", "number"),
    [("1.3", "1.3"), ("(2 + 1)", "3"), ("2 ** 2", "4"), ("sqrt(2)", "1.41"), ("-(2 + 2)", "-4")],
)
def test_first_principles_catches_a_number_in_any_disguise(factor: str, number: str) -> None:
    found = check_laws(SPEC, with_term("taken_s", expression=f"work_s + abs({factor} * handoff)"))
    assert {(violation.law, violation.where) for violation in found} == {("first_principles", "term taken_s")}
    assert f"the number {number}" in found[0].message


def test_first_principles_looks_into_outputs_bounds_and_arguments() -> None:
    bound = Bound(id="odd", mechanism="shared", metric="mean_latency", resource="", expression="service / 3", unit="s")
    text = "mm1(arrival_rate_per_s=rate / cores, service_time_s=work_s, quantile=0.99).mean_wait_s"
    assert ("first_principles", "bound odd") in broken(SPEC, model(bounds=(bound,)))
    assert ("first_principles", "term own_wait_s") in broken(SPEC, with_term("own_wait_s", expression=text))
    planted = with_output("shared", "peak_throughput", "0.85 * cores / taken_s")
    assert ("first_principles", "output peak_throughput of shared") in broken(SPEC, planted)


def test_first_principles_allows_structural_numbers() -> None:
    assert broken(SPEC, with_term("taken_s", expression="0.5 * (2 * work_s + handoff ** 1 + handoff) + 0")) == set()


# no_circularity


def test_deletion_test_catches_a_model_that_reads_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = behaviour.draw_variables

    def peeking(spec: PaperSpec, samples: int, seed: int) -> dict[str, np.ndarray]:
        drawn = honest(spec, samples, seed)
        drawn["handoff"] = drawn["handoff"] * spec.claim("shared_curve").points[0].y
        return drawn

    monkeypatch.setattr(behaviour, "draw_variables", peeking)
    laws = {violation.law for violation in check_laws(SPEC, MODEL)}
    assert "no_circularity" in laws


def test_an_input_that_is_a_claim_is_circular() -> None:
    quotation = "the shared queue needs 0.48 of the time"
    point = SPEC.claim("shared_ratio").points[0]
    source = point.source.model_copy(update={"evidence": Evidence(page=6, quotation=quotation)})
    spec = with_claim(SPEC, "shared_ratio", points=(point.model_copy(update={"source": source, "y": 0.48}),))
    factor = Variable(
        id="gain", meaning="Gain of sharing", unit="", value=Exact(value=0.48), role="tuning", source="paper",
        evidence=(Evidence(page=6, quotation="needs 0.48 of the time"),),
    )  # fmt: skip
    spec = spec.model_copy(update={"variables": (*spec.variables, factor)})
    planted = with_term("any_wait_s", expression=MODEL.terms[4].expression + " * gain")
    assert ("no_circularity", "variable gain") in broken(spec, planted)
    elsewhere = factor.model_copy(update={"evidence": (Evidence(page=2, quotation="needs 0.48 of the time"),)})
    spec = spec.model_copy(update={"variables": (*spec.variables[:-1], elsewhere)})
    assert ("no_circularity", "variable gain") not in broken(spec, planted)


def test_the_same_sentence_may_state_a_parameter() -> None:
    evidence = SPEC.claim("shared_ratio").evidence
    assert broken(with_variable(SPEC, "service", evidence=evidence), MODEL) == set()


def test_an_input_from_a_claimed_table_cell_is_circular() -> None:
    anchor = Anchor(page=6, box=(100, 100, 140, 112))
    cell = Cell(row=1, column=1, text="187", anchor=anchor)
    table = Table(id="table-1", label="Table 1", caption="", anchor=anchor, header_rows=1, cells=(cell,))
    paper = Paper(
        sha256="0" * 64, title="", page_count=6, pages=(), blocks=(), tables=(table,), figures=(), hidden=(), notes=()
    )
    point = Point(x=None, y=187, reading_error=0.01, source=CellSource(table="table-1", row=1, column=1))
    spec = with_claim(SPEC, "shared_peaks", points=(point,), point_configurations=("two_cores",))
    rate = Variable(
        id="measured", meaning="Peak", unit="krps", value=Exact(value=187), role="tuning", source="paper",
        evidence=(Evidence(page=6, quotation="187", boxes=((101, 101, 120, 110),)),),
    )  # fmt: skip
    spec = spec.model_copy(update={"variables": (*spec.variables, rate)})
    planted = with_output("shared", "peak_throughput", "max(measured, cores / taken_s)")
    found = {(violation.law, violation.where) for violation in check_laws(spec, planted, paper=paper)}
    assert ("no_circularity", "variable measured") in found
    off = rate.model_copy(update={"evidence": (Evidence(page=6, quotation="187", boxes=((300, 300, 320, 310),)),)})
    spec = spec.model_copy(update={"variables": (*spec.variables[:-1], off)})
    assert "no_circularity" not in {violation.law for violation in check_laws(spec, planted, paper=paper)}


def test_a_constant_measured_on_the_proposal_may_not_enter() -> None:
    # The steal rate of ZygOS, figure 8: measured on the proposal, so using it makes the verdict circular.
    measured = with_variable(SPEC, "handoff", may_condition=False, source="paper")
    assert broken(measured, MODEL) == {("no_circularity", "variable handoff")}
    assert broken(with_variable(SPEC, "handoff", may_condition=False, source="prior"), MODEL) == set()


# units_agree


def test_units_are_part_of_the_laws() -> None:
    assert broken(SPEC, with_term("path_s", unit="B")) >= {("units_agree", "term path_s")}


# steps_covered


def test_a_step_without_term_or_waiver_is_named() -> None:
    found = check_laws(SPEC, model(waivers=()))
    assert [(violation.law, violation.where) for violation in found] == [("steps_covered", "mechanism shared")]
    assert "'s_log'" in found[0].message


def test_a_term_that_no_output_uses_explains_nothing() -> None:
    idle = Term(id="idle_s", mechanism="shared", meaning="", expression="handoff", unit="s", steps=("s_log",))
    found = check_laws(SPEC, model(terms=(*MODEL.terms, idle), waivers=()))
    assert [violation.law for violation in found] == ["steps_covered"]
    assert "idle_s" in found[0].message


def test_unknown_steps_and_empty_reasons_are_refused() -> None:
    waivers = (Waiver(step="s_log", reason="tiny"), Waiver(step="s_lock", reason="Costs nothing that matters."))
    assert broken(SPEC, model(waivers=waivers)) == {
        ("steps_covered", "waiver of s_log"),
        ("steps_covered", "waiver of s_lock"),
    }
    assert broken(SPEC, with_term("taken_s", steps=("s_take", "s_leap"))) == {("steps_covered", "term taken_s")}


# not_lazy


def test_a_roofline_in_disguise_is_lazy() -> None:
    planted = with_term("any_wait_s", expression="handoff")
    assert broken(SPEC, planted) == {("not_lazy", "mechanism shared")}


def test_a_feeble_answer_to_load_is_lazy_too() -> None:
    # (handoff rate)^2 is at most 2 % of a hand-off, which is itself 1 % of the latency.
    planted = with_term("any_wait_s", expression="handoff * (1 + (handoff * rate) ** 2)")
    assert broken(SPEC, planted) == {("not_lazy", "mechanism shared")}


def test_a_quorum_must_answer_to_its_size() -> None:
    """No load on any axis: a mechanism that waits for k of n answers to the counts instead."""
    waits = Waits(what="votes", k="quorum", of="replicas")
    steps = tuple(
        step.model_copy(update={"waits": waits}) if step.id == "s_wait" else step for step in SPEC.mechanisms[1].steps
    )
    proposal = SPEC.mechanisms[1].model_copy(update={"steps": steps})
    counts = tuple(
        Variable(id=name, meaning=name, unit="", value=Exact(value=value), role="protocol", source="paper", whole=True)
        for name, value in (("quorum", 2), ("replicas", 3))
    )
    claim = SPEC.claim("shared_curve")
    claim = claim.model_copy(update={"x": None, "configuration": "heavy_load", "points": claim.points[:1]})
    spec = SPEC.model_copy(
        update={
            "mechanisms": (SPEC.mechanisms[0], proposal),
            "variables": tuple(v.model_copy(update={"role": "hardware", "whole": False}) for v in SPEC.variables)
            + counts,
            "claims": (SPEC.claims[0], claim),
        }
    )
    votes = "order_statistic(latency=exponential(mean_s=network), k=quorum, n=replicas).mean_s"
    assert broken(spec, with_term("any_wait_s", expression=votes)) == set()
    assert broken(spec, with_term("any_wait_s", expression="network")) == {("not_lazy", "mechanism shared")}


def test_a_model_equal_to_its_bound_is_lazy() -> None:
    output = MODEL.outputs[2]
    same = Bound(
        id="same", mechanism="shared", metric=output.metric, resource="", expression=output.expression, unit="s"
    )
    assert broken(SPEC, model(bounds=(same,))) == {("not_lazy", "mechanism shared")}


def test_a_mechanism_that_never_waits_may_ignore_load() -> None:
    steps = tuple(step.model_copy(update={"waits": None}) for step in SPEC.mechanisms[1].steps)
    spec = SPEC.model_copy(
        update={
            "mechanisms": (SPEC.mechanisms[0], SPEC.mechanisms[1].model_copy(update={"steps": steps})),
            "workloads": tuple(w.model_copy(update={"loop": "batch"}) for w in SPEC.workloads),
        }
    )
    assert broken(spec, with_term("any_wait_s", expression="handoff")) == set()


# both_modelled


def test_a_claim_of_the_proposal_without_output_is_named() -> None:
    planted = model(outputs=tuple(o for o in MODEL.outputs if (o.mechanism, o.metric) != ("shared", "peak_throughput")))
    assert broken(SPEC, planted) == {("both_modelled", "proposed mechanism shared")}
    excuse = Unmodelled(mechanism="shared", metric="peak_throughput", reason="the steps do not determine it")
    assert broken(SPEC, planted.model_copy(update={"unmodelled": (excuse,)})) == set()
    empty = excuse.model_copy(update={"reason": "no"})
    assert broken(SPEC, planted.model_copy(update={"unmodelled": (empty,)})) != set()


def test_not_everything_can_be_excused() -> None:
    metrics = {out.metric for out in MODEL.outputs if out.mechanism == "shared"}
    excuses = tuple(Unmodelled(mechanism="shared", metric=metric, reason="too hard to say") for metric in metrics)
    planted = model(outputs=tuple(out for out in MODEL.outputs if out.mechanism != "shared"))
    assert ("both_modelled", "proposed mechanisms") in broken(SPEC, planted.model_copy(update={"unmodelled": excuses}))


def test_the_baseline_must_be_modelled_too() -> None:
    planted = model(outputs=tuple(out for out in MODEL.outputs if out.mechanism == "shared"))
    assert broken(SPEC, planted) == {
        ("both_modelled", "baseline mechanisms"),
        ("both_modelled", "claim shared_ratio"),
    }
    one_of_two = model(
        outputs=tuple(o for o in MODEL.outputs if (o.mechanism, o.metric) != ("partitioned", "peak_throughput"))
    )
    assert broken(SPEC, one_of_two) == set()


# not_faster_than_bound


def test_no_prediction_beats_its_bound() -> None:
    slow = Bound(id="slow", mechanism="shared", metric="mean_latency", resource="", expression="2 * path_s", unit="s")
    tight = Bound(
        id="tight", mechanism="shared", metric="peak_throughput", resource="", expression="1 / service", unit="1/s"
    )
    found = check_laws(SPEC, model(bounds=(*MODEL.bounds, slow, tight)))
    assert {violation.law for violation in found} == {"not_faster_than_bound"}
    assert {name for violation in found for name in ("slow", "tight") if f"bound {name}" in violation.message} == {
        "slow",
        "tight",
    }


# finite_nonnegative


@pytest.mark.parametrize(
    ("mechanism", "metric", "expression", "words"),
    [
        ("shared", "mean_latency", "path_s + any_wait_s - 2 * path_s", "negative"),
        ("shared", "mean_latency", "path_s + any_wait_s + (path_s - path_s) / (path_s - path_s) * path_s", "no number"),
        ("shared", "peak_throughput", "cores / (taken_s - taken_s)", "infinite"),
        ("shared", "mean_latency", "path_s / 0 + any_wait_s", "every sample is infinite"),
        ("shared", "mean_latency", "path_s + mm1(arrival_rate_per_s=-rate, service_time_s=taken_s).mean_wait_s", "mm1"),
    ],
)
def test_predictions_are_costs(mechanism: str, metric: str, expression: str, words: str) -> None:
    found = [v for v in check_laws(SPEC, with_output(mechanism, metric, expression)) if v.law == "finite_nonnegative"]
    assert found
    assert words in found[0].message


def test_saturation_of_some_samples_is_lawful() -> None:
    # A load of 390 krps is beyond 4 cores / 10.7 us = 374 krps for most samples.
    claim = SPEC.claim("shared_curve")
    point = claim.points[-1].model_copy(update={"x": 390.0})
    assert broken(with_claim(SPEC, "shared_curve", points=(*claim.points, point)), MODEL) == set()


def test_variables_that_follow_from_themselves_are_reported() -> None:
    spec = with_variable(SPEC, "handoff", value=Derived(expression="handoff + service"))
    (violation,) = check_laws(spec, MODEL)
    assert "handoff -> handoff" in violation.message


def test_violations_read_as_sentences() -> None:
    (violation,) = check_laws(SPEC, model(waivers=()))
    assert str(violation).startswith("steps_covered: mechanism shared: step 's_log'")


def test_same_seed_same_violations() -> None:
    planted = with_output("shared", "mean_latency", "path_s + any_wait_s - 2 * path_s")
    assert check_laws(SPEC, planted, seed=7) == check_laws(SPEC, planted, seed=7)
