"""The prediction of one claim from draws of the variables: at its points and between, quantiles, parts and shares."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from gauntlet.costs.compiled import CompiledModel, reference_side
from gauntlet.costs.effort import affordable, effort_us
from gauntlet.costs.records import CostModel
from gauntlet.errors import CannotJudge, GauntletError
from gauntlet.expressions.evaluation import listening
from gauntlet.specs.claims import Claim
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.specs.quantities import Derived
from gauntlet.units import from_si
from gauntlet.verdict.best_case import at_place, places_of, settled
from gauntlet.verdict.compare import compares_by_load, good_sign
from gauntlet.verdict.condition import Conditioned, Draws
from gauntlet.verdict.known import medians
from gauntlet.verdict.likelihood import TEACHERS, pace_sign
from gauntlet.verdict.parts import Parts, no_parts, parts_of
from gauntlet.verdict.policy import load_policy
from gauntlet.verdict.prediction import LEVELS, ClaimPrediction, Floats
from gauntlet.verdict.shares import first_order_shares

CURVE_SAMPLES = 500
"""Draws behind a curve between the claimed points; the points themselves always get all draws."""
EFFORT_S, FEWEST_SAMPLES = 2.0, 512
"""Seconds that the claims of a paper may take at 20,000 draws, and draws that each has whatever it takes."""
CURVE_EFFORT_S, FEWEST_CURVE_SAMPLES = 4.0, 64
"""The same for their curves."""
_USUAL_SAMPLES = 20_000
SHARE_SAMPLES = 4096
"""Draws from which the variables' shares of the variance are told: to a hundredth or better."""
JOINT_SAMPLES = 256
"""Draws kept as they are, to see how the points of a claim move together."""
_CURVE_POINTS = 33
_CURVE_BEYOND = 1.5  # curves over load run on to half as much again, to read them sideways
_ELEMENTS = 49_152  # sample-points evaluated at once: some tens of arrays of that size stay in the cache


