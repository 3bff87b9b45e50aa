"""The primitives beside others that compute the same: a loop in Python and, where it is installed, scipy."""

import functools
import importlib.util
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.oracles import relative_difference
from benchmarks.speed import compiled
from benchmarks.speed.clock import paired
from benchmarks.speed.loops import LOOPS
from benchmarks.speed.race import TOLERANCE, Other
from benchmarks.speed.races import RACES
from benchmarks.speed.tables import Table
from gauntlet.mechanisms.catalogue import find

LOOPED = 10_000
"""Points of a loop, the first of those that the primitive evaluates; the loop's time grows in proportion."""


def others(count: int, runs: int) -> Table:
    """One row for each."""
    scipy_is_here = importlib.util.find_spec("scipy") is not None
    rows, agreed = [], True
    for other in (*loops(count), *(compiled.functions(count) if scipy_is_here else ())):
        difference = _difference(other)
        agreed &= difference <= TOLERANCE
        pair = paired(other.theirs, other.ours, runs)
        their_s, our_s = 1e6 / other.their_count, 1e6 / other.our_count
        rows.append(
            (
                other.primitive,
                other.name,
                f"{pair.first_s * their_s:.3f}",
                f"{pair.second_s * our_s:.3f}",
                f"{pair.ratio * their_s / our_s:.1f}",
                f"{difference:.0e}",
            )
        )
    columns = ("primitive", "other", "its s per million", "our s per million", "ratio", "largest difference")
    absent = "" if scipy_is_here else " scipy is not installed; its rows are left out."
    conclusion = f"Values {'agree' if agreed else 'DISAGREE'} to {TOLERANCE:g}.{absent}"
    return Table("others", columns, tuple(rows), conclusion, agreed)


def _difference(other: Other) -> float:
    """Largest relative difference over the outputs and points that both give."""
    pairs = zip(other.theirs(), other.ours(), strict=False)
    return max(relative_difference(np.asarray(ours)[: other.their_count], theirs) for theirs, ours in pairs)


def loops(count: int) -> Iterator[Other]:
    """Python alone, point by point."""
    drawn = {race.primitive: race.arguments(count) for race in RACES}
    for loop in LOOPS:
        arguments = drawn[loop.__name__]
        columns = [column for value in arguments.values() for column in (value if isinstance(value, list) else [value])]
        points = [column[:LOOPED].tolist() for column in columns]

        def theirs(loop: Callable[..., tuple[float, ...]] = loop, points: Any = points) -> tuple[Any, ...]:
            return tuple(zip(*map(loop, *points), strict=True))

        ours = functools.partial(find(loop.__name__).function, **arguments)
        yield Other("loop in Python", loop.__name__, theirs, ours, len(points[0]), count)
