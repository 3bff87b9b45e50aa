"""Who may teach: observations that their own mechanisms reach, alone and together; and who is refused, and why.

All observations are asked together whether some value of the uncertain constants gives them. One that is missed by more
than chance, with residuals that scatter, shows how far this paper's measurements deviate from its mechanisms: larger
deviations are granted to it, so that it is missed by no more than chance (Birge, Phys. Rev. 40, 207, 1932). Missed by
far, or smoothly along x, and even when asked alone, it teaches nothing, and the constants or terms behind it are
disputed: the structure is wrong. Reached alone but not with the others, the structure is wrong or a baseline is, and
nobody can say which: then nothing is learnt, and what they share is disputed.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Protocol

import numpy as np

from gauntlet.costs.compiled import CompiledModel
from gauntlet.costs.sampling import central_values, normal_scores, strata, values_at
from gauntlet.mechanisms.latencies import normal_survival
from gauntlet.verdict.calibrations import calibrated, unused
from gauntlet.verdict.likelihood import observations
from gauntlet.verdict.policy import Policy
from gauntlet.verdict.population import Population, sample
from gauntlet.verdict.prediction import Dispute, Floats

_TREND = NormalDist().inv_cdf(0.99)  # scatter runs as smoothly along x in one case of a hundred
POPULATION = 2048
"""Draws of one generation."""


class Observation(Protocol):
    """Something measured that the model must give: points of a baseline's claim, or of a calibration."""

    @property
    def name(self) -> str:
        """Id of the claim or calibration."""

    @property
    def count(self) -> int:
        """How many points it has."""

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """Who was measured."""

    @property
    def terms(self) -> tuple[str, ...]:
        """Terms that stand for what was measured."""

    def rests_on(self, compiled: CompiledModel) -> set[str]:
        """Variables behind the points."""

    def strained(self, factor: float) -> "Observation":
        """The same with larger deviations granted."""

    def misfit(self, compiled: CompiledModel, draws: Mapping[str, Floats]) -> Floats:
        """q of every draw: twice the negative log likelihood, up to a constant."""

    def trend(self, compiled: CompiledModel, draws: Mapping[str, Floats]) -> float:
        """How the residuals of one draw run along x, as a standard normal score."""


@dataclass(frozen=True)
class Heard:
    """Observations that teach, the variables they teach, what they say; refusals and disputes in words."""

    teaching: tuple[Observation, ...] = ()
    names: tuple[str, ...] = ()
    population: Population | None = None
    refused: tuple[str, ...] = ()
    disputes: tuple[Dispute, ...] = ()


def hear(compiled: CompiledModel, seed: int, policy: Policy) -> Heard:
    """All observations that can teach together."""
    teaching: list[Observation] = [*calibrated(compiled, policy), *observations(compiled, policy)]
    refused = list(unused(compiled, {one.name for one in teaching}))
    disputes: list[Dispute] = []
    strained: set[str] = set()
    while teaching:
        names, population = _explained(compiled, teaching, seed, policy)
        odd = _unreached(population, teaching, policy)
        odd = _contradicted(population, teaching, policy) if odd is None else odd
        if odd is None:
            return Heard(tuple(teaching), names, population, tuple(refused), tuple(disputes))
        one = teaching.pop(odd)
        strain = _strain(compiled, one, float(_best(population)[odd]), population, names)
        if 1 < strain <= policy.largest_strain and one.name not in strained:
            strained.add(one.name)
            teaching.insert(odd, one.strained(strain))
        elif teaching and _unreached(_explained(compiled, [one], seed, policy)[1], [one], policy) is None:
            dispute = _dispute(compiled, one, teaching)
            return Heard(refused=(*refused, dispute.reason), disputes=(*disputes, dispute))
        else:
            about = one.terms or _learnable(compiled, [one])
            reason = f"No value of {' and '.join(about)} gives what {one.name} measured."
            disputes += [Dispute(about, reason)] if about else []
            gives = "no value of the uncertain constants gives its points by its own mechanism"
            refused.append(f"{one.name} teaches nothing: {gives}.")
    return Heard(refused=tuple(refused), disputes=tuple(disputes))


