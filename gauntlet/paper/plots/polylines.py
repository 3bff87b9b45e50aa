"""Curves of a frame: strokes without frame, grid, ticks and error bars, put together and cut at the frame."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from gauntlet.paper.plots.joining import Piece, joined
from gauntlet.paper.plots.primitives import Path, Point
from gauntlet.paper.plots.traces import Style, Trace, same_box
from gauntlet.paper.records import Box

WHISKER_PT = 9.0  # caps are narrower than this
LEVEL_PT = 0.05
TICK_PT = 11.0
SLACK_PT = 0.4


def find_curves(paths: Sequence[Path], frame: Box) -> list[Trace]:
    """Curves among the paths of a frame that are neither markers nor bars."""
    pieces: dict[Style, list[Piece]] = defaultdict(list)
    for path in paths:
        if path.stroke is None or (path.closed and (path.fill is not None or len(path.lines[0]) > 2)):
            continue
        if path.is_rectangle:
            continue
        for line in path.lines:
            if len(line) > 1 and not _is_furniture(line, frame, path):
                pieces[Style(stroke=path.stroke, dashes=path.dashes)].append(Piece(list(line), path))
    traces: list[Trace] = []
    of_path: dict[int, Trace] = {}
    for style, group in pieces.items():
        for piece in joined(group):
            trace = _cut(piece, frame, style)
            if trace is None or _is_stick(piece) or _is_whisker(piece):
                continue
            earlier = of_path.get(id(piece.path))
            if earlier is not None:  # one path is one curve, even where it was cut at the edge of the picture
                earlier.clipped |= {len(earlier.points) + index for index in trace.clipped}
                earlier.points += trace.points
            else:
                of_path[id(piece.path)] = trace
                traces.append(trace)
    return traces


def parallel(a: Point, b: Point) -> bool:
    """True where the way from a to b is level or upright."""
    return abs(a[0] - b[0]) < LEVEL_PT or abs(a[1] - b[1]) < LEVEL_PT


def _is_furniture(line: Sequence[Point], frame: Box, path: Path) -> bool:
    """Spines, grid lines, full-width reference lines and tick marks."""
    if len(line) > 4 or any(not parallel(a, b) for a, b in pairwise(line)):
        return False
    x0, y0, x1, y1 = frame
    if len(line) == 2:
        (ax, ay), (bx, by) = line
        length = max(abs(bx - ax), abs(by - ay))
        span = (x1 - x0) if abs(ay - by) < abs(ax - bx) else (y1 - y0)
        if length > 0.95 * span:
            return True
        touches = min(min(abs(x - x0), abs(x - x1), abs(y - y0), abs(y - y1)) for x, y in line)
        return length < TICK_PT and touches < 1.0
    edges = sum(min(abs(x - x0), abs(x - x1)) < 0.8 or min(abs(y - y0), abs(y - y1)) < 0.8 for x, y in line)
    return edges == len(line) and path.fill is None


def _is_stick(piece: Piece) -> bool:
    """Error bars, their caps and pieces of a grid: single level or upright strokes that continue no other.

    A curve that comes back into the picture may end in such a stroke; the rest of its path is none.
    """
    alone = all(len(line) == 2 and parallel(*line) for line in piece.path.lines)
    return alone and piece.count == 1 and len(piece.points) == 2 and parallel(*piece.points)


def _is_whisker(piece: Piece) -> bool:
    """An error bar with its caps, in one path or put end to end: narrow, and all strokes axis-parallel."""
    xs = [x for x, _ in piece.points]
    lines = [piece.points] if piece.count > 1 else piece.path.lines
    narrow = max(xs) - min(xs) < WHISKER_PT and (piece.count > 1 or piece.path.size[0] < WHISKER_PT)
    return narrow and all(parallel(a, b) for line in lines for a, b in pairwise(line))


def _cut(piece: Piece, frame: Box, style: Style) -> Trace | None:
    """Keep what lies in the frame; where the curve leaves it, add the crossing and flag it."""
    kept: list[Point] = []
    clipped: set[int] = set()
    box = (frame[0] - SLACK_PT, frame[1] - SLACK_PT, frame[2] + SLACK_PT, frame[3] + SLACK_PT)
    for index, point in enumerate(piece.points):
        inside = _holds(box, point)
        if index:
            last = piece.points[index - 1]
            if inside != _holds(box, last):
                crossing = _crossing(point, last, frame) if inside else _crossing(last, point, frame)
                if crossing is not None:
                    clipped.add(len(kept))
                    kept.append(crossing)
        if inside:
            kept.append(point)
    if len(kept) < 2:
        return None
    path = piece.path
    if path.clip is None or not same_box(path.clip, frame, 1.5):
        clipped |= _ends_on_frame(kept, frame)
    return Trace("line", kept, style, path.order, clipped, pieces=piece.count)


def _ends_on_frame(points: list[Point], frame: Box) -> set[int]:
    """Ends on the top edge that are reached steeply: the writing program has cut the curve itself."""
    found = set()
    for index, before in ((0, 1), (len(points) - 1, len(points) - 2)):
        (x, y), (px, py) = points[index], points[before]
        if abs(y - frame[1]) < 0.15 and abs(py - y) > 0.3 * abs(px - x):
            found.add(index)
    return found


def _crossing(inside: Point, outside: Point, frame: Box) -> Point | None:
    """Where the way from `inside` to `outside` leaves the frame."""
    (ax, ay), (bx, by) = inside, outside
    shares = []
    for start, end, low, high in ((ax, bx, frame[0], frame[2]), (ay, by, frame[1], frame[3])):
        if end < low and end != start:
            shares.append((low - start) / (end - start))
        elif end > high and end != start:
            shares.append((high - start) / (end - start))
    share = min((part for part in shares if part > 0), default=None)
    if share is None or share > 1:
        return None
    return ax + share * (bx - ax), ay + share * (by - ay)


def _holds(box: Box, point: Point) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]
