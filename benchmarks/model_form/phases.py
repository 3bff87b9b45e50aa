"""Exact mean wait of PH/PH/c queues: arrivals and services of phase type, by the matrix-geometric method.

The state is the phase of the next arrival and the number of busy servers in each phase of service; levels count the
jobs. Source: Neuts, Matrix-Geometric Solutions in Stochastic Models, 1981, ch. 3; the rate matrix by Latouche and
Ramaswami's logarithmic reduction, J. Appl. Prob. 30(3), 1993.
"""

import itertools
from typing import NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import Floats

_MOST_DOUBLINGS = 60


class Phases(NamedTuple):
    """A law of phase type: where it starts, and the rates between its phases (k, k); the rest of a row leaves."""

    start: Floats
    between: Floats

    @property
    def leave(self) -> Floats:
        """Rate at which each phase ends the whole."""
        return np.asarray(-self.between.sum(axis=1))


def law(mean: float, scv: float, shape: str = "balanced") -> Phases:
    """Erlang for scv = 1/k, else two parallel phases with that scv and `shape`: balanced means, or a gamma's skewness.

    Source: Tijms, A First Course in Stochastic Models, 2003, appendix B.
    """
    if scv <= 1:
        k = round(1 / scv)
        if abs(1 / k - scv) > 1e-9:
            raise ValueError(f"scv = {scv:g}; expected one over a whole number, or more than 1.")
        return Phases(np.eye(k)[0], (np.eye(k, k=1) - np.eye(k)) * k / mean)
    if shape == "balanced":
        first = (1 + np.sqrt((scv - 1) / (scv + 1))) / 2
        rates = np.array([2 * first, 2 * (1 - first)]) / mean
    else:
        rates = (1 + np.array([1, -1]) * np.sqrt((scv - 0.5) / (scv + 1))) * 2 / mean
        first = rates[0] * (rates[1] * mean - 1) / (rates[1] - rates[0])
    return Phases(np.array([first, 1 - first]), -np.diag(rates))


def mean_wait(arrival: Phases, service: Phases, servers: int) -> float:
    """Mean wait in the queue, in the unit of the laws' means."""
    ups, stays, downs = _levels(arrival, service, servers)
    rate = _rate_matrix(ups[-1], stays[-1], downs[-1])
    below: list[Floats] = []  # below[n] takes level n + 1 to level n
    for n in range(servers):
        closed: Floats = stays[n] + (below[n - 1] @ ups[n - 1] if n else 0.0)
        below.append(np.asarray(downs[n + 1] @ np.linalg.inv(-closed)))
    full = stays[servers] + rate @ downs[-1] + below[-1] @ ups[servers - 1]
    level = _null_vector(full)
    beyond = np.linalg.inv(np.eye(len(rate)) - rate)
    total, part = (level @ beyond).sum(), level
    for step in reversed(below):
        part = part @ step
        total += part.sum()
    waiting = (level @ rate @ beyond @ beyond).sum() / total
    return float(waiting * _mean(arrival))


def _mean(phases: Phases) -> float:
    return float(phases.start @ np.linalg.solve(-phases.between, np.ones(len(phases.start))))


def _levels(arrival: Phases, service: Phases, servers: int) -> tuple[list[Floats], list[Floats], list[Floats]]:
    """Rates one level up, within and down, for levels 0 to servers, and last down from a level above (servers + 1)."""
    kinds = len(service.start)
    configurations = [_configurations(n, kinds) for n in range(servers + 1)]
    waits, come = np.eye(len(arrival.start)), np.outer(arrival.leave, arrival.start)
    ups: list[Floats] = []
    stays: list[Floats] = []
    downs: list[Floats] = [np.zeros((0, 0))]
    for n, here in enumerate(configurations):
        starts = _moves(here, configurations[n + 1], _started(service)) if n < servers else np.eye(len(here))
        ups.append(_together(come, starts))
        if n:
            downs.append(_together(waits, _moves(here, configurations[n - 1], _ended(service))))
        shifts = _moves(here, here, _shifted(service))
        phases = arrival.between - np.diag(np.diag(arrival.between))
        rates = _together(phases, np.eye(len(here))) + _together(waits, shifts)
        away = rates.sum(axis=1) + ups[n].sum(axis=1) + (downs[n].sum(axis=1) if n else 0.0)
        stays.append(rates - np.diag(away))
    replaced = _together(waits, _moves(configurations[-1], configurations[-1], _replaced(service)))
    return ups, stays, [*downs, replaced]


def _together(left: Floats, right: Floats) -> Floats:
    """Kronecker product."""
    return np.asarray(np.kron(left, right), dtype=np.float64)


def _configurations(busy: int, kinds: int) -> list[tuple[int, ...]]:
    """All ways to spread the busy servers over the phases."""
    spread = itertools.product(range(busy + 1), repeat=kinds)
    return [counts for counts in spread if sum(counts) == busy]


Move = tuple[tuple[int, ...], int, float]
"""Change of the counts, the phase whose count multiplies the rate (-1: none), and the rate."""


def _unit(kinds: int, up: int = -1, down: int = -1) -> tuple[int, ...]:
    return tuple((kind == up) - (kind == down) for kind in range(kinds))


def _started(service: Phases) -> list[Move]:
    kinds = len(service.start)
    return [(_unit(kinds, up=kind), -1, service.start[kind]) for kind in range(kinds)]


def _ended(service: Phases) -> list[Move]:
    kinds = len(service.start)
    return [(_unit(kinds, down=kind), kind, service.leave[kind]) for kind in range(kinds)]


def _shifted(service: Phases) -> list[Move]:
    kinds = len(service.start)
    pairs = itertools.permutations(range(kinds), 2)
    return [(_unit(kinds, up=new, down=old), old, service.between[old, new]) for old, new in pairs]


def _replaced(service: Phases) -> list[Move]:
    kinds = len(service.start)
    pairs = itertools.product(range(kinds), repeat=2)
    return [(_unit(kinds, up=new, down=old), old, service.leave[old] * service.start[new]) for old, new in pairs]


def _moves(here: list[tuple[int, ...]], there: list[tuple[int, ...]], moves: list[Move]) -> Floats:
    place = {counts: index for index, counts in enumerate(there)}
    rates = np.zeros((len(here), len(there)))
    for row, counts in enumerate(here):
        for change, factor, rate in moves:
            times = 1 if factor < 0 else counts[factor]
            if times and rate:
                rates[row, place[tuple(np.add(counts, change).tolist())]] += times * rate
    return rates


def _rate_matrix(up: Floats, stay: Floats, down: Floats) -> Floats:
    """R, the expected visits to a level per visit to the one below, from the first passage one level down."""
    away = np.linalg.inv(-stay)
    rise, fall = away @ up, away @ down
    passage, still = fall.copy(), rise.copy()
    for _ in range(_MOST_DOUBLINGS):
        turn = np.linalg.inv(np.eye(len(up)) - rise @ fall - fall @ rise)
        rise, fall = turn @ rise @ rise, turn @ fall @ fall
        passage += still @ fall
        still = still @ rise
        if np.abs(1 - passage.sum(axis=1)).max() < 1e-13:
            break
    return up @ np.linalg.inv(-(stay + up @ passage))


def _null_vector(rates: Floats) -> Floats:
    """The row vector of sum 1 that the rates leave in balance."""
    balance = rates.T.copy()
    balance[-1] = 1.0
    return np.linalg.solve(balance, np.eye(len(rates))[-1])
