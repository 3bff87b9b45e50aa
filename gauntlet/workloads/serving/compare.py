"""Estimates against measurements of servers: errors, correlation and a grade per metric.

One row of a CSV is one measured point. Columns that say what ran:
    model, hardware, input_tokens, output_tokens, and rate_per_s or concurrency (over all instances); optional:
    tensor_parallel, pipeline_parallel, expert_parallel, attention_data_parallel, precision, kv_precision, instances,
    cached_tokens, max_sequences, step_token_budget, experiment
and what was measured: ttft, itl (or tpot) or e2e, with _mean, _p50, _p90 or _p99, in _ms or _s, such as e2e_p90_ms.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gauntlet.errors import GauntletError, RecordError, UsageError
from gauntlet.hardware.registry import Registry
from gauntlet.hardware.rows import Rows
from gauntlet.workloads.serving.choice import Sources, Wish
from gauntlet.workloads.serving.deployment import Deployment
from gauntlet.workloads.serving.description import Description, deployment_of
from gauntlet.workloads.serving.sweep import Grid, outcome_columns, sweep

Floats = npt.NDArray[np.float64]

_REQUIRED = ("model", "hardware", "input_tokens", "output_tokens")
_DEGREES = ("tensor_parallel", "pipeline_parallel", "expert_parallel", "attention_data_parallel")  # as in Description
_LOADS = ("rate_per_s", "concurrency")
_NUMBERS = {"instances": 1.0, "cached_tokens": 0.0, "max_sequences": 256.0, "step_token_budget": 8192.0}
_WORDS = ("precision", "kv_precision", "experiment")
_UNITS = {"ms": 1e-3, "s": 1.0}
METRICS: Mapping[str, str] = {
    f"{word}_{kind}": f"{name}_{kind}_s"
    for word, name in (("ttft", "ttft"), ("itl", "itl"), ("tpot", "itl"), ("e2e", "e2e"))
    for kind in ("mean", "p50", "p90", "p99")
    if (word, kind) != ("tpot", "p50")
}
"""What may be measured -> the estimate that it is compared with. The mean time per output token is the mean ITL."""

_GRADES = (("excellent", 0.10, 0.95), ("good", 0.20, 0.85), ("fair", 0.35, 0.70))
"""Least errors and correlations of each grade: inference-sim, sim/workload/calibrate.go."""


class Scored(NamedTuple):
    """One metric: points compared and failed, errors as fractions, Pearson's r (NaN below 3 points), and the grade.
    `experiment_mape` is the mean over experiments of each one's MAPE."""

    metric: str
    points: int
    failed: int
    mape: float
    mpe: float
    pearson: float
    experiment_mape: float
    grade: str


class Compared(NamedTuple):
    """All metrics of a file; `estimated_s` and `measured_s` hold the points, NaN where there is none; `failures` say
    why a row has no estimate."""

    scores: tuple[Scored, ...]
    estimated_s: Mapping[str, Floats]
    measured_s: Mapping[str, Floats]
    failures: tuple[str, ...]
    step_models: tuple[str, ...]


def compare(file: Path, registry: Registry, wish: Wish = "auto", sources: Sources | None = None) -> Compared:
    """Score the estimates for every row; RecordError or UsageError names the column or cell that cannot be used."""
    rows = _read(file)
    measured = _measured(rows)
    estimated = {metric: np.full(len(rows), np.nan) for metric in measured}
    failures, models = [""] * len(rows), dict[str, None]()
    for row in range(len(rows)):
        try:
            outcome, reason = _estimate(rows, row, registry, wish, sources or Sources())
        except GauntletError as error:
            failures[row] = f"{file}:{rows.lines[row]}: {error}"
            continue
        models[reason] = None
        for metric in measured:
            estimated[metric][row] = outcome[METRICS[metric]]
    experiments = rows.words("experiment", "all") if "experiment" in rows.columns else ["all"] * len(rows)
    scores = tuple(score(metric, estimated[metric], measured[metric], experiments) for metric in measured)
    return Compared(scores, estimated, measured, tuple(filter(None, failures)), tuple(models))


