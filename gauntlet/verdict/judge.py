"""One claim: bound first, then the band, then whether the band says anything. Each label brings its reasons."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from gauntlet.specs.claims import Claim
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.verdict.arithmetic.meetings import differing
from gauntlet.verdict.case import Case
from gauntlet.verdict.compare import Comparison, compare, compares_by_load, good_sign, speaks_for
from gauntlet.verdict.disclosure import settling, uninformative
from gauntlet.verdict.joint import JointFit, in_words, joint_fit, with_fit
from gauntlet.verdict.left_out import remarks_on
from gauntlet.verdict.loops import unstated_loop
from gauntlet.verdict.multiplicity import deviating_run
from gauntlet.verdict.readings import confused_statistic, innocent_readings
from gauntlet.verdict.records import ClaimVerdict, Label, PointVerdict, Settling
from gauntlet.verdict.regions import ordered, words
from gauntlet.verdict.restated import disputed_in_words, shown_there
from gauntlet.verdict.rounding import factor, rounded, shown, times


@dataclass(frozen=True)
class Ruling:
    """A label with reasons, the point it was worst at and the region."""

    label: Label
    reasons: tuple[str, ...]
    worst: int | None = None
    region: str | None = None
    undisclosed: bool = False
    """Nothing else keeps it from a verdict than what the paper does not disclose."""


def judge(case: Case) -> ClaimVerdict:
    """The verdict on a claim that has a prediction."""
    by_load = compares_by_load(case.spec, case.claim, case.metric)
    seen = compare(case.spec, case.claim, case.metric, case.prediction, case.policy, sigma=case.sigma, by_load=by_load)
    seen = _beyond_noise(case, seen)
    ruling = rule(case, seen)
    worst = None if ruling.worst is None or np.isnan(seen.gap[ruling.worst]) else ruling.worst
    settle = () if ruling.label == "IMPOSSIBLE" else settling(case, seen)  # no value lifts a bound
    fit = _joint_fit(case, seen, settle) if ruling.undisclosed else None
    if fit is not None:
        ruling = replace(ruling, reasons=(*ruling.reasons, in_words(case, fit)))
        settle = tuple(with_fit(one, case, fit) for one in settle)
    return ClaimVerdict(
        claim=case.claim.id,
        statement=case.claim.statement,
        mechanism=case.claim.mechanism,
        mechanism_kind=case.spec.mechanism(case.claim.mechanism).kind,
        metric=case.claim.metric,
        label=ruling.label,
        gap=None if worst is None else factor(seen.gap[worst]),
        gap_low=None if worst is None else factor(seen.gap_low[worst]),
        gap_high=None if worst is None else factor(seen.gap_high[worst]),
        region=ruling.region,
        reasons=ruling.reasons,
        remarks=remarks_on(case, seen),
        readings=_readings(case, seen, ruling, settle),
        settle=settle,
        widening=rounded(case.sigma),
        points=_points(case, seen),
        evidence=case.claim.evidence,
    )


def _joint_fit(case: Case, seen: Comparison, settle: Sequence[Settling]) -> JointFit | None:
    return joint_fit(case, [one.variable for one in settle], ordered(case.claim, seen.used.tolist()))


def _beyond_noise(case: Case, seen: Comparison) -> Comparison:
    """Without bounds that are beaten only as honest claims scatter around a prediction which lies at its bound.

    Four users that think and never wait give 4 / (Z + D), which is the bound; a run that came out 7 % higher has beaten
    no physics. Where the model has no value, the bound alone decides.
    """
    edge = NormalDist().inv_cdf(case.policy.band_high) * case.honest_sigma
    with np.errstate(invalid="ignore"):
        noise = seen.gap <= edge
    return replace(seen, beyond_bound=np.where(noise, -np.inf, seen.beyond_bound))


def unjudged(spec: PaperSpec, claim: Claim, reason: str) -> ClaimVerdict:
    """INCONCLUSIVE for a claim without prediction."""
    return ClaimVerdict(
        claim=claim.id,
        statement=claim.statement,
        mechanism=claim.mechanism,
        mechanism_kind=spec.mechanism(claim.mechanism).kind,
        metric=claim.metric,
        label="INCONCLUSIVE",
        gap=None,
        gap_low=None,
        gap_high=None,
        reasons=(reason,),
        evidence=claim.evidence,
    )


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
    disputed = _disputed(case, worst)
    doubts = (*case.bound_doubts, *((disputed,) if disputed else ()))
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
    doubt = _doubt(case, seen, worst)
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
    doubt = _misread(case, worst) or unstated_loop(case.compiled, case.claim, worst, case.lesson, "bad")
    if doubt:
        return Ruling("INCONCLUSIVE", (reason, doubt), worst, region)
    return Ruling("UNDERPERFORMS", (reason,), worst, region)


def _differs(case: Case, seen: Comparison, order: Sequence[int], run: list[int]) -> Ruling:
    """A busy resource is neither good nor bad: a difference asks for an explanation and accuses nobody."""
    worst = max(run, key=lambda index: abs(seen.gap[index]))
    reason = _deviation(case, seen, worst, side="off", count=len(run), total=len(order))
    reasons = (reason, "A utilisation has no better side; look for work that one of both leaves out.")
    return Ruling("INCONCLUSIVE", reasons, worst, words(case.spec, case.claim, run, order))


def _doubt(case: Case, seen: Comparison, worst: int) -> str | None:
    """Why a gap cannot be held against the mechanism."""
    doubt = _misread(case, worst)
    if doubt:
        return doubt
    if case.misfit.gross and seen.gap[worst] < case.misfit.sigma:
        return (
            f"The baseline misses its own mechanism by {times(math.exp(case.misfit.sigma))} "
            f"({', '.join(case.misfit.claims)}), which is more than this gap."
        )
    if case.claim.quantifier == "up_to" and _setting_unknown(case) and not _shown_there(case, worst):
        return "A best case over settings that the paper does not name; the model was asked at one setting."
    return unstated_loop(case.compiled, case.claim, worst, case.lesson, "good")


def _misread(case: Case, worst: int) -> str | None:
    """Why the model may not speak about this claim at all."""
    if case.claim.id in case.lesson.excluded:
        return "What several series measured excludes this sentence: it is about something else, or misread."
    confused = confused_statistic(case.spec, case.model, case.claim, case.metric)
    return confused or _disputed(case, worst) or next(iter(case.doubts), None)


def _disputed(case: Case, worst: int) -> str | None:
    """Why a sentence cannot be what the paper measured: other numbers of the paper say otherwise."""
    return disputed_in_words(case.spec, case.spec.claim(case.claim.id), worst, case.policy)


def _shown_there(case: Case, worst: int) -> bool:
    """Whether figures or tables have the number at the place that the claim names."""
    return shown_there(case.spec, case.spec.claim(case.claim.id), worst, case.policy)


def _setting_unknown(case: Case) -> bool:
    """True where a setting that the prediction depends on, other than the claim's x, is swept or not stated."""
    if case.claim.x is not None and any(point.x is None for point in case.claim.points):
        return True
    configuration = case.spec.configuration(case.claim.configuration)
    stated = {} if configuration is None else {setting.variable: setting.kind for setting in configuration.settings}
    swept = {variable.id: "sweep" for variable in case.spec.variables if variable.value.kind == "sweep"}
    kinds = {**swept, **dict.fromkeys(_varied(case.spec), "sweep"), **stated}
    behind = case.compiled.variables_behind(case.claim) - {case.claim.x}
    return any(kind != "value" for name, kind in kinds.items() if name in behind)


