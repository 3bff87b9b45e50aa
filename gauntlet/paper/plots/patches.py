"""Filled rectangles as one sees them: pattern fills put where they show, and layers at one place made one."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from gauntlet.paper.glyphs import union
from gauntlet.paper.plots.primitives import OPEN, ROUNDING_PT, Clip, Color, Path, Point
from gauntlet.paper.plots.traces import same_box
from gauntlet.paper.records import Box

OVER_PT = 1.0  # a tile reaches out of the place that it fills by more than this
PAPER: Color = (1.0, 1.0, 1.0)  # what shows between the strokes of a pattern that has no ground
KINDS_OF_TILE = 4  # strokes and background of one tile; data cut by a frame are of more kinds, or inside


def with_patterns(paths: Sequence[Path], frames: Sequence[Box]) -> list[Path]:
    """The paths with every pattern as filled rectangles in the places that it fills, its tiles left out."""
    result: list[Path] = []
    before: tuple[Box, ...] = ()
    for clip, group in groupby(paths, key=lambda path: path.clipping):
        run = list(group)
        cells = _filled(clip, run, frames)
        if not cells or not before or clip.outer != before:  # else a tile has its own clip in that of the whole place
            before = cells
        result += _pattern(run, before) if before else run
    return result


def _filled(clip: Clip, run: list[Path], frames: Sequence[Box]) -> tuple[Box, ...]:
    """The rectangles that `run` fills as tiles of a pattern, none where it is something else."""
    if clip.is_empty:
        return _shown(clip)
    if clip.whole is None or (clip.box is not None and any(same_box(clip.box, frame, 1.5) for frame in frames)):
        return ()
    kinds = {(path.stroke, path.fill, round(path.size[0]), round(path.size[1])) for path in run}
    if len(kinds) > KINDS_OF_TILE or (len(run) == 1 and _is_curve(run[0])):
        return ()
    whole = clip.whole
    if clip.cells and all(_reaches_out(path.box, whole) for path in run[:KINDS_OF_TILE]):
        return _shown(clip)
    around = union(list(clip.outer)) if clip.outer else None
    if around is None or any(_holds(around, frame) for frame in frames) or not _reaches_out(whole, around):
        return ()
    return clip.outer  # a tile that is larger than its place, such as a low bar


def _is_curve(path: Path) -> bool:
    """One stroke of several points in a clip of its own: some programs clip each curve that leaves its frame."""
    return path.fill is None and not path.closed and len(path.lines) == 1 and len(path.lines[0]) > 2


def _holds(place: Box, frame: Box) -> bool:
    """True for a place that is the whole frame or more: what it shows is a plot, no tile."""
    return min(frame[0] - place[0], frame[1] - place[1], place[2] - frame[2], place[3] - frame[3]) > -1.5


def _pattern(run: list[Path], cells: Sequence[Box]) -> Iterator[Path]:
    """The rectangles that the tiles of `run` fill."""
    background = next((path.fill for path in run if path.is_rectangle and path.stroke is None), None)
    inks = {_ink(path) for path in run if not (path.is_rectangle and path.stroke is None)}
    for box in cells:
        x0, y0, x1, y1 = box
        yield replace(
            run[0],
            lines=(((x0, y0), (x1, y0), (x1, y1), (x0, y1)),),
            closed=True,
            curved=False,
            stroke=None,
            fill=background,
            box=box,
            hatch=tuple(sorted(inks, key=str)),
            clipping=OPEN,
        )


def _ink(path: Path) -> tuple[Color | None, int, tuple[int, ...]]:
    """What a tile shows: colour, number of strokes, and their directions."""
    color = path.stroke or path.fill
    return color, len(path.lines), tuple(sorted({_slope(line) for line in path.lines}))


def _slope(line: Sequence[Point]) -> int:
    """Direction of a stroke in steps of 15 degrees."""
    (ax, ay), (bx, by) = line[0], line[-1]
    return round(math.degrees(math.atan2(by - ay, bx - ax)) % 180 / 15) % 12


def _shown(clip: Clip) -> tuple[Box, ...]:
    """The rectangles of a clip as far as the clips around it let them show."""
    return tuple(_common(cell, clip.box or cell) for cell in clip.cells)


def _common(one: Box, other: Box) -> Box:
    x0, y0 = max(one[0], other[0]), max(one[1], other[1])
    return x0, y0, max(x0, min(one[2], other[2])), max(y0, min(one[3], other[3]))


def _reaches_out(box: Box, clip: Box) -> bool:
    low = min(box[0] - clip[0], box[1] - clip[1])
    return low < -OVER_PT or box[2] > clip[2] + OVER_PT or box[3] > clip[3] + OVER_PT


def with_layers_joined(paths: Sequence[Path]) -> list[Path]:
    """The paths with rectangles at one place made one: background, pattern and outline are painted apart."""
    result: list[Path] = []
    at: dict[Point, list[int]] = {}
    for path in paths:
        is_layer = path.is_rectangle and (path.fill is None or path.hatch is not None)
        below = _below(path, result, at) if is_layer else None
        if below is not None:
            result[below] = _painted_over(result[below], path)
            continue
        if path.is_rectangle:
            at.setdefault((round(path.box[0]), round(path.box[3])), []).append(len(result))
        result.append(path)
    return [_as_seen(path) if path.hatch is not None else path for path in result]


def _as_seen(path: Path) -> Path:
    """A pattern of no strokes is a plain fill; one without a ground shows the paper."""
    return replace(path, hatch=path.hatch or None, fill=PAPER if path.fill is None else path.fill)


def _below(path: Path, result: Sequence[Path], at: dict[Point, list[int]]) -> int | None:
    x, y = round(path.box[0]), round(path.box[3])
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            for index in at.get((x + dx, y + dy), ()):
                if _same_place(result[index].box, path.box):
                    return index
    return None


def _same_place(one: Box, other: Box) -> bool:
    """True where all edges agree, up to half the size of thin ones: thin neighbours of a stack are no layers."""
    thin = min(one[2] - one[0], one[3] - one[1], other[2] - other[0], other[3] - other[1])
    return same_box(one, other, max(0.02, min(ROUNDING_PT, thin / 2)))


def _painted_over(below: Path, above: Path) -> Path:
    stroked = below if above.stroke is None else above
    filled = below if above.fill is None else above
    return replace(
        below,
        stroke=stroked.stroke,
        width=stroked.width,
        dashes=stroked.dashes,
        fill=filled.fill,
        opacity=filled.opacity,
        hatch=above.hatch or (below.hatch if above.fill is None else None),
    )
