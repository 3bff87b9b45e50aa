"""Recordings: a run without a model from answers given once."""

import json
from dataclasses import replace

import pytest

from gauntlet.agents.ask import ask_typed
from gauntlet.agents.chat import Image
from gauntlet.agents.exchanges import Exchanges
from gauntlet.agents.handoff import HandoffModel
from gauntlet.agents.recorded import RecordedModel, StepNotRecorded, has_recording, save_recordings
from gauntlet.errors import AnswerPending, AnswerUnusable, ModelUnavailable, UsageError
from tests.agents.scripted import PAPER, Guess, ScriptedModel, question

GOOD = '{"value": 2.5, "words": "seen"}'


@pytest.fixture
def recordings(tmp_path):
    run = tmp_path / "run"
    ask_typed(ScriptedModel(["no object", f"```json\n{GOOD}\n```"], "m"), question(), Guess, Exchanges(run))
    save_recordings(run, tmp_path / "recordings", "a scripted model, asked by the test suite")
    return tmp_path / "recordings"


def test_the_used_answer_is_recorded_verbatim_and_replayed(recordings, tmp_path):
    path = recordings / PAPER[:16] / "01-spec-1.json"
    assert json.loads(path.read_text())["answer"] == f"```json\n{GOOD}\n```"
    model = RecordedModel(recordings)
    typed = ask_typed(model, question(), Guess, Exchanges(tmp_path / "replay"))
    assert typed.value.value == 2.5
    assert (typed.answer.origin.kind, typed.answer.origin.model) == ("recorded", "scripted")


def test_a_recording_for_other_words_is_replayed_and_marked(recordings, tmp_path):
    model = RecordedModel(recordings)
    ask_typed(model, question(user="Asked in other words?"), Guess, Exchanges(tmp_path / "replay"))
    (saved,) = Exchanges(tmp_path / "replay").all()
    assert saved.stale_prompt
    assert model.stale == 1


def test_a_recording_for_the_same_words_is_not_marked(tmp_path):
    run = tmp_path / "run"
    ask_typed(ScriptedModel([GOOD]), question(), Guess, Exchanges(run))
    save_recordings(run, tmp_path / "recordings", "test")
    model = RecordedModel(tmp_path / "recordings")
    ask_typed(model, question(), Guess, Exchanges(tmp_path / "replay"))
    assert model.stale == 0
    assert not Exchanges(tmp_path / "replay").all()[0].stale_prompt


def test_a_missing_step_names_it_and_says_what_to_do(recordings):
    with pytest.raises(StepNotRecorded, match=r"'cost_model', round 1.*Record it") as caught:
        RecordedModel(recordings).ask(question("cost_model"))
    assert isinstance(caught.value, ModelUnavailable)


def test_a_paper_whose_hash_only_begins_alike_has_no_recording(recordings):
    other = PAPER[:16] + "0" * 48
    request = question()
    request = type(request)(**{**request.__dict__, "paper_sha256": other})
    with pytest.raises(StepNotRecorded, match="another paper"):
        RecordedModel(recordings).ask(request)


def test_a_recording_that_no_longer_fits_is_unusable(recordings, tmp_path):
    path = recordings / PAPER[:16] / "01-spec-1.json"
    path.write_text(path.read_text().replace('\\"words\\"', '\\"reason\\"'))
    with pytest.raises(AnswerUnusable, match="no longer fits"):
        ask_typed(RecordedModel(recordings), question(), Guess, Exchanges(tmp_path / "replay"))


def test_has_recording(recordings):
    assert has_recording(recordings, PAPER)
    assert not has_recording(recordings, "cd" * 32)


def test_a_hand_off_run_can_be_recorded_and_a_replay_cannot(tmp_path):
    handoff = HandoffModel(tmp_path / "handoff", answered_by="a person")
    with pytest.raises(AnswerPending):
        handoff.ask(question())
    (tmp_path / "handoff" / "01-spec-1.answer.json").write_text(GOOD)
    ask_typed(handoff, question(), Guess, Exchanges(tmp_path / "run"))
    (written,) = save_recordings(tmp_path / "run", tmp_path / "recordings", "by hand")
    assert json.loads(written.read_text())["model"] == "a person"

    ask_typed(RecordedModel(tmp_path / "recordings"), question(), Guess, Exchanges(tmp_path / "replay"))
    with pytest.raises(UsageError, match="no answers"):
        save_recordings(tmp_path / "replay", tmp_path / "elsewhere", "copy of a copy")


def test_a_recording_made_with_images_is_fresh_without_them(tmp_path):
    shown = replace(question(), images=(Image("figure-1", b"png"),))
    run = tmp_path / "run"
    seeing = ScriptedModel([GOOD], "m")
    seeing.sees_images = True
    ask_typed(seeing, shown, Guess, Exchanges(run))
    save_recordings(run, tmp_path / "recordings", "a scripted model")
    model = RecordedModel(tmp_path / "recordings")
    ask_typed(model, shown, Guess, Exchanges(tmp_path / "replay"))
    assert model.stale == 0
