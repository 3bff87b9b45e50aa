"""`gauntlet digitize` and `gauntlet read`, as a user calls them."""

import json
from pathlib import Path

from typer.testing import CliRunner

from gauntlet.cli.app import app

PAPER = Path(__file__).parents[2] / "fixtures" / "papers" / "shared-queue.pdf"


def run(*words: object):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_digitize_writes_tables_and_pictures_and_says_what_it_found(tmp_path):
    done = run("digitize", PAPER, "-o", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "Figure 1 (p. " in done.output
    assert " series, " in done.output
    assert {path.suffix for path in (tmp_path / "out").iterdir() if path.is_file()} == {".json", ".csv", ".png"}


def test_digitize_as_json_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run("digitize", PAPER, "--json")
    assert json.loads(done.stdout)["figures"][0]["plots"][0]["series"][0]["points"]
    assert list(tmp_path.iterdir()) == []


def test_a_page_without_figures_names_the_pages_that_have_some(tmp_path):
    done = run("digitize", PAPER, "--page", 99, "-o", tmp_path / "out")
    assert done.exit_code == 2
    assert "no figure was found on page 99; there are figures on pages 2." in done.output


def test_read_writes_the_record(tmp_path):
    done = run("read", PAPER, "-o", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "figures with" in done.output
    assert json.loads((tmp_path / "out" / "paper.json").read_text())["figures"]


def test_what_is_no_paper_is_refused_in_one_line(tmp_path):
    (tmp_path / "page.pdf").write_text("<html>not found</html>")
    for command in ("digitize", "read"):
        done = run(command, tmp_path / "page.pdf")
        assert done.exit_code == 3
        assert "is not a PDF" in done.output
        assert "Traceback" not in done.output


def test_an_overlay_goes_beside_the_record_and_not_into_json(tmp_path):
    done = run("read", PAPER, "-o", tmp_path / "out", "--overlay")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out" / "overlay.pdf").read_bytes().startswith(b"%PDF-")
    done = run("read", PAPER, "--json", "--overlay")
    assert done.exit_code == 2
    assert "--overlay" in done.output
