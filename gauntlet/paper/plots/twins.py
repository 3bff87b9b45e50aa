"""Which series belong to the right y axis where a plot has two."""

from collections.abc import Sequence

from gauntlet.paper.plots.frames import Frame
from gauntlet.paper.plots.traces import Trace


def assign_axes(frame: Frame, traces: Sequence[Trace]) -> None:
    """Series painted after the right axis' labels began belong to it: one set of axes is painted after the other."""
    if frame.y2 is None:
        return
    first = min(label.order for label in frame.y2_labels)
    later = [trace for trace in traces if trace.order > first]
    for trace in later if len(later) < len(traces) else ():  # a right axis for all is the left one in other units
        trace.axis = "y2"
