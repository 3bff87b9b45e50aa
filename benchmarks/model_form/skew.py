"""Skew and sharing: restarts at hot keys, caches that fill, and a mixture of users at one resource."""

import heapq
from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import cache, partial

import numpy as np
import numpy.typing as npt

from benchmarks.model_form.phases import Phases, law, mean_wait
from benchmarks.model_form.study import Point, Study, Truth, grid
from gauntlet.mechanisms.queueing import mmc

_REQUESTS = 400_000


def _occ_points(spreads: tuple[float, ...]) -> Iterator[Point]:
    accesses = ((0, 1), (2, 2), (15, 1), (8, 8))
    axes = {"workers": (4, 16, 64, 256), "items": (1000, 100_000), "theta": (0.0, 0.6, 0.9, 0.99, 1.2)}
    for values in grid(**axes, accesses=accesses, spread=spreads):
        reads, writes = values.pop("accesses")
        beside = {"spread": values.pop("spread")}
        yield Point({**values, "attempt_s": 1.0, "reads": reads, "writes": writes}, beside)


def _skipping_points() -> Iterator[Point]:
    """The hottest keys may be written at will."""
    for values in grid(workers=(16, 128), theta=(0.6, 0.9, 1.2), accesses=((0, 1), (8, 8)), skip_top=(1, 10, 200)):
        reads, writes = values.pop("accesses")
        yield Point({**values, "items": 1000, "attempt_s": 1.0, "reads": reads, "writes": writes}, {"spread": 0.0})


@cache
def validated(
    workers: int,
    items: int,
    theta: float,
    attempt_s: float,
    reads: int,
    writes: int,
    spread: float,
    skip_top: int = 0,
    fresh: bool = False,
) -> Truth:
    """Transactions validate their keys, but for the hottest `skip_top`, at the end of an attempt and restart at once.

    They restart with the same keys, or all `fresh`. Attempts last attempt_s give or take the spread, evenly. Half is
    warm-up, in which workers gather at hot keys.
    """
    draw, attempts = np.random.default_rng(1), 40_000 + 1_000 * workers
    lasts = (attempt_s * draw.uniform(1 - spread, 1 + spread, attempts)).tolist()
    drawn = iter(keys(items, theta, (attempts + workers, reads + writes), draw).tolist())
    holds = [next(drawn) for _ in range(workers)]
    starts = (-attempt_s * draw.uniform(0, 1, workers)).tolist()
    ends = [(start + attempt_s, worker) for worker, start in enumerate(starts)]
    heapq.heapify(ends)
    written = [-np.inf] * items
    commits, since_s, now_s = 0, 0.0, 0.0
    for turn, last_s in enumerate(lasts):
        now_s, worker = ends[0]
        if turn == attempts // 2:
            commits, since_s = 0, now_s
        mine = holds[worker]
        commit = all(written[key] <= starts[worker] or key < skip_top for key in mine)
        if commit:
            commits += 1
            for key in mine[reads:]:
                written[key] = now_s
        if commit or fresh:
            holds[worker] = next(drawn)
        starts[worker] = now_s
        heapq.heapreplace(ends, (now_s + last_s, worker))
    return {"goodput_per_s": commits / (now_s - since_s)}


def keys(items: int, theta: float, shape: tuple[int, ...], draw: np.random.Generator) -> npt.NDArray[np.int64]:
    """Zipf keys from 0, the most popular."""
    up_to = np.cumsum(np.arange(1.0, items + 1) ** -theta)
    return np.searchsorted(up_to, draw.uniform(0, up_to[-1], shape)).astype(np.int64)


def _warm_points() -> Iterator[Point]:
    """Accesses in capacities of the cache."""
    axes = {"items": (100, 1000, 10_000), "theta": (0.0, 0.6, 0.99, 1.4)}
    for values in grid(**axes, share=(0.1, 0.3, 0.9), rounds=(0.3, 1.0, 3.0, 10.0)):
        capacity = round(values["share"] * values["items"])
        accesses = round(values["rounds"] * capacity)
        yield Point({"items": values["items"], "theta": values["theta"], "capacity": capacity, "accesses": accesses})


