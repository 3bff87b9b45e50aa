"""An efficiency curve with what it was fitted to, and what is left between them, for `gauntlet calibrate plot`."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gauntlet.hardware.basis import Floats
from gauntlet.hardware.calibration.samples import Sample
from gauntlet.hardware.curves import EfficiencyCurve
from gauntlet.mechanisms.words import number, quantity
from gauntlet.report.small_svg import small
from gauntlet.report.style import BLUE, GREY, INK, SOFT, STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

_WIDTH, _HEIGHT, _DPI = 540.0, 400.0, 150
"""In points."""
_LETTER, _LETTER_WIDTH, _MARK, _GAP = 9.5, 5.1, 18.0, 9.0
"""Of the legend: height of a letter, its mean width, room for a mark and behind the words."""
_LOOK: Any = {**STYLE, "font.size": _LETTER, "font.family": "DejaVu Sans", "svg.fonttype": "none"}
_ORANGE = "#b8690b"
_WORDS = {
    "work_flop": ("work", "FLOP"),
    "moved_bytes": ("traffic", "B"),
    "bound_s": ("time at the roofline", "s"),
    "mixed_s": ("work and traffic, mixed", "s"),
    "intensity_flop_per_byte": ("arithmetic intensity", "FLOP/B"),
}
_GRID, _WIDER = 160, 1.6
_MANY_DECADES = 8
_LOG_FROM = 8.0
"""Efficiencies further apart than this factor are drawn on a logarithmic axis."""


class _Entry(NamedTuple):
    """A mark of the legend and its words."""

    words: str
    style: dict[str, Any]


def draw_calibration(
    curve: EfficiencyCurve, title: str, sample: Sample | None = None, previous: EfficiencyCurve | None = None
) -> tuple[bytes, bytes]:
    """The curve as (SVG, PNG): above it with its bands and points, below what measurements are beside it.

    Medians are those that the calibration keeps, with the middle 90 % of their rows. With `sample` each of its rows is
    a dot with the middle half of its repeats; `previous` is dashed.
    """
    import matplotlib

    from gauntlet.report.canvas import draw_both

    with matplotlib.rc_context(_LOOK):
        svg, png = draw_both(_draw(curve, title, sample, previous), _DPI)
    return small(svg.decode(), _LETTER, INK).encode(), png


def _draw(curve: EfficiencyCurve, title: str, sample: Sample | None, previous: EfficiencyCurve | None) -> "Figure":
    from matplotlib.figure import Figure

    from gauntlet.report.ruled import rule

    figure = Figure(figsize=(_WIDTH / 72, _HEIGHT / 72))
    figure.text(8 / _WIDTH, 1 - 8 / _HEIGHT, title, fontweight="bold", va="top")
    _legend(figure, _entries(curve, sample, previous))
    above, below = figure.add_axes((0.11, 0.40, 0.86, 0.46)), figure.add_axes((0.11, 0.11, 0.86, 0.22))
    x = np.geomspace(curve.lowest / _WIDER, curve.highest * _WIDER, _GRID)
    _efficiencies(above, curve, x, sample, previous)
    _residuals(below, curve, x, sample)
    words, _ = _WORDS[curve.variable]
    below.set_xlabel(words)
    for axes in (above, below):
        axes.set(xscale="log", xlim=(x[0], x[-1]))
        _x_ticks(axes.xaxis, curve, bare=axes is above)
        rule(axes, INK, SOFT)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    return figure


def _efficiencies(
    axes: "Axes", curve: EfficiencyCurve, x: Floats, sample: Sample | None, previous: EfficiencyCurve | None
) -> None:
    """The curve between its measured ends, paler beyond; its bands; points with their middle 90 %."""
    found, at = curve.at(x), np.log(x)
    axes.fill_between(x, found.low, found.high, color=BLUE, alpha=0.12, linewidth=0)
    low, high = (np.interp(at, np.log(curve.band.x), part) for part in (curve.band.fit_low, curve.band.fit_high))
    axes.fill_between(x, found.value * low, np.minimum(found.value * high, 1), color=BLUE, alpha=0.28, linewidth=0)
    inside = (x >= curve.lowest) & (x <= curve.highest)
    axes.plot(x, found.value, color=BLUE, linewidth=0.9, linestyle=(0, (2, 2)))
    axes.plot(x[inside], found.value[inside], color=BLUE, linewidth=1.9)
    if previous is not None:
        axes.plot(x, previous.efficiency(x), color=_ORANGE, linewidth=1.4, linestyle=(0, (5, 2)))
    if sample is not None:
        axes.vlines(sample.x, sample.bound_s / sample.time_high_s, sample.bound_s / sample.time_low_s, **_WHISKERS)
        axes.plot(sample.x, sample.efficiency, **_DOTS)
    sizes, middle = [point.x for point in curve.points], [point.efficiency for point in curve.points]
    axes.vlines(sizes, [point.low for point in curve.points], [point.high for point in curve.points], **_BARS)
    axes.plot(sizes, middle, **_MEDIANS)
    _y_scale(axes, curve, sample)
    axes.set_ylabel("efficiency")


def _residuals(axes: "Axes", curve: EfficiencyCurve, x: Floats, sample: Sample | None) -> None:
    """Measured over fitted efficiency, with the 90 % band; logarithmic, so that half and twice are equally far."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

    found = curve.at(x)
    axes.set_yscale("log")
    axes.fill_between(x, found.low / found.value, found.high / found.value, color=BLUE, alpha=0.12, linewidth=0)
    axes.axhline(1, color=BLUE, linewidth=1.2)
    sizes = np.array([point.x for point in curve.points])
    shares = np.array([(point.low, point.efficiency, point.high) for point in curve.points])
    low, middle, high = shares.T / curve.efficiency(sizes)
    shown = np.concatenate([low, high])
    if sample is not None:
        beside = sample.efficiency / curve.efficiency(sample.x)
        axes.plot(sample.x, beside, **_DOTS)
        shown = np.concatenate([shown, beside])
    axes.vlines(sizes, low, high, **_BARS)
    axes.plot(sizes, middle, **_MEDIANS)
    reach = 1.1 * max(float(np.max(np.abs(np.log(shown)))), 0.05)
    axes.set_ylim(math.exp(-reach), math.exp(reach))
    wide = LogLocator(subs=(1.0, 2.0, 5.0), numticks=8)
    axes.yaxis.set_major_locator(wide if reach > 1 else MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    axes.set_ylabel("measured\nover fitted")


_DOTS: Any = {"linestyle": "none", "marker": "o", "markersize": 2.2, "color": GREY, "alpha": 0.55, "markeredgewidth": 0}
_WHISKERS: Any = {"color": GREY, "linewidth": 0.6, "alpha": 0.7}
_BARS: Any = {"color": INK, "linewidth": 1.0}
_MEDIANS: Any = {"linestyle": "none", "marker": "o", "markersize": 4.5, "color": INK, "markeredgecolor": "white"}


def _y_scale(axes: "Axes", curve: EfficiencyCurve, sample: Sample | None) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

    shown = [share for point in curve.points for share in (point.low, point.high)]
    shown += [] if sample is None else sample.efficiency.tolist()
    if max(shown) / min(shown) > _LOG_FROM:
        axes.set(yscale="log", ylim=(min(shown) / 1.3, min(1.3 * max(shown), 1.05)))
        few = math.log10(max(shown) / min(shown)) < 2
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if few else (1.0,), numticks=8))
    else:
        axes.set_ylim(0, min(1.15 * max(shown), 1.05))
        axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))


