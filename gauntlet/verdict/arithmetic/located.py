"""A ratio of two systems at a named point ('A outperforms B by 1.8x at 32 workers') against the point of the figure."""

from gauntlet.verdict.arithmetic.context import Context
from gauntlet.verdict.arithmetic.curves import Curve
from gauntlet.verdict.arithmetic.outcomes import Outcome, agrees, differs, unchecked
from gauntlet.verdict.arithmetic.places import Place, unreferred
from gauntlet.verdict.arithmetic.prose import Sentence
from gauntlet.verdict.arithmetic.said import Change
from gauntlet.verdict.arithmetic.sides import compared_in, curves_meant
from gauntlet.verdict.arithmetic.spans import Span, exact
from gauntlet.verdict.rounding import shown

CHECK = "ratio_at_point"
_READINGS = (
    "the ratio is of another figure, workload or statistic with a point of the same name",
    "the ratio was computed from unrounded values, or the figure was redrawn later",
)


def located_outcome(sentence: Sentence, context: Context) -> Outcome | None:
    """One change between two systems at one point of one plot; None where the sentence names no such point."""
    compared = compared_in(sentence, context)
    if len(compared) != 1:
        return None
    own, rivals = compared[0].own, compared[0].rivals
    if len(own) != 1 or len(rivals) != 1 or own == rivals:
        return None
    change = compared[0].change
    curves = [
        curve for curve in curves_meant(sentence, context) if curve.system in own | rivals and not curve.y.relative
    ]
    both = {curve.plot for curve in curves if curve.system in own} & {
        curve.plot for curve in curves if curve.system in rivals
    }
    places = [
        place
        for place in unreferred(sentence, [curve for curve in curves if curve.plot in both])
        if place.quantity != change.quantity
    ]
    if not places or change.quantity.low != change.quantity.high:
        return None
    if change.quantity.relation not in ("exactly", "about"):
        return None
    if len(places) > 1:
        return unchecked(CHECK, "several plots have such a point of both systems")
    return _outcome(sentence, context, change, places[0], curves, own, rivals)


def _outcome(
    sentence: Sentence,
    context: Context,
    change: Change,
    place: Place,
    curves: list[Curve],
    own: frozenset[str],
    rivals: frozenset[str],
) -> Outcome:
    top = next(curve for curve in curves if curve.plot == place.source and curve.system in own)
    below = next(curve for curve in curves if curve.plot == place.source and curve.system in rivals)
    ratio = _ratio(top, below, place.x or 0.0)
    if ratio is None:
        return unchecked(CHECK, "one of the two systems has no value at that point")
    forms = change.ratios(context.policy)
    read = (ratio, exact(1.0) / ratio)
    if any(one.widened(context.policy.drawn_tolerance).meets(form) for one in read for form in forms):
        return agrees(CHECK)
    larger = max(read, key=lambda one: one.value)
    return differs(
        CHECK,
        sentence.block,
        f"{change.quantity.text} is stated; in {top.label} the two differ {shown(larger.value, 3)} times at "
        f"{top.x.label} = {shown(place.x or 0.0, 3)}.",
        sentence.evidence,
        factor=forms[0].value / larger.value,
        tolerance=forms[0].slack + larger.slack + context.policy.drawn_tolerance,
        values=(("stated ratio", forms[0].value, "x"), ("ratio in the figure", larger.value, "x")),
        readings=_READINGS,
    )


def _ratio(own: Curve, rival: Curve, x: float) -> Span | None:
    top, below = own.at(x), rival.at(x)
    if top is None or below is None or top <= 0 or below <= 0:
        return None
    return own.span(top) / rival.span(below)
