"""The words a reader sees, and apart from them the text a reader does not see.

Words are built from single characters in the order of the file, because joins made by the library depend on the
program that wrote the PDF.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from gauntlet.paper.plots.primitives import Color, Path, Point, turn_box, turn_point
from gauntlet.paper.records import Anchor, Box, HiddenText

TINY_PT = 2.0
FAINT_PT = 5.0
FAINT_CONTRAST = 3.0  # WCAG 2.1, 1.4.11: below 3:1 even graphics are taken for unreadable
WHITE_CONTRAST = 1.25
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


@dataclass(frozen=True, slots=True)
class _Glyph:
    text: str
    origin: Point
    box: Box
    order: int


@dataclass(frozen=True)
class PageText:
    """Visible words in file order and hidden text of one page."""

    tokens: tuple[Token, ...]
    hidden: tuple[HiddenText, ...]
    characters: int


def read_text(page: Any, number: int, paths: list[Path], images: list[Box], limit: int) -> PageText:
    """Words of a PyMuPDF page; ValueError when it has more than `limit` characters."""
    bounds = tuple(page.rect)
    spans = page.get_texttrace()
    characters = sum(len(span["chars"]) for span in spans)
    if characters > limit:
        raise ValueError(f"{characters} characters, more than the limit of {limit}")
    fills = [(path, _visible_box(path)) for path in paths if path.fill and path.opacity > 0.9 and _is_panel(path)]
    words = _Words()
    hidden: list[tuple[str, str, Box]] = []
    for span in spans:
        reason = _why_hidden(span, bounds, fills, images)
        if reason is None:
            words.add(span)
        else:
            text = "".join(_plain(chr(char[0])) for char in span["chars"] if char[0] > 0)
            hidden.append((text, reason, tuple(span["bbox"])))
            words.close()
    return PageText(tuple(words.finish()), tuple(_merge_hidden(hidden, number)), characters)


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


class _Words:
    """Joins glyphs to words while they lie on one baseline and touch."""

    def __init__(self) -> None:
        self._done: list[Token] = []
        self._glyphs: list[_Glyph] = []
        self._span: dict[str, Any] = {}
        self._pen: Point = (0.0, 0.0)

    def add(self, span: dict[str, Any]) -> None:
        dx, dy = span["dir"]
        for code, glyph, origin, box in span["chars"]:
            text = _plain(chr(code)) if code > 0 else ""
            if code == glyph and code in TEX_LIGATURES:
                text = TEX_LIGATURES[code]
            if glyph < 0 and self._glyphs:  # a further letter of the ligature before it: it has no place of its own
                last = self._glyphs[-1]
                self._glyphs.append(replace(last, text=text.strip()))
                continue
            if not text.strip():
                self.close()
                continue
            if self._glyphs and not self._continues(span, origin):
                self.close()
            if not self._glyphs:
                self._span = span
            self._glyphs.append(_Glyph(text, origin, box, int(span["seqno"])))
            hull = abs((box[2] - box[0]) * dx) + abs((box[3] - box[1]) * dy)
            advance = hull - 2 * span["size"] * abs(dx * dy)  # a slanted glyph's box is larger than the glyph
            self._pen = (origin[0] + dx * advance, origin[1] + dy * advance)

    def _continues(self, span: dict[str, Any], origin: Point) -> bool:
        last = self._span
        dx, dy = span["dir"]
        if (
            abs(last["dir"][0] - dx) + abs(last["dir"][1] - dy) > 0.02
            or abs(last["size"] - span["size"]) > 0.25 * span["size"]
        ):
            return False
        size = max(last["size"], span["size"])
        ahead = (origin[0] - self._pen[0]) * dx + (origin[1] - self._pen[1]) * dy
        aside = abs((origin[0] - self._pen[0]) * dy - (origin[1] - self._pen[1]) * dx)
        return bool(aside < 0.1 * size and -0.5 * size < ahead < WORD_GAP * size)

    def close(self) -> None:
        if not self._glyphs:
            return
        span = self._span
        boxes = [glyph.box for glyph in self._glyphs]
        self._done.append(
            Token(
                text="".join(glyph.text for glyph in self._glyphs),
                box=union(boxes),
                origin=self._glyphs[0].origin,
                size=float(span["size"]),
                direction=tuple(span["dir"]),
                bold=bool(span["flags"] & 16) or "bold" in span["font"].lower(),
                font=span["font"],
                color=_rgb(span["color"]),
                order=int(span["seqno"]),
                parts=self._parts(),
            )
        )
        self._glyphs = []

    def _parts(self) -> tuple[tuple[str, Box], ...]:
        if self._glyphs[0].order == self._glyphs[-1].order:
            return ()
        runs = [list(run) for _, run in groupby(self._glyphs, key=lambda glyph: glyph.order)]
        return tuple(("".join(glyph.text for glyph in run), union([glyph.box for glyph in run])) for run in runs)

    def finish(self) -> list[Token]:
        self.close()
        return self._done


def union(boxes: list[Box]) -> Box:
    """The smallest box around `boxes` (at least one)."""
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )


def _plain(char: str) -> str:
    """Undo presentation forms (ligatures); drop control characters and soft hyphens."""
    if "\ufb00" <= char <= "\ufb06":
        return unicodedata.normalize("NFKC", char)
    if char == "\xad" or (unicodedata.category(char) in ("Cc", "Cs", "Cf") and char not in "\t\n "):
        return ""
    return char


def _why_hidden(  # noqa: PLR0911 (one return per reason reads best)
    span: dict[str, Any], bounds: Box, fills: list[tuple[Path, Box]], images: list[Box]
) -> str | None:
    x0, y0, x1, y1 = span["bbox"]
    if span["type"] == 3 or span["opacity"] < 0.05:
        return "invisible"
    if x1 <= bounds[0] or y1 <= bounds[1] or x0 >= bounds[2] or y0 >= bounds[3]:
        return "off_page"
    if span["size"] < TINY_PT:
        return "tiny"
    middle = ((x0 + x1) / 2, (y0 + y1) / 2)
    if any(path.order > span["seqno"] and path.is_rectangle and _holds(box, span["bbox"]) for path, box in fills):
        return "covered"
    color = _rgb(span["color"])
    if color == (0.0, 0.0, 0.0) or any(_inside(image, middle) for image in images):
        return None
    beneath: Color = (1.0, 1.0, 1.0)
    for path, box in fills:  # in paint order: the last one below the text is what one sees behind it
        if path.order < span["seqno"] and _inside(box, middle):
            beneath = _rgb(path.fill)
    contrast = contrast_ratio(color, beneath)
    if contrast < WHITE_CONTRAST:
        return "white"
    return "tiny" if span["size"] < FAINT_PT and contrast < FAINT_CONTRAST else None


def contrast_ratio(one: Color, other: Color) -> float:
    """Contrast of two RGB colours in 0..1, from 1 (equal) to 21. Source: WCAG 2.1, relative luminance."""

    def luminance(color: Color) -> float:
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _rgb(color: Any) -> Color:
    if color is None:
        return (0.0, 0.0, 0.0)
    parts = tuple(float(part) for part in color) if isinstance(color, tuple | list) else (float(color),)
    if len(parts) == 1:
        return parts * 3
    if len(parts) == 4:
        c, m, y, k = parts
        return (1 - c) * (1 - k), (1 - m) * (1 - k), (1 - y) * (1 - k)
    return parts[:3]


def _is_panel(path: Path) -> bool:
    width, height = path.size
    return width > 2 and height > 2 and (path.is_rectangle or path.curved)


def _visible_box(path: Path) -> Box:
    """The box of a path as far as its clip lets it show."""
    if path.clip is None:
        return path.box
    a, b = path.box, path.clip
    return max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])


def _holds(outer: Box, inner: Box) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] + 1 and outer[2] >= inner[2] and outer[3] >= inner[3] - 1


def _inside(box: Box, point: Point) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def _merge_hidden(found: list[tuple[str, str, Box]], number: int) -> Iterator[HiddenText]:
    """Neighbouring spans hidden for one reason are one text."""
    run: list[tuple[str, str, Box]] = []
    for piece in [*found, ("", "", (0.0, 0.0, 0.0, 0.0))]:
        if run and piece[1] != run[-1][1]:
            text = " ".join(" ".join(part[0] for part in run).split())
            if text:
                box = union([part[2] for part in run])
                yield HiddenText(text=text, reason=run[0][1], anchor=Anchor(page=number, box=box))
            run = []
        run.append(piece)
