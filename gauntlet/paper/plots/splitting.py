"""Legend samples that a program stroked in one go with a curve of their style: made paths of their own."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from gauntlet.paper.glyphs import union
from gauntlet.paper.plots.primitives import Path, Point
from gauntlet.paper.plots.samples import LONGEST_PT, SHORTEST_PT
from gauntlet.paper.records import Box

LEVEL_PT, APART_PT = 0.05, 0.5
MOST = 3  # level strokes in one path: more are a grid or the steps of a curve
Line = tuple[Point, ...]


def with_samples_apart(paths: Sequence[Path]) -> list[Path]:
    """The paths with level strokes of a sample's length taken out of those that hold a curve as well."""
    return [part for path in paths for part in _parts(path)]


def _parts(path: Path) -> Iterator[Path]:
    is_open = path.stroke is not None and path.fill is None and not path.closed
    if not is_open or len(path.lines) < 2 or all(len(line) < 3 for line in path.lines):
        yield path
        return
    level = [line for line in path.lines if _is_level(line)]
    samples = [line for line in level if len(level) <= MOST and _is_apart(line, path.lines)]
    rest = tuple(line for line in path.lines if line not in samples)
    for lines in [*((line,) for line in samples), *([rest] if rest else [])]:
        yield replace(path, lines=lines, box=union([_box(line) for line in lines]))


def _is_level(line: Line) -> bool:
    """A level stroke as long as samples are."""
    if len(line) != 2 or abs(line[0][1] - line[1][1]) > LEVEL_PT:
        return False
    return SHORTEST_PT <= abs(line[1][0] - line[0][0]) <= LONGEST_PT


def _is_apart(line: Line, lines: Sequence[Line]) -> bool:
    """True where no other line of the path begins or ends at its ends."""
    others = [end for other in lines if other is not line for end in (other[0], other[-1])]
    return all(_distance(end, at) > APART_PT for end in line for at in others)


def _distance(one: Point, other: Point) -> float:
    return max(abs(one[0] - other[0]), abs(one[1] - other[1]))


def _box(line: Line) -> Box:
    xs, ys = [x for x, _ in line], [y for _, y in line]
    return min(xs), min(ys), max(xs), max(ys)
