"""Numbers as printed: their value, and how far rounding lets the true value lie from them."""

import re

_NUMBER = re.compile(
    r"(?:(?<![\w.)])[-−])?(?:(?:\d{1,3}(?:[,\u00a0\u2009\u202f]\d{3})+|\d{1,30})(?:\.\d{1,30})?|\.\d{1,30})(?:[eE][-+]?\d{1,2})?"
)
_POWER = re.compile(r"\s*(?:[×x·*]\s*10\s*\^?\s*([-−]?\d+)|\s*[×x·*]\s*10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))")
_SEPARATORS = {ord(letter): None for letter in ",\u00a0\u2009\u202f"}
_SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
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
_PREFIXES = {"k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9}


def printed_numbers(text: str) -> list[tuple[float, float]]:
    """All numbers in `text` as (value, relative rounding error), number words included, in reading order.

    The rounding error is half a unit of the last printed digit. A number with a scale letter ('21k') is given twice:
    as printed and scaled.
    """
    found: list[tuple[float, float]] = []
    at = 0
    while at < len(text):
        match = _NUMBER.match(text, at)
        if match is None:
            at += 1
            continue
        at = match.end()
        digits = match.group().replace("−", "-").translate(_SEPARATORS)
        value, error = float(digits), _rounding(digits)
        found.append((value, error))
        power = _POWER.match(text, at)
        if power:
            exponent = (power.group(1) or power.group(2)).replace("−", "-").translate(_SUPERSCRIPTS)
            if abs(int(exponent)) <= 30:
                found.append((value * 10.0 ** int(exponent), error))
        elif at < len(text) and text[at] in _PREFIXES:
            found.append((value * _PREFIXES[text[at]], error))
    return found + [(value, 0.0) for value in _number_words(text)]


def first_number(text: str) -> tuple[float, float] | None:
    """The first printed number of a table cell (its scaled reading, '21k' as 21000), or None."""
    found = printed_numbers(text)
    if not found:
        return None
    if len(found) > 1 and re.match(r"\s*[-−]?[\d.,]+\s*(?:[kKMG](?![a-zA-Z])|[×x·*]\s*10)", text):
        return found[1]
    return found[0]


def _rounding(digits: str) -> float:
    mantissa = re.split(r"[eE]", digits)[0].lstrip("-")
    value = abs(float(mantissa))
    if value == 0:
        return 0.0
    decimals = len(mantissa.split(".")[1]) if "." in mantissa else 0
    return 0.5 * 10.0**-decimals / value


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
