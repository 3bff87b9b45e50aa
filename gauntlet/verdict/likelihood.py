"""How well draws of the variables give points that a paper reports: residuals in log space with shared discrepancy.

For the points y of one claim and a draw that predicts f for an implementation that takes exp(l) times as long as its
mechanism, r = ln y - ln f exp(l) is normal with covariance D + s^2 1 1': each point deviates by itself (reading error,
shape), and all points of a claim share the error of the formula. Twice the negative log likelihood is then, up to a
constant,

    q = sum r^2 / d - s^2 (sum r / d)^2 / (1 + s^2 sum 1 / d)        (Sherman and Morrison, 1950)

The level l of an implementation is one for all that is measured on it, and drawn beside the constants; what takes no
time, such as a hit ratio, has a level of its own in s.

Latency over load is compared with an error in load as well: near saturation a hair of load is a world of latency.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from gauntlet.costs.compiled import CompiledModel
from gauntlet.costs.effort import effort_us
from gauntlet.costs.sampling import central_values
from gauntlet.errors import GauntletError
from gauntlet.specs.claims import Claim, Metric, Point, TextSource
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.units import from_si
from gauntlet.verdict.compare import compares_by_load, reading_errors
from gauntlet.verdict.policy import Policy
from gauntlet.verdict.prediction import Floats

TEACHERS = ("baseline", "reference")
"""Kinds of mechanisms whose measured claims teach: a server without replicas is measured beside the baseline."""
_LARGEST = np.log(100.0)  # a residual beyond a hundred says "nothing in common", however far it is
_PACED = ("latency", "throughput", "bandwidth", "work_rate")  # metrics that an implementation's level slows down
_LOAD_STEPS = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)  # standard errors of load at which a curve is tried
_FEW_LOAD_STEPS = (-3.0, 0.0, 3.0)  # where one that takes long is evaluated; what lies between is read off them
_CHUNK = 400_000  # sample-points evaluated at once


def quadratic(residual: Floats, point_sigma: Floats, level_sigma: float) -> Floats:
    """q of residuals (samples, points); one that is no number, or beyond a hundred, counts as a hundred."""
    within = bounded(residual)
    precision, level = point_sigma**-2, level_sigma**2
    pulled = (within * precision).sum(axis=1)
    own = (within**2 * precision).sum(axis=1)
    return np.asarray(own - level * pulled**2 / (1 + level * precision.sum()))


def bounded(residual: Floats) -> Floats:
    """Residuals within a hundred times either way: beyond it, and as no number, they say "nothing in common"."""
    found: Floats = np.nan_to_num(residual, nan=_LARGEST, posinf=_LARGEST, neginf=-_LARGEST)
    return np.clip(found, -_LARGEST, _LARGEST)


def trend(x: Floats, residual: Floats) -> float:
    """How smoothly residuals run along x, as a standard normal score; about 0 where they only scatter.

    The mean square of successive differences over the variance is 2 in the mean for independent residuals, with
    variance 4 (n - 2) / (n^2 - 1) (von Neumann, Ann. Math. Stat. 12, 367, 1941).
    """
    n, along = x.size, bounded(residual)[np.argsort(x, kind="stable")]
    if n < 3 or np.isnan(x).any() or np.ptp(along) == 0:
        return 0.0
    ratio = np.mean(np.diff(along) ** 2) / np.var(along, ddof=1)
    return float((2 - ratio) / np.sqrt(4 * (n - 2) / (n**2 - 1)))


@dataclass(frozen=True)
class Observed:
    """The usable points of one claim of a baseline, and the log standard deviations of point, level and load.

    Predictions are evaluated at `load_steps` standard errors of load.
    `pace` is +1 for metrics that fall with the level of the implementation, -1 for those that rise, 0 for others;
    `strain` how many times their usual deviation the points were granted.
    """

    claim: Claim
    points: tuple[Point, ...]
    point_sigma: Floats
    level_sigma: float
    load_sigma: float
    pace: int
    load_steps: tuple[float, ...] = _LOAD_STEPS
    strain: float = 1.0

    @property
    def name(self) -> str:
        """The claim's id."""
        return self.claim.id

    @property
    def count(self) -> int:
        """How many points there are."""
        return len(self.points)

    @property
    def in_words(self) -> bool:
        """Whether sentences alone say so."""
        return all(isinstance(point.source, TextSource) for point in self.points)

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """Who was measured."""
        return (self.claim.mechanism,)

    @property
    def implementations(self) -> tuple[str, ...]:
        """Whose level the points share."""
        return (self.claim.mechanism,) if self.pace else ()

    @property
    def terms(self) -> tuple[str, ...]:
        """No term stands for a claim by itself."""
        return ()

    def rests_on(self, compiled: CompiledModel) -> set[str]:
        """Variables behind the points."""
        output = compiled.outputs[self.claim.mechanism, self.claim.metric]
        return compiled.variables_of(self.claim.mechanism, [output])

    def effort_us(self, compiled: CompiledModel) -> float:
        """Microseconds for one draw of the points, at all loads that are tried."""
        once_us = effort_us(compiled, self.claim.model_copy(update={"points": self.points}))
        return once_us * (len(self.load_steps) if self.load_sigma > 0 else 1)

    def coarser(self) -> "Observed":
        """The same points with predictions at fewer loads."""
        return replace(self, load_steps=_FEW_LOAD_STEPS)

    def strained(self, factor: float) -> "Observed":
        """The same points, each granted `factor` times the deviation of its own; what they share stays."""
        return replace(self, point_sigma=self.point_sigma * factor, strain=self.strain * factor)

    def misfit(self, compiled: CompiledModel, draws: Mapping[str, Floats], levels: Mapping[str, Floats]) -> Floats:
        """q of every draw, shape (samples,)."""
        residual, charge = self._residual(compiled, draws, levels)
        return quadratic(residual, self.point_sigma, self.level_sigma) + charge

    def trend(self, compiled: CompiledModel, draws: Mapping[str, Floats], levels: Mapping[str, Floats]) -> float:
        """How the residuals of one draw run along x."""
        x = np.array([np.nan if point.x is None else point.x for point in self.points])
        return trend(x, self._residual(compiled, draws, levels)[0][0])

    def _residual(
        self, compiled: CompiledModel, draws: Mapping[str, Floats], levels: Mapping[str, Floats]
    ) -> tuple[Floats, Floats]:
        """Residuals (samples, points), and what moving the loads costs each draw."""
        level = levels[self.claim.mechanism] if self.pace else np.zeros(1)
        claimed = np.log([point.y for point in self.points]) + self.pace * level[:, None]
        if self.load_sigma > 0:
            return self._best_over_load(compiled, draws, claimed)
        return claimed - self._predicted(compiled, draws, 0.0), np.zeros(1)

    def _best_over_load(
        self, compiled: CompiledModel, draws: Mapping[str, Floats], claimed: Floats
    ) -> tuple[Floats, Floats]:
        """Residuals at the load, a few standard errors either way, that explains each point best; and its cost."""
        at = {step: self._predicted(compiled, draws, step * self.load_sigma) for step in self.load_steps}
        tried = np.stack([claimed - _between(at, step) for step in _LOAD_STEPS])
        tried = np.nan_to_num(tried, nan=np.inf, posinf=np.inf, neginf=np.inf)
        cost = (tried / self.point_sigma) ** 2 + np.square(_LOAD_STEPS)[:, None, None]
        best = np.argmin(cost, axis=0)[None]
        moved = np.square(_LOAD_STEPS)[best[0]]
        return np.take_along_axis(tried, best, axis=0)[0], moved.sum(axis=1)

    def _predicted(self, compiled: CompiledModel, draws: Mapping[str, Floats], load_shift: float) -> Floats:
        """Log predictions (samples, points) with every load multiplied by exp(`load_shift`)."""
        points = self.points
        if load_shift:
            factor = float(np.exp(load_shift))
            points = tuple(point.model_copy(update={"x": (point.x or 0.0) * factor}) for point in points)
        samples = max((len(draw) for draw in draws.values()), default=1)
        step = max(1, _CHUNK // len(points))
        parts = []
        for start in range(0, samples, step):
            some = {name: draw if len(draw) == 1 else draw[start : start + step] for name, draw in draws.items()}
            rows = min(step, samples - start)
            parts.append(np.broadcast_to(compiled.predict_claim(self.claim, some, points), (rows, len(points))))
        unit = compiled.spec.metric(self.claim.metric).unit
        with np.errstate(all="ignore"):
            logs: Floats = np.log(np.maximum(from_si(np.concatenate(parts), unit), 0.0))
        return logs


def _between(at: Mapping[float, Floats], step: float) -> Floats:
    """Log predictions at a step of load; where they were not evaluated, their reciprocals lie on a straight line.

    As those of a delay do towards saturation, where they are 0.
    """
    if step in at:
        return at[step]
    low, high = max(one for one in at if one < step), min(one for one in at if one > step)
    share = (step - low) / (high - low)
    log_reciprocal: Floats = np.logaddexp(np.log1p(-share) - at[low], np.log(share) - at[high])
    return -log_reciprocal


def pace_sign(metric: Metric) -> int:
    """+1 for metrics that fall with the level of the implementation, -1 for those that rise, 0 for others."""
    return 0 if metric.quantity not in _PACED else 1 if metric.better == "higher" else -1


def observations(compiled: CompiledModel, policy: Policy) -> tuple[Observed, ...]:
    """Claims of baselines and references that say what a constant must be: measured values of a metric it gives."""
    spec = compiled.spec
    found = (_observed(compiled, claim, policy) for claim in spec.claims if _speaks(spec, claim))
    return tuple(one for one in found if one is not None)


def _speaks(spec: PaperSpec, claim: Claim) -> bool:
    mechanism = spec.mechanism(claim.mechanism)
    return (
        mechanism.kind in TEACHERS
        and mechanism.described_is_measured != "refuted"
        and claim.relative_to is None
        and claim.quantifier in ("at", "about")
    )


def _observed(compiled: CompiledModel, claim: Claim, policy: Policy) -> Observed | None:
    points = tuple(
        point for point in claim.points if point.usable and not point.censored and point.y > 0 and np.isfinite(point.y)
    )
    if not points or claim.point_configurations or compiled.why_not(claim) is not None:
        return None
    try:
        compiled.predict_claim(claim, central_values(compiled.spec), points)
    except GauntletError:
        return None
    form = np.log1p(compiled.model_form_error(claim.mechanism, claim.metric))
    metric = compiled.spec.metric(claim.metric)
    by_load = compares_by_load(compiled.spec, claim, metric)
    whole = claim.x is not None and compiled.spec.variable(claim.x).whole
    return Observed(
        claim=claim,
        points=points,
        point_sigma=np.hypot(policy.shape_sigma, reading_errors(claim.model_copy(update={"points": points}), policy)),
        level_sigma=float(form if pace_sign(metric) else np.hypot(policy.level_sigma, form)),
        load_sigma=policy.load_sigma if by_load and not whole else 0.0,
        pace=pace_sign(metric),
    )
