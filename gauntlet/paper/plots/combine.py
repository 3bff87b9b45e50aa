"""Curves and markers together: markers on the vertices of a curve are its points, the others are scatter series."""

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from gauntlet.paper.plots.marks import anchor
from gauntlet.paper.plots.polylines import parallel
from gauntlet.paper.plots.primitives import Path, Point
from gauntlet.paper.plots.traces import Style, Trace
from gauntlet.paper.records import Box

Group = tuple[Style, list[Path]]
NEAR_PT = 0.6
SAME_COLOR_SHARE, OTHER_COLOR_SHARE = 0.5, 0.9
"""Of a curve's vertices or a group's markers, the share that must meet for them to belong together."""
FEWEST_IN_STEP, SNAP_PT, OFF_SHARE = 3, 0.8, 0.4
"""Markers off their vertices by one distance: the fewest, how far it varies, and the distance over their size."""
NEAR_SHARE, OWN_SHARE = 1.5, 0.8
"""Of a marker's size, to the curve that has most of its kind; of its kind, so that the others are the curve's too."""
LAYER_SHARE = 0.9
WHITE = {None, (1.0,), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0, 0.0)}


def combine(curves: Sequence[Trace], groups: Sequence[Group], frame: Box) -> list[Trace]:
    """Series of a frame from its curves and its groups of equal markers."""
    groups = sorted(groups, key=lambda group: _is_white(group[0]))  # a white halo is no mark of its own
    owned = _owned(curves, groups)
    traces = list(curves)
    scatters: list[Trace] = []
    marked: list[Point] = []
    for number, (style, group) in enumerate(groups):
        loose = set(range(len(group)))
        for curve, hits in owned.get(number, ()):
            own = [group[index] for index in sorted(hits)]
            _mark(curve, own, style)
            marked += [path.center for path in own]
            loose -= hits
            loose -= _on_strokes(curve, group, loose, OFF_SHARE / 2)
            if len(owned[number]) == 1:
                loose -= _on_strokes(curve, group, loose, _reach(len(loose), len(group)))
        twins = {_spot(path) for index, path in enumerate(group) if index not in loose}
        rest = [group[index] for index in sorted(loose) if _spot(group[index]) not in twins]
        inside = [path for path in rest if _holds(frame, anchor(path))]
        if inside:
            points = [anchor(path) for path in inside]
            scatters.append(Trace("scatter", points, style, min(path.order for path in inside)))
    marked += [point for trace in traces if trace.kind == "line+marker" for point in trace.points]
    places = _places(marked)
    for scatter in scatters:
        if not _is_layer(scatter, places):
            traces.append(scatter)
            for place, points in _places(scatter.points).items():
                places[place] += points
    return [trace for trace in traces if not _is_flat_pair(trace)]


def _is_white(style: Style) -> bool:
    return style.fill in WHITE and style.stroke in WHITE


def _is_flat_pair(trace: Trace) -> bool:
    """Two vertices on one level without markers: a piece of a grid line or a reference line."""
    return trace.kind == "line" and len(trace.points) == 2 and parallel(*trace.points)


def _owned(curves: Sequence[Trace], groups: Sequence[Group]) -> dict[int, list[tuple[Trace, set[int]]]]:
    """For each group the curves on whose vertices its markers stand, with these markers; best fitting first."""
    places: dict[tuple[int, int], list[tuple[int, Point]]] = defaultdict(list)
    for number, curve in enumerate(curves):
        for point in curve.points:
            places[round(point[0]), round(point[1])].append((number, point))
    pairs = []
    for number, (style, group) in enumerate(groups):
        hits: dict[int, dict[int, float]] = defaultdict(dict)
        for index, path in enumerate(group):
            for at, distance in _curves_at(path, places).items():
                hits[at][index] = distance
        for at, met in hits.items():
            own = set(range(len(group))) if _in_step(curves[at], group) else set(met)
            other = curves[at].style.stroke not in (style.stroke, style.fill)
            rank = (other, -len(own), round(sum(met.values()) / len(met), 1))
            pairs.append((*rank, number, at, own))
    found: dict[int, list[tuple[Trace, set[int]]]] = defaultdict(list)
    taken_curves: set[int] = set()
    taken: dict[int, set[int]] = defaultdict(set)
    for other, _, _, number, at, own in sorted(pairs, key=lambda pair: pair[:5]):
        free = set({_spot(groups[number][1][index]): index for index in sorted(own - taken[number])}.values())
        left = len(groups[number][1]) - len(taken[number])
        share = OTHER_COLOR_SHARE if other else SAME_COLOR_SHARE
        shown = len(curves[at].points) - len(curves[at].clipped)
        fewest = 2 if other else min(2, shown)
        if at not in taken_curves and free and len(free) >= max(fewest, share * min(left, shown)):
            found[number].append((curves[at], free))
            taken[number] |= free
            taken_curves.add(at)
    for number, (_, group) in enumerate(groups):
        if not taken[number]:
            beside = next((n for n, c in enumerate(curves) if n not in taken_curves and _in_step(c, group)), None)
            if beside is not None:
                found[number].append((curves[beside], set(range(len(group)))))
                taken_curves.add(beside)
    return found


def _spot(path: Path) -> tuple[int, int]:
    """Where a marker stands, to a tenth of a point: of several at one spot each belongs to another curve."""
    return round(10 * path.center[0]), round(10 * path.center[1])


def _in_step(curve: Trace, group: Sequence[Path]) -> bool:
    """True where the markers stand at one small distance from the vertices, one at each: spreadsheets draw them so."""
    if len(group) < FEWEST_IN_STEP or len(group) != len(curve.points):
        return False
    off = [(path.center[0] - x, path.center[1] - y) for path, (x, y) in zip(group, curve.points, strict=True)]
    for side in (0, 1):
        least, most = min(pair[side] for pair in off), max(pair[side] for pair in off)
        if most - least > SNAP_PT or max(-least, most) > OFF_SHARE * max(group[0].size):
            return False
    return True


