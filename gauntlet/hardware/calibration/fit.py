"""From measurements to a calibration: for each operation and precision the shape that predicts unseen groups."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from gauntlet import __version__
from gauntlet.errors import RecordError, RegistryError
from gauntlet.hardware.calibration.accuracy import accuracy_of
from gauntlet.hardware.calibration.bands import band_of, covered_unseen
from gauntlet.hardware.calibration.crossval import candidates, choose, cross_validate, group_folds
from gauntlet.hardware.calibration.measurements import Measurements, Resource
from gauntlet.hardware.calibration.policy import FitPolicy, Policy
from gauntlet.hardware.calibration.samples import Peaks, Sample, mixed_samples, needs, sample_of, variables_of
from gauntlet.hardware.calibration.shapes import weights_of
from gauntlet.hardware.curves import Calibration, Default, EfficiencyCurve, Point
from gauntlet.hardware.forms import Form
from gauntlet.hardware.records import Device, Precision
from gauntlet.hardware.registry import Registry
from gauntlet.hardware.sizes import Variable
from gauntlet.records import sha256_of

_LOW, _MIDDLE, _HIGH = 0.05, 0.5, 0.95


class Choices(NamedTuple):
    """What the user may set: demands that count, the variable of the curves, peaks other than the registry's, and
    which curves are wanted, as operation or operation/precision (none: all).
    """

    resource: Resource | None = None
    against: Variable | None = None
    peak_flop_per_s: float | None = None
    bandwidth_bytes_per_s: float | None = None
    only: tuple[str, ...] = ()


def fit_calibration(
    measured: Measurements, device: Device, registry: Registry, policy: Policy, *, source: str, date: str,
    choices: Choices | None = None, progress: Callable[[str], None] = lambda line: None,
) -> Calibration:  # fmt: skip
    """Curves of all operations and precisions of a file.

    RegistryError where the device lacks a precision, RecordError where a row cannot be or a curve has too few.
    """
    choices = choices or Choices()
    prepared = []
    for key in _wanted(measured, choices.only):
        needed = needs(measured, key, choices.resource)
        peaks = peaks_of(device, registry, key[1], needed, choices)
        first = choices.against or policy.operation(key[0], str(measured.rows.file)).variable
        variables = (first,) if choices.against else variables_of(measured, key, first, both=all(needed))
        samples = [
            sample_of(measured, key, policy, peaks, resource=choices.resource, against=each) for each in variables
        ]
        _check_enough(samples[0], policy.fit)
        if not choices.against:
            both = _both_peaks(device, registry, key[1], choices)
            samples += mixed_samples(samples[0], measured, both, policy.fit.mixes) if both else []
        prepared.append(samples)
    curves = []
    for samples in prepared:
        progress(f"fitting {samples[0].key}: {samples[0].x.size} rows of {len(set(samples[0].group))} groups")
        curves.append(fit_curve(samples, policy))
    return Calibration(
        device=device.key, source=source, date=date, conditions=measured.conditions(), curves=tuple(curves),
        rows_sha256=sha256_of(measured.rows.file), made_with=f"gauntlet {__version__}", default=_default(curves),
    )  # fmt: skip


def fit_curve(samples: Sequence[Sample], policy: Policy) -> EfficiencyCurve:
    """The variable and shape that predict unseen groups best, fitted to all rows, with band and score.

    `samples` hold the same rows over different variables.
    """
    tried = [
        each for sample in samples for each in cross_validate(sample, policy.fit.most_folds, policy.fit.most_knots)
    ]
    chosen = choose(tried)
    sample, folds = chosen.sample, group_folds(chosen.sample, policy.fit.most_folds)
    form = chosen.trial.fit(sample.x, sample.efficiency, weights_of(sample.group), sample.rising)
    predicted = sample.time_s * np.exp(chosen.by_group)
    return EfficiencyCurve(
        operation=sample.operation, precision=sample.precision, variable=sample.variable, mix=sample.mix,
        peak_flop_per_s=sample.peaks.flop_per_s, memory_bandwidth_bytes_per_s=sample.peaks.bytes_per_s,
        peaks_from=sample.peaks.source, rising=sample.rising, form=form, lowest=float(sample.x.min()),
        highest=float(sample.x.max()), band=band_of(chosen, form, policy.fit.resamples),
        points=_points(sample, form, policy.fit.points), group_names=tuple(dict.fromkeys(sample.group)),
        candidates=candidates(tried, chosen),
        cross_validated=accuracy_of(predicted, sample, covered_unseen(chosen, folds), policy),
    )  # fmt: skip


def peaks_of(
    device: Device, registry: Registry, precision: Precision, needed: tuple[bool, bool], choices: Choices
) -> Peaks:
    """The limits of the device that no honest row beats, or the user's own; RegistryError where it states none."""
    values: list[float | None] = []
    sources = []
    for wanted, own, quantity, at in (
        (needed[0], choices.peak_flop_per_s, "peak_flop_per_s", precision),
        (needed[1], choices.bandwidth_bytes_per_s, "memory_bandwidth_bytes_per_s", None),
    ):
        if not wanted:
            values.append(None)
        elif own is not None:
            values.append(own)
            sources.append(f"{quantity} {own:g} as stated by the user")
        else:
            bound = registry.bound_value(device.key, quantity, at)
            values.append(bound.limit)
            sources.append(bound.reason)
    return Peaks(values[0], values[1], "; ".join(sources))


