"""Growth of claimed series beyond the units of hardware on their x axis."""

from collections.abc import Iterator

from gauntlet.specs.claims import Claim
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.specs.quantities import Variable
from gauntlet.units import to_si
from gauntlet.verdict.arithmetic.claim_laws import is_measured, measured_points
from gauntlet.verdict.arithmetic.outcomes import Outcome, agrees, differs
from gauntlet.verdict.arithmetic.scaling import CHECK as SUPERLINEAR
from gauntlet.verdict.arithmetic.scaling import READINGS
from gauntlet.verdict.policy import Policy

BEYOND = "speedup_beyond_resources"


def speedups(spec: PaperSpec, policy: Policy) -> Iterator[Outcome]:
    """A speed-up over one unit of a resource that exceeds the units used."""
    for claim, metric, point, index in measured_points(spec):
        if metric.quantity != "speedup" or claim.relative_to is not None or point.x is None:
            continue
        resource = _resource(spec, claim)
        units = to_si(point.x, resource.unit, claim.id) if resource is not None else 0.0
        if resource is None or units < 1:
            continue
        slack = policy.arithmetic_tolerance + point.reading_error
        if point.y <= units * (1 + slack):
            yield agrees(BEYOND)
        else:
            yield differs(
                BEYOND,
                f"{claim.id}:{index + 1}",
                f"{claim.id} states a speed-up of {point.y:.4g} on {units:g} {resource.meaning.lower()}.",
                claim.evidence,
                factor=point.y / units,
                tolerance=slack,
                values=(("speed-up", point.y, "x"), (resource.meaning, units, "")),
                readings=READINGS,
            )


def growth(spec: PaperSpec, policy: Policy) -> Iterator[Outcome]:
    """A throughput over units of a resource that grows faster than they do, from its first point to several others."""
    for claim in spec.claims:
        resource, metric = _resource(spec, claim), spec.metric(claim.metric)
        points = sorted(
            (point for point in claim.points if is_measured(point) and point.x), key=lambda point: point.x or 0.0
        )
        if (
            resource is None
            or metric.quantity != "throughput"
            or metric.per not in ("cluster", "unstated")
            or len(points) < 2
        ):
            continue
        first = points[0]
        beyond = []
        for point in points[1:]:
            factor = point.y / first.y / ((point.x or 1.0) / (first.x or 1.0))
            slack = 2 * policy.arithmetic_tolerance + point.reading_error + first.reading_error
            beyond += [(factor, point, slack)] if factor > 1 + slack else []
        if len(beyond) < min(2, len(points) - 1):
            yield agrees(SUPERLINEAR)
            continue
        factor, point, slack = max(beyond, key=lambda one: one[0])
        yield differs(
            SUPERLINEAR,
            claim.id,
            f"{claim.id} grows {point.y / first.y:.4g} times from {first.x:g} to {point.x:g} "
            f"{resource.meaning.lower()}: more than linear.",
            claim.evidence,
            factor=factor,
            tolerance=slack,
            values=(("growth", point.y / first.y, "x"), ("resources", (point.x or 1.0) / (first.x or 1.0), "x")),
            readings=READINGS,
        )


def _resource(spec: PaperSpec, claim: Claim) -> Variable | None:
    """The variable on the x axis where it counts units of hardware."""
    variable = spec.variable(claim.x) if claim.x is not None else None
    return variable if variable is not None and variable.whole and variable.role == "hardware" else None
