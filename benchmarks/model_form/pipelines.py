"""Pipeline-parallel training with passes that vary, against simulated schedules."""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from benchmarks.model_form.study import Point, Study, Truth, grid

Floats = npt.NDArray[np.float64]
_PASSES = 100_000
_RUNS = (200, 3_000)
"""About so many passes are simulated per point, in at least and at most so many runs."""
_MOST_PASSES = 2_048


def studies() -> list[Study]:
    """Inside the formula's validity, and outside to show why it ends there."""
    truth = "simulated one-forward-one-backward schedules of lognormal passes"
    ratios, varied = (1.0, 2.0, 3.0), (0.03, 0.1, 0.2, 0.3)
    return [
        Study(
            "pipeline_1f1b",
            "2 to 32 stages, 1 to 256 micro-batches, backward passes of 1 to 3 forward ones, cv 0.03 to 0.3",
            truth,
            partial(_points, ratios, varied),
            _scheduled,
            ("slowdown",),
        ),
        Study(
            "pipeline_1f1b",
            "OUTSIDE: backward passes of 0.2 and 10 forward ones, cv 0.1 to 0.5",
            truth,
            partial(_points, (0.2, 10.0), (0.1, 0.3, 0.5)),
            _scheduled,
            (),
        ),
    ]


def _points(ratios: Sequence[float], varied: Sequence[float]) -> Iterator[Point]:
    axes = {"stages": (2, 3, 4, 8, 16, 32), "microbatches": (1, 2, 4, 8, 16, 32, 64, 128, 256), "backward_s": ratios}
    for values in grid(**axes, cv=varied):
        if values["stages"] * values["microbatches"] <= _MOST_PASSES:
            yield Point({**values, "forward_s": 1.0})


def _scheduled(stages: int, microbatches: int, forward_s: float, backward_s: float, cv: float) -> Truth:
    """Mean end of the schedule over that of steady passes. Stage i of p: p - i forward passes, then in turns."""
    stream = np.random.default_rng(stages * microbatches)
    runs = int(np.clip(_PASSES // (stages * microbatches), *_RUNS))
    sigma = float(np.sqrt(np.log1p(cv**2)))
    means_s = {"forward": forward_s, "backward": backward_s}
    ended: dict[tuple[str, int, int], Floats] = {}
    free: list[Floats] = [np.zeros(runs) for _ in range(stages)]
    waiting = [list(_order(min(stages - stage, microbatches), microbatches)) for stage in range(stages)]
    while any(waiting):
        for stage, passes in enumerate(waiting):
            while passes and (ready := _ready(ended, stages, stage, *passes[0])) is not None:
                kind, item = passes.pop(0)
                lasts_s = means_s[kind] * np.exp(sigma * stream.standard_normal(runs) - sigma**2 / 2)
                free[stage] = ended[kind, stage, item] = np.maximum(free[stage], ready) + lasts_s
    steady_s = (microbatches + stages - 1) * (forward_s + backward_s)
    return {"slowdown": float(np.max(free, axis=0).mean()) / steady_s}


def _order(warm: int, microbatches: int) -> Iterator[tuple[str, int]]:
    yield from (("forward", item) for item in range(warm))
    for item in range(microbatches):
        yield "backward", item
        if warm + item < microbatches:
            yield "forward", warm + item


def _ready(ended: dict[tuple[str, int, int], Floats], stages: int, stage: int, kind: str, item: int) -> Floats | None:
    """When a pass has what it works on; None while that is not known."""
    if kind == "forward":
        return np.zeros(()) if stage == 0 else ended.get((kind, stage - 1, item))
    return ended.get(("forward", stage, item) if stage == stages - 1 else (kind, stage + 1, item))
