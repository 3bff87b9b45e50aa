"""The calibrated roofline of BLIS v0.6.1 ("v1"), as published, to compare with; its constants are data.

Phase p, prefill or decode: T_p = max(T_c, T_m),
T_c = W_gemm / t^a / (F m r) + W_attention / t^a / (v F),  T_m = (weights + dynamic) / t^e / (B c_b c_p).
A mixed step is an average by thresholds, which may be less than either phase needs; an answer here is never below the
bound, and the plain formula is `published_s`. Dense grouped-query models only.
"""

import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from gauntlet.errors import UsageError
from gauntlet.hardware.basis import Basis
from gauntlet.workloads.serving.demand import Demand, step_bound_s
from gauntlet.workloads.serving.deployment import Deployment
from gauntlet.workloads.serving.steps import Steps
from gauntlet.workloads.transformer_layers import FeedForward, GroupedQuery

Floats = npt.NDArray[np.float64]
Phase = Literal["prefill", "decode"]


class RooflineV1:
    """The published formula as a `StepTimeModel`."""

    name = "roofline-v1"
    basis: Basis = "default"

    def __init__(self, on: Deployment, demand: Demand, constants: dict[str, Any]) -> None:
        kinds = {(type(group.attention), type(group.mixer)) for group in on.model.groups}
        if kinds != {(GroupedQuery, FeedForward)}:
            raise UsageError(f"roofline-v1 knows dense grouped-query models; {on.model.name} is none. Use roofline.")
        self.on, self.demand, self.constants = on, demand, constants
        attention = on.model.groups[0].attention
        assert isinstance(attention, GroupedQuery)
        self.attention = attention

    def step_s(self, steps: Steps) -> Floats:
        """The published time, lifted to the bound where it lies below."""
        return np.maximum(self.published_s(steps), self.bound_s(steps))

    def bound_s(self, steps: Steps) -> Floats:
        """Least time, from peaks alone."""
        return step_bound_s(self.demand, steps)

    def published_s(self, steps: Steps) -> Floats:
        """The formula of the source, in seconds."""
        at, layers, tp = self.constants, self.on.model.layers, self.on.tensor_parallel
        prompts, decodes = steps.prefill_tokens, steps.decode_requests
        requests = steps.prefill_requests + decodes
        context = steps.past_tokens + np.where(steps.new_tokens > 1, (steps.new_tokens - 1) / 2, 0.0)
        prefill = self._phase("prefill", steps.prefill_requests, steps.new_tokens, steps.past_tokens, context)
        decode = self._phase("decode", decodes, np.ones(()), steps.context_tokens, steps.context_tokens)
        total = self._mixed(prompts, decodes, prefill, decode)
        crowd = np.where(requests > 2, self._crowd(requests, decodes), 1.0)
        each = np.where(decodes == 0, at["prefill_request_s"], at["mixed_prefill_request_s"])
        total = total + at["step_s"] * crowd + each * steps.prefill_requests
        return np.where(requests > 0, total + (2 * layers * at["allreduce_s"] if tp > 1 else 0.0), 0.0)

    def _mixed(self, prompts: Floats, decodes: Floats, prefill_s: Floats, decode_s: Floats) -> Floats:
        """The average of both phases by its rule: a dominant phase has a fixed weight, else shares of tokens count."""
        rule = self.constants["mixing"]
        many_prompts = (prompts > rule["prompts_over_decodes"] * decodes) & (prompts > rule["many_prompt_tokens"])
        many_decodes = (decodes > rule["decodes_over_prompts"] * prompts) & (decodes > rule["many_decodes"])
        share = prompts / np.maximum(prompts + decodes, 1e-300)
        weight = np.where(many_prompts, rule["prompt_weight"], np.where(many_decodes, 1 - rule["decode_weight"], share))
        weight = np.where(decodes == 0, 1.0, np.where(prompts == 0, 0.0, weight))
        return np.asarray(weight * prefill_s + (1 - weight) * decode_s)

    def _crowd(self, requests: Floats, decodes: Floats) -> Floats:
        """How the overhead of a step grows with its requests."""
        rule = self.constants["crowd"]
        doublings = np.log2(np.maximum(requests, 2) / 2)
        return np.asarray(
            1 + rule["per_doubling"] * doublings * (rule["base"] + rule["decode"] * decodes / np.maximum(requests, 1))
        )

    def _phase(self, phase: Phase, requests: Floats, new: Floats, past: Floats, context: Floats) -> Floats:
        at, model, tp = self.constants, self.on.model, float(self.on.tensor_parallel)
        peak, rate = self.demand.rates.matmul_flop_per_s, self.demand.rates.memory_bytes_per_s
        queries, layers = self.attention.heads * self.attention.head_dim, model.layers
        gemm = requests * new * model.matmul_flop_per_token
        softmax = 4 * self.attention.heads
        attention = requests * new * context * layers * (4 * queries + softmax)
        cached = model.kv_bytes_per_token(2.0)
        dynamic = requests * (
            new * cached
            + past * cached * at["cache_read_share"][phase]
            + layers * model.hidden * 2.0 * new * at["activation_share"][phase]
        )
        weights = model.always_parameters * model.weights.bits / 8
        compute_s = gemm / tp ** at["tensor_parallel_exponent"][phase] / (
            peak * at["mfu"][phase] * at["mfu_factor"][phase]
        ) + attention / tp ** at["tensor_parallel_exponent"][phase] / (at["vector_share"] * peak)
        efficiency = at["bandwidth_efficiency"] * at["bandwidth_factor"][phase]
        memory_s = (weights + dynamic) / tp ** at["memory_exponent"][phase] / (rate * efficiency)
        return np.where(requests > 0, np.maximum(compute_s, memory_s), 0.0)


def published_constants(folder: Path, name: str) -> dict[str, Any]:
    """The constants of a published model in a registry folder: 'roofline_v1' or 'mfu_v2'."""
    return dict(json.loads((folder / "estimates" / "llm" / f"{name}.json").read_text(encoding="utf-8")))
