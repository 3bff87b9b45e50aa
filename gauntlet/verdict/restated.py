"""A sentence against the paper's own numbers: where the two disagree, neither may be held against a mechanism.

A number in a sentence that the figures and tables of the same paper do not reach, or that cannot be true together with
another number of its own run, says nothing of what was measured; that the two differ is a finding about the paper's
arithmetic.
"""

from collections.abc import Iterator
from typing import NamedTuple

from gauntlet.specs.claims import Claim, Point, TextSource
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.verdict.arithmetic.claim_laws import in_flight, is_measured, near, rates_and_delays
from gauntlet.verdict.arithmetic.experiments import ratios_of
from gauntlet.verdict.policy import Policy
from gauntlet.verdict.rounding import shown


class Shown(NamedTuple):
    """A number of a figure or table: the variable on its axis, x, value and reading error."""

    axis: str | None
    x: float | None
    value: float
    error: float


def disputed_in_words(spec: PaperSpec, claim: Claim, index: int, policy: Policy) -> str | None:
    """Why point `index` of a claim that nothing draws is not what the paper measured; None where it may be."""
    if claim.drawn:
        return None
    return _beyond_its_own_points(spec, claim, index, policy) or _against_its_own_run(spec, claim, policy)


def _against_its_own_run(spec: PaperSpec, claim: Claim, policy: Policy) -> str | None:
    """A rate and a latency in words that Little's law does not allow together."""
    for rate, delay in rates_and_delays(spec):
        if claim.id in (rate.id, delay.id) and not rate.drawn and not delay.drawn:
            for outcome in in_flight(spec, policy, rate, delay):
                if outcome.finding is not None:
                    return f"{outcome.finding.message} Which of these numbers was measured comes first."
    return None


def shown_there(spec: PaperSpec, claim: Claim, index: int, policy: Policy) -> bool:
    """Whether the paper's own series have the claimed number at the point's own x: then its place is known."""
    there = _at(claim, index, list(_shown(spec, claim)))
    return bool(there) and _among(claim.points[index], there, policy)


def _beyond_its_own_points(spec: PaperSpec, claim: Claim, index: int, policy: Policy) -> str | None:
    """Why the point is not what the paper's own series show."""
    point, found = claim.points[index], list(_shown(spec, claim))
    there = _at(claim, index, found) or found
    if not there or _among(point, there, policy):
        return None
    low, high = min(one.value for one in there), max(one.value for one in there)
    unit = "times" if claim.relative_to is not None else spec.metric(claim.metric).unit
    span = shown(low) if low == high else f"{shown(low)} to {shown(high)}"
    return (
        f"The paper's own figures and tables give {span} {unit}, and the sentence {shown(point.y)}: which of them is "
        "claimed comes first."
    )


def _at(claim: Claim, index: int, found: list[Shown]) -> list[Shown]:
    """Those at the x of a point, along the claim's own axis."""
    x = claim.points[index].x
    return [] if x is None else [one for one in found if one.axis == claim.x and near(one.x, x)]


def _among(point: Point, found: list[Shown], policy: Policy) -> bool:
    """Whether a number lies within what was found, give or take what was read and rounded."""
    slack = 1 + policy.arithmetic_tolerance + point.reading_error + max(one.error for one in found)
    return min(one.value for one in found) / slack <= point.y <= max(one.value for one in found) * slack


def _shown(spec: PaperSpec, claim: Claim) -> Iterator[Shown]:
    """What series of the same mechanism, metric and workload measured; for ratios also those of two series."""
    for other in spec.claims:
        alike = (other.mechanism, other.metric, other.workload, other.relative_to)
        if alike == (claim.mechanism, claim.metric, claim.workload, claim.relative_to) and _is_series(other):
            yield from (Shown(other.x, one.x, one.y, one.reading_error) for one in other.points if is_measured(one))
    if claim.relative_to is None:
        return
    series = [one for one in spec.claims if one.metric == claim.metric and one.workload == claim.workload]
    for own in series:
        for other in series:
            sides = (own.mechanism, other.mechanism, own.relative_to, other.relative_to, own.x)
            both = sides == (claim.mechanism, claim.relative_to, None, None, other.x)
            if both and _is_series(own) and _is_series(other):
                yield from (Shown(own.x, *found) for found in ratios_of(own, other))


def _is_series(claim: Claim) -> bool:
    return len(claim.points) > 1 and not any(isinstance(point.source, TextSource) for point in claim.points)