def _warm(items: int, theta: float, capacity: int, accesses: int) -> Truth:
    if theta == 0:
        return {"cold_hit_ratio": filling_uniformly(items, capacity, accesses)}
    draw, runs = np.random.default_rng(1), -(-_REQUESTS // accesses)
    chances = np.arange(1.0, items + 1) ** -theta
    likely = (chances / chances.sum()).tolist()
    hits = [cold_hits(run, likely, capacity) for run in keys(items, theta, (runs, accesses), draw).tolist()]
    return {"cold_hit_ratio": float(np.mean(hits)) / accesses}


def filling_uniformly(items: int, capacity: int, accesses: int) -> float:
    """Exact hit ratio under uniform access: the law of how many items are inside, one access after another."""
    inside, held, hits = np.arange(capacity + 1), np.eye(1, capacity + 1)[0], 0.0
    for _ in range(accesses):
        hits += held @ inside / items
        moved = held * (items - inside) / items
        moved[-1] = 0.0
        held = held - moved
        held[1:] += moved[:-1]
    return float(hits / accesses)


def cold_hits(asked: list[int], likely: list[float], capacity: int) -> float:
    """Sum over the accesses of the chance that the next one finds its item in an LRU cache that began empty."""
    cache: OrderedDict[int, None] = OrderedDict()
    inside = total = 0.0
    for key in asked:
        total += inside
        if key in cache:
            cache.move_to_end(key)
            continue
        cache[key] = None
        inside += likely[key]
        if len(cache) > capacity:
            inside -= likely[cache.popitem(last=False)[0]]
    return total


def _shared_points(most_wait: bool) -> Iterator[Point]:
    """Two users with exponential services, the second slower, that bring a stated share of the work."""
    axes = {
        "servers": (2, 4, 8),
        "load": (0.3, 0.5, 0.7, 0.9),
        "slower": (1.5, 3.0, 10.0),
        "share": (0.2, 0.5, 0.8),
    }
    for values in grid(**axes):
        work = values["load"] * values["servers"]
        services = [1e-3, 1e-3 * values["slower"]]
        rates = [(1 - values["share"]) * work / services[0], values["share"] * work / services[1]]
        waits = mmc(work, 1.0, values["servers"]).prob_wait >= 0.5
        if _scv(rates, services) <= 4 and waits == most_wait:
            yield Point({"rates_per_s": rates, "service_times_s": services, "servers": values["servers"]})


def _scv(rates_per_s: list[float], service_times_s: list[float]) -> float:
    weights, times = np.array(rates_per_s), np.array(service_times_s)
    mean = np.average(times, weights=weights)
    return float(2 * np.average(times**2, weights=weights) / mean**2 - 1)


def _shared(rates_per_s: list[float], service_times_s: list[float], servers: int) -> Truth:
    """M/PH/c whose service is that of a user drawn by rate."""
    rates, times = np.array(rates_per_s), np.array(service_times_s)
    service = Phases(rates / rates.sum(), -np.diag(1 / times))
    return {"mean_wait_s": mean_wait(law(1 / rates.sum(), 1.0), service, servers)}


def _occ_studies(primitive: str, truth: Callable[..., Truth]) -> list[Study]:
    """Restarts with one length of attempts bind the record together with lengths that vary by half."""
    occ = "simulated validation, 40 thousand attempts and a thousand per worker"
    wide = "4 to 256 workers, 1 and 100 thousand keys, theta 0 to 1.2, 1 to 16 accesses, attempts of one length"
    some = "16 and 128 workers, 1 thousand keys of which 1 to 200 are not validated, theta 0.6 to 1.2"
    return [
        Study(primitive, wide, occ, partial(_occ_points, (0.0,)), truth),
        Study(primitive, some, occ, _skipping_points, truth),
        Study(primitive, f"{wide} or half to one and a half", occ, partial(_occ_points, (0.0, 0.5)), truth),
    ]


def studies() -> list[Study]:
    """Restarting transactions, filling caches, shared servers."""
    two, phases = "two users 1.5 to 10 times apart, load 0.3 to 0.9, scv up to 4", "exact M/PH/c, matrix-geometric"
    return [
        *_occ_studies("occ_goodput_zipf", validated),
        *_occ_studies("occ_goodput_zipf_fresh", partial(validated, fresh=True)),
        Study(
            "cache_warm_up",
            "100 to 10 thousand items, theta 0 to 1.4, 10 to 90 % cached, 0.3 to 10 capacities of accesses",
            "exact for theta 0, else simulated LRU of 400 thousand accesses",
            _warm_points,
            _warm,
        ),
        Study(
            "shared_resource",
            f"{two}, 2 to 8 servers, at least half of the jobs wait",
            phases,
            partial(_shared_points, True),
            _shared,
        ),
        Study("shared_resource", f"OUTSIDE: {two}, fewer wait", phases, partial(_shared_points, False), _shared, ()),
    ]
