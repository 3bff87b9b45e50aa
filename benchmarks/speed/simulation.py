"""The queueing formulas beside ciw, a discrete-event simulator: how long it takes to know a mean to 1 %."""

import functools
import math
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import ciw

from benchmarks.speed.clock import median_s, repeated
from benchmarks.speed.tables import Table
from gauntlet.mechanisms.catalogue import find

REPLICATIONS = 12
CUSTOMERS = 20_000
CALLS = 1_000
PRECISION = 0.01
STUDENT = 2.201
"""Two-sided 95 % of Student's t with 11 degrees of freedom; any table of the distribution."""

UNLIKELY = 4.437
"""Two-sided 99.9 % of the same: a formula further off than this is wrong."""


class Case(NamedTuple):
    """A primitive at one point, and the same queue for the simulator."""

    primitive: str
    arguments: Mapping[str, float]
    arrival: Any
    service: Any
    servers: int


def cases() -> Iterator[Case]:
    """Open queues with a mean service time of 1 s."""
    poisson, exponential = ciw.dists.Exponential, ciw.dists.Exponential(1.0)
    yield Case("mm1", {"arrival_rate_per_s": 0.5, "service_time_s": 1.0}, poisson(0.5), exponential, 1)
    yield Case("mm1", {"arrival_rate_per_s": 0.8, "service_time_s": 1.0}, poisson(0.8), exponential, 1)
    yield Case("mmc", {"arrival_rate_per_s": 6.4, "service_time_s": 1.0, "servers": 8}, poisson(6.4), exponential, 8)
    sigma = math.sqrt(math.log(3.0))
    lognormal = ciw.dists.Lognormal(-(sigma**2) / 2, sigma)
    arguments = {"arrival_rate_per_s": 0.8, "mean_service_s": 1.0, "service_scv": math.exp(sigma**2) - 1}
    yield Case("mg1_pk", arguments, poisson(0.8), lognormal, 1)


def simulation(count: int, runs: int) -> Table:
    """One row for each case; a formula disagrees if it lies outside what the simulator allows."""
    rows, agreed = [], True
    for case in cases():
        start_s = time.process_time()
        means_s = list(_means(case))
        simulated_s = time.process_time() - start_s
        formula: Callable[[], Any] = functools.partial(find(case.primitive).function, **case.arguments)
        expected_s = float(formula().mean_wait_s)
        error_s = statistics.stdev(means_s) / math.sqrt(REPLICATIONS)
        off = (statistics.fmean(means_s) - expected_s) / error_s
        agreed &= abs(off) <= UNLIKELY
        half_width = STUDENT * error_s / expected_s
        rows.append(
            (
                f"{case.primitive}({', '.join(f'{value:g}' for value in case.arguments.values())})",
                f"{simulated_s:.1f}",
                f"{half_width:.1%}",
                f"{simulated_s * (half_width / PRECISION) ** 2:.0f}",
                f"{_call_s(formula, runs) * 1e6:.0f}",
                f"{off:+.1f}",
            )
        )
    columns = ("queue", "simulated, s", "95 % interval", "to 1 %, s", "one call of ours, µs", "standard errors off")
    conclusion = (
        f"Mean wait over {REPLICATIONS} runs of {CUSTOMERS:,} customers, the first tenth left out. The interval, here "
        "half its width over the mean, shrinks with the root of the time, from which the time to 1 % follows. Formulas "
        f"{'agree' if agreed else 'DISAGREE'}."
    )
    return Table("simulation", columns, tuple(rows), conclusion, agreed)


def _call_s(formula: Callable[[], Any], runs: int) -> float:
    """Seconds of one call with plain numbers."""
    return median_s(repeated(formula, CALLS), runs) / CALLS


def _means(case: Case) -> Iterator[float]:
    """Mean wait of each replication, in s."""
    network = ciw.create_network(
        arrival_distributions=[case.arrival], service_distributions=[case.service], number_of_servers=[case.servers]
    )
    for seed in range(REPLICATIONS):
        ciw.seed(seed)
        run = ciw.Simulation(network)
        run.simulate_until_max_customers(CUSTOMERS, method="Finish")
        records = sorted(run.get_all_records(), key=lambda record: record.arrival_date)
        yield statistics.fmean(record.waiting_time for record in records[CUSTOMERS // 10 :])
