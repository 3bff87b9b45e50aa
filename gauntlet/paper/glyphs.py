"""The words a reader sees, and apart from them the text a reader does not see.

Words are built from single characters in the order of the file, because joins made by the library depend on the
program that wrote the PDF.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from gauntlet.paper.hidden import Piece, Reason, View, merge_hidden, place, rgb, unclipped
from gauntlet.paper.plots.primitives import Color, Path, Point, turn_box, turn_point
from gauntlet.paper.records import Box, HiddenText
from gauntlet.paper.skips import PageRefused
from gauntlet.paper.unnamed import with_letters

UNKNOWN = "\ufffd"  # what stands for a glyph whose font does not say which letter it shows
DRAWN = "outlines"  # font of words that were told by the shapes of their letters
_UNKNOWN_CODES = (0, 0xFFFD)
WORD_GAP = 0.14  # of the size: below any word space seen in justified text, above kerning
TEX_LIGATURES = {11: "ff", 12: "fi", 14: "ffi", 15: "ffl", 27: "ff", 28: "fi", 29: "fl", 30: "ffi", 31: "ffl"}
"""Codes in the OT1 and T1 encodings: bitmap fonts of TeX carry no other names, and glyphs are counted by code."""


@dataclass(frozen=True, slots=True)
class Token:
    """One visible word: its text, box, baseline start, size in points and writing direction (unit vector).

    `parts` are the texts and boxes that were written one after the other, where they are several.
    """

    text: str
    box: Box
    origin: Point
    size: float
    direction: Point
    bold: bool
    font: str
    color: Color
    order: int
    parts: tuple[tuple[str, Box], ...] = ()

    @property
    def level(self) -> bool:
        """True for text that runs from left to right."""
        return self.direction[0] > 0.99

    @property
    def italic(self) -> bool:
        """True for a slanted font, by its name."""
        return "Ital" in self.font or "Obli" in self.font or self.font.startswith("CMTI")


@dataclass(frozen=True, slots=True)
class _Glyph:
    text: str
    origin: Point
    box: Box


@dataclass(frozen=True, slots=True)
class _Part:
    """Glyphs of one span that touch each other; `glued` where they also touch the part before."""

    span: dict[str, Any]
    glyphs: list[_Glyph]
    glued: bool


@dataclass(frozen=True)
class PageText:
    """Visible words in file order and hidden text of one page; how many characters, and how many without a letter."""

    tokens: tuple[Token, ...]
    hidden: tuple[HiddenText, ...]
    characters: int
    unknown: int


def read_text(page: Any, number: int, paths: list[Path], limit: int) -> PageText:
    """Words of a PyMuPDF page; PageRefused when it has more than `limit` characters."""
    spans = page.get_texttrace()
    characters = sum(len(span["chars"]) for span in spans)
    if characters > limit:
        raise PageRefused(f"it has {characters} characters, more than the limit of {limit}")
    unknown = sum(char[0] in _UNKNOWN_CODES for span in spans for char in span["chars"] if char[1] >= 0)
    if not characters:  # nothing to be seen or hidden
        return PageText((), (), 0, 0)
    parts = list(_parts(with_letters(page, spans, DRAWN)))
    shown = unclipped(page)
    pieces = [_piece(part, shown) for part in parts]
    reasons = View(page, paths).reasons(pieces)
    found = [(piece.text, reason, piece.box) for piece, reason in zip(pieces, reasons, strict=True) if reason]
    words = _words(parts, pieces, reasons)
    tokens = tuple(token for token in map(_token, words) if token.text.strip(UNKNOWN))
    return PageText(tokens, tuple(merge_hidden(found, number)), characters, unknown)


def turned_token(token: Token, quarter: int, width: float, height: float) -> Token:
    """The word on a page turned by `quarter` times 90 degrees clockwise."""
    dx, dy = token.direction
    for _ in range(quarter % 4):
        dx, dy = -dy, dx
    return replace(
        token,
        box=turn_box(token.box, quarter, width, height),
        origin=turn_point(token.origin, quarter, width, height),
        direction=(dx, dy),
        parts=tuple((text, turn_box(box, quarter, width, height)) for text, box in token.parts),
    )


def _parts(spans: list[dict[str, Any]]) -> Iterator[_Part]:
    """Cut the spans at blanks and wherever the next glyph does not touch."""
    last: dict[str, Any] | None = None
    pen: Point = (0.0, 0.0)
    for span in spans:
        part: _Part | None = None
        for code, glyph, origin, box in span["chars"]:
            text = TEX_LIGATURES[code] if code == glyph and code in TEX_LIGATURES else _plain(code)
            if glyph < 0 and part is not None:  # a further letter of the ligature before it: no place of its own
                part.glyphs.append(_Glyph(text.strip(), part.glyphs[-1].origin, part.glyphs[-1].box))
                continue
            if not text.strip():
                if part is not None:
                    yield part
                part = last = None
                continue
            touches = last is not None and _touches(last, span, pen, origin)
            if part is not None and not touches:
                yield part
                part = None
            if part is None:
                part = _Part(span, [], touches)
            part.glyphs.append(_Glyph(text, origin, box))
            last, pen = span, _pen(span, origin, box)
        if part is not None:
            yield part


def _pen(span: dict[str, Any], origin: Point, box: Box) -> Point:
    """Where the next glyph starts if it touches this one."""
    dx, dy = span["dir"]
    hull = abs((box[2] - box[0]) * dx) + abs((box[3] - box[1]) * dy)
    advance = hull - 2 * span["size"] * abs(dx * dy)  # a slanted glyph's box is larger than the glyph
    return origin[0] + dx * advance, origin[1] + dy * advance


def _touches(last: dict[str, Any], span: dict[str, Any], pen: Point, origin: Point) -> bool:
    dx, dy = span["dir"]
    turned = abs(last["dir"][0] - dx) + abs(last["dir"][1] - dy) > 0.02
    if turned or abs(last["size"] - span["size"]) > 0.25 * span["size"]:
        return False
    size = max(last["size"], span["size"])
    ahead = (origin[0] - pen[0]) * dx + (origin[1] - pen[1]) * dy
    aside = abs((origin[0] - pen[0]) * dy - (origin[1] - pen[1]) * dx)
    return bool(aside < 0.1 * size and -0.5 * size < ahead < WORD_GAP * size)


def _piece(part: _Part, shown: set[Point]) -> Piece:
    span = part.span
    return Piece(
        text="".join(glyph.text for glyph in part.glyphs),
        box=union([glyph.box for glyph in part.glyphs]),
        size=float(span["size"]),
        color=rgb(span["color"]),
        opacity=float(span["opacity"]),
        invisible=span["type"] == 3,
        order=int(span["seqno"]),
        clipped=all(place(glyph.origin) not in shown for glyph in part.glyphs),
    )


def _words(
    parts: Sequence[_Part], pieces: Sequence[Piece], reasons: Sequence[Reason | None]
) -> Iterator[list[tuple[_Part, Piece]]]:
    """Visible parts that touch make a word; over a hidden one nothing is joined."""
    word: list[tuple[_Part, Piece]] = []
    for part, piece, reason in zip(parts, pieces, reasons, strict=True):
        if word and (reason is not None or not part.glued):
            yield word
            word = []
        if reason is None:
            word.append((part, piece))
    if word:
        yield word


def _token(word: list[tuple[_Part, Piece]]) -> Token:
    part, piece = word[0]
    runs = [list(run) for _, run in groupby((piece for _, piece in word), key=lambda piece: piece.order)]
    written = tuple(("".join(p.text for p in run), union([p.box for p in run])) for run in runs)
    return Token(
        text="".join(piece.text for _, piece in word),
        box=union([piece.box for _, piece in word]),
        origin=part.glyphs[0].origin,
        size=piece.size,
        direction=tuple(part.span["dir"]),
        bold=bool(part.span["flags"] & 16) or "bold" in part.span["font"].lower(),
        font=part.span["font"],
        color=piece.color,
        order=piece.order,
        parts=written if len(written) > 1 else (),
    )


def union(boxes: Sequence[Box]) -> Box:
    """The smallest box around `boxes` (at least one)."""
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return min(x0), min(y0), max(x1), max(y1)


def _plain(code: int) -> str:
    """The character, ligatures and mathematical alphabets undone; none for control characters and soft hyphens."""
    if code <= 0:
        return ""
    char = chr(code)
    if "\ufb00" <= char <= "\ufb06" or "\U0001d400" <= char <= "\U0001d7ff" or char == "ℎ":
        return unicodedata.normalize("NFKC", char)
    if char == "\xad" or (unicodedata.category(char) in ("Cc", "Cs", "Cf") and char not in "\t\n "):
        return ""
    return char
