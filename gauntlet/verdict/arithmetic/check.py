"""Every check of a paper's arithmetic, in a fixed order, with findings and coverage."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from gauntlet import __version__
from gauntlet.paper.records import Paper
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.verdict.arithmetic import (
    bandwidth,
    claim_laws,
    claim_scaling,
    claims,
    delays,
    energy,
    gains,
    headlines,
    located,
    meetings,
    pairs,
    parts,
    percentiles,
    queues,
    scaling,
    stated,
    table_ratios,
    totals,
)
from gauntlet.verdict.arithmetic.context import Context, context_of
from gauntlet.verdict.arithmetic.once import told_once
from gauntlet.verdict.arithmetic.outcomes import Outcome, coverage_of
from gauntlet.verdict.arithmetic.prose import Sentence
from gauntlet.verdict.policy import Policy
from gauntlet.verdict.records import Arithmetic, CheckCoverage, Finding

if TYPE_CHECKING:
    from gauntlet.hardware.registry import Registry

CHECKS = {
    pairs.PERCENT: "percentages against two values of the same sentence",
    pairs.FACTOR: "factors against two values of the same sentence",
    gains.CHECK: "gains at two points of figures against each other",
    located.CHECK: "ratios of two systems at a named point against the figure or table",
    headlines.CHECK: "speed-ups and reductions against the series of the systems named",
    stated.CHECK: "values at a named point against the figure or table",
    queues.LITTLE: "Little's law and the interactive law",
    queues.SHARE: "utilisations and hit ratios above one",
    scaling.CHECK: "growth beyond the resources added",
    bandwidth.CHECK: "rate times size against a stated link",
    bandwidth.DEVICE: "rates of bytes against the devices named",
    delays.LIGHT: "delays against light over the distance",
    delays.WIRE: "transfer times against size over rate",
    energy.CHECK: "energy against power times time",
    percentiles.CHECK: "lower percentiles against higher ones",
    parts.PARTS: "shares that make up a whole",
    totals.TOTAL: "totals of tables against their rows",
    totals.SHARES: "columns of shares against the whole",
    table_ratios.CHECK: "columns of speed-ups against the values they are of",
    parts.FALLS: "cumulative distributions that fall",
    claims.RATIO: "printed ratios of claims against their series",
    claim_scaling.BEYOND: "speed-ups over one unit against the units used",
    meetings.CHECK: "series of two experiments at a setting that both have",
}
"""Name of each check -> what it compares. The last three need a specification.

Contradictions that a specification records are findings as well, but nobody's arithmetic: they are not counted.
"""
_Several = Callable[[Sentence, Context], Iterator[Outcome]]
_OF_SENTENCES: tuple[_Several, ...] = (
    stated.stated_outcomes,
    queues.little,
    queues.shares,
    scaling.sentence_scaling,
    bandwidth.link_load,
    bandwidth.device_rates,
    delays.light,
    delays.wire,
    energy.sentence_energy,
    percentiles.sentence_percentiles,
    parts.sentence_parts,
)
_OF_CHANGES = (gains.gain_outcome, pairs.pair_outcome, located.located_outcome)
_OF_CURVES = (queues.curve_shares, scaling.curve_scaling, percentiles.curve_percentiles, parts.falling)
_OF_CLAIMS = (
    claims.ratios,
    meetings.meetings,
    claim_laws.littles_law,
    claim_scaling.speedups,
    claim_scaling.growth,
    claim_laws.claim_shares,
    claim_laws.statistics,
    claims.contradictions,
)
_OF_TABLES = (
    energy.table_energy,
    percentiles.table_percentiles,
    totals.table_totals,
    totals.table_shares,
    table_ratios.ratio_columns,
)


def check_paper(paper: Paper, policy: Policy, registry: "Registry | None" = None) -> Arithmetic:
    """All checks that need the paper alone. With a `registry`, devices that it names are looked up.

    Findings are in reading order of sentences, then of figures and tables; equal papers give equal records.
    """
    outcomes = list(_of_paper(paper, context_of(paper, policy, registry)))
    return Arithmetic(
        tool_version=__version__,
        paper_sha256=paper.sha256,
        title=paper.title,
        findings=_findings(outcomes),
        coverage=coverage_of(CHECKS, outcomes),
    )


def check_arithmetic(
    spec: PaperSpec, policy: Policy, paper: Paper | None = None, registry: "Registry | None" = None
) -> tuple[tuple[Finding, ...], tuple[CheckCoverage, ...]]:
    """Findings and coverage of the claims of a specification, and of the paper as read where it is at hand."""
    outcomes = [outcome for check in _OF_CLAIMS for outcome in check(spec, policy)]
    printed = [] if paper is None else list(_of_paper(paper, context_of(paper, policy, registry)))
    outcomes = [*told_once(spec, outcomes, printed), *printed]
    return _findings(outcomes), coverage_of(CHECKS, outcomes)


def check_sentence(sentence: Sentence, context: Context) -> Iterator[Outcome]:
    """All checks of one sentence. A change is held against two points, two values, one point, or the series.

    One that is said of resources and of no system is no headline.
    """
    if any(letter.isdigit() for letter in sentence.text):
        changes = (change(sentence, context) for change in _OF_CHANGES)
        first = next((outcome for outcome in changes if outcome is not None), None)
        others = [outcome for check in _OF_SENTENCES for outcome in check(sentence, context)]
        if first is not None:
            yield first
        elif not any(one.check == scaling.CHECK for one in others) or context.names_in(sentence.text):
            yield from headlines.headline_outcomes(sentence, context)
        yield from others


def _findings(outcomes: Iterable[Outcome]) -> tuple[Finding, ...]:
    return tuple(one.finding for one in outcomes if one.finding is not None)


def _of_paper(paper: Paper, context: Context) -> Iterator[Outcome]:
    for sentence in context.sentences:
        yield from check_sentence(sentence, context)
    for of_curves in _OF_CURVES:
        yield from of_curves(context)
    for of_tables in _OF_TABLES:
        yield from of_tables(paper)
