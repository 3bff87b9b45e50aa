"""The mistakes that an audit plants, and that those of an edited file are found by the tests in that very file."""

import pytest

from gauntlet.errors import ContractError
from gauntlet.hardware.contracts.audit import audited, survivors, uses
from gauntlet.hardware.contracts.check import load_contract
from gauntlet.hardware.contracts.coverage import coverage, gaps
from gauntlet.hardware.contracts.diff import difference
from gauntlet.hardware.contracts.mutants import equation_mutants, mutants
from gauntlet.hardware.contracts.testing import outcomes
from tests.hardware.contract_cases import SHIPPED, planted


def texts(contract, equation):
    return {mutant.what for mutant in equation_mutants(SHIPPED.contract(contract), equation)}


def test_mistakes_of_a_quotient_by_hand():
    """Flipped, one side alone, upside down, and each symbol taken for the other where their dimensions agree."""
    assert texts("performance_grading", "efficiency") == {
        "attained_per_s * ceiling_per_s", "attained_per_s - ceiling_per_s", "attained_per_s", "ceiling_per_s",
        "ceiling_per_s / attained_per_s", "ceiling_per_s / ceiling_per_s", "attained_per_s / attained_per_s",
    }  # fmt: skip


def test_mistakes_of_a_limit_by_hand():
    assert texts("least_traffic", "repeated_traffic_bytes") >= {
        "min(working_set_bytes - cache_bytes, 0)", "working_set_bytes - cache_bytes", "0",
        "max(working_set_bytes + cache_bytes, 0)", "max(cache_bytes - working_set_bytes, 0)",
        "max(working_set_bytes, 0)", "max(working_set_bytes - cache_bytes, 1)",
    }  # fmt: skip
    assert {"reduce: max", "reduce: sum"} <= texts("roofline", "pipeline_bound_per_s")
    assert "where(efficiency >= 1 + tolerance" in " ".join(texts("performance_grading", "grade"))


def test_a_domain_is_opened_closed_and_forgotten():
    found = {
        mutant.what for mutant in mutants(SHIPPED.contract("kv_cache_sizing")) if mutant.place == "usable_fraction"
    }
    assert found == {"domain [0, 1]", "domain (0, 1)", "domain (-inf, 1]", "domain (0, inf]"}


EDITS = [
    ("roofline", "max(compute_s, memory_s, link_s)", "min(compute_s, memory_s, link_s)", "no_faster_than_arithmetic"),
    ("roofline", "max(compute_s, memory_s, link_s)", "compute_s + memory_s + link_s", "RM-005"),
    ("roofline", "max(compute_s, memory_s, link_s)", "max(compute_s, memory_s)", "no_faster_than_link"),
    ("roofline", "expression: peak_flop_per_s / memory", "expression: 1.01 * peak_flop_per_s / memory", "RM-008"),
    ("least_traffic", "sqrt(fast_elements) - 2 *", "sqrt(fast_elements) - 1 *", "LT-007"),
    ("decode_ceiling", "bits_per_parameter / bits_per_byte", "bits_per_parameter / 8 / bits_per_byte", "DC-002"),
    ("decode_ceiling", "expression: batch * memory_bandwidth", "expression: memory_bandwidth", "DC-006"),
    ("decode_ceiling", "(2 * active_parameters +", "(2.02 * active_parameters +", "DC-007"),
    ("decode_ceiling", "expression: min(memory", "expression: 1.01 * min(memory", "below_memory"),
    ("kv_cache_sizing", "expression: 2 * layers * kv_heads", "expression: layers * kv_heads", "KV-002"),
    ("kv_cache_sizing", "ceil(kv_heads / tensor_parallel)", "(kv_heads / tensor_parallel)", "KV-006"),
    ("kernel_launch_budget", "max(device_s, launching_s)", "device_s + launching_s", "KL-005"),
    ("performance_grading", "efficiency > 1 + tolerance", "efficiency > 2 + tolerance", "PG-008"),
    ("energy", "expression: idle_w * time_s", "expression: power_limit_w * time_s", "EN-008"),
    ("energy", "reduce: sum", "reduce: max", "EN-006"),
]  # fmt: skip


@pytest.mark.parametrize(("contract", "old", "new", "caught_by"), EDITS)
def test_an_edited_file_fails_its_own_tests(tmp_path, contract, old, new, caught_by):
    """By hand, and beyond the operators of the audit: factors of 1.01, and errors that other systems have made."""
    edited = load_contract(planted(tmp_path, contract, (f"{old}", f"{new}")))
    failed = {outcome.id: outcome.why for outcome in outcomes(edited) if not outcome.passed}
    assert caught_by in failed
    assert "fails at " in failed[caught_by]


def test_a_wider_domain_is_told_by_the_test_that_refuses(tmp_path):
    edited = load_contract(
        planted(tmp_path, "roofline", ('domain: "(0, inf]", meaning: "dense', 'domain: "[0, inf]", meaning: "dense'))
    )
    failed = {outcome.id: outcome.why for outcome in outcomes(edited) if not outcome.passed}
    assert "compute_s has a value at peak_flop_per_s = 0" in failed["RM-001"]


