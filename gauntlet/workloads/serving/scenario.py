"""What a user asks of a server, as arrays that the closed forms take; refusals name the field."""

import numpy as np
import numpy.typing as npt

from gauntlet.errors import UsageError
from gauntlet.workloads.serving.batching import Load

Real = float | npt.ArrayLike
Floats = npt.NDArray[np.float64]

MAX_SEQUENCES = 256
STEP_TOKEN_BUDGET = 8192
"""vLLM's defaults: `max_num_seqs`, and `max_num_batched_tokens` of its V1 engine on large devices."""


def load_of(
    *,
    input_tokens: Real,
    output_tokens: Real,
    kv_token_capacity: Real,
    cached_tokens: Real = 0.0,
    output_scv: Real = 0.0,
    max_sequences: Real = MAX_SEQUENCES,
    step_token_budget: Real = STEP_TOKEN_BUDGET,
) -> Load:
    """A `Load` of numbers or arrays; UsageError names a field that is no number above zero, or a cache too small."""
    at_least = {
        "input_tokens": (input_tokens, 1.0),
        "output_tokens": (output_tokens, 1.0),
        "cached_tokens": (cached_tokens, 0.0),
        "output_scv": (output_scv, 0.0),
        "max_sequences": (max_sequences, 1.0),
        "step_token_budget": (step_token_budget, 2.0),
    }
    found = {name: checked(name, value, least) for name, (value, least) in at_least.items()}
    if np.any(found["cached_tokens"] >= found["input_tokens"]):
        raise UsageError("cached_tokens reach input_tokens; expected a prefix shorter than the prompt.")
    capacity = np.asarray(kv_token_capacity, dtype=np.float64)
    return Load(
        found["input_tokens"],
        found["output_tokens"],
        found["cached_tokens"],
        found["output_scv"],
        capacity,
        found["max_sequences"],
        found["step_token_budget"],
    )


def checked(name: str, value: Real, least: float) -> Floats:
    """Numbers of at least `least`; UsageError with the first that is not."""
    numbers = np.asarray(value, dtype=np.float64)
    bad = ~(numbers >= least)
    if np.any(bad):
        raise UsageError(f"{name} = {numbers[bad].flat[0]:g}; expected a number of at least {least:g}.")
    return numbers


def fits(load: Load) -> npt.NDArray[np.bool_]:
    """Whether the cache holds at least one whole request."""
    return np.asarray(load.kv_token_capacity >= load.input_tokens + load.output_tokens)
