"""Laplace transforms of lognormal times at Euler's places, s = z / t: sums over times in units of t, e^x.

E[exp(-s X)] = integral of the normal density of ln X - ln t at x times exp(-z e^x). The second factor is the same for
every law, so that for broad laws the integral is one product of matrices over fixed places. They are even in
q = a e^x + b x: dense enough to follow exp(-z e^x) where that turns fastest, and the narrowest of the broad laws
elsewhere; the trapezoidal rule in q is then right to 1e-11. Narrow laws have places of their own.
"""

import functools
import math

import numpy as np

from gauntlet.mechanisms._inputs import Floats
from gauntlet.mechanisms._inversion import PLACES, Complexes
from gauntlet.mechanisms._numerics import lambert_w

LEAST_SIGMA = math.sqrt(math.log1p(0.01))
"""Standard deviation of ln X from which a law is broad."""

_PER_TIME, _PER_LOGARITHM = 18.0, 13.5  # a and b: places per unit of e^x, and per unit of x
_LATEST = 3.05  # times t: exp(-z e^x) is below 1e-12 beyond
_EARLIEST, _REACH = -60.0, 8.5  # in x; standard deviations
_PANEL, _TOGETHER = 96, 192  # places and elements at once: they fit the cache
_COLUMNS = 32  # of each product of matrices: one shape always rounds alike, and none is large enough for threads
_NARROW_STEP, _NARROW_REACH = 0.2, 8.4
_NOTHING = 80.0  # times t: exp(-z e^x) is 0


@functools.cache
def _places() -> tuple[Floats, Floats]:
    """Places x in panels (K, 96), and what exp(-z e^x) weighs there: real parts over imaginary ones, (K, 74, 96)."""
    last = math.floor(_PER_TIME * _LATEST + _PER_LOGARITHM * math.log(_LATEST))
    panels = math.ceil((last - _PER_LOGARITHM * _EARLIEST) / _PANEL)
    q = np.arange(last - panels * _PANEL, last) + 1.0
    share = _PER_LOGARITHM / _PER_TIME
    time = share * lambert_w(np.exp(q / _PER_LOGARITHM) / share)
    kernel = np.exp(-PLACES * time) / (_PER_TIME * time + _PER_LOGARITHM)
    both = np.concatenate([kernel.real, kernel.imag]).reshape(-1, panels, _PANEL)
    return np.log(time).reshape(panels, _PANEL), np.ascontiguousarray(both.swapaxes(0, 1))


def broad_sum(weights: Floats, log_medians: Floats, sigmas: Floats) -> Complexes:
    """Sum over laws of weight times transform, (places, n), from laws (parts, n) with ln(median / t).

    No element depends on its neighbours: what lies out of reach adds 0, and products have one shape.
    """
    laws = np.stack([weights / (sigmas * math.sqrt(2 * math.pi)), log_medians, sigmas])
    laws[1] = np.maximum(log_medians, _EARLIEST + _REACH * sigmas)
    count = weights.shape[-1]
    found = np.empty((len(PLACES), count), dtype=np.complex128)
    for first in range(0, count, _TOGETHER):
        some = laws[:, :, first : first + _TOGETHER]
        both = _parts_of_sum(*some)[:, : some.shape[-1]]
        columns = found[:, first : first + _TOGETHER]
        columns.real, columns.imag = np.split(both, 2)
    return found


def _parts_of_sum(heights: Floats, centers: Floats, sigmas: Floats) -> Floats:
    """Real parts over imaginary ones, (74, `_TOGETHER`)."""
    x, kernel = _places()
    groups, count = _TOGETHER // _COLUMNS, centers.shape[-1]
    total = np.zeros((groups, kernel.shape[1], _COLUMNS))
    begins, ends = (centers - _REACH * sigmas).min(axis=1), (centers + _REACH * sigmas).max(axis=1)
    slopes = math.sqrt(0.5) / sigmas
    for here, kernel_here in zip(x, kernel, strict=True):
        met = np.flatnonzero((begins < here[-1]) & (ends > here[0]) & (heights > 0).any(axis=1))
        if met.size:
            density = np.zeros((_PANEL, _TOGETHER))
            for part in met:
                density[:, :count] += _normal(here[:, None], heights[part], centers[part], slopes[part])
            total += kernel_here @ density.reshape(_PANEL, groups, _COLUMNS).swapaxes(0, 1)
    return total.swapaxes(0, 1).reshape(kernel.shape[1], _TOGETHER)


def _normal(x: Floats, height: Floats, center: Floats, slope: Floats) -> Floats:
    """height exp(-(slope (x - center))^2), without what lies beyond the reach."""
    y = (x - center) * slope
    np.multiply(y, -y, out=y)
    np.exp(y, out=y)
    y -= math.exp(-0.5 * _REACH**2)
    np.maximum(y, 0.0, out=y)
    y *= height
    return y


def narrow_transform(median: Floats, sigma: Floats) -> Complexes:
    """Transform of one narrow law, (places, n), with its median in units of t.

    By the trapezoidal rule over its own normal density; from one of Euler's places to the next all terms turn alike.
    """
    y = np.arange(-_NARROW_REACH, _NARROW_REACH + _NARROW_STEP, _NARROW_STEP)[:, None]
    time = np.minimum(median * np.exp(sigma * y), _NOTHING)
    weight = np.exp(-0.5 * y * y) * (_NARROW_STEP / math.sqrt(2 * math.pi))
    first, next_ = PLACES[:2, 0]
    terms, turn = weight * np.exp(-first * time), np.exp(-(next_ - first) * time)
    found = np.empty((len(PLACES), terms.shape[1]), dtype=np.complex128)
    for place in range(len(PLACES)):
        found[place] = terms.sum(axis=0)
        terms = terms * turn
    return found
