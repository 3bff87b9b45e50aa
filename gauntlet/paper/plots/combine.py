"""Curves and markers together: markers on the vertices of a curve are its points, the others are scatter series."""

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
            loose -= _on_strokes(curve, group, loose)
        inside = [group[index] for index in sorted(loose) if _holds(frame, anchor(group[index]))]
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
        hits: dict[int, set[int]] = defaultdict(set)
        for index, path in enumerate(group):
            for at in _curves_at(path, places):
                hits[at].add(index)
        for at, met in hits.items():
            own = set(range(len(group))) if _in_step(curves[at], group) else met
            same = curves[at].style.stroke in (style.stroke, style.fill)
            pairs.append((same, len(own), number, at, own))
    found: dict[int, list[tuple[Trace, set[int]]]] = defaultdict(list)
    taken_curves: set[int] = set()
    taken: dict[int, set[int]] = defaultdict(set)
    for same, _, number, at, own in sorted(pairs, key=lambda pair: (not pair[0], -pair[1], pair[2], pair[3])):
        free = own - taken[number]
        left = len(groups[number][1]) - len(taken[number])
        share = SAME_COLOR_SHARE if same else OTHER_COLOR_SHARE
        shown = len(curves[at].points) - len(curves[at].clipped)
        fewest = min(2, shown) if same else 2
        if at not in taken_curves and free and len(free) >= max(fewest, share * min(left, shown)):
            found[number].append((curves[at], free))
            taken[number] |= free
            taken_curves.add(at)
    for number, (_, group) in enumerate(groups):
        if not taken[number]:
            at = next((n for n, c in enumerate(curves) if n not in taken_curves and _in_step(c, group)), None)
            if at is not None:
                found[number].append((curves[at], set(range(len(group)))))
                taken_curves.add(at)
    return found


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


def _curves_at(path: Path, places: dict[tuple[int, int], list[tuple[int, Point]]]) -> set[int]:
    """Curves with a vertex at the marker: at its centre in x, within a fifth of its height in y (triangles)."""
    (x, y), reach_y = path.center, max(NEAR_PT, path.size[1] / 5)
    return {
        number
        for dx in (-1, 0, 1)
        for dy in range(-3, 4)
        for number, (px, py) in places.get((round(x) + dx, round(y) + dy), ())
        if abs(px - x) < NEAR_PT and abs(py - y) < reach_y
    }


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


def _on_strokes(curve: Trace, group: Sequence[Path], loose: set[int]) -> set[int]:
    """Markers between two vertices: programs leave out a vertex on a straight way. They become points."""
    xs = [x for x, _ in curve.points]
    if not loose or any(b < a for a, b in pairwise(xs)):
        return set()
    found: dict[int, Point] = {}
    for index in loose:
        x, y = anchor(group[index])
        if not xs[0] < x < xs[-1]:
            continue
        (ax, ay), (bx, by) = curve.points[bisect_right(xs, x) - 1], curve.points[bisect_left(xs, x)]
        level = ay if bx == ax else ay + (by - ay) * (x - ax) / (bx - ax)
        if abs(level - y) < NEAR_PT:
            found[index] = (x, level)
    flagged = {curve.points[index] for index in curve.clipped}
    curve.points = sorted([*curve.points, *found.values()], key=lambda point: point[0])
    curve.clipped = {index for index, point in enumerate(curve.points) if point in flagged}
    return set(found)


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
