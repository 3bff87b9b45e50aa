"""Slowest workers and jittery pipelines against simulation."""

import numpy as np
import pytest

from gauntlet.mechanisms.pipelines import pipeline_1f1b
from gauntlet.mechanisms.stragglers import slowest_worker


@pytest.mark.parametrize(
    ("workers", "probability", "stall_s"), [(1, 0.1, 0.5), (8, 0.0, 0.3), (16, 0.02, 0.3), (64, 0.01, 1.0)]
)
def test_the_slowest_worker_is_that_of_simulated_rounds(workers, probability, stall_s):
    stream = np.random.default_rng(workers)
    times_s = stream.normal(1.0, 0.05, (20_000, workers))
    times_s += np.where(stream.random(times_s.shape) < probability, stream.exponential(stall_s, times_s.shape), 0.0)
    rounds_s = times_s.max(axis=1)
    found = slowest_worker(1.0, 0.05, workers, probability, stall_s).mean_s
    noise = 4 * rounds_s.std() / np.sqrt(rounds_s.size)
    assert found == pytest.approx(rounds_s.mean(), abs=noise + 0.01)


def simulated(stages, microbatches, backward_s, cv, runs):
    """Mean end of the schedule with forward passes of mean 1, pass by pass, in units of the steady schedule."""
    stream = np.random.default_rng(stages * microbatches)
    sigma = np.sqrt(np.log1p(cv**2))
    lasts = np.exp(stream.normal(-(sigma**2) / 2, sigma, (2, stages, microbatches, runs)))
    lasts[1] *= backward_s
    ended, free, done = {}, [np.zeros(runs)] * stages, [0] * stages
    while any(place < 2 * microbatches for place in done):
        for stage in range(stages):
            while done[stage] < 2 * microbatches:
                kind, item = pass_at(done[stage], min(stages - stage, microbatches), microbatches)
                before = stage - 1 if kind == 0 else stage + 1
                ready = np.zeros(runs) if before < 0 else ended.get((kind, before, item))
                if kind == 1 and stage == stages - 1:
                    ready = ended.get((0, stage, item))
                if ready is None:
                    break
                free[stage] = np.maximum(free[stage], ready) + lasts[kind, stage, item]
                ended[kind, stage, item] = free[stage]
                done[stage] += 1
    return np.max(free, axis=0).mean() / ((microbatches + stages - 1) * (1 + backward_s))


def pass_at(place, warm, microbatches):
    """Kind (0 forward, 1 backward) and micro-batch of a stage's next pass: `warm` forward ones, then in turns."""
    if place < warm:
        return 0, place
    turn, second = divmod(place - warm, 2)
    if warm + turn >= microbatches:
        return 1, place - microbatches
    return (0, warm + turn) if second else (1, turn)


@pytest.mark.parametrize(("stages", "microbatches"), [(1, 32), (2, 16), (4, 8), (4, 64), (8, 32), (16, 16)])
@pytest.mark.parametrize("cv", [0.1, 0.3])
def test_a_pipeline_with_jitter_is_that_of_the_simulated_schedule(stages, microbatches, cv):
    found = pipeline_1f1b(stages, microbatches, 1.0, 2.0, cv).slowdown
    assert found == pytest.approx(simulated(stages, microbatches, 2.0, cv, 60), rel=0.025)
