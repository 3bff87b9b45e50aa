"""From one page's drawings and words to calibrated plots, independent of captions."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gauntlet.paper.glyphs import Token, turned_token
from gauntlet.paper.plots.axes import Scale
from gauntlet.paper.plots.bars import Tiles
from gauntlet.paper.plots.frames import Frame, find_frames, find_strokes, ticks_along
from gauntlet.paper.plots.labels import Label, build_labels
from gauntlet.paper.plots.legend import find_entries, name_traces
from gauntlet.paper.plots.primitives import Color, Path, turn_box, turned
from gauntlet.paper.plots.series import read_traces
from gauntlet.paper.plots.traces import Trace
from gauntlet.paper.records import Anchor, Axis, Box, Plot, PlotSeries

FEWEST_PATHS = 6
MOST_POINTS = 20_000
_PANEL = re.compile(r"^\([a-z0-9]\)")
_UNIT = re.compile(
    r"^(?P<label>.*?)\s*(?:\((?P<round>[^()]+)\)|\[(?P<square>[^\[\]]+)\]|,\s*(?P<comma>[^\s,]{1,12})|\s/\s(?P<slash>[^\s/]{1,12}))$"
)


@dataclass(frozen=True)
class Scene:
    """What the plot reader needs of a page."""

    page: int
    width: float
    height: float
    paths: list[Path]
    tokens: list[Token]


@dataclass(frozen=True)
class PageReading:
    """Plots of a page, and regions that looked like plots but were not read, with the reason."""

    plots: tuple[Plot, ...]
    refused: tuple[tuple[Box, str], ...] = ()


def read_plots(scene: Scene) -> list[Plot]:
    """All plots of a page that could be calibrated, captions or not."""
    return list(read_scene(scene).plots)


def read_scene(scene: Scene) -> PageReading:
    """Plots of a page in the turn (0, 90 or 270 degrees) that explains most numbers."""
    if len(scene.paths) < FEWEST_PATHS:
        return PageReading(())
    best = _read_level(scene)
    for quarter in (1, 3):
        numbers = sum(_turned_number(token, quarter) for token in scene.tokens)
        if numbers < 4:
            continue
        flat = _read_level(_turned_scene(scene, quarter))
        back = (scene.height, scene.width)
        kept = list(best.plots)
        for plot in (_turn_back(plot, -quarter % 4, back) for plot in flat.plots):
            rivals = [other for other in kept if _overlaps(plot.anchor.box, other.anchor.box)]
            if not rivals or _explained(plot) > max(map(_explained, rivals)):
                kept = [other for other in kept if other not in rivals] + [plot]
        best = PageReading(tuple(kept), best.refused)
    return best


def _explained(plot: Plot) -> int:
    """How much of a plot's words a reading accounts for: axis titles and names of series."""
    return bool(plot.x_axis.label) + bool(plot.y_axis.label) + sum(bool(series.name) for series in plot.series)


def _turned_number(token: Token, quarter: int) -> bool:
    dy = token.direction[1]
    return abs(dy - (-1 if quarter == 1 else 1)) < 0.05 and token.text[:1].isdigit()


def _turned_scene(scene: Scene, quarter: int) -> Scene:
    width, height = scene.width, scene.height
    return Scene(
        scene.page,
        height,
        width,
        [turned(path, quarter, width, height) for path in scene.paths],
        [turned_token(token, quarter, width, height) for token in scene.tokens],
    )


def _turn_back(plot: Plot, quarter: int, page: tuple[float, float]) -> Plot:
    def move(anchor: Anchor) -> Anchor:
        return Anchor(page=anchor.page, box=turn_box(anchor.box, quarter, *page))

    series = tuple(one.model_copy(update={"anchor": move(one.anchor)}) for one in plot.series)
    notes = (*plot.notes, f"the figure is turned by {90 if quarter == 3 else 270} degrees")
    return plot.model_copy(update={"anchor": move(plot.anchor), "series": series, "notes": notes})


