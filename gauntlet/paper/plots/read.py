"""From one page's drawings and words to calibrated plots, independent of captions."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gauntlet.paper.glyphs import Token, turned_token
from gauntlet.paper.plots.axes import Scale, Side
from gauntlet.paper.plots.build import build_plot
from gauntlet.paper.plots.categories import as_categories, has_category_margins
from gauntlet.paper.plots.dashes import with_dashes_stroked
from gauntlet.paper.plots.doubts import Surroundings
from gauntlet.paper.plots.frames import Frame, find_frames
from gauntlet.paper.plots.labels import build_labels
from gauntlet.paper.plots.legend import find_legends, is_near
from gauntlet.paper.plots.marks import with_marks
from gauntlet.paper.plots.multipliers import apply_multipliers, without_multipliers
from gauntlet.paper.plots.naming import name_traces
from gauntlet.paper.plots.outlined import read_outlined
from gauntlet.paper.plots.patches import with_layers_joined, with_patterns
from gauntlet.paper.plots.primitives import Path, turn_box, turned
from gauntlet.paper.plots.references import reference_lines
from gauntlet.paper.plots.series import paths_inside, read_traces
from gauntlet.paper.plots.signs import with_signs
from gauntlet.paper.plots.splitting import with_samples_apart
from gauntlet.paper.plots.strays import without_strays
from gauntlet.paper.plots.strokes import find_strokes, ticks_along
from gauntlet.paper.plots.traces import Trace
from gauntlet.paper.plots.twins import assign_axes
from gauntlet.paper.plots.words import free_words, name_by_words
from gauntlet.paper.records import Anchor, Box, Plot

FEWEST_PATHS, FEWEST_NUMBERS = 3, 2
MOST_SERIES = 100  # nobody tells more apart: a map, a texture or a drawing
SIDES: dict[str, Side] = {"x": "bottom", "y": "left", "y2": "right"}


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
    words, rest = read_outlined(scene.paths)
    scene = replace(scene, paths=rest, tokens=with_signs([*scene.tokens, *words], rest))
    best = _read_level(scene)
    for quarter in (1, 3):
        numbers = sum(_turned_number(token, quarter) for token in scene.tokens)
        if numbers < FEWEST_NUMBERS:
            continue
        flat = _read_level(_turned_scene(scene, quarter))
        back = (scene.height, scene.width)
        kept = list(best.plots)
        for plot in (_turn_back(plot, -quarter % 4, back) for plot in flat.plots):
            rivals = [other for other in kept if _overlaps(plot.anchor.box, other.anchor.box)]
            if not rivals or _explained(plot) > max(map(_explained, rivals)):
                kept = [other for other in kept if other not in rivals] + [plot]
        refused = [(box, why) for box, why in best.refused if not any(_overlaps(box, one.anchor.box) for one in kept)]
        best = PageReading(tuple(kept), tuple(refused))
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
    labels = without_multipliers(build_labels(scene.tokens, scene.width, scene.height))
    if sum(label.numeric for label in labels) < FEWEST_NUMBERS:
        return PageReading(())
    paths = with_samples_apart(with_marks(with_dashes_stroked(scene.paths)))
    strokes = find_strokes(paths)
    frames, refused = find_frames(paths, labels, strokes)
    strays = apply_multipliers(frames, labels)
    paths = with_layers_joined(with_patterns(paths, [frame.box for frame in frames]))
    legends = find_legends(frames, paths, labels)
    samples = {index for legend in legends for entry in legend for index in entry.paths}
    traces = [_read_frame(frame, paths, samples) for frame in frames]
    offered = name_traces(frames, traces, legends)
    words = free_words(frames, labels, legends)
    for frame, group, entries in zip(frames, traces, offered, strict=True):
        group.extend(reference_lines(frame, group, entries, paths_inside(frame, paths, samples)))
        group[:] = without_strays(group, entries, words)
        name_by_words(frame, group, words)
        if not ticks_along(frame.box, strokes, "bottom"):
            frame.x = _aligned(frame.x, group)
    plots: list[Plot] = []
    for frame, group, entries in zip(frames, traces, offered, strict=True):
        if not group:
            refused.append((frame.box, "a frame with axes was found, but no series of a kind that can be read"))
            continue
        if len(group) > MOST_SERIES:
            refused.append((frame.box, f"a frame with axes was found, but {len(group)} things in it look like series"))
            continue
        assign_axes(frame, group)
        around = Surroundings(
            ticks={side: [at for at, _ in ticks_along(frame.box, strokes, at)] for side, at in SIDES.items()},
            paths=paths_inside(frame, paths, samples),
            entries=entries,
            strays=[label for label in strays if is_near(label.box, [frame.box])],
            words=words,
        )
        plots.append(build_plot(scene.page, frame, group, labels, around))
    return PageReading(tuple(plots), tuple(refused))


def _read_frame(frame: Frame, paths: Sequence[Path], samples: set[int]) -> list[Trace]:
    """Series of a frame; numbers at equal distances under bars, or with a category's margins, are names."""
    traces = read_traces(frame, paths, samples)
    bars = [trace for trace in traces if trace.kind == "bar"]
    horizontal = bool(bars) and bars[0].horizontal
    scale = frame.y if horizontal else frame.x
    named = bool(bars) or has_category_margins(scale, (frame.box[0], frame.box[2]), traces)
    if scale.kind != "log" or len(scale.positions) < 3 or not named:
        return traces
    if horizontal:
        frame.y = as_categories(scale, frame.y_labels, upwards=True)
    else:
        frame.x = as_categories(scale, frame.x_labels)
    return read_traces(frame, paths, samples) if bars else traces


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


def _overlaps(one: Box, other: Box) -> bool:
    return min(one[2], other[2]) - max(one[0], other[0]) > 5 and min(one[3], other[3]) - max(one[1], other[1]) > 5
