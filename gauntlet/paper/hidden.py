"""Which words of a page a reader does not see, and why.

A word shows if the page looks different without its words: every page is drawn twice, as it is and with its text taken
out. That sees through covers, clips, switched-off layers and text in the colour of an image, whatever the file does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gauntlet.paper.plots.primitives import Color, Path
from gauntlet.paper.records import Anchor, Box, HiddenText

Reason = Literal["white", "tiny", "invisible", "off_page", "covered"]
TINY_PT = 2.0
FAINT_PT = 5.0
FAINT_CONTRAST = 2.0  # labels of 4 to 5 pt in sound papers reach down to 2.9
WHITE_CONTRAST = 1.25
LARGEST_PICTURE_PX = 1000
Pixels = NDArray[np.uint8]
Numbers = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Piece:
    """Glyphs of one span that touch each other: the unit that is seen or hidden. `clipped`: all lie outside a clip."""

    text: str
    box: Box
    size: float
    color: Color
    opacity: float
    invisible: bool
    order: int
    clipped: bool = False


class View:
    """What shows on one page: its picture, its picture without text, and the last opaque panel at each pixel."""

    def __init__(self, page: Any, paths: Sequence[Path]) -> None:
        self._bounds: Box = tuple(page.rect)
        self._scale = min(1.0, LARGEST_PICTURE_PX / max(self._bounds[2], self._bounds[3], 1.0))
        picture = _picture(page, self._scale)
        bare = _without_text(page, self._scale)
        self._beneath = picture if bare is None else bare
        self._text = None if bare is None else _sums(_differs(picture, bare))
        self._last: NDArray[np.int32] = np.full(picture.shape[:2], -1, dtype=np.int32)
        for path in paths:
            if path.fill and path.opacity > 0.9 and min(path.size) > 2 and path.is_rectangle:
                self._last[self._inside(_visible_box(path))] = path.order

    def reasons(self, pieces: Sequence[Piece]) -> list[Reason | None]:
        """Why each piece is hidden, or None."""
        if not pieces:
            return []
        boxes = np.array([piece.box for piece in pieces])
        size = np.array([piece.size for piece in pieces])
        opacity = np.array([piece.opacity for piece in pieces])
        left, top, right, bottom = self._bounds
        off = (boxes[:, 2] <= left) | (boxes[:, 3] <= top) | (boxes[:, 0] >= right) | (boxes[:, 1] >= bottom)
        contrast = self._contrasts(pieces, boxes, opacity)
        tests: list[tuple[Reason, NDArray[np.bool_]]] = [
            ("invisible", np.array([piece.invisible for piece in pieces]) | (opacity < 0.05)),
            ("off_page", off),
            ("tiny", size < TINY_PT),
            ("covered", self._below_panels(pieces, boxes)),
            ("white", contrast < WHITE_CONTRAST),
            ("tiny", (contrast < FAINT_CONTRAST) & (size < FAINT_PT)),
            ("covered", self._without_trace(pieces, boxes)),
            ("covered", np.array([piece.clipped for piece in pieces])),
        ]
        found: list[Reason | None] = [None] * len(pieces)
        for reason, hidden in reversed(tests):
            for index in np.flatnonzero(hidden):
                found[index] = reason
        return found

    def _contrasts(self, pieces: Sequence[Piece], boxes: Numbers, opacity: Numbers) -> Numbers:
        """Contrast of each piece's colour with what lies below it (any number where that is not known)."""
        if self._text is None:
            return np.full(len(pieces), np.inf)  # the picture holds the words themselves
        beneath = np.median(self._beneath[self._samples(boxes)], axis=1) / 255
        color = np.array([piece.color for piece in pieces])
        return contrast_ratio(opacity[:, None] * color + (1 - opacity[:, None]) * beneath, beneath)

    def _below_panels(self, pieces: Sequence[Piece], boxes: Numbers) -> NDArray[np.bool_]:
        """True where opaque rectangles painted later lie on the middle and the corners of a piece."""
        order = np.array([piece.order for piece in pieces])
        return np.asarray((self._last[self._samples(boxes)] > order[:, None]).all(axis=1))

    def _without_trace(self, pieces: Sequence[Piece], boxes: Numbers) -> NDArray[np.bool_]:
        """True where the page looks the same without its text; marks alone may be drawn beside their boxes."""
        if self._text is None:
            return np.zeros(len(pieces), dtype=bool)
        height, width = self._last.shape
        low = np.floor(boxes[:, :2] * self._scale).astype(int).clip(0, [width - 1, height - 1])
        high = np.ceil(boxes[:, 2:] * self._scale).astype(int).clip(low + 1, [width, height])
        sums = self._text
        ink = sums[high[:, 1], high[:, 0]] - sums[low[:, 1], high[:, 0]]
        ink += sums[low[:, 1], low[:, 0]] - sums[high[:, 1], low[:, 0]]
        words = np.array([any(char.isalnum() for char in piece.text) for piece in pieces])
        return np.asarray((ink == 0) & words)

    def _samples(self, boxes: Numbers) -> tuple[Numbers, Numbers]:
        """Row and column numbers of the pixels at the middle and a little inside the corners of each box."""
        height, width = self._last.shape
        parts = np.array([(0.5, 0.5), (0.1, 0.1), (0.9, 0.1), (0.1, 0.9), (0.9, 0.9)])
        x = boxes[:, [0]] + parts[:, 0] * (boxes[:, [2]] - boxes[:, [0]])
        y = boxes[:, [1]] + parts[:, 1] * (boxes[:, [3]] - boxes[:, [1]])
        rows, columns = (y * self._scale).astype(int), (x * self._scale).astype(int)
        return rows.clip(0, height - 1), columns.clip(0, width - 1)

    def _inside(self, box: Box) -> tuple[slice, slice]:
        """Pixels wholly inside a box."""
        x0, y0, x1, y1 = (max(part * self._scale, 0.0) for part in box)
        return slice(int(np.ceil(y0)), int(y1)), slice(int(np.ceil(x0)), int(x1))


