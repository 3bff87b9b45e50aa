"""Order statistics against harmonic numbers, closed integrals and sampling; protocols against counting messages."""

import itertools
import math
import statistics
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gauntlet.mechanisms._inputs import ValidityWarning, ask
from gauntlet.mechanisms.fanout import fork_join, tail_at_scale
from gauntlet.mechanisms.latencies import Exponential, Hyperexp2, Lognormal, Lognormal2, Pareto
from gauntlet.mechanisms.normal import normal_inverse_survival, normal_survival
from gauntlet.mechanisms.quorum import (
    consensus_message_counts,
    hedged_request,
    leader_bottleneck_throughput,
    order_statistic,
    quorum_commit_latency,
    tail_of_kth,
    two_phase_commit_latency,
    wan_commit_latency,
)

EXP = {"kind": "exponential", "mean_s": 2e-3}
HYPER = {"kind": "hyperexp2", "p": 0.95, "mean1_s": 1e-4, "mean2_s": 5e-3}


@given(st.integers(1, 40), st.data())
@settings(max_examples=40)
def test_exponential_mean_is_a_difference_of_harmonic_numbers(n, data):
    k = data.draw(st.integers(1, n))
    expected = 2e-3 * math.fsum(1 / i for i in range(n - k + 1, n + 1))  # David and Nagaraja, section 2.5
    assert order_statistic(EXP, k, n).mean_s == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_pareto_mean_is_a_ratio_of_gamma_functions(k):
    found = order_statistic({"kind": "pareto", "min_s": 1e-3, "alpha": 2.5}, k, 3).mean_s
    gamma = math.gamma
    expected = 1e-3 * gamma(4) * gamma(4 - k - 1 / 2.5) / (gamma(4 - k) * gamma(4 - 1 / 2.5))
    assert found == pytest.approx(expected, rel=1e-7)


def test_a_heavy_tail_has_no_mean_until_enough_replicas_race():
    law = {"kind": "pareto", "min_s": 1e-3, "alpha": 0.8}
    means = order_statistic(law, np.array([1, 1]), np.array([1, 2])).mean_s
    assert np.isinf(means[0])
    assert means[1] == pytest.approx(1.6e-3 / 0.6, rel=1e-6)  # the minimum of two has alpha 1.6


@pytest.mark.parametrize("sigma", [1e-3, 0.05, 0.5, 2.0])
def test_lognormal_mean_and_maximum_of_two(sigma):
    law = {"kind": "lognormal", "median_s": 5e-4, "sigma": sigma}
    mean = 5e-4 * math.exp(sigma**2 / 2)
    assert order_statistic(law, 1, 1).mean_s == pytest.approx(mean, rel=1e-8)
    # Clark's identity: the expected maximum of two iid lognormals is 2 mean Phi(sigma / sqrt 2).
    maximum = 2 * mean * statistics.NormalDist().cdf(sigma / math.sqrt(2))
    assert order_statistic(law, 2, 2).mean_s == pytest.approx(maximum, rel=1e-8)


@pytest.mark.parametrize("tail", [1e-12, 1e-3, 0.2, 0.5, 0.9, 0.9999])
def test_normal_tail_and_its_inverse_match_the_standard_library(tail):
    z = statistics.NormalDist().inv_cdf(1 - tail)
    assert normal_inverse_survival(np.asarray(tail)) == pytest.approx(z, rel=1e-4 if tail < 1e-9 else 1e-9, abs=1e-12)
    assert normal_survival(np.asarray(z)) == pytest.approx(0.5 * math.erfc(z / math.sqrt(2)), rel=1e-12)


@pytest.mark.parametrize(
    "law",
    [
        Exponential(2.0),
        Lognormal(1.0, 0.7),
        Hyperexp2(0.9, 1.0, 30.0),
        Lognormal2(0.9, 1.0, 0.3, 30.0, 0.1),
        Pareto(1.0, 1.4),
    ],
)
@pytest.mark.parametrize("tail", [1e-9, 0.01, 0.5, 0.999])
def test_inverse_tail_inverts_the_tail(law, tail):
    assert law.survival(law.inverse_survival(np.asarray(tail))) == pytest.approx(tail, rel=1e-9)


