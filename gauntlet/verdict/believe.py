"""What would one have to believe? For a flagged claim, the values that would close its gap, and how far out they lie.

One variable at a time, over a thousandfold either way of its median; the most plausible joint move of all uncertain
variables, the point of the claimed value that is nearest to the medians of what is known, in standard normal scores;
and one term of the cost model at a time, which says what batching, overlap or a saved round trip would have to achieve.
Source of the joint move: Hasofer & Lind, J. Eng. Mech. Div. ASCE 100(1), 1974; Rackwitz & Fiessler, Comput. Struct.
9(5), 1978 (first-order reliability method).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TypedDict

import numpy as np

from gauntlet.costs.compiled import CompiledModel, environment_for, reference_side
from gauntlet.costs.sampling import values_at
from gauntlet.errors import GauntletError
from gauntlet.expressions.memory import remembering
from gauntlet.mechanisms.normal import normal_survival
from gauntlet.specs.claims import Claim
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.specs.quantities import Derived, Variable
from gauntlet.units import from_si
from gauntlet.verdict.known import known_at, medians, summary
from gauntlet.verdict.prediction import Floats, Lesson
from gauntlet.verdict.records import Belief, ClaimVerdict, JointBelief, JointMove, TermBelief
from gauntlet.verdict.rounding import rounded

_FACTORS: Floats = np.geomspace(1e-3, 1e3, 241)
_SHRINK: Floats = np.linspace(0.0, 1.0, 201)
_MOST = 4
_STEPS = 25
_STEP = 1e-3  # of a standard score, for slopes
_CLOSE = 0.01  # of a log: closed
_FARTHEST = 8.0  # standard scores; beyond, double precision has no probability left
_LEAST_PART = 0.05  # of the squared distance; a variable that moves less is not named

_SCORES: Floats = np.linspace(-7.0, 7.0, 1401)
_LEVELS: Floats = 1 - normal_survival(_SCORES)


_Three = tuple[float, float, float]


class _Known(TypedDict):
    prior: _Three
    learnt: _Three | None


FLAGGED = ("MAGIC_GAP", "UNDERPERFORMS")
"""Labels whose gap is solved for; no value lifts a bound."""


def with_beliefs(verdict: ClaimVerdict, compiled: CompiledModel, claim: Claim, lesson: Lesson) -> ClaimVerdict:
    """The verdict with what one would have to believe to close its gap at the worst point; unchanged if not flagged.

    `claim` holds what the mechanism itself would have to give.
    """
    if verdict.label not in FLAGGED or verdict.gap is None:
        return verdict
    flagged = [index for index, point in enumerate(verdict.points) if point.used and point.gap == verdict.gap]
    if not flagged:
        return verdict
    index, target = flagged[0], claim.points[flagged[0]].y
    with remembering():  # of all that a variable or term does not touch, each formula is asked once
        update = {
            "beliefs": single_beliefs(compiled, claim, index, target, lesson),
            "joint_belief": joint_belief(compiled, claim, index, target, lesson),
            "term_beliefs": _terms(compiled, claim, index, lesson) if verdict.label == "MAGIC_GAP" else (),
        }
    return verdict.model_copy(update=update)


def _terms(compiled: CompiledModel, claim: Claim, index: int, lesson: Lesson) -> tuple[TermBelief, ...]:
    meanings = {term.id: term.meaning for term in compiled.model.terms}
    found = term_beliefs(compiled, claim, index, claim.points[index].y, lesson)
    return tuple(
        TermBelief(term=name, meaning=meanings.get(name, name), factor=None if factor is None else rounded(factor))
        for name, factor in found.items()
    )


def single_beliefs(
    compiled: CompiledModel, claim: Claim, index: int, target: float, lesson: Lesson
) -> tuple[Belief, ...]:
    """The variables that alone would close the gap at point `index`, nearest to what is known of them first.

    `target` is the claimed value in the claim's unit. All other variables stay at their medians, after what was learnt.
    What counts whole things takes the next whole value beyond the gap, if there is one.
    """
    middle = medians(compiled.spec, lesson.learnt)
    behind = compiled.variables_behind(claim) & middle.keys() - {claim.x}
    asked = [one for one in compiled.spec.variables if one.id in behind and not isinstance(one.value, Derived)]

    def moved(changed: Mapping[str, Floats]) -> Floats:
        return _log_gap(compiled, claim, index, target, {**middle, **changed})

    values = {variable.id: middle[variable.id] * _FACTORS[:, None] for variable in asked}
    counts = {variable.id for variable in asked if variable.whole}  # few formulas take broken ones
    along = _each_along(moved, {name: column for name, column in values.items() if name not in counts}, middle)
    along |= {name: moved({name: values[name]}) for name in counts}
    found = []
    for variable in asked:

        def gaps(factors: Floats, variable: Variable = variable) -> Floats:
            return moved({variable.id: middle[variable.id] * factors[:, None]})

        now, needed = float(middle[variable.id].flat[0]), _crossing(_FACTORS, along[variable.id])
        if needed is not None and variable.whole:
            needed = _whole(now, needed, gaps)
        if needed is not None:
            found.append(_belief(compiled.spec, lesson, variable, now, needed))
    return tuple(sorted(found, key=lambda one: (abs(one.scores), one.variable))[:_MOST])


def _each_along(
    moved: Callable[[Mapping[str, Floats]], Floats], values: Mapping[str, Floats], middle: Mapping[str, Floats]
) -> dict[str, Floats]:
    """What `moved` gives for the values (N, 1) of each variable alone, the others at their medians.

    All are asked at once, which is far quicker; but where a formula refuses some of the values, one after the other.
    """
    rows, names = _FACTORS.size, list(values)
    stacked = {name: np.repeat(middle[name], rows * len(names), axis=0) for name in names}
    for place, name in enumerate(names):
        stacked[name][place * rows : (place + 1) * rows] = values[name]
    together = moved(stacked) if names else np.empty(0)
    if np.isnan(together).all():
        return {name: moved({name: values[name]}) for name in names}
    return dict(zip(names, together.reshape(len(names), rows), strict=True))


def _whole(now: float, needed: float, gaps: Callable[[Floats], Floats]) -> float | None:
    """The factor to the next whole value that closes a gap, of a variable that counts; None where none does."""
    count = math.ceil(now * needed) if needed > 1 else math.floor(now * needed)
    if count < 1 or count == now:
        return None
    before, after = gaps(np.array([1.0, count / now]))
    closes = np.sign(before) != np.sign(after) or abs(after) < _CLOSE
    return count / now if closes else None


def term_beliefs(
    compiled: CompiledModel, claim: Claim, index: int, target: float, lesson: Lesson
) -> dict[str, float | None]:
    """Term -> the factor it would have to shrink to so that the gap closes; None where it cannot."""
    middle, point = medians(compiled.spec, lesson.learnt), (claim.points[index],)
    found: dict[str, float | None] = {}
    for term in compiled.terms(claim.mechanism, claim.metric, environment_for(claim, compiled.spec, middle, point)):
        try:
            logs = _log_ratio(shrinking(compiled, claim, index, middle, term, _SHRINK), target)
        except GauntletError:
            continue
        if np.ptp(np.nan_to_num(logs, posinf=0.0, neginf=0.0)) > _CLOSE:
            found[term] = _crossing(_SHRINK, logs)
    return found


def needed_factor(
    compiled: CompiledModel, claim: Claim, index: int, middle: Mapping[str, Floats], name: str
) -> float | None:
    """What a term or variable would have to shrink to so that the gap at point `index` closes; None where it cannot.

    What each experiment sets is no matter of belief.
    """
    if name not in compiled.programs[claim.mechanism] and name not in middle:
        return None
    factors = _SHRINK if name in compiled.programs[claim.mechanism] else _FACTORS[_FACTORS <= 1]
    try:
        values = shrinking(compiled, claim, index, middle, name, factors)
    except GauntletError:
        return None
    return _crossing(factors, _log_ratio(values, claim.points[index].y))


def shrinking(
    compiled: CompiledModel, claim: Claim, index: int, middle: Mapping[str, Floats], name: str, factors: Floats
) -> Floats:
    """The prediction (N, 1) at point `index`, in the claim's unit, if a term or variable were `factors` (N,) of itself.

    What a ratio is relative to stays as it is.
    """
    point, column, spec = (claim.points[index],), factors[:, None], compiled.spec
    is_term = name in compiled.programs[claim.mechanism]
    drawn = middle if is_term else {**middle, name: middle[name] * column}
    environment = environment_for(claim, spec, drawn, point)
    scaled = {name: column} if is_term else None
    values = compiled.predict(claim.mechanism, claim.metric, environment, scaled=scaled)
    if claim.relative_to is not None:
        other = reference_side(claim)
        with np.errstate(all="ignore"):
            values = values / compiled.predict(
                other.mechanism, other.metric, environment_for(other, spec, middle, point)
            )
    return from_si(np.broadcast_to(values, (factors.size, 1)), _unit(compiled, claim))


def joint_belief(
    compiled: CompiledModel, claim: Claim, index: int, target: float, lesson: Lesson
) -> JointBelief | None:
    """The most plausible joint move of all uncertain variables that closes the gap; None where none was found."""
    moving = _uncertain(compiled.spec) & compiled.variables_behind(claim)
    names = [variable.id for variable in compiled.spec.variables if variable.id in moving]
    if not names:
        return None

    def gap(scores: Floats) -> Floats:
        levels = {name: 1 - normal_survival(scores[:, place]) for place, name in enumerate(names)}
        return _log_gap(compiled, claim, index, target, known_at(compiled.spec, lesson.learnt, levels))

    at = np.zeros(len(names))
    for _ in range(_STEPS):
        around = gap(np.vstack([at, at + _STEP * np.eye(len(names))]))
        if not np.isfinite(around).all():
            return None
        slope = (around[1:] - around[0]) / _STEP
        if not slope.any():
            return None
        step = (slope @ at - around[0]) / (slope @ slope) * slope - at
        at = np.clip(at + step * min(1.0, 1.0 / float(np.max(np.abs(step), initial=1e-9))), -_FARTHEST, _FARTHEST)
        if abs(float(gap(at[None])[0])) < _CLOSE:
            return _joint(compiled.spec, lesson, names, at)
    return None


def _joint(spec: PaperSpec, lesson: Lesson, names: Sequence[str], at: Floats) -> JointBelief:
    levels = {name: 1 - normal_survival(at[[place]]) for place, name in enumerate(names)}
    values = known_at(spec, lesson.learnt, levels)
    parts = at**2 / max(float(at @ at), 1e-12)
    order = [place for place in np.argsort(-parts, kind="stable") if parts[place] >= _LEAST_PART]
    moves = tuple(
        JointMove(
            variable=names[place],
            value=rounded(float(from_si(values[names[place]], spec.variable(names[place]).unit).flat[0])),
            unit=spec.variable(names[place]).unit,
            scores=rounded(float(at[place])),
            **_known(spec, lesson, spec.variable(names[place])),
        )
        for place in order
    )
    return JointBelief(distance=rounded(float(np.sqrt(at @ at))), moves=moves)


def _belief(spec: PaperSpec, lesson: Lesson, variable: Variable, middle: float, factor: float) -> Belief:
    """A needed value beside what is known: scores count standard deviations of a normal law from its median."""
    known = known_at(spec, lesson.learnt, {variable.id: _LEVELS})[variable.id][:, 0]
    needed = middle * factor
    low, high = float(known[0]), float(known[-1])
    return Belief(
        variable=variable.id,
        meaning=variable.meaning,
        unit=variable.unit,
        needed=rounded(float(from_si(needed, variable.unit))),
        factor=rounded(factor),
        scores=rounded(float(np.interp(needed, known, _SCORES))),
        possible=low <= needed <= high and high > low,
        disclosed=variable.disclosed,
        **_known(spec, lesson, variable),
    )


def _known(spec: PaperSpec, lesson: Lesson, variable: Variable) -> _Known:
    """The fields that say what is known of a variable."""
    prior, learnt = summary(spec, lesson.learnt, variable.id)
    return {
        "prior": _three(from_si(prior, variable.unit)),
        "learnt": None if learnt is None else _three(from_si(learnt, variable.unit)),
    }


def _three(values: Floats) -> _Three:
    """5 %, median and 95 %; one value three times where nothing is uncertain."""
    low, middle, high = np.broadcast_to(values, 3)
    return rounded(float(low)), rounded(float(middle)), rounded(float(high))


def _uncertain(spec: PaperSpec) -> set[str]:
    low, high = (values_at(spec, {v.id: np.array([level]) for v in spec.variables}) for level in (0.05, 0.95))
    return {name for name in low if name in high and not np.array_equal(low[name], high[name])} - {
        v.id for v in spec.variables if isinstance(v.value, Derived)
    }


def _log_gap(compiled: CompiledModel, claim: Claim, index: int, target: float, drawn: Mapping[str, Floats]) -> Floats:
    """ln(predicted / claimed) at one point for every row of `drawn`; NaN where the model has no value."""
    rows = max(len(draw) for draw in drawn.values())
    try:
        values = compiled.predict_claim(claim, drawn, (claim.points[index],))
    except GauntletError:
        return np.full(rows, np.nan)
    return _log_ratio(from_si(values, _unit(compiled, claim)), target)


def _unit(compiled: CompiledModel, claim: Claim) -> str:
    return "" if claim.relative_to is not None else compiled.spec.metric(claim.metric).unit


def _log_ratio(values: Floats, target: float) -> Floats:
    with np.errstate(all="ignore"):
        logs: Floats = np.log(np.maximum(values[:, 0], 0.0)) - np.log(target)
    return logs


def _crossing(along: Floats, gap: Floats) -> float | None:
    """Where the gap changes sign nearest to `along` = 1, or None."""
    places = np.flatnonzero(np.isfinite(gap[:-1]) & np.isfinite(gap[1:]) & (np.sign(gap[:-1]) != np.sign(gap[1:])))
    if not places.size:
        return None
    best = places[np.argmin(np.abs(np.log(np.maximum(along[places], 1e-9))))]
    part = gap[best] / (gap[best] - gap[best + 1])
    return float(along[best] + part * (along[best + 1] - along[best]))
