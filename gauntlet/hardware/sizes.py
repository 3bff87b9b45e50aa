"""What an efficiency curve runs over: one demand of an operation, a ratio, a time, or both demands mixed."""

import math
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from gauntlet.hardware.basis import Floats
from gauntlet.records import Record

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]

Variable = Literal["work_flop", "moved_bytes", "intensity_flop_per_byte", "bound_s", "mixed_s"]
"""What a curve runs over: arithmetic, traffic, their ratio, the time that the roofline allows, or a `Mix` of both.

An efficiency over `mixed_s` is a share of that time, over any other of the roofline's.
"""


class Mix(Record):
    """Work W and traffic Q as one size: sqrt(((W/F)^2 + (Q/B)^2) / 2), the root mean square of two times.

    F and B may lie above the peaks (operands in a cache move faster than memory), so that one of both counts less.
    """

    flop_per_s: Positive
    bytes_per_s: Positive

    def __call__(self, work_flop: npt.ArrayLike, moved_bytes: npt.ArrayLike) -> Floats:
        """Size in s; at most the larger of the two times."""
        work, moved = np.asarray(work_flop, dtype=np.float64), np.asarray(moved_bytes, dtype=np.float64)
        return np.asarray(np.hypot(work / self.flop_per_s, moved / self.bytes_per_s) / math.sqrt(2))


def size_of(
    variable: Variable,
    work_flop: npt.ArrayLike,
    moved_bytes: npt.ArrayLike,
    bound_s: npt.ArrayLike,
    mix: Mix | None = None,
) -> Floats:
    """The chosen one; an intensity without traffic is infinite."""
    if mix is not None:
        return mix(work_flop, moved_bytes)
    if variable == "intensity_flop_per_byte":
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.divide(np.asarray(work_flop, dtype=np.float64), np.asarray(moved_bytes, dtype=np.float64))
    sizes = {"work_flop": work_flop, "moved_bytes": moved_bytes, "bound_s": bound_s}
    return np.asarray(sizes[variable], dtype=np.float64)
