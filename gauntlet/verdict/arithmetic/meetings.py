"""Two experiments of one paper that meet in one setting must show the same there, whatever the mechanism.

A figure over memory at the usual skew and a figure over skew at the usual memory share a point. It was measured twice,
by the same system on the same machines: what differs by more than two runs do is told, without any model.
"""

from collections.abc import Iterator
from itertools import combinations

from gauntlet.specs.claims import Claim, Point
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.verdict.arithmetic.experiments import Experiments, scatter
from gauntlet.verdict.arithmetic.outcomes import Outcome, agrees, differs
from gauntlet.verdict.policy import Policy
from gauntlet.verdict.rounding import shown

CHECK = "series_against_series"
_READINGS = (
    "the two experiments differ in a setting that the paper does not name",
    "one of them is of another run, version or statistic",
)


def meetings(spec: PaperSpec, policy: Policy) -> Iterator[Outcome]:
    """Every pair of points of two series that were measured at one setting."""
    for claims, points in _met(spec):
        yield _compared(spec, policy, claims, points)


def differing(spec: PaperSpec, claim: Claim, policy: Policy) -> Iterator[str]:
    """Other series that do not show, at a setting they share with a claim, what it shows there."""
    for (one, other), points in _met(spec):
        if claim.id in (one.id, other.id) and _compared(spec, policy, (one, other), points).finding is not None:
            yield other.id if claim.id == one.id else one.id


def _met(spec: PaperSpec) -> Iterator[tuple[tuple[Claim, Claim], tuple[Point, Point]]]:
    """Two series of one system, and a point of each, that were measured at one setting."""
    experiments = Experiments(spec)
    drawn = [one for one in spec.claims if one.drawn and one.relative_to is None and not one.point_configurations]
    for one, other in combinations(drawn, 2):
        if (one.mechanism, one.metric, one.workload) == (other.mechanism, other.metric, other.workload):
            for points in experiments.meeting(one, other):
                yield (one, other), points


def _compared(spec: PaperSpec, policy: Policy, claims: tuple[Claim, Claim], points: tuple[Point, Point]) -> Outcome:
    one, other = claims
    slack = scatter(policy, runs=2) + sum(point.reading_error for point in points)
    factor = points[0].y / points[1].y
    if 1 / (1 + slack) <= factor <= 1 + slack:
        return agrees(CHECK)
    unit = spec.metric(one.metric).unit
    said = [f"{shown(point.y)} {unit}".strip() for point in points]
    places = [
        f"{claim.x} = {shown(point.x or 0.0)} {spec.variable(claim.x or '').unit}".strip()
        for claim, point in zip(claims, points, strict=True)
    ]
    return differs(
        CHECK,
        f"{one.id}:{other.id}",
        f"{one.id} gives {said[0]} at {places[0]}, and {other.id} {said[1]} at {places[1]}: that is one setting of "
        f"{spec.mechanism(one.mechanism).name}, measured twice.",
        one.evidence + tuple(item for item in other.evidence if item not in one.evidence),
        factor=factor,
        tolerance=slack,
        values=[(claim.id, point.y, unit) for claim, point in zip(claims, points, strict=True)],
        readings=_READINGS,
    )
