"""Closed networks whose stations have several servers each, exact.

Jobs that circulate among N are jobs of an open network that happens to hold N: with the load a = D z of a station at
any rate z, its jobs have weights g(n) = a^n / prod_(i <= n) min(i, c), those that think Poisson's, and the throughput
is z P(all hold N - 1) / P(all hold N). At the rate z at which the open network holds about N, both are no rare events,
so that sums of positive numbers give them without loss. Weights of a station are those of q(n) = g(n) (1 - n / c),
n < c, followed by a geometric tail: g(n) = q(n) + (a / c) g(n - 1).
"""

import math
from collections.abc import Iterator
from typing import Annotated, NamedTuple

import numpy as np
import numpy.typing as npt

from gauntlet.mechanisms._inputs import Finite, Floats, Listed, Scalar, Steps, primitive, require
from gauntlet.mechanisms.closed import ListOfDemands

MOST_SERVERS = 1000
MOST_COPIES = 100
ONCE: Floats = np.ones(1)
_BISECTIONS = 40
_TINY = float(np.finfo(np.float64).tiny)
_NEVER = 45.0
"""exp(-45) of the weight of a state is below rounding."""
_ELEMENTS = 2**20
_TOGETHER = (128, 1024)
"""Networks times states of one pass, and how many networks it takes at least and at most."""

ListOfServers = Annotated[Floats, Listed(Scalar(1.0, MOST_SERVERS, kind="integer"))]
ListOfCopies = Annotated[Floats, Listed(Scalar(1.0, MOST_COPIES, kind="integer"))]


class ClosedServers(NamedTuple):
    """Outputs of `closed_multiserver`."""

    throughput_per_s: Floats
    response_s: Floats


@primitive
def closed_multiserver(
    population: Steps,
    think_time_s: Finite,
    demands_s: ListOfDemands,
    servers: ListOfServers,
    copies: ListOfCopies = ONCE,
) -> ClosedServers:
    """Closed network of M/M/c stations, exact: X = G(N - 1) / G(N), G(N) the z^N part of exp(Z z) prod g_k(z)^m_k.

    Counts queueing of N clients (`population`) that think for Z (`think_time_s`) and visit stations of demand D_k
    (`demands_s`, visits times service time) with c_k out of `servers` each, and m_k out of `copies` alike of each
    (replicas over which reads are spread; D_k is the demand at one of them); g_k(z) = sum_n (D_k z)^n / prod_(i <= n)
    min(i, c_k). X is the throughput, R = N / X - Z the response. With one server everywhere it is `mva_exact`, with one
    station `finite_source_mmc`. Leaves out priorities and simultaneous possession.
    Domain: exponential service, first come first served, any think law, N >= 1; never saturates.
    Source: Gordon and Newell, Oper. Res. 15(2), 1967 (product form); Buzen, Comm. ACM 16(9), 1973 (G by convolution;
    the rate at which its terms are scaled derived in the module).

    >>> round(float(closed_multiserver(3, 0.0, [1.0, 1.0], [1, 2]).throughput_per_s), 6)
    0.909091
    """
    stations = len(demands_s)
    require(
        len(servers) == stations and len(copies) in (1, stations),
        f"closed_multiserver: demands_s, servers, copies have {stations}, {len(servers)}, {len(copies)} elements; "
        "expected one per station in each, or one of copies for all.",
    )
    unit_s = np.maximum(think_time_s, demands_s.max(axis=0))
    require(unit_s > 0, "closed_multiserver: demands_s and think_time_s are all 0; expected at least one above 0.")
    shape = np.broadcast_shapes(population.shape, unit_s.shape, servers.shape[1:], copies.shape[1:])
    clients, think = (np.broadcast_to(part, shape).ravel() for part in (population, think_time_s / unit_s))
    demands, counts, alike = (_stacked(part, stations, shape) for part in (demands_s / unit_s, servers, copies))
    rate, response = np.empty(clients.size), np.empty(clients.size)
    for some, states in _blocks(clients, think, demands, counts, alike):
        network = clients[some], think[some], demands[:, some], counts[:, some], alike[:, some]
        rate[some], response[some] = _solved(states, *network)
    return ClosedServers(rate.reshape(shape) / unit_s, response.reshape(shape) * unit_s)


def _stacked(part: Floats, stations: int, shape: tuple[int, ...]) -> Floats:
    """One row per station, one column per network."""
    padded = part.reshape(len(part), *(1,) * (len(shape) - part.ndim + 1), *part.shape[1:])
    return np.broadcast_to(padded, (stations, *shape)).reshape(stations, -1)


