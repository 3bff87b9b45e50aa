"""Random latencies: four laws, each with its tail and the inverse of its tail.

A primitive takes a law as one of the objects below or as a mapping such as {"kind": "exponential", "mean_s": 0.001}.
Parameters may be arrays that broadcast. S(t) = P(latency > t) is the survival; working in S keeps the far tail exact.
"""

import functools
import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any, ClassVar, Protocol

import numpy as np

from gauntlet.mechanisms._blocks import rows_of, unless_same
from gauntlet.mechanisms._inputs import LARGEST, Floats, Scalar
from gauntlet.mechanisms._numerics import Curve, integrate, weighted_sum

_MOST_NEWTON_STEPS = 60
_SMALLEST_STEP = 4e-16
_POSITIVE = Scalar(0.0, LARGEST, above=True)


class Latency(Protocol):
    """A law of a non-negative random time."""

    def survival(self, time_s: Floats) -> Floats:
        """P(latency > time_s)."""

    def inverse_survival(self, tail: Floats) -> Floats:
        """The time that is exceeded with probability `tail`."""

    @property
    def tail_exponent(self) -> Floats:
        """alpha of a tail like t^-alpha; infinite for lighter tails."""


@dataclass(frozen=True)
class Exponential:
    """S(t) = exp(-t / mean_s)."""

    mean_s: Floats
    domains: ClassVar[dict[str, Scalar]] = {"mean_s": _POSITIVE}

    def survival(self, time_s: Floats) -> Floats:
        """P(latency > time_s)."""
        return np.exp(-np.maximum(time_s, 0.0) / self.mean_s)

    def inverse_survival(self, tail: Floats) -> Floats:
        """The time that is exceeded with probability `tail`."""
        return -np.log(tail) * self.mean_s

    @property
    def tail_exponent(self) -> Floats:
        """Infinite: lighter than any power."""
        return np.asarray(np.inf)


@dataclass(frozen=True)
class Lognormal:
    """ln(latency) is normal around ln(median_s) with standard deviation sigma."""

    median_s: Floats
    sigma: Floats
    domains: ClassVar[dict[str, Scalar]] = {"median_s": _POSITIVE, "sigma": Scalar(0.0, 10.0, above=True)}

    def survival(self, time_s: Floats) -> Floats:
        """P(latency > time_s)."""
        return normal_survival(np.log(np.maximum(time_s, 0.0) / self.median_s) / self.sigma)

    def inverse_survival(self, tail: Floats) -> Floats:
        """The time that is exceeded with probability `tail`."""
        return self.median_s * np.exp(self.sigma * normal_inverse_survival(tail))

    @property
    def tail_exponent(self) -> Floats:
        """Infinite: lighter than any power."""
        return np.asarray(np.inf)


@dataclass(frozen=True)
class Hyperexp2:
    """Exponential with mean1_s with probability p, else with mean2_s: mostly fast, sometimes slow."""

    p: Floats
    mean1_s: Floats
    mean2_s: Floats
    domains: ClassVar[dict[str, Scalar]] = {"p": Scalar(0.0, 1.0), "mean1_s": _POSITIVE, "mean2_s": _POSITIVE}

    def survival(self, time_s: Floats) -> Floats:
        """P(latency > time_s)."""
        after_s = np.maximum(time_s, 0.0)
        return self.p * np.exp(-after_s / self.mean1_s) + (1 - self.p) * np.exp(-after_s / self.mean2_s)

    def inverse_survival(self, tail: Floats) -> Floats:
        """The time that is exceeded with probability `tail`.

        By Newton's steps on -ln S, which is concave: from below they only rise, and an element that no longer does is
        done. They start from the latest of three times that are known to be too early.
        """
        hazard = -np.log(tail)
        time_s: Floats = np.fmax(  # no NaN of inf - inf where a phase never happens
            hazard * np.minimum(self.mean1_s, self.mean2_s),
            np.fmax((hazard + np.log(self.p)) * self.mean1_s, (hazard + np.log1p(-self.p)) * self.mean2_s),
        )
        rising = np.isfinite(time_s)
        for _ in range(_MOST_NEWTON_STEPS):
            first, second = self.p * np.exp(-time_s / self.mean1_s), (1 - self.p) * np.exp(-time_s / self.mean2_s)
            alive = first + second
            step_s = (hazard + np.log(alive)) * alive / (first / self.mean1_s + second / self.mean2_s)
            rising = rising & (step_s > _SMALLEST_STEP * time_s)
            if not rising.any():
                break
            time_s = np.where(rising, time_s + step_s, time_s)
        return time_s

    @property
    def tail_exponent(self) -> Floats:
        """Infinite: lighter than any power."""
        return np.asarray(np.inf)


@dataclass(frozen=True)
class Pareto:
    """S(t) = (min_s / t)^alpha from min_s on."""

    min_s: Floats
    alpha: Floats
    domains: ClassVar[dict[str, Scalar]] = {"min_s": _POSITIVE, "alpha": _POSITIVE}

    def survival(self, time_s: Floats) -> Floats:
        """P(latency > time_s)."""
        return (self.min_s / np.maximum(time_s, self.min_s)) ** self.alpha

    def inverse_survival(self, tail: Floats) -> Floats:
        """The time that is exceeded with probability `tail`."""
        return self.min_s * tail ** (-1 / self.alpha)

    @property
    def tail_exponent(self) -> Floats:
        """The power itself; the mean is infinite from 1 downwards."""
        return self.alpha


