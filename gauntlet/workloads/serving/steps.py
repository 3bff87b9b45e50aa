"""One step of a serving engine as counts: chunks of prompts and decoding sequences that share a forward pass."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Real = float | npt.ArrayLike
Floats = npt.NDArray[np.float64]


class Steps(NamedTuple):
    """Arrays that broadcast: r `prefill_requests` of t `new_tokens` each after s `past_tokens`; n `decode_requests`
    of c `context_tokens` each (those read, before the new one). Counts may be means, so fractions are welcome."""

    prefill_requests: Floats
    new_tokens: Floats
    past_tokens: Floats
    decode_requests: Floats
    context_tokens: Floats

    @classmethod
    def of(
        cls,
        *,
        prefill_requests: Real = 0.0,
        new_tokens: Real = 0.0,
        past_tokens: Real = 0.0,
        decode_requests: Real = 0.0,
        context_tokens: Real = 0.0,
    ) -> "Steps":
        """Steps of numbers or arrays; ValueError names what is negative or no number."""
        given = locals()
        arrays = {}
        for name in cls._fields:
            values = np.asarray(given[name], dtype=np.float64)
            if not (values.size == 0 or float(values.min()) >= 0):
                raise ValueError(f"{name} = {float(values.min()):g} is invalid; expected 0 or more.")
            arrays[name] = values
        return cls(**arrays)

    @property
    def prefill_tokens(self) -> Floats:
        """New prompt tokens of the step."""
        return self.prefill_requests * self.new_tokens


def attended_pairs(new_tokens: Floats, past_tokens: Floats, window: float) -> Floats:
    """Pairs of a query with what it sees, causal: t s + t (t + 1)/2, each query at most `window` tokens.

    Domain: t, s >= 0; fractions interpolate.
    """
    every = new_tokens * past_tokens + new_tokens * (new_tokens + 1) / 2
    if np.isinf(window):
        return every
    free = np.clip(window - past_tokens, 0.0, new_tokens)  # queries that see everything before them
    return free * past_tokens + free * (free + 1) / 2 + (new_tokens - free) * window
