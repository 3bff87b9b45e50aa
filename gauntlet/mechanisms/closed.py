"""Networks of queues: closed (a fixed population circulates) and open (Jackson).

A demand is D = visits x service time at one station; lists hold one element per station, and elements broadcast.
"""

from typing import Annotated, NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import (
    LARGEST,
    MOST_STEPS,
    Floats,
    Listed,
    NonNegative,
    Scalar,
    Steps,
    primitive,
    require,
    saturating,
)
from gauntlet.mechanisms.queueing import mmc

_WALKED_TOGETHER = 8192
"""Networks whose arrays fit into a core's cache."""

_MOST_NEWTON_STEPS = 100
_LEAST_IDLE = float(np.finfo(np.float64).eps)

Population = Annotated[Floats, Scalar(1.0, LARGEST)]
ListOfDemands = Annotated[Floats, Listed(Scalar(0.0, LARGEST))]
ListOfCounts = Annotated[Floats, Listed(Scalar(1.0, MOST_STEPS, kind="integer"))]
ListOfVisits = Annotated[Floats, Listed(Scalar(0.0, above=True))]
ListOfServices = Annotated[Floats, Listed(Scalar(0.0, above=True))]


class ClosedNetwork(NamedTuple):
    """Outputs of `mva_exact`; `queue_lengths` has one row per station."""

    throughput_per_s: Floats
    response_s: Floats
    queue_lengths: Floats


@primitive
def mva_exact(population: Steps, think_time_s: NonNegative, demands_s: ListOfDemands) -> ClosedNetwork:
    """Exact mean value analysis: R_k(n) = D_k (1 + Q_k(n - 1)), X(n) = n / (Z + sum R_k), Q_k = X R_k, for n up to N.

    Counts queueing of one class of N clients (`population`) that think for Z (`think_time_s`) and visit stations of
    demand D_k (`demands_s`, visits times service time): R_k(n) is the time at station k when n circulate and Q_k(n) its
    queue, X the throughput. Leaves out stations with several servers, priorities and simultaneous possession.
    Domain: product-form (BCMP) stations, load-independent, whole N >= 1.
    Source: Reiser and Lavenberg, J. ACM 27(2), 1980; Lazowska et al., Quantitative System Performance, 1984, section
    6.4.

    >>> round(float(mva_exact(3, 0.0, [1.0, 1.0]).throughput_per_s), 6)
    0.75
    """
    _require_work("mva_exact", think_time_s, demands_s)
    shape = demands_s.shape[1:]
    clients, think_s = (np.broadcast_to(part, shape).ravel() for part in (population, think_time_s))
    demands = demands_s.reshape(len(demands_s), -1)
    queues = np.zeros(demands.shape)
    total_s, rate_per_s = np.zeros(demands.shape[1]), np.zeros(demands.shape[1])
    order = np.argsort(
        clients, kind="stable"
    )  # networks of one population together: each walks no further than its own
    for start in range(0, order.size, _WALKED_TOGETHER):
        some = order[start : start + _WALKED_TOGETHER]
        queues[:, some], total_s[some], rate_per_s[some] = _walk(clients[some], think_s[some], demands[:, some])
    return ClosedNetwork(rate_per_s.reshape(shape), total_s.reshape(shape), queues.reshape(demands_s.shape))


def _walk(clients: Floats, think_s: Floats, demands_s: Floats) -> tuple[Floats, Floats, Floats]:
    """Queues, response and throughput of M networks that stand in the order of their clients, demands (K, M)."""
    queues, total_s, rate_per_s = np.zeros(demands_s.shape), np.zeros(clients.size), np.zeros(clients.size)
    for n in range(1, int(clients[-1]) + 1):
        on = slice(int(np.searchsorted(clients, n)), None)
        at_station_s = queues[:, on]
        at_station_s += 1
        at_station_s *= demands_s[:, on]
        at_station_s.sum(axis=0, out=total_s[on])
        np.add(think_s[on], total_s[on], out=rate_per_s[on])
        np.divide(n, rate_per_s[on], out=rate_per_s[on])
        at_station_s *= rate_per_s[on]
    return queues, total_s, rate_per_s


class ClosedApproximation(NamedTuple):
    """Outputs of `mva_schweitzer`."""

    throughput_per_s: Floats
    response_s: Floats


@primitive
def mva_schweitzer(population: Population, think_time_s: NonNegative, demands_s: ListOfDemands) -> ClosedApproximation:
    """Approximate MVA (Schweitzer-Bard): R_k = D_k (1 + (N - 1)/N Q_k), X = N / (Z + sum R_k), Q_k = X R_k.

    Counts what `mva_exact` counts, at a cost that does not grow with N (`population`), which may be fractional: think
    time Z (`think_time_s`), demands D_k (`demands_s`), time R_k and queue Q_k at each station, throughput X. It is
    solved for X: R_k = D_k / (1 - (N - 1)/N X D_k), and X (Z + sum R_k) = N has one root. Leaves out what `mva_exact`
    leaves out.
    Domain: as `mva_exact`; X is never too high and at most 7 % too low, R never too low and up to 23 % too high: near
    the knee, where think time is long.
    Source: Schweitzer, Int. Conf. Stochastic Control and Optimization, Amsterdam, 1979; Bard, Performance of Computer
    Systems, 1979; Lazowska et al., Quantitative System Performance, 1984, section 6.4.

    >>> round(float(mva_schweitzer(3, 0.0, [1.0, 1.0]).throughput_per_s), 6)
    0.75
    """
    _require_work("mva_schweitzer", think_time_s, demands_s)
    others = (population - 1) / population
    # The slowest station alone makes the equation quadratic. With the rest it is convex in X, and its root is less, so
    # that Newton's steps fall to it.
    slowest_s, cycle_s = demands_s.max(axis=0), think_time_s / population
    root_s = np.hypot(cycle_s - slowest_s, 2 * np.sqrt(cycle_s) * np.sqrt(slowest_s / population))
    rate_per_s = 2 / (cycle_s + slowest_s + root_s)
    for _ in range(_MOST_NEWTON_STEPS):
        idle = np.maximum(1 - others * rate_per_s * demands_s, _LEAST_IDLE)
        response_s = (demands_s / idle).sum(axis=0)
        slope_s = think_time_s + (demands_s / (idle * idle)).sum(axis=0)
        excess = rate_per_s * (think_time_s + response_s) - population
        step_per_s = np.fmax(excess / slope_s, 0.0)  # 0 for the NaN of an infinite think time
        rate_per_s = rate_per_s - step_per_s
        if np.all(step_per_s <= 1e-14 * rate_per_s):
            break
    return ClosedApproximation(rate_per_s, response_s)


