"""What one sentence says is told once: by the check that computes it, rather than as a claim or a contradiction."""

from collections.abc import Iterator, Sequence
from math import isclose

from gauntlet.paper.quantities import find_quantities
from gauntlet.verdict.arithmetic.claims import CONTRADICTION, RATIO
from gauntlet.verdict.arithmetic.outcomes import Outcome
from gauntlet.verdict.records import Finding

_SAME_VALUE = 1e-3
"""Relative distance within which a quoted number is one that a finding compares; values are kept rounded."""


def told_once(of_claims: Sequence[Outcome], printed: Sequence[Outcome]) -> Iterator[Outcome]:
    """Outcomes of claims without ratios whose sentence differs by itself, and contradictions computed anyway."""
    of_sentences = [one.finding for one in printed if one.finding is not None]
    computed = [one.finding for one in of_claims if one.finding is not None and one.check != CONTRADICTION]
    for outcome in of_claims:
        if not _is_told(outcome, of_sentences, [*computed, *of_sentences]):
            yield outcome


def _is_told(outcome: Outcome, of_sentences: Sequence[Finding], computed: Sequence[Finding]) -> bool:
    if outcome.finding is None or outcome.check not in (RATIO, CONTRADICTION):
        return False
    if outcome.check == RATIO:
        words = _quoted(outcome.finding)
        return any(own in said for own in words for one in of_sentences for said in _quoted(one))
    return any(_is_about(outcome.finding, one) for one in computed)


def _is_about(contradiction: Finding, computed: Finding) -> bool:
    """True where both quote the same words, and these hold a change or a value that was compared.

    A caption that both quote says only where to look.
    """
    for words in _quoted(contradiction):
        for said in _quoted(computed):
            shared = min(words, said, key=len)
            if shared in words and shared in said and _holds(shared, computed):
                return True
    return False


def _holds(words: str, finding: Finding) -> bool:
    compared = [one.value for one in finding.values]
    return any(
        one.kind in ("factor", "percent") or any(isclose(one.value, value, rel_tol=_SAME_VALUE) for value in compared)
        for one in find_quantities(words)
    )


def _quoted(finding: Finding) -> list[str]:
    return [" ".join(one.quotation.split()) for one in finding.evidence]
