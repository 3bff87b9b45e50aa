"""The denominator of a report: what was found, what was checked, what deviates, and what was left and why."""

from collections import Counter
from dataclasses import dataclass

from gauntlet.report.records import Report

_DEVIATING = ("IMPOSSIBLE", "MAGIC_GAP", "UNDERPERFORMS")


@dataclass(frozen=True)
class Covered:
    """One kind of statement: found = checked + left, of which `reasons` tell why."""

    what: str
    found: int
    checked: int
    deviating: int
    reasons: tuple[str, ...]


def coverage(report: Report) -> tuple[Covered, ...]:
    """Claims held against mechanisms, and statements held against each other where that was asked."""
    labels: Counter[str] = Counter(claim.label for claim in report.claims if any(row.used for row in claim.rows))
    deviating = sum(labels[label] for label in _DEVIATING)
    claims = Covered(
        "Claims, against mechanism and bound", report.claims_found, report.claims_judged, deviating, report.not_judged
    )
    if not report.checks:
        return (claims,)
    left: Counter[str] = Counter()
    for check in report.checks:
        for words in check.not_checked:
            count, _, reason = words.partition(": ")
            left[reason] += int(count)
    differing = sum(check.differing for check in report.checks)
    statements = Covered(
        "Statements, against each other",
        sum(check.found for check in report.checks),
        sum(check.agreeing for check in report.checks) + differing,
        differing,
        tuple(f"{count}: {reason}" for reason, count in sorted(left.items(), key=lambda item: (-item[1], item[0]))),
    )
    return claims, statements
