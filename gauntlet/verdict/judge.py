"""The verdict on one claim: its label and reasons, its points, what would settle it, and what to rule out first."""

from collections.abc import Sequence
from dataclasses import replace
from statistics import NormalDist

import numpy as np

from gauntlet.specs.claims import Claim
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.verdict.arithmetic.meetings import differing
from gauntlet.verdict.case import Case
from gauntlet.verdict.compare import Comparison, compare, compares_by_load
from gauntlet.verdict.disclosure import settling
from gauntlet.verdict.doubt import disputed
from gauntlet.verdict.joint import JointFit, in_words, joint_fit, with_fit
from gauntlet.verdict.left_out import remarks_on
from gauntlet.verdict.readings import innocent_readings
from gauntlet.verdict.records import ClaimVerdict, Label, PointVerdict, Settling
from gauntlet.verdict.regions import ordered
from gauntlet.verdict.rounding import factor, rounded
from gauntlet.verdict.rule import Ruling, rule


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


def _readings(case: Case, seen: Comparison, ruling: Ruling, settle: Sequence[Settling]) -> tuple[str, ...]:
    """Innocent readings of a deviation; none where no usable point deviates, or nothing does beyond honest chance."""
    worst = ruling.worst
    outside = seen.used & (np.maximum(seen.beyond_good, seen.beyond_bad) > 0)
    deviates = outside | (seen.measured & (seen.beyond_bound > 0))
    if worst is None or ruling.label == "CONSISTENT" or not deviates.any():
        return ()
    worse = bool(seen.gap[worst] < 0)
    exhausts = case.model.bound(case.prediction.binding[worst]).resource if ruling.label == "IMPOSSIBLE" else None
    apart = next(differing(case.spec, case.spec.claim(case.claim.id), case.policy), None)
    return innocent_readings(
        case, worst, worse=worse, settle=settle, disputed=disputed(case, worst) is not None,
        exhausts=exhausts, apart=apart,
    )  # fmt: skip


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
