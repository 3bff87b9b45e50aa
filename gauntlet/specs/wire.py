"""The form in which a language model answers for a specification.

A strict subset of JSON Schema: every field required, null for 'does not apply', no open maps. A field with a default
is required of an answer like all others; the default is for answers that were given before there was the field.
`build.py` turns it into the rich records; nothing else reads these classes. Values and units are as printed in the
paper; the program converts.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from gauntlet.specs.claims import MetricKind, Quantifier, Statistic


class Wire(BaseModel):
    """Base of all wire models."""

    model_config = ConfigDict(extra="forbid")


class WireEvidence(Wire):
    """Words copied verbatim from one page."""

    page: int = Field(description="PDF page number as in the [page N] markers.")
    quotation: str = Field(description="Verbatim words from that page, short, long enough to hold the number.")


class WireValue(Wire):
    """A value in the variable's unit; fill the fields that the kind needs, null for the rest."""

    kind: Literal["exact", "range", "distribution", "choices", "sweep", "derived", "withheld"]
    value: float | None = Field(description="exact")
    low: float | None = Field(description="range, withheld: least plausible; distribution: 5th percentile")
    typical: float | None = Field(description="distribution: median")
    high: float | None = Field(description="range, withheld: largest plausible; distribution: 95th percentile")
    values: list[float] = Field(description="choices and sweep; otherwise []")
    expression: str | None = Field(description="derived: cost-model expression over other variables, in SI")


class WireVariable(Wire):
    """One quantity."""

    id: str = Field(description="lower_snake_case identifier used in expressions; say what it is, unit last")
    symbol: str | None = Field(description="The paper's symbol")
    meaning: str
    unit: str = Field(description="Unit of the value as printed: 'ms', 'GB/s', '1/s', '%'; '' for counts and 0.9")
    value: WireValue
    role: Literal["hardware", "workload", "protocol", "tuning"]
    source: Literal["paper", "registry", "prior", "assumed"]
    registry: str | None = Field(description="Registry reference or prior name when source is registry or prior")
    scope: Literal["device", "component", "mechanism", "experiment"]
    scope_of: str | None
    shared_by: list[str] = Field(description="Ids of the mechanisms that use it")
    measured_on_proposal: bool = Field(description="True when the paper measured it on its own proposal")
    whole: bool = Field(description="True for counts that must be whole numbers")
    evidence: list[WireEvidence]


class WireWaits(Wire):
    """What a step waits for."""

    what: str
    k: str | None
    of: str | None


class WireStep(Wire):
    """One action; counts and shares are expressions over variables, '1' when single."""

    id: str
    operation: str = Field(description="Which operation of the system, as an identifier: request, load, key_read, ...")
    actor: str
    action: str
    sender: str | None
    receiver: str | None
    on: str | None = Field(description="Machine, when several roles share one")
    occupies: str | None = Field(description="Station or resource whose capacity it uses")
    delays: str | None = Field(description="Path that adds latency but no load")
    per: Literal["operation", "batch", "page", "entry", "byte", "step", "other"]
    repeat: str = Field(description="How many times one operation does this")
    instances: str = Field(description="How many like stations share the operations, each with a queue of its own")
    servers: str = Field(description="How many servers stand behind the one queue of each station")
    share_per_instance: str = Field(description="Part of the operations that each instance sees")
    local_share: str | None
    message_class: str | None
    probability: str
    when: str | None
    order: Literal["sequential", "parallel", "overlapped", "pipelined"]
    on_path: Literal["foreground", "background"]
    coupling: Literal["none", "backpressure", "shared_resource"]
    waits: WireWaits | None
    replaces: list[str]
    removes: list[str]
    same_as: str | None = Field(description="Step of another mechanism that this one repeats unchanged")
    evidence: list[WireEvidence]


