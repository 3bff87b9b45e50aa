"""What an estimate rests on. Carried from the look-up through every sum and maximum to the verdict.

Use: `found = curve.at(work_flop)`; `found.value`, `found.low`, `found.high` are arrays of the shape asked for,
`found.basis` the words, `found.weakest` the one word a verdict needs. Combine with `weakest_of(a.code, b.code)`.
"""

from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

Basis = Literal["exact", "interpolated", "extrapolated", "nearest", "default"]
BASES: tuple[Basis, ...] = get_args(Basis)
"""Surest first; the place in this tuple is the code that arrays carry.

exact: this very point was measured. interpolated: within what was measured. extrapolated: beyond it, continued.
nearest: another shape, precision or operation stands in. default: nothing near was measured at all.
"""

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int8]


class Lookup(NamedTuple):
    """Answers of a curve or a table, all of one shape: value, 90 % band of one measurement, and basis codes."""

    value: Floats
    low: Floats
    high: Floats
    code: Codes

    @property
    def basis(self) -> npt.NDArray[np.str_]:
        """The words, element by element."""
        return np.array(BASES)[self.code]

    @property
    def weakest(self) -> Basis:
        """The word of the least sure element."""
        return BASES[int(np.max(self.code))]


def code_of(basis: Basis) -> int:
    """Place of a word in `BASES`."""
    return BASES.index(basis)


def codes_of(basis: Basis, shape: tuple[int, ...]) -> Codes:
    """An array of one word."""
    return np.full(shape, code_of(basis), dtype=np.int8)


def code_within(low: float, high: float, asked: Floats) -> Codes:
    """'interpolated' from low to high, 'extrapolated' outside."""
    inside = (asked >= low) & (asked <= high)
    return np.where(inside, np.int8(code_of("interpolated")), np.int8(code_of("extrapolated")))


def weakest_of(*codes: npt.ArrayLike) -> Codes:
    """A sum or a maximum is as sure as its least sure part; codes broadcast."""
    arrays = np.broadcast_arrays(*(np.asarray(code, dtype=np.int8) for code in codes))
    return np.asarray(np.max(np.stack(arrays), axis=0), dtype=np.int8)
