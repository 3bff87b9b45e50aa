"""Compositions against timelines, inclusion and exclusion, simulated queues, and a system counted by hand."""

import heapq
import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gauntlet.expressions.grammar import parse
from gauntlet.mechanisms._inputs import ValidityWarning
from gauntlet.mechanisms.catalogue import find
from gauntlet.mechanisms.composition import (
    backpressured_stages,
    overlapped_steps,
    parallel_steps,
    pipelined_steps,
    retried_step,
    serial_steps,
)
from gauntlet.mechanisms.locking import retry_cost
from gauntlet.mechanisms.network import pipeline_makespan
from gauntlet.mechanisms.queueing import mg1_pk, mmc
from gauntlet.mechanisms.quorum import order_statistic
from gauntlet.mechanisms.sharing import bottleneck, role_demands, shared_resource
from tests.mechanisms.sampling import few

TIMES = st.lists(st.floats(1e-3, 10.0), min_size=1, max_size=5)


def test_serial_steps_add_with_their_repeats():
    assert serial_steps([0.1, 0.2, 0.3]).time_s == pytest.approx(0.6)
    assert serial_steps([0.1, 0.2], [3]).time_s == pytest.approx(0.9)
    with pytest.raises(ValueError, match="3 repeats for 2 times_s"):
        serial_steps([0.1, 0.2], [1, 2, 3])


@few
@given(TIMES)
def test_the_last_of_exponential_steps_by_inclusion_and_exclusion(means):
    parts = (subset for size in range(1, len(means) + 1) for subset in itertools.combinations(means, size))
    expected = sum((-1) ** (len(part) + 1) / sum(1 / mean for mean in part) for part in parts)
    assert parallel_steps("exponential", means).mean_s == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("copies", [[1], [3], [500], [498, 1, 1]])
def test_like_steps_are_the_largest_order_statistic(copies):
    alike = {"kind": "lognormal", "median_s": 2e-3 / math.sqrt(1.7), "sigma": math.sqrt(math.log(1.7))}
    expected = order_statistic(alike, sum(copies), sum(copies), 0.95)
    found = parallel_steps("lognormal", [2e-3] * len(copies), copies, [0.7], 0.95)
    assert found.mean_s == pytest.approx(expected.mean_s, rel=1e-9)
    assert found.quantile_s == pytest.approx(expected.quantile_s, rel=1e-9)


def test_unlike_lognormal_steps_by_a_fine_sum_over_time():
    """One step hardly varies, one varies much: trapezoids over the logarithm of time, normal tails from math.erfc."""
    means, copies, scvs = (1.0, 0.7), (3, 2), (1e-4, 2.0)
    log_t = np.linspace(-12, 8, 100_001)
    log_below = np.zeros_like(log_t)
    for mean, count, scv in zip(means, copies, scvs, strict=True):
        sigma = math.sqrt(math.log1p(scv))
        z = (log_t - math.log(mean) + sigma**2 / 2) / sigma / math.sqrt(2)
        log_below += count * np.array([math.log(max(0.5 * math.erfc(-at), 1e-300)) for at in z])
    tail = -np.expm1(log_below)
    found = parallel_steps("lognormal", means, copies, scvs, 0.99)
    first = math.exp(log_t[0])  # before, the last step is surely under way
    assert found.mean_s == pytest.approx(first + np.trapezoid(tail * np.exp(log_t), log_t), rel=1e-6)
    assert found.quantile_s == pytest.approx(math.exp(np.interp(-0.01, -tail, log_t)), rel=1e-6)


def test_fixed_steps_end_with_the_longest_and_steps_of_no_time_do_not_matter():
    assert parallel_steps("deterministic", [0.1, 0.3, 0.2], quantile=0.9) == (0.3, 0.3)
    assert parallel_steps("lognormal", [1.0, 2.0], scvs=[0.0]).mean_s == pytest.approx(2.0)
    assert parallel_steps("exponential", [1.0, 0.0], [1, 10**6]).mean_s == pytest.approx(1.0)
    assert parallel_steps("exponential", [0.0, 0.0], quantile=0.9) == (0.0, 0.0)
    assert np.isinf(parallel_steps("exponential", [1.0], quantile=1.0).quantile_s)


@few
@given(TIMES, st.integers(1, 50), st.floats(0, 1))
def test_pieces_pass_the_steps_as_in_a_flow_shop(times, items, overhead):
    free = [0.0] * len(times)  # when each step has ended its last piece
    for _ in range(items):
        at = 0.0
        for step, time in enumerate(times):
            at = free[step] = max(at, free[step]) + time / items + overhead
    assert pipelined_steps(times, items, overhead).time_s == pytest.approx(free[-1], rel=1e-12)


@few
@given(TIMES, st.integers(1, 100))
def test_pieces_overlap_all_but_one_in_items(times, items):
    found = pipelined_steps(times, items).time_s
    assert found == pytest.approx(overlapped_steps(times, 1 - 1 / items).time_s)
    assert found == pytest.approx(pipeline_makespan([time / items for time in times], items).makespan_s)
    assert overlapped_steps(times, 0.0).time_s == pytest.approx(serial_steps(times).time_s)
    assert overlapped_steps(times, 1.0).time_s == max(times)


