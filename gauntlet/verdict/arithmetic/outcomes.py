"""What became of the statements that the checks found: agreeing, differing, or not checkable and why."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gauntlet.specs.evidence import Evidence
from gauntlet.verdict.records import CheckCoverage, Computed, Finding, NotChecked, Severity
from gauntlet.verdict.rounding import rounded

_OF_BYTES = (
    (8.0, "bits and bytes were exchanged (a factor of 8)"),
    (1.024, "1000 and 1024 were exchanged once (kB and KiB)"),
    (1.048576, "1000 and 1024 were exchanged twice (MB and MiB)"),
    (1.073741824, "1000 and 1024 were exchanged three times (GB and GiB)"),
)
_OF_ALL = (
    (10.0, "a decimal place slipped"),
    (1000.0, "one prefix (k, M, G) stands for its neighbour"),
)
_SLIP_MARGIN = 0.01
"""Relative distance from a slip's factor within which it is suggested; the binary prefixes lie 2.4 % apart."""
_LOW, _MEDIUM = 1.1, 1.5


@dataclass(frozen=True)
class Outcome:
    """One statement that a check found: with a finding, with a reason why it was not checked, or agreeing."""

    check: str
    finding: Finding | None = None
    reason: str = ""


def agrees(check: str) -> Outcome:
    """The statement was checked and holds."""
    return Outcome(check)


def unchecked(check: str, reason: str) -> Outcome:
    """The statement was found and could not be checked."""
    return Outcome(check, reason=reason)


def differs(
    check: str,
    where: str,
    message: str,
    evidence: Sequence[Evidence],
    *,
    factor: float,
    tolerance: float,
    values: Sequence[tuple[str, float, str]],
    readings: Sequence[str],
) -> Outcome:
    """A finding. `factor`: how many times one number is the other; `values`: name, value and unit of what was compared.

    Slips of units that would explain the factor are added to its innocent readings.
    """
    return Outcome(
        check,
        Finding(
            id=f"{check}:{where}",
            message=message,
            severity=severity(factor),
            values=tuple(Computed(name=name, value=rounded(value), unit=unit) for name, value, unit in values),
            tolerance=rounded(tolerance),
            readings=(*readings, *slips(factor, any("B" in unit for _, _, unit in values))),
            evidence=tuple(evidence),
        ),
    )


def severity(factor: float) -> Severity:
    """How far apart two numbers are, whichever is the larger."""
    apart = max(factor, 1 / factor) if factor > 0 else float("inf")
    return "low" if apart < _LOW else "medium" if apart < _MEDIUM else "high"


def slips(factor: float, of_bytes: bool) -> Iterator[str]:
    """Slips of units that turn one number into the other; those of bits and of 1024 where bytes are compared."""
    apart = max(factor, 1 / factor) if factor > 0 else float("inf")
    for of, words in (*_OF_BYTES, *_OF_ALL) if of_bytes else _OF_ALL:
        if abs(apart / of - 1) < _SLIP_MARGIN:
            yield words


def coverage_of(checks: Iterable[str], outcomes: Sequence[Outcome]) -> tuple[CheckCoverage, ...]:
    """The denominator of each check, in the order of `checks`; those that found nothing are in it too."""
    return tuple(_coverage(check, [one for one in outcomes if one.check == check]) for check in checks)


def _coverage(check: str, outcomes: Sequence[Outcome]) -> CheckCoverage:
    differing = sum(one.finding is not None for one in outcomes)
    reasons = Counter(one.reason for one in outcomes if one.reason)
    return CheckCoverage(
        check=check,
        found=len(outcomes),
        agreeing=len(outcomes) - differing - sum(reasons.values()),
        differing=differing,
        not_checked=tuple(NotChecked(reason=reason, count=count) for reason, count in sorted(reasons.items())),
    )
