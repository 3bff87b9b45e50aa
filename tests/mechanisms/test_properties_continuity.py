"""No jump where one formula takes over from another: both sides of each seam, at random points of all else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gauntlet.mechanisms._numerics import sum_over_ranks
from gauntlet.mechanisms.latencies import Exponential, Hyperexp2
from gauntlet.mechanisms.normal import normal_inverse_survival, normal_survival
from tests.mechanisms.sampling import at_most, evaluate, few, points, same

pytestmark = pytest.mark.filterwarnings("ignore::gauntlet.mechanisms._inputs.ValidityWarning")
STEP = 1e-9
FACTOR = 1e4
"""Most that an output may change, relative, per relative step: orders above the steepest of these curves."""


def no_jump(name, at, key, seam, only=None):
    """Outputs just below, at and just above a seam differ by no more than a step can move them."""
    below, there, above = (evaluate(name, {**at, key: seam * (1 + step)}) for step in (-STEP, 0.0, STEP))
    for output in only or there:
        for side in (below, above):
            same(side[output], there[output], rtol=FACTOR * STEP)


@few
@given(points("mm1k"))
def test_a_finite_buffer_passes_through_saturation(at):
    no_jump("mm1k", at, "arrival_rate_per_s", 1 / at["service_time_s"])


@few
@given(points("mm1k"), st.sampled_from([-1, 1]))
def test_a_finite_buffer_changes_to_its_series(at, side):
    """Near rho = 1 the mean of the states is a series, from |ln rho| (K + 1) = 1e-3 on."""
    rho = np.exp(side * 1e-3 / (at["capacity"] + 1))
    no_jump("mm1k", at, "arrival_rate_per_s", rho / at["service_time_s"])


@few
@given(points("mm1k"))
def test_saturation_of_a_finite_buffer_is_uniform(at):
    found = evaluate(
        "mm1k",
        {
            **at,
            "service_time_s": 1 / np.maximum(at["arrival_rate_per_s"], 1.0),
            "arrival_rate_per_s": np.maximum(at["arrival_rate_per_s"], 1.0),
        },
    )
    same(found["blocking_prob"], 1 / (at["capacity"] + 1))


@few
@given(points("mmc_response"), st.sampled_from([0.0, 1e-6, -1e-6]))
def test_waits_may_end_as_fast_as_services(at, apart):
    """d = 1/S, and the width around it where the limit stands in."""
    servers, quantile = np.maximum(at["servers"], 2.0), np.clip(at["quantile"], 0.01, 0.99)
    at = {**at, "servers": servers, "quantile": quantile}
    no_jump("mmc_response", at, "arrival_rate_per_s", (servers - 1 - apart) / at["service_time_s"])


SATURATED = [
    ("mm1", "service_time_s", lambda at: 1),
    ("mmc", "service_time_s", lambda at: at["servers"]),
    ("mmc_response", "service_time_s", lambda at: at["servers"]),
    ("mg1_pk", "mean_service_s", lambda at: 1),
    ("mg1_ps", "mean_service_s", lambda at: 1),
    ("fork_join", "service_time_s", lambda at: 1),
    ("bulk_service_mm1b", "service_time_s", lambda at: at["max_batch"]),
    ("size_based_scheduling_mm1", "mean_service_s", lambda at: 1),
]


@pytest.mark.parametrize(("name", "service", "servers"), SATURATED, ids=[row[0] for row in SATURATED])
def test_delays_grow_beyond_all_bounds_before_saturation(name, service, servers):
    """A quantile, like a mean, is worth 1 / (1 - rho) services; srpt only the logarithm's share of it."""

    @few
    @given(points(name))
    def check(at):
        quantile = {"quantile": np.full(40, 0.9)} if "quantile" in at else {}
        at = {**at, **quantile, service: np.maximum(at[service], 1e-6)}
        full = servers(at) / at[service]
        near, beyond = (evaluate(name, {**at, "arrival_rate_per_s": full * (1 + step)}) for step in (-1e-9, 1e-9))
        delay = (
            "mean_response_s"
            if "mean_response_s" in near
            else "response_quantile_s"
            if "response_quantile_s" in near
            else "mean_wait_s"
        )
        at_most(1e6 * at[service] / servers(at), near[delay])
        assert np.isinf(beyond[delay]).all()

    check()


