"""Pictures of `gauntlet serving`: latency over load for one or more deployments, and estimates against measurements."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gauntlet.mechanisms.words import quantity
from gauntlet.report.small_svg import small
from gauntlet.report.style import BLUE, GREEN, GREY, INK, SOFT, STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]

_WIDTH, _HEIGHT, _DPI = 660.0, 300.0, 150
"""In points."""
LETTER = 9.5
_LOOK: Any = {**STYLE, "font.size": LETTER, "font.family": "DejaVu Sans", "svg.fonttype": "none"}
INKS = (BLUE, "#b8690b", GREEN, "#6a4c93", "#1391a0", "#8a5a44", GREY, "#2f3e4e")
_MOST_LINES = len(INKS)
_MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")
_PALE = 0.14
_WIDEST, _FEW = 300.0, 100.0
"""Highest over lowest time that is drawn, and below which the axis has numbers at 2 and 5."""


class LoadLine(NamedTuple):
    """One deployment along its load: rising loads, latencies in s (NaN where unstable), where it saturates (or NaN)."""

    label: str
    load: Floats
    ttft_s: Floats
    ttft_p99_s: Floats
    itl_s: Floats
    itl_bound_s: Floats
    saturation: float


def draw_loads(lines: Sequence[LoadLine], load_words: str) -> tuple[bytes, bytes]:
    """First token and inter-token latency over load, as (SVG, PNG); at most eight lines, the first ones."""
    return drawn(lambda figure: _loads(figure, lines[:_MOST_LINES], load_words))


def draw_comparison(estimated_s: Mapping[str, Floats], measured_s: Mapping[str, Floats]) -> tuple[bytes, bytes]:
    """Estimates over measurements on log axes with the line of equality and 20 % around it, as (SVG, PNG)."""
    return drawn(lambda figure: _comparison(figure, estimated_s, measured_s))


def drawn(draw: "Callable[[Figure], None]") -> tuple[bytes, bytes]:
    """What `draw` puts on a figure of one size and look, as (SVG, PNG)."""
    import matplotlib
    from matplotlib.figure import Figure

    from gauntlet.report.canvas import draw_both

    with matplotlib.rc_context(_LOOK):
        figure = Figure(figsize=(_WIDTH / 72, _HEIGHT / 72))
        draw(figure)
        svg, png = draw_both(figure, _DPI)
    return small(svg.decode(), LETTER, INK).encode(), png


def _loads(figure: "Figure", lines: Sequence[LoadLine], load_words: str) -> None:
    legend = 16.0 * ((len(lines) + 1) // 2) + 8
    below, above = 40.0 / _HEIGHT, (legend + 22.0) / _HEIGHT
    for place, (title, mean, edge) in enumerate(
        (("time to first token, p99 pale", "ttft_s", "ttft_p99_s"),
         ("inter-token latency, bound dotted", "itl_s", "itl_bound_s"))
    ):  # fmt: skip
        axes = figure.add_axes((0.08 + 0.49 * place, below, 0.41, 1 - below - above))
        axes.set_title(title, loc="left", fontsize=LETTER, fontweight="bold")
        for ink, line in zip(INKS, lines, strict=False):
            _line(axes, ink, line, getattr(line, mean), getattr(line, edge), dotted=edge == "itl_bound_s")
        lowest = min(float(np.nanmin(getattr(line, mean), initial=np.inf)) for line in lines)
        _framed(axes, load_words, lowest)
    for place, (ink, line) in enumerate(zip(INKS, lines, strict=False)):
        at = (0.08 + 0.49 * (place % 2), 1 - (12 + 16.0 * (place // 2)) / _HEIGHT)
        figure.text(*at, line.label, color=ink, fontweight="bold", va="center")


def _line(axes: "Axes", ink: str, line: LoadLine, mean_s: Floats, edge_s: Floats, *, dotted: bool) -> None:
    axes.plot(line.load, mean_s, color=ink, linewidth=1.7)
    if dotted:
        axes.plot(line.load, edge_s, color=ink, linewidth=1.0, linestyle=":")
    else:
        axes.fill_between(line.load, mean_s, edge_s, color=ink, alpha=_PALE, linewidth=0)
    if np.isfinite(line.saturation):
        axes.axvline(line.saturation, color=ink, linewidth=0.9, linestyle="--")


def _framed(axes: "Axes", load_words: str, lowest_s: float) -> None:
    """Time in units that people say; what lies beyond a wide range, right before saturation, is left out."""
    from gauntlet.report.ruled import rule

    axes.set_yscale("log")
    axes.set_ylim(top=min(axes.get_ylim()[1], _WIDEST * lowest_s))
    time_ticks(axes.yaxis)
    axes.set_xlim(left=0)
    axes.set_xlabel(load_words)
    rule(axes, INK, SOFT)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def time_ticks(axis: "Axis") -> None:
    """10 ms, 1 s: at powers of ten, and at 2 and 5 between where there are few."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = axis.get_view_interval()
    few = high / low < _FEW
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if few else (1.0,), numticks=12))
    axis.set_major_formatter(FuncFormatter(lambda value, _: quantity(float(f"{value:.3g}"), "s")))
    axis.set_minor_formatter(NullFormatter())


def _comparison(figure: "Figure", estimated_s: Mapping[str, Floats], measured_s: Mapping[str, Floats]) -> None:
    from gauntlet.report.ruled import rule

    axes = figure.add_axes((0.10, 0.15, 0.55, 0.78))
    both = {name: np.isfinite(measured_s[name]) & np.isfinite(estimated_s[name]) for name in estimated_s}
    pairs = {name: (measured_s[name][at], estimated_s[name][at]) for name, at in both.items()}
    every = np.concatenate([values for pair in pairs.values() for values in pair] or [np.ones(1)])
    low, high = (float(every.min()) / 1.3, float(every.max()) * 1.3) if every.size else (1e-3, 1.0)
    along = np.array([low, high])
    axes.fill_between(along, along / 1.2, along * 1.2, color=GREY, alpha=_PALE, linewidth=0)
    axes.plot(along, along, color=GREY, linewidth=1.0)
    for place, (name, (measured, estimated)) in enumerate(pairs.items()):
        ink, mark = INKS[place % len(INKS)], _MARKS[place % len(_MARKS)]
        axes.plot(measured, estimated, linestyle="none", marker=mark, markersize=4, color=ink, markeredgewidth=0)
        height = 0.90 - 0.06 * place
        figure.text(0.70, height, f"{name.replace('_', ' ')}  ({measured.size} points)", color=ink, fontweight="bold")
    axes.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high))
    axes.set_xlabel("measured")
    axes.set_ylabel("estimated, 20 % pale")
    for axis in (axes.xaxis, axes.yaxis):
        time_ticks(axis)
    rule(axes, INK, SOFT)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
