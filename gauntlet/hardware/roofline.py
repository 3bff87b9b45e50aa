"""What no mechanism beats: rooflines from peaks alone, so that every bound is sound.

Each function assumes perfect overlap, full efficiency and the least work and traffic possible. Peaks come from
`Registry.bound_value(...).limit`; an efficiency below 1 belongs in an estimate, never here. Arguments broadcast.
Source of the model: Williams, Waterman & Patterson, Roofline, CACM 52(4), 2009, doi:10.1145/1498765.1498785.
"""

import numpy as np
import numpy.typing as npt

Real = float | npt.ArrayLike
Floats = np.float64 | npt.NDArray[np.float64]


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
    compute_s = _array(work_flop) / _positive(peak_flop_per_s)
    memory_s = _array(moved_bytes) / _positive(memory_bandwidth_bytes_per_s)
    link_s = _array(link_bytes) / _positive(link_bandwidth_bytes_per_s)
    return np.maximum(np.maximum(compute_s, memory_s), link_s)


def attainable_flop_per_s(
    intensity_flop_per_byte: Real, peak_flop_per_s: Real, memory_bandwidth_bytes_per_s: Real
) -> Floats:
    """Greatest rate at an arithmetic intensity I: min(F, I B). Domain: I >= 0."""
    memory_rate = _array(intensity_flop_per_byte) * _positive(memory_bandwidth_bytes_per_s)
    return np.minimum(_positive(peak_flop_per_s), memory_rate)


def ridge_flop_per_byte(peak_flop_per_s: Real, memory_bandwidth_bytes_per_s: Real) -> Floats:
    """Intensity above which arithmetic, not memory, limits: F/B."""
    return _positive(peak_flop_per_s) / _positive(memory_bandwidth_bytes_per_s)


def pipeline_bound_per_s(capacities_per_s: Real, demands_per_unit: Real) -> Floats:
    """Greatest throughput of work that visits several resources: min over resources of capacity / demand.

    The last axis runs over the resources; a resource without demand limits nothing.
    Source: utilisation law, Denning & Buzen, ACM Comput. Surv. 10(3), 1978, doi:10.1145/356733.356735.
    """
    capacities, demands = np.broadcast_arrays(np.atleast_1d(_positive(capacities_per_s)), _array(demands_per_unit))
    rates = np.full(capacities.shape, np.inf)
    np.divide(capacities, demands, out=rates, where=demands != 0)
    return np.asarray(rates.min(axis=-1))[()]


def concurrent_bound_s(critical_path_s: Real, total_work: Real, capacity_per_s: Real) -> Floats:
    """Least time of a task graph on shared hardware: max(longest path, all work / all capacity).

    Source: Graham, SIAM J. Appl. Math. 17(2), 1969, doi:10.1137/0117039 (the two lower bounds of the makespan).
    """
    return np.maximum(_array(critical_path_s), _array(total_work) / _positive(capacity_per_s))


def repeated_traffic_bytes(working_set_bytes: Real, cache_bytes: Real) -> Floats:
    """Least memory traffic of a pass over a working set that the same loop touched before: max(0, W - S).

    Whatever the replacement policy, at most S bytes can still be there. A first, cold pass moves all of W.
    """
    return np.maximum(_array(working_set_bytes) - _array(cache_bytes), 0.0)


def matmul_traffic_bytes(m: Real, n: Real, k: Real, element_bytes: Real, fast_memory_bytes: Real) -> Floats:
    """Least traffic of a cold, ordinary C[m,n] = A[m,k] B[k,n]: max(each once, 2 m n k / sqrt(S) - 2 S elements).

    S is the fast memory in elements: all caches and scratchpads together. One element size for all three matrices.
    Ordinary means m n k multiply-adds; Strassen-like algorithms may move less.
    Source: Smith, Lowery, Langou & van de Geijn, A Tight I/O Lower Bound for Matrix Multiplication, arXiv:1702.02017.
    """
    rows, columns, depth = _array(m), _array(n), _array(k)
    once = rows * depth + depth * columns + rows * columns
    elements = _positive(fast_memory_bytes) / _positive(element_bytes)
    reloads = 2 * rows * columns * depth / np.sqrt(elements) - 2 * elements
    return np.maximum(once, reloads) * _positive(element_bytes)


def kv_bytes_per_token(layers: Real, kv_heads: Real, head_size: Real, element_bytes: Real) -> Floats:
    """Key and value state one token leaves behind: 2 layers kv_heads head_size element_bytes."""
    return 2 * _array(layers) * _array(kv_heads) * _array(head_size) * _array(element_bytes)


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
    sequences = _positive(batch)
    state_bytes = sequences * _array(context_tokens) * _array(kv_bytes_per_context_token)
    return sequences * _positive(memory_bandwidth_bytes_per_s) / (_array(touched_weight_bytes) + state_bytes)


def decode_compute_ceiling_tokens_per_s(
    peak_flop_per_s: Real, active_parameters: Real, attention_flop_per_token: Real = 0.0
) -> Floats:
    """Greatest decode rate that arithmetic allows: F / (2 P_active + attention work), one multiply-add a weight."""
    return _positive(peak_flop_per_s) / (2 * _positive(active_parameters) + _array(attention_flop_per_token))


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
    memory = decode_memory_ceiling_tokens_per_s(
        batch,
        memory_bandwidth_bytes_per_s,
        touched_weight_bytes,
        context_tokens,
        kv_bytes_per_context_token,
    )
    compute = decode_compute_ceiling_tokens_per_s(peak_flop_per_s, active_parameters, attention_flop_per_token)
    return np.minimum(memory, compute)


def _array(values: Real) -> npt.NDArray[np.float64]:
    """As floats; NaN where negative, because a negative demand has no bound."""
    numbers = np.asarray(values, dtype=np.float64)
    return np.where(numbers >= 0, numbers, np.nan)


def _positive(values: Real) -> npt.NDArray[np.float64]:
    """As floats; NaN where not above zero."""
    numbers = np.asarray(values, dtype=np.float64)
    return np.where(numbers > 0, numbers, np.nan)
