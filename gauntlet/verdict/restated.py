"""A sentence against the paper's own numbers: where the two disagree, neither may be held against a mechanism.

A number in a sentence that the figures and tables of the same paper do not reach, or that cannot be true together with
another number of its own run, says nothing of what was measured; that the two differ is a finding about the paper's
arithmetic.
"""

from collections.abc import Iterator

from gauntlet.specs.claims import Claim, TextSource
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.verdict.arithmetic.claim_laws import in_flight, is_measured, near, rates_and_delays
from gauntlet.verdict.arithmetic.experiments import ratios_of
from gauntlet.verdict.policy import Policy
from gauntlet.verdict.rounding import shown


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


def _beyond_its_own_points(spec: PaperSpec, claim: Claim, index: int, policy: Policy) -> str | None:
    """Why the point is not what the paper's own series show."""
    point = claim.points[index]
    found = list(_ratios(spec, claim) if claim.relative_to is not None else _values(spec, claim))
    there = [one for one in found if point.x is not None and near(one[0], point.x)] or found
    if not there:
        return None
    slack = 1 + policy.arithmetic_tolerance + point.reading_error + max(error for *_, error in there)
    low, high = min(value for _, value, _ in there), max(value for _, value, _ in there)
    if low / slack <= point.y <= high * slack:
        return None
    unit = "times" if claim.relative_to is not None else spec.metric(claim.metric).unit
    span = shown(low) if low == high else f"{shown(low)} to {shown(high)}"
    return (
        f"The paper's own figures and tables give {span} {unit}, and the sentence {shown(point.y)}: which of them is "
        "claimed comes first."
    )


def _values(spec: PaperSpec, claim: Claim) -> Iterator[tuple[float | None, float, float]]:
    """x, y and reading error of what series of the same mechanism, metric and workload measured."""
    for other in spec.claims:
        alike = (other.mechanism, other.metric, other.workload, other.relative_to)
        if alike == (claim.mechanism, claim.metric, claim.workload, claim.relative_to) and _drawn(other):
            yield from ((one.x, one.y, one.reading_error) for one in other.points if is_measured(one))


def _ratios(spec: PaperSpec, claim: Claim) -> Iterator[tuple[float | None, float, float]]:
    """The same of ratios: drawn ones, and those of two series at a common x."""
    yield from _values(spec, claim)
    series = [one for one in spec.claims if one.metric == claim.metric and one.workload == claim.workload]
    for own in series:
        for other in series:
            sides = (own.mechanism, other.mechanism, own.relative_to, other.relative_to, own.x)
            if sides == (claim.mechanism, claim.relative_to, None, None, other.x) and _drawn(own) and _drawn(other):
                yield from ratios_of(own, other)


def _drawn(claim: Claim) -> bool:
    return len(claim.points) > 1 and not any(isinstance(point.source, TextSource) for point in claim.points)
