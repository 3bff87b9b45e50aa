"""Kernels of queues, networks of queues and scheduling.

Rates reach 5 % beyond the capacity of the servers, so that every open queue is saturated at some points.
"""

import numpy as np

from benchmarks.speed.race import between, decades, each, race, whole
from gauntlet.mechanisms._inputs import Floats

_RATE = between(10, 1.05e4)
_SERVICE = between(0.9e-4, 1e-4)
_SCV = between(0, 4)


@race(arrival_rate_per_s=_RATE, service_time_s=_SERVICE, quantile=between(0.01, 0.999))
def mm1(arrival_rate_per_s: Floats, service_time_s: Floats, quantile: Floats) -> tuple[Floats, ...]:
    rho = arrival_rate_per_s * service_time_s
    response_s = service_time_s / np.maximum(1 - rho, 0)
    return rho, rho * response_s, response_s, arrival_rate_per_s * response_s, -response_s * np.log1p(-quantile)


@race(
    arrival_rate_per_s=between(10, 8e4),
    service_time_s=_SERVICE,
    servers=whole(1, 8),
    quantile=between(0.01, 0.999),
)
def mmc(arrival_rate_per_s: Floats, service_time_s: Floats, servers: Floats, quantile: Floats) -> tuple[Floats, ...]:
    load = arrival_rate_per_s * service_time_s
    idle = np.maximum(servers - load, 0)
    prob_wait = _erlang_c(load, servers, idle)
    alone_s = service_time_s / idle
    wait_s = prob_wait * alone_s
    tail_s = np.maximum(np.log(prob_wait / (1 - quantile)), 0) * alone_s
    return prob_wait, wait_s, wait_s + service_time_s, tail_s


def _erlang_c(load: Floats, servers: Floats, idle: Floats) -> Floats:
    """c / (a + (c - a) / B), with 1 / B = 1 + c/a (1 + (c - 1)/a (1 + ...)) from the inside out."""
    per_load, inverse = 1 / load, np.ones(load.shape)
    for above in range(int(servers.max()) - 1, -1, -1):
        inverse = 1 + np.maximum(servers - above, 0) * per_load * inverse
    return servers / (np.minimum(load, servers) + idle * inverse)


@race(arrival_rate_per_s=between(10, 1.5e4), service_time_s=_SERVICE, capacity=whole(1, 64))
def mm1k(arrival_rate_per_s: Floats, service_time_s: Floats, capacity: Floats) -> tuple[Floats, ...]:
    log_rho = np.log(arrival_rate_per_s * service_time_s)
    falling, states = -np.abs(log_rho), capacity + 1
    step, whole_way = np.expm1(falling), np.expm1(states * falling)
    likeliest = step / whole_way
    least = likeliest * np.exp(capacity * falling)
    overloaded = log_rho > 0
    blocking = np.where(overloaded, likeliest, least)
    throughput_per_s = np.where(overloaded, (1 - least) / service_time_s, arrival_rate_per_s * (1 - least))
    from_likeliest = states * (1 + whole_way) / whole_way - (1 + step) / step
    series = capacity / 2 + capacity * (capacity + 2) * falling / 12
    from_likeliest = np.where(falling * states > -1e-3, series, from_likeliest)
    jobs = np.where(overloaded, capacity - from_likeliest, from_likeliest)
    return blocking, throughput_per_s, jobs / throughput_per_s


@race(arrival_rate_per_s=_RATE, mean_service_s=_SERVICE, service_scv=_SCV)
def mg1_pk(arrival_rate_per_s: Floats, mean_service_s: Floats, service_scv: Floats) -> tuple[Floats, ...]:
    rho = arrival_rate_per_s * mean_service_s
    wait_s = rho * mean_service_s * (1 + service_scv) / (2 * np.maximum(1 - rho, 0))
    return wait_s, wait_s + mean_service_s


@race(arrival_rate_per_s=_RATE, mean_service_s=_SERVICE, arrival_scv=between(1, 4), service_scv=_SCV)
def gg1_kingman(
    arrival_rate_per_s: Floats, mean_service_s: Floats, arrival_scv: Floats, service_scv: Floats
) -> tuple[Floats, ...]:
    rho = arrival_rate_per_s * mean_service_s
    return (rho * mean_service_s * (arrival_scv + service_scv) / (2 * np.maximum(1 - rho, 0)),)


@race(
    arrival_rate_per_s=between(10, 8e4),
    mean_service_s=_SERVICE,
    servers=whole(1, 8),
    arrival_scv=_SCV,
    service_scv=_SCV,
)
def ggc_allen_cunneen(
    arrival_rate_per_s: Floats, mean_service_s: Floats, servers: Floats, arrival_scv: Floats, service_scv: Floats
) -> tuple[Floats, ...]:
    load = arrival_rate_per_s * mean_service_s
    idle = np.maximum(servers - load, 0)
    return (_erlang_c(load, servers, idle) * mean_service_s * (arrival_scv + service_scv) / (2 * idle),)


@race(arrival_rate_per_s=_RATE, mean_service_s=_SERVICE, job_service_s=decades(1e-6, 1e-2))
def mg1_ps(arrival_rate_per_s: Floats, mean_service_s: Floats, job_service_s: Floats) -> tuple[Floats, ...]:
    slowdown = 1 / np.maximum(1 - arrival_rate_per_s * mean_service_s, 0)
    return mean_service_s * slowdown, job_service_s * slowdown, slowdown


