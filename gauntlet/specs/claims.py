"""Claims: numbers and series that a paper reports, each point with its source and reading error."""

from typing import Annotated, Literal

from pydantic import Field

from gauntlet.records import Record
from gauntlet.specs.evidence import Evidence, Identifier

MetricKind = Literal[
    "latency", "throughput", "bandwidth", "work_rate", "energy", "power", "utilisation", "hit_ratio",
    "amplification", "memory", "max_load", "speedup", "other",
]  # fmt: skip
"""What kind of thing a metric measures."""

Statistic = Literal["mean", "median", "quantile", "maximum", "minimum", "total", "peak", "unstated"]
Quantifier = Literal["at", "up_to", "at_most", "at_least", "range_over", "always", "about"]


class Metric(Record):
    """What is measured, in which unit, which way is better and over what it is taken."""

    id: Identifier
    name: str
    quantity: MetricKind
    unit: str
    better: Literal["higher", "lower"]
    statistic: Statistic
    quantile: float | None = Field(default=None, gt=0, lt=1, description="0.99 for p99.")
    includes: str | None = Field(default=None, description="What it covers: client network, queueing, service only.")
    per: Literal["cluster", "node", "client", "core", "device", "unstated"] = "unstated"
    work: str | None = Field(default=None, description="Expression of the work counted, for rates of work.")
    counts: Literal["nominal", "executed", "unstated"] = "unstated"
    payload: str | None = Field(default=None, description="Which bytes count: key and value, or value only.")
    mega: Literal["10^6", "2^20", "unstated"] = "unstated"
    share_of: str | None = Field(default=None, description="Denominator of a percentage.")
    constraint: str | None = Field(default=None, description="For max_load: 'p99 <= 10 * mean service'.")
    estimator: str | None = Field(default=None, description="How: largest tested load that passes, steps of 0.03.")


class SeriesSource(Record):
    """A point read from a plot: series id of the paper record and index of the point."""

    kind: Literal["series"] = "series"
    series: str
    index: int = Field(ge=0)


class CellSource(Record):
    """A point read from a table cell."""

    kind: Literal["cell"] = "cell"
    table: str
    row: int = Field(ge=0)
    column: int = Field(ge=0)


class TextSource(Record):
    """A number printed in a sentence."""

    kind: Literal["text"] = "text"
    evidence: Evidence


class EditedSource(Record):
    """A point entered by a person during review, with the reason."""

    kind: Literal["edited"] = "edited"
    reason: str


PointSource = Annotated[SeriesSource | CellSource | TextSource | EditedSource, Field(discriminator="kind")]


class Point(Record):
    """One claimed value. `x` is in the x variable's unit, `y` in the metric's unit; `reading_error` is relative.

    `censored`: the curve leaves the frame here, so y is no measurement. `spread` is the printed error bar.
    """

    x: float | None
    y: float
    reading_error: float = Field(ge=0, description="Relative error of y; 0 for a printed number beyond its rounding.")
    source: PointSource
    censored: bool = False
    usable: bool = Field(default=True, description="False where the absolute reading error swamps the value.")
    spread: float | None = None


class Missing(Record):
    """A point that the paper leaves out, with its reason ('OOM')."""

    x: float | None
    reason: str


class Operand(Record):
    """One side of a ratio; several candidates when the text does not say which."""

    mechanism: Identifier
    metric: Identifier
    configuration: Identifier | None = None
    x: float | None = None


class Claim(Record):
    """A number or series the paper reports for one mechanism.

    With `relative_to`, values are the ratio of this mechanism's metric to that of the other one, under
    `relative_configuration` (the same configuration when None).
    """

    id: Identifier
    kind: Literal["series", "scalar", "ratio", "attribution"]
    statement: str = Field(description="The claim in a few words.")
    mechanism: Identifier
    metric: Identifier
    x: Identifier | None = Field(default=None, description="Variable on the x axis.")
    parametric: Identifier | None = Field(default=None, description="Hidden parameter along the curve (clients).")
    chain: bool = Field(default=False, description="An ablation chain: each point adds one change.")
    configuration: Identifier | None = None
    point_configurations: tuple[Identifier, ...] = Field(
        default=(), description="One configuration per point, for chains and categories."
    )
    workload: Identifier = "main"
    relative_to: Identifier | None = None
    relative_configuration: Identifier | None = None
    favours: Identifier | None = Field(default=None, description="Mechanism it speaks for, when not its own.")
    quantifier: Quantifier = "at"
    cause: str | None = Field(default=None, description="For attributions: the asserted cause.")
    operands: tuple[Operand, ...] = Field(default=(), description="Candidates, where a ratio is unresolved.")
    unresolved: bool = False
    hedge: str | None = None
    points: tuple[Point, ...] = ()
    missing: tuple[Missing, ...] = ()
    evidence: tuple[Evidence, ...] = ()

    @property
    def drawn(self) -> bool:
        """Whether a figure or a table shows it; else only sentences do."""
        return any(isinstance(point.source, SeriesSource | CellSource) for point in self.points)