@few
@given(st.floats(0.0, 1.0), st.integers(1, 30))
def test_retries_are_the_sum_over_their_ends(p, most):
    ends = [p**k * (1 - p) for k in range(most)]
    ends[-1] += p**most  # given up after the last
    found = retried_step(2.0, p, 0.5, most)
    assert found.attempts == pytest.approx(sum((k + 1) * end for k, end in enumerate(ends)), rel=1e-9)
    assert found.mean_s == pytest.approx(sum(((k + 1) * 2 + k * 0.5) * end for k, end in enumerate(ends)), rel=1e-9)
    assert found.success_probability == pytest.approx(1 - p**most, abs=1e-12)


def test_retries_without_end_are_retry_cost():
    assert retried_step(1.0, 0.3, 0.2, 10**9).mean_s == pytest.approx(retry_cost(0.3, 1.0, 1.0, 0.2).mean_latency_s)


def paced(foreground, background, device, requests=4000, room=64):
    """Time per request: the foreground waits for room in the buffer, the background works it off, one device serves
    both, a third of its time per request for the foreground."""
    taken, done, device_free = [], [], 0.0
    for request in range(requests):
        start = taken[-1] if taken else 0.0
        if request >= room:
            start = max(start, done[request - room])
        device_free = max(device_free, start) + device / 3
        taken.append(max(start + foreground, device_free))
        begun = max(taken[-1], done[-1] if done else 0.0)
        device_free = max(device_free, taken[-1]) + device * 2 / 3
        done.append(max(begun + background, device_free))
    return taken[-1] / requests


@pytest.mark.parametrize(("stages", "binding"), [((3, 2, 1), 1), ((1, 3, 2), 2), ((1.0, 1.2, 3), 3)])
def test_the_slowest_stage_sets_the_pace_of_a_bounded_buffer(stages, binding):
    found = backpressured_stages(*stages)
    assert found.time_s == pytest.approx(paced(*stages), rel=0.04)  # 64 of 4000 requests fill the buffer
    assert (found.stall_s, found.binding_stage) == (max(stages) - stages[0], binding)


