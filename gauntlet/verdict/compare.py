"""Claimed points against band and bound, in log space, the better side positive."""

from dataclasses import dataclass

import numpy as np

from gauntlet.specs.claims import Claim, Metric
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.verdict.bands import Band, band, x_at
from gauntlet.verdict.policy import Policy
from gauntlet.verdict.prediction import ClaimPrediction, Floats

Flags = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


@dataclass(frozen=True)
class Comparison:
    """P claimed points against a prediction; all logs positive on the good side.

    `gap` is log(claimed better than median), with `gap_low` and `gap_high` from the band's edges. `beyond_good` and
    `beyond_bad` are how far a point lies outside the band after reading error (negative inside). `beyond_bound` is how
    far it beats the bound beyond tolerance and reading error (-inf without a bound). `by_load` marks points compared
    at equal latency, because the gap is smaller that way. `measured` leaves out points that are no measurements, `used`
    also those for which the model has no value.
    """

    claimed: Floats
    band: Band
    gap: Floats
    gap_low: Floats
    gap_high: Floats
    beyond_good: Floats
    beyond_bad: Floats
    beyond_bound: Floats
    by_load: Flags
    measured: Flags
    used: Flags


def good_sign(claim: Claim, metric: Metric) -> int:
    """+1 where more is better. A ratio that speaks for the other mechanism (16x less time than ours) turns round."""
    sign = 1 if metric.better == "higher" else -1
    turned = claim.relative_to is not None and claim.favours == claim.relative_to
    return -sign if turned else sign


def compare(
    claim: Claim, metric: Metric, prediction: ClaimPrediction, policy: Policy, *, sigma: float, by_load: bool
) -> Comparison:
    """Compare the points of `claim` with `prediction`, widened by the log standard deviation `sigma`."""
    sign = good_sign(claim, metric)
    claimed = np.array([point.y for point in claim.points])
    reading = np.log1p([_reading_error(claim, index, policy) for index in range(claimed.size)])
    around = band(prediction.raw, sigma, policy.band_low, policy.band_high)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_y = np.log(np.maximum(claimed, 0.0))
        gaps = _gaps(log_y, around, sign)
        beyond_bound = sign * (log_y - np.log(prediction.bound)) - np.log1p(policy.bound_tolerance) - reading
    sideways: Flags = np.zeros(claimed.size, dtype=bool)
    if by_load and prediction.curve_x.size > 1:
        gaps, sideways = _smaller(gaps, _load_gaps(claimed, prediction, sigma, policy))
    gap, toward_good, toward_bad = gaps
    measured = _measured(claim, claimed)
    return Comparison(
        claimed=claimed,
        band=around,
        gap=gap,
        gap_low=np.minimum(toward_good, toward_bad),
        gap_high=np.maximum(toward_good, toward_bad),
        beyond_good=np.nan_to_num(toward_good - reading, nan=-np.inf, posinf=np.inf, neginf=-np.inf),
        beyond_bad=np.nan_to_num(-toward_bad - reading, nan=-np.inf, posinf=np.inf, neginf=-np.inf),
        beyond_bound=np.nan_to_num(beyond_bound, nan=-np.inf, posinf=-np.inf, neginf=-np.inf),
        by_load=sideways,
        measured=measured,
        used=measured & (prediction.undefined <= policy.undefined_share) & ~np.isnan(prediction.median),
    )


_Gaps = tuple[Floats, Floats, Floats]
"""Log gaps to the median, to the good edge and to the bad edge."""


def _gaps(log_y: Floats, around: Band, sign: int) -> _Gaps:
    good, bad = (around.high, around.low) if sign > 0 else (around.low, around.high)
    return (
        sign * (log_y - np.log(around.median)),
        sign * (log_y - np.log(good)),
        sign * (log_y - np.log(bad)),
    )


def _load_gaps(latency: Floats, prediction: ClaimPrediction, sigma: float, policy: Policy) -> _Gaps:
    """Gaps in load at the claimed latency: near saturation a hair of load is a world of latency."""
    loads = band(x_at(prediction.curve_x, prediction.curve_raw, latency), sigma, policy.band_low, policy.band_high)
    with np.errstate(divide="ignore", invalid="ignore"):
        return _gaps(np.log(prediction.x), loads, 1)


def _smaller(value: _Gaps, load: _Gaps) -> tuple[_Gaps, Flags]:
    """Per point the comparison with the smaller gap; the value's own where the load has no answer."""
    with np.errstate(invalid="ignore"):
        sideways = np.isfinite(load[0]) & ((np.abs(load[0]) < np.abs(value[0])) | ~np.isfinite(value[0]))
    gap, good, bad = (np.where(sideways, new, old) for new, old in zip(load, value, strict=True))
    return (gap, good, bad), sideways


def _reading_error(claim: Claim, index: int, policy: Policy) -> float:
    point = claim.points[index]
    error = point.reading_error
    if point.spread is not None and point.y:
        error = float(np.hypot(error, abs(point.spread / point.y)))
    if claim.quantifier == "about":
        error = max(error, policy.about_error)
    return error


def _measured(claim: Claim, claimed: Floats) -> Flags:
    usable = np.array([point.usable and not point.censored for point in claim.points], dtype=bool)
    measured: Flags = usable & np.isfinite(claimed) & (claimed > 0)
    return measured


def compares_by_load(spec: PaperSpec, claim: Claim, metric: Metric) -> bool:
    """True for latency drawn over load: x is the offered rate or the number of clients."""
    if claim.x is None or metric.quantity != "latency" or claim.relative_to is not None:
        return False
    loads = {name for work in spec.workloads if work.id == claim.workload for name in (work.rate, work.population)}
    return claim.x in loads
