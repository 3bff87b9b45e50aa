"""Does one value of what the paper does not disclose explain all points of a claim together?

In a wide band each point may lie with a value of its own; a curve has one. With r(v) the log residuals of P points at
the hidden values v, and S the covariance of what honest claims deviate by besides (the stated uncertainty of all else,
the level of the implementation, the errors of formulas, the shape and the reading of each point),

    q(v) = r(v)' S^-1 r(v).

For the true v of an honest claim q is chi-squared with P degrees of freedom, and the least q is no larger, whichever v
is the true one. So where the least q lies beyond the 1 - false_alarm quantile, no value explains the points, and of
honest claims no larger share is told so. Whom that speaks against it does not say: points that are too good at one end
with one value are too slow at the other with another. So nothing is flagged by it, and the verdict says it in words.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from gauntlet.costs.compiled import reference_side
from gauntlet.costs.effort import affordable, effort_us
from gauntlet.costs.sampling import quasi_random_levels
from gauntlet.costs.sobol import sobol_points
from gauntlet.errors import GauntletError
from gauntlet.expressions.evaluation import quietly
from gauntlet.units import from_si
from gauntlet.verdict.case import Case
from gauntlet.verdict.compare import compares_by_load, good_sign
from gauntlet.verdict.disclosure import weighty
from gauntlet.verdict.engine import values_of
from gauntlet.verdict.known import known_at
from gauntlet.verdict.likelihood import bounded
from gauntlet.verdict.prediction import Floats
from gauntlet.verdict.records import Settling
from gauntlet.verdict.rounding import rounded, shown, times

_WIDTHS_OF_ONE, _WIDTHS_OF_SEVERAL = (1.0, 0.03), (1.0, 0.4, 0.15, 0.05, 0.015)
"""Of the boxes of quantile levels that are searched, each around the best of those before."""
_ROWS, _FEWEST_ROWS, _EFFORT_S = 128, 32, 0.1
"""Values tried in each box, those tried whatever they take, and the seconds that all may take."""
_ENDS = 0.001  # of all that is known of a value, left out on either side
_ALIKE = 3.84  # q within so much of the least: 95 % of chi-squared with one degree of freedom
_BEYOND_HIDDEN = 2  # more points than hidden values, at least


@dataclass(frozen=True)
class JointFit:
    """The hidden values that explain `points` points best, together.

    `fitting` has the lowest, the best and the highest value that fit about as well, `tried` the lowest and the highest
    that were tried, in the variables' units. `explains` is False where the best is too far off for an honest claim.
    `farthest` is the largest log gap at the best values, in load where that is less; there `better` and `worse` points
    lie beyond the band on the good and on the bad side.
    """

    points: int
    explains: bool
    fitting: Mapping[str, tuple[float, float, float]]
    tried: Mapping[str, tuple[float, float]]
    farthest: float
    better: int
    worse: int


class _Tried(NamedTuple):
    """Quantile levels (N, H) of hidden values, and what they make of P points.

    `residual` is the log by which each is better than predicted, `slope` how steeply it changes with the load, in logs;
    0 where x is no load.
    """

    levels: Floats
    residual: Floats
    slope: Floats


class _Weighed(NamedTuple):
    """q and minus twice the log likelihood (N,), and the honest standard deviation of each point (N, P)."""

    q: Floats
    unlikely: Floats
    sigma: Floats


def joint_fit(case: Case, hidden: Sequence[str], used: Sequence[int]) -> JointFit | None:
    """The fit of the points `used` by one value of each `hidden` variable; None where they are too few to say it."""
    if not hidden or len(used) < len(hidden) + _BEYOND_HIDDEN or case.claim.quantifier not in ("at", "about"):
        return None
    try:
        with quietly():
            return _Search(case, tuple(hidden), tuple(used)).fit()
    except GauntletError:
        return None


class _Search:
    """Hidden values in narrowing boxes of quantile levels, with everything else at its median."""

    def __init__(self, case: Case, hidden: tuple[str, ...], used: tuple[int, ...]) -> None:
        self.case, self.hidden, self.used = case, hidden, used
        self.claim = case.claim.model_copy(update={"points": tuple(case.claim.points[index] for index in used)})
        self.log_claimed = np.log([point.y for point in self.claim.points])
        by_load = compares_by_load(case.spec, case.claim, case.metric)
        self.load_steps = (-case.sigma, case.sigma) if by_load else ()
        sides = (self.claim,) if self.claim.relative_to is None else (self.claim, reference_side(self.claim))
        self.widths = _WIDTHS_OF_ONE if len(hidden) == 1 else _WIDTHS_OF_SEVERAL
        each_us = len(self.widths) * (1 + len(self.load_steps)) * sum(effort_us(case.compiled, side) for side in sides)
        self.rows = affordable(_ROWS, _FEWEST_ROWS, each_us, _EFFORT_S)

    def fit(self) -> JointFit:
        """The fit at the most likely values, with the noise that honest claims have there."""
        tried, best = self._searched(self._noise(np.full(len(self.hidden), 0.5)))
        q, unlikely, sigma = self._weighed(tried, self._noise(tried.levels[best]))
        best = int(np.argmin(unlikely))
        away, alike = tried.residual[best], q <= q[best] + _ALIKE
        edge = NormalDist().inv_cdf(self.case.policy.band_high) * sigma[best]
        values = self._values(tried.levels)
        return JointFit(
            points=len(self.used),
            explains=bool(q.min() <= self._largest_honest()),
            fitting={name: _three(own[alike].min(), own[best], own[alike].max()) for name, own in values.items()},
            tried={name: (float(own.min()), float(own.max())) for name, own in values.items()},
            farthest=float(np.max(np.abs(away) / np.maximum(tried.slope[best], 1.0))),
            better=int(np.sum(away > edge)),
            worse=int(np.sum(away < -edge)),
        )

    def _largest_honest(self) -> float:
        """What q of honest claims exceeds no more often than they may be accused (Wilson & Hilferty, PNAS 17, 1931)."""
        score = NormalDist().inv_cdf(1 - self.case.policy.false_alarm / self.case.among)
        part = 2 / (9 * len(self.used))
        return len(self.used) * (1 - part + score * math.sqrt(part)) ** 3

    def _searched(self, noise: Floats) -> tuple[_Tried, int]:
        """All that was tried, and which of it is the most likely."""
        unit = sobol_points(len(self.hidden), self.rows, 0).T
        rounds: list[_Tried] = []
        centre, best = np.full(len(self.hidden), 0.5), 0
        for width in self.widths:
            rounds.append(self._tried(np.clip(centre + width * (unit - 0.5), _ENDS, 1 - _ENDS)))
            everyone = _Tried(*(np.concatenate(parts) for parts in zip(*rounds, strict=True)))
            best = int(np.argmin(self._weighed(everyone, noise).unlikely))
            centre = everyone.levels[best]
        return everyone, best

    def _tried(self, levels: Floats) -> _Tried:
        named = self._named(levels)
        sign = good_sign(self.case.spec, self.claim)
        residual = sign * bounded(self.log_claimed - self._logs(named))
        if not self.load_steps:
            return _Tried(levels, residual, np.zeros_like(residual))
        low, high = (self._logs(named, load_shift=step) for step in self.load_steps)
        return _Tried(levels, residual, np.abs(bounded(high - low)) / (self.load_steps[1] - self.load_steps[0]))

    def _weighed(self, tried: _Tried, noise: Floats) -> _Weighed:
        by_load = (tried.slope * self.case.sigma) ** 2
        covariance = noise + by_load[:, :, None] * np.eye(len(noise))
        solved = np.linalg.solve(covariance, tried.residual[:, :, None])[:, :, 0]
        q = np.einsum("np,np->n", tried.residual, solved)
        sigma = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
        return _Weighed(q, q + np.linalg.slogdet(covariance)[1], sigma)

    def _noise(self, at: Floats) -> Floats:
        """Covariance (P, P) of the logs of honest claims with the hidden values at levels `at` (H,)."""
        levels = quasi_random_levels(self.case.spec, self.rows, 0)
        fixed = {name: np.full(self.rows, level) for name, level in zip(self.hidden, at, strict=True)}
        logs = self._logs({**levels, **fixed})
        finite = logs[np.isfinite(logs).all(axis=1)]
        stated = np.cov(finite.T) if len(finite) > 1 else np.zeros((len(self.used), len(self.used)))
        honest, policy = self.case.honest(self.used), self.case.policy
        shape = min(policy.shape_sigma, policy.discrepancy_sigma)
        level = self.case.prediction.levels * (policy.discrepancy_sigma**2 - shape**2)  # also of those that were learnt
        line = np.linspace(-1, 1, len(self.used))
        tilt = 0.75 * honest.tilt_sigma**2 * (1 + np.outer(line, line))
        return np.asarray(stated + level + tilt + np.diag(honest.shape_sigma**2))

    def _named(self, levels: Floats) -> dict[str, Floats]:
        """Levels (N, H) by variable, and the medians of what baselines taught."""
        taught = {one.variable: np.full(len(levels), 0.5) for one in self.case.lesson.learnt if one.moves}
        return {**taught, **dict(zip(self.hidden, levels.T, strict=True))}

    def _logs(self, levels: Mapping[str, Floats], load_shift: float = 0.0) -> Floats:
        """Log predictions (N, P) in the claim's unit, for an implementation as slow as its kin was found to be."""
        claim, rows = self.claim, max(len(each) for each in levels.values())
        if load_shift:
            moved = (point.model_copy(update={"x": (point.x or 0.0) * math.exp(load_shift)}) for point in claim.points)
            claim = claim.model_copy(update={"points": tuple(moved)})
        drawn = known_at(self.case.spec, self.case.lesson.learnt, levels)
        values = from_si(values_of(self.case.compiled, claim, rows, drawn, drawn), self.case.prediction.unit)
        return np.asarray(np.log(np.maximum(values * self.case.prediction.slowed, 0.0)))

    def _values(self, levels: Floats) -> dict[str, Floats]:
        """The hidden values (N,) in their variables' units."""
        spec = self.case.spec
        drawn = known_at(spec, self.case.lesson.learnt, self._named(levels))
        return {name: from_si(drawn[name][:, 0], spec.variable(name).unit) for name in self.hidden}