def simulated_waits(rates, services, servers, jobs=120_000, seed=3):
    """Mean wait of a mixture of users with fixed service times, first come first served."""
    draw = np.random.default_rng(seed)
    arrivals = np.cumsum(draw.exponential(1 / sum(rates), jobs))
    users = draw.choice(len(rates), jobs, p=np.array(rates) / sum(rates))
    free, waits = [0.0] * servers, np.empty(jobs)
    for job, (arrival, user) in enumerate(zip(arrivals.tolist(), users.tolist(), strict=True)):
        start = max(arrival, heapq.heappop(free))
        heapq.heappush(free, start + services[user])
        waits[job] = start - arrival
    return waits[jobs // 20 :].mean()


def test_users_of_one_server_wait_as_simulated():
    rates, services = (2.0, 0.1), (0.2, 3.0)
    found = shared_resource(rates, services, 1, [0.0])
    assert found.mean_wait_s == pytest.approx(simulated_waits(rates, services, 1), rel=0.06)
    assert found.utilisation == pytest.approx(0.7)
    np.testing.assert_allclose(found.responses_s, found.mean_wait_s + np.array(services))
    each = np.average(found.responses_s, weights=rates)
    assert found.mean_response_s == pytest.approx(each)


def test_demands_are_added_before_the_queue_is_asked():
    """Each user alone would wait far less: rho 0.4 twice is 0.8, and not two waits at 0.4."""
    together = shared_resource([0.4, 0.4], [1.0, 1.0], 1).mean_wait_s
    assert together == pytest.approx(mg1_pk(0.8, 1.0, 1.0).mean_wait_s)
    assert together > 5 * shared_resource([0.4], [1.0], 1).mean_wait_s


def test_a_shared_resource_is_each_special_case():
    assert shared_resource([1.0, 2.0], [0.5, 0.5], 3).mean_wait_s == pytest.approx(mmc(3.0, 0.5, 3).mean_wait_s)
    fixed = mg1_pk(1.5, 0.5, 0.0).mean_wait_s
    assert shared_resource([1.0, 0.5, 0.0], [0.5, 0.5, 9.0], 1, [0.0]).mean_wait_s == pytest.approx(fixed)
    assert np.isinf(shared_resource([1.0, 1.0], [1.0, 1.0], 2).responses_s).all()
    assert shared_resource([0.0, 0.0], [1.0, 2.0], 2).mean_wait_s == 0.0


def test_several_servers_stay_within_the_recorded_error():
    rates, services = (6.0, 1.0), (0.5, 2.0)
    found = shared_resource(rates, services, 6, [0.0]).mean_wait_s
    error = 3 * find("shared_resource").model_form_error + 0.03  # and the simulation's own
    assert found == pytest.approx(simulated_waits(rates, services, 6), rel=error)
    with pytest.warns(ValidityWarning, match="fewer than half"):
        shared_resource([1.0, 1.0], [0.1, 0.5], 6)


def test_the_bottleneck_is_where_utilisation_reaches_one():
    found = bottleneck([np.array([1e-3, 4e-3]), 2e-3, 0.0], [1, 1, 1])
    np.testing.assert_allclose(found.peak_rate_per_s, [500.0, 250.0])
    np.testing.assert_array_equal(found.station, [1, 0])
    np.testing.assert_allclose(found.utilisations, [[0.5, 1.0], [1.0, 0.5], [0.0, 0.0]])
    assert bottleneck([1e-3, 2e-3], [1, 4]).station == 0
    assert np.isinf(bottleneck([0.0, 0.0], [1, 1]).peak_rate_per_s)


CLIENT_S, PROTOCOL_S = 3e-6, 5e-6


@pytest.mark.parametrize("local", [0.0, 0.4, 1.0])
def test_a_multipaxos_machine_handles_what_was_counted_by_hand(local):
    """f = 1, three machines, each proposer, acceptor and replica; thrifty quorums of f + 1; one replica replies.

    By hand from the steps: c (1 + 1/3) + p 14/3 (1 + local), so 6 to 32/3 messages, and not the 7 of the leader role.
    """
    kinds = {
        "command, received by the leader": (1, 1, 1, CLIENT_S),
        "phase 2a, 2b and chosen, at the leader, across machines": (2 + 2 + 3, 1, 2 / 3, PROTOCOL_S),
        "the same with the roles beside it": (2 + 2 + 3, 1, 1 / 3, PROTOCOL_S * local),
        "phase 2a and 2b at the acceptor beside the leader": (2 + 2, 3, 1, PROTOCOL_S * local),
        "chosen at the replica beside the leader": (3, 3, 1, PROTOCOL_S * local),
        "reply": (1, 3, 1, CLIENT_S),
    }
    found = role_demands(*map(list, zip(*kinds.values(), strict=True)))
    assert found.machine_s == pytest.approx(CLIENT_S * 4 / 3 + PROTOCOL_S * 14 / 3 * (1 + local))
    assert found.machine_messages == pytest.approx(32 / 3)
    assert found.machine_messages - 14 / 3 == pytest.approx(6)


def test_compartments_move_the_bottleneck_as_counted_by_hand():
    """10 proxies, 2 x 2 acceptors, 4 replicas: c + p, p (5 + R)/P, 2 p/columns and p + c/R."""
    leader = role_demands([1, 1], [1, 1], [1, 1], [CLIENT_S, PROTOCOL_S])
    proxy = role_demands([1 + 2 + 2 + 4], [10], [1], [PROTOCOL_S])
    acceptor = role_demands([2 + 2], [4], [1], [PROTOCOL_S])
    replica = role_demands([4, 1], [4, 4], [1, 1], [PROTOCOL_S, CLIENT_S])
    demands_s = [role.machine_s for role in (leader, proxy, acceptor, replica)]
    by_hand = [CLIENT_S + PROTOCOL_S, PROTOCOL_S * 9 / 10, 2 * PROTOCOL_S / 2, PROTOCOL_S + CLIENT_S / 4]
    assert demands_s == pytest.approx(by_hand)
    assert bottleneck(demands_s, [1, 1, 1, 1]).peak_rate_per_s == pytest.approx(1 / max(by_hand))


def test_unequal_lists_are_refused_with_their_lengths():
    with pytest.raises(ValueError, match="2 messages, 1 instances"):
        role_demands([1, 1], [1], [1, 1], [1e-6, 1e-6])
    with pytest.raises(ValueError, match="2 rates_per_s, 1 service_times_s"):
        shared_resource([1, 1], [1], 1)


def test_lists_of_expressions_are_read_in_cost_models():
    written = parse(
        "bottleneck(demands_s=[role_demands(messages=[1, 2 * n], instances=[1, n], shares=[1, 1 - local],"
        " message_cost_s=[c, c]).machine_s, 2 * c], servers=[cores, 1]).peak_rate_per_s",
        "peak",
    )
    values = {"n": np.array(3.0), "local": np.array([0.0, 0.5]), "c": np.array(1e-6), "cores": np.array(2.0)}
    np.testing.assert_allclose(written.evaluate(values), [1 / 2e-6, 1 / 2e-6])
    waited = parse(
        "shared_resource(rates_per_s=[x, 2 * x], service_times_s=[s, s / 2], servers=1).mean_wait_s + s / 2", "user two"
    )
    found = waited.evaluate({"x": np.array([10.0, 20.0]), "s": np.array(1e-2)})
    assert found == pytest.approx(
        [float(shared_resource([x, 2 * x], [1e-2, 5e-3], 1).responses_s[1]) for x in (10, 20)]
    )