def _curves_at(path: Path, places: dict[tuple[int, int], list[tuple[int, Point]]]) -> dict[int, float]:
    """Curves with a vertex at the marker, and how far it is from the marker's middle or place, whichever is nearer.

    It is at its middle in x, within a fifth of its height in y (triangles).
    """
    (x, y), reach_y = path.center, max(NEAR_PT, path.size[1] / 5)
    spots = (path.center, anchor(path))
    found: dict[int, float] = {}
    for dx in (-1, 0, 1):
        for dy in range(-3, 4):
            for number, at in places.get((round(x) + dx, round(y) + dy), ()):
                if abs(at[0] - x) < NEAR_PT and abs(at[1] - y) < reach_y:
                    found[number] = min(found.get(number, math.inf), *(math.dist(at, spot) for spot in spots))
    return found


def _mark(curve: Trace, markers: Sequence[Path], style: Style) -> None:
    """Take the vertices that carry a marker as the points; where few vertices have one, all vertices stay."""
    places = _places([path.center for path in markers])
    reach_y = max(NEAR_PT, max(path.size[1] for path in markers) / 5)
    marked = [index for index, point in enumerate(curve.points) if _has(point, places, reach_y)]
    curve.kind, curve.mark = "line+marker", style
    curve.style = Style(curve.style.stroke, style.fill, curve.style.dashes, style.marker)
    if len(markers) < len(curve.points) <= len(marked) / SAME_COLOR_SHARE:
        _keep(curve, sorted({*marked, *curve.clipped}))


def _keep(curve: Trace, kept: Sequence[int]) -> None:
    curve.points, curve.clipped = (
        [curve.points[index] for index in kept],
        {position for position, index in enumerate(kept) if index in curve.clipped},
    )


def _has(point: Point, places: dict[tuple[int, int], list[Point]], reach_y: float) -> bool:
    x, y = point
    return any(
        abs(px - x) < NEAR_PT and abs(py - y) < reach_y
        for dx in (-1, 0, 1)
        for dy in range(-3, 4)
        for px, py in places.get((round(x) + dx, round(y) + dy), ())
    )


def _reach(loose: int, markers: int) -> float:
    """How far loose markers may be from the only curve of their kind, in sizes: some programs thin out a curve.

    Where nearly all stand on it the others are its points wherever they are; but one alone may be a legend's sample.
    """
    if loose > (1 - SAME_COLOR_SHARE) * markers:
        return 0.0
    return math.inf if 1 < loose < (1 - OWN_SHARE) * markers else NEAR_SHARE


def _on_strokes(curve: Trace, group: Sequence[Path], loose: set[int], share: float) -> set[int]:
    """Markers between two vertices: programs leave out vertices on a nearly straight way. They become points.

    `share` of a marker's size is how far it may be from the way.
    """
    xs = [x for x, _ in curve.points]
    if not loose or any(b < a for a, b in pairwise(xs)):
        return set()
    found: dict[int, Point] = {}
    for index in loose:
        point = _on_way(curve.points, xs, anchor(group[index]), share * max(group[index].size))
        if point is not None:
            found[index] = point
    flagged = {curve.points[index] for index in curve.clipped}
    curve.points = sorted([*curve.points, *found.values()], key=lambda point: point[0])
    curve.clipped = {index for index, point in enumerate(curve.points) if point in flagged}
    return set(found)


def _on_way(points: Sequence[Point], xs: Sequence[float], at: Point, reach: float) -> Point | None:
    """The place of a marker on the way between two points: on it, or next to where it is steep."""
    x, y = at
    if not xs[0] < x < xs[-1]:
        return None
    (ax, ay), (bx, by) = points[bisect_right(xs, x) - 1], points[bisect_left(xs, x)]
    level = ay if bx == ax else ay + (by - ay) * (x - ax) / (bx - ax)
    if abs(level - y) < NEAR_PT:
        return x, level
    near = range(max(bisect_left(xs, x - reach) - 1, 0), min(bisect_right(xs, x + reach), len(xs) - 1))
    close = math.isinf(reach) or any(_distance(at, points[index], points[index + 1]) < reach for index in near)
    return at if close else None


def _distance(at: Point, start: Point, end: Point) -> float:
    """From a place to a stroke."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = dx * dx + dy * dy
    share = ((at[0] - start[0]) * dx + (at[1] - start[1]) * dy) / length if length else 0.0
    share = min(max(share, 0.0), 1.0)
    return math.hypot(at[0] - start[0] - share * dx, at[1] - start[1] - share * dy)


def _places(points: Sequence[Point]) -> dict[tuple[int, int], list[Point]]:
    """The points by the whole numbers next to them."""
    places: dict[tuple[int, int], list[Point]] = defaultdict(list)
    for x, y in points:
        places[round(x), round(y)].append((x, y))
    return places


def _is_layer(scatter: Trace, places: dict[tuple[int, int], list[Point]]) -> bool:
    """True for markers on the points of series that have markers: a halo, a dot in a ring, an edge painted apart.

    `places` are those of the points that have markers already.
    """
    met = sum(_has(point, places, NEAR_PT) for point in scatter.points)
    return len(scatter.points) > 1 and met >= LAYER_SHARE * len(scatter.points)


def _holds(frame: Box, point: Point) -> bool:
    return frame[0] - 1 <= point[0] <= frame[2] + 1 and frame[1] - 1 <= point[1] <= frame[3] + 1
