"""The cost-model loop: laws first, then two reviewers together."""

import json

import pytest

from gauntlet.agents import show
from gauntlet.agents.exchanges import Exchanges
from gauntlet.agents.recorded import StepNotRecorded
from gauntlet.costs.author import author_cost_model, build_cost_model
from gauntlet.costs.compiled import compile_model
from gauntlet.costs.samples import sample_outputs
from gauntlet.costs.wire import WireCostModel
from gauntlet.specs.evidence import Evidence, Origin
from gauntlet.specs.paper_spec import Configuration, Contradiction
from tests.agents import small_paper
from tests.agents.scripted import said
from tests.costs import example

APPROVE = json.dumps({"approved": True, "problems": []})
REJECT = json.dumps({"approved": False, "problems": [{"where": "queue_s", "problem": "wrong queue", "fix": "mmc"}]})


class StepModel:
    """Answers by step, so that reviews asked together may come in any order. Each step has its own list."""

    sees_images = False
    resume_key = None

    def __init__(self, **answers):
        self.answers = {step: list(given) for step, given in answers.items()}
        self.asked = []

    def ask(self, request):
        self.asked.append(request)
        answer = self.answers[request.step].pop(0)
        if isinstance(answer, Exception):
            raise answer
        return said(answer, request)

    def steps(self):
        return sorted((request.step, request.round) for request in self.asked)


def wire(**changes):
    kept = {"terms", "outputs", "bounds", "waivers", "unmodelled", "assumptions"}
    return WireCostModel.model_validate(example.model().model_dump(mode="json", include=kept) | changes)


def text(**changes):
    return wire(**changes).model_dump_json()


def lazy():
    """A model without queues: every output is a constant."""
    dumped = wire().model_dump()
    for output in dumped["outputs"]:
        output["expression"] = "service" if output["unit"] == "s" else "cores / service"
    return json.dumps(dumped)


def nothing(**changes):
    """A repair that changes nothing but the parts given."""
    lists = ("terms", "outputs", "bounds", "waivers", "unmodelled", "removed", "spec_problems")
    return json.dumps({name: [] for name in lists} | {"assumptions": None} | changes)


FAULT = {"where": "service", "problem": "it lacks the flush that step s2 states"}


@pytest.fixture
def author(tmp_path):
    def run(model, spec=None):
        return author_cost_model(small_paper.paper(), spec or example.spec(), model, Exchanges(tmp_path))[1]

    return run


def test_a_lawful_model_is_approved_by_two_reviewers(author):
    model = StepModel(cost_model=[text()], cost_review_functional=[APPROVE], cost_review_directive=[APPROVE])
    made = author(model)
    assert (made.approval.status, made.approval.verifications) == ("approved", 1)
    assert made.outputs == example.model().outputs
    assert model.steps() == [("cost_model", 1), ("cost_review_directive", 1), ("cost_review_functional", 1)]


def test_one_rejecting_reviewer_is_enough(author):
    model = StepModel(
        cost_model=[text()], cost_repair=[text()],
        cost_review_functional=[APPROVE, APPROVE], cost_review_directive=[REJECT, APPROVE],
    )  # fmt: skip
    made = author(model)
    assert (made.approval.status, made.approval.verifications) == ("approved", 2)
    repair = next(request for request in model.asked if request.step == "cost_repair")
    assert "wrong queue Fix: mmc" in repair.user


def test_gf05_three_rejections_stay_visible_as_unapproved(author):
    model = StepModel(
        cost_model=[text()], cost_repair=[text(), text()],
        cost_review_functional=[REJECT] * 3, cost_review_directive=[APPROVE] * 3,
    )  # fmt: skip
    made = author(model)
    assert (made.approval.status, made.approval.verifications) == ("unapproved", 3)
    assert "wrong queue" in made.approval.remarks[0]


def test_gf02_a_model_is_run_before_anybody_reviews_it(author):
    broken = wire().model_dump()
    broken["outputs"][0]["expression"] = "no_such_term"
    model = StepModel(
        cost_model=[json.dumps(broken)], cost_repair=[text()],
        cost_review_functional=[APPROVE], cost_review_directive=[APPROVE],
    )  # fmt: skip
    made = author(model)
    assert (made.approval.status, made.approval.verifications) == ("approved", 1)
    assert model.steps()[0:2] == [("cost_model", 1), ("cost_repair", 1)]
    assert "well_formed" in next(request for request in model.asked if request.step == "cost_repair").user


