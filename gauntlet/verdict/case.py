"""A case: one claim with all that its verdict rests on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gauntlet.costs.compiled import CompiledModel
from gauntlet.costs.records import CostModel
from gauntlet.specs.claims import Claim, Metric
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.verdict.baseline import Misfit
from gauntlet.verdict.compare import reading_errors
from gauntlet.verdict.grounds import soft_limits
from gauntlet.verdict.guards import bound_doubts, doubts
from gauntlet.verdict.multiplicity import Honest
from gauntlet.verdict.policy import Policy
from gauntlet.verdict.prediction import ClaimPrediction, Lesson
from gauntlet.verdict.rounding import shown


@dataclass(frozen=True)
class Case:
    """All that the verdict on one claim rests on.

    `among` counts the claims that speak for this kind of mechanism and share its chance of a false alarm.
    """

    compiled: CompiledModel
    claim: Claim
    prediction: ClaimPrediction
    lesson: Lesson
    misfit: Misfit
    policy: Policy
    among: int = 1

    @property
    def spec(self) -> PaperSpec:
        """The paper."""
        return self.compiled.spec

    @property
    def model(self) -> CostModel:
        """The cost model."""
        return self.compiled.model

    @property
    def metric(self) -> Metric:
        """What the claim measures."""
        return self.spec.metric(self.claim.metric)

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why a deviation must not be held against the mechanism."""
        return doubts(self.compiled, self.claim, self.lesson)

    @property
    def bound_doubts(self) -> tuple[str, ...]:
        """Why the bound is no limit of the hardware."""
        return (*bound_doubts(self.compiled, self.claim), *soft_limits(self.compiled, self.claim))

    @property
    def honest_sigma(self) -> float:
        """Log standard deviation of honest claims around the model: each implementation's, and the formulas' error."""
        return math.hypot(self.shape_sigma, self.level_sigma, self.prediction.form_error)

    @property
    def shape_sigma(self) -> float:
        """That of each point by itself; a ratio is two measurements, of one implementation or two."""
        measurements = 1 if self.claim.relative_to is None else 2
        usual = min(self.policy.shape_sigma, self.policy.discrepancy_sigma)
        return math.sqrt(measurements) * self.prediction.strain * usual

    @property
    def level_sigma(self) -> float:
        """That of the levels which are not in the draws."""
        shape = min(self.policy.shape_sigma, self.policy.discrepancy_sigma)
        return math.sqrt(self.prediction.unlearnt * (self.policy.discrepancy_sigma**2 - shape**2))

    @property
    def sigma(self) -> float:
        """Log standard deviation beside the stated uncertainty: the honest one, and more where a baseline shows more.

        A baseline that misses its own mechanism by no more than the discrepancy is one of the honest implementations
        that the discrepancy stands for; only what it misses beyond that adds to it.
        """
        excess = max(0.0, self.misfit.sigma**2 - self.policy.discrepancy_sigma**2)
        return math.sqrt(self.honest_sigma**2 + excess)

    def honest(self, order: Sequence[int]) -> Honest:
        """How honest claims deviate at the points in `order`, and how seldom they may be accused."""
        own = math.hypot(self.shape_sigma, self.level_sigma)
        return Honest(
            self.prediction.joint[:, list(order)],
            self.level_sigma,
            math.sqrt(max(0.0, self.sigma**2 - own**2)),
            np.hypot(self.shape_sigma, reading_errors(self.claim, self.policy)[list(order)]),
            self.policy.false_alarm / self.among,
        )

    def number(self, value: float) -> str:
        """`value` as words: four digits and the unit of the claim; infinite where nothing limits it."""
        if math.isinf(value):
            return "no limit"
        unit = "times" if self.claim.relative_to is not None else self.prediction.unit
        return f"{shown(value)} {unit}".strip()
