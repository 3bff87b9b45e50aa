"""One figure per judged claim: baseline blue, mechanism green with its band, claims as red X, the bound grey.

Drawn with matplotlib's objects, never pyplot: no global state, and the same input gives the same bytes.
"""

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gauntlet.report.gap_panel import draw_gaps
from gauntlet.report.records import ClaimReport, Row
from gauntlet.report.style import BLUE, GREEN, GREY, INK, RED, SOFT, STYLE, plain_ticks
from gauntlet.report.words import number, times
from gauntlet.verdict.prediction import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LOG_FROM = 10**1.5
"""Values that span more than a decade and a half are drawn on a log axis."""
_LONGEST_TITLE = 76
_LONGEST_ENTRY = 28  # of a legend in three columns, in its usual size
_SIZE_IN, _GAPS_IN, _DPI = (7.2, 4.5), 1.5, 150


@dataclass(frozen=True)
class Curve:
    """The prediction between the claimed points: M values of x with low edge, median and high edge."""

    x: Floats
    low: Floats
    median: Floats
    high: Floats


@dataclass(frozen=True)
class Rival:
    """What the paper claims for the baseline at its own x (the hollow circles), and its curve between them."""

    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()
    curve: Curve | None = None


def render_claim(claim: ClaimReport, curve: Curve | None, baseline: Rival) -> tuple[bytes, bytes]:
    """The claim's figure as (SVG, PNG)."""
    import matplotlib

    from gauntlet.report.canvas import draw_both

    with matplotlib.rc_context(STYLE):
        return draw_both(_draw(claim, curve, baseline), _DPI)


def _draw(claim: ClaimReport, curve: Curve | None, baseline: Rival) -> "Figure":
    from matplotlib.figure import Figure

    along_x = len(claim.rows) > 1 and all(row.x is not None for row in claim.rows)
    height = (_SIZE_IN[1] if len(claim.rows) > 1 else 3.0) + (_GAPS_IN if along_x else 0.0)
    figure = Figure(figsize=(_SIZE_IN[0], height))
    below, above = 1.12 / height, 0.72 / height
    if along_x:
        gap_height = _GAPS_IN / height
        axes = figure.add_axes((0.135, below + gap_height, 0.825, 1 - below - gap_height - above))
        gaps = figure.add_axes((0.135, below, 0.825, gap_height - 0.2 / height))
        _series(axes, claim, curve, baseline)
        draw_gaps(gaps, axes, claim)
    elif len(claim.rows) > 1:
        axes = figure.add_axes((0.135, below + 0.04, 0.825, 1 - below - above - 0.04))
        _categories(axes, claim)
    else:
        axes = figure.add_axes((0.29, 0.55 / height, 0.675, 1 - (0.72 + 0.55) / height))
        _single(axes, claim, claim.rows[0])
    _title(figure, claim, height)
    names = (9.0, 20.0 if len(claim.rows) > 4 else 0.0) if len(claim.rows) > 1 and not along_x else ()
    if along_x:
        from gauntlet.report.ruled import rule

        gaps.set_xlabel(_axis(claim.x_name or "", claim.x_unit))
        rule(gaps, INK, SOFT)
    _finish(figure, axes, legend=len(claim.rows) > 1, names=names)
    return figure


def _series(axes: "Axes", claim: ClaimReport, curve: Curve | None, baseline: Rival) -> None:
    """A claim along x: lines, band, claimed points with their reading error."""
    rows = sorted(claim.rows, key=lambda row: row.x or 0.0)
    x = np.array([row.x for row in rows], dtype=np.float64)
    span = _limits(rows, baseline)
    if curve is None or curve.x.size < 2:
        curve = Curve(x, *(_column(rows, name) for name in ("predicted_low", "predicted_median", "predicted_high")))
    inside = (curve.x >= x.min() * (1 - 1e-9)) & (curve.x <= x.max() * (1 + 1e-9))
    low, high = (_clip(edge[inside], span) for edge in (curve.low, curve.high))
    axes.fill_between(curve.x[inside], low, high, color=GREEN, alpha=0.16, linewidth=0, label="its 5 to 95 % band")
    median = np.where(np.isfinite(curve.median), curve.median, np.nan)[inside]
    axes.plot(curve.x[inside], median, color=GREEN, linewidth=2, label=_legend(claim.mechanism, "predicted"))
    _baseline(axes, claim, rows, x, baseline)
    _bound(axes, claim, rows, x, span)
    _claimed(axes, claim, rows, x)
    _scales(axes, x, span)
    axes.set_ylabel(_folded(_axis(claim.metric, claim.unit)))


