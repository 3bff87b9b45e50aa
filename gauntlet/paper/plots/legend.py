"""Legends: a drawn sample and a text on one line; entries are given to series one to one."""

from collections.abc import Sequence
from dataclasses import dataclass

from gauntlet.paper.plots.bars import Tiles
from gauntlet.paper.plots.frames import Frame
from gauntlet.paper.plots.labels import Label
from gauntlet.paper.plots.primitives import Color, Path
from gauntlet.paper.plots.series import is_marker, marker_style
from gauntlet.paper.plots.traces import Style, Trace
from gauntlet.paper.records import Box

SHORTEST_PT, LONGEST_PT = 5.0, 48.0
REACH_PT = 150.0
CLOSE_EM, MARKER_EM, FAR_EM = 1.8, 3.0, 12.0
"""Gap between sample and words: of a stroke or patch, of a lone marker, and of the shortest among centred words."""


@dataclass(frozen=True)
class Entry:
    """One legend line: its words, what its sample looks like, and the indices of the sample's paths."""

    name: str
    line: Style | None
    marker: Style | None
    patch: Style | None
    paths: tuple[int, ...]
    box: Box
    side: int
    gap_pt: float
    is_close: bool


LEFT, RIGHT = -1, 1
"""On which side of its words a sample stands."""


def find_entries(frames: Sequence[Frame], paths: Sequence[Path], labels: Sequence[Label], tiles: Tiles) -> list[Entry]:
    """Legend lines in or around any of the frames."""
    if not frames:
        return []
    used = {id(label) for frame in frames for label in frame.used}
    boxes = [frame.box for frame in frames]
    keys = [(index, path) for index, path in enumerate(paths) if _may_be_sample(path, boxes)]
    rows: dict[int, list[tuple[int, Path]]] = {}
    for index, path in keys:
        rows.setdefault(round(path.center[1] / 4), []).append((index, path))
    curves = _vertices(paths)
    entries: list[Entry] = []
    for label in labels:
        if id(label) in used or label.quarter or not _near_frames(label.box, boxes):
            continue
        row = round(label.anchor[1] / 4)
        near = [item for key in (row - 1, row, row + 1) for item in rows.get(key, ())]
        for side in (LEFT, RIGHT):
            entry = _entry(label, near, tiles, side)
            if entry is not None and _together(entry, paths, boxes) and not _on_curve(entry, paths, curves):
                entries.append(entry)
    return _nearest_words(_one_side(_without_strays(entries, paths), paths))


def _without_strays(entries: list[Entry], paths: Sequence[Path]) -> list[Entry]:
    """Words far from their sample belong to it only where the longest words of their column are near theirs.

    pgfplots centres the words of a legend: short ones stand further from the sample than the longest.
    """
    close = [entry for entry in entries if entry.is_close]
    middles = {
        (entry.side, round(paths[entry.paths[0]].center[0] + dx), round((entry.box[0] + entry.box[2]) / 2 + dy))
        for entry in close
        for dx in (-1, 0, 1)
        for dy in (-1, 0, 1)
    }
    far = [entry for entry in entries if not entry.is_close]
    return close + [
        entry
        for entry in far
        if (entry.side, round(paths[entry.paths[0]].center[0]), round((entry.box[0] + entry.box[2]) / 2)) in middles
    ]


def _near_frames(box: Box, frames: Sequence[Box]) -> bool:
    return any(
        box[0] < frame[2] + REACH_PT and box[2] > frame[0] - 60 and box[1] < frame[3] + 80 and box[3] > frame[1] - 80
        for frame in frames
    )


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
    if entry.line is not None or entry.patch is not None:
        return False
    x, y = paths[entry.paths[0]].center
    return any((round(x) + dx, round(y) + dy) in curves for dx in (-1, 0, 1) for dy in (-1, 0, 1))


def _together(entry: Entry, paths: Sequence[Path], frames: Sequence[Box]) -> bool:
    """Sample and words are both inside one frame or both outside all: else the words only happen to stand there."""
    x, y = paths[entry.paths[0]].center
    sample = [_holds(frame, x, y) for frame in frames]
    words = [_holds(frame, entry.box[0] + 1, (entry.box[1] + entry.box[3]) / 2) for frame in frames]
    return sample == words


def _holds(box: Box, x: float, y: float) -> bool:
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _may_be_sample(path: Path, frames: Sequence[Box]) -> bool:
    """Samples are small, and where the program clips data to the frame they are not clipped to it."""
    width, height = path.size
    if width > LONGEST_PT or height > 16 or max(width, height) < 1:
        return False
    if path.clip is None:
        return True
    return not any(all(abs(a - b) < 1.5 for a, b in zip(path.clip, frame, strict=True)) for frame in frames)


def _gap(label: Label, path: Path, side: int) -> float:
    """Distance from the words to a sample on one side, negative where they overlap."""
    return label.box[0] - path.box[2] if side == LEFT else path.box[0] - label.box[2]


