"""A cost model ready to run: names checked, expressions parsed, terms evaluated only where an output needs them.

Arrays have samples as rows and claimed points as columns; everything is SI.
"""

import itertools
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gauntlet.costs.definitions import all_definitions, resolve, setting_expressions
from gauntlet.costs.linking import Key, Program, link, needed
from gauntlet.costs.records import CostModel
from gauntlet.costs.sampling import support
from gauntlet.errors import CannotJudge, RecordError
from gauntlet.expressions.evaluation import Floats, listening, nearest, quietly
from gauntlet.expressions.grammar import Expression
from gauntlet.mechanisms.catalogue import catalogue
from gauntlet.specs.claims import Claim, Point
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.units import to_si

MOST_CORNERS = 10


class Ceiling(NamedTuple):
    """What no mechanism can beat, shape (points,), in SI, and the id of the bound that says so at each point."""

    values: Floats
    binding: tuple[str, ...]


@dataclass(frozen=True)
class CompiledModel:
    """Parsed programs of one cost model. Make it with `compile_model`."""

    spec: PaperSpec
    model: CostModel
    programs: Mapping[str, Program]
    """Mechanism -> ordered facts and terms that it may use."""
    outputs: Mapping[Key, Expression]
    bounds: Mapping[Key, Program]

    def predict(
        self,
        mechanism: str,
        metric: str,
        environment: Mapping[str, Floats],
        scaled: Mapping[str, Floats] | None = None,
    ) -> Floats:
        """The output in SI, broadcast over samples and points; with terms `scaled`, what it would be then."""
        return self._evaluate(mechanism, self._output(mechanism, metric), environment, scaled)

    def bound(self, mechanism: str, metric: str, environment: Mapping[str, Floats]) -> dict[str, Floats]:
        """Each bound on the metric, sample by sample; empty where the model states none."""
        return {
            bound_id: self._evaluate(mechanism, expression, environment)
            for bound_id, expression in self.bounds.get((mechanism, metric), {}).items()
        }

    def terms(self, mechanism: str, metric: str, environment: Mapping[str, Floats]) -> dict[str, Floats]:
        """The terms that the mechanism's output for a metric uses, in order: where its time goes."""
        values = self._run(mechanism, [self.outputs[mechanism, metric]], environment)
        return {term.id: values[term.id] for term in self.model.terms if term.id in values}

    def scope(self, mechanism: str, metric: str, environment: Mapping[str, Floats]) -> dict[str, Floats]:
        """The environment, and every fact and term that the mechanism's output for a metric uses."""
        return {**environment, **self._run(mechanism, [self.outputs[mechanism, metric]], environment)}

    def why_not(self, claim: Claim) -> str | None:
        """Why the claim cannot be predicted, in words; None where it can."""
        if claim.kind == "attribution":
            return "it asserts a cause, not a number"
        if claim.kind == "ratio" and claim.relative_to is None:
            return "the text does not say what the ratio is relative to"
        for mechanism in filter(None, (claim.mechanism, claim.relative_to)):
            if (mechanism, claim.metric) not in self.outputs:
                reason = self.unmodelled.get((mechanism, claim.metric))
                return reason or f"the cost model has no output {claim.metric} for {mechanism}"
        for side in (claim,) if claim.relative_to is None else (claim, reference_side(claim)):
            if left := self._left_open(side):
                return f"the paper does not state {left} where {side.mechanism} was measured"
        if claim.x is not None and any(point.x is None for point in claim.points):
            return f"a point has no {claim.x}"
        return None if claim.points else "it has no points"

    @property
    def unmodelled(self) -> dict[tuple[str, str], str]:
        """Why a metric of a mechanism has no output, where the model says so."""
        return {(item.mechanism, item.metric): item.reason for item in self.model.unmodelled}

    def _left_open(self, side: Claim) -> str | None:
        """A variable that the output needs and that a configuration of the claim names but does not set.

        One with a range of its own stays at it; a swept or exact value would be an invention there.
        """
        used = self.variables_of(side.mechanism, [self.outputs[side.mechanism, side.metric]])
        pinned = {variable.id for variable in self.spec.variables if variable.value.kind in ("sweep", "exact")}
        needed = pinned & used - {side.x}
        for own in side.point_configurations or (None,):
            chosen = (self.spec.configuration(name) for name in (side.configuration, own))
            settings = [setting for configuration in chosen if configuration for setting in configuration.settings]
            stated = {setting.variable for setting in settings if setting.kind == "value"}
            left = sorted({setting.variable for setting in settings} & needed - stated)
            if left:
                return left[0]
        return None

    def predict_claim(
        self,
        claim: Claim,
        drawn: Mapping[str, Floats],
        points: Sequence[Point] | None = None,
        reference_drawn: Mapping[str, Floats] | None = None,
    ) -> Floats:
        """Predictions of shape (samples, points): the metric in SI, or the ratio to the claim's reference.

        The reference of a ratio may have draws of its own, row by row beside those of the claim's mechanism.
        """
        subject = self.predict(claim.mechanism, claim.metric, environment_for(claim, self.spec, drawn, points))
        if claim.relative_to is not None:
            other = reference_side(claim)
            theirs = environment_for(other, self.spec, drawn if reference_drawn is None else reference_drawn, points)
            reference = self.predict(other.mechanism, other.metric, theirs)
            with np.errstate(all="ignore"):
                subject = subject / reference
        shape = (_samples(drawn), len(claim.points if points is None else points))
        return np.broadcast_to(subject, shape)

    def bound_claim(
        self,
        claim: Claim,
        drawn: Mapping[str, Floats],
        points: Sequence[Point] | None = None,
        learnt: Collection[str] = (),
    ) -> Ceiling | None:
        """The tightest bound at each point, each bound at its own most favourable values.

        Sound under uncertainty: each bound takes its extreme over all samples and over all corners of the supports of
        the 10 widest variables that it uses (the others move together). Variables `learnt` from measurements reach as
        far as their draws. None for ratios and without bounds.
        """
        key = (claim.mechanism, claim.metric)
        if claim.relative_to is not None or not self.bounds.get(key):
            return None
        lower_is_better = self.spec.metric(claim.metric).better == "lower"
        favourable, worst = (np.fmin, -np.inf) if lower_is_better else (np.fmax, np.inf)
        environments = [
            environment_for(claim, self.spec, rows, points) for rows in (drawn, self._corners(claim, drawn, learnt))
        ]
        count = len(claim.points if points is None else points)
        ends = []
        for expression in self.bounds[key].values():
            values = [np.atleast_2d(self._evaluate(claim.mechanism, expression, there)) for there in environments]
            ends.append(favourable.reduce([np.broadcast_to(favourable.reduce(rows, axis=0), count) for rows in values]))
        known = np.where(np.isnan(ends), worst, ends)  # of the others; NaN where there is none
        tightest = np.argmax(known, axis=0) if lower_is_better else np.argmin(known, axis=0)
        names = list(self.bounds[key])
        values = np.take_along_axis(np.asarray(ends), tightest[None], axis=0)[0]
        return Ceiling(values, tuple(names[place] for place in tightest))

    def validity_remarks(self, claim: Claim, drawn: Mapping[str, Floats]) -> tuple[str, ...]:
        """Where the claim's prediction uses a formula outside its validity, each place and reason once."""
        with listening() as heard:
            self.predict_claim(claim, drawn)
        return tuple(dict.fromkeys(heard))

    def model_form_error(self, mechanism: str, metric: str) -> float:
        """Relative standard error of the formulas used: the catalogue's errors, one per primitive, in quadrature."""
        output = self._output(mechanism, metric)
        program = self.programs[mechanism]
        expressions = [output, *(program[name] for name in needed(program, [output]))]
        used = {primitive for expression in expressions for primitive in expression.primitives}
        return math.hypot(*(catalogue()[name].model_form_error for name in used))

    def variables_of(self, mechanism: str, expressions: Sequence[Expression]) -> set[str]:
        """Variables that expressions of a mechanism depend on, through terms, settings and derived variables."""
        program = self.programs[mechanism]
        definitions = all_definitions(self.spec)
        open_names = {name for expression in expressions for name in expression.names}
        open_names |= {used for name in needed(program, expressions) for used in program[name].names}
        found: set[str] = set()
        while open_names:
            name = open_names.pop()
            if name in found or name in program:
                continue
            found.add(name)
            open_names |= {used for defined, by in definitions if defined == name for used in by.names}
        return found

    def variables_behind(self, claim: Claim) -> set[str]:
        """Variables that the predicted value of a claim depends on, those of a ratio's reference included."""
        sides = (claim.mechanism,) if claim.relative_to is None else (claim.mechanism, claim.relative_to)
        return {name for side in sides for name in self.variables_of(side, [self.outputs[side, claim.metric]])}

    def _output(self, mechanism: str, metric: str) -> Expression:
        if (mechanism, metric) not in self.outputs:
            known = ", ".join(f"{metric} of {mechanism}" for mechanism, metric in self.outputs) or "none"
            raise CannotJudge(f"The cost model has no output {metric} of {mechanism}; it has: {known}.")
        return self.outputs[mechanism, metric]

    def _evaluate(
        self,
        mechanism: str,
        expression: Expression,
        environment: Mapping[str, Floats],
        scaled: Mapping[str, Floats] | None = None,
    ) -> Floats:
        return expression.evaluate({**environment, **self._run(mechanism, [expression], environment, scaled)})

    def _run(
        self,
        mechanism: str,
        expressions: Sequence[Expression],
        environment: Mapping[str, Floats],
        scaled: Mapping[str, Floats] | None = None,
    ) -> dict[str, Floats]:
        program, scope = self.programs[mechanism], dict(environment)
        with quietly():
            for name in needed(program, expressions):
                scope[name] = program[name].evaluate(scope)
                if scaled is not None and name in scaled:
                    scope[name] = scope[name] * scaled[name]
        return {name: value for name, value in scope.items() if name in program}

    def _corners(self, claim: Claim, drawn: Mapping[str, Floats], learnt: Collection[str]) -> dict[str, Floats]:
        """`drawn` with the uncertain variables of the claim's bounds at all corners of their supports, one a row."""
        used = self.variables_of(claim.mechanism, list(self.bounds[claim.mechanism, claim.metric].values()))
        ends = {name: _ends(self.spec, name, drawn, name in learnt) for name in sorted(used)}
        open_ends = {name: pair for name, pair in ends.items() if pair is not None}
        ranked = sorted(open_ends, key=lambda name: _width(*open_ends[name]), reverse=True)
        free, tied = ranked[:MOST_CORNERS], ranked[MOST_CORNERS:]
        rows = np.array(list(itertools.product((0, 1), repeat=len(free) + bool(tied))), dtype=int)
        middle = {name: value if len(value) == 1 else np.median(value, axis=0)[None] for name, value in drawn.items()}
        corners = {name: np.asarray(open_ends[name])[rows[:, column]][:, None] for column, name in enumerate(free)}
        return {**middle, **corners, **{name: np.asarray(open_ends[name])[rows[:, -1]][:, None] for name in tied}}


