"""A primitive's curves as a small picture, for its page and for `gauntlet mechanisms show --output`."""

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gauntlet.mechanisms.curves import Axis, Curves, Line
from gauntlet.mechanisms.words import number, prefix_of, quantity, spelled
from gauntlet.report.small_svg import small
from gauntlet.report.style import BLUE, GREEN, GREY, INK, SOFT, STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import XAxis, YAxis
    from matplotlib.figure import Figure

_WIDTH, _HEIGHT, _DPI = 388.8, 230.4, 150
"""In points."""
_LETTER, _SMALL, _BOLD = 9.5, 5.1, 6.6
"""Height of a letter, and its width in the legend and in the title."""
_LEFT, _MARK, _GAP, _ROW = 7, 19, 11, 13
"""Of the legend: where it begins, the room for a mark and behind the words, and the height of a row."""
_LOOK: Any = {**STYLE, "font.size": _LETTER, "font.family": "DejaVu Sans", "svg.fonttype": "none"}
_RAMP = ("#8fbfe6", "#4a90c8", "#0a62a6", "#07416f", "#03203a")
"""Light to dark, for lines that differ by a number."""
_PALETTE = (BLUE, GREEN, "#b8690b", "#6a4c93", GREY, "#1391a0", "#8a5a44", "#2f3e4e")
"""For lines that differ by a word."""
_DOTS_UP_TO = 20
_HEADROOM = 1.06
_FEW_DECADES = 2.0
_MANY_DECADES = 4.0
_MANY = 1e4
_PALE, _THICK = 0.16, 1.7
_DOT: Any = {"marker": "o", "markersize": 6, "color": INK, "markeredgecolor": "white", "markeredgewidth": 1}


def draw_primitive(curves: Curves) -> tuple[bytes, bytes]:
    """The curves as (SVG, PNG). The SVG keeps texts as text, and coordinates to a tenth of a point."""
    import matplotlib

    from gauntlet.report.canvas import draw_both

    with matplotlib.rc_context(_LOOK):
        svg, png = draw_both(_draw(curves), _DPI)
    return small(svg.decode(), _LETTER, INK).encode(), png


def _draw(curves: Curves) -> "Figure":
    from matplotlib.figure import Figure

    from gauntlet.report.ruled import rule

    figure = Figure(figsize=(_WIDTH / 72, _HEIGHT / 72))
    title = _title(curves.y, _largest(curves))
    figure.text(_LEFT / _WIDTH, 1 - 6.5 / _HEIGHT, title, fontweight="bold", va="top")
    colors = _colors(curves)
    used = _legend(figure, curves, colors, _LEFT + _BOLD * len(title))
    below, above = 40.0, 24.0 + _ROW * used
    axes = figure.add_axes((0.13, below / _HEIGHT, 0.80, 1 - (below + above) / _HEIGHT))
    _plot(axes, curves, colors)
    axes.set_xlabel(_title(curves.x, float(curves.at[-1])))
    rule(axes, INK, SOFT)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure


def _plot(axes: "Axes", curves: Curves, colors: Sequence[str]) -> None:
    x_factor, y_factor = _scale(axes, curves)
    at = curves.at / x_factor
    steps = curves.whole and curves.x.scale == "linear"
    marker = "o" if curves.whole and at.size <= _DOTS_UP_TO else None
    for color, line in zip(colors, curves.lines, strict=True):
        y = line.y / y_factor
        if _has_band(curves, line):
            few = slice(None, None, 1 if steps else 2)  # half the points do for a pale edge
            edges = (y[few] * (1 - curves.error), y[few] * (1 + curves.error))
            axes.fill_between(at[few], *edges, color=color, alpha=_PALE, linewidth=0)
        axes.plot(at, y, color=color, linewidth=_THICK, marker=marker, markersize=3.2)
    met = [line.example / y_factor for line in curves.lines if line.example is not None]
    if curves.example is not None and met:
        axes.plot([curves.example / x_factor] * len(met), met, linestyle="none", zorder=5, clip_on=False, **_DOT)


def _scale(axes: "Axes", curves: Curves) -> tuple[float, float]:
    """Set scales and limits; the factors by which values are divided so that the numbers at linear axes are short."""
    low, high = float(curves.at[0]), float(curves.at[-1])
    if curves.x.scale == "linear" and 0 < low < 0.12 * high:
        low = 0.0
    bottom, top = float(min(np.nanmin(line.y) for line in curves.lines)), _largest(curves)
    if curves.y.scale == "log":
        bottom, top = bottom / 1.25, top * 1.25
    else:
        bottom, top = min(0.0, _HEADROOM * bottom), _HEADROOM * top
    x_factor = _ruler(axes.xaxis, curves.x, low, high, curves.whole)
    y_factor = _ruler(axes.yaxis, curves.y, bottom, top)
    axes.set(xlim=(low / x_factor, high / x_factor), ylim=(bottom / y_factor, top / y_factor))
    return x_factor, y_factor


