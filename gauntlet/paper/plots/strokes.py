"""Straight axis-parallel strokes of a page, and the tick marks among them."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from gauntlet.paper.plots.axes import Side
from gauntlet.paper.plots.primitives import Path
from gauntlet.paper.records import Box


@dataclass(frozen=True)
class Strokes:
    """Axis-parallel strokes of a page: (position, start, end), sorted apart once for all frames."""

    level: list[tuple[float, float, float]]
    upright: list[tuple[float, float, float]]


def find_strokes(paths: Sequence[Path]) -> Strokes:
    """All straight axis-parallel strokes (and hair-thin filled rectangles)."""
    level, upright = [], []
    for path in paths:
        width, height = path.size
        thin = path.is_rectangle and path.fill is not None and min(width, height) < 1.2
        for line in path.lines if path.stroke is not None and not path.curved else ():
            ends = [*line, line[0]] if path.closed and len(line) > 2 else list(line)
            if len(ends) > 12:
                continue
            for (ax, ay), (bx, by) in itertools.pairwise(ends):
                if abs(ay - by) < 0.05 and abs(ax - bx) > 0.5:
                    level.append((ay, min(ax, bx), max(ax, bx)))
                elif abs(ax - bx) < 0.05 and abs(ay - by) > 0.5:
                    upright.append((ax, min(ay, by), max(ay, by)))
        if thin and width >= height:
            level.append((path.center[1], path.box[0], path.box[2]))
        elif thin:
            upright.append((path.center[0], path.box[1], path.box[3]))
    return Strokes(level, upright)


def ticks_along(box: Box, strokes: Strokes, side: Side) -> list[tuple[float, float]]:
    """Tick marks on one side of the frame as (position, length); grid lines where there are no marks."""
    x0, y0, x1, y1 = box
    horizontal = side in ("bottom", "top")
    edge = {"bottom": y1, "top": y0, "left": x0, "right": x1}[side]
    low, high = (x0, x1) if horizontal else (y0, y1)
    span = (y1 - y0) if horizontal else (x1 - x0)
    marks: dict[float, float] = {}
    grid: dict[float, float] = {}
    for at, start, end in strokes.upright if horizontal else strokes.level:
        if not low - 0.7 <= at <= high + 0.7:
            continue
        length = end - start
        if length <= 11 and (abs(start - edge) < 1.0 or abs(end - edge) < 1.0 or start < edge < end):
            marks[round(at, 2)] = max(length, marks.get(round(at, 2), 0.0))
        elif length > 0.9 * span and length < 1.1 * span and low + 1 < at < high - 1:
            grid[round(at, 2)] = length
    return sorted((marks or grid).items())
