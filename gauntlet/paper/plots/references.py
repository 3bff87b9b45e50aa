"""Reference lines: a level or upright stroke that the legend names is a series of two points, not a piece of a grid."""

from collections.abc import Sequence

from gauntlet.paper.plots.frames import Frame
from gauntlet.paper.plots.likeness import same_color, same_dashes
from gauntlet.paper.plots.polylines import parallel
from gauntlet.paper.plots.primitives import Path, Point
from gauntlet.paper.plots.samples import Entry
from gauntlet.paper.plots.traces import Style, Trace
from gauntlet.paper.records import Box

SHORTEST_SHARE = 0.25  # of the frame's side
EDGE_PT = 0.8  # spines lie on the frame


def reference_lines(
    frame: Frame, traces: Sequence[Trace], entries: Sequence[Entry], paths: Sequence[Path]
) -> list[Trace]:
    """The strokes that legend lines without a series stand for: one of their colour and dashes, and no other.

    `paths` are those inside the frame, legend samples left out. Several strokes of one look are a grid.
    """
    taken = {trace.name for trace in traces}
    lines = [entry for entry in entries if entry.line and not entry.marker and not entry.is_foreign]
    idle = {entry.name: entry for entry in lines if entry.name not in taken}
    found: dict[tuple[int, ...], Trace] = {}
    for entry in idle.values():
        alike = {_place(stroke): stroke for stroke in _strokes(paths, frame.box) if _is_of(stroke, entry)}
        if len(alike) == 1:
            place, stroke = alike.popitem()
            found.setdefault(place, _as_trace(stroke, frame.box, entry))  # a frame's own legend comes first
    return list(found.values())


Stroke = tuple[Path, Point, Point]


def _strokes(paths: Sequence[Path], frame: Box) -> list[Stroke]:
    """Long level and upright strokes inside the frame, its sides left out."""
    return [
        (path, *path.lines[0])
        for path in paths
        if path.stroke is not None
        and len(path.lines) == 1
        and len(path.lines[0]) == 2
        and parallel(*path.lines[0])
        and _is_long(path, frame)
        and not _is_on_side(path, frame)
    ]


def _is_long(path: Path, frame: Box) -> bool:
    width, height = path.size
    return max(width / (frame[2] - frame[0]), height / (frame[3] - frame[1])) > SHORTEST_SHARE


def _is_on_side(path: Path, frame: Box) -> bool:
    x0, y0, x1, y1 = path.box
    if y1 - y0 < x1 - x0:
        return min(abs(y0 - frame[1]), abs(y0 - frame[3])) < EDGE_PT
    return min(abs(x0 - frame[0]), abs(x0 - frame[2])) < EDGE_PT


def _is_of(stroke: Stroke, entry: Entry) -> bool:
    path = stroke[0]
    if entry.line is None or not same_color(path.stroke, entry.line.stroke):
        return False
    return same_dashes(path.dashes, entry.line.dashes)


def _place(stroke: Stroke) -> tuple[int, ...]:
    return tuple(round(2 * value) for value in stroke[0].box)


def _rightwards(point: Point) -> Point:
    """Left before right, low before high; y counts downwards."""
    return point[0], -point[1]


def _as_trace(stroke: Stroke, frame: Box, entry: Entry) -> Trace:
    path, start, end = stroke
    x0, y0, x1, y1 = frame
    points = [(min(max(x, x0), x1), min(max(y, y0), y1)) for x, y in sorted((start, end), key=_rightwards)]
    style = Style(stroke=path.stroke, dashes=path.dashes)
    return Trace("line", points, style, path.order, name=entry.name)
