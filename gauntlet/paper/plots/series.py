"""From paths inside a frame to series: curves, markers, bars and error bars. Positions stay in points here."""

from collections.abc import Sequence

from gauntlet.paper.plots.bars import bar_paths, find_bars
from gauntlet.paper.plots.combine import combine
from gauntlet.paper.plots.errorbars import read_error_bars
from gauntlet.paper.plots.frames import Frame
from gauntlet.paper.plots.marks import marker_groups
from gauntlet.paper.plots.pieces import without_cuts
from gauntlet.paper.plots.polylines import find_curves
from gauntlet.paper.plots.primitives import Path
from gauntlet.paper.plots.stacks import cut_overlaid
from gauntlet.paper.plots.traces import LARGEST_MARKER_PT, Trace, same_box
from gauntlet.paper.records import Box

SLACK_PT = 1.5


def read_traces(frame: Frame, paths: Sequence[Path], samples: set[int]) -> list[Trace]:
    """Series of one frame from the paths of its page, without those whose index is in `samples` (legend keys)."""
    inside = without_cuts(paths_inside(frame, paths, samples))
    bars = find_bars(inside, frame)
    used = {id(path) for path in bar_paths(bars, inside, frame.box)}
    cut_overlaid(bars, inside, frame.box)
    rest = [path for path in inside if id(path) not in used]
    groups = marker_groups(rest)
    in_groups = {id(path) for _, group in groups for path in group}
    curves = find_curves([path for path in rest if id(path) not in in_groups], frame.box)
    traces = sorted([*bars, *combine(curves, groups, frame.box)], key=lambda trace: trace.order)
    read_error_bars(traces, inside, frame.box)
    return traces


def paths_inside(frame: Frame, paths: Sequence[Path], samples: set[int]) -> list[Path]:
    """Paths that belong to a frame, legend samples left out."""
    return [path for index, path in enumerate(paths) if index not in samples and _belongs(path, frame.box)]


def _belongs(path: Path, frame: Box) -> bool:
    box = path.box
    if box[2] < frame[0] - SLACK_PT or box[0] > frame[2] + SLACK_PT:
        return False
    if box[3] < frame[1] - SLACK_PT or box[1] > frame[3] + SLACK_PT:
        return False
    if path.clip is not None and same_box(path.clip, frame, SLACK_PT):
        return True
    x0, y0, x1, y1 = path.shown
    if x0 >= frame[0] - SLACK_PT and y0 >= frame[1] - SLACK_PT and x1 <= frame[2] + SLACK_PT:
        return y1 <= frame[3] + SLACK_PT or (_is_small(path) and _is_at(path, frame))
    return _is_small(path) and _is_at(path, frame)


def _is_small(path: Path) -> bool:
    return max(path.size) < LARGEST_MARKER_PT


def _is_at(path: Path, frame: Box) -> bool:
    x, y = path.center
    return frame[0] - SLACK_PT <= x <= frame[2] + SLACK_PT and frame[1] - SLACK_PT <= y <= frame[3] + SLACK_PT