def _ruler(ruler: "XAxis | YAxis", axis: Axis, low: float, high: float, whole: bool = False) -> float:
    """Scale, places of the numbers and their words; the factor to divide by."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

    if axis.scale == "linear":
        ruler.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10], integer=whole))
        ruler.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
        return prefix_of(high, axis.unit)[0]
    ruler.axes.set(**{f"{ruler.axis_name}scale": "log"})
    decades = math.log10(high / low)
    ruler.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if decades < _FEW_DECADES else (1.0,), numticks=8))
    if decades > _MANY_DECADES:
        ruler.set_minor_locator(NullLocator())
    ruler.set_major_formatter(FuncFormatter(lambda value, _: _tick(value, axis.unit)))
    return 1.0


def _tick(value: float, unit: str) -> str:
    """A number at a log axis: 10 kB, 1 ms; 100 k, 2·10⁻⁶ where the title has the unit."""
    if not _in_title(unit) and not (unit == "s" and value >= _MANY):
        return quantity(value, unit)
    if unit != "s" and _MANY <= value < 1e19:
        factor, name = prefix_of(value, "B")
        return f"{number(value / factor)} {name[0]}"
    power = math.floor(math.log10(value) + 1e-9)
    first = f"{value / 10.0**power:.0f}"
    ten = f"10{str(power).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"
    text = number(value) if 1e-3 <= value < _MANY else ten if first == "1" else f"{first}·{ten}"
    return f"{text} s" if unit == "s" else text


def _in_title(unit: str) -> bool:
    """At a log axis short units stand with the numbers, long ones and none in the title."""
    return not unit or "/" in unit or len(unit) > 2


def _title(axis: Axis, largest: float) -> str:
    """'mean response [ms]'."""
    if axis.scale == "linear":
        unit = prefix_of(largest, axis.unit)[1]
    else:
        unit = spelled(axis.unit) if _in_title(axis.unit) else ""
    return f"{axis.words} [{unit}]" if unit else axis.words


def _largest(curves: Curves) -> float:
    """The height that the frame holds."""
    if curves.top is None:
        return float(max(np.nanmax(line.y) for line in curves.lines))
    return max([curves.top, *(1.1 * line.example for line in curves.lines if line.example is not None)])


def _colors(curves: Curves) -> tuple[str, ...]:
    """A ramp for lines told apart by a number, else one colour each."""
    count = len(curves.lines)
    if count > 1 and count <= len(_RAMP) and all(re.search(r"\d", line.label) for line in curves.lines):
        return _RAMP[:count] if count > 2 else _RAMP[1:4:2]
    return tuple(_PALETTE[index % len(_PALETTE)] for index in range(count))


def _has_band(curves: Curves, line: Line) -> bool:
    """The error of the form is shown around the line of the example, or the only one."""
    return curves.error > 0 and (line.example is not None or len(curves.lines) == 1)


def _legend(figure: "Figure", curves: Curves, colors: Sequence[str], end_of_title: float) -> int:
    """Marks and words in a row, beside the title if they fit, else below; the number of rows below."""
    from matplotlib.lines import Line2D

    entries: list[tuple[str, dict[str, Any]]] = [(f"{curves.among}:", {})] if curves.among else []
    entries += [(line.label, {"color": color}) for color, line in zip(colors, curves.lines, strict=True) if line.label]
    entries += [("example", _DOT)] * (curves.example is not None and any(line.example for line in curves.lines))
    if banded := [color for color, line in zip(colors, curves.lines, strict=True) if _has_band(curves, line)]:
        words = f"± {100 * curves.error:.2g} % error of its form"
        entries += [(words, {"color": banded[0], "alpha": _PALE, "linewidth": 7, "solid_capstyle": "butt"})]
    widths = [(_MARK if style else 0) + _SMALL * len(words) + _GAP for words, style in entries]
    beside = end_of_title + 2 * _GAP + sum(widths) < _WIDTH
    left, row = (_WIDTH - sum(widths), 0) if beside else (float(_LEFT), 1)
    for (words, style), width in zip(entries, widths, strict=True):
        if left + width > _WIDTH + 1:
            left, row = float(_LEFT), row + 1
        high = 1 - (11.0 + _ROW * row) / _HEIGHT
        if style:
            mark = [left, left + _MARK - 5] if style is not _DOT else [left + (_MARK - 5) / 2]
            x = [place / _WIDTH for place in mark]
            figure.add_artist(Line2D(x, [high] * len(x), **{"linewidth": _THICK, **style}))
        text_at = (left + (_MARK if style else 0)) / _WIDTH
        figure.text(text_at, high - 3.0 / _HEIGHT, words, fontsize=_LETTER - 1, va="baseline")
        left += width
    return row if entries else 0
