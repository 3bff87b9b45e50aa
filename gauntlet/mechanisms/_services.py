"""Service times as mixtures of gamma or lognormal parts: moments, transforms, and closed forms where parts are narrow.

A part has a share, a mean and a squared coefficient of variation (scv); scv = 0 is a constant. Arrays have the parts as
their first axis.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gauntlet.mechanisms._inputs import Floats
from gauntlet.mechanisms._inversion import Complexes
from gauntlet.mechanisms.latencies import normal_survival

_NARROW = 0.01
"""Parts up to this scv are nearly jumps in time: their survival is needed in closed form."""

_CONSTANT = 1e-9  # an scv below counts as 0
_MOST_TURN, _REACH, _WIDEST_STEP, _STEP_OVER_SIGMA, _NOTHING = 3.0, 9.0, 0.36, 0.35, 40.0
"""Of the integral along the normal density: see `_lognormal_transform`."""


@dataclass(frozen=True)
class Services:
    """A mixture of parts; `shares` add up to 1. The law of its parts is gamma or lognormal."""

    shares: Floats
    means: Floats
    scvs: Floats
    law: str

    @property
    def constant(self) -> npt.NDArray[np.bool_]:
        """Which parts are constants."""
        return self.scvs < _CONSTANT

    @property
    def sharp(self) -> Floats:
        """Shares of the parts that are constant or narrow, 0 for the others."""
        return np.where(self.scvs <= _NARROW, self.shares, 0.0)

    @property
    def narrow(self) -> Floats:
        """Shares of the parts that are narrow but not constant, 0 for the others."""
        return np.where(self.constant, 0.0, self.sharp)

    def moment(self, order: int, constant: Floats) -> Floats:
        """E[(X + constant)^order] for orders 1 to 3."""
        mean, variance = self.means + constant, self.scvs * self.means**2
        skewness = 2 * self.scvs if self.law == "gamma" else self.scvs * (3 + self.scvs)  # times variance and mean
        central = skewness * variance * self.means
        parts = mean, mean**2 + variance, mean**3 + 3 * mean * variance + central
        total: Floats = (self.shares * parts[order - 1]).sum(axis=0)
        return total

    def jumps(self) -> Iterator[tuple[Floats, Floats]]:
        """Times of the constant parts, and the share of services that take exactly that long; 0 for other parts."""
        for mean, here in zip(self.means, self.constant, strict=True):
            if np.any(here):
                share: Floats = np.where(self.constant & (self.means == mean), self.shares, 0.0).sum(axis=0)
                yield np.where(here, mean, 0.0), np.where(here, share, 0.0)

    def transforms(self, s: Complexes) -> list[Complexes]:
        """E[exp(-s X)] of every part."""
        transform = _gamma_transform if self.law == "gamma" else _lognormal_transform
        return [transform(s, mean, scv) for mean, scv in zip(self.means, self.scvs, strict=True)]

    def narrow_survival(self, part: int, time: Floats) -> Floats:
        """P(X > t) of a narrow part; a gamma's by Wilson and Hilferty's cube root, to 1e-4."""
        mean, scv = self.means[part], self.scvs[part]
        ratio = np.maximum(time, 0.0) / mean
        if self.law == "gamma":
            z = 3 / np.sqrt(scv) * (np.cbrt(ratio) - 1 + scv / 9)
        else:
            sigma = np.sqrt(np.log1p(scv))
            z = np.log(ratio) / sigma + sigma / 2
        return normal_survival(z)

    def each(self, change: Callable[[Floats], Floats]) -> "Services":
        """The mixture with its three arrays changed alike."""
        return Services(change(self.shares), change(self.means), change(self.scvs), self.law)


def mean_excess(constant: Floats, mean: Floats, scv: Floats, time: Floats) -> Floats:
    """E[(c + X - t)+] of a constant and a narrow X, taken as lognormal.

    Source: Black and Scholes, J. Polit. Econ. 81(3), 1973.
    """
    steady, after = scv < _CONSTANT, time - constant
    sigma = np.sqrt(np.log1p(np.where(steady, 1.0, scv)))
    z = np.log(np.maximum(after, 0.0) / mean) / sigma
    excess = mean * normal_survival(z - sigma / 2) - after * normal_survival(z + sigma / 2)
    return np.where(steady | (after <= 0), np.maximum(mean - after, 0.0), excess)


def _gamma_transform(s: Complexes, mean: Floats, scv: Floats) -> Complexes:
    """exp(-s m) for a constant, 1 / (1 + s m) for an exponential, (1 + s m scv)^(-1/scv) in general."""
    constant, exponential = scv < _CONSTANT, scv == 1
    if np.all(constant):
        return np.exp(-s * mean)
    if np.all(exponential):
        return 1 / (1 + s * mean)
    spread = np.where(constant, 1.0, scv)
    general = np.exp(-np.log1p(s * mean * spread) / spread)
    if np.any(exponential):
        general = np.where(exponential, 1 / (1 + s * mean), general)
    return np.where(constant, np.exp(-s * mean), general) if np.any(constant) else general


def _lognormal_transform(s: Complexes, mean: Floats, scv: Floats) -> Complexes:
    """Integral of the normal density times exp(-s exp(mu + sigma y)) along y - i turn, by the trapezoidal rule.

    On that line the exponent is nearly real: the integrand does not oscillate, and the rule's error is below 1e-12. The
    sum runs outwards from y = 0, and no term of one element depends on another.
    """
    constant = scv < _CONSTANT
    sigma = np.sqrt(np.log1p(np.where(constant, 1.0, scv)))
    turn = np.minimum(np.angle(s) / sigma, _MOST_TURN)
    turned: Any = np.abs(s)
    if np.any(turn == _MOST_TURN):
        turned = np.where(turn < _MOST_TURN, turned, s * np.exp(-1j * sigma * turn))
    step = np.minimum(_WIDEST_STEP, _STEP_OVER_SIGMA / sigma)
    most = math.ceil(_REACH / float(np.min(step)))
    total = np.zeros((), dtype=np.complex128)
    for way in (1, -1):
        rotor, rotation = np.exp(0.5 * turn**2) + 0j, np.exp(1j * way * turn * step)
        exponent, growth = turned * (mean * np.exp(-0.5 * sigma**2)), np.exp(way * sigma * step)
        for place in range(most + 1):
            if place or way > 0:  # y = 0 once
                term = _falling(exponent, step * place)
                total = total + rotor * term
                if way > 0 and not np.any(term):
                    break
            exponent, rotor = exponent * growth, rotor * rotation
    return np.where(constant, np.exp(-s * mean), total * step / math.sqrt(2 * math.pi))


def _falling(exponent: Any, y: Floats) -> Any:
    """exp(-y^2 / 2 - exponent), 0 where that is beyond rounding; real where the exponent is."""
    lost = (y > _REACH) | (exponent.real > _NOTHING)
    size = np.where(lost, 0.0, np.exp(-0.5 * y**2 - exponent.real))
    return size * (np.cos(exponent.imag) - 1j * np.sin(exponent.imag)) if np.iscomplexobj(exponent) else size
