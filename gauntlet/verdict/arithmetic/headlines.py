"""Speed-ups and percentages that sentences claim of systems, against their series in plots and tables."""

from collections.abc import Iterator, Sequence

from gauntlet.verdict.arithmetic.context import Context
from gauntlet.verdict.arithmetic.curves import Curve
from gauntlet.verdict.arithmetic.outcomes import Outcome, agrees, differs, unchecked
from gauntlet.verdict.arithmetic.places import references_in
from gauntlet.verdict.arithmetic.prose import Sentence
from gauntlet.verdict.arithmetic.said import Change
from gauntlet.verdict.arithmetic.sides import Compared, compared_in, curves_meant, curves_named, ratios_of
from gauntlet.verdict.arithmetic.spans import Span
from gauntlet.verdict.rounding import shown

CHECK = "headline_against_data"
_READINGS = (
    "the claim is about a configuration, a workload or a metric that these figures and tables do not show",
    "the claim was computed from unrounded or later measurements",
)
_NAMELESS = "it names no system whose series was read"
_NOTHING = "it names neither a system nor a measure of which a series was read"
_SEVERAL = "it states several changes, and names no rival beside this one"
_NO_METRIC = "no series of these systems that was read is named like its metric"
_NOT_READ = "a figure or table that may show it was not read, or not surely"


def headline_outcomes(sentence: Sentence, context: Context) -> Iterator[Outcome]:
    """Each change stated of systems against the largest and the smallest ratio that the paper's own data show."""
    curves: list[Curve] | None = None
    for compared in compared_in(sentence, context):
        if not compared.own | compared.rivals:
            yield unchecked(CHECK, _NAMELESS if curves_named(sentence, context.curves) else _NOTHING)
        elif compared.alone:
            yield unchecked(CHECK, _SEVERAL)
        else:
            curves = curves_meant(sentence, context) if curves is None else curves
            yield _outcome(sentence, compared, curves, context)


def _outcome(sentence: Sentence, compared: Compared, curves: Sequence[Curve], context: Context) -> Outcome:
    ratios = ratios_of(compared, curves)
    if not ratios:
        return unchecked(CHECK, _NO_METRIC)
    low, high = _ends(compared.change, context)
    most = _highest(ratios).widened(_allowed(curves, context))
    if high.exceeds(most):
        if reason := _not_comparable(sentence, compared, curves, context):
            return unchecked(CHECK, reason)
        return _finding(sentence, compared.change, high, most, "at most", curves)
    return _short_of(sentence, compared, (low, high), curves, context) or agrees(CHECK)


def _short_of(
    sentence: Sentence, compared: Compared, stated: tuple[Span, Span], curves: Sequence[Curve], context: Context
) -> Outcome | None:
    """A range that leaves out ratios of the data, or an exact ratio below the only one that its measure shows."""
    if len(compared.own) != 1 or len(compared.rivals) != 1 or compared.change.quantity.relation != "exactly":
        return None
    is_range = compared.change.quantity.low < compared.change.quantity.high
    named = [curve for curve in curves if curve.y.head] if is_range else curves_named(sentence, curves)
    ratios = ratios_of(compared, named)
    one_measure = len(named) == len(curves) and len({curve.y.head for curve in named}) == 1
    if not (one_measure if is_range else len(ratios) == 1):
        return None
    unread = (is_range or any(curve.drawn for curve in named)) and _may_be_elsewhere(
        sentence, compared, curves, context
    )
    if unread or _not_meant(sentence, compared, context):
        return None
    ends = [edge(ratios).widened(_allowed(named, context)) for edge in (_lowest, _highest)]
    if is_range and stated[0].exceeds(ends[0]):
        return _finding(sentence, compared.change, stated[0], ends[0], "as little as", named)
    if ends[1].exceeds(stated[1]):
        return _finding(sentence, compared.change, stated[1], ends[1], "up to", named)
    return None


def _lowest(ratios: Sequence[Span]) -> Span:
    return min(ratios, key=lambda ratio: ratio.low)


def _highest(ratios: Sequence[Span]) -> Span:
    return max(ratios, key=lambda ratio: ratio.high)


def _allowed(curves: Sequence[Curve], context: Context) -> float:
    """What drawn values may be off beyond their reading error; printed ones nothing."""
    return context.policy.drawn_tolerance if any(curve.drawn for curve in curves) else 0.0


def _not_comparable(sentence: Sentence, compared: Compared, curves: Sequence[Curve], context: Context) -> str:
    """Why a claim beyond the data is no finding; '' where it is one."""
    unread = _NOT_READ if _may_be_elsewhere(sentence, compared, curves, context) else ""
    return _not_meant(sentence, compared, context) or unread


def _not_meant(sentence: Sentence, compared: Compared, context: Context) -> str:
    """Why the words may mean something that these data do not show."""
    relation = compared.change.quantity.relation
    if len(compared.own | compared.rivals) < 2 and relation != "up_to":
        return "it names one system, and not the most that it gains"
    if relation == "less_than":
        return "it states a limit, which its data need not reach"
    if any(context.may_be_longer(system, sentence.text) for system in compared.own | compared.rivals):
        return "it may speak of a system with a longer name"
    return ""


def _ends(change: Change, context: Context) -> tuple[Span, Span]:
    """The smallest ratio that the words may mean, at both ends of a range. 'p % lower' is of the old value."""
    ends = []
    for value in (change.quantity.low, change.quantity.high):
        forms = change.ratios(context.policy, value)
        ends.append(forms[0] if change.down else min(forms, key=lambda form: form.high))
    return ends[0], ends[1]


def _may_be_elsewhere(sentence: Sentence, compared: Compared, curves: Sequence[Curve], context: Context) -> bool:
    """True where something unread speaks of the metric, or of both systems."""
    sources = references_in(sentence.text)
    if sources:
        return not all(context.of(source) for source, _, _ in sources)
    metrics = [curve.y.words for curve in curves if not curve.y.relative]
    shared = metrics[0].intersection(*metrics) if metrics else frozenset()
    return context.is_unread(compared.own | compared.rivals, shared)


def _finding(
    sentence: Sentence, change: Change, stated: Span, data: Span, bound: str, curves: Sequence[Curve]
) -> Outcome:
    shown_in = ", ".join(dict.fromkeys(curve.label for curve in curves if curve.label))
    return differs(
        CHECK,
        sentence.block,
        f"{change.quantity.text} is stated; the series in {shown_in} differ by {bound} {shown(data.value, 3)} times.",
        sentence.evidence,
        factor=stated.value / data.value,
        tolerance=stated.slack + data.slack,
        values=(("stated ratio", stated.value, "x"), ("ratio in the data", data.value, "x")),
        readings=_READINGS,
    )
