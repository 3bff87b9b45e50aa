"""Equations are executed from the file: an edited one changes the ceiling, and scalars and arrays agree."""

import math
import subprocess
import sys
import time
import timeit

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gauntlet.errors import ContractError
from gauntlet.hardware.ceilings import rooflines_of
from gauntlet.hardware.contracts.library import solved, solved_together, using, worded
from gauntlet.hardware.contracts.solver import Solver
from gauntlet.hardware.registry import Registry
from gauntlet.hardware.roofline import decode_limits, operator_bound_s, pipeline_bound_per_s, ridge_flop_per_byte
from tests.hardware.contract_cases import library_with

positive = st.floats(1e-6, 1e18)


def test_editing_an_equation_changes_the_ceiling(tmp_path):
    summed = library_with(tmp_path, "roofline", ("max(compute_s, memory_s, link_s)", "compute_s + memory_s + link_s"))
    assert operator_bound_s(6.0, 4.0, 2.0, 2.0) == 3.0
    with using(summed):
        assert operator_bound_s(6.0, 4.0, 2.0, 2.0) == 5.0
    assert operator_bound_s(6.0, 4.0, 2.0, 2.0) == 3.0


def test_editing_an_equation_changes_the_roofline_of_a_device(tmp_path):
    halved = library_with(
        tmp_path,
        "roofline",
        (
            "expression: peak_flop_per_s / memory_bandwidth_bytes_per_s",
            "expression: peak_flop_per_s / (2 * memory_bandwidth_bytes_per_s)",
        ),
    )
    device = Registry.load().device("h100_sxm5")
    before = [roof.ridge_flop_per_byte for roof in rooflines_of(device).roofs]
    with using(halved):
        assert [2 * roof.ridge_flop_per_byte for roof in rooflines_of(device).roofs] == before


def test_the_registry_in_use_brings_its_own_contracts(tmp_path):
    """In a process of its own, since a process reads its contracts once."""
    registry = tmp_path / "registry"
    (registry / "contracts").mkdir(parents=True)
    library_with(registry / "contracts", "roofline", ("min(peak_flop_per_s,", "min(peak_flop_per_s / 2,"))
    script = "from gauntlet.hardware.roofline import attainable_flop_per_s as rate; print(rate(9.0, 8.0, 1.0))"
    for environment, expected in (({}, "8.0"), ({"GAUNTLET_REGISTRY": str(registry)}, "4.0")):
        done = subprocess.run(
            [sys.executable, "-c", script], env={"PYTHONPATH": ":".join(sys.path), **environment},
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        assert done.stdout.strip() == expected


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(positive, positive, positive, positive), min_size=1, max_size=8))
def test_arrays_give_what_scalars_give_to_two_ulp(rows):
    """RM-005 of the published roofline contract asks for SIMD equal to scalar."""
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    together = operator_bound_s(*columns)
    np.testing.assert_array_max_ulp(together, np.array([operator_bound_s(*row) for row in rows]), maxulp=2)


def test_inputs_broadcast_and_the_result_has_their_shape():
    assert operator_bound_s(np.ones((3, 1)), np.ones((1, 4)), 1.0, 1.0).shape == (3, 4)
    assert isinstance(operator_bound_s(1, 1, 1, 1), np.float64)
    assert operator_bound_s(np.ones((0,)), 1.0, 1.0, 1.0).shape == (0,)
    assert pipeline_bound_per_s(np.ones((2, 1, 3)), np.ones((5, 3))).shape == (2, 5)


def test_each_element_outside_the_domain_has_no_value_alone():
    bound = operator_bound_s([1.0, -1.0, math.nan, math.inf, 2.0], 0.0, 1.0, 1.0)
    np.testing.assert_array_equal(bound, [1.0, math.nan, math.nan, math.nan, 2.0])


def test_labels_are_words_and_nothing_outside_the_domain():
    """7e9 parameters: one sequence waits for memory, a thousand for arithmetic; at 200 / 57.14.. both are equal."""
    batch = [1.0, 1000.0, 357.142857142857142857 / 57.142857142857142857, -1.0]
    limits = decode_limits(batch, 5e12, 200e9, 7e9, 3.5e9)
    assert limits.tolist() == ["bandwidth", "compute", "balanced", ""]
    assert str(worded("performance_grading", "grade", attained_per_s=math.nan, ceiling_per_s=1.0)) == ""