def test_a_wrong_vector_is_told_with_both_values(tmp_path):
    edited = load_contract(planted(tmp_path, "roofline", ("operator_bound_s: 0.1}", "operator_bound_s: 0.2}")))
    (failed,) = [outcome for outcome in outcomes(edited) if not outcome.passed]
    assert (failed.id, failed.why) == ("slow_link", "operator_bound_s is 0.1, expected 0.2 within 1e-09")
    worded = load_contract(planted(tmp_path, "performance_grading", ("grade: C}", "grade: B}")))
    (failed,) = [outcome for outcome in outcomes(worded) if not outcome.passed]
    assert failed.why == "grade is C, expected B"


def without(file, test_id):
    """The file without one of its falsification tests."""
    head, _, rest = file.read_text().partition(f"  - id: {test_id}\n")
    file.write_text(head + rest[rest.index("  - id: ") :])
    return file


def test_an_audit_names_what_lost_its_test(tmp_path):
    """Nothing but KL-009 says that no launch more would fit, or that launches are whole."""
    report = audited(load_contract(without(planted(tmp_path, "kernel_launch_budget"), "KL-009")), uses())
    assert ("launches_afforded", "max(step_budget_s - device_s, 0) / launch_s") in {
        fate[:2] for fate in report.survivors
    }
    assert {fate.place for fate in report.survivors} == {"launches_afforded"}
    assert survivors(report.fates) == list(report.survivors)


def test_an_audit_looks_at_ties_that_random_numbers_never_hit(tmp_path):
    file = planted(tmp_path, "performance_grading")
    for test_id in ("PG-010", "PG-011", "PG-012"):
        without(file, test_id)
    left = {fate.what for fate in audited(load_contract(file), []).survivors}
    assert any(text.startswith("where(efficiency >= 1 + tolerance, 5") for text in left)
    assert any("where(efficiency > 0.5, 4" in text for text in left)


def test_an_audit_wants_a_contract_that_holds(tmp_path):
    edited = load_contract(planted(tmp_path, "energy", ("reduce: sum", "reduce: max")))
    with pytest.raises(ContractError, match=r"energy fails .*EN-006.* as it is"):
        audited(edited, [])


def test_uses_that_point_nowhere_and_equations_that_nobody_uses_are_named(tmp_path):
    file = planted(tmp_path, "kv_cache_sizing")
    file.write_text(file.read_text().replace("largest_batch", "greatest_batch"))
    report = audited(load_contract(file), uses())
    assert [(use.equation, use.function) for use in report.stale] == [("largest_batch", "largest_batch")]
    assert report.unused == ["greatest_batch"]


def test_gaps_of_coverage_are_named(tmp_path):
    contract = load_contract(without(planted(tmp_path, "kernel_launch_budget"), "KL-006"))
    assert "obligation tight owes launch_ceiling_tokens_per_s, but none of its tests reaches that" in list(
        gaps(contract, coverage(contract))
    )


def test_differences_of_texts_and_numbers_by_hand(tmp_path):
    """Twice the factor of the ridge doubles it everywhere, and nothing else."""
    old = SHIPPED.contract("roofline")
    edited = load_contract(
        planted(
            tmp_path, "roofline", ("expression: peak_flop_per_s / memory", "expression: 2 * peak_flop_per_s / memory")
        )
    )
    found = difference(old, edited)
    assert [(change.part, change.name) for change in found.texts] == [("equations", "ridge_flop_per_byte")]
    with_ridge = {"h100_product", "a100_ridge", "slow_link"}  # vectors that give both a peak and a bandwidth
    assert {(each.vector, each.equation, each.ratio) for each in found.numbers} == {
        (vector, "ridge_flop_per_byte", 2.0) for vector in with_ridge
    }
    (shift,) = found.shifts
    assert shift == ("ridge_flop_per_byte", 1.0, pytest.approx(2.0), pytest.approx(2.0))
    assert found.step == "major"


TWICE = """\
  twice_s:
    unit: s
    expression: 2 * compute_s
    meaning: "twice that time"
    source: williams
"""


@pytest.mark.parametrize(
    ("swap", "step"),
    [
        (("version: 1.0.0", "version: 1.0.0"), "none"),
        (("date: 2009-04", "date: 2009-05"), "patch"),
        (("  memory_s:\n", f"{TWICE}  memory_s:\n"), "minor"),
        (('meaning: "arithmetic of', 'draw: [1, 2], meaning: "arithmetic of'), "patch"),
    ],
)  # fmt: skip
def test_the_step_of_a_version_follows_from_what_changed(tmp_path, swap, step):
    assert difference(SHIPPED.contract("roofline"), load_contract(planted(tmp_path, "roofline", swap))).step == step
