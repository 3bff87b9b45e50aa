"""What a page draws, as flat paths with a style and a clip, whatever program wrote it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gauntlet.paper.records import Box

Point = tuple[float, float]
Color = tuple[float, ...]
Shape = tuple[object, ...]


MOST_CELLS = 2000  # rectangles of one clip path that are looked at
ROUNDING_PT = 0.25
"""Distance between two things drawn at one place: gnuplot writes tenths of a unit that figures are then scaled by."""


@dataclass(frozen=True, slots=True)
class Path:
    """One painted path. `lines` are its polylines (curves by their end points); a closed one repeats no point.

    Colours are rounded to two decimals, because stroke and fill of the same colour differ by 1e-4 in float32.
    `clip` is the innermost clipping rectangle that lets anything show, None where nothing clips; `cells` are the
    rectangles of the clip path itself, and `run` numbers the paths that share one clip. `is_tile` marks what is clipped
    away in place: one tile of a pattern that fills the cells. `hatch` is the pattern of a filled rectangle, `shape` the
    form of a marker.
    """

    lines: tuple[tuple[Point, ...], ...]
    closed: bool
    curved: bool
    stroke: Color | None
    fill: Color | None
    width: float
    dashes: str
    opacity: float
    order: int
    box: Box
    clip: Box | None
    cells: tuple[Box, ...] = ()
    run: int = 0
    is_tile: bool = False
    hatch: Shape | None = None
    shape: Shape | None = None

    @property
    def size(self) -> Point:
        """Width and height in points."""
        return self.box[2] - self.box[0], self.box[3] - self.box[1]

    @property
    def center(self) -> Point:
        """Middle of the box."""
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2

    @property
    def is_rectangle(self) -> bool:
        """True where the path is one axis-parallel rectangle."""
        if len(self.lines) != 1 or self.curved:
            return False
        return _is_rectangle(self.lines[0])

    @property
    def segment(self) -> tuple[Point, Point] | None:
        """The two ends where the path is one straight stroke."""
        if self.curved or len(self.lines) != 1 or len(self.lines[0]) != 2:
            return None
        return self.lines[0][0], self.lines[0][1]


@dataclass
class Drawings:
    """The paths of one page in paint order; `truncated` where the page has more than the limit."""

    paths: list[Path]
    truncated: bool


def read_drawings(page: Any, limit: int) -> Drawings:
    """All painted paths of a PyMuPDF page, at most `limit`; the rest is counted as truncated."""
    paths: list[Path] = []
    clips: list[_Clip] = []
    seen = 0

    def take(entry: dict[str, Any]) -> None:
        nonlocal seen
        seen += 1
        if seen > limit:
            return
        level = entry.get("level", 0)
        while clips and clips[-1].level >= level:
            clips.pop()
        if entry["type"] == "clip":
            clips.append(_clip(entry, clips[-1] if clips else None, seen))
        elif entry["type"] in ("f", "s", "fs"):
            for path in _paths(entry, clips[-1] if clips else _OPEN):
                if paths and _outlines(path, paths[-1]):
                    paths[-1] = replace(paths[-1], stroke=path.stroke, width=path.width, dashes=path.dashes)
                else:
                    paths.append(path)

    page.get_cdrawings(extended=True, callback=take)
    return Drawings(paths, truncated=seen > limit)


@dataclass(frozen=True)
class _Clip:
    """A clip that is in force: what it lets show, the rectangles of its path, and whether all of it is clipped away."""

    level: int
    box: Box | None
    cells: tuple[Box, ...]
    run: int
    is_empty: bool


_OPEN = _Clip(-1, None, (), 0, False)


def _clip(entry: dict[str, Any], outer: _Clip | None, number: int) -> _Clip:
    x0, y0, x1, y1 = entry["scissor"]
    if outer is not None and (outer.is_empty or x1 - x0 < 0.01 or y1 - y0 < 0.01):
        return _Clip(entry.get("level", 0), outer.box, outer.cells, outer.run, True)
    return _Clip(entry.get("level", 0), (x0, y0, x1, y1), tuple(_cells(entry.get("items", ()))), number, False)


def _cells(items: Sequence[Any]) -> Iterator[Box]:
    """Rectangles of a clip path, however they are written."""
    rectangles, lines, curved = _outline(items[:MOST_CELLS])
    for corners in [*rectangles, *([] if curved else lines)]:
        ring = corners[:-1] if len(corners) > 4 and corners[0] == corners[-1] else corners
        if _is_rectangle(tuple(ring)):
            xs, ys = [x for x, _ in ring], [y for _, y in ring]
            yield min(xs), min(ys), max(xs), max(ys)


def _outlines(path: Path, before: Path) -> bool:
    """True where `path` is the outline of the filled path just before it: one thing, painted in two steps."""
    if path.fill is not None or before.stroke is not None or before.fill is None:
        return False
    if path.is_rectangle and before.is_rectangle:  # each is rounded for itself in the file
        return all(abs(a - b) < ROUNDING_PT for a, b in zip(path.box, before.box, strict=True))
    return path.lines == before.lines


def turned(path: Path, quarter: int, width: float, height: float) -> Path:
    """The path on a page turned by `quarter` times 90 degrees clockwise; `width` and `height` before turning."""

    def move(point: Point) -> Point:
        return turn_point(point, quarter, width, height)

    return replace(
        path,
        lines=tuple(tuple(move(point) for point in line) for line in path.lines),
        box=turn_box(path.box, quarter, width, height),
        clip=None if path.clip is None else turn_box(path.clip, quarter, width, height),
        cells=tuple(turn_box(cell, quarter, width, height) for cell in path.cells),
    )


def turn_point(point: Point, quarter: int, width: float, height: float) -> Point:
    """A point after turning its page by `quarter` times 90 degrees clockwise."""
    x, y = point
    for _ in range(quarter % 4):
        x, y = height - y, x
        width, height = height, width
    return x, y


def turn_box(box: Box, quarter: int, width: float, height: float) -> Box:
    """A box after turning its page by `quarter` times 90 degrees clockwise."""
    ax, ay = turn_point((box[0], box[1]), quarter, width, height)
    bx, by = turn_point((box[2], box[3]), quarter, width, height)
    return min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)


def _outline(items: Sequence[Any]) -> tuple[list[list[Point]], list[list[Point]], bool]:
    """Rectangles and polylines of a path's items, and whether it has curves."""
    lines: list[list[Point]] = []
    rectangles: list[list[Point]] = []
    curved = False
    for item in items:
        if item[0] == "l":
            _extend(lines, tuple(item[1]), tuple(item[2]))
        elif item[0] == "c":
            curved = True
            _extend(lines, tuple(item[1]), tuple(item[4]))
        elif item[0] == "re":
            x0, y0, x1, y1 = item[1]
            rectangles.append([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
        elif item[0] == "qu":
            ul, ur, ll, lr = (tuple(corner) for corner in item[1])
            rectangles.append([ul, ur, lr, ll])
    return rectangles, lines, curved


def _paths(entry: dict[str, Any], clip: _Clip) -> Iterator[Path]:
    rectangles, lines, curved = _outline(entry["items"])
    closed = bool(entry.get("closePath")) or entry["type"] == "f"
    for rectangle in rectangles:  # one path may hold many bars; each is its own thing
        yield _path(entry, [rectangle], True, False, clip)
    if lines:
        closed = closed or any(len(line) > 2 and line[0] == line[-1] for line in lines)
        kept = [line[:-1] if len(line) > 3 and line[0] == line[-1] else line for line in lines]
        if closed and not curved and len(kept) > 1 and all(_is_rectangle(tuple(line)) for line in kept):
            for line in kept:
                yield _path(entry, [line], True, False, clip)
        else:
            yield _path(entry, kept, closed, curved, clip)


def _path(entry: dict[str, Any], lines: list[list[Point]], closed: bool, curved: bool, clip: _Clip) -> Path:
    painted = entry["type"]
    xs = [x for line in lines for x, _ in line]
    ys = [y for line in lines for _, y in line]
    box = (min(xs), min(ys), max(xs), max(ys))
    if curved and entry.get("rect"):
        box = tuple(entry["rect"])
    opacity = entry.get("fill_opacity") if "f" in painted else entry.get("stroke_opacity")
    return Path(
        lines=tuple(tuple(line) for line in lines),
        closed=closed,
        curved=curved,
        stroke=_color(entry.get("color")) if "s" in painted else None,
        fill=_color(entry.get("fill")) if "f" in painted else None,
        width=float(entry.get("width") or 0.0),
        dashes=str(entry.get("dashes") or "[] 0"),
        opacity=1.0 if opacity is None else float(opacity),
        order=int(entry.get("seqno", 0)),
        box=box,
        clip=clip.box,
        cells=clip.cells,
        run=clip.run,
        is_tile=clip.is_empty,
    )


def _extend(lines: list[list[Point]], start: Point, end: Point) -> None:
    if lines and lines[-1][-1] == start:
        lines[-1].append(end)
    else:
        lines.append([start, end])


def _color(color: Any) -> Color | None:
    if color is None:
        return None
    if isinstance(color, int | float):
        return (round(float(color), 2),) * 3
    return tuple(round(float(part), 2) for part in color)


def _is_rectangle(line: tuple[Point, ...]) -> bool:
    if len(line) != 4:
        return False
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = line
    tolerance = 0.02
    level = (
        abs(ay - by) < tolerance and abs(cy - dy) < tolerance and abs(bx - cx) < tolerance and abs(ax - dx) < tolerance
    )
    upright = (
        abs(ax - bx) < tolerance and abs(cx - dx) < tolerance and abs(by - cy) < tolerance and abs(ay - dy) < tolerance
    )
    return level or upright
