"""Cases computed elsewhere (exact chains, simulations, published tables), where the file of them is at hand."""

import json
from pathlib import Path

import pytest

from benchmarks.oracles import check, main, read_cases, relative_difference
from gauntlet.mechanisms.catalogue import catalogue

FILE = Path(__file__).resolve().parents[3] / "shared" / "design" / "mechanism_oracles.json"
CASES = [case for case in read_cases(FILE) if case["primitive"] in catalogue()] if FILE.exists() else []


@pytest.mark.skipif(not CASES, reason="the file of oracle cases is not part of the project")
def test_oracle_cases():
    complaints = [f"{case['primitive']} {outcome.complaint}" for case in CASES if (outcome := check(case)).complaint]
    assert not complaints


def test_runner_finds_a_wrong_value(tmp_path, capsys):
    case = {"primitive": "littles_law", "inputs": {"throughput_per_s": 2, "residence_s": 3}, "rtol": 1e-6}
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps({"cases": [{**case, "outputs": {"mean_in_system": 6}}]}))
    wrong, unknown = {**case, "outputs": {"mean_in_system": 6.1}}, {**case, "primitive": "unheard_of", "outputs": {}}
    bad.write_text(json.dumps({"cases": [wrong, unknown]}))
    assert main([str(good)]) == 0
    assert main([str(bad)]) == 1
    assert "unheard_of" in capsys.readouterr().out
    assert main([str(tmp_path / "missing.json")]) == 2


def test_differences_treat_infinities_and_shapes_as_values():
    assert relative_difference(float("inf"), float("inf")) == 0
    assert relative_difference(1.0, float("inf")) == float("inf")
    assert relative_difference([1.0, 2.0], [1.0]) == float("inf")
    assert relative_difference(1.1, 1.0) == pytest.approx(0.1)
