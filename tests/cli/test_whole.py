"""The real path behind the commands: judge records, edit them, judge again; a file that is no paper."""

import json

import pytest

from tests.costs.example import model, spec


@pytest.fixture
def run_dir(tmp_path):
    """A run of the example paper whose proposal claims 0.3 of the honest latency."""
    spec(0.3).save(tmp_path / "spec.json")
    model().save(tmp_path / "cost_model.json")
    return tmp_path


def test_a_run_judged_twice_gives_the_same_bytes(call, run_dir):
    first = call("judge", run_dir, "--samples", 500)
    names = ("verdict.json", "report.html", "report.json")
    before = [(run_dir / name).read_bytes() for name in names]
    second = call("judge", run_dir, "--samples", 500, "--fail-on", "IMPOSSIBLE,MAGIC_GAP")
    assert (first.exit_code, second.exit_code) == (0, 1)
    assert first.stdout == second.stdout
    assert [(run_dir / name).read_bytes() for name in names] == before


def test_an_edit_changes_the_verdict(call, run_dir):
    assert call("judge", run_dir, "--samples", 500, "--fail-on", "IMPOSSIBLE,MAGIC_GAP").exit_code == 1
    spec(1.0).save(run_dir / "spec.json")  # a person corrects the claimed points to the honest ones
    honest = call("judge", run_dir, "--samples", 500, "--fail-on", "IMPOSSIBLE,MAGIC_GAP")
    assert honest.exit_code == 0, honest.stdout


def test_an_edit_that_does_not_fit_is_named_with_its_line(call, run_dir):
    path = run_dir / "spec.json"
    text = path.read_text().replace('"value": 4.0', '"value": "four"', 1)
    path.write_text(text)
    line = next(number for number, words in enumerate(text.splitlines(), 1) if '"four"' in words)
    for command in (("review", run_dir, "--no-open"), ("judge", run_dir)):
        result = call(*command)
        assert result.exit_code == 2
        assert f"spec.json:{line}: variables.1" in result.stderr
        assert "found 'four'" in result.stderr


def test_a_file_that_is_no_paper_leaves_a_verdict_and_exits_with_3(call, tmp_path):
    (tmp_path / "no.pdf").write_text("these are words, not a PDF")
    result = call("evaluate", tmp_path / "no.pdf", "--llm", "handoff", "-o", tmp_path / "run")
    assert result.exit_code == 3, result.stderr
    assert "PaperUnreadable" in result.stderr
    assert json.loads((tmp_path / "run" / "verdict.json").read_text())["label"] == "INCONCLUSIVE"
    assert (tmp_path / "run" / "report.html").is_file()


def test_an_edit_that_names_no_unit_is_placed_too(call, run_dir):
    path = run_dir / "spec.json"
    text = path.read_text().replace('"unit": "krps"', '"unit": "furlongs"', 1)
    path.write_text(text)
    unit = next(number for number, words in enumerate(text.splitlines(), 1) if "furlongs" in words)
    result = call("judge", run_dir)
    assert result.exit_code == 2
    line = int(result.stderr.partition("spec.json:")[2].partition(":")[0])
    assert unit - 10 < line <= unit
    assert "'furlongs' is not in the unit table" in result.stderr
