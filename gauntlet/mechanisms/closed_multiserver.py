"""Closed networks whose stations have several servers each: exact, at a cost that does not grow with the population.

The product form says that N clients have the normalising constant G(N), the coefficient of z^N in

    F(z) = exp(Z z) prod_k g_k(z),    g_k(z) = sum_(n < c) a^n / n! + a^c / (c! (1 - a / c)),    a = D_k z,

and that the throughput is G(N - 1) / G(N).
"""

from typing import Annotated, NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import Floats, Listed, NonNegative, Scalar, Steps, primitive, require

MOST_SERVERS = 1000
_WALKED = 24
"""Up to so many clients beyond twice the servers the recursion over clients is used, beyond that the integral."""
_NODES = 32
_BISECTIONS = 20
ONCE: Floats = np.ones(1)
_TOGETHER = 512
"""Networks whose integrals fit into a core's cache."""

ListOfDemands = Annotated[Floats, Listed(Scalar(0.0))]
ListOfServers = Annotated[Floats, Listed(Scalar(1.0, MOST_SERVERS, kind="integer"))]


class ClosedServers(NamedTuple):
    """Outputs of `closed_multiserver`."""

    throughput_per_s: Floats
    response_s: Floats


@primitive
def closed_multiserver(
    population: Steps,
    think_time_s: NonNegative,
    demands_s: ListOfDemands,
    servers: ListOfServers,
    copies: ListOfServers = ONCE,
) -> ClosedServers:
    """Closed network of M/M/c stations, exact: X = G(N - 1) / G(N), G(N) the z^N part of exp(Z z) prod g_k(z)^m_k.

    Counts queueing of N clients (`population`) that think for Z (`think_time_s`) and visit stations of demand D_k
    (`demands_s`, visits times service time) with c_k out of `servers` each, and m_k out of `copies` alike of each
    (replicas over which reads are spread); g_k(z) = sum_n (D_k z)^n / prod_(i <= n) min(i, c_k). X is the throughput, R
    = N / X - Z the response. With one server everywhere it is `mva_exact`, with one station `finite_source_mmc`. Leaves
    out priorities and simultaneous possession.
    Domain: exponential service, first come first served, any think law, N >= 1; never saturates.
    Source: Buzen, Comm. ACM 16(9), 1973 (G); Reiser and Lavenberg, J. ACM 27(2), 1980 (few clients); Cauchy's
    integral for G by saddle point (beyond), as in Daniels, Ann. Math. Stat. 25(4), 1954.

    >>> round(float(closed_multiserver(3, 0.0, [1.0, 1.0], [1, 2]).throughput_per_s), 6)
    0.909091
    """
    stations = len(demands_s)
    require(
        len(servers) == stations and len(copies) in (1, stations),
        f"closed_multiserver: demands_s, servers, copies have {stations}, {len(servers)}, {len(copies)} elements; "
        "expected one per station in each, or one of copies for all.",
    )
    require(
        think_time_s + demands_s.sum(axis=0) > 0,
        "closed_multiserver: demands_s and think_time_s are all 0; expected at least one above 0.",
    )
    shape = np.broadcast_shapes(
        population.shape, think_time_s.shape, *(part.shape[1:] for part in (demands_s, servers, copies))
    )
    clients, think_s = (np.broadcast_to(part, shape).ravel() for part in (population, think_time_s))
    lists = [
        np.broadcast_to(
            part.reshape(len(part), *(1,) * (len(shape) - part.ndim + 1), *part.shape[1:]), (stations, *shape)
        )
        for part in (demands_s, servers, copies)
    ]
    demands, counts, alike = (part.reshape(stations, -1) for part in lists)
    few = (clients <= _WALKED + 2 * (counts * alike).sum(axis=0)) | (demands.max(axis=0) == 0)
    found_per_s: Floats = np.empty(clients.size)
    for some, how in ((few, _walked), (~few, _integrated)):
        places = np.flatnonzero(some)
        for start in range(0, places.size, _TOGETHER):
            part = places[start : start + _TOGETHER]
            found_per_s[part] = how(clients[part], think_s[part], demands[:, part], counts[:, part], alike[:, part])
    work_s = (demands * alike).sum(axis=0).reshape(shape)
    rate_per_s = found_per_s.reshape(shape)
    return ClosedServers(rate_per_s, np.maximum(population / rate_per_s - think_time_s, work_s))


