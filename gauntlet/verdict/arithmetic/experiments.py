"""The experiments that a printed ratio may speak of, and what two series measured together show of it there.

A claim is at one setting, of its own configuration or of its operands; a series passes through it where every variable
but the one on its x axis is the same. Only series of one configuration and workload are divided by each other.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gauntlet.costs.definitions import resolve, setting_expressions
from gauntlet.costs.sampling import values_at
from gauntlet.errors import GauntletError
from gauntlet.expressions.evaluation import Floats
from gauntlet.specs.claims import Claim, Point
from gauntlet.specs.paper_spec import Configuration, PaperSpec
from gauntlet.units import to_si
from gauntlet.verdict.arithmetic.claim_laws import is_measured, near
from gauntlet.verdict.policy import Policy

Ratio = tuple[float, float, float]
"""x, ratio and relative reading error."""
_NO_ZERO = 1e-4
"""What is drawn at zero is read this close to it, relative to the largest x of its series."""
_SAME_SETTING = 1e-6
_SIGMAS = 3.0
"""One honest pair in four hundred lies farther apart."""


def scatter(policy: Policy, runs: int) -> float:
    """By how much, relatively, what so many runs make together may differ although nothing changed."""
    return math.expm1(_SIGMAS * math.sqrt(runs) * policy.shape_sigma)


@dataclass(frozen=True)
class Run:
    """Where a ratio was measured: configurations of both sides, and x where the claim gives it.

    `open`: the claim does not say where; any configuration of both sides may be meant.
    """

    configuration: str | None
    over: str | None
    x: float | None
    open: bool = False


def runs_of(claim: Claim, point: Point) -> Iterator[Run]:
    """The candidates of an unresolved ratio, else the run that the claim names."""
    rivals = {(one.configuration, one.x) for one in claim.operands if one.mechanism == claim.relative_to}
    sides = [one for one in claim.operands if one.mechanism == claim.mechanism]
    together = [one for one in sides if (one.configuration, one.x) in rivals]
    for one in together:
        yield Run(one.configuration, one.configuration, one.x)
    if not together:
        over = claim.relative_configuration or claim.configuration
        yield Run(claim.configuration, over, point.x)
        if over is None and claim.quantifier == "up_to":
            yield Run(None, None, point.x, open=True)


def ratios_of(own: Claim, other: Claim) -> Iterator[Ratio]:
    """x, ratio and reading error of two series wherever both were measured."""
    for top in own.points:
        for below in other.points:
            if is_measured(top) and is_measured(below) and near(top.x, below.x):
                yield top.x or 0.0, top.y / below.y, top.reading_error + below.reading_error


@dataclass(frozen=True)
class Experiments:
    """The series of a specification, by what was measured together."""

    spec: PaperSpec

    @cached_property
    def _medians(self) -> dict[str, Floats]:
        return values_at(self.spec, {})

    def ratios_in(self, claim: Claim, run: Run) -> Iterator[list[Ratio]]:
        """What each experiment that passes through a run shows: at its x, or everywhere where no x is given."""
        alike = [one for one in self.spec.claims if (one.metric, one.workload) == (claim.metric, claim.workload)]
        ours = [one for one in alike if _sides(one) == (claim.mechanism, None)]
        theirs = [one for one in alike if _sides(one) == (claim.relative_to, None)]
        for own in ours:
            for other in theirs:
                compared = (own.configuration, other.configuration) == (run.configuration, run.over)
                if own.x == other.x and (compared or own.configuration == other.configuration):
                    yield self._included(claim, run, own, list(ratios_of(own, other)))
        for drawn in alike:
            if drawn.drawn and drawn != claim and _sides(drawn) == _sides(claim):
                points = [(one.x or 0.0, one.y, one.reading_error) for one in drawn.points if is_measured(one)]
                yield self._included(claim, run, drawn, points)

    def meeting(self, one: Claim, other: Claim) -> Iterator[tuple[Point, Point]]:
        """Measured points of two series over different variables that were taken at one setting."""
        here, there = (self.spec.configuration(each.configuration) for each in (one, other))
        left_open = (_of_kind(here, stated=False) - {one.x}) | (_of_kind(there, stated=False) - {other.x})
        if one.x is None or other.x is None or one.x == other.x or left_open or not other.points:
            return
        beside = self._settings(there, {other.x: self._si(other.x, other.points[0].x or 0.0)})
        if one.x not in beside:
            return
        ours = self._settings(here, {one.x: beside[one.x]})
        if other.x not in ours:
            return
        theirs = self._settings(there, {other.x: ours[other.x]})
        if not _one_setting(ours, theirs):
            return
        x, x_there = (float(ours[name].item() / self._si(name, 1.0).item()) for name in (one.x, other.x))
        for point in one.points:
            for rival in other.points:
                if is_measured(point) and is_measured(rival) and near(point.x, x) and near(rival.x, x_there):
                    yield point, rival

    def _included(self, claim: Claim, run: Run, series: Claim, points: list[Ratio]) -> list[Ratio]:
        """Those points of an experiment that a claim about a run speaks of."""
        if run.open:
            return points if series.configuration is not None else []
        if run.configuration == series.configuration:
            if claim.x not in (None, series.x):
                return []
            return points if run.x is None else _at(points, run.x)
        if run.configuration != run.over or series.x is None or not points:
            return []
        best = run.x is None and claim.quantifier not in ("at", "about")
        if best and series.x not in _of_kind(self.spec.configuration(run.configuration), stated=True):
            return points if self._passes(claim, run, series, points[0][0]) is not None else []
        x = self._passes(claim, run, series)
        return [] if x is None else _at(points, x)

    def _passes(self, claim: Claim, run: Run, series: Claim, at: float | None = None) -> float | None:
        """The x (`at` itself) at which all that is not on the axis of a series is as in a run; None where it is not."""
        here, there = (self.spec.configuration(one.configuration) for one in (run, series))
        axes = {name for name in (claim.x, series.x) if name is not None}
        if (_of_kind(here, stated=False) | _of_kind(there, stated=False)) - axes:
            return None
        given = {claim.x: run.x} if at is None else {series.x: at}
        fixed = {name: self._si(name, x) for name, x in given.items() if name is not None and x is not None}
        ours = self._settings(here, fixed)
        if series.x not in ours:
            return None
        theirs = self._settings(there, {series.x: ours[series.x]})
        if not _one_setting(ours, theirs):
            return None
        return float(ours[series.x].item() / self._si(series.x, 1.0).item())

    def _settings(self, configuration: Configuration | None, fixed: dict[str, Floats]) -> dict[str, Floats]:
        """Every variable in SI in a configuration, at its median where it is uncertain.

        Nothing where its settings cannot be computed: they are the words of an author.
        """
        try:
            return resolve(self.spec, self._medians, setting_expressions([configuration]), fixed)
        except GauntletError:
            return {}

    def _si(self, name: str, value: float) -> Floats:
        return np.reshape(to_si(value, self.spec.variable(name).unit, name), (1, 1))


def _sides(claim: Claim) -> tuple[str, str | None]:
    return claim.mechanism, claim.relative_to


def _one_setting(ours: dict[str, Floats], theirs: dict[str, Floats]) -> bool:
    """Whether the same variables have the same values."""
    return ours.keys() == theirs.keys() and all(
        np.allclose(ours[name], theirs[name], rtol=_SAME_SETTING, atol=0.0) for name in ours
    )


def _of_kind(configuration: Configuration | None, *, stated: bool) -> set[str]:
    """Variables that a configuration gives a value, or leaves open."""
    settings = () if configuration is None else configuration.settings
    return {setting.variable for setting in settings if (setting.kind == "value") == stated}


def _at(points: Sequence[Ratio], x: float) -> list[Ratio]:
    """The points at x; one that is drawn at zero is read near it."""
    close = _NO_ZERO * max((abs(one[0]) for one in points), default=0.0)
    return [one for one in points if near(one[0], x) or abs(one[0] - x) <= close]
