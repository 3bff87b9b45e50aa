"""Attention kernels: `attention/attention.csv`, in seconds a call."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.truth import judging, kernels
from benchmarks.truth.fitting import Batch, Constant, Constants
from benchmarks.truth.kernels import Measured, Plan
from benchmarks.truth.rows import by, known, numbers, read_rows, registry, registry_key
from benchmarks.truth.sets import Answer, Rows, Score
from gauntlet.hardware.estimates.attention import Arithmetic, Attention, CacheFormat, Phase, attention
from gauntlet.hardware.estimates.machine import Machine
from gauntlet.hardware.estimates.records import Estimate, Parameters

_CACHES: dict[str, CacheFormat] = {"bfloat16": "bf16", "float16": "bf16", "fp8": "fp8"}
"""As the measurements name them."""

_ARITHMETIC: dict[str, Arithmetic] = {"bfloat16": "bf16", "float16": "fp16", "fp8": "fp8"}
_PHASES: dict[str, Phase] = {"prefill": "prefill", "decode": "decode"}
_COLUMNS = ("batch", "q_len", "kv_len", "heads", "kv_heads", "head_dim")
_CONSTANTS: Constants = {
    "launch_cycles": Constant(15000, 0.4),
    "peak_share": Constant(0.6, 0.7, "share"),
    "memory_share": Constant(0.9, 0.5, "share"),
    "write_share": Constant(0.9, 1.0, "fixed"),
    "cache_gain": Constant(1.5, 0.4),
    "cache_share": Constant(0.5, 0.6),
    "least_rows": Constant(50, 0.6),
    "softmax_cycles": Constant(0.03, 0.7),
    "prologue_cycles": Constant(3000, 0.6),
    "overlap": Constant(2.5, 0.4),
    "sequence_cycles": Constant(10, 1.0),
}
_OF_PHASE: dict[str, Constants] = {
    "decode": {
        "load_share": Constant(4.0, 0.7),
        "combine_cycles": Constant(5000, 0.6),
        "regroup_cycles": Constant(1000, 1.0),
    },
    "prefill": {"new_token_copies": Constant(1.0, 1.0)},
}

PLAN = Plan(
    source="attention timed by ai-dynamo/aiconfigurator@095f58a51c4c and alibaba/InferSim@f2293dab6d23 (Apache-2.0)",
    constants=lambda kernel: dict(_CONSTANTS) | dict(_OF_PHASE[kernel.partition("/")[0]]),
    degree=3,
)
_TEACHING = ("gpu/a100_sxm_80gb", "gpu/h100_sxm5", "gpu/h200_sxm_141gb", "gpu/rtx_pro_6000_server")
"""GPUs under one serving library: what they share is what an unseen GPU is told."""


def fit(train: Path) -> dict[str, Any]:
    """Constants, corrections and bands of every machine, architecture, phase and cache format."""
    return kernels.fit(PLAN, measurements(train)).model_dump(mode="json")


def predict(rows: Rows, parameters: dict[str, Any]) -> list[Answer | None]:
    """One `attention` call for each machine, phase and cache format."""
    fitted = Parameters.model_validate(parameters)

    def answer(chosen: Rows, hardware: str, phase: str, cache: str, arithmetic: str) -> Estimate:
        batch, new, context, heads, kv_heads, size = (np.array(numbers(chosen, column)) for column in _COLUMNS)
        return attention(
            registry(), registry_key(hardware) or hardware, known(_PHASES, phase),
            batch, context, heads, kv_heads, size,
            queries=new, cache=known(_CACHES, cache), arithmetic=known(_ARITHMETIC, arithmetic), parameters=fitted,
        )  # fmt: skip

    return kernels.answered(rows, ("hw", "phase", "kv_cache_dtype", "attn_dtype"), answer)


def validate(train: Path) -> Iterable[Score]:
    """Unseen heads on known machines, unseen machines, soundness and power of verdicts."""
    return judging.scores(PLAN, measurements(train), _TEACHING, shape_bars=(0.12, 0.20), machine_bar=0.20)


def measurements(train: Path) -> list[Measured]:
    """The rows of the training folder by machine, phase and cache, grouped by their heads."""
    rows = read_rows(train / "attention" / "attention.csv")
    found = []
    columns = ("hw", "phase", "kv_cache_dtype", "attn_dtype")
    for (hardware, phase, cache, arithmetic), places in by(rows, *columns).items():
        chosen = [rows[place] for place in places]
        work = _work(chosen, _PHASES[phase], _CACHES[cache], _ARITHMETIC[arithmetic])
        machine = Machine.of(registry(), registry_key(hardware) or hardware, work.precision)
        names = tuple(work.kernels(machine)[:2])
        groups = tuple((row["heads"], row["kv_heads"], row["head_dim"]) for row in chosen)
        seconds = np.array(numbers(chosen, "lat_us")) * 1e-6
        pools = names if machine.key in _TEACHING else ()
        found.append(Measured(names[0], Batch(machine, work, seconds, groups), pools))
    return found


def _work(rows: Rows, phase: Phase, cache: CacheFormat, arithmetic: Arithmetic) -> Attention:
    batch, new, context, heads, kv_heads, head_size = (np.array(numbers(rows, column)) for column in _COLUMNS)
    return Attention(batch, new, context, heads, kv_heads, head_size, phase, cache, arithmetic)
