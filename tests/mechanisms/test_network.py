"""Messages, collectives and pipelines against stepping through them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gauntlet.mechanisms._inputs import ValidityWarning
from gauntlet.mechanisms.collectives import ALGORITHMS, collective_time, hierarchical_allreduce
from gauntlet.mechanisms.network import (
    batching_amortisation,
    hockney,
    pipeline_makespan,
    rdma_operation,
    window_limited_throughput,
)


def test_half_of_the_bandwidth_is_reached_at_the_half_bandwidth_message():
    half = hockney(0.0, 2e-6, 1e10).half_bandwidth_bytes
    assert half / hockney(half, 2e-6, 1e10).time_s == pytest.approx(0.5e10)


@pytest.mark.parametrize("ranks", [2, 3, 8])
def test_ring_allreduce_matches_stepping_the_ring(ranks):
    holds = [[{rank} for _ in range(ranks)] for rank in range(ranks)]  # holds[rank][chunk]: whose parts it sums
    steps = 0
    while any(len(parts) < ranks for chunks in holds for parts in chunks):
        sent = [(rank, (rank - steps) % ranks) for rank in range(ranks)]
        moved = [(rank, chunk, set(holds[rank][chunk])) for rank, chunk in sent]
        for rank, chunk, parts in moved:
            holds[(rank + 1) % ranks][chunk] |= parts
        steps += 1
    found = collective_time("allreduce_ring", ranks, 1e6, 2e-6, 50e9).time_s
    assert found == pytest.approx(steps * (2e-6 + 1e6 / ranks / 50e9), rel=1e-12)


@pytest.mark.parametrize("ranks", [1, 2, 5, 16, 33])
def test_binomial_broadcast_doubles_the_informed(ranks):
    informed, rounds = 1, 0
    while informed < ranks:
        informed, rounds = 2 * informed, rounds + 1
    found = collective_time("broadcast_binomial", ranks, 1e6, 2e-6, 50e9).time_s
    assert found == pytest.approx(rounds * (2e-6 + 1e6 / 50e9))


@pytest.mark.parametrize("power", [1, 3, 5])
def test_bruck_all_to_all_moves_the_blocks_with_a_set_bit(power):
    ranks = 2**power
    blocks = sum(bool(block & (1 << step)) for step in range(power) for block in range(ranks))
    found = collective_time("alltoall_bruck", ranks, 1e6, 2e-6, 50e9).time_s
    assert found == pytest.approx(power * 2e-6 + blocks * 1e6 / ranks / 50e9)
    pairwise = (ranks - 1) * (2e-6 + 1e6 / ranks / 50e9)
    assert collective_time("alltoall_pairwise", ranks, 1e6, 2e-6, 50e9).time_s == pytest.approx(pairwise)


@pytest.mark.parametrize("power", [1, 3, 5])
def test_halving_and_doubling_match_stepping_through_them(power):
    ranks, alpha_s, byte_s, reduce_s = 2**power, 2e-6, 1 / 50e9, 1 / 9e9
    full = power * (alpha_s + 1e6 * (byte_s + reduce_s))
    for algorithm in ("reduce_binomial", "allreduce_recursive_doubling"):
        assert collective_time(algorithm, ranks, 1e6, alpha_s, 50e9, 9e9).time_s == pytest.approx(full)
    halves = [1e6 / 2 ** (step + 1) for step in range(power)]
    scatter = sum(alpha_s + part * byte_s for part in halves)
    reduced = sum(part * reduce_s for part in halves)
    found = collective_time("allreduce_rabenseifner", ranks, 1e6, alpha_s, 50e9, 9e9).time_s
    assert found == pytest.approx(2 * scatter + reduced)
    ring = sum(alpha_s + 1e6 / ranks * byte_s for _ in range(ranks - 1))
    assert collective_time("broadcast_scatter_allgather", ranks, 1e6, alpha_s, 50e9).time_s == pytest.approx(
        scatter + ring
    )
    assert collective_time("allgather_ring", ranks, 1e6, alpha_s, 50e9, 9e9).time_s == pytest.approx(ring)
    summed = ring + (ranks - 1) * 1e6 / ranks * reduce_s
    assert collective_time("reduce_scatter_ring", ranks, 1e6, alpha_s, 50e9, 9e9).time_s == pytest.approx(summed)


@pytest.mark.filterwarnings("ignore::gauntlet.mechanisms._inputs.ValidityWarning")
@given(st.sampled_from([a for a in ALGORITHMS if a.startswith("allreduce")]), st.integers(2, 512), st.floats(1.0, 1e10))
def test_no_allreduce_beats_the_bandwidth_bound(algorithm, ranks, message_bytes):
    bound = 2 * (ranks - 1) / ranks * message_bytes / 1e10  # Patarasuk and Yuan 2009
    assert collective_time(algorithm, ranks, message_bytes, 0.0, 1e10).time_s >= bound * (1 - 1e-12)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_one_rank_needs_no_time(algorithm):
    assert collective_time(algorithm, 1, 1e6, 1e-6, 1e9, 1e9).time_s == 0.0


def test_recursive_algorithms_warn_off_powers_of_two():
    with pytest.warns(ValidityWarning, match="no power of two"):
        collective_time("allreduce_rabenseifner", 6, 1e6, 1e-6, 1e9)


def test_hierarchical_allreduce_degenerates_to_rings():
    ring = collective_time("allreduce_ring", 8, 1e8, 3e-6, 2e10).time_s
    assert hierarchical_allreduce(1, 8, 1e8, 3e-6, 2e10, 9.0, 1.0).time_s == pytest.approx(ring)
    across = hierarchical_allreduce(8, 1, 1e8, 9.0, 1.0, 3e-6, 2e10)
    assert across.time_s == pytest.approx(ring)
    assert across.bus_bandwidth_bytes_per_s <= 2e10
    assert hierarchical_allreduce(1, 1, 1e8, 1.0, 1.0, 1.0, 1.0).bus_bandwidth_bytes_per_s == 0.0


@pytest.mark.parametrize("outstanding", [1, 5, 40])
def test_a_window_matches_sending_one_request_after_another(outstanding):
    latency_s, service_s, count = 1e-3, 64 / 1e6, 4000
    done = np.zeros(count)
    for index in range(count):
        asked = done[index - outstanding] if index >= outstanding else 0.0
        ready = asked + latency_s - service_s
        done[index] = max(ready, done[index - 1] if index else 0.0) + service_s
    found = window_limited_throughput(outstanding, 64.0, latency_s, 1e6).throughput_bytes_per_s
    assert found == pytest.approx(64 * count / done[-1], rel=0.01)  # the first window is filling


def test_rdma_call_adds_the_servers_cpu_and_halves_the_nic():
    steps = {"wire_rtt_s": 8e-7, "post_s": 1.5e-7, "nic_s": 1e-7, "pcie_s": 3e-7, "server_cpu_s": 5e-7}
    room = {"message_bytes": 64.0, "link_bytes_per_s": 1.25e10, "nic_ops_per_s": 75e6, "client_outstanding": 10**6}
    read = rdma_operation("one_sided_read", **steps, **room, server_cores=8)
    call = rdma_operation("two_sided_rpc", **steps, **room, server_cores=np.array([8, 64]))
    there_and_back = [1.5e-7, 1e-7, 4e-7, 1e-7, 3e-7, 1e-7, 4e-7, 64 / 1.25e10, 1e-7]  # post, NIC, wire, NIC, bus, ...
    assert read.latency_s == pytest.approx(sum(there_and_back))
    assert call.latency_s - read.latency_s == pytest.approx(5e-7)
    assert read.throughput_per_s == 75e6
    assert call.throughput_per_s == pytest.approx([16e6, 37.5e6])


def test_batches_fill_as_arrivals_come():
    draw = np.random.default_rng(2)
    arrivals = np.cumsum(draw.exponential(1 / 1e5, 320_000)).reshape(-1, 32)
    waits = arrivals[:, -1:] - arrivals
    found = batching_amortisation(1e-4, 2e-6, 32, 1e5)
    assert found.fill_delay_s == pytest.approx(waits.mean(), rel=0.01)
    assert batching_amortisation(1e-4, 2e-6, 1, 0.0).fill_delay_s == 0.0
    assert batching_amortisation(1e-4, 2e-6, 10**6, 1e5).max_rate_per_s == pytest.approx(5e5, rel=1e-3)


@given(st.lists(st.floats(1e-6, 1.0), min_size=1, max_size=5), st.integers(1, 30))
def test_pipeline_matches_the_flow_shop_recursion(stage_times_s, items):
    free = [0.0] * len(stage_times_s)
    for _ in range(items):
        ready = 0.0
        for stage, time_s in enumerate(stage_times_s):
            ready = free[stage] = max(ready, free[stage]) + time_s
    assert pipeline_makespan(stage_times_s, items).makespan_s == pytest.approx(free[-1], rel=1e-9)
