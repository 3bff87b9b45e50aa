"""The catalogue: every primitive as data, read from its signature and docstring, never written twice.

What cannot be read from there stands in the table below: which arguments mean load, contention or scale (a cost model
that uses the primitive must answer to them), and the relative error of the model's form (standard deviation; 0 for an
exact result under its assumptions). Those errors are the worst differences from the exact or simulated truth in the
cases the formulas were checked against: for instance 0.03 for Kingman, 0.07 for Allen-Cunneen, 0.16 for Schweitzer.
Only the 0.5 of `incast_threshold`, an order-of-magnitude model, is a judgement.
"""

import difflib
import functools
import inspect
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from gauntlet.mechanisms import (
    caches,
    closed,
    collectives,
    disciplines,
    energy,
    fanout,
    kernels,
    locking,
    network,
    operational,
    queueing,
    quorum,
    scheduling,
    storage,
    tails,
    tcp,
    transformers,
)
from gauntlet.mechanisms._inputs import ValidityWarning, domains_of

__all__ = ["Argument", "Primitive", "ValidityWarning", "catalogue", "find", "unit_of"]


class Argument(NamedTuple):
    """One argument: unit as pint spells it ('' for a bare number), kind of value, and the words a choice allows.

    Kinds: scalar, integer, probability, flag (these broadcast as arrays), list (its elements broadcast), matrix,
    latency (a distribution), choice.
    """

    unit: str
    kind: str
    allowed: tuple[str, ...]
    required: bool


@dataclass(frozen=True)
class Primitive:
    """One primitive: how to call it, what it returns, where it holds and who derived it."""

    name: str
    function: Callable[..., tuple[Any, ...]]
    family: str
    summary: str
    arguments: Mapping[str, Argument]
    outputs: Mapping[str, str]
    validity: str
    source: str
    model_form_error: float
    responds_to: tuple[str, ...]


_Row = tuple[Callable[..., tuple[Any, ...]], str, float]

