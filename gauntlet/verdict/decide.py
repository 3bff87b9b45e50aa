"""The verdict on a paper: every claim judged, baselines first, findings, and what was not judged and why."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from gauntlet import __version__
from gauntlet.costs.compiled import CompiledModel, compile_model
from gauntlet.costs.records import CostModel
from gauntlet.paper.records import Paper
from gauntlet.specs.claims import Claim
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.verdict.arithmetic.check import check_arithmetic
from gauntlet.verdict.baseline import fit_baselines, misfit_findings, misfit_of
from gauntlet.verdict.believe import with_beliefs
from gauntlet.verdict.best_case import at_place
from gauntlet.verdict.case import Case
from gauntlet.verdict.compare import speaks_for
from gauntlet.verdict.judge import judge, unjudged
from gauntlet.verdict.known_mechanisms import with_known_mechanisms
from gauntlet.verdict.own_level import apart_from_siblings, held_against
from gauntlet.verdict.policy import Policy, load_policy
from gauntlet.verdict.prediction import ClaimPrediction, Prediction
from gauntlet.verdict.records import (
    SEVERITY,
    BaselineFit,
    ClaimVerdict,
    Constant,
    Coverage,
    Label,
    Lesson,
    Pace,
    Verdict,
)
from gauntlet.verdict.rounding import rounded, times

if TYPE_CHECKING:
    from gauntlet.hardware.registry import Registry

_ACCUSES_NOBODY: frozenset[Label] = frozenset({"CONSISTENT", "UNDERPERFORMS", "INCONCLUSIVE"})


def decide(
    spec: PaperSpec,
    cost_model: CostModel,
    prediction: Prediction,
    policy: Policy | None = None,
    paper: Paper | None = None,
    *,
    explained: bool = True,
    registry: "Registry | None" = None,
) -> Verdict:
    """All verdicts of one paper. Equal arguments give equal bytes on any machine and in any process.

    With the `paper` as read, the arithmetic of its sentences, figures and tables is checked as well, and with a
    `registry` also that of the devices it names. Unless `explained`, no flagged claim is solved for what one would have
    to believe: labels and gaps alone.
    """
    policy = policy or load_policy()
    fits = fit_baselines(spec, prediction, policy)
    compiled = compile_model(spec, cost_model)
    cases = _cases(compiled, prediction, fits, policy)
    found = _judged(cases, explained=explained)
    claims = tuple(
        found[claim.id]
        if claim.id in found
        else unjudged(spec, claim, prediction.not_predicted.get(claim.id, "It was not predicted; predict again."))
        for claim in spec.claims
    )
    judged = tuple(claim for claim in claims if _was_judged(spec, cost_model, claim))
    not_judged = tuple(f"{claim.claim}: {claim.reasons[0]}" for claim in claims if claim not in judged)
    label = paper_label(spec, judged)
    findings, arithmetic = check_arithmetic(spec, policy, paper, registry)
    return Verdict(
        tool_version=__version__,
        paper_sha256=spec.paper_sha256,
        title=spec.title,
        label=label,
        summary=summarise(spec, label, claims, judged),
        claims=claims,
        baselines=fits,
        lesson=_lesson(spec, prediction),
        findings=misfit_findings(spec, fits, policy) + findings,
        coverage=Coverage(claims=len(claims), judged=len(judged), not_judged=not_judged, arithmetic=arithmetic),
        samples=prediction.samples,
        seed=prediction.seed,
    )


def _judged(cases: Mapping[str, Case], *, explained: bool) -> dict[str, ClaimVerdict]:
    """Every claim judged by itself, and what is consistent by itself once more among its siblings."""
    alone = {name: judge(case) for name, case in cases.items()}
    found = {}
    for name, case in cases.items():
        first = alone[name]
        apart = apart_from_siblings(case, cases, alone) if first.label == "CONSISTENT" else None
        verdict = first if apart is None else held_against(first, judge(apart.case), apart)
        behind = case if apart is None or verdict is first else apart.case
        found[name] = _explained(verdict, behind) if explained else verdict
    return found


def _explained(verdict: ClaimVerdict, case: Case) -> ClaimVerdict:
    """The verdict with what would close its gap, for an implementation as slow as its kin was found to be."""
    points = (point.model_copy(update={"y": point.y / case.prediction.slowed}) for point in case.claim.points)
    claim = case.claim.model_copy(update={"points": tuple(points)})
    found = with_beliefs(verdict, case.compiled, claim, case.lesson)
    return with_known_mechanisms(found, case.compiled, claim, case.lesson)


def unreadable(paper_sha256: str, name: str, reason: str) -> Verdict:
    """The verdict on a file that could not be read: INCONCLUSIVE, nothing found, nothing judged."""
    return Verdict(
        tool_version=__version__,
        paper_sha256=paper_sha256,
        title=name,
        label="INCONCLUSIVE",
        summary=f"The paper could not be read. {reason}",
        claims=(),
        baselines=(),
        findings=(),
        coverage=Coverage(claims=0, judged=0, not_judged=(reason,)),
        samples=0,
        seed=0,
    )


def _lesson(spec: PaperSpec, prediction: Prediction) -> Lesson:
    """What the baselines taught, in the words and units of the specification."""
    lesson = prediction.lesson
    constants = []
    for one in lesson.learnt:
        variable = spec.variable(one.variable)
        prior, posterior, before, after = (
            tuple(map(rounded, part)) for part in (one.prior, one.posterior, one.prior_shape, one.posterior_shape)
        )
        constants.append(
            Constant(
                variable=one.variable,
                meaning=variable.meaning,
                unit=variable.unit,
                prior=prior,
                posterior=posterior,
                moves=one.moves,
                prior_shape=before,
                posterior_shape=after,
            )
        )
    return Lesson(
        claims=lesson.claims,
        constants=tuple(constants),
        paces=tuple(
            Pace(mechanism=name, factors=tuple(map(rounded, factors))) for name, factors in lesson.paces.items()
        ),
        effective_samples=rounded(lesson.effective),
        refused=lesson.refused,
    )


def _cases(
    compiled: CompiledModel, prediction: Prediction, fits: Sequence[BaselineFit], policy: Policy
) -> dict[str, Case]:
    """What the verdict on each predicted claim rests on, by claim id."""
    spec = compiled.spec
    predicted = [claim for claim in spec.claims if claim.id in prediction.claims]
    kinds = Counter(spec.mechanism(claim.mechanism).kind for claim in predicted)
    return {
        claim.id: Case(
            compiled=compiled,
            claim=_as_asked(spec, claim, prediction.claims[claim.id]),
            prediction=prediction.claims[claim.id],
            lesson=prediction.lesson,
            misfit=misfit_of(spec, claim, fits, policy),
            policy=policy,
            among=kinds[spec.mechanism(claim.mechanism).kind],
        )
        for claim in predicted
    }


def _as_asked(spec: PaperSpec, claim: Claim, predicted: ClaimPrediction) -> Claim:
    """The claim where the model was asked for it."""
    return at_place(spec, claim, predicted.over, float(predicted.x[0]) if predicted.x.size else math.nan)


def _was_judged(spec: PaperSpec, model: CostModel, claim: ClaimVerdict) -> bool:
    """A claim counts as judged when approved records gave a usable point something to be compared with."""
    approved = spec.approval.status == model.approval.status == "approved"
    return approved and any(point.used for point in claim.points)


def paper_label(spec: PaperSpec, judged: Sequence[ClaimVerdict]) -> Label:
    """The most severe label among the judged claims that speak for a proposal; INCONCLUSIVE when there is none.

    A remark in a sentence that nothing decides, or that is worse than it could be, leaves a paper CONSISTENT whose
    figures and tables are: a sentence leaves settings out.
    """
    proposed = {mechanism.id for mechanism in spec.mechanisms if mechanism.kind == "proposed"}
    own = [claim for claim in judged if speaks_for(spec, spec.claim(claim.claim)) in proposed]
    shown = {claim.label for claim in own if spec.claim(claim.claim).drawn}
    labels = {claim.label for claim in own}
    if shown and labels <= shown | _ACCUSES_NOBODY:
        labels = shown
    return next((label for label in SEVERITY if label in labels), "INCONCLUSIVE")


def summarise(spec: PaperSpec, label: Label, claims: Sequence[ClaimVerdict], judged: Sequence[ClaimVerdict]) -> str:
    """Two sentences: what was found at its worst, and out of how many claims."""
    proposed = {mechanism.id for mechanism in spec.mechanisms if mechanism.kind == "proposed"}
    own = [claim for claim in judged if speaks_for(spec, spec.claim(claim.claim)) in proposed]
    worst = [claim for claim in own if claim.label == label]
    counts = Counter(claim.label for claim in judged)
    tally = ", ".join(f"{counts[name]} {name}" for name in SEVERITY if counts[name])
    denominator = f"{len(judged)} of {len(claims)} claims judged" + (f": {tally}." if tally else ".")
    if not worst:
        reasons = dict.fromkeys(claim.reasons[0] for claim in claims)
        why = next(iter(reasons), "The specification holds no claim.")
        return f"No claim of a proposed mechanism could be judged. {why} {denominator}"
    top = max(worst, key=_points_said if label == "INCONCLUSIVE" else abs_gap)
    told = _headline(label, top)
    if label == "CONSISTENT" and any(claim.label != label for claim in own):
        told = "Every judged figure and table of the proposal lies where its described mechanism puts it."
    return f"{told} {denominator}"


def _points_said(claim: ClaimVerdict) -> tuple[int, float]:
    """Of several open claims a curve says more than a sentence."""
    return sum(point.used for point in claim.points), abs_gap(claim)


def abs_gap(claim: ClaimVerdict) -> float:
    """How far a gap is from 1, whichever way; 0 where there is none."""
    if claim.gap is None:
        return 0.0
    return max(claim.gap, 1 / claim.gap) if claim.gap > 0 else float("inf")


def _headline(label: Label, claim: ClaimVerdict) -> str:
    where = f" {claim.region}" if claim.region else ""
    statement = claim.statement.rstrip(".")
    if label == "IMPOSSIBLE":
        return f"'{statement}' beats what the hardware can give{where}."
    if label == "MAGIC_GAP":
        return f"'{statement}' is {times(claim.gap or 0.0)} better than the described mechanism explains{where}."
    if label == "UNDERPERFORMS":
        return f"'{statement}' is {times(abs_gap(claim))} worse than the described mechanism should be{where}."
    if label == "INCONCLUSIVE":
        return f"'{statement}' cannot be decided. {claim.reasons[-1]}"
    return "Every judged claim of the proposal lies where its described mechanism puts it."