def _both_peaks(device: Device, registry: Registry, precision: Precision, choices: Choices) -> Peaks | None:
    """Both limits of the device, whichever bound the rows; None where it states but one."""
    try:
        return peaks_of(device, registry, precision, (True, True), choices)
    except RegistryError:
        return None


def _wanted(measured: Measurements, only: tuple[str, ...]) -> list[tuple[str, Precision]]:
    known = {name: key for key in measured.keys for name in ("/".join(key), key[0])}
    for name in only:
        if name not in known:
            raise RecordError(f"{measured.rows.file} has no rows of {name!r}; it has {', '.join(known)}.")
    return [key for key in measured.keys if not only or {key[0], "/".join(key)} & set(only)]


def _check_enough(sample: Sample, policy: FitPolicy) -> None:
    found = {"rows": sample.x.size, "groups": len(set(sample.group)), "sizes": np.unique(sample.x).size}
    wanted = {"rows": policy.fewest_rows, "groups": policy.fewest_groups, "sizes": policy.fewest_sizes}
    for name, count in found.items():
        if count < wanted[name]:
            why = {
                "groups": f"all rows are of {sample.group[0]!r}, so nothing shows how an unseen group behaves; "
                "name families in column 'group', or measure another one",
                "rows": "measure more sizes",
                "sizes": f"as {sample.variable} counts them; measure more sizes",
            }[name]
            few = f"{sample.key} has {count} {name}, and a curve needs {wanted[name]} at least"
            raise RecordError(f"{sample.rows.file}: {few}: {why}, or leave the curve out with --only.")


def _points(sample: Sample, form: Form, most: int) -> tuple[Point, ...]:
    """Medians near up to `most` sizes; rows of one size stay together. Each row is first moved along the curve."""
    distinct, member = np.unique(sample.x, return_inverse=True)
    bin_of_size = np.arange(distinct.size) * min(most, distinct.size) // distinct.size
    bins, group = bin_of_size[member], np.array(sample.group)
    beside = sample.efficiency / form(sample.x)
    points = []
    for place in np.unique(bins):
        here = bins == place
        x = float(np.median(sample.x[here]))
        low, middle, high = np.quantile(beside[here], (_LOW, _MIDDLE, _HIGH)) * float(form(np.array(x)))
        points.append(
            Point(
                x=x,
                efficiency=_at_most_1(middle),
                low=_at_most_1(low),
                high=_at_most_1(high),
                rows=int(here.sum()),
                groups=int(np.unique(group[here]).size),
            )
        )
    return tuple(points)


def _default(curves: list[EfficiencyCurve]) -> Default:
    """The spread of everything that was measured on this device, curves counting alike."""
    values, weight = [], []
    for curve in curves:
        for point in curve.points:
            values += [point.low, point.efficiency, point.high]
            weight += [1 / len(curve.points)] * 3
    order = np.argsort(values)
    reached = np.cumsum(np.array(weight)[order])
    low, middle, high = np.interp((_LOW, _MIDDLE, _HIGH), reached / reached[-1], np.array(values)[order])
    return Default(typical=_at_most_1(middle), low=_at_most_1(low), high=_at_most_1(high))


def _at_most_1(share: float) -> float:
    """Rounding may leave a share of 1 a little above."""
    return min(float(share), 1.0)
