"""From a Laplace transform back to the function of time: Abate and Whitt's Euler algorithm, for arrays of times."""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from gauntlet.mechanisms._inputs import Floats

Complexes = npt.NDArray[np.complex128]
Transform = Callable[[Complexes], Complexes]

_DAMPING = 18.4  # aliases are smaller by exp(-18.4) = 1e-8
_PLAIN, _AVERAGED = 12, 24

PLACES: Complexes = np.array([[complex(0.5 * _DAMPING, math.pi * place)] for place in range(1 + _PLAIN + _AVERAGED)])
"""Where a transform is asked for, one below the other, in units of 1 / t."""


def invert(transform: Transform, time: Floats) -> Floats:
    """The function of time, bounded by 1, whose Laplace transform is given; absolute error about 1e-8 where smooth.

    A Fourier series on the line Re s = 9.2 / t, whose alternating tail is summed by Euler's binomial averages. A jump
    at a time costs accuracy around it: subtract jumps and bends first. `time` is a row above 0, and `transform` takes
    s = `PLACES` / `time`.
    Source: Abate and Whitt, Numerical Inversion of Laplace Transforms of Probability Distributions, ORSA J. Computing
    7(1), 1995.
    """
    total = np.zeros(time.shape)
    for weight, values in zip(_weights(), transform(np.divide(PLACES, time)).real, strict=True):
        total = total + weight * values
    return total * math.exp(0.5 * _DAMPING) / time


def _weights() -> list[float]:
    """Alternating weights of the terms: a half, ones, then the upper tail of a binomial law."""
    chances = [math.comb(_AVERAGED, j) / 2**_AVERAGED for j in range(_AVERAGED + 1)]
    falling = [sum(chances[first:]) for first in range(1, _AVERAGED + 1)]
    plain = [0.5] + [1.0] * _PLAIN
    return [(-1.0) ** term * weight for term, weight in enumerate(plain + falling)]
