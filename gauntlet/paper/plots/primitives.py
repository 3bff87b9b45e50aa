"""What a page draws, as flat paths with a style and a clip, whatever program wrote it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import Any

from gauntlet.paper.plots.letters import curve
from gauntlet.paper.records import Box

Point = tuple[float, float]
Color = tuple[float, ...]
Shape = tuple[object, ...]


THINNEST_PT = 0.01  # what a clip must let show to count
LARGEST_LETTER_PT, MOST_IN_WORD = 16.0, 200
MOST_CELLS = 2000  # rectangles of one clip path that are looked at
ROUNDING_PT = 0.25
"""Distance between two things drawn at one place: gnuplot writes tenths of a unit that figures are then scaled by."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip in force: the rectangle that it lets show, None where nothing clips.

    `whole` is the box of the clip path itself, `cells` are the rectangles in it, `outer` those of the clip around it.
    A clip that lets nothing show has the box and the cells of the one around it, and `is_empty` set: programs put the
    tile of a pattern so.
    """

    number: int
    box: Box | None
    whole: Box | None
    cells: tuple[Box, ...] = ()
    outer: tuple[Box, ...] = ()
    is_empty: bool = False


OPEN = Clip(0, None, None)


@dataclass(frozen=True, slots=True)
class Path:
    """One painted path. `lines` are its polylines (curves by their end points); a closed one repeats no point.

    Colours are rounded to two decimals, because stroke and fill of the same colour differ by 1e-4 in float32.
    `hatch` is the pattern of a filled rectangle, `shape` the form of a marker. `outline` are polygons close to the
    curves of a filled path that may be a letter or a word.
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
    clipping: Clip = OPEN
    hatch: Shape | None = None
    shape: Shape | None = None
    outline: tuple[tuple[Point, ...], ...] = ()

    @property
    def clip(self) -> Box | None:
        """The innermost clipping rectangle that lets anything show, None where nothing clips."""
        return self.clipping.box

    @property
    def shown(self) -> Box:
        """The part of the box that the clip lets show."""
        if self.clip is None:
            return self.box
        (x0, y0, x1, y1), (left, top, right, bottom) = self.box, self.clip
        return max(x0, left), max(y0, top), min(x1, right), min(y1, bottom)

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
    """All painted paths of a PyMuPDF page, at most `limit`; the rest is counted as truncated. 0 asks for none."""
    paths: list[Path] = []
    if not limit:
        return Drawings(paths, truncated=False)
    clips: list[tuple[int, Clip]] = []
    seen = 0

    def take(entry: dict[str, Any]) -> None:
        nonlocal seen
        seen += 1
        if seen > limit:
            return
        level = entry.get("level", 0)
        while clips and clips[-1][0] >= level:
            clips.pop()
        clip = clips[-1][1] if clips else OPEN
        if entry["type"] == "clip":
            clips.append((level, _clip(entry, clip, seen)))
        elif entry["type"] in ("f", "s", "fs"):
            for path in _paths(entry, clip):
                if paths and _outlines(path, paths[-1]):
                    paths[-1] = replace(paths[-1], stroke=path.stroke, width=path.width, dashes=path.dashes)
                else:
                    paths.append(path)

    page.get_cdrawings(extended=True, callback=take)
    return Drawings(paths, truncated=seen > limit)


def _clip(entry: dict[str, Any], outer: Clip, number: int) -> Clip:
    x0, y0, x1, y1 = entry["scissor"]
    if outer.is_empty or (outer.box is not None and (x1 - x0 < THINNEST_PT or y1 - y0 < THINNEST_PT)):
        return replace(outer, is_empty=True)
    items = entry.get("items", ())[:MOST_CELLS]
    rectangles, lines, _ = _outline(items)
    points = [point for ring in [*rectangles, *lines] for point in ring]
    return Clip(number, (x0, y0, x1, y1), bounds(points) if points else None, tuple(_cells(items)), outer.cells)


