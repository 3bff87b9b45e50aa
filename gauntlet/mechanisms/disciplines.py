"""Servers that do not simply take the next job: priorities, polling, and batches."""

from typing import Annotated, NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import (
    Count,
    Floats,
    Listed,
    ListOfTimes,
    NonNegative,
    OneOf,
    Positive,
    Scalar,
    primitive,
    require,
    saturating,
)
from gauntlet.mechanisms._numerics import find_root

ListOfRates = Annotated[Floats, Listed(Scalar(0.0))]


class PriorityWait(NamedTuple):
    """Outputs of `mg1_priority_nonpreemptive`: one row per class."""

    mean_wait_s: Floats


@primitive
def mg1_priority_nonpreemptive(
    arrival_rates_per_s: ListOfRates, mean_services_s: ListOfTimes, service_scvs: ListOfRates
) -> PriorityWait:
    """M/G/1 head-of-line priorities (Cobham): W_k = W_0 / ((1 - s_(k-1)) (1 - s_k)), W_0 = sum lambda E[S^2] / 2.

    Counts the wait W_k of class k (1 is the highest) behind its equals, its betters and the job in service, which is
    not interrupted: s_k is the utilisation sum lambda S of classes 1 to k, lambda the rates (`arrival_rates_per_s`), S
    the mean service times (`mean_services_s`), E[S^2] = S^2 (1 + scv) with `service_scvs`; W_0 is the rest of the job
    in service. Leaves out ageing. A saturated class waits for ever, and delays those above only by the share of it
    served.
    Domain: Poisson arrivals per class; classes with s_k >= 1 are saturated.
    Source: Cobham, Oper. Res. 2(1), 1954; Kleinrock, Queueing Systems II, 1976, ch. 3 (head-of-the-line priorities).

    >>> [round(float(w), 6) for w in mg1_priority_nonpreemptive([0.3, 0.4], [1.0, 1.0], [1.0, 1.0]).mean_wait_s]
    [1.0, 3.333333]
    """
    _same_length("mg1_priority_nonpreemptive", arrival_rates_per_s, mean_services_s, service_scvs)
    rho = arrival_rates_per_s * mean_services_s
    up_to = np.cumsum(rho, axis=0)
    above = up_to - rho
    served = np.where(rho > 0, np.clip((1 - above) / np.where(rho > 0, rho, 1.0), 0.0, 1.0), 0.0)
    residual_s = (served * _residual(rho, mean_services_s, service_scvs)).sum(axis=0)
    return PriorityWait(saturating(residual_s / ((1 - above) * (1 - up_to)), up_to))


class PriorityResponse(NamedTuple):
    """Outputs of `mg1_priority_preemptive_resume`: one row per class."""

    mean_response_s: Floats


@primitive
def mg1_priority_preemptive_resume(
    arrival_rates_per_s: ListOfRates, mean_services_s: ListOfTimes, service_scvs: ListOfRates
) -> PriorityResponse:
    """M/G/1 preemptive-resume: R_k = S_k / (1 - s_(k-1)) + sum_(i<=k) lambda_i E[S_i^2] / (2 (1 - s_(k-1)) (1 - s_k)).

    Counts the response R_k of class k (1 is the highest), which higher classes interrupt: s_k is the utilisation sum
    lambda_i S_i of classes 1 to k, lambda the rates (`arrival_rates_per_s`), S the mean service times
    (`mean_services_s`), E[S^2] = S^2 (1 + scv) with `service_scvs`. Leaves out the cost of switching (add it to the
    service).
    Domain: Poisson arrivals per class; classes with s_k >= 1 are saturated.
    Source: Kleinrock, Queueing Systems II, 1976, ch. 3 (head-of-the-line priorities); Harchol-Balter, Performance
    Modeling and Design of Computer Systems, 2013, ch. 32.

    >>> [round(float(r), 6) for r in mg1_priority_preemptive_resume([0.3, 0.4], [1.0, 1.0], [1.0, 1.0]).mean_response_s]
    [1.428571, 4.761905]
    """
    _same_length("mg1_priority_preemptive_resume", arrival_rates_per_s, mean_services_s, service_scvs)
    rho = arrival_rates_per_s * mean_services_s
    up_to = np.cumsum(rho, axis=0)
    above = up_to - rho
    residual_s = np.cumsum(_residual(rho, mean_services_s, service_scvs), axis=0)
    response_s = mean_services_s / (1 - above) + residual_s / ((1 - above) * (1 - up_to))
    return PriorityResponse(saturating(response_s, up_to))


