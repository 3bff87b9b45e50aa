"""Numbers as papers print them: their value, the scale behind them, and how far rounding lets the true value lie away.

    number = [-] digits [. digits] [e exponent]     ',', thin or fixed blanks between thousands; '130, 000' is one
    power  = number × 10^exponent | base^exponent   the exponent behind '^' or in raised digits
    scale  = k | K | M | G | B | thousand ...       directly behind, or before what is counted ('7.6 kreq/s')

This is the only place that reads digits; quantities, evidence and the check of generated words are built on it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MOST_DIGITS = 30
LARGEST_EXPONENT = 300
COUNTED = (
    r"(?:ops?|Ops|OPS|reqs?|requests?|txns?|txs?|tps|TPS|rps|RPS|qps|QPS|pps|PPS|iops|IOPS|IOs?|msgs?|pkts?|toks?|tokens?"
    r"|queries|transactions?|operations?|commands?|cmds?|messages?|packets?|keys?|images?|samples?)"
)
"""What is counted behind a scale letter; 'kernels' is no thousand of anything."""
_GROUPS = r"\d{1,3}(?:[,\u00a0\u2009\u202f]\d{3})+(?!\d)|\d{1,3}(?:,? 000)+(?!\d)"
_NUMBER = re.compile(
    rf"(?P<number>(?:(?<![\w.)])[-−](?=[\d.]))?(?:(?:{_GROUPS}|\d{{1,{MOST_DIGITS}}})(?:\.\d{{1,{MOST_DIGITS}}})?"
    rf"|\.\d{{1,{MOST_DIGITS}}})(?:[eE][-+]?\d{{1,2}}(?!\w))?)"
)
_RAISED = r"(?:\^\s?(?P<power>[-−–]?\d{1,3})(?!\d|\.\d)|(?P<raised>[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}))"
_TIMES_POWER = re.compile(rf"\s*[×x·*⋅∙]\s*10\s?(?:{_RAISED}|(?P<plain>[-−]?\d{{1,2}})(?!\d|\.\d))")
_POWER = re.compile(_RAISED)
_SCALE = re.compile(
    rf"(?P<letter>[kKMGB](?![\w/])|[kKMG](?=\s?/\s?s)|[kKMG](?={COUNTED}\b))"
    rf"|\s(?P<apart>[kKMG](?![\w/])|[kKMG](?=\s?/\s?s)|[kKMG](?={COUNTED}\b))"
    rf"|\s?(?P<word>thousand|million|billion|trillion)\b"
)
_SCALES = {
    "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "B": 1e9, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12,
}  # fmt: skip
_POINT = re.compile(r"\.\d")
_ORDINAL = re.compile(r"(?:st|nd|rd|th)\b")
_SEPARATORS = {ord(letter): None for letter in ", \u00a0\u2009\u202f"}
_SUPERSCRIPTS = str.maketrans("⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹−–", "-+0123456789--")
_WORDS = {
    **{word: float(value) for value, word in enumerate((
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
        "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
    ))},
    "thirty": 30.0, "forty": 40.0, "fifty": 50.0, "sixty": 60.0, "seventy": 70.0, "eighty": 80.0, "ninety": 90.0,
    "hundred": 100.0, "thousand": 1e3, "million": 1e6, "dozen": 12.0, "once": 1.0, "single": 1.0, "twice": 2.0,
    "double": 2.0, "thrice": 3.0, "triple": 3.0,
}  # fmt: skip
_PARTS = {"half": 2, "third": 3, "quarter": 4, "fifth": 5, "sixth": 6, "eighth": 8, "tenth": 10, "hundredth": 100}


@dataclass(frozen=True)
class Printed:
    """A number as printed at text[start:end], scale included.

    `value` has its power of ten but not its scale; `half_digit` is half a unit of its last digit. `digits_end` is where
    the scale starts. A number `in_name` is part of a word or of a version: core8, v2.3.1.
    """

    start: int
    digits_end: int
    end: int
    value: float
    mantissa: float
    scale: float
    half_digit: float
    in_name: bool
    ordinal: bool

    @property
    def scaled(self) -> float:
        """What it says: 21,000 for '21k'."""
        return self.value * self.scale

    @property
    def readings(self) -> tuple[float, ...]:
        """The digits alone, with their power of ten, and with their scale, each once."""
        return tuple(dict.fromkeys((self.mantissa, self.value, self.scaled)))

    @property
    def rounding(self) -> float:
        """Half a unit of the last digit, relative."""
        return self.half_digit / abs(self.value) if self.value else 0.0


def scan(text: str) -> Iterator[Printed]:
    """All numbers written in digits, in reading order."""
    at = 0
    while match := _NUMBER.search(text, at):
        found = _printed(text, match)
        if found is not None:
            yield found
        at = found.end if found is not None else match.end()


def _printed(text: str, match: re.Match[str]) -> Printed | None:
    digits = match["number"].replace("−", "-").translate(_SEPARATORS)
    mantissa, half_digit = float(digits), _half_digit(digits)
    value, end = mantissa, match.end()
    if found := _TIMES_POWER.match(text, end):
        factor = _power(10.0, found["power"] or found["raised"] or found["plain"])
        value, half_digit, end = mantissa * factor, half_digit * factor, found.end()
    elif digits.isdigit() and (found := _POWER.match(text, end)):
        mantissa = value = _power(mantissa, found["power"] or found["raised"])
        half_digit, end = 0.0, found.end()
    scale = _SCALE.match(text, end)
    name = scale and (scale["letter"] or scale["apart"] or scale["word"])
    if not abs(value) * _SCALES["trillion"] < 10.0**LARGEST_EXPONENT:
        return None
    return Printed(
        start=match.start(),
        digits_end=end,
        end=scale.end() if scale else end,
        value=value,
        mantissa=mantissa,
        scale=_SCALES[name] if name else 1.0,
        half_digit=half_digit,
        in_name=_is_in_name(text, match.start(), match.end()),
        ordinal=digits.isdigit() and bool(_ORDINAL.match(text, match.end())),
    )


def _is_in_name(text: str, start: int, end: int) -> bool:
    """True behind a letter, in '5.3.2', and for the mark of a footnote, '^3'."""
    before = text[start - 1 : start]
    return before.isalnum() or before in tuple("_.,^") or bool(_POINT.match(text, end))


def _power(base: float, exponent: str) -> float:
    """Infinite where no reader means it."""
    try:
        return base ** int(exponent.translate(_SUPERSCRIPTS))
    except (OverflowError, ZeroDivisionError):
        return float("inf")


def _half_digit(digits: str) -> float:
    mantissa, _, exponent = digits.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    return float(0.5 * 10.0 ** (int(exponent or 0) - decimals))


def printed_numbers(text: str) -> list[tuple[float, float]]:
    """All numbers in `text` as (value, relative rounding error), number words included, in reading order.

    A number with a power of ten or a scale ('21k') is given as printed and with it.
    """
    found = [(value, one.rounding) for one in scan(text) for value in one.readings]
    return found + [(value, 0.0) for value in _number_words(text)]


def first_number(text: str) -> tuple[float, float] | None:
    """The first printed number of a table cell (its scaled reading, '21k' as 21000), or None."""
    first = next(scan(text), None)
    if first is None:
        return next(((value, 0.0) for value in _number_words(text)), None)
    return first.scaled, first.rounding


def _number_words(text: str) -> list[float]:
    """Numbers in words, and parts with their count: 'four fifths' is 4, and 0.8."""
    values: list[float] = []
    count = 1.0
    for word in re.findall(r"[a-z]+", text.lower()):
        part = _PARTS.get(word) or _PARTS.get(word.removesuffix("s"))
        if part or word == "halves":
            values.append(count / (part or 2))
        count = _WORDS.get(word, 1.0)
        if word in _WORDS:
            values.append(count)
    return values
