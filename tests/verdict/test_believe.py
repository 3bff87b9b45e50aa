"""What one would have to believe, where the answer has a closed form."""

import math
from dataclasses import replace

import numpy as np
import pytest

from gauntlet.costs.compiled import compile_model
from gauntlet.costs.records import CostModel, Output, Term
from gauntlet.specs.quantities import Distribution, Interval
from gauntlet.verdict.believe import _FACTORS, _each_along, joint_belief, single_beliefs, term_beliefs
from gauntlet.verdict.decide import decide
from gauntlet.verdict.predict import predict
from gauntlet.verdict.prediction import NOTHING_LEARNT, Learnt, Lesson
from tests.costs import example
from tests.verdict.cases import judged, scaled, tight, with_claims

SIGMA = {"handoff": math.log(2.0) / 1.6449, "network": math.log(1.5) / 1.6449}


def lognormals():
    """The claim of a latency of handoff * network / service, both lognormal: medians 200 ns and 15 us."""
    spec = tight(example.spec())
    laws = {
        "handoff": Distribution(family="lognormal", low=100.0, typical=200.0, high=400.0),
        "network": Distribution(family="lognormal", low=10.0, typical=15.0, high=22.5),
    }
    variables = tuple(v.model_copy(update={"value": laws.get(v.id, v.value)}) for v in spec.variables)
    spec = spec.model_copy(update={"variables": variables})
    return with_claims(spec, spec.claim("shared_curve"))


def compiled(spec, expression: str = "handoff * network / service", terms: tuple[Term, ...] = ()):
    output = Output(mechanism="shared", metric="mean_latency", expression=expression, unit="s")
    model: CostModel = example.model().model_copy(update={"terms": terms, "outputs": (output,), "bounds": ()})
    return compile_model(spec, model)


def test_single_values_close_the_gap_of_a_product():
    """Predicted 0.3 us at the medians; 0.1 us needs a third of either, log 3 / sigma standard deviations down."""
    spec = lognormals()
    found = {one.variable: one for one in single_beliefs(compiled(spec), spec.claims[0], 0, 0.1, NOTHING_LEARNT)}
    assert found["handoff"].needed == pytest.approx(200 / 3, rel=1e-3)
    assert found["network"].needed == pytest.approx(15 / 3, rel=1e-3)
    for name, sigma in SIGMA.items():
        assert found[name].scores == pytest.approx(-math.log(3) / sigma, rel=0.02)
        assert found[name].possible
    assert found["service"].needed == pytest.approx(30.0, rel=1e-3)  # stated exactly, so nothing may move it
    assert not found["service"].possible


@pytest.mark.parametrize(
    ("claimed", "believed"),
    [(2.2, 5), (4.4, 2), (12.0, None)],  # 10 us over four cores now: 4.5 of them, 2.3, and less than one
)
def test_what_counts_whole_things_takes_the_next_whole_value(claimed, believed):
    spec = lognormals()
    anywhere = spec.claims[0].model_copy(update={"configuration": None})  # which would state the cores
    found = single_beliefs(compiled(spec, "service / cores"), anywhere, 0, claimed, NOTHING_LEARNT)
    cores = {one.variable: one.needed for one in found}.get("cores")
    assert cores == (None if believed is None else pytest.approx(believed))


def test_the_joint_move_of_a_product_is_shared_by_variance():
    """Nearest point to the origin on s1 z1 + s2 z2 = -log 3: z_i = -log 3 s_i / (s1^2 + s2^2)."""
    spec = lognormals()
    found = joint_belief(compiled(spec), spec.claims[0], 0, 0.1, NOTHING_LEARNT)
    total = math.hypot(*SIGMA.values())
    assert found.distance == pytest.approx(math.log(3) / total, rel=0.01)
    for move in found.moves:
        assert move.scores == pytest.approx(-math.log(3) * SIGMA[move.variable] / total**2, rel=0.02)
    assert [move.variable for move in found.moves] == ["handoff", "network"]


def test_a_joint_move_that_does_not_exist_is_none():
    """A uniform range of 100 to 400 ns never gives 1 ns."""
    spec = lognormals()
    variables = tuple(
        v.model_copy(update={"value": Interval(low=100.0, high=400.0)}) if v.id == "handoff" else v
        for v in tight(spec).variables
    )
    spec = spec.model_copy(update={"variables": variables})
    assert joint_belief(compiled(spec, "handoff"), spec.claims[0], 0, 0.001, NOTHING_LEARNT) is None