def _baseline(axes: "Axes", claim: ClaimReport, rows: Sequence[Row], x: Floats, points: Rival) -> None:
    rival = _column(rows, "baseline_predicted")
    if claim.baseline is None or not np.isfinite(rival).any():
        return
    parity = claim.unit == "×"
    label = f"equal to {_short(claim.baseline)}" if parity else _legend(claim.baseline, "predicted")
    if points.curve is not None:
        inside = (points.curve.x >= x.min()) & (points.curve.x <= x.max())
        x, rival = points.curve.x[inside], points.curve.median[inside]
    axes.plot(x, np.where(np.isfinite(rival), rival, np.nan), color=BLUE, linewidth=1.8, label=label)
    if points.x:
        axes.plot(
            points.x, points.y, linestyle="none", marker="o", markersize=6.5, markerfacecolor="white",
            markeredgecolor=BLUE, markeredgewidth=1.5, label=_legend(claim.baseline, "claimed"),
        )  # fmt: skip


def _bound(axes: "Axes", claim: ClaimReport, rows: Sequence[Row], x: Floats, span: tuple[float, float]) -> None:
    """The bound, if it is in sight, hatched on the side that hardware does not allow."""
    bound = _column(rows, "bound")
    if not np.isfinite(bound).any() or not span[0] <= np.nanmedian(bound) <= span[1]:
        return
    axes.plot(x, bound, color=GREY, linewidth=1.4, linestyle=(0, (5, 3)), label="bound; hatched: impossible")
    far = span[1] if claim.better == "higher" else span[0]
    axes.fill_between(x, bound, far, facecolor="none", edgecolor=GREY, hatch="///", alpha=0.35, linewidth=0)


def _claimed(axes: "Axes", claim: ClaimReport, rows: Sequence[Row], x: Floats) -> None:
    y = _column(rows, "claimed")
    used = np.array([row.used for row in rows])
    error = np.abs(y) * _column(rows, "reading_error")
    shown = used & np.isfinite(y)
    axes.errorbar(
        x[shown], y[shown], yerr=error[shown], fmt="X", color=RED, markersize=8.5, markeredgecolor="white",
        markeredgewidth=0.7, elinewidth=1.1, capsize=2.5, label=_legend(claim.mechanism, "claimed"), zorder=5,
    )  # fmt: skip
    left_out = ~used & np.isfinite(y)
    if left_out.any():
        axes.plot(x[left_out], y[left_out], "x", color=GREY, markersize=7, label="left out: no measurement", zorder=5)


def _categories(axes: "Axes", claim: ClaimReport) -> None:
    """Points told apart by what they were measured with: one place each."""
    rows, places = claim.rows, np.arange(len(claim.rows), dtype=np.float64)
    span = _limits(rows, Rival())
    low, middle, high = (_column(rows, f"predicted_{name}") for name in ("low", "median", "high"))
    low, high = _clip(low, span), _clip(high, span)
    axes.bar(places, high - low, bottom=low, width=0.5, color=GREEN, alpha=0.2, label="its 5 to 95 % band")
    axes.hlines(
        middle, places - 0.25, places + 0.25, color=GREEN, linewidth=2.2, label=_legend(claim.mechanism, "predicted")
    )
    rival = _column(rows, "baseline_predicted")
    if claim.baseline is not None and np.isfinite(rival).any():
        axes.hlines(
            rival, places - 0.32, places + 0.32, color=BLUE, linewidth=1.8, label=_legend(claim.baseline, "predicted")
        )
    bound = _column(rows, "bound")
    if np.isfinite(bound).any():
        axes.hlines(bound, places - 0.38, places + 0.38, color=GREY, linestyle="--", linewidth=1.4, label="bound")
    _claimed(axes, claim, rows, places)
    names = (textwrap.wrap(row.category or f"{index + 1}", 20) for index, row in enumerate(rows))
    axes.set_xticks(places, ["\n".join(name[:2]) + ("…" if len(name) > 2 else "") for name in names])
    _scales(axes, None, span)
    axes.set_ylabel(_folded(_axis(claim.metric, claim.unit)))


def _single(axes: "Axes", claim: ClaimReport, row: Row) -> None:
    """One number: a line of its own for each of bound, baseline, prediction and claim."""
    lines: list[tuple[str, float, str, str]] = []
    if row.bound is not None:
        lines.append(("bound", row.bound, GREY, "|"))
    if row.baseline_predicted is not None and claim.baseline:
        name = f"equal to {claim.baseline}" if claim.unit == "×" else f"{claim.baseline}, predicted"
        lines.append((_short(name, 22), row.baseline_predicted, BLUE, "o"))
    lines.append(("predicted", row.predicted_median, GREEN, "D"))
    lines.append(("claimed", row.claimed, RED, "X"))
    values = [value for _, value, _, _ in lines] + [row.predicted_low, row.predicted_high]
    finite = [value for value in values if math.isfinite(value) and value > 0]
    logarithmic = bool(finite) and max(finite) / min(finite) > _LOG_FROM
    for place, (_, value, color, marker) in enumerate(reversed(lines)):
        if math.isfinite(value):
            axes.plot([value], [place], marker=marker, color=color, markersize=10, markeredgewidth=2, zorder=4)
            axes.annotate(
                number(value), (value, place), xytext=(0, 9), textcoords="offset points", ha="center", color=color
            )
        if color == GREEN and all(math.isfinite(edge) for edge in (row.predicted_low, row.predicted_high)):
            axes.plot([row.predicted_low, row.predicted_high], [place, place], color=GREEN, linewidth=9, alpha=0.22)
        if color == RED and row.reading_error and math.isfinite(value):
            axes.errorbar([value], [place], xerr=[abs(value) * row.reading_error], color=RED, capsize=3)
    axes.set_yticks(range(len(lines)), [name for name, *_ in reversed(lines)])
    axes.set_ylim(-0.6, len(lines) - 0.2)
    if logarithmic:
        axes.set_xscale("log")
        plain_ticks(axes.xaxis)
    elif finite:
        axes.set_xlim(0, 1.12 * max(finite))
    axes.set_xlabel(_axis(claim.metric, claim.unit))


