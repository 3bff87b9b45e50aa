"""contract shows, validates, tests, audits, compares and covers, with exit codes for pipelines."""

import json

import pytest

from tests.hardware.contract_cases import IDS, planted


def test_contracts_are_listed_and_shown_with_units_and_sources(call):
    listed = call("contract", "show").stdout.splitlines()
    assert [line.split()[0] for line in listed[:-1]] == list(IDS)
    assert {each["id"] for each in json.loads(call("contract", "show", "--json").stdout)["contracts"]} == set(IDS)
    shown = call("contract", "show", "roofline").stdout
    for expected in (
        "operator_bound_s [s] = max(compute_s, memory_s, link_s)",
        "pipeline_bound_per_s [1/s] = min over every resource of capacity_per_s / demand_per_unit",
        "capacity_per_s [1/s] per resource in (0, inf]",
        "link_bytes [B] in [0, inf), 0 where none is given",
        "RM-008 at the ridge memory feeds the peak exactly",
        "williams: Williams, Waterman & Patterson, Roofline",
    ):
        assert expected in shown


def test_shown_as_json_a_contract_is_whole(call):
    shown = json.loads(call("contract", "show", "energy", "--json").stdout)
    assert shown["equations"]["energy_j"]["expression"] == "dynamic_j + idle_j"
    assert shown["symbols"]["power_limit_w"] == {
        "unit": "J/s", "domain": "(0, inf]", "meaning": "power that the device may draw for long", "per": None,
        "default": None, "source": None, "draw": None,
    }  # fmt: skip
    assert shown["falsification_tests"][0]["rejects"]["work_flop"] == [-1.0, "Infinity", "NaN"]


def test_shipped_contracts_are_valid_hold_and_are_covered(call):
    for command in ("validate", "test", "coverage"):
        assert call("contract", command).exit_code == 0
    assert call("contract", "validate").stdout.count("no problem found") == len(IDS)
    tested = json.loads(call("contract", "test", "--json").stdout)
    assert set(tested) == set(IDS)
    assert all(outcome["passed"] for ended in tested.values() for outcome in ended)
    assert "GAP" not in call("contract", "coverage").stdout


def test_an_invalid_file_is_told_by_line_and_key(call, tmp_path):
    file = planted(tmp_path, "energy", ("    reduce: max\n", "    reduce: mean\n"))
    result = call("contract", "validate", file)
    assert result.exit_code == 1
    line = 1 + file.read_text().partition("reduce: mean")[0].count("\n")
    assert result.stdout.startswith(f"{file}:{line}: equations.level_s.reduce: Input should be 'min', 'max' or 'sum'")
    (problem,) = json.loads(call("contract", "validate", file, "--json").stdout)[str(file)]
    assert (problem["line"], problem["key"]) == (line, "equations.level_s.reduce")
    refused = call("contract", "test", file)
    assert (refused.exit_code, f"ContractError: {file}:{line}" in refused.stderr) == (2, True)


def test_a_false_equation_fails_its_tests(call, tmp_path):
    file = planted(tmp_path, "roofline", ("max(compute_s, memory_s, link_s)", "compute_s + memory_s"))
    result = call("contract", "test", file)
    assert result.exit_code == 1
    assert "roofline: falsification test RM-005 FAILED: operator_bound_s == compute_s or " in result.stdout
    assert "fails at " in result.stdout
    assert call("contract", "audit", file).exit_code == 2


def test_an_audit_tells_kill_rates_and_uses(call):
    result = call("contract", "audit", "performance_grading")
    assert result.exit_code == 0
    assert "invariants and falsification tests find 86 of 86 (100.0%)" in result.stdout
    assert "grade is used by grades (gauntlet/hardware/grading.py:" in result.stdout
    (report,) = json.loads(call("contract", "audit", "performance_grading", "--json").stdout)
    assert (len(report["mutants"]), report["survivors"], report["stale"], report["unused"]) == (86, [], [], [])


def test_an_audit_flags_what_survives(call, tmp_path):
    file = planted(tmp_path, "performance_grading")
    head, _, rest = file.read_text().partition("  - id: PG-008\n")
    file.write_text(head + rest[rest.index("  - id: ") :])
    result = call("contract", "audit", file)
    assert result.exit_code == 1
    assert "SURVIVES: grade: where(efficiency > 2 + tolerance, 5" in result.stdout


def test_a_difference_is_told_in_texts_and_numbers(call, tmp_path):
    file = planted(
        tmp_path, "roofline", ("expression: peak_flop_per_s / memory", "expression: 2 * peak_flop_per_s / memory")
    )
    result = call("contract", "diff", file)
    assert result.exit_code == 1
    for expected in (
        "  equations ridge_flop_per_byte\n    - unit: FLOP/B, expression: peak_flop_per_s / memory",
        "ridge_flop_per_byte over its domain: 100% of the points change, x 2 to x 2",
        "asks for a major version",
    ):
        assert expected in result.stdout
    found = json.loads(call("contract", "diff", file, "--json").stdout)
    assert {number["ratio"] for number in found["numbers"]} == {2.0}
    assert found["step"] == "major"


def test_equal_files_do_not_differ_and_other_contracts_are_not_compared(call, tmp_path):
    one = planted(tmp_path, "roofline")
    same = call("contract", "diff", one, one)
    assert (same.exit_code, "nothing differs" in same.stdout) == (0, True)
    words = planted(tmp_path / ".", "energy", ("all of the energy", "the whole energy"))
    assert call("contract", "diff", words).exit_code == 0
    result = call("contract", "diff", one, words)
    assert (result.exit_code, "compare two forms of one contract" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("show", "roof"), "'roof' is no contract in "),
        (("show", "nowhere.yaml"), "nowhere.yaml cannot be read"),
        (("test", "roofline", "--points", "0"), "--points"),
        (("diff", "nowhere.yaml"), "nowhere.yaml cannot be read"),
    ],
)
def test_what_cannot_be_done_is_said(call, words, told):
    result = call("contract", *words)
    assert result.exit_code == 2
    assert told in result.stderr