def score(metric: str, estimated: Floats, measured: Floats, experiments: Sequence[str]) -> Scored:
    """Errors over the points that have both values; a measured point without an estimate counts as failed."""
    both = np.isfinite(measured) & np.isfinite(estimated)
    failed = int(np.sum(np.isfinite(measured) & ~np.isfinite(estimated)))
    error = estimated[both] / measured[both] - 1
    if not error.size:
        nothing = float("nan")
        return Scored(metric, 0, failed, nothing, nothing, nothing, nothing, "none")
    members = defaultdict(list)
    for name, value in zip(np.array(experiments)[both], np.abs(error), strict=True):
        members[str(name)].append(float(value))
    varies = error.size > 2 and np.ptp(estimated[both]) > 0 and np.ptp(measured[both]) > 0
    pearson = float(np.corrcoef(estimated[both], measured[both])[0, 1]) if varies else float("nan")
    mape = float(np.mean(np.abs(error)))
    each = float(np.mean([np.mean(values) for values in members.values()]))
    return Scored(metric, error.size, failed, mape, float(np.mean(error)), pearson, each, grade_of(mape, pearson))


def grade_of(mape: float, pearson: float) -> str:
    """excellent, good, fair or poor; without a correlation the error alone decides."""
    correlated = 1.0 if np.isnan(pearson) else pearson
    return next((name for name, most, least in _GRADES if mape < most and correlated > least), "poor")


def _read(file: Path) -> Rows:
    measured = [f"{metric}_{unit}" for metric in METRICS for unit in _UNITS]
    rows = Rows.read(file, _REQUIRED, (*_LOADS, *_DEGREES, *_NUMBERS, *_WORDS, *measured))
    if sum(name in rows.columns for name in _LOADS) != 1:
        raise RecordError(f"{file} needs one of the columns {' and '.join(_LOADS)}; it has {', '.join(rows.columns)}.")
    return rows


def _measured(rows: Rows) -> dict[str, Floats]:
    found = {}
    for metric in METRICS:
        for unit, factor in _UNITS.items():
            if f"{metric}_{unit}" in rows.columns:
                found[metric] = rows.numbers(f"{metric}_{unit}", default=float("nan")) * factor
    if not found:
        raise RecordError(f"{rows.file} has no measured column, such as ttft_mean_ms, itl_mean_ms or e2e_p90_ms.")
    return found


def _estimate(rows: Rows, row: int, registry: Registry, wish: Wish, sources: Sources) -> tuple[dict[str, float], str]:
    """The outcome of one row, and which step-time model gave it."""
    one = rows.where([place == row for place in range(len(rows))])
    degrees = [_whole(one, name) for name in _DEGREES]
    formats = [one.words(name, "")[0] or None for name in ("precision", "kv_precision")]
    names = one.words("model")[0], one.words("hardware")[0]
    tp, pp, ep, adp = degrees
    asked = Description(*names, tp, pp, ep, adp, precision=formats[0], kv_precision=formats[1])
    on = deployment_of(asked, registry)
    numbers = {name: one.numbers(name, default=value, zero=True).tolist() for name, value in _NUMBERS.items()}
    lengths = {name: one.numbers(name).tolist() for name in ("input_tokens", "output_tokens")}
    open_loop = "rate_per_s" in rows.columns
    load = one.numbers("rate_per_s" if open_loop else "concurrency").tolist()
    parts: dict[str, list[float]] = {**lengths, **numbers, "rates_per_s" if open_loop else "clients": load}
    swept = sweep(_grid(on, parts, wish, sources), registry)
    if swept.refused[0]:
        raise UsageError(f"{swept.refused[0]}.")
    choice = swept.choices[0]
    assert choice is not None
    return _first(outcome_columns(swept, [on])), f"{choice.model.name}: {choice.reason}"


def _grid(on: Deployment, parts: dict[str, list[float]], wish: Wish, sources: Sources) -> Grid:
    return Grid(deployments=[on], wish=wish, sources=sources, **parts)  # type: ignore[arg-type]


def _whole(one: Rows, name: str) -> int:
    value = float(one.numbers(name, default=1.0)[0])
    if value != int(value):
        raise one.error(0, name, "is no whole number; correct it")
    return int(value)


def _first(columns: Mapping[str, Floats]) -> dict[str, float]:
    return {name: float(values[0]) for name, values in columns.items()}
