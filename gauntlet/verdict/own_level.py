"""How fast an implementation is elsewhere: what its other claims say about its level, held against each of them.

All that is measured on one implementation shares its level: what takes a tenth longer than its mechanism in six figures
does so in the seventh. So a claim that its own prediction allows may still stand apart from its siblings. For each draw
d of the constants, with the same constants in all claims, r_j(d) the median over the points of sibling j of how much
better than predicted it is, and w_j the inverse of its variance, the level is normal about

    m(d) = sum_j w_j r_j(d) / (1 / t^2 + sum_j w_j),    with variance 1 / (1 / t^2 + sum_j w_j),

t its standard deviation before (a random effect whose size is known: DerSimonian & Laird, Control. Clin. Trials 7(3),
1986). Constants are not weighted by it: nothing but the level is learnt from what a proposal claims. And nothing is
excused by it: a level below the mechanism only sharpens what lies above it, one above the mechanism what lies below, so
that a gap in every claim is found as before. Whole claims are compared, since a model that drifts along x parts one end
from the other. Siblings that deviate by themselves, or that do not agree, say nothing.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Literal

import numpy as np

from gauntlet.verdict.case import Case
from gauntlet.verdict.compare import compares_by_load, good_sign, reading_errors
from gauntlet.verdict.engine import quantiles
from gauntlet.verdict.likelihood import pace_sign
from gauntlet.verdict.prediction import Floats
from gauntlet.verdict.records import ClaimVerdict
from gauntlet.verdict.rounding import shown

_FEWEST = 2  # siblings: of one alone nobody knows whether it is the odd one
_POINTS = 3  # of a claim, at least: one number in a sentence may be about another run
_OF_MEDIAN = math.pi / 2  # variance of a median over that of a mean, for many normal points


@dataclass(frozen=True)
class Apart:
    """A claim that stands apart from its siblings: its case, for an implementation as fast as `siblings` show.

    `level` is how fast, in the log and positive where better; `side` the one on which the claim stands.
    """

    case: Case
    side: Literal["good", "bad"]
    level: float
    siblings: tuple[str, ...]


def apart_from_siblings(case: Case, cases: Mapping[str, Case], verdicts: Mapping[str, ClaimVerdict]) -> Apart | None:
    """The case of a claim that stands apart from its siblings; None of one that does not, or has none."""
    own = _residual(case)
    kin = [one for one in cases.values() if _is_sibling(one, case) and verdicts[one.claim.id].label == "CONSISTENT"]
    found = {one.claim.id: residual for one in kin if (residual := _residual(one)) is not None}
    heard = list(found.values())
    if own is None or len(heard) < _FEWEST or _disagree(heard, case.policy.reach_sigmas):
        return None
    before = heard[0].level_variance
    weights = np.array([1 / one.variance for one in heard])
    after = 1 / (1 / before + weights.sum())
    levels = after * (weights @ np.stack([one.draws for one in heard]))
    level = float(np.median(levels))
    scatter = math.sqrt(sum(one.scatter for one in heard) / max(1, sum(one.free for one in heard)))
    more = max(1.0, scatter / case.policy.shape_sigma)  # than points usually scatter
    difference, others = own.draws - levels, max(0.0, own.level_variance - before)
    spread = math.sqrt(own.variance * more**2 + others + after + float(np.var(difference)))
    score = float(np.median(difference)) / spread
    alarm = NormalDist().inv_cdf(1 - case.policy.false_alarm / case.among / 2)  # the claim was asked once before
    if abs(score) < alarm or score * level >= 0:
        return None
    return Apart(_as_fast(case, levels, before - after, more), "good" if score > 0 else "bad", level, tuple(found))


@dataclass(frozen=True)
class _Residual:
    """How much better than predicted a claim is, in the log, for each draw; its variance beside the levels'.

    `scatter` is the sum of squares of its points around that, after the mean draw, with `free` degrees of freedom.
    """

    draws: Floats
    variance: float
    level_variance: float
    scatter: float
    free: int


def _is_sibling(one: Case, of: Case) -> bool:
    """Another claim of the same implementation, and of no other."""
    same = one.claim.mechanism == of.claim.mechanism and one.claim.id != of.claim.id
    return same and one.claim.relative_to is None


def _residual(case: Case) -> _Residual | None:
    """None where no level stands behind the claim as a factor, or no value that can be compared."""
    prediction, claim = case.prediction, case.claim
    paced = pace_sign(case.metric) != 0 and prediction.unlearnt > 0 and claim.relative_to != claim.mechanism
    if not paced or claim.quantifier not in ("at", "about") or compares_by_load(case.spec, claim, case.metric):
        return None
    claimed = np.array([point.y if point.usable and not point.censored else np.nan for point in claim.points])
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = good_sign(case.spec, claim) * (np.log(claimed) - np.log(prediction.joint))
    usable = np.isfinite(logs).all(axis=0)
    if usable.sum() < _POINTS:
        return None
    points = np.hypot(case.shape_sigma, reading_errors(claim, case.policy)[usable])
    middle = np.median(logs[:, usable], axis=0)
    return _Residual(
        draws=np.median(logs[:, usable], axis=1),
        variance=_OF_MEDIAN * float(np.mean(points**2)) / points.size + prediction.form_error**2,
        level_variance=case.level_sigma**2,
        scatter=float(np.sum((middle - middle.mean()) ** 2)),
        free=points.size - 1,
    )


def _disagree(heard: Sequence[_Residual], sigmas: float) -> bool:
    """Whether siblings differ from each other by more than chance: Cochran's Q, so many standard deviations out."""
    middle, weights = np.array([(np.median(one.draws), 1 / one.variance) for one in heard]).T
    q, free = float(weights @ (middle - weights @ middle / weights.sum()) ** 2), len(heard) - 1
    return q > free + sigmas * math.sqrt(2 * free)


def _as_fast(case: Case, levels: Floats, learnt: float, more: float) -> Case:
    """The case with `levels` (J,) in every draw of the prediction, and points that scatter `more` times as far."""
    own, policy = case.prediction, case.policy
    shape = min(policy.shape_sigma, policy.discrepancy_sigma)
    level_variance = policy.discrepancy_sigma**2 - shape**2
    factors = np.exp(good_sign(case.spec, case.claim) * levels)
    joint = own.joint * factors[:, None]
    prediction = replace(
        own,
        joint=joint,
        raw=quantiles(joint),
        unlearnt=max(0.0, own.unlearnt - learnt / level_variance),
        slowed=own.slowed * float(np.median(factors)),
    )
    sigma = math.hypot(more * shape, math.sqrt(level_variance))
    wider = policy.model_copy(update={"shape_sigma": more * shape, "discrepancy_sigma": sigma})
    return replace(case, prediction=prediction, policy=wider)


def held_against(first: ClaimVerdict, second: ClaimVerdict, apart: Apart) -> ClaimVerdict:
    """The `second` verdict, reached among siblings, where it flags the claim on its side; else the `first`.

    Band and gaps of the points stay those of the claim's own prediction.
    """
    if second.label != ("MAGIC_GAP" if apart.side == "good" else "UNDERPERFORMS"):
        return first
    name = apart.case.spec.mechanism(apart.case.claim.mechanism).name
    reason = (
        f"{len(apart.siblings)} other claims of {name} lie {shown(math.exp(abs(apart.level)), 3)} times "
        f"{'worse' if apart.side == 'good' else 'better'} than predicted ({', '.join(apart.siblings)}); what follows "
        "takes it to be so here as well."
    )
    return second.model_copy(update={"points": first.points, "reasons": (reason, *second.reasons)})
