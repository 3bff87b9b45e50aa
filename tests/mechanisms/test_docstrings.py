"""Docstrings are complete, their doctests pass, and they say what record and code say.

Every check is a function that returns complaints; the planted violations at the end prove that it can complain.
"""

import ast
import dataclasses
import doctest
import importlib
import inspect
import re
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from gauntlet import mechanisms
from gauntlet.mechanisms.catalogue import ValidityWarning, catalogue, find

PROMISED = """
amat amdahl attention_core_cost batching_amortisation bloom_filter brent_bound btree_io bulk_service_mm1b
che_lru_zipf checkpoint_interval closed_network_bounds collective_time conflict_probability_uniform
conflict_probability_zipf consensus_message_counts decode_step_time disk_service_time dynamic_batching ecm
energy_op_byte energy_roofline finite_source_mmc fork_join gemm_cost gg1_kingman ggc_allen_cunneen gpu_occupancy
gpu_wave_quantisation gray_lock_conflict_rates group_commit gustafson hedged_request hierarchical_allreduce
hierarchical_roofline hockney hot_key_serialisation incast_threshold interactive_response_time jsq_two_servers
kofn_heterogeneous_exponential kv_cache_bytes leader_bottleneck_throughput littles_law loggp logp_broadcast lsm_tree
mathis_tcp max_load_balls_bins mg1_pk mg1_priority_nonpreemptive mg1_priority_preemptive_resume mg1_ps mm1 mm1k mmc
mmcc_erlang_b moe_expert_coverage mva_exact mva_schweitzer mxm1_batch_arrivals numa_access occ_goodput open_jackson
operational_laws order_statistic padhye_tcp pipeline_bubble pipeline_makespan polling_symmetric power_of_d
quorum_commit_latency raid_iops rdma_operation retry_cost roofline server_power size_based_scheduling_mm1
speculative_decoding split_merge ssd_write_amplification systolic_gemm_output_stationary tail_at_scale
tensor_parallel_communication thomasian_2pl thomasian_thrash_point transformer_training_compute ttl_cache
two_phase_commit_latency usl wan_commit_latency window_limited_throughput zipf_skew
"""
"""Names that the catalogue holds; others may join them."""

MOST_LINES = 30
LAYOUT = re.compile(
    r"(?P<head>[^\n]+\.)\n\n(?P<lead>.+?)\nDomain: (?P<domain>.+?\.)\nSource: (?P<source>.+?\.)\n\n"
    r">>> [^\n]+(\n[^\n]+)*",
    re.DOTALL,
)
OPERATION = re.compile(r" (=|<=|>=|\+|-|/|x) |\^|\d [A-Za-z(]")
YEAR_OR_DERIVATION = re.compile(r"\b(1[6-9]|20)\d\d\b|\b(derived|counting)\b")
SOURCES = {path.name: path.read_text(encoding="utf-8") for path in Path(mechanisms.__path__[0]).glob("*.py")}


def missing(present):
    """Promised names that are not there."""
    return set(PROMISED.split()) - set(present)


def form(text):
    """Complaints about what a docstring lacks."""
    parts = LAYOUT.fullmatch(text)
    if parts is None:
        return ["layout: expected first line, what it counts, Domain:, Source: and, last, one doctest"]
    wanted = {
        "no equation in the first line": OPERATION.search(parts["head"]),
        "does not say 'Counts ...'": "ounts " in parts["lead"],
        "does not say 'leaves out ...'": "eaves out" in " ".join(parts["lead"].split()),
        "one Domain and one Source": text.count("Domain: ") == text.count("Source: ") == 1,
        "no year in Source": YEAR_OR_DERIVATION.search(parts["source"]),
    }
    return [complaint for complaint, fulfilled in wanted.items() if not fulfilled]


def names(text, primitive):
    """Complaints about arguments that are not mentioned, and about quoted names that nothing has."""
    mentioned = {name for name in primitive.arguments if re.search(rf"(?<!\w){name}(?!\w)", text)}
    known = {*primitive.arguments, *primitive.outputs, *catalogue()}
    return [f"argument {name} is not mentioned" for name in primitive.arguments if name not in mentioned] + [
        f"`{name}` is no argument, output or primitive" for name in re.findall(r"`(\w+)`", text) if name not in known
    ]


def run(text, primitive):
    """Complaints of the doctest, run with the names of the primitive's module."""
    module, name = vars(sys.modules[primitive.function.__module__]), primitive.name
    test = doctest.DocTestParser().get_doctest(text, dict(module), name, f"docstring of {name}", 0)
    code = "".join(example.source for example in test.examples)
    found = [] if f"{name}(" in code else [f"doctest does not call {name}"]
    if not any(f".{output}" in code for output in primitive.outputs):
        found.append("doctest shows no output by its name")
    doctest.DocTestRunner(verbose=False).run(test, out=found.append)
    return found


