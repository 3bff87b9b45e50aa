"""What a race is: a primitive, its hand-written kernel, and random points at which both are evaluated.

A kernel is what a careful engineer would write for one study: the same outputs to the same accuracy, infinite delays
from saturation on, common subexpressions computed once, whole arrays at a time. It has no checks of its arguments, no
limits for values that its points do not hold (a load of exactly 1, an infinite variance), and no names.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import Floats

Draw = Callable[[np.random.Generator, int], Any]
"""An argument at a number of random points."""

Kernel = Callable[..., tuple[Floats, ...]]

TOLERANCE = 1e-9
"""Relative difference up to which two ways of computing a number agree."""


@dataclass(frozen=True)
class Race:
    """A kernel under its primitive's name, and how the arguments of both are drawn."""

    kernel: Kernel
    draws: Mapping[str, Draw]

    @property
    def primitive(self) -> str:
        """The primitive that gives the same outputs."""
        return self.kernel.__name__

    def arguments(self, count: int) -> dict[str, Any]:
        """`count` random points; every number is an array, every choice one word."""
        return drawn(self.draws, count)


class Other(NamedTuple):
    """Someone else's way to the first outputs of a primitive, and ours; the points of each."""

    name: str
    primitive: str
    theirs: Callable[[], tuple[Any, ...]]
    ours: Callable[[], tuple[Any, ...]]
    their_count: int
    our_count: int


def drawn(draws: Mapping[str, Draw], count: int) -> dict[str, Any]:
    """Arguments at `count` random points, the same in every run."""
    generator = np.random.default_rng(1)
    return {name: draw(generator, count) for name, draw in draws.items()}


def race(**draws: Draw) -> Callable[[Kernel], Race]:
    """Make a race of a kernel that bears the name of its primitive."""
    return lambda kernel: Race(kernel, draws)


def between(low: float, high: float) -> Draw:
    """Uniform."""
    return lambda generator, count: generator.uniform(low, high, count)


def decades(low: float, high: float) -> Draw:
    """Uniform in the logarithm."""
    return lambda generator, count: np.exp(generator.uniform(np.log(low), np.log(high), count))


def whole(low: int, high: int) -> Draw:
    """Whole numbers, both ends included."""
    return lambda generator, count: generator.integers(low, high, count, endpoint=True).astype(np.float64)


def each(*draws: Draw) -> Draw:
    """A list with one element per draw."""
    return lambda generator, count: [draw(generator, count) for draw in draws]


def always(word: str) -> Draw:
    """A choice."""
    return lambda generator, count: word


def exponential(mean_s: Draw) -> Draw:
    """An exponential law."""
    return lambda generator, count: {"kind": "exponential", "mean_s": mean_s(generator, count)}


def lognormal(median_s: Draw, sigma: Draw) -> Draw:
    """A lognormal law."""
    return lambda generator, count: {
        "kind": "lognormal",
        "median_s": median_s(generator, count),
        "sigma": sigma(generator, count),
    }
