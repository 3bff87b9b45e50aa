"""Pipelines whose passes vary against simulated schedules, and what is exact against counting."""

import numpy as np
import pytest

from gauntlet.mechanisms._inputs import ValidityWarning
from gauntlet.mechanisms.pipelines import pipeline_1f1b

RUNS = 60


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


@pytest.mark.parametrize(
    ("stages", "microbatches"), [(1, 32), (2, 2), (2, 16), (4, 1), (4, 8), (4, 64), (8, 32), (16, 16)]
)
@pytest.mark.parametrize(("backward_s", "cv"), [(2.0, 0.1), (2.0, 0.3), (1.0, 0.2), (3.0, 0.2)])
def test_a_pipeline_with_jitter_is_that_of_the_simulated_schedule(stages, microbatches, backward_s, cv):
    found = pipeline_1f1b(stages, microbatches, 1.0, backward_s, cv).slowdown
    noise = 4 * cv / np.sqrt(RUNS * stages * microbatches)  # of a mean over all passes
    assert found == pytest.approx(simulated(stages, microbatches, backward_s, cv, RUNS), abs=0.022 + noise)


@pytest.mark.parametrize(("stages", "microbatches"), [(1, 5), (4, 1), (3, 7)])
def test_steady_passes_leave_the_bubble_alone(stages, microbatches):
    """Steps counted pass by pass; a single stage or micro-batch has nobody to wait for, however much passes vary."""
    steady = simulated(stages, microbatches, 2.0, 0.0, 1)
    found = pipeline_1f1b(stages, microbatches, 1.0, 2.0, 0.0)
    assert (found.slowdown, steady) == (1.0, pytest.approx(1.0))
    if 1 in (stages, microbatches):
        assert pipeline_1f1b(stages, microbatches, 1.0, 2.0, 0.3).slowdown == 1.0


@pytest.mark.parametrize("change", [{"cv": 0.4}, {"stages": 40}, {"backward_s": 5.0}, {"backward_s": 0.4}])
def test_what_was_not_simulated_is_warned_of(change):
    inside = {"stages": 4, "microbatches": 8, "forward_s": 1.0, "backward_s": 2.0, "cv": 0.1}
    with pytest.warns(ValidityWarning, match="no schedule was simulated"):
        pipeline_1f1b(**{**inside, **change})
