"""Locks and validation: Gray, Thomasian and optimistic goodput against simulated transactions, Zipf sets exactly."""

import heapq
import math
from collections.abc import Iterator
from functools import cache, partial

import numpy as np

from benchmarks.model_form.study import Point, Study, Truth, grid
from benchmarks.model_form.two_phase import LockTable, Tally
from gauntlet.mechanisms._inputs import Floats

_ACTION_S = 0.01
_COMMITS = 100_000


def _gray_points(concurrent: tuple[int, ...], waits: tuple[float, ...]) -> Iterator[Point]:
    """Items so many that the formula's wait probability is the stated one, up to the 0.1 where it warns."""
    for values in grid(actions=(4, 8, 16), concurrent=concurrent, waits=waits):
        actions, concurrent_ = values["actions"], values["concurrent"]
        items = math.ceil(concurrent_ * actions**2 / (2 * values["waits"]) - 1e-9)
        tps = concurrent_ / (actions * _ACTION_S)
        yield Point({"tps": tps, "actions": actions, "action_time_s": _ACTION_S, "db_size": items, "nodes": 1})


def _waits(tps: float, actions: int, action_time_s: float, db_size: int, nodes: int) -> Truth:
    """Share of transactions that wait."""
    seen = LockTable(db_size, actions, action_time_s).run_open(tps, _COMMITS)
    return {"wait_probability": seen.waited / seen.commits}


def _deadlocks(tps: float, actions: int, action_time_s: float, db_size: int, nodes: int) -> Truth:
    """Share of transactions in a deadlock, and deadlocks per second."""
    seen = LockTable(db_size, actions, action_time_s).run_open(tps, 3 * _COMMITS)
    return {
        "deadlock_probability": seen.in_circles / seen.commits,
        "node_deadlock_rate_per_s": seen.circles / seen.span_s,
    }


@cache
def _closed(items: int, actions: int, population: int, commits: int = 30_000) -> tuple[float, float, Tally]:
    """Conflict alpha, blocked fraction, and counts of a closed system."""
    seen = LockTable(items, actions, 1.0).run_closed(population, commits)
    behind_active_s = seen.behind_active_s / max(seen.behind_active, 1)
    alpha = seen.blocks * behind_active_s / seen.resident_s
    return alpha, seen.blocked_s / (seen.span_s * population), seen


def _thomasian_points() -> Iterator[Point]:
    """The conflict alpha is measured in the simulation whose blocked fraction is the truth."""
    for values in grid(system=((2000, 8), (8000, 16), (20_000, 20)), population=(10, 20, 30, 35, 40, 50, 60)):
        items, actions = values["system"]
        beside = {"items": items, "actions": actions, "population": values["population"]}
        alpha = _closed(**beside)[0]
        if alpha < 0.22:
            yield Point({"conflict_alpha": alpha}, beside)


def _thomasian(conflict_alpha: float, **system: int) -> Truth:
    blocked = _closed(**system)[1]
    return {"blocked_fraction": blocked, "active_fraction": 1 - blocked}


def _thrash_points() -> Iterator[Point]:
    for items, actions, largest in ((2000, 8, 61), (8000, 16, 65), (20_000, 20, 91)):
        yield Point({}, {"items": items, "actions": actions, "largest": largest})


def _thrash(items: int, actions: int, largest: int) -> Truth:
    """Alpha and blocked fraction at the population with most commits per second, of every third up to the largest."""
    seen = [_closed(items, actions, population) for population in range(largest - 30, largest, 3)]
    alpha, blocked, _ = max(seen, key=lambda found: found[2].commits / found[2].span_s)
    return {"alpha_max": alpha, "blocked_at_max": blocked}


def _zipf_points() -> Iterator[Point]:
    accesses = ((1, 1), (4, 4), (10, 4), (16, 8), (1, 16))
    for values in grid(items=(100, 1000, 10_000), theta=(0.0, 0.6, 0.99, 1.4), accesses=accesses):
        a, b = values["accesses"]
        yield Point({"items": values["items"], "theta": values["theta"], "accesses_a": a, "accesses_b": b})


def _zipf(items: int, theta: float, accesses_a: int, accesses_b: int) -> Truth:
    """Draws with replacement: a! b! times the coefficient of x^a y^b in the product of exp(p x) + exp(p y) - 1.

    A key may be drawn by one side or the other, not by both; each factor counts the ways for one key.
    """
    weights = np.arange(1.0, items + 1) ** -theta
    factors = _factors(weights / weights.sum(), accesses_a, accesses_b)
    while len(factors) > 1:
        if len(factors) % 2:
            factors = np.concatenate([factors, _factors(np.zeros(1), accesses_a, accesses_b)])
        factors = _product(factors[::2], factors[1::2])
    ways = math.factorial(accesses_a) * math.factorial(accesses_b)
    return {"pair_conflict_prob": float(1 - ways * factors[0, -1, -1])}


