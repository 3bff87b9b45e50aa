"""Caches and filters: Che's approximation against exact and simulated LRU, Bloom filters against their exact law."""

import math
from collections import OrderedDict
from collections.abc import Iterator
from functools import partial

import numpy as np

from benchmarks.model_form.study import Point, Study, Truth, grid
from gauntlet.mechanisms._inputs import Floats

_EXACT_ITEMS = 64
_REQUESTS = 600_000


def _che_points(capacities: tuple[float, ...]) -> Iterator[Point]:
    """Shares of the items that the cache holds, or counts where they are whole."""
    for values in grid(items=(_EXACT_ITEMS, 1000, 10_000), theta=(0.0, 0.6, 0.99, 1.4), capacity=capacities):
        share = values["capacity"]
        yield Point({**values, "capacity": round(share * values["items"] if share < 1 else share)})


def _che(items: int, theta: float, capacity: int) -> Truth:
    weights = np.arange(1.0, items + 1) ** -theta
    find = exact_lru if items <= _EXACT_ITEMS else simulated_lru
    return {"hit_ratio": find(weights / weights.sum(), capacity)}


def exact_lru(probability: Floats, capacity: int) -> float:
    """Hit ratio of LRU: fewer than `capacity` other items were asked for since this one, integrated over that time.

    In continuous time the others have come by t independently, so their number has a Poisson-binomial law.
    """
    nodes, weights = np.polynomial.legendre.leggauss(200)
    low, high = math.log(1e-7), math.log(60 / probability.min())
    time = np.exp(0.5 * (high - low) * (nodes + 1) + low)
    widths = 0.5 * (high - low) * weights * time
    hits = 0.0
    for item, chance in enumerate(probability):
        come = np.zeros((capacity, len(time)))  # come[j]: chance that j others have come
        come[0] = 1.0
        for other in np.delete(probability, item):
            late = np.exp(-other * time)
            come[1:] = late * come[1:] + (1 - late) * come[:-1]
            come[0] *= late
        hits += chance * (widths * chance * np.exp(-chance * time) * come.sum(axis=0)).sum()
    return float(hits)


def simulated_lru(probability: Floats, capacity: int, requests: int = _REQUESTS) -> float:
    """Hit ratio after a third of the requests: the mean chance that the next one is in the cache."""
    keys = np.random.default_rng(1).choice(len(probability), requests, p=probability).tolist()
    chances = probability.tolist()
    cache: OrderedDict[int, None] = OrderedDict()
    inside, hits, warm = 0.0, 0.0, requests // 3
    for turn, key in enumerate(keys):
        if turn >= warm:
            hits += inside
        if key in cache:
            cache.move_to_end(key)
            continue
        cache[key] = None
        inside += chances[key]
        if len(cache) > capacity:
            inside -= chances[cache.popitem(last=False)[0]]
    return hits / (requests - warm)


def _bloom_points() -> Iterator[Point]:
    for values in grid(bits=(1000, 3000, 10_000), bits_per_item=(5, 8, 10, 16), times=(0.5, 1.0, 1.5)):
        hashes = max(1, round(values["times"] * values["bits_per_item"] * math.log(2)))
        yield Point({"bits": values["bits"], "items": values["bits"] // values["bits_per_item"], "hashes": hashes})


def _bloom(bits: int, items: int, hashes: int) -> Truth:
    """Mean of (set bits / m)^k: the law of the set bits, one throw after another."""
    law = np.zeros(bits + 1)
    law[0] = 1.0
    share = np.arange(bits + 1) / bits
    low = high = 0
    for _ in range(items * hashes):
        high = min(high + 1, bits)
        part = law[low : high + 1]
        moved = part * (1 - share[low : high + 1])
        part -= moved
        law[low + 1 : high + 1] += moved[:-1]
        while law[low] < 1e-30:
            low += 1
    return {"false_positive": float((law * share**hashes).sum())}


def studies() -> list[Study]:
    """Caches of ten objects or more count; smaller ones show where the approximation begins."""
    exact = "exact for 64 items, else simulated LRU of 600 thousand requests"
    return [
        Study(
            "che_lru_zipf",
            "64 to 10 thousand items, theta 0 to 1.4, 10 objects to 0.9 of the items",
            exact,
            partial(_che_points, (10, 0.2, 0.5, 0.9)),
            _che,
        ),
        Study("che_lru_zipf", "OUTSIDE: 1 and 3 objects", exact, partial(_che_points, (1, 3)), _che, ()),
        Study(
            "bloom_filter",
            "1 to 10 thousand bits, 5 to 16 per item, half to one and a half of the best number of hashes",
            "exact law of the bits set",
            _bloom_points,
            _bloom,
        ),
    ]
