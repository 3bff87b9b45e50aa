"""The parts of a transformer layer, and what each holds and asks: weights, cached state, arithmetic.

Sizes are counted in elements; bytes come in where a precision is chosen. d is the hidden size of the model.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class GroupedQuery(NamedTuple):
    """Attention with `heads` queries over `kv_heads` keys and values (as many: multi-head; one: multi-query).

    `window` is the number of past tokens a query sees (inf: all); `gated` doubles the query projection (output gate);
    `biased` and `normed` count the bias of Q, K, V and the norms of Q and K; `output_biased` the bias after attention.
    Source: Vaswani et al., NeurIPS 2017; Shazeer, arXiv:1911.02150; Ainslie et al., EMNLP 2023.
    """

    heads: int
    kv_heads: int
    head_dim: int
    window: float = math.inf
    gated: bool = False
    biased: bool = False
    output_biased: bool = False
    normed: bool = False

    def matrix_parameters(self, hidden: int) -> float:
        """Weights that every token is multiplied with: Q, K, V and output."""
        queries = self.heads * self.head_dim
        return hidden * (queries * (2 if self.gated else 1) + 2 * self.kv_heads * self.head_dim) + queries * hidden

    def other_parameters(self, hidden: int) -> float:
        """Biases and norms."""
        inner = (self.heads + 2 * self.kv_heads) * self.head_dim
        return inner * self.biased + hidden * self.output_biased + 2 * self.head_dim * self.normed

    def cached_elements(self) -> int:
        """Keys and values that one token leaves behind in one layer."""
        return 2 * self.kv_heads * self.head_dim

    def state_elements(self) -> int:
        """State of a sequence whatever its length."""
        return 0

    def pair_flop(self, decoding: bool) -> float:
        """Arithmetic of one query token with one past token: scores and weighted sum."""
        return 4 * self.heads * self.head_dim

    def shards(self, tensor_parallel: Floats) -> Floats:
        """Over how many devices the cache is divided: a key head is not split but copied."""
        return np.minimum(tensor_parallel, self.kv_heads)


class Latent(NamedTuple):
    """Multi-head latent attention: keys and values are rebuilt from one latent of `kv_rank` (+ `rope_dim`) elements.

    Decoding absorbs the rebuilding into the queries and works on latents; prefill rebuilds keys and values. `sparse`
    is the number of past tokens a query attends to (lightning indexer), inf for all; `index_dim` the cached elements
    of the indexer. Source: DeepSeek-AI, arXiv:2405.04434 and arXiv:2412.19437; sparse: DeepSeek-V3.2-Exp report.
    """

    heads: int
    kv_rank: int
    q_rank: int
    nope_dim: int
    rope_dim: int
    value_dim: int
    window: float = math.inf
    index_heads: int = 0
    index_dim: int = 0

    def matrix_parameters(self, hidden: int) -> float:
        """Down and up projections of queries and latents, output, indexer."""
        q_inner = self.heads * (self.nope_dim + self.rope_dim)
        queries = hidden * self.q_rank + self.q_rank * q_inner if self.q_rank else hidden * q_inner
        latents = hidden * (self.kv_rank + self.rope_dim) + self.kv_rank * self.heads * (self.nope_dim + self.value_dim)
        index = self.index_heads * (self.index_dim * (self.q_rank or hidden) + hidden) + self.index_dim * hidden
        return queries + latents + self.heads * self.value_dim * hidden + (index if self.index_heads else 0)

    def other_parameters(self, hidden: int) -> float:
        """Norms of the two latents."""
        return self.q_rank + self.kv_rank

    def cached_elements(self) -> int:
        """The latent and its rotary part, and the key of the indexer."""
        return self.kv_rank + self.rope_dim + self.index_dim

    def state_elements(self) -> int:
        """State of a sequence whatever its length."""
        return 0

    def pair_flop(self, decoding: bool) -> float:
        """Arithmetic of one query token with one past token: on latents when decoding, on heads in prefill."""
        on_latents = 2 * self.heads * (2 * self.kv_rank + self.rope_dim)
        on_heads = 2 * self.heads * (self.nope_dim + self.rope_dim + self.value_dim)
        return on_latents if decoding else on_heads

    def shards(self, tensor_parallel: Floats) -> Floats:
        """Every device of a tensor-parallel group needs all latents."""
        return np.ones_like(tensor_parallel)


class Linear(NamedTuple):
    """Linear attention (gated delta rule): a state of fixed size per sequence instead of a cache.

    Source: Yang, Kautz & Hatamizadeh, Gated Delta Networks, arXiv:2412.06464; sizes as in Qwen3-Next.
    """

    key_heads: int
    value_heads: int
    key_dim: int
    value_dim: int
    convolution: int

    window: float = 0.0

    def matrix_parameters(self, hidden: int) -> float:
        """Q, K, V, the output gate, the two rates per head, and the output projection."""
        keys, values = self.key_heads * self.key_dim, self.value_heads * self.value_dim
        return hidden * (2 * keys + 2 * values + 2 * self.value_heads) + values * hidden

    def other_parameters(self, hidden: int) -> float:
        """Short convolution, decay, norm."""
        channels = 2 * self.key_heads * self.key_dim + self.value_heads * self.value_dim
        return channels * self.convolution + 2 * self.value_heads + self.value_dim

    def cached_elements(self) -> int:
        """Nothing grows with the length."""
        return 0

    def state_elements(self) -> int:
        """One matrix per value head, read and written each step."""
        return self.value_heads * self.key_dim * self.value_dim

    def pair_flop(self, decoding: bool) -> float:
        """No pairs: the work per token is in `token_flop`."""
        return 0.0

    def shards(self, tensor_parallel: Floats) -> Floats:
        """Heads are divided."""
        return np.minimum(tensor_parallel, self.value_heads)


Attention = GroupedQuery | Latent | Linear


class FeedForward(NamedTuple):
    """Dense feed-forward of `width`: three matrices when gated (SwiGLU, GeGLU), else two."""

    width: int
    gated: bool
    biased: bool = False

    def parameters(self, hidden: int) -> float:
        """Matrices and biases."""
        return (3 if self.gated else 2) * hidden * self.width + self.biased * (hidden + self.width)


class Experts(NamedTuple):
    """Mixture of `experts` of which each token takes `top_k`, beside a shared feed-forward that all tokens take.

    Source: Shazeer et al., ICLR 2017; Dai et al., DeepSeekMoE, arXiv:2401.06066.
    """

    experts: int
    top_k: int
    expert: FeedForward
    shared: FeedForward | None = None
    shared_gate: bool = False

    def expert_parameters(self, hidden: int) -> float:
        """Of one routed expert."""
        return self.expert.parameters(hidden)

    def always_parameters(self, hidden: int) -> float:
        """What every token is multiplied with: router and shared expert."""
        shared = self.shared.parameters(hidden) if self.shared else 0.0
        return shared + hidden * (self.experts + self.shared_gate)


Mixer = FeedForward | Experts


class LayerGroup(NamedTuple):
    """Equal layers. `norms` counts vectors of the hidden size."""

    layers: int
    attention: Attention
    mixer: Mixer
    norms: int = 2
