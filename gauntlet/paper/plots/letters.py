"""Letters by their shape: outlines held against those of common fonts, for text whose letters a file does not name.

The cost of taking an outline for a letter is the mean difference of both, each stretched over one square, plus what
their height, width and foot differ by in em. Letters of one font differ by 0.2 and more, fonts of one letter by 0.1.
"""

import io
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from operator import mul
from pathlib import Path as FilePath
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Contours = Sequence[Sequence[tuple[float, float]]]
"""Closed polygons, the last point not repeated; holes are polygons within others."""

CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.,-+=%()/:_<>*&#[]'×µ"
BUILT_IN = ("helv", "hebo", "tiro", "tibo")  # fonts that come with PyMuPDF
OF_MATPLOTLIB = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "cmr10.ttf", "STIXGeneralItalic.ttf")
_AFTER_SMALL = re.compile(r"(?<=[a-z_])I|(?<=\b[A-Z])I(?=[a-z])")
_AMONG_CAPITALS = re.compile(r"\bl(?=[A-Z])|(?<=[A-Z])l(?=[A-Z])")
GRID, FINER, FORM = 12, 2, 200
SIZE_WEIGHT = 0.6
"""Cost of a whole em: o and O differ by 0.25 em in height, a font's own proportions by up to 0.1."""


@dataclass(frozen=True)
class Shape:
    """One outline: its picture over GRID x GRID cells, and its left, foot, width and height in the file's units."""

    picture: Floats
    left: float
    foot: float
    width: float
    height: float


@dataclass(frozen=True)
class Font:
    """Shapes of one font, one row a character; foot, width and height in em, and its space at the left and in all."""

    name: str
    characters: str
    pictures: Floats
    feet: Floats
    widths: Floats
    heights: Floats
    bearings: Floats
    advances: Floats

    def costs(self, shapes: Sequence[Shape], unlike: Floats, em: float, baseline: float) -> Floats:
        """Cost of taking each shape (rows) for each character (columns) at a size and over a baseline."""
        sizes = np.array([(shape.foot - baseline, shape.width, shape.height) for shape in shapes]) / em
        own = np.stack([self.feet, self.widths, self.heights], axis=1)
        off = np.abs(sizes[:, None, :] - own[None, :, :]).sum(axis=2)
        return np.asarray(unlike + SIZE_WEIGHT * off)

    def unlike(self, shapes: Sequence[Shape]) -> Floats:
        """Mean squared difference of each shape's picture (rows) from each character's (columns), sizes left out."""
        own, other = np.stack([shape.picture for shape in shapes]), self.pictures
        squares = (own**2).sum(axis=1)[:, None] + (other**2).sum(axis=1)[None, :]
        return np.asarray((squares - 2 * own @ other.T) / own.shape[1])


def shape_of(contours: Contours) -> Shape | None:
    """The shape of an outline with y upwards, or None where it covers nothing."""
    points = [point for line in contours for point in line]
    if len(points) < 3:
        return None
    xs, ys = [x for x, _ in points], [y for _, y in points]
    left, foot, width, height = min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)
    if width <= 0 or height <= 0:
        return None
    edges = np.array([(*a, *b) for line in contours for a, b in zip(line, [*line[1:], line[0]], strict=True)])
    edges = (edges - np.array([left, foot] * 2)) / np.array([width, height] * 2)
    return Shape(_picture(np.rint(edges * FORM).astype(np.int16).tobytes()), left, foot, width, height)


@lru_cache(maxsize=4096)
def _picture(form: bytes) -> Floats:
    """Share of each cell that lies inside by the winding rule; edges (N, 4) in a square of FORM units.

    Whole units make one of the many equal markers of a page, and no edge passes through the middle of a cell.
    """
    edges = np.frombuffer(form, dtype=np.int16).reshape(-1, 4) / FORM
    side = GRID * FINER
    middles = (np.arange(side) + 0.5) / side
    x0, y0, x1, y1 = edges.T
    crossed = (y0[None, :] > middles[:, None]) != (y1[None, :] > middles[:, None])
    slope = (x1 - x0) / np.where(y1 == y0, 1.0, y1 - y0)
    at = np.where(crossed, x0 + (middles[:, None] - y0) * slope, -1.0)
    turns = np.where(crossed, np.sign(y1 - y0), 0.0)
    inside = ((at[:, None, :] > middles[None, :, None]) * turns[:, None, :]).sum(axis=2) != 0
    return np.asarray(inside.reshape(GRID, FINER, GRID, FINER).mean(axis=(1, 3)).ravel())


