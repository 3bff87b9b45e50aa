"""A verdict as lines for a terminal: one per claim, the denominator, the findings."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gauntlet.cli.door import one_line

if TYPE_CHECKING:
    from gauntlet.verdict.records import Arithmetic, CheckCoverage, ClaimVerdict, Coverage, Finding, Verdict


def verdict_lines(verdict: "Verdict") -> list[str]:
    """The paper's line, one line per claim, findings, and the coverage line."""
    head = f"{verdict.label}: {one_line(verdict.title, 90)}"
    claims = [claim_line(claim) for claim in verdict.claims]
    counts = [coverage_line(verdict.coverage), arithmetic_line(verdict.coverage.arithmetic)]
    return [head, *claims, *map(finding_line, verdict.findings), *filter(None, counts)]


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
    return f"  finding {finding.id} ({finding.severity}): {one_line(finding.message, 160)}"


def arithmetic_lines(found: "Arithmetic") -> list[str]:
    """Findings of a paper's arithmetic, the most severe first, each with its words and readings; then the coverage."""
    from gauntlet.verdict.records import SEVERITIES

    ordered = sorted(found.findings, key=lambda one: -SEVERITIES.index(one.severity))
    lines = [one_line(found.title, 120)]
    for one in ordered:
        lines += ["", *_finding_lines(one)]
    lines += ["", arithmetic_line(found.coverage), *_coverage_table(found.coverage)]
    return lines


def arithmetic_line(coverage: Sequence["CheckCoverage"]) -> str:
    """'31 statements found, 12 checked, 1 differs, 19 not checkable'; '' where nothing was looked for."""
    if not coverage:
        return ""
    found, differ = sum(one.found for one in coverage), sum(one.differing for one in coverage)
    checked = differ + sum(one.agreeing for one in coverage)
    left = f"{found - checked} not checkable"
    return f"arithmetic: {found} statements found, {checked} checked, of which {differ} differ; {left}"


def _finding_lines(finding: "Finding") -> list[str]:
    where = f", p. {finding.evidence[0].page}" if finding.evidence else ""
    lines = [f"{finding.severity:<7} {finding.id}{where}", f"        {one_line(finding.message, 300)}"]
    lines += [f'        "{one_line(one.quotation, 300)}"' for one in finding.evidence[:1]]
    numbers = (f"{one_line(one.name, 40)} {one.value:g} {one.unit}".rstrip() for one in finding.values)
    lines.append(f"        compared: {'; '.join(numbers)}; tolerance {finding.tolerance:.1%}")
    return [*lines, *(f"        or: {reading}" for reading in finding.readings)]


def _coverage_table(coverage: Sequence["CheckCoverage"]) -> list[str]:
    """A line for each check, and under it why statements could not be checked."""
    lines = [f"  {'found':>5} {'agree':>5} {'differ':>6}  check"]
    for one in coverage:
        lines.append(f"  {one.found:>5} {one.agreeing:>5} {one.differing:>6}  {one.check}")
        lines += [f"{'':23}{reason.count} not checkable: {reason.reason}" for reason in one.not_checked]
    return lines


def coverage_line(coverage: "Coverage") -> str:
    """'14 claims found, 9 judged, 5 not judged: why', so that nobody takes silence for consent."""
    line = f"{coverage.claims} claims found, {coverage.judged} judged"
    left = coverage.claims - coverage.judged
    if not left:
        return line
    reasons = "; ".join(one_line(reason, 100) for reason in coverage.not_judged[:4])
    more = len(coverage.not_judged) - 4
    return f"{line}, {left} not judged: {reasons or 'no reason recorded'}" + (f"; and {more} more" if more > 0 else "")
