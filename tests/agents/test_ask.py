"""One typed answer, or a refusal that says why."""

import threading

import pytest

from gauntlet.agents.ask import ask_together, ask_typed
from gauntlet.agents.chat import Answer, Image
from gauntlet.agents.exchanges import Exchanges
from gauntlet.errors import AnswerPending, AnswerRefused, AnswerUnusable, ModelUnavailable
from tests.agents.scripted import Guess, ScriptedModel, question, said

GOOD = '{"value": 2.5, "words": "seen"}'


def test_a_good_answer_is_one_call(tmp_path):
    model = ScriptedModel([GOOD])
    typed = ask_typed(model, question(), Guess, Exchanges(tmp_path))
    assert typed.value.value == 2.5
    assert typed.answer.origin.kind == "live"
    assert len(model.asked) == 1


def test_a_wrong_form_is_asked_again_once_with_its_errors(tmp_path):
    model = ScriptedModel(['{"value": "fast", "words": "x"}', GOOD])
    assert ask_typed(model, question(), Guess, Exchanges(tmp_path)).value.value == 2.5
    again = model.asked[1]
    assert (again.name, again.attempt) == ("01-spec-1-attempt2", 2)
    assert "'fast'" in again.user
    assert again.user.startswith(model.asked[0].user)


def test_two_wrong_forms_are_unusable(tmp_path):
    model = ScriptedModel(["I cannot say.", "Really not."])
    with pytest.raises(AnswerUnusable, match=r"01-spec-1-attempt2.*no JSON object"):
        ask_typed(model, question(), Guess, Exchanges(tmp_path))


def test_an_empty_answer_is_no_answer(tmp_path):
    with pytest.raises(AnswerUnusable, match="empty"):
        ask_typed(ScriptedModel(["", ""]), question(), Guess, Exchanges(tmp_path))


def test_a_refusal_is_never_retried(tmp_path):
    model = ScriptedModel([said("I will not.", question(), finish="refused")])
    with pytest.raises(AnswerRefused, match="I will not"):
        ask_typed(model, question(), Guess, Exchanges(tmp_path))
    assert len(model.asked) == 1


@pytest.mark.parametrize("step", ["spec", "spec_review", "spec_repair", "cost_repair", "interpretation"])
def test_gf08_a_truncated_answer_of_any_step_gets_more_room_once(tmp_path, step):
    cut = said(GOOD[:9], question(step), finish="length")
    model = ScriptedModel([cut, GOOD])
    assert ask_typed(model, question(step), Guess, Exchanges(tmp_path)).value.value == 2.5
    assert [request.room for request in model.asked] == [1.0, 2.0]

    model = ScriptedModel([cut, cut])
    with pytest.raises(AnswerUnusable, match="cut off twice"):
        ask_typed(model, question(step), Guess, Exchanges(tmp_path / "again"))


def test_a_truncated_answer_counts_as_such_even_when_its_json_is_whole(tmp_path):
    cut = said(GOOD, question(), finish="length")
    model = ScriptedModel([cut, '{"value": 7, "words": "whole"}'])
    assert ask_typed(model, question(), Guess, Exchanges(tmp_path)).value.value == 7


def test_images_are_left_out_for_a_model_that_sees_none(tmp_path):
    model = ScriptedModel([GOOD])
    ask_typed(model, question(images=(Image("figure-1", b"png"),)), Guess, Exchanges(tmp_path))
    assert model.asked[0].images == ()
    assert model.asked[0].sha256 == question().sha256


def test_the_hash_covers_what_the_model_sees_and_only_that():
    seen = {question().sha256, question(user="Other?").sha256, question(images=(Image("a", b"1"),)).sha256}
    assert len(seen | {question(images=(Image("a", b"2"),)).sha256}) == 4
    assert question("spec_repair", 2, room=2.0).sha256 == question().sha256


class MeetingModel:
    """Answers only when two questions are under way at the same time."""

    sees_images = False
    resume_key = None

    def __init__(self):
        self.barrier = threading.Barrier(2, timeout=10)

    def ask(self, request):
        self.barrier.wait()
        return said(GOOD.replace("seen", request.step), request)


def test_gf11_questions_asked_together_run_at_the_same_time_and_keep_their_order(tmp_path):
    questions = [(question("cost_review_functional"), Guess), (question("cost_review_directive"), Guess)]
    answers = ask_together(MeetingModel(), questions, Exchanges(tmp_path))
    assert [typed.value.words for typed in answers] == ["cost_review_functional", "cost_review_directive"]


class StepModel:
    sees_images = False
    resume_key = None

    def __init__(self, by_step):
        self.by_step = by_step

    def ask(self, request) -> Answer:
        raise self.by_step[request.step]


def test_pending_answers_are_named_together(tmp_path):
    model = StepModel({"spec": AnswerPending("first file"), "spec_review": AnswerPending("second file")})
    with pytest.raises(AnswerPending, match="first file\nsecond file"):
        ask_together(model, [(question("spec"), Guess), (question("spec_review"), Guess)], Exchanges(tmp_path))


def test_a_real_error_comes_before_a_pending_answer(tmp_path):
    model = StepModel({"spec": AnswerPending("first file"), "spec_review": ModelUnavailable("quota")})
    with pytest.raises(ModelUnavailable, match="quota"):
        ask_together(model, [(question("spec"), Guess), (question("spec_review"), Guess)], Exchanges(tmp_path))


def test_no_questions_no_answers(tmp_path):
    assert ask_together(ScriptedModel(), [], Exchanges(tmp_path)) == []
