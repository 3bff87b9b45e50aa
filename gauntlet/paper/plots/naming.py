"""Names of series: legend lines given to them one to one, and words beside a curve in its colour."""

from collections.abc import Sequence
from dataclasses import replace

from gauntlet.paper.glyphs import union
from gauntlet.paper.plots.crossing import crossed
from gauntlet.paper.plots.frames import Frame
from gauntlet.paper.plots.labels import Label
from gauntlet.paper.plots.likeness import MATCH, likeness, same_color
from gauntlet.paper.plots.samples import Entry
from gauntlet.paper.plots.traces import Trace
from gauntlet.paper.records import Box

NEAR_COLOR = 0.12  # of a channel, between the last series and the last sample
ALIGNED_PT = 1.0  # between the sides of panels of one row
WORDS_EM = 2.0  # between the end of a curve and the words that name it


def name_traces(
    frames: Sequence[Frame], traces: Sequence[list[Trace]], legends: Sequence[list[Entry]]
) -> list[list[Entry]]:
    """Give names to series: a frame's own legend first; a frame without one takes the others', the nearest first.

    For each frame the legend lines that its series were offered.
    """
    offered: list[list[Entry]] = [[] for _ in frames]
    homes = [_home(legend, [frame.box for frame in frames]) for legend in legends]
    for index, (frame, group) in enumerate(zip(frames, traces, strict=True)):
        own = [legend for legend, home in zip(legends, homes, strict=True) if home == index]
        others = [legend for legend, home in zip(legends, homes, strict=True) if home != index]
        shared = [legend for legend in others if not _is_inside(legend, frames)]
        inside = [legend for legend in others if _is_inside(legend, frames)]
        own.sort(key=lambda legend: _distance(_extent(legend), frame.box))
        for part in (shared, inside):  # that which explains most series, then the nearest
            part.sort(key=lambda legend: (-len(_matches(group, legend)), _distance(_extent(legend), frame.box)))
        if own:
            offered[index] = crossed([entry for legend in own for entry in legend], group)
            _assign(group, offered[index])
        for legend in [*shared, *inside] if not own else shared:
            if all(trace.name is not None for trace in group):
                break
            foreign = legend in inside and not _are_sisters(frame.box, frames[homes[legends.index(legend)]].box)
            entries = [replace(entry, is_foreign=foreign) for entry in crossed(legend, group)]
            offered[index] += entries
            _assign(group, entries)
        _name_last(group, offered[index])
    return offered


def name_by_words(
    frames: Sequence[Frame], traces: Sequence[list[Trace]], labels: Sequence[Label], legends: Sequence[list[Entry]]
) -> None:
    """Name curves without a legend line by the words at their right end, best in their colour."""
    taken = {id(label) for frame in frames for label in frame.used}
    in_legends = {entry.box for legend in legends for entry in legend}
    free = [
        label
        for label in labels
        if id(label) not in taken and label.box not in in_legends and not label.quarter and _has_letters(label)
    ]
    for frame, group in zip(frames, traces, strict=True):
        unnamed = [trace for trace in group if trace.name is None and trace.kind.startswith("line")]
        near = [label for label in free if _is_beside(label, frame.box)]
        pairs = sorted(
            ((_words_distance(trace, label), t, e) for t, trace in enumerate(unnamed) for e, label in enumerate(near)),
            key=lambda pair: pair,
        )
        used: set[int] = set()
        for distance, t, e in pairs:
            if distance < 1 and unnamed[t].name is None and e not in used:
                unnamed[t].name = near[e].text
                used.add(e)


def _has_letters(label: Label) -> bool:
    return any(char.isalpha() for char in label.text)


def _is_beside(label: Label, frame: Box) -> bool:
    x, y = label.box[0], label.anchor[1]
    return frame[0] < x < frame[2] + 3 * label.size and frame[1] - label.size < y < frame[3] + label.size


def _words_distance(trace: Trace, label: Label) -> float:
    """Below 1 where the words begin at the right end of the curve on its level; other colours count as further."""
    x, y = max(trace.points[0], trace.points[-1])
    along, aside = (label.box[0] - x) / label.size, abs(label.anchor[1] - y) / label.size
    if not -0.2 < along < WORDS_EM or aside > 1:
        return 9.0
    return 0.3 * along / WORDS_EM + 0.4 * aside + (0.0 if same_color(label.color, trace.style.stroke) else 0.3)


def _home(legend: Sequence[Entry], frames: Sequence[Box]) -> int:
    """The frame that a legend stands in or next to."""
    box = _extent(legend)
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    for index, frame in enumerate(frames):
        if frame[0] <= x <= frame[2] and frame[1] <= y <= frame[3]:
            return index
    return min(range(len(frames)), key=lambda index: _distance(box, frames[index]))


def _is_inside(legend: Sequence[Entry], frames: Sequence[Frame]) -> bool:
    box = _extent(legend)
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return any(frame.box[0] <= x <= frame.box[2] and frame.box[1] <= y <= frame.box[3] for frame in frames)


def _are_sisters(one: Box, other: Box) -> bool:
    """Panels of one row or one column: drawn together, one legend in one of them serves all."""
    return any(
        abs(one[side] - other[side]) < ALIGNED_PT and abs(one[side + 2] - other[side + 2]) < ALIGNED_PT
        for side in (0, 1)
    )


def _extent(legend: Sequence[Entry]) -> Box:
    return union([box for entry in legend for box in (entry.box, entry.sample)])


def _distance(one: Box, other: Box) -> float:
    dx = max(one[0] - other[2], other[0] - one[2], 0.0)
    dy = max(one[1] - other[3], other[1] - one[3], 0.0)
    return dx + dy


def _assign(traces: Sequence[Trace], entries: Sequence[Entry]) -> None:
    """Names for the series that have none."""
    for trace, entry in _matches([trace for trace in traces if trace.name is None], entries):
        trace.name = entry.name


def _matches(traces: Sequence[Trace], entries: Sequence[Entry]) -> list[tuple[Trace, Entry]]:
    """Series and legend lines one to one, best pairs first; equal ones in the order of painting and of the legend."""
    scores = ((likeness(trace, entry), t, e) for t, trace in enumerate(traces) for e, entry in enumerate(entries))
    found: list[tuple[Trace, Entry]] = []
    free_traces, free_entries = set(range(len(traces))), set(range(len(entries)))
    for _, t, e in sorted((pair for pair in scores if pair[0] >= MATCH), key=lambda pair: (-pair[0], pair[1], pair[2])):
        if t in free_traces and e in free_entries:
            found.append((traces[t], entries[e]))
            free_traces.discard(t)
            free_entries.discard(e)
    return found


def _name_last(traces: Sequence[Trace], entries: Sequence[Entry]) -> None:
    """The one curve that has no name is the one legend line that has no series, where their colours are near."""
    names = {trace.name for trace in traces}
    free = [trace for trace in traces if trace.name is None]
    idle = [entry for entry in entries if entry.name not in names and entry.line is not None]
    if len(free) == len(idle) == 1 and len(names) > 1 and free[0].kind.startswith("line"):
        sample = idle[0].line
        if sample is not None and same_color(free[0].style.stroke, sample.stroke, NEAR_COLOR):
            free[0].name = idle[0].name
