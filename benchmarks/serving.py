"""How fast serving is estimated: `python -m benchmarks.serving [--write]`. Processor seconds of one core.

Step times of the calibrated roofline, a million random steps each, and a sweep of 10,368 configurations with all their
latencies. Exit code 1 where a bar is missed.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.speed.__main__ import measured_on
from benchmarks.speed.clock import median_s
from benchmarks.speed.tables import Table
from gauntlet.hardware.registry import Registry
from gauntlet.workloads.known_models import model_named
from gauntlet.workloads.serving.calibration import calibration_of
from gauntlet.workloads.serving.deployment import Deployment
from gauntlet.workloads.serving.step_time import CalibratedRoofline
from gauntlet.workloads.serving.steps import Steps
from gauntlet.workloads.serving.sweep import Grid, sweep

README = Path(__file__).parent / "README.md"
LEAST_STEPS_PER_S = 1e7
MOST_SWEEP_S = 1.0
_BLOCK, _STEPS, _RUNS = 10_000, 1_000_000, 7
_MODELS = (("Llama-3.1-70B", 4), ("DeepSeek-R1", 8))


def main(arguments: list[str] | None = None) -> int:
    """Print the table; 1 if a bar is missed."""
    parser = argparse.ArgumentParser(prog="benchmarks.serving", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="replace the table in benchmarks/README.md")
    registry = Registry.load()
    rows = [*_step_rows(registry), *_sweep_rows(registry)]
    missed = [what for what, *_, held in rows if not held]
    cells = tuple((what, found, bar + ("" if held else " missed")) for what, found, bar, held in rows)
    conclusion = f"{len(rows) - len(missed)} of {len(rows)} hold." + "".join(f" Missed: {what}." for what in missed)
    table = Table("serving", ("work", "measured", "bar"), cells, conclusion, not missed)
    table.print()
    if parser.parse_args(arguments).write:
        table.write(README, measured_on())
    return 1 if missed else 0


def _step_rows(registry: Registry) -> Iterator[tuple[str, str, str, bool]]:
    efficiencies = calibration_of(registry.folder).efficiencies
    device = registry.device("h200_sxm_141gb")
    for name, tensor_parallel in _MODELS:
        on = Deployment(model_named(name), device, tensor_parallel=tensor_parallel)
        model = CalibratedRoofline(on.demand(registry), efficiencies)
        for words, steps in (("decoding", _decoding()), ("mixed", _mixed())):
            rate = _STEPS / median_s(_all_blocks(model, steps), _RUNS)
            held = rate >= LEAST_STEPS_PER_S
            yield f"{name}, {words} steps", f"{rate:.3g} /s", f"{LEAST_STEPS_PER_S:.0g} /s", held


def _all_blocks(model: CalibratedRoofline, steps: Steps) -> Callable[[], None]:
    """A million evaluations, in blocks that the cache holds, as a sweep has them."""

    def run() -> None:
        for _ in range(_STEPS // _BLOCK):
            model.step_s(steps)

    return run


def _decoding() -> Steps:
    rng = np.random.default_rng(0)
    return Steps.of(decode_requests=rng.integers(1, 256, _BLOCK), context_tokens=rng.integers(1, 8192, _BLOCK))


def _mixed() -> Steps:
    rng = np.random.default_rng(0)
    return Steps.of(
        prefill_requests=rng.integers(0, 3, _BLOCK),
        new_tokens=rng.integers(1, 4096, _BLOCK),
        past_tokens=rng.integers(0, 4096, _BLOCK),
        decode_requests=rng.integers(1, 256, _BLOCK),
        context_tokens=rng.integers(1, 8192, _BLOCK),
    )


def _sweep_rows(registry: Registry) -> Iterator[tuple[str, str, str, bool]]:
    deployments = [
        Deployment(model_named(name), registry.device(device), tensor_parallel=tensor_parallel)
        for name in ("Llama-3.1-70B", "Mixtral-8x7B", "Qwen3-32B")
        for device in ("h100_sxm5", "h200_sxm_141gb")
        for tensor_parallel in (1, 2, 4, 8)
    ]
    rates = np.geomspace(0.1, 50, 36).tolist()
    open_loop = Grid(deployments, (128, 512, 1024, 4096), (64, 256, 1024), rates_per_s=rates)
    closed_loop = replace(open_loop, rates_per_s=(), clients=[1 + 10 * rate for rate in rates])
    for words, grid in (("open loop", open_loop), ("closed loop", closed_loop)):
        count = sweep(grid, registry).places.size
        taken = median_s(lambda grid=grid: sweep(grid, registry), _RUNS)  # type: ignore[misc]
        yield (
            f"sweep of {count:,} configurations, {words}",
            f"{taken:.3g} s",
            f"{MOST_SWEEP_S:g} s",
            taken <= MOST_SWEEP_S,
        )


if __name__ == "__main__":
    sys.exit(main())
