"""Bounds that nothing beats: shares, capacities, numbers of processors, and the order of disciplines."""

import numpy as np
import pytest
from hypothesis import given

from gauntlet.mechanisms.catalogue import catalogue
from tests.mechanisms.sampling import at_most, evaluate, few, of, points

pytestmark = [
    pytest.mark.filterwarnings("ignore::gauntlet.mechanisms._inputs.ValidityWarning"),
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),  # this file's own arithmetic at 0, 1 and infinity
]

SHARES = [
    (name, output)
    for name, primitive in catalogue().items()
    for output in primitive.outputs
    if any(
        word in output for word in ("prob", "fraction", "efficiency", "hit_ratio", "occupancy", "hottest", "blocked")
    )
    if primitive.arguments and name != "gray_lock_conflict_rates"  # its linear rates exceed 1 with a warning
]


@pytest.mark.parametrize(("name", "output"), SHARES)
def test_shares_lie_between_none_and_all(name, output):
    @few
    @given(points(name))
    def check(at):
        share = evaluate(name, at, output)[output]
        assert ((share >= 0) & (share <= 1 + 1e-12) | np.isnan(share)).all()  # NaN: thomasian_2pl, checked there

    check()


@few
@given(points("polling_symmetric"))
def test_disciplines_of_polling_are_ordered(at):
    exhaustive, gated, limited = (
        evaluate("polling_symmetric", {**at, "policy": policy})["mean_wait_s"]
        for policy in ("exhaustive", "gated", "limited")
    )
    at_most(exhaustive, gated)
    at_most(gated, limited)


@few
@given(points("size_based_scheduling_mm1"))
def test_knowing_sizes_helps(at):
    srpt, sjf, fcfs = (
        evaluate("size_based_scheduling_mm1", {**at, "policy": policy})["mean_response_s"]
        for policy in ("srpt", "sjf", "fcfs")
    )
    at_most(srpt, sjf, rtol=1e-9)
    at_most(sjf, fcfs, rtol=1e-9)
    at_most(at["mean_service_s"], srpt, rtol=1e-9)


SPEEDUPS = [("amdahl", 1), ("gustafson", 1), ("usl", "single_rate_per_s")]


@pytest.mark.parametrize(("name", "single"), SPEEDUPS)
def test_no_speedup_exceeds_the_processors(name, single):
    @few
    @given(of(name))
    def check(found):
        at, out = found
        at_most(next(iter(out.values())), at["processors"] * (at[single] if isinstance(single, str) else single))

    check()


@few
@given(of("usl"))
def test_no_number_of_processors_beats_the_peak(found):
    _, out = found
    at_most(out["throughput_per_s"], out["peak_throughput_per_s"])


@few
@given(of("brent_bound"))
def test_greedy_schedules_stay_within_twice_the_best(found):
    at, out = found
    at_most(out["lower_s"], out["upper_s"])
    at_most(out["upper_s"], (2 - 1 / at["processors"]) * out["lower_s"])  # Graham 1969


