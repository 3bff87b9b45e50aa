"""Measures that every set shares: folds by group, errors, coverage, soundness, verdicts of planted claims."""

import zlib
from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.truth.sets import Answer

Floats = npt.NDArray[np.float64]


def parts_of(groups: Sequence[Hashable], parts: int) -> npt.NDArray[np.int64]:
    """Number of the part, from 0, that each row is held out with: by a hash of its group's name, whatever the order."""
    return np.array([zlib.crc32(repr(group).encode()) % parts for group in groups], dtype=np.int64)


def folds(groups: Sequence[Hashable], parts: int) -> Iterator[tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]]:
    """(train, test) masks; whole groups are held out; a part without rows, or with all of them, is left out."""
    part = parts_of(groups, parts)
    for number in range(parts):
        test = part == number
        if test.any() and not test.all():
            yield ~test, test


class Summary(NamedTuple):
    """How answers compare with measurements; fractions."""

    answered: float
    median_error: float
    mape: float
    inside: float
    beaten: float
    median_bound_share: float


def summary(answers: Sequence[Answer | None], measured: Sequence[float]) -> Summary:
    """Errors |estimate/measured - 1|, share inside the band, share of measurements faster than the bound."""
    given = [(answer, value) for answer, value in zip(answers, measured, strict=True) if answer is not None]
    if not given:
        return Summary(0.0, *[float("nan")] * 5)
    times, bounds, lows, highs = np.array([answer[:4] for answer, _ in given], dtype=float).T
    truth = np.array([value for _, value in given])
    errors = np.abs(times / truth - 1)
    return Summary(
        answered=len(given) / len(answers),
        median_error=float(np.median(errors)),
        mape=float(errors.mean()),
        inside=float(((lows <= truth) & (truth <= highs)).mean()),
        beaten=float((truth < bounds).mean()),
        median_bound_share=float(np.median(bounds / truth)),
    )


def accused(answers: Sequence[Answer | None], measured: Sequence[float], better: float) -> float:
    """Share of claims called too good, where each claim is a measurement made `better` times better.

    Too good: below the band or below the bound. What is not answered is not accused.
    """
    found = [
        answer is not None and value / better < max(answer.low_s, answer.bound_s)
        for answer, value in zip(answers, measured, strict=True)
    ]
    return float(np.mean(found))
