"""Attention tile by tile: what a FlashAttention-like kernel executes, as opposed to what the formula needs."""

from typing import Annotated, NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import Count, FinitePositive, Flag, Floats, Scalar, primitive

Length = Annotated[Floats, Scalar(1.0, 1e12, kind="integer")]
"""A count of tokens, small enough for doubles to hold every sum of two exactly."""

_MOST_DIVISIONS = 60
"""Steps of Euclid's algorithm on whole numbers up to 1e12: at most 59 (Lame)."""


class TiledAttention(NamedTuple):
    """Outputs of `attention_kernel_resources`."""

    flop: Floats
    exponentials: Floats
    shared_bytes: Floats
    tiled_bytes: Floats
    blocks: Floats


@primitive
def attention_kernel_resources(
    batch: Count,
    heads: Count,
    query_tokens: Length,
    context_tokens: Length,
    head_dim: Count,
    element_bytes: FinitePositive,
    block_q: Length,
    block_k: Length,
    readers: Count,
    queries_in_registers: Flag,
    causal: Flag,
) -> TiledAttention:
    """FlashAttention forward as executed, whole tiles: 4 d b_q b_k FLOP and b_q (b_k + 1) exponentials per tile.

    Counts blocks of b_q `block_q` of the `query_tokens` of one of `heads` of one of `batch`; each walks over those
    tiles of b_k `block_k` of the `context_tokens` that any of its queries sees (`causal`: all up to its own), padding
    and cut tiles in full. Shared memory takes vectors of d `head_dim` by `element_bytes`: keys and values written once
    per tile, read by each of `readers` (warps, or groups that read for all); queries written once per block, read once
    (`queries_in_registers`) or per tile; results written and read once. `tiled_bytes`: each block fetches queries,
    keys, values and stores results, no cache between blocks (the least is `attention_core_cost.bytes`). Leaves out the
    log-sum-exp and contexts split over blocks.
    Domain: the last query sees all keys; queries that see none cost only their zeros; up to 1e12 tokens.
    Source: Dao, FlashAttention-2, ICLR 2024, algorithm 1 and section 3; Dao et al., FlashAttention, NeurIPS 2022.

    >>> found = attention_kernel_resources(1, 1, 128, 128, 64, 2.0, 64, 64, 4, False, causal=True)
    >>> float(found.flop) / (4 * 64 * 64 * 64)  # tiles
    3.0
    """
    tiles, active, last, unseen = _walk(query_tokens, context_tokens, block_q, block_k, causal)
    grid = batch * heads
    vector_bytes = element_bytes * head_dim
    keys = tiles * block_k - last * (np.ceil(context_tokens / block_k) * block_k - context_tokens)
    per_tile = 2 * block_k * (1 + readers) + np.where(queries_in_registers > 0, 0.0, block_q)
    per_block = block_q * np.where(queries_in_registers > 0, 4.0, 3.0)
    return TiledAttention(
        flop=grid * tiles * 4 * head_dim * block_q * block_k,
        exponentials=grid * tiles * block_q * (block_k + 1),
        shared_bytes=grid * vector_bytes * (tiles * per_tile + active * per_block),
        tiled_bytes=grid * vector_bytes * (2 * query_tokens - unseen + 2 * keys),
        blocks=grid * np.ceil(query_tokens / block_q),
    )


def _walk(
    queries: Floats, keys: Floats, block_q: Floats, block_k: Floats, causal: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Per head: tiles visited, blocks that visit any, blocks that visit the last tile, queries of the other blocks.

    Of causal blocks 0, 1, ..., block i sees min(keys, (i + 1) block_q + keys - queries) keys.
    """
    across = np.ceil(keys / block_k)
    all_blocks = np.ceil(queries / block_q)
    full = np.floor(queries / block_q)
    ahead = keys - queries
    idle = np.floor(np.maximum(0.0, -ahead) / block_q)
    first = (idle + 1) * block_q + ahead
    cut = _floor_sum(full - idle, block_k, block_q, first + block_k - 1) + (all_blocks - full) * across
    reach = np.floor(np.maximum(0.0, (across - 1) * block_k - ahead) / block_q)
    last = np.maximum(0.0, full - reach) + all_blocks - full
    masked = causal > 0
    return (
        np.where(masked, cut, all_blocks * across),
        np.where(masked, all_blocks - idle, all_blocks),
        np.where(masked, last, all_blocks),
        np.where(masked, idle * block_q, 0.0),
    )


def _floor_sum(count: Floats, divisor: Floats, slope: Floats, start: Floats) -> Floats:
    """Sum of floor((slope i + start) / divisor) over i = 0 .. count - 1, by Euclid's algorithm: whole numbers, exact.

    Source: Graham, Knuth, Patashnik, Concrete Mathematics, section 3.5; lattice points below a line.
    """
    n, m, a, b = np.broadcast_arrays(count, divisor, slope, start)
    total = np.zeros(n.shape)
    for _ in range(_MOST_DIVISIONS):
        total = total + n * (n - 1) / 2 * np.floor(a / m) + n * np.floor(b / m)
        a, b = np.mod(a, m), np.mod(b, m)
        top = a * n + b
        more = top >= m
        if not more.any():
            break
        # Turn the triangle of lattice points on its side; a finished element becomes an empty one.
        n, b, m, a = (
            np.where(more, np.floor(top / m), 0.0),
            np.where(more, np.mod(top, m), 0.0),
            np.where(more, a, 1.0),
            np.where(more, m, 0.0),
        )
    return total
