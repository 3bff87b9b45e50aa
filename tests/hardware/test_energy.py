"""Energy with one traffic: bytes against simulated caches, power against its limit, and the errors of other systems."""

from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gauntlet.hardware.energy import crossing_bytes, operator_energy, traffic_bound_s
from gauntlet.hardware.registry import Registry

LINE_BYTES = 64.0
COEFFICIENTS = {"energy_per_flop_j": 5e-13, "energy_per_byte_j": [1e-12, 5e-12, 3e-11], "idle_w": 50.0}


def misses_of(trace, lines):
    """Addresses that a fully associative cache with least-recently-used replacement passes on."""
    kept: OrderedDict[int, None] = OrderedDict()
    missed = []
    for line in trace:
        if line in kept:
            kept.move_to_end(line)
            continue
        missed.append(line)
        kept[line] = None
        if len(kept) > lines:
            kept.popitem(last=False)
    return missed


def test_crossing_bytes_are_those_of_simulated_caches():
    """Two levels and memory, a random trace with reuse: every line is counted once at each level that it reaches."""
    trace = np.random.default_rng(3).zipf(1.4, 4000) % 400
    first = misses_of(trace.tolist(), 16)
    second = misses_of(first, 64)
    counted = LINE_BYTES * np.array([len(trace), len(first), len(second)])
    ratios = [len(first) / len(trace), len(second) / len(first)]
    np.testing.assert_allclose(crossing_bytes(LINE_BYTES * len(trace), ratios), counted, rtol=1e-12)
    assert counted[0] > counted[1] > counted[2] > 0


def test_a_miss_costs_each_level_that_it_crosses():
    """One byte that misses everywhere: 1 + 5 + 30 pJ, not 30 pJ alone; one that hits at once: 1 pJ."""
    for ratios, expected in (([1.0, 1.0], 36e-12), ([0.0, 0.0], 1e-12), ([1.0, 0.0], 6e-12)):
        energy = operator_energy(0.0, crossing_bytes(1.0, ratios), 1.0, **COEFFICIENTS)
        assert energy.dynamic_j == pytest.approx(expected, rel=1e-12)


def test_time_and_energy_move_with_the_same_bytes():
    """Half the misses: half the time of a memory-bound operator and half the energy of its memory."""
    all_of_it, half = (crossing_bytes(1e9, [[1.0, share]]) for share in (1.0, 0.5))
    rates = {"peak_flop_per_s": 1e15, "level_bandwidth_bytes_per_s": [1e14, 1e13, 1e11]}
    assert traffic_bound_s(1e6, half, **rates) == traffic_bound_s(1e6, all_of_it, **rates) / 2
    saved = [operator_energy(0.0, moved, 1.0, **COEFFICIENTS).dynamic_j for moved in (all_of_it, half)]
    np.testing.assert_allclose(saved[0] - saved[1], 0.5 * 1e9 * 3e-11, rtol=1e-12)


positive = st.floats(1e-3, 1e6)


@given(positive, positive, positive, st.floats(0, 1e3), st.floats(1.0, 1e3))
def test_mean_power_never_exceeds_the_limit(dynamic, time, joule_per_flop, idle, room):
    energy = operator_energy(
        dynamic, [0.0], time, energy_per_flop_j=joule_per_flop, energy_per_byte_j=[0.0], idle_w=idle,
        power_limit_w=idle + room,
    )  # fmt: skip
    assert energy.mean_power_w <= (idle + room) * (1 + 1e-9)
    assert energy.time_s >= time
    assert energy.energy_j == pytest.approx(energy.dynamic_j + energy.idle_j, rel=1e-12)
    stretched = dynamic * joule_per_flop / room
    assert energy.time_s == pytest.approx(max(time, stretched), rel=1e-12)


def test_idle_power_is_charged_once_and_wasted_only_while_idle():
    """45.2 ms at 50 W idle take 2.26 J before any work; at 7.8 % utilisation 2.084 J of them are wasted."""
    energy = operator_energy(0.0, [0.0], 0.0452, energy_per_flop_j=0.0, energy_per_byte_j=[0.0], idle_w=50.0,
                             utilisation=0.078)  # fmt: skip
    assert energy.energy_j == energy.idle_j == pytest.approx(2.26, rel=1e-12)
    assert energy.idle_waste_j == pytest.approx(2.08372, rel=1e-12)
    assert energy.useful_fraction == 0.0


def test_energy_of_a_token_with_the_priors_of_the_registry_by_hand():
    """8e9 weights of 2 bytes from HBM: 0.512 J at 32 pJ/B, 9.6 mJ at 0.6 pJ/FLOP, 0.478 J at 100 W idle."""
    registry = Registry.load()
    bandwidth = registry.value("h100_sxm5", "memory_bandwidth_bytes_per_s").value
    moved = np.array([16e9])
    time_s = traffic_bound_s(16e9, moved, 1e15, [bandwidth])
    energy = operator_energy(
        16e9, moved, time_s, energy_per_flop_j=registry.prior("energy.fp16_tensor_flop").typical,
        energy_per_byte_j=[registry.prior("energy.hbm_byte").typical], idle_w=100.0, power_limit_w=700.0, results=1.0,
    )  # fmt: skip
    assert energy.energy_per_result_j == pytest.approx(0.512 + 0.0096 + 100 * 16e9 / 3.35e12, rel=1e-9)


@pytest.mark.parametrize(("accessed", "ratios"), [(-1.0, [0.5]), (1.0, [1.5]), (1.0, [-0.1]), (1.0, [np.nan])])
def test_traffic_outside_the_domain_has_no_value(accessed, ratios):
    assert np.isnan(crossing_bytes(accessed, ratios)[-1])


def test_shapes_broadcast_over_operators_and_levels():
    moved = crossing_bytes(np.array([1.0, 2.0, 4.0]), [0.5, 0.5])
    assert moved.tolist() == [[1.0, 0.5, 0.25], [2.0, 1.0, 0.5], [4.0, 2.0, 1.0]]
    energy = operator_energy(np.ones(3), moved, np.ones(3), **COEFFICIENTS)
    assert energy.energy_j.shape == (3,)


def test_a_device_that_idles_above_its_limit_never_finishes():
    energy = operator_energy(1.0, [0.0], 1.0, energy_per_flop_j=1.0, energy_per_byte_j=[0.0], idle_w=9.0,
                             power_limit_w=5.0)  # fmt: skip
    assert energy.time_s == np.inf