def _column(rows: Sequence[Row], name: str) -> Floats:
    return np.array([np.nan if (value := getattr(row, name)) is None else value for row in rows], dtype=np.float64)


def _limits(rows: Sequence[Row], baseline: Rival) -> tuple[float, float]:
    """Value range to show: claims, medians, low edges, and the bound or baseline where less than 30 times away."""
    near = [row.claimed for row in rows] + [row.predicted_median for row in rows] + [row.predicted_low for row in rows]
    near = [value for value in near if math.isfinite(value) and value > 0] or [1.0]
    low, high = min(near), max(near)
    others = [value for row in rows for value in (row.bound, row.baseline_predicted, row.predicted_high)]
    others += list(baseline.y)
    for value in others:
        if value is not None and low / 4 <= value <= high * 4:
            near.append(value)
    low, high = min(near), max(near)
    wide = high / low > _LOG_FROM
    return (low / 1.35, high * 1.35) if wide else (0.0, high * 1.12)


def _clip(edge: Floats, span: tuple[float, float]) -> Floats:
    """Edges cut at the frame; a saturated system's edge is infinite."""
    clipped: Floats = np.clip(np.nan_to_num(edge, nan=span[0], posinf=span[1] * 10), span[0] / 10, span[1] * 10)
    return clipped


def _scales(axes: "Axes", x: Floats | None, span: tuple[float, float]) -> None:
    if span[0] > 0:
        axes.set_yscale("log")
        plain_ticks(axes.yaxis)
    axes.set_ylim(*span)
    if x is not None and x.min() > 0 and x.max() / x.min() > _LOG_FROM:
        axes.set_xscale("log")
        plain_ticks(axes.xaxis)


def _title(figure: "Figure", claim: ClaimReport, height: float) -> None:
    parts = [claim.label.replace("_", " "), _how_far(claim), claim.region or ""]
    head = _short("  ".join(part for part in parts if part), 70)
    figure.text(0.02, 1 - 0.12 / height, head, fontsize=12, fontweight="bold", va="top")
    statement = _short(claim.statement, _LONGEST_TITLE)
    figure.text(0.02, 1 - 0.38 / height, statement, fontsize=10.5, color="#52606d", va="top")


def _how_far(claim: ClaimReport) -> str:
    """The gap; of what is impossible how far past the bound it lies, which no width of a band touches."""
    past = [max(row.claimed / row.bound, row.bound / row.claimed) for row in claim.rows
            if row.label == "IMPOSSIBLE" and row.bound and row.claimed > 0]  # fmt: skip
    if claim.label == "IMPOSSIBLE" and past:
        return f"{times(max(past))} past the bound"
    return "" if claim.label in ("CONSISTENT", "INCONCLUSIVE") else times(claim.gap)


def _finish(figure: "Figure", axes: "Axes", legend: bool, names: tuple[float, float] | tuple[()]) -> None:
    from gauntlet.report.ruled import rule

    rule(axes, INK, SOFT, *names)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    if legend:
        handles, labels = axes.get_legend_handles_labels()
        size = 9.5 if max(map(len, labels)) <= _LONGEST_ENTRY else 8.2
        order = sorted(range(len(labels)), key=lambda index: "claimed" not in labels[index])
        figure.legend(
            [handles[index] for index in order], [labels[index] for index in order], loc="lower center", ncol=3,
            frameon=False, fontsize=size, columnspacing=1.4, handlelength=1.8,
        )  # fmt: skip


def _axis(name: str, unit: str) -> str:
    return _short(name, 44) + (f" [{unit}]" if unit else "")


def _folded(label: str) -> str:
    """A long label of the upright axis, in two lines that fit beside it."""
    return "\n".join(textwrap.wrap(label, 30, max_lines=2, placeholder=" …")) if len(label) > 30 else label


def _legend(system: str, role: str) -> str:
    return f"{_short(system)}, {role}"


def _short(text: str, longest: int = 20) -> str:
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 1] + "…"
