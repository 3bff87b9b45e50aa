"""Families of the hard tier: several figures of one metric, speed-ups as bars, constants that baselines show."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from benchmarks.gapbench.gold.family import MECHANISMS, PRINTED, Experiment, Family
from benchmarks.gapbench.gold.truth import Cycle, Known, Series
from gauntlet.costs.records import CostModel, Unmodelled
from gauntlet.mechanisms.catalogue import unit_of
from gauntlet.specs.claims import Claim, EditedSource, Metric, Point
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.specs.quantities import Sweep, Variable
from gauntlet.specs.workload import Workload

UNITS = {"executions": "1"}
"""Units of the papers that the house's table does not know."""
CYCLE = Metric(
    id="response_in_cycle",
    name="response between two requests of a client",
    quantity="latency",
    unit="s",
    better="lower",
    statistic="mean",
)
IN_CYCLE = (
    "A sentence states it beside a throughput; it is held against that, by Little's law, and no claim of its own."
)


@dataclass(frozen=True)
class Figure(Experiment):
    """One experiment; where it is `relative`, its values are the proposal's over the baseline's."""

    relative: bool = False


@dataclass(frozen=True)
class HardFamily(Family):
    """A family whose papers draw most of its figures; `defaults` hold where a figure neither sweeps nor sets them."""

    defaults: Mapping[str, str] = field(default_factory=dict)

    def of(self, known: Known) -> tuple[PaperSpec, CostModel]:
        """Specification and cost model of one paper, for the figures that it has."""
        there = {one.experiment for one in known.series}
        figures = tuple(self._settled(one) for one in self.experiments if one.id in there)
        metrics = {one.metric for one in figures}
        outputs = {key: text for key, text in self.outputs.items() if key[1] in metrics}
        bounds = {key: text for key, text in self.bounds.items() if key[1] in metrics}
        spec, model = Family.of(replace(self, experiments=figures, outputs=outputs, bounds=bounds), known)
        stated_only = tuple(
            Unmodelled(mechanism=one.about.role, metric=CYCLE.id, reason=IN_CYCLE) for one in known.cycles
        )
        return spec, model.model_copy(update={"unmodelled": stated_only[:1]})

    def _variables(self, known: Known) -> tuple[Variable, ...]:
        """Those of any family, and those that only the figures set."""
        variables = Family._variables(self, known)
        set_by_figures = dict.fromkeys(name for one in self.experiments for name in one.settings)
        missing = [name for name in set_by_figures if all(name != there.id for there in variables)]
        return (*variables, *(_set_by_figures(name) for name in missing))

    def _settled(self, one: Experiment) -> Experiment:
        open_ones = {name: text for name, text in self.defaults.items() if name != one.x}
        return replace(one, settings=open_ones | dict(one.settings))

    def _spec(self, known: Known) -> PaperSpec:
        """With the times between requests that sentences state: their parts beside thinking are responses."""
        spec = Family._spec(self, known)
        if not known.cycles:
            return spec
        claims = tuple(self._cycle(place, one, known) for place, one in enumerate(known.cycles, start=1))
        return spec.model_copy(update={"metrics": (*spec.metrics, CYCLE), "claims": (*spec.claims, *claims)})

    def _cycle(self, place: int, one: Cycle, known: Known) -> Claim:
        """Of the run that the sentence names."""
        run = self._claim(one.about)
        workload = self._experiment(one.about).workload
        thought = next((each.key for each in self.given if each.id == self._think(workload)), "")
        point = Point(
            x=run.points[one.index].x,
            y=one.stated_s - known.values.get(thought, 0.0),
            reading_error=PRINTED,
            source=EditedSource(reason="printed in a sentence"),
        )
        return run.model_copy(
            update={"id": f"cycle_{place}", "statement": one.quote, "metric": CYCLE.id, "points": (point,)}
        )

    def _think(self, workload: Workload) -> str:
        """The stated think time behind a workload's, which a figure may set."""
        name = workload.think_time or ""
        return self.defaults.get(name, name)

    def _metrics(self, known: Known) -> tuple[Metric, ...]:
        """A metric has the unit of a figure that draws it; a bar of ratios has none of its own."""
        absolute = replace(self, experiments=tuple(one for one in self.experiments if not _relative(one)))
        metrics = Family._metrics(absolute, known)
        return tuple(each.model_copy(update={"unit": UNITS.get(each.unit, each.unit)}) for each in metrics)

    def _claim(self, series: Series) -> Claim:
        claim = Family._claim(self, series)
        if not _relative(self._experiment(series)):
            return claim
        return claim.model_copy(update={"kind": "ratio", "relative_to": "baseline"})


def _set_by_figures(name: str) -> Variable:
    return Variable(
        id=name,
        meaning=name.replace("_", " "),
        unit=unit_of(name),
        value=Sweep(),
        role="workload",
        source="paper",
        shared_by=MECHANISMS,
    )


def _relative(one: Experiment) -> bool:
    return isinstance(one, Figure) and one.relative
