"""What an estimate answers and rests on, and the fitted parameters behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from gauntlet.data import find_data
from gauntlet.errors import RegistryError
from gauntlet.records import Record

Floats = npt.NDArray[np.float64]
Scope = Literal["machine", "architecture", "default"]


@dataclass(frozen=True)
class Estimate:
    """One value for each size asked: seconds (watts for power). `bound` <= `low` <= `value` <= `high`.

    `low` and `high` enclose 90 % of measurements. `source` says whose measurements the constants come from; `basis`
    word by word how they apply: interpolated, this machine was measured around this size; extrapolated, it was at other
    sizes; nearest, a machine of its architecture was, or it was with another kernel; default, other machines were.
    `resources`: the least time that each alone allows; `work_flop`: the arithmetic, 0 where there is none to speak of.
    """

    value: Floats
    bound: Floats
    low: Floats
    high: Floats
    basis: npt.NDArray[np.str_]
    source: str
    resources: Mapping[str, Floats] = field(default_factory=dict)
    work_flop: Floats | float = 0.0

    @property
    def binding(self) -> npt.NDArray[np.str_]:
        """The resource whose least time is the bound; needs `resources`."""
        names = np.array(list(self.resources))
        return np.asarray(names[np.argmax(np.stack(list(self.resources.values())), axis=0)])

    @property
    def efficiency(self) -> Floats:
        """Share of the time that the bound leaves no choice about: bound / value, at most 1."""
        return np.asarray(self.bound / self.value)


class Band(Record):
    """Factors on an estimate that enclose 90 % of measurements, for times up to `up_to` launch overheads."""

    up_to: float = Field(gt=0)
    low: float = Field(gt=0, le=1)
    high: float = Field(ge=1)


class Fitted(Record):
    """Constants of one kernel library, for one machine, one architecture or every other machine.

    `correction`: weights of the polynomials of `correction.py`; `ranges`: smallest and largest size measured.
    """

    kernel: str = Field(min_length=1)
    scope: Scope
    of: str = Field(description="Registry key of the machine, or the architecture; empty for the default.")
    rows: int = Field(gt=0)
    constants: dict[str, float]
    ranges: dict[str, tuple[float, float]]
    correction: tuple[float, ...] = ()
    bands: tuple[Band, ...] = Field(min_length=1)


class Parameters(Record):
    """One file of hardware_registry/estimates: what was learnt for one kind of kernel, from whose measurements, how."""

    source: str = Field(min_length=8)
    date: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    method: str = Field(min_length=8)
    reference_clock_hz: float = Field(gt=0, description="Clock of a machine whose record states none.")
    correction_degree: int = Field(ge=0, le=6)
    correction_limit: float = Field(gt=0, le=1, description="Largest correction, as a difference of logarithms.")
    extrapolation: float = Field(ge=1, description="How much wider (in logarithm) a band is outside `ranges`.")
    makers: tuple[str, ...] = Field(
        default=(), description="Class and vendor of every machine measured, as in 'gpu NVIDIA'; others widen a band."
    )
    fitted: tuple[Fitted, ...] = Field(min_length=1)

    @classmethod
    def read(cls, kind: str) -> "Parameters":
        """Parameters of a kind of kernel, from the registry of this installation."""
        return cls.load(find_data("hardware_registry") / "estimates" / f"{kind}.json")

    def choose(self, kernels: Sequence[str], machine: str, architecture: str) -> Fitted:
        """The surest entry of the first of `kernels` that has one: machine before architecture before default.

        RegistryError where none of the kernels was ever measured.
        """
        wanted: tuple[tuple[Scope, str], ...] = (("machine", machine), ("architecture", architecture), ("default", ""))
        for kernel in kernels:
            for scope, of in wanted:
                for entry in self.fitted:
                    if (entry.scope, entry.of, entry.kernel) == (scope, of, kernel):
                        return entry
        known = ", ".join(sorted({entry.kernel for entry in self.fitted}))
        raise RegistryError(f"no measurement of {' or '.join(kernels)} stands behind an estimate; there are {known}.")
