"""Who may teach: observations that their own mechanisms reach, alone and together; and who is refused, and why.

All observations are asked together whether some value of the uncertain constants gives them. One that is missed by more
than chance, with residuals that scatter, shows how far this paper's measurements deviate from its mechanisms: larger
deviations are granted to it, so that it is missed by no more than chance (Birge, Phys. Rev. 40, 207, 1932). Missed by
far, or smoothly along x, and even when asked alone, it teaches nothing, and the constants or terms behind it are
disputed: the structure is wrong. Reached alone but not with the others, the structure is wrong or a baseline is, and
nobody can say which: then nothing is learnt, and what they share is disputed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from gauntlet.costs.compiled import CompiledModel
from gauntlet.verdict.calibrations import calibrated, unused
from gauntlet.verdict.likelihood import observations
from gauntlet.verdict.policy import Policy
from gauntlet.verdict.population import Population
from gauntlet.verdict.posterior import Axes, Observation, affordable_lesson, best_misfits, explained, learnable
from gauntlet.verdict.prediction import Dispute

_MANY = 2  # series that a sentence must not silence
_NO_TEACHER = "Nothing was measured on a baseline that its own model gives; what was known before stands."
_TRUSTED = 50.0  # effective draws; the 5 and 95 % quantiles of fewer are two or three draws
_NOT_FOUND = "What the baselines measured leaves so little of what was known that no draws tell it; that stands."
_TREND = NormalDist().inv_cdf(0.99)  # scatter runs as smoothly along x in one case of a hundred


@dataclass(frozen=True)
class Heard:
    """Observations that teach, what they teach and what they say, `draws` a generation; refusals and disputes in words.

    `excluded` are sentences that are about something else than the series which exclude them.
    """

    teaching: tuple[Observation, ...] = ()
    axes: Axes | None = None
    population: Population | None = None
    draws: int = 0
    refused: tuple[str, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    excluded: tuple[str, ...] = ()


def hear(compiled: CompiledModel, seed: int, policy: Policy) -> Heard:
    """All observations that can teach together."""
    observed, draws = affordable_lesson(compiled, [*calibrated(compiled, policy), *observations(compiled, policy)])
    teaching: list[Observation] = list(observed)
    refused = list(unused(compiled, {one.name for one in teaching})) + ([] if teaching else [_NO_TEACHER])
    disputes: list[Dispute] = []
    excluded: list[str] = []
    strained: set[str] = set()
    while teaching:
        axes, population = explained(compiled, teaching, draws, seed, policy)
        odd = _unreached(population, teaching, policy)
        odd = _contradicted(population, teaching, policy) if odd is None else odd
        if odd is None and population.effective < _TRUSTED:
            return Heard(refused=(*refused, _NOT_FOUND), disputes=tuple(disputes), excluded=tuple(excluded))
        if odd is None:
            return Heard(tuple(teaching), axes, population, draws, tuple(refused), tuple(disputes), tuple(excluded))
        one = teaching.pop(odd)
        strain = _strain(compiled, one, float(best_misfits(population)[odd]), population, axes)
        if 1 < strain <= policy.largest_strain and one.name not in strained:
            strained.add(one.name)
            teaching.insert(odd, one.strained(strain))
        elif _alone_against_many(one, teaching):
            refused.append(f"{one.name} teaches nothing: what {len(teaching)} others measured excludes it.")
            excluded.append(one.name)
        elif teaching and _unreached(explained(compiled, [one], draws, seed, policy)[1], [one], policy) is None:
            dispute = _dispute(compiled, one, teaching)
            told = (*refused, dispute.reason), (*disputes, dispute), tuple(excluded)
            return Heard((), None, None, 0, *told)
        else:
            about = one.terms or learnable(compiled, [one])
            reason = f"No value of {' and '.join(about)} gives what {one.name} measured."
            disputes += [Dispute(about, reason)] if about else []
            gives = "no value of the uncertain constants gives its points by its own mechanism"
            refused.append(f"{one.name} teaches nothing: {gives}.")
    return Heard((), None, None, 0, tuple(refused), tuple(disputes), tuple(excluded))


def _alone_against_many(one: Observation, others: Sequence[Observation]) -> bool:
    """A sentence against several series: it is about something else, more likely than all of them are."""
    return one.in_words and sum(not other.in_words for other in others) >= _MANY


def _strain(compiled: CompiledModel, one: Observation, q: float, population: Population, axes: Axes) -> float:
    """How many times larger its deviations are than granted; infinite where they follow x, and so are no scatter."""
    best = int(np.argmin(population.misfits.sum(axis=1)))
    trend = one.trend(compiled, *axes.at(population.scores[[best]]))
    return math.inf if trend > _TREND else math.sqrt(q / one.count)


def _dispute(compiled: CompiledModel, one: Observation, others: Sequence[Observation]) -> Dispute:
    theirs = {name for other in others for name in other.rests_on(compiled)}
    shared = [name for name in learnable(compiled, [one]) if name in theirs]
    reason = (
        f"Nothing is learnt from the baselines: what the others say about the constants that {one.name} shares with "
        f"them ({', '.join(shared)}) excludes its points."
    )
    return Dispute(tuple(shared), reason)


def _limit(points: int, policy: Policy) -> float:
    """Largest q that `points` normal residuals reach by chance: mean and some standard deviations of chi-squared."""
    return points + policy.reach_sigmas * float(np.sqrt(2 * points))


def _unreached(population: Population, teaching: Sequence[Observation], policy: Policy) -> int | None:
    """The observation that even the best draw misses by most beyond chance, or None."""
    best = best_misfits(population)
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
