"""Schweitzer and the hot key against exact mean values; forks and random choices against simulations."""

from collections.abc import Iterator

import numpy as np

from benchmarks.model_form.study import Point, Study, Truth, grid
from gauntlet.mechanisms._inputs import Floats
from gauntlet.mechanisms.closed import closed_network_bounds, mva_exact

SERVICE_S = 1e-3
_OF_THE_KNEE = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 4.0)


def _closed_points() -> Iterator[Point]:
    """Balanced, halving and one-sided demands, with populations around the knee."""
    for values in grid(stations=(1, 2, 3, 5, 10), shape=("balanced", "halving", "one-sided"), think=(0, 1, 5, 20, 100)):
        ranks = np.arange(values["stations"])
        shares = {"balanced": 0.0 * ranks + 1, "halving": 0.5**ranks, "one-sided": np.where(ranks > 0, 0.1, 1.0)}
        demands_s = (SERVICE_S * shares[values["shape"]]).tolist()
        think_s = values["think"] * sum(demands_s)
        knee = float(closed_network_bounds(1, think_s, demands_s).knee_population)
        for population in sorted({max(2, round(times * knee)) for times in _OF_THE_KNEE}):
            yield Point({"population": population, "think_time_s": think_s, "demands_s": demands_s})


def _closed(population: int, think_time_s: float, demands_s: list[float]) -> Truth:
    exact = mva_exact(population, think_time_s, demands_s)
    return {"throughput_per_s": float(exact.throughput_per_s), "response_s": float(exact.response_s)}


def _hot_points() -> Iterator[Point]:
    """Keys that saturate at 2 to 1000 workers, with worker counts around that."""
    for values in grid(saturating=(2, 10, 50, 1000), share=(0.05, 1.0), times=_OF_THE_KNEE):
        hold_s = SERVICE_S / values["saturating"] / values["share"]
        workers = round(values["times"] * values["saturating"])
        if workers > 1 and hold_s <= SERVICE_S:
            hot = {"hot_access_prob": values["share"], "hold_s": hold_s}
            yield Point({**hot, "transaction_s": SERVICE_S, "workers": workers})


def _hot(hot_access_prob: float, hold_s: float, transaction_s: float, workers: int) -> Truth:
    """A closed network of the key and a delay, with exponential holds."""
    queued_s = hot_access_prob * hold_s
    return {"throughput_bound_per_s": float(mva_exact(workers, transaction_s - queued_s, [queued_s]).throughput_per_s)}


def fork_join_response(n: int, load: float, runs: int = 20, jobs: int = 100_000) -> float:
    """Simulated mean response in service times, first come first served at each of n queues.

    Waits by Lindley's recursion, as partial sums less their running minimum. The responses at the single queues, whose
    mean 1 / (1 - load) is known, are the control variate.
    """
    draw, slowest, single = np.random.default_rng(1), [], []
    for _ in range(runs):
        tasks = draw.exponential(1.0, (n, jobs))
        gaps = draw.exponential(1 / load, jobs)
        gained = np.cumsum(np.concatenate([np.zeros((n, 1)), tasks[:, :-1] - gaps[1:]], axis=1), axis=1)
        response = (gained - np.minimum.accumulate(gained, axis=1) + tasks)[:, jobs // 10 :]
        slowest.append(response.max(axis=0).mean())
        single.append(response.mean())
    return controlled(np.array(slowest), np.array(single), 1 / (1 - load))


def controlled(found: Floats, control: Floats, known: float) -> float:
    """Mean over the runs, corrected by how far a control is from its known mean. Source: Lavenberg and Welch, 1981."""
    slope = np.cov(found, control)[0, 1] / np.var(control, ddof=1)
    return float(found.mean() - slope * (control.mean() - known))


def _fork_join(n: int, arrival_rate_per_s: float, service_time_s: float) -> Truth:
    return {"mean_response_s": service_time_s * fork_join_response(n, arrival_rate_per_s * service_time_s)}


def _fork_join_points() -> Iterator[Point]:
    for values in grid(n=(3, 4, 8, 16, 32), load=(0.1, 0.3, 0.5, 0.7, 0.8, 0.9)):
        yield Point({"n": values["n"], "arrival_rate_per_s": values["load"] / SERVICE_S, "service_time_s": SERVICE_S})


def random_choices_response(load: float, choices: int, servers: int, runs: int = 100, span: float = 400.0) -> float:
    """Simulated mean response in service times: the chain of queue lengths, all runs step by step, by Little's law."""
    draw, row = np.random.default_rng(1), np.arange(runs)
    queues = np.zeros((runs, servers), dtype=np.int64)
    steps, jobs, area = round(span * servers * (1 + load)), np.zeros(runs), 0.0
    for step in range(steps):
        arrival = draw.random(runs) < load / (1 + load)
        asked = draw.integers(servers, size=(runs, choices))
        shortest = asked[row, queues[row[:, None], asked].argmin(axis=1)]
        queues[row, shortest] += arrival
        departure = ~arrival & (queues[row, asked[:, 0]] > 0)
        queues[row, asked[:, 0]] -= departure
        jobs += arrival * 1.0 - departure
        if step >= steps // 4:
            area += jobs.mean()
    return area / (steps - steps // 4) / (load * servers)


def _random_choices(load: float, choices: int, service_time_s: float, servers: int) -> Truth:
    return {"mean_response_s": service_time_s * random_choices_response(load, choices, servers)}


def _random_choices_points() -> Iterator[Point]:
    for values in grid(load=(0.5, 0.7, 0.9), choices=(2, 3), servers=(50, 100, 200)):
        arguments = {"load": values["load"], "choices": values["choices"], "service_time_s": SERVICE_S}
        yield Point(arguments, {"servers": values["servers"]})


def _exact_studies() -> list[Study]:
    """Closed networks."""
    return [
        Study(
            "mva_schweitzer",
            "1 to 10 stations, think times 0 to 100 demands, a quarter to four times the knee",
            "exact mean value analysis",
            _closed_points,
            _closed,
        ),
        Study(
            "hot_key_serialisation",
            "a quarter to four times the 2 to 1000 workers that saturate the key",
            "exact closed queue with exponential holds",
            _hot_points,
            _hot,
        ),
    ]


def _simulated_studies() -> list[Study]:
    """Open queues side by side."""
    return [
        Study(
            "fork_join",
            "3 to 32 queues, load 0.1 to 0.9",
            "simulated queues, 2 million jobs each",
            _fork_join_points,
            _fork_join,
        ),
        Study(
            "power_of_d",
            "2 and 3 choices of 50 to 200 servers, load 0.5 to 0.9",
            "simulated queue lengths",
            _random_choices_points,
            _random_choices,
        ),
    ]


def studies() -> list[Study]:
    """The closed ones are exact; simulations are within about 0.3 %."""
    return [*_exact_studies(), *_simulated_studies()]
