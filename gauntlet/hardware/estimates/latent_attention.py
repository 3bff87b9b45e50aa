"""How long one kernel of multi-head latent attention (MLA) takes on a GPU: the model of `attention.py`, other sizes.

absorbed   all heads attend to the cached vector of a token: keys of latent_size + rope_size elements, values its first
           latent_size, read once for both. As decoding does it; one key and value head
expanded   keys of nope_size + rope_size and values of value_size elements, rebuilt for each head. As prefill does it

Products that absorb or rebuild are matrix products (`gemm`) and not part of it. A kernel with keys and values of
unlike sizes does the work of one with their mean. None was measured: the constants of plain attention stand in, without
its correction and with the band of machines that were not measured. Plain decoding leaves the matrix units idle and
says nothing about them; absorbed decoding keeps them busy, so that it has those constants from prefill.

Sources: DeepSeek-AI, arXiv:2405.04434, section 2.1; kernels: deepseek-ai/FlashMLA, which cuts decoding alike (64 rows
and 64 tokens a step) and prefill as FlashAttention does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from gauntlet.errors import UsageError
from gauntlet.hardware.bounds import Real, Times, latent_attention_bound
from gauntlet.hardware.estimates.attention import (
    CACHE_BYTES,
    Arithmetic,
    Attention,
    CacheFormat,
    Phase,
    check_words,
)
from gauntlet.hardware.estimates.machine import Machine
from gauntlet.hardware.estimates.model import check_sizes, estimate
from gauntlet.hardware.estimates.records import Estimate, Floats, Parameters
from gauntlet.hardware.registry import Registry

Form = Literal["absorbed", "expanded"]
_OF_MATRIX_UNITS = ("peak_share", "softmax_cycles")


@dataclass(frozen=True, kw_only=True)
class LatentAttention(Attention):
    """Kernels of one phase, form and cache format; `head_size` is the mean of the sizes of keys and values.

    `least_state_elements`: what a token keeps for all heads together where every part is kept once.
    """

    form: Form
    key_size: Floats
    value_size: Floats
    least_state_elements: Floats

    @property
    def state_elements(self) -> Floats:
        """The cached vector, which is key and value; or a key and a value."""
        return self.key_size if self.form == "absorbed" else self.key_size + self.value_size

    def kernels(self, machine: Machine) -> Sequence[str]:
        """Its own name, under which nothing was measured yet, then those of plain attention."""
        plain = super().kernels(machine)
        return (f"{self.form}/{plain[0]}", *plain)

    def bound(self, machine: Machine) -> Times:
        """Least times of this form."""
        sizes = (self.batch, self.queries, self.context, self.heads, self.key_size, self.value_size)
        return latent_attention_bound(machine.limits, *sizes, self.least_state_elements, CACHE_BYTES[self.cache])


def latent_attention(
    registry: Registry,
    device: str,
    phase: Phase,
    batch: Real,
    context: Real,
    heads: Real,
    latent_size: Real,
    rope_size: Real,
    nope_size: Real,
    value_size: Real,
    *,
    form: Form | None = None,
    queries: Real | None = None,
    cache: CacheFormat = "bf16",
    arithmetic: Arithmetic = "bf16",
    parameters: Parameters | None = None,
) -> Estimate:
    """Times of latent attention of `batch` sequences over `context` tokens; sizes broadcast to one axis.

    Sizes are those of a config.json: kv_lora_rank, qk_rope_head_dim, qk_nope_head_dim, v_head_dim; `heads` those of one
    device. `form`: absorbed in decode and expanded in prefill unless given. `queries` and errors as of `attention`.
    """
    check_words(phase, cache, arithmetic)
    chosen: Form = form or ("absorbed" if phase == "decode" else "expanded")
    if chosen not in get_args(Form):
        raise UsageError(f"form {chosen!r} is not known; {', '.join(get_args(Form))} are.")
    new = queries if queries is not None else context if phase == "prefill" else 1.0
    asked = {
        "batch": batch, "queries": new, "context": context, "heads": heads, "latent_size": latent_size,
        "rope_size": rope_size, "nope_size": nope_size, "value_size": value_size,
    }  # fmt: skip
    arrays = np.broadcast_arrays(*(np.atleast_1d(np.asarray(size, np.float64)) for size in asked.values()))
    sizes = dict(zip(asked, arrays, strict=True))
    check_sizes(sizes)
    if (sizes["queries"] > sizes["context"]).any():
        raise UsageError("queries are among the context: they cannot be more.")
    work = _work(sizes, phase, chosen, cache, arithmetic)
    machine = Machine.of(registry, device, work.precision)
    return estimate(work, machine, _standing_in(work, machine, parameters or Parameters.read("attention")))


def _work(
    sizes: dict[str, Floats], phase: Phase, form: Form, cache: CacheFormat, arithmetic: Arithmetic
) -> LatentAttention:
    heads, rope = sizes["heads"], sizes["rope_size"]
    if form == "absorbed":
        keys, values, kv_heads = sizes["latent_size"] + rope, sizes["latent_size"], np.ones_like(heads)
        least = keys
    else:
        keys, values, kv_heads = sizes["nope_size"] + rope, sizes["value_size"], heads
        least = heads * (sizes["nope_size"] + values) + rope
    return LatentAttention(
        sizes["batch"], sizes["queries"], sizes["context"], heads, kv_heads, (keys + values) / 2, phase, cache,
        arithmetic, form=form, key_size=keys, value_size=values, least_state_elements=least,
    )  # fmt: skip


def _standing_in(work: LatentAttention, machine: Machine, parameters: Parameters) -> Parameters:
    """Those of plain attention as the text above says, unless kernels of its own were measured."""
    own, *plain = work.kernels(machine)
    if any(entry.kernel == own for entry in parameters.fitted):
        return parameters
    entry = parameters.choose(plain, machine.key, machine.architecture)
    busy = parameters.choose([name.replace("decode/", "prefill/") for name in plain], machine.key, machine.architecture)
    constants = entry.constants | {name: busy.constants[name] for name in _OF_MATRIX_UNITS}
    changes = {"constants": constants, "correction": (), "bands": parameters.choose(plain, "", "").bands}
    return parameters.model_copy(update={"fitted": (entry.model_copy(update=changes),)})
