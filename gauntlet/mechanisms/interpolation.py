"""Curves through measured points: what a figure of the paper, or a data sheet, says about a part."""

from typing import Annotated, NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import (
    LARGEST,
    Floats,
    Listed,
    NonNegative,
    OneOf,
    Scalar,
    outside_validity,
    primitive,
    require,
)

ListOfPositives = Annotated[Floats, Listed(Scalar(0.0, LARGEST, above=True))]


class CurveValue(NamedTuple):
    """Outputs of `interpolated_curve`."""

    value: Floats
    extrapolated: Floats


@primitive
def interpolated_curve(
    x: NonNegative,
    points_x: ListOfPositives,
    points_y: ListOfPositives,
    scale: Annotated[str, OneOf(("log", "log_x", "linear"))],
) -> CurveValue:
    """Straight lines between measured points: ln y over ln x (log), y over ln x (log_x), or y over x (linear).

    Counts what was measured at `points_x` and `points_y`, in any order, on the `scale` where it is straightest: never
    above the higher or below the lower neighbour, so that rising points give a rising curve. Beyond the ends it holds
    the last value, with `extrapolated` set and a ValidityWarning. Leaves out the error of the points. Bare numbers:
    divide `x` by a unit first.
    Domain: distinct x; an approximation between points, good where they are close enough for straight lines.
    Source: Chapra, Canale, Numerical Methods for Engineers, 7th ed. 2015, section 18.6 (linear splines).

    >>> round(float(interpolated_curve(16.0, [4.0, 64.0], [100.0, 400.0], "log").value), 9)
    200.0
    """
    points_x, points_y = checked_points("interpolated_curve", points_x, points_y)
    lowest, highest = points_x.min(axis=0), points_x.max(axis=0)
    extrapolated = (x < lowest) | (x > highest)
    outside_validity(extrapolated, "interpolated_curve: x beyond the points; the value at the end is held.")
    at = np.clip(x, lowest, highest)
    if scale == "linear":
        return CurveValue(through_points(at, points_x, points_y), extrapolated)
    along = np.log(at), np.log(points_x)
    if scale == "log_x":
        return CurveValue(through_points(*along, points_y), extrapolated)
    return CurveValue(np.exp(through_points(*along, np.log(points_y))), extrapolated)


def checked_points(name: str, *lists: Floats) -> tuple[Floats, ...]:
    """Lists of one length whose first has no value twice, without the axes along which they only repeat themselves."""
    lengths = [len(values) for values in lists]
    require(len(set(lengths)) == 1, f"{name}: lists of {lengths} elements; expected one element per point in each.")
    own = tuple(values[tuple(slice(0, 1) if step == 0 else slice(None) for step in values.strides)] for values in lists)
    require(np.diff(np.sort(own[0], axis=0), axis=0) > 0, f"{name}: two points at one place; expected distinct ones.")
    return own


def through_points(at: Floats, x: Floats, y: Floats) -> Floats:
    """Straight lines through points listed along the first axis, the outermost continued; one point is a constant."""
    if len(x) == 1:
        return np.broadcast_to(y[0], np.broadcast_shapes(at.shape, y.shape[1:]))
    order = np.argsort(x, axis=0)
    x, y = np.take_along_axis(x, order, 0), np.take_along_axis(y, order, 0)
    left = (at >= x[1:-1]).sum(axis=0)[np.newaxis]
    (x0, x1), (y0, y1) = ([np.take_along_axis(points, left + end, 0)[0] for end in (0, 1)] for points in (x, y))
    line: Floats = y0 + (at - x0) * (y1 - y0) / (x1 - x0)
    return line
