"""The tail of the standard normal law and its inverse, for arrays and far into the tail."""

import functools
import math

import numpy as np

from gauntlet.mechanisms._inputs import Floats


@functools.cache
def _log_erfcx_fit() -> Floats:
    """Chebyshev coefficients in t = 2 / (2 + x) of ln(erfc(x) exp(x^2) / t), from the standard library's erfc."""
    nodes = np.polynomial.chebyshev.chebpts1(41)
    t = _FIT_LOW + (1 - _FIT_LOW) * (nodes + 1) / 2
    values = [math.log(math.erfc(2 / u - 2) / u) + (2 / u - 2) ** 2 for u in t]
    return np.asarray(np.polynomial.chebyshev.chebfit(nodes, values, 22))


_FIT_LOW = 2 / (2 + 26.0)  # erfc(26) is about 1e-296, near the end of double precision


def normal_survival(z: Floats) -> Floats:
    """P(standard normal > z), with full relative precision in the upper tail; 0 beyond z = 36."""
    row = np.asarray(z, dtype=np.float64).ravel()
    found = np.empty(row.size)
    for first in range(0, row.size, _TOGETHER):
        some = slice(first, first + _TOGETHER)
        found[some] = _normal_survival(row[some])
    return found.reshape(np.shape(z))


_TOGETHER = 8192  # elements whose tail is computed at once, within the cache


def _normal_survival(z: Floats) -> Floats:
    x = np.abs(z) / math.sqrt(2)
    t = np.maximum(2 / (2 + x), _FIT_LOW)
    fitted = _chebyshev_sum((t - _FIT_LOW) / (1 - _FIT_LOW) * 2 - 1, _log_erfcx_fit())
    upper = np.where(x < 26, 0.5 * t * np.exp(fitted - x * x), 0.0)
    return np.where(z > 0, upper, 1 - upper)


def _chebyshev_sum(x: Floats, coefficients: Floats) -> Floats:
    """Sum of coefficient times Chebyshev polynomial by Clenshaw's recurrence, as numpy's but in place."""
    twice, spare = 2 * x, np.empty(x.shape)
    first, second = np.full(x.shape, coefficients[-2]), np.full(x.shape, coefficients[-1])
    for coefficient in coefficients[-3::-1]:
        np.subtract(coefficient, second, out=spare)
        np.multiply(second, twice, out=second)
        np.add(first, second, out=second)
        first, spare = spare, first
    return first + second * x


def normal_inverse_survival(tail: Floats) -> Floats:
    """The z that a standard normal exceeds with probability `tail`.

    Start: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.23 (error below 4.5e-4); then Halley's steps.
    """
    tail = np.asarray(tail, dtype=np.float64)
    smaller = np.minimum(tail, 1 - tail)
    t = np.sqrt(-2 * np.log(smaller))
    start = t - (2.515517 + 0.802853 * t + 0.010328 * t**2) / (1 + 1.432788 * t + 0.189269 * t**2 + 0.001308 * t**3)
    z = start
    for _ in range(2):
        density = np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
        newton = (normal_survival(z) - smaller) / density
        z = z + newton / (1 - 0.5 * z * newton)
    z = np.where(smaller > 0, z, np.inf)
    signed: Floats = np.where(tail <= 0.5, z, -z)
    return signed
