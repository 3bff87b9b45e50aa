"""The few numerical routines that primitives share. All broadcast; loops run over terms, never over samples."""

import functools
import math
from collections.abc import Callable

import numpy as np

from gauntlet.mechanisms._inputs import Floats

Curve = Callable[[Floats], Floats]

_DIRECT_RANKS = 64


def bisect(increasing: Curve, low: Floats, high: Floats, steps: int = 64) -> Floats:
    """Root of an increasing function between `low` and `high`, halved `steps` times; arrays broadcast."""
    low, high = np.broadcast_arrays(np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64))
    for _ in range(steps):
        middle = 0.5 * (low + high)
        below = increasing(middle) < 0
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return 0.5 * (low + high)


@functools.cache
def gauss_nodes(count: int) -> tuple[Floats, Floats]:
    """Nodes and weights of Gauss-Legendre quadrature on [0, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return 0.5 * (nodes + 1), 0.5 * weights


def integrate(curve: Curve, low: Floats, high: Floats, count: int = 20) -> Floats:
    """Integral of a smooth function from `low` to `high` by Gauss-Legendre quadrature."""
    nodes, weights = gauss_nodes(count)
    total = np.zeros(())
    for node, weight in zip(nodes, weights, strict=True):
        total = total + weight * curve(low + node * (high - low))
    return (high - low) * total


def lambert_w(x: Floats) -> Floats:
    """Principal branch of w exp(w) = x for x >= -1/e, by Halley's iteration.

    Source: Corless et al., On the Lambert W function, Adv. Comput. Math. 5, 1996, eq. 5.9 and the branch-point
    series 4.22.
    """
    x = np.asarray(x, dtype=np.float64)
    root = np.sqrt(np.maximum(0.0, 2 * (math.e * x + 1)))
    near_branch = -1 + root - root**2 / 3 + 11 / 72 * root**3
    w = np.where(x < 0, near_branch, np.log1p(np.maximum(x, 0)))
    for _ in range(12):
        excess = w * np.exp(w) - x
        slope = np.exp(w) * (w + 1) - (w + 2) * excess / (2 * w + 2)
        w = w - np.where(slope == 0, 0.0, excess / np.where(slope == 0, 1.0, slope))
    return w


def erlang_b(load: Floats, servers: Floats) -> Floats:
    """Blocking probability of M/G/c/c by the recursion 1/B_k = 1 + k / (a B_{k-1}); nothing overflows."""
    blocking = np.ones(np.broadcast_shapes(np.shape(load), np.shape(servers)))
    for k in range(1, int(np.max(servers, initial=0)) + 1):
        blocking = np.where(k <= servers, 1 / (1 + k / (load * blocking)), blocking)
    return blocking


def sum_over_ranks(term: Curve, ranks: Floats) -> Floats:
    """Sum of term(1) + ... + term(ranks) for a term smooth in the rank, at a cost that does not grow with ranks.

    The first 64 ranks are added one by one; the rest is the midpoint Euler-Maclaurin formula, with its integral taken
    over the logarithm of the rank. Relative error below 1e-9 for powers of the rank.
    """
    ranks = np.asarray(ranks, dtype=np.float64)
    total = np.zeros(())
    for rank in range(1, int(min(_DIRECT_RANKS, np.max(ranks, initial=0))) + 1):
        total = total + np.where(rank <= ranks, term(np.asarray(float(rank))), 0.0)
    if np.all(ranks <= _DIRECT_RANKS):
        return total
    first = np.asarray(_DIRECT_RANKS + 0.5)
    last = np.maximum(ranks, _DIRECT_RANKS) + 0.5

    def per_logarithm(log_rank: Floats) -> Floats:
        rank = np.exp(log_rank)
        return term(rank) * rank

    middle = 0.5 * (np.log(first) + np.log(last))
    area = integrate(per_logarithm, np.log(first), middle, 24) + integrate(per_logarithm, middle, np.log(last), 24)
    bend = _slope(term, last) - _slope(term, first)
    return total + np.where(ranks > _DIRECT_RANKS, area - bend / 24, 0.0)


def _slope(term: Curve, at: Floats) -> Floats:
    return term(at + 0.5) - term(at - 0.5)
