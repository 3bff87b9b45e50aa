"""Legend lines: a drawn sample and words on one line, and on which side of its words a legend's samples stand."""

import re
from collections import defaultdict
from collections.abc import Sequence

from gauntlet.paper.glyphs import union
from gauntlet.paper.plots.frames import Frame
from gauntlet.paper.plots.labels import Label
from gauntlet.paper.plots.marks import is_marker
from gauntlet.paper.plots.primitives import Path
from gauntlet.paper.plots.samples import LEFT, LONGEST_PT, RIGHT, Entry, entries_beside
from gauntlet.paper.plots.traces import same_box
from gauntlet.paper.plots.wording import best_centred, whole_names, with_second_lines
from gauntlet.paper.records import Box
from gauntlet.paper.tokens import parse_number

REACH_PT = 150.0
MOST_COVERS = 300
LINES_EM, COLUMN_EM = 3.0, 14.0  # between the lines and the columns of one legend
_PANEL = re.compile(r"^\(?[a-zA-Z0-9]\)")


def find_legends(frames: Sequence[Frame], paths: Sequence[Path], labels: Sequence[Label]) -> list[list[Entry]]:
    """Legends in or around the frames, each as its lines."""
    entries = [entry for entry in _candidates(frames, paths, labels) if not _PANEL.match(entry.name)]
    found = []
    for block in _blocks(_without_strays(entries), [frame.box for frame in frames]):
        lines = _nearest_words(_in_columns(_one_side(block)))
        if len(lines) > 1 or (lines and parse_number(lines[0].name) is None):
            found.append(lines)
    return [whole_names(legend, labels) for legend in _own_samples(found) if legend]


def _own_samples(legends: list[list[Entry]]) -> list[list[Entry]]:
    """Each sample serves one legend, that with more lines: a legend's title stands beside a sample as well."""
    taken: set[int] = set()
    kept: dict[int, list[Entry]] = {}
    for index in sorted(range(len(legends)), key=lambda index: (-len(legends[index]), index)):
        kept[index] = [entry for entry in legends[index] if taken.isdisjoint(entry.paths)]
        taken.update(path for entry in kept[index] for path in entry.paths)
    return [kept[index] for index in range(len(legends))]


def _candidates(frames: Sequence[Frame], paths: Sequence[Path], labels: Sequence[Label]) -> list[Entry]:
    used = {id(label) for frame in frames for label in frame.used}
    boxes = [frame.box for frame in frames]
    around = boxes + [path.shown for path in paths if _is_box(path, boxes)][:MOST_COVERS]
    rows: dict[int, list[tuple[int, Path]]] = defaultdict(list)
    for index, path in enumerate(paths):
        if _may_be_sample(path, boxes):
            rows[round(path.center[1] / 4)].append((index, path))
    curves, covers = _vertices(paths), _covers(paths)
    entries: list[Entry] = []
    free = [label for label in labels if id(label) not in used and not label.quarter and is_near(label.box, boxes)]
    for label in with_second_lines([label for label in free if not _is_covered(label, covers)]):
        row = round(label.anchor[1] / 4)
        near = [item for key in (row - 1, row, row + 1) for item in rows.get(key, ())]
        for side in (LEFT, RIGHT):
            for entry in entries_beside(label, near, side):
                if _together(entry, around) and not _on_curve(entry, paths, curves):
                    entries.append(entry)
    return best_centred(entries)


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
    large = [path for path in paths if path.fill is not None and path.closed and path.size[0] > 30]
    return [path for path in large if path.size[1] > 7 and path.opacity > 0.5 and path.hatch is None][:MOST_COVERS]


def _is_covered(label: Label, covers: Sequence[Path]) -> bool:
    """True for words that something was painted over, as a legend over a title."""
    return any(path.order > label.order and _holds(path.shown, *label.anchor) for path in covers)


def _is_box(path: Path, frames: Sequence[Box]) -> bool:
    """A drawn box outside all frames that may stand around words, as in a diagram."""
    large = path.is_rectangle and path.stroke is not None and path.size[0] > 20 and path.size[1] > 16
    return large and not any(_holds(frame, *path.center) for frame in frames)


def _together(entry: Entry, boxes: Sequence[Box]) -> bool:
    """Sample and words are inside the same frames and boxes: else the words only happen to stand there."""
    x, y = (entry.sample[0] + entry.sample[2]) / 2, entry.sample[3] - 1
    across, level = entry.box[0] + 1, (entry.box[1] + entry.box[3]) / 2
    return all(_holds(box, x, y) == _holds(box, across, level) for box in boxes)


def _holds(box: Box, x: float, y: float) -> bool:
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


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


def _blocks(entries: list[Entry], frames: Sequence[Box]) -> list[list[Entry]]:
    """Entries that stand together in one frame or outside all: next lines of one column, next columns of one line."""
    homes = [_inside(entry, frames) for entry in entries]
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
            if homes[i] == homes[j] and _belong_together(entries[i], entries[j]):
                parent[root(i)] = root(j)
    blocks: dict[int, list[Entry]] = defaultdict(list)
    for index, entry in enumerate(entries):
        blocks[root(index)].append(entry)
    return list(blocks.values())


def _inside(entry: Entry, frames: Sequence[Box]) -> int | None:
    middle = (entry.box[0] + 1, (entry.box[1] + entry.box[3]) / 2)
    return next((index for index, frame in enumerate(frames) if _holds(frame, *middle)), None)


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
    best = max(
        (LEFT, RIGHT),
        key=lambda side: (len({entry.box for entry in sides[side]}), -_unsteady(sides[side]), side == LEFT),
    )
    return sides[best]


def _unsteady(entries: Sequence[Entry]) -> float:
    gaps = [round(entry.gap_pt, 1) for entry in entries]
    return max(gaps, default=0.0) - min(gaps, default=0.0)


def _in_columns(entries: list[Entry]) -> list[Entry]:
    """One entry per words: samples stand below each other, data that happen to be near do not."""
    columns: dict[int, set[Box]] = defaultdict(set)
    for entry in entries:
        for shift in (-0.5, 0.5):  # two grids, so that no column lies on the border of both
            columns[round(2 * _middle(entry.sample) + shift)].add(entry.box)
    best: dict[Box, tuple[tuple[int, int, float], Entry]] = {}
    for entry in entries:
        company = max(len(columns[round(2 * _middle(entry.sample) + shift)]) for shift in (-0.5, 0.5))
        rank = (company, len(entry.paths), -entry.gap_pt)
        if entry.box not in best or rank > best[entry.box][0]:
            best[entry.box] = (rank, entry)
    return [entry for _, entry in best.values()]


def _nearest_words(entries: list[Entry]) -> list[Entry]:
    """Each sample serves the nearest text only."""
    owner: dict[int, Entry] = {}
    for entry in entries:
        for index in entry.paths:
            if index not in owner or entry.gap_pt < owner[index].gap_pt:
                owner[index] = entry
    return [entry for entry in entries if all(owner[index] is entry for index in entry.paths)]
