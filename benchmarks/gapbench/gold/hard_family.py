"""Families of the hard tier: several figures of one metric, speed-ups as bars, constants that baselines show."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from benchmarks.gapbench.gold.family import MECHANISMS, Experiment, Family
from benchmarks.gapbench.gold.truth import Known, Series
from gauntlet.costs.records import CostModel
from gauntlet.mechanisms.catalogue import unit_of
from gauntlet.specs.claims import Claim, Metric
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.specs.quantities import Sweep, Variable

UNITS = {"executions": "1"}
"""Units of the papers that the house's table does not know."""


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
        return Family.of(replace(self, experiments=figures, outputs=outputs, bounds=bounds), known)

    def _variables(self, known: Known) -> tuple[Variable, ...]:
        """Those of any family, and those that only the figures set."""
        variables = Family._variables(self, known)
        set_by_figures = dict.fromkeys(name for one in self.experiments for name in one.settings)
        missing = [name for name in set_by_figures if all(name != there.id for there in variables)]
        return (*variables, *(_set_by_figures(name) for name in missing))

    def _settled(self, one: Experiment) -> Experiment:
        open_ones = {name: text for name, text in self.defaults.items() if name != one.x}
        return replace(one, settings=open_ones | dict(one.settings))

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
