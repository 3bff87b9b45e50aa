"""Kernels of laws of scale, replication, concurrency, networks, memory, storage, compute and energy."""

import numpy as np

from benchmarks.speed.race import always, between, decades, each, race, whole
from gauntlet.mechanisms._inputs import Floats

_BYTES = decades(1e3, 1e9)
_BANDWIDTH = between(1e9, 4e12)
_PEAK = between(1e12, 1e15)


@race(throughput_per_s=decades(1, 1e6), residence_s=decades(1e-6, 1))
def littles_law(throughput_per_s: Floats, residence_s: Floats) -> tuple[Floats, ...]:
    return (throughput_per_s * residence_s,)


@race(serial_fraction=between(0, 1), processors=between(1, 128))
def amdahl(serial_fraction: Floats, processors: Floats) -> tuple[Floats, ...]:
    return (1 / (serial_fraction + (1 - serial_fraction) / processors),)


@race(
    processors=between(1, 128),
    contention=between(0.01, 0.2),
    coherency=decades(1e-6, 1e-2),
    single_rate_per_s=decades(1e2, 1e5),
)
def usl(processors: Floats, contention: Floats, coherency: Floats, single_rate_per_s: Floats) -> tuple[Floats, ...]:
    peak = np.sqrt((1 - contention) / coherency)
    best = np.maximum(peak, 1)
    rate_per_s = single_rate_per_s * processors / (1 + (processors - 1) * (contention + coherency * processors))
    return rate_per_s, peak, single_rate_per_s * best / (1 + (best - 1) * (contention + coherency * best))


@race(
    rtt_s=each(decades(1e-4, 1e-1), decades(1e-4, 1e-1), decades(1e-4, 1e-1)),
    participant_fsync_s=decades(1e-5, 1e-2),
    coordinator_fsync_s=decades(1e-5, 1e-2),
)
def two_phase_commit_latency(
    rtt_s: list[Floats], participant_fsync_s: Floats, coordinator_fsync_s: Floats
) -> tuple[Floats, ...]:
    farthest_s = np.maximum.reduce(rtt_s)
    decision_s = farthest_s + participant_fsync_s + coordinator_fsync_s
    return decision_s, decision_s + farthest_s / 2, decision_s + farthest_s + participant_fsync_s


@race(items=whole(1, 1_000_000), theta=between(0, 2))
def zipf_skew(items: Floats, theta: Floats) -> tuple[Floats, ...]:
    weight = _harmonic(items, theta)
    collision = _harmonic(items, 2 * theta) / weight**2
    return 1 / weight, collision, 1 / collision


def _harmonic(items: Floats, theta: Floats) -> Floats:
    """Sum of i^-theta: 15 terms, and the formula of Euler and Maclaurin from the 16th on."""
    total = np.ones(items.shape)
    for rank in range(2, 16):
        total += (rank <= items) * np.exp(-theta * np.log(rank))
    first, last = 16.0, np.maximum(items, 16.0)
    power = 1 - theta
    bend = np.log(last / first)
    with_limit = np.where(np.abs(power) < 1e-9, 1e-9, power)
    area = np.exp(power * np.log(first)) * np.expm1(with_limit * bend) / with_limit
    low, high = np.exp(-theta * np.log(first)), np.exp(-theta * np.log(last))
    rest = area + (low + high) / 2
    rising = theta
    for order, bernoulli in ((1, 1 / 12), (3, -1 / 720), (5, 1 / 30240), (7, -1 / 1209600)):
        rest += bernoulli * rising * (low / first**order - high / last**order)
        rising = rising * (theta + order) * (theta + order + 1)
    return total + np.where(items >= first, rest, 0.0)


@race(workers=whole(1, 256), attempt_s=decades(1e-5, 1e-2), pair_conflict_prob=decades(1e-4, 1))
def occ_goodput(workers: Floats, attempt_s: Floats, pair_conflict_prob: Floats) -> tuple[Floats, ...]:
    """W_0 from the start of Iacono and Boyd (2017) by Newton's steps on w + ln w = ln x."""
    x = pair_conflict_prob * (workers - 1)
    near = np.log1p(x)
    y = near * (1 - np.log1p(near) / (2 + near))
    for _ in range(3):
        y = np.where(x > 0, y / (1 + y) * (1 + np.log(x / y)), 0)
    survives = np.exp(-y)
    return workers / attempt_s * survives, -np.expm1(-y), 1 / survives


