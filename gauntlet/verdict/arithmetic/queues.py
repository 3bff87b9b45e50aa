"""Operational laws in sentences: Little's law, the interactive law, and utilisations and hit ratios above one."""

import re
from collections.abc import Iterator, Sequence

from gauntlet.paper.quantities import Quantity
from gauntlet.verdict.arithmetic.context import Context
from gauntlet.verdict.arithmetic.outcomes import Outcome, agrees, differs, unchecked
from gauntlet.verdict.arithmetic.places import Place, places_in, value_at
from gauntlet.verdict.arithmetic.prose import Sentence
from gauntlet.verdict.arithmetic.spans import Span, printed, setting
from gauntlet.verdict.rounding import shown

LITTLE, SHARE = "littles_law", "share_above_one"
_IN_FLIGHT = re.compile(
    r"\b(?:outstanding|in flight|in-flight|concurren\w+|closed[- ]loop|clients?|users?|threads?|requests)\b",
    re.IGNORECASE,
)
_COUNTS = re.compile(
    r"^\s(?:[\w-]+\s){0,3}?(?:outstanding|in[- ]flight|concurren\w+|closed[- ]loop|clients?|users?)\b", re.IGNORECASE
)
_CLOSED = re.compile(
    r"\boutstanding\b|\bin[- ]flight\b|\bclosed[- ]loop\b|\bconcurren\w+|\b(?:no|without|zero) think", re.IGNORECASE
)
_CHANGED = re.compile(
    r"\b(?:by|improve\w*|increas\w+|gain\w*|reduc\w+|decreas\w+|relative|higher|lower|more|less|better)\b",
    re.IGNORECASE,
)
"""Between the name of a share and a percentage: it is a change of the share and not the share."""
_CYCLE = re.compile(r"\b(?:every|once (?:in|per|every)|time between)\s(?:about\s)?$", re.IGNORECASE)
_CYCLES = re.compile(r"\bthink(?:ing)?[ -]time included|including (?:the )?think", re.IGNORECASE)
_THINKS = re.compile(r"\bthink\w*\b", re.IGNORECASE)
_THINKING = re.compile(
    r"\bthink(?:ing)?[ -]times?\s(?:of|is|=)\s(?:about\s)?$|\bthink(?:s|ing)?\sfor\s(?:about\s)?$", re.IGNORECASE
)
"""Before the time that clients wait between requests."""
_NO_THINKING = re.compile(r"\b(?:no|without|zero)\s+think\w*", re.IGNORECASE)
_NOT_A_MEAN = re.compile(r"\b(?:percentile|p9\d|p50|median|tail|worst|maximum)\b|\d(?:th|st|nd|rd)\b", re.IGNORECASE)
_SHARES = re.compile(
    r"\b(?:utili[sz]ations?|hit (?:rates?|ratios?)|occupancy|availability|accuracy|success rates?)\b"
    r"(?:\s[\w-]+){0,6}?\s(?:of|is|to|at|reaches|reached|exceeds|up to|about)\s(?:\w+\s)?$",
    re.IGNORECASE,
)
_OF_A_CORE = re.compile(r"\bCPUs?\b|\bcores?\b|\bthreads?\b|\bprocessors?\b", re.IGNORECASE)
_WHOLE = 100.0
LITTLE_READINGS = (
    "clients think or wait between requests, which the sentence does not say",
    "the numbers were measured in different runs, or the delay is not the mean",
    "a client keeps more than one request in flight",
)
SHARE_READINGS = ("the share is of one unit (a core, a link direction) out of several",)


def little(sentence: Sentence, context: Context) -> Iterator[Outcome]:
    """Requests in flight = throughput x (response + think time) (Little, 1961), all of it in one sentence.

    The rate may be a point of a figure that the sentence names.
    """
    if not _IN_FLIGHT.search(sentence.text):
        return
    places = places_in(sentence, context)
    clients = [one for one in sentence.quantities if _is_count(sentence, one, places)]
    rates = sentence.amounts("1/s")
    thinking = [one for one in sentence.amounts("s") if _THINKING.search(sentence.text[: one.start])]
    times = [one for one in sentence.amounts("s") if one not in thinking]
    drawn = [span for place in places for span in _drawn_rates(sentence, place, context)]
    if len(clients) != 1 or not times or not (rates or drawn):
        return
    if len(times) != 1 or len(rates) + len(drawn) != 1 or len(thinking) > 1:
        yield unchecked(LITTLE, "it states several rates or several times")
    elif reason := _not_little(sentence.text, times[0], thinking):
        yield unchecked(LITTLE, reason)
    else:
        rate = drawn[0] if drawn else printed(rates[0], context.policy)
        yield _little(sentence, clients[0], rate, [*times, *thinking], context)