_ROWS: tuple[_Row, ...] = (
    (queueing.mm1, "arrival_rate_per_s service_time_s", 0.0),
    (queueing.mmc, "arrival_rate_per_s service_time_s servers", 0.0),
    (tails.mmc_response, "arrival_rate_per_s service_time_s servers", 0.0),
    (queueing.mm1k, "arrival_rate_per_s capacity", 0.0),
    (queueing.mg1_pk, "arrival_rate_per_s mean_service_s service_scv", 0.0),
    (queueing.gg1_kingman, "arrival_rate_per_s arrival_scv service_scv", 0.03),
    (queueing.ggc_allen_cunneen, "arrival_rate_per_s servers service_scv", 0.07),
    (queueing.mg1_ps, "arrival_rate_per_s job_service_s", 0.0),
    (queueing.finite_source_mmc, "population service_time_s", 0.0),
    (disciplines.dynamic_batching, "arrival_rate_per_s fixed_s per_item_s", 0.0),
    (queueing.mxm1_batch_arrivals, "batch_rate_per_s batch_second_moment", 0.0),
    (queueing.mmcc_erlang_b, "offered_load_erlang servers", 0.0),
    (disciplines.mg1_priority_nonpreemptive, "arrival_rates_per_s", 0.0),
    (disciplines.mg1_priority_preemptive_resume, "arrival_rates_per_s", 0.0),
    (disciplines.polling_symmetric, "stations arrival_rate_per_station_per_s switchover_s", 0.0),
    (disciplines.bulk_service_mm1b, "arrival_rate_per_s max_batch", 0.0),
    (closed.mva_exact, "population demands_s", 0.0),
    (closed.mva_schweitzer, "population", 0.16),
    (closed.closed_network_bounds, "population", 0.0),
    (closed.open_jackson, "arrival_rate_per_s service_times_s", 0.0),
    (operational.littles_law, "throughput_per_s residence_s", 0.0),
    (operational.operational_laws, "busy_time_s", 0.0),
    (operational.interactive_response_time, "population throughput_per_s", 0.0),
    (operational.amdahl, "serial_fraction processors", 0.0),
    (operational.gustafson, "processors", 0.0),
    (operational.usl, "processors contention coherency", 0.0),
    (quorum.order_statistic, "latency k n", 0.0),
    (quorum.quorum_commit_latency, "leader_s followers quorum_acks n_followers", 0.0),
    (quorum.hedged_request, "latency hedge_delay_s", 0.0),
    (fanout.tail_at_scale, "slow_probability fanout", 0.0),
    (fanout.fork_join, "n arrival_rate_per_s", 0.023),
    (fanout.split_merge, "n arrival_rate_per_s", 0.0),
    (fanout.kofn_heterogeneous_exponential, "means_s k", 0.0),
    (quorum.consensus_message_counts, "n", 0.0),
    (quorum.leader_bottleneck_throughput, "n batch", 0.0),
    (quorum.wan_commit_latency, "rtt_s", 0.0),
    (quorum.two_phase_commit_latency, "rtt_s", 0.0),
    (locking.gray_lock_conflict_rates, "tps actions db_size nodes", 0.041),
    (locking.conflict_probability_uniform, "db_items reads writes concurrent", 0.0),
    (locking.zipf_skew, "items theta", 0.0),
    (locking.conflict_probability_zipf, "theta accesses_a accesses_b", 0.028),
    (locking.hot_key_serialisation, "hot_access_prob hold_s workers", 0.0),
    (locking.occ_goodput, "workers pair_conflict_prob", 0.02),
    (locking.retry_cost, "abort_probability", 0.0),
    (locking.thomasian_2pl, "conflict_alpha", 0.0),
    (locking.thomasian_thrash_point, "", 0.0),
    (network.hockney, "message_bytes", 0.0),
    (network.loggp, "message_bytes messages", 0.0),
    (network.window_limited_throughput, "outstanding latency_s", 0.0),
    (network.rdma_operation, "message_bytes client_outstanding", 0.0),
    (network.batching_amortisation, "batch arrival_rate_per_s", 0.0),
    (network.pipeline_makespan, "items stage_times_s", 0.0),
    (tcp.mathis_tcp, "loss_probability rtt_s", 0.0),
    (tcp.padhye_tcp, "loss_probability rtt_s", 0.0),
    (tcp.incast_threshold, "senders", 0.5),
    (collectives.collective_time, "ranks message_bytes", 0.0),
    (collectives.hierarchical_allreduce, "nodes gpus_per_node message_bytes", 0.0),
    (caches.amat, "miss_rates memory_s", 0.0),
    (caches.che_lru_zipf, "items theta capacity", 0.0074),
    (caches.bloom_filter, "items bits", 0.012),
    (caches.ttl_cache, "request_rate_per_s ttl_s", 0.0),
    (caches.numa_access, "remote_fraction remote_s", 0.0),
    (storage.ssd_write_amplification, "physical_to_logical", 0.004),
    (storage.lsm_tree, "size_ratio levels", 0.0),
    (storage.btree_io, "records cached_bytes", 0.0),
    (storage.group_commit, "arrival_rate_per_s fsync_s", 0.0),
    (storage.checkpoint_interval, "checkpoint_s mtbf_s", 0.0),
    (storage.raid_iops, "disks read_fraction", 0.0),
    (storage.disk_service_time, "transfer_bytes seek_average_s", 0.0),
    (kernels.roofline, "flop bytes_", 0.0),
    (kernels.hierarchical_roofline, "flop bytes_per_level", 0.0),
    (kernels.gpu_wave_quantisation, "tiles", 0.0),
    (kernels.gpu_occupancy, "registers_per_thread smem_per_block_bytes", 0.0),
    (kernels.systolic_gemm_output_stationary, "m n k", 0.0),
    (kernels.gemm_cost, "m n k", 0.0),
    (kernels.ecm, "cores transfers_cy", 0.0),
    (transformers.transformer_training_compute, "parameters tokens devices", 0.0),
    (transformers.attention_core_cost, "batch query_tokens context_tokens", 0.0),
    (transformers.kv_cache_bytes, "layers", 0.0),
    (transformers.decode_step_time, "batch context_tokens", 0.0),
    (transformers.moe_expert_coverage, "tokens top_k", 0.0),
    (transformers.tensor_parallel_communication, "batch tokens tp", 0.0),
    (transformers.pipeline_bubble, "stages microbatches", 0.0),
    (transformers.speculative_decoding, "acceptance draft_cost_ratio", 0.0),
    (scheduling.power_of_d, "load choices", 0.0),
    (scheduling.size_based_scheduling_mm1, "arrival_rate_per_s", 0.0),
    (scheduling.brent_bound, "work_s processors", 0.0),
    (energy.energy_op_byte, "flop bytes_", 0.0),
    (energy.energy_roofline, "intensity_flop_per_byte", 0.0),
    (energy.server_power, "utilisation", 0.0),
)

