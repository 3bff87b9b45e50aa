"""The primitives beside hand-written numpy: the price of checks, names and limits, and what blocks win back."""

import functools

import numpy as np

from benchmarks.oracles import relative_difference
from benchmarks.speed import queues, systems
from benchmarks.speed.clock import Pair, paired, repeated
from benchmarks.speed.race import TOLERANCE, Race
from benchmarks.speed.tables import Table
from gauntlet.mechanisms.catalogue import find

RACES = tuple(entry for module in (queues, systems) for entry in vars(module).values() if isinstance(entry, Race))

GOAL = 1.3
"""What a primitive may take of its kernel's time."""

DRAWS, REPEATS = 10_000, 20
"""Points of one prediction; a single call of so few is too short to time."""


def races(count: int, runs: int) -> Table:
    """One row for each primitive."""
    rows, agreed, within = [], True, 0
    for entry in RACES:
        difference, pair = race(entry, count, 1, runs)
        _, small = race(entry, DRAWS, REPEATS, runs)
        agreed &= difference <= TOLERANCE
        within += pair.ratio <= GOAL
        rows.append(
            (
                entry.primitive,
                f"{pair.first_s * 1e3:.1f}",
                f"{pair.second_s * 1e3:.1f}",
                f"{pair.ratio:.2f}",
                f"{count / pair.first_s / 1e6:.0f}",
                f"{small.ratio:.2f}",
                f"{difference:.0e}",
            )
        )
    columns = (
        "primitive",
        "primitive, ms",
        "kernel, ms",
        "ratio",
        "million/s",
        "ratio at 10,000",
        "largest difference",
    )
    conclusion = (
        f"{within} of {len(rows)} take at most {GOAL:g} times their kernel, at {count:,} random points; medians of "
        f"{runs} pairs. Values {'agree' if agreed else 'DISAGREE'} to {TOLERANCE:g}."
    )
    return Table("races", columns, tuple(rows), conclusion, agreed)


def race(entry: Race, count: int, repeats: int, runs: int) -> tuple[float, Pair]:
    """Largest relative difference over all outputs, and the times of so many calls of primitive and kernel."""
    arguments = entry.arguments(count)
    primitive = functools.partial(find(entry.primitive).function, **arguments)
    kernel = functools.partial(entry.kernel, **arguments)
    with np.errstate(all="ignore"):  # saturated points divide by 0
        difference = max(map(relative_difference, primitive(), kernel()))
        return difference, paired(repeated(primitive, repeats), repeated(kernel, repeats), runs)
