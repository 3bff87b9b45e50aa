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
    def sigma(self) -> float:
        """Log standard deviation beside the stated uncertainty.

        Discrepancy of each implementation, error of approximate formulas, and what the baseline's own mechanism
        leaves unexplained.
        """
        implementations = self.prediction.levels * self.policy.discrepancy_sigma**2
        return math.sqrt(implementations + self.prediction.form_error**2 + self.misfit.sigma**2)

    def number(self, value: float) -> str:
        """`value` as words: four digits and the unit of the claim."""
        unit = "times" if self.claim.relative_to is not None else self.prediction.unit
        return f"{shown(value)} {unit}".strip()
