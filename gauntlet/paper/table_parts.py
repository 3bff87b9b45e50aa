"""Tables of several parts under one caption, each with a line of its own: '(a) On four machines'."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gauntlet.paper.glyphs import union
from gauntlet.paper.lines import join_words
from gauntlet.paper.table_region import Region, Row, middle_of, runs_of

_NAMED = re.compile(r"^\(([a-z])\)\s\S")


@dataclass(frozen=True)
class TablePart:
    """One part: its letter and words, both empty for a table of one piece, and where it stands."""

    letter: str
    words: str
    region: Region


def parts_of(region: Region) -> list[TablePart]:
    """The parts of a table from top to bottom; the whole where no two lines name parts."""
    named = [(number, name) for number, row in enumerate(region.rows) if (name := _name(row)) is not None]
    letters = [name[0] for _, name in named]
    if len(named) < 2 or letters != [chr(ord("a") + n) for n in range(len(letters))]:
        return [TablePart("", "", region)]
    places = [number for number, _ in named]
    below = places[-1] == len(region.rows) - 1
    starts = [0, *(place + 1 for place in places[:-1])] if below else [place + 1 for place in places]
    ends = places if below else [*places[1:], len(region.rows)]
    if any(end - start < 2 for start, end in zip(starts, ends, strict=True)):
        return [TablePart("", "", region)]
    return [
        TablePart(letter, words, _between(region, start, end))
        for start, end, (_, (letter, words)) in zip(starts, ends, named, strict=True)
    ]


def _name(row: Row) -> tuple[str, str] | None:
    """Letter and words of a line that names a part: one phrase that starts with '(a)'."""
    text = join_words(row)
    found = _NAMED.match(text)
    return (found[1], text) if found and len(runs_of(row)) == 1 else None


def _between(region: Region, start: int, end: int) -> Region:
    """The rows from `start` to before `end`, and the rules among and right beside them."""
    rows = region.rows[start:end]
    top = middle_of(region.rows[start - 1]) if start else float("-inf")
    bottom = middle_of(region.rows[end]) if end < len(region.rows) else float("inf")
    level = [rule for rule in region.level if top < rule.at < bottom]
    upright = [rule for rule in region.upright if rule.start < bottom and rule.end > top]
    return Region(rows, level, upright, _box(rows, [(rule.start, rule.at, rule.end, rule.at) for rule in level]))


def _box(rows: Sequence[Row], rules: Sequence[tuple[float, float, float, float]]) -> tuple[float, float, float, float]:
    return union([*(token.box for row in rows for token in row), *rules])
