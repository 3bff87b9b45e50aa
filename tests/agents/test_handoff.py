"""Hand-off: questions and answers as files."""

import json

import pytest

from gauntlet.agents.ask import ask_together, ask_typed
from gauntlet.agents.chat import Image
from gauntlet.agents.exchanges import Exchanges
from gauntlet.agents.handoff import HandoffModel
from gauntlet.errors import AnswerPending, AnswerUnusable
from tests.agents.scripted import Guess, question

GOOD = '{"value": 2.5, "words": "seen"}'


def pending(folder, request=None, **more):
    with pytest.raises(AnswerPending) as caught:
        HandoffModel(folder, **more).ask(request or question())
    return str(caught.value)


def test_the_question_is_written_and_the_error_names_file_and_command(tmp_path):
    message = pending(tmp_path, again="'gauntlet evaluate paper.pdf'")
    assert str(tmp_path / "01-spec-1.answer.json") in message
    assert "gauntlet evaluate paper.pdf" in message
    readable = (tmp_path / "01-spec-1.request.md").read_text()
    for part in ("You read papers.", "What is it?", '"additionalProperties": false', "01-spec-1.answer.json"):
        assert part in readable
    asked = json.loads((tmp_path / "01-spec-1.request.json").read_text())
    assert asked["messages"][1]["content"] == "What is it?"
    assert asked["prompt_sha256"] == question().sha256


@pytest.mark.parametrize("ending", ["answer.json", "answer.md", "answer.txt"])
def test_the_answer_is_read_from_any_of_three_files(tmp_path, ending):
    pending(tmp_path)
    (tmp_path / f"01-spec-1.{ending}").write_text(f"Sure!\n```json\n{GOOD}\n```\n", encoding="utf-8-sig")
    typed = ask_typed(HandoffModel(tmp_path), question(), Guess, Exchanges(tmp_path / "run"))
    assert typed.value.value == 2.5
    assert typed.answer.origin.kind == "handoff"


def test_a_changed_question_sets_the_old_answer_aside(tmp_path):
    pending(tmp_path)
    answer = tmp_path / "01-spec-1.answer.json"
    answer.write_text(GOOD)
    pending(tmp_path, question(user="Changed?"))
    assert not answer.exists()
    assert (tmp_path / "01-spec-1.answer.json.stale").read_text() == GOOD
    answer.write_text("{}")
    pending(tmp_path, question(user="Changed again?"))
    assert (tmp_path / "01-spec-1.answer.json.stale2").read_text() == "{}"


def test_a_corrected_answer_file_is_read_in_a_rerun(tmp_path):
    pending(tmp_path)
    answer = tmp_path / "01-spec-1.answer.json"
    answer.write_text('{"value": "fast", "words": "x"}')
    with pytest.raises(AnswerPending, match="01-spec-1-attempt2"):
        ask_typed(HandoffModel(tmp_path), question(), Guess, Exchanges(tmp_path / "run"))
    assert "'fast'" in (tmp_path / "01-spec-1-attempt2.request.md").read_text()
    answer.write_text(GOOD)
    assert ask_typed(HandoffModel(tmp_path), question(), Guess, Exchanges(tmp_path / "run")).value.value == 2.5


def test_an_empty_file_is_not_yet_an_answer(tmp_path):
    pending(tmp_path)
    (tmp_path / "01-spec-1.answer.json").touch()
    pending(tmp_path)


def test_questions_asked_together_are_all_written_before_the_error(tmp_path):
    questions = [(question("cost_review_functional"), Guess), (question("cost_review_directive"), Guess)]
    with pytest.raises(AnswerPending) as caught:
        ask_together(HandoffModel(tmp_path), questions, Exchanges(tmp_path / "run"))
    for name in ("05-cost_review_functional-1", "06-cost_review_directive-1"):
        assert (tmp_path / f"{name}.request.json").is_file()
        assert f"{name}.answer.json" in str(caught.value)


def test_images_lie_beside_the_question_under_safe_names(tmp_path):
    pending(tmp_path, question(images=(Image("../figure 2/a", b"\x89PNG"),)))
    (picture,) = tmp_path.glob("*.png")
    assert picture.name == "01-spec-1.image-1-figure-2-a.png"
    assert picture.read_bytes() == b"\x89PNG"
    assert picture.name in (tmp_path / "01-spec-1.request.md").read_text()


def test_waiting_takes_an_answer_that_arrives_and_has_stopped_growing(tmp_path):
    answer = tmp_path / "01-spec-1.answer.json"
    texts = iter(["", GOOD[:10], GOOD, GOOD])
    model = HandoffModel(tmp_path, wait_s=60, pause=lambda _: answer.write_text(next(texts, GOOD)) and None)
    assert model.ask(question()).text == GOOD


def test_waiting_ends(tmp_path):
    waits = []
    pending(tmp_path, wait_s=3, pause=waits.append)
    assert sum(waits) == 3


def test_a_file_in_another_encoding_is_refused_by_name(tmp_path):
    pending(tmp_path)
    (tmp_path / "01-spec-1.answer.txt").write_bytes(GOOD.encode("utf-16"))
    with pytest.raises(AnswerUnusable, match=r"01-spec-1\.answer\.txt is not UTF-8"):
        HandoffModel(tmp_path).ask(question())