@race(population=whole(1, 32), think_time_s=decades(1e-4, 1e-2), service_time_s=_SERVICE, servers=whole(1, 4))
def finite_source_mmc(
    population: Floats, think_time_s: Floats, service_time_s: Floats, servers: Floats
) -> tuple[Floats, ...]:
    ratio = service_time_s / think_time_s
    weight = np.ones(ratio.shape)
    total, jobs, busy = weight, np.zeros(ratio.shape), np.zeros(ratio.shape)
    for n in range(1, int(population.max()) + 1):
        serving = np.minimum(servers, n)
        weight = weight * np.maximum(population - (n - 1), 0) * ratio / serving
        total, jobs, busy = total + weight, jobs + n * weight, busy + serving * weight
    busy = busy / total
    throughput_per_s = busy / service_time_s
    return throughput_per_s, jobs / total / throughput_per_s, busy / servers


_DEMANDS = each(decades(1e-4, 1e-2), decades(1e-4, 1e-2), decades(1e-4, 1e-2))


@race(population=whole(1, 32), think_time_s=decades(1e-3, 1e-1), demands_s=_DEMANDS)
def mva_exact(population: Floats, think_time_s: Floats, demands_s: list[Floats]) -> tuple[Floats, ...]:
    """Sorted by population, so that each step walks only those that go on."""
    order = np.argsort(population, kind="stable")
    clients, think_s, demands = population[order], think_time_s[order], [demand_s[order] for demand_s in demands_s]
    queues = [np.zeros(clients.shape) for _ in demands]
    response_s, throughput_per_s = np.zeros(clients.shape), np.zeros(clients.shape)
    for n in range(1, int(clients[-1]) + 1):
        on = slice(int(np.searchsorted(clients, n)), None)
        at_station_s = [demand_s[on] * (1 + queue[on]) for demand_s, queue in zip(demands, queues, strict=True)]
        response_s[on] = at_station_s[0] + at_station_s[1] + at_station_s[2]
        throughput_per_s[on] = n / (think_s[on] + response_s[on])
        for queue, time_s in zip(queues, at_station_s, strict=True):
            queue[on] = time_s * throughput_per_s[on]
    back = np.argsort(order)
    return throughput_per_s[back], response_s[back], np.stack([queue[back] for queue in queues])


@race(population=between(1, 500), think_time_s=decades(1e-3, 1e-1), demands_s=_DEMANDS)
def mva_schweitzer(population: Floats, think_time_s: Floats, demands_s: list[Floats]) -> tuple[Floats, ...]:
    """Newton's steps on the convex X (Z + sum R_k(X)) - N, downwards from the solution of the bottleneck alone."""
    others = (population - 1) / population
    largest_s = np.maximum.reduce(demands_s)
    linear = think_time_s + (1 + others * population) * largest_s
    root = np.sqrt(linear**2 - 4 * others * largest_s * think_time_s * population)
    throughput_per_s = 2 * population / (linear + root)
    for _ in range(50):
        response_s, slope_s = np.zeros(others.shape), np.zeros(others.shape)
        for demand_s in demands_s:
            at_station_s = demand_s / (1 - others * throughput_per_s * demand_s)
            response_s += at_station_s
            slope_s += at_station_s**2 / demand_s
        step = (throughput_per_s * (think_time_s + response_s) - population) / (think_time_s + slope_s)
        throughput_per_s = throughput_per_s - step
        if (np.abs(step) <= 1e-12 * throughput_per_s).all():
            break
    return throughput_per_s, population / throughput_per_s - think_time_s


@race(population=between(1, 500), think_time_s=decades(1e-3, 1e-1), demands_s=_DEMANDS)
def closed_network_bounds(population: Floats, think_time_s: Floats, demands_s: list[Floats]) -> tuple[Floats, ...]:
    total_s = demands_s[0] + demands_s[1] + demands_s[2]
    largest_s = np.maximum.reduce(demands_s)
    least_s, ceiling_per_s = total_s + think_time_s, 1 / largest_s
    others, alone_s = population - 1, population * total_s
    balanced_s = least_s + others * total_s / 3 / (1 + think_time_s / total_s)
    return (
        np.minimum(ceiling_per_s, population / least_s),
        population / (alone_s + think_time_s),
        np.maximum(total_s, population * largest_s - think_time_s),
        least_s * ceiling_per_s,
        np.minimum(ceiling_per_s, population / balanced_s),
        population / (least_s + others * largest_s / (1 + think_time_s / alone_s)),
    )


@race(load=between(0.01, 1.05), choices=whole(1, 4), service_time_s=_SERVICE)
def power_of_d(load: Floats, choices: Floats, service_time_s: Floats) -> tuple[Floats, ...]:
    log_load, several = np.log(load), np.maximum(choices, 2)
    exponent, total = np.zeros(load.shape), np.zeros(load.shape)
    while exponent.min() < 1e9:
        term = np.exp(exponent * np.minimum(log_load, 0))
        if ((term < 1e-17) | (load >= 1)).all():
            break
        total += term
        exponent = several * (exponent + 1)
    idle = np.maximum(1 - load, 0)
    return (service_time_s * np.where(choices == 1, 1 / idle, np.where(idle > 0, total, np.inf)),)