def _walked(clients: Floats, think_s: Floats, demands_s: Floats, servers: Floats, copies: Floats) -> Floats:
    """Mean value analysis: with n - 1 clients, P_k(j) of them at station k make the n-th wait if all servers are busy.

    R_k(n) = D_k / c (1 + Q_k(n - 1) + sum_(j < c - 1) (c - 1 - j) P_k(j | n - 1)).
    """
    most = int(servers.max())
    place = np.arange(most)[:, None, None]
    idle = np.maximum(servers - 1 - place, 0.0)
    alone = np.zeros((most, *demands_s.shape))  # P_k(j | n - 1)
    alone[0] = 1.0
    queues, rate_per_s = np.zeros(demands_s.shape), np.zeros(clients.size)
    there = place < servers
    for n in range(1, int(clients.max()) + 1):
        at_s = demands_s / servers * (1 + queues + (idle * alone).sum(axis=0))
        rate = n / (think_s + (copies * at_s).sum(axis=0))
        on = clients >= n
        rate_per_s = np.where(on, rate, rate_per_s)
        queues = rate * at_s
        used = rate * demands_s
        for j in range(most - 1, 0, -1):
            alone[j] = np.where(there[j], used / j * alone[j - 1], 0.0)
        busy = (used + (np.maximum(servers - place, 0.0) * alone)[1:].sum(axis=0)) / servers
        alone[0] = np.maximum(1 - busy, 0.0)
    return rate_per_s


def _integrated(clients: Floats, think_s: Floats, demands_s: Floats, servers: Floats, copies: Floats) -> Floats:
    """G(N - 1) / G(N) by Cauchy's integral from the saddle point of F(z) z^-N, where the open network holds N jobs.

    The path leaves the saddle upwards and bends to the right the more, the less of N thinks: there z^-N falls, and no
    pole of F is in the way. By the trapezoidal rule in u with z = r + s (i sinh u + k (cosh u - 1)).
    """
    with np.errstate(divide="ignore"):
        limit = np.min(servers / demands_s, axis=0)
    low, high = np.zeros(clients.size), np.ones(clients.size)
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        below = _jobs(limit * middle, think_s, demands_s, servers, copies) < clients
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    saddle = limit * low
    step = 1e-3 * (1 - low)
    slope = _jobs(saddle * (1 + step), think_s, demands_s, servers, copies) - _jobs(
        saddle, think_s, demands_s, servers, copies
    )
    scale = saddle / np.sqrt(np.maximum(slope / step, 1e-300))
    bend = np.clip(1 - think_s * saddle / clients, 0.0, 1.0)
    reach = np.sqrt(np.expm1(72.0 / clients)) * saddle / scale  # beyond, z^-N has fallen to 1e-16
    at = np.concatenate([[0.5], np.ones(_NODES - 1)])[:, None]
    u = np.arange(_NODES)[:, None] / _NODES * np.arcsinh(reach)
    z = saddle + scale * (1j * np.sinh(u) + bend * (np.cosh(u) - 1))
    along = scale * (np.cosh(u) - 1j * bend * np.sinh(u)) * at  # dz / (i du)
    value = np.exp(think_s * (z - saddle) - clients * np.log(z / saddle)) * along
    for demand_s, count, alike in zip(demands_s, servers, copies, strict=True):
        one = _states(demand_s * z, count) / _states(demand_s * saddle, count)
        value = value * (one if alike.max() == 1 else one**alike)
    return np.asarray(value.real.sum(axis=0) / (value / z).real.sum(axis=0))


def _jobs(rate_per_s: Floats, think_s: Floats, demands_s: Floats, servers: Floats, copies: Floats) -> Floats:
    """Mean number of jobs in the open network at a rate."""
    jobs = think_s * rate_per_s
    for demand_s, count, alike in zip(demands_s, servers, copies, strict=True):
        whole, weighed = _visits(demand_s * rate_per_s, count)
        jobs = jobs + alike * weighed / whole
    return np.asarray(jobs)


def _states(offered: Floats, servers: Floats) -> Floats:
    """g of one station at the offered load a = D z."""
    least, most = int(servers.min()), int(servers.max())
    whole: Floats = np.zeros_like(offered)
    part: Floats = np.ones_like(offered)
    for n in range(most):
        if n < least:
            whole += part
            part = part * (offered / (n + 1))
        else:
            whole += np.where(n < servers, part, 0.0)
            part = np.where(n < servers, part * offered / (n + 1), part)
    return whole + part / (1 - offered / servers)


def _visits(offered: Floats, servers: Floats) -> tuple[Floats, Floats]:
    """g and z g' of one station at the offered load a = D z."""
    whole: Floats = np.zeros_like(offered)
    weighed: Floats = np.zeros_like(offered)
    part: Floats = np.ones_like(offered)
    for n in range(int(servers.max())):
        on = n < servers
        own = np.where(on, part, 0.0)
        whole += own
        weighed += n * own
        part = np.where(on, part * (offered / (n + 1)), part)
    spare = 1 - offered / servers
    tail = part / spare
    return whole + tail, weighed + tail * (servers + offered / servers / spare)
