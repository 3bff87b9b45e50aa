"""What requests see of a continuously batching engine: first token, tokens after it, whole response; means and tails.

First token: steps follow each other without pause while anything runs, and take on what has arrived. A request waits
for the rest of the running step and then for the step that holds its prompt and those that came with it: a server with
gated batches and vacations of one step. With H = t0 + a b and Poisson arrivals, E[b] = lambda t0 / (1 - lambda a),
Var b = E[b] / (1 - (lambda a)^2), and an arrival sees H in proportion to its length.
Prompts beyond the token budget of a step wait as in M/D/1, those beyond the slots as in M/G/c. Tails are gamma with
these two moments.
Source: Takagi, Queueing Analysis 1, 1991 (gated vacations); Sakasegawa, Ann. Inst. Stat. Math. 29, 1977 (M/G/c); Wilson
& Hilferty, PNAS 17, 1931 (gamma quantiles).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gauntlet.mechanisms.normal import normal_inverse_survival
from gauntlet.workloads.serving.batching import Engine, Load, engine_at, most_prompts, prompts_where, seen_s, steps_of
from gauntlet.workloads.serving.step_time import StepTimeModel

Floats = npt.NDArray[np.float64]

QUANTILES = (0.5, 0.9, 0.99)
_OVERLAPS = 2 / 3
"""Of the variance of a Poisson number of neighbours, what is left in its mean over a life as long as theirs: the
triangular autocorrelation of M/D/infinity averaged twice, 2 times the integral of (1 - u)^2."""


class Spread(NamedTuple):
    """A latency: mean, median, 90th and 99th percentile."""

    mean_s: Floats
    p50_s: Floats
    p90_s: Floats
    p99_s: Floats


class Served(NamedTuple):
    """One instance under load. `saturation_per_s` is the rate it cannot exceed, `utilisation` the part of it in use;
    latencies are NaN where an open loop is unstable, so that no plot shows a number that does not exist."""

    ttft: Spread
    itl: Spread
    e2e: Spread
    rate_per_s: Floats
    saturation_per_s: Floats
    utilisation: Floats
    running_sequences: Floats
    waiting_requests: Floats
    slots: Floats
    step_bound_s: Floats


class _First(NamedTuple):
    """Moments of the time to the first token, without the wait for a slot."""

    mean_s: Floats
    variance_s2: Floats


class _Arrivals(NamedTuple):
    """How requests come, and their wait for a slot."""

    rate_per_s: Floats
    saturation_per_s: Floats
    stable: npt.NDArray[np.bool_]
    request_s: float
    wait_s: Floats
    wait_variance_s2: Floats


def serve_open(model: StepTimeModel, load: Load, rate_per_s: Floats, request_s: float = 0.0) -> Served:
    """Poisson arrivals at `rate_per_s`; `request_s` is what handling a request adds before its first token."""
    rate = np.asarray(rate_per_s, dtype=np.float64) + np.zeros(np.shape(most_prompts(load)))
    most = most_prompts(load) + np.zeros(rate.shape)
    saturation = _saturation(model, load, most)
    prompts = prompts_where(load, most, lambda x: x > rate * seen_s(model, load, x))
    engine = engine_at(model, load, prompts)
    use = rate / saturation
    stable = use < 1
    busy = np.where(stable, use, 0.0)
    wait_s, wait_variance = _slot_wait(load, busy, _residence(load, engine, rate, 0.0, closed=False))
    first = _first_token(load, engine, np.minimum(rate, engine.rate_per_s), closed=False)
    return _served(model, load, engine, first, _Arrivals(rate, saturation, stable, request_s, wait_s, wait_variance))


def serve_closed(model: StepTimeModel, load: Load, clients: Floats, request_s: float = 0.0) -> Served:
    """`clients` requests in flight, each followed at once by the next; those beyond the slots wait their turn."""
    others = np.asarray(clients, dtype=np.float64) - 1 + np.zeros(np.shape(most_prompts(load)))
    most = most_prompts(load) + np.zeros(others.shape)
    saturation = _saturation(model, load, most)

    def too_many(prompts: Floats) -> npt.NDArray[np.bool_]:
        engine = engine_at(model, load, prompts)
        return np.asarray(
            engine.rate_per_s * _residence(load, engine, engine.rate_per_s, request_s, closed=True) > others
        )

    engine = engine_at(model, load, prompts_where(load, most, too_many))
    residence_s = _residence(load, engine, engine.rate_per_s, request_s, closed=True)
    rate = np.minimum((others + 1) / residence_s, saturation)
    wait_s = np.maximum((others + 1) / rate - residence_s, 0.0)
    full = np.ones(rate.shape, dtype=np.bool_)
    first = _first_token(load, engine, engine.rate_per_s, closed=True)
    return _served(
        model, load, engine, first, _Arrivals(rate, saturation, full, request_s, wait_s, np.zeros(rate.shape))
    )


def _saturation(model: StepTimeModel, load: Load, most: Floats) -> Floats:
    """Highest rate: all slots occupied, or all of the token budget used."""
    engine = engine_at(model, load, most)
    first_s = engine.base_s * np.maximum(np.ceil(load.chunks), 1) + engine.prompt_s
    by_slots = load.slots / (first_s + load.decode_steps * engine.step_s)
    by_budget = np.where(most * load.decode_steps < load.slots - 1.5, engine.rate_per_s, np.inf)
    return np.minimum(by_slots, by_budget)


def _first_token(load: Load, engine: Engine, rate: Floats, *, closed: bool) -> _First:
    """Time from arrival to the end of the step that holds the (last chunk of the) prompt.

    In a closed loop the next request follows the last token of the one before, at the end of a step: it need not wait
    for the rest of one, and no more can queue than there are clients, so that the queue hardly varies.
    """
    whole = np.maximum(np.ceil(load.chunks), 1)
    a, t0 = engine.prompt_s, engine.base_s
    share = np.minimum(rate * a, 1 - 1e-9)
    mean_batch = rate * t0 / (1 - share)
    mean, variance = t0 + a * mean_batch, a**2 * mean_batch / (1 - share**2)
    seen = (mean**2 + variance) / mean  # length of the step that an arrival finds
    service = t0 * load.chunks + a
    use = np.minimum(rate * service, 1 - 1e-9)
    behind = np.maximum(a * rate * seen, use * service / (2 * (1 - use)))
    loaded = (0.0 if closed else seen / 2) + whole * t0 + a + behind
    present = rate * (loaded + load.decode_steps * engine.step_s)
    idle = np.exp(-present)
    mean_s = idle * engine.alone_s + (1 - idle) * loaded
    spread = variance / 4 + a * behind + (0.0 if closed else seen**2 / 12 + behind**2 / 2)
    between = idle * (1 - idle) * (loaded - engine.alone_s) ** 2
    return _First(mean_s, (1 - idle) * spread + between)


def _residence(load: Load, engine: Engine, rate: Floats, request_s: float, *, closed: bool) -> Floats:
    first = _first_token(load, engine, rate, closed=closed)
    return request_s + first.mean_s + load.decode_steps * engine.step_s


def _slot_wait(load: Load, use: Floats, residence_s: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of the wait for a slot: M/G/c, exponential for those who wait."""
    slots = load.slots
    waits = use ** (np.sqrt(2 * (slots + 1)) - 1)
    mean = waits * residence_s / (slots * (1 - use)) * (1 + load.output_scv) / 2
    return mean, np.where(waits > 0, mean**2 * (2 / np.maximum(waits, 1e-300) - 1), 0.0)


