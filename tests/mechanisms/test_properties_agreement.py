"""Closed forms that are one another's special cases agree at random points.

A row: a primitive and the outputs it must give, another with its arguments as functions of the first one's.
"""

import numpy as np
import pytest
from hypothesis import given

from tests.mechanisms.sampling import at_most, evaluate, few, points, same

pytestmark = [
    pytest.mark.filterwarnings("ignore::gauntlet.mechanisms._inputs.ValidityWarning"),
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),  # this file's own arithmetic at 0, 1 and infinity
]


def rate_and(service, **constants):
    """Arguments of another queue with the arrival rate and service time of the first, and constants."""
    return lambda at: {"arrival_rate_per_s": at["arrival_rate_per_s"], service: at["service_time_s"], **constants}


SINGLE_SERVER = [
    (
        "mmc",
        rate_and("service_time_s", servers=1.0),
        {"mean_wait_s": "mean_wait_s", "mean_response_s": "mean_response_s"},
    ),
    ("mg1_pk", rate_and("mean_service_s", service_scv=1.0), {"mean_wait_s": "mean_wait_s"}),
    ("gg1_kingman", rate_and("mean_service_s", arrival_scv=1.0, service_scv=1.0), {"mean_wait_s": "mean_wait_s"}),
    (
        "ggc_allen_cunneen",
        rate_and("mean_service_s", servers=1.0, arrival_scv=1.0, service_scv=1.0),
        {"mean_wait_s": "mean_wait_s"},
    ),
    ("mg1_ps", rate_and("mean_service_s", job_service_s=1.0), {"mean_response_s": "mean_response_s"}),
    ("fork_join", rate_and("service_time_s", n=1.0), {"mean_response_s": "mean_response_s"}),
    ("split_merge", rate_and("service_time_s", n=1.0), {"mean_response_s": "mean_response_s"}),
    ("bulk_service_mm1b", rate_and("service_time_s", max_batch=1.0), {"mean_wait_s": "mean_wait_s"}),
    ("size_based_scheduling_mm1", rate_and("mean_service_s", policy="fcfs"), {"mean_response_s": "mean_response_s"}),
    (
        "open_jackson",
        lambda at: {
            "arrival_rate_per_s": at["arrival_rate_per_s"],
            "visits": [1.0],
            "service_times_s": [at["service_time_s"]],
            "servers": [1.0],
        },
        {"response_s": "mean_response_s", "bottleneck_utilisation": "utilisation"},
    ),
    (
        "mxm1_batch_arrivals",
        lambda at: {
            "batch_rate_per_s": at["arrival_rate_per_s"],
            "mean_batch": 1.0,
            "batch_second_moment": 1.0,
            "service_time_s": at["service_time_s"],
        },
        {"mean_response_s": "mean_response_s", "utilisation": "utilisation"},
    ),
    (
        "power_of_d",
        lambda at: {
            "load": at["arrival_rate_per_s"] * at["service_time_s"],
            "choices": 1.0,
            "service_time_s": at["service_time_s"],
        },
        {"mean_response_s": "mean_response_s"},
    ),
    (
        "mg1_priority_nonpreemptive",
        lambda at: {
            "arrival_rates_per_s": [at["arrival_rate_per_s"]],
            "mean_services_s": [at["service_time_s"]],
            "service_scvs": [1.0],
        },
        {"mean_wait_s": "mean_wait_s"},
    ),
    (
        "mg1_priority_preemptive_resume",
        lambda at: {
            "arrival_rates_per_s": [at["arrival_rate_per_s"]],
            "mean_services_s": [at["service_time_s"]],
            "service_scvs": [1.0],
        },
        {"mean_response_s": "mean_response_s"},
    ),
    (
        "polling_symmetric",
        lambda at: {
            "policy": "exhaustive",
            "stations": 1.0,
            "arrival_rate_per_station_per_s": at["arrival_rate_per_s"],
            "mean_service_s": at["service_time_s"],
            "service_scv": 1.0,
            "switchover_s": 1e-300,
            "switchover_var_s2": 0.0,
        },
        {"mean_wait_s": "mean_wait_s"},
    ),
    (
        "mmc_response",
        lambda at: {
            "arrival_rate_per_s": at["arrival_rate_per_s"],
            "service_time_s": np.maximum(at["service_time_s"], 1e-300),
            "servers": 1.0,
            "quantile": at["quantile"],
        },
        {"response_quantile_s": "response_quantile_s"},
    ),
    (
        "mm1k",
        rate_and("service_time_s", capacity=10.0**9),
        {"mean_response_s": "mean_response_s"},
    ),
]