def _factors(probability: Floats, a: int, b: int) -> Floats:
    """Series of exp(p x) + exp(p y) - 1 up to x^a y^b, shape (keys, a + 1, b + 1)."""
    series = np.zeros((len(probability), a + 1, b + 1))
    series[:, :, 0] = probability[:, None] ** np.arange(a + 1) / [math.factorial(k) for k in range(a + 1)]
    series[:, 0, :] = probability[:, None] ** np.arange(b + 1) / [math.factorial(k) for k in range(b + 1)]
    return series


def _product(left: Floats, right: Floats) -> Floats:
    """Product of two series in x and y, cut at the same powers."""
    _, rows, columns = left.shape
    total = np.zeros_like(left)
    for i in range(rows):
        for j in range(columns):
            total[:, i:, j:] += left[:, i, j, None, None] * right[:, : rows - i, : columns - j]
    return total


def _occ_points(spreads: tuple[float, ...]) -> Iterator[Point]:
    for values in grid(workers=(4, 16, 64, 256), conflicts=(0.05, 0.2, 1.0, 3.0, 10.0), spread=spreads):
        pair = values["conflicts"] / (values["workers"] - 1)
        if pair <= 0.5:
            arguments = {"workers": values["workers"], "attempt_s": 1e-3, "pair_conflict_prob": pair}
            yield Point(arguments, {"spread": values["spread"]})


def _occ(workers: int, attempt_s: float, pair_conflict_prob: float, spread: float, attempts: int = 100_000) -> Truth:
    """Workers restart at once; a commit dooms each running attempt with the pair's probability.

    Attempts last attempt_s give or take the spread, evenly; a spread of 1 or more means exponential times.
    """
    draw = np.random.default_rng(1)
    lasts = (
        draw.exponential(attempt_s, attempts)
        if spread >= 1
        else attempt_s * draw.uniform(1 - spread, 1 + spread, attempts)
    )
    ends = [(float(start), worker) for worker, start in enumerate(draw.uniform(0, attempt_s, workers))]
    heapq.heapify(ends)
    doomed, commits, start_s, now_s = np.zeros(workers, dtype=bool), 0, 0.0, 0.0
    for turn, last_s in enumerate(lasts.tolist()):
        now_s, worker = ends[0]
        if turn == attempts // 10:
            commits, start_s = 0, now_s
        if not doomed[worker]:
            commits += 1
            doomed |= draw.random(workers) < pair_conflict_prob
        doomed[worker] = False
        heapq.heapreplace(ends, (now_s + last_s, worker))
    return {"goodput_per_s": commits / (now_s - start_s), "attempts_per_commit": attempts * 0.9 / commits}


def _locking() -> list[Study]:
    """Exclusive locks, held to the end."""
    return [
        Study(
            "gray_lock_conflict_rates",
            "4 to 16 actions, 5 and 20 transactions at once, wait probability 0.02 to 0.1",
            "simulated strict two-phase locking, 100 thousand transactions",
            partial(_gray_points, (5, 20), (0.02, 0.05, 0.1)),
            _waits,
        ),
        Study(
            "gray_lock_conflict_rates",
            "4 to 16 actions, 3 to 10 transactions at once, wait probability 0.1",
            "simulated strict two-phase locking, 300 thousand transactions",
            partial(_gray_points, (3, 5, 10), (0.1,)),
            _deadlocks,
            ("deadlock_probability",),
        ),
        Study(
            "thomasian_2pl",
            "8 to 20 locks of 2 to 20 thousand, conflict alpha below 0.22",
            "simulated strict two-phase locking whose alpha is measured",
            _thomasian_points,
            _thomasian,
        ),
        Study(
            "thomasian_thrash_point",
            "8 to 20 locks of 2 to 20 thousand",
            "the population with most commits per second in the same simulation",
            _thrash_points,
            _thrash,
        ),
    ]


def _validation() -> list[Study]:
    """Sets of items that meet, and transactions that find out at their end."""
    return [
        Study(
            "conflict_probability_zipf",
            "100 to 10 thousand items, theta 0 to 1.4, 1 to 16 accesses",
            "exact law of draws with replacement",
            _zipf_points,
            _zipf,
        ),
        Study(
            "occ_goodput",
            "4 to 256 workers, 0.05 to 10 conflicts per attempt, attempts of one length or half to one and a half",
            "simulated restarting transactions, 100 thousand attempts",
            partial(_occ_points, (0.0, 0.5)),
            _occ,
        ),
        Study(
            "occ_goodput",
            "OUTSIDE: attempts of exponential length",
            "simulated restarting transactions, 100 thousand attempts",
            partial(_occ_points, (1.0,)),
            _occ,
            (),
        ),
    ]


def studies() -> list[Study]:
    """Transactions that lock, and transactions that validate."""
    return [*_locking(), *_validation()]
