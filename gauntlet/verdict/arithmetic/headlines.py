"""Speed-ups and percentages that sentences claim of systems, against their series in plots and tables."""

import re
from collections.abc import Sequence

from gauntlet.verdict.arithmetic.context import Context, Name
from gauntlet.verdict.arithmetic.curves import Curve, stems
from gauntlet.verdict.arithmetic.outcomes import Outcome, agrees, differs, unchecked
from gauntlet.verdict.arithmetic.places import references_in
from gauntlet.verdict.arithmetic.prose import Sentence
from gauntlet.verdict.arithmetic.said import Change, changes_in
from gauntlet.verdict.arithmetic.spans import Span, exact
from gauntlet.verdict.rounding import shown

CHECK = "headline_against_data"
_RIVAL = re.compile(
    r"\b(?:over|than|compared\s(?:with|to)|against|versus|vs\.?|relative\sto|of|to|with|outperforms?|beats?)\s"
    r"(?:(?:that|those|the|of|in|plain|vanilla|original|baseline|existing|standard|with|our)\s){0,3}$",
    re.IGNORECASE,
)
_GENERAL = re.compile(r"\b(?:outperform\w*|speed-?ups?|faster|slower|performance|better than)\b", re.IGNORECASE)
"""Words of speed without a metric: any figure of both systems may show it."""
_LISTED = re.compile(r",?\s(?:and|or|&)\s(?:the\s)?", re.IGNORECASE)
_READINGS = (
    "the claim is about a configuration, a workload or a metric that these figures and tables do not show",
    "the claim was computed from unrounded or later measurements",
)
_NAMELESS = "it names no system whose series was read"
_NO_METRIC = "no series of these systems that was read is named like its metric"
_NOT_READ = "a figure or table that may show it was not read, or not surely"


def headline_outcome(sentence: Sentence, context: Context) -> Outcome | None:
    """The largest change stated in a sentence against the largest ratio that the paper's own data show."""
    changes = [one for one in changes_in(sentence) if one.form != "share"]
    if not changes:
        return None
    names = context.names_in(sentence.text)
    if not names:
        return unchecked(CHECK, _NAMELESS)
    own, rivals = sides_of(sentence.text, names)
    curves = curves_meant(sentence, context)
    shown_ = [ratio for one, other in _pairs(curves, own, rivals) for ratio in _ratios(one, other, changes[0])]
    shown_ += [ratio for curve in curves for ratio in _relative(curve, own, rivals)]
    if not shown_:
        return unchecked(CHECK, _NO_METRIC)
    most = max(shown_, key=lambda ratio: ratio.high).widened(context.policy.drawn_tolerance)
    beyond = [(one, form) for one in changes if (form := _least(one, context)).exceeds(most)]
    if not beyond:
        return agrees(CHECK)
    if reason := _not_comparable(sentence, beyond[0][0], names, curves, context):
        return unchecked(CHECK, reason)
    return _finding(sentence, *beyond[0], most, curves)


def _not_comparable(
    sentence: Sentence, change: Change, names: Sequence[Name], curves: Sequence[Curve], context: Context
) -> str:
    """Why a claim beyond the data is no finding; '' where it is one."""
    if len({name.system for name in names}) < 2 and change.quantity.relation != "up_to":
        return "it names one system, and not the most that it gains"
    if change.quantity.relation == "less_than":
        return "it states a limit, which its data need not reach"
    return _NOT_READ if _may_be_elsewhere(sentence, names, curves, context) else ""


def _least(change: Change, context: Context) -> Span:
    """The smallest ratio that the words may mean; of a range its higher end. 'p % lower' is of the old value."""
    forms = change.ratios(context.policy, change.quantity.high)
    return forms[0] if change.down else min(forms, key=lambda form: form.high)


def sides_of(text: str, names: Sequence[Name]) -> tuple[set[str], set[str]]:
    """Systems that the sentence speaks of, and those that it compares them with; either may stay empty."""
    rivals: list[Name] = []
    for name in names:
        listed = rivals and _LISTED.fullmatch(text, rivals[-1].end, name.start)
        if listed or _RIVAL.search(text[max(0, name.start - 60) : name.start]):
            rivals.append(name)
    if len(rivals) == len(names) > 1:  # 'the throughput of A is lower than that of B'
        rivals = rivals[1:]
    theirs = {name.system for name in rivals}
    own = {name.system for name in names} - theirs
    return own, theirs or (own if len(own) > 1 else set())


