"""The label of one claim, in the order in which a reviewer would argue: bound, band, whether the band says anything."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from gauntlet.verdict.case import Case
from gauntlet.verdict.compare import Comparison, good_sign, speaks_for
from gauntlet.verdict.disclosure import uninformative
from gauntlet.verdict.doubt import disputed, doubt_of, misread
from gauntlet.verdict.loops import unstated_loop
from gauntlet.verdict.multiplicity import deviating_run
from gauntlet.verdict.records import Label
from gauntlet.verdict.regions import ordered, words
from gauntlet.verdict.rounding import factor, shown, times


@dataclass(frozen=True)
class Ruling:
    """A label with reasons, the point it was worst at and the region."""

    label: Label
    reasons: tuple[str, ...]
    worst: int | None = None
    region: str | None = None
    undisclosed: bool = False
    """Nothing else keeps it from a verdict than what the paper does not disclose."""


def rule(case: Case, seen: Comparison) -> Ruling:
    """The label, in the order in which a reviewer would argue."""
    order = ordered(case.claim, seen.used.tolist())
    middle = _middle(seen, order)
    refusal = _unapproved(case)
    if refusal:
        return Ruling("INCONCLUSIVE", (refusal,), middle)
    measured = ordered(case.claim, seen.measured.tolist())
    beating = [index for index in measured if seen.beyond_bound[index] > 0]
    good, bad = (_deviating(case, seen, order, side) if order else None for side in ("good", "bad"))
    enough = len(beating) >= case.policy.needed(len(measured)) or not set(beating).isdisjoint(good or ())
    if beating and enough:  # a single point may be misread, unless its neighbours lie too high with it
        return _impossible(case, seen, measured, beating)
    if not order:
        return Ruling("INCONCLUSIVE", (_nothing_usable(case),))
    if not good and not bad:
        return _inside(case, seen, order, middle)
    if case.metric.quantity == "utilisation":
        return _differs(case, seen, order, good or bad or [])
    return _magic_gap(case, seen, order, good, bad) if good else _underperforms(case, seen, order, bad or [])


def _unapproved(case: Case) -> str | None:
    for record, name in ((case.spec, "specification"), (case.model, "cost model")):
        if record.approval.status != "approved":
            remarks = f": {'; '.join(record.approval.remarks)}" if record.approval.remarks else ""
            return f"The {name} was not approved by its verification{remarks}; correct it in review and judge again."
    return None


def _nothing_usable(case: Case) -> str:
    outside = int(np.sum(case.prediction.undefined > case.policy.undefined_share))
    if outside:
        return f"At {outside} of {len(case.claim.points)} points the cost model has no value: outside its domain."
    return "No point is usable: all are clipped at the frame, below reading error, doubtful or not positive."


def _deviating(case: Case, seen: Comparison, order: Sequence[int], side: str) -> list[int] | None:
    """Point indices of the neighbouring points that together lie farther out on `side` than honest claims, or None."""
    applies = _judged_sides(case, seen, order)
    asked = [index for index in order if side in applies[index]]
    if not asked:
        return None
    sign = 1 if side == "good" else -1
    run = deviating_run(
        sign * seen.score[asked],
        NormalDist().inv_cdf(case.policy.band_high),
        case.policy.needed(len(asked)),
        case.honest(asked),
        sign * good_sign(case.spec, case.claim),
    )
    return None if run is None else [asked[place] for place in run]


def _judged_sides(case: Case, seen: Comparison, order: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Sides on which each point may deviate: limits and ranges assert one side only.

    'At least v' says nothing against more, 'at most v' nothing against less; the ends of a range bound the side they
    stand on.
    """
    both = ("good", "bad")
    more_is_good = good_sign(case.spec, case.claim) > 0
    if case.claim.quantifier == "at_least":
        return dict.fromkeys(order, ("good",) if more_is_good else ("bad",))
    if case.claim.quantifier == "at_most":
        return dict.fromkeys(order, ("bad",) if more_is_good else ("good",))
    if case.claim.quantifier == "range_over" and len(order) > 1 and case.claim.x is None:
        top = max(order, key=lambda index: seen.claimed[index])
        bottom = min(order, key=lambda index: seen.claimed[index])
        sides: dict[int, tuple[str, ...]] = dict.fromkeys(order, ())
        sides[top] = ("good",) if more_is_good else ("bad",)
        sides[bottom] = ("bad",) if more_is_good else ("good",)
        return sides
    return dict.fromkeys(order, both)


def _impossible(case: Case, seen: Comparison, order: Sequence[int], beating: list[int]) -> Ruling:
    worst = max(beating, key=lambda index: seen.beyond_bound[index])
    beats = math.exp(abs(math.log(seen.claimed[worst] / case.prediction.bound[worst])))
    resource = case.model.bound(case.prediction.binding[worst]).resource
    region = words(case.spec, case.claim, beating, order)
    dispute = disputed(case, worst)
    doubts = (*case.bound_doubts, *((dispute,) if dispute else ()))
    alone = len(beating) < case.policy.needed(len(order))
    reason = (
        f"{case.number(seen.claimed[worst])} beats the bound {case.number(case.prediction.bound[worst])} "
        f"({resource}) {shown(beats, 3)} times, beyond reading error and "
        f"{100 * case.policy.bound_tolerance:g} % tolerance, at {len(beating)} of {len(order)} points"
        f"{', and its neighbours lie beyond the band with it' if alone else ''}."
    )
    return Ruling("INCONCLUSIVE" if doubts else "IMPOSSIBLE", (reason, *doubts), worst, region)


