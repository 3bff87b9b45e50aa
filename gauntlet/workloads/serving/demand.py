"""What one step asks of the busiest device of a deployment, in FLOP and bytes, and the least time it can take.

Every field may be an array, so that many deployments are one `Demand`. Pieces are groups of layers that see equally
many past tokens (all, or a window); their arrays have the pieces as first axis.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gauntlet.hardware.roofline import operator_bound_s, repeated_traffic_bytes
from gauntlet.workloads.serving.steps import Steps, attended_pairs

Floats = npt.NDArray[np.float64]


class Piece(NamedTuple):
    """Layers with one window: bytes cached per token, arithmetic per attended pair (of one device)."""

    window: float
    cache_bytes: Floats
    decode_pair_flop: Floats
    prefill_pair_flop: Floats


class Rates(NamedTuple):
    """What a device can do: arithmetic with weights, arithmetic of attention, memory, link (one way), fast memory."""

    matmul_flop_per_s: Floats
    attention_flop_per_s: Floats
    memory_bytes_per_s: Floats
    link_bytes_per_s: Floats
    cache_bytes: Floats


class Demand(NamedTuple):
    """Per device and step. `sequence_share` is the part of all sequences whose attention one device group serves;
    `token_*` count one token of that part, `any_token_*` one token of the whole step."""

    sequence_share: Floats
    weight_bytes: Floats
    head_bytes: Floats
    expert_bytes: Floats
    expert_top_k_bytes: Floats
    expert_missed: Floats
    token_flop: Floats
    any_token_flop: Floats
    logits_flop: Floats
    state_bytes: Floats
    token_link_bytes: Floats
    token_link_least_bytes: Floats
    any_token_link_bytes: Floats
    layers: Floats
    expert_layers: Floats
    hops: Floats
    pieces: tuple[Piece, ...]
    stages: Floats
    rates: Rates
    limits: Rates
    kv_token_capacity: Floats


class Work(NamedTuple):
    """A step's demands, apart by kind, so that each can have its own efficiency."""

    weight_bytes: Floats
    expert_bytes: Floats
    cache_bytes: Floats
    decode_flop: Floats
    prefill_flop: Floats
    decode_attention_flop: Floats
    prefill_attention_flop: Floats
    link_bytes: Floats


def work_of(demand: Demand, steps: Steps, *, whole: bool = True) -> Work:
    """Demands of steps. Weights count once per step, an expert where one token is expected to choose it.

    With p pipeline stages a pass handles 1/p of the sequences, at least a `whole` one where there are fewer than p, and
    all layers' weights are read one stage after another: the time of one token's pass, while other passes keep the
    other stages busy.
    Expected experts: uniform independent routing, E (1 - (1 - k/E)^T) (Shazeer et al., ICLR 2017).
    """
    decoding, prompts = (_of_a_pass(n, demand.stages, whole) for n in (steps.decode_requests, steps.prefill_requests))
    fresh = prompts * steps.new_tokens
    tokens = decoding + fresh
    own_decoding, own_prompts = decoding * demand.sequence_share, prompts * demand.sequence_share
    own_fresh = fresh * demand.sequence_share
    rows = own_decoding + own_prompts
    cache = rows * demand.state_bytes
    decode_pairs = prefill_pairs = np.zeros(())
    for piece in demand.pieces:
        context = np.minimum(steps.context_tokens, piece.window)
        past = np.minimum(steps.past_tokens, piece.window)
        cache = cache + piece.cache_bytes * (own_decoding * (context + 1) + own_prompts * (past + steps.new_tokens))
        decode_pairs = decode_pairs + piece.decode_pair_flop * own_decoding * (context + 1)
        pairs = attended_pairs(steps.new_tokens, steps.past_tokens, piece.window)
        prefill_pairs = prefill_pairs + piece.prefill_pair_flop * own_prompts * pairs
    each = demand.token_flop * demand.sequence_share + demand.any_token_flop
    return Work(
        weight_bytes=np.where(tokens > 0, demand.weight_bytes + demand.head_bytes, 0.0),
        expert_bytes=demand.expert_bytes * (1 - demand.expert_missed**tokens),
        cache_bytes=cache,
        decode_flop=decoding * each + own_decoding * demand.logits_flop,
        prefill_flop=fresh * each + own_prompts * demand.logits_flop,
        decode_attention_flop=decode_pairs,
        prefill_attention_flop=prefill_pairs,
        link_bytes=(own_decoding + own_fresh) * demand.token_link_bytes + tokens * demand.any_token_link_bytes,
    )


def _of_a_pass(requests: Floats, stages: Floats, whole: bool) -> Floats:
    share = requests / stages
    return np.maximum(share, np.minimum(requests, 1.0)) if whole and np.any(stages > 1) else share


def step_bound_s(demand: Demand, steps: Steps) -> Floats:
    """Least time of a step: max of arithmetic, memory and link at their peaks, everything overlapped.

    Experts: all tokens may choose the same ones, so only `top_k` of them must be read. Weights that fit the fast memory
    may have stayed there since the last step. Chunks of a prompt but the last need no logits. A switch may reduce: each
    device then sends its 16-bit activations once. Domain: one token per sequence and step, no speculative decoding.
    """
    least, peak = demand._replace(token_link_bytes=demand.token_link_least_bytes), demand.limits
    work = work_of(least, steps, whole=False)
    one = np.minimum((steps.decode_requests + steps.prefill_tokens) / demand.stages, 1.0)
    unread = np.where((steps.decode_requests == 0) & (one > 0), demand.head_bytes, 0.0)
    moved = work.weight_bytes - unread + one * demand.expert_top_k_bytes + work.cache_bytes
    logits = steps.prefill_requests / demand.stages * demand.sequence_share * demand.logits_flop
    matmul_s = (work.decode_flop + work.prefill_flop - logits) / peak.matmul_flop_per_s
    attention_s = (work.decode_attention_flop + work.prefill_attention_flop) / peak.attention_flop_per_s
    rest_s = operator_bound_s(
        0.0,
        repeated_traffic_bytes(moved, peak.cache_bytes * demand.stages),
        1.0,
        peak.memory_bytes_per_s,
        link_bytes=work.link_bytes,
        link_bandwidth_bytes_per_s=peak.link_bytes_per_s,
    )
    return np.maximum(matmul_s + attention_s, rest_s)


def stacked(demands: Sequence[Demand], index: npt.NDArray[np.intp]) -> Demand:
    """Many deployments as one, those at `index`; every field becomes an array of the shape of `index`."""
    windows = sorted({piece.window for demand in demands for piece in demand.pieces}, reverse=True)
    nothing = np.zeros(())

    def column(values: Sequence[Floats]) -> Floats:
        return np.asarray([float(value) for value in values])[index]

    def piece(window: float) -> Piece:
        found = [next((p for p in d.pieces if p.window == window), Piece(window, *[nothing] * 3)) for d in demands]
        kinds = ("cache_bytes", "decode_pair_flop", "prefill_pair_flop")
        return Piece(window, *(column([getattr(p, kind) for p in found]) for kind in kinds))

    def rates(name: str) -> Rates:
        return Rates(*(column(values) for values in zip(*(getattr(demand, name) for demand in demands), strict=True)))

    parts = {
        name: column([getattr(demand, name) for demand in demands])
        for name in Demand._fields
        if name not in ("pieces", "rates", "limits")
    }
    return Demand(
        **parts, pieces=tuple(piece(window) for window in windows), rates=rates("rates"), limits=rates("limits")
    )
