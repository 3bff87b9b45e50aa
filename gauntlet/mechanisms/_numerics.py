"""The few numerical routines that primitives share. All broadcast; loops run over terms, never over samples."""

import functools
import itertools
import math
from collections.abc import Callable

import numpy as np

from gauntlet.mechanisms._inputs import Floats

Curve = Callable[[Floats], Floats]

_DIRECT_RANKS = 64
_MOST_STEPS = 128
_EPSILON = float(np.finfo(np.float64).eps)
_TINY = float(np.finfo(np.float64).tiny)
_CUBED_AWAY = 1e-5  # a relative error whose cube is below rounding: Halley's next step would change nothing
_FEW = 64  # elements of which a quadrature asks all places at once


def find_root(increasing: Curve, low: Floats, high: Floats, steps: int = _MOST_STEPS) -> Floats:
    """Root of an increasing function between `low` and `high`, to rounding or 2^-64 of the bracket; arrays broadcast.

    Where the function has one sign, the end at which it is nearer to 0. NaN counts as above 0. Each element stops by
    itself, so that its root does not depend on its neighbours; about 10 evaluations serve smooth functions. Fewer
    `steps` give the nearest place so far.
    Source: Chandrupatla, Adv. Eng. Software 28(3), 1997: inverse parabolas where safe, else halving.
    """

    def height(at: Floats) -> Floats:
        found = increasing(at)
        return np.where(np.isnan(found), np.inf, found)

    with np.errstate(all="ignore"):
        ends = height(low), height(high)
        old, new, f_old, f_new = (np.array(part) for part in np.broadcast_arrays(high, low, ends[1], ends[0]))
        finest = np.abs(old - new) * 2.0**-64
        root = np.where(f_new >= 0, new, np.where(f_old <= 0, old, 0.5 * (old + new)))
        open_ = (f_new < 0) & (f_old > 0) & np.isfinite(old - new)
        step = np.full(np.shape(root), 0.5)
        for _ in range(steps):
            if not open_.any():
                break
            x = new + step * (old - new)
            f = height(x)
            same = (f < 0) == (f_new < 0)
            third, f_third = np.where(same, new, old), np.where(same, f_new, f_old)
            old, f_old = np.where(same, old, new), np.where(same, f_old, f_new)
            new, f_new = x, f
            best = np.where(np.abs(f_new) < np.abs(f_old), new, old)
            apart, near = np.abs(old - new), 2 * _EPSILON * np.abs(best) + finest
            root = np.where(open_, np.where(f == 0, x, best), root)
            open_ &= (apart > 2 * near) & (f != 0)
            step = np.clip(_interpolated((new, old, third), (f_new, f_old, f_third)), near / apart, 1 - near / apart)
    return root


def _interpolated(x: tuple[Floats, ...], f: tuple[Floats, ...]) -> Floats:
    """How far from x[0] to x[1] the inverse parabola through three points puts the root; 0.5 where it may mislead."""
    (x1, x2, x3), (f1, f2, f3) = x, f
    xi, phi = (x1 - x2) / (x3 - x2), (f1 - f2) / (f3 - f2)
    safe = (1 - np.sqrt(1 - xi) < phi) & (phi < np.sqrt(xi))
    between = f1 / (f1 - f2) * f3 / (f3 - f2) - (x3 - x1) / (x2 - x1) * f1 / (f3 - f1) * f2 / (f2 - f3)
    return np.where(safe & np.isfinite(between), between, 0.5)


