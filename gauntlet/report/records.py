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


class PartRow(Record):
    """One part of a cost: a term, a variable or a formula, for the claim's mechanism and for its baseline."""

    part: str
    meaning: str
    value: Number | None
    rival: Number | None


class Waterfall(Record):
    """What the prediction is the sum of at the point where the gap stands, baseline beside proposal, in `unit`.

    `total` is the predicted median and `rest` what the parts, every variable at its median, leave of it. `claimed` is
    the claim in the same unit; of a ratio, the claimed ratio times the baseline's total.
    """

    quantity: str
    unit: str
    x: Number | None
    rows: tuple[PartRow, ...]
    rest: Number
    total: Number
    claimed: Number
    rival: str | None
    rival_rest: Number | None
    rival_total: Number | None


class Shares(Record):
    """Which part binds where along x: the share of the cost that each part makes, a row per part, a column per x.

    A share is the local elasticity: by how many % the cost falls when the part alone falls by 1 %; of a maximum, only
    the side that binds counts. `binds` says in words which part is the largest where.
    """

    mechanism: str
    baseline: bool = Field(description="True for the baseline, or what a ratio is relative to.")
    x: tuple[Number, ...]
    parts: tuple[str, ...]
    shares: tuple[tuple[Number, ...], ...]
    binds: tuple[str, ...]


class BeliefReport(Record):
    """A value that would close the gap, beside what was known; `spans` are places of both on one log axis, 0 to 1.

    `alone` is False for the parts of the most plausible joint move.
    """

    variable: str
    meaning: str
    needed: str
    known: str
    far: str
    alone: bool
    factor: Number
    needed_at: Number
    known_span: tuple[Number, Number, Number]


class MechanismReport(Record):
    """A known mechanism that would close the gap, as arithmetic."""

    name: str
    part: str
    arithmetic: str
    closes: bool


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
    beliefs: tuple[BeliefReport, ...] = Field(default=(), description="What one would have to believe.")
    joint_distance: Number | None = Field(default=None, description="Of the joint move, in standard deviations.")
    closing_terms: str = Field(default="", description="Terms of the model that alone would close the gap, in words.")
    mechanisms: tuple[MechanismReport, ...] = Field(default=(), description="What would close the gap, as arithmetic.")
    waterfall: Waterfall | None = None
    shares: tuple[Shares, ...] = ()
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
    """A constant learnt from the baselines: words for before and after, and what draws both.

    The shapes are quantiles at 1 %, 10, 20, ... 90 and 99 % in `unit`: blocks of equal probability.
    """

    variable: str
    meaning: str
    unit: str
    prior: str
    posterior: str
    prior_shape: tuple[Number, ...]
    posterior_shape: tuple[Number, ...]
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
    """One failed check inside the paper, with innocent readings."""

    id: str
    message: str
    severity: str
    readings: tuple[str, ...]
    quotations: tuple[Quotation, ...]


class CheckReport(Record):
    """One check of the paper's arithmetic: how much was found and checked, and why the rest was not."""

    check: str
    found: int
    agreeing: int
    differing: int
    not_checked: tuple[str, ...]


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
    fewest_samples: int = Field(description="Draws behind the claim whose formulas take longest.")
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
    checks: tuple[CheckReport, ...] = ()
    refused: tuple[str, ...] = ()
    not_read: tuple[str, ...] = Field(default=(), description="What the reader of the PDF cut, skipped or repaired.")
    hidden: tuple[HiddenReport, ...] = ()
    interpretation: tuple[str, ...] = ()
