"""Picture of `gauntlet kernel`: estimated time along one size, with its 90 % range and its bound, device by device."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from gauntlet.errors import UsageError
from gauntlet.mechanisms.catalogue import unit_of
from gauntlet.mechanisms.words import plain, quantity
from gauntlet.report.serving_figure import INKS, LETTER, drawn, time_ticks
from gauntlet.report.style import INK, SOFT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]

_PALE = 0.14
_LINE = 16.0
"""Height of a line of the legend, in points."""


class KernelLine(NamedTuple):
    """One device along rising sizes `at`; times in s."""

    label: str
    at: Floats
    time_s: Floats
    low_s: Floats
    high_s: Floats
    bound_s: Floats


def draw_kernels(lines: Sequence[KernelLine], size: str, title: str) -> tuple[bytes, bytes]:
    """Times over a size, by its name, on log axes as (SVG, PNG); UsageError for more devices than there are colours."""
    if len(lines) > len(INKS):
        raise UsageError(f"{len(lines)} devices cannot be told apart in one picture; name at most {len(INKS)}.")
    return drawn(lambda figure: _draw(figure, lines, size, title))


def _draw(figure: "Figure", lines: Sequence[KernelLine], size: str, title: str) -> None:
    from matplotlib.ticker import FuncFormatter, NullFormatter

    from gauntlet.report.ruled import rule

    height = figure.get_figheight() * 72
    above = (_LINE * (len(lines) + 1) + 14) / height
    axes = figure.add_axes((0.10, 40 / height, 0.86, 1 - 40 / height - above))
    for ink, line in zip(INKS, lines, strict=False):
        axes.fill_between(line.at, line.low_s, line.high_s, color=ink, alpha=_PALE, linewidth=0)
        axes.plot(line.at, line.time_s, color=ink, linewidth=1.7)
        axes.plot(line.at, line.bound_s, color=ink, linewidth=1.0, linestyle=":")
    axes.set(xscale="log", yscale="log")
    axes.set_xlim(lines[0].at[0], lines[0].at[-1])
    time_ticks(axes.yaxis)
    unit = unit_of(size)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: quantity(float(f"{value:.3g}"), unit)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(plain(size))
    rule(axes, INK, SOFT)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.text(0.02, 1 - 10 / height, f"{title}: time, 90 % range pale, bound dotted", va="center", fontsize=LETTER)
    for place, (ink, line) in enumerate(zip(INKS, lines, strict=False), start=1):
        figure.text(0.02, 1 - (10 + _LINE * place) / height, line.label, color=ink, fontweight="bold", va="center")
