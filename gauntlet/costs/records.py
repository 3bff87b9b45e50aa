"""A cost model as a record: named terms, one output per (mechanism, metric), bounds, waivers."""

from typing import Literal

from gauntlet.records import Record
from gauntlet.specs.evidence import Approval, Identifier, Origin, Refused


class Term(Record):
    """One line of a cost model. Later expressions may use its id.

    `mechanism` is None for a term that several mechanisms share. `unit` is SI; the expression's dimension must agree.
    """

    id: Identifier
    mechanism: Identifier | None
    meaning: str
    expression: str
    unit: str
    steps: tuple[Identifier, ...] = ()


class Output(Record):
    """What a mechanism gives for a metric, over terms and variables, in SI; `unit` is SI."""

    mechanism: Identifier
    metric: Identifier
    expression: str
    unit: str


class Bound(Record):
    """What the hardware and the stated work cannot beat for one metric of one mechanism.

    Evaluated at the most favourable end of every uncertain variable. `resource` names what is exhausted.
    """

    id: Identifier
    mechanism: Identifier
    metric: Identifier
    resource: str
    expression: str
    unit: str


class Waiver(Record):
    """A step that no term explains, and why that is right."""

    step: Identifier
    reason: str


class Unmodelled(Record):
    """A metric of a mechanism that has no output because no step of the mechanism determines it, and why."""

    mechanism: Identifier
    metric: Identifier
    reason: str


class CostModel(Record):
    """The whole model. Terms are ordered: each may use those before it."""

    schema_version: Literal[1] = 1
    terms: tuple[Term, ...]
    outputs: tuple[Output, ...]
    bounds: tuple[Bound, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    unmodelled: tuple[Unmodelled, ...] = ()
    assumptions: tuple[str, ...] = ()
    refused: tuple[Refused, ...] = ()
    origin: Origin
    approval: Approval

    def output(self, mechanism: str, metric: str) -> Output | None:
        """The output of a mechanism for a metric, or None."""
        return next((out for out in self.outputs if (out.mechanism, out.metric) == (mechanism, metric)), None)

    def bound(self, name: str) -> Bound:
        """The bound of that id; KeyError where there is none."""
        return {bound.id: bound for bound in self.bounds}[name]
