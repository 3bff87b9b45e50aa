"""A value that a sentence gives a system at a named point of a figure or table, against the value shown there."""

import re
from collections.abc import Collection, Iterator

from gauntlet.paper.quantities import Quantity
from gauntlet.verdict.arithmetic.context import Context
from gauntlet.verdict.arithmetic.curves import Curve
from gauntlet.verdict.arithmetic.outcomes import Outcome, agrees, differs, unchecked
from gauntlet.verdict.arithmetic.pairs import is_setting
from gauntlet.verdict.arithmetic.places import Place, places_in, references_in, unreferred, value_at
from gauntlet.verdict.arithmetic.prose import Sentence
from gauntlet.verdict.arithmetic.sides import curves_meant
from gauntlet.verdict.arithmetic.spans import printed
from gauntlet.verdict.rounding import shown

CHECK = "value_against_figure"
_GAIN = re.compile(r"\b(?:gains?|advantages?|speed-?ups?)\b|\bfactor\b", re.IGNORECASE)
_REACHES = re.compile(
    r"\b(?:reach\w*|achiev\w*|attain\w*|deliver\w*|sustain\w*|obtain\w*)\s(?:(?:only|about|just|a|an|nearly)\s){0,2}~?$",
    re.IGNORECASE,
)
"""Before a value: it is of the system's own measure, though nothing names that."""
_OF_IT = re.compile(r"\s(?:of|in|for)\s", re.IGNORECASE)
_ELSEWHERE = re.compile(
    r"\b(?:separate|another|different|additional|second)\s(?:[\w-]+\s){0,2}"
    r"(?:runs?|experiments?|setups?|machines?|clusters?|configurations?|tests?|workloads?)\b",
    re.IGNORECASE,
)
_SEVERAL = "several figures or tables show such a point of the system"
_NO_MEASURE = "it does not say what it measures"
_OTHER_RUN = "it speaks of another run than the figures"
_UNREAD = "a figure or table of the system was not read, or not surely"
_READINGS = ("another point, system or statistic of the figure is meant", "the text was not updated with the figure")


def stated_outcomes(sentence: Sentence, context: Context) -> Iterator[Outcome]:
    """'At 64 clients in Figure 3, A reaches 492 ops/s': one place, one system, one value in the figure's unit."""
    names = {name.system for name in context.names_in(sentence.text)}
    if len(names) != 1 or _GAIN.search(sentence.text):
        return
    referred = bool(references_in(sentence.text))
    curves = [curve for curve in curves_meant(sentence, context) or context.curves if curve.system in names]
    places = places_in(sentence, context) if referred else unreferred(sentence, curves)
    there = [one for place in places for one in _at(sentence, context, place, names)]
    if not there:
        return
    holds = next((one for one in there if one.finding is None and not one.reason), None)
    reason = "" if referred or holds or there[0].reason else _not_comparable(sentence, context, len(there))
    yield unchecked(CHECK, reason) if reason else holds or there[0]


def _not_comparable(sentence: Sentence, context: Context, places: int) -> str:
    """Why a value that no figure shows is no finding where no figure is named; '' where it is one."""
    if places > 1:
        return _SEVERAL
    if _ELSEWHERE.search(sentence.text):
        return _OTHER_RUN
    reaches = (one for one in sentence.quantities if _REACHES.search(sentence.text[: one.start]))
    if not curves_meant(sentence, context) and all(_OF_IT.match(sentence.text, one.end) for one in reaches):
        return _NO_MEASURE
    return _UNREAD if context.is_unread({name.system for name in context.names_in(sentence.text)}) else ""


def _at(sentence: Sentence, context: Context, place: Place, names: Collection[str]) -> Iterator[Outcome]:
    """The value stated at one place; nothing where none in the unit of its curves is stated."""
    curves = [curve for curve in context.of(place.source) if curve.system in names]
    others = [one for one in sentence.quantities if one is not place.quantity and not is_setting(sentence.text, one)]
    values = [one for one in others if _is_value(one, curves)]
    shown_there = [(curve, value) for curve in curves if (value := value_at(curve, place)) is not None and value > 0]
    if place.x is None or not values:
        return
    if len(values) != 1 or len(shown_there) != 1:
        yield unchecked(CHECK, "it states several values, or the figure shows several series of the system")
    else:
        yield _outcome(sentence, context, place, *shown_there[0], values[0])


def _is_value(one: Quantity, curves: list[Curve]) -> bool:
    exactly = one.low == one.high and one.relation in ("exactly", "about") and one.value > 0
    return exactly and any(one.unit and curve.y.si[1] == one.unit for curve in curves)


def _outcome(sentence: Sentence, context: Context, place: Place, curve: Curve, value: float, one: Quantity) -> Outcome:
    drawn = curve.span(value).scaled(curve.y.si[0]).widened(context.policy.drawn_tolerance)
    stated = printed(one, context.policy)
    if stated.meets(drawn):
        return agrees(CHECK)
    return differs(
        CHECK,
        sentence.block,
        f"{one.text} is stated of {curve.system}; {curve.label} shows {shown(value)} {curve.y.unit or ''} at "
        f"{shown(place.x or 0.0)}.",
        sentence.evidence,
        factor=stated.value / drawn.value,
        tolerance=stated.slack + drawn.slack,
        values=(("stated", stated.value, one.unit), ("shown", drawn.value, one.unit)),
        readings=_READINGS,
    )
