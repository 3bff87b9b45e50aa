"""Conservation: shares of a sentence against the whole, and distributions that fall."""

import re
from collections.abc import Iterator, Sequence

from gauntlet.paper.quantities import Quantity
from gauntlet.verdict.arithmetic.context import Context
from gauntlet.verdict.arithmetic.curves import Curve
from gauntlet.verdict.arithmetic.outcomes import Outcome, agrees, differs, unchecked
from gauntlet.verdict.arithmetic.prose import Sentence
from gauntlet.verdict.arithmetic.spans import exact
from gauntlet.verdict.rounding import shown

PARTS, FALLS = "parts_of_whole", "falling_distribution"
_REST = re.compile(r"\bthe\s(?:rest|remaining|remainder|other)\s?(?:\(|is\s|are\s|of\s|about\s)?$", re.IGNORECASE)
_REST_BEHIND = re.compile(r"^\s(?:is|are|for|as)\s(?:the\s)?(?:rest|remainder)\b", re.IGNORECASE)
_OPPOSITES = (
    (r"reads?|gets?|loads?", r"writes?|puts?|updates?|stores?|sets?"),
    (r"hits?", r"miss(?:es)?"),
    (r"local", r"remote"),
)
_OF_OTHERS = re.compile(
    r"\b(?:faster|slower|lower|higher|less|more|fewer|reduc\w+|improv\w+|increas\w+|increments?)\b", re.IGNORECASE
)
NEAR = 0.2
"""A sum this near its total (relative) is meant to be it; others nest or overlap."""
WHOLE = 100.0
READINGS = (
    "parts were rounded one by one, or overlap",
    "a part is left out of the sentence or table",
)
_FALL_READINGS = ("two curves were read as one where they cross", "the axis shows the complement of the distribution")


def sentence_parts(sentence: Sentence, context: Context) -> Iterator[Outcome]:
    """'60 % A, 30 % B and the remaining 20 % C'; reads and writes, hits and misses that are more than the whole."""
    del context
    shares = [one for one in sentence.quantities if one.kind == "percent" and one.low == one.high]
    if len(shares) < 2 or _OF_OTHERS.search(sentence.text):
        return
    last = shares[-1]
    if _REST.search(sentence.text[: last.start]) or _REST_BEHIND.match(sentence.text[last.end :]):
        yield _parts(shares, sentence, either_way=True)
    elif len(shares) == 2 and _opposite(sentence.text, shares[0], shares[1]):
        yield _parts(shares, sentence, either_way=False)


def _opposite(text: str, first: Quantity, second: Quantity) -> bool:
    """'80 % reads and 30 % writes', side by side."""
    between, behind = text[first.end : second.start], text[second.end : second.end + 25]
    for one, other in _OPPOSITES:
        for left, right in ((one, other), (other, one)):
            side = re.fullmatch(rf"\s?(?:{left})\b(?:\s\w+)?(?:,|\sand|,\sand|/)\s?", between, re.IGNORECASE)
            if side and re.match(rf"\s?(?:{right})\b", behind, re.IGNORECASE):
                return True
    return False


def _parts(shares: Sequence[Quantity], sentence: Sentence, *, either_way: bool) -> Outcome:
    total = sum(one.value for one in shares)
    slack = sum(2 * one.rounding * one.value for one in shares)
    if total <= WHOLE + slack and (total >= WHOLE - slack or not either_way):
        return agrees(PARTS)
    if abs(total / WHOLE - 1) > NEAR:
        return unchecked(PARTS, "its shares are of different wholes, or not all of them are stated")
    return differs(
        PARTS,
        sentence.block,
        f"{' and '.join(one.text for one in shares)} are {shown(total)} % together.",
        sentence.evidence,
        factor=total / WHOLE,
        tolerance=slack / WHOLE,
        values=[*((one.text, one.value, "%") for one in shares), ("sum", total, "%")],
        readings=READINGS,
    )


def falling(context: Context) -> Iterator[Outcome]:
    """A cumulative distribution never falls: values rise with the percentile."""
    for curve in context.curves:
        if curve.distribution:
            yield _falling(curve, context)


def _falling(curve: Curve, context: Context) -> Outcome:
    """The largest fall of the values from one percentile to a higher one."""
    highest, fallen, at = exact(0.0), 1.0, 0.0
    for share, value in sorted(curve.points):
        span = curve.span(value).widened(context.policy.arithmetic_tolerance)
        if highest.exceeds(span) and highest.value / value > fallen:
            fallen, at = highest.value / value, share
        highest = max(highest, span, key=lambda one: one.low)
    if fallen == 1.0:
        return agrees(FALLS)
    return differs(
        FALLS,
        f"{curve.source}:{curve.system}",
        f"{curve.label}: {curve.y.label} of {curve.system} at {shown(at, 3)} % of all is {shown(fallen, 3)} times "
        "below that at a lower percentile: a cumulative distribution cannot fall.",
        curve.evidence,
        factor=fallen,
        tolerance=context.policy.arithmetic_tolerance,
        values=(("fall", fallen, "x"),),
        readings=_FALL_READINGS,
    )
