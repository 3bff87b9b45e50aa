"""Multi-head latent attention: keys and values of all heads stand in one vector a token."""

from typing import Annotated, NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import Count, FinitePositive, Flag, Floats, OneOf, Whole, primitive, require


class LatentAttentionCost(NamedTuple):
    """Outputs of `latent_attention_cost`."""

    flop: Floats
    bytes: Floats
    intensity_flop_per_byte: Floats


@primitive
def latent_attention_cost(
    form: Annotated[str, OneOf(("absorbed", "expanded"))],
    batch: Count,
    query_tokens: Count,
    context_tokens: Count,
    heads: Count,
    latent_dim: Count,
    rope_dim: Whole,
    nope_dim: Count,
    value_dim: Count,
    element_bytes: FinitePositive,
    causal: Flag,
) -> LatentAttentionCost:
    """Latent attention (MLA): F = 2 B h (k + v) pairs, traffic s B (c m + q h (k + v)); causal pairs q c - q (q - 1)/2.

    Counts the FLOP F and the traffic of both matrix products of B sequences (`batch`) of q queries (`query_tokens`) and
    c keys (`context_tokens`) with h `heads`, s bytes per element (`element_bytes`), scores that never leave the chip.
    In the absorbed `form`, as in decoding, all heads work on the cached vector: m = k = d_c + d_r (`latent_dim`,
    `rope_dim`), v = d_c, its first part, read once for both. In the expanded one, as in prefill, each head has keys
    k = d_n + d_r (`nope_dim`) and values v = d_v (`value_dim`): m = h (d_n + d_v) + d_r. Without `causal` the pairs are
    q c. Leaves out projections, the absorbing or expanding products (`gemm_cost`) and softmax.
    Domain: fused kernel; the context includes the queries.
    Source: DeepSeek-AI, arXiv:2405.04434, 2024, section 2.1 and appendix C; DeepSeek-AI, arXiv:2412.19437, 2024.

    >>> float(latent_attention_cost("absorbed", 1, 1, 1, 128, 512, 64, 128, 128, 2.0, True).flop)
    278528.0
    """
    message = "latent_attention_cost: query_tokens = {} is above context_tokens = {}; expected no more."
    require(query_tokens <= context_tokens, message, query_tokens, context_tokens)
    if form == "absorbed":
        keys, values = latent_dim + rope_dim, latent_dim
        kept = keys
    else:
        keys, values = nope_dim + rope_dim, value_dim
        kept = heads * (nope_dim + value_dim) + rope_dim
    pairs = query_tokens * context_tokens - np.where(causal > 0, query_tokens * (query_tokens - 1) / 2, 0.0)
    flop = 2 * heads * (keys + values) * pairs
    moved = element_bytes * (context_tokens * kept + query_tokens * heads * (keys + values))
    return LatentAttentionCost(batch * flop, batch * moved, flop / moved)
