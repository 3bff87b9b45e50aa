"""Random latencies: five laws, each with its tail and the inverse of its tail.

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
from gauntlet.mechanisms._numerics import Curve, find_root, integrate, weighted_sum
from gauntlet.mechanisms.normal import normal_inverse_survival, normal_survival

_MOST_NEWTON_STEPS = 60
_SMALLEST_STEP = 4e-16
_POSITIVE = Scalar(0.0, LARGEST, above=True)
_MODEST = Scalar(0.0, 1e4)


class Latency(Protocol):
    """A law of a non-negative random time."""

    def survival(self, time_s: Floats) -> Floats:
        """P(latency > time_s)."""

    def inverse_survival(self, tail: Floats) -> Floats:
        """The time that is exceeded with probability `tail`."""

    @property
    def tail_exponent(self) -> Floats:
        """alpha of a tail like t^-alpha; infinite for lighter tails."""

    @property
    def bends_s(self) -> tuple[Floats, ...]:
        """Times between which the survival is smooth, besides those of `LEVELS`."""


class _OnePiece:
    """What holds for a law whose survival is smooth and falls faster than any power, unless it says otherwise."""

    @property
    def tail_exponent(self) -> Floats:
        """Infinite: lighter than any power."""
        return np.asarray(np.inf)

    @property
    def bends_s(self) -> tuple[Floats, ...]:
        """None."""
        return ()


@dataclass(frozen=True)
class Exponential(_OnePiece):
    """S(t) = exp(-t / mean_s)."""

    mean_s: Floats
    domains: ClassVar[dict[str, Scalar]] = {"mean_s": _POSITIVE}

    def survival(self, time_s: Floats) -> Floats:
        """P(latency > time_s)."""
        return np.exp(-np.maximum(time_s, 0.0) / self.mean_s)

    def inverse_survival(self, tail: Floats) -> Floats:
        """The time that is exceeded with probability `tail`."""
        return -np.log(tail) * self.mean_s


@dataclass(frozen=True)
class Lognormal(_OnePiece):
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


@dataclass(frozen=True)
class Hyperexp2(_OnePiece):
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


@dataclass(frozen=True)
class Lognormal2(_OnePiece):
    """Lognormal of mean1_s and scv1 (variance over squared mean; 0 is fixed) with probability p, else of mean2_s, scv2.

    A hit or a miss, a short way or a long one.
    """

    p: Floats
    mean1_s: Floats
    scv1: Floats
    mean2_s: Floats
    scv2: Floats
    domains: ClassVar[dict[str, Scalar]] = {
        "p": Scalar(0.0, 1.0),
        "mean1_s": _POSITIVE,
        "scv1": _MODEST,
        "mean2_s": _POSITIVE,
        "scv2": _MODEST,
    }

    @functools.cached_property
    def parts(self) -> tuple[Lognormal, Lognormal]:
        """Both laws."""
        return lognormal_of(self.mean1_s, self.scv1), lognormal_of(self.mean2_s, self.scv2)

    def survival(self, time_s: Floats) -> Floats:
        """P(latency > time_s)."""
        first, second = self.parts
        return self.p * first.survival(time_s) + (1 - self.p) * second.survival(time_s)

    def inverse_survival(self, tail: Floats) -> Floats:
        """The time that is exceeded with probability `tail`, between those of the parts."""
        first_s, second_s = (part.inverse_survival(tail) for part in self.parts)
        low_s, high_s = np.minimum(first_s, second_s), np.maximum(first_s, second_s)
        return find_root(lambda time_s: np.log(tail) - np.log(self.survival(time_s)), low_s, high_s)

    @property
    def bends_s(self) -> tuple[Floats, ...]:
        """Where either part begins, falls and is over."""
        return tuple(part.inverse_survival(np.asarray(tail)) for part in self.parts for tail in _PART_BENDS)


_PART_BENDS = (1 - 1e-6, 0.999, 0.5, 1e-3, 1e-6, 1e-9)
_LEAST_VARIANCE = 1e-24
"""Of the logarithm of a lognormal time: one that varies less is as good as fixed."""


def lognormal_of(mean_s: Floats, scv: Floats) -> Lognormal:
    """Lognormal times with this mean and squared coefficient of variation."""
    return Lognormal(mean_s / np.sqrt(1 + scv), np.sqrt(np.maximum(np.log1p(scv), _LEAST_VARIANCE)))


@dataclass(frozen=True)
class Pareto(_OnePiece):
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


AnyLaw = Exponential | Lognormal | Hyperexp2 | Lognormal2 | Pareto

LAWS: Mapping[str, type[AnyLaw]] = {
    "exponential": Exponential,
    "lognormal": Lognormal,
    "hyperexp2": Hyperexp2,
    "lognormal2": Lognormal2,
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
        if isinstance(value, AnyLaw):
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
