"""Variants of the example paper with one planted feature each; truth comes from the textbook formulas in `example`."""

from collections.abc import Iterable

from gauntlet.specs.claims import Claim
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.specs.quantities import Exact
from gauntlet.verdict.decide import decide
from gauntlet.verdict.policy import load_policy
from gauntlet.verdict.predict import predict
from gauntlet.verdict.records import ClaimVerdict, Verdict
from tests.costs import example

SAMPLES = 400
TRUE = {"service": 10.0, "dispatch": 0.5, "handoff": 200.0, "network": 15.0}


def tight(spec: PaperSpec) -> PaperSpec:
    """All constants disclosed at their true values: the band is the discrepancy alone."""
    variables = tuple(
        variable.model_copy(update={"value": Exact(value=TRUE[variable.id]), "source": "paper"})
        if variable.id in TRUE
        else variable
        for variable in spec.variables
    )
    return spec.model_copy(update={"variables": variables})


def with_claims(spec: PaperSpec, *claims: Claim) -> PaperSpec:
    return spec.model_copy(update={"claims": claims})


def scaled(claim: Claim, factors: Iterable[float]) -> Claim:
    """The claim with its y values multiplied."""
    points = tuple(
        point.model_copy(update={"y": point.y * factor}) for point, factor in zip(claim.points, factors, strict=True)
    )
    return claim.model_copy(update={"points": points})


def verdict_of(spec: PaperSpec, model=None, samples: int = SAMPLES, policy=None) -> Verdict:
    model = model or example.model()
    return decide(spec, model, predict(spec, model, samples, seed=7), policy or load_policy())


def judged(spec: PaperSpec, claim: str, model=None, policy=None) -> ClaimVerdict:
    verdict = verdict_of(spec, model, policy=policy)
    return next(item for item in verdict.claims if item.claim == claim)
