"""The k-th of steps that are not alike: replicas near and far, one of which may have to answer in any case."""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import (
    MEDIAN,
    Count,
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
from gauntlet.mechanisms.composition import (
    BENDS,
    LEAST_S,
    LEAST_SHARE,
    ONCE,
    ListOfFiniteTimes,
    one_each,
)
from gauntlet.mechanisms.latencies import LEVELS, Exponential, Lognormal, lognormal_of, mean_from_survival

ListOfModestScvs = Annotated[Floats, Listed(Scalar(0.0, 1e4))]

NONE: Floats = np.zeros(1)
"""A list of one step that takes no time."""


class KthStep(NamedTuple):
    """Outputs of `kth_of_steps`."""

    mean_s: Floats
    scv: Floats
    quantile_s: Floats


@primitive
def kth_of_steps(
    law: Annotated[str, OneOf(("exponential", "lognormal"))],
    times_s: ListOfFiniteTimes,
    k: Count,
    scvs: ListOfModestScvs = ONCE,
    always_s: ListOfFiniteTimes = NONE,
    always_scvs: ListOfModestScvs = ONCE,
    quantile: Probability = MEDIAN,
    delays_s: ListOfFiniteTimes = NONE,
) -> KthStep:
    """Unlike steps, the k-th ends and so do some in any case: P(T > t) = 1 - A(t) P(at least k have come by t).

    Counts replicas at unlike distances with means `times_s` behind constants `delays_s`, of which the `k` first
    suffice, and steps `always_s` that must end as well, such as the leader's own write; A(t) is the chance that all of
    those have. `scvs` and `always_scvs` are variances over squared means of lognormal steps, which the other `law` has
    fixed; 0 is a fixed time. `scv` is that of the whole T, `quantile` asks for q with P(T <= q) = `quantile`. Leaves
    out what steps share.
    Domain: independent steps that start together, k of them at most as many as `times_s`; `delays_s` are constants
    before each of them, such as round trips (0 for a leader whose own write counts as one of k).
    Source: David and Nagaraja, Order Statistics, 3rd ed. 2003, section 5.2 (Poisson-binomial counts).

    >>> round(float(kth_of_steps("exponential", times_s=[1.0, 2.0], k=1).mean_s), 6)
    0.666667
    """
    one_each("kth_of_steps", times_s, scvs=scvs)
    one_each("kth_of_steps", always_s, always_scvs=always_scvs)
    one_each("kth_of_steps", times_s, delays_s=delays_s)
    n = len(times_s)
    require(k <= n, f"kth_of_steps: k = {{}} is above the {n} times_s; expected k <= {n}.", k)
    longest_s = np.maximum((times_s + delays_s).max(axis=0), always_s.max(axis=0))
    unit_s = np.maximum(longest_s, LEAST_S)  # so that squares of times stay numbers
    steps, needed = (
        [
            _Step(_random(law, np.maximum(one / unit_s, LEAST_SHARE), _of(scv, i)), _of(delay, i) / unit_s)
            for i, one in enumerate(times)
        ]
        for times, scv, delay in ((times_s, scvs, delays_s), (always_s, always_scvs, NONE))
    )
    whole = _Kth(steps, needed, k)
    return KthStep(
        later(lambda: longest_s * whole.mean()),
        later(lambda: np.where(longest_s > 0, np.maximum(whole.second_moment() / whole.mean() ** 2 - 1, 0.0), 0.0)),
        later(lambda: np.where(longest_s > 0, longest_s * whole.inverse_survival(1 - quantile), 0.0)),
    )


def _random(law: str, mean: Floats, scv: Floats) -> Exponential | Lognormal:
    return Exponential(mean) if law == "exponential" else lognormal_of(mean, scv)


def _of(values: Floats, step: int) -> Floats:
    """The value of one step, where there is one for each or one for all."""
    value: Floats = values[step % len(values)]
    return value


@dataclass(frozen=True)
class _Step:
    """A random time behind a constant one."""

    random: Exponential | Lognormal
    delay: Floats

    def survival(self, time: Floats) -> Floats:
        """P(the step takes longer)."""
        return self.random.survival(time - self.delay)

    def inverse_survival(self, tail: Floats) -> Floats:
        """The time exceeded with probability `tail`."""
        return self.delay + self.random.inverse_survival(tail)


@dataclass(frozen=True)
class _Kth:
    """The k-th of `steps` and all of `needed`, whichever ends later; times in units of the longest mean."""

    steps: list[_Step]
    needed: list[_Step]
    k: Floats

    def survival(self, time: Floats) -> Floats:
        """P(T > time)."""
        few = self._fewer_than_k(time)
        over: Floats = np.ones(())
        for step in self.needed:
            over = over * (1 - step.survival(time))
        return few + (1 - few) * (1 - over)

    def inverse_survival(self, tail: Floats) -> Floats:
        """The time exceeded with probability `tail`: between the first of the steps and the last of all."""
        n, every = len(self.steps), [*self.steps, *self.needed]
        low = np.minimum.reduce(np.broadcast_arrays(*(step.inverse_survival(tail ** (1 / n)) for step in self.steps)))
        high = np.maximum.reduce(np.broadcast_arrays(*(step.inverse_survival(tail / len(every)) for step in every)))
        found = find_root(lambda time: np.log(tail) - np.log(self.survival(time)), low, high)
        return np.where(tail > 0, found, np.inf)

    def mean(self) -> Floats:
        """Its mean, by quadrature cut where the first and the last step reach each level and where each bends."""
        return mean_from_survival(self.survival, self._breaks())

    def second_moment(self) -> Floats:
        """The mean of its square, which is a time of the survival at the root."""
        return mean_from_survival(lambda square: self.survival(np.sqrt(square)), [cut**2 for cut in self._breaks()])

    def _fewer_than_k(self, time: Floats) -> Floats:
        n = len(self.steps)
        come = [np.ones(()), *(np.zeros(()) for _ in range(n))]  # come[j]: chance that j have come
        for step in self.steps:
            late = step.survival(time)
            come = [late * come[0], *(late * come[j] + (1 - late) * come[j - 1] for j in range(1, n + 1))]
        total: Floats = np.zeros(())
        for j, chance in enumerate(come):
            total = total + np.where(j < self.k, chance, 0.0)
        return total

    def _breaks(self) -> list[Floats]:
        every = [*self.steps, *self.needed]
        starts = np.minimum.reduce(np.broadcast_arrays(*(step.inverse_survival(LEVELS[0]) for step in self.steps)))
        ends = [
            np.maximum.reduce(np.broadcast_arrays(*(step.inverse_survival(level) for step in every)))
            for level in LEVELS[1:]
        ]
        tails = (LEVELS[0], *BENDS)
        bends = [np.maximum(step.inverse_survival(np.asarray(tail)), starts) for step in every for tail in tails]
        return [starts, *ends, *bends]
