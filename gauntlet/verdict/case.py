"""A case: one claim with all that its verdict rests on."""

import math
from dataclasses import dataclass

from gauntlet.costs.records import CostModel
from gauntlet.specs.claims import Claim, Metric
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.verdict.baseline import Misfit
from gauntlet.verdict.policy import Policy
from gauntlet.verdict.prediction import ClaimPrediction
from gauntlet.verdict.rounding import shown


@dataclass(frozen=True)
class Case:
    """All that the verdict on one claim rests on."""

    spec: PaperSpec
    model: CostModel
    claim: Claim
    metric: Metric
    prediction: ClaimPrediction
    misfit: Misfit
    policy: Policy
    taught: bool = False

    @property
    def honest_sigma(self) -> float:
        """Log standard deviation of honest claims around the model: each implementation's, and the formulas' error."""
        return math.sqrt(self.prediction.levels * self.policy.discrepancy_sigma**2 + self.prediction.form_error**2)

    @property
    def sigma(self) -> float:
        """Log standard deviation beside the stated uncertainty: the honest one, and more where a baseline shows more.

        A baseline that misses its own mechanism by no more than the discrepancy is one of the honest implementations
        that the discrepancy stands for; only what it misses beyond that adds to it.
        """
        excess = max(0.0, self.misfit.sigma**2 - self.policy.discrepancy_sigma**2)
        return math.sqrt(self.honest_sigma**2 + excess)

    def number(self, value: float) -> str:
        """`value` as words: four digits and the unit of the claim."""
        unit = "times" if self.claim.relative_to is not None else self.prediction.unit
        return f"{shown(value)} {unit}".strip()