def _entry(label: Label, near: Sequence[tuple[int, Path]], tiles: Tiles, side: int) -> Entry | None:
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
        if strokes or patches or markers:
            break
    if strokes:
        index, path = min(strokes, key=lambda item: _gap(label, item[1], side))
        own = [(i, p) for i, p in markers if path.box[0] - 2 <= p.center[0] <= path.box[2] + 2]
        return Entry(
            label.text,
            Style(stroke=path.stroke, dashes=path.dashes),
            marker_style(own[-1][1]) if own else None,
            None,
            (index, *(i for i, _ in own), *(i for i, p in strokes if _same_place(p, path))),
            label.box,
            side,
            _gap(label, path, side),
            _gap(label, path, side) < CLOSE_EM * size,
        )
    if patches:
        index, path = max(
            patches, key=lambda item: (-round(_gap(label, item[1], side)), item[1].fill is not None, item[0])
        )
        twins = tuple(i for i, p in patches if _same_place(p, path))
        gap_pt = _gap(label, path, side)
        return Entry(
            label.text,
            None,
            None,
            tiles.style(path, path.box),
            twins,
            label.box,
            side,
            gap_pt,
            gap_pt < CLOSE_EM * size,
        )
    if markers:
        gap_pt = min(_gap(label, p, side) for _, p in markers)
        own = [(i, p) for i, p in markers if _gap(label, p, side) - gap_pt < 1]
        indices = tuple(i for i, _ in own)
        return Entry(
            label.text,
            None,
            marker_style(own[-1][1]),
            None,
            indices,
            label.box,
            side,
            gap_pt,
            gap_pt < MARKER_EM * size,
        )
    return None


def _same_place(one: Path, other: Path) -> bool:
    return all(abs(a - b) < 1 for a, b in zip(one.box, other.box, strict=True))


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


def _one_side(entries: list[Entry], paths: Sequence[Path]) -> list[Entry]:
    """A column of samples has its words on one side: the side with more of them, then with the steadier gap."""
    columns: dict[int, list[Entry]] = {}
    for entry in entries:
        columns.setdefault(round(paths[entry.paths[0]].box[0] / 2), []).append(entry)
    kept = []
    for key, own in columns.items():
        column = [*own, *columns.get(key - 1, ()), *columns.get(key + 1, ())]
        sides = {side: [entry for entry in column if entry.side == side] for side in (LEFT, RIGHT)}
        best = max((LEFT, RIGHT), key=lambda side: (len(sides[side]), -_unsteady(sides[side]), side == LEFT))
        kept += [entry for entry in own if entry.side == best]
    return kept


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


def name_traces(frames: Sequence[Frame], traces: Sequence[list[Trace]], entries: Sequence[Entry]) -> None:
    """Give names to series: entries inside a frame to that frame, others to every frame without entries of its own."""
    inside: list[list[Entry]] = [[] for _ in frames]
    shared: list[Entry] = []
    for entry in entries:
        x, y = (entry.box[0] + entry.box[2]) / 2, (entry.box[1] + entry.box[3]) / 2
        for index, frame in enumerate(frames):
            if frame.box[0] <= x <= frame.box[2] and frame.box[1] <= y <= frame.box[3]:
                inside[index].append(entry)
                break
        else:
            shared.append(entry)
    everything = [entry for own in inside for entry in own] + shared
    for own, frame, group in zip(inside, frames, traces, strict=True):
        close = [entry for entry in shared if _near_frames(entry.box, [frame.box])]
        for candidates in (own, close, [] if own else shared, [] if own or shared else everything):
            _assign([trace for trace in group if trace.name is None], candidates)


def _assign(traces: list[Trace], entries: Sequence[Entry]) -> None:
    pairs = sorted(
        ((_likeness(trace, entry), t, e) for t, trace in enumerate(traces) for e, entry in enumerate(entries)),
        key=lambda pair: (-pair[0], pair[1], pair[2]),
    )
    taken: set[int] = set()
    for score, t, e in pairs:
        if score >= 3 and traces[t].name is None and e not in taken:
            traces[t].name = entries[e].name
            taken.add(e)


def _likeness(trace: Trace, entry: Entry) -> float:  # noqa: PLR0911
    """How well a series fits a sample; 3 and more is a match (the colour alone of the right kind of mark)."""
    style = trace.style
    if trace.kind == "bar":
        if entry.patch is None or not _same(style.fill, entry.patch.fill):
            return 0.0
        return 3.0 + 2.0 * (style.hatch == entry.patch.hatch) + _same(style.stroke, entry.patch.stroke)
    if trace.kind == "scatter":
        if entry.marker is None:
            return 0.0
        color = _same(style.fill, entry.marker.fill) and _same(style.stroke, entry.marker.stroke)
        return 3.0 * color + 2.0 * (style.marker == entry.marker.marker)
    if entry.line is None:
        return 0.0
    score = 3.0 * _same(style.stroke, entry.line.stroke) + 1.5 * (_dashes(style.dashes) == _dashes(entry.line.dashes))
    has, wants = style.marker, entry.marker.marker if entry.marker else None
    if has == wants:
        return score + 1.0
    return score - 1.0 if (has is None) != (wants is None) else score - 0.6


def _same(one: Color | None, other: Color | None) -> bool:
    if one is None or other is None:
        return one is other
    return len(one) == len(other) and all(abs(a - b) < 0.025 for a, b in zip(one, other, strict=True))


def _dashes(text: str) -> int:
    """Number of lengths in a dash pattern: scaled copies of one pattern are equal in it."""
    return len(text.partition("]")[0].strip("[ ").split())
