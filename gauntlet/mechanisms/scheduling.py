"""Which server a job goes to, and which job a server takes."""

import itertools
from typing import Annotated, NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import (
    LARGEST,
    Count,
    Floats,
    NonNegative,
    OneOf,
    Positive,
    primitive,
    require,
    saturating,
)
from gauntlet.mechanisms._numerics import integrate


class MeanResponse(NamedTuple):
    """Outputs of `power_of_d` and `size_based_scheduling_mm1`."""

    mean_response_s: Floats


_MOST_QUEUE_TERMS = 200


@primitive
def power_of_d(load: NonNegative, choices: Count, service_time_s: NonNegative) -> MeanResponse:
    """Shortest of d random queues: R = S sum_i rho^((d^i - d)/(d - 1)), i from 1; d = 1 is M/M/1.

    Counts the response R of a job of mean service time S (`service_time_s`) that asks d (`choices`) of very many
    servers for their queue length and joins the shortest, at rho (`load`) per server; leaves out stale answers, which
    herd.
    Domain: Poisson arrivals, exponential service, rho < 1, saturated beyond; the limit of many servers, an
    approximation for few (a hundred are 1 to 3 % slower).
    Source: Mitzenmacher, IEEE TPDS 12(10), 2001; Vvedenskaya, Dobrushin, Karpelevich, Probl. Inf. Transm. 32(1), 1996.

    >>> round(float(power_of_d(0.9, 2, 1.0).mean_response_s), 4)
    2.6141
    """
    exponent, total = np.zeros(()), np.zeros(())
    log_load = np.where((choices > 1) & (load < 1), np.log(load), -np.inf)  # the rest is not summed
    log_load = np.maximum(log_load, -LARGEST)  # 0 times it is 0
    for _ in range(_MOST_QUEUE_TERMS):
        term = np.exp(exponent * log_load)
        total = total + term
        exponent = choices * (exponent + 1)  # (d^(i+1) - d)/(d - 1) from (d^i - d)/(d - 1)
        if np.all(term < 1e-17):
            break
    single = 1 / (1 - load)
    return MeanResponse(saturating(service_time_s * np.where(choices == 1, single, total), load))


_SIZE_PANELS = np.array([0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 13.0, 17.0, 22.0, 30.0, 45.0])
"""Job sizes, in means, between which the integrands are smooth enough for one quadrature each."""


@primitive
def size_based_scheduling_mm1(
    policy: Annotated[str, OneOf(("fcfs", "sjf", "srpt"))], arrival_rate_per_s: NonNegative, mean_service_s: Positive
) -> MeanResponse:
    """M/M/1 by size: FCFS S/(1 - rho); SJF S + int lambda E[S^2]/2 / (1 - rho(x))^2 dF; SRPT by Schrage and Miller.

    Counts exact knowledge of sizes x, distributed as F with mean S (`mean_service_s`), mean square E[S^2] = 2 S^2 and
    arriving at rate lambda (`arrival_rate_per_s`): rho = lambda S, rho(x) = lambda int_0^x t dF is the load of smaller
    jobs, m2(x) = int_0^x t^2 dF; `policy` SRPT has int (lambda/2 (m2(x) + x^2 (1 - F)) / (1 - rho(x))^2) dF + int (1 -
    F(t)) / (1 - rho(t)) dt, the least mean of all policies: less at the same load is impossible. Leaves out the cost of
    preemption.
    Domain: Poisson arrivals, exponential sizes, rho < 1; saturated beyond.
    Source: Schrage and Miller, Oper. Res. 14(4), 1966; Phipps, Oper. Res. 4(1), 1956; Harchol-Balter, Performance
    Modeling and Design of Computer Systems, 2013, ch. 31-33.

    >>> round(float(size_based_scheduling_mm1("fcfs", 0.8, 1.0).mean_response_s), 6)
    5.0
    """
    rho = arrival_rate_per_s * mean_service_s
    if policy == "fcfs":
        return MeanResponse(saturating(mean_service_s / (1 - rho), rho))
    delays = {"sjf": _shortest_first, "srpt": _shortest_remaining}[policy]
    means = np.zeros(())
    for low, high in itertools.pairwise(_SIZE_PANELS):
        means = means + integrate(lambda x: delays(x, rho), low, high, 24)
    return MeanResponse(saturating(mean_service_s * means, rho))


def _shortest_first(x: Floats, rho: Floats) -> Floats:
    """Density of the response over job sizes x, in means."""
    return np.exp(-x) * (x + rho / _idle_of_smaller(x, rho) ** 2)


def _shortest_remaining(x: Floats, rho: Floats) -> Floats:
    """Density of waiting over sizes, plus that of residence, whose double integral was exchanged."""
    tail, idle = np.exp(-x), _idle_of_smaller(x, rho)
    second_moment = 2 - tail * (x * x + 2 * x + 2)
    waiting = rho / 2 * (second_moment + x * x * tail) / idle**2
    return tail * waiting + tail / idle


def _idle_of_smaller(x: Floats, rho: Floats) -> Floats:
    """1 - rho(x): the share of time without jobs smaller than x."""
    return 1 - rho + rho * np.exp(-x) * (1 + x)


class WorkSpan(NamedTuple):
    """Outputs of `brent_bound`."""

    lower_s: Floats
    upper_s: Floats
    parallelism: Floats


@primitive
def brent_bound(work_s: Positive, span_s: Positive, processors: Count) -> WorkSpan:
    """Work and span: max(T1/P, Tinf) <= T_P <= (T1 - Tinf)/P + Tinf, parallelism T1/Tinf.

    Counts what a greedy scheduler needs (T_P) on P `processors` for work T1 (`work_s`) with longest chain Tinf
    (`span_s`); leaves out communication and stealing.
    Domain: span not above work.
    Source: Brent, J. ACM 21(2), 1974; Graham, SIAM J. Appl. Math. 17(2), 1969; Blumofe and Leiserson, J. ACM 46(5),
    1999.

    >>> round(float(brent_bound(100.0, 2.0, 16).upper_s), 6)
    8.125
    """
    require(span_s <= work_s, "brent_bound: span_s = {} is above work_s = {}; expected no more.", span_s, work_s)
    lower_s = np.maximum(work_s / processors, span_s)
    return WorkSpan(lower_s, (work_s - span_s) / processors + span_s, work_s / span_s)
