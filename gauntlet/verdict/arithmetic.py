"""Arithmetic inside the paper: numbers that should agree with each other, whatever the mechanism.

Each finding prints what was compared. It is evidence of a difference, never of its reason.
"""

from collections.abc import Iterator
from itertools import combinations

from gauntlet.specs.claims import Claim, Metric, Point
from gauntlet.specs.evidence import Evidence
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.specs.quantities import Exact
from gauntlet.units import dimension, to_si
from gauntlet.verdict.policy import Policy
from gauntlet.verdict.readings import statistic_name
from gauntlet.verdict.records import Finding

_SAME_X = 0.01
"""Relative distance within which two points are at the same x; drawn points never agree to the last digit."""


def check_arithmetic(spec: PaperSpec, policy: Policy) -> tuple[Finding, ...]:
    """All findings that need no cost model, in a fixed order."""
    checks = (_ratios, _littles_law, _speedups, _shares, _statistics, _contradictions)
    return tuple(finding for check in checks for finding in check(spec, policy))


def _ratios(spec: PaperSpec, policy: Policy) -> Iterator[Finding]:
    """A printed ratio against the ratio of the two series at the same x, or over all common x."""
    for claim in spec.claims:
        if claim.relative_to is None:
            continue
        pairs = list(_ratio_points(spec, claim))
        for index, point in enumerate(claim.points):
            if not _measured(point):
                continue
            ratios = [(x, value, error) for x, value, error in pairs if point.x is None or _near(x, point.x)]
            finding = _ratio_finding(claim, index, point, ratios, policy)
            if finding:
                yield finding


def _ratio_points(spec: PaperSpec, claim: Claim) -> Iterator[tuple[float, float, float]]:
    """x, ratio and reading error wherever both mechanisms have a measured point of the metric at the same x."""
    over = claim.relative_configuration or claim.configuration
    for own in _series(spec, claim.mechanism, claim.metric, claim.configuration):
        for other in _series(spec, claim.relative_to or "", claim.metric, over):
            if own.x != other.x or (claim.x is not None and claim.x != own.x):
                continue
            for top in own.points:
                for below in other.points:
                    if _measured(top) and _measured(below) and _near(top.x, below.x):
                        yield top.x or 0.0, top.y / below.y, top.reading_error + below.reading_error


def _ratio_finding(
    claim: Claim, index: int, point: Point, ratios: list[tuple[float, float, float]], policy: Policy
) -> Finding | None:
    if not ratios:
        return None
    low, high = min(value for _, value, _ in ratios), max(value for _, value, _ in ratios)
    slack = 1 + policy.arithmetic_tolerance + point.reading_error + max(error for _, _, error in ratios)
    if claim.quantifier == "about":
        slack += policy.about_error
    below, above = point.y * slack < low, point.y > high * slack
    if claim.quantifier == "up_to":
        below = point.y * slack < high
    elif claim.quantifier == "at_least":
        below, above = False, point.y > low * slack
    elif claim.quantifier == "at_most":
        below, above = point.y * slack < high, False
    if not below and not above:
        return None
    drawn = f"{low:.4g}" if len(ratios) == 1 else f"{low:.4g} to {high:.4g}"
    where = f" at x = {point.x:g}" if point.x is not None else f" over {len(ratios)} common points"
    return Finding(
        id=f"ratio_against_series:{claim.id}:{index + 1}",
        message=(
            f"{claim.id} states a ratio of {point.y:.4g}{_said(claim)}; the points of {claim.mechanism} and "
            f"{claim.relative_to} give {drawn}{where}."
        ),
        evidence=claim.evidence,
    )


def _said(claim: Claim) -> str:
    return "" if claim.quantifier == "at" else f" ({claim.quantifier.replace('_', ' ')})"


def _littles_law(spec: PaperSpec, policy: Policy) -> Iterator[Finding]:
    """Throughput times (mean latency + think time) against the clients of a closed loop (Little, 1961)."""
    for rate, delay in _rate_and_delay(spec):
        work = next((item for item in spec.workloads if item.id == rate.workload), None)
        if work is None or work.loop != "closed" or work.population is None:
            continue
        think_s = _exact_si(spec, work.think_time) if work.think_time else 0.0
        if think_s is None:
            continue
        for fast, slow in _pairs(rate, delay):
            clients = fast.x if rate.x == work.population else _exact_si(spec, work.population)
            if clients is None or clients <= 0:
                continue
            per_s = to_si(fast.y, spec.metric(rate.metric).unit, rate.id)
            inside = per_s * (to_si(slow.y, spec.metric(delay.metric).unit, delay.id) + think_s)
            slack = 1 + policy.arithmetic_tolerance + fast.reading_error + slow.reading_error
            if not clients / slack <= inside <= clients * slack:
                yield Finding(
                    id=f"littles_law:{rate.id}:{delay.id}:{fast.x or 0:g}",
                    message=(
                        f"Little's law: {rate.id} times ({delay.id} + think time {think_s:g} s) is {inside:.4g} "
                        f"requests in flight, with {clients:.4g} clients in a closed loop."
                    ),
                    evidence=_both(rate, delay),
                )


def _rate_and_delay(spec: PaperSpec) -> Iterator[tuple[Claim, Claim]]:
    """Throughput and mean latency claims of the same run. Numbers per node or client are no system's rate."""
    for rate in spec.claims:
        metric = spec.metric(rate.metric)
        if metric.quantity != "throughput" or metric.per not in ("cluster", "unstated") or rate.relative_to:
            continue
        if dimension(metric.unit) != dimension("1/s"):
            continue
        for delay in spec.claims:
            other = spec.metric(delay.metric)
            same = (delay.mechanism, delay.configuration, delay.workload, delay.x, delay.relative_to)
            mean = other.quantity == "latency" and other.statistic == "mean"
            if mean and same == (rate.mechanism, rate.configuration, rate.workload, rate.x, None):
                yield rate, delay


