"""Times that a busy machine falsifies as little as possible.

All code measured here runs in one thread, so its seconds are those of the processor: they pass only while it has one.
"""

import statistics
import time
from collections.abc import Callable
from typing import NamedTuple


class Pair(NamedTuple):
    """Median seconds of two pieces of work, and the median of their ratios, run by run."""

    first_s: float
    second_s: float
    ratio: float


def paired(first: Callable[[], object], second: Callable[[], object], runs: int) -> Pair:
    """Run both in turn; the one that begins changes from run to run, so that neither finds the warmer cache."""
    taken: list[tuple[float, float]] = []
    for run in range(runs):
        if run % 2:
            second_s = seconds(second)
            taken.append((seconds(first), second_s))
        else:
            taken.append((seconds(first), seconds(second)))
    return Pair(
        statistics.median(first_s for first_s, _ in taken),
        statistics.median(second_s for _, second_s in taken),
        statistics.median(first_s / second_s for first_s, second_s in taken),
    )


def repeated(work: Callable[[], object], times: int) -> Callable[[], None]:
    """The same work several times; nothing is kept."""

    def all_times() -> None:
        for _ in range(times):
            work()

    return all_times


def median_s(work: Callable[[], object], runs: int) -> float:
    """Median seconds of several runs, after one that does not count."""
    work()
    return statistics.median(seconds(work) for _ in range(runs))


def seconds(work: Callable[[], object]) -> float:
    """Seconds of the processor that one run takes."""
    start = time.process_time()
    work()
    return time.process_time() - start
