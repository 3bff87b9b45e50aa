"""Where a prediction comes from: the waterfall at the point of the gap, and which part binds where along x."""

import itertools
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from gauntlet.costs.breakdown import inverted
from gauntlet.costs.records import CostModel
from gauntlet.mechanisms.catalogue import catalogue
from gauntlet.report.records import PartRow, Shares, Waterfall
from gauntlet.report.words import number
from gauntlet.specs.claims import Claim
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.units import DIMENSIONLESS, dimension, divide, from_si, to_si
from gauntlet.verdict.prediction import ClaimPrediction, Floats
from gauntlet.verdict.records import ClaimVerdict
from gauntlet.verdict.rounding import rounded, time_unit

_SECOND = dimension("s")
_FORMULA = "what its formula gives as a whole"


def meanings_of(spec: PaperSpec, model: CostModel) -> dict[str, str]:
    """What each part is, in words: terms, variables and formulas by name."""
    return (
        {name: primitive.summary for name, primitive in catalogue().items()}
        | {variable.id: variable.meaning for variable in spec.variables}
        | {term.id: term.meaning for term in model.terms}
    )


def waterfall(
    spec: PaperSpec, meanings: Mapping[str, str], claim: Claim, found: ClaimPrediction, verdict: ClaimVerdict, at: int
) -> Waterfall | None:
    """The parts of both sides at point `at`; None where the model has no finite cost there, or it cannot be opened.

    A baseline that is saturated there is left out.
    """
    own, theirs = (
        {name: value for name, value in zip(names, values[:, at].tolist(), strict=True) if value}
        for names, values in ((found.parts, found.part_values), (found.rival_parts, found.rival_part_values))
    )
    if not any(name in meanings for name in (*own, *theirs)):
        return None
    total, claimed, rival_total = _totals(spec, claim, found, verdict, at)
    if not own or not np.isfinite([*own.values(), total, claimed]).all() or total <= 0:
        return None
    if not np.isfinite([*theirs.values(), rival_total]).all():
        theirs = {}
    quantity, unit, shown = _shown(spec, claim, max(total, claimed))
    rows = tuple(
        PartRow(
            part=name, meaning=meanings.get(name, _FORMULA),
            value=shown(own[name]) if name in own else None, rival=shown(theirs[name]) if name in theirs else None,
        )
        for name in _merged(list(own), list(theirs))
    )  # fmt: skip
    return Waterfall(
        quantity=quantity,
        unit=unit,
        x=claim.points[at].x,
        rows=rows,
        rest=shown(total - sum(own.values())),
        total=shown(total),
        claimed=shown(claimed),
        rival=spec.mechanism(found.comparator).name if theirs and found.comparator else None,
        rival_rest=shown(rival_total - sum(theirs.values())) if theirs else None,
        rival_total=shown(rival_total) if theirs else None,
    )


def _totals(
    spec: PaperSpec, claim: Claim, found: ClaimPrediction, verdict: ClaimVerdict, at: int
) -> tuple[float, float, float]:
    """Predicted, claimed, and predicted of the baseline, as costs in SI."""
    values = (verdict.points[at].median, verdict.points[at].claimed, float(found.comparator_median[at]))
    metric = spec.metric(claim.metric)
    sign = -1.0 if inverted(metric) else 1.0
    with np.errstate(all="ignore"):
        if claim.relative_to is not None:
            reference = float(np.sum(found.rival_part_values[:, at]))
            own, claimed = (float(reference * np.float64(value) ** sign) for value in values[:2])
            return own, claimed, reference
        total, claimed, rival = (float(np.float64(to_si(value, metric.unit)) ** sign) for value in values)
    return total, claimed, rival