def _varied(spec: PaperSpec) -> set[str]:
    """Variables that the paper's configurations set to more than one value."""
    values: dict[str, set[str | None]] = {}
    for configuration in spec.configurations:
        for setting in configuration.settings:
            values.setdefault(setting.variable, set()).add(setting.expression)
    return {name for name, several in values.items() if len(several) > 1}


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


def _readings(case: Case, seen: Comparison, ruling: Ruling, settle: Sequence[Settling]) -> tuple[str, ...]:
    """Innocent readings of a deviation; none where no usable point deviates, or nothing does beyond honest chance."""
    worst = ruling.worst
    outside = seen.used & (np.maximum(seen.beyond_good, seen.beyond_bad) > 0)
    deviates = outside | (seen.measured & (seen.beyond_bound > 0))
    if worst is None or ruling.label == "CONSISTENT" or not deviates.any():
        return ()
    worse = bool(seen.gap[worst] < 0)
    disputed = _disputed(case, worst) is not None
    exhausts = case.model.bound(case.prediction.binding[worst]).resource if ruling.label == "IMPOSSIBLE" else None
    apart = next(differing(case.spec, case.spec.claim(case.claim.id), case.policy), None)
    return innocent_readings(case, worst, worse=worse, settle=settle, disputed=disputed, exhausts=exhausts, apart=apart)


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


def _points(case: Case, seen: Comparison) -> tuple[PointVerdict, ...]:
    return tuple(
        PointVerdict(
            x=None if case.prediction.over else point.x,
            claimed=point.y,
            low=rounded(seen.band.low[index]),
            median=rounded(seen.band.median[index]),
            high=rounded(seen.band.high[index]),
            bound=rounded(case.prediction.bound[index]) if np.isfinite(case.prediction.bound[index]) else None,
            gap=factor(seen.gap[index]),
            label=_point_label(seen, index),
            used=bool(seen.used[index]),
            by_load=bool(seen.by_load[index]),
        )
        for index, point in enumerate(case.claim.points)
    )


def _point_label(seen: Comparison, index: int) -> Label:
    if not seen.used[index]:
        return "INCONCLUSIVE"
    if seen.beyond_bound[index] > 0:
        return "IMPOSSIBLE"
    if seen.beyond_good[index] > 0:
        return "MAGIC_GAP"
    return "UNDERPERFORMS" if seen.beyond_bad[index] > 0 else "CONSISTENT"
