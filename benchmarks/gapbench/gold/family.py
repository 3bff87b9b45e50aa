"""A gold model of one family, and how a paper's numbers are filled into it: specification and cost model.

A family is written from the description that its papers print: terms in the house's grammar, over variables that the
papers state. Nothing of it depends on a paper but the values.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from benchmarks.gapbench.gold.truth import Headline, Known, Series
from gauntlet.costs.records import Bound, CostModel, Output, Term, Waiver
from gauntlet.mechanisms.catalogue import unit_of
from gauntlet.specs.claims import Claim, EditedSource, Metric, MetricKind, Point, SeriesSource, Statistic
from gauntlet.specs.evidence import Approval, Origin
from gauntlet.specs.mechanism import Mechanism, Step
from gauntlet.specs.paper_spec import Configuration, PaperSpec, Setting
from gauntlet.specs.quantities import Exact, Interval, Scope, Sweep, Value, Variable, Withheld
from gauntlet.specs.workload import Workload
from gauntlet.units import si_unit, to_si

Role = Literal["hardware", "workload", "protocol", "tuning"]
MECHANISMS = ("baseline", "proposed")
PERSON = Origin(kind="human")
APPROVED = Approval(status="approved", verifications=2)
PRINTED = 5e-4
"""Relative rounding of a number with four significant digits, as the papers print points."""
HEADLINE = 5e-3
"""The same for the three digits of a gain."""


@dataclass(frozen=True)
class Given:
    """A parameter of the file under the name it has in expressions, whose last part is its unit."""

    key: str
    id: str
    role: Role = "workload"
    whole: bool = False
    used_by: tuple[str, ...] = MECHANISMS


@dataclass(frozen=True)
class Experiment:
    """One figure: what is on its x axis (drawn in `x_unit`) and what is measured there, in which setting."""

    id: str
    x: str
    x_unit: str
    metric: str
    quantity: MetricKind
    workload: Workload
    statistic: Statistic = "mean"
    quantile: float | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    x_role: Role = "workload"
    x_whole: bool = False

    @property
    def configuration(self) -> str:
        """Its configuration's id."""
        return f"in_{self.id}"


