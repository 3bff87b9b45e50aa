"""The report as one record, `report.json`: page, Markdown and CSV are drawn from it, so their numbers are equal."""

from typing import Literal

from pydantic import Field

from gauntlet.records import Record
from gauntlet.verdict.records import Label, Number, Settling


class Quotation(Record):
    """Verbatim words of the paper and their PDF page; `label` is the printed page number when it differs."""

    page: int
    label: str | None = None
    words: str


class Row(Record):
    """One point of a claim in the paper's units: claimed, predicted, bound, and the baseline's prediction there."""

    x: Number | None
    category: str | None = Field(default=None, description="What the point was measured with, where x is no number.")
    claimed: Number
    reading_error: Number
    predicted_low: Number
    predicted_median: Number
    predicted_high: Number
    bound: Number | None
    baseline_predicted: Number | None
    gap: Number
    by_load: bool = Field(description="True where the gap compares load at the claimed latency.")
    label: Label
    used: bool


class ClaimReport(Record):
    """One claim with its verdict. `decisive` is the row at which the gap stands."""

    id: str
    statement: str
    mechanism: str
    mechanism_kind: Literal["baseline", "proposed", "ablation", "competitor", "reference", "ideal"]
    metric: str
    unit: str
    better: Literal["higher", "lower"]
    x_name: str | None
    x_unit: str
    baseline: str | None = Field(description="Name of the mechanism that `baseline_predicted` belongs to.")
    label: Label
    gap: Number | None
    gap_low: Number | None
    gap_high: Number | None
    region: str | None
    reasons: tuple[str, ...]
    readings: tuple[str, ...]
    settle: tuple[Settling, ...]
    believe: tuple[str, ...] = Field(default=(), description="What one would have to believe to close the gap.")
    widening: float
    decisive: int | None
    rows: tuple[Row, ...]
    missing: tuple[str, ...]
    quotations: tuple[Quotation, ...]
    sources: tuple[str, ...] = Field(description="Figures and tables the points were read from.")
    plot: str | None = Field(description="Path of the figure below the run folder, without ending.")


class BaselineReport(Record):
    """How well a baseline's own mechanism reaches its own points."""

    claim: str
    mechanism: str
    metric: str
    misfit_factor: Number
    unexplained_factor: Number
    described_is_measured: Literal["yes", "unknown", "refuted"]
    remark: str


class TermReport(Record):
    """One line of the cost model and the steps it explains, in the words of the specification."""

    id: str
    mechanism: str | None
    meaning: str
    expression: str
    unit: str
    steps: tuple[str, ...]
    quotations: tuple[Quotation, ...] = ()


class FormulaReport(Record):
    """What a mechanism gives for a metric, or what nothing can beat (`resource`)."""

    mechanism: str
    metric: str
    resource: str | None = None
    expression: str
    unit: str


class ConstantReport(Record):
    """A constant learnt from the baselines: words for before and after, and the spans of both on a log axis, 0 to 1."""

    variable: str
    meaning: str
    prior: str
    posterior: str
    prior_span: tuple[float, float, float]
    posterior_span: tuple[float, float, float]
    moves: bool


class PrimitiveReport(Record):
    """A formula of the catalogue that the cost model uses; `form_error` is the relative error of its form."""

    name: str
    summary: str
    validity: str
    source: str
    form_error: float
    error_basis: str


class VariableReport(Record):
    """One quantity of the model: its value in words, where it is from, and whether the paper discloses it."""

    id: str
    meaning: str
    unit: str
    value: str
    source: str
    basis: str = Field(default="", description="Where the registry has the value of a device or prior from.")
    disclosed: bool
    quotations: tuple[Quotation, ...]


class FindingReport(Record):
    """One failed check inside the paper."""

    id: str
    message: str
    quotations: tuple[Quotation, ...]


class HiddenReport(Record):
    """Text that a reader of the page does not see, listed without comment."""

    page: int
    reason: str
    words: str


class Report(Record):
    """Everything a reader is shown. Values are in the paper's units; factors of 1 mean 'as predicted'."""

    schema_version: Literal[1] = 1
    tool_version: str
    paper_sha256: str
    title: str
    label: Label
    summary: str
    claims_found: int
    claims_judged: int
    not_judged: tuple[str, ...]
    samples: int
    curve_samples: int
    seed: int
    origins: tuple[str, ...]
    left_machine: str
    claims: tuple[ClaimReport, ...] = ()
    baselines: tuple[BaselineReport, ...] = ()
    lesson: str = Field(default="", description="What the baselines' points taught, in one sentence.")
    constants: tuple[ConstantReport, ...] = ()
    unlearnt: tuple[str, ...] = Field(default=(), description="Why baselines could not teach more.")
    terms: tuple[TermReport, ...] = ()
    outputs: tuple[FormulaReport, ...] = ()
    bounds: tuple[FormulaReport, ...] = ()
    waivers: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    primitives: tuple[PrimitiveReport, ...] = ()
    priors: tuple[str, ...] = Field(default=(), description="Values that rest on priors, since the paper is silent.")
    variables: tuple[VariableReport, ...] = ()
    findings: tuple[FindingReport, ...] = ()
    refused: tuple[str, ...] = ()
    not_read: tuple[str, ...] = Field(default=(), description="What the reader of the PDF cut, skipped or repaired.")
    hidden: tuple[HiddenReport, ...] = ()
    interpretation: tuple[str, ...] = ()