def curves_meant(sentence: Sentence, context: Context) -> list[Curve]:
    """Curves that a sentence may speak of: of the figures and of the metric that it names."""
    sources = {source for source, _, _ in references_in(sentence.text)}
    curves = [curve for curve in context.curves if not sources or curve in context.of(curve.source)]
    if sources:
        curves = [curve for source in sorted(sources) for curve in context.of(source)]
    said = stems(sentence.text)
    whole = [curve for curve in curves if curve.y.words and curve.y.words <= said]
    partly = [curve for curve in curves if curve.y.head in said]
    matching = whole or partly
    if not matching:
        return curves if _GENERAL.search(sentence.text) and len(context.names_in(sentence.text)) > 1 else []
    return [curve for curve in curves if curve in matching or _may_show(curve, matching)]


def _may_show(curve: Curve, matching: Sequence[Curve]) -> bool:
    """True for ratios, for what has no name, and for the same metric in more or in other words."""
    if curve.y.relative or not curve.y.words:
        return True
    if any(other.y.words <= curve.y.words for other in matching):
        return True
    alike = any(other.y.si[1] == curve.y.si[1] != "" for other in matching)
    return alike and not any(other.y.head == curve.y.head for other in matching)


def _pairs(curves: Sequence[Curve], own: set[str], rivals: set[str]) -> list[tuple[Curve, Curve]]:
    """Curves of one plot, ours before the rival's; without a side named, any other system takes it."""
    found = []
    for one in curves:
        for other in curves:
            if one.plot == other.plot and one.system != other.system and one.y == other.y:
                ours = one.system in own if own else one.system not in rivals
                theirs = other.system in rivals if rivals else other.system not in own
                if ours and theirs:
                    found.append((one, other))
    return found


def _ratios(own: Curve, rival: Curve, change: Change) -> list[Span]:
    """How many times ours is the rival's at every common x, in the direction said; both ways where nothing says it."""
    worse = change.is_worse(own.y.better)
    found = []
    for x in dict.fromkeys(x for curve in (own, rival) for x, _ in curve.points):
        top, below = own.at(x), rival.at(x)
        if top is None or below is None or top <= 0 or below <= 0:
            continue
        ratio = own.span(top) / rival.span(below)
        if own.y.better is None or worse is None or (own.y.better == "higher") != worse:
            found.append(ratio)
        if own.y.better is None or worse is None or (own.y.better == "lower") != worse:
            found.append(exact(1.0) / ratio)
    return found


def _relative(curve: Curve, own: set[str], rivals: set[str]) -> list[Span]:
    """Values that are ratios themselves, of ours to a rival."""
    if not curve.y.relative or (curve.system in rivals if not own else curve.system not in own):
        return []
    spans = [curve.span(y) for _, y in curve.points if y > 0]
    return [*spans, *(exact(1.0) / span for span in spans)]


def _may_be_elsewhere(sentence: Sentence, names: Sequence[Name], curves: Sequence[Curve], context: Context) -> bool:
    """True where something unread speaks of the metric and of one of the systems."""
    sources = references_in(sentence.text)
    if sources:
        return not all(context.of(source) for source, _, _ in sources)
    metrics = [curve.y.words for curve in curves if not curve.y.relative]
    shared = metrics[0].intersection(*metrics) if metrics else frozenset()
    named = [words for words in context.unread if any(name.system in words for name in names)]
    return any(shared <= stems(words) for words in named)


def _finding(sentence: Sentence, change: Change, form: Span, most: Span, curves: Sequence[Curve]) -> Outcome:
    shown_in = ", ".join(dict.fromkeys(curve.label for curve in curves))
    return differs(
        CHECK,
        sentence.block,
        f"{change.quantity.text} is stated; the series in {shown_in} differ by at most {shown(most.value, 3)} times.",
        sentence.evidence,
        factor=form.value / most.value,
        tolerance=form.slack + most.slack,
        values=(("stated ratio", form.value, "x"), ("largest ratio of the series", most.value, "x")),
        readings=_READINGS,
    )
