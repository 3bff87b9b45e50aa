"""A decoder-only transformer as counts: parameters, arithmetic per token, cached state per token.

One multiply-add is 2 FLOP. Layers are groups of equal layers, so that every count is a short sum.
Source of the counts: Vaswani et al., NeurIPS 2017; Kaplan et al., arXiv:2001.08361, section 2.1; for each kind of
attention and mixture see `transformer_layers`.
"""

from dataclasses import dataclass

from gauntlet.workloads.transformer_layers import Experts, LayerGroup


@dataclass(frozen=True)
class Weights:
    """How weights are stored: bits per weight of the matrices, of routed experts, and of embeddings (scales included).

    `precision` is the arithmetic the format asks for, as the hardware registry spells it.
    """

    precision: str
    bits: float
    expert_bits: float
    embedding_bits: float = 16.0


@dataclass(frozen=True)
class Transformer:
    """A decoder-only language model. `left_out` names parts of the checkpoint that these counts do not include."""

    name: str
    hidden: int
    vocabulary: int
    groups: tuple[LayerGroup, ...]
    tied: bool
    weights: Weights
    positions: int = 0
    longest_context: int | None = None
    left_out: tuple[str, ...] = ()

    @property
    def layers(self) -> int:
        """All layers."""
        return sum(group.layers for group in self.groups)

    @property
    def embedding_parameters(self) -> float:
        """Input table, learnt positions, and the output matrix where it is not the same table."""
        return self.hidden * (self.vocabulary * (1 if self.tied else 2) + self.positions)

    @property
    def always_parameters(self) -> float:
        """Weights of all layers but routed experts: every token is multiplied with them."""
        return sum(group.layers * self._always(group) for group in self.groups)

    @property
    def expert_parameters(self) -> float:
        """Weights of all routed experts of all layers."""
        return sum(
            group.layers * group.mixer.experts * group.mixer.expert_parameters(self.hidden)
            for group in self.groups
            if isinstance(group.mixer, Experts)
        )

    @property
    def active_expert_parameters(self) -> float:
        """Weights of the routed experts that one token takes."""
        return sum(
            group.layers * group.mixer.top_k * group.mixer.expert_parameters(self.hidden)
            for group in self.groups
            if isinstance(group.mixer, Experts)
        )

    @property
    def parameters(self) -> float:
        """Everything, as a model card counts it."""
        norms = self.hidden * (1 + sum(group.layers * group.norms for group in self.groups))
        small = sum(group.layers * group.attention.other_parameters(self.hidden) for group in self.groups)
        return self.always_parameters + self.expert_parameters + self.embedding_parameters + norms + small

    @property
    def active_parameters(self) -> float:
        """What one token uses, as a model card counts it: embeddings included."""
        return self.parameters - self.expert_parameters + self.active_expert_parameters

    @property
    def matmul_flop_per_token(self) -> float:
        """Arithmetic of one token with the weights of all layers, without the output matrix."""
        return 2 * (self.always_parameters + self.active_expert_parameters)

    @property
    def head_flop(self) -> float:
        """Arithmetic of one row of logits."""
        return 2.0 * self.hidden * self.vocabulary

    @property
    def weight_bytes(self) -> float:
        """The whole checkpoint at the stored precisions."""
        stored, embeddings = self.weights, self.embedding_parameters
        rest = self.parameters - self.expert_parameters - embeddings
        bits = rest * stored.bits + self.expert_parameters * stored.expert_bits + embeddings * stored.embedding_bits
        return bits / 8

    @property
    def head_bytes(self) -> float:
        """The output matrix, read once a step."""
        return self.hidden * self.vocabulary * self.weights.embedding_bits / 8

    def kv_bytes_per_token(self, element_bytes: float) -> float:
        """Keys and values (or latents) that one token leaves in all layers."""
        return element_bytes * sum(group.layers * group.attention.cached_elements() for group in self.groups)

    def state_bytes(self, element_bytes: float) -> float:
        """State of one sequence whatever its length (linear attention)."""
        return element_bytes * sum(group.layers * group.attention.state_elements() for group in self.groups)

    def _always(self, group: LayerGroup) -> float:
        mixer = group.mixer
        mixed = mixer.always_parameters(self.hidden) if isinstance(mixer, Experts) else mixer.parameters(self.hidden)
        return group.attention.matrix_parameters(self.hidden) + mixed