def _residual(rho: Floats, mean_services_s: Floats, service_scvs: Floats) -> Floats:
    """Mean time left of the job in service, lambda E[S^2] / 2; 0 where none comes, however uneven the jobs are."""
    return np.where(rho > 0, rho * mean_services_s * (1 + service_scvs) / 2, 0.0)


def _same_length(name: str, *lists: Floats) -> None:
    lengths = [len(values) for values in lists]
    require(len(set(lengths)) == 1, f"{name}: lists of {lengths} elements; expected one element per class in each.")


class PollingWait(NamedTuple):
    """Outputs of `polling_symmetric`."""

    mean_wait_s: Floats


@primitive
def polling_symmetric(
    policy: Annotated[str, OneOf(("exhaustive", "gated", "limited"))],
    stations: Count,
    arrival_rate_per_station_per_s: NonNegative,
    mean_service_s: NonNegative,
    service_scv: NonNegative,
    switchover_s: Positive,
    switchover_var_s2: NonNegative,
) -> PollingWait:
    """Cyclic polling of N queues: W = v / (2 r) + (N lambda b2 + r (N -+ rho)) / (2 (1 - rho)), - exhaustive, + gated.

    Counts the walk of one server from queue to queue (`policy` says whether it empties a queue, takes who stands there,
    or takes one): N is `stations`, lambda the rate at each (`arrival_rate_per_station_per_s`), r and v the mean
    (`switchover_s`) and variance (`switchover_var_s2`) of one walk, b2 = S^2 (1 + scv) with S `mean_service_s` and scv
    `service_scv`, W the mean wait. One job per visit (limited): W = v / (2 r) + (N lambda b2 + r (N + rho) + N lambda
    v) / (2 (1 - rho - N lambda r)). Leaves out unequal queues.
    Domain: identical Poisson stations, rho = N lambda S < 1 (limited: rho + N lambda r < 1); saturated beyond.
    Source: Takagi, Analysis of Polling Systems, 1986; Takagi, ACM Comp. Surveys 20(1), 1988.

    >>> round(float(polling_symmetric("exhaustive", 4, 0.15, 1.0, 1.0, 0.5, 0.0).mean_wait_s), 6)
    3.625
    """
    n, r, v = stations, switchover_s, switchover_var_s2
    total_rate_per_s = n * arrival_rate_per_station_per_s
    rho = total_rate_per_s * mean_service_s
    work_s = np.where(rho > 0, rho * mean_service_s * (1 + service_scv), 0.0)
    if policy == "limited":
        used = rho + total_rate_per_s * r
        limited_s = (work_s + r * (n + rho) + total_rate_per_s * v) / (2 * (1 - used))
        return PollingWait(saturating(v / (2 * r) + limited_s, used))
    sign = -1 if policy == "exhaustive" else 1
    return PollingWait(saturating(v / (2 * r) + (work_s + r * (n + sign * rho)) / (2 * (1 - rho)), rho))


class BulkService(NamedTuple):
    """Outputs of `bulk_service_mm1b`."""

    mean_wait_s: Floats
    mean_response_s: Floats
    busy_fraction: Floats


