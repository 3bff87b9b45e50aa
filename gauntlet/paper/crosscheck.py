"""Values of figures held against the numbers in the sentences and tables that speak of them.

A scale that is wrong by a power of ten fits its labels as well as the right one; only words elsewhere can tell.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from gauntlet import units
from gauntlet.errors import UnknownUnit
from gauntlet.paper.plots.confidence import confidence
from gauntlet.paper.quantities import Quantity, find_quantities
from gauntlet.paper.records import Anchor, Axis, Doubt, Figure, Plot, PlotSeries, PrintedValue, Table

AGREES = 0.02
OUTSIDE = 1.5  # a number this much beyond the axis cannot be one of its values
POWERS = (1, 2, 3, -3, 4, 5, 6, -6, 9, -9)
"""Exponents a multiplier may have, likely ones first. Small numbers near a figure are often its settings, so that only
whole prefixes (thousandths) are believed of them."""
FEWEST = 2  # numbers that must say the same of a scale
MOST_POINTS = 2000
QUANTILES = (0.5, 0.9, 0.95, 0.99, 0.999)


def cross_checked(figure: Figure, tables: Sequence[Table] = ()) -> Figure:
    """The figure with what is said elsewhere of its values; series of a scale that this contradicts are doubted.

    Said are numbers in sentences that name the figure, and in tables that such a sentence names as well.
    """
    said = [*_in_sentences(figure), *_in_tables(figure, tables)]
    found: dict[tuple[str, str], PrintedValue] = {}
    plots = []
    for plot in figure.plots:
        series = []
        for one in plot.series:
            axis, values = _value_axis(plot, one), _values(plot, one)
            own = [(number, value) for number in said if (value := _on_axis(number.quantity, axis)) is not None]
            series.append(_doubted(plot, one, _wrong_power(own, values, axis)))
            for number, value in own:
                read = _nearest(value, number.quantity, values)
                if read is not None or (number.text, axis.title) not in found:
                    found[number.text, axis.title] = _printed(number, value, one, read)
        plots.append(plot.model_copy(update={"series": tuple(series)}))
    return figure.model_copy(update={"plots": tuple(plots), "printed": tuple(found.values())})


@dataclass(frozen=True)
class _Number:
    """A number said of a figure: its words, its place, and what it amounts to."""

    text: str
    anchor: Anchor
    quantity: Quantity


def _in_sentences(figure: Figure) -> Iterator[_Number]:
    for mention in figure.mentions:
        for quantity in find_quantities(mention.sentence):
            if quantity.low == quantity.high:
                yield _Number(quantity.text, mention.anchor, quantity)
                continue
            for end, words in ((quantity.low, "low end"), (quantity.high, "high end")):
                yield _Number(f"{quantity.text} ({words})", mention.anchor, replace(quantity, value=end))


def _in_tables(figure: Figure, tables: Sequence[Table]) -> Iterator[_Number]:
    """Cells with a unit in their heading, of tables that are named in one sentence with the figure."""
    sentences = {(mention.block, mention.sentence) for mention in figure.mentions}
    for table in tables:
        if not any((mention.block, mention.sentence) in sentences for mention in table.mentions):
            continue
        for cell in table.cells:
            unit = table.columns[cell.column].unit if cell.column < len(table.columns) else None
            if unit and cell.row >= table.header_rows:
                for quantity in find_quantities(f"{cell.text} {unit}")[:1]:
                    yield _Number(f"{cell.text} {unit} in {table.label}", cell.anchor, quantity)


def _printed(number: _Number, value: float, series: PlotSeries, read: float | None) -> PrintedValue:
    own = None if read is None else series.id
    return PrintedValue(text=number.text, anchor=number.anchor, value=value, series=own, read=read)


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


def _wrong_power(said: Sequence[tuple[_Number, float]], values: Sequence[float], axis: Axis) -> Doubt | None:
    """Several numbers beyond the axis that all agree with its values times one power of ten."""
    top = axis.maximum
    if top <= 0 or any(_nearest(value, one.quantity, values) is not None for one, value in said):
        return None
    low = _lowest(values, axis.minimum) / OUTSIDE
    outside = [(one, value) for one, value in said if value > OUTSIDE * top or 0 < value < low]
    for power in POWERS:
        hits = [one.text for one, value in outside if _nearest(value / 10.0**power, one.quantity, values) is not None]
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