def test_an_unknown_or_missing_name_is_said_with_the_nearest():
    with pytest.raises(ContractError, match=r"'rooflin' is no contract in .*nearest is 'roofline'"):
        solved("rooflin", "operator_bound_s")
    with pytest.raises(ContractError, match="roofline has no equation 'operator_bound'; nearest is 'operator_bound_s'"):
        solved("roofline", "operator_bound")
    with pytest.raises(ContractError, match="needs moved_bytes; give it a value"):
        solved("roofline", "memory_s", memory_bandwidth_bytes_per_s=1.0)
    with pytest.raises(ContractError, match="does not use 'work'; nearest is 'work_flop'"):
        solved("roofline", "compute_s", work_flop=1.0, peak_flop_per_s=1.0, work=2.0)
    with pytest.raises(ContractError, match="capacity_per_s is empty; give one value per resource"):
        pipeline_bound_per_s([], [])


def test_several_equations_come_with_all_on_the_way():
    found = solved_together("roofline", ("operator_bound_s", "ridge_flop_per_byte"), **ROOF)
    assert (found["compute_s"], found["memory_s"], found["operator_bound_s"]) == (2.0, 1.0, 2.0)
    assert found["ridge_flop_per_byte"] == ridge_flop_per_byte(3.0, 2.0) == 1.5


ROOF = {"work_flop": 6.0, "moved_bytes": 2.0, "peak_flop_per_s": 3.0, "memory_bandwidth_bytes_per_s": 2.0}


def test_a_value_that_runs_over_elements_stands_beside_those_that_do_not():
    """Two operators of one and three flops, each with traffic at two levels: energies by hand."""
    found = solved(
        "energy", "dynamic_j", work_flop=[1.0, 3.0], energy_per_flop_j=10.0, level_bytes=[[1.0, 2.0], [3.0, 4.0]],
        energy_per_byte_j=[100.0, 1000.0],
    )  # fmt: skip
    np.testing.assert_array_equal(found, [2110.0, 4330.0])


def test_a_plain_symbol_is_lifted_inside_a_reduced_equation(tmp_path):
    """demand = 2 units of both resources, halved by a plain symbol: the bound doubles."""
    library = library_with(
        tmp_path,
        "roofline",
        ("expression: capacity_per_s / demand_per_unit", "expression: capacity_per_s * total_work / demand_per_unit"),
    )
    solver = Solver(library.contract("roofline"), "pipeline_bound_per_s")
    found = solver(
        {"capacity_per_s": [[6.0, 8.0], [1.0, 5.0]], "demand_per_unit": [2.0, 2.0], "total_work": [1.0, 2.0]}
    )
    np.testing.assert_array_equal(found, [3.0, 1.0])


def test_a_broken_contract_fails_where_it_is_used(tmp_path):
    library = library_with(tmp_path, "roofline", ("work_flop / peak_flop_per_s", "work_flop / peak_flops"))
    with (
        using(library),
        pytest.raises(ContractError, match=r"roofline\.yaml:\d+: equations\.compute_s\.expression: 'peak_flops'"),
    ):
        operator_bound_s(1.0, 1.0, 1.0, 1.0)


def test_a_file_under_another_name_is_no_contract_of_that_name(tmp_path):
    library = library_with(tmp_path, "roofline", ("id: roofline", "id: rooflines"))
    with pytest.raises(ContractError, match="states the id 'rooflines'"):
        library.contract("roofline")


def by_hand(work_flop, moved_bytes, peak_flop_per_s, bandwidth_bytes_per_s):
    """The same bound as plain numpy code has it, with the same refusals."""
    demands = [np.asarray(each, dtype=np.float64) for each in (work_flop, moved_bytes, 0.0)]
    demands = [np.where(each >= 0, each, np.nan) for each in demands]
    rates = [np.asarray(each, dtype=np.float64) for each in (peak_flop_per_s, bandwidth_bytes_per_s, np.inf)]
    rates = [np.where(each > 0, each, np.nan) for each in rates]
    times = [demand / rate for demand, rate in zip(demands, rates, strict=True)]
    return np.maximum(np.maximum(times[0], times[1]), times[2])


@pytest.mark.parametrize("points", [1, 1000, 100_000])
def test_executing_the_file_costs_no_more_than_code_does(points):
    """Within 20 % of the code that the contract replaced: the fastest of alternate turns, as neighbours only delay."""
    random = np.random.default_rng(1)
    given = [1.0, 2.0, 3.0, 4.0] if points == 1 else [*random.random((2, points)), 3.0, 4.0]
    np.testing.assert_array_equal(operator_bound_s(*given), by_hand(*given))
    ours, theirs, calls = math.inf, math.inf, max(3, 300 // points)
    for _ in range(60):
        ours = min(ours, timeit.timeit(lambda: operator_bound_s(*given), timer=time.process_time, number=calls))
        theirs = min(theirs, timeit.timeit(lambda: by_hand(*given), timer=time.process_time, number=calls))
    assert ours <= 1.2 * theirs