def _served(model: StepTimeModel, load: Load, engine: Engine, first: _First, at: _Arrivals) -> Served:
    ttft_mean = at.request_s + at.wait_s + first.mean_s
    ttft_variance = first.variance_s2 + at.wait_variance_s2
    slope = (engine.step_s - model.step_s(steps_of(load, np.zeros(()), np.ones(())))) / np.maximum(
        engine.sequences, 1e-9
    )
    steps = load.decode_steps
    busy = np.minimum(engine.rate_per_s * (engine.base_s * load.chunks + engine.prompt_s), 1 - 1e-3)
    drift = slope**2 * engine.sequences * _OVERLAPS * steps**2 / (1 - busy) ** 2  # a burst delays, and more comes
    lengths = load.output_scv * (load.output_tokens * engine.step_s) ** 2
    bound_s = model.bound_s(steps_of(load, np.zeros(()), 1 + engine.sequences))
    hidden = np.where(at.stable, 1.0, np.nan)
    slots = np.broadcast_to(load.slots, at.rate_per_s.shape)
    ttft = _spread(ttft_mean * hidden, ttft_variance)
    e2e = _spread((ttft_mean + steps * engine.step_s) * hidden, ttft_variance + drift + lengths)
    done = np.minimum(at.rate_per_s, at.saturation_per_s)
    return Served(
        ttft=ttft,
        itl=_token_spread(load, engine, hidden),
        e2e=e2e,
        rate_per_s=done,
        saturation_per_s=at.saturation_per_s,
        utilisation=at.rate_per_s / at.saturation_per_s,
        running_sequences=np.minimum(done * (engine.base_s + steps * engine.step_s), slots),
        waiting_requests=np.where(at.stable, at.rate_per_s * at.wait_s, np.inf),
        slots=slots,
        step_bound_s=hidden * bound_s,
    )


def _token_spread(load: Load, engine: Engine, hidden: Floats) -> Spread:
    """Steps differ by the prompts they take on: t0 + a K, K Poisson; a chunked prompt counts in parts."""
    parts = np.maximum(load.chunks, 1.0)
    most = np.maximum(1 / load.chunks, 1.0)
    each, mean = engine.prompt_s / parts, engine.prompts * parts
    at = [engine.base_s + each * np.minimum(poisson_quantile(mean, share), most) for share in QUANTILES]
    return Spread(engine.step_s * hidden, *(value * hidden for value in at))


def poisson_quantile(mean: Floats, share: float) -> Floats:
    """Least k with P(K <= k) >= share; from a mean of 50 on the normal approximation with continuity correction."""
    mean = np.asarray(mean, dtype=np.float64)
    few = np.minimum(mean, 50.0)
    term, found = np.exp(-few), np.zeros(mean.shape)
    below, k = term.copy(), 0
    while np.any(below < share) and k < 200:
        k += 1
        found = np.where(below < share, k, found)
        term = term * few / k
        below = below + term
    z = float(normal_inverse_survival(np.asarray(1 - share)))
    many = np.ceil(np.maximum(mean + z * np.sqrt(mean) - 0.5, 0.0))
    return np.where(mean > 50, many, found)


def _spread(mean_s: Floats, variance_s2: Floats) -> Spread:
    """Gamma with two moments: q = m (1 - 1/(9k) + z/(3 sqrt(k)))^3, k = m^2 / variance."""
    shape = mean_s**2 / np.maximum(variance_s2, 1e-30)
    at = []
    for share in QUANTILES:
        z = float(normal_inverse_survival(np.asarray(1 - share)))
        cube = 1 - 1 / (9 * shape) + z / (3 * np.sqrt(shape))
        at.append(mean_s * np.maximum(cube, 0.0) ** 3)
    return Spread(mean_s, *at)
