"""One paper's specification: everything the rest of the house computes with."""

from typing import Literal, TypeVar

from pydantic import Field

from gauntlet.records import Record
from gauntlet.specs.claims import Claim, Metric, Point
from gauntlet.specs.evidence import Approval, Evidence, Identifier, Origin, Refused
from gauntlet.specs.mechanism import Component, Mechanism
from gauntlet.specs.quantities import Scope, Variable
from gauntlet.specs.workload import Workload

Named = TypeVar("Named", Mechanism, Variable, Metric, "Configuration", Claim)


class Setting(Record):
    """One variable in one configuration, as an expression over variables and numbers in the variable's unit.

    'sweep', 'unstated' and 'chosen_per_point' leave it open; only 'value' carries an expression.
    """

    variable: Identifier
    kind: Literal["value", "sweep", "unstated", "chosen_per_point"] = "value"
    expression: str | None = None


class Configuration(Record):
    """The settings a claim was measured in; what it does not set keeps the variable's own value."""

    id: Identifier
    meaning: str
    settings: tuple[Setting, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class Calibration(Record):
    """Measured points of a device or component: inputs, not claims."""

    id: Identifier
    what: Scope
    x: Identifier
    quantity: Identifier
    unit: str
    points: tuple[Point, ...]
    evidence: tuple[Evidence, ...] = ()


class Relation(Record):
    """A formula of the authors, with its domain. It is checked, never used as a prediction."""

    id: Identifier
    left: str
    right: str
    domain: str | None = None
    role: Literal["author_model", "author_bound", "composition"]
    conditions: str | None = Field(default=None, description="Under which a stated bound holds.")
    evidence: tuple[Evidence, ...] = ()


class Contradiction(Record):
    """Two places of the paper that do not agree; each reading is run."""

    id: Identifier
    about: str
    readings: tuple[str, ...] = Field(min_length=2)
    evidence: tuple[Evidence, ...] = Field(min_length=2)


class PaperSpec(Record):
    """What one paper says, every value with its source."""

    schema_version: Literal[1] = 1
    paper_sha256: str
    title: str
    mechanisms: tuple[Mechanism, ...]
    components: tuple[Component, ...] = ()
    variables: tuple[Variable, ...]
    workloads: tuple[Workload, ...]
    configurations: tuple[Configuration, ...] = ()
    metrics: tuple[Metric, ...]
    claims: tuple[Claim, ...]
    calibrations: tuple[Calibration, ...] = ()
    relations: tuple[Relation, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    unstated: tuple[str, ...] = ()
    refused: tuple[Refused, ...] = ()
    origin: Origin
    approval: Approval

    def mechanism(self, mechanism_id: str) -> Mechanism:
        """The mechanism with this id; KeyError when there is none."""
        return _by_id(self.mechanisms, mechanism_id)

    def variable(self, variable_id: str) -> Variable:
        """The variable with this id; KeyError when there is none."""
        return _by_id(self.variables, variable_id)

    def metric(self, metric_id: str) -> Metric:
        """The metric with this id; KeyError when there is none."""
        return _by_id(self.metrics, metric_id)

    def configuration(self, configuration_id: str | None) -> Configuration | None:
        """The configuration with this id, None for None; KeyError when there is none."""
        return None if configuration_id is None else _by_id(self.configurations, configuration_id)

    def claim(self, claim_id: str) -> Claim:
        """The claim with this id; KeyError when there is none."""
        return _by_id(self.claims, claim_id)


def _by_id(items: tuple[Named, ...], item_id: str) -> Named:
    for item in items:
        if item.id == item_id:
            return item
    raise KeyError(item_id)
