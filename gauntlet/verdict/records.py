"""Verdicts as records that carry their reasons: `verdict.json`."""

import math
from typing import Annotated, Literal

from pydantic import Field, PlainSerializer, WithJsonSchema

from gauntlet.records import Record
from gauntlet.specs.evidence import Evidence, Identifier

Number = Annotated[
    float,
    PlainSerializer(lambda value: value if math.isfinite(value) else _WORDS[str(value)], when_used="json"),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"enum": ["Infinity", "-Infinity", "NaN"]}]}),
]
"""A float that may be infinite, as the predicted latency of a saturated system is; JSON says it in words."""

_WORDS = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}

Label = Literal["CONSISTENT", "MAGIC_GAP", "UNDERPERFORMS", "IMPOSSIBLE", "INCONCLUSIVE"]

SEVERITY: tuple[Label, ...] = ("IMPOSSIBLE", "MAGIC_GAP", "UNDERPERFORMS", "INCONCLUSIVE", "CONSISTENT")
"""From the most severe down; a paper's label is the most severe one of its proposed mechanisms' claims."""

Severity = Literal["low", "medium", "high"]
"""Of a finding: numbers apart by less than a tenth, by less than a half, or by more."""

SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high")
"""From the least severe up."""


class PointVerdict(Record):
    """One claimed point against band and bound, in the metric's unit.

    `gap` is how far the claim lies on the good side of the median prediction, as a factor (1 = on it, below 1 = worse).
    """

    x: float | None
    claimed: Number
    low: Number
    median: Number
    high: Number
    bound: Number | None
    gap: Number
    label: Label
    used: bool = Field(description="False for censored or unusable points.")
    by_load: bool = Field(default=False, description="True where `gap` compares load at the claimed latency.")


class Settling(Record):
    """A value whose disclosure would settle the claim, with the share of the band's log width that it carries.

    `fitting`, in `unit`, is the lowest, the best and the highest value with which the claim's points agree together.
    """

    variable: Identifier
    meaning: str
    share: float = Field(ge=0, le=1)
    unit: str = ""
    fitting: tuple[Number, Number, Number] | None = None


class Belief(Record):
    """A value that would close a claim's gap by itself, beside what is known of the variable.

    `prior` and, where baselines taught more, `learnt` are 5 %, median and 95 % in the variable's unit. `factor` is how
    many times the median of what is known it is; `scores` how many standard deviations of a normal law from it;
    `possible` is False beyond everything that is known.
    """

    variable: Identifier
    meaning: str
    unit: str
    needed: Number
    factor: Number
    prior: tuple[Number, Number, Number]
    learnt: tuple[Number, Number, Number] | None = None
    scores: Number
    possible: bool
    disclosed: bool


class JointMove(Record):
    """One variable of a joint move, beside what is known of it as in `Belief`."""

    variable: Identifier
    value: Number
    unit: str
    prior: tuple[Number, Number, Number]
    learnt: tuple[Number, Number, Number] | None = None
    scores: Number


class JointBelief(Record):
    """The most plausible joint move that closes a gap; `distance` in standard scores (3 is one in 740)."""

    distance: Number
    moves: tuple[JointMove, ...]


class TermBelief(Record):
    """What one term of the cost model would have to shrink to; None where even without it the gap stays."""

    term: Identifier
    meaning: str
    factor: Number | None


class KnownMechanism(Record):
    """What would close a gap by one part of the cost alone, as arithmetic; `closes` where the numbers allow it."""

    name: Literal["batching", "overlap", "fewer round trips", "faster flush", "less work"]
    part: str = Field(description="Id of the term or variable.")
    arithmetic: str
    closes: bool