@few
@given(st.floats(1e-6, 1e-2), st.floats(1e-9, 1.0), st.floats(1e-12, 0.999999))
def test_two_phases_of_one_mean_are_one(mean_s, tail, p):
    for other_s in (mean_s, mean_s * (1 + STEP)):
        mixed, alone = Hyperexp2(p, mean_s, other_s), Exponential(mean_s)
        same(mixed.survival(3 * mean_s), alone.survival(3 * mean_s), rtol=1e-7)
        np.testing.assert_allclose(mixed.inverse_survival(tail), alone.inverse_survival(tail), rtol=1e-7, atol=1e-20)


@few
@given(st.floats(1e-6, 1e-2), st.floats(1e-9, 1.0))
def test_a_phase_that_never_happens_is_none(mean_s, tail):
    with np.errstate(divide="ignore"):
        for law in (Hyperexp2(np.asarray(0.0), mean_s / 7, mean_s), Hyperexp2(np.asarray(1.0), mean_s, 7 * mean_s)):
            found, expected = law.inverse_survival(tail), Exponential(mean_s).inverse_survival(tail)
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-20)


@pytest.mark.parametrize("z", [0.0, 26 * np.sqrt(2)])
def test_the_normal_tail_has_no_seam(z):
    around = z + np.array([-1e-13, 0.0, 1e-13]) * max(z, 1)
    tails = normal_survival(around)
    np.testing.assert_allclose(tails, tails[1], rtol=1e-9, atol=1e-290)


@few
@given(st.floats(1e-280, 0.5))
def test_the_normal_tail_is_inverted(tail):
    same(normal_survival(normal_inverse_survival(tail)), tail, rtol=1e-9)
    tail = max(tail, 1e-12)  # 1 - tail is not 1
    mirrored = -normal_inverse_survival(1 - (1 - tail))
    np.testing.assert_allclose(normal_inverse_survival(1 - tail), mirrored, rtol=1e-12, atol=1e-14)


@few
@given(points("zipf_skew"), st.sampled_from([0.5, 1.0]))
def test_the_skew_passes_through_logarithms(at, theta):
    """H(N, theta) is a logarithm at theta = 1, and the collision sum at theta = 1/2."""
    no_jump("zipf_skew", at, "theta", np.full(40, theta))
    no_jump("conflict_probability_zipf", {**at, "accesses_a": 3.0, "accesses_b": 2.0}, "theta", np.full(40, theta))


@few
@given(st.integers(60, 70), st.floats(0.0, 3.0))
def test_sums_over_ranks_continue_past_the_ranks_added_one_by_one(count, power):
    found = sum_over_ranks(lambda rank: rank**-power, np.asarray(float(count)))
    same(found, np.sum(np.arange(1.0, count + 1) ** -power))


@few
@given(points("che_lru_zipf", count=8))
def test_a_cache_that_almost_holds_all_almost_always_hits(at):
    items = np.maximum(at["items"], 100.0)
    found = evaluate("che_lru_zipf", {**at, "items": items, "capacity": items - 1})
    at_most(1 - 2 / items, found["hit_ratio"])


@few
@given(points("roofline"))
def test_rooflines_meet_at_the_ridge(at):
    at = {**at, "bytes_": np.maximum(at["bytes_"], 1.0)}
    ridge = at["bytes_"] * at["peak_flop_per_s"] / at["bandwidth_bytes_per_s"]
    no_jump("roofline", at, "flop", ridge, only=["time_s", "attainable_flop_per_s"])


