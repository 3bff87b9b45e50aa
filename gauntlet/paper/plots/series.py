"""From paths inside a frame to series: polylines, markers and bars together. Positions stay in points here."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from gauntlet.paper.plots.bars import bar_paths, find_bars
from gauntlet.paper.plots.errorbars import read_error_bars
from gauntlet.paper.plots.frames import Frame
from gauntlet.paper.plots.marks import marker_groups
from gauntlet.paper.plots.primitives import Path, Point
from gauntlet.paper.plots.traces import LARGEST_MARKER_PT, Style, Trace, same_box
from gauntlet.paper.records import Box

WHISKER_PT = 9.0  # caps are narrower than this


def read_traces(frame: Frame, paths: Sequence[Path], samples: set[int]) -> list[Trace]:
    """Series of one frame from the paths of its page, without those whose index is in `samples` (legend keys)."""
    inside = [path for index, path in enumerate(paths) if index not in samples and _belongs(path, frame.box)]
    bars = find_bars(inside, frame)
    used = {id(path) for trace in bars for path in bar_paths(trace, inside, frame.box)}
    rest = [path for path in inside if id(path) not in used]
    markers = marker_groups(rest)
    in_markers = {id(path) for _, group in markers for path in group}
    lines = _polylines([path for path in rest if id(path) not in in_markers], frame)
    traces = _order([*bars, *_combine(lines, markers, frame.box)])
    read_error_bars(traces, inside, frame.box)
    return traces


def _belongs(path: Path, frame: Box) -> bool:
    if path.clip is not None and same_box(path.clip, frame, 1.5):
        return True
    x0, y0, x1, y1 = path.box
    slack = 1.5
    if x0 >= frame[0] - slack and y0 >= frame[1] - slack and x1 <= frame[2] + slack and y1 <= frame[3] + slack:
        return True
    small = x1 - x0 < LARGEST_MARKER_PT and y1 - y0 < LARGEST_MARKER_PT
    cx, cy = path.center
    return small and frame[0] - slack <= cx <= frame[2] + slack and frame[1] - slack <= cy <= frame[3] + slack


# Polylines


def _polylines(paths: Sequence[Path], frame: Frame) -> list[Trace]:
    pieces: dict[Style, list[tuple[list[Point], Path]]] = defaultdict(list)
    for path in paths:
        if path.stroke is None or (path.fill is not None and path.closed) or path.is_rectangle:
            continue
        if path.closed and len(path.lines[0]) > 2:
            continue
        for line in path.lines:
            if not _is_furniture(line, frame, path):
                pieces[Style(stroke=path.stroke, dashes=path.dashes)].append((list(line), path))
    traces: list[Trace] = []
    of_path: dict[int, Trace] = {}
    for style, group in pieces.items():
        for points, path in _join([piece for piece in group if not _is_stick(piece[0], group)]):
            trace = _cut(points, frame.box, path, style)
            if trace is None or _is_whisker(trace.points):
                continue
            earlier = of_path.get(id(path))
            if earlier is not None:  # one path is one curve, even where it was cut at the edge of the picture
                earlier.clipped |= {len(earlier.points) + index for index in trace.clipped}
                earlier.points += trace.points
            else:
                of_path[id(path)] = trace
                traces.append(trace)
    return traces


def _is_furniture(line: Sequence[Point], frame: Frame, path: Path) -> bool:
    """Spines, grid lines, full-width reference lines and tick marks."""
    if len(line) > 4 or any(not _parallel(a, b) for a, b in pairwise(line)):
        return False
    x0, y0, x1, y1 = frame.box
    if len(line) == 2:
        (ax, ay), (bx, by) = line
        length = max(abs(bx - ax), abs(by - ay))
        span = (x1 - x0) if abs(ay - by) < abs(ax - bx) else (y1 - y0)
        if length > 0.95 * span:
            return True
        touches = min(
            abs(ax - x0),
            abs(bx - x1),
            abs(ax - x1),
            abs(bx - x0),
            abs(ay - y0),
            abs(by - y0),
            abs(ay - y1),
            abs(by - y1),
        )
        return length < 11 and touches < 1.0
    edges = sum(min(abs(x - x0), abs(x - x1)) < 0.8 or min(abs(y - y0), abs(y - y1)) < 0.8 for x, y in line)
    return edges == len(line) and path.fill is None


def _is_stick(line: Sequence[Point], group: Sequence[tuple[list[Point], Path]]) -> bool:
    """Error bars and their caps: single axis-parallel strokes that do not continue another piece."""
    if len(line) != 2 or not _parallel(line[0], line[1]):
        return False
    ends = {_place(point) for point in line}
    joined = (
        sum(1 for other, _ in group if other is not line and (_place(other[0]) in ends or _place(other[-1]) in ends))
        if len(group) < 3000
        else 0
    )
    return joined == 0


def _is_whisker(points: Sequence[Point]) -> bool:
    """An error bar with its caps in one path: narrow, and all strokes axis-parallel."""
    width = max(x for x, _ in points) - min(x for x, _ in points)
    return width < WHISKER_PT and all(_parallel(a, b) for a, b in pairwise(points))


def _parallel(a: Point, b: Point) -> bool:
    return abs(a[0] - b[0]) < 0.05 or abs(a[1] - b[1]) < 0.05


def _place(point: Point) -> tuple[int, int]:
    return round(point[0] * 10), round(point[1] * 10)


def _join(pieces: list[tuple[list[Point], Path]]) -> list[tuple[list[Point], Path]]:
    """Put pieces of one style end to end: some programs cut long curves."""
    starts: dict[tuple[int, int], list[int]] = defaultdict(list)
    for index, (points, _) in enumerate(pieces):
        starts[_place(points[0])].append(index)
    following: dict[int, int] = {}
    has_previous: set[int] = set()
    for index, (points, _) in enumerate(pieces):
        for other in starts.get(_place(points[-1]), ()):
            if other != index and other not in has_previous:
                following[index] = other
                has_previous.add(other)
                break
    joined = []
    for index in range(len(pieces)):
        if index in has_previous:
            continue
        points, path = list(pieces[index][0]), pieces[index][1]
        seen, last = {index}, index
        while last in following and following[last] not in seen:
            last = following[last]
            seen.add(last)
            points += pieces[last][0][1:]
        joined.append((points, path))
    return joined


def _cut(points: list[Point], frame: Box, path: Path, style: Style) -> Trace | None:
    """Keep what lies in the frame; where the curve leaves it, add the crossing and flag it."""
    kept: list[Point] = []
    clipped: set[int] = set()
    slack = 0.4
    box = (frame[0] - slack, frame[1] - slack, frame[2] + slack, frame[3] + slack)
    for index, point in enumerate(points):
        inside = _holds(box, point)
        if index:
            last = points[index - 1]
            if inside != _holds(box, last):
                crossing = _crossing(point, last, frame) if inside else _crossing(last, point, frame)
                if crossing is not None:
                    clipped.add(len(kept))
                    kept.append(crossing)
        if inside:
            kept.append(point)
    if len(kept) < 2:
        return None
    if path.clip is None or not same_box(path.clip, frame, 1.5):
        clipped |= _ends_on_frame(kept, frame)
    return Trace("line", kept, style, path.order, clipped)


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


# Lines and markers together


def _combine(lines: list[Trace], markers: list[tuple[Style, list[Path]]], frame: Box) -> list[Trace]:
    """A marker group on the vertices of a line belongs to it; other groups are scatter series."""
    traces = list(lines)
    for style, group in markers:
        owners = _owners(group, traces)
        loose = [path for path in group if id(path) not in {id(one) for _, ones in owners for one in ones}]
        for trace, ones in owners:
            _mark(trace, ones, style)
        inside = [
            path for path in loose if _holds((frame[0] - 1, frame[1] - 1, frame[2] + 1, frame[3] + 1), path.center)
        ]
        if inside:
            points = [path.center for path in inside]
            traces.append(Trace("scatter", points, style, min(path.order for path in inside)))
    return [trace for trace in traces if not _is_flat_pair(trace)]


def _is_flat_pair(trace: Trace) -> bool:
    """Two vertices on one level without markers: a piece of a grid line or a reference line."""
    return trace.kind == "line" and len(trace.points) == 2 and _parallel(trace.points[0], trace.points[1])


def _owners(group: list[Path], lines: list[Trace]) -> list[tuple[Trace, list[Path]]]:
    """Lines whose vertices carry markers of the group, each with its markers; the best fitting colour first."""
    left = list(group)
    found: list[tuple[Trace, list[Path]]] = []
    color = {group[0].stroke, group[0].fill}
    candidates = [line for line in lines if line.kind in ("line", "line+marker")]
    for line in sorted(candidates, key=lambda one: one.style.stroke not in color):
        if line.kind == "line+marker":
            continue
        places: dict[tuple[int, int], list[Point]] = defaultdict(list)
        for point in line.points:
            places[round(point[0]), round(point[1])].append(point)
        ones = [path for path in left if _near_any(path, places)]
        same = line.style.stroke in color
        if len(ones) >= max(2, (0.5 if same else 0.9) * min(len(left), len(line.points))):
            found.append((line, ones))
            left = [path for path in left if not any(path is one for one in ones)]
    return found


def _near_any(path: Path, places: dict[tuple[int, int], list[Point]]) -> bool:
    """True where a vertex lies at the marker: at its centre in x, within a fifth of its height in y (triangles)."""
    return _has(path.center, places, max(0.6, path.size[1] / 5))


def _mark(trace: Trace, markers: list[Path], style: Style) -> None:
    """Take the vertices that carry a marker as the points; where few vertices have one, all vertices stay."""
    places: dict[tuple[int, int], list[Point]] = defaultdict(list)
    for path in markers:
        places[round(path.center[0]), round(path.center[1])].append(path.center)
    reach_y = max(0.6, max(path.size[1] for path in markers) / 5)
    marked = [index for index, point in enumerate(trace.points) if _has(point, places, reach_y)]
    trace.kind = "line+marker"
    trace.style = Style(trace.style.stroke, style.fill, trace.style.dashes, style.marker)
    if len(marked) < 0.5 * len(trace.points):
        return
    kept = sorted({*marked, *trace.clipped})
    trace.points, trace.clipped = (
        [trace.points[index] for index in kept],
        {position for position, index in enumerate(kept) if index in trace.clipped},
    )


def _has(point: Point, places: dict[tuple[int, int], list[Point]], reach_y: float) -> bool:
    x, y = point
    for dx in (-1, 0, 1):
        for dy in range(-3, 4):
            for px, py in places.get((round(x) + dx, round(y) + dy), ()):
                if abs(px - x) < 0.6 and abs(py - y) < reach_y:
                    return True
    return False


def _order(traces: list[Trace]) -> list[Trace]:
    return sorted(traces, key=lambda trace: trace.order)
