"""Order statistics, quorums and hedges where closed forms or one another say what they give."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mechanisms.sampling import evaluate, few, points, same

QUADRATURE = 1e-8


def harmonic(low, high):
    """1/(low + 1) + ... + 1/high by adding."""
    return sum(1 / rank for rank in range(low + 1, high + 1))


@few
@given(st.integers(1, 80), st.integers(0, 80), st.floats(1e-6, 1e3))
def test_the_kth_exponential_is_a_sum_of_harmonics(k, more, mean_s):
    """Also across 64 ranks added one by one and every 50 steps, where sums are rescaled."""
    law = {"kind": "exponential", "mean_s": mean_s}
    found = evaluate("order_statistic", {"latency": law, "k": k, "n": k + more}, "mean_s")["mean_s"]
    same(found, mean_s * harmonic(more, k + more), rtol=QUADRATURE)


@few
@given(points("order_statistic"))
def test_the_first_of_n_of_a_power_law_is_a_power_law(at):
    law = {"kind": "pareto", "min_s": 1e-3, "alpha": np.linspace(0.3, 4.0, 40)}
    first = evaluate("order_statistic", {**at, "latency": law, "k": 1.0})
    alone = {**at, "latency": {**law, "alpha": law["alpha"] * at["n"]}, "k": 1.0, "n": 1.0}
    for output, expected in evaluate("order_statistic", alone).items():
        same(first[output], expected, rtol=QUADRATURE)


@few
@given(points("quorum_commit_latency", count=8))
def test_a_leader_that_takes_no_time_leaves_the_quorum(at):
    instant = {"kind": "exponential", "mean_s": 1e-40}
    acks = {"latency": at["followers"], "k": at["quorum_acks"], "n": at["n_followers"], "quantile": at["quantile"]}
    found, expected = evaluate("quorum_commit_latency", {**at, "leader_s": instant}), evaluate("order_statistic", acks)
    for output in expected:
        same(found[output], at["path_s"] + expected[output], rtol=QUADRATURE)


@few
@given(points("quorum_commit_latency", count=8))
def test_followers_that_take_no_time_leave_the_leader(at):
    instant = {"kind": "exponential", "mean_s": 1e-40}
    alone = {"latency": at["leader_s"], "k": 1.0, "n": 1.0, "quantile": at["quantile"]}
    found, expected = (
        evaluate("quorum_commit_latency", {**at, "followers": instant, "path_s": 0.0}),
        evaluate("order_statistic", alone),
    )
    for output in expected:
        same(found[output], expected[output], rtol=QUADRATURE)


@few
@given(points("hedged_request", count=8))
def test_a_hedge_without_delay_is_the_first_of_two(at):
    at = {**at, "quantile": np.minimum(at["quantile"], 0.999)}
    hedged = evaluate("hedged_request", {**at, "hedge_delay_s": 0.0})
    pair = evaluate("order_statistic", {"latency": at["latency"], "quantile": at["quantile"], "k": 1.0, "n": 2.0})
    for output in pair:
        same(hedged[output], pair[output], rtol=QUADRATURE)


@few
@given(points("kofn_heterogeneous_exponential", count=8), st.floats(1e-6, 1e3))
def test_equal_replicas_are_order_statistics(at, mean_s):
    equal = {"means_s": [mean_s for _ in at["means_s"]], "k": at["k"]}
    law = {"latency": {"kind": "exponential", "mean_s": mean_s}, "k": at["k"], "n": float(len(at["means_s"]))}
    same(
        evaluate("kofn_heterogeneous_exponential", equal)["mean_s"],
        evaluate("order_statistic", law)["mean_s"],
        rtol=QUADRATURE,
    )


@few
@given(points("split_merge", count=8))
def test_a_split_job_takes_its_slowest_part(at):
    law = {"latency": {"kind": "exponential", "mean_s": at["service_time_s"]}, "k": at["n"], "n": at["n"]}
    slowest_s = evaluate("split_merge", {**at, "arrival_rate_per_s": 0.0})["mean_response_s"]
    same(evaluate("order_statistic", law, "mean_s")["mean_s"], slowest_s, rtol=QUADRATURE)


@few
@given(points("tail_at_scale"))
def test_a_fan_out_meets_its_quantile_as_its_leaves_do(at):
    found = evaluate("tail_at_scale", at)
    leaf = found["leaf_quantile_needed"]
    same(leaf ** at["fanout"], at["quantile"])
    slow = evaluate("tail_at_scale", {**at, "slow_probability": 1 - leaf})["any_slow_probability"]
    np.testing.assert_allclose(slow, 1 - at["quantile"], rtol=0, atol=1e-11)  # 1 - q^(1/n) rounds, n times


@pytest.mark.parametrize("k", [1, 2, 3])
def test_the_slowest_of_two_and_the_fastest_share_the_sum(k):
    """E min + E max is twice the mean, and so on for n = 3, for every law with a mean."""

    @few
    @given(points("order_statistic", count=8))
    def check(at):
        law = {"latency": at["latency"]}
        parts = [evaluate("order_statistic", {**law, "k": j, "n": k}, "mean_s")["mean_s"] for j in range(1, k + 1)]
        alone = evaluate("order_statistic", {**law, "k": 1.0, "n": 1.0}, "mean_s")["mean_s"]
        same(sum(parts), k * alone, rtol=QUADRATURE)

    check()
