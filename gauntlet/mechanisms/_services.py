"""Service times as mixtures of gamma or lognormal parts: moments, transforms, and closed forms where parts are narrow.

A part has a share, a mean and a squared coefficient of variation (scv); scv = 0 is a constant. Arrays have the parts as
their first axis.
"""

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gauntlet.mechanisms._inputs import Floats
from gauntlet.mechanisms._inversion import PLACES, Complexes
from gauntlet.mechanisms._lognormal import LEAST_SIGMA, broad_sum, narrow_transform
from gauntlet.mechanisms.normal import normal_survival

_NARROW = 0.01
"""Parts up to this scv are nearly jumps in time: their survival is needed in closed form."""

_CONSTANT = 1e-9  # an scv below counts as 0


class Transforms(NamedTuple):
    """Sums of share times E[exp(-s X)] over the parts that are constant, narrow and broad, each (places, n)."""

    constant: Complexes
    narrow: Complexes
    broad: Complexes

    @property
    def sharp(self) -> Complexes:
        """Over parts that are constant or narrow."""
        return self.constant + self.narrow

    @property
    def varied(self) -> Complexes:
        """Over parts that are not constant."""
        return self.narrow + self.broad

    @property
    def all(self) -> Complexes:
        """Over all parts."""
        return self.constant + self.narrow + self.broad


@dataclass(frozen=True)
class Services:
    """A mixture of parts; `shares` add up to 1. The law of its parts is gamma or lognormal."""

    shares: Floats
    means: Floats
    scvs: Floats
    law: str

    @functools.cached_property
    def constant(self) -> npt.NDArray[np.bool_]:
        """Which parts are constants."""
        return self.scvs < _CONSTANT

    @functools.cached_property
    def still(self) -> Floats:
        """Shares of the parts that are constant, 0 for the others."""
        return np.where(self.constant, self.shares, 0.0)

    @functools.cached_property
    def narrow(self) -> Floats:
        """Shares of the parts that are narrow but not constant, 0 for the others."""
        return np.where(self.constant | (self.scvs > _NARROW), 0.0, self.shares)

    @functools.cached_property
    def sharp(self) -> Floats:
        """Shares of the parts that are constant or narrow, 0 for the others."""
        return self.still + self.narrow

    @functools.cached_property
    def sigmas(self) -> Floats:
        """Standard deviations of the logarithm of lognormal parts."""
        return np.sqrt(np.log1p(self.scvs))

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

    def survival(self, time: Floats) -> Floats:
        """P(X > t) of a mixture of lognormal parts, for times above 0."""
        total = np.zeros(np.broadcast_shapes(time.shape, self.shares.shape[1:]))
        for part, (share, mean, constant) in enumerate(zip(self.shares, self.means, self.constant, strict=True)):
            total = total + share * np.where(constant, time < mean, self._lognormal_survival(part, time))
        return total

    def transforms(self, time: Floats) -> Transforms:
        """Transforms at Euler's places for a row of times."""
        s: Complexes = np.divide(PLACES, time)
        still, narrow, broad = (np.zeros(s.shape, dtype=np.complex128) for _ in range(3))
        for part, (mean, scv) in enumerate(zip(self.means, self.scvs, strict=True)):
            if np.any(self.still[part]):
                still = still + self.still[part] * np.exp(-s * mean)
            if np.any(self.narrow[part]):
                narrow = narrow + self.narrow[part] * self._narrow_transform(part, s, time)
            if self.law == "gamma" and np.any(self._broad[part]):
                broad = broad + self._broad[part] * _gamma_transform(s, mean, scv)
        if self.law == "lognormal" and np.any(self._broad):
            log_medians = np.log(self.means / time) - 0.5 * self.sigmas**2
            parts = np.broadcast_arrays(self._broad, log_medians, np.maximum(self.sigmas, LEAST_SIGMA))
            broad = broad_sum(*parts)
        return Transforms(still, narrow, broad)

    def narrow_survival(self, part: int, time: Floats) -> Floats:
        """P(X > t) of a narrow part; a gamma's by Wilson and Hilferty's cube root, to 1e-4."""
        if self.law == "lognormal":
            return self._lognormal_survival(part, time)
        scv, ratio = self.scvs[part], np.maximum(time, 0.0) / self.means[part]
        return normal_survival(3 / np.sqrt(scv) * (np.cbrt(ratio) - 1 + scv / 9))

    def each(self, change: Callable[[Floats], Floats]) -> "Services":
        """The mixture with its three arrays changed alike."""
        return Services(change(self.shares), change(self.means), change(self.scvs), self.law)

    @functools.cached_property
    def _broad(self) -> Floats:
        """Shares of the parts that are neither constant nor narrow, 0 for the others."""
        return np.where(self.scvs > _NARROW, self.shares, 0.0)

    def _lognormal_survival(self, part: int, time: Floats) -> Floats:
        sigma = self.sigmas[part]
        return normal_survival(np.log(np.maximum(time, 0.0) / self.means[part]) / sigma + sigma / 2)

    def _narrow_transform(self, part: int, s: Complexes, time: Floats) -> Complexes:
        if self.law == "gamma":
            return _gamma_transform(s, self.means[part], self.scvs[part])
        sigma = np.minimum(self.sigmas[part], LEAST_SIGMA)
        return narrow_transform(self.means[part] / time * np.exp(-0.5 * sigma**2), sigma)


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
    """1 / (1 + s m) for an exponential, (1 + s m scv)^(-1/scv) in general."""
    exponential = scv == 1
    if np.all(exponential):
        return 1 / (1 + s * mean)
    spread = np.where(scv < _CONSTANT, 1.0, scv)
    general = np.exp(-np.log1p(s * mean * spread) / spread)
    return np.where(exponential, 1 / (1 + s * mean), general) if np.any(exponential) else general