def _x_ticks(axis: "Axis", curve: EfficiencyCurve, bare: bool) -> None:
    """Numbers at decades, and at 2 and 5 where there are few; none above the other panel."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    _, unit = _WORDS[curve.variable]
    decades = math.log10(curve.highest / curve.lowest)
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if decades < 1.5 else (1.0,), numticks=_MANY_DECADES))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: "" if bare else quantity(value, unit)))


def _entries(curve: EfficiencyCurve, sample: Sample | None, previous: EfficiencyCurve | None) -> list[_Entry]:
    wide: dict[str, Any] = {"color": BLUE, "linewidth": 8, "solid_capstyle": "butt"}
    found = [
        _Entry(curve.form.shape.replace("_", "-"), {"color": BLUE, "linewidth": 1.9}),
        _Entry("90 % of curve", wide | {"alpha": 0.4}),
        _Entry("90 % of unseen rows", wide | {"alpha": 0.12}),
        _Entry("median, middle 90 %", _MEDIANS),
    ]
    if sample is not None:
        found.append(_Entry("rows", _DOTS))
    if previous is not None:
        found.append(_Entry("previous", {"color": _ORANGE, "linewidth": 1.4, "linestyle": (0, (5, 2))}))
    return found


def _legend(figure: "Figure", entries: Sequence[_Entry]) -> None:
    """Marks and words in one row below the title."""
    from matplotlib.lines import Line2D

    left, high = 8.0, 1 - 34 / _HEIGHT
    for words, style in entries:
        ends = [left + 6] if style.get("linestyle") == "none" else [left, left + _MARK - 6]
        figure.add_artist(Line2D([place / _WIDTH for place in ends], [high] * len(ends), **style))
        figure.text((left + _MARK) / _WIDTH, high - 3.2 / _HEIGHT, words, fontsize=_LETTER - 1, va="baseline")
        left += _MARK + _LETTER_WIDTH * len(words) + _GAP
