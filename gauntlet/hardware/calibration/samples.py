"""The rows of one curve: what bounds them, how efficient they are, and over which size."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gauntlet.errors import RecordError
from gauntlet.hardware.basis import Floats
from gauntlet.hardware.calibration.measurements import Measurements, Resource
from gauntlet.hardware.calibration.policy import Policy
from gauntlet.hardware.records import Precision
from gauntlet.hardware.roofline import operator_bound_s
from gauntlet.hardware.rows import Rows
from gauntlet.hardware.sizes import Mix, Variable, size_of

_FULL = 1 + 1e-9


class Peaks(NamedTuple):
    """What efficiency is a share of, and who says so; None where nothing of a sample needs it."""

    flop_per_s: float | None
    bytes_per_s: float | None
    source: str


@dataclass(frozen=True)
class Sample:
    """The rows of one curve, in the order of the file; `places` are their places in it.

    `bound_s` is the time that efficiency is a share of: the roofline's, or that of the `mix`.
    """

    operation: str
    precision: Precision
    variable: Variable
    rising: bool
    peaks: Peaks
    x: Floats
    bound_s: Floats
    time_s: Floats
    time_low_s: Floats
    time_high_s: Floats
    group: tuple[str, ...]
    places: tuple[int, ...]
    rows: Rows
    mix: Mix | None = None

    @property
    def key(self) -> str:
        """operation/precision."""
        return f"{self.operation}/{self.precision}"

    @property
    def efficiency(self) -> Floats:
        """Bound time over measured time."""
        return self.bound_s / self.time_s

    def name_of(self, index: int) -> str:
        """A row for people: file:line (group)."""
        return f"{self.rows.file.name}:{self.rows.lines[self.places[index]]} ({self.group[index]})"


def sample_of(
    measured: Measurements, key: tuple[str, Precision], policy: Policy, peaks: Peaks, *,
    resource: Resource | None = None, against: Variable | None = None, mix: Mix | None = None,
) -> Sample:  # fmt: skip
    """The rows of one operation and precision with their efficiencies; RecordError names a row above 1.

    `resource` overrides what the rows say bounds them, `against` what the policy says the curve runs over, which is
    `mixed_s` with a `mix`.
    """
    chosen = _of_key(measured, key)
    places = np.flatnonzero(chosen)
    work, moved = measured.work_flop[chosen], measured.moved_bytes[chosen]
    computes, moves = _counts(measured, resource)
    bound = np.asarray(
        operator_bound_s(
            work * computes[chosen], moved * moves[chosen], peaks.flop_per_s or np.inf, peaks.bytes_per_s or np.inf
        )
    )
    operation = policy.operation(key[0], str(measured.rows.file))
    variable: Variable = "mixed_s" if mix else against or operation.variable
    if mix is not None:
        bound = mix(work, moved)
    sample = Sample(
        operation=key[0], precision=key[1], variable=variable, rising=operation.rising, peaks=peaks,
        x=size_of(variable, work, moved, bound, mix), bound_s=bound, time_s=measured.time_s[chosen],
        time_low_s=measured.time_low_s[chosen], time_high_s=measured.time_high_s[chosen],
        group=tuple(measured.group[place] for place in places), places=tuple(int(place) for place in places),
        rows=measured.rows, mix=mix,
    )  # fmt: skip
    _check_sample(sample)
    return sample


def variables_of(
    measured: Measurements, key: tuple[str, Precision], first: Variable, *, both: bool
) -> tuple[Variable, ...]:
    """What a curve of these rows could run over: `first`, and whatever else every row states.

    Unless `both` peaks bound the rows, the time of the roofline is work or traffic in another unit.
    """
    chosen = _of_key(measured, key)
    works, moves = (bool(np.all(demand[chosen] > 0)) for demand in (measured.work_flop, measured.moved_bytes))
    if not (works and moves):
        return (first,)
    also: tuple[Variable, ...] = ("work_flop", "moved_bytes", "intensity_flop_per_byte", "bound_s")
    return (first, *(each for each in also if each != first and (both or each != "bound_s")))


def mixed_samples(sample: Sample, measured: Measurements, peaks: Peaks, shares: Sequence[float]) -> list[Sample]:
    """The rows of `sample` over mixes of both demands, in which traffic counts by each of `shares` at the peaks.

    None where a row lacks one demand or no bandwidth is known; a mix that a row beats is left out.
    """
    places = list(sample.places)
    work, moved = measured.work_flop[places], measured.moved_bytes[places]
    if peaks.flop_per_s is None or peaks.bytes_per_s is None or not (np.all(work > 0) and np.all(moved > 0)):
        return []
    mixes = [
        Mix(flop_per_s=peaks.flop_per_s * max(1, share), bytes_per_s=peaks.bytes_per_s * max(1, share) / share)
        for share in shares
    ]
    sizes = [mix(work, moved) for mix in mixes]
    return [
        replace(sample, variable="mixed_s", mix=mix, x=size, bound_s=size)
        for mix, size in zip(mixes, sizes, strict=True)
        if np.all(size <= _FULL * sample.time_s)
    ]


def needs(measured: Measurements, key: tuple[str, Precision], resource: Resource | None) -> tuple[bool, bool]:
    """Whether the rows of a curve need an arithmetic peak, and a bandwidth."""
    chosen = _of_key(measured, key)
    computes, moves = _counts(measured, resource)
    works, moved = measured.work_flop * computes, measured.moved_bytes * moves
    return bool(np.any(works[chosen] > 0)), bool(np.any(moved[chosen] > 0))


def _of_key(measured: Measurements, key: tuple[str, Precision]) -> npt.NDArray[np.bool_]:
    return np.array([each == key for each in zip(measured.operation, measured.precision, strict=True)])


def _counts(measured: Measurements, resource: Resource | None) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Whether arithmetic bounds a row, and whether traffic does."""
    said = np.array(measured.resource if resource is None else [resource] * len(measured.resource))
    return said != "memory", said != "compute"


def _check_sample(sample: Sample) -> None:
    for index in np.flatnonzero(~((sample.x > 0) & np.isfinite(sample.x))):
        raise RecordError(
            f"{sample.name_of(int(index))}: the curve of {sample.key} runs over {sample.variable}, and this row has "
            "none; fill work_flop or moved_bytes, or name another variable with --against."
        )
    for index in np.flatnonzero(sample.efficiency > _FULL):
        raise RecordError(
            f"{sample.name_of(int(index))}: {sample.key} took {sample.time_s[index]:.4g} s, where the peaks allow no "
            f"less than {sample.bound_s[index]:.4g} s: an efficiency of {sample.efficiency[index]:.3g}. Wrong peak, "
            f"precision or unit; operands in a cache (then --of compute); a faster algorithm such as Winograd's? "
            f"Peaks: {sample.peaks.source}."
        )