def _little(sentence: Sentence, clients: Quantity, rate: Span, times: Sequence[Quantity], context: Context) -> Outcome:
    cycle = [printed(one, context.policy) for one in times]
    whole = Span(*(sum(ends) for ends in zip(*((one.low, one.value, one.high) for one in cycle), strict=True)))
    inside, stated = rate * whole, setting(clients, context.policy)
    words = " and ".join(one.text for one in times)
    if inside.widened(context.policy.arithmetic_tolerance).meets(stated):
        return agrees(LITTLE)
    return differs(
        LITTLE,
        sentence.block,
        f"Little's law: {shown(rate.value)} per second times {words} is {shown(inside.value, 3)} in flight, and "
        f"{shown(clients.value)} are stated.",
        sentence.evidence,
        factor=inside.value / stated.value,
        tolerance=inside.slack + stated.slack + context.policy.arithmetic_tolerance,
        values=(
            ("rate", rate.value, "1/s"),
            *((one.text, one.value, "s") for one in times),
            ("in flight", inside.value, ""),
            ("stated in flight", clients.value, ""),
        ),
        readings=LITTLE_READINGS,
    )


def _is_count(sentence: Sentence, one: Quantity, places: list[Place]) -> bool:
    """A whole number of clients or requests in flight that is no point of an axis."""
    counted = one.kind == "count" and one.value >= 1 and bool(_COUNTS.match(sentence.text[one.end :]))
    return counted and not any(place.quantity == one for place in places)


def _drawn_rates(sentence: Sentence, place: Place, context: Context) -> Iterator[Span]:
    """Rates that the systems named in the sentence have at a place."""
    named = {name.system for name in context.names_in(sentence.text)}
    for curve in context.of(place.source):
        factor, unit = curve.y.si
        value = value_at(curve, place)
        if unit == "1/s" and curve.system in named and value is not None and value > 0:
            yield curve.span(value).scaled(factor)


def _not_little(text: str, time: Quantity, thinking: Sequence[Quantity]) -> str:
    """Why the law cannot be applied; '' where it can."""
    if _CYCLE.search(text[: time.start]):
        return ""
    if _NOT_A_MEAN.search(text):
        return "its time is no mean"
    if not _CLOSED.search(text) and not thinking:
        return "it does not say that its clients wait for each answer"
    if _THINKS.search(text) and not (thinking or _NO_THINKING.search(text) or _CYCLES.search(text)):
        return "clients think, and the sentence does not say for how long"
    return ""


def shares(sentence: Sentence, context: Context) -> Iterator[Outcome]:
    """Utilisations, hit ratios and the like of more than 100 %. 'Per cent of one core' may exceed it."""
    for one in sentence.quantities:
        named = _SHARES.search(sentence.text[: one.start]) if one.kind == "percent" else None
        if named is not None and not _CHANGED.search(named.group()):
            if one.high <= _WHOLE:
                yield agrees(SHARE)
            elif _OF_A_CORE.search(sentence.text):
                yield unchecked(SHARE, "a processor's utilisation may count one core as 100 %")
            else:
                yield differs(
                    SHARE,
                    sentence.block,
                    f"{one.text} is stated of a share, of which 100 % is the whole.",
                    sentence.evidence,
                    factor=one.high / _WHOLE,
                    tolerance=0.0,
                    values=(("stated share", one.high, "%"),),
                    readings=SHARE_READINGS,
                )


def curve_shares(context: Context) -> Iterator[Outcome]:
    """Points of utilisation and hit ratio above 100 %."""
    for curve in context.curves:
        if curve.y.unit != "%" or not re.search(r"utili[sz]ation|hit (?:rate|ratio)", curve.y.label, re.IGNORECASE):
            continue
        top = max((curve.span(y) for _, y in curve.points if y > 0), key=lambda span: span.low, default=None)
        if top is None or top.low <= _WHOLE:
            yield agrees(SHARE)
        elif _OF_A_CORE.search(curve.y.label):
            yield unchecked(SHARE, "a processor's utilisation may count one core as 100 %")
        else:
            yield differs(
                SHARE,
                f"{curve.source}:{curve.system}",
                f"{curve.label} shows {curve.y.label} of {curve.system} at {shown(top.value)} %.",
                curve.evidence,
                factor=top.value / _WHOLE,
                tolerance=top.slack,
                values=(("largest share drawn", top.value, "%"),),
                readings=SHARE_READINGS,
            )
