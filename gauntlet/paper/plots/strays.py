"""Things in a frame that are no series: heads of arrows, and lines that lead from words to a point."""

import math
from collections.abc import Sequence

from gauntlet.paper.plots.labels import Label
from gauntlet.paper.plots.likeness import FULL_MARK, likeness
from gauntlet.paper.plots.primitives import Point
from gauntlet.paper.plots.samples import Entry
from gauntlet.paper.plots.traces import Trace

WORDS_EM, POINT_PT = 0.6, 6.0
"""Between the ends of a leading line and the words at one of them, the point at the other."""


def without_strays(traces: Sequence[Trace], entries: Sequence[Entry], words: Sequence[Label]) -> list[Trace]:
    """The series of a frame; `entries` are the legend lines offered to it, `words` what no axis explains."""
    if all(len(trace.points) < 3 and len(trace.bars) < 3 for trace in traces) and len(traces) < 3:
        return list(traces)
    return [trace for trace in traces if not (_is_lone(trace, entries) or _is_leader(trace, traces, words))]


def _is_lone(trace: Trace, entries: Sequence[Entry]) -> bool:
    """One mark that looks like no legend sample."""
    is_one = trace.kind == "scatter" and len(trace.points) == 1
    return is_one and all(likeness(trace, entry) < FULL_MARK for entry in entries)


def _is_leader(trace: Trace, traces: Sequence[Trace], words: Sequence[Label]) -> bool:
    """A line without a name from some words to a point of another series."""
    if trace.name is not None or trace.kind != "line" or len(trace.points) != 2:
        return False
    others = [point for other in traces if other is not trace and len(other.points) != 2 for point in other.points]
    others += [point for other in traces if other.kind == "scatter" for point in other.points]
    ends = trace.points
    return any(_is_at_words(one, words) and _is_at_point(other, others) for one, other in (ends, ends[::-1]))


def _is_at_words(end: Point, words: Sequence[Label]) -> bool:
    return any(
        max(label.box[0] - end[0], end[0] - label.box[2], label.box[1] - end[1], end[1] - label.box[3])
        < WORDS_EM * label.size
        for label in words
    )


def _is_at_point(end: Point, points: Sequence[Point]) -> bool:
    return any(math.dist(end, point) < POINT_PT for point in points)
