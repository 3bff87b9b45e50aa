"""How long one attention kernel takes on a GPU: causal prefill, or decode of a token or a few a sequence.

T = t_launch + ( (waves x t_block)^p + t_memory^p )^(1/p) + t_combine + what grows with sequences and new tokens

A block handles one tile of queries of one head (decode: of all heads that share keys and values) and walks along the
context in steps: t_block = prologue + tokens x t_token, where t_token is the matrix work, 4 rows x head_size FLOP, the
load of keys and values, and `softmax_cycles` of softmax an element. Prefill walks over half of the context on average.
In decode the context is split over blocks until the GPU is filled, by the rule of the backend; the parts are combined.

Sources: Dao, FlashAttention-2, arXiv:2307.08691; Shah et al., FlashAttention-3, arXiv:2407.08608; the split rule is
`num_splits_heuristic` of Dao-AILab/flash-attention: the fewest parts that fill the GPU to 85 % of the best.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np

from gauntlet.errors import UsageError
from gauntlet.hardware.bounds import Real, Times, attention_bound
from gauntlet.hardware.estimates.gemm import memory_s
from gauntlet.hardware.estimates.machine import Machine
from gauntlet.hardware.estimates.model import check_sizes, estimate
from gauntlet.hardware.estimates.records import Estimate, Floats, Parameters
from gauntlet.hardware.records import Precision
from gauntlet.hardware.registry import Registry

Phase = Literal["prefill", "decode"]
CacheFormat = Literal["bf16", "fp8"]
Arithmetic = Literal["bf16", "fp16", "fp8"]
CACHE_BYTES: dict[CacheFormat, float] = {"bf16": 2.0, "fp8": 1.0}


class Backend(NamedTuple):
    """How a kernel library cuts the work. Steps along the context are for head sizes up to 64, 128, 192, and beyond."""

    query_rows: float
    steps: tuple[float, float, float, float]
    packs_heads: bool
    splits_single_heads: bool
    least_steps_to_split: float
    blocks_per_unit: float


BACKENDS = {
    "flash2": Backend(64, (256, 128, 64, 64), False, False, 1, 2),
    "flash3": Backend(128, (128, 128, 112, 80), True, True, 5, 1),
    "flashinfer": Backend(64, (64, 64, 64, 64), True, True, 2, 2),
}
_MOST_PARTS = 128
_ROWS_AT_ONCE = 4096


def backend_of(machine: Machine, cache: CacheFormat) -> str:
    """Which library a serving system uses by default, by compute capability.

    FlashAttention-3 needs 9.0, and the kernels for 10.0 cut alike; FlashAttention-2 reads no FP8 cache.
    """
    if machine.architecture.partition(".")[0] in ("9", "10"):
        return "flash3"
    return "flash2" if cache == "bf16" else "flashinfer"


@dataclass(frozen=True)
class Attention:
    """Kernels of one phase and cache format. `queries` are the new tokens of a sequence, among its `context`."""

    batch: Floats
    queries: Floats
    context: Floats
    heads: Floats
    kv_heads: Floats
    head_size: Floats
    phase: Phase
    cache: CacheFormat = "bf16"
    arithmetic: Arithmetic = "bf16"

    @property
    def precision(self) -> Precision:
        """The peak of their products; most libraries multiply in 16 bit, whatever the cache."""
        return self.arithmetic

    def kernels(self, machine: Machine) -> Sequence[str]:
        """Phase and cache format in the library of this machine, then in any; a 16-bit cache where neither is known."""
        library = backend_of(machine, self.cache)
        return (f"{self.phase}/{self.cache}/{library}", f"{self.phase}/{self.cache}", f"{self.phase}/bf16")

    def sizes(self) -> Mapping[str, Floats]:
        """Sizes that are free in this phase; heads a key and value head, because those share its loads."""
        group = self.heads / self.kv_heads
        return {
            "batch": self.batch,
            "context": self.context,
            "kv_heads": self.kv_heads,
            "group": group,
            "head_size": self.head_size,
        }

    @property
    def state_elements(self) -> Floats:
        """What one token keeps for each key and value head: a key and a value."""
        return 2 * self.head_size

    def bound(self, machine: Machine) -> Times:
        """Least times."""
        sizes = (self.batch, self.queries, self.context, self.heads, self.kv_heads, self.head_size)
        return attention_bound(machine.limits, *sizes, CACHE_BYTES[self.cache])

    def unit(self, constants: Mapping[str, float], machine: Machine, reference_clock_hz: float) -> float:
        """Launch overhead in s."""
        return machine.cycles_s(constants["launch_cycles"], reference_clock_hz)

    def model(self, constants: Mapping[str, float], machine: Machine, reference_clock_hz: float) -> Floats:
        """The model of this module."""
        step = _Step(self, constants, machine, reference_clock_hz)
        return step.decode_s() if self.phase == "decode" else step.prefill_s()


class _Step:
    """One evaluation of the model: its common parts, computed once."""

    def __init__(self, work: Attention, c: Mapping[str, float], machine: Machine, reference_clock_hz: float) -> None:
        self.work, self.c, self.machine = work, c, machine
        self.backend = BACKENDS[backend_of(machine, work.cache)]
        self.unit_flop_per_s = machine.peak_flop_per_s * c["peak_share"] / machine.units
        self.clock_hz = 1 / machine.cycles_s(1.0, reference_clock_hz)
        self.steps = np.array(self.backend.steps)[np.searchsorted([64, 128, 192], work.head_size)]
        self.state_bytes = CACHE_BYTES[work.cache] * work.state_elements
        self.row_bytes = 4 * work.batch * work.queries * work.heads * work.head_size

    def decode_s(self) -> Floats:
        work, c = self.work, self.c
        rows = work.queries * work.heads / work.kv_heads
        steps = np.ceil(work.context / self.steps)
        blocks = work.batch * work.kv_heads * np.ceil(rows / 64)
        parts = _parts(self.backend, self.machine.units, blocks, steps, rows)
        busy = np.minimum(blocks * parts, self.machine.units)
        load = self.state_bytes * busy / (self.machine.memory_bytes_per_s * c["load_share"])
        token = self._token_s(np.minimum(rows, 64), load)
        block = c["prologue_cycles"] / self.clock_hz + np.ceil(steps / parts) * self.steps * token
        waves = np.maximum(blocks * parts / self.machine.units, 1)
        state = self.state_bytes * work.batch * work.kv_heads * work.context
        total = self._overlapped(waves * block, memory_s(state, self.row_bytes, c, self.machine))
        combine = c["combine_cycles"] / self.clock_hz + 2 * self.row_bytes * parts / (
            self.machine.memory_bytes_per_s * c["cache_gain"]
        )
        regroup = (rows > 1) & (work.batch > 1) & (work.kv_heads > 1)
        total += np.where(parts > 1, combine, 0) + np.where(regroup, c["regroup_cycles"] / self.clock_hz, 0)
        return total + self._around_s()

    def prefill_s(self) -> Floats:
        work, c = self.work, self.c
        group = work.heads / work.kv_heads if self.backend.packs_heads else np.ones_like(work.heads)
        rows = self.backend.query_rows
        blocks = work.batch * work.heads / group * np.ceil(work.queries * group / rows)
        span = np.maximum(rows / group, 1)
        longest = np.ceil(work.context / self.steps) * self.steps
        past = work.context - work.queries
        mean = np.minimum(longest, past + (np.minimum(work.queries, span) + work.queries + self.steps) / 2)
        token = self._token_s(np.full_like(span, rows), 0.0)
        prologue = c["prologue_cycles"] / self.clock_hz
        walks = np.maximum(blocks / self.machine.units, 1) * (prologue + mean * token)
        state = self.state_bytes * work.batch * work.kv_heads * work.context
        streamed = memory_s(state, self.row_bytes, c, self.machine)
        total = self._overlapped(self._overlapped(walks, prologue + longest * token), streamed)
        new_bytes = 2 * work.batch * work.queries * work.head_size * (work.heads + 2 * work.kv_heads)
        return total + new_bytes * c["new_token_copies"] / self.machine.memory_bytes_per_s + self._around_s()

    def _token_s(self, rows: Floats, load_s: Floats | float) -> Floats:
        """One token of context in one block."""
        rows = np.maximum(rows, self.c["least_rows"])
        matrix = 4 * rows * self.work.head_size / self.unit_flop_per_s
        return np.asarray(np.hypot(matrix, load_s) + rows * self.c["softmax_cycles"] / self.clock_hz)

    def _overlapped(self, first: Floats, second: Floats) -> Floats:
        p = self.c["overlap"]
        return np.asarray((first**p + second**p) ** (1 / p))

    def _around_s(self) -> Floats:
        """What is outside the kernel's blocks: its launch, and the table of sequences."""
        cycles = self.c["launch_cycles"] + self.work.batch * self.c["sequence_cycles"]
        return np.asarray(cycles / self.clock_hz)


