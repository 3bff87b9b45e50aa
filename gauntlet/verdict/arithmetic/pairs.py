"""Percentages and factors against the two values printed in the same sentence."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from gauntlet.paper.quantities import Quantity
from gauntlet.verdict.arithmetic.context import Context
from gauntlet.verdict.arithmetic.outcomes import Outcome, agrees, differs, unchecked
from gauntlet.verdict.arithmetic.prose import Sentence
from gauntlet.verdict.arithmetic.said import Change, changes_in
from gauntlet.verdict.arithmetic.spans import Span, printed
from gauntlet.verdict.rounding import shown

PERCENT, FACTOR = "percent_arithmetic", "factor_arithmetic"
_CONDITION = re.compile(
    r"\b(?:at|for|under|when|within|every)\s+(?:(?!(?:it|they|we|from|its)\s)[\w-]+\s+){0,5}(?:=\s*)?$", re.IGNORECASE
)
"""Words before an amount that make it a setting, not a result."""
_AGAINST = re.compile(
    r"\b(?:than|compared|comparison|versus|vs|against|instead of|rather than|whereas|where)\b", re.IGNORECASE
)
_FROM_TO = re.compile(r"\bfrom\s(?:[\w.-]+\s){0,6}$", re.IGNORECASE)
_TO = re.compile(r"\bto\b", re.IGNORECASE)
_DIRECTLY_TO = re.compile(r"(?:\sper\s\w+)?\sto\s(?:only\s|about\s|just\s)?", re.IGNORECASE)
_BROKEN = re.compile(r"\d\s$")
"""Before a number: '15 822 MB/s' may be one number or two."""
_COMPARED = re.compile(r"\b(?:compared|comparison|against|relative)\s(?:with|to|of)?\s?[^.;:]{0,20}$", re.IGNORECASE)
_FROM = re.compile(r"\bfrom\s(?:[a-z]+\s){0,2}$", re.IGNORECASE)
_PART = re.compile(r";|,\s(?:and|but|while|whereas)\s(?!(?:so|thus|hence|therefore|is|thereby)\b)", re.IGNORECASE)
"""Where another part of a sentence begins."""
_OF_NUMBER = re.compile(r"\s(?:of\s)?(?:the|its|that of|as \w+ as)\s(?:the\s)?(?=\d)", re.IGNORECASE)
_OTHER_CASE = "it speaks of a best or worst case, which these two values need not be"
_READINGS = (
    "the change was computed from unrounded values, or is a mean over several points",
    "the percentage or factor speaks of other values than the two in the sentence",
)


def pair_outcome(sentence: Sentence, context: Context) -> Outcome | None:
    """The change stated in a sentence against its two values; None where it has no such change or no such values."""
    changes = [one for one in changes_in(sentence) if one.form != "share"] or changes_in(sentence)
    pair = values_compared(sentence)
    if pair is None or len(changes) != 1 or changes[0].quantity.low != changes[0].quantity.high:
        return None
    stated = changes[0]
    if stated.quantity in pair or not _speaks_of(sentence.text, stated.quantity, pair):
        return None
    check = PERCENT if stated.quantity.kind == "percent" else FACTOR
    if stated.quantity.relation == "up_to":
        return unchecked(check, _OTHER_CASE)
    low, high = sorted((printed(one, context.policy) for one in pair), key=lambda span: span.value)
    ratio = high / low
    if _holds(stated, ratio, context) or _in_points(stated, pair, context):
        return agrees(check)
    return _finding(check, sentence, stated, pair, ratio, context)


def values_compared(sentence: Sentence) -> tuple[Quantity, Quantity] | None:
    """The only two amounts of one unit in a sentence, if words compare them."""
    by_unit: dict[str, list[Quantity]] = {}
    for one in sentence.quantities:
        if _BROKEN.search(sentence.text[: one.start]):
            return None
        if one.kind == "amount" and one.value > 0 and not is_setting(sentence.text, one):
            by_unit.setdefault(one.unit, []).extend(_ends(sentence.text, one))
    pairs = [group for group in by_unit.values() if len(group) == 2]
    if len(pairs) != 1 or any(len(group) > 2 for group in by_unit.values()) or pairs[0][0].value == pairs[0][1].value:
        return None
    first, second = pairs[0]
    return (first, second) if _compares(sentence.text, first, second) else None


def _speaks_of(text: str, stated: Quantity, pair: Sequence[Quantity]) -> bool:
    """False where another part of the sentence, or '16x the 20 thousand', gives the change other values than these."""
    nearest = min(pair, key=lambda one: min(abs(one.start - stated.end), abs(stated.start - one.end)))
    between = text[min(stated.end, nearest.end) : max(stated.start, nearest.start)]
    bound = _OF_NUMBER.match(text, stated.end)
    return not _PART.search(between) and (bound is None or any(one.start == bound.end() for one in pair))


def _ends(text: str, one: Quantity) -> Iterator[Quantity]:
    """The quantity, or both ends of 'from 20 to 35 ms'; a range without 'from' counts thrice, as no one value."""
    if one.low == one.high:
        yield one
    elif _FROM.search(text[: one.start]):
        yield replace(one, value=one.low, high=one.low)
        yield replace(one, value=one.high, low=one.high)
    else:
        yield from (one, one, one)


def is_setting(text: str, one: Quantity) -> bool:
    """True where words before it make it a setting: 'at a delay of 22 ms'."""
    return bool(_CONDITION.search(text[max(0, one.start - 60) : one.start]))


def _compares(text: str, first: Quantity, second: Quantity) -> bool:
    if first.start == second.start:
        return True
    before, between = text[max(0, first.start - 60) : first.start], text[first.end : second.start]
    from_to = _DIRECTLY_TO.fullmatch(between) or (_FROM_TO.search(before) and _TO.search(between))
    return bool(from_to or _AGAINST.search(between) or _COMPARED.search(before))


def _holds(stated: Change, ratio: Span, context: Context) -> bool:
    """True where a usual reading of the words agrees with the ratio of the values."""
    forms = stated.ratios(context.policy)
    relation = stated.quantity.relation
    if relation in ("more_than", "at_least"):
        return any(ratio.high >= form.low for form in forms)
    if relation == "less_than":
        return any(ratio.low <= form.high for form in forms)
    return any(ratio.meets(form) for form in forms)


def _in_points(stated: Change, pair: Sequence[Quantity], context: Context) -> bool:
    """'From 60 % to 75 %, 15 % more': percentage points."""
    if any(one.unit or one.kind != "percent" for one in (*pair, stated.quantity)):
        return False
    low, high = sorted((printed(one, context.policy) for one in pair), key=lambda span: span.value)
    return printed(stated.quantity, context.policy).meets(
        Span(high.low - low.high, high.value - low.value, high.high - low.low)
    )


def _finding(
    check: str, sentence: Sentence, stated: Change, pair: Sequence[Quantity], ratio: Span, context: Context
) -> Outcome:
    meant = stated.ratios(context.policy)[0]
    words = f"{shown(ratio.value, 3)} times"
    if check == PERCENT:
        words = (
            f"{shown(100 * (1 - 1 / ratio.value), 3)} % of the larger and {shown(100 * (ratio.value - 1), 3)} % of the "
            "smaller"
        )
    return differs(
        check,
        sentence.block,
        f"{stated.quantity.text} is stated; {pair[0].text} and {pair[1].text} differ by {words}.",
        sentence.evidence,
        factor=ratio.value / meant.value,
        tolerance=ratio.slack + meant.slack,
        values=(
            ("stated", stated.quantity.value, "%" if check == PERCENT else "x"),
            (pair[0].text, pair[0].value, pair[0].unit),
            (pair[1].text, pair[1].value, pair[1].unit),
            ("ratio of the values", ratio.value, "x"),
        ),
        readings=_READINGS,
    )
