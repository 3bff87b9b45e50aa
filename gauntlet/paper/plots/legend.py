"""Legend lines: a drawn sample and words on one line, and on which side of its words a legend's samples stand."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from gauntlet.paper.glyphs import union
from gauntlet.paper.plots.frames import Frame
from gauntlet.paper.plots.labels import Label
from gauntlet.paper.plots.marks import is_marker, marker_style
from gauntlet.paper.plots.primitives import Path
from gauntlet.paper.plots.traces import Style, same_box
from gauntlet.paper.records import Box

SHORTEST_PT, LONGEST_PT = 5.0, 48.0
REACH_PT = 150.0
CLOSE_EM, MARKER_EM, FAR_EM = 1.8, 3.0, 12.0
"""Gap between sample and words: of a stroke or patch, of a lone marker, and of the shortest among centred words."""
TWIN_PT = 4.0  # between the small bars of one sample
LINES_EM, COLUMN_EM = 3.0, 14.0  # between the lines and the columns of one legend
_PANEL = re.compile(r"^\(?[a-zA-Z0-9]\)")

LEFT, RIGHT = -1, 1
"""On which side of its words a sample stands."""


@dataclass(frozen=True)
class Entry:
    """One legend line: its words, what its sample looks like, and the indices of the sample's paths."""

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


def find_legends(frames: Sequence[Frame], paths: Sequence[Path], labels: Sequence[Label]) -> list[list[Entry]]:
    """Legends in or around the frames, each as its lines."""
    entries = [entry for entry in _candidates(frames, paths, labels) if not _PANEL.match(entry.name)]
    found = []
    for block in _blocks(_without_strays(entries)):
        lines = _nearest_words(_one_side(block))
        if lines:
            found.append(lines)
    return found


def _candidates(frames: Sequence[Frame], paths: Sequence[Path], labels: Sequence[Label]) -> list[Entry]:
    used = {id(label) for frame in frames for label in frame.used}
    boxes = [frame.box for frame in frames]
    rows: dict[int, list[tuple[int, Path]]] = defaultdict(list)
    for index, path in enumerate(paths):
        if _may_be_sample(path, boxes):
            rows[round(path.center[1] / 4)].append((index, path))
    curves, covers = _vertices(paths), _covers(paths)
    entries: list[Entry] = []
    for label in labels:
        if id(label) in used or label.quarter or not is_near(label.box, boxes) or _is_covered(label, covers):
            continue
        row = round(label.anchor[1] / 4)
        near = [item for key in (row - 1, row, row + 1) for item in rows.get(key, ())]
        for side in (LEFT, RIGHT):
            entry = _entry(label, near, side)
            if entry is not None and _together(entry, boxes) and not _on_curve(entry, paths, curves):
                entries.append(entry)
    return entries


def is_near(box: Box, frames: Sequence[Box]) -> bool:
    """True for what may belong to a legend of one of the frames."""
    return any(
        box[0] < frame[2] + REACH_PT and box[2] > frame[0] - 60 and box[1] < frame[3] + 80 and box[3] > frame[1] - 80
        for frame in frames
    )


def _may_be_sample(path: Path, frames: Sequence[Box]) -> bool:
    """Samples are small, and where the program clips data to the frame they are not clipped to it."""
    width, height = path.size
    if width > LONGEST_PT or height > 16 or max(width, height) < 1:
        return False
    return path.clip is None or not any(same_box(path.clip, frame, 1.5) for frame in frames)


def _vertices(paths: Sequence[Path]) -> set[tuple[int, int]]:
    """Vertices of all curves that are too large or too bent for a legend sample."""
    found: set[tuple[int, int]] = set()
    for path in paths:
        width, height = path.size
        if path.stroke is not None and not path.closed and (width > LONGEST_PT or height > 0.5) and not is_marker(path):
            if all(len(line) < 3 for line in path.lines):
                continue
            found.update((round(x), round(y)) for line in path.lines for x, y in line)
    return found