def agree(text, primitive):
    """Complaints about a record that says other than the docstring."""
    wrong = []
    inexact = "approximat" in text.lower()
    if inexact != (primitive.model_form_error > 0):
        word = "speaks of an approximation" if inexact else "does not say 'approximat...'"
        wrong.append(f"model_form_error is {primitive.model_form_error:g}, but the docstring {word}")
    for argument, moved in primitive.signs.items():
        wrong += [f"signs of {argument}: no output {name}" for name in moved if name not in primitive.outputs]
    if any(">>>" in part for part in (primitive.description, primitive.validity, primitive.source)):
        wrong.append("the doctest leaks into the catalogue")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ValidityWarning)
            result = primitive.function(**primitive.example)
    except (TypeError, ValueError) as refusal:
        return [*wrong, f"example is refused: {refusal}"]
    empty = [name for name, value in result._asdict().items() if np.isnan(value).any()]
    return wrong + [f"example gives no {name}" for name in empty]


def complaints(text, primitive):
    return [*form(text), *names(text, primitive), *run(text, primitive), *agree(text, primitive)]


def too_long(source):
    """Functions whose body, without docstring and blank lines, has more lines than is readable at once."""
    lines, found = source.splitlines(), []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            written = [line for part in body for line in lines[part.lineno - 1 : part.end_lineno] if line.strip()]
            found += [node.name] * (len(written) > MOST_LINES)
    return found


def test_the_catalogue_holds_what_it_has_promised():
    assert len(PROMISED.split()) == len(set(PROMISED.split())) == 92
    assert missing(catalogue()) == set()


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_the_docstring_is_complete_and_right(name):
    wrong = complaints(inspect.getdoc(find(name).function), find(name))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_doctests_of_other_functions_pass(name):
    assert doctest.testmod(importlib.import_module(f"{mechanisms.__name__}.{Path(name).stem}")).failed == 0


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_functions_can_be_read_at_once(name):
    assert not too_long(SOURCES[name])


PLANTED = [  # in the docstring of mm1
    (r": rho = .*", ", the simplest queue there is.", "no equation"),
    (r"Counts", "Has", "Counts"),
    (r"Leaves out", "Without", "leaves out"),
    (r"Domain: [^\n]*", "Domain:", "layout"),
    (r"Source: ", "By: ", "layout"),
    (r"Domain: ", "Domain: any. Domain: ", "one Domain"),
    (r"\b(19|20)\d\d\b", "", "no year"),
    (r"service_time_s", "mean_time_s", "argument service_time_s is not mentioned"),
    (r"`quantile`", "`quantile` (not `percentile`)", "`percentile` is no argument"),
    (r"\n\n>>>.*", "", "layout"),
    (r"\Z", "\n\nWords after the doctest.", "layout"),
    (r"0\.002\Z", "0.003", "Got"),
    (r">>> .*", ">>> 1 + 1\n2", "does not call mm1"),
    (r"\.mean_response_s", "[2]", "no output by its name"),
    (r"infinite room", "approximately infinite room", "speaks of an approximation"),
]


@pytest.mark.parametrize(("pattern", "instead", "complaint"), PLANTED)
def test_a_planted_fault_of_a_docstring_is_found(pattern, instead, complaint):
    text = inspect.getdoc(find("mm1").function)
    changed = re.sub(pattern, instead, text, flags=re.DOTALL if pattern.endswith(">>>.*") else 0)
    assert changed != text
    assert complaint in "\n".join(complaints(changed, find("mm1")))


@pytest.mark.parametrize(
    ("name", "change", "complaint"),
    [
        ("mm1", {"model_form_error": 0.1}, "model_form_error is 0.1"),
        ("fork_join", {"model_form_error": 0.0}, "speaks of an approximation"),
        ("mm1", {"signs": {"service_time_s": {"mean_respons_s": "+"}}}, "no output mean_respons_s"),
        ("mm1", {"source": "Kleinrock, 1975. >>> mm1(500.0, 1e-3)"}, "leaks"),
        ("mm1", {"example": {"arrival_rate_per_s": -1.0, "service_time_s": 1e-3}}, "example is refused"),
        ("mm1", {"example": {"arrival_rate_per_s": 1.0}}, "example is refused"),
        ("thomasian_2pl", {"example": {"conflict_alpha": 0.3}}, "example gives no blocked_fraction"),
    ],
)
def test_a_planted_fault_of_a_record_is_found(name, change, complaint):
    record = dataclasses.replace(find(name), **change)
    assert complaint in "\n".join(agree(inspect.getdoc(record.function), record))


def test_a_missing_name_and_a_long_function_are_found():
    assert missing(set(PROMISED.split()) - {"mm1"}) == {"mm1"}
    body = "    x = 1\n" * MOST_LINES
    assert too_long(f'def f():\n    """Words.\n\n    More.\n    """\n\n{body}') == []
    assert too_long(f"def f():\n{body}    return x\n") == ["f"]
