"""The table of what one would have to believe: needed beside known, and how far outside it lies."""

import math
from collections.abc import Sequence

from gauntlet.report.records import BeliefReport, MechanismReport
from gauntlet.report.words import number, quantity, range_words, readable
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.verdict.records import Belief, ClaimVerdict, JointMove
from gauntlet.verdict.rounding import rounded

_EDGE = 0.06  # of the axis, left free on both sides
_MOST_TERMS = 4


def belief_rows(spec: PaperSpec, verdict: ClaimVerdict) -> tuple[BeliefReport, ...]:
    """Single values, the most plausible first, then the joint move."""
    rows = [_single(one) for one in verdict.beliefs]
    if verdict.joint_belief is not None:
        rows += [_joint(spec, move) for move in verdict.joint_belief.moves]
    return tuple(rows)


def closing_terms(verdict: ClaimVerdict) -> str:
    """Which terms of the model alone would close the gap, or that nothing alone would; '' where nobody asked."""
    found = [(one.term, one.factor) for one in verdict.term_beliefs if one.factor is not None]
    if not found:
        if not verdict.term_beliefs or verdict.beliefs or verdict.known_mechanisms:
            return ""
        return "No variable and no term of the model alone closes the gap, even if it cost nothing."
    nearest = sorted(found, key=lambda item: -item[1])[:_MOST_TERMS]
    words = "; or ".join(f"{name} at {number(factor)} of itself" for name, factor in nearest)
    return f"Terms of the model that alone would close it: {words}."


def mechanism_rows(verdict: ClaimVerdict) -> tuple[MechanismReport, ...]:
    """Known mechanisms; those whose arithmetic closes the gap first."""
    found = sorted(verdict.known_mechanisms, key=lambda one: not one.closes)
    return tuple(
        MechanismReport(name=one.name, part=one.part, arithmetic=one.arithmetic, closes=one.closes) for one in found
    )


def _single(one: Belief) -> BeliefReport:
    low, _, high = one.learnt or one.prior
    far = _sigmas(one.scores) if one.possible else "beyond all that is allowed"
    return _row(one, one.meaning, one.needed, "stated exactly" if low == high else far, alone=True)


def _joint(spec: PaperSpec, move: JointMove) -> BeliefReport:
    return _row(move, spec.variable(move.variable).meaning, move.value, _sigmas(move.scores), alone=False)


def _sigmas(scores: float) -> str:
    return f"{number(round(abs(scores), 1))} standard deviations"


def _row(one: Belief | JointMove, meaning: str, needed: float, far: str, alone: bool) -> BeliefReport:
    scale, shown_unit = readable(needed, one.unit)
    known = one.learnt or one.prior
    needed_at, *span = _places([needed, *known])
    return BeliefReport(
        variable=one.variable,
        meaning=meaning,
        needed=quantity(needed * scale, shown_unit),
        known=_range(one.prior, one.unit) if one.learnt is None else _learnt(one.learnt, one.prior, one.unit),
        far=far,
        alone=alone,
        factor=rounded(needed / known[1]) if known[1] else math.nan,
        needed_at=needed_at,
        known_span=(span[0], span[1], span[2]),
    )


def _learnt(learnt: Sequence[float], prior: Sequence[float], unit: str) -> str:
    return f"{_range(learnt, unit)} by the baselines; {_range(prior, unit)} before"


def _range(values: Sequence[float], unit: str) -> str:
    low, middle, high = values
    if low < high:
        return range_words(values, unit)
    scale, shown_unit = readable(middle, unit)
    return quantity(middle * scale, shown_unit)


def _places(values: Sequence[float]) -> list[float]:
    """Where values stand between the lowest and the highest, on a log axis where all are positive."""
    positive = all(value > 0 for value in values)
    along = [math.log(value) if positive else value for value in values]
    low, width = min(along), max(along) - min(along)
    if width <= 0 or not math.isfinite(width):
        return [0.5] * len(along)
    return [rounded(_EDGE + (1 - 2 * _EDGE) * (value - low) / width) for value in along]