class WireMechanism(Wire):
    """One system as ordered steps."""

    id: str
    name: str
    aliases: list[str] = Field(description="Names in legends and tables")
    kind: Literal["baseline", "proposed", "ablation", "competitor", "reference", "ideal"]
    steps: list[WireStep]
    stated_domain: str | None
    described_is_measured: Literal["yes", "unknown", "refuted"]


class WireComponentFact(Wire):
    """One quantity of a component inside one mechanism."""

    mechanism: str
    name: str = Field(description="lower_snake_case identifier that expressions of this mechanism may use")
    expression: str
    unit: str


class WireComponent(Wire):
    """A part with constants of its own that several mechanisms contain."""

    id: str
    name: str
    used_by: list[str]
    facts: list[WireComponentFact]


class WireLaw(Wire):
    """Law of a random quantity; pairs are [probability, value] for mixtures and empirical laws."""

    of: str = Field(description="Id of the variable that holds its mean")
    family: Literal["deterministic", "exponential", "lognormal", "mixture", "empirical", "pareto", "unstated"]
    unit: str
    pairs: list[list[float]]
    evidence: list[WireEvidence]


class WireShare(Wire):
    """One part of an operation mix."""

    operation: str
    share: str


class WireWorkload(Wire):
    """What is asked of the systems."""

    id: str
    loop: Literal["open", "closed", "batch", "unstated"] = Field(
        description="batch: a fixed amount of work run to completion, without arrivals"
    )
    arrivals: Literal["poisson", "deterministic", "bursty", "saturating", "none", "unstated"]
    think_time: str | None = Field(description="Variable id")
    population: str | None = Field(description="closed: variable id of the number of clients or requests in flight")
    rate: str | None = Field(description="Variable id")
    keys: Literal["uniform", "zipf", "other", "none", "unstated"]
    key_skew: str | None = Field(description="Variable id")
    mix: list[WireShare]
    laws: list[WireLaw]
    notes: str | None
    evidence: list[WireEvidence]


class WireSetting(Wire):
    """One variable in one configuration."""

    variable: str
    kind: Literal["value", "sweep", "unstated", "chosen_per_point"]
    expression: str | None = Field(description="A plain number is in the variable's unit; otherwise SI expression")


class WireConfiguration(Wire):
    """Settings a claim was measured in."""

    id: str
    meaning: str
    settings: list[WireSetting]
    evidence: list[WireEvidence]


class WireMetric(Wire):
    """What a claim measures."""

    id: str
    name: str
    quantity: MetricKind
    unit: str
    better: Literal["higher", "lower"]
    statistic: Statistic
    quantile: float | None = Field(
        description="0.99 for p99; null where the claims' x variable is the level, as in a distribution"
    )
    includes: str | None
    per: Literal["cluster", "node", "client", "core", "device", "unstated"]
    work: str | None
    counts: Literal["nominal", "executed", "unstated"]
    payload: str | None
    mega: Literal["10^6", "2^20", "unstated"]
    share_of: str | None
    constraint: str | None
    estimator: str | None


class WireTextPoint(Wire):
    """A number printed in a sentence."""

    x: float | None
    y: float
    page: int
    quotation: str


class WirePoints(Wire):
    """Where a claim's points are. The program reads the numbers from the series or table; do not copy them."""

    kind: Literal["series", "table", "text", "none"]
    series: str | None = Field(description="series id, such as 'figure-1/plot-1/series-2'")
    table: str | None = Field(description="table id, such as 'table-1'")
    along: Literal["rows", "columns"] | None = Field(
        description="table: 'rows' when each table row is one point, 'columns' when each column is one point"
    )
    x_index: int | None = Field(description="table: column (or row) that holds x; null when there is no x")
    y_index: int | None = Field(description="table: column (or row) that holds y")
    first: int | None = Field(description="table: first row (or column) with data")
    last: int | None = Field(description="table: last row (or column) with data")
    text_points: list[WireTextPoint]
    read_as: Literal["drawn", "quantiles", "quantiles_of_excess"] = Field(
        default="drawn",
        description="series of a cumulative distribution: 'quantiles', or 'quantiles_of_excess' where the share above "
        "is drawn; x is then the level, read off the axis of shares, and y the value. 'drawn' for all else",
    )
    x_unit: str = Field(description="unit in which x is printed; '' for counts and shares")
    y_unit: str = Field(description="unit in which y is printed; for ratios 'x', '% more' or '% less'")