class ClosedBounds(NamedTuple):
    """Outputs of `closed_network_bounds`."""

    throughput_upper_per_s: Floats
    throughput_lower_per_s: Floats
    response_lower_s: Floats
    knee_population: Floats
    balanced_upper_per_s: Floats
    balanced_lower_per_s: Floats


@primitive
def closed_network_bounds(population: Population, think_time_s: NonNegative, demands_s: ListOfDemands) -> ClosedBounds:
    """Asymptotic bounds N / (N D + Z) <= X <= min(1 / Dmax, N / (D + Z)) and balanced-job bounds; knee (D + Z) / Dmax.

    Counts what no queueing discipline can beat: N clients (`population`) think for Z (`think_time_s`) and visit
    stations whose demands (`demands_s`) have sum D, largest Dmax and mean Dmean; X is the throughput; the response is
    at least max(D, N Dmax - Z). Balanced: N / (D + Z + (N - 1) Dmax / (1 + Z / (N D))) <= X <= min(1 / Dmax, N / (D + Z
    + (N - 1) Dmean / (1 + Z / D))). Leaves out the queueing itself, so it is never a prediction.
    Domain: any distribution; the balanced bounds need product form.
    Source: Denning and Buzen, ACM Comp. Surveys 10(3), 1978; Zahorjan, Sevcik, Eager, Galler, Comm. ACM 25(2), 1982;
    Lazowska et al., Quantitative System Performance, 1984, tables 5.1 and 5.2.

    >>> round(float(closed_network_bounds(20, 1.0, [0.02, 0.05, 0.01]).knee_population), 6)
    21.6
    """
    _require_work("closed_network_bounds", think_time_s, demands_s)
    n, z = population, think_time_s
    total_s, largest_s, mean_s = demands_s.sum(axis=0), demands_s.max(axis=0), demands_s.mean(axis=0)
    balanced_upper = n / (total_s + z + (n - 1) * mean_s / (1 + z / total_s))
    return ClosedBounds(
        throughput_upper_per_s=np.minimum(1 / largest_s, n / (total_s + z)),
        throughput_lower_per_s=n / (n * total_s + z),
        response_lower_s=np.maximum(total_s, n * largest_s - z),
        knee_population=(total_s + z) / largest_s,
        balanced_upper_per_s=np.minimum(1 / largest_s, balanced_upper),
        balanced_lower_per_s=n / (total_s + z + (n - 1) * largest_s / (1 + z / (n * total_s))),
    )


def _require_work(name: str, think_time_s: Floats, demands_s: Floats) -> None:
    total_s = think_time_s + demands_s.sum(axis=0)
    require(total_s > 0, f"{name}: demands_s and think_time_s are all 0; expected at least one above 0.")


class OpenNetwork(NamedTuple):
    """Outputs of `open_jackson`."""

    response_s: Floats
    max_throughput_per_s: Floats
    bottleneck_utilisation: Floats


@primitive
def open_jackson(
    arrival_rate_per_s: NonNegative, visits: ListOfVisits, service_times_s: ListOfServices, servers: ListOfCounts
) -> OpenNetwork:
    """Open Jackson network of M/M/c stations: lambda_k = lambda V_k, R = sum V_k R_k, X_max = min c_k / (V_k S_k).

    Counts queueing at every station that a job visits: jobs come from outside at rate lambda (`arrival_rate_per_s`) and
    make V_k visits (`visits`) of mean service time S_k (`service_times_s`) to the c_k `servers` of station k, whose
    response is R_k as in `mmc`; R is the response of the whole and X_max its highest throughput. Leaves out blocking by
    finite buffers.
    Domain: Poisson arrivals, exponential service, Markov routing, every rho_k = lambda_k S_k / c_k < 1; saturated
    beyond.
    Source: Jackson, Oper. Res. 5(4), 1957; Jackson, Management Sci. 10(1), 1963; Gross, Shortle, Thompson, Harris,
    Fundamentals of Queueing Theory, 4th ed. 2008, section 4.2.

    >>> round(float(open_jackson(50.0, [1.0, 2.0], [0.01, 0.005], [1, 1]).response_s), 6)
    0.04
    """
    require(
        len(visits) == len(service_times_s) == len(servers),
        f"open_jackson: visits, service_times_s and servers have {len(visits)}, {len(service_times_s)} and "
        f"{len(servers)} elements; expected one per station in each.",
    )
    station_s = mmc(arrival_rate_per_s * visits, service_times_s, servers).mean_response_s
    capacity_per_s = (servers / (visits * service_times_s)).min(axis=0)
    utilisation = arrival_rate_per_s / capacity_per_s
    response_s = (visits * station_s).sum(axis=0)
    return OpenNetwork(saturating(response_s, utilisation), capacity_per_s, utilisation)
