"""Names of series: legend lines given to them one to one."""

from collections.abc import Sequence
from dataclasses import replace

from gauntlet.paper.glyphs import union
from gauntlet.paper.plots.crossing import crossed
from gauntlet.paper.plots.frames import Frame
from gauntlet.paper.plots.likeness import MATCH, likeness, same_color
from gauntlet.paper.plots.samples import Entry
from gauntlet.paper.plots.traces import Trace
from gauntlet.paper.records import Box

NEAR_COLOR = 0.12  # of a channel, between the last series and the last sample
ALIGNED_PT = 1.0  # between the sides of panels of one row


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
            used = {trace.name for trace in group}
            new = [entry for entry in crossed(legend, group) if entry.name not in used]
            entries = [replace(entry, is_foreign=foreign) for entry in new]
            offered[index] += entries
            _assign(group, entries)
        _name_last(group, offered[index])
    return offered


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
