"""The curves of a primitive as text."""

from typing import TYPE_CHECKING, Any

import numpy as np

from gauntlet.mechanisms.words import prefix_of, spelled

if TYPE_CHECKING:
    from gauntlet.mechanisms.curves import Axis, Curves

_HEIGHT, _WIDEST, _MARGIN = 14, 76, 24
_HEADROOM = 1.06


def plot_text(curves: "Curves", columns: int, colored: bool) -> str:
    """A plot that fits into `columns`: lines in colours, or one sign each where there are none."""
    from uniplot import plot_to_string

    largest = curves.top or float(max(np.nanmax(line.y) for line in curves.lines))
    x_factor, x_unit = _factor(curves.x, float(curves.at[-1]))
    y_factor, y_unit = _factor(curves.y, largest)
    options: dict[str, Any] = {}
    if curves.y.scale == "linear":
        lowest = min(0.0, *(float(np.nanmin(line.y)) for line in curves.lines))
        options = {"y_min": lowest / y_factor, "y_max": _HEADROOM * largest / y_factor}
    if len(curves.lines) > 1:
        among = f"{curves.among} = " if curves.among else ""
        options["legend_labels"] = [f"{among}{line.label}" for line in curves.lines]
    plain = len(curves.lines) > 1 and not colored
    return plot_to_string(
        xs=[curves.at / x_factor] * len(curves.lines),
        ys=[line.y / y_factor for line in curves.lines],
        title=f"{_named(curves.y, y_unit)} against {_named(curves.x, x_unit)}",
        x_as_log=curves.x.scale == "log", y_as_log=curves.y.scale == "log",
        lines=True, color=colored, character_set="ascii" if plain else "braille",
        width=max(20, min(columns - _MARGIN, _WIDEST)), height=_HEIGHT,
        **options,
    )  # fmt: skip


def _factor(axis: "Axis", largest: float) -> tuple[float, str]:
    """What to divide by, so that the numbers at a linear axis are short, and the unit."""
    return prefix_of(largest, axis.unit) if axis.scale == "linear" else (1.0, spelled(axis.unit))


def _named(axis: "Axis", unit: str) -> str:
    return f"{axis.words} [{unit}]" if unit else axis.words
