"""Which numbers of a text do the results not have? Arithmetic against invention."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gauntlet.paper.numbers import printed_numbers, scan
from gauntlet.paper.unit_words import unit_behind

COUNTING_WORDS = 10
"""Whole numbers up to this, without a unit, are words ('two systems', '3 claims')."""

WHOLE = 0.5
"""Half a unit of the last digit of a whole number."""


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
    """A number in a text: as printed, its value, half a unit of its last digit, and the prefix that is in both.

    Results are in the unit of their metric: the 0.547 of '0.547 Mtxn/s' is there as such, or as 547,000.
    """

    shown: str
    value: float
    half_digit: float
    scale: float
    is_percentage: bool

    def is_among(self, known: Sequence[float]) -> bool:
        """Whether some known number rounds to it, with its prefix or without."""
        return any(self._rounds_to(reading) for number in known for reading in self._readings(number))

    def _rounds_to(self, reading: float) -> bool:
        reach = self.half_digit * (1 + 1e-9) + 1e-12 * self.value
        return any(abs(reading * scale - self.value) <= reach for scale in {1.0, self.scale})

    def _readings(self, number: float) -> tuple[float, ...]:
        return (number, 100 * number, 100 * abs(number - 1)) if self.is_percentage else (number,)


def _claimed(text: str) -> Iterator[_Claimed]:
    for one in scan(text):
        if one.in_name or one.ordinal:
            continue
        unit = unit_behind(text, one.end)
        value = abs(one.scaled)
        bare = one.scale == 1 and unit.kind == "count" and one.half_digit == WHOLE
        if value <= COUNTING_WORDS and bare:
            continue
        shown = text[one.start : one.end if one.scale != 1 else unit.end]
        yield _Claimed(shown.lstrip("-−"), value, one.half_digit * one.scale, one.scale, unit.kind == "percent")


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