@dataclass(frozen=True)
class Family:
    """Everything about a family that its papers share."""

    given: tuple[Given, ...]
    experiments: tuple[Experiment, ...]
    terms: tuple[Term, ...]
    outputs: Mapping[tuple[str, str], str]
    """(mechanism, metric) -> expression."""
    bounds: Mapping[tuple[str, str], tuple[str, str]]
    """(mechanism, metric) -> resource and expression."""
    variables: tuple[Variable, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    assumptions: tuple[str, ...] = ()
    adapt: Callable[["Family", Known], "Family"] | None = None
    """What only the words or a table of a paper say."""

    def of(self, known: Known) -> tuple[PaperSpec, CostModel]:
        """Specification and cost model of one paper, for the figures that it has."""
        family = self.adapt(self, known) if self.adapt else self
        drawn = {one.experiment for one in known.series}
        figures = tuple(one for one in family.experiments if one.id in drawn)
        metrics = {one.metric for one in figures}
        family = replace(
            family,
            experiments=figures,
            outputs={key: text for key, text in family.outputs.items() if key[1] in metrics},
            bounds={key: text for key, text in family.bounds.items() if key[1] in metrics},
        )
        return family._spec(known), family._model(known)

    def _spec(self, known: Known) -> PaperSpec:
        return PaperSpec(
            paper_sha256=known.paper,
            title=known.title,
            mechanisms=tuple(_mechanism(known, role) for role in MECHANISMS),
            variables=self._variables(known),
            workloads=tuple({each.workload.id: each.workload for each in self.experiments}.values()),
            configurations=self._configurations(),
            metrics=self._metrics(known),
            claims=(*(self._claim(one) for one in known.series), *(self._headline(one) for one in known.headlines)),
            origin=PERSON,
            approval=APPROVED,
        )

    def _model(self, known: Known) -> CostModel:
        units = {metric.id: si_unit(metric.unit) for metric in self._metrics(known)}
        return CostModel(
            terms=self.terms,
            outputs=tuple(
                Output(mechanism=owner, metric=metric, expression=text, unit=units[metric])
                for (owner, metric), text in self.outputs.items()
            ),
            bounds=tuple(
                Bound(
                    id=f"{owner}_{metric}_bound", mechanism=owner, metric=metric, resource=resource, expression=text,
                    unit=units[metric],
                )
                for (owner, metric), (resource, text) in self.bounds.items()
            ),
            waivers=self.waivers,
            assumptions=self.assumptions,
            origin=PERSON,
            approval=APPROVED,
        )  # fmt: skip

    def _variables(self, known: Known) -> tuple[Variable, ...]:
        given = tuple(_given(one, known) for one in self.given)
        there = {variable.id for variable in (*given, *self.variables)}
        swept = {each.x: _swept(each, known) for each in self.experiments if each.x not in there}
        return (*given, *self.variables, *swept.values())

    def _configurations(self) -> tuple[Configuration, ...]:
        return tuple(
            Configuration(
                id=each.configuration,
                meaning=f"As measured in {each.id}",
                settings=(
                    Setting(variable=each.x, kind="sweep"),
                    *(Setting(variable=name, expression=text) for name, text in each.settings.items()),
                ),
            )
            for each in self.experiments
        )

    def _metrics(self, known: Known) -> tuple[Metric, ...]:
        found = {}
        for each in self.experiments:
            own = next(one for one in known.series if one.experiment == each.id)
            found[each.metric] = Metric(
                id=each.metric, name=own.metric, quantity=each.quantity, unit=own.y_unit, better=own.better,
                statistic=each.statistic, quantile=each.quantile, includes="what the description names", per="cluster",
                counts="nominal",
            )  # fmt: skip
        return tuple(found.values())

    def _experiment(self, series: Series) -> Experiment:
        return next(each for each in self.experiments if each.id == series.experiment)

    def _claim(self, series: Series) -> Claim:
        each = self._experiment(series)
        return Claim(
            id=claim_id(series.id),
            kind="series",
            statement=f"{series.metric} of the {series.role} system over {series.x_name}",
            mechanism=series.role,
            metric=each.metric,
            x=each.x,
            configuration=each.configuration,
            workload=each.workload.id,
            points=tuple(
                Point(
                    x=to_si(x, each.x_unit),
                    y=y,
                    reading_error=PRINTED,
                    source=SeriesSource(series=series.id, index=index),
                )
                for index, (x, y) in enumerate(zip(series.x, series.y, strict=True))
                if y is not None
            ),
        )

    def _headline(self, one: Headline) -> Claim:
        """The gain 'up to' so much: more of what is better, or the other's over ours where less is better."""
        each = self._experiment(one.about)
        owner, other = MECHANISMS[::-1] if one.about.better == "higher" else MECHANISMS
        point = Point(
            x=None, y=one.stated, reading_error=HEADLINE, source=EditedSource(reason="printed in the abstract")
        )
        return Claim(
            id="headline", kind="ratio", statement=one.quote, mechanism=owner, metric=each.metric, relative_to=other,
            configuration=each.configuration, workload=each.workload.id, favours="proposed", quantifier="up_to",
            points=(point,),
        )  # fmt: skip


def claim_id(series: str) -> str:
    """Our id of a benchmark claim: 'latency_vs_load/proposed' is latency_vs_load_of_proposed."""
    return series.replace("/", "_of_")


def _mechanism(known: Known, role: str) -> Mechanism:
    steps = tuple(
        Step(id=f"{role[0]}{place}", actor="system", action=words)
        for place, words in enumerate(known.steps[role], start=1)
    )
    return Mechanism(
        id=role,
        name=known.systems[role],
        kind="baseline" if role == "baseline" else "proposed",
        steps=steps,
        described_is_measured="unknown",
    )


def _given(one: Given, known: Known) -> Variable:
    value: Value
    if one.key in known.ranges:
        low, high = known.ranges[one.key]
        value = Withheld(low=low, high=high)
    else:
        value = Exact(value=known.values[one.key])
    return Variable(
        id=one.id, meaning=known.meanings[one.key], unit=unit_of(one.id), value=value, role=one.role, source="paper",
        scope=Scope(kind="experiment"), shared_by=one.used_by, whole=one.whole,
    )  # fmt: skip


def _swept(each: Experiment, known: Known) -> Variable:
    own = next(one for one in known.series if one.experiment == each.id)
    values = tuple(to_si(x, each.x_unit) for x in own.x)
    return Variable(
        id=each.x, meaning=own.x_name, unit=unit_of(each.x), value=Sweep(values=values), role=each.x_role,
        source="paper", shared_by=MECHANISMS, whole=each.x_whole,
    )  # fmt: skip


def stated(name: str, value: float, meaning: str, role: Role = "protocol") -> Variable:
    """A number that every paper of the family prints in its text."""
    return Variable(
        id=name, meaning=meaning, unit=unit_of(name), value=Exact(value=value), role=role, source="paper",
        shared_by=MECHANISMS,
    )  # fmt: skip


def assumed(name: str, low: float, high: float, meaning: str, role: Role = "hardware") -> Variable:
    """A number that no paper of the family states, within what such systems show."""
    return Variable(
        id=name, meaning=meaning, unit=unit_of(name), value=Interval(low=low, high=high), role=role, source="assumed",
        scope=Scope(kind="device"), shared_by=MECHANISMS,
    )  # fmt: skip


def term(name: str, mechanism: str | None, meaning: str, expression: str, steps: str = "") -> Term:
    """A term whose unit its name says; `steps` such as 'b1 b2'."""
    return Term(
        id=name,
        mechanism=mechanism,
        meaning=meaning,
        expression=expression,
        unit=unit_of(name),
        steps=tuple(steps.split()),
    )
