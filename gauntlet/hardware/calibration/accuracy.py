"""How far predicted times lie from measured ones: every row counts, and the worst is named."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from pydantic import Field

from gauntlet.errors import RecordError
from gauntlet.hardware.basis import Floats
from gauntlet.hardware.calibration.measurements import Measurements, Resource
from gauntlet.hardware.calibration.policy import Policy
from gauntlet.hardware.calibration.samples import Peaks, Sample, sample_of
from gauntlet.hardware.curves import Accuracy, Calibration, EfficiencyCurve
from gauntlet.records import Record

_FEWEST_FOR_CORRELATION = 3


def accuracy_of(predicted_s: Floats, sample: Sample, covered: npt.NDArray[np.bool_], policy: Policy) -> Accuracy:
    """The score of predictions of a sample's times; `covered` says which measurements lie inside their band."""
    error = 100 * (predicted_s - sample.time_s) / sample.time_s
    size = np.abs(error)
    mape, pearson = float(size.mean()), _pearson(predicted_s, sample.time_s)
    words = [policy.word_of_row(each) for each in size]
    worst = int(np.argmax(size))
    return Accuracy(
        rows=size.size,
        groups=len(set(sample.group)),
        mape=mape,
        mape_error=_error_of_mean(size, sample.group),
        median=float(np.median(size)),
        mpe=float(error.mean()),
        worst=float(size[worst]),
        worst_row=sample.name_of(worst),
        pearson=pearson,
        covered=float(np.mean(covered)),
        breakdown={grade.word: words.count(grade.word) for grade in policy.breakdown},
        grade=policy.word_of_set(mape, pearson),
    )


def sample_for(curve: EfficiencyCurve, measured: Measurements, policy: Policy) -> Sample:
    """The rows that a curve speaks of, against the curve's own peaks and variable."""
    peaks = Peaks(curve.peak_flop_per_s, curve.memory_bandwidth_bytes_per_s, curve.peaks_from)
    resource: Resource = "roofline"
    if curve.peak_flop_per_s is None or curve.memory_bandwidth_bytes_per_s is None:
        resource = "memory" if curve.peak_flop_per_s is None else "compute"
    key = curve.operation, curve.precision
    return sample_of(measured, key, policy, peaks, resource=resource, against=curve.variable, mix=curve.mix)


def score(curve: EfficiencyCurve, sample: Sample, policy: Policy) -> Accuracy:
    """How well a curve predicts the times of a sample."""
    found = curve.at(sample.x)
    covered = (sample.efficiency >= found.low) & (sample.efficiency <= found.high)
    return accuracy_of(sample.bound_s / found.value, sample, covered, policy)


class Validation(Record):
    """One curve against measured rows; `outside` of them are beyond the sizes it was measured on."""

    curve: str
    accuracy: Accuracy | None
    outside: int = 0
    not_scored: int = Field(default=0, description="Rows of an operation or precision that the calibration lacks.")


def validate(calibration: Calibration, measured: Measurements, policy: Policy) -> tuple[Validation, ...]:
    """Every curve that rows speak of, and rows for which there is none; RecordError where there is none at all."""
    curves = {(curve.operation, curve.precision): curve for curve in calibration.curves}
    pairs = list(zip(measured.operation, measured.precision, strict=True))
    if not set(curves) & set(pairs):
        theirs, ours = (", ".join(f"{name}/{at}" for name, at in keys) for keys in (measured.keys, curves))
        raise RecordError(f"{measured.rows.file} has rows of {theirs}; the calibration has curves of {ours}.")
    return tuple(
        _validation(curves[key], sample_for(curves[key], measured, policy), policy)
        if key in curves
        else Validation(curve="/".join(key), accuracy=None, not_scored=pairs.count(key))
        for key in measured.keys
    )


def _validation(curve: EfficiencyCurve, sample: Sample, policy: Policy) -> Validation:
    beyond = (sample.x < curve.lowest) | (sample.x > curve.highest)
    return Validation(curve=curve.key, accuracy=score(curve, sample, policy), outside=int(np.sum(beyond)))


def _error_of_mean(size: Floats, group: Sequence[str]) -> float | None:
    """Standard error of the mean of rows that come in groups (a ratio of sums over groups; None for one group).

    Source: Cochran, Sampling Techniques, 3rd ed., 1977, section 9A.2 (clusters of unequal sizes).
    """
    names, member = np.unique(np.array(group), return_inverse=True)
    if names.size < 2:
        return None
    apart = np.bincount(member, weights=size - size.mean())
    return float(np.sqrt(names.size / (names.size - 1) * np.sum(apart**2)) / size.size)


def _pearson(predicted_s: Floats, time_s: Floats) -> float | None:
    """None where there are too few times, or they are all one."""
    if time_s.size < _FEWEST_FOR_CORRELATION or np.ptp(time_s) == 0 or np.ptp(predicted_s) == 0:
        return None
    return float(np.corrcoef(predicted_s, time_s)[0, 1])