def _read_level(scene: Scene) -> PageReading:
    labels = build_labels(scene.tokens, scene.width, scene.height)
    if sum(label.numeric for label in labels) < 3:
        return PageReading(())
    strokes = find_strokes(scene.paths)
    frames = find_frames(scene.paths, labels, strokes)
    tiles = Tiles(scene.paths)
    entries = find_entries(frames, scene.paths, labels, tiles)
    samples = {index for entry in entries for index in entry.paths}
    traces = [_read_frame(frame, scene.paths, samples, tiles) for frame in frames]
    name_traces(frames, traces, entries)
    for frame, group in zip(frames, traces, strict=True):
        if not ticks_along(frame.box, strokes, "bottom"):
            frame.x = _aligned(frame.x, group)
    plots: list[Plot] = []
    refused: list[tuple[Box, str]] = []
    for frame, group in zip(frames, traces, strict=True):
        if not group:
            refused.append((frame.box, "a frame with axes was found, but no series of a kind that can be read"))
            continue
        plots.extend(_plots(scene.page, frame, group, labels))
    return PageReading(tuple(plots), tuple(refused))


def _read_frame(frame: Frame, paths: Sequence[Path], samples: set[int], tiles: Tiles) -> list[Trace]:
    """Series of a frame; bars at 1, 2, 4, 8 at equal distances stand at names, not on a log axis."""
    traces = read_traces(frame, paths, samples, tiles)
    bars = [trace for trace in traces if trace.kind == "bar"]
    if not bars:
        return traces
    across, own = ("y", frame.y_labels) if bars[0].horizontal else ("x", frame.x_labels)
    scale: Scale = getattr(frame, across)
    if scale.kind != "log" or len(scale.positions) < 3:
        return traces
    if bars[0].horizontal and scale.b < 0:  # categories are listed upwards
        order = sorted(range(len(scale.positions)), key=lambda index: -scale.positions[index])
        positions, values = (tuple(part[index] for index in order) for part in (scale.positions, scale.values))
        scale = replace(scale, positions=positions, values=values)
    named = {label.value: label.text.replace("^", "") for label in own if label.numeric}
    names = tuple(named.get(value, f"{value:g}") for value in scale.values)
    setattr(frame, across, replace(scale, kind="category", a=0.0, b=1.0, names=names))
    return read_traces(frame, paths, samples, tiles)


def _aligned(scale: Scale, traces: Sequence[Trace]) -> Scale:
    """Without tick marks: where data stand at one small distance from every label, the labels are off by it."""
    places = [x for trace in traces if trace.kind != "bar" for x, _ in trace.points]
    clusters: dict[int, list[float]] = {}
    for trace in traces:
        for bar in trace.bars if not trace.horizontal else ():
            clusters.setdefault(scale.nearest((bar[0] + bar[2]) / 2), []).extend((bar[0], bar[2]))
    places += [(min(edges) + max(edges)) / 2 for edges in clusters.values()]
    if len(scale.positions) < 3 or not places:
        return scale
    offsets = [min(places, key=lambda x: abs(x - at)) - at for at in scale.positions]
    ordered = sorted(scale.positions)
    spacing = min(b - a for a, b in itertools.pairwise(ordered))
    mean = sum(offsets) / len(offsets)
    steady = max(abs(offset - mean) for offset in offsets) < 0.3
    return scale.moved(mean) if steady and abs(mean) < min(3.0, 0.25 * spacing) else scale


def _plots(page: int, frame: Frame, traces: list[Trace], labels: Sequence[Label]) -> list[Plot]:
    """One plot per y axis: series painted after the right axis' labels belong to it where both exist."""
    x_axis = _axis(frame.x, frame.box, True, _title(frame, labels, "x"))
    if frame.y2 is None:
        return [_plot(page, frame, frame.y, x_axis, _title(frame, labels, "y"), traces)]
    first = min(label.order for label in frame.y2_labels)
    right = [trace for trace in traces if trace.order > first]
    left = [trace for trace in traces if trace.order <= first]
    plots = [_plot(page, frame, frame.y, x_axis, _title(frame, labels, "y"), left)] if left else []
    if right:
        plots.append(
            _plot(page, frame, frame.y2, x_axis, _title(frame, labels, "y2"), right, "values belong to the right axis")
        )
    return plots


