"""Step time from tables of measured kernels: every matrix product and attention at the share of the peak of its shape.

T(m, K, N) = max(2 m K N / (F mfu), K N b / (B eta_B)), with m all tokens of the step, K and N as divided over devices.
Attention counts the pairs really attended. A step is the sum of its kernels, all its bytes at least, and the layers'
overheads and collectives of the calibrated roofline. Dense grouped-query models.
"""

import numpy as np
import numpy.typing as npt

from gauntlet.errors import UsageError
from gauntlet.hardware.basis import BASES, Basis, Lookup, code_of
from gauntlet.hardware.mfu import Heads, MfuTables
from gauntlet.workloads.serving.demand import Demand, step_bound_s, work_of
from gauntlet.workloads.serving.deployment import Deployment
from gauntlet.workloads.serving.step_time import Efficiencies
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
        if tables.gemm is None or tables.prefill is None or tables.decode is None:
            raise UsageError(f"the MFU tables of {tables.device} lack gemm, mha/prefill or mha/decode; all are needed.")
        self.demand, self.efficiencies, self._tp = demand, efficiencies, on.tensor_parallel
        self._gemm, self._prefill, self._decode = tables.gemm, tables.prefill, tables.decode
        self._layers, self._element, self._code = group.layers, on.model.weights.bits / 8, code_of("exact")
        self._heads = Heads(attention.heads, attention.kv_heads, attention.head_dim)
        hidden, tp = float(on.model.hidden), float(on.tensor_parallel)
        queries = attention.heads * attention.head_dim / tp
        keys = max(attention.kv_heads / tp, 1.0) * attention.head_dim
        width = mixer.width / tp
        self._products = (
            (hidden, queries + 2 * keys),
            (queries, hidden),
            (hidden, width * (2 if mixer.gated else 1)),
            (width, hidden),
        )

    @property
    def basis(self) -> Basis:
        """The weakest word of all look-ups so far."""
        return BASES[self._code]

    def step_s(self, steps: Steps) -> Floats:
        """Estimated time; arguments broadcast."""
        at, eta = self.demand.rates, self.efficiencies
        work = work_of(self.demand, steps)
        tokens = steps.prefill_tokens + steps.decode_requests
        kernels_s = sum((self._product_s(tokens, k, n) for k, n in self._products), np.zeros(())) * self._layers
        kernels_s = kernels_s + self._prompts_s(steps, work.prefill_attention_flop)
        kernels_s = kernels_s + self._decodes_s(steps, work.decode_attention_flop)
        rows = steps.decode_requests + steps.prefill_requests
        logits_s = rows * self.demand.logits_flop / at.matmul_flop_per_s
        moved = work.weight_bytes / eta.weights + work.cache_bytes / eta.cache
        overhead_s = self.demand.layers * eta.layer_s + self.demand.hops * eta.hop_s + eta.step_s
        link_s = work.link_bytes / at.link_bytes_per_s / eta.link
        total = np.maximum(kernels_s + logits_s, moved / at.memory_bytes_per_s) + link_s
        return np.maximum(total + np.where(tokens > 0, overhead_s, 0.0), self.bound_s(steps))

    def bound_s(self, steps: Steps) -> Floats:
        """Least time, from peaks alone."""
        return step_bound_s(self.demand, steps)

    def _product_s(self, tokens: Floats, depth: float, columns: float) -> Floats:
        share = self._taken(self._gemm.at(np.maximum(tokens, 1.0), depth, columns))
        at = self.demand.rates
        compute_s = 2 * tokens * depth * columns / (at.matmul_flop_per_s * share)
        memory_s = depth * columns * self._element / (at.memory_bytes_per_s * self.efficiencies.weights)
        return np.where(tokens > 0, np.maximum(compute_s, memory_s), 0.0)

    def _prompts_s(self, steps: Steps, flop: Floats) -> Floats:
        if not np.any(flop > 0):
            return np.zeros(())
        length = np.maximum(steps.past_tokens + steps.new_tokens, 1.0)
        share = self._taken(self._prefill.at(self._heads, length))
        return np.asarray(flop / (self._prefill.peak_flop_per_s * share))

    def _decodes_s(self, steps: Steps, flop: Floats) -> Floats:
        if not np.any(flop > 0):
            return np.zeros(())
        batch, context = np.maximum(steps.decode_requests, 1.0), np.maximum(steps.context_tokens, 1.0)
        share = self._taken(self._decode.at(self._heads, batch, context, tp=self._tp))
        return np.asarray(flop / (self._decode.peak_flop_per_s * share))

    def _taken(self, found: Lookup) -> Floats:
        self._code = max(self._code, int(np.max(found.code)))
        return found.value
