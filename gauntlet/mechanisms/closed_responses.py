"""Response-time quantiles of a closed network: clients that think, pass a row of stations and think again.

The density of the response is (Z + r)^(N - 1) h(r) up to a factor, where h is that of one client alone. h comes from a
chain with one stage per station, stepped through a row of times; no sum over the states of the network is needed.
"""

from typing import NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import MEDIAN, Floats, ListOfTimes, NonNegative, Probability, Steps, primitive, require
from gauntlet.mechanisms._numerics import find_root

_INTERVALS, _HALVINGS = 192, 16
"""Equal steps through the row of times; the first is halved again and again, towards the shortest response."""
_DEPTH = 30.0
"""Times are left out where the density is below exp(-30) of its highest."""
_LEAST_DEMAND, _LEAST_TIME, _MOST_THINKING = 1e-6, 1e-100, 1e15
"""Of the largest demand; beyond them nothing changes any more."""
_TAYLOR_TERMS, _HALF = 11, 0.5
_TOGETHER = 2048
"""Networks whose rows of times fit into a core's cache."""

Stages = list[Floats]
Matrix = list[Stages]


class ClosedResponse(NamedTuple):
    """Outputs of `closed_response`."""

    throughput_per_s: Floats
    mean_response_s: Floats
    response_quantile_s: Floats


@primitive
def closed_response(
    population: Steps, think_time_s: NonNegative, demands_s: ListOfTimes, quantile: Probability = MEDIAN
) -> ClosedResponse:
    """Response in a closed network: its density is (Z + r)^(N - 1) h(r) / C, with h that of one client alone.

    N clients (`population`) think for Z on average (`think_time_s`) and then pass every station once, in a row; a stay
    there would take D on average (`demands_s`) if nobody else came. h is the density of the sum of those exponential
    times: crowding favours long responses by the factor (Z + r)^(N - 1), and `quantile` says of which one is reported.
    Counts queueing at every station, with the mean of `mva_exact`; leaves out several rounds through the stations,
    which keep the mean but not the law: the 0.99 quantile is then about 20 % too high for two rounds and 45 % for five,
    and half the truth for a random number of rounds. Two clients at one server without thinking: R is two services.
    Domain: exponential service, first come first served, any think law, N >= 1; never saturates.
    Source: the product form of sojourn times on overtake-free paths, Kelly and Pollett, Adv. Appl. Prob. 15(3), 1983,
    summed over the states by the integral of McKenna and Mitra, J. ACM 31(2), 1984.

    >>> median_s = float(closed_response(2, 0.0, [1.0], 0.5).response_quantile_s)
    >>> round((1 + median_s) * float(np.exp(-median_s)), 4)
    0.5
    """
    total_s = think_time_s + demands_s.sum(axis=0)
    require(total_s > 0, "closed_response: demands_s and think_time_s are all 0; expected at least one above 0.")
    shape = np.broadcast_shapes(demands_s.shape[1:], np.shape(total_s), np.shape(population), np.shape(quantile))
    each = (np.broadcast_to(part, shape).ravel() for part in (population, think_time_s, quantile))
    clients, think_s, levels = each
    demands = np.broadcast_to(demands_s, (len(demands_s), *shape)).reshape(len(demands_s), -1)
    mean_s, quantile_s = np.empty(clients.size), np.empty(clients.size)
    for start in range(0, clients.size, _TOGETHER):
        some = slice(start, start + _TOGETHER)
        mean_s[some], quantile_s[some] = _response(clients[some], think_s[some], demands[:, some], levels[some])
    throughput_per_s = clients / (think_s + mean_s)
    return ClosedResponse(*(part.reshape(shape) for part in (throughput_per_s, mean_s, quantile_s)))


def _response(clients: Floats, think_s: Floats, demands_s: Floats, quantile: Floats) -> tuple[Floats, Floats]:
    """Mean and quantile of the response in a row of networks."""
    unit_s = demands_s.max(axis=0)
    served = unit_s > 0
    demands = np.maximum(np.where(demands_s < unit_s, demands_s / unit_s, 1.0), _LEAST_DEMAND)
    times, tails, slopes = _tails(clients - 1, np.fmin(think_s / unit_s, _MOST_THINKING), demands)
    mean_s = np.where(served, unit_s * _mean(times, tails, slopes), 0.0)
    found_s = np.where(served & (quantile > 0), unit_s * _time_of(1 - quantile, times, tails, slopes), 0.0)
    return mean_s, np.where(served & (quantile == 1), np.inf, found_s)


def _tails(others: Floats, think: Floats, demands: Floats) -> tuple[Floats, Floats, Floats]:
    """Times in a row, P(R > t) at each and its slope there; the largest demand is the unit of time.

    With w(t) = (Z + t)^(N - 1) and P(sum > t) of one client alone, P(R > t) is w P plus the integral of w' P beyond t,
    by the trapezoidal rule with Euler and Maclaurin's correction of its ends.
    """
    low, high = _range(others, think, len(demands) - 1)
    parts = np.concatenate([[0.0], np.exp2(np.arange(-_HALVINGS, 0.0)), np.arange(1.0, _INTERVALS + 1)])
    times = low + (high - low) / _INTERVALS * parts[:, None]
    alone, density = _one_client(low, (high - low) / _INTERVALS, demands)
    since = np.maximum(think + times, _LEAST_TIME)
    weight = np.exp(others * np.log(since / (think + high)) - (times - high))
    rise = others / since * weight
    bend, slope = rise * alone, rise * ((others - 1) / since * alone - density)
    pieces = _areas(np.diff(times, axis=0), bend, slope)
    beyond = np.concatenate([np.cumsum(pieces[::-1], axis=0)[::-1], np.zeros_like(pieces[:1])])
    tails = weight * alone + beyond
    return times, tails / tails[0], -weight * density / tails[0]


