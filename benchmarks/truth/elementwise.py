"""Kernels that only move data: norm, activation, addition and rotation of `gemm/vidur_layer_ops.csv`, all four."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.truth import judging, kernels
from benchmarks.truth.fitting import Batch, Constant, Constants
from benchmarks.truth.kernels import Measured, Plan
from benchmarks.truth.rows import by, numbers, read_rows, registry, registry_key
from benchmarks.truth.scores import summary
from benchmarks.truth.sets import Answer, Rows, Score
from gauntlet.hardware.estimates.elementwise import Elementwise, elementwise
from gauntlet.hardware.estimates.machine import Machine
from gauntlet.hardware.estimates.records import Estimate, Floats, Parameters

_CONSTANTS: Constants = {
    "launch_cycles": Constant(4500, 0.5),
    "memory_share": Constant(0.8, 0.7, "share"),
    "write_share": Constant(0.9, 0.7, "share"),
    "cache_gain": Constant(1.5, 0.4),
    "cache_share": Constant(0.5, 0.6),
}

PLAN = Plan(
    source="operators of transformer layers timed by microsoft/vidur@7d47513363ec (MIT)",
    constants=lambda _: _CONSTANTS,
    degree=2,
)


class _Kernel(NamedTuple):
    name: str
    column: str
    read_bytes: Floats
    written_bytes: Floats


def fit(train: Path) -> dict[str, Any]:
    """Constants, corrections and bands of every machine and kernel."""
    return kernels.fit(PLAN, measurements(train)).model_dump(mode="json")


def predict(rows: Rows, parameters: dict[str, Any]) -> list[Answer | None]:
    """Four `elementwise` calls for each machine; their values, bounds and bands are added."""
    known = Parameters.model_validate(parameters)

    def answer(chosen: Rows, hardware: str) -> Estimate:
        key = registry_key(hardware) or hardware
        parts = [elementwise(registry(), key, *one[2:], one.name, parameters=known) for one in _kernels(chosen)]
        value, bound, low, high = (
            np.sum([getattr(part, name) for part in parts], axis=0) for name in ("value", "bound", "low", "high")
        )
        return Estimate(value, bound, low, high, parts[0].basis, parts[0].source)

    return kernels.answered(rows, ("hw",), answer)


def validate(train: Path) -> Iterable[Score]:
    """Unseen models on known machines; each kernel by itself. The clock of the measurements ticks in microseconds."""
    found, truth = judging.unseen_sizes(PLAN, measurements(train), judging.PARTS)
    over = summary(found, truth)
    yield Score("unseen models, median error", over.median_error)
    yield Score("unseen models, mean error", over.mape)
    yield Score("unseen models inside their 90 % bands", over.inside, (0.85, 0.95))
    yield Score("faster than the bound", over.beaten, 0.0005)


def measurements(train: Path) -> list[Measured]:
    """Kernels by machine and name, grouped by model; without those too short for the clock."""
    rows = read_rows(train / "gemm" / "vidur_layer_ops.csv")
    found = []
    for (hardware,), places in by(rows, "hw").items():
        chosen = [rows[place] for place in places]
        models = tuple(row["model"] for row in chosen)
        for one in _kernels(chosen):
            milli = np.array(numbers(chosen, one.column))
            work = Elementwise(one.read_bytes, one.written_bytes, one.name)
            machine = Machine.of(registry(), registry_key(hardware) or hardware, work.precision)
            batch = Batch(machine, work, milli * 1e-3, models).take(milli > 0)
            found.append(Measured(one.name, batch, (one.name, "elementwise")))
    return found


def _kernels(rows: Rows) -> Iterator[_Kernel]:
    """What each kernel moves in 16 bit: whole rows of the hidden size; the device's part of width and heads."""
    columns = ("num_tokens", "tp", "n_embd", "n_expanded_embd", "n_head", "n_kv_head")
    tokens, parts, hidden, width, heads, kv_heads = (np.array(numbers(rows, column)) for column in columns)
    gated = np.array([row["use_gated_mlp"] == "True" for row in rows])
    whole, wide = 2 * tokens * hidden, 2 * tokens * width / parts
    turned = 2 * tokens * (heads + kv_heads) * (hidden / heads) / parts
    yield _Kernel("layernorm", "input_layernorm_ms", whole, whole)
    yield _Kernel("activation", "mlp_act_ms", np.where(gated, 2 * wide, wide), wide)
    yield _Kernel("add", "add_ms", 2 * whole, whole)
    yield _Kernel("rope", "attn_rope_ms", turned, turned)