def test_quantiles_follow_the_binomial():
    found = order_statistic(EXP, 3, 5, 0.99).quantile_s
    single = 1 - math.exp(-found / 2e-3)
    assert math.fsum(math.comb(5, j) * single**j * (1 - single) ** (5 - j) for j in range(3, 6)) == pytest.approx(0.99)


@pytest.mark.parametrize(("k", "n"), [(1, 1), (2, 5), (5, 5), (500, 1000), (2, 3000), (1500, 3000), (3000, 3000)])
def test_tail_of_the_kth_matches_exact_binomial_sums(k, n):
    for tail in (Fraction(1, 1000), Fraction(1, 2), Fraction(9, 10)):
        p, q, whole = tail.numerator, tail.denominator - tail.numerator, tail.denominator**n
        few = sum(math.comb(n, j) * q**j * p ** (n - j) for j in range(k))
        exact = float(Fraction(few, whole))
        found = tail_of_kth(np.asarray(float(tail)), np.asarray(float(k)), np.asarray(float(n)))
        assert found == pytest.approx(exact, rel=1e-10, abs=1e-300)


def test_tail_of_the_kth_takes_each_elements_own_k_and_n():
    k, n, tail = np.array([1.0, 3.0, 7.0, 120.0]), np.array([4.0, 3.0, 9.0, 300.0]), np.array([0.3, 0.2, 0.6, 0.61])
    alone = [tail_of_kth(np.asarray(t), np.asarray(a), np.asarray(b)) for t, a, b in zip(tail, k, n, strict=True)]
    np.testing.assert_allclose(tail_of_kth(tail, k, n), alone, rtol=1e-12)
    with np.errstate(divide="ignore"):
        ends = tail_of_kth(np.array([0.0, 1.0]), np.asarray(2.0), np.asarray(5.0))
    np.testing.assert_array_equal(ends, [0.0, 1.0])


def test_only_the_output_that_is_asked_for_needs_to_be_computed():
    given = {"latency": {"kind": "exponential", "mean_s": 1.0}, "hedge_delay_s": 0.5, "quantile": 0.9}
    whole = hedged_request(**given)
    for output in whole._fields:
        assert getattr(ask(hedged_request, given, output), output) == getattr(whole, output)
    assert ask(hedged_request, given, "extra_load")[:2] == (None, None)


def test_quorum_commit_matches_sampling():
    draw = np.random.default_rng(3)
    leader = draw.exponential(2e-3, 400_000)
    slow = draw.random((400_000, 4)) < 0.05
    acks = np.sort(np.where(slow, draw.exponential(5e-3, slow.shape), draw.exponential(1e-4, slow.shape)), axis=1)[:, 1]
    commits = np.maximum(leader, acks)
    found = quorum_commit_latency(EXP, HYPER, 2, 4, 0.99)
    assert found.mean_s == pytest.approx(commits.mean(), rel=0.006)  # four standard errors
    assert found.quantile_s == pytest.approx(np.quantile(commits, 0.99), rel=0.012)


def test_quorum_with_an_instant_leader_is_an_order_statistic():
    instant = {"kind": "exponential", "mean_s": 1e-12}
    found, expected = quorum_commit_latency(instant, HYPER, 2, 4, 0.9), order_statistic(HYPER, 2, 4, 0.9)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_constant_way_to_the_followers_alone_matches_sampling():
    draw = np.random.default_rng(9)
    leader_s = draw.exponential(2e-3, 400_000)
    acks_s = 3e-3 + np.sort(draw.exponential(1e-3, (400_000, 4)), axis=1)[:, 1]
    commits_s = np.maximum(leader_s, acks_s)
    found = quorum_commit_latency(EXP, {"kind": "exponential", "mean_s": 1e-3}, 2, 4, 0.99, path_s=3e-3)
    assert found.mean_s == pytest.approx(commits_s.mean(), rel=0.002)  # four standard errors
    assert found.quantile_s == pytest.approx(np.quantile(commits_s, 0.99), rel=0.02)


def test_a_constant_way_behind_an_instant_leader_only_adds():
    instant, ways_s = {"kind": "exponential", "mean_s": 1e-12}, np.array([0.0, 1e-4, 5.0])
    found, acks = quorum_commit_latency(instant, HYPER, 2, 4, 0.9, ways_s), order_statistic(HYPER, 2, 4, 0.9)
    np.testing.assert_allclose(found.mean_s, acks.mean_s + ways_s, rtol=1e-6)
    np.testing.assert_allclose(found.quantile_s, acks.quantile_s + ways_s, rtol=1e-6)


