"""Priorities, polling, barriers, TCP, disks and locks against conservation laws, chains and sampling."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gauntlet.mechanisms._inputs import ValidityWarning
from gauntlet.mechanisms.caches import numa_access, ttl_cache
from gauntlet.mechanisms.disciplines import (
    bulk_service_mm1b,
    mg1_priority_nonpreemptive,
    mg1_priority_preemptive_resume,
    polling_symmetric,
)
from gauntlet.mechanisms.energy import server_power
from gauntlet.mechanisms.fanout import kofn_heterogeneous_exponential, split_merge
from gauntlet.mechanisms.kernels import ecm
from gauntlet.mechanisms.locking import thomasian_2pl, thomasian_thrash_point
from gauntlet.mechanisms.network import loggp
from gauntlet.mechanisms.queueing import mg1_pk, mm1
from gauntlet.mechanisms.quorum import order_statistic
from gauntlet.mechanisms.storage import disk_service_time, raid_iops
from gauntlet.mechanisms.tcp import incast_threshold, mathis_tcp, padhye_tcp


@given(st.lists(st.tuples(st.floats(0.01, 0.3), st.floats(0.1, 1.0), st.floats(0.0, 4.0)), min_size=1, max_size=3))
def test_priorities_conserve_the_waiting_work(classes):
    rates, services, scvs = (list(column) for column in zip(*classes, strict=True))
    waits = mg1_priority_nonpreemptive(rates, services, scvs).mean_wait_s
    rho = np.array(rates) * services
    residual = (rho * services * (1 + np.array(scvs)) / 2).sum()
    # Kleinrock's conservation law: the sum of rho W is rho W_0 / (1 - rho) for every order of service.
    assert (rho * waits).sum() == pytest.approx(rho.sum() * residual / (1 - rho.sum()), rel=1e-9)
    assert np.all(np.diff(waits) >= 0)


def test_the_highest_preemptive_class_sees_no_other():
    found = mg1_priority_preemptive_resume([0.4, 0.5], [1.0, 0.8], [2.0, 1.0]).mean_response_s
    assert found[0] == pytest.approx(mg1_pk(0.4, 1.0, 2.0).mean_response_s)
    assert found[1] > found[0]


def test_a_saturated_class_waits_for_ever_and_holds_up_the_others_by_its_share():
    waits = mg1_priority_nonpreemptive([0.3, 2.0, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]).mean_wait_s
    assert waits[1:].tolist() == [np.inf, np.inf]
    assert waits[0] == pytest.approx((0.3 + 0.7) / 0.7)  # the server never idles: W_0 = 1, all of it residual


def test_polling_one_queue_without_walking_is_one_server():
    for policy in ("exhaustive", "gated", "limited"):
        found = polling_symmetric(policy, 1, 0.6, 1.0, 3.0, 1e-9, 0.0).mean_wait_s
        assert found == pytest.approx(mg1_pk(0.6, 1.0, 3.0).mean_wait_s, rel=1e-6)
    orders = [polling_symmetric(p, 4, 0.15, 1.0, 1.0, 0.5, 0.0).mean_wait_s for p in ("exhaustive", "gated", "limited")]
    assert orders == sorted(orders)
    assert np.isinf(polling_symmetric("limited", 4, 0.2, 1.0, 1.0, 0.5, 0.0).mean_wait_s)


@given(st.floats(0.05, 0.95))
def test_bulk_service_of_one_is_a_single_server(rho):
    assert bulk_service_mm1b(rho, 1.0, 1).mean_wait_s == pytest.approx(mm1(rho, 1.0).mean_wait_s, rel=1e-6)


def test_bulk_service_matches_its_stationary_chain():
    rate, batch, size = 2.5, 4, 200
    flow = np.zeros((size + 1, size + 1))  # state 0 idle, state n + 1 busy with n waiting
    flow[0, 1] = rate
    for n in range(size):
        if n + 2 <= size:
            flow[n + 1, n + 2] = rate
        flow[n + 1, 0 if n == 0 else max(n - batch, 0) + 1] += 1.0
    balance = (flow - np.diag(flow.sum(axis=1))).T
    balance[-1] = 1.0
    law = np.linalg.solve(balance, np.eye(size + 1)[-1])
    found = bulk_service_mm1b(rate, 1.0, batch)
    assert found.busy_fraction == pytest.approx(1 - law[0], rel=1e-8)
    assert found.mean_wait_s == pytest.approx((law[1:] * np.arange(size)).sum() / rate, rel=1e-7)
    assert np.isinf(bulk_service_mm1b(4.0, 1.0, 4).mean_wait_s)


def test_a_barrier_is_a_queue_with_the_slowest_task():
    tasks = np.random.default_rng(12).exponential(1.0, (400_000, 4)).max(axis=1)
    found = split_merge(4, 0.3, 1.0)
    expected = mg1_pk(0.3, tasks.mean(), tasks.var() / tasks.mean() ** 2).mean_response_s
    assert found.mean_response_s == pytest.approx(expected, rel=0.02)
    assert split_merge(1, 0.5, 1.0).mean_response_s == pytest.approx(2.0)


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_equal_replicas_are_an_order_statistic_and_unequal_ones_match_sampling(k):
    equal = kofn_heterogeneous_exponential([2e-3] * 4, k).mean_s
    assert equal == pytest.approx(order_statistic({"kind": "exponential", "mean_s": 2e-3}, k, 4).mean_s, rel=1e-8)
    means = np.array([1.0, 30.0, 40.0, 150.0])
    draws = np.sort(np.random.default_rng(13).exponential(means, (400_000, 4)), axis=1)[:, k - 1]
    assert kofn_heterogeneous_exponential(means, k).mean_s == pytest.approx(draws.mean(), rel=0.007)
    with pytest.raises(ValueError, match="k = 5"):
        kofn_heterogeneous_exponential(means, 5)


def test_thrashing_reproduces_the_published_threshold():
    found = thomasian_thrash_point()
    assert (found.alpha_max, found.blocked_at_max) == pytest.approx((0.226, 0.378), abs=6e-4)  # Thomasian 1993
    beyond = thomasian_2pl(np.array([0.0, 0.1, 0.225, 0.2265]))
    assert beyond.thrashing.tolist() == [False, False, False, True]
    assert np.isnan(beyond.blocked_fraction[-1])
    for alpha, blocked in zip([0.1, 0.225], beyond.blocked_fraction[1:3], strict=True):
        roots = np.roots([1, -(1.5 * alpha + 2), 1.5 * alpha + 1, -alpha])
        assert blocked == pytest.approx(min(root.real for root in roots if abs(root.imag) < 1e-9), rel=1e-6)


def test_stream_of_messages_matches_its_timeline():
    size, gap_byte, latency, overhead, gap = 100.0, 1e-9, 1e-6, 3e-7, 5e-7
    start, end = 0.0, 0.0
    for _ in range(6):
        last_byte = start + overhead + (size - 1) * gap_byte
        end = last_byte + latency + overhead
        start += max(gap, overhead) + (size - 1) * gap_byte
    assert loggp(size, 6, latency, overhead, gap, gap_byte).pipelined_s == pytest.approx(end)


def test_tcp_models_meet_at_small_loss_and_reproduce_the_rfc():
    rare = padhye_tcp(1460.0, 0.05, 0.2, 1e-9, 1, 1e9).throughput_bytes_per_s
    assert rare == pytest.approx(mathis_tcp(1460.0, 0.05, 1e-9, math.sqrt(1.5)).throughput_bytes_per_s, rel=1e-3)
    assert mathis_tcp(1500.0, 0.1, 2e-10, 1.2).throughput_bytes_per_s == pytest.approx(1.25e9, rel=0.03)  # RFC 3649
    # RFC 5348, section 3.1, at p = 0.1, b = 1, t_RTO = 4 RTT: s / (R sqrt(2p/3) + t_RTO (3 sqrt(3p/8) p (1 + 32 p^2)))
    expected = 1460 / (0.05 * math.sqrt(0.2 / 3) + 0.2 * 3 * math.sqrt(0.3 / 8) * 0.1 * (1 + 0.32))
    assert padhye_tcp(1460.0, 0.05, 0.2, 0.1, 1, 1e9).throughput_bytes_per_s == pytest.approx(expected)
    with pytest.warns(ValidityWarning, match="above 2 %"):
        mathis_tcp(1460.0, 0.05, 0.1, 1.2)
    with pytest.warns(ValidityWarning, match=r"above 0\.1"):
        padhye_tcp(1460.0, 0.05, 0.2, 0.4, 1, 100.0)


def test_incast_collapses_where_the_buffer_overflows():
    with pytest.warns(ValidityWarning, match="between half and twice"):
        found = incast_threshold(np.arange(1, 40), 32768.0, 14600.0, 131072.0, 1.25e8, 1e-4, 0.2)
    collapsed = found.goodput_bytes_per_s < 0.5 * 1.25e8
    assert np.flatnonzero(collapsed)[0] + 1 == found.max_senders[0] + 1


def test_ttl_cache_matches_requests():
    arrivals = np.cumsum(np.random.default_rng(14).exponential(0.5, 100_000)).tolist()
    for reset in (False, True):
        hits, expires = 0, -1.0
        for now in arrivals:
            hit = now < expires
            hits += hit
            if reset or not hit:
                expires = now + 1.0
        assert ttl_cache(2.0, 1.0, reset).hit_ratio == pytest.approx(hits / 100_000, rel=0.01)


def test_numa_with_only_local_or_only_remote_pages():
    found = numa_access(9e-8, 1.4e-7, np.array([0.0, 1.0]), 1e11, 4e10)
    assert found.mean_latency_s.tolist() == [9e-8, 1.4e-7]
    assert found.bandwidth_bytes_per_s.tolist() == [1e11, 4e10]


def test_disks_and_their_arrays():
    assert disk_service_time(7200.0, 0.0, 0.0, 1e8).service_s == pytest.approx(1 / 240)
    found = raid_iops(8, 150.0, np.array([1.0, 0.0]), np.array([[5], [10]])).iops
    assert found.tolist() == [[1200.0, 300.0], [1200.0, 600.0]]
    with pytest.raises(ValueError, match=r"level = 3.*expected one of 0, 1, 5, 6, 10"):
        raid_iops(8, 150.0, 0.5, 3)


def test_cores_saturate_the_memory():
    found = ecm(6.0, 8.0, [6.0, 6.0, 13.0], np.array([1, 2, 3, 30]))
    assert found.saturation_cores.tolist() == [3, 3, 3, 3]
    assert found.multicore_cy_per_cl.tolist() == [33.0, 16.5, 13.0, 13.0]


def test_power_runs_from_idle_to_peak():
    found = server_power(100.0, 250.0, np.array([0.0, 1.0]), 1.4)
    assert found.linear_w.tolist() == [100.0, 250.0]
    assert found.nonlinear_w.tolist() == [100.0, 250.0]
    with pytest.raises(ValueError, match="peak_w = 50"):
        server_power(100.0, 50.0, 0.5, 1.4)
