"""gauntlet batch: the table, the index and the exit codes."""

import functools
import json
from pathlib import Path

import pytest

from gauntlet.batch.workers import Plan
from tests.batch.fake import EVALUATOR


@pytest.fixture
def batch(call, tmp_path, monkeypatch):
    """Runs `gauntlet batch` with the fake evaluator on papers told what to do."""
    monkeypatch.chdir(Path(__file__).parent.parent.parent)
    monkeypatch.setattr("gauntlet.batch.run.journal_key", lambda plan: "same")
    monkeypatch.setattr("gauntlet.batch.workers.Plan", functools.partial(Plan, evaluator=EVALUATOR))

    def run(*options, **papers):
        (tmp_path / "papers").mkdir(exist_ok=True)
        for name, words in papers.items():
            (tmp_path / "papers" / f"{name}.pdf").write_text(f"{words} {name}")
        return call("batch", tmp_path / "papers", "-o", tmp_path / "out", "-j", 2, *options)

    return run


def test_the_table_names_each_paper_and_the_index(batch, tmp_path):
    result = batch("--claims", a="CONSISTENT", b="IMPOSSIBLE")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].startswith("IMPOSSIBLE    b (")
    assert lines[1] == "  IMPOSSIBLE       2.5x  claim_1: b is 3x faster (at and above load = 4)"
    assert lines[-1] == f"Index: {tmp_path / 'out' / 'index.html'}"
    assert (tmp_path / "out" / "index.html").is_file()
    assert "[2/2]" in result.stderr
    assert "left" in result.stderr


def test_json_is_all_there_is_on_stdout(batch):
    found = json.loads(batch("--json", a="MAGIC_GAP").stdout)
    assert [(paper["state"], paper["verdict"]["label"]) for paper in found] == [("done", "MAGIC_GAP")]


@pytest.mark.parametrize(
    ("options", "papers", "code", "words"),
    [
        ((), {"a": "CONSISTENT", "b": "unreadable"}, 3, "could not be judged: 1"),
        (("--llm", "handoff"), {"a": "pending"}, 2, "wait for an answer: 1"),
        (("--llm", "openai"), {"a": "unavailable"}, 2, "What was done is kept"),
        (("--fail-on", "MAGIC_GAP"), {"a": "MAGIC_GAP", "b": "unreadable"}, 1, ""),
    ],
)
def test_exit_codes(batch, options, papers, code, words):
    result = batch(*options, **papers)
    assert result.exit_code == code
    assert words in result.stderr
    assert "Traceback" not in result.stderr