@functools.cache
def gauss_nodes(count: int) -> tuple[Floats, Floats]:
    """Nodes and weights of Gauss-Legendre quadrature on [0, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return 0.5 * (nodes + 1), 0.5 * weights


def integrate(curve: Curve, low: Floats, high: Floats, count: int = 20, at_once: bool = False) -> Floats:
    """Integral of a smooth function from `low` to `high` by Gauss-Legendre quadrature; `at_once` as below."""
    nodes, weights = gauss_nodes(count)
    shape = np.shape(low + high)
    return (high - low) * weighted_sum(
        lambda node: curve(low + node * (high - low)), nodes, weights, shape if at_once else None
    )


def weighted_sum(curve: Curve, places: Floats, weights: Floats, at_once: tuple[int, ...] | None = None) -> Floats:
    """Sum over the P `places` of weight times curve.

    With `at_once`, the shape of what the curve gives, few elements are asked at all places at once, on a new first
    axis, since a call then costs more than its numbers; the curve must broadcast. Many elements are asked at one place
    after the other, which keeps them in the cache.
    """
    if at_once is not None and math.prod(at_once) <= _FEW:
        column = (-1, *(1,) * len(at_once))
        return np.asarray((weights.reshape(column) * curve(places.reshape(column))).sum(axis=0))
    total = np.zeros(())
    for place, weight in zip(places, weights, strict=True):
        total = total + weight * curve(place)
    return total


def lambert_w(x: Floats) -> Floats:
    """Principal branch of w exp(w) = x for x >= -1/e, by Halley's iteration.

    Source: Corless et al., On the Lambert W function, Adv. Comput. Math. 5, 1996, eq. 5.9 and the branch-point
    series 4.22. Start at x >= 0: Iacono and Boyd, Adv. Comput. Math. 43, 2017.
    """
    x = np.asarray(x, dtype=np.float64)
    root = np.sqrt(np.maximum(0.0, 2 * (math.e * x + 1)))
    near_branch = -1 + root - root * root / 3 + 11 / 72 * root * root * root
    log = np.log1p(np.maximum(x, 0))
    w = np.where(x < 0, near_branch, log * (1 - np.log1p(log) / (2 + log)))
    for _ in range(12):
        grown = np.exp(w)
        excess = w * grown - x
        above = w + 1  # 0 at the branch point alone, which is the start itself
        step = np.where(above > 0, 2 * excess * above / (2 * grown * above * above - (w + 2) * excess), 0.0)
        w = w - step
        if np.all(np.abs(step) <= _CUBED_AWAY * np.abs(w)):
            break
    return w


def erlang_b(load: Floats, servers: Floats) -> Floats:
    """Blocking probability of M/G/c/c: 1/B = 1 + c/a (1 + (c - 1)/a (1 + (c - 2)/a (1 + ...))), from the inside out.

    All terms are positive and nothing overflows but 1/B. Where a neighbour has more servers, the inmost factors are 0.
    """
    per_load = 1 / np.maximum(load, _TINY)
    inverse = np.ones(np.broadcast_shapes(np.shape(load), np.shape(servers)))
    for others in range(int(np.max(servers, initial=0)) - 1, -1, -1):
        inverse = 1 + np.maximum(servers - others, 0.0) * per_load * inverse
    return np.where(load > 0, 1 / inverse, 0.0)


def sum_over_ranks(term: Curve, ranks: Floats, bend: Floats | None = None) -> Floats:
    """Sum of term(1) + ... + term(ranks) for a term smooth in the rank, at a cost that does not grow with ranks.

    The first 64 ranks are added one by one; the rest is the midpoint Euler-Maclaurin formula, with its integral taken
    over the logarithm of the rank. Relative error below 1e-9 for powers of the rank. A term that is a power of the rank
    on either side of a `bend` is integrated up to there and from there.
    """
    ranks = np.asarray(ranks, dtype=np.float64)
    total = np.zeros(())
    for rank in range(1, int(min(_DIRECT_RANKS, np.max(ranks, initial=1))) + 1):  # one at least, which gives the shape
        total = total + np.where(rank <= ranks, term(np.asarray(float(rank))), 0.0)
    if np.all(ranks <= _DIRECT_RANKS):
        return total
    first = np.asarray(_DIRECT_RANKS + 0.5)
    last = np.maximum(ranks, _DIRECT_RANKS) + 0.5

    def per_logarithm(log_rank: Floats) -> Floats:
        rank = np.exp(log_rank)
        return term(rank) * rank

    cuts = [0.5 * (np.log(first) + np.log(last))]
    if bend is not None:
        cuts = list(np.sort(np.broadcast_arrays(*cuts, np.log(np.clip(bend, first, last))), axis=0))
    edges = itertools.pairwise([np.log(first), *cuts, np.log(last)])
    area = sum((integrate(per_logarithm, low, high, 24) for low, high in edges), start=np.zeros(()))
    turn = _slope(term, last) - _slope(term, first)
    return total + np.where(ranks > _DIRECT_RANKS, area - turn / 24, 0.0)


def _slope(term: Curve, at: Floats) -> Floats:
    return term(at + 0.5) - term(at - 0.5)
