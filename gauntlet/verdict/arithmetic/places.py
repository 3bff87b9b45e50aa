"""Points of figures and tables that a sentence names: 'at 10 nodes in Figure 3', 'the highest point of Table 2'."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gauntlet.paper.mentions import named_in
from gauntlet.paper.numbers import scan
from gauntlet.paper.quantities import Quantity
from gauntlet.verdict.arithmetic.context import Context
from gauntlet.verdict.arithmetic.curves import Curve, Measure, stems
from gauntlet.verdict.arithmetic.prose import Sentence

_REFERENCE = re.compile(r"\b(?:Figures?|Figs?\.?|Tables?|Tabs?\.)\s*\d+\w?", re.IGNORECASE)
_HIGHEST = re.compile(r"\b(?:(?:highest|topmost)\s(?:point|value)|peak|maximum)\b[^.,;]{0,25}$", re.IGNORECASE)
_COUNTED = re.compile(r"\s(?P<of>[A-Za-z]{3,})\b")
_BEFORE, _BEHIND = 60, 40
"""Characters around a number in which the words of its axis must stand."""
_LEAST_SLACK = 0.005


@dataclass(frozen=True)
class Place:
    """A named point: figure or table, and x there; None for its highest point. `start`: where the sentence says it."""

    source: str
    x: float | None
    start: int
    quantity: Quantity | None = None


def references_in(text: str) -> list[tuple[str, int, int]]:
    """Ids of the figures and tables that a sentence names singly, with where they stand."""
    found = []
    for match in _REFERENCE.finditer(text):
        found += [(name, match.start(), match.end()) for name in list(named_in(match.group()))[:1]]
    return found


def places_in(sentence: Sentence, context: Context) -> list[Place]:
    """Places that the sentence names, in its order; each number stands for one place only."""
    references = references_in(sentence.text)
    taken: set[int] = set()
    found: list[Place] = []
    for index, (source, start, end) in enumerate(references):
        begin = references[index - 1][2] if index else 0
        stop = references[index + 1][1] if index + 1 < len(references) else len(sentence.text)
        place = _highest(sentence.text[begin:start], source, start) or _point(
            sentence, context.of(source), source, [(begin, start), (end, stop)], taken
        )
        if place is not None:
            found.append(place)
            taken |= {place.start}
    return found


def unreferred(sentence: Sentence, curves: Sequence[Curve]) -> list[Place]:
    """Points that a sentence names by the words of an axis alone ('at 32 workers'), one for each plot that has them.

    `source` is the plot; 'roughly 60 %' is no point. A plot in which two numbers of the sentence are points gives none.
    """
    found: dict[str, set[tuple[float, int]]] = {}
    quantities: dict[int, Quantity] = {}
    for curve in curves:
        for quantity in sentence.quantities:
            if (
                quantity.kind != "factor"
                and quantity.relation == "exactly"
                and not curve.categories
                and _is_by(sentence.text, quantity, curve.x)
            ):
                x = _x_of(curve, quantity)
                if x is not None:
                    found.setdefault(curve.plot, set()).add((curve.points[_nearest(curve, x)][0], quantity.start))
                    quantities[quantity.start] = quantity
    starts = {plot: {start for _, start in points} for plot, points in found.items()}
    return [
        Place(plot, min(points)[0], start, quantities[start])
        for plot, points in found.items()
        if len(starts[plot]) == 1
        for start in starts[plot]
    ]


def _nearest(curve: Curve, x: float) -> int:
    return min(range(len(curve.points)), key=lambda index: abs(curve.points[index][0] - x))


def value_at(curve: Curve, place: Place) -> float | None:
    """The value of a curve at a place."""
    if place.x is None:
        return max((y for _, y in curve.points), default=None)
    return curve.at(place.x)


def _highest(before: str, source: str, start: int) -> Place | None:
    return Place(source, None, start) if _HIGHEST.search(before) else None


def _point(
    sentence: Sentence, curves: Sequence[Curve], source: str, windows: list[tuple[int, int]], taken: set[int]
) -> Place | None:
    """The number in the first window that has one which is an x of the curves and stands by the words of their axis."""
    for begin, end in windows:
        near = [one for one in sentence.quantities if begin <= one.start < end and one.start not in taken]
        near.sort(key=lambda one: abs(one.start - windows[0][1]))
        for quantity in near:
            for curve in curves:
                if not curve.categories and _is_by(sentence.text, quantity, curve.x):
                    x = _x_of(curve, quantity)
                    if x is not None:
                        return Place(source, x, quantity.start, quantity)
    return None


def _is_by(text: str, quantity: Quantity, axis: Measure) -> bool:
    """All words of the axis stand around the number, or one right behind it: '32 workers' on 'Worker threads'."""
    around = text[max(0, quantity.start - _BEFORE) : quantity.end + _BEHIND]
    counted = _COUNTED.match(text, quantity.end)
    return bool(axis.words) and (axis.words <= stems(around) or bool(counted and stems(counted["of"]) & axis.words))


def _x_of(curve: Curve, quantity: Quantity) -> float | None:
    """The x of the curve that the quantity says, within its printed digits."""
    slack = max(2 * quantity.rounding, _LEAST_SLACK)
    for value in _readings(curve.x, quantity):
        near = [x for x, _ in curve.points if abs(x - value) <= slack * max(abs(x), abs(value))]
        if near:
            return min(near, key=lambda x: abs(x - value))
    return None


def _readings(axis: Measure, quantity: Quantity) -> Iterator[float]:
    """The quantity in the unit of the axis, then the bare number as printed."""
    factor, unit = axis.si
    if unit and unit == quantity.unit:
        yield quantity.value / factor
        return
    number = next(scan(quantity.text), None)
    if number is not None:
        yield from (number.value, number.scaled)
