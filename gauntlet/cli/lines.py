"""A verdict as lines for a terminal: one per claim, the denominator, the findings."""

from typing import TYPE_CHECKING

from gauntlet.cli.door import one_line

if TYPE_CHECKING:
    from gauntlet.verdict.records import ClaimVerdict, Coverage, Finding, Verdict


def verdict_lines(verdict: "Verdict") -> list[str]:
    """The paper's line, one line per claim, findings, and the coverage line."""
    head = f"{verdict.label}: {one_line(verdict.title, 90)}"
    claims = [claim_line(claim) for claim in verdict.claims]
    return [head, *claims, *map(finding_line, verdict.findings), coverage_line(verdict.coverage)]


def claim_line(claim: "ClaimVerdict") -> str:
    """Label, gap factor, the claim, and where: region of x and page."""
    gap = "" if claim.gap is None else f"{claim.gap:.3g}x"
    where = [claim.region or "", f"p. {claim.evidence[0].page}" if claim.evidence else ""]
    place = ", ".join(one_line(part, 60) for part in where if part)
    return f"  {claim.label:<13} {gap:>7}  {claim.claim}: {one_line(claim.statement, 90)}" + (
        f" ({place})" if place else ""
    )


def finding_line(finding: "Finding") -> str:
    """A failed check inside the paper."""
    return f"  finding {finding.id}: {one_line(finding.message, 160)}"


def coverage_line(coverage: "Coverage") -> str:
    """'14 claims found, 9 judged, 5 not judged: why', so that nobody takes silence for consent."""
    line = f"{coverage.claims} claims found, {coverage.judged} judged"
    left = coverage.claims - coverage.judged
    if not left:
        return line
    reasons = "; ".join(one_line(reason, 100) for reason in coverage.not_judged[:4])
    more = len(coverage.not_judged) - 4
    return f"{line}, {left} not judged: {reasons or 'no reason recorded'}" + (f"; and {more} more" if more > 0 else "")
