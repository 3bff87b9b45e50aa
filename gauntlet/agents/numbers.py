"""Which numbers of a text do the results not have? Arithmetic against invention."""

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gauntlet.specs.printed import printed_numbers

COUNTING_WORDS = 10
"""Whole numbers up to this, without a unit, are words ('two systems', '3 claims')."""

_LARGEST_EXPONENT = 300

_NUMBER = re.compile(r"(?<![A-Za-z0-9_.])(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(?:[eE]([+-]?\d{1,4})(?!\d))?")
_SCALE = re.compile(r"([kKMG])(?![A-Za-z])| (thousand|million|billion)\b")
_SCALES = {"k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_PERCENT = re.compile(r"\s*(?:%|per ?cent)")
_ORDINAL = re.compile(r"(?:st|nd|rd|th)\b")
_UNIT = re.compile(
    r"\s*(?:[x×%]|times\b|per ?cent\b|(?:[kKMGTnuµμm]?(?:s|B|b|W|J|Hz)|[KMGT]iB|[KMGTP]?FLOPs?|FLOPS)(?![A-Za-z]))"
)


def unsupported_numbers(text: str, results: Any) -> list[str]:
    """Numbers of `text`, as printed, that no number of `results` (any JSON value, its texts included) rounds to.

    A percentage may also be a share times 100, or a factor's distance from 1. Free are whole numbers up to 10 without
    a unit, ordinals, and digits inside names (p99, H100).
    """
    known = sorted(set(_numbers(results)))
    strange = (number.shown for number in _claimed(text) if not number.is_among(known))
    return list(dict.fromkeys(strange))


@dataclass(frozen=True)
class _Claimed:
    """A number in a text: as printed, its value, and half a unit of its last digit."""

    shown: str
    value: float
    half_digit: float
    is_percentage: bool

    def is_among(self, known: Sequence[float]) -> bool:
        """Whether some known number rounds to it."""
        reach = self.half_digit * (1 + 1e-9) + 1e-12 * self.value
        return any(abs(reading - self.value) <= reach for number in known for reading in self._readings(number))

    def _readings(self, number: float) -> tuple[float, ...]:
        return (number, 100 * number, 100 * abs(number - 1)) if self.is_percentage else (number,)


def _claimed(text: str) -> Iterator[_Claimed]:
    for match in _NUMBER.finditer(text):
        digits, decimals, exponent = match.group(1).replace(",", ""), match.group(2) or "", int(match.group(3) or 0)
        after = text[match.end() :]
        if abs(exponent) > _LARGEST_EXPONENT or (_ORDINAL.match(after) and not decimals):
            continue
        scale, unit = _SCALE.match(after), _UNIT.match(after)
        factor = 10.0**exponent * (_SCALES[scale.group().strip()] if scale else 1.0)
        value = float(digits + decimals)
        if value <= COUNTING_WORDS and not decimals and factor == 1 and not unit:
            continue
        yield _Claimed(
            shown=match.group() + (scale.group() if scale else unit.group() if unit else ""),
            value=value * factor,
            half_digit=0.5 * 10.0 ** -max(len(decimals) - 1, 0) * factor,
            is_percentage=bool(_PERCENT.match(after)),
        )


def _numbers(results: Any) -> Iterator[float]:
    """Absolute values of all finite numbers in a JSON value, those in its texts included."""
    if isinstance(results, bool) or results is None:
        return
    if isinstance(results, int | float):
        if abs(results) <= sys.float_info.max:  # false for NaN too
            yield abs(float(results))
    elif isinstance(results, str):
        yield from (abs(value) for value in _printed(results))
    else:
        for part in results.values() if isinstance(results, dict) else results:
            yield from _numbers(part)


def _printed(text: str) -> list[float]:
    """Numbers of a text; where it cannot be read as a whole, those of its readable words."""
    try:
        return [value for value, _ in printed_numbers(text)]
    except ValueError:
        words = text.split()
        return [value for word in words for value in _printed(word)] if len(words) > 1 else []
