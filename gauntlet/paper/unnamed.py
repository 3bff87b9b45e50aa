"""Letters of fonts that do not say which letters they show, told by the shapes of their glyphs.

Some programs embed a subset of a font, count its glyphs from 1 and leave out the table that says what each shows. The
page shows them well; their outlines are those of the page written as SVG.
"""

import re
from collections import defaultdict
from typing import Any

from gauntlet.paper.plots.letters import Shape, curve, fonts, shape_of
from gauntlet.paper.plots.primitives import Point

NAMELESS = 0xFFFD
FEWEST = 4  # nameless glyphs on a page; single ones are symbols
MOST_COST, MOST_MEAN_COST = 0.15, 0.1
BLANK = 0x20

_GLYPH = re.compile(r'<path id="(font_[^"]+)" d="([^"]*)"')
_USE = re.compile(r'xlink:href="#(font_\w+)" transform="matrix\(([^)]*)\)"')
_STEP = re.compile(r"([MLHVCQZ])([^A-Z]*)")
_NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?")


def with_letters(page: Any, spans: list[dict[str, Any]], font: str) -> list[dict[str, Any]]:
    """Spans of a PyMuPDF text trace in which nameless glyphs have the letters that they look like.

    Spans with such a letter are marked by the font name `font`.
    """
    nameless = sum(char[0] == NAMELESS and char[1] >= 0 for span in spans for char in span["chars"])
    if nameless < FEWEST:
        return spans
    glyphs = _glyphs(page.get_svg_image(text_as_path=True))
    wanted = {
        place: glyphs[place]
        for span in spans
        for code, _, origin, _ in span["chars"]
        if code == NAMELESS and (place := _place(origin)) in glyphs
    }
    letters = _letters(set(wanted.values()))
    return [_named(span, glyphs, letters, font) for span in spans]


def _named(
    span: dict[str, Any], glyphs: dict[Point, tuple[str, str]], letters: dict[tuple[str, str], int], font: str
) -> dict[str, Any]:
    chars = [
        (letters.get(glyphs.get(_place(char[2]), ("", "")), NAMELESS), *char[1:]) if char[0] == NAMELESS else char
        for char in span["chars"]
    ]
    told = any(after[0] != before[0] for after, before in zip(chars, span["chars"], strict=True))
    return {**span, "chars": chars, "font": font} if told else span


def _glyphs(svg: str) -> dict[Point, tuple[str, str]]:
    """Font and outline of the glyph at each place."""
    outlines = dict(_GLYPH.findall(svg))
    found = {}
    for name, matrix in _USE.findall(svg):
        parts = [float(part) for part in matrix.split(",")]
        found[_place((parts[4], parts[5]))] = (name.rpartition("_")[0], outlines.get(name, ""))
    return found


def _place(origin: Any) -> Point:
    return round(origin[0], 1), round(origin[1], 1)


def _letters(glyphs: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Codes of glyphs, each file font read by the known font that it is most like; glyphs like none are left out."""
    by_font: dict[str, list[tuple[tuple[str, str], Shape]]] = defaultdict(list)
    found: dict[tuple[str, str], int] = {}
    for glyph in glyphs:
        shape = shape_of(polygons(glyph[1]))
        if shape is None:
            found[glyph] = BLANK
        else:
            by_font[glyph[0]].append((glyph, shape))
    for members in by_font.values():
        shapes = [shape for _, shape in members]
        tables = [(known, known.costs(shapes, known.unlike(shapes), 1.0, 0.0)) for known in fonts()]
        known, costs = min(tables, key=lambda table: float(table[1].min(axis=1).mean()))
        if costs.min(axis=1).mean() > MOST_MEAN_COST:
            continue  # a font of symbols
        for (glyph, _), row in zip(members, costs, strict=True):
            if row.min() < MOST_COST:
                found[glyph] = ord(known.characters[int(row.argmin())])
    return found


def polygons(path: str) -> list[list[Point]]:
    """Polygons of an SVG path in absolute coordinates."""
    lines: list[list[Point]] = []
    for step, rest in _STEP.findall(path):
        values = [float(part) for part in _NUMBER.findall(rest)]
        if step == "H":
            lines[-1] += [(value, lines[-1][-1][1]) for value in values]
        elif step == "V":
            lines[-1] += [(lines[-1][-1][0], value) for value in values]
        else:
            points = list(zip(values[::2], values[1::2], strict=True))
            size = {"C": 3, "Q": 2}.get(step, 1)
            if step == "M":
                lines.append([])
            for start in range(0, len(points), size):
                piece = points[start : start + size]
                lines[-1] += piece if size == 1 else curve([lines[-1][-1], *piece])
    return [line for line in lines if len(line) > 2]
