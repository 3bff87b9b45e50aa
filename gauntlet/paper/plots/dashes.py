"""Dashed lines whose dashes were written as filled outlines: put back as one dashed stroke along their middles."""

import math
from collections.abc import Sequence
from dataclasses import replace

from gauntlet.paper.plots.primitives import Path, Point

FEWEST, LONGEST_PT = 3, 14.0
THIN = 0.6  # width over length of a dash, at most
WIDEST_PT, LARGEST_GAP = 3.0, 2.5  # of a dash; between dashes, over the length of the longest
STRAIGHT = 0.3  # cosine between a dash and the way to the next
DRAWN = "[ 3 2 ] 0"
Dash = tuple[Point, Point]


def with_dashes_stroked(paths: Sequence[Path]) -> list[Path]:
    """The paths with every row of filled dashes as one stroke through their ends."""
    return [_stroked(path) for path in paths]


def _stroked(path: Path) -> Path:
    if path.fill is None or path.stroke is not None or len(path.lines) < FEWEST:
        return path
    dashes = [_dash(line) for line in path.lines]
    inner = dashes[dashes[0] is None : len(dashes) - (dashes[-1] is None)]  # a cut dash at an end is a mere dot
    whole = [dash for dash in inner if dash is not None]
    row = _in_row(whole) if FEWEST <= len(whole) == len(inner) else None
    if row is None:
        return path
    line = _thinned(row)
    xs, ys = [x for x, _ in line], [y for _, y in line]
    box = (min(xs), min(ys), max(xs), max(ys))
    return replace(path, stroke=path.fill, fill=None, closed=False, curved=False, dashes=DRAWN, lines=(line,), box=box)


def _dash(line: Sequence[Point]) -> Dash | None:
    """The ends of the middle line of a thin outline, None where it is not thin."""
    if len(line) < 4:
        return None
    far = max(line, key=lambda point: math.dist(point, line[0]))
    other = max(line, key=lambda point: math.dist(point, far))
    halves = [[point for point in line if (math.dist(point, far) < math.dist(point, other)) == side] for side in (0, 1)]
    if not all(halves):
        return None
    (ax, ay), (bx, by) = (_mean(half) for half in halves)
    length = math.dist((ax, ay), (bx, by)) or 1.0
    ux, uy = (bx - ax) / length, (by - ay) / length
    along = [x * ux + y * uy for x, y in line]
    aside = [x * uy - y * ux for x, y in line]
    extent, width = max(along) - min(along), max(aside) - min(aside)
    if not 0.5 < extent < LONGEST_PT or width > min(WIDEST_PT, THIN * extent):
        return None
    middle = (max(aside) + min(aside)) / 2
    start, end = ((at * ux + middle * uy, at * uy - middle * ux) for at in (min(along), max(along)))
    return start, end


def _mean(points: Sequence[Point]) -> Point:
    return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)


def _in_row(dashes: Sequence[Dash]) -> list[Point] | None:
    """The ends of the dashes one after the other, None where they do not lead to each other."""
    longest = max(math.dist(*dash) for dash in dashes)
    first, second = dashes[0], dashes[1]
    if min(math.dist(first[0], end) for end in second) < min(math.dist(first[1], end) for end in second):
        first = (first[1], first[0])
    row = [*first]
    for dash in dashes[1:]:
        near, far = sorted(dash, key=lambda end: math.dist(row[-1], end))
        if math.dist(row[-1], near) > LARGEST_GAP * longest or not _goes_on(row[-2], row[-1], near):
            return None
        row += [near, far]
    return row


def _goes_on(before: Point, at: Point, after: Point) -> bool:
    """True where the way to the next dash keeps about the direction of this one."""
    (ux, uy), (vx, vy) = (at[0] - before[0], at[1] - before[1]), (after[0] - at[0], after[1] - at[1])
    return ux * vx + uy * vy > STRAIGHT * math.hypot(ux, uy) * math.hypot(vx, vy)


def _thinned(row: list[Point]) -> tuple[Point, ...]:
    """The row without what lies on the straight way between its ends: the sample of a legend is one level stroke."""
    ys = [y for _, y in row]
    level = max(ys) - min(ys) < 0.1
    return ((row[0][0], sum(ys) / len(ys)), (row[-1][0], sum(ys) / len(ys))) if level else tuple(row)
