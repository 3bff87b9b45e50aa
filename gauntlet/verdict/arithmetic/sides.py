"""Who is compared with whom in a sentence, and in which curves: a change, its systems, the ratios of the data."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gauntlet.verdict.arithmetic.context import Context, Name
from gauntlet.verdict.arithmetic.curves import Curve, statistics_in, stems
from gauntlet.verdict.arithmetic.places import references_in
from gauntlet.verdict.arithmetic.prose import Sentence
from gauntlet.verdict.arithmetic.said import Change, changes_in
from gauntlet.verdict.arithmetic.spans import Span, exact

_RIVAL = re.compile(
    r"\b(?:over|than|compared\s(?:with|to)|against|versus|vs\.?|relative\sto|of|to|with|outperforms?|beats?)\s"
    r"(?:(?:that|those|the|of|in|plain|vanilla|original|baseline|existing|standard|with|our)\s){0,3}$",
    re.IGNORECASE,
)
_GENERAL = re.compile(r"\b(?:outperform\w*|speed-?ups?|faster|slower|performance|better than)\b", re.IGNORECASE)
"""Words of speed without a metric: any figure of both systems may show it."""
_IT = re.compile(r"(?:\w+,\s)?its?\s", re.IGNORECASE)
_SUBJECT = re.compile(r"(?:the\s)?", re.IGNORECASE)
"""Before the name of a system in whose place the next sentence says 'it'."""
_COMPARES = re.compile(r"\b(?:than|over|compared|comparison|versus|vs|against|relative\sto)\b", re.IGNORECASE)
_LISTED = re.compile(r",?\s(?:and|or|&)\s(?:the\s)?", re.IGNORECASE)


@dataclass(frozen=True)
class Compared:
    """A change, the systems it is said of, and those they are compared with; either may be open.

    `alone`: the sentence has other changes, and names no rival beside this one.
    """

    change: Change
    own: frozenset[str]
    rivals: frozenset[str]
    alone: bool = False


def compared_in(sentence: Sentence, context: Context) -> list[Compared]:
    """Every change of a sentence with its systems.

    Of several, each has the rivals that stand behind it; the only one of all, in front of the first, is that of each.
    """
    changes = [one for one in changes_in(sentence) if one.form != "share"]
    names = context.names_in(sentence.text)
    rivals = _rivals(sentence.text, names)
    theirs = frozenset(name.system for name in rivals)
    own = (frozenset(name.system for name in names) or _meant(sentence, context)) - theirs
    if len(changes) < 2:
        return [Compared(change, own, theirs or (own if len(own) > 1 else frozenset())) for change in changes]
    ends = [change.quantity.start for change in changes[1:]] + [len(sentence.text)]
    front = frozenset(name.system for name in rivals if name.end <= changes[0].quantity.start)
    one_front = front if len(front) == 1 and theirs == front else frozenset()
    found = []
    for change, end in zip(changes, ends, strict=True):
        beside = frozenset(name.system for name in rivals if change.quantity.end <= name.start < end)
        if not beside and not _COMPARES.search(sentence.text, change.quantity.end, end):
            beside = one_front
        found.append(Compared(change, own, beside, alone=not beside))
    return found


def _meant(sentence: Sentence, context: Context) -> frozenset[str]:
    """The system that 'it' stands for at the start of a sentence: the only one, and the subject, of the one before."""
    before = context.before(sentence) if _IT.match(sentence.text) else None
    names = [] if before is None else context.names_in(before.text)
    found = frozenset(name.system for name in names)
    subject = before is not None and bool(names) and _SUBJECT.fullmatch(before.text, 0, names[0].start)
    return found if subject and len(found) == 1 else frozenset()


def _rivals(text: str, names: Sequence[Name]) -> list[Name]:
    """Names that a word of comparison stands before, and those listed with them."""
    rivals: list[Name] = []
    for name in names:
        listed = rivals and _LISTED.fullmatch(text, rivals[-1].end, name.start)
        if listed or _RIVAL.search(text[max(0, name.start - 60) : name.start]):
            rivals.append(name)
    return rivals[1:] if len(rivals) == len(names) > 1 else rivals  # 'the rate of A is lower than that of B'


def curves_meant(sentence: Sentence, context: Context) -> list[Curve]:
    """Curves that a sentence may speak of: of the figures and of the metric that it names."""
    sources = sorted({source for source, _, _ in references_in(sentence.text)})
    curves = [curve for source in sources for curve in context.of(source)] if sources else list(context.curves)
    said, statistics = stems(sentence.text), statistics_in(sentence.text)
    curves = [curve for curve in curves if not _is_other(curve, statistics)]
    matching = curves_named(sentence, curves) or [curve for curve in curves if curve.y.head in said]
    if not matching:
        return curves if _GENERAL.search(sentence.text) and len(context.names_in(sentence.text)) > 1 else []
    return [curve for curve in curves if curve in matching or _may_show(curve, matching)]


def _is_other(curve: Curve, statistics: frozenset[str]) -> bool:
    """True for another statistic than the sentence names; a distribution shows no mean."""
    own = curve.y.statistics
    return bool(statistics) and (own.isdisjoint(statistics) if own else curve.distribution and statistics == {"mean"})


def curves_named(sentence: Sentence, curves: Sequence[Curve]) -> list[Curve]:
    """Those of the curves whose measure the sentence says in all its words."""
    said = stems(sentence.text)
    return [curve for curve in curves if curve.y.words and curve.y.words <= said]


def _may_show(curve: Curve, matching: Sequence[Curve]) -> bool:
    """True for ratios, for what has no name, and for the same metric in more or in other words."""
    if curve.y.relative or not curve.y.words:
        return True
    if any(other.y.words <= curve.y.words for other in matching):
        return True
    alike = any(other.y.si[1] == curve.y.si[1] != "" for other in matching)
    return alike and not any(other.y.head == curve.y.head for other in matching)


def ratios_of(compared: Compared, curves: Sequence[Curve]) -> list[Span]:
    """All ratios that curves show of the systems, in the direction said; without a side named, any other takes it."""
    found: list[Span] = []
    for one in curves:
        for other in curves:
            if one.plot == other.plot and one.system != other.system and one.y == other.y:
                ours = one.system in compared.own if compared.own else one.system not in compared.rivals
                theirs = other.system in compared.rivals if compared.rivals else other.system not in compared.own
                if ours and theirs:
                    found += _ratios(one, other, compared.change)
        found += _relative(one, compared)
    return found


def _ratios(own: Curve, rival: Curve, change: Change) -> Iterator[Span]:
    """How many times ours is the rival's at every common x; both ways where nothing says which."""
    worse = change.is_worse(own.y.better)
    better = own.y.better
    for x in dict.fromkeys(x for curve in (own, rival) for x, _ in curve.points):
        top, below = own.at(x), rival.at(x)
        if top is None or below is None or top <= 0 or below <= 0:
            continue
        ratio = own.span(top) / rival.span(below)
        if better is None or worse is None or (better == "higher") != worse:
            yield ratio
        if better is None or worse is None or (better == "lower") != worse:
            yield exact(1.0) / ratio


def _relative(curve: Curve, compared: Compared) -> Iterator[Span]:
    """Values of a figure that are ratios themselves, of ours to a rival; a table's are compared like others."""
    ours = curve.system in compared.own if compared.own else curve.system not in compared.rivals
    if curve.y.relative and ours and curve.drawn:
        for _, y in curve.points:
            if y > 0:
                yield from (curve.span(y), exact(1.0) / curve.span(y))
