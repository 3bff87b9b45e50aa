"""What kind of series a trace is: step curves and distributions among the lines, groups and stacks among the bars."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from gauntlet.paper.plots.primitives import Point
from gauntlet.paper.plots.traces import Trace
from gauntlet.paper.records import Axis

Kind = Literal["line", "line+marker", "scatter", "bar", "cdf", "step", "other"]
STEP_SHARE = 0.97
SHARED_WIDTH = 0.5  # of the narrower bar: neighbours touch, bars on each other have one place
_DISTRIBUTION = re.compile(r"\bc?cdf\b|cumulative|fraction|probability|percentile|proportion", re.I)


def kind_of(trace: Trace, points: Sequence[Point], y_axis: Axis) -> Kind:
    """Kind of a trace whose values are `points`."""
    if trace.kind != "line":
        return trace.kind
    if _is_distribution(points, y_axis):
        return "cdf"
    return "step" if is_step(trace.points) else "line"


def is_step(points: Sequence[Point]) -> bool:
    """True where level and upright strokes take turns."""
    level = upright = other = 0
    for (ax, ay), (bx, by) in pairwise(points):
        if abs(ay - by) < 0.02:
            level += abs(ax - bx) > 0.02
        elif abs(ax - bx) < 0.02:
            upright += 1
        else:
            other += 1
    return upright > 0 and level > 0 and level + upright >= STEP_SHARE * (level + upright + other)


def _is_distribution(points: Sequence[Point], axis: Axis) -> bool:
    """A rising curve on an axis of shares (0 to 1, or per cent) that says so in its title or comes to its top."""
    ys = [y for _, y in points]
    whole = 100.0 if axis.maximum > 2 else 1.0
    top_is_whole = 0.99 * whole <= axis.maximum <= 1.12 * whole and abs(axis.minimum) < 0.1 * whole
    if axis.scale != "linear" or not top_is_whole or len(ys) < 3:
        return False
    slack = 0.001 * whole
    rising = all(b >= a - slack for a, b in pairwise(ys)) and all(b[0] >= a[0] for a, b in pairwise(points))
    if not rising or max(ys) > whole + slack or min(ys) < -slack:
        return False
    complete = abs(ys[-1] - whole) < 0.01 * whole
    return bool(_DISTRIBUTION.search(axis.title)) or (whole == 1.0 and complete and ys[0] < 0.2)


def arrangement(bars: Sequence[Trace]) -> Literal["single", "grouped", "stacked"]:
    """How the bars of several series stand: on each other where two share most of their width, else side by side."""
    if len(bars) < 2:
        return "single"
    start = 1 if bars[0].horizontal else 0
    sides = sorted((bar[start], bar[start + 2], number) for number, trace in enumerate(bars) for bar in trace.bars)
    for (low, high, one), (other_low, other_high, other) in pairwise(sides):
        shared = min(high, other_high) - other_low
        if one != other and shared > SHARED_WIDTH * min(high - low, other_high - other_low):
            return "stacked"
    return "grouped"