@race(
    abort_probability=between(0, 0.99),
    attempt_s=decades(1e-5, 1e-2),
    wasted_fraction=between(0, 1),
    backoff_s=decades(1e-6, 1e-2),
)
def retry_cost(
    abort_probability: Floats, attempt_s: Floats, wasted_fraction: Floats, backoff_s: Floats
) -> tuple[Floats, ...]:
    attempts = 1 / (1 - abort_probability)
    failures = abort_probability * attempts
    wasted = failures * wasted_fraction
    return attempts, attempt_s + wasted * attempt_s + failures * backoff_s, 1 / (1 + wasted)


@race(
    algorithm=always("allreduce_ring"),
    ranks=whole(2, 256),
    message_bytes=_BYTES,
    alpha_s=decades(1e-6, 1e-4),
    bandwidth_bytes_per_s=_BANDWIDTH,
    reduce_bytes_per_s=_BANDWIDTH,
)
def collective_time(
    algorithm: str,
    ranks: Floats,
    message_bytes: Floats,
    alpha_s: Floats,
    bandwidth_bytes_per_s: Floats,
    reduce_bytes_per_s: Floats,
) -> tuple[Floats, ...]:
    others = ranks - 1
    part_bytes = message_bytes / ranks
    return (others * (2 * alpha_s + part_bytes * (2 / bandwidth_bytes_per_s + 1 / reduce_bytes_per_s)),)


@race(message_bytes=_BYTES, alpha_s=decades(1e-6, 1e-4), bandwidth_bytes_per_s=_BANDWIDTH)
def hockney(message_bytes: Floats, alpha_s: Floats, bandwidth_bytes_per_s: Floats) -> tuple[Floats, ...]:
    return alpha_s + message_bytes / bandwidth_bytes_per_s, alpha_s * bandwidth_bytes_per_s


@race(
    mss_bytes=between(500, 9000),
    rtt_s=decades(1e-4, 1e-1),
    rto_s=between(0.01, 1),
    loss_probability=decades(1e-5, 0.3),
    acked_per_ack=whole(1, 2),
    max_window=between(10, 1e4),
)
def padhye_tcp(
    mss_bytes: Floats,
    rtt_s: Floats,
    rto_s: Floats,
    loss_probability: Floats,
    acked_per_ack: Floats,
    max_window: Floats,
) -> tuple[Floats, ...]:
    p = loss_probability
    root = np.sqrt(acked_per_ack * p)
    timeout_s = rto_s * np.minimum(1, (3 * np.sqrt(3 / 8)) * root) * p * (1 + 32 * p * p)
    return (mss_bytes * np.minimum(max_window / rtt_s, 1 / (rtt_s * np.sqrt(2 / 3) * root + timeout_s)),)


@race(hit_times_s=each(*[decades(1e-9, 1e-8)] * 3), miss_rates=each(*[between(0, 1)] * 3), memory_s=between(5e-8, 2e-7))
def amat(hit_times_s: list[Floats], miss_rates: list[Floats], memory_s: Floats) -> tuple[Floats, ...]:
    (first_s, second_s, third_s), (first, second, third) = hit_times_s, miss_rates
    return (first_s + first * (second_s + second * (third_s + third * memory_s)),)


@race(bits=whole(1_000, 100_000_000), items=whole(1, 10_000_000), hashes=whole(1, 16))
def bloom_filter(bits: Floats, items: Floats, hashes: Floats) -> tuple[Floats, ...]:
    filled = -np.expm1(hashes * items * np.log1p(-1 / bits))
    return filled**hashes, bits / items * np.log(2)


@race(policy=always("levelled"), size_ratio=whole(2, 16), levels=whole(1, 8), bloom_fpr=between(0, 0.1))
def lsm_tree(policy: str, size_ratio: Floats, levels: Floats, bloom_fpr: Floats) -> tuple[Floats, ...]:
    return levels * (size_ratio + 1) / 2, levels * bloom_fpr, levels, 1 / (size_ratio - 1)


@race(arrival_rate_per_s=decades(1, 1e6), fsync_s=decades(1e-5, 1e-2))
def group_commit(arrival_rate_per_s: Floats, fsync_s: Floats) -> tuple[Floats, ...]:
    x = arrival_rate_per_s * fsync_s
    batch = x + np.exp(-x)
    return fsync_s * (1 + x / (2 * batch)), batch, arrival_rate_per_s / batch


@race(checkpoint_s=between(1, 600), restart_s=between(0, 600), mtbf_s=decades(1e3, 1e6), work_s=decades(1e4, 1e7))
def checkpoint_interval(checkpoint_s: Floats, restart_s: Floats, mtbf_s: Floats, work_s: Floats) -> tuple[Floats, ...]:
    young_s = np.sqrt(2 * checkpoint_s * mtbf_s)
    half = checkpoint_s / (2 * mtbf_s)
    daly_s = np.where(half < 1, young_s * (1 + np.sqrt(half) / 3 + half / 9) - checkpoint_s, mtbf_s)
    segment = np.exp(restart_s / mtbf_s) * np.expm1((daly_s + checkpoint_s) / mtbf_s)
    return young_s, daly_s, mtbf_s * segment * work_s / daly_s


