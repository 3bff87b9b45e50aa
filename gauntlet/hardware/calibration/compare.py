"""A new calibration against the one before: what was lost, what predicts worse, where the machine became slower."""

import math
from typing import Literal

import numpy as np

from gauntlet.errors import RecordError
from gauntlet.hardware.basis import Floats
from gauntlet.hardware.calibration.accuracy import sample_for, score
from gauntlet.hardware.calibration.measurements import Measurements
from gauntlet.hardware.calibration.policy import Policy, RegressionPolicy
from gauntlet.hardware.curves import Accuracy, Calibration, EfficiencyCurve
from gauntlet.records import Record

Finding = Literal["lost", "gained", "less accurate", "more accurate", "slower", "faster", "narrower", "other variable"]
REGRESSIONS: tuple[Finding, ...] = ("lost", "less accurate", "slower")
_GRID = 101


class Change(Record):
    """What happened to one curve. `rate_ratio` is new over old rate, the median over the sizes that both measured.

    `mape` and `previous_mape` are of the same rows where a CSV was given (None where it has none of this curve), else
    each of its own, groups left out.
    """

    curve: str
    findings: tuple[Finding, ...] = ()
    reasons: tuple[str, ...] = ()
    mape: float | None = None
    previous_mape: float | None = None
    rate_ratio: float | None = None

    @property
    def regressed(self) -> bool:
        """Whether a finding is a change for the worse."""
        return any(finding in REGRESSIONS for finding in self.findings)


class Comparison(Record):
    """Every curve of both calibrations."""

    device: str
    previous: str
    current: str
    same_rows: bool
    changes: tuple[Change, ...]

    @property
    def regressed(self) -> bool:
        """Whether any curve became worse."""
        return any(change.regressed for change in self.changes)


def compare(old: Calibration, new: Calibration, policy: Policy, measured: Measurements | None = None) -> Comparison:
    """The change of each curve; with `measured`, both are scored on the same rows. RecordError for two devices."""
    if old.device != new.device:
        raise RecordError(f"calibrations of {old.device} and {new.device} cannot be compared; name two of one device.")
    ours, theirs = ({curve.key: curve for curve in each.curves} for each in (new, old))
    changes = [
        _change(theirs.get(key), ours.get(key), key, policy, measured) for key in dict.fromkeys((*theirs, *ours))
    ]
    return Comparison(
        device=new.device, previous=f"{old.source}, {old.date}", current=f"{new.source}, {new.date}",
        same_rows=measured is not None, changes=tuple(changes),
    )  # fmt: skip


def _change(
    old: EfficiencyCurve | None, new: EfficiencyCurve | None, key: str, policy: Policy, measured: Measurements | None
) -> Change:
    if new is None:
        return Change(curve=key, findings=("lost",), reasons=("the new calibration has no such curve",))
    if old is None:
        return Change(
            curve=key, findings=("gained",), reasons=("the old calibration had none",), mape=new.cross_validated.mape
        )
    before, after = (_score(curve, measured, policy) for curve in (old, new))
    found = [
        *_accuracy(before, after, policy.regression),
        *_speed(old, new, policy.regression),
        *_range(old, new, policy.regression),
    ]
    return Change(
        curve=key, findings=tuple(finding for finding, _ in found), reasons=tuple(reason for _, reason in found),
        mape=after and after.mape, previous_mape=before and before.mape, rate_ratio=_ratio(old, new),
    )  # fmt: skip


def _score(curve: EfficiencyCurve, measured: Measurements | None, policy: Policy) -> Accuracy | None:
    """Of the rows where there are some, else of groups left out; None where the rows speak of other curves."""
    if measured is None:
        return curve.cross_validated
    if (curve.operation, curve.precision) not in measured.keys:
        return None
    return score(curve, sample_for(curve, measured, policy), policy)


def _accuracy(before: Accuracy | None, after: Accuracy | None, policy: RegressionPolicy) -> list[tuple[Finding, str]]:
    """Less or more accurate where the difference matters and is more than groups scatter."""
    if before is None or after is None:
        return []
    error = math.hypot(before.mape_error or 0.0, after.mape_error or 0.0)
    if abs(after.mape - before.mape) <= max(policy.mape_points, policy.standard_errors * error):
        return []
    word: Finding = "less accurate" if after.mape > before.mape else "more accurate"
    return [(word, f"mean error {before.mape:.1f} % -> {after.mape:.1f} %")]


def _speed(old: EfficiencyCurve, new: EfficiencyCurve, policy: RegressionPolicy) -> list[tuple[Finding, str]]:
    """Slower or faster where both intervals say so, on enough of the common sizes."""
    rates = _common(old, new)
    if rates is None:
        return []
    x, before, after = rates
    found: list[tuple[Finding, str]] = []
    clearly: tuple[tuple[Finding, Floats], ...] = (
        ("slower", (after[0] < before[0] * (1 - policy.slower)) & (after[2] < before[1])),
        ("faster", (after[0] > before[0] / (1 - policy.slower)) & (after[1] > before[2])),
    )
    for word, where in clearly:
        if np.mean(where) >= policy.slower_over:
            there, ratio = x[where], float(np.median(after[0][where] / before[0][where]))
            found.append((word, f"{ratio:.2f} times the rate from {new.variable} {there[0]:.3g} to {there[-1]:.3g}"))
    return found


def _range(old: EfficiencyCurve, new: EfficiencyCurve, policy: RegressionPolicy) -> list[tuple[Finding, str]]:
    if (old.variable, old.mix) != (new.variable, new.mix):
        reason = f"{old.variable} -> {new.variable}: rates are compared over one variable only; give rows (--csv)"
        return [("other variable", reason)]
    low, high = max(old.lowest, new.lowest), min(old.highest, new.highest)
    if np.log(high / low) >= (1 - policy.narrower) * np.log(old.highest / old.lowest):
        return []
    sizes = (f"{curve.lowest:.3g} to {curve.highest:.3g}" for curve in (old, new))
    return [("narrower", f"measured {old.variable} {' -> '.join(sizes)}")]


def _ratio(old: EfficiencyCurve, new: EfficiencyCurve) -> float | None:
    rates = _common(old, new)
    return None if rates is None else float(np.median(rates[2][0] / rates[1][0]))


def _common(old: EfficiencyCurve, new: EfficiencyCurve) -> tuple[Floats, Floats, Floats] | None:
    """Sizes that both measured, and rates (value, low, high) of both; None where they have nothing in common."""
    low, high = max(old.lowest, new.lowest), min(old.highest, new.highest)
    scales = _peak(old), _peak(new)
    if (old.variable, old.mix) != (new.variable, new.mix) or low >= high or None in scales:
        return None
    x = np.geomspace(low, high, _GRID)
    before, after = (_rates(curve, x, scale or 1.0) for curve, scale in zip((old, new), scales, strict=True))
    return x, before, after


def _rates(curve: EfficiencyCurve, x: Floats, peak: float) -> Floats:
    """Rate with the interval of the curve, rows value, low, high."""
    value, at = peak * curve.efficiency(x), np.log(x)
    low, high = (np.interp(at, np.log(curve.band.x), part) for part in (curve.band.fit_low, curve.band.fit_high))
    return np.stack([value, value * low, value * high])


def _peak(curve: EfficiencyCurve) -> float | None:
    """What turns efficiency into a rate, so that calibrations against different peaks can be compared."""
    if curve.variable in ("bound_s", "mixed_s"):
        return 1.0
    return curve.memory_bandwidth_bytes_per_s if curve.variable == "moved_bytes" else curve.peak_flop_per_s
