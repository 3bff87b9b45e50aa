"""Where a mechanism vanishes or is alone: its limits, at random points of all other arguments.

A row: primitive, arguments at the limit, and what the outputs must be there, as numbers or functions of the point.
"""

import numpy as np
import pytest
from hypothesis import given

from tests.mechanisms.sampling import each, evaluate, few, points, select, valid

pytestmark = [
    pytest.mark.filterwarnings("ignore::gauntlet.mechanisms._inputs.ValidityWarning"),
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),  # this file's own arithmetic at 0, 1 and infinity
]
INF = np.inf


def argument(key):
    """An argument itself."""
    return lambda at: at[key]


def total(key):
    """Sum of a list."""
    return lambda at: sum(at[key])


def harmonic(counts):
    """H_n by adding."""
    return np.array([np.sum(1 / np.arange(1, count + 1)) for count in counts])


def of_law(at, key="latency"):
    """Mean of a law in closed form."""
    law = at[key]
    if law["kind"] == "exponential":
        return law["mean_s"]
    if law["kind"] == "lognormal":
        return law["median_s"] * np.exp(law["sigma"] ** 2 / 2)
    if law["kind"] in ("hyperexp2", "lognormal2"):
        return law["p"] * law["mean1_s"] + (1 - law["p"]) * law["mean2_s"]
    alpha = law["alpha"]
    return np.where(alpha > 1, law["min_s"] * alpha / np.where(alpha > 1, alpha - 1, 1.0), INF)


def cycle_s(at):
    """Think time and demands of one client alone."""
    return at["think_time_s"] + sum(at["demands_s"])