@race(flop=decades(1e9, 1e15), bytes_=_BYTES, peak_flop_per_s=_PEAK, bandwidth_bytes_per_s=_BANDWIDTH)
def roofline(
    flop: Floats, bytes_: Floats, peak_flop_per_s: Floats, bandwidth_bytes_per_s: Floats
) -> tuple[Floats, ...]:
    time_s = np.maximum(flop / peak_flop_per_s, bytes_ / bandwidth_bytes_per_s)
    return time_s, flop / time_s, peak_flop_per_s / bandwidth_bytes_per_s


@race(
    flop=decades(1e9, 1e12),
    bytes_per_level=each(_BYTES, _BYTES, _BYTES),
    bandwidths_bytes_per_s=each(between(4e12, 8e12), between(1e12, 4e12), between(1e11, 4e11)),
    peak_flop_per_s=_PEAK,
)
def hierarchical_roofline(
    flop: Floats, bytes_per_level: list[Floats], bandwidths_bytes_per_s: list[Floats], peak_flop_per_s: Floats
) -> tuple[Floats, ...]:
    time_s = flop / peak_flop_per_s
    binding = np.full(time_s.shape, -1.0)
    for level, moved_bytes in enumerate(bytes_per_level):
        traffic_s = moved_bytes / bandwidths_bytes_per_s[level]
        binding = np.maximum(binding, (traffic_s > time_s) * (level + 1.0) - 1)
        time_s = np.maximum(time_s, traffic_s)
    return time_s, binding


@race(
    m=whole(1, 8192),
    n=whole(1, 8192),
    k=whole(1, 8192),
    element_bytes=whole(1, 4),
    tile_m=whole(16, 256),
    tile_n=whole(16, 256),
)
def gemm_cost(
    m: Floats, n: Floats, k: Floats, element_bytes: Floats, tile_m: Floats, tile_n: Floats
) -> tuple[Floats, ...]:
    left, right, result = m * k, k * n, m * n
    flop = 2 * result * k
    least = element_bytes * (left + right + result)
    tiled = element_bytes * (left * np.ceil(n / tile_n) + right * np.ceil(m / tile_m) + result)
    return flop, least, tiled, flop / least


@race(
    active_weight_bytes=decades(1e9, 1e12),
    kv_bytes_per_token=decades(1e4, 1e6),
    batch=whole(1, 512),
    context_tokens=between(100, 1e5),
    flop_per_token=decades(1e9, 1e12),
    peak_flop_per_s=_PEAK,
    bandwidth_bytes_per_s=_BANDWIDTH,
    fixed_s=decades(1e-5, 1e-2),
)
def decode_step_time(
    active_weight_bytes: Floats,
    kv_bytes_per_token: Floats,
    batch: Floats,
    context_tokens: Floats,
    flop_per_token: Floats,
    peak_flop_per_s: Floats,
    bandwidth_bytes_per_s: Floats,
    fixed_s: Floats,
) -> tuple[Floats, ...]:
    memory_s = (active_weight_bytes + batch * context_tokens * kv_bytes_per_token) / bandwidth_bytes_per_s
    compute_s = batch * flop_per_token / peak_flop_per_s
    step_s = np.maximum(memory_s, compute_s) + fixed_s
    return step_s, batch / step_s, memory_s, compute_s


@race(acceptance=between(0.01, 0.99), draft_tokens=whole(1, 16), draft_cost_ratio=between(0, 0.5))
def speculative_decoding(acceptance: Floats, draft_tokens: Floats, draft_cost_ratio: Floats) -> tuple[Floats, ...]:
    tokens = np.expm1((draft_tokens + 1) * np.log(acceptance)) / (acceptance - 1)
    return tokens, tokens / (draft_tokens * draft_cost_ratio + 1)


@race(
    flop=decades(1e9, 1e15),
    bytes_=_BYTES,
    energy_per_flop_j=decades(1e-13, 1e-11),
    energy_per_byte_j=decades(1e-12, 1e-10),
    static_power_w=between(10, 500),
    time_s=decades(1e-3, 10),
)
def energy_op_byte(
    flop: Floats,
    bytes_: Floats,
    energy_per_flop_j: Floats,
    energy_per_byte_j: Floats,
    static_power_w: Floats,
    time_s: Floats,
) -> tuple[Floats, ...]:
    energy_j = flop * energy_per_flop_j + bytes_ * energy_per_byte_j + static_power_w * time_s
    return energy_j, energy_j / time_s
