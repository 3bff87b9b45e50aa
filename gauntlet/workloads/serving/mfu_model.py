"""Step time from tables of measured kernels: every matrix product and attention at the MFU of its own shape.

T(m, K, N) = max(2 m K N / (F mfu), K N b / (B eta_B)), with m all tokens of the step, K and N as divided over devices.
Attention counts the pairs really attended. A step is the sum of its kernels, all its bytes at least, and the layers'
overheads and collectives of the calibrated roofline. Dense grouped-query models.
"""

import numpy as np
import numpy.typing as npt

from gauntlet.errors import UsageError
from gauntlet.workloads.serving.demand import Demand, step_bound_s, work_of
from gauntlet.workloads.serving.deployment import Deployment
from gauntlet.workloads.serving.mfu_tables import MfuTables, least_sure
from gauntlet.workloads.serving.step_time import Basis, Efficiencies
from gauntlet.workloads.serving.steps import Steps
from gauntlet.workloads.transformer_layers import FeedForward, GroupedQuery

Floats = npt.NDArray[np.float64]


class MfuModel:
    """Tables of one GPU as a `StepTimeModel`; `basis` is the weakest look-up so far."""

    name = "mfu"

    def __init__(self, on: Deployment, demand: Demand, tables: MfuTables, efficiencies: Efficiencies) -> None:
        group = on.model.groups[0]
        attention, mixer = group.attention, group.mixer
        if len(on.model.groups) > 1 or not isinstance(attention, GroupedQuery) or not isinstance(mixer, FeedForward):
            raise UsageError(f"MFU tables cover dense grouped-query models; {on.model.name} is none. Use roofline.")
        self.demand, self.tables, self.efficiencies = demand, tables, efficiencies
        self.basis: Basis = "exact"
        self._layers, self._element = group.layers, on.model.weights.bits / 8
        self._heads = (attention.heads, attention.kv_heads, attention.head_dim)
        tp, hidden = on.tensor_parallel, float(on.model.hidden)
        queries, keys = attention.heads * attention.head_dim / tp, attention.kv_heads * attention.head_dim / tp
        width = mixer.width / tp
        self._products = [
            (hidden, queries + 2 * max(keys, attention.head_dim)),
            (queries, hidden),
            (hidden, width * (2 if mixer.gated else 1)),
            (width, hidden),
        ]

    def step_s(self, steps: Steps) -> Floats:
        """Estimated time; arguments broadcast."""
        at, eta = self.demand.rates, self.efficiencies
        work = work_of(self.demand, steps)
        tokens = steps.prefill_tokens + steps.decode_requests
        kernels_s = sum((self._product_s(tokens, k, n) for k, n in self._products), np.zeros(())) * self._layers
        kernels_s = kernels_s + self._attention_s(steps, work.prefill_attention_flop, work.decode_attention_flop)
        logits_s = (steps.decode_requests + steps.prefill_requests) * self.demand.logits_flop / at.matmul_flop_per_s
        moved = work.weight_bytes / eta.weights + work.cache_bytes / eta.cache
        busy = tokens > 0
        overhead_s = self.demand.layers * eta.layer_s + self.demand.hops * eta.hop_s + eta.step_s
        link_s = work.link_bytes / at.link_bytes_per_s / eta.link
        total = (
            np.maximum(kernels_s + logits_s, moved / at.memory_bytes_per_s) + link_s + np.where(busy, overhead_s, 0.0)
        )
        return np.maximum(total, self.bound_s(steps))

    def bound_s(self, steps: Steps) -> Floats:
        """Least time, from peaks alone."""
        return step_bound_s(self.demand, steps)

    def _product_s(self, tokens: Floats, depth: float, columns: float) -> Floats:
        found = self.tables.gemm_at(np.maximum(tokens, 1.0), depth, columns)
        self.basis = least_sure(self.basis, found.basis)
        at = self.demand.rates
        compute_s = 2 * tokens * depth * columns / (at.matmul_flop_per_s * found.mfu)
        memory_s = depth * columns * self._element / (at.memory_bytes_per_s * self.efficiencies.weights)
        return np.where(tokens > 0, np.maximum(compute_s, memory_s), 0.0)

    def _attention_s(self, steps: Steps, prefill_flop: Floats, decode_flop: Floats) -> Floats:
        peak, total = self.demand.rates.attention_flop_per_s, np.zeros(())
        if np.any(steps.prefill_tokens > 0):
            prompt = self.tables.prefill_at(self._heads, np.maximum(steps.past_tokens + steps.new_tokens, 1.0))
            self.basis = least_sure(self.basis, prompt.basis)
            total = total + prefill_flop / (peak * prompt.mfu)
        if np.any(steps.decode_requests > 0):
            batch, context = np.maximum(steps.decode_requests, 1.0), np.maximum(steps.context_tokens, 1.0)
            decode = self.tables.decode_at(self._heads, batch, context)
            self.basis = least_sure(self.basis, decode.basis)
            total = total + decode_flop / (peak * decode.mfu)
        return total
