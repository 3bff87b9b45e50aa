"""The form in which a language model answers for a cost model: the strict subset described in `specs/wire.py`."""

from typing import Literal

from pydantic import Field

from gauntlet.specs.wire import Wire


class WireTerm(Wire):
    """One named line of the model."""

    id: str = Field(description="lower_snake_case identifier, unit last; later expressions may use it")
    mechanism: str | None = Field(description="Mechanism id; null when several share the term")
    meaning: str
    expression: str
    unit: str = Field(description="SI: 's', '1/s', 'B', 'B/s', 'FLOP', 'J', 'W'; '' for counts and shares")
    steps: list[str] = Field(description="Ids of the steps that this term explains")


class WireOutput(Wire):
    """What a mechanism gives for a metric, in SI."""

    mechanism: str
    metric: str
    expression: str
    unit: str


class WireBound(Wire):
    """What hardware and stated work cannot beat, for a metric of a mechanism, in SI."""

    id: str
    mechanism: str
    metric: str
    resource: str = Field(description="What is exhausted: 'memory bandwidth', 'CPU time of 16 cores', 'network + disk'")
    expression: str
    unit: str


class WireWaiver(Wire):
    """A step that no term explains, and why that is right."""

    step: str
    reason: str


class WireUnmodelled(Wire):
    """A wanted output that the mechanism's steps do not determine (binary size, start-up time), and why."""

    mechanism: str
    metric: str
    reason: str


class WireSpecProblem(Wire):
    """What is wrong or missing in the specification, so that the cost model cannot be right."""

    where: str = Field(description="Id of the variable, step, configuration, workload, metric or claim")
    problem: str = Field(description="What is wrong or missing, and what the model would need")


class WireCostModel(Wire):
    """The whole cost model."""

    terms: list[WireTerm]
    outputs: list[WireOutput]
    bounds: list[WireBound]
    waivers: list[WireWaiver]
    unmodelled: list[WireUnmodelled] = Field(description="Wanted outputs that no honest model of the steps can give")
    assumptions: list[str] = Field(description="What the model leaves out or takes for granted, one sentence each")
    spec_problems: list[WireSpecProblem] = Field(
        default_factory=list, description="Faults of the specification that keep the model from being right; else []"
    )


class WireCostRemoval(Wire):
    """One part that is taken away."""

    kind: Literal["term", "output", "bound", "waiver", "unmodelled"]
    id: str = Field(
        description="Id of the term or bound, step of the waiver, 'mechanism metric' of the output or unmodelled"
    )


class WireCostPatch(Wire):
    """What changes in a cost model: whole parts, changed ones under the id they have; [] where nothing changes."""

    terms: list[WireTerm]
    outputs: list[WireOutput]
    bounds: list[WireBound]
    waivers: list[WireWaiver]
    unmodelled: list[WireUnmodelled]
    removed: list[WireCostRemoval] = Field(default_factory=list)
    assumptions: list[str] | None = Field(description="The whole list anew; null when it stays")
    spec_problems: list[WireSpecProblem] = Field(
        default_factory=list, description="Faults of the specification that keep the model from being right; else []"
    )