CAPPED = [
    ("rdma_operation", "throughput_per_s", lambda at, out: out["capacity_per_s"]),
    ("window_limited_throughput", "throughput_bytes_per_s", lambda at, out: at["capacity_bytes_per_s"]),
    ("hot_key_serialisation", "throughput_bound_per_s", lambda at, out: out["serial_cap_per_s"]),
    ("incast_threshold", "goodput_bytes_per_s", lambda at, out: at["link_bytes_per_s"]),
    ("padhye_tcp", "throughput_bytes_per_s", lambda at, out: at["mss_bytes"] * at["max_window"] / at["rtt_s"]),
    ("roofline", "attainable_flop_per_s", lambda at, out: at["peak_flop_per_s"]),
    ("occ_goodput", "goodput_per_s", lambda at, out: at["workers"] / at["attempt_s"]),
    ("raid_iops", "iops", lambda at, out: at["disks"] * at["disk_iops"]),
    ("energy_roofline", "flop_per_joule", lambda at, out: 1 / at["energy_per_flop_j"]),
    ("speculative_decoding", "expected_tokens", lambda at, out: at["draft_tokens"] + 1),
    (
        "moe_expert_coverage",
        "expected_experts_hit",
        lambda at, out: np.minimum(at["experts"], at["tokens"] * at["top_k"]),
    ),
    (
        "hierarchical_allreduce",
        "bus_bandwidth_bytes_per_s",
        lambda at, out: np.maximum(
            at["intra_bandwidth_bytes_per_s"], at["gpus_per_node"] * at["inter_bandwidth_bytes_per_s"]
        ),
    ),
    ("btree_io", "read_ios", lambda at, out: out["height"]),
    ("batching_amortisation", "max_rate_per_s", lambda at, out: 1 / at["per_item_s"]),
    ("decode_step_time", "tokens_per_s", lambda at, out: at["batch"] / np.maximum(out["memory_s"], out["compute_s"])),
    (
        "fork_join",
        "mean_response_s",
        lambda at, out: (
            (1 + np.log(at["n"]))
            * evaluate("mm1", {"arrival_rate_per_s": at["arrival_rate_per_s"], "service_time_s": at["service_time_s"]})[
                "mean_response_s"
            ]
        ),
    ),
    (
        "power_of_d",
        "mean_response_s",
        lambda at, out: np.where(at["load"] < 1, at["service_time_s"] / (1 - at["load"]), np.inf),
    ),
    ("zipf_skew", "effective_items", lambda at, out: at["items"]),
    ("zipf_skew", "collision_prob", lambda at, out: out["p_hottest"]),
    ("server_power", "nonlinear_w", lambda at, out: at["peak_w"]),
    (
        "hedged_request",
        "quantile_s",
        lambda at, out: evaluate(
            "order_statistic", {"latency": at["latency"], "k": 1.0, "n": 1.0, "quantile": at["quantile"]}, "quantile_s"
        )["quantile_s"],
    ),
]


@pytest.mark.parametrize(("name", "output", "cap"), CAPPED)
def test_no_output_exceeds_what_carries_it(name, output, cap):
    @few
    @given(points(name))
    def check(at):
        out = evaluate(name, at, output)
        at_most(out[output], cap(at, out), rtol=1e-9)

    check()


@few
@given(of("che_lru_zipf"))
def test_recency_lies_between_chance_and_knowing_the_hottest(found):
    """A cache of the C hottest items hits H(C) / H(N); one of C random items, C / N."""
    at, out = found
    chance = np.minimum(1, at["capacity"] / at["items"])
    kept = np.minimum(at["items"], np.ceil(at["capacity"]))
    hottest = evaluate("zipf_skew", {"items": kept, "theta": at["theta"]})["p_hottest"]
    best = evaluate("zipf_skew", {"items": at["items"], "theta": at["theta"]})["p_hottest"] / hottest
    at_most(chance, out["hit_ratio"], rtol=1e-9)
    at_most(out["hit_ratio"], best, rtol=1e-9)


@few
@given(of("checkpoint_interval"))
def test_failures_only_add_time(found):
    at, out = found
    at_most(at["work_s"], out["expected_wall_s"])


@few
@given(of("quorum_commit_latency"))
def test_the_later_of_two_is_no_earlier_than_either(found):
    at, out = found
    acks = {"latency": at["followers"], "k": at["quorum_acks"], "n": at["n_followers"], "quantile": at["quantile"]}
    alone = {"latency": at["leader_s"], "k": 1.0, "n": 1.0, "quantile": at["quantile"]}
    for parts in (acks, alone):
        part = evaluate("order_statistic", parts)
        at_most(part["quantile_s"], out["quantile_s"], rtol=1e-9)
        at_most(part["mean_s"], out["mean_s"], rtol=1e-6)  # quadrature


ALLREDUCES = ("allreduce_ring", "allreduce_recursive_doubling", "allreduce_rabenseifner")


@pytest.mark.parametrize("algorithm", ALLREDUCES)
def test_no_allreduce_beats_its_lower_bounds(algorithm):
    """Chan et al. 2007: 2 (p - 1)/p n bytes through every port, log2 p rounds."""

    @few
    @given(points("collective_time"))
    def check(at):
        time_s = evaluate("collective_time", {**at, "algorithm": algorithm})["time_s"]
        moved = 2 * (at["ranks"] - 1) / at["ranks"] * (at["ranks"] > 2) + (
            at["ranks"] == 2
        )  # two ranks may exchange all
        at_most(moved * at["message_bytes"] / at["bandwidth_bytes_per_s"], time_s, rtol=1e-9)
        at_most(np.log2(at["ranks"]) * at["alpha_s"], time_s, rtol=1e-9)

    check()
