"""Curves of a distribution read as quantiles: the level is x, the value below which that share lies is y.

Shares at a value hide differences: a latency that is 1.3 times lower moves a share of 0.99 by next to nothing.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from gauntlet.errors import RecordError
from gauntlet.paper.records import Axis, Plot, PlotSeries
from gauntlet.specs.claims import Missing, Point, SeriesSource
from gauntlet.specs.wire import WireClaim, WirePoints
from gauntlet.units import dimension, from_si, to_si


@dataclass(frozen=True)
class Drawn:
    """A distribution as it is drawn, in drawing order: levels (shares up to a value) and values as printed.

    `level_error` is absolute, `value_error` relative; one per point each.
    """

    levels: tuple[float, ...]
    values: tuple[float, ...]
    level_error: tuple[float, ...]
    value_error: tuple[float, ...]


def quantile_points(
    wire: WirePoints, plot: Plot, series: PlotSeries, level_unit: str, value: Callable[[float], float], where: str
) -> tuple[tuple[Point, ...], tuple[Missing, ...]]:
    """Points with the level as x, in `level_unit`, and `value(x as drawn)` as y; shares that are no level are missing.

    A level's reading error is one of the value too: as far as the curve moves within it.
    """
    if dimension(wire.x_unit, where):
        raise RecordError(
            f"{where}: points read as {wire.read_as!r} have shares as x, but x_unit is {wire.x_unit!r}; give the unit "
            "of the axis of shares ('' or '%') as x_unit and that of the values as y_unit."
        )
    drawn = _drawn(wire, plot, series)
    points, missing = [], []
    for index, level in enumerate(drawn.levels):
        x = from_si(level, level_unit)
        if not drawn.level_error[index] < level < 1 - drawn.level_error[index]:
            reason = f"the level of a quantile lies between 0 and 1; {level:.4g} is not told from an end, or is outside"
            missing.append(Missing(x=x, reason=reason))
            continue
        error = math.hypot(drawn.value_error[index], _moved(drawn, index))
        y = value(drawn.values[index])
        points.append(
            Point(
                x=x,
                y=y,
                reading_error=min(error, 1e3),
                source=SeriesSource(series=series.id, index=index),
                censored=index in series.clipped,
                usable=y > 0 and math.isfinite(error),
            )
        )
    if not points:
        raise RecordError(
            f"{where}: no share of {series.id} lies between 0 and 1 in x_unit {wire.x_unit!r}; read as "
            f"{wire.read_as!r}, the axis of shares is the vertical one, in '%' where it ends at 100."
        )
    return tuple(points), tuple(missing)


def check_levels(claim: WireClaim, points: Sequence[Point], x_unit: str | None, *, is_distribution: bool) -> None:
    """A quantile has its level from its metric or, where that `is_distribution`, from the claim's x."""
    if not is_distribution:
        if claim.points.read_as != "drawn":
            raise RecordError(
                f"points read as {claim.points.read_as!r} need a metric of statistic 'quantile' whose quantile is "
                f"null, since each point has its own level; {claim.metric} is none: declare one of the values."
            )
        return
    if claim.kind == "attribution" or (x_unit is None and (claim.configuration or claim.point_configurations)):
        return
    if x_unit is None:
        raise RecordError(
            f"metric {claim.metric} has statistic 'quantile' and no quantile; give it, such as 0.99 for p99."
        )
    levels = [to_si(point.x, x_unit) for point in points if point.x is not None]
    if dimension(x_unit) or any(not 0 < level < 1 for level in levels):
        raise RecordError(
            f"metric {claim.metric} has no quantile, so that x must be its level between 0 and 1, which "
            f"{claim.x_variable} is not; give the metric its quantile, such as 0.99 for p99, or the claim its level as "
            "x_variable."
        )


def _drawn(wire: WirePoints, plot: Plot, series: PlotSeries) -> Drawn:
    shares = [to_si(share, wire.x_unit) for _, share in series.points]
    values = [value for value, _ in series.points]
    errors = _absolute(plot.y_axis_of(series), series.reading_error_y, shares, float(to_si(1.0, wire.x_unit)))
    if wire.read_as == "quantiles_of_excess":
        shares = [1 - share for share in shares]
    relative = [_relative(plot.x_axis, series.reading_error_x, value) for value in values]
    return Drawn(tuple(shares), tuple(values), tuple(errors), tuple(relative))


def _absolute(axis: Axis, error: float, shares: Sequence[float], factor: float) -> list[float]:
    """Reading errors of shares: relative on a log axis, in units of the axis otherwise."""
    return [error * abs(share) if axis.scale == "log" else error * factor for share in shares]


def _relative(axis: Axis, error: float, value: float) -> float:
    if axis.scale == "log":
        return error
    return error / abs(value) if value else math.inf


def _moved(drawn: Drawn, index: int) -> float:
    """Largest relative change of the value where the level moves by its reading error, along the drawn curve."""
    level, own, error = drawn.levels[index], drawn.values[index], drawn.level_error[index]
    if not own:
        return math.inf
    order = np.argsort(drawn.levels, kind="stable")
    levels, values = np.asarray(drawn.levels)[order], np.asarray(drawn.values)[order]
    within = values[np.abs(levels - level) <= error]
    ends = np.interp([level - error, level + error], levels, values)
    return float(np.max(np.abs(np.concatenate((within, ends)) / own - 1)))
