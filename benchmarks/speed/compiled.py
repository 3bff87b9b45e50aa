"""What scipy computes with compiled code, where it is installed."""

import functools
import importlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.speed.race import Draw, Other, between, decades, drawn, each, exponential, whole
from gauntlet.mechanisms._inputs import Floats, ask
from gauntlet.mechanisms.catalogue import find

Arguments = dict[str, Any]


def functions(count: int) -> Iterator[Other]:
    """Special functions, and the root finder for arrays."""
    special = importlib.import_module("scipy.special")
    elementwise = importlib.import_module("scipy.optimize.elementwise")

    def lambert(workers: Floats, attempt_s: Floats, pair_conflict_prob: Floats) -> tuple[Floats, ...]:
        y = special.lambertw(pair_conflict_prob * (workers - 1)).real
        survives = np.exp(-y)
        return workers / attempt_s * survives, -np.expm1(-y), 1 / survives

    def zeta(items: Floats, theta: Floats) -> tuple[Floats, ...]:
        weight = special.zeta(theta) - special.zeta(theta, items + 1)
        collision = (special.zeta(2 * theta) - special.zeta(2 * theta, items + 1)) / weight**2
        return 1 / weight, collision, 1 / collision

    def schweitzer(population: Floats, think_time_s: Floats, demands_s: list[Floats]) -> tuple[Floats, ...]:
        def response_s(rate_per_s: Floats, others: Floats, demands_s: list[Floats]) -> Any:
            return sum(demand_s / (1 - others * rate_per_s * demand_s) for demand_s in demands_s)

        def excess(rate: Floats, others: Floats, clients: Floats, think_s: Floats, *demands_s: Floats) -> Any:
            return rate * (think_s + response_s(rate, others, list(demands_s))) - clients

        others = (population - 1) / population
        bracket = (np.zeros(others.shape), (1 - 1e-12) / (others * np.maximum.reduce(demands_s)))
        found = elementwise.find_root(excess, bracket, args=(others, population, think_time_s, *demands_s)).x
        return found, response_s(found, others, demands_s)

    def beta(latency: dict[str, Floats], k: Floats, n: Floats, quantile: Floats) -> tuple[Floats, ...]:
        return (-latency["mean_s"] * np.log1p(-special.betaincinv(k, n - k + 1, quantile)),)

    workers = {"workers": whole(1, 256), "attempt_s": decades(1e-5, 1e-2), "pair_conflict_prob": decades(1e-4, 1)}
    clients = {
        "population": between(2, 100),
        "think_time_s": decades(1e-3, 1e-1),
        "demands_s": each(*[decades(1e-4, 1e-2)] * 3),
    }
    replies = {
        "latency": exponential(decades(1e-4, 1e-2)),
        "k": whole(1, 5),
        "n": whole(5, 9),
        "quantile": between(0.01, 0.999),
    }
    yield _other("lambertw", "occ_goodput", lambert, workers, count)
    yield _other("zeta", "zipf_skew", zeta, {"items": whole(1, 1_000_000), "theta": between(1.1, 2)}, count)
    yield _other("find_root", "mva_schweitzer", schweitzer, clients, count)
    yield _other("betaincinv", "order_statistic", beta, replies, count, "quantile_s")


def _other(
    name: str,
    primitive: str,
    theirs: Callable[..., tuple[Any, ...]],
    draws: dict[str, Draw],
    count: int,
    output: str | None = None,
) -> Other:
    arguments = drawn(draws, count)
    function = find(primitive).function

    def ours() -> tuple[Any, ...]:
        return tuple(found for found in ask(function, arguments, output) if found is not None)

    label = primitive if output is None else f"{primitive}, {output}"
    return Other(f"scipy {name}", label, functools.partial(theirs, **arguments), ours, count, count)