def _plot(page: int, frame: Frame, y: Scale, x_axis: Axis, title: str, traces: list[Trace], *notes: str) -> Plot:
    series = tuple(_series(page, index, trace, frame, y) for index, trace in enumerate(traces, 1))
    words = list(notes)
    if x_axis.scale == "category" and _all_numbers(x_axis):
        words.append("x labels are numbers at equal distances: read as categories, x is the number written there")
    return Plot(
        id="plot",
        anchor=Anchor(page=page, box=frame.box),
        x_axis=x_axis,
        y_axis=_axis(y, frame.box, False, title),
        series=series,
        notes=tuple(words),
    )


def _all_numbers(axis: Axis) -> bool:
    """Whether the ticks of a category axis are the numbers written there, not places counted from 0."""
    return bool(axis.categories) and all(
        _is_number(name, tick) for name, tick in zip(axis.categories, axis.ticks, strict=True)
    )


def _is_number(name: str, tick: float) -> bool:
    try:
        return float(name.replace(",", "")) == tick
    except ValueError:
        return False


def _axis(scale: Scale, box: Box, horizontal: bool, title: str) -> Axis:
    label, unit = split_unit(title)
    ends = (box[0], box[2]) if horizontal else (box[3], box[1])
    if scale.kind == "category":
        low, high = -0.5, len(scale.positions) - 0.5
    else:
        low, high = sorted(scale.value(end) for end in ends)
    return Axis(
        scale=scale.kind,
        label=label,
        unit=unit,
        minimum=low,
        maximum=high,
        residual_pt=scale.residual_pt,
        ticks=tuple(_round(value) for value in scale.values),
        categories=scale.names,
    )


def _round(value: float) -> float:
    return float(f"{value:.12g}")


def split_unit(title: str) -> tuple[str, str | None]:
    """'Latency (ms)' to ('Latency', 'ms'); also square brackets, a comma or a slash with blanks around it."""
    found = _UNIT.match(title.strip())
    if not found:
        return title.strip(), None
    unit = found["round"] or found["square"] or found["comma"] or found["slash"]
    return found["label"].strip(), unit.strip()


def _title(frame: Frame, labels: Sequence[Label], axis: str) -> str:
    """Axis title: the text centred on the axis beyond its labels, with a second line where there is one."""
    x0, y0, x1, y1 = frame.box
    used = {id(label) for label in frame.used}
    own = {"x": frame.x_labels, "y": frame.y_labels, "y2": frame.y2_labels}[axis]
    free = [label for label in labels if id(label) not in used and any(char.isalpha() for char in label.text)]
    if axis == "x":
        edge = max((label.box[3] for label in own), default=y1)
        near = [label for label in free if label.quarter == 0 and edge - 2 <= label.anchor[1] < edge + 26]
        near = [label for label in near if abs(label.anchor[0] - (x0 + x1) / 2) < 0.2 * (x1 - x0)]
        near.sort(key=lambda label: label.anchor[1])
    else:
        edge = (
            min((label.box[0] for label in own), default=x0)
            if axis == "y"
            else max((label.box[2] for label in own), default=x1)
        )
        sign = -1 if axis == "y" else 1
        near = [
            label
            for label in free
            if label.quarter in (1, 3)
            and -3 <= sign * (label.anchor[0] - edge) < 34
            and y0 - 15 < label.anchor[1] < y1 + 15
        ]
        upwards = bool(near) and near[0].quarter == 1
        near.sort(key=lambda label: label.anchor[0] if upwards else -label.anchor[0])
    if not near:
        return ""
    nearest = near[0] if axis == "x" else min(near, key=lambda label: abs(label.anchor[0] - edge))
    near = [label for label in near if label is nearest or _second_line(nearest, label, 1 if axis == "x" else 0)]
    return " ".join(label.text.replace("^", "") for label in near)


