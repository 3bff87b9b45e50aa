"""Small papers worked by hand: variables, series and systems in as few words as the arithmetic needs."""

from collections.abc import Mapping, Sequence

from gauntlet.costs.records import CostModel, Output, Term
from gauntlet.specs.claims import Claim, Metric, Point, SeriesSource
from gauntlet.specs.mechanism import Mechanism, Step
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.specs.quantities import Distribution, Exact, Interval, Scope, Sweep, Variable
from gauntlet.specs.workload import Workload
from gauntlet.verdict.records import Verdict
from tests.costs.example import APPROVED, HUMAN

EXPERIMENT = Scope(kind="experiment")


def stated(name: str, unit: str, value: float, scope: Scope = EXPERIMENT, **more) -> Variable:
    return Variable(
        id=name, meaning=name, unit=unit, value=Exact(value=value), role="workload", source="paper", scope=scope, **more
    )


def guessed(name: str, unit: str, low: float, high: float, scope: Scope, shared_by: Sequence[str] = (), **more):
    """Log-uniform between `low` and `high`, from no one's paper."""
    value = Interval(low=low, high=high, scale="log") if low > 0 else Interval(low=low, high=high)
    return Variable(
        id=name, meaning=name, unit=unit, value=value, role="hardware", source="prior", scope=scope,
        shared_by=tuple(shared_by), **more,
    )  # fmt: skip


def prior(name: str, unit: str, low: float, high: float, scope: Scope, shared_by: Sequence[str] = ()) -> Variable:
    """Log-normal with 5 % below `low` and 5 % above `high`."""
    value = Distribution(family="lognormal", low=low, typical=(low * high) ** 0.5, high=high)
    return Variable(
        id=name, meaning=name, unit=unit, value=value, role="hardware", source="prior", scope=scope,
        shared_by=tuple(shared_by),
    )  # fmt: skip


def swept(name: str, unit: str, values: Sequence[float] = (), **more) -> Variable:
    return Variable(
        id=name, meaning=name, unit=unit, value=Sweep(values=tuple(values)), role="workload", source="paper", **more
    )


def series(
    name: str, mechanism: str, metric: str, x: str | None, points: Mapping[float, float] | float, **more
) -> Claim:
    """A series over x, or a single number."""
    pairs = list(points.items()) if isinstance(points, Mapping) else [(None, points)]
    error = more.pop("reading_error", 0.01)
    return Claim(
        id=name, kind=more.pop("kind", "series" if x else "scalar"), statement=name, mechanism=mechanism,
        metric=metric, x=x,
        points=tuple(
            Point(x=at, y=y, reading_error=error, source=SeriesSource(series=name, index=index))
            for index, (at, y) in enumerate(pairs)
        ),
        **more,
    )  # fmt: skip


def system(name: str, kind: str, *steps: Step, **more) -> Mechanism:
    own = steps or (Step(id=f"{name}_serves", actor=name, action="serves"),)
    return Mechanism(id=name, name=name, kind=kind, steps=own, **more)


def metric(name: str, quantity: str, unit: str, better: str, statistic: str = "mean", **more) -> Metric:
    return Metric(id=name, name=name, quantity=quantity, unit=unit, better=better, statistic=statistic, **more)


def paper(
    mechanisms: Sequence[Mechanism],
    variables: Sequence[Variable],
    metrics: Sequence[Metric],
    claims: Sequence[Claim],
    **more,
) -> PaperSpec:
    return PaperSpec(
        paper_sha256="0" * 64, title="Worked by hand", mechanisms=tuple(mechanisms), variables=tuple(variables),
        workloads=more.pop("workloads", (Workload(loop="batch"),)), metrics=tuple(metrics), claims=tuple(claims),
        origin=HUMAN, approval=APPROVED, **more,
    )  # fmt: skip


def cost_model(outputs: Mapping[tuple[str, str], str], terms: Sequence[Term] = (), **more) -> CostModel:
    """Outputs by (mechanism, metric)."""
    return CostModel(
        terms=tuple(terms),
        outputs=tuple(
            Output(mechanism=mechanism, metric=name, expression=expression, unit="1")
            for (mechanism, name), expression in outputs.items()
        ),
        origin=HUMAN, approval=APPROVED, **more,
    )  # fmt: skip


def labels(verdict: Verdict) -> dict[str, str]:
    return {claim.claim: claim.label for claim in verdict.claims}


def reasons(verdict: Verdict, claim: str) -> str:
    return " ".join(next(one for one in verdict.claims if one.claim == claim).reasons)
