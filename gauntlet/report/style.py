"""Inks and ticks that all figures share: baseline blue, mechanism green, claims red, bounds grey."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axis import Axis

BLUE, GREEN, RED, GREY = "#0a62a6", "#0b7a53", "#c4161c", "#6b7280"
INK, SOFT = "#1f2933", "#d8dee6"
STYLE: Any = {
    "font.size": 10.5, "svg.fonttype": "path", "svg.hashsalt": "gauntlet", "axes.edgecolor": INK,
    "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK, "text.color": INK, "hatch.linewidth": 0.5,
    "text.parse_math": False,  # a paper's dollar signs are no formulas
}  # fmt: skip


def plain_ticks(axis: "Axis") -> None:
    """Numbers as the text writes them, not powers of ten."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())
