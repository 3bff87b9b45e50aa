"""What random papers really measure: textbook formulas in plain numpy, vectorised over x alone, in SI.

Nothing here is taken from the library under test. Each formula stands in the book named beside it.
"""

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def erlang_c(offered: Floats, servers: int) -> Floats:
    """Probability of waiting in M/M/c, by the factorials (Kleinrock, Queueing Systems I, 1975, 3.5)."""
    k = np.arange(servers)[:, None]
    factorials = np.array([math.factorial(i) for i in range(servers)], dtype=np.float64)[:, None]
    tail = offered**servers / math.factorial(servers) * servers / (servers - offered)
    return np.asarray(tail / ((offered**k / factorials).sum(axis=0) + tail))


def mmc_response_s(rate: Floats, service_s: float, servers: int) -> Floats:
    """Mean wait and service of M/M/c; M/M/1 for one server."""
    return np.asarray(service_s + erlang_c(rate * service_s, servers) / (servers / service_s - rate))


def mmc_quantile_s(rate: Floats, service_s: float, servers: int, quantile: float) -> Floats:
    """Response that a share `quantile` of M/M/c's jobs stays below, by bisection on its distribution.

    Gross et al., Fundamentals of Queueing Theory, 4th ed. 2008, 2.3: an exponential service, after an exponential wait
    of rate d with probability C.
    """
    waits, ends, busy = erlang_c(rate * service_s, servers), servers / service_s - rate, 1 / service_s
    ends = np.where(np.abs(ends - busy) < 1e-9 * busy, ends * (1 + 1e-7), ends)
    low, high = np.zeros_like(rate), 200 * (service_s + 1 / ends)
    for _ in range(80):
        t = 0.5 * (low + high)
        both = (ends * np.exp(-busy * t) - busy * np.exp(-ends * t)) / (ends - busy)
        above = (1 - waits) * np.exp(-busy * t) + waits * both
        low, high = np.where(above > 1 - quantile, t, low), np.where(above > 1 - quantile, high, t)
    return np.asarray(0.5 * (low + high))


def mva(population: Floats, think_s: float, demands_s: list[float]) -> tuple[Floats, Floats]:
    """Throughput and response of a closed network (Reiser & Lavenberg, J. ACM 27(2), 1980), one client at a time."""
    demands = np.array(demands_s)
    queues, rates, responses = np.zeros(len(demands)), [], []
    for clients in range(1, int(population.max()) + 1):
        each = demands * (1 + queues)
        rates.append(clients / (think_s + each.sum()))
        responses.append(each.sum())
        queues = rates[-1] * each
    at = population.astype(int) - 1
    return np.array(rates)[at], np.array(responses)[at]


def repairman_rate(population: Floats, think_s: float, service_s: float, servers: int) -> Floats:
    """Throughput of N clients that think and share c servers: the birth-death chain (Gross et al. 2.8)."""
    found = []
    for clients in population.astype(int):
        here, weights = 1.0, [1.0]
        for busy in range(1, clients + 1):
            here *= (clients - busy + 1) * service_s / (think_s * min(busy, servers))
            weights.append(here)
        chances = np.array(weights) / np.sum(weights)
        found.append(float(chances @ np.minimum(np.arange(clients + 1), servers)) / service_s)
    return np.array(found)


def kth_of_exponential_s(mean_s: float, k: int, n: Floats) -> Floats:
    """Mean of the k-th fastest of n exponential times (David & Nagaraja, Order Statistics, 2003, 2.5)."""
    return np.asarray(mean_s * sum(1 / (n - i) for i in range(k)))


def hedged_mean_s(mean_s: float, delay_s: Floats) -> Floats:
    """An exponential time with a second copy after a delay: S(t) to the delay, then S(t) S(t - delay), integrated."""
    late = np.exp(-delay_s / mean_s)
    return np.asarray(mean_s * (1 - late) + late * mean_s / 2)


def md1_response_s(rate: Floats, service_s: float) -> Floats:
    """M/D/1: rho S / (2 (1 - rho)) + S (Kleinrock I, 5.6)."""
    load = rate * service_s
    return np.asarray(load * service_s / (2 * (1 - load)) + service_s)


def group_commit_s(rate: Floats, flush_s: float) -> Floats:
    """Commits that come during a flush of t share the next one: renewal over flushes (Helland et al., HPTS 1987).

    x commits come during a flush and wait half of it on average; with probability exp(-x) none does, and the next
    commit starts a flush of its own at once. All then wait for their own flush.
    """
    came = rate * flush_s
    return np.asarray(flush_s + came * flush_s / 2 / (came + np.exp(-came)))


def lru_hit_ratio(items: int, skew: float, capacity: Floats) -> Floats:
    """Che's characteristic time by bisection (Che, Tung, Wang, IEEE J. Sel. Areas Commun. 20(7), 2002)."""
    chances = np.arange(1, items + 1) ** -skew
    chances /= chances.sum()
    found = []
    for room in capacity:
        low, high = 0.0, 1.0
        while (1 - np.exp(-chances * high)).sum() < room:
            high *= 2
        for _ in range(60):
            middle = 0.5 * (low + high)
            filled = (1 - np.exp(-chances * middle)).sum() < room
            low, high = (middle, high) if filled else (low, middle)
        found.append(float(chances @ (1 - np.exp(-chances * high))))
    return np.array(found)
