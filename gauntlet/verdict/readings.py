"""Innocent readings of a deviation: what to rule out before anyone speaks of a gap."""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from gauntlet.costs.records import CostModel
from gauntlet.specs.claims import Claim, Metric
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.verdict.compare import speaks_for
from gauntlet.verdict.records import Settling

if TYPE_CHECKING:
    from gauntlet.verdict.case import Case

_TAILS = ("quantile", "maximum")
_MOST, _NAMED = 5, 2
"""Readings offered, and variables named in one of them."""
_MISPRINT = (
    "a number of this sentence is misprinted, or belongs to another run: other numbers of the paper contradict it"
)
_BATCHES = re.compile(r"batch|coalesc|group[ _-]commit|aggregat|piggyback", re.IGNORECASE)
_REST = re.compile(r"[:;(]|, |\. ")
_FLUSH = re.compile(r"flush|f(?:data)?sync|stable storage", re.IGNORECASE)


def statistic_name(metric: Metric) -> str:
    """'p99', 'mean', 'statistic not stated'."""
    if metric.statistic == "quantile" and metric.quantile is not None:
        return f"p{100 * metric.quantile:g}"
    return "statistic not stated" if metric.statistic == "unstated" else metric.statistic


def confused_statistic(spec: PaperSpec, model: CostModel, claim: Claim, metric: Metric) -> str | None:
    """A sentence where the model answers a tail and another statistic with one expression: it cannot mean both."""
    own = model.output(claim.mechanism, claim.metric)
    if own is None or metric.statistic not in _TAILS:
        return None
    for other in spec.metrics:
        twin = model.output(claim.mechanism, other.id)
        different = (other.statistic, other.quantile) != (metric.statistic, metric.quantile)
        if twin and other.quantity == metric.quantity and different and twin.expression == own.expression:
            return (
                f"The model gives one expression for {statistic_name(metric)} ({metric.id}) and for "
                f"{statistic_name(other)} ({other.id}); a mean cannot be judged against a tail."
            )
    return None


def innocent_readings(
    case: "Case",
    worst: int,
    *,
    worse: bool,
    settle: Sequence[Settling],
    disputed: bool,
    exhausts: str | None,
    apart: str | None,
) -> tuple[str, ...]:
    """What could explain a deviation at point `worst` without any gap, the most likely first, five at most.

    `worse`: the claim lies on the bad side. `settle` are the values whose disclosure would settle it; `disputed` says
    that other numbers of the paper contradict this one; `exhausts` is what the bound it beats exhausts, `apart` a
    series of the paper that shows another value at a setting which both have.
    """
    found = [_MISPRINT] if disputed else []
    if apart is not None:
        found.append(f"a setting of this experiment is not the one named: {apart} differs at a setting that both have")
    if exhausts is not None:
        found.append(f"it was measured where this limits it less, or not at all: {exhausts}")
    found += [
        f"{one.variable} ({_brief(one.meaning)}) is not as assumed: the paper does not state it, and it makes "
        f"{100 * one.share:.0f} % of the band"
        for one in settle[:1]
    ]
    found += _of_metric(case.metric, worse)
    found += _of_settings(case, {one.variable for one in settle[:1]})
    found.append(_of_mechanism(case, worst, worse))
    found += [] if worse else _of_batching(case)
    found.append(_of_hardware(case, worst))
    return tuple(found[:_MOST])


def _of_metric(metric: Metric, worse: bool) -> Iterator[str]:
    """What the paper leaves open of what was measured."""
    if metric.quantity == "latency":
        if metric.statistic == "unstated":
            yield f"another statistic is meant: the paper does not say whether {metric.name} is a mean or a percentile"
        elif metric.statistic in _TAILS and worse:
            yield f"the claim is a {statistic_name(metric)}; a term that gives a mean would be too low"
        if metric.includes is None:
            yield f"{metric.name} covers less or more than the model: client network and queueing are not named"
    if metric.per == "unstated" and metric.quantity in ("throughput", "bandwidth", "work_rate"):
        yield f"{metric.name} is per client, node or cluster, which the paper does not say"
    if metric.quantity == "work_rate" and metric.counts == "unstated":
        yield "operations are counted differently: nominal work or work really executed"


