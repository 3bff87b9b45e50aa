"""Measured steps of an engine, as CSV: what a step held, and how long it took."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from gauntlet.hardware.rows import Rows
from gauntlet.workloads.serving.steps import Steps

Floats = npt.NDArray[np.float64]
_REQUIRED = ("step_s", "prefill_tokens", "decode_requests")
_OPTIONAL = ("past_tokens", "context_tokens")


def read_steps(file: Path) -> tuple[Steps, Floats]:
    """Counts and seconds of each row: step_s, prefill_tokens (all new prompt tokens), decode_requests; optional the
    mean past_tokens of the prompts and context_tokens of the decoding requests. RecordError names column and cell."""
    rows = Rows.read(file, _REQUIRED, _OPTIONAL)
    fresh = rows.numbers("prefill_tokens", zero=True)
    steps = Steps.of(
        prefill_requests=np.where(fresh > 0, 1.0, 0.0),
        new_tokens=fresh,
        past_tokens=rows.numbers("past_tokens", default=0.0, zero=True),
        decode_requests=rows.numbers("decode_requests", zero=True),
        context_tokens=rows.numbers("context_tokens", default=0.0, zero=True),
    )
    empty = np.flatnonzero((fresh == 0) & (steps.decode_requests == 0))
    if empty.size:
        raise rows.error(int(empty[0]), "prefill_tokens", "and decode_requests are both 0; remove the empty step")
    return steps, rows.numbers("step_s")