def _on_curve(entry: Entry, paths: Sequence[Path], curves: set[tuple[int, int]]) -> bool:
    """True where a marker without a stroke lies on a vertex of a curve: a data point beside some text."""
    if entry.line is not None or entry.marker is None:
        return False
    x, y = paths[entry.paths[0]].center
    return any((round(x) + dx, round(y) + dy) in curves for dx in (-1, 0, 1) for dy in (-1, 0, 1))


def _covers(paths: Sequence[Path]) -> list[Path]:
    """Boxes that a legend may be painted on: filled, wider than a word, and rarely more than a few."""
    large = [path for path in paths if path.fill is not None and path.closed and path.size[0] > 30 < path.size[0]]
    return [path for path in large if path.size[1] > 7 and path.opacity > 0.5 and path.hatch is None][:MOST_COVERS]


MOST_COVERS = 300


def _is_covered(label: Label, covers: Sequence[Path]) -> bool:
    """True for words that something was painted over, as a legend over a title."""
    x, y = label.anchor
    return any(
        path.order > label.order and path.box[0] < x < path.box[2] and path.box[1] < y < path.box[3] for path in covers
    )


def _together(entry: Entry, frames: Sequence[Box]) -> bool:
    """Sample and words are both inside one frame or both outside all: else the words only happen to stand there."""
    sample = [_holds(frame, (entry.sample[0] + entry.sample[2]) / 2, entry.sample[3] - 1) for frame in frames]
    words = [_holds(frame, entry.box[0] + 1, (entry.box[1] + entry.box[3]) / 2) for frame in frames]
    return sample == words


def _holds(box: Box, x: float, y: float) -> bool:
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


# One line


def _gap(label: Label, path: Path, side: int) -> float:
    """Distance from the words to a sample on one side, negative where they overlap."""
    return label.box[0] - path.box[2] if side == LEFT else path.box[0] - label.box[2]


def _entry(label: Label, near: Sequence[tuple[int, Path]], side: int) -> Entry | None:
    """The sample on one side of the text on its line: a stroke, a patch or a marker."""
    size = label.size
    on_line = [
        (index, path)
        for index, path in near
        if abs(path.center[1] - label.anchor[1]) < 0.45 * size and _gap(label, path, side) >= -0.1 * size
    ]
    for reach_em, marker_em in ((CLOSE_EM, MARKER_EM), (FAR_EM, FAR_EM)):
        strokes = [(i, p) for i, p in on_line if _is_handle(p) and _gap(label, p, side) < reach_em * size]
        patches = [(i, p) for i, p in on_line if _is_patch(p) and _gap(label, p, side) < reach_em * size]
        markers = [(i, p) for i, p in on_line if is_marker(p) and _gap(label, p, side) < marker_em * size]
        strokes = strokes or [(i, p) for i, p in on_line if _is_handle(p) and any(_is_on(m, p) for _, m in markers)]
        if strokes or patches or markers:
            break
    close_em = CLOSE_EM
    line = marker = patch = None
    if strokes:
        own, on_it = _stroke_sample(label, strokes, markers, side)
        line = Style(stroke=own[0][1].stroke, dashes=own[0][1].dashes)
        marker = marker_style(on_it[-1][1]) if on_it else None
        own = [*own, *on_it]
    elif patches or markers:
        nearest = min([*patches, *markers], key=lambda item: _gap(label, item[1], side))
        own = _touching(nearest, [item for item in on_line if _is_patch(item[1]) or is_marker(item[1])])
        patch = _patch_style(nearest[1]) if _is_patch(nearest[1]) else None
        marker = marker_style(nearest[1]) if nearest in markers else None
        close_em = CLOSE_EM if patch else MARKER_EM
    else:
        return None
    gap_pt = min(_gap(label, path, side) for _, path in own)
    box = union([path.box for _, path in own])
    indices = tuple(index for index, _ in own)
    close = gap_pt < close_em * size
    return Entry(label.text, line, marker, patch, indices, box, label.box, side, size, gap_pt, close)