@few
@given(points("energy_roofline"))
def test_energy_rooflines_meet_at_the_ridge(at):
    no_jump("energy_roofline", at, "intensity_flop_per_byte", at["peak_flop_per_s"] / at["bandwidth_bytes_per_s"])


@few
@given(points("numa_access"))
def test_bandwidths_of_both_memories_meet(at):
    local, link = at["local_bandwidth_bytes_per_s"], at["link_bandwidth_bytes_per_s"]
    no_jump("numa_access", at, "remote_fraction", link / (local + link))


@few
@given(points("window_limited_throughput"))
def test_windows_meet_the_capacity(at):
    no_jump(
        "window_limited_throughput", at, "outstanding", evaluate("window_limited_throughput", at)["needed_outstanding"]
    )


@few
@given(points("hot_key_serialisation"))
def test_a_hot_key_binds_where_it_says(at):
    at = {**at, "hot_access_prob": np.maximum(at["hot_access_prob"], 1e-3), "hold_s": np.maximum(at["hold_s"], 1e-7)}
    bound = evaluate("hot_key_serialisation", at)
    at = {**at, "transaction_s": at["hot_access_prob"] * at["hold_s"] * at["workers"]}
    no_jump("hot_key_serialisation", at, "transaction_s", at["transaction_s"], only=["throughput_bound_per_s"])
    same(evaluate("hot_key_serialisation", at)["throughput_bound_per_s"], bound["serial_cap_per_s"])


@few
@given(points("speculative_decoding"), points("retry_cost"), points("tail_at_scale"))
def test_probabilities_reach_their_ends_without_a_jump(drafts, retries, leaves):
    near = {"expected_tokens": evaluate("speculative_decoding", {**drafts, "acceptance": 1 - STEP})["expected_tokens"]}
    same(near["expected_tokens"], drafts["draft_tokens"] + 1, rtol=1e-6)
    same(evaluate("retry_cost", {**retries, "abort_probability": STEP})["attempts"], 1.0, rtol=1e-8)
    rare = evaluate("tail_at_scale", {**leaves, "slow_probability": 1e-15})["any_slow_probability"]
    same(rare, 1e-15 * leaves["fanout"], rtol=1e-9)


@few
@given(points("btree_io"))
def test_a_level_that_fits_exactly_is_cached_without_a_jump(at):
    at = {**at, "records": np.maximum(at["records"], 1e6)}
    leaves = evaluate("btree_io", at)["leaf_pages"]
    no_jump("btree_io", at, "cached_bytes", leaves * at["page_bytes"], only=["height", "leaf_pages"])
    below, above = (
        evaluate("btree_io", {**at, "cached_bytes": leaves * at["page_bytes"] * (1 + s)}) for s in (-STEP, STEP)
    )
    np.testing.assert_allclose(below["read_ios"], above["read_ios"], atol=1e-8)


@few
@given(points("thomasian_2pl"))
def test_blocking_ends_at_the_thrash_point(at):
    threshold = evaluate("thomasian_thrash_point", {})
    near = evaluate("thomasian_2pl", {"conflict_alpha": threshold["alpha_max"] * (1 - 1e-12)})
    same(near["blocked_fraction"], threshold["blocked_at_max"], rtol=1e-5)  # a maximum: the square root of the step


@few
@given(points("conflict_probability_uniform"))
def test_sets_that_fill_the_items_almost_surely_meet(at):
    """r + w = D: the sets miss each other in one of C(D, w) cases; one item more, and they must meet."""
    reads, writes = np.maximum(at["reads"], 1.0), np.maximum(at["writes"], 1.0)
    fills = {"reads": reads, "writes": writes, "concurrent": 1.0}
    found = evaluate("conflict_probability_uniform", {**fills, "db_items": reads + writes})["pair_conflict_prob"]
    at_most(1 - 1 / (reads + writes), found)
    at_most(found, 1)
    same(
        evaluate("conflict_probability_uniform", {**fills, "db_items": np.maximum(reads, writes)})[
            "pair_conflict_prob"
        ],
        1,
    )
