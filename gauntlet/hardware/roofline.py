"""What no mechanism beats: rooflines from peaks alone, so that every bound is sound.

Each assumes perfect overlap, full efficiency and the least work and traffic possible. The equations are those of
`hardware_registry/contracts`: roofline, least_traffic, decode_ceiling and kv_cache_sizing. Peaks come from
`Registry.bound_value(...).limit`; an efficiency below 1 belongs in an estimate, never here. Arguments broadcast.
"""

import numpy as np
import numpy.typing as npt

from gauntlet.hardware.contracts.library import solved, worded
from gauntlet.hardware.contracts.solver import Floats, Real


def operator_bound_s(
    work_flop: Real,
    moved_bytes: Real,
    peak_flop_per_s: Real,
    memory_bandwidth_bytes_per_s: Real,
    *,
    link_bytes: Real = 0.0,
    link_bandwidth_bytes_per_s: Real = np.inf,
) -> Floats:
    """Least time of one operator: T = max(W/F, Q/B, Q_link/B_link). Domain: demands >= 0, capacities > 0."""
    return solved(
        "roofline",
        "operator_bound_s",
        work_flop=work_flop,
        moved_bytes=moved_bytes,
        peak_flop_per_s=peak_flop_per_s,
        memory_bandwidth_bytes_per_s=memory_bandwidth_bytes_per_s,
        link_bytes=link_bytes,
        link_bandwidth_bytes_per_s=link_bandwidth_bytes_per_s,
    )


def attainable_flop_per_s(
    intensity_flop_per_byte: Real, peak_flop_per_s: Real, memory_bandwidth_bytes_per_s: Real
) -> Floats:
    """Greatest rate at an arithmetic intensity I: min(F, I B). Domain: I >= 0."""
    return solved(
        "roofline",
        "attainable_flop_per_s",
        intensity_flop_per_byte=intensity_flop_per_byte,
        peak_flop_per_s=peak_flop_per_s,
        memory_bandwidth_bytes_per_s=memory_bandwidth_bytes_per_s,
    )


def ridge_flop_per_byte(peak_flop_per_s: Real, memory_bandwidth_bytes_per_s: Real) -> Floats:
    """Intensity above which arithmetic, not memory, limits: F/B."""
    return solved(
        "roofline",
        "ridge_flop_per_byte",
        peak_flop_per_s=peak_flop_per_s,
        memory_bandwidth_bytes_per_s=memory_bandwidth_bytes_per_s,
    )


def pipeline_bound_per_s(capacities_per_s: Real, demands_per_unit: Real) -> Floats:
    """Greatest throughput of work that visits several resources: min over resources of capacity / demand.

    The last axis runs over the resources; a resource without demand limits nothing.
    """
    return solved("roofline", "pipeline_bound_per_s", capacity_per_s=capacities_per_s, demand_per_unit=demands_per_unit)


def concurrent_bound_s(critical_path_s: Real, total_work: Real, capacity_per_s: Real) -> Floats:
    """Least time of a task graph on shared hardware: max(longest path, all work / all capacity)."""
    return solved(
        "roofline",
        "concurrent_bound_s",
        critical_path_s=critical_path_s,
        total_work=total_work,
        total_capacity_per_s=capacity_per_s,
    )


def repeated_traffic_bytes(working_set_bytes: Real, cache_bytes: Real) -> Floats:
    """Least memory traffic of a pass over a working set that the same loop touched before: max(0, W - S).

    Whatever the replacement policy, at most S bytes can still be there. A first, cold pass moves all of W.
    """
    return solved(
        "least_traffic", "repeated_traffic_bytes", working_set_bytes=working_set_bytes, cache_bytes=cache_bytes
    )


def matmul_traffic_bytes(m: Real, n: Real, k: Real, element_bytes: Real, fast_memory_bytes: Real) -> Floats:
    """Least traffic of a cold, ordinary C[m,n] = A[m,k] B[k,n]: max(each once, 2 m n k / sqrt(S) - 2 S elements).

    S is the fast memory in elements: all caches and scratchpads together. One element size for all three matrices.
    Ordinary means m n k multiply-adds; Strassen-like algorithms may move less.
    """
    return solved(
        "least_traffic",
        "matmul_traffic_bytes",
        rows=m,
        columns=n,
        depth=k,
        element_bytes=element_bytes,
        fast_memory_bytes=fast_memory_bytes,
    )