def _of_settings(case: "Case", told: Collection[str]) -> Iterator[str]:
    """Settings that the paper leaves open and on which the prediction depends."""
    configuration = case.spec.configuration(case.claim.configuration)
    settings = () if configuration is None else configuration.settings
    behind = case.compiled.variables_behind(case.claim) - {case.claim.x, *told}
    left = [one.variable for one in settings if one.kind in ("unstated", "chosen_per_point") and one.variable in behind]
    if left:
        named = ", ".join(f"{name} ({_brief(case.spec.variable(name).meaning)})" for name in left[:_NAMED])
        yield f"settings were chosen that the paper does not state: {named}"


def _of_mechanism(case: "Case", worst: int, worse: bool) -> str:
    """That the model is wrong, at the part that makes most of the predicted cost at the worst point."""
    costs = "a step is missing, or costs more than its term" if worse else "a step costs less than its term, or none"
    own = case.spec.mechanism(speaks_for(case.spec, case.claim))
    part = _largest_part(case, worst)
    known = {one.id: one.meaning for one in case.spec.variables} | {one.id: one.meaning for one in case.model.terms}
    if part is None or part[0] not in known:
        return f"our reading of {own.name} is wrong: {costs}"
    name, share = part
    return (
        f"our reading of {own.name} is wrong: {costs}; {100 * share:.0f} % of its predicted cost is {name} "
        f"({_brief(known[name])})"
    )


def _largest_part(case: "Case", worst: int) -> tuple[str, float] | None:
    """Name and share of the largest part of the predicted cost; None where nobody opened it."""
    rival = speaks_for(case.spec, case.claim) == case.claim.relative_to
    names = case.prediction.rival_parts if rival else case.prediction.parts
    values = case.prediction.rival_part_values if rival else case.prediction.part_values
    if not names:
        return None
    costs = values[:, worst]
    total = float(costs.sum())
    if not np.isfinite(total) or total <= 0:
        return None
    largest = int(np.argmax(costs))
    return names[largest], float(costs[largest]) / total


def _brief(meaning: str) -> str:
    """What a meaning says first."""
    return _REST.split(meaning)[0].strip()


def _of_batching(case: "Case") -> Iterator[str]:
    """That requests share a message or a flush, where the text has each send its own and says nothing of batches."""
    steps = case.spec.mechanism(speaks_for(case.spec, case.claim)).steps
    said = [*(one.action for one in steps), *(f"{one.id} {one.meaning}" for one in case.spec.variables)]
    if case.metric.quantity not in ("latency", "throughput") or any(_BATCHES.search(text) for text in said):
        return
    if any(one.per == "batch" for one in steps):
        return
    shared = [one for one in steps if one.per == "operation" and (one.sender is not None or _FLUSH.search(one.action))]
    for one in [step for step in shared if step.occupies is not None][:1] or shared[:1]:
        yield f"several requests share a step of which the text gives each its own: {one.action.rstrip('.')}"


def _of_hardware(case: "Case", worst: int) -> str:
    """Another machine or clock than the one stated, with the facts of it on which the largest part depends."""
    own, part = speaks_for(case.spec, case.claim), _largest_part(case, worst)
    program = case.compiled.programs[own]
    behind = set() if part is None else {part[0]}
    if part is not None and part[0] in program:
        behind = case.compiled.variables_of(own, [program[part[0]]])
    facts = [one for one in case.spec.variables if one.role == "hardware" and one.disclosed and one.id in behind]
    named = f": {', '.join(f'{one.id} ({_brief(one.meaning)})' for one in facts[:_NAMED])}" if facts else ""
    return f"the hardware is not the one stated, or ran at another clock{named}"
