"""Language models: training compute, attention, caches, decoding, and parallelism."""

from typing import Annotated, NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import (
    LARGEST,
    Count,
    Flag,
    Floats,
    NonNegative,
    OneOf,
    Positive,
    Probability,
    Scalar,
    Whole,
    outside_validity,
    primitive,
    require,
)
from gauntlet.mechanisms.collectives import collective_time

Share = Annotated[Floats, Scalar(0.0, 1.0, above=True)]
FinitePositive = Annotated[Floats, Scalar(0.0, LARGEST, above=True)]


class TrainingCompute(NamedTuple):
    """Outputs of `transformer_training_compute`."""

    flop: Floats
    time_s: Floats


@primitive
def transformer_training_compute(
    parameters: Positive, tokens: NonNegative, devices: Count, peak_flop_per_s: Positive, mfu: Share
) -> TrainingCompute:
    """Training: F = 6 N D, T = F / (P peak mfu).

    Counts the FLOP F and the time T of forward and backward passes of N (active) `parameters` over D `tokens`, on P
    `devices` of `peak_flop_per_s` at model FLOP utilisation `mfu`; leaves out attention scores and recomputation.
    Domain: dense transformers with short contexts, or N active parameters of a mixture.
    Source: Kaplan et al., arXiv:2001.08361, 2020, section 2.1; Hoffmann et al., arXiv:2203.15556, 2022; Chowdhery et
    al., arXiv:2204.02311, 2022; Brown et al., arXiv:2005.14165, 2020, table D.1 (GPT-3, 3.14e23).

    >>> f"{transformer_training_compute(174.6e9, 300e9, 1, 1.0, 1.0).flop:.2e}"
    '3.14e+23'
    """
    flop = 6 * parameters * tokens
    return TrainingCompute(flop, flop / (devices * peak_flop_per_s * mfu))


class AttentionCost(NamedTuple):
    """Outputs of `attention_core_cost`."""

    flop: Floats
    bytes: Floats
    intensity_flop_per_byte: Floats


@primitive
def attention_core_cost(
    phase: Annotated[str, OneOf(("prefill", "decode"))],
    batch: Count,
    query_tokens: Count,
    context_tokens: Count,
    heads: Count,
    kv_heads: Count,
    head_dim: Count,
    element_bytes: Positive,
    causal: Flag,
) -> AttentionCost:
    """Attention core: F = 4 B h d pairs, causal pairs q c - q (q - 1)/2; traffic s B d (2 h_kv c + 2 h q).

    Counts the FLOP F and the traffic of both matrix products with scores that never leave the chip; keys and values are
    read once per sequence. B sequences (`batch`) of q queries (`query_tokens`) and c keys (`context_tokens`), h `heads`
    and h_kv `kv_heads` of d (`head_dim`), s bytes per element (`element_bytes`); without `causal` the pairs are q c.
    `phase` is a label: decoding has one query token, or the drafted ones. Leaves out projections and softmax.
    Domain: fused kernel; the context includes the queries.
    Source: Dao et al., NeurIPS 2022; Shazeer, arXiv:1911.02150, 2019; Ainslie et al., EMNLP 2023.

    >>> round(float(attention_core_cost("prefill", 1, 2, 2, 1, 1, 1, 2.0, True).flop))
    12
    """
    message = "attention_core_cost: query_tokens = {} is above context_tokens = {}; expected the context to hold them."
    require(query_tokens <= context_tokens, message, query_tokens, context_tokens)
    masked = np.where(causal > 0, query_tokens * (query_tokens - 1) / 2, 0.0)
    flop = 4 * batch * heads * head_dim * (query_tokens * context_tokens - masked)
    vectors = 2 * kv_heads * context_tokens + 2 * heads * query_tokens
    moved = element_bytes * batch * head_dim * vectors
    return AttentionCost(flop, moved, flop / moved)


class KvCache(NamedTuple):
    """Outputs of `kv_cache_bytes`."""

    bytes_per_token: Floats