@given(st.floats(0.0, 20.0))
def test_hedging_an_exponential_has_a_closed_form(delay):
    found = hedged_request({"kind": "exponential", "mean_s": 1.0}, delay, 0.95)
    never = math.exp(-delay)
    assert found.mean_s == pytest.approx(1 - never + never / 2, rel=1e-8)
    assert found.extra_load == pytest.approx(never)
    before = -math.log(0.05)
    assert found.quantile_s == pytest.approx(before if before < delay else (before + delay) / 2, rel=1e-9)


def test_hedging_never_hurts_and_a_late_hedge_does_nothing():
    plain = order_statistic(HYPER, 1, 1, 0.99)
    delays = hedged_request(HYPER, np.array([0.0, 1e-4, 1e-3, 1.0]), 0.99)
    assert np.all(np.diff(delays.mean_s) > 0)
    assert delays.mean_s[-1] == pytest.approx(plain.mean_s, rel=1e-6)
    assert delays.quantile_s[-1] == pytest.approx(plain.quantile_s, rel=1e-9)
    assert delays.mean_s[0] == pytest.approx(order_statistic(HYPER, 1, 2).mean_s, rel=1e-6)


HIT_OR_MISS = {"kind": "lognormal2", "p": 0.9, "mean1_s": 2e-4, "scv1": 0.01, "mean2_s": 6e-3, "scv2": 0.2}


def mixed_tail(law, time_s):
    """P(latency > t) of a hit or a miss by the standard library's normal law; an scv of 0 is a step."""
    parts = []
    for mean_s, scv in ((law["mean1_s"], law["scv1"]), (law["mean2_s"], law["scv2"])):
        sigma = math.sqrt(math.log1p(scv))
        z = (np.log(time_s / mean_s) + sigma**2 / 2) / sigma if scv else np.where(time_s < mean_s, -np.inf, np.inf)
        parts.append(0.5 * np.vectorize(math.erfc)(z / math.sqrt(2)))
    return law["p"] * parts[0] + (1 - law["p"]) * parts[1]


def fine_sum(tail, first_s=1e-6, last_s=10.0, count=20_001):
    """The integral of a tail that is 1 up to `first_s` and 0 from `last_s` on, by trapezia over ln t."""
    log_s = np.linspace(math.log(first_s), math.log(last_s), count)
    return first_s + np.trapezoid(tail(np.exp(log_s)) * np.exp(log_s), log_s)


@pytest.mark.parametrize(
    "law",
    [
        HIT_OR_MISS,
        {**HIT_OR_MISS, "scv1": 1e-4, "scv2": 1e-3},
        {**HIT_OR_MISS, "p": 0.01, "scv2": 5.0, "mean2_s": 1e-3},
    ],
)
@pytest.mark.parametrize(("k", "n"), [(1, 1), (1, 2), (2, 3), (20, 20), (1, 100)])
def test_the_kth_of_hits_and_misses_by_a_fine_sum(law, k, n):
    def tail_of_all(time_s):
        tail = mixed_tail(law, time_s)
        return sum(math.comb(n, j) * (1 - tail) ** j * tail ** (n - j) for j in range(k))

    found = order_statistic(law, k, n, 0.95)
    assert found.mean_s == pytest.approx(fine_sum(tail_of_all), rel=1e-5)
    assert tail_of_all(np.asarray([found.quantile_s])) == pytest.approx(0.05, rel=1e-6)


@pytest.mark.parametrize("delay_s", [0.0, 1e-4, 3e-4, 7e-3])
def test_a_hedge_against_misses_by_a_fine_sum(delay_s):
    def tail_of_first(time_s):
        second = mixed_tail(HIT_OR_MISS, np.maximum(time_s - delay_s, 1e-12))
        return mixed_tail(HIT_OR_MISS, time_s) * np.where(time_s > delay_s, second, 1.0)

    found = hedged_request(HIT_OR_MISS, delay_s, 0.99)
    assert found.mean_s == pytest.approx(fine_sum(tail_of_first), rel=1e-5)
    assert tail_of_first(np.asarray([found.quantile_s])) == pytest.approx(0.01, rel=1e-6)
    if delay_s:
        assert found.extra_load == pytest.approx(mixed_tail(HIT_OR_MISS, np.asarray([delay_s]))[0], rel=1e-9)