def compile_model(spec: PaperSpec, model: CostModel) -> CompiledModel:
    """Parse and check names, order and duplicates.

    RecordError for ids that clash or point nowhere, ExpressionError for what an expression may not say.
    """
    linked = link(spec, model)
    return CompiledModel(spec, model, linked.of, linked.outputs, linked.bounds)


def environment_for(
    claim: Claim,
    spec: PaperSpec,
    drawn: Mapping[str, Floats],
    points: Sequence[Point] | None = None,
    fixed: Mapping[str, Floats] | None = None,
) -> dict[str, Floats]:
    """Variables in SI as the claim was measured: draws, then configuration settings, then x as shape (1, points).

    With `point_configurations` each point has its own settings, on top of the claim's; they stand side by side along
    the point axis. Derived variables are computed anew from what the settings made of the others. `fixed` values
    (SI, one column or one per point) win over everything.
    """
    points = claim.points if points is None else points
    base = spec.configuration(claim.configuration)
    set_values = ({} if claim.x is None else {claim.x: _x_values(claim, spec, points)}) | dict(fixed or {})
    if not claim.point_configurations:
        return resolve(spec, drawn, setting_expressions([base]), set_values)
    columns = []
    for index, name in _own_configurations(claim, points):
        at = {key: value[:, [index if value.shape[1] > 1 else 0]] for key, value in set_values.items()}
        columns.append(resolve(spec, drawn, setting_expressions([base, spec.configuration(name)]), at))
    return {name: _side_by_side([column[name] for column in columns]) for name in _common(columns)}


