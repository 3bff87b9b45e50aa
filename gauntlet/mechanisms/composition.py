"""How the times of steps make the time of the whole: in series, beside one another, piece by piece, tried again.

Lists hold one element per step, and elements broadcast, so that each may be an expression of its own.
"""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import (
    LARGEST,
    MEDIAN,
    Count,
    Finite,
    Floats,
    Listed,
    OneOf,
    Probability,
    Scalar,
    later,
    primitive,
    require,
)
from gauntlet.mechanisms._numerics import find_root
from gauntlet.mechanisms.latencies import LEVELS, Exponential, Lognormal, lognormal_of, mean_from_survival

ListOfFiniteTimes = Annotated[Floats, Listed(Scalar(0.0, LARGEST))]
ListOfRepeats = Annotated[Floats, Listed(Scalar(0.0, LARGEST))]
ListOfCopies = Annotated[Floats, Listed(Scalar(1.0, LARGEST, kind="integer"))]
ListOfScvs = Annotated[Floats, Listed(Scalar(0.0, LARGEST))]

ONCE: Floats = np.ones(1)
"""A list of a single 1: the same for every step where none is given."""


class StepTime(NamedTuple):
    """Outputs of the compositions of fixed times."""

    time_s: Floats


@primitive
def serial_steps(times_s: ListOfFiniteTimes, repeats: ListOfRepeats = ONCE) -> StepTime:
    """Steps in series: T = sum_k r_k t_k.

    Counts each step k with its time t_k, out of `times_s`, and how often it is taken, r_k out of `repeats` (once where
    none is given; a mean may be broken, such as 1.25 tries). The mean of the whole is the sum of means whatever the
    laws; leaves out that quantiles do not add.
    Domain: one after the other; `repeats` has one element per step, or one for all.
    Source: linearity of the expectation; Denning and Buzen, The operational analysis of queueing network models, ACM
    Comp. Surveys 10(3), 1978 (visits times time).

    >>> float(serial_steps(times_s=[0.5, 2.0], repeats=[1, 3]).time_s)
    6.5
    """
    one_each("serial_steps", times_s, repeats=repeats)
    return StepTime((repeats * times_s).sum(axis=0))


class MeanAndQuantile(NamedTuple):
    """Outputs of `parallel_steps`."""

    mean_s: Floats
    quantile_s: Floats


@primitive
def parallel_steps(
    law: Annotated[str, OneOf(("deterministic", "exponential", "lognormal"))],
    times_s: ListOfFiniteTimes,
    copies: ListOfCopies = ONCE,
    scvs: ListOfScvs = ONCE,
    quantile: Probability = MEDIAN,
) -> MeanAndQuantile:
    """Parallel independent steps, the last ends: P(T > t) = 1 - prod_k (1 - S_k(t))^(n_k); fixed times: T = max t_k.

    Counts the wait for the slowest of steps with means t_k out of `times_s`, each n_k times alike out of `copies`, and
    tails S_k(t) by `law`; `scvs` are variances over squared means of lognormal steps, which the other laws have fixed.
    `quantile` asks for q with P(T <= q) = `quantile`. Leaves out what the steps share (`shared_resource`), such as
    one slow network under all.
    Domain: independent steps that start together; `copies` and `scvs` have one element per step, or one for all.
    Source: David and Nagaraja, Order Statistics, 3rd ed. 2003, sections 2.1 and 5.2.

    >>> round(float(parallel_steps("exponential", times_s=[1.0, 2.0]).mean_s), 6)
    2.333333
    """
    one_each("parallel_steps", times_s, copies=copies, scvs=scvs)
    longest_s = times_s.max(axis=0)
    if law == "deterministic":
        return MeanAndQuantile(longest_s, longest_s)
    means_s = np.maximum(times_s, np.maximum(longest_s * LEAST_SHARE, LEAST_S))
    laws = Exponential(means_s) if law == "exponential" else lognormal_of(means_s, scvs)
    last = _Last(laws, copies, len(times_s), -times_s.ndim)
    return MeanAndQuantile(
        later(lambda: np.where(longest_s > 0, last.mean_s(), 0.0)),
        later(lambda: np.where(longest_s > 0, last.inverse_survival(1 - quantile), 0.0)),
    )


LEAST_SHARE = 1e-12
"""Of the longest mean: a step that takes less is over first."""

LEAST_S = 1e-300


@dataclass(frozen=True)
class _Last:
    """The last of independent steps, of `kinds` laws along an axis (counted from the last), each so often alike."""

    steps: Exponential | Lognormal
    copies: Floats
    kinds: int
    axis: int

    def survival(self, time_s: Floats) -> Floats:
        """P(last > time_s), whatever axes the time has before those of a step."""
        late = self.steps.survival(np.expand_dims(time_s, self.axis))
        tail: Floats = -np.expm1((self.copies * np.log1p(-late)).sum(axis=self.axis))
        return tail

    def inverse_survival(self, tail: Floats) -> Floats:
        """The time exceeded with probability `tail`: not before every kind has it, nor after each has a like part."""
        low_s, high_s = self._each_at(tail).max(axis=0), self._each_at(tail, self.kinds).max(axis=0)
        found_s = find_root(lambda time_s: np.log(tail) - np.log(self.survival(time_s)), low_s, high_s)
        return np.where(tail > 0, found_s, np.inf)

    def mean_s(self) -> Floats:
        """Its mean, by quadrature cut where the slowest kind reaches each level and where any kind begins and ends."""
        starts_s, *breaks_s = (self._each_at(level).max(axis=0) for level in LEVELS)
        bends_s = [step_s for tail in BENDS for step_s in np.maximum(self._each_at(np.asarray(tail)), starts_s)]
        return mean_from_survival(self.survival, [starts_s, *breaks_s, *bends_s])

    def _each_at(self, tail: Floats, parts: int = 1) -> Floats:
        """When the last of every kind has `tail`, or one of `parts` alike that multiply up to it."""
        return self.steps.inverse_survival(-np.expm1(np.log1p(-tail) / (parts * self.copies)))


