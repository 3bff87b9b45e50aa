"""Innocent readings of a deviation: what to rule out before anyone speaks of a gap."""

from gauntlet.costs.records import CostModel
from gauntlet.specs.claims import Claim, Metric
from gauntlet.specs.paper_spec import PaperSpec

_TAILS = ("quantile", "maximum")


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


def innocent_readings(spec: PaperSpec, claim: Claim, metric: Metric, worse: bool = False) -> tuple[str, ...]:
    """What the text leaves open that could explain a deviation without any gap, most likely first.

    `worse`: the claim lies on the bad side, so what was left out costs something.
    """
    found = []
    if metric.quantity == "latency":
        if metric.statistic == "unstated":
            found.append("another statistic is meant: the paper does not say mean, median or percentile")
        elif metric.statistic in _TAILS:
            found.append(f"the claim is a {statistic_name(metric)}; a term that gives a mean would be too low")
        if metric.includes is None:
            found.append("the number covers less or more than the model: client network and queueing are not named")
    if metric.per == "unstated" and metric.quantity in ("throughput", "bandwidth", "work_rate"):
        found.append("the number is per client, node or cluster, which the paper does not say")
    if metric.quantity == "work_rate" and metric.counts == "unstated":
        found.append("operations are counted differently: nominal work or work really executed")
    open_settings = _open_settings(spec, claim)
    if open_settings:
        found.append(f"settings were chosen that the paper does not state: {', '.join(open_settings)}")
    if not worse and not any("batch" in variable.id for variable in spec.variables):
        found.append("requests are batched somewhere that the text does not describe")
    found.append("the hardware is not the one stated, or ran at another clock")
    costs = "a step is missing, or costs more than its term" if worse else "a step costs less than its term, or none"
    found.append(f"our reading of the mechanism is wrong: {costs}")
    return tuple(found)


def _open_settings(spec: PaperSpec, claim: Claim) -> list[str]:
    configuration = spec.configuration(claim.configuration)
    if configuration is None:
        return []
    return [setting.variable for setting in configuration.settings if setting.kind in ("unstated", "chosen_per_point")]
