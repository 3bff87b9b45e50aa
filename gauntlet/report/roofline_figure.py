"""Rooflines of one device, or of two over each other, for `gauntlet hardware plot`."""

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gauntlet.hardware.ceilings import Roof, Rooflines
from gauntlet.hardware.roofline import attainable_flop_per_s
from gauntlet.mechanisms.words import number, quantity
from gauntlet.report.small_svg import small
from gauntlet.report.style import BLUE, INK, SOFT, STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH, _HEIGHT, _DPI = 540.0, 360.0, 150
"""In points."""
_LETTER, _APART = 9.5, 12.5
"""Height of a letter, and the least distance of two labels."""
_LOOK: Any = {**STYLE, "font.size": _LETTER, "font.family": "DejaVu Sans", "svg.fonttype": "none"}
_INKS = (BLUE, "#b8690b")
_DECADE = 10.0
_EQUAL = 1.01


class _Roof(NamedTuple):
    """One height with the words at its end: precisions of one rate share a roof."""

    words: str
    rate: float
    ridge: float
    color: str


def draw_rooflines(devices: Sequence[Rooflines]) -> tuple[bytes, bytes]:
    """The rooflines as (SVG, PNG), on log axes, each ridge marked."""
    import matplotlib

    from gauntlet.report.canvas import draw_both

    with matplotlib.rc_context(_LOOK):
        svg, png = draw_both(_draw(devices), _DPI)
    return small(svg.decode(), _LETTER, INK).encode(), png


def _draw(devices: Sequence[Rooflines]) -> "Figure":
    from matplotlib.figure import Figure

    from gauntlet.report.ruled import rule

    figure = Figure(figsize=(_WIDTH / 72, _HEIGHT / 72))
    axes = figure.add_axes((0.11, 0.13, 0.54, 0.80 - 0.04 * len(devices)))
    roofs = [roof for device, color in zip(devices, _INKS, strict=False) for roof in _roofs(device, color)]
    _scale(axes, devices, roofs)
    for row, (device, color) in enumerate(zip(devices, _INKS, strict=False)):
        _slope(axes, device, color)
        words = f"{device.device.name}: memory {quantity(device.memory.value, 'B/s')}"
        figure.text(7 / _WIDTH, 1 - (8 + 15 * row) / _HEIGHT, words, color=color, fontweight="bold", va="top")
    _roofs_and_labels(axes, roofs)
    axes.set_xlabel("arithmetic intensity [FLOP/B]")
    axes.set_ylabel("attainable rate [FLOP/s]")
    rule(axes, INK, SOFT)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure


def _roofs(device: Rooflines, color: str) -> Iterable[_Roof]:
    for same in _together(device):
        names = ", ".join(roof.precision.upper() for roof in same)
        ridge = same[0].ridge_flop_per_byte
        words = f"{names}  {quantity(same[0].peak.value, 'FLOP/s')}, ridge {_short(ridge)}"
        yield _Roof(words, same[0].peak.value, ridge, color)


def _short(ridge: float) -> str:
    """Three digits, and whole numbers in full."""
    return number(round(ridge) if ridge >= 100 else float(f"{ridge:.3g}"))


def _together(device: Rooflines) -> Iterable[list[Roof]]:
    """Roofs of nearly one height, which nobody could tell apart."""
    group: list[Roof] = []
    for roof in device.roofs:
        if group and roof.peak.value < group[0].peak.value / _EQUAL:
            yield group
            group = []
        group.append(roof)
    yield group


def _scale(axes: "Axes", devices: Sequence[Rooflines], roofs: Sequence[_Roof]) -> None:
    """A decade of slope before the first ridge, half a decade of roof behind the last."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    left = min(roof.ridge for roof in roofs) / _DECADE
    right = max(roof.ridge for roof in roofs) * math.sqrt(_DECADE)
    bottom = min(left * device.memory.value for device in devices)
    top = max(roof.rate for roof in roofs) * 2
    axes.set(xscale="log", yscale="log", xlim=(left, right), ylim=(bottom, top))
    for axis, unit in ((axes.xaxis, ""), (axes.yaxis, "FLOP/s")):
        axis.set_major_locator(LogLocator(numticks=12))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _, unit=unit: _tick(value, unit)))


def _tick(value: float, unit: str) -> str:
    """100, 10 T: the unit stands in the title."""
    return quantity(value, unit).removesuffix(unit or " ")


def _slope(axes: "Axes", device: Rooflines, color: str) -> None:
    left, _ = axes.get_xlim()
    at = np.array([left, max(roof.ridge_flop_per_byte for roof in device.roofs)])
    axes.plot(at, at * device.memory.value, color=color, linewidth=1.7)


def _roofs_and_labels(axes: "Axes", roofs: Sequence[_Roof]) -> None:
    """Each roof from its ridge to the frame, then a thin lead to its words, which keep apart."""
    _, right = axes.get_xlim()
    frame = axes.get_position()
    low, high = (math.log(limit) for limit in axes.get_ylim())
    points = frame.height * _HEIGHT / (high - low)
    ordered = sorted(roofs, key=lambda roof: roof.rate)
    places = _spread([(math.log(roof.rate) - low) * points for roof in ordered], frame.height * _HEIGHT)
    for roof, place in zip(ordered, places, strict=True):
        at = np.array([roof.ridge, right])
        rate = attainable_flop_per_s(at, roof.rate, roof.rate / roof.ridge)
        axes.plot(at, rate, color=roof.color, linewidth=1.7)
        axes.plot([roof.ridge], [roof.rate], marker="o", markersize=4.5, color=roof.color, markeredgecolor="white")
        height = place / (frame.height * _HEIGHT)
        start = (math.log(roof.rate) - low) / (high - low)
        lead: Any = {"transform": axes.transAxes, "clip_on": False, "color": roof.color}
        axes.plot([1.0, 1.03, 1.045], [start, height, height], linewidth=0.7, **lead)
        axes.text(1.055, height, roof.words, va="center", fontsize=_LETTER - 1, **lead)


def _spread(wanted: Sequence[float], room: float) -> list[float]:
    """Rising heights as near to `wanted` as labels `_APART` from each other can be, none above `room`."""
    places: list[float] = []
    for place in wanted:
        places.append(max(place, places[-1] + _APART) if places else place)
    ceiling = room
    for index in reversed(range(len(places))):
        places[index] = min(places[index], ceiling)
        ceiling = places[index] - _APART
    return places