BENDS = (0.999, 0.001)
"""Tails between which a kind of steps bends the survival of the whole."""


@primitive
def overlapped_steps(times_s: ListOfFiniteTimes, overlap: Probability) -> StepTime:
    """Partly overlapping units: T = max t + (1 - w) (sum t - max t).

    Counts units that each have t_k out of `times_s` to do for the same work, of which a share w = `overlap` runs beside
    the slowest unit: 0 is one after the other, 1 the slowest alone. Leaves out why they overlap; w belongs to one
    implementation and does not pass from a baseline to a proposal.
    Domain: a definition of w between two exact limits.
    Source: Williams, Waterman and Patterson, Roofline, Comm. ACM 52(4), 2009 (w = 1); Stengel, Treibig, Hager and
    Wellein, Quantifying performance bottlenecks with the execution-cache-memory model, ICS 2015 (between the limits).

    >>> float(overlapped_steps(times_s=[4.0, 3.0, 1.0], overlap=0.75).time_s)
    5.0
    """
    longest_s = times_s.max(axis=0)
    return StepTime(longest_s + (1 - overlap) * (times_s.sum(axis=0) - longest_s))


NOTHING: Floats = np.zeros(())


@primitive
def pipelined_steps(times_s: ListOfFiniteTimes, items: Count, item_overhead_s: Finite = NOTHING) -> StepTime:
    """Steps over work cut into m items: T = sum_k u_k + (m - 1) max u_k with u_k = t_k / m + o.

    Counts steps of t_k out of `times_s` for the whole work, of which each passes on its m = `items` equal parts one by
    one, and o = `item_overhead_s` per part and step. One item is `serial_steps`; many are the slowest step alone. Where
    t_k is the time of one item already, `pipeline_makespan` asks for that. Leaves out uneven items and full buffers.
    Domain: fixed times, the same order at every step, each step with a unit of its own.
    Source: Hennessy and Patterson, Computer Architecture, 6th ed. 2017, appendix C (fill and steady state).

    >>> float(pipelined_steps(times_s=[4.0, 8.0], items=4).time_s)
    9.0
    """
    per_item_s = times_s / items + item_overhead_s
    return StepTime(per_item_s.sum(axis=0) + (items - 1) * per_item_s.max(axis=0))


class Tries(NamedTuple):
    """Outputs of `retried_step`."""

    mean_s: Floats
    attempts: Floats
    success_probability: Floats


@primitive
def retried_step(time_s: Finite, failure_probability: Probability, retry_wait_s: Finite, max_attempts: Count) -> Tries:
    """A step tried up to M times: attempts n = (1 - p^M) / (1 - p), T = n t + (n - 1) w, success 1 - p^M.

    Counts the mean time until it succeeds or is given up: t = `time_s` per attempt, which fails with p =
    `failure_probability`, and a wait w = `retry_wait_s` before each further one of M = `max_attempts`. Leaves out the
    load that retries add: multiply the rate by `attempts` before a queueing formula. `retry_cost` never gives up.
    Domain: attempts that fail independently.
    Source: derived: a geometric series cut at M.

    >>> found = retried_step(time_s=1.0, failure_probability=0.5, retry_wait_s=2.0, max_attempts=2)
    >>> float(found.mean_s), float(found.success_probability)
    (2.5, 0.75)
    """
    given_up = failure_probability**max_attempts
    sure = failure_probability == 1
    attempts = np.where(sure, max_attempts, (1 - given_up) / np.where(sure, 1.0, 1 - failure_probability))
    return Tries(attempts * time_s + (attempts - 1) * retry_wait_s, attempts, 1 - given_up)


class Pace(NamedTuple):
    """Outputs of `backpressured_stages`."""

    time_s: Floats
    stall_s: Floats
    binding_stage: Floats


@primitive
def backpressured_stages(foreground_s: Finite, background_s: Finite, device_s: Finite) -> Pace:
    """Foreground, background and their device under back-pressure: T = max(f, b, d), the slowest sets the pace.

    Counts for each request f = `foreground_s` of the thread that takes it, b = `background_s` of the thread that works
    it up later (compaction, replication) and d = `device_s` of the device that both use, added up. `stall_s` = T - f is
    how long the foreground is held back; `binding_stage` is 1 for the foreground, 2 the background, 3 the device, the
    first of equals. Leaves out the burst before a buffer is full and loads below the pace (`background_stage`).
    Domain: long runs with mean times per request; a buffer of many requests, else each waits for the slowest in turn.
    Source: bottleneck law: Denning and Buzen, ACM Comp. Surveys 10(3), 1978.

    >>> found = backpressured_stages(foreground_s=2.0, background_s=5.0, device_s=3.0)
    >>> float(found.time_s), float(found.stall_s), float(found.binding_stage)
    (5.0, 3.0, 2.0)
    """
    stages_s = np.stack(np.broadcast_arrays(foreground_s, background_s, device_s))
    time_s = stages_s.max(axis=0)
    return Pace(time_s, time_s - foreground_s, 1.0 + stages_s.argmax(axis=0))


def one_each(name: str, times_s: Floats, **lists: Floats) -> None:
    """Refuse lists that have neither one element nor one per step."""
    for key, values in lists.items():
        require(
            len(values) in (1, len(times_s)),
            f"{name}: {len(values)} {key} for {len(times_s)} times_s; expected one for each, or one for all.",
        )