@pytest.mark.parametrize(("other", "arguments", "pairs"), SINGLE_SERVER, ids=[row[0] for row in SINGLE_SERVER])
def test_queues_of_one_exponential_server_are_mm1(other, arguments, pairs):
    @few
    @given(points("mm1"))
    def check(at):
        busy = {**at, "arrival_rate_per_s": np.maximum(at["arrival_rate_per_s"], 1e-9)}
        busy["service_time_s"] = np.maximum(at["service_time_s"], 1e-9)
        busy["quantile"] = np.minimum(at["quantile"], 0.999999)
        stable = busy["arrival_rate_per_s"] * busy["service_time_s"] < (0.999 if other == "mm1k" else np.inf)
        mm1, found = evaluate("mm1", busy), evaluate(other, arguments(busy))
        for output, expected in pairs.items():
            same(found[output].reshape(-1)[stable], mm1[expected][stable], rtol=1e-8)

    check()


@few
@given(points("mmc"))
def test_the_quantile_of_a_response_lies_above_that_of_its_wait(at):
    response = evaluate("mmc_response", at)["response_quantile_s"]
    at_most(evaluate("mmc", at)["wait_quantile_s"], response)
    at_most(-at["service_time_s"] * np.log1p(-at["quantile"]), response, rtol=1e-9)


@few
@given(points("mmc"))
def test_erlang_c_follows_from_erlang_b(at):
    load = at["arrival_rate_per_s"] * at["service_time_s"]
    rho = load / at["servers"]
    blocking = evaluate("mmcc_erlang_b", {"offered_load_erlang": load, "servers": at["servers"]})["blocking_prob"]
    stable = rho < 1
    same(evaluate("mmc", at)["prob_wait"][stable], (blocking / (1 - rho * (1 - blocking)))[stable])


@few
@given(points("mm1k"))
def test_a_buffer_of_one_loses_as_one_server(at):
    alone = evaluate("mm1k", {**at, "capacity": 1.0})["blocking_prob"]
    load = at["arrival_rate_per_s"] * at["service_time_s"]
    same(alone, evaluate("mmcc_erlang_b", {"offered_load_erlang": load, "servers": 1.0})["blocking_prob"])


@few
@given(points("finite_source_mmc"))
def test_the_machine_repairman_with_one_server_is_a_closed_network(at):
    repaired = evaluate("finite_source_mmc", {**at, "servers": 1.0})
    network = {"population": at["population"], "think_time_s": at["think_time_s"], "demands_s": [at["service_time_s"]]}
    walked = evaluate("mva_exact", network)
    same(repaired["throughput_per_s"], walked["throughput_per_s"])
    same(repaired["mean_response_s"], walked["response_s"])


@pytest.mark.parametrize("name", ["mva_exact", "mva_schweitzer"])
def test_many_clients_reach_the_asymptote(name):
    """With N clients, X Dmax is 1 but for 1/N where several stations are nearly the slowest."""

    @few
    @given(points("mva_exact", count=2))
    def check(at):
        crowded = {**at, "population": 5_000.0, "demands_s": [demand_s + 0.01 for demand_s in at["demands_s"]]}
        bound = evaluate("closed_network_bounds", crowded)["throughput_upper_per_s"]
        same(evaluate(name, crowded)["throughput_per_s"], bound, rtol=5e-3)

    check()


@few
@given(points("dynamic_batching"))
def test_batches_whose_time_does_not_grow_are_group_commits(at):
    batches = evaluate("dynamic_batching", {**at, "per_item_s": 0.0})
    commits = evaluate("group_commit", {"arrival_rate_per_s": at["arrival_rate_per_s"], "fsync_s": at["fixed_s"]})
    same(batches["mean_batch"], commits["mean_batch"])
    same(batches["mean_response_s"], commits["mean_latency_s"])


@few
@given(points("dynamic_batching"))
def test_batches_without_a_fixed_cost_serve_one_by_one(at):
    """A job of the batch ends with its batch, so it waits no less than in M/D/1."""
    batches = evaluate("dynamic_batching", {**at, "fixed_s": 0.0})["mean_response_s"]
    queue = {"arrival_rate_per_s": at["arrival_rate_per_s"], "mean_service_s": at["per_item_s"], "service_scv": 0.0}
    at_most(evaluate("mg1_pk", queue)["mean_response_s"], batches, rtol=1e-9)


@few
@given(points("usl"))
def test_scalability_without_agreement_is_amdahl(at):
    scaled = evaluate("usl", {**at, "coherency": 0.0})["throughput_per_s"]
    amdahl = evaluate("amdahl", {"serial_fraction": at["contention"], "processors": at["processors"]})["speedup"]
    same(scaled, at["single_rate_per_s"] * amdahl)


