"""The whole words of legend lines: what follows a wide blank, and second lines."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from gauntlet.paper.glyphs import union
from gauntlet.paper.plots.labels import Label
from gauntlet.paper.plots.samples import LEFT, Entry

BLANK_EM = 0.6  # the widest blank in a legend line
ON_LINE_EM = 0.15  # between the tops of words of one line, and their sizes: outlined words are known so well
LINE_EM = (0.9, 1.5)  # from one line to the next of one name


def with_second_lines(labels: Sequence[Label]) -> list[Label]:
    """The level labels, and every two that stand flush below each other as one."""
    rows: dict[tuple[int, int], list[Label]] = defaultdict(list)
    for label in labels:
        for near in (0, 1):  # a label at the border of two cells is in both
            rows[round(label.box[0]) + near, round(10 * label.size)].append(label)
    pairs: dict[tuple[int, int], Label] = {}
    for column in rows.values():
        column.sort(key=lambda label: label.box[1])
        for above, below in pairwise(column):
            apart = below.box[1] - above.box[1]
            if LINE_EM[0] * above.size < apart < LINE_EM[1] * above.size and abs(above.box[0] - below.box[0]) < 1:
                pairs[id(above), id(below)] = _as_one(above, below)
    return [*labels, *pairs.values()]


def _as_one(above: Label, below: Label) -> Label:
    box, middle = union([above.box, below.box]), (above.anchor[1] + below.anchor[1]) / 2
    return replace(above, text=f"{above.text} {below.text}", box=box, anchor=((box[0] + box[2]) / 2, middle), words=())


def best_centred(entries: Sequence[Entry]) -> list[Entry]:
    """Of one line of words and of two with it that have one sample, those whose middle is nearer to the sample's.

    Two lines that have a sample each are two names.
    """
    by_row: dict[tuple[int, int], list[Entry]] = defaultdict(list)
    for entry in entries:
        by_row[round(entry.box[0]), entry.side].append(entry)
    whole = [entry for entry in entries if not _is_two_names(entry, by_row[round(entry.box[0]), entry.side])]
    by_sample: dict[tuple[int, ...], list[Entry]] = defaultdict(list)
    for entry in whole:
        by_sample[entry.paths].append(entry)
    return [
        entry
        for entry in whole
        if not any(_overlap(entry, other) and _off(other) < _off(entry) for other in by_sample[entry.paths])
    ]


def _is_two_names(entry: Entry, column: Sequence[Entry]) -> bool:
    lines = [other for other in column if _height(other) < _height(entry) and _overlap(entry, other)]
    return bool({other.sample for other in lines} - {entry.sample})


def _height(entry: Entry) -> float:
    return round(entry.box[3] - entry.box[1])


def _overlap(one: Entry, other: Entry) -> bool:
    return abs(one.box[0] - other.box[0]) < 1 and min(one.box[3], other.box[3]) > max(one.box[1], other.box[1])


def _off(entry: Entry) -> float:
    """How far the middle of a sample is from that of its words."""
    return abs(entry.sample[1] + entry.sample[3] - entry.box[1] - entry.box[3]) / 2


def whole_names(legend: list[Entry], labels: Sequence[Label]) -> list[Entry]:
    """The lines with what follows their words after a wide blank: some programs stretch blanks in legends."""
    own = {entry.box for entry in legend}
    level = [label for label in labels if not label.quarter and label.box not in own]
    return [_continued(entry, level) if entry.side == LEFT else entry for entry in legend]


def _continued(entry: Entry, labels: Sequence[Label]) -> Entry:
    for label in labels:
        gap = label.box[0] - entry.box[2]
        on_line = max(abs(label.box[1] - entry.box[1]), abs(label.size - entry.size)) < ON_LINE_EM * entry.size
        if on_line and 0 < gap < BLANK_EM * entry.size:
            return replace(entry, name=f"{entry.name} {label.text}", box=union([entry.box, label.box]))
    return entry
