"""A ratio of two systems at a named point ('A outperforms B by 1.8x at 32 workers') against the point of the figure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gauntlet.verdict.arithmetic.context import Context
from gauntlet.verdict.arithmetic.curves import Curve
from gauntlet.verdict.arithmetic.outcomes import Outcome, agrees, differs, unchecked
from gauntlet.verdict.arithmetic.places import unreferred
from gauntlet.verdict.arithmetic.prose import Sentence
from gauntlet.verdict.arithmetic.said import Change
from gauntlet.verdict.arithmetic.sides import Compared, compared_in, curves_meant
from gauntlet.verdict.arithmetic.spans import Span, exact
from gauntlet.verdict.rounding import shown

CHECK = "ratio_at_point"
_READINGS = (
    "the ratio is of another figure, workload or statistic with a point of the same name",
    "the ratio was computed from unrounded values, or the figure was redrawn later",
)


@dataclass(frozen=True)
class _Ratio:
    """How many times the larger of two systems is the smaller at x of a curve's plot."""

    curve: Curve
    x: float
    span: Span


def located_outcome(sentence: Sentence, context: Context) -> Outcome | None:
    """One change between two systems at one point of a plot; None where the sentence names no such point."""
    compared = compared_in(sentence, context)
    if len(compared) != 1 or len(compared[0].own) != 1 or len(compared[0].rivals) != 1:
        return None
    change = compared[0].change
    ratios = list(_ratios(sentence, compared[0], context))
    if not ratios or change.quantity.low != change.quantity.high:
        return None
    forms, allowed = change.ratios(context.policy), context.policy.drawn_tolerance
    if any(one.span.widened(allowed).meets(form) for one in ratios for form in forms):
        return agrees(CHECK)
    if change.quantity.relation not in ("exactly", "about"):
        return None
    reason = _not_comparable(ratios, compared[0], context)
    return unchecked(CHECK, reason) if reason else _finding(sentence, change, forms[0], ratios[0], context)


def _not_comparable(ratios: Sequence[_Ratio], compared: Compared, context: Context) -> str:
    """Why a ratio that no plot shows is no finding; '' where it is one."""
    if len(ratios) > 1:
        return "several plots have such a point of both systems"
    unread = context.is_unread(compared.own | compared.rivals)
    return "a figure or table of both systems was not read, or not surely" if unread else ""


def _ratios(sentence: Sentence, compared: Compared, context: Context) -> Iterator[_Ratio]:
    """What each plot of both systems shows at the point that the sentence names."""
    plots: dict[str, tuple[list[Curve], list[Curve]]] = {}
    for curve in curves_meant(sentence, context):
        if not curve.y.relative:
            for side, systems in enumerate((compared.own, compared.rivals)):
                if curve.system in systems:
                    plots.setdefault(curve.plot, ([], []))[side].append(curve)
    for own, rivals in plots.values():
        if len(own) == 1 == len(rivals) and own[0] is not rivals[0]:
            yield from _at_points(sentence, compared.change, own[0], rivals[0])


def _at_points(sentence: Sentence, change: Change, own: Curve, rival: Curve) -> Iterator[_Ratio]:
    for place in unreferred(sentence, (own, rival)):
        x = place.x or 0.0
        top, below = own.at(x), rival.at(x)
        if place.quantity != change.quantity and top and below and min(top, below) > 0:
            ratio = own.span(top) / rival.span(below)
            yield _Ratio(own, x, ratio if ratio.value >= 1 else exact(1.0) / ratio)


def _finding(sentence: Sentence, change: Change, stated: Span, read: _Ratio, context: Context) -> Outcome:
    return differs(
        CHECK,
        sentence.block,
        f"{change.quantity.text} is stated; in {read.curve.label} the two differ {shown(read.span.value, 3)} times at "
        f"{read.curve.x.label} = {shown(read.x, 3)}.",
        sentence.evidence,
        factor=stated.value / read.span.value,
        tolerance=stated.slack + read.span.slack + context.policy.drawn_tolerance,
        values=(("stated ratio", stated.value, "x"), ("ratio in the figure", read.span.value, "x")),
        readings=_READINGS,
    )