def test_fixed_hits_and_misses_are_counted():
    """The last of n takes a miss unless all hit; a hedge after less than a miss saves all but double misses."""
    fixed = {**HIT_OR_MISS, "scv1": 0.0, "scv2": 0.0}
    hit_s, miss_s, delay_s = 2e-4, 6e-3, 1e-3
    assert order_statistic(fixed, 5, 5).mean_s == pytest.approx(0.9**5 * hit_s + (1 - 0.9**5) * miss_s, rel=1e-9)
    assert order_statistic(fixed, 1, 1, 0.89).quantile_s == pytest.approx(hit_s, rel=1e-9)
    assert order_statistic(fixed, 1, 1, 0.91).quantile_s == pytest.approx(miss_s, rel=1e-9)
    found = hedged_request(fixed, delay_s)
    assert found.mean_s == pytest.approx(0.9 * hit_s + 0.09 * (delay_s + hit_s) + 0.01 * miss_s, rel=1e-9)
    assert found.extra_load == pytest.approx(0.1)


def test_a_quorum_of_hits_and_misses_matches_sampling():
    draw, sigmas = np.random.default_rng(8), np.sqrt(np.log1p([0.01, 0.2]))
    miss = (draw.random((400_000, 4)) > 0.9).astype(int)
    logs = (
        np.log(np.array([2e-4, 6e-3]))[miss] + sigmas[miss] * draw.standard_normal(miss.shape) - sigmas[miss] ** 2 / 2
    )
    commits = np.maximum(draw.exponential(1e-3, 400_000), np.sort(np.exp(logs), axis=1)[:, 2])
    found = quorum_commit_latency({"kind": "exponential", "mean_s": 1e-3}, HIT_OR_MISS, 3, 4, 0.99)
    assert found.mean_s == pytest.approx(commits.mean(), rel=0.007)  # four standard errors
    assert found.quantile_s == pytest.approx(np.quantile(commits, 0.99), rel=0.02)


def test_fan_out_reproduces_the_published_example():
    found = tail_at_scale(np.array([0.01, 0.0001]), np.array([100, 2000]), 0.99)
    assert found.any_slow_probability == pytest.approx([0.63, 0.18], abs=0.006)  # Dean and Barroso 2013
    assert found.leaf_quantile_needed[0] ** 100 == pytest.approx(0.99)


def test_fork_join_is_exact_for_one_and_two_queues_and_warns_beyond_its_range():
    assert fork_join(1, 0.5, 1.0).mean_response_s == pytest.approx(2.0)
    assert fork_join(2, 0.8, 1.0).mean_response_s == pytest.approx((12 - 0.8) / 8 * 5.0)  # Flatto and Hahn 1984
    assert fork_join(8, 1e-9, 1.0).mean_response_s == pytest.approx(sum(1 / i for i in range(1, 9)), rel=1e-6)
    assert np.isinf(fork_join(2, 1.0, 1.0).mean_response_s)
    with pytest.warns(ValidityWarning, match="above 32"):
        fork_join(64, 0.5, 1.0)


@pytest.mark.parametrize("n", [4, 7, 10])
def test_pbft_counts_match_sending_every_message(n):
    replicas = range(n)
    sent = [(0, b) for b in replicas if b]  # pre-prepare
    sent += [(a, b) for a, b in itertools.permutations(replicas, 2) if a]  # prepare
    sent += list(itertools.permutations(replicas, 2))  # commit
    found = consensus_message_counts("pbft", n)
    assert found.messages == len(sent)
    assert found.leader_messages == sum(0 in pair for pair in sent)


@pytest.mark.parametrize(
    ("protocol", "n", "expected"),
    [
        ("raft", 5, (8, 8, 2, 1)),
        ("epaxos_fast", 5, (4, 4, 2, 1)),  # Moraru et al. 2013: fast quorum of 3 out of 5
        ("epaxos_fast", 7, (8, 8, 2, 1)),  # fast quorum of 5 out of 7
        ("chain", 4, (6, 2, 3, 4)),
        ("two_phase_commit", 3, (12, 12, 2, 2)),
        # Basic HotStuff: four proposals of the leader and three rounds of votes, each to or from n - 1 replicas.
        ("hotstuff_basic", 4, ((4 + 3) * 3, (4 + 3) * 3, 4 + 3, 0)),
    ],
)
def test_protocol_counts(protocol, n, expected):
    assert tuple(consensus_message_counts(protocol, n)) == expected