def reference_side(claim: Claim) -> Claim:
    """The other side of a ratio as a claim of the reference; its own configuration, when given, replaces all others."""
    changes: dict[str, object] = {"mechanism": claim.relative_to, "relative_to": None}
    if claim.relative_configuration is not None:
        changes |= {"configuration": claim.relative_configuration, "point_configurations": ()}
    return claim.model_copy(update=changes)


def _x_values(claim: Claim, spec: PaperSpec, points: Sequence[Point]) -> Floats:
    unit = _x_unit(claim, spec)
    values = [point.x for point in points]
    if None in values:
        raise RecordError(f"claim {claim.id}: a point has no x, but the claim has x = {claim.x}; give it or drop x.")
    x = to_si(np.array([values], dtype=np.float64), unit, f"claim {claim.id}, x = {claim.x}")
    return np.round(x) if spec.variable(claim.x or "").whole else x  # read off a plot, 8 clients are 8.0003


def _x_unit(claim: Claim, spec: PaperSpec) -> str:
    """Unit of the x variable."""
    try:
        return spec.variable(claim.x or "").unit
    except KeyError:
        known = [variable.id for variable in spec.variables]
        raise RecordError(
            f"claim {claim.id}: x = {claim.x!r} is no variable; {nearest(claim.x or '', known)}."
        ) from None