def _three(*values: float) -> tuple[float, float, float]:
    low, best, high = map(float, values)
    return low, best, high


def with_fit(settling: Settling, case: Case, fit: JointFit) -> Settling:
    """With the values that fit, where any does."""
    if not fit.explains:
        return settling
    low, best, high = map(rounded, fit.fitting[settling.variable])
    unit = case.spec.variable(settling.variable).unit
    return settling.model_copy(update={"unit": unit, "fitting": (low, best, high)})


def in_words(case: Case, fit: JointFit) -> str:
    """What the points say together about the values that the paper does not disclose."""
    units = {name: case.spec.variable(name).unit for name in fit.fitting}
    best = " and ".join(_amount(name, fit.fitting[name][1:2], unit) for name, unit in units.items())
    tried = " and ".join(_amount("", fit.tried[name], unit) for name, unit in units.items())
    off = math.expm1(fit.farthest)
    most = f"{shown(100 * off, 2)} %" if off < 1 else times(1 + off)
    several = len(units) > 1
    if fit.explains:
        alike = " and ".join(_amount("", fit.fitting[name][::2], unit) for name, unit in units.items())
        stated = f" Stating {'them' if several else 'it'} would settle the claim."
        return (
            f"All {fit.points} points fit one {'set of values' if several else 'value'} together, each to {most} or "
            f"better: {best} ({alike} fit about as well, {tried} were tried)."
            f"{stated if len(weighty(case)) <= len(units) else ''}"
        )
    none = f"No {'values' if several else 'single value'} of {' and '.join(units)} explain{'' if several else 's'}"
    sides = ((fit.better, "better"), (fit.worse, "worse"))
    beyond = " and ".join(f"{count} {side}" for count, side in sides if count)
    return (
        f"{none} all {fit.points} points together ({tried} were tried): the nearest, {best}, leaves "
        f"{f'{beyond} than the band' if beyond else 'them off together'}, by up to {most}. Too good with one value or "
        "too slow with another: only the value can tell."
    )


def _amount(name: str, values: Sequence[float], unit: str) -> str:
    """'delay = 24 ms', '23 to 26 ms'."""
    return f"{f'{name} = ' if name else ''}{' to '.join(shown(value, 3) for value in values)} {unit}".strip()
