"""The specification loop: programs first, then a reviewer, within a fixed budget."""

import json

import pytest

from gauntlet.agents.chat import Answer
from gauntlet.agents.exchanges import Exchanges
from gauntlet.agents.generate import SpecAuthor, figure_images
from gauntlet.agents.handoff import HandoffModel
from gauntlet.agents.recorded import StepNotRecorded
from gauntlet.errors import AnswerPending, AnswerRefused, ModelUnavailable
from gauntlet.hardware.registry import Registry
from gauntlet.paper.records import Anchor, Figure
from tests.agents import small_paper
from tests.agents.scripted import ScriptedModel, said

APPROVE = json.dumps({"approved": True, "problems": []})
REJECT = json.dumps({"approved": False, "problems": [{"where": "l1", "problem": "no wait", "fix": "add waits"}]})


@pytest.fixture(scope="module")
def registry():
    return Registry.load()


@pytest.fixture
def generate(tmp_path, registry):
    def run(answers):
        model = ScriptedModel(answers)
        spec = SpecAuthor(small_paper.paper(), model, registry, Exchanges(tmp_path)).write()
        return spec, [(request.step, request.round) for request in model.asked], model

    return run


def test_a_sound_answer_is_approved_after_one_review(generate):
    spec, asked, _ = generate([small_paper.text(), APPROVE])
    assert asked == [("spec", 1), ("spec_review", 1)]
    assert (spec.approval.status, spec.approval.verifications) == ("approved", 1)
    assert [point.y for claim in spec.claims for point in claim.points] == [480, 1900]
    assert spec.refused == ()
    assert spec.origin.kind == "live"


def test_reject_reject_approve_is_three_verifications_and_two_repairs(generate):
    good, same = small_paper.text(), small_paper.patch()
    spec, asked, model = generate([good, REJECT, same, REJECT, same, APPROVE])
    assert asked == [
        ("spec", 1), ("spec_review", 1), ("spec_repair", 1), ("spec_review", 2), ("spec_repair", 2), ("spec_review", 3),
    ]  # fmt: skip
    assert (spec.approval.status, spec.approval.verifications) == ("approved", 3)
    assert "no wait Fix: add waits" in model.asked[2].user


def test_gf05_three_rejections_stay_visible_as_unapproved(generate):
    good, same = small_paper.text(), small_paper.patch()
    spec, asked, _ = generate([good, REJECT, same, REJECT, same, REJECT])
    assert len(asked) == 6
    assert (spec.approval.status, spec.approval.verifications) == ("unapproved", 3)
    assert "no wait" in spec.approval.remarks[0]
    assert spec.claims


@pytest.mark.parametrize(
    ("review", "approved"),
    [
        ({"approved": True, "problems": []}, True),
        ({"approved": True, "problems": [{"where": "l1", "problem": "major revision", "fix": "x"}]}, False),
        ({"approved": False, "problems": []}, False),
    ],
    ids=["approved", "approved with revisions", "rejected without a word"],
)
def test_gf01_approval_is_a_field_and_counts_only_without_objections(generate, review, approved):
    good, same = small_paper.text(), small_paper.patch()
    answers = [good, json.dumps(review)] + [same, json.dumps(review)] * 2
    spec, asked, _ = generate(answers)
    assert (spec.approval.status == "approved") is approved
    assert len(asked) == (2 if approved else 6)


def test_gf01_a_status_in_prose_is_no_review(generate):
    good = small_paper.text()
    spec, _, _ = generate([good, "**Status:** PASS", "APPROVED WITH MAJOR REVISIONS"])
    assert spec.approval.status == "unapproved"
    assert "Ended early" in spec.approval.remarks[-1]


def test_what_programs_find_fatal_goes_back_without_a_review(generate):
    wrong = small_paper.answer()
    wrong["claims"][1]["mechanism"] = "cell"
    mended = small_paper.patch(claims=[small_paper.answer()["claims"][1]])
    spec, asked, model = generate([json.dumps(wrong), mended, APPROVE])
    assert asked == [("spec", 1), ("spec_repair", 1), ("spec_review", 1)]
    assert "'cell' is not among the mechanisms" in model.asked[1].user
    assert (spec.approval.status, spec.approval.verifications) == ("approved", 1)


