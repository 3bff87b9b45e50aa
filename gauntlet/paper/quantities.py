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

from gauntlet import units
from gauntlet.errors import UnknownUnit

Kind = Literal["amount", "count", "factor", "percent"]
Relation = Literal["exactly", "about", "up_to", "at_least", "more_than", "less_than"]

LONGEST = 100_000
"""Characters of a text that are looked at."""

_DIGITS = r"(?:\d{1,3}(?:[,\u2009\u202f\u00a0]\d{3})+|\d{1,18})(?:\.\d{1,18})?|\.\d{1,18}"
_NUMBER = (
    rf"(?<![\w.,])(?P<number>(?:[-−](?=[\d.]))?(?:{_DIGITS})(?:[eE][-+]?\d{{1,3}})?)"
    r"(?:\s*[×x·*⋅]\s*10\s*\^?\s*(?P<power>[-−]?\d{1,3}))?"
)
_SCALES = {
    "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "B": 1e9, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12,
}  # fmt: skip
_SCALE = (
    r"(?:\s?(?P<scale>[kKMGB](?![\w/])|[kKM](?=\s?(?:ops|op/s|req|requests|rps|tps|qps|IOPS)\b)"
    r"|\s?(?:thousand|million|billion|trillion)\b))"
)
_PREFIX = r"(?:[kKMGTPE]i?|[munpµμ])?"
_ATOM = (
    rf"(?:{_PREFIX}(?:bps|Bps|bit|bits|byte|bytes|b|B|Hz|W|Wh|J|FLOPS|FLOPs|FLOP|flops|OPS|Ops|ops|op|rps|RPS|qps|QPS"
    r"|tps|TPS|IOPS|iops)|[munpµμ]s|s|sec|secs|ms|min|(?:kilo|mega|giga|tera)?(?:bytes?|bits?|watts?|joules?|hertz)"
    r"|(?:milli|micro|nano)?seconds?|minutes?|hours?|days?|(?:kibi|mebi|gibi)bytes?)"
)
_PER = r"(?:\s*/\s*|\s+per\s+|\s+(?:each|every|a)\s+|\s*·\s*)"
_EACH = r"(?:s|sec|second|ms|millisecond|min|minute|hour|us|µs|microsecond)"
_ETHERNET = r"(?:GbE|GigE|Gigabit Ethernet|-?gigabit)"
_UNIT = re.compile(
    rf"[\s\u2009\u202f-]?(?P<ethernet>{_ETHERNET})\b|[\s\u2009\u202f-]?(?P<unit>{_ATOM}(?:{_PER}{_EACH})?)(?![\w^])"
)
_COUNTED_RATE = re.compile(rf"\s(?P<of>[a-zA-Z][\w-]*(?:\s[a-z][\w-]*){{0,3}}?){_PER}(?P<per>{_EACH})\b")
_COUNTED = re.compile(r"\s(?P<of>[a-zA-Z][\w-]*(?:\s[a-z][\w-]*)?)")
_PERCENT = re.compile(r"\s?(?:%|percent\b|per\s?cent\b)")
_TIMES = re.compile(r"\s?[×x](?![\w])|[\s-]?(?:times|fold)\b")
_FIND = re.compile(_NUMBER + _SCALE + "?")
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
    plain = [_quantity(text, match) for match in _FIND.finditer(text)]
    worded = [_from_word(match) for match in _WORDED.finditer(text)]
    merged = _with_ranges(text, sorted([*plain, *worded], key=lambda one: one.start))
    return tuple(_with_words(text, merged))


def _quantity(text: str, match: re.Match[str]) -> Quantity:
    digits = match["number"].replace("−", "-")
    digits = re.sub("[,\u2009\u202f\u00a0]", "", digits)
    scale = _SCALES[(match["scale"] or "").strip()] if match["scale"] else 1.0
    power = int((match["power"] or "0").replace("−", "-"))
    value = float(digits) * scale * 10.0 ** max(-300, min(300, power))
    kind, factor, unit, of, end = _unit_behind(text, match.end())
    return Quantity(
        text=text[match.start() : end],
        start=match.start(),
        end=end,
        kind=kind,
        value=value * factor,
        low=value * factor,
        high=value * factor,
        unit=unit,
        of=of,
        rounding=_rounding(digits),
    )


def _unit_behind(text: str, at: int) -> tuple[Kind, float, str, str, int]:
    """Kind, factor to SI, SI unit, what is counted, and where the quantity ends."""
    if found := _PERCENT.match(text, at):
        return "percent", 1.0, "", "", found.end()
    if found := _TIMES.match(text, at):
        return "factor", 1.0, "", "", found.end()
    if found := _UNIT.match(text, at):
        spelt = "Gbit/s" if found["ethernet"] else re.sub(r"\s+(?:each|every|a)\s+", "/", found["unit"])
        try:
            return "amount", units.to_si(1.0, spelt), units.si_unit(spelt), "", found.end()
        except UnknownUnit:
            pass
    if found := _COUNTED_RATE.match(text, at):
        return "amount", units.to_si(1.0, f"1/{found['per']}"), "1/s", found["of"], found.end()
    if found := _COUNTED.match(text, at):
        return "count", 1.0, "", found["of"], at
    return "count", 1.0, "", "", at


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
    found = _FIND.match(one.text)
    return found.group() if found else one.text


def _printed(one: Quantity) -> float:
    """The bare printed number, without scale and unit."""
    found = _FIND.match(one.text)
    return float(re.sub("[,\u2009\u202f\u00a0]", "", found["number"].replace("−", "-"))) if found else one.value


def _with_words(text: str, found: Iterator[Quantity]) -> Iterator[Quantity]:
    for one in found:
        before = text[max(0, one.start - 40) : one.start]
        related = next(((name, hit) for name, words in _BEFORE if (hit := words.search(before))), None)
        relation: Relation = related[0] if related else "exactly"
        begins = one.start - (len(before) - related[1].start() if related else 0)
        kind = one.kind
        if kind == "count" and re.search(r"\bfactors? of\s(?:\w+\s)?$", before):
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


def _rounding(digits: str) -> float:
    mantissa = re.split("[eE]", digits)[0].lstrip("-")
    value = abs(float(mantissa))
    if value == 0:
        return 0.0
    if "." in mantissa:
        return float(0.5 * 10.0 ** -len(mantissa.split(".")[1]) / value)
    return 0.5 / value
