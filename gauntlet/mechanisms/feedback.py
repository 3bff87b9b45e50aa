"""Work that makes more work: hedges and retries load the servers that caused them."""

from typing import Annotated, NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import (
    LARGEST,
    MEDIAN,
    Count,
    Finite,
    Floats,
    Positive,
    Probability,
    Scalar,
    Steps,
    outside_validity,
    primitive,
)
from gauntlet.mechanisms._numerics import Curve, find_root
from gauntlet.mechanisms.queueing import mmc
from gauntlet.mechanisms.tails import mmc_response

_MOST_STEPS = 60
_SETTLED, _NUDGE, _EQUAL = 1e-13, 1e-7, 1e-5
_ONE: Floats = np.asarray(1.0)
Several = Annotated[Floats, Scalar(2.0, LARGEST, kind="integer")]


class HedgedQueue(NamedTuple):
    """Outputs of `hedged_queue`."""

    utilisation: Floats
    extra_load: Floats
    mean_s: Floats
    quantile_s: Floats


@primitive
def hedged_queue(
    arrival_rate_per_s: Finite,
    service_time_s: Positive,
    servers: Several,
    hedge_delay_s: Finite,
    quantile: Probability = MEDIAN,
    workers: Steps = _ONE,
    most_hedged: Probability = _ONE,
) -> HedgedQueue:
    """Hedges that load the servers, approximately: u = u0 (1 + min(b, S(d))), P(T > t) = S(t) (1 - k + k S(t - d)).

    Each of n `servers`, among which `arrival_rate_per_s` is spread, is an M/M/c queue of c `workers` with mean
    `service_time_s`; S is the tail of its response at utilisation u, u0 that without hedges. A request that has no
    answer after d (`hedge_delay_s`) goes to a second server too, and the first answer counts: `quantile` is of that. A
    budget may hold hedges to a share b of all requests (`most_hedged`), so that k = min(1, b / S(d)) of the late ones
    are hedged. The lowest u counts, found by Newton's steps from below. Counts the load of the copies, which nobody
    calls back; leaves out cancellation, which saves much of it, and what slows a server for many requests in a row.
    Domain: Poisson arrivals spread at random, exponential service, independent servers (fewer than 4 are not: a
    ValidityWarning). Where the servers cannot carry every copy allowed, u0 (1 + b) >= 1, a burst may tip them over for
    good, the sooner the fewer they are: the value is that before, with a ValidityWarning. Saturated where no u below 1
    is left.
    Source: Dean and Barroso, Comm. ACM 56(2), 2013; independent copies as in Vulimiri et al., Low Latency via
    Redundancy, CoNEXT 2013; tipping over: Bronson et al., Metastable Failures in Distributed Systems, HotOS 2021.

    >>> found = hedged_queue(3000.0, 1e-3, servers=10, hedge_delay_s=0.0)
    >>> round(float(found.utilisation), 9), round(float(found.mean_s), 9)
    (0.6, 0.00125)
    """
    plain = arrival_rate_per_s * service_time_s / (servers * workers)
    delay = hedge_delay_s / service_time_s
    lowest = _lowest_load(plain, lambda load: plain * (1 + _Tail.at(load, workers).beyond(delay)))
    rho = np.minimum(lowest, plain * (1 + most_hedged))
    stable = rho < 1
    outside_validity(servers < 4, "hedged_queue: fewer than 4 servers are too much alike; the tail is too optimistic.")
    outside_validity(
        stable & (plain * (1 + most_hedged) >= 1),
        "hedged_queue: the servers cannot carry all copies allowed; a burst may tip them into overload for good.",
    )
    tail = _Tail.at(np.where(stable, rho, 0.0), workers)
    late = tail.beyond(delay)
    hedged = np.where(stable, np.minimum(late, most_hedged), most_hedged)
    kept = np.where(late > 0, hedged / late, 0.0)

    def excess(time: Floats) -> Floats:
        return np.log1p(-quantile) - np.log(tail.beyond(time)) - np.log1p(-kept * (1 - tail.beyond(time - delay)))

    alone = mmc_response(np.where(stable, rho, 0.0) * workers, 1.0, workers, quantile).response_quantile_s
    quantile_s = service_time_s * find_root(excess, np.zeros(()), alone)
    mean_s = service_time_s * (tail.area() - kept * tail.saved(delay))
    return HedgedQueue(
        utilisation=rho,
        extra_load=hedged,
        mean_s=np.where(stable, mean_s, np.inf),
        quantile_s=np.where(stable & (quantile < 1), quantile_s, np.inf),
    )