@primitive
def kv_cache_bytes(
    attention: Annotated[str, OneOf(("gqa", "mla"))],
    layers: Count,
    kv_heads: Whole,
    head_dim: Whole,
    latent_dim: Whole,
    rope_dim: Whole,
    element_bytes: FinitePositive,
) -> KvCache:
    """Cache per token: grouped-query 2 L h_kv d s (all heads or one: the same formula), latent L (d_c + d_r) s.

    Counts keys and values of L `layers` by kind of `attention`: h_kv `kv_heads` of d (`head_dim`), or one latent of d_c
    (`latent_dim`) and d_r (`rope_dim`), with s bytes per element (`element_bytes`); leaves out paging (up to a block
    per sequence) and replication over devices.
    Domain: one token of one sequence.
    Source: Kwon et al., SOSP 2023; DeepSeek-AI, arXiv:2405.04434, 2024; DeepSeek-AI, ISCA 2025, table 1 (70.272 KB).

    >>> round(float(kv_cache_bytes("mla", 61, 0, 0, 512, 64, 2.0).bytes_per_token))
    70272
    """
    if attention == "gqa":
        return KvCache(2 * layers * kv_heads * head_dim * element_bytes)
    return KvCache(layers * (latent_dim + rope_dim) * element_bytes)


class DecodeStep(NamedTuple):
    """Outputs of `decode_step_time`."""

    step_s: Floats
    tokens_per_s: Floats
    memory_s: Floats
    compute_s: Floats


@primitive
def decode_step_time(
    active_weight_bytes: NonNegative,
    kv_bytes_per_token: NonNegative,
    batch: Count,
    context_tokens: NonNegative,
    flop_per_token: NonNegative,
    peak_flop_per_s: Positive,
    bandwidth_bytes_per_s: Positive,
    fixed_s: NonNegative,
) -> DecodeStep:
    """Decode step: T = max((W + B c kv) / bandwidth, B f / peak) + t0; B / T tokens per second.

    Counts in the time T of a step weights W (`active_weight_bytes`) and the caches of B sequences (`batch`) with c
    tokens (`context_tokens`) of kv bytes each (`kv_bytes_per_token`), streamed once per step at
    `bandwidth_bytes_per_s`, against arithmetic f (`flop_per_token`) at `peak_flop_per_s`, and a fixed cost t0
    (`fixed_s`) for launches, sampling and communication; leaves out imperfect overlap (the sum of both is the
    pessimistic edge).
    Domain: one batch, achievable peak and bandwidth. Mixtures of experts: `moe_expert_coverage` for the weights.
    Source: Pope et al., MLSys 2023; Kwon et al., SOSP 2023.

    >>> round(float(decode_step_time(2e9, 1e5, 10, 1000.0, 2e9, 1e15, 1e12, 0.001).step_s), 6)
    0.004
    """
    memory_s = (active_weight_bytes + batch * context_tokens * kv_bytes_per_token) / bandwidth_bytes_per_s
    compute_s = batch * flop_per_token / peak_flop_per_s
    step_s = np.maximum(memory_s, compute_s) + fixed_s
    return DecodeStep(step_s, batch / step_s, memory_s, compute_s)


class ExpertCoverage(NamedTuple):
    """Outputs of `moe_expert_coverage`."""

    expected_experts_hit: Floats
    tokens_per_hit_expert: Floats


@primitive
def moe_expert_coverage(experts: Count, top_k: Count, tokens: Count) -> ExpertCoverage:
    """Distinct experts that a batch of T tokens touches: E (1 - (1 - k/E)^T).

    Counts weights that must be read, when each of T `tokens` is sent to k (`top_k`) of E `experts`; leaves out skewed
    routing, which hits fewer experts and overloads some.
    Domain: uniform independent routing, k <= E.
    Source: occupancy law; Shazeer et al., ICLR 2017; Fedus, Zoph, Shazeer, J. Mach. Learn. Res. 23, 2022.

    >>> round(float(moe_expert_coverage(8, 2, 4).expected_experts_hit), 6)
    5.46875
    """
    message = "moe_expert_coverage: top_k = {} is above experts = {}; expected no more."
    require(top_k <= experts, message, top_k, experts)
    hit = -experts * np.expm1(tokens * np.log1p(-top_k / experts))
    return ExpertCoverage(hit, tokens * top_k / hit)