def _blocks(
    clients: Floats, think: Floats, demands: Floats, servers: Floats, copies: Floats
) -> Iterator[tuple[npt.NDArray[np.intp], int]]:
    """Places of networks that need about as many states, and the most jobs at their stations that count."""
    rate, most = _saddle(clients, think, demands, servers, copies)
    states = clients
    for power in (0.25, 0.5, 0.75):  # Chernoff: P(n jobs and more) <= (rate / higher)^(n - jobs at the higher rate)
        higher = rate ** (1 - power) * most**power
        beyond = _waiting(higher, demands, servers, copies) + _NEVER / (power * np.log(most / rate))
        states = np.minimum(states, np.ceil(np.where(np.isfinite(beyond), beyond, clients)))
    order = np.argsort(-states, kind="stable")
    start = 0
    while start < order.size:
        widest = int(states[order[start]])
        some = order[start : start + int(np.clip(_ELEMENTS // (widest + 1), *_TOGETHER))]
        start += some.size
        yield some, widest


def _saddle(clients: Floats, think: Floats, demands: Floats, servers: Floats, copies: Floats) -> tuple[Floats, Floats]:
    """The rate at which the open network holds about as many jobs as there are clients, and what it can serve."""
    most = np.min(servers / demands, axis=0)
    high = np.minimum(most, clients / (think + (copies * demands).sum(axis=0)))
    low, above = np.zeros(clients.size), np.ones(clients.size)
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + above)
        below = think * high * middle + _waiting(high * middle, demands, servers, copies) < clients
        low, above = np.where(below, middle, low), np.where(below, above, middle)
    return high * low, most


def _waiting(rate: Floats, demands: Floats, servers: Floats, copies: Floats) -> Floats:
    """Jobs at the stations of the open network, nearly: a + rho^sqrt(2 (c + 1)) / (1 - rho) (Sakasegawa 1977)."""
    load = demands * rate / servers
    jobs: Floats = (copies * (demands * rate + load ** np.sqrt(2 * (servers + 1)) / (1 - load))).sum(axis=0)
    return jobs


def _solved(
    states: int, clients: Floats, think: Floats, demands: Floats, servers: Floats, copies: Floats
) -> tuple[Floats, Floats]:
    """Throughput and response of networks with at most so many jobs at their stations."""
    rate, _ = _saddle(clients, think, demands, servers, copies)
    offered = [
        (np.where(copy < alike, demand * rate, 0.0), count)
        for demand, count, alike in zip(demands, servers, copies, strict=True)
        for copy in range(int(alike.max()))
    ]
    held = _held(states, offered)
    jobs = np.arange(states + 2)[:, None]
    thinking = _poisson(clients - jobs, think * rate)
    whole = (held * thinking[:-1]).sum(axis=0)
    found = rate * (held * thinking[1:]).sum(axis=0) / whole
    waiting = (jobs[:-1] * held * thinking[:-1]).sum(axis=0) / whole
    return found, np.maximum(waiting / found, (copies * demands).sum(axis=0))


def _held(states: int, offered: list[tuple[Floats, Floats]]) -> Floats:
    """Weights of 0, 1, ... jobs at all stations together, rows; each is offered a = D z and has c servers.

    All q are multiplied, then all tails are run through at once: what the k-th adds to reads what the one before it has
    just got, so that a step of all is one cumulative sum.
    """
    loads = np.stack([load / servers for load, servers in offered])
    heads = np.ones((1, loads.shape[1]))
    for load, servers in offered:
        heads = _times(heads, _head(load, servers, states + 1))[: states + 1]
    held, step = np.empty((states + 1, loads.shape[1])), np.zeros_like(loads)
    for jobs in range(states + 1):
        step *= loads
        np.cumsum(step, axis=0, out=step)
        if jobs < len(heads):
            step += heads[jobs]
        held[jobs] = step[-1]
    return held


def _head(offered: Floats, servers: Floats, most: int) -> Floats:
    """q(n) of a station, rows from 0 up to the last that counts, such that all its weights have the sum 1."""
    n = np.arange(min(int(servers.max()), most))[:, None]
    logs = n * np.log(np.maximum(offered, _TINY)) - _log_factorials(n.size)[:, None]
    own = np.exp(logs - logs.max(axis=0)) * np.maximum(1 - n / servers, 0.0)
    own *= (1 - offered / servers) / own.sum(axis=0)
    counted: Floats = own[: 1 + int(np.flatnonzero((own > math.exp(-_NEVER)).any(axis=1))[-1])]
    return counted


def _times(one: Floats, other: Floats) -> Floats:
    """Coefficients, rows, of the product of two polynomials."""
    product = np.zeros((len(one) + len(other) - 1, one.shape[1]))
    for power, factor in enumerate(other):
        product[power : power + len(one)] += one * factor
    return product


def _poisson(count: Floats, mean: Floats) -> Floats:
    """exp(-mean) mean^count / count!, 0 below 0."""
    whole = np.maximum(count, 0).astype(int)
    weight = np.exp(whole * np.log(np.maximum(mean, _TINY)) - mean - _log_factorials(int(whole.max()) + 1)[whole])
    return np.where(count >= 0, weight, 0.0)


def _log_factorials(count: int) -> Floats:
    return np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, count)))])