@few
@given(points("amdahl"))
def test_gustafson_is_amdahl_with_the_share_of_the_parallel_run(at):
    """A share s of the parallel run is s / (s + (1 - s) n) of the same work on one processor."""
    share = at["serial_fraction"]
    alone = share / (share + (1 - share) * at["processors"])
    scaled = evaluate("gustafson", at)["speedup"]
    same(scaled, evaluate("amdahl", {"serial_fraction": alone, "processors": at["processors"]})["speedup"])


@few
@given(points("roofline"))
def test_rooflines_of_one_level_agree(at):
    levels = {"bytes_per_level": [at["bytes_"]], "bandwidths_bytes_per_s": [at["bandwidth_bytes_per_s"]]}
    one = {"flop": at["flop"], "peak_flop_per_s": at["peak_flop_per_s"], **levels}
    same(evaluate("hierarchical_roofline", one)["time_s"], evaluate("roofline", at)["time_s"])


@few
@given(points("energy_roofline"))
def test_the_energy_roofline_is_the_energy_of_its_flop(at):
    flop = 1e12
    kernel = {
        "flop": flop,
        "bytes_": flop / at["intensity_flop_per_byte"],
        "peak_flop_per_s": at["peak_flop_per_s"],
        "bandwidth_bytes_per_s": at["bandwidth_bytes_per_s"],
    }
    spent = {key: at[key] for key in ("energy_per_flop_j", "energy_per_byte_j", "static_power_w")}
    time_s = evaluate("roofline", kernel)["time_s"]
    energy = evaluate("energy_op_byte", {"flop": flop, "bytes_": kernel["bytes_"], "time_s": time_s, **spent})
    same(evaluate("energy_roofline", at)["flop_per_joule"], flop / energy["energy_j"])


@few
@given(points("collective_time"))
def test_an_allreduce_is_a_reduce_scatter_and_an_allgather(at):
    whole, *parts = (
        evaluate("collective_time", {**at, "algorithm": algorithm})["time_s"]
        for algorithm in ("allreduce_ring", "reduce_scatter_ring", "allgather_ring")
    )
    same(whole, sum(parts))


@few
@given(points("hierarchical_allreduce"))
def test_two_levels_are_one_ring_where_one_level_is_trivial(at):
    def ring(ranks, alpha, bandwidth):
        ring = {"algorithm": "allreduce_ring", "ranks": at[ranks], "message_bytes": at["message_bytes"]}
        return evaluate("collective_time", {**ring, "alpha_s": at[alpha], "bandwidth_bytes_per_s": at[bandwidth]})

    inside = ring("gpus_per_node", "intra_alpha_s", "intra_bandwidth_bytes_per_s")
    same(evaluate("hierarchical_allreduce", {**at, "nodes": 1.0})["time_s"], inside["time_s"])
    between = ring("nodes", "inter_alpha_s", "inter_bandwidth_bytes_per_s")
    same(evaluate("hierarchical_allreduce", {**at, "gpus_per_node": 1.0})["time_s"], between["time_s"])


@few
@given(points("loggp"))
def test_a_message_without_gaps_is_a_hockney_message(at):
    alpha_s = 2 * at["overhead_s"] + at["latency_s"]
    whole = {"message_bytes": at["message_bytes"] - 1, "alpha_s": alpha_s}
    with np.errstate(divide="ignore"):
        bandwidth = 1 / at["gap_per_byte_s"]
    message = evaluate("hockney", {**whole, "bandwidth_bytes_per_s": bandwidth})
    same(evaluate("loggp", at)["one_message_s"], message["time_s"])


@few
@given(points("decode_step_time"))
def test_a_decode_step_is_a_roofline_and_a_fixed_cost(at):
    moved = at["active_weight_bytes"] + at["batch"] * at["context_tokens"] * at["kv_bytes_per_token"]
    kernel = {"flop": at["batch"] * at["flop_per_token"], "bytes_": moved}
    kernel |= {key: at[key] for key in ("peak_flop_per_s", "bandwidth_bytes_per_s")}
    same(evaluate("decode_step_time", at)["step_s"], evaluate("roofline", kernel)["time_s"] + at["fixed_s"])


@few
@given(points("conflict_probability_zipf"))
def test_uniform_skew_is_no_skew(at):
    """One access each: both laws give 1/N; the rest differ by replacement."""
    once = {"items": at["items"], "theta": 0.0, "accesses_a": 1.0, "accesses_b": 1.0}
    apart = {"db_items": at["items"], "reads": 1.0, "writes": 1.0, "concurrent": 1.0}
    skewed = evaluate("conflict_probability_zipf", once)["pair_conflict_prob"]
    same(skewed, -np.expm1(at["items"] * np.log1p(-1 / at["items"] ** 2)))
    at_most(skewed, evaluate("conflict_probability_uniform", apart)["pair_conflict_prob"])
