"""Quantities that a paper states twice, in words or a table and in a plot: does the plot, as read, say the same?

`pairs.csv` names for each the plot, what to read in it, and what is said elsewhere, with its printed digits. A pair
agrees within these digits or 2 %. `slack` is what a careful person allowed after looking at both, because some texts
round and some say what their own plot does not; pairs that need it are listed. Both are shares of all pairs; a pair
whose plot or series was not read does not agree.
"""

import csv
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.reading.papers import read_folder
from benchmarks.reading.plots import TABLE, Seen, pair_with, plain
from gauntlet.paper.records import Paper, Plot, PlotSeries

PAIRS = Path(__file__).with_name("pairs.csv")
BAR, CLOSE = 0.85, 0.02
NEAR = 0.02  # of the axis: how far a point may stand from the place asked for


def main(folder: Path, only: Sequence[str] = ()) -> int:
    pairs = list(csv.DictReader(PAIRS.open(encoding="utf-8")))
    names = {pair["paper"] for pair in pairs}
    papers = {entry.name: entry.paper for entry in read_folder(folder, only) if entry.name in names}
    pairs = [pair for pair in pairs if papers.get(pair["paper"]) is not None]
    close = tolerated = 0
    for pair in pairs:
        paper = papers[pair["paper"]]
        assert paper is not None
        read, said = _read(pair, paper), float(pair["said"])
        off = math.inf if read is None else abs(read / said - 1)
        rounding = 0.5 * 10.0 ** (1 + math.floor(math.log10(said)) - int(pair["digits"])) / said
        close += off <= max(CLOSE, rounding)
        tolerated += off <= float(pair["slack"])
        word = "agrees" if off <= max(CLOSE, rounding) else "near" if off <= float(pair["slack"]) else "OFF"
        shown = "not read" if read is None else f"{read:.4g}"
        sys.stdout.write(f"{word:7s} {pair['paper']} {pair['figure']} {pair['panel']} {pair['read']} "
                         f"{pair['a']} {pair['at_a']}: said {pair['said']}, read {shown}\n")  # fmt: skip
    share, loose = close / max(len(pairs), 1), tolerated / max(len(pairs), 1)
    sys.stdout.write(f"{len(pairs)} pairs: {share:.3f} within printed digits or 2 %, {loose:.3f} within what an eye "
                     f"allowed (bar {BAR})\n")  # fmt: skip
    return 0 if share >= BAR else 1


def _read(pair: dict[str, str], paper: Paper) -> float | None:
    """What the plot says, None where it was not read."""
    lines = csv.DictReader(TABLE.open(encoding="utf-8"))
    keys = ("paper", "page", "figure", "panel")
    seen = [Seen(line) for line in lines if all(line[key] == pair[key] for key in keys)]
    pair_with(seen, paper)
    plot = seen[0].plot if seen else None
    first = None if plot is None else _named(plot, pair["a"])
    if plot is None or first is None:
        return None
    second = _named(plot, pair["b"]) if "ratio" in pair["read"] else None
    return _measured(pair, plot, first, second)


def _measured(pair: dict[str, str], plot: Plot, first: PlotSeries, second: PlotSeries | None) -> float | None:
    """One of the readings that pairs ask for; `second` is None where they speak of one series."""
    xs, ys = ([point[axis] for point in first.points] for axis in (0, 1))
    if second is None:
        alone: dict[str, Callable[[], float | None]] = {
            "value": lambda: _at(plot, first, pair["at_a"]),
            "first": lambda: ys[0],
            "last": lambda: ys[-1],
            "largest": lambda: max(ys),
            "rightmost": lambda: max(xs),
            "smallest over largest": lambda: min(ys) / max(ys),
            "x where y is": lambda: next((x for x, y in first.points if y >= float(pair["at_a"])), None),
        }
        return alone[pair["read"]]() if pair["read"] in alone else None
    if pair["read"] == "largest ratio":
        below = dict(second.points)
        shared = [(y, _value(below, x)) for x, y in first.points]
        return max((y / other for y, other in shared if other), default=None)
    a, b = _at(plot, first, pair["at_a"]), _at(plot, second, pair["at_b"])
    return None if a is None or not b else a / b


def _value(points: dict[float, float], x: float) -> float | None:
    nearest = min(points, key=lambda one: abs(one - x))
    return points[nearest] if abs(nearest - x) < NEAR * max(abs(x), 1.0) else None


def _named(plot: Plot, name: str) -> PlotSeries | None:
    """The series of that name; the one with most points where nothing is named."""
    if not name:
        return max(plot.series, key=lambda one: len(one.points), default=None)
    return next((one for one in plot.series if plain(one.name or "") == plain(name)), None)


def _at(plot: Plot, series: PlotSeries, place: str) -> float | None:
    """Value at a category by its words, on a line at a number, else at the point nearest to it."""
    axis = plot.x_axis
    if axis.scale == "category":
        names = [plain(name) for name in axis.categories]
        if plain(place) not in names:
            return None
        wanted = axis.ticks[names.index(plain(place))]
    else:
        wanted = float(place.rstrip("%"))
    if axis.scale != "category" and series.kind in ("line", "step", "cdf"):
        along = np.array(sorted(series.points))
        return float(np.interp(wanted, along[:, 0], along[:, 1]))
    nearest = min(series.points, key=lambda point: abs(point[0] - wanted))
    reach = 0.5 if axis.scale == "category" else NEAR * (axis.maximum - axis.minimum)
    return nearest[1] if abs(nearest[0] - wanted) <= reach else None
