"""How well each baseline's own mechanism reaches its own points, and what a miss costs the proposal."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gauntlet.specs.claims import Claim
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.verdict.compare import Comparison, compare, compares_by_load
from gauntlet.verdict.policy import Policy
from gauntlet.verdict.prediction import Floats, Prediction
from gauntlet.verdict.records import BaselineFit, Finding
from gauntlet.verdict.rounding import rounded

_LARGEST = math.log(100.0)  # a residual beyond a hundred says "nothing in common"; infinities would drown the rest


@dataclass(frozen=True)
class Misfit:
    """What baselines leave unexplained for one metric quantity: log standard deviation and the claims it came from."""

    sigma: float = 0.0
    claims: tuple[str, ...] = ()
    gross: bool = False


def fit_baselines(spec: PaperSpec, prediction: Prediction, policy: Policy) -> tuple[BaselineFit, ...]:
    """One fit per baseline claim that has a prediction and usable points; ratios are no measurement of a baseline."""
    baselines = {mechanism.id for mechanism in spec.mechanisms if mechanism.kind == "baseline"}
    found = []
    for claim in spec.claims:
        if claim.mechanism not in baselines or claim.relative_to is not None or claim.id not in prediction.claims:
            continue
        metric = spec.metric(claim.metric)
        own = prediction.claims[claim.id]
        by_load = compares_by_load(spec, claim, metric)
        seen = compare(spec, claim, metric, own, policy, sigma=own.form_error, by_load=by_load)
        if seen.used.any():
            found.append(_fit(spec, claim, seen, policy))
    return tuple(found)


def _fit(spec: PaperSpec, claim: Claim, seen: Comparison, policy: Policy) -> BaselineFit:
    misfit = _rms(seen.gap[seen.used])
    beyond = np.maximum(seen.beyond_good, seen.beyond_bad)[seen.used]
    unexplained = _rms(np.maximum(beyond, 0.0))
    if unexplained > policy.gross_misfit * policy.discrepancy_sigma:
        remark = "Its own points do not follow its described mechanism; conclusions about the proposal are weaker."
    elif unexplained > policy.discrepancy_sigma:
        remark = "Its own points lie somewhat outside what its mechanism allows."
    else:
        remark = "Its own points follow its described mechanism."
    return BaselineFit(
        claim=claim.id,
        mechanism=claim.mechanism,
        metric=claim.metric,
        misfit_factor=rounded(math.exp(misfit)),
        unexplained_factor=rounded(math.exp(unexplained)),
        described_is_measured=spec.mechanism(claim.mechanism).described_is_measured,
        remark=remark,
    )


def _rms(logs: Floats) -> float:
    bounded = np.minimum(np.abs(np.nan_to_num(logs, nan=_LARGEST, posinf=_LARGEST, neginf=_LARGEST)), _LARGEST)
    return float(np.sqrt(np.mean(bounded**2)))


def misfit_of(spec: PaperSpec, claim: Claim, fits: Sequence[BaselineFit], policy: Policy) -> Misfit:
    """What the baselines' misfits for the same kind of quantity add to the proposal's discrepancy.

    The largest one counts: a tool that misses one baseline has no reason to trust itself more on the proposal.
    Baselines do not widen themselves.
    """
    if spec.mechanism(claim.mechanism).kind == "baseline":
        return Misfit()
    quantity = spec.metric(claim.metric).quantity
    same = [fit for fit in fits if spec.metric(fit.metric).quantity == quantity]
    if not same:
        return Misfit()
    sigma = max(math.log(fit.unexplained_factor) for fit in same)
    gross = sigma > policy.gross_misfit * policy.discrepancy_sigma
    return Misfit(sigma, tuple(fit.claim for fit in same if math.log(fit.unexplained_factor) == sigma), gross)


def misfit_findings(spec: PaperSpec, fits: Sequence[BaselineFit], policy: Policy) -> tuple[Finding, ...]:
    """A finding per baseline claim that lies grossly outside its own mechanism."""
    return tuple(
        Finding(
            id=f"baseline_misfit:{fit.claim}",
            message=(
                f"The points of {fit.claim} lie {fit.unexplained_factor:.3g} times (root mean square) outside what the "
                f"described mechanism of {spec.mechanism(fit.mechanism).name} allows; the description or the model "
                "leaves something out."
            ),
            evidence=spec.claim(fit.claim).evidence,
        )
        for fit in fits
        if math.log(fit.unexplained_factor) > policy.gross_misfit * policy.discrepancy_sigma
    )