def kv_bytes_per_token(layers: Real, kv_heads: Real, head_size: Real, element_bytes: Real) -> Floats:
    """Key and value state one token leaves behind: 2 layers kv_heads head_size element_bytes."""
    return solved(
        "kv_cache_sizing",
        "kv_bytes_per_token",
        layers=layers,
        kv_heads=kv_heads,
        head_size=head_size,
        element_bytes=element_bytes,
    )


def decode_memory_ceiling_tokens_per_s(
    batch: Real,
    memory_bandwidth_bytes_per_s: Real,
    touched_weight_bytes: Real,
    context_tokens: Real = 0.0,
    kv_bytes_per_context_token: Real = 0.0,
) -> Floats:
    """Greatest decode rate of a batch that memory allows: n B / (M + n c kappa), in tokens/s over all sequences.

    Each step reads the touched weights M once for all n sequences, and the state of c tokens for each, counting a
    prefix that sequences share once. M counts the experts really used; fast memory that keeps part of the weights
    between steps lowers it (`repeated_traffic_bytes`).
    """
    return solved(
        "decode_ceiling",
        "memory_ceiling_tokens_per_s",
        batch=batch,
        memory_bandwidth_bytes_per_s=memory_bandwidth_bytes_per_s,
        touched_weight_bytes=touched_weight_bytes,
        context_tokens=context_tokens,
        kv_bytes_per_context_token=kv_bytes_per_context_token,
    )


def decode_compute_ceiling_tokens_per_s(
    peak_flop_per_s: Real, active_parameters: Real, attention_flop_per_token: Real = 0.0
) -> Floats:
    """Greatest decode rate that arithmetic allows: F / (2 P_active + attention work), one multiply-add a weight."""
    return solved(
        "decode_ceiling",
        "compute_ceiling_tokens_per_s",
        peak_flop_per_s=peak_flop_per_s,
        active_parameters=active_parameters,
        attention_flop_per_token=attention_flop_per_token,
    )


def decode_ceiling_tokens_per_s(
    batch: Real,
    peak_flop_per_s: Real,
    memory_bandwidth_bytes_per_s: Real,
    active_parameters: Real,
    touched_weight_bytes: Real,
    *,
    context_tokens: Real = 0.0,
    kv_bytes_per_context_token: Real = 0.0,
    attention_flop_per_token: Real = 0.0,
) -> Floats:
    """The lower of both decode ceilings, in tokens/s over all sequences of the batch; one token per sequence and step.

    Speculative decoding accepts several tokens a step: multiply the memory ceiling by the most it may accept.
    """
    return solved(
        "decode_ceiling",
        "decode_ceiling_tokens_per_s",
        batch=batch,
        peak_flop_per_s=peak_flop_per_s,
        memory_bandwidth_bytes_per_s=memory_bandwidth_bytes_per_s,
        active_parameters=active_parameters,
        touched_weight_bytes=touched_weight_bytes,
        context_tokens=context_tokens,
        kv_bytes_per_context_token=kv_bytes_per_context_token,
        attention_flop_per_token=attention_flop_per_token,
    )


def decode_limits(
    batch: Real,
    peak_flop_per_s: Real,
    memory_bandwidth_bytes_per_s: Real,
    active_parameters: Real,
    touched_weight_bytes: Real,
    *,
    context_tokens: Real = 0.0,
    kv_bytes_per_context_token: Real = 0.0,
    attention_flop_per_token: Real = 0.0,
) -> npt.NDArray[np.str_]:
    """Which decode ceiling is the lower one: 'bandwidth', 'compute', or 'balanced' within one part in 1e9."""
    return worded(
        "decode_ceiling",
        "limited_by",
        batch=batch,
        peak_flop_per_s=peak_flop_per_s,
        memory_bandwidth_bytes_per_s=memory_bandwidth_bytes_per_s,
        active_parameters=active_parameters,
        touched_weight_bytes=touched_weight_bytes,
        context_tokens=context_tokens,
        kv_bytes_per_context_token=kv_bytes_per_context_token,
        attention_flop_per_token=attention_flop_per_token,
    )


def model_bytes(parameters: Real, bits_per_parameter: Real) -> Floats:
    """Size of all weights: parameters bits / 8. Fractional bits are real: 4.5 with the scales of some formats."""
    return solved("decode_ceiling", "model_bytes", parameters=parameters, bits_per_parameter=bits_per_parameter)
