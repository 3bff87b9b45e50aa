"""The same formulas for one point at a time, with the standard library alone: what a loop in Python costs."""

import math

Outputs = tuple[float, ...]


def mm1(arrival_rate_per_s: float, service_time_s: float, quantile: float) -> Outputs:
    rho = arrival_rate_per_s * service_time_s
    if rho >= 1:
        return rho, math.inf, math.inf, math.inf, math.inf
    response_s = service_time_s / (1 - rho)
    return rho, rho * response_s, response_s, rho / (1 - rho), -response_s * math.log1p(-quantile)


def mmc(arrival_rate_per_s: float, service_time_s: float, servers: float, quantile: float) -> Outputs:
    load = arrival_rate_per_s * service_time_s
    if load >= servers:
        return 1.0, math.inf, math.inf, math.inf
    inverse = 1.0
    for k in range(1, int(servers) + 1):
        inverse = 1 + k / load * inverse
    prob_wait = servers / (load + (servers - load) * inverse)
    alone_s = service_time_s / (servers - load)
    wait_s = prob_wait * alone_s
    return prob_wait, wait_s, wait_s + service_time_s, max(0.0, math.log(prob_wait / (1 - quantile))) * alone_s


def mg1_pk(arrival_rate_per_s: float, mean_service_s: float, service_scv: float) -> Outputs:
    rho = arrival_rate_per_s * mean_service_s
    wait_s = rho * mean_service_s * (1 + service_scv) / (2 * (1 - rho)) if rho < 1 else math.inf
    return wait_s, wait_s + mean_service_s


def mva_schweitzer(population: float, think_time_s: float, *demands_s: float) -> Outputs:
    """Schweitzer's own iteration, until the throughput stands still."""
    others, throughput_per_s = (population - 1) / population, 0.0
    queues = [population / len(demands_s)] * len(demands_s)
    while True:
        at_station_s = [demand_s * (1 + others * queue) for demand_s, queue in zip(demands_s, queues, strict=True)]
        response_s, before_per_s = sum(at_station_s), throughput_per_s
        throughput_per_s = population / (think_time_s + response_s)
        queues = [throughput_per_s * time_s for time_s in at_station_s]
        if abs(throughput_per_s - before_per_s) <= 1e-13 * throughput_per_s:
            return throughput_per_s, response_s


def roofline(flop: float, bytes_: float, peak_flop_per_s: float, bandwidth_bytes_per_s: float) -> Outputs:
    time_s = max(flop / peak_flop_per_s, bytes_ / bandwidth_bytes_per_s)
    return time_s, flop / time_s, peak_flop_per_s / bandwidth_bytes_per_s


LOOPS = (mm1, mmc, mg1_pk, mva_schweitzer, roofline)