def test_gf16_a_model_without_waiting_is_sent_back_by_the_laws(author):
    model = StepModel(cost_model=[lazy()], cost_repair=[lazy()] * 4)
    made = author(model)
    assert (made.approval.status, made.approval.verifications) == ("unapproved", 3)
    assert "not_lazy" in " ".join(made.approval.remarks)
    assert not any(request.step.startswith("cost_review") for request in model.asked)


def test_a_model_that_never_compiles_is_kept_as_refused_parts(author):
    broken = wire().model_dump()
    broken["outputs"][0]["expression"] = "__import__('os')"
    model = StepModel(cost_model=[json.dumps(broken)], cost_repair=[json.dumps(broken)] * 4)
    made = author(model)
    assert made.approval.status == "unapproved"
    assert made.terms == ()
    assert any("__import__" in refused.what for refused in made.refused)
    compile_model(example.spec(), made)


def test_parts_with_impossible_names_are_refused_with_the_reason():
    bad = wire().model_dump()
    bad["terms"][0]["id"] = "../../etc"
    made = build_cost_model(WireCostModel.model_validate(bad), Origin(kind="live"))
    assert len(made.terms) == len(bad["terms"]) - 1
    assert made.refused[0].what == "term ../../etc"


def test_the_author_is_not_shown_what_was_claimed(author):
    model = StepModel(cost_model=[text()], cost_review_functional=[APPROVE], cost_review_directive=[APPROVE])
    spec = example.spec()
    author(model, spec)
    shown = model.asked[0].user
    claimed = {point.y for claim in spec.claims for point in claim.points}
    assert len(claimed) > 5
    assert not [value for value in claimed if f"{value}" in shown and len(f"{value}") > 5]
    statements = {claim.statement for claim in spec.claims}
    assert not [statement for statement in statements if statement in shown]


def test_the_author_is_not_shown_results_that_stand_elsewhere_in_the_specification():
    spec = example.spec()
    quoted = (Evidence(page=1, quotation="262 thousand commands with 256 clients"),) * 2
    silences = ("which point the headline of up to 28x refers to", "whether batches are kept on the device")
    fight = Contradiction(id="rate", about="the rate", readings=("262,000 ops/s", "255 thousand"), evidence=quoted)
    steps = fight.model_copy(update={"readings": ("an acknowledgement per entry", "one per group")})
    setting = Configuration(id="many", meaning="many clients", settings=(), evidence=quoted)
    spec = spec.model_copy(
        update={"unstated": silences, "contradictions": (fight, steps), "configurations": (setting,)}
    )
    shown = show.without_results(spec)
    assert not [part for part in ("262", "255", "28x") if part in shown]
    for part in (
        "headline of up to [number] refers",
        "[number] ops/s",
        "whether batches are kept",
        "one per group",
        "many clients",
        spec.variables[0].id,
        spec.metrics[0].id,
    ):
        assert part in shown


def test_gf10_both_reviewers_see_paper_specification_and_model(author):
    model = StepModel(cost_model=[text()], cost_review_functional=[APPROVE], cost_review_directive=[APPROVE])
    author(model)
    for request in model.asked:
        if request.step.startswith("cost_review"):
            for part in (small_paper.SENTENCES[1], '"mechanisms":[', wire().outputs[0].expression):
                assert part in request.user


def test_a_review_that_is_not_recorded_leaves_the_model_unapproved(author):
    model = StepModel(
        cost_model=[text()], cost_review_functional=[StepNotRecorded("not recorded")], cost_review_directive=[APPROVE]
    )
    assert author(model).approval.status == "unapproved"


def test_a_repair_gives_only_what_changes(author):
    term = wire().terms[0].model_dump() | {"meaning": "said better"}
    model = StepModel(
        cost_model=[text()], cost_repair=[nothing(terms=[term], assumptions=["service is exponential"])],
        cost_review_functional=[REJECT, APPROVE], cost_review_directive=[APPROVE, APPROVE],
    )  # fmt: skip
    made = author(model)
    assert made.terms[0].meaning == "said better"
    assert made.terms[1:] == example.model().terms[1:]
    assert (made.outputs, made.bounds) == (example.model().outputs, example.model().bounds)
    assert made.assumptions == ("service is exponential",)