@lru_cache(maxsize=1)
def fonts() -> tuple[Font, ...]:
    """Common fonts of figures: Helvetica and Times, DejaVu Sans and Computer Modern."""
    import pymupdf as untyped
    from matplotlib import get_data_path

    pymupdf: Any = untyped

    folder = FilePath(get_data_path()) / "fonts" / "ttf"
    files = [(name, pymupdf.Font(name).buffer) for name in BUILT_IN]
    files += [(name, (folder / name).read_bytes()) for name in OF_MATPLOTLIB]
    return tuple(_font(name, data) for name, data in files)


def _font(name: str, data: bytes) -> Font:
    from matplotlib.ft2font import FT2Font, LoadFlags

    face = FT2Font(io.BytesIO(data))
    found: list[tuple[str, Shape, float]] = []
    for character in CHARACTERS:
        if not face.get_char_index(ord(character)):
            continue
        glyph = face.load_char(ord(character), flags=LoadFlags.NO_SCALE)
        vertices, codes = face.get_path()
        shape = shape_of(flattened(np.asarray(vertices) * 64 / face.units_per_EM, codes))
        if shape is not None:
            found.append((character, shape, glyph.horiAdvance / face.units_per_EM))
    shapes = [shape for _, shape, _ in found]
    return Font(
        name,
        "".join(character for character, _, _ in found),
        np.stack([shape.picture for shape in shapes]),
        np.array([shape.foot for shape in shapes]),
        np.array([shape.width for shape in shapes]),
        np.array([shape.height for shape in shapes]),
        np.array([shape.left for shape in shapes]),
        np.array([advance for _, _, advance in found]),
    )


def flattened(vertices: Any, codes: Any) -> list[list[tuple[float, float]]]:
    """Polygons of a path in matplotlib's codes: 1 starts one, 2 is a line, 3 and 4 are curves, 79 closes."""
    lines: list[list[tuple[float, float]]] = []
    index = 0
    while index < len(codes):
        code, span = codes[index], {3: 2, 4: 3}.get(int(codes[index]), 1)
        points = [(float(x), float(y)) for x, y in vertices[index : index + span]]
        if code == 1:
            lines.append(points)
        elif code == 2:
            lines[-1] += points
        elif code in (3, 4):
            lines[-1] += curve([lines[-1][-1], *points])
        index += span
    return [line for line in lines if len(line) > 2]


def curve(points: Sequence[tuple[float, float]], steps: int = 4) -> list[tuple[float, float]]:
    """Points along a Bezier curve, without its start."""
    xs, ys = zip(*points, strict=True)
    return [(sum(map(mul, row, xs)), sum(map(mul, row, ys))) for row in _weights(len(points) - 1, steps)]


@cache
def _weights(degree: int, steps: int) -> list[list[float]]:
    """Bernstein polynomials of a degree at equal steps, without the start."""
    shares = [step / steps for step in range(1, steps + 1)]
    return [[math.comb(degree, k) * t**k * (1 - t) ** (degree - k) for k in range(degree + 1)] for t in shares]


def likely_fonts(shapes: Sequence[Shape], most: int) -> list[tuple[Font, float]]:
    """The fonts that the shapes look most like, with their mean distance."""
    ranked = [(font, float(font.unlike(shapes).min(axis=1).mean())) for font in fonts()]
    return sorted(ranked, key=lambda pair: pair[1])[:most]


def joined_text(characters: Iterable[str]) -> str:
    """A word, where some letters look alike: digits stand between digits, and no capital I after a small letter."""
    word = "".join(characters)
    if any(char.isdigit() for char in word) and all(char in "0123456789OolI.,-+%" for char in word):
        return word.translate(str.maketrans("OolI", "0011"))
    return _AFTER_SMALL.sub("l", _AMONG_CAPITALS.sub("I", word))