def _magic_gap(case: Case, seen: Comparison, order: Sequence[int], good: list[int], bad: list[int] | None) -> Ruling:
    worst = max(good, key=lambda index: (np.isfinite(seen.gap[index]), seen.gap[index]))
    region = words(case.spec, case.claim, good, order)
    reasons = [_deviation(case, seen, worst, side="better", count=len(good), total=len(order))]
    reasons += _explained(case, seen, worst)
    if bad:
        reasons.append(f"It is also worse than predicted {words(case.spec, case.claim, bad, order) or 'elsewhere'}.")
    doubt = doubt_of(case, seen, worst)
    if doubt:
        return Ruling("INCONCLUSIVE", (*reasons, doubt), worst, region)
    return Ruling("MAGIC_GAP", tuple(reasons), worst, region)


def _explained(case: Case, seen: Comparison, worst: int) -> list[str]:
    """How much of what is claimed over the baseline the mechanism explains."""
    rival = case.prediction.comparator_median[worst]
    if case.prediction.comparator is None or not (np.isfinite(rival) and rival > 0):
        return []
    sign = good_sign(case.spec, case.claim)
    with np.errstate(divide="ignore", invalid="ignore"):
        claimed, explained = (float((y / rival) ** sign) for y in (seen.claimed[worst], seen.band.median[worst]))
    if not (1 < claimed < math.inf and 0 < explained < math.inf):
        return []
    given = "Given what the baseline's own points teach, the" if case.lesson.learnt else "The"
    turned = case.claim.relative_to is not None and speaks_for(case.spec, case.claim) == case.claim.relative_to
    over = case.spec.mechanism(case.claim.mechanism if turned else case.prediction.comparator).name
    return [f"{given} mechanism explains {shown(explained, 3)} times of the {shown(claimed, 3)} times over {over}."]


def _underperforms(case: Case, seen: Comparison, order: Sequence[int], bad: list[int]) -> Ruling:
    worst = min(bad, key=lambda index: seen.gap[index])
    region = words(case.spec, case.claim, bad, order)
    reason = _deviation(case, seen, worst, side="worse", count=len(bad), total=len(order))
    doubt = misread(case, worst) or unstated_loop(case.compiled, case.claim, worst, case.lesson, "bad")
    if doubt:
        return Ruling("INCONCLUSIVE", (reason, doubt), worst, region)
    return Ruling("UNDERPERFORMS", (reason,), worst, region)


def _differs(case: Case, seen: Comparison, order: Sequence[int], run: list[int]) -> Ruling:
    """A busy resource is neither good nor bad: a difference asks for an explanation and accuses nobody."""
    worst = max(run, key=lambda index: abs(seen.gap[index]))
    reason = _deviation(case, seen, worst, side="off", count=len(run), total=len(order))
    reasons = (reason, "A utilisation has no better side; look for work that one of both leaves out.")
    return Ruling("INCONCLUSIVE", reasons, worst, words(case.spec, case.claim, run, order))


def _inside(case: Case, seen: Comparison, order: Sequence[int], middle: int | None) -> Ruling:
    outside = [index for index in order if max(seen.beyond_good[index], seen.beyond_bad[index]) > 0]
    inside = len(order) - len(outside)
    keeps_limit = outside and case.claim.quantifier in ("at_least", "at_most", "range_over")
    if len(order) > 1:
        reasons = [f"{inside} of {len(order)} usable points lie inside the band."]
    else:
        reasons = [] if keeps_limit else ["It lies outside the band." if outside else "It lies inside the band."]
    if keeps_limit:
        reasons.append("It asserts a limit that the prediction keeps.")
    elif outside:
        together = len(order) > 1 and 2 * len(outside) > len(order)
        reasons.append(
            "Its points lie off together, by no more than one honest implementation may differ from its mechanism."
            if together
            else "Among as many points and claims, honest ones lie that far out now and then."
        )
    loose = uninformative(case, seen, order)
    if loose:
        return Ruling("INCONCLUSIVE", (*reasons, loose), middle, undisclosed=True)
    return Ruling("CONSISTENT", tuple(reasons), middle)


def _middle(seen: Comparison, order: Sequence[int]) -> int | None:
    """The usable point whose gap is the median one."""
    return sorted(order, key=lambda index: (seen.gap[index], index))[len(order) // 2] if order else None


def _deviation(case: Case, seen: Comparison, worst: int, *, side: str, count: int, total: int) -> str:
    size, *ends = (factor(abs(value[worst])) for value in (seen.gap, seen.gap_low, seen.gap_high))
    low, high = (times(end).removesuffix(" times") for end in sorted(ends))
    predicted = case.number(seen.band.median[worst])
    edges = f"{case.number(seen.band.low[worst])} to {case.number(seen.band.high[worst])}"
    how = " in load at the same latency" if seen.by_load[worst] else ""
    where = f", beyond the band at {count} neighbouring points of {total}" if total > 1 else ", beyond the band"
    return (
        f"Claimed {case.number(seen.claimed[worst])} against {predicted} predicted ({edges}): {times(size)} "
        f"{side}{how} ({low} to {high}){where}."
    )