def _second_line(first: Label, label: Label, across: int) -> bool:
    """True for a line of the same title: of one size, close by, and no panel letter such as '(a) Reads'."""
    close = abs(label.anchor[across] - first.anchor[across]) < 1.45 * first.size
    along = 1 - across
    centered = abs(label.anchor[along] - first.anchor[along]) < 0.6 * first.size
    return close and centered and abs(label.size - first.size) < 0.1 and not _PANEL.match(label.text)


def _series(page: int, index: int, trace: Trace, frame: Frame, y: Scale) -> PlotSeries:
    box = frame.box
    points = (
        _bar_values(trace, frame, y)
        if trace.kind == "bar"
        else [(frame.x.value(px), y.value(py)) for px, py in trace.points]
    )
    clipped = trace.clipped
    xs = [point[0] for point in (trace.points or [(b[0], b[1]) for b in trace.bars])]
    ys = [point[1] for point in (trace.points or [(b[0], b[1]) for b in trace.bars])]
    return PlotSeries(
        id=f"series-{index}",
        name=trace.name.replace("^", "") if trace.name else None,
        kind=trace.kind,
        color=_hex(trace.style.stroke if trace.kind.startswith("line") else trace.style.fill or trace.style.stroke),
        points=tuple(points[:MOST_POINTS]),
        reading_error_x=frame.x.error(box[0], box[2]),
        reading_error_y=y.error(box[1], box[3]),
        clipped=tuple(sorted(clipped)),
        anchor=Anchor(page=page, box=(min(xs), min(ys), max(xs), max(ys))),
    )


def _bar_values(trace: Trace, frame: Frame, y: Scale) -> list[tuple[float, float]]:
    """Bars as (place, length); a segment that starts above the base line has its own length."""
    across, along = (y, frame.x) if trace.horizontal else (frame.x, y)
    box = frame.box
    points = []
    for bar in trace.bars:
        middle = (bar[1] + bar[3]) / 2 if trace.horizontal else (bar[0] + bar[2]) / 2
        place = _bar_place(across, middle, bar[3] - bar[1] if trace.horizontal else bar[2] - bar[0])
        if trace.horizontal:
            low, high = along.value(max(bar[0], box[0])), along.value(min(bar[2], box[2]))
        else:
            low, high = along.value(min(bar[3], box[3])), along.value(max(bar[1], box[1]))
        points.append((place, _bar_length(along, low, high, box, trace.horizontal)))
    if trace.horizontal:
        return [(length, place) for place, length in points]
    return points


def _bar_place(scale: Scale, middle: float, width: float) -> float:
    """Value at the bar's foot: the label that it stands at, or beside within its cluster."""
    index = scale.nearest(middle)
    spacing = min((abs(b - a) for a, b in zip(scale.positions, scale.positions[1:], strict=False)), default=0.0)
    if scale.kind == "category" or abs(scale.positions[index] - middle) < max(0.75 * width, 0.45 * spacing):
        return scale.values[index]
    return scale.value(middle)


def _bar_length(scale: Scale, low: float, high: float, box: Box, horizontal: bool) -> float:
    if scale.kind == "log":
        return high
    zero = 0.0
    foot = scale.value(box[0] if horizontal else box[3])
    span = abs(scale.value(box[2] if horizontal else box[1]) - foot)
    if abs(low - zero) < 0.004 * span or (abs(low - foot) < 0.004 * span and foot > 0):
        return high
    if abs(high - zero) < 0.004 * span:
        return low
    return abs(high - low)


def _overlaps(one: Box, other: Box) -> bool:
    return min(one[2], other[2]) - max(one[0], other[0]) > 5 and min(one[3], other[3]) - max(one[1], other[1]) > 5


def _hex(color: Color | None) -> str | None:
    if color is None:
        return None
    if len(color) == 4:
        c, m, y, k = color
        color = ((1 - c) * (1 - k), (1 - m) * (1 - k), (1 - y) * (1 - k))
    return "#" + "".join(f"{round(255 * part):02x}" for part in color[:3])
