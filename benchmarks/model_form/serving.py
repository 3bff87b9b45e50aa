"""Continuous batching against an engine that is simulated step by step."""

from collections.abc import Iterator
from functools import cache

import numpy as np

from benchmarks.model_form.simulated_engine import Engine, simulate
from benchmarks.model_form.study import Point, Study, Truth, grid
from gauntlet.mechanisms.serving import continuous_batching

_REQUESTS = 3000
_FIXED_S = 8e-3
_OUTPUT = 128
_ONE_STEP = 10**9
"""Token budget that holds every prompt."""


@cache
def _seen(rate: float, per_sequence_s: float, prompt_s: float, slots: int) -> Truth:
    arrivals = np.cumsum(np.random.default_rng(7).exponential(1 / rate, _REQUESTS))
    engine = Engine(_FIXED_S, prompt_s, per_sequence_s, slots, _ONE_STEP)
    found = simulate(engine, arrivals, 1, _OUTPUT)  # a prompt of one token that takes prompt_s
    return {
        "token_s": float(found.gaps_s.mean()),
        "first_token_s": float(found.ttft_s.mean()),
        "response_s": float(found.e2e_s.mean()),
        "mean_sequences": float(found.running),
    }


def _truth(
    arrival_rate_per_s: float,
    output_tokens: float,
    fixed_s: float,
    per_sequence_s: float,
    prompt_s: float,
    max_sequences: float,
) -> Truth:
    return _seen(arrival_rate_per_s, per_sequence_s, prompt_s, int(max_sequences))


def _points() -> Iterator[Point]:
    for at in grid(per_sequence_s=(2e-5, 2e-4), prompt_s=(5e-3, 3e-2), max_sequences=(16, 128), load=(0.1, 0.5, 0.85)):
        load = at.pop("load")
        given = {"output_tokens": _OUTPUT, "fixed_s": _FIXED_S, **at}
        top = float(continuous_batching(arrival_rate_per_s=0.0, **given).saturation_per_s)
        yield Point({"arrival_rate_per_s": load * top, **given})


def studies() -> list[Study]:
    """Whole prompts in one step, equal responses."""
    words = "load 0.1 to 0.85, 16 and 128 slots, prompts of 5 and 30 ms, sequences of 20 and 200 us, 128 tokens"
    return [Study("continuous_batching", words, "simulation of 3000 requests", _points, _truth)]
