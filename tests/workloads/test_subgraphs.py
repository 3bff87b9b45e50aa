"""Networks as sums of subgraphs: laws of every estimate, recovery of planted machines, what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gauntlet.errors import RegistryError, UsageError
from gauntlet.hardware.registry import Registry
from gauntlet.workloads.vision.parameters import Band
from gauntlet.workloads.vision.subgraph_fit import MeasuredNetworks, fit_subgraphs
from gauntlet.workloads.vision.subgraphs import SubgraphSum, estimate_subgraphs, subgraph_parameters

REGISTRY = Registry.load()
ORIN = "gpu/jetson_orin_agx"


def work(flop=1e9, moved=1e8, subgraphs=70.0):
    return SubgraphSum(*(np.atleast_1d(np.asarray(one, float)) for one in (flop, moved, subgraphs)))


def estimate(of, device=ORIN, precision="fp16", parameters=None):
    return estimate_subgraphs(of, device, precision, parameters or subgraph_parameters(), REGISTRY)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([ORIN, f"{ORIN}@15w", "core_i7_12700k", "ryzen_9_8945hs", "jetson_orin_nano_8gb", "rtx_3090"]),
    st.sampled_from(["fp32", "fp16", "bf16"]),
    st.tuples(st.floats(5, 13), st.floats(3, 11), st.floats(0, 3)),
)
def test_no_estimate_is_faster_than_its_bound(device, precision, exponents):
    found = estimate(work(*(10.0**one for one in exponents)), device, precision)
    assert 0 < found.bound_s[0] <= found.low_s[0] <= found.time_s[0] <= found.high_s[0] < np.inf


def test_the_bound_by_hand():
    assert estimate(work()).bound_s[0] == pytest.approx(1e9 / 42.5984e12, rel=0.25)  # a value that was read or recalled
    # Without units of its own, BF16 on an i7 of the 12th generation runs at the FP32 rate of 1.52 TFLOP/s at most.
    assert (
        estimate(work(), "core_i7_12700k", "bf16").bound_s[0] == estimate(work(), "core_i7_12700k", "fp32").bound_s[0]
    )


def test_less_power_has_the_lower_peak():
    bounds = [estimate(work(flop=1e11), f"{ORIN}{mode}").bound_s[0] for mode in ("", "@50w", "@30w", "@15w")]
    assert bounds == sorted(bounds)
    assert bounds[0] < bounds[-1]


def made(device=ORIN, seed=0, dispatch_s=3e-4, compute=0.4, memory=2.0, noise=0.03):
    """Networks on a machine that takes 0.4 of its nominal ALU time and twice its nominal traffic time."""
    draw, record = np.random.default_rng(seed), REGISTRY.device(device)
    of = SubgraphSum(10 ** draw.uniform(8, 11, 60), 10 ** draw.uniform(6.5, 9, 60), draw.uniform(20, 150, 60))
    alu = record.fact("peak_flop_per_s", "fp32", "vector").value
    bandwidth = record.fact("memory_bandwidth_bytes_per_s").value
    time_s = of.subgraphs * dispatch_s + compute * of.work_flop / alu + memory * of.moved_bytes / bandwidth
    names = [f"net{number % 10}" for number in range(60)]
    return MeasuredNetworks(device, "fp16", of, names, time_s * np.exp(draw.normal(0, noise, 60)))


def fitted(*measured):
    return fit_subgraphs(list(measured), REGISTRY, Band(low=0.05, high=0.95), "made for a test")


def test_a_planted_machine_is_recovered():
    costs = fitted(made()).machines[0].costs
    assert (costs.dispatch_s, costs.compute, costs.memory) == pytest.approx((3e-4, 0.4, 2.0), rel=0.08)


def test_a_machine_that_was_not_measured_is_scaled_by_its_data_sheet():
    parameters, other = fitted(made(), made(f"{ORIN}@50w", seed=1)), made(f"{ORIN}@30w", seed=2)
    found = estimate(other.work, other.device, parameters=parameters)
    assert np.median(np.abs(found.time_s / other.time_s - 1)) < 0.08
    assert set(found.basis) == {"nearest"}
    inside = (found.low_s <= other.time_s) & (other.time_s <= found.high_s)
    assert 0.8 <= inside.mean() <= 1


def test_machines_that_differ_widen_the_band_of_the_next():
    alike = fitted(made(), made(f"{ORIN}@50w", seed=1)).others_band
    apart = fitted(made(), made(f"{ORIN}@50w", seed=1, compute=2.0, memory=6.0)).others_band
    assert apart.high > alike.high


@pytest.mark.parametrize(
    ("changed", "device", "precision", "error", "said"),
    [
        ({"flop": -1.0}, ORIN, "fp16", UsageError, "work_flop is -1"),
        ({"subgraphs": 0.0}, ORIN, "fp16", UsageError, "subgraphs is 0"),
        ({}, ORIN, "int3", RegistryError, "int3"),
        ({}, "tpu_v4", "bf16", RegistryError, "tpu"),
        ({}, "jetson_thor_x", "fp16", RegistryError, "nearest"),
    ],
)
def test_what_cannot_be_estimated_is_refused(changed, device, precision, error, said):
    with pytest.raises(error, match=said):
        estimate(work(**changed), device, precision)


def test_where_no_network_measures_a_cost_like_machines_speak():
    """On one machine all networks are tiny in work; the other says what work costs."""
    whole, light = made(seed=1), made(f"{ORIN}@50w", seed=2)
    light = light._replace(work=light.work._replace(work_flop=np.full(60, 1e3)))
    nothing = 3e-4 * light.work.subgraphs + 2 * light.work.moved_bytes / 204.8e9
    costs = {one.machine: one.costs for one in fitted(whole, light._replace(time_s=nothing)).machines}
    assert costs[f"{ORIN}@50w"].compute > 0.05


def test_nothing_to_learn_from_is_said():
    one = made()._replace(network=["net"] * 60)
    for measured in ((), (one,)):
        with pytest.raises(UsageError, match="two networks"):
            fitted(*measured)


def test_one_machine_alone_says_little_of_the_next():
    alone = fitted(made())
    assert alone.others_band.high == pytest.approx(2 * alone.machines[0].band.high)


def test_the_shipped_parameters_are_small_and_say_where_they_come_from():
    assert "benchmarks.truth fit" in subgraph_parameters().provenance
    assert len(subgraph_parameters().to_json()) < 10_000