_UNITS = (  # last part of the name -> unit; the first that fits
    ("energy_per_flop_j", "J/FLOP"),
    ("energy_per_byte_j", "J/B"),
    ("flop_per_byte", "FLOP/B"),
    ("flop_per_joule", "FLOP/J"),
    ("flop_per_s", "FLOP/s"),
    ("flop_per_token", "FLOP"),
    ("bytes_per_s", "B/s"),
    ("bytes_per_token", "B"),
    ("bytes_per_level", "B"),
    ("bytes_per_allreduce", "B"),
    ("bytes_per_sender", "B"),
    ("per_byte_s", "s/B"),
    ("s2", "s**2"),
    ("rpm", "1/min"),
    ("iops", "1/s"),
    ("tps", "1/s"),
    ("per_s", "1/s"),
    ("s", "s"),
    ("bytes", "B"),
    ("bytes_", "B"),
    ("flop", "FLOP"),
    ("j", "J"),
    ("w", "W"),
)


def catalogue() -> Mapping[str, Primitive]:
    """All primitives by name."""
    return _catalogue()


def find(name: str) -> Primitive:
    """The primitive of that name; ValueError with the nearest names otherwise."""
    known = catalogue()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
        hint = f"nearest: {', '.join(near)}" if near else f"one of the {len(known)} in the catalogue was expected"
        raise ValueError(f"primitive {name!r} is unknown; {hint}.")
    return known[name]


def unit_of(name: str) -> str:
    """Unit that the last part of an argument's or output's name states; '' for a bare number."""
    return next((unit for last, unit in _UNITS if name == last or name.endswith(f"_{last}")), "")


@functools.cache
def _catalogue() -> Mapping[str, Primitive]:
    return MappingProxyType({row[0].__name__: _describe(*row) for row in _ROWS})


def _describe(function: Callable[..., tuple[Any, ...]], responds_to: str, model_form_error: float) -> Primitive:
    text = inspect.getdoc(function) or ""
    result = typing.get_type_hints(function)["return"]
    required = {name: p.default is p.empty for name, p in inspect.signature(function).parameters.items()}
    return Primitive(
        name=function.__name__,
        function=function,
        family=function.__module__.rpartition(".")[2],
        summary=text.partition("\n")[0],
        arguments=MappingProxyType(
            {
                name: Argument(
                    "s" if domain.kind == "latency" else unit_of(name),
                    domain.kind,
                    getattr(domain, "allowed", ()),
                    required[name],
                )
                for name, domain in domains_of(function).items()
            }
        ),
        outputs=MappingProxyType({name: unit_of(name) for name in result._fields}),
        validity=_part(text, "Domain"),
        source=_part(text, "Source"),
        model_form_error=model_form_error,
        responds_to=tuple(responds_to.split()),
    )


def _part(text: str, heading: str) -> str:
    """The paragraph of a docstring after `heading:`, on one line."""
    found = re.search(rf"^{heading}: (.*?)(?=^[A-Z][a-z]+: |\Z)", text, re.DOTALL | re.MULTILINE)
    return " ".join(found.group(1).split()) if found else ""