def _parts(backend: Backend, units: float, blocks: Floats, steps: Floats, group: Floats) -> Floats:
    """Into how many parts the context of each sequence is split, some rows at a time."""
    starts = range(0, len(blocks), _ROWS_AT_ONCE)
    rows = [slice(start, start + _ROWS_AT_ONCE) for start in starts]
    found = [_parts_of_some(backend, units, blocks[part], steps[part], group[part]) for part in rows]
    return np.concatenate(found) if found else np.ones(0)


def _parts_of_some(backend: Backend, units: float, blocks: Floats, steps: Floats, group: Floats) -> Floats:
    tried = np.arange(1.0, _MOST_PARTS + 1)
    slots = units * backend.blocks_per_unit
    waves = blocks[:, None] * tried / slots
    length = np.ceil(steps[:, None] / tried)
    shorter = np.concatenate([np.ones((len(steps), 1), bool), length[:, 1:] < length[:, :-1]], axis=1)
    may = shorter & (tried <= np.minimum(steps[:, None], slots))
    filled = np.where(may, waves / np.ceil(waves), 0.0)
    fewest = tried[(filled >= 0.85 * filled.max(axis=1, keepdims=True)).argmax(axis=1)]
    whole = (blocks >= 0.8 * slots) | (steps < backend.least_steps_to_split)
    if not backend.splits_single_heads:
        whole |= group == 1
    return np.where(whole, 1.0, fewest)


