"""A gain at one point of a figure against that at another: 'the advantage over B at x = 4 in Figure 1 is twice ...'."""

import re
from collections.abc import Iterator

from gauntlet.verdict.arithmetic.context import Context
from gauntlet.verdict.arithmetic.curves import Curve
from gauntlet.verdict.arithmetic.outcomes import Outcome, agrees, differs, unchecked
from gauntlet.verdict.arithmetic.places import Place, places_in, references_in, value_at
from gauntlet.verdict.arithmetic.prose import Sentence
from gauntlet.verdict.arithmetic.said import changes_in
from gauntlet.verdict.arithmetic.spans import Span, exact
from gauntlet.verdict.rounding import shown

CHECK = "gain_between_figures"
_TWO = 2
_GAIN = re.compile(
    r"\b(?:gains?|advantages?|speed-?ups?|improvements?|benefits?|leads?|margins?|reductions?|savings?|ratios?|gaps?)\b",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"\b(?:as|than|to|with|of)\s(?:the\s(?:one|gain|advantage|lead|speed-?up)|that|its\sown)\s", re.IGNORECASE
)
_UNREAD = "a figure or table that it names was not read, or not surely, or has no such point"
_READINGS = (
    "gain is meant in another sense, such as a difference of the values",
    "one of the two points was read at another setting than the one that is meant",
)


def gain_outcome(sentence: Sentence, context: Context) -> Outcome | None:
    """A stated ratio of two gains against the four values; None where the sentence makes no such statement."""
    places = places_in(sentence, context)
    changes = [one for one in changes_in(sentence) if not any(place.quantity == one.quantity for place in places)]
    references = references_in(sentence.text)
    if len(changes) != 1 or len(references) != _TWO or not _GAIN.search(sentence.text[: references[0][1]]):
        return None
    if len(places) != _TWO:
        return unchecked(CHECK, _UNREAD) if _OTHER.search(sentence.text, changes[0].quantity.end) else None
    names = list(dict.fromkeys(name.system for name in context.names_in(sentence.text)))
    gains = [list(_gain(place, names, context)) for place in places]
    if any(len(found) != 1 for found in gains):
        return unchecked(CHECK, "the figures it names do not show exactly one pair of the systems at these points")
    change = changes[0]
    first, second = gains[0][0], gains[1][0]
    ratio = second / first if change.down else first / second
    excess = [(first, second)] if first.low > 1 and second.low > 1 else []
    readings = [ratio, *(_over(one.minus(1), other.minus(1), change.down) for one, other in excess)]
    stated = change.ratios(context.policy)
    allowed = context.policy.drawn_tolerance
    if any(reading.widened(allowed).meets(form) for reading in readings for form in stated[:1]):
        return agrees(CHECK)
    return differs(
        CHECK,
        sentence.block,
        f"{change.quantity.text} is stated; the gains read there are {shown(first.value, 3)} and "
        f"{shown(second.value, 3)} times, {shown(ratio.value, 3)} times each other.",
        sentence.evidence,
        factor=stated[0].value / ratio.value,
        tolerance=stated[0].slack + ratio.slack + allowed,
        values=(
            ("stated ratio of gains", stated[0].value, "x"),
            ("first gain", first.value, "x"),
            ("second gain", second.value, "x"),
        ),
        readings=_READINGS,
    )


def _over(first: Span, second: Span, down: bool | None) -> Span:
    return second / first if down else first / second


def _gain(place: Place, names: list[str], context: Context) -> Iterator[Span]:
    """By how much better one system is than the other at a place; one of them, or both, are named."""
    for curve in context.of(place.source):
        for rival in context.of(place.source):
            together = rival.plot == curve.plot and rival.y == curve.y and rival.system != curve.system
            if together and _is_pair(curve.system, rival.system, names):
                yield from _ratio(place, curve, rival)


def _is_pair(own: str, rival: str, names: list[str]) -> bool:
    return {own, rival} == set(names) and rival == names[-1] if len(names) > 1 else names == [rival]


def _ratio(place: Place, own: Curve, rival: Curve) -> Iterator[Span]:
    top, below = value_at(own, place), value_at(rival, place)
    if top is not None and below is not None and top > 0 and below > 0:
        ratio = own.span(top) / rival.span(below)
        turned = ratio.value < 1 if own.y.better is None else own.y.better == "lower"
        yield exact(1.0) / ratio if turned else ratio
