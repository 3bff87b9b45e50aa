"""Collectives: bounds and laws of every estimate, recovery of planted machines, what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gauntlet.errors import RegistryError, UsageError
from gauntlet.hardware.collectives import (
    OPERATIONS,
    Fabric,
    Spread,
    collective_bound_s,
    collective_choices,
    collective_parameters,
    estimate_collective,
    fabric_of,
    network_fabric,
)
from gauntlet.hardware.collectives_fit import MeasuredCollectives, fit_collectives
from gauntlet.hardware.registry import Registry

REGISTRY = Registry.load()
PLAIN = Fabric("gpu/one", "nvlink", 100e9, 100e9, in_network=False)


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(OPERATIONS),
    st.sampled_from(["NCCL", "TRTLLM", "vLLM_custom_graph", "torch", "unheard of"]),
    st.sampled_from(["a100_sxm_80gb", "h100_sxm5", "rtx_pro_6000_server", "l40s", "a40"]),
    st.booleans(),
    st.integers(2, 64),
    st.floats(0, 1e11),
)
def test_no_estimate_is_faster_than_its_bound(operation, library, device, peers, ranks, size):
    fabric = fabric_of(REGISTRY, device, peers=peers)
    found = estimate_collective(operation, library, ranks, [size], fabric, collective_parameters())
    assert found.bound_s[0] <= found.low_s[0] <= found.time_s[0] <= found.high_s[0] < np.inf
    assert found.time_s[0] > 0


@pytest.mark.parametrize("ranks", [2, 3, 4, 5])
def test_the_bound_of_an_all_reduce_is_the_busiest_rank_of_any_ring(ranks):
    """Counted on a ring of single chunks: reduce-scatter and all-gather send p - 1 chunks of n/p each."""
    sent = sum(1 / ranks for _ in range(ranks - 1)) * 2
    assert collective_bound_s("all_reduce", ranks, 1e9, PLAIN) == pytest.approx(sent * 1e9 / 100e9)


def test_adding_in_the_network_sends_each_byte_once():
    adding = PLAIN._replace(in_network=True)
    assert collective_bound_s("all_reduce", 8, 1e9, adding) == pytest.approx(1e9 / 100e9)
    assert collective_bound_s("all_reduce", 2, 1e9, adding) == collective_bound_s("all_reduce", 2, 1e9, PLAIN)
    assert collective_bound_s("all_gather", 8, 1e9, adding) == collective_bound_s("all_gather", 8, 1e9, PLAIN)


def test_the_bound_admits_the_published_in_network_rate():
    # NVIDIA: 480 GB/s of bus bandwidth, that is n 2 (p-1)/p / T, on eight H100 with NVLink SHARP.
    fabric = fabric_of(REGISTRY, "h100_sxm5")
    published_s = 1e9 * 2 * 7 / 8 / 480e9
    assert collective_bound_s("all_reduce", 8, 1e9, fabric) < published_s
    assert fabric.in_network
    assert not fabric_of(REGISTRY, "a100_sxm_80gb").in_network


def test_what_joins_the_ranks():
    assert fabric_of(REGISTRY, "a100_sxm_80gb").bandwidth_bytes_per_s == 300e9
    assert fabric_of(REGISTRY, "l40s").kind == "pcie"
    assert fabric_of(REGISTRY, "a40", peers=False).kind == "staged"
    assert network_fabric("gpu/a40", 25e9, 8).bandwidth_bytes_per_s == 200e9
    with pytest.raises(RegistryError, match="host_link"):
        fabric_of(REGISTRY, "gb200_gpu", peers=False)


def curve(device, rate, ranks, *, start_s=5e-6, factor=1.4, implementation="NCCL", kind="nvlink"):
    """Times of a made machine: start + 2 (p-1) rounds of 1 us + factor x the ring's share."""
    sizes = np.geomspace(1e3, 1e9, 25)
    time_s = start_s + 2 * (ranks - 1) * 1e-6 + factor * 2 * (ranks - 1) / ranks * sizes / rate
    fabric = Fabric(device, kind, rate, rate, in_network=False)
    return MeasuredCollectives(implementation, "NCCL", "all_reduce", fabric, ranks, ranks, sizes, time_s)