LAWS: Mapping[str, type[Exponential] | type[Lognormal] | type[Hyperexp2] | type[Pareto]] = {
    "exponential": Exponential,
    "lognormal": Lognormal,
    "hyperexp2": Hyperexp2,
    "pareto": Pareto,
}


@dataclass(frozen=True)
class LatencyArgument:
    """Domain of an argument that is a law."""

    kind: str = "latency"
    allowed: tuple[str, ...] = tuple(LAWS)

    @property
    def words(self) -> str:
        """The domain in words."""
        return f"a mapping with kind {', '.join(self.allowed)}"

    def take(self, place: str, value: Any) -> Any:
        """The law with its parameters as arrays."""
        if isinstance(value, Exponential | Lognormal | Hyperexp2 | Pareto):
            value = {"kind": type(value).__name__.lower(), **{f.name: getattr(value, f.name) for f in fields(value)}}
        if not isinstance(value, Mapping) or value.get("kind") not in tuple(LAWS):
            raise ValueError(f"{place} = {value!r} is no latency law; expected {self.words}.")
        law = LAWS[value["kind"]]
        given = {key: item for key, item in value.items() if key != "kind"}
        if set(given) != set(law.domains):
            names = ", ".join(law.domains)
            raise ValueError(f"{place} = {value!r} is no {value['kind']} law; expected exactly {names} besides kind.")
        return law(**{key: domain.take(f"{place}.{key}", given[key]) for key, domain in law.domains.items()})

    def shape_of(self, value: Any) -> tuple[int, ...]:
        """Common shape of the parameters."""
        return np.broadcast_shapes(*(np.shape(getattr(value, field.name)) for field in fields(value)))

    def rows(self, value: Any, rows: slice, axes: int) -> Any:
        """The law with its parameters at some rows of the first common axis."""
        whole = tuple(getattr(value, field.name) for field in fields(value))
        parts = unless_same(whole, tuple(rows_of(parameter, rows, axes) for parameter in whole))
        return value if parts is whole else type(value)(*parts)

    def check(self, place: str, value: Any) -> Any:
        """The law with valid parameters."""
        law = type(value)
        return law(**{key: d.check(f"{place}.{key}", getattr(value, key)) for key, d in law.domains.items()})

    def spread(self, value: Latency, shape: tuple[int, ...]) -> Latency:
        """Itself: its parameters broadcast where they are used."""
        return value


Law = Annotated[Latency, LatencyArgument()]

INFINITE: Floats = np.asarray(np.inf)
_LIGHT = 2.0  # tails that fall faster than t^-2 end within the rule

LEVELS = np.array([1 - 1e-12, 0.999, 0.9, 0.5, 0.1, 1e-2, 1e-4])
"""Tails at which an integral over a survival is cut into smooth pieces."""


def mean_from_survival(survival: Curve, breaks_s: list[Floats], tail_exponent: Floats = INFINITE) -> Floats:
    """Mean of a non-negative time: the integral of its survival, cut at `breaks_s`.

    The survival must be 1 (to rounding) up to the least break and smooth between breaks. Up to the last break:
    Gauss-Legendre over the logarithm of time. Beyond: the double-exponential rule of Takahasi and Mori (1974), which a
    tail like t^-`tail_exponent` continues past the largest number. Infinite from the exponent 1 downwards. The survival
    must broadcast over a new first axis: few elements are asked at all places at once, which is quicker.
    """
    edges_s = np.sort(np.stack(np.broadcast_arrays(*breaks_s)), axis=0)

    def per_logarithm(log_s: Floats) -> Floats:
        time_s = np.exp(log_s)
        return survival(time_s) * time_s

    total_s: Floats = edges_s[0]
    for low_s, high_s in itertools.pairwise(edges_s):
        total_s = total_s + integrate(per_logarithm, np.log(low_s), np.log(high_s), at_once=True)
    last_s, scale_s = edges_s[-1], edges_s[-1] - edges_s[0]
    step = 0.125
    at = np.arange(-4.0, 6.5, step)
    reach = np.exp(math.pi / 2 * np.sinh(at))
    weights = step * math.pi / 2 * np.cosh(at) * reach
    total_s = total_s + scale_s * weighted_sum(
        lambda far: survival(last_s + scale_s * far), reach, weights, np.shape(last_s)
    )
    x = float(at[-1])
    part_s = scale_s * (weights[-1] * survival(last_s + scale_s * reach[-1]))
    for beyond in np.arange(x + step, 24.0, step) if np.any(tail_exponent < _LIGHT) else ():
        falls = (tail_exponent - 1) * math.pi / 2 * (math.sinh(beyond) - math.sinh(x))
        total_s = total_s + part_s * (math.cosh(beyond) / math.cosh(x)) * np.exp(-falls)
    return np.where((last_s < np.inf) & (tail_exponent > 1), total_s, np.inf)


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