def _shown(spec: PaperSpec, claim: Claim, largest: float) -> tuple[str, str, Callable[[float], float]]:
    """What the cost is, its unit, and how a cost in SI is written in it."""
    metric = spec.metric(claim.metric)
    turned = inverted(metric)
    name = metric.name[:1].lower() + metric.name[1:] if metric.name[:2].istitle() else metric.name
    quantity = f"time per operation, 1 / {name}" if turned else name
    if (divide(DIMENSIONLESS, dimension(metric.unit)) if turned else dimension(metric.unit)) == _SECOND:
        unit = time_unit(largest)
        return quantity, unit, lambda cost: rounded(from_si(cost, unit))
    if turned:
        return (
            f"1 / {name}",
            f"1/({metric.unit})" if metric.unit else "",
            lambda cost: rounded(to_si(cost, metric.unit)),
        )
    return quantity, metric.unit, lambda cost: rounded(from_si(cost, metric.unit))


def _merged(own: Sequence[str], theirs: Sequence[str]) -> list[str]:
    """Both orders in one: what both have stands where both have it, what one alone has beside its neighbours."""
    waiting, merged = list(own), []
    for name in theirs:
        if name in waiting:
            place = waiting.index(name)
            merged += waiting[:place]
            waiting = waiting[place + 1 :]
        if name not in merged:
            merged.append(name)
    return merged + [name for name in waiting if name not in merged]


def shares_along(spec: PaperSpec, claim: Claim, found: ClaimPrediction) -> tuple[Shares, ...]:
    """Shares of the baseline and of the claim's own mechanism between the first and the last claimed x."""
    at = [point.x for point in claim.points if point.x is not None]
    if claim.x is None or found.curve_x.size < 2 or len(at) < 2:
        return ()
    inside = (found.curve_x >= min(at) * (1 - 1e-9)) & (found.curve_x <= max(at) * (1 + 1e-9))
    sides = [(claim.mechanism, False, found.parts, found.curve_parts)]
    if found.comparator is not None:
        sides.insert(0, (found.comparator, True, found.rival_parts, found.rival_curve_parts))
    x_unit = spec.variable(claim.x).unit
    return tuple(
        shares
        for mechanism, baseline, names, values in sides
        if values.shape[1] == found.curve_x.size and len(names) > 0
        for shares in _shares(
            spec.mechanism(mechanism).name, baseline, names, found.curve_x[inside], values[:, inside], x_unit
        )
    )


def _shares(
    mechanism: str, baseline: bool, names: tuple[str, ...], x: Floats, values: Floats, x_unit: str
) -> list[Shares]:
    total = values.sum(axis=0)
    kept = np.isfinite(values).all(axis=0) & (total > 0) & (values >= 0).all(axis=0)
    if np.count_nonzero(kept) < 2:
        return []
    parts = values[:, kept] / total[kept]
    order = np.argsort(-parts.mean(axis=1), kind="stable")
    names = tuple(names[place] for place in order)
    return [
        Shares(
            mechanism=mechanism,
            baseline=baseline,
            x=tuple(map(rounded, x[kept].tolist())),
            parts=names,
            shares=tuple(tuple(map(rounded, row)) for row in parts[order].tolist()),
            binds=_binds(names, x[kept], parts[order], x_unit),
        )
    ]


def _binds(names: Sequence[str], x: Floats, shares: Floats, unit: str) -> tuple[str, ...]:
    """'1 to 8 clients: fsync_s, 62 to 98 % of the cost', for each stretch with another largest part."""
    top = np.argmax(shares, axis=0)
    edges = [0, *(np.flatnonzero(np.diff(top)) + 1).tolist(), x.size]
    words = []
    for start, end in itertools.pairwise(edges):
        first, last = x[start], x[min(end, x.size - 1)]
        share = shares[top[start], start:end]
        low, high = f"{100 * share.min():.0f}", f"{100 * share.max():.0f}"
        span = low if low == high else f"{low} to {high}"
        words.append(
            f"{number(first)} to {number(last)} {unit}".rstrip() + f": {names[top[start]]}, {span} % of the cost"
        )
    return tuple(words)