def test_terms_say_how_far_they_would_have_to_shrink():
    """20 us of path and 10 us of work; 25 us needs a path of 15 us or a work of 5 us; 8 us needs more than one term."""
    spec = with_claims(tight(example.spec()), example.spec().claim("shared_curve"))
    terms = (
        Term(id="path_s", mechanism="shared", meaning="path", expression="2 * service", unit="s", steps=("s_run",)),
        Term(id="work_s", mechanism="shared", meaning="work", expression="service", unit="s", steps=("s_run",)),
    )
    model = compiled(spec, "path_s + work_s", terms)
    found = term_beliefs(model, spec.claims[0], 0, 25.0, NOTHING_LEARNT)
    assert found == pytest.approx({"path_s": 0.75, "work_s": 0.5}, rel=1e-3)
    assert term_beliefs(model, spec.claims[0], 0, 8.0, NOTHING_LEARNT) == {"path_s": None, "work_s": None}


def test_what_was_learnt_is_where_the_search_starts():
    spec = lognormals()
    lesson = Lesson(learnt=(Learnt("network", (10.0, 15.0, 22.5), (29.0, 30.0, 31.0), moves=True),))
    found = {one.variable: one for one in single_beliefs(compiled(spec), spec.claims[0], 0, 0.1, lesson)}
    assert found["handoff"].needed == pytest.approx(200 / 6, rel=1e-3)
    assert found["network"].factor == pytest.approx(1 / 6, rel=1e-3)


def test_what_the_baselines_taught_is_what_a_belief_is_held_against():
    """15 us in the prior, 30 us (29 to 31) learnt: 5 us is 2.3 or 54 standard deviations away, and excluded."""
    spec, network = lognormals(), Learnt("network", (10.0, 15.0, 22.5), (29.0, 30.0, 31.0), moves=True)
    for taught, possible in ((network, False), (network._replace(moves=False), True)):
        lesson = Lesson(learnt=(taught,))
        found = {one.variable: one for one in single_beliefs(compiled(spec), spec.claims[0], 0, 0.1, lesson)}
        assert found["network"].possible is possible
        assert found["network"].needed == pytest.approx(5.0, rel=0.01)
        assert (found["network"].learnt is None) is possible
    joint = joint_belief(compiled(spec), spec.claims[0], 0, 0.1, Lesson(learnt=(network,)))
    assert [move.variable for move in joint.moves] == ["handoff"]  # a stiff constant moves hardly


def test_only_flagged_claims_bring_beliefs():
    spec = example.spec()
    assert judged(spec, "shared_curve").beliefs == ()
    fast = with_claims(spec, scaled(spec.claim("shared_curve"), [0.6] * 5))
    found = judged(fast, "shared_curve")
    assert found.label == "MAGIC_GAP"
    assert found.beliefs
    assert {one.term for one in found.term_beliefs} >= {"path_s"}
    assert np.isfinite(found.joint_belief.distance)


def test_what_is_believed_counts_from_an_implementation_as_slow_as_its_kin():
    """A tenth of the time, from a predicted 0.3 us: a third of the hand-off, 1.25 times less if kin take 1.25 times."""
    spec = lognormals()
    fast = with_claims(spec, scaled(spec.claims[0], [0.1 / point.y for point in spec.claims[0].points]))
    model = compiled(fast).model
    prediction = predict(fast, model, 400, seed=7)
    own = prediction.claims["shared_curve"]
    found = {}
    for slowed in (1.0, 1.25):
        paced = replace(prediction, claims={"shared_curve": replace(own, slowed=slowed, raw=own.raw * slowed)})
        beliefs = decide(fast, model, paced).claims[0].beliefs
        found[slowed] = next(one.needed for one in beliefs if one.variable == "handoff")
    assert found[1.0] == pytest.approx(200 / 3, rel=1e-3)
    assert found[1.25] == pytest.approx(200 / 3 / 1.25, rel=1e-3)


@pytest.mark.parametrize("most", [np.inf, 5.0])
def test_variables_are_asked_at_once_or_one_after_the_other_where_a_formula_refuses(most):
    middle = {"one": np.array([[2.0]]), "other": np.array([[3.0]])}
    values = {name: value * _FACTORS[:, None] for name, value in middle.items()}
    asked = []

    def moved(changed):
        asked.append(len(changed))
        at = {**middle, **changed}
        refused = np.max(at["other"]) > most  # a domain that one of them leaves makes all of a call fail
        return (at["one"] + 10 * at["other"] + (np.nan if refused else 0.0))[:, 0]

    found = _each_along(moved, values, middle)
    assert asked == ([2] if most == np.inf else [2, 1, 1])
    np.testing.assert_array_equal(found["one"], values["one"][:, 0] + 30.0)
    if most == np.inf:
        np.testing.assert_array_equal(found["other"], 2.0 + 10 * values["other"][:, 0])
    else:
        assert np.isnan(found["other"]).all()
