"""How long a step takes: the interface that all implementations share, and the calibrated roofline.

The others: `mfu_model` (kernel measurements), `regression` (counts alone), `roofline_v1` and
`mfu_v2` (published, to compare).
"""

from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from pydantic import Field

from gauntlet.hardware.basis import Basis
from gauntlet.records import Record
from gauntlet.workloads.serving.demand import Demand, step_bound_s, work_of
from gauntlet.workloads.serving.steps import Steps

Floats = npt.NDArray[np.float64]


class StepTimeModel(Protocol):
    """Seconds of a step. Every implementation is finite, never below `bound_s`, and never falls with more tokens."""

    name: str

    @property
    def basis(self) -> Basis:
        """What the answers given so far rest on, at worst."""

    def step_s(self, steps: Steps) -> Floats:
        """Estimated time; arguments broadcast."""

    def bound_s(self, steps: Steps) -> Floats:
        """Least time, from peaks alone."""


class Efficiencies(Record):
    """Shares of the peaks that kernels reach, at most 1, and seconds that no peak explains."""

    weights: float = Field(gt=0, le=1, description="Of the memory bandwidth, reading weights that every token uses.")
    experts: float = Field(gt=0, le=1, description="Of the memory bandwidth, reading the experts that were chosen.")
    cache: float = Field(gt=0, le=1, description="Of the memory bandwidth, reading keys and values.")
    decode_matmul: float = Field(gt=0, le=1, description="Of the peak, products of decoded tokens with weights.")
    prefill_matmul: float = Field(gt=0, le=1, description="Of the peak, products of prompt tokens with weights.")
    decode_attention: float = Field(gt=0, le=1, description="Of the 16-bit peak, scores and sums when decoding.")
    prefill_attention: float = Field(gt=0, le=1, description="Of the 16-bit peak, scores and sums of prompts.")
    link: float = Field(gt=0, le=1, description="Of the link bandwidth, collectives among devices.")
    layer_s: float = Field(ge=0, description="Per layer of a step: launches, norms, what is not overlapped.")
    expert_layer_s: float = Field(ge=0, description="More per layer with experts: routing and sorting.")
    hop_s: float = Field(ge=0, description="Per layer and doubling of its devices: latency of collectives.")
    step_s: float = Field(ge=0, description="Per step: scheduling and sampling.")


class Terms(NamedTuple):
    """A step as sums: seconds at full efficiency, then how often each overhead occurs."""

    weights: Floats
    experts: Floats
    cache: Floats
    decode_matmul: Floats
    prefill_matmul: Floats
    decode_attention: Floats
    prefill_attention: Floats
    link: Floats
    layer_s: Floats
    expert_layer_s: Floats
    hop_s: Floats
    step_s: Floats


EFFICIENCY_TERMS = Terms._fields[:8]


def terms_of(demand: Demand, steps: Steps) -> Terms:
    """What the calibrated roofline adds up."""
    work, at = work_of(demand, steps), demand.rates
    busy = np.where(steps.decode_requests + steps.prefill_requests > 0, 1.0, 0.0)
    return Terms(
        work.weight_bytes / at.memory_bytes_per_s,
        work.expert_bytes / at.memory_bytes_per_s,
        work.cache_bytes / at.memory_bytes_per_s,
        work.decode_flop / at.matmul_flop_per_s,
        work.prefill_flop / at.matmul_flop_per_s,
        work.decode_attention_flop / at.attention_flop_per_s,
        work.prefill_attention_flop / at.attention_flop_per_s,
        work.link_bytes / at.link_bytes_per_s,
        demand.layers * busy,
        demand.expert_layers * busy,
        demand.hops * busy,
        busy,
    )


class CalibratedRoofline:
    """T = sum over kinds of work of demand / (efficiency x peak) + layers x t_layer + ... : nothing overlaps.

    As the sum of all demands at efficiencies of at most 1 it is never below the bound, whatever was fitted.
    """

    name = "roofline"

    def __init__(self, demand: Demand, efficiencies: Efficiencies, basis: Basis = "interpolated") -> None:
        self.demand, self.efficiencies, self.basis = demand, efficiencies, basis
        self._priced = _priced(demand, efficiencies)
        self._decode_price = 1 / (efficiencies.decode_matmul * demand.rates.matmul_flop_per_s)
        self._prefill_price = 1 / (efficiencies.prefill_matmul * demand.rates.matmul_flop_per_s)
        self._overhead_s = (
            efficiencies.layer_s * demand.layers
            + efficiencies.expert_layer_s * demand.expert_layers
            + efficiencies.hop_s * demand.hops
            + efficiencies.step_s
        )

    def step_s(self, steps: Steps) -> Floats:
        """Estimated time; arguments broadcast."""
        work = work_of(self._priced, steps)
        total = work.weight_bytes + work.expert_bytes + work.cache_bytes + work.link_bytes
        total = total + work.decode_flop * self._decode_price + work.prefill_flop * self._prefill_price
        total = total + work.decode_attention_flop + work.prefill_attention_flop
        return np.asarray(total + np.where(steps.decode_requests + steps.prefill_requests > 0, self._overhead_s, 0.0))

    def bound_s(self, steps: Steps) -> Floats:
        """Least time, from peaks alone."""
        return step_bound_s(self.demand, steps)


def _priced(demand: Demand, at: Efficiencies) -> Demand:
    """The demands in seconds instead of bytes and FLOP; but products with weights, which have two prices.

    `work_of` is linear in all of them: priced once, a step is a few multiplications.
    """
    memory, attention = demand.rates.memory_bytes_per_s, demand.rates.attention_flop_per_s
    link = demand.rates.link_bytes_per_s * at.link
    pieces = (
        piece._replace(
            cache_bytes=piece.cache_bytes / (memory * at.cache),
            decode_pair_flop=piece.decode_pair_flop / (attention * at.decode_attention),
            prefill_pair_flop=piece.prefill_pair_flop / (attention * at.prefill_attention),
        )
        for piece in demand.pieces
    )
    return demand._replace(
        weight_bytes=demand.weight_bytes / (memory * at.weights),
        head_bytes=demand.head_bytes / (memory * at.weights),
        expert_bytes=demand.expert_bytes / (memory * at.experts),
        state_bytes=demand.state_bytes / (memory * at.cache),
        token_link_bytes=demand.token_link_bytes / link,
        any_token_link_bytes=demand.any_token_link_bytes / link,
        pieces=tuple(pieces),
    )
