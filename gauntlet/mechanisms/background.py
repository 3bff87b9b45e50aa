"""Work behind the scenes: a background stage that pushes back, and requests that share a device with it."""

from typing import Annotated, NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import Finite, Floats, OneOf, Positive, primitive, saturating


class BackgroundStage(NamedTuple):
    """Outputs of `background_stage`."""

    sustained_rate_per_s: Floats
    binding_stage: Floats
    burst_rate_per_s: Floats
    burst_s: Floats


@primitive
def background_stage(
    offered_rate_per_s: Finite,
    foreground_s: Finite,
    background_s: Finite,
    foreground_device_s: Finite,
    background_device_s: Finite,
    request_bytes: Positive,
    buffer_bytes: Finite,
) -> BackgroundStage:
    """Background work beside the foreground: X = min(lambda, 1 / max(f, b, d_f + d_b)), the pace of the slowest stage.

    Counts back-pressure: each of lambda `offered_rate_per_s` requests costs f `foreground_s` of its own thread and d_f
    `foreground_device_s` of the device, and later b `background_s` of a background thread (compaction, replication,
    cleaning) and d_b `background_device_s` of the device. `binding_stage` is 0 for the load, 1 foreground, 2
    background, 3 device. Until `buffer_bytes` between them are full, `request_bytes` each, the foreground runs at
    min(lambda, 1/f, 1/d_f), first at the device, and the background drains what it can; `burst_s` is the buffer over
    the excess, infinite without one. Leaves out waiting behind single requests (`background_interference`).
    Domain: constant rates, stages that overlap, one thread each, an empty buffer at the start.
    Source: Denning, Buzen, ACM Comp. Surveys 10(3), 1978 (bottleneck law); Luo, Carey, On Performance Stability in
    LSM-based Storage Systems, PVLDB 13(4), 2019 (write stalls).

    >>> found = background_stage(1e5, 4e-6, 5e-5, 1e-6, 2e-5, request_bytes=1e3, buffer_bytes=6.4e7)
    >>> float(found.sustained_rate_per_s), round(float(found.burst_s), 3)
    (20000.0, 0.8)
    """
    pace_s = np.maximum(np.maximum(foreground_s, background_s), foreground_device_s + background_device_s)
    sustained = np.minimum(offered_rate_per_s, 1 / pace_s)
    burst = np.minimum(offered_rate_per_s, 1 / np.maximum(foreground_s, foreground_device_s))
    left = np.maximum(0.0, 1 - burst * foreground_device_s)
    by_device = np.where(background_device_s > 0, left / background_device_s, np.inf)
    excess = burst - np.minimum(1 / background_s, by_device)
    overrun = (burst > sustained) & (excess > 0)
    burst_s = np.where(overrun, buffer_bytes / (request_bytes * np.where(overrun, excess, 1.0)), np.inf)
    stages = np.broadcast_arrays(foreground_s, background_s, foreground_device_s + background_device_s)
    slowest = 1.0 + np.argmax(np.stack(stages), axis=0)
    return BackgroundStage(sustained, np.where(sustained < offered_rate_per_s, slowest, 0.0), burst, burst_s)


class Interference(NamedTuple):
    """Outputs of `background_interference`."""

    mean_wait_s: Floats
    mean_response_s: Floats
    utilisation: Floats


@primitive
def background_interference(
    discipline: Annotated[str, OneOf(("fifo", "priority"))],
    foreground_rate_per_s: Finite,
    foreground_demand_s: Finite,
    foreground_scv: Finite,
    background_rate_per_s: Finite,
    background_demand_s: Finite,
    background_scv: Finite,
) -> Interference:
    """Foreground behind background requests, M/G/1: W = W_0 / (1 - rho_f - rho_b); with priority W_0 / (1 - rho_f).

    Counts what is left of the request in service, of either size, W_0 = sum of rho S (1 + scv) / 2 over foreground f
    and background b, rho = lambda S, with lambda `foreground_rate_per_s`, `background_rate_per_s`, S
    `foreground_demand_s`, `background_demand_s` and `foreground_scv`, `background_scv`. `discipline`: fifo, or priority
    for the foreground without interruption; then a background that never ends fills what is left, rho_b <= 1 - rho_f.
    Outputs are those of foreground requests. Leaves out background that is interrupted (`mg1_pk` of the foreground
    alone).
    Domain: Poisson arrivals per class, a device that serves one request at a time; saturated beyond rho_f + rho_b = 1,
    with priority rho_f = 1. The rate of a throttled background: `background_stage`.
    Source: Cobham, Priority Assignment in Waiting Line Problems, Oper. Res. 2(1), 1954; Kleinrock, Queueing Systems II,
    1976, section 3.3.

    >>> round(float(background_interference("priority", 1000.0, 1e-4, 0.0, 100.0, 4e-3, 0.0).mean_wait_s), 6)
    0.000894
    """
    foreground, background = foreground_rate_per_s * foreground_demand_s, background_rate_per_s * background_demand_s
    first = discipline == "priority"
    served = np.minimum(background, np.maximum(0.0, 1 - foreground)) if first else background
    ahead = foreground if first else foreground + background
    residual_s = foreground * foreground_demand_s * (1 + foreground_scv) / 2
    residual_s = residual_s + served * background_demand_s * (1 + background_scv) / 2
    wait_s = saturating(residual_s / (1 - ahead), ahead)
    return Interference(wait_s, wait_s + foreground_demand_s, foreground + background)