_Item = tuple[int, Path]


def _stroke_sample(
    label: Label, strokes: list[_Item], markers: list[_Item], side: int
) -> tuple[list[_Item], list[_Item]]:
    """The stroke nearest to the words with its copies, and the markers on it."""
    nearest = min(strokes, key=lambda item: _gap(label, item[1], side))
    box = nearest[1].box
    own = [nearest, *(item for item in strokes if item is not nearest and same_box(item[1].box, box, 1))]
    return own, [item for item in markers if _is_on(item[1], nearest[1])]


def _is_on(marker: Path, stroke: Path) -> bool:
    return stroke.box[0] - 2 <= marker.center[0] <= stroke.box[2] + 2


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


# All lines of a legend


def _without_strays(entries: list[Entry]) -> list[Entry]:
    """Words far from their sample belong to it only where the longest words of their column are near theirs.

    pgfplots centres the words of a legend: short ones stand further from the sample than the longest.
    """
    close = [entry for entry in entries if entry.is_close]
    middles = {
        (entry.side, round(_middle(entry.sample) + dx), round(_middle(entry.box) + dy))
        for entry in close
        for dx in (-1, 0, 1)
        for dy in (-1, 0, 1)
    }
    far = [entry for entry in entries if not entry.is_close]
    return close + [
        entry for entry in far if (entry.side, round(_middle(entry.sample)), round(_middle(entry.box))) in middles
    ]


def _middle(box: Box) -> float:
    return (box[0] + box[2]) / 2


def _blocks(entries: list[Entry]) -> list[list[Entry]]:
    """Entries that stand together: next lines of one column, next columns of one line."""
    parent = list(range(len(entries)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    order = sorted(range(len(entries)), key=lambda index: entries[index].box[1])
    for place, i in enumerate(order):
        for j in order[place + 1 :]:
            if entries[j].box[1] - entries[i].box[1] > LINES_EM * entries[i].size:
                break
            if _belong_together(entries[i], entries[j]):
                parent[root(i)] = root(j)
    blocks: dict[int, list[Entry]] = defaultdict(list)
    for index, entry in enumerate(entries):
        blocks[root(index)].append(entry)
    return list(blocks.values())


def _belong_together(one: Entry, other: Entry) -> bool:
    if abs(one.size - other.size) > 0.2:
        return False
    a, b = union([one.box, one.sample]), union([other.box, other.sample])
    apart = max(a[0], b[0]) - min(a[2], b[2])
    same_line = abs(one.box[1] - other.box[1]) < 0.5 * one.size
    return apart < (COLUMN_EM * one.size if same_line else 0)


def _one_side(entries: list[Entry]) -> list[Entry]:
    """A legend has its words on one side: the side with more of them, then with the steadier gap."""
    sides = {side: [entry for entry in entries if entry.side == side] for side in (LEFT, RIGHT)}
    best = max((LEFT, RIGHT), key=lambda side: (len(_samples(sides[side])), -_unsteady(sides[side]), side == LEFT))
    return sides[best]


def _samples(entries: Sequence[Entry]) -> set[int]:
    return {entry.paths[0] for entry in entries}


def _unsteady(entries: Sequence[Entry]) -> float:
    gaps = [round(entry.gap_pt, 1) for entry in entries]
    return max(gaps, default=0.0) - min(gaps, default=0.0)


def _nearest_words(entries: list[Entry]) -> list[Entry]:
    """Each sample serves the nearest text only."""
    owner: dict[int, Entry] = {}
    for entry in entries:
        for index in entry.paths:
            if index not in owner or entry.gap_pt < owner[index].gap_pt:
                owner[index] = entry
    return [entry for entry in entries if all(owner[index] is entry for index in entry.paths)]
