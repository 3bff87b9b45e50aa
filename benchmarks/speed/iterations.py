"""Primitives that walk, sum, search or integrate: seconds per million points, and where each stops."""

import functools
from collections.abc import Mapping
from typing import NamedTuple

from benchmarks.speed.clock import median_s
from benchmarks.speed.race import Draw, always, between, decades, drawn, each, exponential, lognormal, whole
from benchmarks.speed.races import RACES
from benchmarks.speed.tables import Table
from gauntlet.mechanisms import closed, disciplines, scheduling
from gauntlet.mechanisms._inputs import ask
from gauntlet.mechanisms.catalogue import find

SHARE = 50
"""One in so many points is evaluated: the slowest take a minute per million."""


class Iteration(NamedTuple):
    """A primitive, the output that is asked for (None: all), how it gets there, and where it stops."""

    primitive: str
    output: str | None
    way: str


_SEARCH = "search for a root, to rounding or 2^-64 of the bracket, 128 steps at most"
_INTEGRAL = "Gauss rules of 20 nodes between 7 to 15 cuts, a double-exponential rule of 84 nodes beyond"
_INVERSION = f"{_SEARCH}, each a sum of 37 terms of a Laplace transform"
_EACH_CLIENT = "one step per client, here up to 32"

ITERATIONS = (
    Iteration("mmc", None, "one term per server, here up to 8"),
    Iteration("finite_source_mmc", None, _EACH_CLIENT),
    Iteration("mva_exact", None, _EACH_CLIENT),
    Iteration("mva_schweitzer", None, f"Newton to a step of 1e-14, {closed._MOST_NEWTON_STEPS} at most"),
    Iteration("occ_goodput", None, "Halley to a step of 1e-5, whose cube is rounding, 12 at most"),
    Iteration("power_of_d", None, f"terms down to 1e-17, {scheduling._MOST_QUEUE_TERMS} at most"),
    Iteration("dynamic_batching", None, f"terms down to 1e-15, {disciplines._MOST_GENERATIONS} at most"),
    Iteration("bulk_service_mm1b", None, _SEARCH),
    Iteration("mmc_response", None, _SEARCH),
    Iteration("che_lru_zipf", None, f"{_SEARCH}, each a sum over 64 ranks and 96 nodes"),
    Iteration("conflict_probability_zipf", None, "64 ranks and 48 nodes"),
    Iteration("size_based_scheduling_mm1", None, "16 Gauss rules of 24 nodes"),
    Iteration("order_statistic", "mean_s", f"{_SEARCH}; {_INTEGRAL}"),
    Iteration("order_statistic", "quantile_s", _SEARCH),
    Iteration("quorum_commit_latency", "mean_s", f"{_SEARCH}; {_INTEGRAL}"),
    Iteration("quorum_commit_latency", "quantile_s", _SEARCH),
    Iteration("hedged_request", "mean_s", _INTEGRAL),
    Iteration("hedged_request", "quantile_s", _SEARCH),
    Iteration("kofn_heterogeneous_exponential", None, _INTEGRAL),
    Iteration("mg1_response", "response_quantile_s", _INVERSION),
    Iteration("mgc_response", "response_quantile_s", _INVERSION),
    Iteration("closed_response", "response_quantile_s", f"192 steps of a chain; {_SEARCH}"),
)

_QUANTILE = between(0.01, 0.999)
_MIXTURE = {
    "shares": each(between(0.5, 1), between(0, 0.5)),
    "means_s": each(between(5e-5, 1e-4), between(1e-4, 2e-4)),
    "scvs": each(between(0.1, 2), between(0.1, 4)),
    "quantile": _QUANTILE,
}
_SERVICE = between(0.9e-4, 1e-4)
_KEYS = {"items": whole(100, 1_000_000), "theta": between(0, 1.5)}
_FAST = exponential(decades(1e-4, 1e-2))
_SLOW = lognormal(decades(1e-4, 1e-2), between(0.2, 1.5))

DRAWS: Mapping[str, Mapping[str, Draw]] = {race.primitive: race.draws for race in RACES} | {
    "dynamic_batching": {
        "arrival_rate_per_s": between(10, 1e4),
        "fixed_s": decades(1e-4, 1e-2),
        "per_item_s": between(1e-6, 1e-4),
    },
    "bulk_service_mm1b": {
        "arrival_rate_per_s": between(10, 8e4),
        "service_time_s": _SERVICE,
        "max_batch": whole(1, 8),
    },
    "mmc_response": {
        "arrival_rate_per_s": between(10, 8e4),
        "service_time_s": _SERVICE,
        "servers": whole(1, 8),
        "quantile": _QUANTILE,
    },
    "che_lru_zipf": {**_KEYS, "capacity": whole(1, 100)},
    "conflict_probability_zipf": {**_KEYS, "accesses_a": whole(1, 16), "accesses_b": whole(1, 16)},
    "size_based_scheduling_mm1": {
        "policy": always("srpt"),
        "arrival_rate_per_s": between(10, 1.05e4),
        "mean_service_s": _SERVICE,
    },
    "order_statistic": {"latency": _FAST, "k": whole(1, 3), "n": whole(3, 5), "quantile": _QUANTILE},
    "quorum_commit_latency": {
        "leader_s": _FAST,
        "followers": _SLOW,
        "quorum_acks": whole(1, 2),
        "n_followers": whole(2, 4),
        "quantile": _QUANTILE,
    },
    "hedged_request": {"latency": _SLOW, "hedge_delay_s": decades(1e-4, 1e-2), "quantile": _QUANTILE},
    "mg1_response": {"arrival_rate_per_s": between(10, 8e3), **_MIXTURE},
    "mgc_response": {"arrival_rate_per_s": between(10, 3e4), "servers": whole(2, 8), **_MIXTURE},
    "closed_response": {
        "population": whole(1, 32),
        "think_time_s": decades(1e-3, 1e-1),
        "demands_s": each(*[decades(1e-4, 1e-2)] * 3),
        "quantile": _QUANTILE,
    },
    "kofn_heterogeneous_exponential": {"means_s": each(*[decades(1e-4, 1e-2)] * 3), "k": whole(1, 3)},
}
"""Random points of each: those of its race, where it has one."""


def iterations(count: int, runs: int) -> Table:
    """One row for each."""
    rows, points = [], max(1, count // SHARE)
    for entry in ITERATIONS:
        arguments = drawn(DRAWS[entry.primitive], points)
        work = functools.partial(ask, find(entry.primitive).function, arguments, entry.output)
        name = entry.primitive if entry.output is None else f"{entry.primitive}, {entry.output}"
        rows.append((name, f"{median_s(work, runs) * 1e6 / points:.2f}", entry.way))
    columns = ("primitive", "s per million", "how it gets there, and where it stops")
    conclusion = f"Medians of {runs} runs at {points:,} random points; every number varies from point to point."
    return Table("iterations", columns, tuple(rows), conclusion)
