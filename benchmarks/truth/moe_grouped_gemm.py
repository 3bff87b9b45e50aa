"""Expert layers: `moe_grouped_gemm/grouped_gemm.csv`, in seconds for both products of a layer, up and down."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.truth import gemm, judging, kernels
from benchmarks.truth.fitting import Batch, Constant, Constants
from benchmarks.truth.kernels import Measured, Plan
from benchmarks.truth.rows import by, known, numbers, read_rows, registry, registry_key
from benchmarks.truth.scores import accused, summary
from benchmarks.truth.sets import Answer, Rows, Score
from gauntlet.hardware.estimates.grouped import GroupedGemm, Layout, grouped_gemm
from gauntlet.hardware.estimates.machine import Machine
from gauntlet.hardware.estimates.records import Estimate, Floats, Parameters

_LAYOUTS: dict[str, Layout] = {"decode": "masked", "prefill": "contiguous"}
_CONSTANTS: Constants = dict(gemm.CONSTANTS) | {
    "may_split": Constant(0.0, 1.0, "fixed"),
    "split_cycles": Constant(4000, 1.0, "fixed"),
}

PLAN = Plan(
    source="grouped products of DeepGEMM timed by alibaba/InferSim@f2293dab6d23 (Apache-2.0)",
    constants=lambda _: _CONSTANTS,
    degree=2,
)


def fit(train: Path) -> dict[str, Any]:
    """Constants, corrections and bands of every machine and layout."""
    return kernels.fit(PLAN, measurements(train)).model_dump(mode="json")


def predict(rows: Rows, parameters: dict[str, Any]) -> list[Answer | None]:
    """Two `grouped_gemm` calls for each machine and phase, up and down; their values, bounds and bands are added."""
    fitted = Parameters.model_validate(parameters)

    def answer(chosen: Rows, hardware: str, phase: str) -> Estimate:
        experts, tokens, *_ = sizes = _sizes(chosen)
        key = registry_key(hardware) or hardware
        up, down = (
            grouped_gemm(registry(), key, experts, tokens, n, k, layout=known(_LAYOUTS, phase), parameters=fitted)
            for n, k in _products(*sizes)
        )
        return Estimate(
            up.value + down.value, up.bound + down.bound, up.low + down.low, up.high + down.high, up.basis, up.source
        )

    return kernels.answered(rows, ("hw", "phase"), answer)


def validate(train: Path) -> Iterable[Score]:
    """Unseen layers (hidden size, width, experts) on known machines; each product by itself."""
    found, truth = judging.unseen_sizes(PLAN, measurements(train), judging.PARTS)
    over = summary(found, truth)
    yield Score("unseen layers, median error", over.median_error)
    yield Score("unseen layers, mean error", over.mape)
    yield Score("unseen layers inside their 90 % bands", over.inside, (0.85, 0.95))
    yield Score("claims twice too good found", accused(found, truth, 2), better="higher")
    yield Score("faster than the bound", over.beaten, 0.0005)


def measurements(train: Path) -> list[Measured]:
    """Both products of each row, by machine and phase, grouped by layer."""
    rows = read_rows(train / "moe_grouped_gemm" / "grouped_gemm.csv")
    found = []
    for (hardware, phase), places in by(rows, "hw", "phase").items():
        chosen = [rows[place] for place in places]
        experts, tokens, hidden, width = _sizes(chosen)
        (up_n, up_k), (down_n, down_k) = _products(experts, tokens, hidden, width)
        twice, both = (np.tile(values, 2) for values in (tokens, experts))
        n, k = np.concatenate([up_n, down_n]), np.concatenate([up_k, down_k])
        work = GroupedGemm.of(both, twice, n, k, "fp8_block", _LAYOUTS[phase])
        machine = Machine.of(registry(), registry_key(hardware) or hardware, work.precision)
        kernel = work.kernels(machine)[0]
        groups = tuple((row["hidden_size"], row["intermediate_size"], row["num_experts"]) for row in chosen) * 2
        micro = np.array(numbers(chosen, "up_proj_us") + numbers(chosen, "down_proj_us"))
        found.append(Measured(kernel, Batch(machine, work, micro * 1e-6, groups), (kernel,)))
    return found


def _sizes(rows: Rows) -> tuple[Floats, Floats, Floats, Floats]:
    """Local experts, their mean tokens (the column is rounded), hidden size and width."""
    columns = ("num_local_experts", "tokens_per_gpu", "topk", "hidden_size", "intermediate_size")
    experts, tokens, chosen, hidden, width = (np.array(numbers(rows, column)) for column in columns)
    return experts, tokens * chosen / experts, hidden, width


def _products(experts: Floats, tokens: Floats, hidden: Floats, width: Floats) -> tuple[tuple[Floats, Floats], ...]:
    """n and k of the product up, which makes gate and value, and of that down."""
    return (2 * width, hidden), (hidden, width)