class WireOperand(Wire):
    """One candidate side of a ratio."""

    mechanism: str
    metric: str
    configuration: str | None
    x: float | None


class WireClaim(Wire):
    """One reported number or series of one mechanism."""

    id: str
    kind: Literal["series", "scalar", "ratio", "attribution"]
    statement: str
    mechanism: str
    metric: str
    x_variable: str | None
    parametric: str | None = Field(description="Variable hidden along the curve, such as clients")
    chain: bool
    configuration: str | None
    point_configurations: list[str] = Field(description="One configuration id per point, for ablation chains; else []")
    workload: str
    relative_to: str | None = Field(description="Mechanism that the values are divided by, for speed-ups")
    relative_configuration: str | None
    favours: str | None
    quantifier: Quantifier
    cause: str | None = Field(description="attribution: the asserted cause")
    operands: list[WireOperand] = Field(description="Candidates, when the text does not say which ratio it means")
    unresolved: bool
    hedge: str | None
    points: WirePoints
    evidence: list[WireEvidence]


class WireCalibration(Wire):
    """Measured points of a device or component: inputs, not claims."""

    id: str
    scope: Literal["device", "component", "mechanism", "experiment"]
    scope_of: str | None
    x_variable: str
    quantity: str = Field(description="Variable id of what was measured")
    unit: str
    points: WirePoints
    evidence: list[WireEvidence]


class WireRelation(Wire):
    """A formula of the authors: recorded and checked, never a prediction."""

    id: str
    left: str
    right: str
    domain: str | None
    role: Literal["author_model", "author_bound", "composition"]
    conditions: str | None
    evidence: list[WireEvidence]


class WireContradiction(Wire):
    """Two places of the paper that do not agree."""

    id: str
    about: str
    readings: list[str]
    evidence: list[WireEvidence]


class WireSpec(Wire):
    """The whole specification of one paper."""

    title: str
    mechanisms: list[WireMechanism]
    components: list[WireComponent]
    variables: list[WireVariable]
    workloads: list[WireWorkload]
    configurations: list[WireConfiguration]
    metrics: list[WireMetric]
    claims: list[WireClaim]
    calibrations: list[WireCalibration]
    relations: list[WireRelation]
    contradictions: list[WireContradiction]
    unstated: list[str] = Field(description="What a model of the mechanism needs and the paper does not say")


class WireStepChange(Wire):
    """One step of a mechanism: in the place of the step with its id, or after the last one."""

    mechanism: str
    step: WireStep


class WireRemoval(Wire):
    """One item that is taken away."""

    kind: Literal[
        "mechanism", "step", "component", "variable", "workload", "configuration", "metric", "claim", "calibration",
        "relation", "contradiction",
    ]  # fmt: skip
    id: str


class WireSpecPatch(Wire):
    """What changes in a specification: whole items, changed ones under the id they have; [] where nothing changes."""

    title: str | None = Field(description="null when it stays")
    mechanisms: list[WireMechanism] = Field(description="With all their steps, in order")
    steps: list[WireStepChange] = Field(description="Single steps of mechanisms that are not listed in `mechanisms`")
    components: list[WireComponent]
    variables: list[WireVariable]
    workloads: list[WireWorkload]
    configurations: list[WireConfiguration]
    metrics: list[WireMetric]
    claims: list[WireClaim]
    calibrations: list[WireCalibration]
    relations: list[WireRelation]
    contradictions: list[WireContradiction]
    removed: list[WireRemoval]
    unstated: list[str] | None = Field(description="The whole list anew; null when it stays")
