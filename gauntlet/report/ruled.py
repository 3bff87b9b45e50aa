"""Grid, ticks and numbers of a frame as a dozen artists; matplotlib's own hundred take half of a figure's time."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

_POINTS_PER_INCH = 72
_LONG, _SHORT, _GAP = 3.5, 2.0, 3.5
"""Ticks at numbers and between them, and from a tick to its number, in points."""
_DIGIT = 0.64  # width of a digit over the font's size, in DejaVu Sans
_LINE = 1.2


def rule(axes: "Axes", ink: str, soft: str, x_size: float | None = None, x_rotation: float = 0.0) -> None:
    """Draw what the locators and formatters of `axes` say, and silence them. Call when the limits are final."""
    from matplotlib.ticker import NullLocator

    axes.set_autoscale_on(False)
    names: dict[str, list[str]] = {}
    for axis in (axes.xaxis, axes.yaxis):
        at, names[axis.axis_name] = _numbers(axis)
        between = [place for place in axis.get_minorticklocs() if _inside(axis, place)]
        for places, length, width in ((at, _LONG, 0.8), (between, _SHORT, 0.6)):
            _ticks(axes, axis, places, length, width, ink)
        upright = axis is axes.yaxis
        (axes.hlines if upright else axes.vlines)(
            at, 0, 1, color=soft, linewidth=0.7, zorder=0.5,
            transform=axes.get_yaxis_transform("grid") if upright else axes.get_xaxis_transform("grid"),
        )  # fmt: skip
        _label(axes, axis, at, names[axis.axis_name], x_size, x_rotation)
        axis.set_major_locator(NullLocator())
        axis.set_minor_locator(NullLocator())
    _place_titles(axes, names["y"])


def _numbers(axis: "Axis") -> tuple[list[float], list[str]]:
    """Where the numbers stand, and their words, without a power of ten set apart."""
    from matplotlib.ticker import ScalarFormatter

    at = [float(place) for place in axis.get_majorticklocs() if _inside(axis, place)]
    formatter = axis.get_major_formatter()
    if isinstance(formatter, ScalarFormatter):
        largest = max(map(abs, at), default=0.0)
        if largest >= 1e6 or 0 < largest < 1e-3:
            return at, [f"{place:g}" for place in at]
        formatter.set_useOffset(False)
        formatter.set_scientific(False)
    return at, formatter.format_ticks(at)


def _inside(axis: "Axis", place: float) -> bool:
    low, high = sorted(axis.get_view_interval())
    slack = 1e-9 * (high - low)
    return bool(low - slack <= place <= high + slack)


def _ticks(axes: "Axes", axis: "Axis", places: list[float], length: float, width: float, ink: str) -> None:
    from matplotlib.lines import Line2D

    if not places:
        return
    # markers 0 and 3: a stroke to the left, and one downwards
    edge = np.zeros(len(places))
    upright = axis is axes.yaxis
    x, y = (edge, places) if upright else (places, edge)
    line = Line2D(
        x, y, linestyle="none", marker=0 if upright else 3, markersize=length, markeredgewidth=width,
        color=ink, clip_on=False, transform=axes.get_yaxis_transform("tick1") if upright
        else axes.get_xaxis_transform("tick1"),
    )  # fmt: skip
    axes.add_artist(line)


def _label(
    axes: "Axes", axis: "Axis", at: list[float], names: list[str], x_size: float | None, x_rotation: float
) -> None:
    if axis is axes.yaxis:
        transform, va, ha = axes.get_yaxis_text1_transform(_LONG + _GAP)
        for place, name in zip(at, names, strict=True):
            axes.text(0, place, name, transform=transform, va=va, ha=ha)
        return
    transform, va, ha = axes.get_xaxis_text1_transform(_LONG + _GAP)
    for place, name in zip(at, names, strict=True):
        axes.text(place, 0, name, transform=transform, va=va, ha=ha, fontsize=x_size, rotation=x_rotation)


def _place_titles(axes: "Axes", names: list[str]) -> None:
    """The axes' names beside the numbers; the upright one never off the page."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    width, height = figure.get_size_inches() * _POINTS_PER_INCH
    frame = axes.get_position()
    size = float(axes.yaxis.label.get_fontsize())
    lines = axes.yaxis.label.get_text().count("\n") + 1
    numbers = max((len(name) for name in names), default=0) * _DIGIT * size
    right = frame.x0 * width - _LONG - 2 * _GAP - numbers
    axes.yaxis.set_label_coords(max(right, lines * _LINE * size) / width, (frame.y0 + frame.y1) / 2, figure.transFigure)
    below = frame.y0 * height - _LONG - 2 * _GAP - _LINE * size
    axes.xaxis.set_label_coords((frame.x0 + frame.x1) / 2, below / height, figure.transFigure)
