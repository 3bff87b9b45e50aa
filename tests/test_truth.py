"""The framework of the measured benchmark: discovery, files, folds, scores. The sets have tests of their own."""

import csv
import sys
from types import ModuleType

import numpy as np
import pytest

import benchmarks.truth
from benchmarks.truth import __main__ as command
from benchmarks.truth import rows, scores, sets
from benchmarks.truth.sets import Answer, Score
from gauntlet.errors import UsageError


@pytest.fixture
def planted(monkeypatch, tmp_path):
    """A set named `planted` in which time is twice the size, a row of size 0 is not answered, and a bar is missed."""
    module = ModuleType("benchmarks.truth.planted")
    module.fit = lambda train: {"factor": 2}
    module.predict = lambda asked, parameters: [
        Answer(parameters["factor"] * size, size, size, 3 * size, "exact") if size else None
        for size in rows.numbers(asked, "size")
    ]
    module.validate = lambda train: [Score("error", 0.1, 0.2), Score("coverage", 0.5, (0.85, 0.95))]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(benchmarks.truth, "__path__", [*benchmarks.truth.__path__, str(tmp_path / "sets")])
    (tmp_path / "sets").mkdir()
    (tmp_path / "sets" / "planted.py").write_text("")
    monkeypatch.setattr(rows, "parameters_file", lambda name: tmp_path / "estimates" / f"{name}.json")
    return module


def test_a_set_goes_from_fit_to_answers(planted, tmp_path):
    assert command.main(["fit", "--train", str(tmp_path), "--set", "planted"]) == 0
    assert rows.read_parameters("planted") == {"factor": 2}
    asked, out = tmp_path / "in.csv", tmp_path / "out.csv"
    asked.write_text("size\n1\n2.5\n")
    assert command.main(["predict", "--set", "planted", "--rows", str(asked), "--out", str(out)]) == 0
    found = list(csv.DictReader(out.open()))
    assert found[1] == {"row": "1", "time_s": "5", "bound_s": "2.5", "low_s": "2.5", "high_s": "7.5", "basis": "exact"}


def test_too_few_answers_are_no_success(planted, tmp_path):
    command.main(["fit", "--train", str(tmp_path), "--set", "planted"])
    asked, out = tmp_path / "in.csv", tmp_path / "out.csv"
    asked.write_text("row,size\na,1\nb,0\n")
    assert command.main(["predict", "--set", "planted", "--rows", str(asked), "--out", str(out)]) == 1
    assert out.read_text().splitlines()[2] == "b,,,,,"


def test_a_missed_bar_is_no_success(planted, tmp_path, capsys):
    assert command.main(["validate", "--train", str(tmp_path), "--set", "planted"]) == 1
    assert "Missed: planted: coverage." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "named"), [("size\n1\n2,3\n", "row 2"), ("size\nlarge\n", "'large'"), ("length\n1\n", "'size'")]
)
def test_a_wrong_file_is_named(planted, tmp_path, capsys, text, named):
    asked = tmp_path / "in.csv"
    asked.write_text(text)
    assert command.main(["predict", "--set", "planted", "--rows", str(asked), "--out", str(tmp_path / "o")]) == 2
    assert named in capsys.readouterr().err


def test_parameters_stay_small(planted):
    with pytest.raises(UsageError, match="300000"):
        rows.write_parameters("planted", {"copy": list(range(100_000))})


def test_only_modules_with_all_three_functions_are_sets(planted):
    assert "planted" in sets.names()
    assert "scores" not in sets.names()
    del planted.validate
    assert "planted" not in sets.names()


def test_folds_hold_out_whole_groups_and_every_row_once():
    groups = [f"g{number % 7}" for number in range(70)]
    tested = np.zeros(70)
    for train, test in scores.folds(groups, 3):
        assert not {groups[i] for i in np.flatnonzero(train)} & {groups[i] for i in np.flatnonzero(test)}
        tested += test
    assert (tested == 1).all()


def test_summary_against_figures_by_hand():
    answers = [Answer(1.1, 0.5, 0.9, 1.2, "exact"), Answer(2.0, 1.1, 1.5, 2.5, "exact"), None]
    found = scores.summary(answers, [1.0, 1.0, 1.0])
    assert found == pytest.approx((2 / 3, 0.55, 0.55, 0.5, 0.5, 0.8))


def test_accusations_of_claims_made_better():
    answers = [Answer(1.0, 0.4, 0.8, 1.2, "exact"), Answer(1.0, 0.4, 0.3, 1.2, "exact"), None]
    assert scores.accused(answers, [1.0, 1.0, 1.0], 1.0) == 0
    assert scores.accused(answers, [1.0, 1.0, 1.0], 2.0) == pytest.approx(1 / 3)
    assert scores.accused(answers, [1.0, 1.0, 1.0], 2.6) == pytest.approx(2 / 3)


def test_machines_of_the_measurements_are_in_the_registry():
    assert rows.registry_key("a100_sxm") == "gpu/a100_sxm_80gb"
    assert rows.registry_key("no such machine") is None


def test_counts_of_another_file_are_joined_by_what_both_have(tmp_path):
    (tmp_path / "models.csv").write_text("model,img,gmacs\na,224,1.5\nb,224,3\n", encoding="utf-8")
    asked = [{"config": "c", "model": "b", "img": "224"}]
    assert rows.joined(asked, tmp_path / "models.csv") == [{"model": "b", "img": "224", "gmacs": "3", "config": "c"}]
    with pytest.raises(UsageError, match=r"row 1: .*lacks .*'model': 'z'"):
        rows.joined([{"model": "z", "img": "224"}], tmp_path / "models.csv")
    with pytest.raises(UsageError, match="shares no column"):
        rows.joined([{"config": "c"}], tmp_path / "models.csv")
