"""Text that was drawn: filled outlines in a row become words, by the shapes of their letters.

Programs that draw turn text into outlines so that no font is needed. Each letter is a small filled path, the letters
of a word follow each other in the file and along a level or upright line.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from gauntlet.paper.glyphs import DRAWN, Token
from gauntlet.paper.plots.letters import Contours, Floats, Font, Shape, joined_text, likely_fonts, shape_of
from gauntlet.paper.plots.primitives import MOST_IN_WORD, Color, Path, Point, bounds, is_letter_sized
from gauntlet.paper.records import Box

FEWEST_LETTERS = 8  # on a page with drawn text
MOST_IN_RUN = 120  # letters of a title; longer rows are dots of data, and are not looked at one by one
WORD_EM, LINE_HEIGHTS = 0.14, 0.9
STROKES = frozenset("lI/-_.,:'=")  # alone they are more likely hatching, dashes and dots
MOST_COST = 0.24
MOST_COST_ALONE = 0.16
SMALLER, RAISED_EM, RAISED_COST = 0.7, 0.4, 0.02
EXPONENTS = "0123456789-"
DIRECTIONS: dict[int, Point] = {0: (1.0, 0.0), 1: (0.0, -1.0), 3: (0.0, 1.0)}
SAME_SIZE = 1.15
DOT = 2.0  # two parts that differ more in length are a dot and a stem
WIDEST = 1.25  # width over height of a letter of several parts: a per cent sign
Ints = npt.NDArray[np.intp]
Marks = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Piece:
    """One filled outline that may be a letter: which paths it is made of, its polygons and its place."""

    paths: tuple[int, ...]
    contours: Contours
    box: Box
    color: Color
    order: int

    @property
    def is_letter(self) -> bool:
        """True where it is no plain form: dots, bars, circles and other markers have few corners and no holes."""
        return len(self.contours) > 1 or len(self.contours[0]) > 8


@dataclass(frozen=True)
class Run:
    """Pieces along one line, read at `quarter` turns, and their shapes in its direction."""

    pieces: tuple[Piece, ...]
    quarter: int
    shapes: tuple[Shape, ...]


@dataclass(frozen=True)
class Reading:
    """What a run says: its characters, size and baseline (in the run's direction), and the mean cost of a letter.

    `spans` are where each letter starts and ends with the space that its font leaves around it, and if it is raised.
    """

    characters: str
    em: float
    baseline: float
    cost: float
    spans: Sequence[tuple[float, float, bool]] = ()


def read_outlined(paths: Sequence[Path]) -> tuple[list[Token], list[Path]]:
    """Words among the paths, and the paths that are none."""
    runs = [
        run for run in _runs(paths) if len(run.pieces) <= MOST_IN_RUN and any(piece.is_letter for piece in run.pieces)
    ]
    if sum(piece.is_letter for run in runs if len(run.pieces) > 1 for piece in run.pieces) < FEWEST_LETTERS:
        return [], list(paths)
    ranked = likely_fonts([shape for run in runs for shape in run.shapes], 3)
    tokens: list[Token] = []
    taken: set[int] = set()
    read = [(run, _read(run, ranked)) for run in runs]
    sizes = [one.em for run, one in read if len(run.pieces) > 1 and one.cost < MOST_COST]
    for run, one in read:
        alone = len(run.pieces) == 1
        if one.cost > (MOST_COST_ALONE if alone else MOST_COST) or (alone and not _is_known(one.em, sizes)):
            continue
        if set(one.characters) <= STROKES:
            continue
        tokens += _tokens(run, one)
        taken |= {index for piece in run.pieces for index in piece.paths}
    return tokens, [path for index, path in enumerate(paths) if index not in taken]


def _is_known(em: float, sizes: Sequence[float]) -> bool:
    return any(1 / SAME_SIZE < em / size < SAME_SIZE for size in sizes)


def _pieces(paths: Sequence[Path]) -> Iterator[Piece | None]:
    """Small filled shapes, those of one drawing step together; None for anything else in between."""
    for _, group in itertools.groupby(enumerate(paths), key=lambda pair: pair[1].order):
        members = list(group)
        color = members[0][1].fill
        contours = [line for _, path in members for line in (path.outline or path.lines) if len(line) > 2]
        filled = all(path.stroke is None and path.fill is not None for _, path in members)
        if not filled or not contours or color is None or len(contours) > MOST_IN_WORD:
            yield None
            continue
        indices = tuple(index for index, _ in members)
        for letter in _letters(contours):
            box = bounds([point for line in letter for point in line])
            yield Piece(indices, letter, box, color, members[0][1].order) if is_letter_sized(box) else None


def _letters(contours: Contours) -> list[list[Sequence[Point]]]:
    """The contours of each letter, where a path may be a word: cut along its longer side, dots left on their stems."""
    box = bounds([point for line in contours for point in line])
    wide = box[2] - box[0] > WIDEST * (box[3] - box[1])
    axis = 0 if wide else 1
    letters: list[list[Sequence[Point]]] = []
    ends: list[tuple[float, float]] = []
    for line in contours:
        low, high = min(point[axis] for point in line), max(point[axis] for point in line)
        if ends:
            before = ends[-1]
            shared = min(high, before[1]) - max(low, before[0])
            if shared > 0.5 * min(high - low, before[1] - before[0]):
                letters[-1].append(line)
                ends[-1] = min(low, before[0]), max(high, before[1])
                continue
        letters.append([line])
        ends.append((low, high))
    lengths = sorted(high - low for low, high in ends)
    if len(letters) > 2 or (wide and len(letters) == 2 and lengths[1] < DOT * lengths[0]):
        return letters
    return [list(contours)]  # one letter: an i, a per cent sign


def _runs(paths: Sequence[Path]) -> Iterator[Run]:
    """Pieces that follow each other in the file and on the page, in the direction in which most of them do."""
    for close, group in itertools.groupby(_pieces(paths), key=lambda piece: piece is not None):
        pieces = [piece for piece in group if piece is not None] if close else []
        start = 0
        while start < len(pieces):
            ends = {quarter: _end(pieces, start, quarter) for quarter in DIRECTIONS}
            quarter = max(ends, key=lambda turn: ends[turn])
            if any(piece.is_letter for piece in pieces[start : ends[quarter]]):
                yield from _run(pieces[start : ends[quarter]], quarter)
            start = ends[quarter]


def _end(pieces: Sequence[Piece], start: int, quarter: int) -> int:
    """Behind the last piece that carries on the run from `start` in one direction."""
    height = 0.0
    before = _turned_box(pieces[start].box, quarter)
    for index in range(start + 1, len(pieces)):
        after = _turned_box(pieces[index].box, quarter)
        height = max(height, before[3] - before[1], after[3] - after[1])
        gap = after[0] - before[2]
        beside = min(before[3], after[3]) - max(before[1], after[1]) > -0.5 * height
        onward = after[0] + after[2] - before[0] - before[2] > 0.3 * height
        near = beside and onward and -0.35 * height < gap < LINE_HEIGHTS * height
        if not near or pieces[index].color != pieces[start].color:
            return index
        before = after
    return len(pieces)


def _run(pieces: Sequence[Piece], quarter: int) -> Iterator[Run]:
    shapes = [shape_of([[_turned(point, quarter) for point in line] for line in piece.contours]) for piece in pieces]
    kept = [(piece, shape) for piece, shape in zip(pieces, shapes, strict=True) if shape is not None]
    if kept:
        yield Run(tuple(piece for piece, _ in kept), quarter, tuple(shape for _, shape in kept))


def _turned(point: Point, quarter: int) -> Point:
    """Along the direction of reading, and upwards from the line."""
    x, y = point
    return {0: (x, -y), 1: (-y, -x), 3: (y, x)}[quarter]


def _turned_box(box: Box, quarter: int) -> Box:
    (ax, ay), (bx, by) = _turned((box[0], box[1]), quarter), _turned((box[2], box[3]), quarter)
    return min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)


def _read(run: Run, ranked: Sequence[tuple[Font, float]]) -> Reading:
    """The reading of least cost over fonts, sizes and baselines; these follow from what single letters may be."""
    best = Reading("", 1.0, 0.0, float("inf"))
    for font, distance in ranked:
        unlike = font.unlike(run.shapes)
        for em, baseline in _places(run, font, unlike):
            level = font.costs(run.shapes, unlike, em, baseline)
            high = font.costs(run.shapes, unlike, SMALLER * em, baseline + RAISED_EM * em) + RAISED_COST
            high[0], high[:, [char not in EXPONENTS for char in font.characters]] = np.inf, np.inf
            raised = high.min(axis=1) < level.min(axis=1)
            costs = np.where(raised[:, None], high, level)
            cost = float(costs.min(axis=1).mean()) + 0.5 * (distance - ranked[0][1])
            if cost < best.cost:
                best = _reading(run, font, costs.argmin(axis=1), raised, Reading("", em, baseline, cost))
    return best


def _reading(run: Run, font: Font, chosen: Ints, raised: Marks, frame: Reading) -> Reading:
    """The reading with its letters, each between the spaces that its font leaves around it."""
    sizes = np.where(raised, SMALLER * frame.em, frame.em)
    starts = np.array([shape.left for shape in run.shapes]) - sizes * font.bearings[chosen]
    ends = starts + sizes * font.advances[chosen]
    spans = list(zip(starts.tolist(), ends.tolist(), raised.tolist(), strict=True))
    return replace(frame, characters="".join(font.characters[index] for index in chosen), spans=spans)


def _places(run: Run, font: Font, unlike: Floats) -> set[tuple[float, float]]:
    """Sizes and baselines that make one of the first letters one of the characters that it looks most like."""
    found = set()
    letters = [index for index, piece in enumerate(run.pieces) if piece.is_letter][:4]
    for index in letters:
        shape = run.shapes[index]
        for choice in np.argsort(unlike[index])[:3]:
            em = shape.height / float(font.heights[choice])
            found.add((round(em, 3), round(shape.foot - em * float(font.feet[choice]), 3)))
    return found


def _tokens(run: Run, reading: Reading) -> Iterator[Token]:
    """The words of a run, cut where the gap between letters is wide and where they rise."""
    start = 0
    for index in range(1, len(run.shapes) + 1):
        if index < len(run.shapes):
            before, after = reading.spans[index - 1 : index + 1]
            if after[0] - before[1] < WORD_EM * reading.em and after[2] == before[2]:
                continue
        yield _token(run, reading, start, index)
        start = index


def _token(run: Run, reading: Reading, start: int, end: int) -> Token:
    left, right, raised = reading.spans[start][0], reading.spans[end - 1][1], reading.spans[start][2]
    em = SMALLER * reading.em if raised else reading.em
    baseline = reading.baseline + (RAISED_EM * reading.em if raised else 0)
    corners = [
        _turned_back((x, y), run.quarter) for x in (left, right) for y in (baseline - 0.2 * em, baseline + 0.8 * em)
    ]
    return Token(
        text=joined_text(reading.characters[start:end]),
        box=bounds(corners),
        origin=_turned_back((left, baseline), run.quarter),
        size=em,
        direction=DIRECTIONS[run.quarter],
        bold=False,
        font=DRAWN,
        color=run.pieces[start].color,
        order=run.pieces[start].order,
    )


def _turned_back(point: Point, quarter: int) -> Point:
    along, up = point
    return {0: (along, -up), 1: (-up, -along), 3: (up, along)}[quarter]
