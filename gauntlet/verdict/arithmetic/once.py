"""What one sentence says is told once: by the check that computes it, rather than as a claim or a contradiction."""

from collections.abc import Iterator, Sequence
from math import isclose

from gauntlet.paper.mentions import named_in, whole_id
from gauntlet.paper.quantities import find_quantities
from gauntlet.specs.claims import CellSource, SeriesSource
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.verdict.arithmetic.claims import CONTRADICTION, RATIO
from gauntlet.verdict.arithmetic.meetings import CHECK as MEETINGS
from gauntlet.verdict.arithmetic.outcomes import Outcome
from gauntlet.verdict.records import Finding

_SAME_VALUE = 1e-3
"""Relative distance within which a quoted number is one that a finding compares; values are kept rounded."""


def told_once(spec: PaperSpec, of_claims: Sequence[Outcome], printed: Sequence[Outcome]) -> Iterator[Outcome]:
    """Outcomes of claims without ratios whose sentence differs by itself, and contradictions computed anyway.

    Of those that two figures show, the contradiction of just these two.
    """
    of_sentences = [one.finding for one in printed if one.finding is not None]
    computed = [one.finding for one in of_claims if one.finding is not None and one.check != CONTRADICTION]
    meetings = [one.finding for one in of_claims if one.finding is not None and one.check == MEETINGS]
    drawn = [_drawn_in(spec, one) for one in meetings]
    for outcome in of_claims:
        found = outcome.finding
        if found is not None and outcome.check == RATIO and _repeats(found, of_sentences):
            continue
        if found is not None and outcome.check == CONTRADICTION:
            about = any(_is_about(found, one) for one in (*computed, *of_sentences))
            if about or _named(found) in drawn:
                continue
        yield outcome


def _repeats(ratio: Finding, of_sentences: Sequence[Finding]) -> bool:
    return any(own in said for own in _quoted(ratio) for one in of_sentences for said in _quoted(one))


def _drawn_in(spec: PaperSpec, meeting: Finding) -> frozenset[str]:
    """Ids of the figures and tables whose series do not agree."""
    points = [point for name in meeting.id.split(":")[1:] for point in spec.claim(name).points]
    figures = {one.source.series.partition("/")[0] for one in points if isinstance(one.source, SeriesSource)}
    tables = {one.source.table for one in points if isinstance(one.source, CellSource)}
    return frozenset(whole_id(one) for one in figures | tables)


def _named(contradiction: Finding) -> frozenset[str]:
    """Ids of the figures and tables that its quotations name."""
    return frozenset(one for words in _quoted(contradiction) for one in named_in(words))


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
