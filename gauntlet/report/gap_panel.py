"""The gap at every point, below a claim's figure: how many times better than its own mechanism, and the band."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from gauntlet.report.records import ClaimReport, Row
from gauntlet.report.style import GREEN, GREY, RED, plain_ticks
from gauntlet.verdict.prediction import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LEAST, _MOST = 1.25, 100.0  # factors that the panel reaches to at least, and at most
_TICKS = (0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 5, 10, 30, 100)
_MOST_TICKS = 5


def draw_gaps(axes: "Axes", above: "Axes", claim: ClaimReport) -> None:
    """Claimed over predicted, better upwards, on the x axis of the figure `above`, whose own numbers go.

    Hollow marks compare load at the claimed latency, as the verdict does near saturation.
    """
    from matplotlib.ticker import NullFormatter

    rows = sorted((row for row in claim.rows if row.used and row.gap > 0), key=lambda row: row.x or 0.0)
    x = np.array([row.x for row in rows], dtype=np.float64)
    gaps = np.array([row.gap for row in rows])
    low, high = _band(rows, claim.better)
    reach = _reach([*gaps, *low, *high])
    axes.set_xscale(above.get_xscale())
    axes.set_xlim(above.get_xlim())
    axes.set_yscale("log")
    axes.set_ylim(1 / reach, reach)
    axes.set_yticks(_ticks(reach))
    for one in (axes.xaxis, axes.yaxis):
        plain_ticks(one)
    axes.axhline(1, color=GREEN, linewidth=1.6)
    axes.fill_between(x, np.clip(low, 1 / reach, reach), np.clip(high, 1 / reach, reach), color=GREEN, alpha=0.16, lw=0)
    inside = np.clip(gaps, 1 / reach, reach)
    axes.vlines(x, 1, inside, color=GREY, linewidth=0.9)
    by_load = np.array([row.by_load for row in rows], dtype=bool)
    for chosen, fill, edge in ((~by_load, RED, "white"), (by_load, "white", RED)):
        axes.plot(x[chosen], inside[chosen], "X", color=fill, markersize=7.5, markeredgecolor=edge, clip_on=False)
    axes.set_ylabel("times better\nthan predicted", fontsize=9.5)
    above.xaxis.set_major_formatter(NullFormatter())
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _band(rows: Sequence[Row], better: str) -> tuple[Floats, Floats]:
    """Edges of the prediction's band over its median, the better side above 1; 1 where no median is known."""
    with np.errstate(divide="ignore", invalid="ignore"):
        edges = np.array([(row.predicted_low, row.predicted_high) for row in rows]).reshape(-1, 2)
        shares = edges / np.array([row.predicted_median for row in rows])[:, None]
        low, high = (shares[:, 0], shares[:, 1]) if better == "higher" else (1 / shares[:, 1], 1 / shares[:, 0])
    low, high = (np.nan_to_num(one, nan=1.0, posinf=_MOST, neginf=1.0) for one in (low, high))
    return low, high


def _reach(values: Sequence[float]) -> float:
    """The largest factor in sight, up or down, with some room."""
    far = [max(value, 1 / value) for value in values if np.isfinite(value) and value > 0]
    return float(min(_MOST, max([_LEAST, *(1.15 * value for value in far)])))


def _ticks(reach: float) -> list[float]:
    """At most five round factors, 1 among them."""
    inside = [tick for tick in _TICKS if 1 / reach <= tick <= reach]
    outer = [inside[0], 1.0, inside[-1]]
    between = [tick for tick in inside if tick not in outer and tick in (0.5, 2, 0.1, 10)]
    return sorted({*outer, *between[: _MOST_TICKS - len(outer)]})
