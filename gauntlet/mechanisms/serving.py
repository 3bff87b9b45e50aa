"""Continuous batching: many requests share each pass of a language model."""

from typing import NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import AtLeastOne, Finite, FinitePositive, Floats, NonNegative, primitive


class ContinuousBatch(NamedTuple):
    """Outputs of `continuous_batching`."""

    token_s: Floats
    first_token_s: Floats
    response_s: Floats
    mean_sequences: Floats
    saturation_per_s: Floats


@primitive
def continuous_batching(
    arrival_rate_per_s: NonNegative,
    output_tokens: AtLeastOne,
    fixed_s: FinitePositive,
    per_sequence_s: Finite,
    prompt_s: Finite,
    max_sequences: AtLeastOne,
) -> ContinuousBatch:
    """Continuous batching: T = (t0 + s) / (1 - lambda (p + (O - 1) s)), R = W1 + (O - 1) T, n = lambda (O - 1) T.

    Counts steps of t0 (`fixed_s`: weights, launches) + s (`per_sequence_s`) per decoding sequence + p (`prompt_s`) per
    prompt, at rate lambda (`arrival_rate_per_s`) and O tokens a response (`output_tokens`): time per output token T
    (`token_s`), first token W1 (`first_token_s`), whole response R, n decoding sequences, and the rate of saturation
    1/(O (t0/N + s) + p) with N slots (`max_sequences`, by memory or setting). Little's law gives n, and a request
    sees 1 + n; W1 is an approximation: a gated server with vacations when busy, t0 + p when idle, M/D/N for a slot.
    Leaves out chunks of prompts and unequal lengths; within 4 % of simulated responses up to 85 % load.
    Domain: Poisson arrivals, prompts that fit a step; saturated beyond.
    Source: Yu et al., OSDI 2022; Kwon et al., SOSP 2023; Takagi, Queueing Analysis 1, 1991; Sakasegawa, Ann. Inst.
    Stat. Math. 29, 1977.

    >>> round(float(continuous_batching(1.0, 101, 0.009, 0.001, 0.1, 64).token_s), 6)
    0.0125
    """
    rate, later = arrival_rate_per_s, output_tokens - 1
    saturation = 1 / (output_tokens * (fixed_s / max_sequences + per_sequence_s) + prompt_s)
    load = rate / saturation
    stable = load < 1
    token_s = (fixed_s + per_sequence_s) / (1 - rate * (prompt_s + later * per_sequence_s))
    sequences = rate * later * token_s
    step_s = fixed_s + per_sequence_s * (1 + sequences)
    first_s = _first_token(rate, step_s, prompt_s, fixed_s + prompt_s, later * token_s)
    waits = load ** (np.sqrt(2 * (max_sequences + 1)) - 1)
    wait_s = waits * (first_s + later * token_s) / (2 * max_sequences * (1 - load))
    first_s = first_s + wait_s
    return ContinuousBatch(
        np.where(stable, token_s, np.inf),
        np.where(stable, first_s, np.inf),
        np.where(stable, first_s + later * token_s, np.inf),
        np.where(stable, sequences, max_sequences),
        saturation,
    )


def _first_token(rate: Floats, step_s: Floats, prompt_s: Floats, alone_s: Floats, decoding_s: Floats) -> Floats:
    """Rest of the running step, then the step with the own prompt and those that came meanwhile; alone when idle."""
    share = rate * prompt_s
    batch = rate * step_s / (1 - share)
    mean_s = step_s + prompt_s * batch
    seen_s = mean_s + prompt_s**2 * batch / (1 - share**2) / mean_s
    busy_s = seen_s / 2 + step_s + prompt_s * (1 + rate * seen_s)
    idle = np.exp(-rate * (busy_s + decoding_s))
    return idle * alone_s + (1 - idle) * busy_s