def unclipped(page: Any) -> set[tuple[float, float]]:
    """Places of the characters that no clip cuts away. A clipped word may lie where another shows."""
    import pymupdf as untyped

    pymupdf: Any = untyped
    blocks = page.get_text("rawdict", flags=pymupdf.TEXT_CLIP)["blocks"]
    spans = (span for block in blocks for line in block.get("lines", ()) for span in line["spans"])
    return {place(char["origin"]) for span in spans for char in span["chars"]}


def place(origin: Sequence[float]) -> tuple[float, float]:
    """A character's place as a key."""
    return round(origin[0], 2), round(origin[1], 2)


def _differs(one: Pixels, other: Pixels) -> NDArray[np.bool_]:
    """Pixels of another colour; drawing is repeatable to the bit, so any difference is text."""
    unlike = one != other
    return np.asarray(unlike[..., 0] | unlike[..., 1] | unlike[..., 2])


def _sums(marks: NDArray[np.bool_]) -> NDArray[np.int32]:
    """How many marks lie above and left of each pixel corner."""
    sums = np.zeros((marks.shape[0] + 1, marks.shape[1] + 1), dtype=np.int32)
    sums[1:, 1:] = marks.cumsum(axis=0, dtype=np.int32).cumsum(axis=1)
    return sums


def _picture(page: Any, scale: float) -> Pixels:
    """The page as rows of RGB pixels."""
    import pymupdf as untyped

    pymupdf: Any = untyped
    pixels = page.get_pixmap(matrix=pymupdf.Matrix(scale, scale), colorspace=pymupdf.csRGB, alpha=False)
    flat = np.frombuffer(pixels.samples, dtype=np.uint8)
    return flat.reshape(pixels.height, pixels.stride)[:, : 3 * pixels.width].reshape(pixels.height, pixels.width, 3)


def _without_text(page: Any, scale: float) -> Pixels | None:
    """The picture of the page after all its text is redacted; None where some of it cannot be."""
    import pymupdf as untyped

    pymupdf: Any = untyped
    with pymupdf.open() as copy:
        copy.insert_pdf(page.parent, from_page=page.number, to_page=page.number, links=False, annots=False)
        copy[0].add_redact_annot(copy[0].rect, fill=False, cross_out=False)
        copy[0].apply_redactions(images=pymupdf.PDF_REDACT_IMAGE_NONE, graphics=pymupdf.PDF_REDACT_LINE_ART_NONE)
        left = any(pymupdf.Rect(span["bbox"]).intersects(copy[0].rect) for span in copy[0].get_texttrace())
        return None if left else _picture(copy[0], scale)


def contrast_ratio(one: Numbers, other: Numbers) -> Numbers:
    """Contrast of RGB colours (in 0..1, last axis), from 1 (equal) to 21. Source: WCAG 2.1, relative luminance."""
    parts = np.stack(np.broadcast_arrays(one, other))
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    luminance = linear @ np.array([0.2126, 0.7152, 0.0722])
    return np.asarray((luminance.max(axis=0) + 0.05) / (luminance.min(axis=0) + 0.05))


def rgb(color: Any) -> Color:
    """A colour of one (grey), three or four (CMYK) parts as RGB; black for None."""
    if color is None:
        return (0.0, 0.0, 0.0)
    parts = tuple(float(part) for part in color) if isinstance(color, tuple | list) else (float(color),)
    if len(parts) == 1:
        return parts * 3
    if len(parts) == 4:
        c, m, y, k = parts
        return (1 - c) * (1 - k), (1 - m) * (1 - k), (1 - y) * (1 - k)
    return parts[:3]


def _visible_box(path: Path) -> Box:
    """The box of a path as far as its clip lets it show."""
    if path.clip is None:
        return path.box
    a, b = path.box, path.clip
    return max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])


def merge_hidden(found: Sequence[tuple[str, Reason, Box]], number: int) -> Iterator[HiddenText]:
    """Neighbouring pieces hidden for one reason are one text."""
    start = 0
    for end in range(1, len(found) + 1):
        if end < len(found) and found[end][1] == found[start][1]:
            continue
        run, start = found[start:end], end
        text = " ".join(" ".join(piece[0] for piece in run).split())
        if text:
            x0, y0, x1, y1 = zip(*(piece[2] for piece in run), strict=True)
            anchor = Anchor(page=number, box=(min(x0), min(y0), max(x1), max(y1)))
            yield HiddenText(text=text, reason=run[0][1], anchor=anchor)