@dataclass(frozen=True)
class Engine:
    """A compiled model with its draws."""

    spec: PaperSpec
    model: CostModel
    compiled: CompiledModel
    known: Conditioned
    samples: int

    def claim(self, claim: Claim) -> ClaimPrediction:
        """The prediction of one claim; of a best case without a place, of its largest value over all places."""
        places = places_of(self.spec, claim)
        return self._best_case(claim, places) if places else self._settled(settled(self.spec, claim))

    def _best_case(self, claim: Claim, places: Mapping[tuple[str, str], Claim]) -> ClaimPrediction:
        """What the largest of values that scatter comes to, where it is largest at the median."""
        samples = min(SHARE_SAMPLES, *(self._affordable(along) for along in places.values()))
        policy, sign = load_policy(), good_sign(self.spec, claim)
        scatter = math.sqrt(2) * min(policy.shape_sigma, policy.discrepancy_sigma)  # of two measurements
        best, found = -math.inf, None
        for place, along in places.items():
            values = np.log(self._evaluate(along, samples))
            medians_here = sign * np.median(values, axis=0)
            if medians_here.max() > best:
                best, there = float(medians_here.max()), int(np.argmax(medians_here))
                noise = np.random.default_rng(values.shape).standard_normal(values.shape)
                largest = sign * np.max(sign * (values + scatter * noise), axis=1)
                found = place, along.points[there].x or 0.0, np.exp(largest)[:, None]
        if found is None:
            raise CannotJudge("The model has no value at the points of the two series.")
        place, x, values = found
        points = len(places[place].points)
        remark = f"A best case without a place: the largest over {points} points of {' and '.join(place)}."
        at = self._settled(at_place(self.spec, claim, place, x))
        return replace(
            at, raw=quantiles(values), joint=values[:JOINT_SAMPLES], samples=samples, over=place,
            remarks=(remark, *at.remarks),
        )  # fmt: skip

    def _settled(self, claim: Claim) -> ClaimPrediction:
        unit = "" if claim.relative_to is not None else self.spec.metric(claim.metric).unit
        samples = self._affordable(claim)
        with listening() as remarks:
            values = from_si(self._evaluate(claim, samples), unit)
        comparator, comparator_median = self._comparator(claim, unit)
        curve_x, curve_raw = self._curve(claim, unit)
        learnt = self.known.learnt_by(self.spec, claim.mechanism)
        bound = self.compiled.bound_claim(claim, self._draws(claim.mechanism), learnt=learnt)
        none = np.full(len(claim.points), np.nan)
        form_error, levels = self._spread(claim)
        paced = pace_sign(self.spec.metric(claim.metric)) != 0
        own, rival = self._parts(claim, curve_x)
        return ClaimPrediction(
            claim=claim.id,
            unit=unit,
            form_error=form_error,
            levels=levels,
            unlearnt=self._unlearnt(claim) if paced and levels else float(levels),
            slowed=float(np.median(self._slowed(claim, samples))),
            strain=self.known.strains.get(claim.id, 1.0),
            shares=self._shares(claim, values[:SHARE_SAMPLES]),
            comparator=comparator,
            parts=own.names,
            rival_parts=rival.names,
            samples=samples,
            over=(),
            remarks=tuple(dict.fromkeys(remarks)),
            x=np.array([np.nan if point.x is None else point.x for point in claim.points]),
            raw=quantiles(values),
            joint=values[:JOINT_SAMPLES],
            undefined=np.isnan(values).mean(axis=0),
            bound=none if bound is None else from_si(bound.values, unit),
            binding=() if bound is None else bound.binding,
            comparator_median=none if comparator_median is None else comparator_median,
            over_comparator=self._over_comparator(claim),
            curve_x=curve_x,
            curve_raw=curve_raw,
            part_values=own.at,
            curve_parts=own.along,
            rival_part_values=rival.at,
            rival_curve_parts=rival.along,
        )

    def _affordable(self, claim: Claim) -> int:
        """Draws that fit in the claim's share of the effort."""
        return self._fitting(claim, self.samples, FEWEST_SAMPLES, EFFORT_S)

    def _fitting(self, claim: Claim, draws: int, fewest: int, effort_s: float) -> int:
        sides = (claim,) if claim.relative_to is None else (claim, reference_side(claim))
        each_us = sum(effort_us(self.compiled, side) for side in sides)
        budget_s = effort_s * self.samples / _USUAL_SAMPLES / max(1, len(self.spec.claims))
        return affordable(draws, fewest, each_us, budget_s)

    def _draws(self, mechanism: str) -> Draws:
        return self.known.draws_for(self.spec, mechanism)

    def _parts(self, claim: Claim, curve_x: Floats) -> tuple[Parts, Parts]:
        """What the claim's mechanism, and its baseline or reference, are made of at the medians of what is known."""
        rival = reference_side(claim) if claim.relative_to else self._rival(claim)
        own, theirs = (
            no_parts(len(claim.points)) if side is None else parts_of(self.compiled, side, self._middle(side), curve_x)
            for side in (claim, rival)
        )
        return own, theirs

    def _middle(self, side: Claim) -> Draws:
        return medians(self.spec, self.known.learnt, own=self._is_teacher(side.mechanism))

    def _evaluate(self, claim: Claim, samples: int) -> Floats:
        """(samples, P) in SI, with what was learnt about the implementations."""
        own, theirs = self._draws(claim.mechanism), self._draws(claim.relative_to or claim.mechanism)
        return values_of(self.compiled, claim, samples, own, theirs) * self._slowed(claim, samples)

    def _slowed(self, claim: Claim, samples: int) -> Floats:
        """What the learnt levels of implementations make of a value: a factor (samples, 1), or (1, 1) of none."""
        sign = pace_sign(self.spec.metric(claim.metric))
        own = self.known.pace(self.spec, claim.mechanism)
        theirs = self.known.pace(self.spec, claim.relative_to) if claim.relative_to else None
        log = sum((part for part in (None if own is None else -own, theirs) if part is not None), np.zeros((1, 1)))
        return np.exp(sign * log[:samples])

    def _is_teacher(self, mechanism: str) -> bool:
        return self.spec.mechanism(mechanism).kind in TEACHERS

    def _unlearnt(self, claim: Claim) -> float:
        """Levels behind the value that are not in its draws."""
        sides = (claim.mechanism, claim.relative_to) if claim.relative_to else (claim.mechanism,)
        return sum(self.known.unlearnt(side) for side in sides)

    def _spread(self, claim: Claim) -> tuple[float, int]:
        """Log standard deviation of approximate formulas, and how many implementations stand behind the value."""
        error = self.compiled.model_form_error(claim.mechanism, claim.metric)
        if claim.relative_to is None:
            return math.log1p(error), 1
        if claim.relative_to == claim.mechanism:
            return 0.0, 0
        other = self.compiled.model_form_error(claim.relative_to, claim.metric)
        return math.hypot(math.log1p(error), math.log1p(other)), 2

    def _shares(self, claim: Claim, values: Floats) -> dict[str, float]:
        draws = self._draws(claim.mechanism)
        drawn = {
            variable.id: draws[variable.id][: len(values), 0]
            for variable in self.spec.variables
            if not isinstance(variable.value, Derived) and variable.id in draws and draws[variable.id].shape[0] > 1
        }
        return first_order_shares(values, drawn)

    def _comparator(self, claim: Claim, unit: str) -> tuple[str | None, Floats | None]:
        """The baseline that the claim is up against, and its median at the claim's points."""
        if claim.relative_to is not None:
            return claim.relative_to, np.ones(len(claim.points))
        rival = self._rival(claim)
        if rival is None:
            return None, None
        try:
            values = from_si(self._evaluate(rival, self._affordable(rival)), unit)
        except GauntletError:
            return None, None
        return rival.mechanism, quantiles(values)[:, LEVELS.size // 2]

    def _over_comparator(self, claim: Claim) -> Floats:
        """Quantiles (P, 201) of the value over the baseline's on the same draws: what both share does not part them."""
        rival, few, draws = (
            self._rival(claim),
            min(self._affordable(claim), SHARE_SAMPLES),
            self._draws(claim.mechanism),
        )
        nothing = np.full((len(claim.points), LEVELS.size), np.nan)
        if rival is None or claim.relative_to is not None:
            return nothing
        try:
            own, theirs = (values_of(self.compiled, one, few, draws, draws) for one in (claim, rival))
        except GauntletError:
            return nothing
        with np.errstate(all="ignore"):
            return quantiles(own / theirs)

    def _rival(self, claim: Claim) -> Claim | None:
        """This claim as the baseline would make it: in the baseline's own configuration where it claims the same.

        None for a baseline's own claim, and where no baseline has the metric.
        """
        if self.spec.mechanism(claim.mechanism).kind == "baseline":
            return None
        baselines = [mechanism.id for mechanism in self.spec.mechanisms if mechanism.kind == "baseline"]
        able = [name for name in baselines if self.model.output(name, claim.metric) is not None]
        for other in self.spec.claims:
            alike = (other.metric, other.x, other.relative_to) == (claim.metric, claim.x, None)
            if other.mechanism in able and alike and not claim.point_configurations:
                settings = {"configuration": other.configuration, "workload": other.workload}
                return claim.model_copy(update={"mechanism": other.mechanism, **settings})
        return claim.model_copy(update={"mechanism": able[0]}) if able else None

    def curve_samples(self, claim: Claim) -> int:
        """Draws behind the curve of a claim; as many as usual where it has none."""
        along, usual = self._along(claim), min(self.samples, CURVE_SAMPLES)
        return usual if along is None else self._fitting(along, usual, FEWEST_CURVE_SAMPLES, CURVE_EFFORT_S)

    def _curve(self, claim: Claim, unit: str) -> tuple[Floats, Floats]:
        """The prediction between the points of a series over x, with fewer draws."""
        none = np.empty(0), np.empty((0, LEVELS.size))
        along = self._along(claim)
        if along is None:
            return none
        try:
            values = from_si(self._evaluate(along, self.curve_samples(claim)), unit)
        except (
            GauntletError
        ):  # beyond the claimed points a formula may leave its domain; the points stand without a curve
            return none
        keep = np.isnan(values).mean(axis=0) < 0.5
        x = np.array([point.x for point in along.points], dtype=np.float64)
        return x[keep], quantiles(values[:, keep])

    def _along(self, claim: Claim) -> Claim | None:
        """The claim at its points and between them; None where it is no series over x."""
        at = [point.x for point in claim.points if point.x is not None]
        if claim.x is None or claim.point_configurations or len(set(at)) < 2:
            return None
        far = _CURVE_BEYOND if compares_by_load(self.spec, claim, self.spec.metric(claim.metric)) else 1.0
        grid = _grid(min(at), max(at), far, self.spec.variable(claim.x).whole)
        template = next(point for point in claim.points if point.x is not None)
        points = [template.model_copy(update={"x": float(value)}) for value in np.unique(np.concatenate([grid, at]))]
        return claim.model_copy(update={"points": tuple(points)})


def values_of(compiled: CompiledModel, claim: Claim, samples: int, own: Draws, theirs: Draws) -> Floats:
    """What the model gives for a claim over the first `samples` draws, (samples, P) in SI; a few draws at a time."""
    points = len(claim.points)
    chunk = max(1, min(samples, _ELEMENTS // max(points, 1)))
    values = np.empty((samples, points))
    for start in range(0, samples, chunk):
        rows = slice(start, min(start + chunk, samples))
        values[rows] = compiled.predict_claim(claim, _rows(own, rows), reference_drawn=_rows(theirs, rows))
    return values


def quantiles(values: Floats) -> Floats:
    """Quantiles at LEVELS of each column of `values` (S, P), as (P, 201): the smallest value that suffices.

    NaN is left out; infinite values are values. A column of NaN gives NaN.
    """
    ranked = np.sort(values, axis=0)  # NaN comes last
    defined = np.count_nonzero(~np.isnan(values), axis=0)
    at = np.ceil(LEVELS * defined[:, None] * (1 - 1e-12)).astype(int) - 1
    found: Floats = np.take_along_axis(ranked.T, np.maximum(at, 0), axis=1)
    return found


def _grid(low: float, high: float, far: float, whole: bool) -> Floats:
    """Points from `low` to `high`, even in the ratio when far apart, and fewer on to `low / far` and `far * high`."""
    wide = low > 0 and high / low > 10.0
    x = np.geomspace(low, high, _CURVE_POINTS) if wide else np.linspace(low, high, _CURVE_POINTS)
    if far > 1 and low > 0:
        before, beyond = low / np.geomspace(far, 1, 9)[:-1], high * np.geomspace(1, far, 13)[1:]
        x = np.concatenate([before, x, beyond])
    return np.unique(np.maximum(np.rint(x), min(1.0, low))) if whole else x


def _rows(draws: Draws, rows: slice) -> Draws:
    return {name: draw if draw.shape[0] == 1 else draw[rows] for name, draw in draws.items()}
