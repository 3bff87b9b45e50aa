"""Claimed points against band and bound, in log space, the better side positive."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gauntlet.specs.claims import Claim, Metric
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.verdict.bands import Band, band, edges, x_at
from gauntlet.verdict.policy import Policy
from gauntlet.verdict.prediction import LEVELS, ClaimPrediction, Floats

Flags = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


@dataclass(frozen=True)
class Comparison:
    """P claimed points against a prediction; all logs positive on the good side.

    `band` is the prediction's; all else counts the reading error of the point as well. `gap` is log(claimed better than
    median), with `gap_low` and `gap_high` from the band's edges. `beyond_good` and `beyond_bad` are how far a point lies
    outside the band (negative inside), `alarm_good` and `alarm_bad` how far beyond the edges that honest claims seldom
    reach, which are never inside the band.
    `beyond_bound` is how far it beats the bound beyond tolerance and reading error (-inf without a bound). `by_load`
    marks points compared at equal latency, because the gap is smaller that way. `measured` leaves out points that are
    no measurements, `used` also those for which the model has no value.
    """

    claimed: Floats
    band: Band
    gap: Floats
    gap_low: Floats
    gap_high: Floats
    beyond_good: Floats
    beyond_bad: Floats
    alarm_good: Floats
    alarm_bad: Floats
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
    claim: Claim,
    metric: Metric,
    prediction: ClaimPrediction,
    policy: Policy,
    *,
    sigma: float,
    by_load: bool,
    tail: float = 0.5,
) -> Comparison:
    """Compare the points of `claim` with `prediction`, widened by the log standard deviation `sigma`.

    `tail` is the probability beyond the edges of alarm; the band's own edges count where it is larger than theirs.
    """
    claimed = np.array([point.y for point in claim.points])
    reading = reading_errors(claim, policy)
    sign, spread = good_sign(claim, metric), np.hypot(sigma, reading)
    levels = policy.band_low, policy.band_high, min(tail, policy.band_low), max(1 - tail, policy.band_high)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_y = np.log(np.maximum(claimed, 0.0))
        gaps = _gaps(log_y, prediction.median, edges(prediction.raw, spread, levels), sign)
        beyond_bound = sign * (log_y - np.log(prediction.bound)) - np.log1p(policy.bound_tolerance) - reading
    sideways: Flags = np.zeros(claimed.size, dtype=bool)
    if by_load and prediction.curve_x.size > 1:
        gaps, sideways = _smaller(gaps, _load_gaps(claimed, prediction, spread, levels))
    gap, toward_good, toward_bad, good_alarm, bad_alarm = gaps
    return Comparison(
        claimed=claimed,
        band=band(prediction.raw, sigma, policy.band_low, policy.band_high),
        gap=gap,
        gap_low=np.minimum(toward_good, toward_bad),
        gap_high=np.maximum(toward_good, toward_bad),
        beyond_good=_beyond(toward_good),
        beyond_bad=_beyond(-toward_bad),
        alarm_good=_beyond(good_alarm),
        alarm_bad=_beyond(-bad_alarm),
        beyond_bound=np.nan_to_num(beyond_bound, nan=-np.inf, posinf=-np.inf, neginf=-np.inf),
        by_load=sideways,
        measured=_measured(claim),
        used=usable(claim, prediction, policy),
    )


def usable(claim: Claim, prediction: ClaimPrediction, policy: Policy) -> Flags:
    """Points that are measurements and for which the model has a value."""
    return _measured(claim) & (prediction.undefined <= policy.undefined_share) & ~np.isnan(prediction.median)


def _gaps(log_y: Floats, median: Floats, around: Sequence[Floats], sign: int) -> Floats:
    """Log gaps (5, P): to the median, to the good and the bad edge of the band, to the good and the bad of alarm."""
    low, high, far_low, far_high = around
    ends = (median, high, low, far_high, far_low) if sign > 0 else (median, low, high, far_low, far_high)
    return np.asarray(sign * (log_y - np.log(np.stack(ends))))


def _load_gaps(latency: Floats, prediction: ClaimPrediction, sigma: Floats, levels: Sequence[float]) -> Floats:
    """Gaps in load at the claimed latency: near saturation a hair of load is a world of latency."""
    loads = x_at(prediction.curve_x, prediction.curve_raw, latency)
    with np.errstate(divide="ignore", invalid="ignore"):
        return _gaps(np.log(prediction.x), loads[:, LEVELS.size // 2], edges(loads, sigma, levels), 1)


def _smaller(value: Floats, load: Floats) -> tuple[Floats, Flags]:
    """Per point the comparison with the smaller gap; the value's own where the load has no answer."""
    with np.errstate(invalid="ignore"):
        sideways = np.isfinite(load[0]) & ((np.abs(load[0]) < np.abs(value[0])) | ~np.isfinite(value[0]))
    return np.where(sideways, load, value), sideways


def _beyond(logs: Floats) -> Floats:
    return np.nan_to_num(logs, nan=-np.inf, posinf=np.inf, neginf=-np.inf)


def reading_errors(claim: Claim, policy: Policy) -> Floats:
    """Standard deviation of the log by which each point may be misread, its printed error bar included."""
    errors = []
    for point in claim.points:
        bar = 0.0 if point.spread is None or not point.y else abs(point.spread / point.y)
        error = float(np.hypot(point.reading_error, bar))
        errors.append(max(error, policy.about_error) if claim.quantifier == "about" else error)
    return np.log1p(errors)


def _measured(claim: Claim) -> Flags:
    claimed = np.array([point.y for point in claim.points])
    usable = np.array([point.usable and not point.censored for point in claim.points], dtype=bool)
    measured: Flags = usable & np.isfinite(claimed) & (claimed > 0)
    return measured


def compares_by_load(spec: PaperSpec, claim: Claim, metric: Metric) -> bool:
    """True for latency drawn over load: x is the offered rate or the number of clients."""
    if claim.x is None or metric.quantity != "latency" or claim.relative_to is not None:
        return False
    loads = {name for work in spec.workloads if work.id == claim.workload for name in (work.rate, work.population)}
    return claim.x in loads
