"""Roofline v2 of BLIS (the MFU tables as integrated at a410740), as published, to compare with; its constants are data.

T(m, K, N) = max(2 m K N / (F mfu), K N b / B'), with whole matrices whose time is divided by the devices; m is the
decoding requests, or the new tokens of prompts by their bucket of past and new tokens, a power of two. Prompts count
the full square of attention over 1.8, where causal work is about half of it. A phase takes the larger of its kernels
and its bytes over B', a mixed step the larger of its phases; 100 us a layer, divided by the devices, come on top.
Look-ups take one nearest shape and straight lines. Never below the bound here; the plain formula is `published_s`.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from gauntlet.errors import UsageError
from gauntlet.hardware.basis import Basis
from gauntlet.hardware.mfu import Heads, MfuTables
from gauntlet.workloads.serving.demand import Demand, step_bound_s
from gauntlet.workloads.serving.deployment import Deployment
from gauntlet.workloads.serving.steps import Steps
from gauntlet.workloads.transformer_layers import FeedForward, GroupedQuery

Floats = npt.NDArray[np.float64]


class MfuV2:
    """The published formula as a `StepTimeModel`."""

    name = "mfu-v2"
    basis: Basis = "default"

    def __init__(self, on: Deployment, demand: Demand, tables: MfuTables, constants: Mapping[str, Any]) -> None:
        group = on.model.groups[0]
        attention, mixer = group.attention, group.mixer
        if len(on.model.groups) > 1 or not isinstance(attention, GroupedQuery) or not isinstance(mixer, FeedForward):
            raise UsageError(f"mfu-v2 knows dense grouped-query models; {on.model.name} is none. Use roofline.")
        if tables.gemm is None or tables.prefill is None or tables.decode is None:
            raise UsageError(f"the MFU tables of {tables.device} lack gemm, mha/prefill or mha/decode; all are needed.")
        self.on, self.demand, self.constants, self._layers = on, demand, constants, group.layers
        self._gemm, self._prefill, self._decode = tables.gemm, tables.prefill, tables.decode
        self._heads = Heads(attention.heads, attention.kv_heads, attention.head_dim)
        hidden, self._queries = float(on.model.hidden), float(attention.heads * attention.head_dim)
        keys, width = float(attention.kv_heads * attention.head_dim), float(mixer.width)
        self._products = (
            (1, hidden, self._queries), (2, hidden, keys), (1, self._queries, hidden),
            (2 if mixer.gated else 1, hidden, width), (1, width, hidden),
        )  # fmt: skip

    def step_s(self, steps: Steps) -> Floats:
        """The published time, lifted to the bound where it lies below."""
        return np.maximum(self.published_s(steps), self.bound_s(steps))

    def bound_s(self, steps: Steps) -> Floats:
        """Least time, from peaks alone."""
        return step_bound_s(self.demand, steps)

    def published_s(self, steps: Steps) -> Floats:
        """The formula of the source, in seconds."""
        layers_s = self.constants["layer_s"] * self._layers / self.on.tensor_parallel
        busy = steps.decode_requests + steps.prefill_requests > 0
        phases_s = np.maximum(self._prompts_s(steps), self._decodes_s(steps))
        return np.where(busy, phases_s + layers_s, 0.0)

    def _prompts_s(self, steps: Steps) -> Floats:
        tokens, seen = steps.prefill_tokens, steps.past_tokens + steps.new_tokens
        ends = self.constants["smallest_bucket_tokens"], self.constants["largest_bucket_tokens"]
        bucket = np.clip(2 ** np.ceil(np.log2(np.maximum(seen, 1.0))), *ends)
        share = self._prefill.at(self._heads, bucket, rule="linear").value
        flop = 4 * self._queries * self._layers * tokens * seen / self.constants["causal_divisor"]
        attention_s = flop / (self._prefill.peak_flop_per_s * share) / self.on.tensor_parallel
        return self._phase_s(tokens, attention_s, steps.prefill_requests * seen)

    def _decodes_s(self, steps: Steps) -> Floats:
        batch, context = np.maximum(steps.decode_requests, 1.0), np.maximum(steps.context_tokens, 1.0)
        share = self._decode.at(self._heads, batch, context, tp=self.on.tensor_parallel, rule="linear").value
        flop = 4 * self._queries * self._layers * steps.decode_requests * steps.context_tokens
        attention_s = flop / (self._decode.peak_flop_per_s * share) / self.on.tensor_parallel
        return self._phase_s(steps.decode_requests, attention_s, steps.decode_requests * (steps.context_tokens + 1))

    def _phase_s(self, rows: Floats, attention_s: Floats, cached_tokens: Floats) -> Floats:
        """Kernels, or bytes: weights, cache, and activations at the borders of layers."""
        tp, model = float(self.on.tensor_parallel), self.on.model
        kernels_s = sum((n * self._product_s(rows, k, m) for n, k, m in self._products), np.zeros(()))
        weights = model.always_parameters * model.weights.bits / 8
        dynamic = cached_tokens * model.kv_bytes_per_token(2.0) + self._layers * model.hidden * 2.0 * rows
        memory_s = (
            (weights + dynamic) / tp / (self.constants["bandwidth_efficiency"] * self.demand.rates.memory_bytes_per_s)
        )
        return np.where(rows > 0, np.maximum(kernels_s * self._layers / tp + attention_s, memory_s), 0.0)

    def _product_s(self, rows: Floats, depth: float, columns: float) -> Floats:
        share = self._gemm.at(np.maximum(rows, 1.0), depth, columns, rule="linear").value
        at = self.demand.rates
        compute_s = 2 * rows * depth * columns / (at.matmul_flop_per_s * share)
        memory_s = depth * columns * 2.0 / (self.constants["bandwidth_efficiency"] * at.memory_bytes_per_s)
        return np.asarray(np.maximum(compute_s, memory_s))
