"""Ratios of which the sentence leaves open where they hold: best cases, and ratios between two stated experiments.

"Up to 3.4 times" without a place is the largest ratio over what the paper shows: the model is asked at every x at which
series of both systems have a point, for each such pair of series, and its own best case is held against the number.
Where some pairs show the printed number as their own best case, the sentence speaks of those alone.
"""

from collections.abc import Iterator

from gauntlet.specs.claims import Claim, Operand
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.verdict.arithmetic.experiments import ratios_of
from gauntlet.verdict.compare import good_sign
from gauntlet.verdict.policy import load_policy

_TWO = 2


def settled(spec: PaperSpec, claim: Claim) -> Claim:
    """An unresolved ratio whose two operands are claims of their own as the ratio of those; others as they are."""
    if not claim.unresolved or len(claim.operands) != _TWO or claim.quantifier == "up_to":
        return claim
    top, below = claim.operands
    axes = _axes(spec, top)
    if top.metric != below.metric or top.x != below.x or len(axes) != 1 or _axes(spec, below) != axes:
        return claim
    return claim.model_copy(
        update={
            "mechanism": top.mechanism,
            "metric": top.metric,
            "configuration": top.configuration,
            "relative_to": below.mechanism,
            "relative_configuration": below.configuration,
            "x": None if top.x is None else axes.pop(),
            "points": tuple(point.model_copy(update={"x": top.x}) for point in claim.points),
            "unresolved": False,
        }
    )


def _axes(spec: PaperSpec, operand: Operand) -> set[str | None]:
    """Along what the paper shows what an operand names; empty where no claim does."""
    return {
        claim.x
        for claim in spec.claims
        if (claim.mechanism, claim.metric, claim.configuration, claim.relative_to)
        == (operand.mechanism, operand.metric, operand.configuration, None)
    }


def places_of(spec: PaperSpec, claim: Claim) -> dict[tuple[str, str], Claim]:
    """(own series, other's series) -> the best case asked at every x that both have; empty where it needs no asking."""
    nowhere = claim.x is None or claim.unresolved
    if claim.quantifier != "up_to" or claim.relative_to is None or not nowhere or len(claim.points) != 1:
        return {}
    pairs = [pair for pair in _pairs(spec, claim) if any(ratios_of(*pair))]
    pairs = [pair for pair in pairs if _is_best_of(spec, claim, *pair)] or pairs
    return {
        (own.id, other.id): _along(claim, own, other, sorted({x for x, *_ in ratios_of(own, other)}))
        for own, other in pairs
    }


def _is_best_of(spec: PaperSpec, claim: Claim, own: Claim, other: Claim) -> bool:
    """Whether the claimed number is the best case that this pair of series shows."""
    sign, point = good_sign(spec, claim), claim.points[0]
    _, best, error = max(ratios_of(own, other), key=lambda found: sign * found[1])
    slack = 1 + load_policy().arithmetic_tolerance + point.reading_error + error
    return best / slack <= point.y <= best * slack


def at_place(spec: PaperSpec, claim: Claim, place: tuple[str, ...], x: float) -> Claim:
    """The best case as a ratio at one x of a pair of series; a claim that needs no asking as it is."""
    if not place:
        return settled(spec, claim)
    own, other = place
    return _along(claim, spec.claim(own), spec.claim(other), [x])


def _along(claim: Claim, own: Claim, other: Claim, at: list[float]) -> Claim:
    return claim.model_copy(
        update={
            "x": own.x,
            "configuration": own.configuration,
            "relative_configuration": other.configuration,
            "workload": own.workload,
            "points": tuple(claim.points[0].model_copy(update={"x": x}) for x in at),
            "unresolved": False,
        }
    )


def _pairs(spec: PaperSpec, claim: Claim) -> Iterator[tuple[Claim, Claim]]:
    """Series of both sides over an axis that the claim leaves open: of its own workload and configuration if any."""
    drawn = [
        one
        for one in spec.claims
        if one.metric == claim.metric and one.x is not None and one.relative_to is None and not one.point_configurations
    ]
    pairs = [
        (own, other)
        for own in drawn
        for other in drawn
        if (own.mechanism, other.mechanism) == (claim.mechanism, claim.relative_to)
        and (own.x, own.workload) == (other.x, other.workload)
    ]
    stated = _stated(spec, claim)
    pairs = [pair for pair in pairs if pair[0].x not in stated]
    for name in ("workload", "configuration"):
        pairs = [pair for pair in pairs if getattr(pair[0], name) == getattr(claim, name)] or pairs
    yield from pairs


def _stated(spec: PaperSpec, claim: Claim) -> set[str]:
    """Variables that the claim's own configuration sets: along those the place is named."""
    configuration = spec.configuration(claim.configuration)
    settings = () if configuration is None else configuration.settings
    return {setting.variable for setting in settings if setting.kind == "value"}