def _areas(steps: Floats, heights: Floats, slopes: Floats) -> Floats:
    """Integral of a smooth function over each step."""
    return 0.5 * steps * (heights[1:] + heights[:-1]) + steps**2 / 12 * (slopes[:-1] - slopes[1:])


def _one_client(start: Floats, step: Floats, demands: Floats) -> tuple[Floats, Floats]:
    """P(response > t) and its density times exp(t), at the row of times, of a client that is alone."""
    first = _transitions(1 / demands, start)[0]
    moves = [_transitions(1 / demands, step * 2.0**-_HALVINGS)]
    for _ in range(_HALVINGS):
        moves.append(_squared(moves[-1]))
    rows = [first, *(_moved(first, move) for move in moves)]
    for _ in range(_INTERVALS - 1):
        rows.append(_moved(rows[-1], moves[-1]))
    return np.stack([_sum(stages) for stages in rows]), np.stack([stages[-1] for stages in rows]) / demands[-1]


def _range(others: Floats, think: Floats, more: int) -> tuple[Floats, Floats]:
    """Between which times the density lies: from those of the slowest station alone and of all stations as slow."""

    def height(time: Floats, stages: int) -> Floats:
        rise = stages * np.log(np.maximum(time, _LEAST_TIME))
        height: Floats = others * np.log(np.maximum(think + time, _LEAST_TIME)) + rise - time
        return height

    first, middle = np.maximum(0.0, others - think), 0.5 * (others + more - think)
    last = middle + np.sqrt(middle**2 + more * think)
    end = last + _DEPTH + np.sqrt(_DEPTH**2 + 2 * _DEPTH * (think + last))
    low = find_root(lambda time: height(time, 0) - height(first, 0) + _DEPTH, np.zeros_like(first), first)
    return low, find_root(lambda time: height(last, more) - _DEPTH - height(time, more), last, end)


def _transitions(rates: Floats, time: Floats) -> Matrix:
    """Probabilities exp(time) P(stage i becomes stage j), rows i, by scaling, Taylor's series and squaring."""
    stages, nothing = range(len(rates)), np.zeros(time.shape)
    doublings = np.ceil(np.log2(np.maximum(2 * np.max(rates, axis=0) * time, 1.0)))
    part = time * np.exp2(-doublings)
    term = [[nothing + (i == j) for j in stages] for i in stages]
    total = term
    for order in range(1, _TAYLOR_TERMS):
        stay = [[term[i][j] * (1 - rates[j]) for j in stages] for i in stages]
        come = [[term[i][j - 1] * rates[j - 1] if j > i else nothing for j in stages] for i in stages]
        term = [[(stay[i][j] + come[i][j]) * part / order for j in stages] for i in stages]
        total = [[total[i][j] + term[i][j] for j in stages] for i in stages]
    for done in range(int(np.max(doublings))):
        twice = _squared(total)
        total = [[np.where(done < doublings, twice[i][j], total[i][j]) for j in stages] for i in stages]
    return total


def _squared(move: Matrix) -> Matrix:
    """A move made twice; no stage is entered again, so that entries left of the diagonal stay 0."""
    stages = range(len(move))
    return [
        [_sum([move[i][k] * move[k][j] for k in range(i, j + 1)]) if j >= i else move[i][j] for j in stages]
        for i in stages
    ]


def _moved(stages: Stages, move: Matrix) -> Stages:
    """Where a client is after a move."""
    return [_sum([stages[i] * move[i][j] for i in range(j + 1)]) for j in range(len(stages))]


def _sum(parts: Stages) -> Floats:
    return sum(parts[1:], start=parts[0])


def _mean(times: Floats, tails: Floats, slopes: Floats) -> Floats:
    """Integral of P(R > t), which is 1 before the first time."""
    mean: Floats = times[0] + _areas(np.diff(times, axis=0), tails, slopes).sum(axis=0)
    return mean


def _time_of(tail: Floats, times: Floats, tails: Floats, slopes: Floats) -> Floats:
    """The time of a tail, between two times of the row: by ln P(R > t), or in the shorter half ln t by ln P(R < t)."""
    after = np.clip((tails > tail).sum(axis=0), 1, len(times) - 1)[None]
    (t0, p0, s0), (t1, p1, s1) = (
        [np.take_along_axis(rows, place, axis=0)[0] for rows in (times, tails, slopes)] for place in (after - 1, after)
    )
    late = _cubic(np.log(tail), np.log([p0, p1]), np.stack([t0, t1]), np.stack([p0 / s0, p1 / s1]))
    power = [(1 - p0) / (t0 * -s0), (1 - p1) / (t1 * -s1)]
    early = _cubic(np.log1p(-tail), np.log1p([-p0, -p1]), np.log([t0, t1]), np.stack(power))
    first = np.log(t1) + power[1] * (np.log1p(-tail) - np.log1p(-p1))
    return np.where(tail < _HALF, late, np.exp(np.where(p0 < 1, early, first)))


def _cubic(x: Floats, ends: Floats, heights: Floats, slopes: Floats) -> Floats:
    """A cubic between two points with given slopes, neither above thrice the chord's, so that it never turns."""
    width, rise = ends[1] - ends[0], heights[1] - heights[0]
    begin, end = np.clip(slopes * width / rise, 0.0, 3.0)
    u = (x - ends[0]) / width
    height: Floats = heights[0] + rise * (u**2 * (3 - 2 * u) + begin * u * (1 - u) ** 2 - end * u**2 * (1 - u))
    return height
