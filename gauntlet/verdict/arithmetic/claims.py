"""Printed ratios among the claims of a specification against their series, and contradictions that it records."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from gauntlet.specs.claims import Claim, Point
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.verdict.arithmetic.claim_laws import is_measured
from gauntlet.verdict.arithmetic.experiments import Experiments, Ratio, runs_of, scatter
from gauntlet.verdict.arithmetic.outcomes import Outcome, agrees, differs, unchecked
from gauntlet.verdict.policy import Policy

RATIO, CONTRADICTION = "ratio_against_series", "contradiction"
_READINGS = (
    "the ratio speaks of other settings or another statistic than the series",
    "the ratio was computed from unrounded values, or is a mean over points",
)


def ratios(spec: PaperSpec, policy: Policy) -> Iterator[Outcome]:
    """A printed ratio against the two series at the same setting; against several where it may speak of any of them.

    Ratios that are drawn themselves and that no other series show are no statements.
    """
    experiments = Experiments(spec)
    for claim in spec.claims:
        for index, point in enumerate(claim.points if claim.relative_to is not None else ()):
            if is_measured(point):
                yield from _ratio_outcomes(experiments, claim, index, policy)


def _ratio_outcomes(experiments: Experiments, claim: Claim, index: int, policy: Policy) -> Iterator[Outcome]:
    point = claim.points[index]
    candidates = [
        _Candidate(claim, point, tuple(there), run.open, policy)
        for run in runs_of(claim, point)
        for there in experiments.ratios_in(claim, run)
        if there
    ]
    if any(one.agrees for one in candidates):
        yield agrees(RATIO)
    elif candidates:
        yield min(candidates, key=lambda one: one.apart).finding(index)
    elif not claim.drawn:
        yield unchecked(RATIO, "no two series of these mechanisms and this metric have a usable common point there")


@dataclass(frozen=True)
class _Candidate:
    """A printed ratio against one experiment that it may speak of. `open`: it may have been measured elsewhere."""

    claim: Claim
    point: Point
    ratios: tuple[Ratio, ...]
    open: bool
    policy: Policy

    @property
    def ends(self) -> tuple[float, float]:
        """The smallest and the largest ratio shown."""
        values = [value for _, value, _ in self.ratios]
        return min(values), max(values)

    @property
    def slack(self) -> float:
        """By which factor the numbers may differ."""
        about = self.policy.about_error if self.claim.quantifier == "about" else 0.0
        read = self.point.reading_error + max(error for _, _, error in self.ratios)
        measured_apart = scatter(self.policy, runs=4) if self.claim.drawn else 0.0
        return 1 + self.policy.arithmetic_tolerance + read + about + measured_apart

    @property
    def above(self) -> bool:
        """True where it is larger than its words allow."""
        low, high = self.ends
        limit = {"at_least": low, "at_most": inf}.get(self.claim.quantifier, high)
        return self.point.y > limit * self.slack

    @property
    def below(self) -> bool:
        """True where it is smaller than its words allow."""
        low, high = self.ends
        limit = {"up_to": 0.0 if self.open else high, "at_least": 0.0, "at_most": high}.get(self.claim.quantifier, low)
        return self.point.y * self.slack < limit

    @property
    def agrees(self) -> bool:
        """True where the experiment shows what is stated."""
        return not self.above and not self.below

    @property
    def apart(self) -> float:
        """By which factor the statement misses the ratios shown."""
        low, high = self.ends
        return self.point.y / high if self.above else low / self.point.y

    def finding(self, index: int) -> Outcome:
        """What is stated and what the experiment shows."""
        claim, point, (low, high) = self.claim, self.point, self.ends
        drawn = f"{low:.4g}" if len(self.ratios) == 1 else f"{low:.4g} to {high:.4g}"
        x = self.ratios[0][0] if point.x is None else point.x
        where = f" at x = {x:.4g}" if len(self.ratios) == 1 else f" over {len(self.ratios)} common points"
        return differs(
            RATIO,
            f"{claim.id}:{index + 1}",
            f"{claim.id} states a ratio of {point.y:.4g}{_said(claim)}; the points of {claim.mechanism} and "
            f"{claim.relative_to} give {drawn}{where}.",
            claim.evidence,
            factor=point.y / (high if self.above else low),
            tolerance=self.slack - 1,
            values=(
                ("stated ratio", point.y, "x"),
                ("lowest of the series", low, "x"),
                ("highest of the series", high, "x"),
            ),
            readings=_READINGS,
        )


def _said(claim: Claim) -> str:
    return "" if claim.quantifier == "at" else f" ({claim.quantifier.replace('_', ' ')})"


def contradictions(spec: PaperSpec, policy: Policy) -> Iterator[Outcome]:
    """Two places of the paper that do not agree, as the specification recorded them."""
    del policy
    for item in spec.contradictions:
        readings = " or ".join(f"'{reading}'" for reading in item.readings)
        yield differs(
            CONTRADICTION,
            item.id,
            f"The paper can be read in more than one way about {item.about}: {readings}.",
            item.evidence,
            factor=1.0,
            tolerance=0.0,
            values=(),
            readings=(),
        )