def _speedups(spec: PaperSpec, policy: Policy) -> Iterator[Finding]:
    """A speed-up over one unit of a resource that exceeds the units used."""
    for claim, metric, point, index in _points(spec):
        if metric.quantity != "speedup" or claim.x is None or point.x is None or claim.relative_to is not None:
            continue
        variable = spec.variable(claim.x)
        units = to_si(point.x, variable.unit, claim.id)
        if variable.whole and variable.role == "hardware" and units >= 1:
            slack = 1 + policy.arithmetic_tolerance + point.reading_error
            if point.y > units * slack:
                yield Finding(
                    id=f"speedup_beyond_resources:{claim.id}:{index + 1}",
                    message=f"{claim.id} states a speed-up of {point.y:.4g} on {units:g} {variable.meaning.lower()}.",
                    evidence=claim.evidence,
                )


def _shares(spec: PaperSpec, policy: Policy) -> Iterator[Finding]:
    """Utilisations and hit ratios above one. 'Per cent of one core' may exceed 100, so a stated share is needed."""
    for claim, metric, point, index in _points(spec):
        if metric.quantity not in ("utilisation", "hit_ratio") or claim.relative_to is not None:
            continue
        share = to_si(point.y, metric.unit, claim.id)
        if metric.per != "core" and share > 1 + policy.arithmetic_tolerance + point.reading_error:
            of = f" of {metric.share_of}" if metric.share_of else ""
            yield Finding(
                id=f"share_above_one:{claim.id}:{index + 1}",
                message=f"{claim.id} states a {metric.quantity.replace('_', ' ')} of {100 * share:.4g} %{of}.",
                evidence=claim.evidence,
            )


def _statistics(spec: PaperSpec, policy: Policy) -> Iterator[Finding]:
    """A lower percentile above a higher one, for the same quantity of one mechanism at the same x."""
    for one, other in combinations(spec.claims, 2):
        low, high = sorted((one, other), key=lambda claim: _level(spec.metric(claim.metric)) or 0.0)
        metrics = spec.metric(low.metric), spec.metric(high.metric)
        levels = [_level(metric) for metric in metrics]
        if None in levels or levels[0] == levels[1] or metrics[0].quantity != metrics[1].quantity:
            continue
        if metrics[0].includes != metrics[1].includes or not _same_run(low, high):
            continue
        for first, second in _pairs(low, high):
            a, b = (to_si(point.y, metric.unit) for point, metric in zip((first, second), metrics, strict=True))
            if a > b * (1 + policy.arithmetic_tolerance + first.reading_error + second.reading_error):
                yield Finding(
                    id=f"percentiles_crossed:{low.id}:{high.id}:{first.x or 0:g}",
                    message=(
                        f"{statistic_name(metrics[0])} of {low.id} ({first.y:.4g} {metrics[0].unit}) is above "
                        f"{statistic_name(metrics[1])} of {high.id} ({second.y:.4g} {metrics[1].unit})."
                    ),
                    evidence=_both(low, high),
                )


def _contradictions(spec: PaperSpec, policy: Policy) -> Iterator[Finding]:
    """Two places of the paper that do not agree, as the specification recorded them."""
    del policy
    for item in spec.contradictions:
        readings = " or ".join(f"'{reading}'" for reading in item.readings)
        yield Finding(
            id=f"contradiction:{item.id}",
            message=f"The paper can be read in more than one way about {item.about}: {readings}.",
            evidence=item.evidence,
        )


def _level(metric: Metric) -> float | None:
    if metric.statistic == "median":
        return 0.5
    return metric.quantile if metric.statistic == "quantile" else None


def _same_run(one: Claim, other: Claim) -> bool:
    keys = [(c.mechanism, c.configuration, c.workload, c.x, c.relative_to) for c in (one, other)]
    return keys[0] == keys[1] and keys[0][-1] is None


def _series(spec: PaperSpec, mechanism: str, metric: str, configuration: str | None) -> Iterator[Claim]:
    for claim in spec.claims:
        if (claim.mechanism, claim.metric, claim.relative_to) == (mechanism, metric, None) and (
            claim.configuration == configuration
        ):
            yield claim


def _points(spec: PaperSpec) -> Iterator[tuple[Claim, Metric, Point, int]]:
    for claim in spec.claims:
        for index, point in enumerate(claim.points):
            if _measured(point):
                yield claim, spec.metric(claim.metric), point, index


def _pairs(one: Claim, other: Claim) -> Iterator[tuple[Point, Point]]:
    """Measured points of two claims at the same x."""
    for first in one.points:
        for second in other.points:
            if _measured(first) and _measured(second) and _near(first.x, second.x):
                yield first, second


def _measured(point: Point) -> bool:
    return point.usable and not point.censored and point.y > 0


def _near(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return a is b
    return abs(a - b) <= _SAME_X * max(abs(a), abs(b))


def _exact_si(spec: PaperSpec, name: str | None) -> float | None:
    """SI value of a variable that is known exactly, else None."""
    variable = next((variable for variable in spec.variables if variable.id == name), None)
    if variable is None or not isinstance(variable.value, Exact):
        return None
    return to_si(variable.value.value, variable.unit, variable.id)


def _both(one: Claim, other: Claim) -> tuple[Evidence, ...]:
    return one.evidence + tuple(item for item in other.evidence if item not in one.evidence)
