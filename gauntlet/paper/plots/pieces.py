"""Bars that grid lines cut into rectangles, made whole: programs that flatten what is half transparent cut so."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from gauntlet.paper.plots.likeness import same_color
from gauntlet.paper.plots.primitives import Path
from gauntlet.paper.plots.rectangles import is_blank
from gauntlet.paper.records import Box

SHADE = 0.06  # of a channel: what a grid line that shines through changes
TOUCH_PT = 0.3
CUT_PT = 0.5  # two cuts are one level within this
SPAN_PT = 1.0  # by which a bar must go beyond a level to be cut there
SAME_WIDTH = 0.1
MOST_COLUMNS = 1000  # more are a map or markers
FEWEST = 2  # bars that are cut at one level

Column = list[Path]
"""Rectangles of one width and about one fill, one on the other, the lowest first."""


def without_cuts(paths: Sequence[Path]) -> list[Path]:
    """The paths with rectangles joined that are cut at levels where all bars of the plot are."""
    plain = [path for path in paths if path.is_rectangle and path.fill is not None and path.hatch is None]
    columns = _of_one_width(_columns([path for path in plain if not is_blank(path)]))
    levels = _levels(columns) if len(columns) <= MOST_COLUMNS else []
    if not levels:
        return list(paths)
    joined: dict[int, Path | None] = {}
    for column in columns:
        for run in _runs(column, levels):
            joined.update({id(path): None for path in run})
            joined[id(max(run, key=_height))] = _one(run)
    kept = [joined.get(id(path), path) for path in paths]
    return [path for path in kept if path is not None]


def _of_one_width(columns: Sequence[Column]) -> list[Column]:
    """The columns that are as wide as those of several rectangles: a frame's ground is not."""
    cut = sorted(column[0].size[0] for column in columns if len(column) > 1)
    usual = cut[len(cut) // 2] if cut else 0.0
    return [column for column in columns if abs(column[0].size[0] - usual) < SAME_WIDTH * usual]


def _columns(rectangles: Sequence[Path]) -> list[Column]:
    places: dict[tuple[int, int], list[Path]] = defaultdict(list)
    for path in rectangles:
        places[round(path.box[0] * 5), round(path.box[2] * 5)].append(path)
    columns: list[Column] = []
    for group in places.values():
        column: Column = []
        for path in sorted(group, key=lambda one: -one.box[3]):
            if column and not _continues(path, column[-1]):
                columns.append(column)
                column = []
            column.append(path)
        columns.append(column)
    return columns


def _continues(path: Path, below: Path) -> bool:
    touches = abs(path.box[3] - below.box[1]) < TOUCH_PT
    return touches and path.hatch == below.hatch and same_color(path.fill, below.fill, SHADE)


def _levels(columns: Sequence[Column]) -> list[float]:
    """Heights at which several columns are cut, and every column that goes beyond."""
    tops = [sorted(path.box[1] for path in column[:-1]) for column in columns]
    cuts: list[float] = []
    for level in sorted(top for own in tops for top in own):
        if not cuts or level - cuts[-1] >= CUT_PT:
            cuts.append(level)
    ends = [(column[0].box[3] - SPAN_PT, column[-1].box[1] + SPAN_PT) for column in columns]
    found: list[float] = []
    for level in cuts:
        beyond = [own for own, (low, high) in zip(tops, ends, strict=True) if high < level < low]
        if len(beyond) >= FEWEST and all(_has(own, level) for own in beyond):
            found.append(level)
    return found


def _has(tops: Sequence[float], level: float) -> bool:
    """True where one of the sorted `tops` is at the level."""
    index = bisect_left(tops, level - CUT_PT)
    return index < len(tops) and tops[index] < level + CUT_PT


def _runs(column: Column, levels: Sequence[float]) -> list[Column]:
    """The pieces of each bar of a column, where there are several."""
    runs: list[Column] = [[column[0]]]
    for below, path in pairwise(column):
        if any(abs(below.box[1] - level) < CUT_PT for level in levels):
            runs[-1].append(path)
        else:
            runs.append([path])
    return [run for run in runs if len(run) > 1]


def _height(path: Path) -> float:
    return path.size[1]


def _one(run: Column) -> Path:
    """The bar that the pieces make, in the look of the largest."""
    x0, _, x1, y1 = run[0].box
    box: Box = (x0, run[-1].box[1], x1, y1)
    corners = ((x0, box[1]), (x1, box[1]), (x1, y1), (x0, y1))
    return replace(max(run, key=_height), lines=(corners,), box=box)
