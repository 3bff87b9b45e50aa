"""What a specification says in a way that no model could answer well: one metric under two loops, shares as claims.

Each is an objection to the claims concerned, which are kept: it is for their author to mend.
"""

import re
from collections.abc import Iterator

from gauntlet import units
from gauntlet.paper.records import Paper
from gauntlet.specs.claims import Claim, SeriesSource
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.specs.problems import Problem

_CUMULATIVE = re.compile(r"\bc?cdf\b|cumulative", re.IGNORECASE)

_PER_CENT = re.compile(r"%|per ?cent", re.IGNORECASE)
_READING = 0.02
"""How far above the whole a share may lie as it is read off a plot."""


def incoherences(spec: PaperSpec, paper: Paper) -> tuple[Problem, ...]:
    """Every objection, each with its repair."""
    return (*_metrics_of_two_loops(spec), *_claimed_shares(spec, paper))


def _metrics_of_two_loops(spec: PaperSpec) -> Iterator[Problem]:
    """An open and a closed loop have a model each, and an output serves one metric."""
    loops = {load.id: load.loop for load in spec.workloads if load.loop != "unstated"}
    found: dict[tuple[str, str], dict[str, list[str]]] = {}
    for claim in spec.claims:
        if claim.kind != "attribution" and claim.workload in loops:
            for mechanism in filter(None, (claim.mechanism, claim.relative_to)):
                by_loop = found.setdefault((claim.metric, mechanism), {})
                by_loop.setdefault(loops[claim.workload], []).append(claim.id)
    told: set[str] = set()
    for (metric, mechanism), by_loop in found.items():
        if len(by_loop) > 1 and metric not in told:
            told.add(metric)
            listed = "; ".join(f"{loop}: {', '.join(names)}" for loop, names in by_loop.items())
            yield Problem(
                f"claims of {metric}",
                f"{mechanism} has claims of it under workloads of different loops ({listed}). Each loop needs a model "
                "of its own, and a metric has one: declare a second metric for one of the loops and give it to the "
                "claims measured there, on all mechanisms alike.",
            )


def _claimed_shares(spec: PaperSpec, paper: Paper) -> Iterator[Problem]:
    """Shares up to a value, where the value at a share would be the metric."""
    shares = {metric.id for metric in spec.metrics if not units.dimension(metric.unit)}
    for claim in spec.claims:
        if claim.metric in shares and claim.relative_to is None and (name := _distribution_of(claim, paper)):
            yield Problem(
                f"claim {claim.id}",
                f"{name} is a cumulative distribution and its shares are claimed, among which a faster system "
                "hardly shows. Claim the values: read_as 'quantiles' ('quantiles_of_excess' where the share above is "
                "drawn), a metric of the value itself with statistic 'quantile' and quantile null, and the level as "
                "x_variable.",
            )


def _distribution_of(claim: Claim, paper: Paper) -> str | None:
    """The series that the claim is read from, where it draws shares over a quantity with a unit."""
    for point in claim.points[:1]:
        found = paper.series(point.source.series) if isinstance(point.source, SeriesSource) else None
        if found is None:
            return None
        _, plot, series = found
        axis = plot.y_axis_of(series)
        title = f"{axis.title} {axis.label}"
        says = series.kind == "cdf" or _CUMULATIVE.search(title)
        whole = 100 if axis.unit == "%" or _PER_CENT.search(title) else 1
        shares = all(y <= whole * (1 + _READING) for _, y in series.points)
        return series.id if says and shares and axis.unit in (None, "", "%") and plot.x_axis.unit else None
    return None
