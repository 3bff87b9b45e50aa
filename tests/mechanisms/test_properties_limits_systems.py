"""Limits of networks, memory, storage, kernels and laws of scaling, as in `test_properties_limits`."""

import numpy as np
import pytest

from tests.mechanisms.test_properties_limits import INF, argument, check_limit, total

pytestmark = [
    pytest.mark.filterwarnings("ignore::gauntlet.mechanisms._inputs.ValidityWarning"),
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),  # this file's own arithmetic at 0, 1 and infinity
]


def product(*keys):
    """Several arguments multiplied."""
    return lambda at: np.prod([at[key] for key in keys], axis=0)


LAWS = [
    ("littles_law", {"residence_s": 0.0}, {"mean_in_system": 0}),
    ("operational_laws", {"busy_time_s": 0.0}, {"utilisation": 0, "service_time_s": 0, "demand_s": 0}),
    ("interactive_response_time", {"throughput_per_s": INF, "think_time_s": 0.0}, {"response_s": 0}),
    ("amdahl", {"processors": 1.0}, {"speedup": 1}),
    ("amdahl", {"serial_fraction": 0.0}, {"speedup": argument("processors")}),
    ("amdahl", {"processors": INF}, {"speedup": lambda at: 1 / at["serial_fraction"]}),
    ("gustafson", {"processors": 1.0}, {"speedup": 1}),
    ("gustafson", {"serial_fraction": 1.0}, {"speedup": 1}),
    ("usl", {"processors": 1.0}, {"throughput_per_s": argument("single_rate_per_s")}),
    (
        "usl",
        {"contention": 0.0, "coherency": 0.0},
        {"throughput_per_s": product("processors", "single_rate_per_s"), "peak_processors": INF},
    ),
    (
        "usl",
        {"processors": INF, "coherency": 0.0, "contention": 0.25},
        {"throughput_per_s": lambda at: 4 * at["single_rate_per_s"]},
    ),
    ("brent_bound", {"processors": 1.0}, {"lower_s": argument("work_s"), "upper_s": argument("work_s")}),
    ("brent_bound", {"processors": 1e300}, {"lower_s": argument("span_s"), "upper_s": argument("span_s")}),
    ("energy_op_byte", {"flop": 0.0, "bytes_": 0.0}, {"mean_power_w": argument("static_power_w")}),
    ("energy_op_byte", {"time_s": INF}, {"mean_power_w": argument("static_power_w")}),
    (
        "energy_roofline",
        {"static_power_w": 0.0, "energy_per_byte_j": 0.0},
        {"flop_per_joule": lambda at: 1 / at["energy_per_flop_j"]},
    ),
    ("server_power", {"utilisation": 0.0}, {"linear_w": argument("idle_w"), "nonlinear_w": argument("idle_w")}),
    (
        "server_power",
        {"utilisation": 1.0},
        {key: argument("peak_w") for key in ("linear_w", "nonlinear_w", "energy_per_request_j")},
    ),
]
NETWORK = [
    ("hockney", {"message_bytes": 0.0}, {"time_s": argument("alpha_s")}),
    ("hockney", {"bandwidth_bytes_per_s": INF, "alpha_s": 1e-6}, {"time_s": 1e-6}),
    (
        "loggp",
        {"messages": 1.0, "message_bytes": 1.0},
        {"pipelined_s": lambda at: 2 * at["overhead_s"] + at["latency_s"]},
    ),
    ("window_limited_throughput", {"outstanding": 0.0}, {"throughput_bytes_per_s": 0}),
    ("window_limited_throughput", {"outstanding": 1e30}, {"throughput_bytes_per_s": argument("capacity_bytes_per_s")}),
    ("batching_amortisation", {"batch": 1.0}, {"fill_delay_s": 0}),
    (
        "batching_amortisation",
        {"per_batch_s": 0.0},
        {"efficiency": 1, "max_rate_per_s": lambda at: 1 / at["per_item_s"]},
    ),
    (
        "batching_amortisation",
        {"batch": 1e300},
        {"efficiency": lambda at: (at["per_item_s"] > 0) | (at["per_batch_s"] == 0)},
    ),
    ("pipeline_makespan", {"items": 1.0}, {"makespan_s": total("stage_times_s")}),
    (
        "padhye_tcp",
        {"loss_probability": 1e-30},
        {"throughput_bytes_per_s": lambda at: at["mss_bytes"] * at["max_window"] / at["rtt_s"]},
    ),
    ("incast_threshold", {"rto_min_s": 0.0, "rtt_s": 1e-30}, {"goodput_bytes_per_s": argument("link_bytes_per_s")}),
    (
        "incast_threshold",
        {"buffer_bytes": 1e30, "block_bytes_per_sender": 1e12},
        {"goodput_bytes_per_s": argument("link_bytes_per_s")},
    ),
    ("collective_time", {"ranks": 1.0}, {"time_s": 0}),
    ("collective_time", {"alpha_s": 0.0, "message_bytes": 0.0}, {"time_s": 0}),
    ("hierarchical_allreduce", {"nodes": 1.0, "gpus_per_node": 1.0}, {"time_s": 0, "bus_bandwidth_bytes_per_s": 0}),
    ("tensor_parallel_communication", {"tp": 1.0}, {"time_s": 0}),
    ("pipeline_bubble", {"stages": 1.0}, {"bubble_over_ideal": 0, "idle_fraction": 0, "relative_time": 1}),
]
MEMORY = [
    ("amat", {"miss_rates": 0.0}, {"amat_s": lambda at: at["hit_times_s"][0]}),
    ("amat", {"miss_rates": 1.0}, {"amat_s": lambda at: sum(at["hit_times_s"]) + at["memory_s"]}),
    ("amat", {"miss_rates": 0.0, "memory_s": INF}, {"amat_s": lambda at: at["hit_times_s"][0]}),
    ("che_lru_zipf", {"theta": 0.0}, {"hit_ratio": lambda at: np.minimum(1, at["capacity"] / at["items"])}),
    ("che_lru_zipf", {"capacity": 1e9}, {"hit_ratio": 1, "characteristic_time": INF}),
    ("bloom_filter", {"items": 1e300}, {"false_positive": 1}),
    ("ttl_cache", {"ttl_s": 0.0}, {"hit_ratio": 0, "origin_rate_per_s": argument("request_rate_per_s")}),
    (
        "ttl_cache",
        {"ttl_s": 1e6, "request_rate_per_s": 1.0, "reset_on_hit": 1.0},
        {"hit_ratio": 1, "origin_rate_per_s": 0},
    ),
    (
        "ttl_cache",
        {"request_rate_per_s": INF, "ttl_s": 4.0, "reset_on_hit": 0.0},
        {"hit_ratio": 1, "origin_rate_per_s": 0.25},
    ),
    (
        "numa_access",
        {"remote_fraction": 0.0},
        {"mean_latency_s": argument("local_s"), "bandwidth_bytes_per_s": argument("local_bandwidth_bytes_per_s")},
    ),
    (
        "numa_access",
        {"remote_fraction": 1.0},
        {"mean_latency_s": argument("remote_s"), "bandwidth_bytes_per_s": argument("link_bandwidth_bytes_per_s")},
    ),
    ("numa_access", {"remote_fraction": 0.0, "remote_s": INF}, {"mean_latency_s": argument("local_s")}),
    ("ssd_write_amplification", {"physical_to_logical": 1e300}, {"write_amplification": 1}),
    ("lsm_tree", {"bloom_fpr": 0.0}, {"point_miss_ios": 0}),
    ("btree_io", {"records": 1.0}, {"height": 1, "leaf_pages": 1}),
    ("btree_io", {"cached_bytes": 1e30}, {"read_ios": 0}),
    ("btree_io", {"cached_bytes": 0.0, "records": 1.0}, {"read_ios": 1}),
    (
        "group_commit",
        {"arrival_rate_per_s": 0.0},
        {"mean_batch": 1, "flush_rate_per_s": 0, "mean_latency_s": argument("fsync_s")},
    ),
    ("group_commit", {"arrival_rate_per_s": 1e300}, {"mean_latency_s": lambda at: 1.5 * at["fsync_s"]}),
    ("checkpoint_interval", {"mtbf_s": INF}, {"expected_wall_s": argument("work_s")}),
    ("checkpoint_interval", {"work_s": 0.0}, {"expected_wall_s": 0}),
    ("raid_iops", {"read_fraction": 1.0}, {"iops": product("disks", "disk_iops")}),
    ("raid_iops", {"level": 0.0}, {"iops": product("disks", "disk_iops"), "write_penalty": 1}),
    ("disk_service_time", {"transfer_bytes": 0.0, "seek_average_s": 0.0}, {"service_s": lambda at: 30 / at["rpm"]}),
]
COMPUTE = [
    ("roofline", {"bytes_": 0.0}, {"attainable_flop_per_s": argument("peak_flop_per_s")}),
    ("roofline", {"flop": 0.0, "bytes_": 1.0}, {"attainable_flop_per_s": 0}),
    (
        "hierarchical_roofline",
        {"bytes_per_level": 0.0},
        {"binding_level": -1, "time_s": lambda at: at["flop"] / at["peak_flop_per_s"]},
    ),
    ("gpu_wave_quantisation", {"tiles": 1.0}, {"waves": 1}),
    ("gpu_wave_quantisation", {"sms": 1.0, "blocks_per_sm": 1.0}, {"waves": argument("tiles"), "efficiency": 1}),
    (
        "gpu_occupancy",
        {"registers_per_thread": 0.0, "smem_per_block_bytes": 0.0, "threads_per_block": 32.0, "max_blocks_per_sm": 1e9},
        {"occupancy": 1},
    ),
    (
        "systolic_gemm_output_stationary",
        {"rows": 1.0, "cols": 1.0},
        {"cycles": lambda at: (1 + at["k"]) * at["m"] * at["n"]},
    ),
    (
        "gemm_cost",
        {"tile_m": 1e9, "tile_n": 1e9},
        {"tiled_bytes": lambda at: at["element_bytes"] * (at["m"] * at["k"] + at["k"] * at["n"] + at["m"] * at["n"])},
    ),
    (
        "ecm",
        {"cores": 1.0},
        {
            "multicore_cy_per_cl": lambda at: np.maximum(
                at["t_overlap_cy"], at["t_nonoverlap_cy"] + sum(at["transfers_cy"])
            )
        },
    ),
    ("ecm", {"cores": 1e300}, {"multicore_cy_per_cl": lambda at: at["transfers_cy"][-1]}),
    ("transformer_training_compute", {"tokens": 0.0}, {"flop": 0, "time_s": 0}),
    (
        "attention_core_cost",
        {"query_tokens": 1.0, "context_tokens": 1.0},
        {"flop": lambda at: 4 * at["batch"] * at["heads"] * at["head_dim"]},
    ),
    (
        "decode_step_time",
        {"active_weight_bytes": 0.0, "kv_bytes_per_token": 0.0, "flop_per_token": 0.0},
        {"step_s": argument("fixed_s")},
    ),
    ("moe_expert_coverage", {"tokens": 1.0}, {"expected_experts_hit": argument("top_k"), "tokens_per_hit_expert": 1}),
    (
        "moe_expert_coverage",
        {"top_k": 1.0, "experts": 1.0},
        {"expected_experts_hit": 1, "tokens_per_hit_expert": argument("tokens")},
    ),
    ("speculative_decoding", {"acceptance": 0.0}, {"expected_tokens": 1}),
    (
        "speculative_decoding",
        {"acceptance": 1.0, "draft_cost_ratio": 0.0},
        {"speedup": lambda at: at["draft_tokens"] + 1},
    ),
]


@pytest.mark.parametrize(("name", "limit", "expected"), LAWS + NETWORK + MEMORY + COMPUTE)
def test_limits(name, limit, expected):
    check_limit(name, limit, expected)