def test_a_repair_gives_only_what_changes(generate):
    step = small_paper.step("l1", "waits for the lock and adds", "lock")
    mended = small_paper.patch(steps=[{"mechanism": "locked", "step": step}], title="Cells, again")
    spec, _, _ = generate([small_paper.text(), REJECT, mended, APPROVE])
    assert spec.mechanisms[0].steps[0].action == "waits for the lock and adds"
    assert spec.title == "Cells, again"
    assert [claim.id for claim in spec.claims] == ["locked_rate", "cells_rate"]
    assert (spec.approval.status, spec.refused) == ("approved", ())


def test_a_change_without_a_place_is_noted_or_goes_back(generate):
    phantom = small_paper.patch(removed=[{"kind": "variable", "id": "speed"}])
    _, asked, model = generate([small_paper.text(), REJECT, phantom, APPROVE])
    assert asked[-1] == ("spec_review", 2)
    assert "removed variable speed: there was no such variable" in model.asked[-1].user

    lost = small_paper.patch(steps=[{"mechanism": "lock", "step": small_paper.step("l1", "adds", "lock")}])
    _, asked, model = generate([small_paper.text(), REJECT, lost, small_paper.patch(), APPROVE])
    assert asked[-2:] == [("spec_repair", 2), ("spec_review", 2)]
    assert "'lock' is not among the mechanisms" in model.asked[-2].user


def test_a_number_that_is_not_printed_is_shown_to_the_reviewer(generate):
    wrong = small_paper.answer()
    wrong["variables"][0]["value"]["value"] = 3
    spec, asked, model = generate([json.dumps(wrong), APPROVE])
    assert asked[1] == ("spec_review", 1)
    assert "kept as 'assumed'" in model.asked[1].user
    assert spec.variable("hold").source == "assumed"


def test_a_broken_expression_goes_back(generate):
    wrong = small_paper.answer()
    derived = dict.fromkeys(("value", "low", "typical", "high")) | {"kind": "derived", "values": []}
    wrong["variables"][1]["value"] = derived | {"expression": "hold * speed"}
    mended = small_paper.patch(variables=[small_paper.answer()["variables"][1]])
    _, asked, model = generate([json.dumps(wrong), mended, APPROVE])
    assert asked[1] == ("spec_repair", 1)
    assert "'speed' is no variable" in model.asked[1].user


def test_a_claim_that_never_holds_is_left_out_and_the_rest_reviewed(generate):
    wrong = small_paper.answer()
    wrong["claims"][1]["points"]["text_points"][0]["quotation"] = "9900 kops/s"
    spec, asked, _ = generate([json.dumps(wrong), *[small_paper.patch()] * 4, APPROVE])
    assert asked[1:] == [*(("spec_repair", number) for number in (1, 2, 3, 4)), ("spec_review", 3)]
    assert [claim.id for claim in spec.claims] == ["locked_rate"]
    assert any("cells_rate" in refused.what for refused in spec.refused)


@pytest.mark.parametrize("error", [AnswerRefused("no"), StepNotRecorded("no answer for spec_review")])
def test_a_review_that_cannot_be_had_leaves_the_draft_unapproved(generate, error):
    spec, _, _ = generate([small_paper.text(), error])
    assert (spec.approval.status, spec.approval.verifications) == ("unapproved", 0)
    assert spec.claims


def test_a_spent_quota_is_not_swallowed(generate):
    with pytest.raises(ModelUnavailable):
        generate([small_paper.text(), ModelUnavailable("quota")])


def test_gf08_an_answer_cut_off_in_the_middle_is_continued_with_more_room(generate):
    cut = Answer(small_paper.text()[:500], said("", _Request()).origin, finish="length")
    spec, asked, model = generate([cut, small_paper.text(), APPROVE])
    assert asked[:2] == [("spec", 1), ("spec", 1)]
    assert model.asked[1].room == 2.0
    assert spec.approval.status == "approved"


class _Request:
    sha256 = "0" * 64


