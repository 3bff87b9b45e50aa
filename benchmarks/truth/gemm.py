"""Matrix products: `gemm/gemm.csv`, in seconds a call."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.truth import judging, kernels
from benchmarks.truth.fitting import Batch, Constant, Constants
from benchmarks.truth.kernels import Measured, Plan
from benchmarks.truth.rows import by, known, numbers, read_rows, registry, registry_key
from benchmarks.truth.sets import Answer, Rows, Score
from gauntlet.hardware.estimates.gemm import Format, Gemm, gemm
from gauntlet.hardware.estimates.machine import Machine
from gauntlet.hardware.estimates.records import Estimate, Parameters

FORMATS: dict[str, Format] = {
    "bfloat16": "bf16", "float16": "fp16", "fp16": "fp16", "fp32": "fp32", "fp8": "fp8", "fp8_block": "fp8_block",
    "nvfp4": "nvfp4", "int8": "int8",
}  # fmt: skip
"""As the measurements name them."""

_NOT_LEARNT = Constant(0.0, 1.0, "fixed")
CONSTANTS: Constants = {
    "launch_cycles": Constant(4500, 0.4),
    "peak_share": Constant(0.85, 0.5, "share"),
    "memory_share": Constant(0.85, 0.5, "share"),
    "write_share": Constant(0.9, 0.7, "share"),
    "load_share": Constant(1.2, 0.7),
    "cache_gain": Constant(1.5, 0.4),
    "cache_share": Constant(0.4, 0.6),
    "least_tile": Constant(5000, 0.5),
    "fill_elements": Constant(100, 0.7),
    "prologue_cycles": Constant(300, 1.0),
    "split_cycles": Constant(4000, 0.6),
    "overlap": Constant(3.0, 0.4),
    "whole_waves": Constant(0.5, 1.0, "share"),
    "may_split": Constant(1.0, 1.0, "fixed"),
    "quantise_row_cycles": _NOT_LEARNT,
    "quantise_bytes": _NOT_LEARNT,
}
_QUANTISING: Constants = dict(CONSTANTS) | {
    "split_cycles": Constant(4000, 0.6, "fixed"),
    "may_split": Constant(0.0, 1.0, "fixed"),
    "quantise_row_cycles": Constant(1500, 1.0),
    "quantise_bytes": Constant(3.0, 1.0),
}
"""Serving libraries quantise A before the product, and their kernels for it do not split k."""

PLAN = Plan(
    source="GEMM timed by ai-dynamo/aiconfigurator@095f58a51c4c, alibaba/InferSim@f2293dab6d23 (Apache-2.0) and "
    "branes-ai/graphs@b6c5e829c33a (MIT)",
    constants=lambda kernel: _QUANTISING if kernel in ("fp8", "nvfp4") else CONSTANTS,
    degree=4,
)
_LONG_S = 10e-6
_TEACHING = ("gpu/a100_sxm_80gb", "gpu/h100_sxm5", "gpu/h200_sxm_141gb", "gpu/rtx_pro_6000_server")
"""Full-size GPUs under one serving library: what they share is what an unseen GPU is told. fp8_block has its own."""


def fit(train: Path) -> dict[str, Any]:
    """Constants, corrections and bands of every machine, architecture and format."""
    return kernels.fit(PLAN, measurements(train)).model_dump(mode="json")


def predict(rows: Rows, parameters: dict[str, Any]) -> list[Answer | None]:
    """One `gemm` call for each machine and format."""
    fitted = Parameters.model_validate(parameters)

    def answer(chosen: Rows, hardware: str, dtype: str) -> Estimate:
        m, n, k = (np.array(numbers(chosen, name)) for name in ("m", "n", "k"))
        return gemm(registry(), registry_key(hardware) or hardware, m, n, k, known(FORMATS, dtype), parameters=fitted)

    return kernels.answered(rows, ("hw", "dtype"), answer)


def validate(train: Path) -> Iterable[Score]:
    """Unseen (n, k) on known machines, unseen machines, soundness and power of verdicts."""
    measured = measurements(train)
    yield from judging.scores(PLAN, measured, _TEACHING, shape_bars=(0.09, 0.15), machine_bar=0.18)
    batches = [one.batch for one in measured if one.kernel == "bf16"]
    shares = np.concatenate([batch.work.bound(batch.machine).bound_s / batch.measured for batch in batches])
    long = np.concatenate([batch.measured for batch in batches]) > _LONG_S
    yield Score("bound over measured, median of bf16 slower than 10 us", float(np.median(shares[long])), 0.45, "higher")


def measurements(train: Path) -> list[Measured]:
    """The rows of the training folder by machine and format, grouped by (n, k)."""
    return [one for one, _ in placed(read_rows(train / "gemm" / "gemm.csv"))]


def placed(rows: Rows) -> Iterator[tuple[Measured, list[int]]]:
    """Rows by machine and format, each with the places of its rows."""
    for (hardware, dtype), places in by(rows, "hw", "dtype").items():
        chosen = [rows[place] for place in places]
        m, n, k, micro = (np.array(numbers(chosen, name)) for name in ("m", "n", "k", "lat_us"))
        work = Gemm(m, n, k, FORMATS[dtype])
        machine = Machine.of(registry(), registry_key(hardware) or hardware, work.precision)
        kernel = work.kernels(machine)[0]
        pools = (kernel,) if machine.key in _TEACHING or dtype == "fp8_block" or kernel.endswith("/cpu") else ()
        groups = tuple(zip(n.tolist(), k.tolist(), strict=True))
        yield Measured(kernel, Batch(machine, work, micro * 1e-6, groups), pools), places
