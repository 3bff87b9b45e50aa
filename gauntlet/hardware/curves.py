"""Efficiency curves: how much of the roofline one operation reaches on one device, against its size.

efficiency = bound time / measured time, bound time = max(W/F, Q/B): one number for compute- and memory-bound work, in
(0, 1] wherever the peaks F and B are sound. The estimated time therefore never beats the bound. Sizes: `sizes.py`.

    calibration = Calibration.load(path)                     # or find_calibration(folder, device)
    curve, basis = calibration.find("gemm", "bf16")          # basis is 'nearest' where another precision stands in
    found = curve.at(work_flop)                              # arrays: value, low, high, code; found.basis in words
    e = curve.efficiency(work_flop)                          # the value alone, for inner loops
    found = curve.time_s(work_flop, moved_bytes)             # seconds with band and basis, never below the bound
    found = calibration.time_s("gemm", "bf16", bound_s, work_flop=w)    # your own bound; falls back down to 'default'

Files are written by `gauntlet calibrate fit` and stand in hardware_registry/curves/<device id>.json.
"""

import math
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from gauntlet.errors import RegistryError
from gauntlet.hardware.basis import Basis, Floats, Lookup, code_of, code_within, codes_of, weakest_of
from gauntlet.hardware.forms import Efficiency, Form
from gauntlet.hardware.records import DATE, Device, Precision
from gauntlet.hardware.roofline import operator_bound_s
from gauntlet.hardware.sizes import Mix, Positive, Variable, size_of
from gauntlet.records import Record

_TINY = 1e-12
_WIDEST = 100.0
"""In ln; nothing is known beyond, and more would overflow."""


class Band(Record):
    """Factors around the curve at some x, straight in ln x between them and held outside.

    `low` and `high` hold 90 % of single measurements of groups that the fit did not see; `fit_low` and `fit_high` are
    the 90 % interval of the curve itself. `drift_per_e` is how much further (in ln) a measurement lies for each factor
    of e beyond the measured range, from fits that were denied the ends.
    """

    x: tuple[Positive, ...] = Field(min_length=1)
    low: tuple[Annotated[float, Field(gt=0, le=1)], ...]
    high: tuple[Annotated[float, Field(ge=1)], ...]
    fit_low: tuple[Annotated[float, Field(gt=0, le=1)], ...]
    fit_high: tuple[Annotated[float, Field(ge=1)], ...]
    drift_per_e: float = Field(ge=0)

    @model_validator(mode="after")
    def _same_length(self) -> Self:
        if {len(self.x)} != {len(part) for part in (self.low, self.high, self.fit_low, self.fit_high)}:
            raise ValueError("a band needs low, high, fit_low and fit_high for each x")
        return self


class Point(Record):
    """Measurements near one x, moved along the curve to it: their median and their middle 90 %."""

    x: Positive
    efficiency: Efficiency
    low: Efficiency
    high: Efficiency
    rows: int = Field(ge=1)
    groups: int = Field(ge=1)


class Accuracy(Record):
    """How far predicted times lie from measured ones; relative errors in percent, (predicted - measured) / measured.

    `breakdown` counts rows by the words of hardware_registry/curves/policy.yaml; `grade` is the word for the whole.
    `pearson` is the correlation of the times; `covered` the share of rows inside the 90 % band; `mape_error` the
    standard error of `mape` as groups scatter, None for one group.
    """

    rows: int = Field(ge=1)
    groups: int = Field(ge=1)
    mape: float = Field(ge=0)
    mape_error: float | None = Field(ge=0)
    median: float = Field(ge=0)
    mpe: float
    worst: float = Field(ge=0)
    worst_row: str
    pearson: float | None
    covered: float = Field(ge=0, le=1)
    breakdown: dict[str, int]
    grade: str


class Candidate(Record):
    """One shape that was tried: mean |ln error| on groups it had not seen, and on rows left out at random."""

    variable: Variable
    shape: Literal["linear", "log_linear", "piecewise", "saturating", "sigmoid"]
    parameters: int = Field(ge=1)
    unseen_groups: float
    unseen_rows: float
    mix: Mix | None = None
    chosen: bool = False