def check_words(phase: str, cache: str, arithmetic: str) -> None:
    """UsageError for a phase, cache format or arithmetic that is not among those of this module."""
    for word, words in ((phase, get_args(Phase)), (cache, tuple(CACHE_BYTES)), (arithmetic, get_args(Arithmetic))):
        if word not in words:
            raise UsageError(f"{word!r} is not known; {', '.join(words)} are.")


def attention(
    registry: Registry,
    device: str,
    phase: Phase,
    batch: Real,
    context: Real,
    heads: Real,
    kv_heads: Real,
    head_size: Real = 128,
    *,
    queries: Real | None = None,
    cache: CacheFormat = "bf16",
    arithmetic: Arithmetic = "bf16",
    parameters: Parameters | None = None,
) -> Estimate:
    """Times of attention of `batch` sequences over `context` tokens; sizes broadcast to one axis.

    `heads` are those of the queries; `kv_heads` are fewer for grouped (GQA) and one for multi-query attention. For
    latent attention (MLA) see `latent_attention`.
    `queries`: new tokens of a sequence, all of the context in prefill and one in decode unless given. RegistryError
    for a device that nothing is known of, UsageError for sizes that are not positive or contradict each other.
    """
    check_words(phase, cache, arithmetic)
    new = queries if queries is not None else context if phase == "prefill" else 1.0
    asked = (batch, new, context, heads, kv_heads, head_size)
    sizes = np.broadcast_arrays(*(np.atleast_1d(np.asarray(size, np.float64)) for size in asked))
    check_sizes(dict(zip(("batch", "queries", "context", "heads", "kv_heads", "head_size"), sizes, strict=True)))
    batch, new, context, heads, kv_heads, head_size = sizes
    work = Attention(batch, new, context, heads, kv_heads, head_size, phase, cache, arithmetic)
    if (work.queries > work.context).any() or (work.kv_heads > work.heads).any():
        raise UsageError("queries are among the context, and key and value heads serve heads: neither can be more.")
    return estimate(work, Machine.of(registry, device, work.precision), parameters or Parameters.read("attention"))