def bounds(points: Sequence[Point]) -> Box:
    """The smallest box around points."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _cells(items: Sequence[Any]) -> Iterator[Box]:
    """Rectangles of a clip path, however they are written."""
    rectangles, lines, curved = _outline(items)
    for corners in [*rectangles, *([] if curved else lines)]:
        ring = corners[:-1] if len(corners) > 4 and corners[0] == corners[-1] else corners
        if _is_rectangle(tuple(ring)):
            yield bounds(ring)


def _outlines(path: Path, before: Path) -> bool:
    """True where `path` is the outline of the filled path just before it: one thing, painted in two steps."""
    if path.fill is not None or before.stroke is not None or before.fill is None:
        return False
    if path.is_rectangle and before.is_rectangle:  # each is rounded for itself in the file
        return all(abs(a - b) < ROUNDING_PT for a, b in zip(path.box, before.box, strict=True))
    return path.lines == before.lines or _same_lines(path, before)


def _same_lines(one: Path, other: Path) -> bool:
    """True where two paths agree but for the rounding of single precision."""
    if [len(line) for line in one.lines] != [len(line) for line in other.lines]:
        return False
    pairs = zip(chain.from_iterable(one.lines), chain.from_iterable(other.lines), strict=True)
    return all(abs(a[0] - b[0]) < THINNEST_PT and abs(a[1] - b[1]) < THINNEST_PT for a, b in pairs)


def turned(path: Path, quarter: int, width: float, height: float) -> Path:
    """The path on a page turned by `quarter` times 90 degrees clockwise; `width` and `height` before turning."""

    def move(point: Point) -> Point:
        return turn_point(point, quarter, width, height)

    return replace(
        path,
        lines=tuple(tuple(move(point) for point in line) for line in path.lines),
        box=turn_box(path.box, quarter, width, height),
        clipping=_turned_clip(path.clipping, quarter, width, height),
    )


@lru_cache(maxsize=4096)
def _turned_clip(clip: Clip, quarter: int, width: float, height: float) -> Clip:
    def move(box: Box) -> Box:
        return turn_box(box, quarter, width, height)

    return replace(
        clip,
        box=clip.box and move(clip.box),
        whole=clip.whole and move(clip.whole),
        cells=tuple(map(move, clip.cells)),
        outer=tuple(map(move, clip.outer)),
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


def _paths(entry: dict[str, Any], clip: Clip) -> Iterator[Path]:
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


def _path(entry: dict[str, Any], lines: list[list[Point]], closed: bool, curved: bool, clip: Clip) -> Path:
    painted = entry["type"]
    box = bounds([point for line in lines for point in line])
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
        clipping=clip,
        outline=_polygons(entry["items"]) if curved and painted == "f" and _may_be_text(box, lines) else (),
    )


def _may_be_text(box: Box, lines: Sequence[Sequence[Point]]) -> bool:
    """True for a path no larger than a letter, or of some parts that are no larger."""
    few = 1 < len(lines) <= MOST_IN_WORD
    return is_letter_sized(box) or (few and all(is_letter_sized(bounds(line)) for line in lines))


def is_letter_sized(box: Box) -> bool:
    """True for what is no larger than a letter of a figure."""
    return max(box[2] - box[0], box[3] - box[1]) < LARGEST_LETTER_PT


def _polygons(items: Sequence[Any]) -> tuple[tuple[Point, ...], ...]:
    """The polygons of a path with curves, each curve by four points."""
    lines: list[list[Point]] = []
    for item in items:
        if item[0] in ("l", "c"):
            points = [tuple(point) for point in item[1:]]
            if not lines or lines[-1][-1] != points[0]:
                lines.append([points[0]])
            lines[-1] += points[1:] if item[0] == "l" else curve(points)
    lines += _outline(items)[0]
    return tuple(tuple(line[:-1] if line[0] == line[-1] else line) for line in lines if len(line) > 2)


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