EMPTY = {"arrival_rate_per_s": 0.0}
QUEUES = [
    (
        "mm1",
        EMPTY,
        {"utilisation": 0, "mean_wait_s": 0, "mean_in_system": 0, "mean_response_s": argument("service_time_s")},
    ),
    (
        "mm1",
        {"arrival_rate_per_s": 0.0, "quantile": 0.5},
        {"response_quantile_s": lambda at: at["service_time_s"] * np.log(2)},
    ),
    ("mm1", {"service_time_s": 0.0}, {"mean_response_s": 0, "response_quantile_s": 0}),
    (
        "mmc",
        EMPTY,
        {"prob_wait": 0, "mean_wait_s": 0, "wait_quantile_s": 0, "mean_response_s": argument("service_time_s")},
    ),
    ("mmc", {"servers": 3000.0}, {"mean_wait_s": 0, "wait_quantile_s": 0}),
    ("mmc_response", EMPTY | {"quantile": 0.5}, {"response_quantile_s": lambda at: at["service_time_s"] * np.log(2)}),
    ("mmc_response", EMPTY | {"quantile": 0.0}, {"response_quantile_s": 0}),
    ("mmc_response", {"quantile": 1.0}, {"response_quantile_s": INF}),
    ("mm1k", EMPTY, {"blocking_prob": 0, "throughput_per_s": 0, "mean_response_s": argument("service_time_s")}),
    ("mm1k", {"capacity": 1.0}, {"mean_response_s": argument("service_time_s")}),
    ("mg1_pk", EMPTY, {"mean_wait_s": 0, "mean_response_s": argument("mean_service_s")}),
    ("mg1_pk", EMPTY | {"service_scv": INF}, {"mean_wait_s": 0}),
    ("gg1_kingman", EMPTY, {"mean_wait_s": 0}),
    ("gg1_kingman", {"arrival_scv": 0.0, "service_scv": 0.0, "mean_service_s": 1e-5}, {"mean_wait_s": 0}),
    ("ggc_allen_cunneen", EMPTY, {"mean_wait_s": 0}),
    ("mg1_ps", EMPTY, {"mean_slowdown": 1, "conditional_response_s": argument("job_service_s")}),
    (
        "finite_source_mmc",
        {"population": 1.0},
        {"throughput_per_s": lambda at: 1 / (at["think_time_s"] + at["service_time_s"])},
    ),
    ("finite_source_mmc", {"servers": 1000.0}, {"mean_response_s": argument("service_time_s")}),
    (
        "finite_source_mmc",
        {"think_time_s": 0.0},
        {"server_utilisation": lambda at: np.minimum(1, at["population"] / at["servers"])},
    ),
    (
        "finite_source_mmc",
        {"think_time_s": INF},
        {"mean_response_s": argument("service_time_s"), "server_utilisation": 0},
    ),
    ("mmcc_erlang_b", {"offered_load_erlang": 0.0}, {"blocking_prob": 0}),
    ("mmcc_erlang_b", {"offered_load_erlang": INF}, {"blocking_prob": 1}),
    (
        "mmcc_erlang_b",
        {"servers": 1.0},
        {"blocking_prob": lambda at: at["offered_load_erlang"] / (1 + at["offered_load_erlang"])},
    ),
    ("mxm1_batch_arrivals", {"service_time_s": 0.0}, {"utilisation": 0, "mean_response_s": 0}),
    ("mg1_priority_nonpreemptive", {"arrival_rates_per_s": 0.0}, {"mean_wait_s": 0}),
    (
        "mg1_priority_preemptive_resume",
        {"arrival_rates_per_s": 0.0},
        {"mean_response_s": lambda at: np.array(at["mean_services_s"])},
    ),
    (
        "polling_symmetric",
        {"arrival_rate_per_station_per_s": 0.0},
        {
            "mean_wait_s": lambda at: (
                at["switchover_var_s2"] / (2 * at["switchover_s"]) + at["stations"] * at["switchover_s"] / 2
            )
        },
    ),
    (
        "dynamic_batching",
        {"arrival_rate_per_s": 1e-12},
        {"mean_batch": 1, "mean_response_s": lambda at: at["fixed_s"] + at["per_item_s"]},
    ),
    ("bulk_service_mm1b", {"arrival_rate_per_s": 1e-12}, {"mean_response_s": argument("service_time_s")}),
    (
        "mva_exact",
        {"population": 1.0},
        {"response_s": total("demands_s"), "throughput_per_s": lambda at: 1 / cycle_s(at)},
    ),
    (
        "mva_schweitzer",
        {"population": 1.0},
        {"response_s": total("demands_s"), "throughput_per_s": lambda at: 1 / cycle_s(at)},
    ),
    (
        "closed_network_bounds",
        {"population": 1.0},
        {
            bound: lambda at: 1 / cycle_s(at)
            for bound in (
                "throughput_upper_per_s",
                "throughput_lower_per_s",
                "balanced_upper_per_s",
                "balanced_lower_per_s",
            )
        },
    ),
    (
        "open_jackson",
        EMPTY,
        {
            "bottleneck_utilisation": 0,
            "response_s": lambda at: sum(map(np.multiply, at["visits"], at["service_times_s"])),
        },
    ),
    ("power_of_d", {"load": 0.0}, {"mean_response_s": argument("service_time_s")}),
    ("power_of_d", {"choices": 1e6, "load": 0.9}, {"mean_response_s": argument("service_time_s")}),
    ("size_based_scheduling_mm1", EMPTY, {"mean_response_s": argument("mean_service_s")}),
]
REPLICAS = [
    ("order_statistic", {"k": 1.0, "n": 1.0}, {"mean_s": of_law}),
    ("order_statistic", {"quantile": 1.0}, {"quantile_s": INF}),
    ("quorum_commit_latency", {"quantile": 1.0}, {"quantile_s": INF}),
    ("hedged_request", {"hedge_delay_s": 0.0}, {"extra_load": 1}),
    ("tail_at_scale", {"slow_probability": 0.0}, {"any_slow_probability": 0}),
    ("tail_at_scale", {"slow_probability": 1.0}, {"any_slow_probability": 1}),
    (
        "tail_at_scale",
        {"fanout": 1.0},
        {"any_slow_probability": argument("slow_probability"), "leaf_quantile_needed": argument("quantile")},
    ),
    ("fork_join", EMPTY, {"mean_response_s": lambda at: at["service_time_s"] * harmonic(at["n"])}),
    ("split_merge", EMPTY, {"mean_response_s": lambda at: at["service_time_s"] * harmonic(at["n"])}),
    (
        "kofn_heterogeneous_exponential",
        {"k": 1.0},
        {"mean_s": lambda at: 1 / sum(1 / mean_s for mean_s in at["means_s"])},
    ),
    ("leader_bottleneck_throughput", {"n": 1.0}, {"cpu_per_command_s": argument("client_cpu_s")}),
    ("leader_bottleneck_throughput", {"batch": 1e300}, {"cpu_per_command_s": argument("client_cpu_s")}),
    (
        "two_phase_commit_latency",
        {"rtt_s": 0.0, "participant_fsync_s": 0.0, "coordinator_fsync_s": 0.0},
        {"all_acked_s": 0},
    ),
    ("wan_commit_latency", {"rtt_s": 0.0}, {"commit_latency_s": 0}),
    ("gray_lock_conflict_rates", {"tps": 0.0}, {"wait_probability": 0, "eager_system_deadlock_rate_per_s": 0}),
    ("conflict_probability_uniform", {"reads": 0.0}, {"pair_conflict_prob": 0, "any_conflict_prob": 0}),
    ("conflict_probability_uniform", {"writes": 0.0}, {"pair_conflict_prob": 0, "any_conflict_prob": 0}),
    ("conflict_probability_uniform", {"db_items": 1.0, "reads": 1.0, "writes": 1.0}, {"pair_conflict_prob": 1}),
    ("conflict_probability_uniform", {"concurrent": 0.0}, {"any_conflict_prob": 0}),
    ("conflict_probability_zipf", {"accesses_a": 0.0}, {"pair_conflict_prob": 0}),
    ("conflict_probability_zipf", {"items": 1.0, "accesses_a": 1.0, "accesses_b": 1.0}, {"pair_conflict_prob": 1}),
    ("zipf_skew", {"theta": 0.0}, {"p_hottest": lambda at: 1 / at["items"], "effective_items": argument("items")}),
    ("zipf_skew", {"items": 1.0}, {"p_hottest": 1, "collision_prob": 1, "effective_items": 1}),
    (
        "hot_key_serialisation",
        {"hot_access_prob": 0.0},
        {"throughput_bound_per_s": lambda at: at["workers"] / at["transaction_s"]},
    ),
    ("occ_goodput", {"workers": 1.0}, {"abort_probability": 0, "goodput_per_s": lambda at: 1 / at["attempt_s"]}),
    (
        "occ_goodput",
        {"pair_conflict_prob": 0.0},
        {"attempts_per_commit": 1, "goodput_per_s": lambda at: at["workers"] / at["attempt_s"]},
    ),
    (
        "retry_cost",
        {"abort_probability": 0.0},
        {"attempts": 1, "efficiency": 1, "mean_latency_s": argument("attempt_s")},
    ),
    ("retry_cost", {"abort_probability": 1.0}, {"attempts": INF}),
    ("thomasian_2pl", {"conflict_alpha": 0.0}, {"blocked_fraction": 0, "active_fraction": 1, "thrashing": 0}),
]


@pytest.mark.parametrize(("name", "limit", "expected"), QUEUES + REPLICAS)
def test_limits(name, limit, expected):
    check_limit(name, limit, expected)


def check_limit(name, limit, expected):
    """The outputs at random points with some arguments at their limit."""
    checked = []

    @few
    @given(points(name))
    def check(drawn):
        moved = {key: each(lambda array, to=value: np.full_like(array, to), drawn[key]) for key, value in limit.items()}
        at = {**drawn, **moved}
        usable = valid(name, at, 40)
        at = select(at, usable)
        checked.append(usable.any())
        for output, wanted in expected.items():
            found = evaluate(name, at, output)[output]
            value = np.broadcast_to(wanted(at) if callable(wanted) else wanted, found.shape)
            np.testing.assert_allclose(found, value, rtol=1e-9, atol=1e-15, err_msg=f"{name}.{output}")

    check()
    assert any(checked)
