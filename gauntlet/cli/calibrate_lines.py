"""Calibrations, scores and comparisons as lines for people."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from gauntlet.cli.door import one_line
from gauntlet.hardware.calibration.accuracy import Validation
from gauntlet.hardware.calibration.compare import Change, Comparison
from gauntlet.hardware.calibration.measure import Progress
from gauntlet.hardware.curves import Accuracy, Calibration, EfficiencyCurve
from gauntlet.hardware.forms import Knots, Saturating
from gauntlet.mechanisms.words import number, quantity

_WAITED = 0.995
"""What is nearer to all of the time is not worth a word."""
_UNITS = {"work_flop": "FLOP", "moved_bytes": "B", "intensity_flop_per_byte": "FLOP/B", "bound_s": "s", "mixed_s": "s"}


def progress_line(done: Progress) -> str:
    """'3/102 gemm fp32 square m=128 n=128 k=128: 21.4 µs ±4%, 196 GFLOP/s'."""
    task, timing = done.task, done.timing
    head = f"{done.number}/{done.total} {task.operation} {task.precision} {task.group} {task.note}"
    if timing is None:
        return f"{head}: measured before"
    amount, unit = (task.work_flop, "FLOP/s") if task.work_flop else (task.moved_bytes, "B/s")
    rate = quantity(amount / timing.median_s, unit)
    waited = "" if timing.running > _WAITED else f", {timing.running:.0%} of the time on a processor"
    return f"{head}: {quantity(timing.median_s, 's')}, middle half {timing.spread:.0%} wide, {rate}{waited}"


def calibration_lines(calibration: Calibration) -> Iterator[str]:
    """Device, source, conditions."""
    yield f"{calibration.device}: {calibration.source}, {calibration.date}"
    yield from (f"  {condition}" for condition in calibration.conditions)


def curve_lines(curve: EfficiencyCurve) -> Iterator[str]:
    """Shape, range, band, score, and the shapes that were not chosen."""
    low, high = (_size(curve, size) for size in (curve.lowest, curve.highest))
    mix = curve.mix
    of = (
        f" of {quantity(_short(mix.flop_per_s), 'FLOP/s')} and {quantity(_short(mix.bytes_per_s), 'B/s')}"
        if mix
        else ""
    )
    yield f"{curve.key} against {curve.variable}{of}, {low} to {high}, {len(curve.group_names)} groups"
    yield f"  {_form(curve)}"
    found = curve.at([curve.lowest, curve.highest])
    ends = [
        f"{number(_short(v))} ({number(_short(a))} to {number(_short(b))})" for v, a, b, _ in zip(*found, strict=True)
    ]
    yield f"  efficiency at the ends, with the 90 % band: {' and '.join(ends)}"
    yield from (f"  {line}" for line in accuracy_lines(curve.cross_validated, "on groups left out"))
    yield "  mean |ln error| on groups left out, and in brackets on rows left out at random:"
    yield from _tried(curve)
    yield f"  share of {_peaks(curve)}: {one_line(curve.peaks_from, 160)}"


def accuracy_lines(accuracy: Accuracy, where: str) -> Iterator[str]:
    """The grade with its numbers, then the breakdown and the worst row."""
    pearson = "" if accuracy.pearson is None else f", r {accuracy.pearson:.3f}"
    yield (
        f"{accuracy.grade}: mean error {accuracy.mape:.1f} % {where} (median {accuracy.median:.1f} %, "
        f"bias {accuracy.mpe:+.1f} %{pearson}), {accuracy.covered:.0%} inside the 90 % band"
    )
    words = ", ".join(f"{count} {word}" for word, count in accuracy.breakdown.items())
    worst = f"worst {accuracy.worst:.0f} % at {accuracy.worst_row}"
    yield f"{accuracy.rows} rows of {accuracy.groups} groups: {words}; {worst}"


def validation_lines(found: Validation) -> Iterator[str]:
    """One curve against rows."""
    if found.accuracy is None:
        yield f"{found.curve}: no such curve; {found.not_scored} rows are not scored"
        return
    yield found.curve
    yield from (f"  {line}" for line in accuracy_lines(found.accuracy, "on these rows"))
    if found.outside:
        yield f"  {found.outside} rows lie beyond the sizes that the curve was measured on"


def comparison_lines(comparison: Comparison) -> Iterator[str]:
    """Each curve, then what it comes to."""
    rows = "the same rows" if comparison.same_rows else "each its own groups left out"
    yield f"{comparison.device}: {comparison.previous} -> {comparison.current} ({rows})"
    yield from (f"  {_change(change)}" for change in comparison.changes)
    worse = [change.curve for change in comparison.changes if change.regressed]
    yield f"Worse than before: {', '.join(worse)}." if worse else "Nothing is worse than before."


def answer_of(curve: EfficiencyCurve, size: float) -> dict[str, Any]:
    """What the curve says of one size."""
    found = curve.at(np.array(size))
    return {"curve": curve.key, curve.variable: size, "efficiency": float(found.value), "low": float(found.low),
            "high": float(found.high), "basis": found.weakest}  # fmt: skip


def answer_line(curve: EfficiencyCurve, size: float) -> str:
    """The same in words."""
    answer = answer_of(curve, size)
    value, low, high = (number(_short(answer[name])) for name in ("efficiency", "low", "high"))
    return f"  at {_size(curve, size)}: {value} ({low} to {high}), {answer['basis']}"


def _peaks(curve: EfficiencyCurve) -> str:
    peaks = (curve.peak_flop_per_s, "FLOP/s"), (curve.memory_bandwidth_bytes_per_s, "B/s")
    return " and ".join(quantity(_short(peak), unit) for peak, unit in peaks if peak is not None)


def _form(curve: EfficiencyCurve) -> str:
    """The equation with its numbers."""
    form = curve.form
    if isinstance(form, Knots):
        points = zip(form.x, form.efficiency, strict=True)
        return f"{form.shape}: {', '.join(f'{number(_short(e))} at {_size(curve, x)}' for x, e in points)}"
    top = number(_short(form.top))
    if isinstance(form, Saturating):
        return f"saturating: {top} x / (x + {_size(curve, form.half)})"
    return (
        f"sigmoid: {number(_short(form.bottom))} to {top}, half way at {_size(curve, form.middle)}, "
        f"steepness {number(_short(form.steepness))}"
    )


def _tried(curve: EfficiencyCurve) -> Iterator[str]:
    """The best of each shape over each variable, with its score on groups and on rows."""
    for variable in dict.fromkeys(each.variable for each in curve.candidates):
        over = [each for each in curve.candidates if each.variable == variable]
        best = {each.shape: each for each in sorted(over, key=lambda each: (each.chosen, -each.unseen_groups))}
        scores = (
            f"{shape} {each.unseen_groups:.3f} ({each.unseen_rows:.3f}){', chosen' if each.chosen else ''}"
            for shape, each in best.items()
        )
        yield f"    over {variable}: {'; '.join(scores)}"


def _change(change: Change) -> str:
    before, after = (f"{mape:.1f} %" if mape is not None else "none" for mape in (change.previous_mape, change.mape))
    rate = "" if change.rate_ratio is None else f", {change.rate_ratio:.2f} times the rate"
    found = (f"{finding} ({reason})" for finding, reason in zip(change.findings, change.reasons, strict=True))
    return "; ".join([f"{change.curve}: mean error {before} -> {after}{rate}", *found])


def _size(curve: EfficiencyCurve, size: float) -> str:
    return quantity(_short(size), _UNITS[curve.variable])


def _short(value: float) -> float:
    """Three digits."""
    return float(f"{float(value):.3g}")
