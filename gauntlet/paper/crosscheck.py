"""Values of figures held against the numbers in the sentences that speak of them.

A scale that is wrong by a power of ten fits its labels as well as the right one; only words elsewhere can tell.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from gauntlet import units
from gauntlet.errors import UnknownUnit
from gauntlet.paper.plots.confidence import confidence
from gauntlet.paper.quantities import Quantity, find_quantities
from gauntlet.paper.records import Axis, Doubt, Figure, Plot, PlotSeries, PrintedValue

AGREES = 0.02
OUTSIDE = 1.5  # a number this much beyond the axis cannot be one of its values
POWERS = (-9, -6, -3, -2, -1, 1, 2, 3, 6, 9)
FEWEST = 2  # numbers that must say the same of a scale
MOST_POINTS = 2000
QUANTILES = (0.5, 0.9, 0.95, 0.99, 0.999)


def cross_checked(figure: Figure) -> Figure:
    """The figure with what its sentences say of its values; series of a scale that they contradict are doubted."""
    said = [
        (end, mention.anchor)
        for mention in figure.mentions
        for one in find_quantities(mention.sentence)
        for end in _ends(one)
    ]
    printed: dict[tuple[str, str], PrintedValue] = {}
    plots = []
    for plot in figure.plots:
        series = []
        for one in plot.series:
            axis, values = _value_axis(plot, one), _values(plot, one)
            found = [(quantity, value) for quantity, _ in said if (value := _on_axis(quantity, axis)) is not None]
            for quantity, anchor in said:
                value = _on_axis(quantity, axis)
                read = None if value is None else _nearest(value, quantity, values)
                if value is not None and (read is not None or (quantity.text, axis.title) not in printed):
                    printed[quantity.text, axis.title] = PrintedValue(
                        text=quantity.text,
                        anchor=anchor,
                        value=value,
                        series=None if read is None else one.id,
                        read=read,
                    )
            series.append(_doubted(plot, one, _wrong_power(found, values, axis)))
        plots.append(plot.model_copy(update={"series": tuple(series)}))
    return figure.model_copy(update={"plots": tuple(plots), "printed": tuple(printed.values())})


def _ends(quantity: Quantity) -> tuple[Quantity, ...]:
    """Both ends of a range as quantities of their own."""
    if quantity.low == quantity.high:
        return (quantity,)
    low, high = (replace(quantity, value=end, low=end, high=end) for end in (quantity.low, quantity.high))
    return replace(low, text=f"{quantity.text} (low end)"), replace(high, text=f"{quantity.text} (high end)")


def _value_axis(plot: Plot, series: PlotSeries) -> Axis:
    along_x = series.orientation == "horizontal" or series.kind == "cdf"
    return plot.x_axis if along_x else plot.y_axis_of(series)


def _values(plot: Plot, series: PlotSeries) -> list[float]:
    """What a sentence would say of a series: its points, of a curve its ends and extremes, of a CDF its quantiles."""
    points = [point for index, point in enumerate(series.points[:MOST_POINTS]) if index not in series.clipped]
    if series.kind == "cdf":
        whole = 100.0 if plot.y_axis.maximum > 2 else 1.0
        reached = [next((x for x, y in points if y >= share * whole), None) for share in QUANTILES]
        return [x for x in [*reached, *(x for x, _ in points[:1] + points[-1:])] if x is not None]
    values = [x if series.orientation == "horizontal" else y for x, y in points]
    if series.kind in ("line", "step") and values:
        return [values[0], values[-1], min(values), max(values)]
    return values


def _on_axis(quantity: Quantity, axis: Axis) -> float | None:
    """The printed value in the unit of the axis; None where the two measure different things."""
    unit = (axis.unit or "").strip()
    if quantity.kind == "percent":
        return quantity.value if unit in ("%", "percent") and quantity.direction is None else None
    if quantity.kind != "amount" or not unit:
        return None
    try:
        return float(units.from_si(quantity.value, unit)) if units.same_dimension(quantity.unit, unit) else None
    except UnknownUnit:
        return None


def _nearest(value: float, quantity: Quantity, values: Sequence[float]) -> float | None:
    """The recovered value that agrees with a printed one within its rounding or 2 %, None where none does."""
    best = min(values, key=lambda one: abs(one - value), default=None)
    agrees = best is not None and abs(best - value) <= max(AGREES, quantity.rounding) * abs(value)
    return best if agrees else None


def _wrong_power(said: Sequence[tuple[Quantity, float]], values: Sequence[float], axis: Axis) -> Doubt | None:
    """Several numbers beyond the axis that all agree with its values times one power of ten."""
    top, bottom = max(axis.maximum, 0.0), axis.minimum
    if any(_nearest(value, quantity, values) is not None for quantity, value in said) or top <= 0:
        return None
    outside = [
        (one, value) for one, value in said if value > OUTSIDE * top or 0 < value < _lowest(values, bottom) / OUTSIDE
    ]
    for power in sorted(POWERS, key=abs):
        hits = [one.text for one, value in outside if _nearest(value / 10.0**power, one, values) is not None]
        if len(set(hits)) >= FEWEST:
            words = f"the text says {' and '.join(dict.fromkeys(hits[:3]))}: its values times 10^{power}"
            return Doubt(kind="printed_elsewhere", amount=1.0, words=words)
    return None


def _lowest(values: Sequence[float], bottom: float) -> float:
    return min((value for value in values if value > max(bottom, 0.0)), default=math.inf if bottom <= 0 else bottom)


def _doubted(plot: Plot, series: PlotSeries, doubt: Doubt | None) -> PlotSeries:
    if doubt is None:
        return series
    doubts = (*series.doubts, doubt)
    every: Iterator[Doubt] = iter((*plot.x_axis.doubts, *plot.y_axis_of(series).doubts, *doubts))
    return series.model_copy(update={"doubts": doubts, "confidence": confidence(every)})