class _Tail(NamedTuple):
    """P(response > t) = own exp(-t) + behind exp(-ending t), of M/M/c in service times."""

    own: Floats
    behind: Floats
    ending: Floats

    @classmethod
    def at(cls, rho: Floats, workers: Floats) -> "_Tail":
        """The tail at a utilisation, up to 1."""
        load = np.minimum(rho, 1.0) * workers
        ending = workers - load
        apart = np.where(np.abs(ending - 1) < _EQUAL, _EQUAL, ending - 1)
        behind = -mmc(load, 1.0, workers).prob_wait / apart
        return cls(1 - behind, behind, 1 + apart)

    def beyond(self, time: Floats) -> Floats:
        """P(response > time)."""
        after = np.maximum(time, 0.0)
        return self.own * np.exp(-after) + self.behind * np.exp(-self.ending * after)

    def area(self) -> Floats:
        """The mean."""
        return self.own + self.behind / self.ending

    def saved(self, delay: Floats) -> Floats:
        """Mean time that a second copy after `delay` saves: the integral of S(t + delay) (1 - S(t))."""
        first, second = self.own * np.exp(-delay), self.behind * np.exp(-self.ending * delay)
        both = first * (self.own / 2 + self.behind / (1 + self.ending))
        both = both + second * (self.own / (1 + self.ending) + self.behind / (2 * self.ending))
        return first + second / self.ending - both


def _lowest_load(start: Floats, grown: Curve) -> Floats:
    """Lowest load from `start` on that equals what it grows to, infinite where there is none below 1.

    `grown` is convex and rises: Newton's steps from below never pass the lowest fixed point, and a slope of 1 or more
    before it shows that there is none.
    """
    load = start
    for _ in range(_MOST_STEPS):
        at = np.minimum(load, 1.0)
        more = grown(at) - at
        slope = (grown(at + _NUDGE) - grown(at)) / _NUDGE
        step = np.where(more > _SETTLED, np.where(slope < 1, more / (1 - slope), np.inf), 0.0)
        load = load + np.where(load < 1, step, 0.0)
        if np.all((step == 0) | (load >= 1)):
            break
    return np.where(load < 1, load, np.inf)


class RetriedLoad(NamedTuple):
    """Outputs of `retried_load`."""

    attempts: Floats
    attempt_rate_per_s: Floats
    utilisation: Floats
    mean_response_s: Floats
    success_probability: Floats


@primitive
def retried_load(
    arrival_rate_per_s: Finite,
    service_time_s: Positive,
    servers: Steps,
    failure_probability: Probability,
    max_attempts: Count,
) -> RetriedLoad:
    """Retries that load the servers: a = (1 - p^k) / (1 - p) attempts, load lambda a, response a R(lambda a) of M/M/c.

    Requests come at rate lambda (`arrival_rate_per_s`). An attempt fails with probability p (`failure_probability`)
    after it was served in S on average (`service_time_s`), and is repeated at once, up to k attempts (`max_attempts`);
    `mean_response_s` is the time to success or to the last failure. Counts the load that attempts add for all; leaves
    out back-off (no load) and failures caused by load, such as time-outs, which may feed on themselves.
    Domain: Poisson requests at c `servers` behind one queue, exponential service, independent failures, lambda a S < c;
    saturated beyond.
    Source: Jackson, Management Science 10(1), 1963; Kelly, Reversibility and Stochastic Networks, 1979, section 3.1.

    >>> found = retried_load(400.0, 1e-3, servers=1, failure_probability=0.5, max_attempts=2)
    >>> float(found.utilisation), round(float(found.mean_response_s), 6)
    (0.6, 0.00375)
    """
    p, most = failure_probability, max_attempts
    lost = np.where(p > 0, p**most, 0.0)
    attempts = np.where(p < 1, (1 - lost) / (1 - p), most)
    rate_per_s = arrival_rate_per_s * attempts
    attempt_s = mmc(np.where(np.isfinite(rate_per_s), rate_per_s, LARGEST), service_time_s, servers).mean_response_s
    return RetriedLoad(attempts, rate_per_s, rate_per_s * service_time_s / servers, attempts * attempt_s, 1 - lost)
