"""Running heads, feet and page numbers: lines at the edge of pages that say the same on many of them."""

import re
from collections import defaultdict
from collections.abc import Container, Sequence

from gauntlet.paper.lines import Line

EDGE = 0.12  # of the page height, where running heads and feet stand
NUMBER_EDGE = 0.09
SAME_PLACE_PT = 4.0
LEAST_PAGES = 3
LEAST_LETTERS = 8
_PAGE_NUMBER = re.compile(r"^[-–—]?\s*(\d{1,4}|[ivxlc]{1,6})\s*[-–—]?$")
_DIGITS = re.compile(r"\d+")
PageLines = tuple[float, Sequence[Line]]
"""The height of a page and its lines."""


def find_margins(pages: Sequence[PageLines]) -> list[set[int]]:
    """For each page the `id`s of the lines that belong to its margins."""
    seen: dict[tuple[bool, str], list[tuple[int, float]]] = defaultdict(list)
    for number, (height, lines) in enumerate(pages):
        for line in _edge_lines(height, lines):
            if sum(map(str.isalpha, line.text)) >= LEAST_LETTERS:  # labels in figures are shorter
                seen[_key(line, height)].append((number, line.baseline))
    least = min(LEAST_PAGES, max(2, len(pages) // 2))
    repeated = {key: places for key, places in seen.items() if _on_many_pages(places, least)}
    return [_of_page(height, lines, repeated) for height, lines in pages]


def _edge_lines(height: float, lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if line.box[3] < EDGE * height or line.box[1] > (1 - EDGE) * height]


def _key(line: Line, height: float) -> tuple[bool, str]:
    """Top or bottom, and the words without the numbers that change from page to page."""
    return line.box[3] < height / 2, _DIGITS.sub("#", line.text.replace(" ", "").lower())


def _on_many_pages(places: list[tuple[int, float]], least: int) -> bool:
    middle = sorted(baseline for _, baseline in places)[len(places) // 2]
    return len({page for page, baseline in places if abs(baseline - middle) < SAME_PLACE_PT}) >= least


def _of_page(height: float, lines: Sequence[Line], repeated: Container[tuple[bool, str]]) -> set[int]:
    edge = _edge_lines(height, lines)
    found = {id(line) for line in edge if _key(line, height) in repeated}
    rows = [line.baseline for line in edge if id(line) in found]
    found |= {id(line) for line in edge if any(abs(line.baseline - row) < 2 for row in rows)}
    return found | _page_numbers(height, lines)


def _page_numbers(height: float, lines: Sequence[Line]) -> set[int]:
    """Numbers at the edge that stand alone in their row; several beside each other are the top of a table."""
    low, high = NUMBER_EDGE * height, (1 - NUMBER_EDGE) * height
    numbers = [line for line in lines if _PAGE_NUMBER.match(line.text) and (line.box[3] < low or line.box[1] > high)]
    rows = [round(line.baseline) for line in numbers]
    return {id(line) for line, row in zip(numbers, rows, strict=True) if rows.count(row) == 1}
