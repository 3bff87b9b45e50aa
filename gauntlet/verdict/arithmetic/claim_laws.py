"""Laws that the claims of a specification must obey, whatever the mechanism: Little's law, shares, percentiles."""

from collections.abc import Iterator
from itertools import combinations

from gauntlet.specs.claims import Claim, Metric, Point
from gauntlet.specs.evidence import Evidence
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.specs.quantities import Exact
from gauntlet.units import dimension, to_si
from gauntlet.verdict.arithmetic.outcomes import Outcome, agrees, differs, unchecked
from gauntlet.verdict.arithmetic.percentiles import CHECK as CROSSED
from gauntlet.verdict.arithmetic.percentiles import READINGS as CROSSED_READINGS
from gauntlet.verdict.arithmetic.queues import LITTLE, LITTLE_READINGS, SHARE, SHARE_READINGS
from gauntlet.verdict.policy import Policy
from gauntlet.verdict.readings import statistic_name

_SAME_X = 0.01
"""Relative distance within which two points are at the same x; drawn points never agree to the last digit."""


def littles_law(spec: PaperSpec, policy: Policy) -> Iterator[Outcome]:
    """Throughput times (mean latency + think time) against the clients of a closed loop (Little, 1961)."""
    for rate, delay in rates_and_delays(spec):
        yield from in_flight(spec, policy, rate, delay)


def in_flight(spec: PaperSpec, policy: Policy, rate: Claim, delay: Claim) -> Iterator[Outcome]:
    """Little's law for the throughput and the mean latency of one run, wherever both were measured."""
    work = next((item for item in spec.workloads if item.id == rate.workload), None)
    if work is None or work.loop != "closed" or work.population is None:
        yield unchecked(LITTLE, "the claims' workload is no closed loop of a stated population")
        return
    think_s = _exact_si(spec, work.think_time) if work.think_time else 0.0
    if think_s is None:
        yield unchecked(LITTLE, "the think time of the claims' workload is not known exactly")
        return
    for fast, slow in _pairs(rate, delay):
        clients = fast.x if rate.x == work.population else _exact_si(spec, work.population)
        if clients is not None and clients > 0:
            yield _little(spec, policy, (rate, delay), (fast, slow), clients, think_s)


def _little(
    spec: PaperSpec,
    policy: Policy,
    claims: tuple[Claim, Claim],
    points: tuple[Point, Point],
    clients: float,
    think_s: float,
) -> Outcome:
    rate, delay = claims
    per_s, delay_s = (
        to_si(point.y, spec.metric(claim.metric).unit, claim.id) for claim, point in zip(claims, points, strict=True)
    )
    inside = per_s * (delay_s + think_s)
    slack = policy.arithmetic_tolerance + sum(point.reading_error for point in points)
    if clients / (1 + slack) <= inside <= clients * (1 + slack):
        return agrees(LITTLE)
    return differs(
        LITTLE,
        f"{rate.id}:{delay.id}:{points[0].x or 0:g}",
        f"Little's law: {rate.id} times ({delay.id} + think time {think_s:g} s) is {inside:.4g} requests in flight, "
        f"with {clients:.4g} clients in a closed loop.",
        _both(rate, delay),
        factor=inside / clients,
        tolerance=slack,
        values=(
            (rate.id, per_s, "1/s"),
            (delay.id, delay_s, "s"),
            ("think time", think_s, "s"),
            ("in flight", inside, ""),
            ("clients", clients, ""),
        ),
        readings=LITTLE_READINGS,
    )


def rates_and_delays(spec: PaperSpec) -> Iterator[tuple[Claim, Claim]]:
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


def claim_shares(spec: PaperSpec, policy: Policy) -> Iterator[Outcome]:
    """Utilisations and hit ratios above one. 'Per cent of one core' may exceed 100, so a stated share is needed."""
    for claim, metric, point, index in measured_points(spec):
        if metric.quantity not in ("utilisation", "hit_ratio") or claim.relative_to is not None:
            continue
        share = to_si(point.y, metric.unit, claim.id)
        slack = policy.arithmetic_tolerance + point.reading_error
        if share <= 1 + slack:
            yield agrees(SHARE)
        elif metric.per == "core":
            yield unchecked(SHARE, "a processor's utilisation may count one core as 100 %")
        else:
            of = f" of {metric.share_of}" if metric.share_of else ""
            yield differs(
                SHARE,
                f"{claim.id}:{index + 1}",
                f"{claim.id} states a {metric.quantity.replace('_', ' ')} of {100 * share:.4g} %{of}.",
                claim.evidence,
                factor=share,
                tolerance=slack,
                values=(("stated share", 100 * share, "%"),),
                readings=SHARE_READINGS,
            )


def statistics(spec: PaperSpec, policy: Policy) -> Iterator[Outcome]:
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
            yield _crossing((low, high), metrics, (first, second), policy)


def _crossing(
    claims: tuple[Claim, Claim], metrics: tuple[Metric, Metric], points: tuple[Point, Point], policy: Policy
) -> Outcome:
    below, above = (to_si(point.y, metric.unit) for point, metric in zip(points, metrics, strict=True))
    slack = policy.arithmetic_tolerance + sum(point.reading_error for point in points)
    if below <= above * (1 + slack):
        return agrees(CROSSED)
    low, high = claims
    names = [f"{statistic_name(metric)} of {claim.id}" for metric, claim in zip(metrics, claims, strict=True)]
    return differs(
        CROSSED,
        f"{low.id}:{high.id}:{points[0].x or 0:g}",
        f"{names[0]} ({points[0].y:.4g} {metrics[0].unit}) is above {names[1]} ({points[1].y:.4g} {metrics[1].unit}).",
        _both(low, high),
        factor=below / above,
        tolerance=slack,
        values=[(name, point.y, metric.unit) for name, point, metric in zip(names, points, metrics, strict=True)],
        readings=CROSSED_READINGS,
    )


def _level(metric: Metric) -> float | None:
    if metric.statistic == "median":
        return 0.5
    return metric.quantile if metric.statistic == "quantile" else None


def _same_run(one: Claim, other: Claim) -> bool:
    keys = [(c.mechanism, c.configuration, c.workload, c.x, c.relative_to) for c in (one, other)]
    return keys[0] == keys[1] and keys[0][-1] is None


def measured_points(spec: PaperSpec) -> Iterator[tuple[Claim, Metric, Point, int]]:
    """Every measured point with its claim, its metric and its place in the claim."""
    for claim in spec.claims:
        for index, point in enumerate(claim.points):
            if is_measured(point):
                yield claim, spec.metric(claim.metric), point, index


def _pairs(one: Claim, other: Claim) -> Iterator[tuple[Point, Point]]:
    """Measured points of two claims at the same x."""
    for first in one.points:
        for second in other.points:
            if is_measured(first) and is_measured(second) and near(first.x, second.x):
                yield first, second


def is_measured(point: Point) -> bool:
    """A point that says what was measured: neither cut off nor unusable nor zero."""
    return point.usable and not point.censored and point.y > 0


def near(a: float | None, b: float | None) -> bool:
    """The same x, or none on either side."""
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