class ClaimVerdict(Record):
    """The verdict on one claim.

    `gap` is the factor at the worst point (largest for MAGIC_GAP and IMPOSSIBLE, smallest for UNDERPERFORMS, the
    median otherwise); `gap_low` and `gap_high` are its 5 to 95 % interval.
    """

    claim: Identifier
    statement: str
    mechanism: Identifier
    mechanism_kind: Literal["baseline", "proposed", "ablation", "competitor", "reference", "ideal"]
    metric: Identifier
    label: Label
    gap: Number | None
    gap_low: Number | None
    gap_high: Number | None
    region: str | None = Field(default=None, description="Where along x it deviates: 'at and above clients = 400'.")
    reasons: tuple[str, ...] = Field(min_length=1)
    remarks: tuple[str, ...] = Field(default=(), description="What was left out, and formulas beyond their validity.")
    readings: tuple[str, ...] = Field(default=(), description="Innocent explanations to rule out first.")
    settle: tuple[Settling, ...] = ()
    beliefs: tuple[Belief, ...] = Field(default=(), description="Single values that would close the gap.")
    joint_belief: JointBelief | None = None
    term_beliefs: tuple[TermBelief, ...] = ()
    known_mechanisms: tuple[KnownMechanism, ...] = ()
    widening: float = Field(default=0.0, ge=0, description="Log standard deviation added to the stated uncertainty.")
    points: tuple[PointVerdict, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class BaselineFit(Record):
    """How well a baseline's own mechanism reaches its own claimed points.

    `misfit_factor` is the RMS log residual against the median, as a factor; `unexplained_factor` that part of it which
    lies outside the band of stated uncertainty, and so widens what is said about the proposal.
    """

    claim: Identifier
    mechanism: Identifier
    metric: Identifier
    misfit_factor: float
    unexplained_factor: float = 1.0
    described_is_measured: Literal["yes", "unknown", "refuted"]
    remark: str


class Constant(Record):
    """A constant before and after the baselines' points were heard: 5 %, median and 95 %, in its own unit.

    The shapes draw both in blocks of equal probability.

    `moves` is False where its scope keeps what was learnt to the baseline.
    """

    variable: Identifier
    meaning: str
    unit: str
    prior: tuple[Number, Number, Number]
    posterior: tuple[Number, Number, Number]
    moves: bool
    prior_shape: tuple[Number, ...] = Field(default=(), description="Quantiles at 1 %, 10, 20, ... 90 and 99 %.")
    posterior_shape: tuple[Number, ...] = ()


class Pace(Record):
    """How many times as long as its mechanism a measured implementation takes: 5 %, median and 95 %."""

    mechanism: Identifier
    factors: tuple[float, float, float]


class Lesson(Record):
    """What the baselines' own claims taught about shared constants, or in `refused` why they could not."""

    claims: tuple[Identifier, ...] = ()
    constants: tuple[Constant, ...] = ()
    paces: tuple[Pace, ...] = ()
    effective_samples: float = 0.0
    refused: tuple[str, ...] = ()


class Computed(Record):
    """A number that a check compared: what it is, and its value in `unit`."""

    name: str
    value: Number
    unit: str = ""


class Finding(Record):
    """A failed check that is not a verdict on a claim: arithmetic inside the paper, or a law of the model.

    `id` begins with the name of the check. `tolerance` is the relative difference that printed digits and reading
    errors allow; `severity` says how far beyond it the numbers lie, never why. `readings` are innocent explanations.
    """

    id: str
    message: str
    severity: Severity = "medium"
    values: tuple[Computed, ...] = ()
    tolerance: float = Field(default=0.0, ge=0)
    readings: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class NotChecked(Record):
    """Why statements that a check found could not be checked, and how many."""

    reason: str
    count: int = Field(ge=1)


class CheckCoverage(Record):
    """One check of the paper's arithmetic: statements found = agreeing + differing + not checkable."""

    check: str
    found: int = Field(ge=0)
    agreeing: int = Field(ge=0)
    differing: int = Field(ge=0)
    not_checked: tuple[NotChecked, ...] = ()


class Coverage(Record):
    """The denominator: what was found, what was checked, what was not and why."""

    claims: int
    judged: int
    not_judged: tuple[str, ...]
    arithmetic: tuple[CheckCoverage, ...] = ()


class Arithmetic(Record):
    """Every check of a paper's own arithmetic: what does not agree, and how much was checked."""

    schema_version: Literal[1] = 1
    tool_version: str
    paper_sha256: str
    title: str
    findings: tuple[Finding, ...]
    coverage: tuple[CheckCoverage, ...]


class Verdict(Record):
    """All verdicts of one paper. Equal records give equal bytes: no clock, no path, no host in here."""

    schema_version: Literal[1] = 1
    tool_version: str
    paper_sha256: str
    title: str
    label: Label
    summary: str
    claims: tuple[ClaimVerdict, ...]
    baselines: tuple[BaselineFit, ...]
    lesson: Lesson = Lesson()
    findings: tuple[Finding, ...]
    coverage: Coverage
    samples: int
    seed: int
