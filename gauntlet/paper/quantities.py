"""The one recogniser of quantities in prose: value, range, unit, multiplier, relation and direction, with their place.

    quantity  = number [scale] [unit]                 '21k ops/s'  '1.5 million requests per second'  '30 MB'
    range     = quantity (- | to | and) quantity      '2-3 ms'  'between 10 and 20 %'
    factor    = number (x | times | -fold)            '2.3x'  'a factor of 4'  'twice'
    percent   = number (% | percent)                  '37 % lower'
    relation  = up to, at least, about, more than, below, ... before it

Values are SI; what is counted has no unit, and `of` says what ('requests'). Text is data: nothing here is run or asked.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from gauntlet.paper.numbers import Printed, scan
from gauntlet.paper.unit_words import Kind, unit_behind

Relation = Literal["exactly", "about", "up_to", "at_least", "more_than", "less_than"]

LONGEST = 100_000
"""Characters of a text that are looked at."""

_LABELLED = re.compile(
    r"(?:\b(?:Sections?|Sect?s?\.?|Figures?|Figs?\.?|Tables?|Tabs?\.|Equations?|Eqs?\.?|Algorithms?|Chapters?|Appendix"
    r"|Theorem|Lemma|Listing|Step|pages?|pp?\.)\s?(?:[\d.]+(?:,\s|\sand\s|[-–]))*|§\s?|\[(?:\d+[,–-]\s?)*)$"
)
"""Before the number of a section, a figure or a reference; '(2)' numbers a list or an equation."""
_WORDED = re.compile(
    r"\b(?P<word>twice|double[sd]?|doubling|triple[sd]?|tripling|quadruple[sd]?|halve[sd]?|halving)\b", re.IGNORECASE
)
_WORD_VALUES = {"tw": 2.0, "do": 2.0, "tr": 3.0, "qu": 4.0, "ha": 2.0}
_RANGE = re.compile(r"\s?(?:[–—-]|\bto\b|\band\b)\s?$")
_RELATIONS: tuple[tuple[Relation, str], ...] = (
    ("up_to", r"up to|as (?:much|many|high|fast|large) as|a maximum of|at best"),
    ("less_than", r"at most|no more than|less than|fewer than|below|under|within|not? exceed(?:s|ing)?"),
    ("at_least", r"at least|no less than|as little as|a minimum of|no fewer than"),
    ("more_than", r"more than|over|above|greater than|exceed(?:s|ing)?|beyond|higher than"),
    ("about", r"about|around|roughly|approximately|approx\.?|nearly|almost|close to|some|circa|~|≈|∼"),
)
_BEFORE = [(name, re.compile(rf"(?:{words})\s?(?:an?\s)?$", re.IGNORECASE)) for name, words in _RELATIONS]
_DOWN = re.compile(
    r"\b(?:lower(?:s|ed|ing)?|less|fewer|smaller|shorter|slower|reduc(?:e[sd]?|ing|tions?)|decreas(?:e[sd]?|ing)|drop(?:s|ped)?"
    r"|cut(?:s|ting)?|sav(?:es?|ed|ings?)|declin(?:e[sd]?|ing)|shrinks?|falls?|fell|halv\w+|worse)\b",
    re.IGNORECASE,
)
_UP = re.compile(
    r"\b(?:higher|more|greater|larger|longer|faster|bigger|better|improv(?:e[sd]?|ing|ements?)|increas(?:e[sd]?|ing)"
    r"|gain(?:s|ed)?|grow(?:s|th)?|grew|rais(?:e[sd]?|ing)|ris(?:e[sn]?|ing)|rose|speed-?ups?|speeds? up|outperform\w*"
    r"|boost(?:s|ed)?|doubl\w+|tripl\w+|twice)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Quantity:
    """A quantity as printed at text[start:end].

    `low` and `high` are the ends of a range and equal to `value` otherwise. `rounding` is relative: half a unit of the
    last printed digit. `direction` says whether a factor or percentage is said to be up or down.
    """

    text: str
    start: int
    end: int
    kind: Kind
    value: float
    low: float
    high: float
    unit: str
    of: str
    rounding: float
    relation: Relation = "exactly"
    direction: Literal["up", "down"] | None = None


def find_quantities(text: str) -> tuple[Quantity, ...]:
    """All quantities of a text in reading order; a range is one quantity."""
    text = text[:LONGEST]
    plain = [_quantity(text, one) for one in scan(text) if not (one.in_name or one.ordinal or _is_label(text, one))]
    worded = [_from_word(match) for match in _WORDED.finditer(text)]
    merged = _with_ranges(text, sorted([*plain, *worded], key=lambda one: one.start))
    return tuple(_with_words(text, merged))


def _is_label(text: str, one: Printed) -> bool:
    numbered = text[one.start - 1 : one.start] == "(" and text[one.end : one.end + 1] == ")" and one.end - one.start < 3
    return numbered or bool(_LABELLED.search(text, max(0, one.start - 40), one.start))


def _quantity(text: str, number: Printed) -> Quantity:
    unit = unit_behind(text, number.end)
    value = number.scaled * unit.factor
    return Quantity(
        text=text[number.start : unit.end],
        start=number.start,
        end=unit.end,
        kind=unit.kind,
        value=value,
        low=value,
        high=value,
        unit=unit.si,
        of=unit.of,
        rounding=number.rounding,
    )


def _from_word(match: re.Match[str]) -> Quantity:
    word = match["word"]
    value = _WORD_VALUES[word[:2].lower()]
    direction: Literal["up", "down"] = "down" if word.lower().startswith("hal") else "up"
    at = match.start(), match.end()
    return Quantity(word, *at, "factor", value, value, value, "", "", 0.0, direction=direction)


def _with_ranges(text: str, found: list[Quantity]) -> Iterator[Quantity]:
    """Neighbours such as '2-3 ms' or '10 to 20 %' become one; the unit behind the second serves both."""
    waiting: Quantity | None = None
    for one in found:
        if waiting is not None:
            between = text[waiting.start + len(_number_of(waiting)) : one.start]
            same = waiting.unit == one.unit and waiting.kind == one.kind
            bare = waiting.kind == "count" and not between.strip(" –—-").removeprefix("to").removeprefix("and").strip()
            words = text[waiting.end : one.start] if same else between
            opened = "and" not in words or re.search(r"\bbetween\s$", text[: waiting.start], re.IGNORECASE)
            if (same or bare) and _RANGE.match(words) and opened and one.kind != "count":
                scale = 1.0 if same else (one.value / _printed(one) if _printed(one) else 1.0)
                low = waiting.value * scale
                if low <= one.value:
                    yield replace(one, text=text[waiting.start : one.end], start=waiting.start, low=low, high=one.value)
                    waiting = None
                    continue
            yield waiting
        waiting = one
    if waiting is not None:
        yield waiting


def _number_of(one: Quantity) -> str:
    found = next(scan(one.text), None)
    return one.text[: found.end] if found else one.text


def _printed(one: Quantity) -> float:
    """The bare printed number, without scale and unit."""
    found = next(scan(one.text), None)
    return found.value if found else one.value


def _with_words(text: str, found: Iterator[Quantity]) -> Iterator[Quantity]:
    for one in found:
        before = text[max(0, one.start - 40) : one.start]
        related = next(((name, hit) for name, words in _BEFORE if (hit := words.search(before))), None)
        relation: Relation = related[0] if related else "exactly"
        begins = one.start - (len(before) - related[1].start() if related else 0)
        kind = one.kind
        if kind == "count" and re.search(r"\bfactors? of\s(?:\w+\s){0,3}$", before):
            kind = "factor"
        direction = one.direction or (_direction(text, begins, one.end) if kind in ("factor", "percent") else None)
        yield replace(one, relation=relation, direction=direction, kind=kind)


def _direction(text: str, begins: int, ends: int) -> Literal["up", "down"] | None:
    """The nearest word of change in the sentence: just behind the number first, then before it."""
    behind = re.split(r"[.,;:](?:\s|$)", text[ends : ends + 60])[0]
    before = re.split(r"[.,;:]\s", text[max(0, begins - 80) : begins])[-1]
    nearest: list[tuple[int, Literal["up", "down"]]] = []
    for direction, words in (("down", _DOWN), ("up", _UP)):
        nearest += [(match.start(), direction) for match in words.finditer(behind)]  # type: ignore[misc]
        nearest += [(8 + len(before) - match.end(), direction) for match in words.finditer(before)]  # type: ignore[misc]
    return min(nearest)[1] if nearest else None
