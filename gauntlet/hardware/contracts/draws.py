"""Points of a contract's domain at which its tests are run: the same ones each time."""

import hashlib
import math
from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from gauntlet.hardware.contracts.records import Contract, Symbol, Value

Floats = npt.NDArray[np.float64]
Draws = dict[str, Floats]
"""Values by name: a column (points, 1), or (points, elements) for a symbol that runs over several."""

_DECADES = (-6.0, 6.0)
_ON_AN_EDGE = 0.05
"""Share of the points at which a symbol has the value of a closed, finite end of its domain."""
_ELEMENTS = 3


def draw(contract: Contract, names: Iterable[str], at: Mapping[str, Value], points: int, key: str) -> Draws:
    """`points` values of each symbol, but for those that `at` fixes. `key` chooses the stream.

    Over twelve decades, or the symbol's own range; evenly where the domain is bounded; sometimes on its edges.
    """
    elements = max((len(value) for value in at.values() if isinstance(value, tuple)), default=_ELEMENTS)
    drawn = {}
    for name in names:
        symbol = contract.symbols[name]
        if name in at:
            drawn[name] = np.broadcast_to(np.asarray(at[name], dtype=np.float64), (points, np.size(at[name])))
        else:
            shape = (points, elements if symbol.per else 1)
            drawn[name] = _values(symbol, stream(f"{contract.id}/{key}/{name}"), shape)
    return drawn


def draw_ties(contract: Contract, literals: Iterable[float], points: int) -> Draws:
    """`points` values of each symbol from a few that equations single out, so that sides of comparisons are equal."""
    few = np.unique([0.0, 1.0, 2.0, 3.0, *literals])
    drawn = {}
    for name, symbol in contract.symbols.items():
        own = [value for value in few if symbol.domain.holds(value)] or [symbol.domain.low]
        shape = (points, _ELEMENTS if symbol.per else 1)
        drawn[name] = stream(f"{contract.id}/ties/{name}").choice(own, shape)
    return drawn


def logarithmic(low: float, high: float, points: int, key: str) -> Floats:
    """A column of numbers from `low` to `high`, evenly in their logarithm."""
    return np.asarray(np.exp(stream(key).uniform(math.log(low), math.log(high), (points, 1))))


def stream(key: str) -> np.random.Generator:
    """Random numbers that belong to `key`."""
    return np.random.default_rng(int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big"))


def _values(symbol: Symbol, random: np.random.Generator, shape: tuple[int, int]) -> Floats:
    domain = symbol.domain
    if symbol.draw is not None:
        values = np.exp(random.uniform(math.log(symbol.draw[0]), math.log(symbol.draw[1]), shape))
    elif math.isinf(domain.high):
        values = max(domain.low, 0.0) + 10 ** random.uniform(*_DECADES, shape)
    else:
        values = random.uniform(domain.low, domain.high, shape)
    ends = [end for end, closed in ((domain.low, domain.with_low), (domain.high, domain.with_high)) if closed]
    if finite := [end for end in ends if math.isfinite(end)]:
        values = np.where(random.random(shape) < _ON_AN_EDGE, random.choice(finite, shape), values)
    return np.asarray(values)