@primitive
def bulk_service_mm1b(arrival_rate_per_s: Positive, service_time_s: Positive, max_batch: Count) -> BulkService:
    """M/M[1,b]/1: mu (r + ... + r^b) = lambda gives r, A = 1 / (mu/lambda + 1/(1 - r)), W = A r / (lambda (1 - r)^2).

    Counts a server that starts as soon as one job waits and takes up to b (`max_batch`), in a mean time 1/mu
    (`service_time_s`) that does not depend on their number: jobs come at rate lambda (`arrival_rate_per_s`), A is the
    probability of a busy server with nobody waiting, r the ratio of the geometric law of those who wait, W the mean
    wait. Leaves out joining a batch under way.
    Domain: Poisson arrivals, exponential batch time, lambda < b mu; saturated beyond.
    Source: Bailey, J. Roy. Stat. Soc. B 16(1), 1954; Chaudhry and Templeton, A First Course in Bulk Queues, 1983.

    >>> round(float(bulk_service_mm1b(0.75, 1.0, 2).mean_wait_s), 6)
    0.8
    """
    load = arrival_rate_per_s * service_time_s
    rho = load / max_batch

    def excess(r: Floats) -> Floats:
        return r * -np.expm1(max_batch * np.log(r)) / (1 - r) - load

    r = find_root(excess, rho, np.minimum(load, 1.0))  # b terms of at most r, the first of which is r
    start = 1 / (1 / load + 1 / (1 - r))
    wait_s = saturating(start * r / (arrival_rate_per_s * (1 - r) ** 2), rho)
    return BulkService(wait_s, wait_s + service_time_s, np.where(rho < 1, start / (1 - r), 1.0))


class GroupedService(NamedTuple):
    """Outputs of `dynamic_batching`."""

    mean_batch: Floats
    mean_response_s: Floats
    meanfield_batch: Floats


_MOST_GENERATIONS = 5_000


@primitive
def dynamic_batching(arrival_rate_per_s: Positive, fixed_s: NonNegative, per_item_s: NonNegative) -> GroupedService:
    """Dynamic batching: b' = max(1, Poisson(m)), R = (E[m^2]/(2 lambda) + t0 E[m] + a E[m + m^2] + e H(1))/(E[m] + e).

    Counts a server (GPU inference, M/D/1 with batches) that takes all waiting jobs as one batch of b in H(b) = t0 + a
    b, with t0 `fixed_s` and a `per_item_s`: the response R is the wait for the running batch and the batch itself. Jobs
    come at rate lambda (`arrival_rate_per_s`), m = lambda H(b) of them during a batch, none with probability e =
    E[exp(-m)]. With x = lambda t0 and y = lambda a the chain has (1 - y) E[b] = x + e and (1 - y^2) E[b^2] = x + y E[b]
    + x^2 + 2 x y E[b] + e, and its transform phi(s) = E[exp(-s b)] obeys phi(s) = exp(-x u) phi(y u) - u e with u = 1 -
    exp(-s), which gives e. `meanfield_batch` is x / (1 - y). Leaves out a cap on the batch.
    Domain: Poisson arrivals, deterministic batch time, y < 1; saturated beyond. With a largest batch:
    `limited_batching`.
    Source: Inoue, Perf. Eval. 147, 2021; Bailey, J. Roy. Stat. Soc. B 16(1), 1954.

    >>> round(float(dynamic_batching(1.0, 1.0, 0.0).mean_batch - np.exp(-1)), 6)
    1.0
    """
    x, y = arrival_rate_per_s * fixed_s, arrival_rate_per_s * per_item_s
    empty = _nothing_arrives(x, np.minimum(y, 1.0))
    batch = (x + empty) / (1 - y)
    square = (x + y * batch + x**2 + 2 * x * y * batch + empty) / (1 - y**2)
    m, mm = x + y * batch, x**2 + 2 * x * y * batch + y**2 * square
    spent = mm / (2 * arrival_rate_per_s) + fixed_s * m + per_item_s * (m + mm) + empty * (fixed_s + per_item_s)
    response_s = np.where(np.isinf(x), np.inf, spent / (m + empty))
    return GroupedService(saturating(batch, y), saturating(response_s, y), saturating(x / (1 - y), y))


def _nothing_arrives(x: Floats, y: Floats) -> Floats:
    """E[exp(-m)]: how often no job arrives while a batch is served."""
    product, weighted = np.ones(np.broadcast_shapes(np.shape(x), np.shape(y))), np.zeros(())
    s = y
    for _ in range(_MOST_GENERATIONS):
        u = -np.expm1(-s)
        weighted = weighted + u * product
        product = product * np.exp(-x * u)
        s = y * u
        if np.all((s < 1e-15) | (product < 1e-15)):
            break
    product = product * np.exp(-x * s / (1 - y))  # the rest of the chain, where u and s agree
    return np.exp(-x) * product / (1 + np.exp(-x) * weighted)
