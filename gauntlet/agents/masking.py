"""Numbers taken out of words for those who must not know what a paper reports."""

import re
from collections.abc import Iterator
from typing import Any

from gauntlet.specs.paper_spec import PaperSpec

NUMBER = "[number]"
RESULT = "[a reported result]"

TELLING_DIGITS = 3
"""Fewer digits than that are no result that anybody could recognise: 2 or 16 stand for many things."""
SAME = 0.005
"""Relative difference below which a number is the claimed one; points of plots are read to about that."""

_WITH_DIGITS = re.compile(r"[^\s()\[\],;]*\d[^\s()\[\];]*(?<![,.:;])")
_PRINTED = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w])")


def without_numbers(text: str) -> str:
    """`text` with every word that holds a digit replaced, so that the silence it tells of stays."""
    return _WITH_DIGITS.sub(NUMBER, text)


def without_claimed_numbers(text: str, spec: PaperSpec) -> str:
    """`text` with numbers of at least three digits replaced where they are claimed values and no inputs.

    Reviewers of a cost model see the paper; what they object to goes to an author who must not know the results.
    """
    claimed = [point.y for claim in spec.claims for point in claim.points if point.y]
    inputs = {number for variable in spec.variables for number in _numbers(variable.value.model_dump())}
    inputs |= {point.x for claim in spec.claims for point in claim.points if point.x is not None}

    def masked(match: re.Match[str]) -> str:
        words = match.group()
        if len(re.sub(r"[eE].*|\D", "", words).lstrip("0")) < TELLING_DIGITS:
            return words
        value = float(words.replace(",", ""))
        told = any(abs(value - y) <= SAME * abs(y) for y in claimed)
        stated = any(abs(value - x) <= SAME * abs(x) for x in inputs)
        return RESULT if told and not stated else words

    return _PRINTED.sub(masked, text)


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for part in value:
            yield from _numbers(part)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield float(value)
