"""What the paper does not disclose: how much of the band it makes, and which values would settle the claim."""

import math
from collections.abc import Sequence

import numpy as np

from gauntlet.verdict.bands import x_at
from gauntlet.verdict.case import Case
from gauntlet.verdict.compare import Comparison
from gauntlet.verdict.prediction import Floats
from gauntlet.verdict.records import Settling
from gauntlet.verdict.regions import longest_reach, words
from gauntlet.verdict.rounding import factor, rounded, times


def uninformative(case: Case, seen: Comparison, order: Sequence[int]) -> str | None:
    """Why a band around the claim says nothing: too wide because of what the paper does not disclose.

    As many neighbouring points as make a deviation must be too wide, for there one could hide; or the point at which
    the mechanism is farthest from its baseline is wider than that difference.
    """
    hidden = hidden_shares(case)
    total = sum(case.prediction.shares.values())
    if not hidden or total <= 0:
        return None
    part = math.sqrt(min(1.0, sum(hidden.values()) / total))  # variances add, widths do not
    widths = _log_widths(case, seen)[np.array(order)] * part
    names = ", ".join(list(hidden)[: case.policy.settling_count])
    wide = longest_reach(
        list(widths > math.log(case.policy.informative_band)), list(widths), case.policy.needed(len(order))
    )
    if wide:
        where = words(case.spec, case.claim, [order[place] for place in wide], order)
        least = min(widths[place] for place in wide)
        span = times(factor(least))
        most = span if span.startswith("more") else f"{span} or more"
        return (
            f"The band spans {most}{f' {where}' if where else ''} because of values that are "
            f"not disclosed ({names}); more than {times(case.policy.informative_band)} says nothing."
        )
    stakes = _at_stake(case, order)
    place = int(np.argmax(stakes))
    widths = _widths_of_stake(case, widths, order, part)
    if math.log1p(case.policy.discrepancy_sigma) < stakes[place] < widths[place]:
        width, stake = (times(factor(value[place])) for value in (widths, stakes))
        return (
            f"The band spans {width} because of values that are not disclosed ({names}), more than the {stake} between "
            f"{case.prediction.comparator} and this mechanism."
        )
    return None


def _widths_of_stake(case: Case, widths: Floats, order: Sequence[int], part: float) -> Floats:
    """Log width of the difference to the baseline: what moves both alike hides no difference between them."""
    low, high = _ends(case, case.prediction.over_comparator[np.array(order)])
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = (np.log(high) - np.log(low)) * part
    return np.where(np.isnan(apart), widths, np.minimum(widths, apart))


def _ends(case: Case, quantiles: Floats) -> tuple[Floats, Floats]:
    """The edges of the band among stored quantiles (P, 201)."""
    low, high = np.quantile(quantiles, (case.policy.band_low, case.policy.band_high), axis=1, method="nearest")
    return low, high


def _log_widths(case: Case, seen: Comparison) -> Floats:
    """Log width of the raw band at each point; in load where load was compared."""
    raw = case.prediction.raw
    if seen.by_load.any():
        loads = x_at(case.prediction.curve_x, case.prediction.curve_raw, seen.claimed)
        raw = np.where(seen.by_load[:, None], loads, raw)
    low, high = _ends(case, raw)
    with np.errstate(divide="ignore", invalid="ignore"):
        widths: Floats = np.nan_to_num(np.log(high) - np.log(low), nan=0.0, posinf=np.inf)
    return widths


def _at_stake(case: Case, order: Sequence[int]) -> Floats:
    """Log difference between baseline and this mechanism, by the model, at the usable points; 0 without a baseline.

    One that two honest implementations could show by chance is no stake: there the claim is not about a difference.
    """
    index = np.array(order)
    if case.prediction.comparator is None:
        return np.zeros(index.size)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.abs(np.log(case.prediction.median[index] / case.prediction.comparator_median[index]))
    stakes: Floats = np.nan_to_num(apart, nan=0.0, posinf=np.inf)
    return stakes


def hidden_shares(case: Case) -> dict[str, float]:
    """Shares of undisclosed variables, largest first."""
    found = {
        variable.id: case.prediction.shares[variable.id]
        for variable in case.spec.variables
        if variable.id in case.prediction.shares and not variable.disclosed
    }
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def settling(case: Case, seen: Comparison) -> tuple[Settling, ...]:
    """The undisclosed values that carry most of the band; none where the band is as narrow as honest deviation."""
    if float(np.median(_log_widths(case, seen))) < math.log1p(case.policy.discrepancy_sigma):
        return ()
    return tuple(
        Settling(variable=name, meaning=case.spec.variable(name).meaning, share=rounded(min(share, 1.0)))
        for name, share in weighty(case)[: case.policy.settling_count]
    )


def weighty(case: Case) -> list[tuple[str, float]]:
    """The undisclosed variables without which the band would be narrower, with their shares."""
    return [(name, share) for name, share in hidden_shares(case).items() if share >= case.policy.settling_share]