def fitted(curves):
    return fit_collectives(curves, Spread(low=0.05, high=0.95), "made for a test")


def made(rates=((100e9, 1.4), (300e9, 1.4), (450e9, 1.4))):
    return [curve(f"gpu/{n}", rate, p, factor=by) for n, (rate, by) in enumerate(rates) for p in (2, 4, 8)]


def test_a_planted_machine_is_recovered_and_carries_to_another_rate():
    parameters = fitted(made())
    fresh = curve("gpu/new", 900e9, 4)
    found = estimate_collective("all_reduce", "NCCL", 4, fresh.message_bytes, fresh.fabric, parameters)
    np.testing.assert_allclose(found.time_s, fresh.time_s, rtol=0.02)
    assert set(found.basis) == {"nearest"}


def test_machines_that_differ_give_a_band():
    even, uneven = fitted(made()), fitted(made(((100e9, 1.0), (300e9, 1.5), (450e9, 2.5))))
    assert even.bands["nvlink"].high < 0.05 < uneven.bands["nvlink"].high
    assert uneven.bands["nvlink"].low < -0.05


def test_a_machine_that_was_measured_keeps_its_own_rate():
    parameters = fitted(made(((100e9, 1.0), (300e9, 2.0), (450e9, 1.4))))
    slow = curve("gpu/1", 300e9, 8, factor=2.0)
    found = estimate_collective("all_reduce", "NCCL", 8, slow.message_bytes, slow.fabric, parameters)
    np.testing.assert_allclose(found.time_s, slow.time_s, rtol=0.05)
    assert set(found.basis) == {"interpolated"}


def test_calls_of_one_library_share_all_but_their_start():
    eager = [curve("gpu/0", 100e9, p, start_s=50e-6, implementation="eager") for p in (2, 8)]
    found = {one.name: one for one in fitted(made() + eager).implementations}
    assert found["eager"].wires == found["NCCL"].wires
    assert found["eager"].start_s["other"] == pytest.approx(50e-6, rel=0.05)


def test_a_fabric_on_which_a_library_was_not_measured_follows_the_other_libraries():
    def library(name, kinds):
        curves = [curve("gpu/0", 100e9, p, factor=by, kind=kind) for kind, by in kinds.items() for p in (2, 4)]
        return [one._replace(implementation=name, library=name) for one in curves]

    known, half = library("both", {"nvlink": 1.2, "pcie": 2.4}), library("half", {"nvlink": 1.5})
    wires = {one.name: one.wires for one in fitted(known + half + made()).implementations}
    assert wires["half"]["pcie"].inefficiency["other"] == pytest.approx(3.0, rel=0.05)


@pytest.mark.parametrize(
    ("operation", "ranks", "size", "said"),
    [("all_reduce", 1, 8, "at least 2"), ("broadcastish", 2, 8, "not known"), ("all_gather", 2, -8, "negative")],
)
def test_what_is_no_collective_is_refused(operation, ranks, size, said):
    with pytest.raises(UsageError, match=said):
        estimate_collective(operation, "NCCL", ranks, size, PLAIN, collective_parameters())


def test_a_library_that_was_not_measured_is_a_default_and_beyond_the_sizes_is_extrapolated():
    fabric = fabric_of(REGISTRY, "h100_sxm5")
    found = estimate_collective("all_reduce", "homegrown", 8, [1e6], fabric, collective_parameters())
    assert found.basis == ["default"]
    found = estimate_collective("all_reduce", "NCCL", 8, [1e6, 1e13], fabric, collective_parameters())
    assert found.basis == ["interpolated", "extrapolated"]


def test_nothing_to_learn_from_is_said():
    for curves in ([], made(((100e9, 1.4),))):
        with pytest.raises(UsageError, match="two at least"):
            fitted(curves)
    with pytest.raises(UsageError, match="positive"):
        network_fabric("gpu/a40", 0.0, 8)


def test_the_shipped_parameters_are_small_and_say_where_they_come_from():
    assert "benchmarks.truth fit" in collective_parameters().provenance
    assert len(collective_parameters().to_json()) < 20_000
    assert "SHARP" in collective_choices().in_network_source
