"""Claimed points against band and bound, in log space, the better side positive."""

from dataclasses import dataclass

import numpy as np

from gauntlet.specs.claims import Claim, Metric
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.verdict.bands import Band, band, edges, scores, x_at
from gauntlet.verdict.policy import Policy
from gauntlet.verdict.prediction import LEVELS, ClaimPrediction, Floats

Flags = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


@dataclass(frozen=True)
class Comparison:
    """P claimed points against a prediction; all logs positive on the good side.

    `band` is the prediction's; all else counts the reading error of the point as well. `gap` is log(claimed better
    than median), with `gap_low` and `gap_high` from the band's edges. `beyond_good` and `beyond_bad` are how far a
    point lies outside the band (negative inside), and `score` that gap in standard normal scores of honest claims.
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
    score: Floats
    beyond_bound: Floats
    by_load: Flags
    measured: Flags
    used: Flags


def speaks_for(spec: PaperSpec, claim: Claim) -> str:
    """Whom a claim is held against: of a ratio between a proposal and another the proposal, whoever is ahead in it.

    A baseline that is further ahead of the proposal than predicted is no baseline too good to be true.
    """
    if claim.relative_to is not None:
        proposed = [side for side in {claim.mechanism, claim.relative_to} if spec.mechanism(side).kind == "proposed"]
        if len(proposed) == 1:
            return proposed[0]
    return claim.favours or claim.mechanism


def good_sign(spec: PaperSpec, claim: Claim) -> int:
    """+1 where more is better. A ratio that speaks for the other mechanism (16x less time than ours) turns round."""
    sign = 1 if spec.metric(claim.metric).better == "higher" else -1
    turned = claim.relative_to not in (None, claim.mechanism) and speaks_for(spec, claim) == claim.relative_to
    return -sign if turned else sign


def compare(
    spec: PaperSpec,
    claim: Claim,
    metric: Metric,
    prediction: ClaimPrediction,
    policy: Policy,
    *,
    sigma: float,
    by_load: bool,
) -> Comparison:
    """Compare the points of `claim` with `prediction`, widened by the log standard deviation `sigma`."""
    claimed = np.array([point.y for point in claim.points])
    reading = reading_errors(claim, policy)
    sign, spread = good_sign(spec, claim), np.hypot(sigma, reading)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_y = np.log(np.maximum(claimed, 0.0))
        gaps = _gaps(claimed, prediction.raw, spread, policy, sign)
        beyond_bound = sign * (log_y - np.log(prediction.bound)) - np.log1p(policy.bound_tolerance) - reading
    sideways: Flags = np.zeros(claimed.size, dtype=bool)
    if by_load and prediction.curve_x.size > 1:
        loads = x_at(prediction.curve_x, prediction.curve_raw, claimed)
        gaps, sideways = _smaller(gaps, _gaps(prediction.x, loads, spread, policy, 1))
    gap, toward_good, toward_bad, score = gaps
    measured = _measured(claim)
    return Comparison(
        claimed=claimed,
        band=band(prediction.raw, sigma, policy.band_low, policy.band_high),
        gap=gap,
        gap_low=np.minimum(toward_good, toward_bad),
        gap_high=np.maximum(toward_good, toward_bad),
        beyond_good=_beyond(toward_good),
        beyond_bad=_beyond(-toward_bad),
        score=score,
        beyond_bound=np.nan_to_num(beyond_bound, nan=-np.inf, posinf=-np.inf, neginf=-np.inf),
        by_load=sideways,
        measured=measured,
        used=measured & (prediction.undefined <= policy.undefined_share) & ~np.isnan(prediction.median),
    )


def _gaps(claimed: Floats, raw: Floats, sigma: Floats, policy: Policy, sign: int) -> Floats:
    """Log gaps (4, P): to the median, to the good and the bad edge of the band; and the scores."""
    low, high = edges(raw, sigma, (policy.band_low, policy.band_high))
    ends = np.stack([raw[:, LEVELS.size // 2], *((high, low) if sign > 0 else (low, high))])
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(np.maximum(claimed, 0.0)) - np.log(ends)
    return np.asarray(sign * np.concatenate([logs, scores(raw, sigma, claimed)[None]]))


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
