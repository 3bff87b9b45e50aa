"""The drawing once more: how much of the ink in a series' colour the series accounts for."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from gauntlet.paper.plots.primitives import Color, Path, Point
from gauntlet.paper.plots.traces import Trace
from gauntlet.paper.records import Box

NEAR_PT = 2.0  # ink as far from a series as half a marker is part of it
STEP_PT = 0.5  # between the places of a stroke that are looked at
LARGEST_GRID = 1200  # cells a side
MOST_PLACES = 20_000  # of one colour
STRAIGHT_PT, CAP_PT = 0.1, 9.0  # a stroke along an axis, and the longest cap of an error bar
GREY = 0.12  # channels closer than this are grey: frames, grids and words

Places = npt.NDArray[np.float64]


def unread_ink(traces: Sequence[Trace], paths: Sequence[Path], frame: Box) -> tuple[dict[Color, float], float]:
    """Share of the ink of each series colour that no series of that colour passes, and of colours that none has.

    `paths` are those inside the frame, without legend samples. Shares count places along strokes and edges.
    """
    ink = _ink(paths, frame)
    drawn: dict[Color, list[Trace]] = defaultdict(list)
    for trace in traces:
        for color in {trace.style.stroke, trace.style.fill}:
            if color is not None:
                drawn[color].append(trace)
    shares: dict[Color, float] = {}
    foreign = whole = 0
    for color, places in ink.items():
        if color in drawn:
            shares[color] = float(np.mean(~_covered(places, drawn[color], frame)))
        elif not _is_grey(color):
            foreign += len(places)
        whole += len(places)
    return shares, foreign / whole if whole else 0.0


def _ink(paths: Sequence[Path], frame: Box) -> dict[Color, Places]:
    """Places (N, 2) inside the frame along the strokes and edges of each colour, and in the middle of markers."""
    found: dict[Color, list[Point]] = defaultdict(list)
    for path in paths:
        color = path.stroke if path.stroke is not None else path.fill
        if color is None or _is_furniture(path, frame) or len(found[color]) > MOST_PLACES:
            continue
        if path.shape is not None:
            found[color].append(path.center)
            continue
        for line in path.lines:
            found[color].extend(line)
    inside = {color: [point for point in points if _holds(frame, point)] for color, points in found.items()}
    return {color: np.array(points) for color, points in inside.items() if points}


def _is_furniture(path: Path, frame: Box) -> bool:
    """Grids, spines and references, caps of error bars, backgrounds and half-transparent bands."""
    width, height = path.size
    if path.segment is not None and min(width, height) < STRAIGHT_PT:
        return width > 0.95 * (frame[2] - frame[0]) or height > 0.95 * (frame[3] - frame[1]) or width + height < CAP_PT
    band = path.stroke is None and path.opacity < 1 and not path.is_rectangle and path.shape is None
    return band or width * height > 0.9 * (frame[2] - frame[0]) * (frame[3] - frame[1])


def _holds(frame: Box, point: Point) -> bool:
    return frame[0] <= point[0] <= frame[2] and frame[1] <= point[1] <= frame[3]


def _covered(places: Places, traces: Sequence[Trace], frame: Box) -> npt.NDArray[np.bool_]:
    """Which places lie near one of the series, on a grid of cells of half of `NEAR_PT`."""
    cell = max(NEAR_PT / 2, (frame[2] - frame[0]) / LARGEST_GRID, (frame[3] - frame[1]) / LARGEST_GRID)
    origin = np.array([frame[0], frame[1]]) - 4 * cell
    shape = tuple(int((frame[axis + 2] - frame[axis]) / cell) + 9 for axis in (0, 1))
    grid = np.zeros(shape, dtype=bool)
    for trace in traces:
        at = _cells(_outline(trace), origin, cell, shape)
        grid[at[:, 0], at[:, 1]] = True
    for axis in (0, 1):
        grid |= np.roll(grid, 1, axis) | np.roll(grid, -1, axis) | np.roll(grid, 2, axis) | np.roll(grid, -2, axis)
    at = _cells(places, origin, cell, shape)
    covered: npt.NDArray[np.bool_] = grid[at[:, 0], at[:, 1]]
    return covered


def _cells(places: Places, origin: Places, cell: float, shape: tuple[int, ...]) -> npt.NDArray[np.intp]:
    at = ((places - origin) / cell).astype(np.intp)
    clipped: npt.NDArray[np.intp] = np.clip(at, 2, np.array(shape) - 3)
    return clipped


def _outline(trace: Trace) -> Places:
    """Places along a series as it is drawn: its way, its markers' edges, its bars' sides, its error bars."""
    ways = [(a, b) for a, b in zip(trace.points, trace.points[1:], strict=False)] if trace.kind != "scatter" else []
    ways += [(point, point) for point in trace.points]
    for x0, y0, x1, y1 in trace.bars:
        corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
        ways += list(zip(corners, [*corners[1:], corners[0]], strict=True))
    ways += [((x, low), (x, high)) for (x, _), (low, high) in _error_bars(trace)]
    return np.concatenate([_along(a, b) for a, b in ways])


def _error_bars(trace: Trace) -> list[tuple[Point, tuple[float, float]]]:
    points = trace.points or [((bar[0] + bar[2]) / 2, bar[1]) for bar in trace.bars]
    pairs = zip(points, trace.errors, strict=False)
    return [(point, ends) for point, ends in pairs if ends is not None and not trace.horizontal]


def _along(start: Point, end: Point) -> Places:
    length = max(abs(end[0] - start[0]), abs(end[1] - start[1]))
    share = np.linspace(0.0, 1.0, min(int(length / STEP_PT) + 2, MOST_PLACES))[:, None]
    return np.asarray(np.array(start) + share * (np.array(end) - np.array(start)))


def _is_grey(color: Color) -> bool:
    if len(color) == 1:
        return True
    if len(color) == 4:
        return max(color[:3]) < GREY
    return max(color) - min(color) < GREY