def _own_configurations(claim: Claim, points: Sequence[Point]) -> Iterator[tuple[int, str]]:
    if len(claim.point_configurations) != len(claim.points):
        raise RecordError(
            f"claim {claim.id}: {len(claim.point_configurations)} point configurations for {len(claim.points)} points; "
            "give one per point."
        )
    whole = len(points) == len(claim.points)
    for index, point in enumerate(points):
        yield index, claim.point_configurations[index if whole else claim.points.index(point)]


def _common(columns: Sequence[Mapping[str, Floats]]) -> list[str]:
    return [name for name in columns[0] if all(name in column for column in columns)] if columns else []


def _side_by_side(columns: Sequence[Floats]) -> Floats:
    if all(column is columns[0] or np.array_equal(column, columns[0]) for column in columns):
        return columns[0]
    rows = max(len(column) for column in columns)
    return np.concatenate([np.broadcast_to(column, (rows, 1)) for column in columns], axis=1)


def _samples(drawn: Mapping[str, Floats]) -> int:
    return max((len(value) for value in drawn.values()), default=1)


def _ends(spec: PaperSpec, name: str, drawn: Mapping[str, Floats], learnt: bool) -> tuple[float, float] | None:
    """Support of a variable, widened by its draws; of one that is learnt, its draws alone."""
    stated = support(spec.variable(name))
    if stated is None:
        return None
    values = drawn.get(name, np.array(stated))
    if learnt:
        return float(np.min(values)), float(np.max(values))
    return min(stated[0], float(np.min(values))), max(stated[1], float(np.max(values)))


def _width(low: float, high: float) -> float:
    return math.log(high / low) if low > 0 else math.inf