def _strain(compiled: CompiledModel, one: Observation, q: float, population: Population, names: Sequence[str]) -> float:
    """How many times larger its deviations are than granted; infinite where they follow x, and so are no scatter."""
    best = int(np.argmin(population.misfits.sum(axis=1)))
    levels = {name: 1 - normal_survival(population.scores[[best], index]) for index, name in enumerate(names)}
    trend = one.trend(compiled, values_at(compiled.spec, levels))
    return math.inf if trend > _TREND else math.sqrt(q / one.count)


def _dispute(compiled: CompiledModel, one: Observation, others: Sequence[Observation]) -> Dispute:
    theirs = {name for other in others for name in other.rests_on(compiled)}
    shared = [name for name in _learnable(compiled, [one]) if name in theirs]
    reason = (
        f"Nothing is learnt from the baselines: what the others say about the constants that {one.name} shares with "
        f"them ({', '.join(shared)}) excludes its points."
    )
    return Dispute(tuple(shared), reason)


def _learnable(compiled: CompiledModel, teaching: Sequence[Observation]) -> tuple[str, ...]:
    """Uncertain variables that the observations depend on and that may be learnt, in the order of the paper."""
    used = {name for one in teaching for name in one.rests_on(compiled)}
    uncertain = strata(compiled.spec, 1, 0)
    return tuple(v.id for v in compiled.spec.variables if v.id in uncertain and v.id in used and v.may_condition)


def _explained(
    compiled: CompiledModel, teaching: Sequence[Observation], seed: int, policy: Policy
) -> tuple[tuple[str, ...], Population]:
    """What can be learnt, and draws weighted by how well they give the observations; the medians where nothing can."""
    names = _learnable(compiled, teaching)
    if not names:
        middle = central_values(compiled.spec)
        misfits = np.stack([one.misfit(compiled, middle)[:1] for one in teaching], axis=1)
        return names, Population(np.zeros((1, 0)), misfits, np.ones(1))
    start = strata(compiled.spec, POPULATION, seed)

    def misfits_of(scores: Floats) -> Floats:
        levels = {name: 1 - normal_survival(scores[:, index]) for index, name in enumerate(names)}
        draws = values_at(compiled.spec, levels)
        return np.stack([np.broadcast_to(one.misfit(compiled, draws), len(scores)) for one in teaching], axis=1)

    scores = np.stack([normal_scores(start[name]) for name in names], axis=1)
    return names, sample(misfits_of, scores, policy.effective_samples, np.random.default_rng([seed, len(names)]))


def _limit(points: int, policy: Policy) -> float:
    """Largest q that `points` normal residuals reach by chance: mean and some standard deviations of chi-squared."""
    return points + policy.reach_sigmas * float(np.sqrt(2 * points))


def _best(population: Population) -> Floats:
    """q of every observation for the draw that gives them all best."""
    best: Floats = population.misfits[np.argmin(population.misfits.sum(axis=1))]
    return best


def _unreached(population: Population, teaching: Sequence[Observation], policy: Policy) -> int | None:
    """The observation that even the best draw misses by most beyond chance, or None."""
    best = _best(population)
    excess = [float(q) / _limit(one.count, policy) for q, one in zip(best, teaching, strict=True)]
    worst = int(np.argmax(excess))
    return worst if excess[worst] > 1 else None


def _contradicted(population: Population, teaching: Sequence[Observation], policy: Policy) -> int | None:
    """An observation that the constants learnt from the others exclude, or None."""
    if len(teaching) < 2:
        return None
    for index, one in enumerate(teaching):
        own = population.misfits[:, index]
        without = population.weights * np.exp(0.5 * (own - own.max()))
        order = np.argsort(own)
        reached = np.cumsum(without[order])
        near = own[order][np.searchsorted(reached, policy.held_out_share * reached[-1])]
        if near > _limit(one.count, policy):
            return index
    return None
