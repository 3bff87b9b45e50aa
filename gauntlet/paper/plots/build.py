"""From a frame and its traces, both in points, to the records of a plot in data units."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from gauntlet.paper.numbers import first_number
from gauntlet.paper.plots.axes import Scale
from gauntlet.paper.plots.barlabels import bar_label_doubt
from gauntlet.paper.plots.confidence import confidence
from gauntlet.paper.plots.doubts import Surroundings, axis_doubts, series_doubts
from gauntlet.paper.plots.frames import Frame
from gauntlet.paper.plots.kinds import arrangement, kind_of
from gauntlet.paper.plots.labels import Label
from gauntlet.paper.plots.primitives import Color
from gauntlet.paper.plots.regroup import regrouped
from gauntlet.paper.plots.titles import axis_title, split_unit
from gauntlet.paper.plots.traces import Trace
from gauntlet.paper.records import Anchor, Axis, Box, Doubt, Plot, PlotSeries

MOST_POINTS = 20_000
Side = Literal["x", "y", "y2"]


def build_plot(page: int, frame: Frame, traces: Sequence[Trace], labels: Sequence[Label], around: Surroundings) -> Plot:
    """The plot of one frame; series know which y axis they are read at."""
    traces = regrouped(traces, frame, {entry.name for entry in around.entries})
    x_axis = _axis(frame, "x", labels, around)
    y_axis = _axis(frame, "y", labels, around)
    y2_axis = _axis(frame, "y2", labels, around) if frame.y2 else None
    doubts = series_doubts(frame, traces, around)
    numbers = [label for label in labels if label.numeric and label not in frame.used]
    series = tuple(_series(page, index, trace, frame, traces, y_axis) for index, trace in enumerate(traces, 1))
    plot = Plot(
        id="plot",
        anchor=Anchor(page=page, box=frame.box),
        x_axis=x_axis,
        y_axis=y_axis,
        y2_axis=y2_axis,
        series=series,
        notes=tuple(_notes(x_axis, traces)),
    )
    return plot.model_copy(
        update={
            "series": tuple(
                _doubted(plot, one, trace, own, numbers) for one, trace, own in zip(series, traces, doubts, strict=True)
            )
        }
    )


def _doubted(
    plot: Plot, series: PlotSeries, trace: Trace, doubts: tuple[Doubt, ...], numbers: Sequence[Label]
) -> PlotSeries:
    """The series with its confidence, in which the doubts about its axes count."""
    doubts += tuple(trace.doubts) + _doubled(series, plot.x_axis)
    if trace.kind == "bar":
        lengths = [x if trace.horizontal else y for x, y in series.points]
        said = bar_label_doubt(trace, lengths, numbers)
        doubts += () if said is None else (said,)
    every = (*plot.x_axis.doubts, *plot.y_axis_of(series).doubts, *doubts)
    return series.model_copy(update={"confidence": confidence(every), "doubts": doubts})


def _doubled(series: PlotSeries, x_axis: Axis) -> tuple[Doubt, ...]:
    """The doubt that points stand at a name that is not theirs: markers twice at one name."""
    places = [x for x, _ in series.points]
    if series.kind != "scatter" or x_axis.scale != "category" or len(set(places)) == len(places):
        return ()
    words = f"{len(places) - len(set(places))} of its points stand at a name that another has"
    return (Doubt(kind="doubled_places", amount=1.0, words=words),)


def _notes(x_axis: Axis, traces: Sequence[Trace]) -> list[str]:
    words = []
    if x_axis.scale == "category" and _all_numbers(x_axis):
        words.append("x labels are numbers at equal distances: read as categories, x is the number written there")
    bars = [trace for trace in traces if trace.kind == "bar"]
    if bars and bars[0].horizontal:
        words.append("bars lie: x is their length, y their place")
    if arrangement(bars) == "stacked":
        words.append("stacked bars: each value is the length of its own segment")
    return words


def _all_numbers(axis: Axis) -> bool:
    """Whether the ticks of a category axis are the numbers written there, not places counted from 0."""
    return bool(axis.categories) and all(
        _is_number(name, tick) for name, tick in zip(axis.categories, axis.ticks, strict=True)
    )


def _is_number(name: str, tick: float) -> bool:
    written = first_number(name)
    return written is not None and written[0] == tick


def _axis(frame: Frame, axis: Side, labels: Sequence[Label], around: Surroundings) -> Axis:
    scale: Scale = getattr(frame, axis)
    title, box = axis_title(frame, labels, axis), frame.box
    label, unit = split_unit(title)
    ends = (box[0], box[2]) if axis == "x" else (box[3], box[1])
    doubts = (*axis_doubts(frame, axis, around), *_unnamed(scale))
    if scale.kind == "category":
        first, last = -0.5, len(scale.positions) - 0.5
    else:
        first, last = (scale.value(end) for end in ends)
    return Axis(
        scale=scale.kind,
        label=label,
        unit=unit,
        title=title.strip(),
        minimum=min(first, last),
        maximum=max(first, last),
        residual_pt=scale.residual_pt,
        ticks=tuple(float(f"{value:.12g}") for value in scale.values),
        categories=scale.names,
        falls=first > last,
        confidence=confidence(doubts),
        doubts=doubts,
    )


def _unnamed(scale: Scale) -> tuple[Doubt, ...]:
    count = scale.names.count("")
    words = f"bars stand at {count} places without a label"
    return (Doubt(kind="unnamed_places", amount=1.0, words=words),) if count else ()


def _series(page: int, index: int, trace: Trace, frame: Frame, traces: Sequence[Trace], y_axis: Axis) -> PlotSeries:
    box = frame.box
    y = frame.y2 if trace.axis == "y2" and frame.y2 is not None else frame.y
    points = _bar_values(trace, frame, y) if trace.kind == "bar" else _values(trace, frame, y)
    xs = [point[0] for point in (trace.points or [(b[0], b[1]) for b in trace.bars])]
    ys = [point[1] for point in (trace.points or [(b[0], b[1]) for b in trace.bars])]
    value = frame.x if trace.horizontal else y
    return PlotSeries(
        id=f"series-{index}",
        name=trace.name.replace("^", "") if trace.name else None,
        kind=kind_of(trace, points, y_axis),
        color=_hex(trace.style.stroke if trace.kind.startswith("line") else trace.style.fill or trace.style.stroke),
        points=tuple(points[:MOST_POINTS]),
        reading_error_x=frame.x.error(box[0], box[2]),
        reading_error_y=y.error(box[1], box[3]),
        clipped=tuple(sorted(trace.clipped)),
        error_bars=tuple(_ends(pair, value) for pair in trace.errors[:MOST_POINTS]),
        y_axis=trace.axis,
        orientation="horizontal" if trace.horizontal else "vertical",
        arrangement=arrangement([one for one in traces if one.kind == "bar"]) if trace.kind == "bar" else "single",
        anchor=Anchor(page=page, box=(min(xs), min(ys), max(xs), max(ys))),
    )


def _values(trace: Trace, frame: Frame, y: Scale) -> list[tuple[float, float]]:
    return [(frame.x.value(px), y.value(py)) for px, py in trace.points]


def _ends(pair: tuple[float, float] | None, scale: Scale) -> tuple[float, float] | None:
    if pair is None:
        return None
    low, high = sorted(scale.value(end) for end in pair)
    return low, high


def _bar_values(trace: Trace, frame: Frame, y: Scale) -> list[tuple[float, float]]:
    """Bars as (place, length); a segment that starts above the base line has its own length."""
    across, along = (y, frame.x) if trace.horizontal else (frame.x, y)
    box = frame.box
    lengths = []
    for bar in trace.bars:
        if trace.horizontal:
            low, high = along.value(max(bar[0], box[0])), along.value(min(bar[2], box[2]))
        else:
            low, high = along.value(min(bar[3], box[3])), along.value(max(bar[1], box[1]))
        lengths.append(_bar_length(along, low, high, box, trace.horizontal))
    side = 1 if trace.horizontal else 0
    places = _bar_places(across, [(bar[side], bar[side + 2]) for bar in trace.bars])
    pairs = zip(lengths, places, strict=True) if trace.horizontal else zip(places, lengths, strict=True)
    return list(pairs)


def _bar_places(scale: Scale, spans: Sequence[tuple[float, float]]) -> list[float]:
    """Values at the feet of bars: the labels that they stand at, or beside within their clusters.

    More bars than labels, as in a histogram, have values of their own.
    """
    middles = [(low + high) / 2 for low, high in spans]
    nearest = [scale.nearest(middle) for middle in middles]
    if scale.kind == "category":
        return [scale.values[index] for index in nearest]
    spacing = min((abs(b - a) for a, b in pairwise(scale.positions)), default=0.0)
    reach = [max(0.75 * (high - low), 0.45 * spacing) for low, high in spans]
    near = [abs(scale.positions[i] - at) < most for i, at, most in zip(nearest, middles, reach, strict=True)]
    taken = [index for index, is_near in zip(nearest, near, strict=True) if is_near]
    if len(set(taken)) < len(taken):
        return [scale.value(middle) for middle in middles]
    return [
        scale.values[i] if is_near else scale.value(at) for i, at, is_near in zip(nearest, middles, near, strict=True)
    ]


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


def _hex(color: Color | None) -> str | None:
    if color is None:
        return None
    if len(color) == 4:
        c, m, y, k = color
        color = ((1 - c) * (1 - k), (1 - m) * (1 - k), (1 - y) * (1 - k))
    return "#" + "".join(f"{round(255 * part):02x}" for part in color[:3])
