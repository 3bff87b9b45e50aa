"""Power of matrix products: the rows of `gemm/gemm.csv` that have it. Answers are in W; `bound_s` is 0."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.truth import gemm, judging, kernels
from benchmarks.truth.fitting import Constant, Constants
from benchmarks.truth.gemm import FORMATS
from benchmarks.truth.kernels import Measured, Plan
from benchmarks.truth.rows import known, numbers, read_parameters, read_rows, registry, registry_key
from benchmarks.truth.scores import summary
from benchmarks.truth.sets import Answer, Rows, Score
from gauntlet.hardware.estimates.model import estimate
from gauntlet.hardware.estimates.power import GemmPower, gemm_power
from gauntlet.hardware.estimates.records import Estimate, Parameters

_CONSTANTS: Constants = {
    "idle_share": Constant(0.17, 0.5, "share"),
    "matrix_share": Constant(0.6, 0.7),
    "matrix_exponent": Constant(1.0, 0.3),
    "memory_share": Constant(0.5, 0.7),
    "memory_exponent": Constant(1.2, 0.3),
    "busy_share": Constant(0.4, 0.7),
    "ramp_s": Constant(5e-5, 1.0),
    "limit_sharpness": Constant(6.0, 0.4),
    "padding": Constant(0.6, 0.5, "share"),
}

PLAN = Plan(
    source="power during GEMM read by ai-dynamo/aiconfigurator@095f58a51c4c (Apache-2.0) and "
    "branes-ai/graphs@b6c5e829c33a (MIT)",
    constants=lambda _: _CONSTANTS,
    degree=4,
)


def fit(train: Path) -> dict[str, Any]:
    """Constants, corrections and bands of every machine and format; times come from the fitted model of products."""
    return kernels.fit(PLAN, measurements(train, _times())).model_dump(mode="json")


def predict(rows: Rows, parameters: dict[str, Any]) -> list[Answer | None]:
    """One `gemm_power` call for each machine and format."""
    fitted, times = Parameters.model_validate(parameters), _times()

    def answer(chosen: Rows, hardware: str, dtype: str) -> Estimate:
        m, n, k = (np.array(numbers(chosen, name)) for name in ("m", "n", "k"))
        key = registry_key(hardware) or hardware
        return gemm_power(registry(), key, m, n, k, known(FORMATS, dtype), times=times, parameters=fitted)

    return kernels.answered(rows, ("hw", "dtype"), answer)


def validate(train: Path) -> Iterable[Score]:
    """Unseen (n, k) on known machines; their times are estimated by the model that ships."""
    times = _times()
    found, truth = judging.unseen_sizes(PLAN, measurements(train, times), judging.PARTS)
    over = summary(found, truth)
    yield Score("unseen shapes, median error", over.median_error, 0.10)
    yield Score("unseen shapes, mean error", over.mape)
    yield Score("unseen shapes inside their 90 % bands", over.inside, (0.85, 0.95))


def measurements(train: Path, times: Parameters) -> list[Measured]:
    """The rows with power by machine and format, grouped by (n, k)."""
    rows = read_rows(train / "gemm" / "gemm.csv")
    watts = np.array(numbers(rows, "power_w"))
    found = []
    for one, places in gemm.placed(rows):
        power = watts[places]
        batch = one.batch.take(np.isfinite(power))
        if not len(batch.measured):
            continue
        work = GemmPower(
            batch.work.m,
            batch.work.n,
            batch.work.k,
            batch.work.format,
            estimate(batch.work, batch.machine, times).value,
        )
        found.append(one._replace(batch=batch._replace(work=work, measured=power[np.isfinite(power)])))
    return found


def _times() -> Parameters:
    return Parameters.model_validate(read_parameters("gemm"))
