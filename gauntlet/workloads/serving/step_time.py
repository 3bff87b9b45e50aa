"""How long a step takes: the interface that all implementations share, and the calibrated roofline.

Sources of other implementations: `mfu_tables` (kernel measurements) and `regression` (features alone).
"""

from typing import Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from pydantic import Field

from gauntlet.records import Record
from gauntlet.workloads.serving.demand import Demand, step_bound_s, work_of
from gauntlet.workloads.serving.steps import Steps

Floats = npt.NDArray[np.float64]
Basis = Literal["exact", "interpolated", "extrapolated", "nearest", "default"]
"""What an estimate rests on, surest first."""


class StepTimeModel(Protocol):
    """Seconds of a step. Every implementation is finite, never below `bound_s`, and never falls with more tokens."""

    name: str
    basis: Basis

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

    def step_s(self, steps: Steps) -> Floats:
        """Estimated time; arguments broadcast."""
        terms, at = terms_of(self.demand, steps), self.efficiencies
        total = np.zeros(())
        for name, term in zip(Terms._fields, terms, strict=True):
            factor = getattr(at, name)
            if factor:
                total = total + (term / factor if name in EFFICIENCY_TERMS else term * factor)
        return np.maximum(total, self.bound_s(steps))

    def bound_s(self, steps: Steps) -> Floats:
        """Least time, from peaks alone."""
        return step_bound_s(self.demand, steps)
