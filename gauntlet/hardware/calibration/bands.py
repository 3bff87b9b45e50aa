"""The uncertainty of a curve, from what it got wrong on groups it had not seen.

Band: quantiles of ln measured / predicted on groups left out, near several sizes; groups count alike. Few groups say
little about the next one, so both quantiles are stretched by Student's t over the Gaussian quantile, with one degree of
freedom less than groups (3 groups: 1.8 times as wide, 20: 1.05 times).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from gauntlet.hardware.basis import Floats
from gauntlet.hardware.calibration.crossval import Folds, Validated
from gauntlet.hardware.calibration.samples import Sample
from gauntlet.hardware.calibration.shapes import Trial, weights_of
from gauntlet.hardware.curves import Band
from gauntlet.hardware.forms import Form

_LEVEL = 0.95
_ROWS_EACH, _MOST = 30, 6
"""Rows near each place of the band, and its places."""
_END, _NEAREST = 3, 10
"""The drift is learnt from fits that were denied the first or the last third, away from what they saw by a tenth."""
_FEWEST_SIZES = 3
_SEED = 0
_WIDEST = 700.0


def band_of(chosen: Validated, form: Form, resamples: int) -> Band:
    """Band of single measurements, interval of the curve, and drift beyond the ends."""
    sample = chosen.sample
    places, low, high = _quantiles(np.log(sample.x), chosen.by_group, sample.group)
    fit_low, fit_high = _interval(sample, chosen.trial, form, np.exp(places), resamples)
    return Band(
        x=_floats(np.exp(places)), low=_floats(np.exp(low)), high=_floats(np.exp(high)), fit_low=_floats(fit_low),
        fit_high=_floats(fit_high), drift_per_e=_drift(sample, chosen.trial),
    )  # fmt: skip


def covered_unseen(chosen: Validated, folds: Folds) -> npt.NDArray[np.bool_]:
    """Which rows lie inside a band that was drawn without their group."""
    sample, log_x, missed = chosen.sample, np.log(chosen.sample.x), chosen.by_group
    inside = np.zeros(missed.size, dtype=bool)
    for fold in range(int(folds.max()) + 1):
        out = folds == fold
        group = [name for name, left_out in zip(sample.group, out, strict=True) if not left_out]
        places, low, high = _quantiles(log_x[~out], missed[~out], group)
        here = log_x[out]
        inside[out] = (missed[out] >= np.interp(here, places, low)) & (missed[out] <= np.interp(here, places, high))
    return inside


def _quantiles(log_x: Floats, missed: Floats, group: Sequence[str]) -> tuple[Floats, Floats, Floats]:
    """Places in ln x, and how far below and above the curve 90 % of measurements lie there."""
    count = int(np.clip(missed.size // _ROWS_EACH, 1, _MOST))
    order = np.argsort(log_x, kind="stable")
    half = missed.size / (count + 1)
    windows = [order[round(index * half) : round((index + 2) * half)] for index in range(count)]
    names = np.array(group)
    stretch = _stretch(np.unique(names).size)
    places = np.array([np.mean(log_x[window]) for window in windows])
    ends = [_weighted(missed[window], weights_of(names[window].tolist())) for window in windows]
    low, high = (np.array(end) * stretch for end in zip(*ends, strict=True))
    return places, np.clip(low, -_WIDEST, 0.0), np.clip(high, 0.0, _WIDEST)


def _weighted(values: Floats, weight: Floats) -> tuple[float, float]:
    """The 5 % and 95 % quantiles of weighted values."""
    order = np.argsort(values)
    reached = np.cumsum(weight[order]) - weight[order] / 2
    low, high = np.interp((1 - _LEVEL, _LEVEL), reached / weight.sum(), values[order])
    return float(low), float(high)


def _stretch(groups: int) -> float:
    """How much wider so few groups make the band of the next one."""
    from scipy.special import ndtri, stdtrit

    return float(stdtrit(max(groups - 1, 1), _LEVEL) / ndtri(_LEVEL))


def _interval(sample: Sample, trial: Trial, form: Form, at: Floats, resamples: int) -> tuple[Floats, Floats]:
    """90 % interval of the curve over itself: the same shape through groups drawn with replacement."""
    names, member = np.unique(np.array(sample.group), return_inverse=True)
    random = np.random.default_rng(_SEED)
    weight = weights_of(sample.group)
    drawn = []
    for _ in range(resamples):
        times = np.bincount(random.integers(names.size, size=names.size), minlength=names.size)[member]
        kept = times > 0
        if np.unique(sample.x[kept]).size >= _FEWEST_SIZES:
            again = trial.fit(sample.x[kept], sample.efficiency[kept], (weight * times)[kept], sample.rising)
            drawn.append(np.log(again(at) / form(at)))
    wider = _stretch(names.size)
    low, high = np.quantile(drawn, (1 - _LEVEL, _LEVEL), axis=0) * wider
    return np.exp(np.clip(low, -_WIDEST, 0.0)), np.exp(np.clip(high, 0.0, _WIDEST))


def _drift(sample: Sample, trial: Trial) -> float:
    """How much further (in ln, for each e in x) measurements lie from a curve that was not shown that end.

    The 90 % quantile, over both ends, of (miss - usual miss inside) / distance. The nearest tenth says too little.
    """
    log_x, weight = np.log(sample.x), weights_of(sample.group)
    low, span = float(log_x.min()), float(np.ptp(log_x))
    slopes: list[float] = []
    for beyond in (low + span / _END - log_x, log_x - low - span + span / _END):
        inside, far = beyond <= 0, beyond > span / _NEAREST
        if np.unique(sample.x[inside]).size < _FEWEST_SIZES or not far.any():
            continue
        form = trial.fit(sample.x[inside], sample.efficiency[inside], weight[inside], sample.rising)
        missed = np.abs(np.log(sample.efficiency / np.minimum(form(sample.x), 1.0)))
        usual = float(np.quantile(missed[inside], 0.9))
        slopes += list(np.maximum(missed[far] - usual, 0.0) / beyond[far])
    return float(np.quantile(slopes, 0.9)) if slopes else 0.0


def _floats(values: Floats) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
