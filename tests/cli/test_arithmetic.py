"""`gauntlet arithmetic`, as a user calls it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gauntlet.cli.app import app
from tests.verdict.arithmetic.cases import paper

SAMPLE = Path(__file__).parents[2] / "fixtures" / "papers" / "shared-queue.pdf"
WRONG = "Its mean latency of 14.2 ms is 77% lower than the 564 ms of the old store."


def run(*words: object):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def record(tmp_path):
    path = tmp_path / "paper.json"
    paper(WRONG, "It is 3x faster.").save(path)
    return path


def test_it_prints_numbers_quotation_readings_and_coverage(record):
    done = run("arithmetic", record)
    assert done.exit_code == 0, done.output
    assert "high    percent_arithmetic:b0, p. 3" in done.output
    assert f'"{WRONG}"' in done.output
    assert "compared: stated 77 %; 14.2 ms 0.0142 s; 564 ms 0.564 s" in done.output
    assert "        or: " in done.output
    assert "arithmetic: 2 statements found, 1 checked, of which 1 differ; 1 not checkable" in done.output
    assert "1 not checkable: it names neither a system nor a measure" in done.output


def test_json_holds_the_same(record):
    done = run("arithmetic", record, "--json")
    read = json.loads(done.stdout)
    assert [one["severity"] for one in read["findings"]] == ["high"]
    assert sum(one["found"] for one in read["coverage"]) == 2


def test_the_exit_code_is_asked_for(record):
    assert run("arithmetic", record, "--fail-on", "high").exit_code == 1
    paper("It is 3x faster.").save(record)
    assert run("arithmetic", record, "--fail-on", "low").exit_code == 0


def test_a_pdf_is_read(tmp_path):
    done = run("arithmetic", SAMPLE)
    assert done.exit_code == 0, done.output
    assert "arithmetic: " in done.output
    (tmp_path / "page.pdf").write_text("<html>not found</html>")
    assert run("arithmetic", tmp_path / "page.pdf").exit_code == 3


def test_reading_says_what_does_not_agree(tmp_path):
    done = run("read", SAMPLE, "-o", tmp_path)
    assert "arithmetic: " in done.output
    assert json.loads((tmp_path / "arithmetic.json").read_text())["coverage"]


def test_help_shows_examples():
    done = run("arithmetic", "--help")
    assert "gauntlet arithmetic paper.pdf --json" in done.output
