"""evaluate, judge and review: lines, exit codes and nothing but JSON on stdout where JSON was asked for."""

import json
from pathlib import Path

import pytest

from gauntlet import errors
from gauntlet.agents.ask import ask_typed
from gauntlet.agents.exchanges import Exchanges
from gauntlet.records import run_name, sha256_of
from gauntlet.specs.problems import Problem
from gauntlet.verdict.records import Verdict
from tests.agents.scripted import Guess, ScriptedModel, question
from tests.batch.fake import made_verdict


@pytest.fixture
def evaluated(monkeypatch):
    """Replaces the evaluation with one that answers or raises `outcome`; returns what it was called with."""

    def plant(outcome):
        seen = {}

        def evaluate(pdf, run_dir, settings, llm, wait_s, say):
            seen.update(pdf=pdf, run_dir=run_dir, settings=settings, llm=llm, wait_s=wait_s)
            say("reading the paper")
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

        monkeypatch.setattr("gauntlet.evaluate.evaluate", evaluate)
        monkeypatch.setattr(
            "gauntlet.evaluate.judge", lambda run_dir, settings: evaluate(None, run_dir, settings, None, 0, str)
        )
        return seen

    return plant


def test_one_line_a_claim_the_denominator_and_the_report(call, pdf, evaluated):
    evaluated(made_verdict("0", "Fast", "MAGIC_GAP"))
    result = call("evaluate", pdf, "-o", "there")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "MAGIC_GAP: Fast",
        "  MAGIC_GAP        2.5x  claim_1: Fast is 3x faster (at and above load = 4)",
        "2 claims found, 1 judged, 1 not judged: claim_2 has no points",
        "Report: there/report.html",
    ]
    assert result.stderr == "reading the paper\n"


def test_json_is_all_there_is_on_stdout(call, pdf, evaluated):
    verdict = made_verdict("0", "Fast", "CONSISTENT")
    evaluated(verdict)
    assert Verdict.model_validate_json(call("evaluate", pdf, "--json").stdout) == verdict
    assert json.loads(call("judge", pdf.parent, "--json").stdout)["label"] == "CONSISTENT"


def test_options_reach_the_evaluation(call, pdf, evaluated):
    seen = evaluated(made_verdict("0", "Fast", "CONSISTENT"))
    call("evaluate", pdf, "--llm", "handoff", "--wait", "5", "--samples", "77", "--seed", "3", "--model", "m")
    assert (seen["llm"], seen["wait_s"], seen["settings"].samples, seen["settings"].seed) == ("handoff", 5, 77, 3)
    assert seen["settings"].model == "m"
    assert seen["run_dir"] == Path("runs") / run_name(sha256_of(pdf))


@pytest.mark.parametrize(
    ("label", "fail_on", "code"),
    [
        ("MAGIC_GAP", "IMPOSSIBLE", 0),
        ("MAGIC_GAP", "IMPOSSIBLE,MAGIC_GAP", 1),
        ("MAGIC_GAP", "magic-gap", 1),
        ("CONSISTENT", "MAGIC_GAP,UNDERPERFORMS", 0),
        ("MAGIC_GAP", "MAGIC", 2),
        ("MAGIC_GAP", ",", 2),
    ],
)
def test_fail_on(call, pdf, evaluated, label, fail_on, code):
    evaluated(made_verdict("0", "Fast", label))
    result = call("evaluate", pdf, "--fail-on", fail_on)
    assert result.exit_code == code
    if code == 2:
        assert "use IMPOSSIBLE, MAGIC_GAP" in result.stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.UsageError("no model: set GAUNTLET_MODEL"), 2),
        (errors.AnswerPending("waiting"), 2),
        (errors.PaperUnreadable("scanned"), 3),
        (errors.CannotJudge("no claims"), 3),
    ],
)
def test_an_error_is_one_message_and_a_code(call, pdf, evaluated, error, code):
    evaluated(error)
    result = call("evaluate", pdf)
    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr == f"reading the paper\n{type(error).__name__}: {error}\n"


def test_a_fault_saves_its_traceback_and_shows_none(call, pdf, evaluated):
    evaluated(ZeroDivisionError("planted"))
    result = call("evaluate", pdf)
    assert result.exit_code == 70
    assert "Traceback" not in result.stderr
    saved = Path(result.stderr.partition("The traceback is in ")[2].partition(";")[0])
    assert "ZeroDivisionError: planted" in saved.read_text()
    saved.unlink()


def test_an_interrupt_says_how_to_go_on(call, pdf, evaluated):
    evaluated(KeyboardInterrupt())
    result = call("evaluate", pdf)
    assert (result.exit_code, "run the same command again" in result.stderr) == (130, True)


def test_words_of_a_paper_cannot_steer_the_terminal(call, pdf, evaluated):
    evaluated(made_verdict("0", "Fast\x1b[2J\x1b]0;owned\x07\nCONSISTENT", "MAGIC_GAP"))
    result = call("evaluate", pdf)
    assert "\x1b" not in result.stdout
    assert len(result.stdout.splitlines()) == 4


def test_a_file_that_is_not_there_is_a_usage_error(call, tmp_path):
    result = call("evaluate", tmp_path / "gone.pdf")
    assert result.exit_code == 2
    assert "gone.pdf" in result.stderr


def test_review_says_what_to_edit_and_names_what_does_not_fit(call, tmp_path, monkeypatch):
    (tmp_path / "spec.json").write_text("{}")
    monkeypatch.setattr("gauntlet.evaluate.check_run", lambda run_dir: ())
    good = call("review", tmp_path, "--no-open")
    assert good.exit_code == 0
    for words in ("report.html", "spec.json: what the paper says", "cost_model.json", f"gauntlet judge {tmp_path}"):
        assert words in good.stdout
    problem = Problem("spec.json:12", "variables.0.value.value: 'x' is no number")
    monkeypatch.setattr("gauntlet.evaluate.check_run", lambda run_dir: (problem,))
    bad = call("review", tmp_path, "--no-open")
    assert bad.exit_code == 2
    assert bad.stderr == "spec.json:12: variables.0.value.value: 'x' is no number\n"


def test_answers_of_a_run_are_recorded(call, tmp_path):
    run, recordings = tmp_path / "run", tmp_path / "recordings"
    ask_typed(ScriptedModel(['{"value": 2.5, "words": "seen"}'], "m"), question(), Guess, Exchanges(run))
    result = call("record", run, "--into", recordings, "--how", "a scripted model")
    assert result.exit_code == 0
    (path,) = recordings.glob("*/*.json")
    assert f"1 answers recorded in {path.parent}" in result.stdout
    (tmp_path / "empty").mkdir()
    assert call("record", tmp_path / "empty", "--into", recordings, "--how", "nothing").exit_code == 2
