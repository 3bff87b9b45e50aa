"""Rectangles of a frame that may be bars: each place once, thin ones only in company, small squares not at all."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from gauntlet.paper.plots.primitives import Color, Path
from gauntlet.paper.plots.traces import LARGEST_MARKER_PT, Style
from gauntlet.paper.records import Box

Bar = tuple[Box, Path]
"""The part of a bar inside its frame, and the path that paints it."""

SPECK_PT, THIN_PT, SMALL_PT = 1.0, 0.25, 0.8
LARGEST_SHARE = 0.5  # of the frame
FEWEST_OF_A_KIND = 8  # bars thinner than a stroke, side by side, make a histogram
SAME_PT = 0.3
WHITE = 0.99


def bar_candidates(paths: Sequence[Path], frame: Box) -> list[Bar]:
    """Rectangles that may be bars, in paint order; an outline alone counts where nothing is filled there."""
    whole = [(clamped(path.box, frame), path) for path in paths if path.is_rectangle and not is_blank(path)]
    area = (frame[2] - frame[0]) * (frame[3] - frame[1])
    whole = [(box, path) for box, path in whole if (box[2] - box[0]) * (box[3] - box[1]) <= LARGEST_SHARE * area]
    fine = [bar for bar in whole if not _is_thin(*bar)]
    thin = [bar for bar in whole if _is_thin(*bar)]
    markers = _markers(fine)
    fine = [bar for bar in fine if id(bar[1]) not in markers]
    return _each_place_once([*fine, *_side_by_side(thin), *_flat(thin, fine)])


def is_blank(path: Path | Style) -> bool:
    """White without an outline: the ground of some words."""
    paints = [paint for paint in (path.fill, path.stroke) if paint is not None]
    return path.hatch is None and all(min(paint) >= WHITE for paint in paints)


def place_key(box: Box) -> tuple[int, ...]:
    """Boxes drawn at one place have one key."""
    return tuple(round(part * 5) for part in box)


def clamped(box: Box, frame: Box) -> Box:
    """The part of a box inside the frame: on a log axis bars start far below it."""
    x0, x1 = (min(max(x, frame[0]), frame[2]) for x in (box[0], box[2]))
    y0, y1 = (min(max(y, frame[1]), frame[3]) for y in (box[1], box[3]))
    return x0, y0, x1, y1


def _is_thin(box: Box, path: Path) -> bool:
    """Specks, and fills thinner than any stroke: grid lines and baselines, or bars of length near zero."""
    thin, long = sorted((box[2] - box[0], box[3] - box[1]))
    return (
        long < SPECK_PT
        or (thin < SMALL_PT and long < 3)
        or (thin < THIN_PT and path.fill is not None and path.stroke is None)
    )


def _flat(thin: Sequence[Bar], fine: Sequence[Bar]) -> list[Bar]:
    """Thin rectangles as wide as a bar in their column, or as bars of their fill on their line: they have no length."""
    standing = {key for box, path in fine for key in _footings(box, path)}
    return [(box, path) for box, path in thin if not standing.isdisjoint(_footings(box, path))]


def _rows(box: Box) -> tuple[int, int]:
    return round(box[1] * 5), round(box[3] * 5)


def _side_by_side(thin: Sequence[Bar]) -> list[Bar]:
    """Thin upright rectangles of one fill and width that stand on one line and touch each other."""
    groups: dict[tuple[object, ...], list[Bar]] = defaultdict(list)
    for box, path in thin:
        if path.fill is not None and box[2] > box[0]:
            groups[path.fill, round((path.box[2] - path.box[0]) * 20), round(path.box[3] * 2)].append((box, path))
    found: list[Bar] = []
    for group in groups.values():
        starts = {round(path.box[0] * 10) for _, path in group}
        met = sum(any(round(path.box[2] * 10) + d in starts for d in (-1, 0, 1)) for _, path in group)
        if len(group) >= FEWEST_OF_A_KIND and 2 * met >= len(group):
            found += group
    return found


def _markers(bars: Iterable[Bar]) -> set[int]:
    """Ids of small squares that occur more than once and are no bars that happen to be as high as wide.

    Such bars stand beside bars of their fill and width, or in a stack of their width.
    """
    squares: dict[tuple[Color | None, float], list[Bar]] = defaultdict(list)
    standing: Counter[tuple[object, ...]] = Counter()
    for box, path in bars:
        width, height = path.size
        if max(width, height) < LARGEST_MARKER_PT and abs(width - height) < 0.05 * width:
            squares[path.fill, round(width, 1)].append((box, path))
        else:
            standing.update(set(_footings(box, path)))
    found: set[int] = set()
    for group in squares.values():
        free = [path for box, path in group if all(standing[key] < 2 for key in _footings(box, path))]
        if len(group) > 1:
            found |= {id(path) for path in free}
    return found


def _footings(box: Box, path: Path) -> list[tuple[object, ...]]:
    """What bars share, upright or lying: of one series fill, width and foot (and keys next to it), or a stack."""
    upright, lying = box[2] - box[0], box[3] - box[1]
    stacks: list[tuple[object, ...]] = [(2, round(box[0] * 5), round(box[2] * 5)), (3, *_rows(box))]
    return stacks + [
        key
        for d in (-1, 0, 1)
        for key in (
            (0, path.fill, round(upright / SAME_PT) + d, round(box[3])),
            (1, path.fill, round(lying / SAME_PT) + d, round(box[0])),
        )
    ]


def _each_place_once(bars: Iterable[Bar]) -> list[Bar]:
    """Of rectangles at one place those of different fill; of a fill that is hidden at all its places none."""
    found: dict[tuple[int, ...], list[Bar]] = defaultdict(list)
    for box, path in sorted(bars, key=lambda bar: bar[1].order):
        here = found[place_key(box)]
        if path.fill is None:
            here += [(box, path)] if not here else []
        elif not any(other.fill == path.fill and other.hatch == path.hatch for _, other in here):
            here[:] = [bar for bar in here if bar[1].fill is not None]
            here.append((box, path))
    seen = {_paint(path) for here in found.values() for path in _on_top(here)}
    every = [bar for here in found.values() for bar in here if _paint(bar[1]) in seen]
    return sorted(every, key=lambda bar: bar[1].order)


def _on_top(here: Sequence[Bar]) -> list[Path]:
    """The paths at one place that show: the last one, and what is under it where it lets light through."""
    last = here[-1][1]
    return [path for _, path in here] if last.opacity < 1 or last.fill is None else [last]


def _paint(path: Path) -> tuple[object, ...]:
    return path.fill, path.hatch, path.stroke