def test_every_draft_and_critique_is_kept(generate, tmp_path):
    good, same = small_paper.text(), small_paper.patch()
    generate([good, REJECT, same, APPROVE])
    names = sorted(path.name for path in (tmp_path / "exchanges").iterdir())
    assert names == ["01-spec-1.json", "02-spec_review-1.json", "02-spec_review-2.json", "03-spec_repair-1.json"]


def test_the_reviewer_sees_paper_answer_and_points(generate):
    _, _, model = generate([small_paper.text(), APPROVE])
    shown = model.asked[1].user
    for part in ("holds the lock for 2 µs", '"mechanism":"cells"', "cells_rate (cells, rate): 1 points: 1900 kops/s"):
        assert part in shown


def test_a_hand_off_goes_from_question_to_question(tmp_path, registry):
    handoff = tmp_path / "handoff"

    def run():
        return SpecAuthor(small_paper.paper(), HandoffModel(handoff), registry, Exchanges(tmp_path)).write()

    for name, answer in (("01-spec-1", small_paper.text()), ("02-spec_review-1", APPROVE)):
        with pytest.raises(AnswerPending, match=name):
            run()
        (handoff / f"{name}.answer.json").write_text(answer)
    spec = run()
    assert (spec.approval.status, spec.origin.kind) == ("approved", "handoff")


def test_figures_that_are_there_are_shown(tmp_path):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "figure-1.png").write_bytes(b"\x89PNG")
    anchor = Anchor(page=1, box=(0, 0, 1, 1))
    figures = tuple(
        Figure(id=f"figure-{n}", label=f"Figure {n}", caption="", anchor=anchor, kind="raster",
               image=f"figures/figure-{n}.png", plots=())
        for n in (1, 2)
    )  # fmt: skip
    paper = small_paper.paper().model_copy(update={"figures": figures})
    assert [image.name for image in figure_images(paper, tmp_path)] == ["figure-1"]


def author_of(tmp_path, registry, *answers):
    model = ScriptedModel(answers)
    author = SpecAuthor(small_paper.paper(), model, registry, Exchanges(tmp_path))
    return author, author.write(), model


def test_a_written_specification_is_mended_once_more_on_request(tmp_path, registry):
    cores = small_paper.variable("cells_count", "", 4, "has 4 cores", whole=True)
    author, before, model = author_of(
        tmp_path, registry, small_paper.text(), APPROVE, small_paper.patch(variables=[cores])
    )
    after, why_not = author.mend(("c1: no variable says how many cells there are",))
    assert why_not == ()
    assert {v.id for v in after.variables} - {v.id for v in before.variables} == {"cells_count"}
    assert after.approval.status == "approved"
    assert after.approval.remarks == (
        "Mended after a draft of the cost model: c1: no variable says how many cells there are",
    )
    assert (model.asked[-1].step, model.asked[-1].round) == ("spec_repair", 5)
    assert "how many cells there are" in model.asked[-1].user
    assert len(list((tmp_path / "exchanges").glob("*.json"))) == 3


def test_a_mend_that_does_not_hold_leaves_the_specification_as_it_was(tmp_path, registry):
    wrong = small_paper.answer()["variables"][0] | {"unit": "furlongs"}
    broken = small_paper.patch(variables=[wrong])
    author, before, _ = author_of(tmp_path, registry, small_paper.text(), APPROVE, broken)
    after, why_not = author.mend(("hold: wrong unit",))
    assert after == before
    assert "furlongs" in why_not[0]


def test_a_mend_that_costs_a_claim_is_none(tmp_path, registry):
    lost = small_paper.answer()["claims"][0] | {"mechanism": "nobody"}
    author, before, _ = author_of(tmp_path, registry, small_paper.text(), APPROVE, small_paper.patch(claims=[lost]))
    after, why_not = author.mend(("hold: wrong unit",))
    assert after == before
    assert "'nobody' is not among the mechanisms" in why_not[0]


def test_a_mend_that_cannot_be_had_leaves_the_specification_as_it_was(tmp_path, registry):
    author, before, _ = author_of(tmp_path, registry, small_paper.text(), APPROVE, StepNotRecorded("not recorded"))
    assert author.mend(("hold: wrong unit",)) == (before, ("it could not be repaired: not recorded",))