class EfficiencyCurve(Record):
    """One operation at one precision on one device, with what it was fitted to and how well it does."""

    operation: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    precision: Precision
    variable: Variable
    mix: Mix | None = Field(default=None, description="What mixed_s is made of, where that is the variable.")
    peak_flop_per_s: Positive | None = None
    memory_bandwidth_bytes_per_s: Positive | None = None
    peaks_from: str = Field(min_length=8)
    rising: bool = Field(description="Whether efficiency may never fall with size.")
    form: Form
    lowest: Positive = Field(description="Smallest x that was measured.")
    highest: Positive = Field(description="Largest x that was measured.")
    band: Band
    points: tuple[Point, ...] = Field(min_length=1)
    group_names: tuple[str, ...] = Field(min_length=2)
    candidates: tuple[Candidate, ...] = Field(min_length=1)
    cross_validated: Accuracy = Field(description="On groups left out of the fit; the shape was chosen on them too.")

    @property
    def key(self) -> str:
        """operation/precision."""
        return f"{self.operation}/{self.precision}"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.lowest < self.highest:
            raise ValueError(f"{self.key}: lowest {self.lowest:g} < highest {self.highest:g} fails")
        if self.peak_flop_per_s is None and self.memory_bandwidth_bytes_per_s is None:
            raise ValueError(f"{self.key}: state the peak that the efficiency is a share of")
        if (self.mix is None) is (self.variable == "mixed_s"):
            raise ValueError(f"{self.key}: a curve over mixed_s has a mix, and no other has")
        grid = np.geomspace(self.lowest, self.highest, 64)
        if self.rising and np.any(np.diff(self.form(grid)) < -_TINY):
            raise ValueError(f"{self.key}: efficiency falls with {self.variable}, and rising is true")
        return self

    def efficiency(self, x: npt.ArrayLike) -> Floats:
        """Efficiency in (0, 1]; NaN where x is not above zero. Broadcasts; no band, no basis."""
        at = np.asarray(x, dtype=np.float64)
        return np.minimum(self.form(np.where(at > 0, at, np.nan)), 1.0)

    def at(self, x: npt.ArrayLike) -> Lookup:
        """Efficiency with its 90 % band for one measurement; 'interpolated' within the measured range of x, else
        'extrapolated' with a band that widens by what earlier ends cost. NaN where x is not above zero.
        """
        at = np.asarray(x, dtype=np.float64)
        value = self.efficiency(at)
        log_x = np.log(np.where(at > 0, at, np.nan))
        beyond = np.maximum(np.maximum(self._ends[0] - log_x, log_x - self._ends[1]), 0.0)
        drift = np.exp(np.minimum(self.band.drift_per_e * beyond, _WIDEST))
        low = value * np.interp(log_x, self._band_x, self.band.low) / drift
        high = np.minimum(value * np.interp(log_x, self._band_x, self.band.high) * drift, 1.0)
        return Lookup(value, low, np.maximum(high, value), code_within(self.lowest, self.highest, at))

    def bound_s(self, work_flop: npt.ArrayLike = 0.0, moved_bytes: npt.ArrayLike = 0.0) -> Floats:
        """Time at the peaks of this curve: max(W/F, Q/B); a demand without a stated peak does not count."""
        flops = self.peak_flop_per_s or math.inf
        bandwidth = self.memory_bandwidth_bytes_per_s or math.inf
        return np.asarray(operator_bound_s(work_flop, moved_bytes, flops, bandwidth))

    def time_s(self, work_flop: npt.ArrayLike = 0.0, moved_bytes: npt.ArrayLike = 0.0) -> Lookup:
        """Estimated time with its 90 % band and basis, at least `bound_s`. Demands broadcast; NaN where x is 0."""
        bound = self.bound_s(work_flop, moved_bytes)
        return _times(bound, self.share_of(bound, work_flop, moved_bytes))

    def share_of(self, bound_s: npt.ArrayLike, work_flop: npt.ArrayLike, moved_bytes: npt.ArrayLike) -> Lookup:
        """Efficiency as a share of the caller's bound, at most 1, whatever this curve runs over."""
        x = self.x_of(work_flop, moved_bytes, bound_s)
        found = self.at(x)
        if self.mix is None:
            return found
        bound = np.asarray(bound_s, dtype=np.float64)
        value, low, high = (np.minimum(bound / (x / each), 1.0) for each in found[:3])
        return Lookup(value, low, high, found.code)

    def x_of(self, work_flop: npt.ArrayLike, moved_bytes: npt.ArrayLike, bound_s: npt.ArrayLike) -> Floats:
        """What this curve runs over, from all that a caller has."""
        return size_of(self.variable, work_flop, moved_bytes, bound_s, self.mix)

    @cached_property
    def _ends(self) -> tuple[float, float]:
        return math.log(self.lowest), math.log(self.highest)

    @cached_property
    def _band_x(self) -> Floats:
        return np.log(self.band.x)