class TensorParallel(NamedTuple):
    """Outputs of `tensor_parallel_communication`."""

    bytes_per_allreduce: Floats
    allreduces: Floats
    time_s: Floats


@primitive
def tensor_parallel_communication(
    layers: Count,
    batch: Count,
    tokens: Count,
    hidden: Count,
    element_bytes: Positive,
    tp: Count,
    alpha_s: NonNegative,
    bus_bandwidth_bytes_per_s: Positive,
    backward: Flag,
) -> TensorParallel:
    """Tensor parallelism: T = 2 L (2 (t - 1) alpha + 2 (t - 1)/t B s h e / beta) forward, twice that with backward.

    Counts in the time T exposed ring all-reduces (`collective_time`) among t devices (`tp`) with latency alpha
    (`alpha_s`) and bandwidth beta (`bus_bandwidth_bytes_per_s`) of B sequences (`batch`) of s `tokens`, h `hidden`
    elements of e bytes (`element_bytes`) each, two in each of L `layers`, twice as many with `backward`; leaves out
    overlap. Sequence parallelism moves the same bytes.
    Domain: messages large enough for a ring; small ones: `collective_time` with another algorithm.
    Source: Shoeybi et al., arXiv:1909.08053, 2019; Korthikanti et al., arXiv:2205.05198, 2022; Narayanan et al., SC
    2021.

    >>> round(float(tensor_parallel_communication(2, 1, 1000, 500, 2.0, 2, 0.0, 1e9, False).time_s), 6)
    0.004
    """
    message_bytes = batch * tokens * hidden * element_bytes
    count = 2 * layers * (1 + backward)
    each = collective_time("allreduce_ring", tp, message_bytes, alpha_s, bus_bandwidth_bytes_per_s)
    return TensorParallel(message_bytes, count, count * each.time_s)


class Bubble(NamedTuple):
    """Outputs of `pipeline_bubble`."""

    bubble_over_ideal: Floats
    idle_fraction: Floats
    relative_time: Floats


@primitive
def pipeline_bubble(stages: Count, microbatches: Count, interleave: Count) -> Bubble:
    """Pipeline parallelism: bubble / ideal = (p - 1) / (v m), idle share (p - 1) / (v m + p - 1).

    Counts fill and drain of p `stages` with m `microbatches` and v chunks per device (`interleave`); the relative time
    is 1 + bubble / ideal. Leaves out communication.
    Domain: equal stages; interleaving needs m to be a multiple of p (a ValidityWarning otherwise).
    Source: Huang et al. (GPipe), NeurIPS 2019; Narayanan et al., SC 2021, section 2.2.

    >>> round(float(pipeline_bubble(4, 8, 1).bubble_over_ideal), 6)
    0.375
    """
    outside_validity(
        (interleave > 1) & (microbatches % stages != 0),
        "pipeline_bubble: interleaving with microbatches that are no multiple of stages.",
    )
    bubble = (stages - 1) / (interleave * microbatches)
    return Bubble(bubble, bubble / (1 + bubble), 1 + bubble)


class Speculation(NamedTuple):
    """Outputs of `speculative_decoding`."""

    expected_tokens: Floats
    speedup: Floats


@primitive
def speculative_decoding(acceptance: Probability, draft_tokens: Count, draft_cost_ratio: NonNegative) -> Speculation:
    """Speculative decoding: E = (1 - a^(g + 1)) / (1 - a) tokens per target run, speed-up E / (g c + 1).

    Counts the tokens E that come of g drafted tokens (`draft_tokens`) at c target steps each (`draft_cost_ratio`), each
    accepted with probability a (`acceptance`); leaves out that checking g + 1 tokens costs more than one step once
    decoding is bound by arithmetic.
    Domain: independent acceptance, small batches.
    Source: Leviathan, Kalman, Matias, ICML 2023, eq. 1, theorem 3.8 and table 1.

    >>> round(float(speculative_decoding(0.8, 5, 0.0).speedup), 2)
    3.69
    """
    partial = np.expm1((draft_tokens + 1) * np.log(acceptance)) / (acceptance - 1)
    tokens = np.fmin(partial, draft_tokens + 1)  # all for the 0/0 of certain acceptance
    return Speculation(tokens, tokens / (draft_tokens * draft_cost_ratio + 1))
