"""One legend line: what stands beside some words and may be their sample."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gauntlet.paper.glyphs import union
from gauntlet.paper.plots.labels import Label
from gauntlet.paper.plots.marks import is_marker, marker_style
from gauntlet.paper.plots.primitives import Path
from gauntlet.paper.plots.rectangles import is_blank
from gauntlet.paper.plots.traces import Style, same_box
from gauntlet.paper.records import Box

SHORTEST_PT, LONGEST_PT = 5.0, 48.0
CLOSE_EM, MARKER_EM, FAR_EM = 1.8, 3.0, 12.0
"""Gap between sample and words: of a stroke or patch, of a lone marker, and of the shortest among centred words."""
MOST_NEAREST = 4  # patches or markers on one line that may be its sample
ALIGNED_PT = 0.6
GROUND_PT = 1.0  # from the middle of a sample's ground to that of the sample
TWIN_PT = 4.0  # between the small bars of one sample

LEFT, RIGHT = -1, 1
"""On which side of its words a sample stands."""


@dataclass(frozen=True)
class Entry:
    """One legend line: its words, what its sample looks like, and the indices of the sample's paths.

    `is_foreign` is set where it is offered to one frame and stands in another.
    """

    name: str
    line: Style | None
    marker: Style | None
    patch: Style | None
    paths: tuple[int, ...]
    sample: Box
    box: Box
    side: int
    size: float
    gap_pt: float
    is_close: bool
    is_foreign: bool = False


_Item = tuple[int, Path]


def _gap(label: Label, path: Path, side: int) -> float:
    """Distance from the words to a sample on one side, negative where they overlap."""
    return label.box[0] - path.box[2] if side == LEFT else path.box[0] - label.box[2]


def entries_beside(label: Label, near: Sequence[tuple[int, Path]], side: int) -> list[Entry]:
    """What may be the sample on one side of the text on its line: a stroke, or the nearest patches and markers."""
    size = label.size
    on_line = [
        (index, path)
        for index, path in near
        if abs(path.center[1] - label.anchor[1]) < 0.45 * size and _gap(label, path, side) >= -0.1 * size
    ]
    grounds = [item for item in on_line if any(_is_ground(item[1], other) for _, other in on_line)]
    shown = [(index, path) for index, path in on_line if not (path.is_rectangle and is_blank(path))]
    entries = _entries(label, [item for item in shown if item not in grounds], side)
    return [_with_grounds(entry, grounds) for entry in entries]


def _entries(label: Label, on_line: list[_Item], side: int) -> list[Entry]:
    size = label.size
    for reach_em, marker_em in ((CLOSE_EM, MARKER_EM), (FAR_EM, FAR_EM)):
        strokes = [(i, p) for i, p in on_line if _is_handle(p) and _gap(label, p, side) < reach_em * size]
        patches = [(i, p) for i, p in on_line if _is_patch(p) and _gap(label, p, side) < reach_em * size]
        markers = [(i, p) for i, p in on_line if is_marker(p) and _gap(label, p, side) < marker_em * size]
        strokes = strokes or [(i, p) for i, p in on_line if _is_handle(p) and any(_is_on(m, p) for _, m in markers)]
        if strokes:
            return [_stroke_entry(label, strokes, [item for item in on_line if is_marker(item[1])], side)]
        if patches or markers:
            break
    pool = [item for item in on_line if _is_patch(item[1]) or is_marker(item[1])]
    nearest = sorted({*patches, *markers}, key=lambda item: (_gap(label, item[1], side), item[0]))[:MOST_NEAREST]
    groups = [_touching(item, pool) for item in nearest]
    singles = [[item] for item, group in zip(nearest, groups, strict=True) if len(group) > 1]
    return [_mark_entry(label, group, side) for group in [*groups, *singles]]


def _with_grounds(entry: Entry, grounds: list[_Item]) -> Entry:
    """The line with the squares that its sample is painted on: some programs put each on a ground."""
    below = [index for index, path in grounds if path.box[0] < entry.sample[0] and entry.sample[2] < path.box[2]]
    return replace(entry, paths=(*entry.paths, *below))


def _is_ground(path: Path, other: Path) -> bool:
    """True for a filled rectangle with a sample painted in its middle."""
    if path.fill is None or not path.is_rectangle or path.order >= other.order or other.fill == path.fill:
        return False
    middle = max(abs(path.center[0] - other.center[0]), abs(path.center[1] - other.center[1])) < GROUND_PT
    inside = path.size[0] > other.size[0] + ALIGNED_PT and path.size[1] > other.size[1] + ALIGNED_PT
    return middle and inside and (is_marker(other) or _is_patch(other) or _is_handle(other))


def _stroke_entry(label: Label, strokes: list[_Item], markers: list[_Item], side: int) -> Entry:
    own, on_it = _stroke_sample(label, strokes, markers, side)
    line = Style(stroke=own[0][1].stroke, dashes=own[0][1].dashes)
    marker = marker_style(on_it[-1][1]) if on_it else None
    layers = [item for item in markers if item not in on_it and any(_is_over(item[1], one[1]) for one in on_it)]
    return _as_entry(label, [*own, *on_it, *layers], side, CLOSE_EM, line=line, marker=marker)


def _is_over(layer: Path, marker: Path) -> bool:
    """True for another part of a marker: a cross in a square, an edge painted apart."""
    (x, y), (at_x, at_y) = layer.center, marker.center
    return max(abs(x - at_x), abs(y - at_y)) < ALIGNED_PT


def _mark_entry(label: Label, own: list[_Item], side: int) -> Entry:
    path = own[0][1]
    patch = _patch_style(path) if _is_patch(path) else None
    marker = marker_style(path) if is_marker(path) else None
    return _as_entry(label, own, side, MARKER_EM if marker else CLOSE_EM, marker=marker, patch=patch)


def _as_entry(
    label: Label,
    own: list[_Item],
    side: int,
    close_em: float,
    line: Style | None = None,
    marker: Style | None = None,
    patch: Style | None = None,
) -> Entry:
    gap_pt = min(_gap(label, path, side) for _, path in own)
    box = union([path.box for _, path in own])
    indices = tuple(index for index, _ in own)
    close = gap_pt < close_em * label.size
    return Entry(label.text, line, marker, patch, indices, box, label.box, side, label.size, gap_pt, close)


def _stroke_sample(
    label: Label, strokes: list[_Item], markers: list[_Item], side: int
) -> tuple[list[_Item], list[_Item]]:
    """The stroke nearest to the words with its copies, and the markers on it."""
    nearest = min(strokes, key=lambda item: _gap(label, item[1], side))
    box = nearest[1].box
    own = [nearest, *(item for item in strokes if item is not nearest and same_box(item[1].box, box, 1))]
    return own, _in_step(nearest[1], [item for item in markers if _is_on(item[1], nearest[1])])


def _in_step(stroke: Path, markers: list[_Item]) -> list[_Item]:
    """Of the markers on a stroke those of one look at its middle, else at one distance from it."""
    middle = stroke.center[0]
    by_distance = sorted(markers, key=lambda item: abs(item[1].center[0] - middle))
    nearest = by_distance[0][1] if by_distance else stroke
    off = abs(nearest.center[0] - middle)
    return [
        item
        for item in by_distance
        if marker_style(item[1]) == marker_style(nearest) and abs(abs(item[1].center[0] - middle) - off) < ALIGNED_PT
    ]


def _is_on(marker: Path, stroke: Path) -> bool:
    """True where a marker is centred on a stroke, at its middle or at an end."""
    x, y = marker.center
    level = abs(y - stroke.center[1]) < max(0.6, 0.3 * marker.size[1])
    return level and stroke.box[0] - 2 <= x <= stroke.box[2] + 2


def _touching(nearest: _Item, items: list[_Item]) -> list[_Item]:
    """The sample with its equals beside it: two small bars, three scattered markers."""
    own = [nearest]
    look = (nearest[1].fill, nearest[1].hatch, nearest[1].stroke)
    for item in sorted(items, key=lambda one: abs(one[1].center[0] - nearest[1].center[0])):
        near = any(
            item[1].box[0] < other.box[2] + TWIN_PT and item[1].box[2] > other.box[0] - TWIN_PT for _, other in own
        )
        if item is not nearest and near and (item[1].fill, item[1].hatch, item[1].stroke) == look:
            own.append(item)
    return own


def _patch_style(path: Path) -> Style:
    return Style(stroke=path.stroke, fill=path.fill, hatch=path.hatch)


def _is_handle(path: Path) -> bool:
    """A level stroke of a legend's usual length, one straight line (perhaps through a middle vertex)."""
    width, height = path.size
    return (
        path.stroke is not None
        and not path.curved
        and len(path.lines) == 1
        and 2 <= len(path.lines[0]) <= 4
        and height < 0.3
        and width >= SHORTEST_PT
    )


def _is_patch(path: Path) -> bool:
    """A small rectangle, filled or (before a pattern) only outlined, of a legend's usual proportions."""
    width, height = path.size
    return path.is_rectangle and 2.0 < width < LONGEST_PT and 2.0 < height < 14 and width > 0.3 * height
