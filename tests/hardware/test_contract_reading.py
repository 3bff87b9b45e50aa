"""A mistake in a contract file is named with file, line and key; each is planted in a shipped one."""

from pathlib import Path

import pytest

from gauntlet.errors import ContractError
from gauntlet.hardware.contracts.check import load_contract
from gauntlet.hardware.contracts.promises import problems
from gauntlet.hardware.contracts.reading import LARGEST_BYTES
from tests.hardware.contract_cases import planted

RIDGE = "expression: peak_flop_per_s / memory_bandwidth_bytes_per_s"
TEXT_OF_RIDGE = "equations.ridge_flop_per_byte.expression"


def line_of(file: Path, text: str) -> int:
    return 1 + file.read_text(encoding="utf-8").partition(text)[0].count("\n")


@pytest.mark.parametrize(
    ("old", "new", "at", "key", "words"),
    [
        (RIDGE, RIDGE + "\n    colour: red", "colour: red", "equations.ridge_flop_per_byte.colour", "is no key of"),
        ("version: 1.0.0", "version: one", "version: one", "version", "should match pattern"),
        ("version: 1.0.0\n", "", "id: roofline", "version", "is missing; add it"),
        ("    source: williams\n", "", "  compute_s:", "equations.compute_s.source", "is missing; add it"),
        ("    source: williams\n", "    source: wiliams\n", "source: wiliams", "equations.compute_s.source",
         "nearest is 'williams'"),
        (", date: 2009-04}", "}", "williams: {title", "sources.williams.date", "is missing"),
        ("date: 2009-04}", "date: 2009}", "date: 2009}", "sources.williams.date", "put it in quotes"),
        ('domain: "(0, inf]", meaning: "dense', 'domain: "(inf, 0]", meaning: "dense', "(inf, 0]",
         "symbols.peak_flop_per_s.domain", 'such as "(0, inf)"'),
        ("unit: FLOP/s, domain", "unit: FLOP/z, domain", "FLOP/z", "symbols.peak_flop_per_s.unit", "'FLOP/z'"),
        ("default: 0, meaning", "default: -1, meaning", "default: -1", "symbols.link_bytes.default",
         "-1 is outside the domain [0, inf)"),
        ("default: 0, meaning", "default: 5, meaning", "default: 5", "symbols.link_bytes.default",
         "a number with a meaning has a source"),
        (RIDGE, "expression: peak_flop_per_s * memory_bandwidth_bytes_per_s", "expression: peak_flop_per_s * memory",
         TEXT_OF_RIDGE, "the unit of ridge_flop_per_byte is 'FLOP/B'"),
        (RIDGE, "expression: peak_flop_per_s + memory_s", "expression: peak_flop_per_s + memory_s", TEXT_OF_RIDGE,
         "+ joins 'peak_flop_per_s' [1/s] and 'memory_s' [s]"),
        (RIDGE, "expression: peak / memory_s", "expression: peak / memory_s", TEXT_OF_RIDGE,
         "'peak' is no symbol or equation of this contract"),
        (RIDGE, "expression: pipeline_bound_per_s / 2", "expression: pipeline_bound_per_s / 2", TEXT_OF_RIDGE,
         "'pipeline_bound_per_s' does not stand above"),
        (RIDGE, "expression: ridge_flop_per_byte", "expression: ridge_flop_per_byte", TEXT_OF_RIDGE,
         "does not stand above"),
        (RIDGE, "expression: __import__('os')", "expression: __import__", TEXT_OF_RIDGE,
         "is no function and no primitive"),
        (RIDGE, RIDGE + "\n    reduce: min", RIDGE, TEXT_OF_RIDGE, "take 'reduce' out"),
        ('per: resource, meaning: "what each', 'per: disk, meaning: "what each', "expression: capacity_per_s",
         "equations.pipeline_bound_per_s.expression", "mixes values per disk and per resource"),
        ("  memory_s:\n", "  peak_flop_per_s:\n", "  peak_flop_per_s:\n    unit: s", "equations.peak_flop_per_s",
         "is the name of a symbol too"),
        ("  critical_path_s: {", "  mm1: {", "  mm1: {", "symbols.mm1", "is a function or primitive"),
        ("  critical_path_s: {", "  changed_path_s: {", "  changed_path_s: {", "symbols.changed_path_s",
         "belong to falsification tests"),
        ("holds: operator_bound_s >= compute_s", "holds: operator_bound_s >= work_flop", "work_flop, meaning",
         "invariants.no_faster_than_arithmetic.holds", "a comparison joins"),
        ("holds: operator_bound_s >= compute_s", "holds: operator_bound_s - compute_s", "operator_bound_s - compute_s",
         "invariants.no_faster_than_arithmetic.holds", "is no condition"),
        ("holds: operator_bound_s >= compute_s", "holds: link_bytes >= 0", "holds: link_bytes >= 0",
         "invariants.no_faster_than_arithmetic.holds", "uses no equation"),
        ("equations: [compute_s, memory_s, link_s]", "equations: [compute_s, memory, link_s]",
         "equations: [compute_s, memory,", "obligations.demands_are_met.equations", "'memory' is no equation"),
        ("{id: monotone,", "{id: rising,", "{id: rising,", "obligations.rising", "nothing tries to refute 'rising'"),
        ("    obligation: monotone", "    obligation: rising", "obligation: rising",
         "falsification_tests.RM-014.obligation", "'rising' is no obligation"),
        ("    holds: compute_s *", "    rejects: {work_flop: [-1]}\n    holds: compute_s *", "  - id: RM-002",
         "falsification_tests.RM-002", "either 'holds' or 'rejects'"),
        ("draw: {grown: [1, 1.0e+3]}", "draw: {grown: [1, 1.0e+3], shrunk: [1, 2]}", "shrunk",
         "falsification_tests.RM-015.draw.shrunk", "is used by nothing"),
        ("draw: {grown: [1, 1.0e+3]}", "draw: {grown: [0, 1.0e+3]}", "grown: [0",
         "falsification_tests.RM-015.draw.grown", "between two positive numbers"),
        ("change: {capacity_per_s: grown", "change: {capacity: grown", "change: {capacity:",
         "falsification_tests.RM-015.change.capacity", "'capacity' is no symbol"),
        ("grown * capacity_per_s}", "grown * demand_per_unit}", "change: {capacity_per_s: grown * demand",
         "falsification_tests.RM-015.change.capacity_per_s", "the unit of capacity_per_s"),
        ("at: {demand_per_unit: [2]}", "at: {link_bytes: [2]}", "at: {link_bytes: [2]}",
         "falsification_tests.RM-011.at.link_bytes", "is one number"),
        ("- id: RM-003", "- id: RM-002", "falsification_tests:", "falsification_tests", "'RM-002' is there twice"),
        ("- id: RM-003", "- id: third", "- id: third", "falsification_tests.third.id", "should match pattern"),
        ("    source: h100\n", "    source: h200\n", "source: h200", "vectors.h100_product.source",
         "'h200' is no source"),
        ("    source: h100\n", "    source: a100\n", "  h100:", "sources.h100", "is used by nothing"),
        ("given: {critical_path_s: 1, ", "given: {", "    given: {total_work: 8", "vectors.path_and_area.given",
         "concurrent_bound_s needs critical_path_s too"),
        ("expected: {concurrent_bound_s: 2}", "expected: {concurrent_bound_s: two}", "concurrent_bound_s: two",
         "vectors.path_and_area.expected.concurrent_bound_s", "'two' is no word"),
    ],
)  # fmt: skip
def test_a_planted_mistake_is_named_where_it_is(tmp_path, old, new, at, key, words):
    file = planted(tmp_path, "roofline", (old, new))
    found = [str(problem) for problem in problems(file)]
    expected = f"{file}:{line_of(file, at)}: {key}: "
    assert any(line.startswith(expected) and words in line for line in found), (expected, found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "a contract is a mapping"),
        ("- 1\n- 2", "a contract is a mapping"),
        ("id: roofline\nid: roofline", ":2: is not plain YAML: 'id' is stated twice"),
        ("id: &a roofline\ntitle: *a", "is not plain YAML: an alias (*name)"),
        ("id: !!python/object:os.system x", "is not plain YAML: could not determine a constructor"),
        ("id: roofline\ntitle: ]", ":2: is not plain YAML"),
        ("[" * 40 + "]" * 40, "nested too deeply"),
        ("id: 2001-99-99", "holds a value that YAML does not allow"),
        ("x" * (LARGEST_BYTES + 1), "is larger than 200000 bytes"),
    ],
)
def test_what_is_no_plain_mapping_is_refused(tmp_path, text, words):
    file = tmp_path / "x.yaml"
    file.write_text(text, encoding="utf-8")
    try:
        told = "\n".join(map(str, problems(file)))
    except ContractError as error:
        told = str(error)
    assert told.startswith(str(file))
    assert words in told


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.write_bytes(b"\xff\xfe\x00"), Path.mkdir])
def test_a_file_that_cannot_be_read_is_refused(tmp_path, make):
    make(tmp_path / "x.yaml")
    with pytest.raises(ContractError, match=r"x\.yaml cannot be read"):
        load_contract(tmp_path / "x.yaml")


def test_what_rests_on_a_broken_equation_is_not_blamed_for_it(tmp_path):
    """step_bytes is broken; the ceilings and the label that rest on it, one upon the other, are not told."""
    file = planted(tmp_path, "decode_ceiling", ("expression: touched_weight_bytes +", "expression: touched_bytes +"))
    assert [problem.key for problem in problems(file)] == ["equations.step_bytes.expression"]


def test_only_the_first_of_very_many_problems_are_raised(tmp_path):
    file = planted(tmp_path, "roofline")
    file.write_text(file.read_text().replace("    source: ", "    source: no").replace("{unit: ", "{unit: z"))
    with pytest.raises(ContractError, match=r"and \d+ more; 'gauntlet contract validate' lists them all") as caught:
        load_contract(file)
    assert len(str(caught.value).splitlines()) == 13
