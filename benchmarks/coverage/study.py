"""Judge one random paper, honest and with gaps planted, and keep what the statistics need."""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

import numpy as np

from benchmarks.coverage.papers import RandomPaper, random_paper
from benchmarks.coverage.systems import PROPOSAL
from gauntlet.mechanisms.catalogue import ValidityWarning
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.verdict.compare import compare, compares_by_load
from gauntlet.verdict.decide import decide
from gauntlet.verdict.policy import Policy
from gauntlet.verdict.predict import predict
from gauntlet.verdict.prediction import Prediction
from gauntlet.verdict.records import ClaimVerdict, Label

NOMINAL = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
"""Bands of the reliability curve."""
FACTORS = (1.3, 1.6, 2.0, 3.0)
"""Planted gaps."""


@dataclass(frozen=True)
class Judged:
    """One claim: its label, and for each nominal band how many of its usable points lie inside."""

    proposal: bool
    points: int
    label: Label
    gap: float | None
    inside: tuple[int, ...]


@dataclass(frozen=True)
class Planted:
    """A paper with a planted gap: its label, the largest gap named, and whether the planted one is in its interval."""

    label: Label
    gap: float | None
    met: bool


@dataclass(frozen=True)
class Outcome:
    """One paper: its label and claims when honest, and what was found by planted factor."""

    family: str
    taught: bool
    label: Label
    claims: tuple[Judged, ...]
    planted: tuple[Planted, ...]


def outcomes(seed: int, papers: int, samples: int, policy: Policy, processes: int) -> list[Outcome]:
    """Every paper of a seed, in order; the same whatever the number of processes."""
    one = partial(outcome, seed=seed, samples=samples, policy=policy)
    if processes == 1:
        return [one(index) for index in range(papers)]
    with get_context("spawn").Pool(processes) as pool:
        return pool.map(one, range(papers), chunksize=8)


def outcome(index: int, seed: int, samples: int, policy: Policy) -> Outcome:
    """Predict once, since no prediction may depend on what the proposal claims; then judge honest and planted."""
    paper = random_paper(seed, index, policy)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ValidityWarning)
        return outcome_of(paper, predict(paper.spec, paper.model, samples, seed), policy)


def outcome_of(paper: RandomPaper, prediction: Prediction, policy: Policy) -> Outcome:
    """What the verdicts on a predicted paper say, honest and planted."""
    honest = decide(paper.spec, paper.model, prediction, policy, explained=False)
    claims = tuple(_judged(paper.spec, verdict, prediction, policy) for verdict in honest.claims)
    planted = tuple(_planted(paper, factor, prediction, policy) for factor in FACTORS)
    return Outcome(paper.family, bool(prediction.lesson.learnt), honest.label, claims, planted)


def _planted(paper: RandomPaper, factor: float, prediction: Prediction, policy: Policy) -> Planted:
    """Label of the paper with all claims of its proposal `factor` times better, and the largest gap found."""
    verdict = decide(paper.planted(factor).spec, paper.model, prediction, policy, explained=False)
    flagged = [claim for claim in verdict.claims if claim.label == "MAGIC_GAP" and claim.mechanism == PROPOSAL]
    top = max(flagged, key=lambda claim: claim.gap or 0.0, default=None)
    if top is None or top.gap is None or top.gap_low is None or top.gap_high is None:
        return Planted(verdict.label, None, False)
    return Planted(verdict.label, top.gap, top.gap_low <= factor <= top.gap_high)


def _judged(spec: PaperSpec, verdict: ClaimVerdict, prediction: Prediction, policy: Policy) -> Judged:
    claim, used = spec.claim(verdict.claim), sum(point.used for point in verdict.points)
    metric = spec.metric(claim.metric)
    by_load = compares_by_load(spec, claim, metric)
    inside = []
    for level in NOMINAL:
        edges = policy.model_copy(update={"band_low": 0.5 - level / 2, "band_high": 0.5 + level / 2})
        sigma = verdict.widening
        seen = compare(spec, claim, metric, prediction.claims[claim.id], edges, sigma=sigma, by_load=by_load)
        beyond = np.maximum(seen.beyond_good, seen.beyond_bad)[seen.used]
        inside.append(int(np.sum(beyond <= 0)))
    return Judged(claim.mechanism == PROPOSAL, used, verdict.label, verdict.gap, tuple(inside))


def gap_error(found: float | None, factor: float) -> float:
    """How far off a found gap is, as a log."""
    return math.nan if found is None else math.log(found / factor)


def share(flags: Sequence[bool]) -> float:
    """Part of the flags that is true; NaN of none."""
    return float(np.mean(flags)) if flags else math.nan