def mending(tmp_path, model, answer):
    """The author with a `mend` that gives `answer` and remembers what it was asked."""
    asked = []

    def mend(remarks):
        asked.append(remarks)
        return answer

    made = author_cost_model(small_paper.paper(), example.spec(), model, Exchanges(tmp_path), None, mend)
    return made, asked


def test_faults_of_the_specification_go_to_its_author_once(tmp_path):
    mended = example.spec().model_copy(update={"title": "mended"})
    model = StepModel(
        cost_model=[text(spec_problems=[FAULT])], cost_repair=[nothing(spec_problems=[FAULT])],
        cost_review_functional=[APPROVE], cost_review_directive=[APPROVE],
    )  # fmt: skip
    (spec, made), asked = mending(tmp_path, model, (mended, ()))
    assert asked == [("service: it lacks the flush that step s2 states",)]
    assert spec.title == "mended"
    assert ("cost_repair", 5) in model.steps()
    repair = next(request for request in model.asked if request.step == "cost_repair")
    assert "mended where you objected" in repair.user
    assert made.approval.status == "approved"
    assert "not mended in service: it lacks the flush" in made.assumptions[-1]


def test_a_specification_that_stays_says_why(tmp_path):
    model = StepModel(
        cost_model=[text(spec_problems=[FAULT])], cost_repair=[nothing()],
        cost_review_functional=[APPROVE], cost_review_directive=[APPROVE],
    )  # fmt: skip
    (spec, _), _ = mending(tmp_path, model, (example.spec(), ("the paper does not say it",)))
    assert spec == example.spec()
    repair = next(request for request in model.asked if request.step == "cost_repair")
    assert "stays as it is, so leave out what it does not carry: the paper does not say it" in repair.user


def test_a_fault_that_shows_in_a_repair_is_heard_too(tmp_path):
    model = StepModel(
        cost_model=[lazy()], cost_repair=[nothing(spec_problems=[FAULT]), text()],
        cost_review_functional=[APPROVE], cost_review_directive=[APPROVE],
    )  # fmt: skip
    (_, made), asked = mending(tmp_path, model, (example.spec(), ()))
    assert len(asked) == 1
    assert made.approval.status == "approved"
    assert [step for step in model.steps() if step[0] == "cost_repair"] == [("cost_repair", 1), ("cost_repair", 5)]


def test_both_reviewers_see_what_the_model_gives(author):
    model = StepModel(cost_model=[text()], cost_review_functional=[APPROVE], cost_review_directive=[APPROVE])
    author(model)
    for request in model.asked:
        if request.step.startswith("cost_review"):
            assert sample_outputs(example.spec(), example.model()) in request.user


def test_a_reviewer_cannot_tell_the_author_a_result(author):
    claimed = max(point.y for claim in example.spec().claims for point in claim.points)
    leak = f"the output is too low: the paper reports {claimed:.5g} there, and 4 cores"
    review = json.dumps({"approved": False, "problems": [{"where": "queue_s", "problem": leak, "fix": "mmc"}]})
    model = StepModel(
        cost_model=[text()], cost_repair=[nothing()],
        cost_review_functional=[review, APPROVE], cost_review_directive=[APPROVE, APPROVE],
    )  # fmt: skip
    author(model)
    repair = next(request for request in model.asked if request.step == "cost_repair")
    assert "the paper reports [a reported result] there, and 4 cores" in repair.user


def test_a_draft_is_kept_where_the_repair_after_mending_cannot_be_had(tmp_path):
    model = StepModel(
        cost_model=[text(spec_problems=[FAULT])], cost_repair=[StepNotRecorded("not recorded")],
        cost_review_functional=[APPROVE], cost_review_directive=[APPROVE],
    )  # fmt: skip
    (_, made), _ = mending(tmp_path, model, (example.spec(), ()))
    assert made.outputs == example.model().outputs
    assert made.approval.status == "approved"