class Default(Record):
    """What to assume for an operation that was never calibrated here: the spread of all that were."""

    typical: Efficiency
    low: Efficiency
    high: Efficiency


class Calibration(Record):
    """All efficiency curves of one device, with where the measurements came from."""

    format: Literal[1] = 1
    device: str = Field(pattern=r"^[a-z]+/[a-z0-9_]+(@[a-z0-9_]+)?$")
    source: str = Field(min_length=8)
    date: str = Field(pattern=DATE)
    conditions: tuple[str, ...] = ()
    rows_sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    made_with: str = ""
    curves: tuple[EfficiencyCurve, ...] = Field(min_length=1)
    default: Default

    @model_validator(mode="after")
    def _unique(self) -> Self:
        keys = [curve.key for curve in self.curves]
        if len(set(keys)) < len(keys):
            raise ValueError("a curve is stated twice; keep one of each operation and precision")
        return self

    def curve(self, operation: str, precision: Precision) -> EfficiencyCurve:
        """The curve of exactly these; RegistryError lists what there is."""
        for curve in self.curves:
            if (curve.operation, curve.precision) == (operation, precision):
                return curve
        known = ", ".join(curve.key for curve in self.curves)
        raise RegistryError(
            f"calibration of {self.device} has no curve {operation}/{precision}; it has {known}. "
            "Measure it ('gauntlet calibrate measure') and fit again."
        )

    def find(self, operation: str, precision: Precision) -> tuple[EfficiencyCurve | None, Basis]:
        """The curve, or one of another precision ('nearest'), or None ('default')."""
        same = [curve for curve in self.curves if curve.operation == operation]
        for curve in same:
            if curve.precision == precision:
                return curve, "interpolated"
        return (same[0], "nearest") if same else (None, "default")

    def at(
        self,
        operation: str,
        precision: Precision,
        bound_s: npt.ArrayLike,
        *,
        work_flop: npt.ArrayLike = 0.0,
        moved_bytes: npt.ArrayLike = 0.0,
    ) -> Lookup:
        """Efficiency with the fall-backs of `find`; the basis says which was used. Give all that a curve may need."""
        curve, basis = self.find(operation, precision)
        if curve is not None:
            found = curve.share_of(bound_s, work_flop, moved_bytes)
            return found._replace(code=weakest_of(found.code, code_of(basis))) if basis == "nearest" else found
        shape, default = np.shape(bound_s), self.default
        typical, low, high = (np.full(shape, each) for each in (default.typical, default.low, default.high))
        return Lookup(typical, low, high, codes_of("default", shape))

    def time_s(
        self,
        operation: str,
        precision: Precision,
        bound_s: npt.ArrayLike,
        *,
        work_flop: npt.ArrayLike = 0.0,
        moved_bytes: npt.ArrayLike = 0.0,
    ) -> Lookup:
        """The caller's bound over the efficiency: seconds with band and basis, never below `bound_s`."""
        found = self.at(operation, precision, bound_s, work_flop=work_flop, moved_bytes=moved_bytes)
        return _times(np.asarray(bound_s, dtype=np.float64), found)


def _times(bound_s: Floats, found: Lookup) -> Lookup:
    value = bound_s / found.value
    return Lookup(value, bound_s / found.high, bound_s / found.low, np.broadcast_to(found.code, value.shape))


def calibration_file(folder: Path, device: Device) -> Path:
    """Where the registry in `folder` keeps the calibration of a device."""
    return folder / "curves" / f"{device.id}.json"


def find_calibration(folder: Path, device: Device) -> Calibration | None:
    """The calibration of a device in a registry folder; None where there is none. RecordError where it is broken."""
    file = calibration_file(folder, device)
    return Calibration.load(file) if file.is_file() else None
