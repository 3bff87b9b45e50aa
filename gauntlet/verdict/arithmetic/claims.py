"""Printed ratios among the claims of a specification against their series, and contradictions that it records."""

from collections.abc import Iterator

from gauntlet.specs.claims import Claim, Point
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.verdict.arithmetic.claim_laws import is_measured, near
from gauntlet.verdict.arithmetic.outcomes import Outcome, agrees, differs, unchecked
from gauntlet.verdict.policy import Policy

RATIO, CONTRADICTION = "ratio_against_series", "contradiction"
_READINGS = (
    "the ratio speaks of other settings or another statistic than the series",
    "the ratio was computed from unrounded values, or is a mean over points",
)


def ratios(spec: PaperSpec, policy: Policy) -> Iterator[Outcome]:
    """A printed ratio against the ratio of the two series at the same x, or over all common x."""
    for claim in spec.claims:
        if claim.relative_to is None:
            continue
        pairs = list(_ratio_points(spec, claim))
        for index, point in enumerate(claim.points):
            if not is_measured(point):
                continue
            there = [(x, value, error) for x, value, error in pairs if point.x is None or near(x, point.x)]
            yield _ratio_outcome(claim, index, point, there, policy)


def _ratio_points(spec: PaperSpec, claim: Claim) -> Iterator[tuple[float, float, float]]:
    """x, ratio and reading error wherever both mechanisms have a measured point of the metric at the same x."""
    over = claim.relative_configuration or claim.configuration
    for own in _series(spec, claim.mechanism, claim.metric, claim.configuration):
        for other in _series(spec, claim.relative_to or "", claim.metric, over):
            if own.x != other.x or (claim.x is not None and claim.x != own.x):
                continue
            yield from ratios_of(own, other)


def ratios_of(own: Claim, other: Claim) -> Iterator[tuple[float, float, float]]:
    """x, ratio and reading error of two series wherever both were measured."""
    for top in own.points:
        for below in other.points:
            if is_measured(top) and is_measured(below) and near(top.x, below.x):
                yield top.x or 0.0, top.y / below.y, top.reading_error + below.reading_error


def _ratio_outcome(
    claim: Claim, index: int, point: Point, ratios: list[tuple[float, float, float]], policy: Policy
) -> Outcome:
    if not ratios:
        return unchecked(RATIO, "no two series of these mechanisms and this metric have a common point there")
    low, high = min(value for _, value, _ in ratios), max(value for _, value, _ in ratios)
    slack = 1 + policy.arithmetic_tolerance + point.reading_error + max(error for _, _, error in ratios)
    if claim.quantifier == "about":
        slack += policy.about_error
    below, above = point.y * slack < low, point.y > high * slack
    if claim.quantifier == "up_to":
        below = point.y * slack < high
    elif claim.quantifier == "at_least":
        below, above = False, point.y > low * slack
    elif claim.quantifier == "at_most":
        below, above = point.y * slack < high, False
    if not below and not above:
        return agrees(RATIO)
    drawn = f"{low:.4g}" if len(ratios) == 1 else f"{low:.4g} to {high:.4g}"
    where = f" at x = {point.x:g}" if point.x is not None else f" over {len(ratios)} common points"
    return differs(
        RATIO,
        f"{claim.id}:{index + 1}",
        f"{claim.id} states a ratio of {point.y:.4g}{_said(claim)}; the points of {claim.mechanism} and "
        f"{claim.relative_to} give {drawn}{where}.",
        claim.evidence,
        factor=point.y / (high if above else low),
        tolerance=slack - 1,
        values=(
            ("stated ratio", point.y, "x"),
            ("lowest of the series", low, "x"),
            ("highest of the series", high, "x"),
        ),
        readings=_READINGS,
    )


def _said(claim: Claim) -> str:
    return "" if claim.quantifier == "at" else f" ({claim.quantifier.replace('_', ' ')})"


def contradictions(spec: PaperSpec, policy: Policy) -> Iterator[Outcome]:
    """Two places of the paper that do not agree, as the specification recorded them."""
    del policy
    for item in spec.contradictions:
        readings = " or ".join(f"'{reading}'" for reading in item.readings)
        yield differs(
            CONTRADICTION,
            item.id,
            f"The paper can be read in more than one way about {item.about}: {readings}.",
            item.evidence,
            factor=1.0,
            tolerance=0.0,
            values=(),
            readings=(),
        )


def _series(spec: PaperSpec, mechanism: str, metric: str, configuration: str | None) -> Iterator[Claim]:
    for claim in spec.claims:
        if (claim.mechanism, claim.metric, claim.relative_to) == (mechanism, metric, None) and (
            claim.configuration == configuration
        ):
            yield claim
