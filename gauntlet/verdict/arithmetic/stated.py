"""A value that a sentence gives a system at a named point of a figure or table, against the value shown there."""

import re
from collections.abc import Iterator

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
_READINGS = ("another point, system or statistic of the figure is meant", "the text was not updated with the figure")


def stated_outcomes(sentence: Sentence, context: Context) -> Iterator[Outcome]:
    """'At 64 clients in Figure 3, A reaches 492 ops/s': one place, one system, one value in the figure's unit."""
    names = {name.system for name in context.names_in(sentence.text)}
    places = places_in(sentence, context)
    if not references_in(sentence.text):
        meant = [curve for curve in curves_meant(sentence, context) if curve.system in names]
        places = unreferred(sentence, meant)
    if len(places) != 1 or places[0].x is None or len(names) != 1 or _GAIN.search(sentence.text):
        return
    curves = [curve for curve in context.of(places[0].source) if curve.system in names]
    others = [
        one for one in sentence.quantities if one is not places[0].quantity and not is_setting(sentence.text, one)
    ]
    values = [one for one in others if _is_value(one, curves)]
    if not values:
        return
    shown_there = [
        (curve, value) for curve in curves if (value := value_at(curve, places[0])) is not None and value > 0
    ]
    if len(values) != 1 or len(shown_there) != 1:
        yield unchecked(CHECK, "it states several values, or the figure shows several series of the system")
    else:
        yield _outcome(sentence, context, places[0], *shown_there[0], values[0])


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
