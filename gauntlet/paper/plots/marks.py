"""Markers: small drawn things, their forms free of place and size, and crosses put together from single strokes."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from gauntlet.paper.glyphs import union
from gauntlet.paper.plots.primitives import Path, Point, Shape
from gauntlet.paper.plots.traces import LARGEST_MARKER_PT, Style

SAME_FORM = 0.07
"""Corners of one form differ by this share of its size at most: files round to 0.01 to 0.1 pt, markers have 3 pt."""
MOST_FORMS = 200
SIZE_STEP = 1.25
STROKES_OF_A_MARK = 6
TRIANGLE, REGULAR = 3, 5
SQUARE_SHARE = 0.06
CENTER_PT = 0.2


def with_marks(paths: Sequence[Path]) -> list[Path]:
    """The paths of a page with crosses put together, and with equal forms made equal."""
    forms = _Forms()
    return [replace(path, shape=forms.of(path)) if is_marker(path) else path for path in _crosses(paths)]


def is_marker(path: Path) -> bool:
    """A small drawn thing that is no straight stroke."""
    width, height = path.size
    if max(width, height) > LARGEST_MARKER_PT or max(width, height) < 0.6:
        return False
    if path.segment is not None or min(width, height) < 0.3 * max(width, height):
        return False
    if path.fill is not None or path.closed:
        return True
    if path.curved:  # a circle comes back to where it began, an arc of a curve does not
        return all(math.dist(line[0], line[-1]) < CENTER_PT for line in path.lines)
    return len(path.lines) > 1 and all(len(line) == 2 for line in path.lines)


def marker_style(path: Path) -> Style:
    """Style of a marker path."""
    return Style(stroke=path.stroke, fill=path.fill, marker=path.shape)


def anchor(path: Path) -> Point:
    """The data point that a marker stands for: the mean of its corners for regular forms, else the middle of its box.

    Triangles that are as high as wide are put in the middle of their box (matplotlib); equilateral and flatter ones
    stand on the mean of their corners (pgfplots, R, gnuplot).
    """
    corners = {point for line in path.lines for point in line}
    width, height = path.size
    square = abs(width - height) < SQUARE_SHARE * max(width, height)
    if len(path.lines) > 1 or path.curved or (len(corners) < REGULAR and (len(corners) != TRIANGLE or square)):
        return path.center
    return sum(x for x, _ in corners) / len(corners), sum(y for _, y in corners) / len(corners)


def marker_groups(paths: Sequence[Path]) -> list[tuple[Style, list[Path]]]:
    """Markers of one style and about one size, in paint order of their first."""
    by_style: dict[Style, list[Path]] = defaultdict(list)
    for path in paths:
        if is_marker(path):
            by_style[marker_style(path)].append(path)
    groups = []
    for style, group in by_style.items():
        sizes: list[list[Path]] = []
        for path in sorted(group, key=lambda one: max(one.size)):
            if sizes and max(path.size) < SIZE_STEP * max(sizes[-1][0].size):
                sizes[-1].append(path)
            else:
                sizes.append([path])
        groups += [(style, sorted(part, key=lambda one: one.order)) for part in sizes]
    return sorted(groups, key=lambda item: item[1][0].order)


class _Forms:
    """Forms seen on a page: a path gets the first one that it agrees with."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], list[tuple[tuple[Point, ...], Shape]]] = defaultdict(list)
        self._seen: dict[tuple[object, ...], Shape] = {}

    def of(self, path: Path) -> Shape:
        corners = _corners(path)
        family = (path.curved, path.closed, len(corners))
        exact = (*family, tuple((round(x, 2), round(y, 2)) for x, y in corners))
        if exact in self._seen:
            return self._seen[exact]
        known = self._known[family]
        shape = next((shape for other, shape in known if _agree(corners, other)), None)
        if shape is None:
            shape = (*family, tuple((round(x, 1), round(y, 1)) for x, y in corners), len(known))
            if len(known) < MOST_FORMS:
                known.append((corners, shape))
        self._seen[exact] = shape
        return shape


def _agree(one: Sequence[Point], other: Sequence[Point]) -> bool:
    """True where every corner of one lies near a corner of the other: programs may start anywhere."""
    return all(min(max(abs(x - u), abs(y - v)) for u, v in other) < SAME_FORM for x, y in one)


def _corners(path: Path) -> tuple[Point, ...]:
    """Corners over the larger side of the box, at most 24 of them, sorted."""
    x0, y0, x1, y1 = path.box
    size = max(x1 - x0, y1 - y0, 1e-6)
    points = [((x - x0) / size, (y - y0) / size) for line in path.lines for x, y in line]
    return tuple(sorted(points)[:24])


def _crosses(paths: Sequence[Path]) -> list[Path]:
    """Single strokes painted one after the other that halve each other make one marker (gnuplot's +, x and *)."""
    result: list[Path] = []
    run: list[Path] = []
    for path in paths:
        if run and _halves(run, path):
            run.append(path)
            continue
        result += _cross(run)
        run = []
        if _may_cross(path):
            run = [path]
        else:
            result.append(path)
    return result + _cross(run)


def _may_cross(path: Path) -> bool:
    return path.segment is not None and path.stroke is not None and 0.6 < max(path.size) <= LARGEST_MARKER_PT


def _halves(run: list[Path], path: Path) -> bool:
    first = run[0]
    if not _may_cross(path) or len(run) >= STROKES_OF_A_MARK or path.stroke != first.stroke:
        return False
    (ax, ay), (bx, by) = first.center, path.center
    same_size = 0.6 < max(path.size) / max(first.size) < 1 / 0.6
    return abs(ax - bx) < CENTER_PT and abs(ay - by) < CENTER_PT and same_size and not _parallel(run[-1], path)


def _parallel(one: Path, other: Path) -> bool:
    ((ax, ay), (bx, by)), ((cx, cy), (dx, dy)) = one.lines[0], other.lines[0]
    across = (bx - ax) * (dy - cy) - (by - ay) * (dx - cx)
    return abs(across) < 0.2 * max(one.size) * max(other.size)


def _cross(run: list[Path]) -> list[Path]:
    if len(run) < 2:
        return run
    lines = tuple(line for path in run for line in path.lines)
    return [replace(run[0], lines=lines, box=union([path.box for path in run]))]
