"""Every prompt and answer is kept, and a crashed run repeats no call."""

import pytest

from gauntlet.agents.ask import ask_typed
from gauntlet.agents.exchanges import Exchanges
from gauntlet.errors import AnswerUnusable, ModelUnavailable
from tests.agents.scripted import Guess, ScriptedModel, question, said

GOOD = '{"value": 2.5, "words": "seen"}'
KEY = "m1 @ https://host/v1"


def ask(model, folder, **more):
    return ask_typed(model, question(**more), Guess, Exchanges(folder))


def test_an_exchange_holds_question_answer_hash_tokens_and_origin(tmp_path):
    request = question()
    answer = said(GOOD, request, input_tokens=11, output_tokens=7)
    ask_typed(ScriptedModel([answer], KEY), request, Guess, Exchanges(tmp_path))
    (saved,) = Exchanges(tmp_path).all()
    assert (tmp_path / "exchanges" / "01-spec-1.json").is_file()
    assert (saved.user, saved.answer, saved.prompt_sha256) == (request.user, GOOD, request.sha256)
    assert (saved.input_tokens, saved.output_tokens, saved.origin.kind, saved.resume_key) == (11, 7, "live", KEY)
    assert saved.used


def test_the_same_question_is_not_asked_twice_and_keeps_its_origin(tmp_path):
    first = ask(ScriptedModel([GOOD], KEY), tmp_path)
    model = ScriptedModel([], KEY)
    assert ask(model, tmp_path) == first
    assert model.asked == []


@pytest.mark.parametrize(
    ("key", "user"),
    [("m2 @ https://host/v1", "What is it?"), ("m1 @ https://other/v1", "What is it?"), (KEY, "Changed?")],
    ids=["model", "address", "prompt"],
)
def test_another_model_address_or_prompt_is_asked_anew(tmp_path, key, user):
    ask(ScriptedModel([GOOD], KEY), tmp_path)
    model = ScriptedModel([GOOD], key)
    ask(model, tmp_path, user=user)
    assert len(model.asked) == 1


def test_a_model_without_resume_key_is_asked_each_time(tmp_path):
    ask(ScriptedModel([GOOD]), tmp_path)
    model = ScriptedModel([GOOD])
    ask(model, tmp_path)
    assert len(model.asked) == 1


def test_a_corrected_answer_is_found_again_through_both_attempts(tmp_path):
    first = ask(ScriptedModel(["nothing", GOOD], KEY), tmp_path)
    assert {exchange.attempt: exchange.used for exchange in Exchanges(tmp_path).all()} == {1: False, 2: True}
    model = ScriptedModel([], KEY)
    assert ask(model, tmp_path) == first
    assert model.asked == []


def test_an_unusable_answer_is_not_used_again(tmp_path):
    with pytest.raises(AnswerUnusable):
        ask(ScriptedModel(["no", "no"], KEY), tmp_path)
    model = ScriptedModel([GOOD], KEY)
    assert ask(model, tmp_path).value.value == 2.5
    assert [exchange.attempt for exchange in Exchanges(tmp_path).all()] == [1]


def test_a_run_that_stopped_goes_on_where_it_stopped(tmp_path):
    model = ScriptedModel([GOOD, ModelUnavailable("quota spent")], KEY)
    ask(model, tmp_path)
    with pytest.raises(ModelUnavailable):
        ask(model, tmp_path, step="spec_review")
    model = ScriptedModel([GOOD], KEY)
    ask(model, tmp_path)
    ask(model, tmp_path, step="spec_review")
    assert [request.step for request in model.asked] == ["spec_review"]


def test_a_torn_file_is_asked_again(tmp_path):
    ask(ScriptedModel([GOOD], KEY), tmp_path)
    (tmp_path / "exchanges" / "01-spec-1.json").write_text('{"step": "sp')
    model = ScriptedModel([GOOD], KEY)
    ask(model, tmp_path)
    assert len(model.asked) == 1