def test_too_few_replicas_for_byzantine_faults_warn():
    with pytest.warns(ValidityWarning, match="fewer than 4"):
        consensus_message_counts("pbft", 3)


def test_leader_limit_falls_with_followers_and_rises_with_batches():
    n = np.array([1, 3, 5, 9])
    limits = leader_bottleneck_throughput(n, 1, 6e-6, 2e-6, 3e-6).max_throughput_per_s
    assert limits == pytest.approx(1 / (6e-6 + (n - 1) * 5e-6))
    assert np.all(np.diff(limits) < 0)
    assert leader_bottleneck_throughput(9, 1000, 6e-6, 2e-6, 3e-6).max_throughput_per_s == pytest.approx(
        1 / 6e-6, rel=0.01
    )


RTT = [
    [0, 72, 151, 59, 93],
    [72, 0, 88, 130, 83],
    [151, 88, 0, 201, 153],
    [59, 130, 201, 0, 120],
    [93, 83, 153, 120, 0],
]


def test_wan_commit_follows_the_messages():
    sites = range(5)
    for client, leader in itertools.product(sites, sites):
        majority = sorted(RTT[leader][other] for other in sites if other != leader)[1]
        assert wan_commit_latency("multipaxos", RTT, client, leader).commit_latency_s == RTT[client][leader] + majority
    chain = (RTT[3][0] + RTT[0][1] + RTT[1][2] + RTT[2][3] + RTT[3][4] + RTT[4][3]) / 2
    assert wan_commit_latency("chain", RTT, 3, 0).commit_latency_s == chain
    fast = wan_commit_latency("epaxos_fast", RTT, np.array([0, 2]), 0).commit_latency_s
    assert fast.tolist() == [72, 151]  # the second nearest of the others
    with pytest.raises(ValueError, match="client_site = 5; expected a row"):
        wan_commit_latency("chain", RTT, 5, 0)
    with pytest.raises(ValueError, match="expected a square"):
        wan_commit_latency("chain", [[0, 1], [1, 0], [2, 2]], 0, 0)


def test_two_phase_commit_follows_its_events():
    rtts = [5e-4, 9e-4]
    prepared = max(rtt / 2 + 1e-3 + rtt / 2 for rtt in rtts)
    decided = prepared + 2e-3
    found = two_phase_commit_latency(rtts, 1e-3, 2e-3)
    assert found.decision_s == pytest.approx(decided)
    assert found.locks_released_s == pytest.approx(decided + 4.5e-4)
    assert found.all_acked_s == pytest.approx(decided + 9e-4 + 1e-3)


@pytest.mark.parametrize(
    ("law", "words"),
    [
        ({"kind": "normal", "mean_s": 1.0}, "no latency law"),
        (3.0, "no latency law"),
        ({"kind": "exponential"}, "expected exactly mean_s"),
        ({"kind": "exponential", "mean_s": 1.0, "sigma": 2.0}, "expected exactly mean_s"),
        ({"kind": "exponential", "mean_s": -1.0}, r"latency\.mean_s = -1"),
        ({"kind": "lognormal", "median_s": 1.0, "sigma": np.nan}, r"latency\.sigma = nan"),
    ],
)
def test_broken_laws_are_refused_by_name(law, words):
    with pytest.raises(ValueError, match=words):
        order_statistic(law, 1, 1)


def test_more_acknowledgements_than_replicas_are_refused():
    with pytest.raises(ValueError, match="k = 3 is above n = 2"):
        order_statistic(EXP, 3, 2)


def test_parameters_of_a_law_broadcast():
    together = order_statistic(Lognormal(np.array([1e-3, 2e-3]), 0.5), 2, 3, 0.9)
    alone = order_statistic(Lognormal(2e-3, 0.5), 2, 3, 0.9)
    assert together.mean_s[1] == pytest.approx(alone.mean_s, rel=1e-12)
    assert together.quantile_s[1] == pytest.approx(alone.quantile_s, rel=1e-12)
