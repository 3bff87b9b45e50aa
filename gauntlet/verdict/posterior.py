"""The posterior of all that the observations rest on: constants, and the level of each measured implementation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from gauntlet.costs.compiled import CompiledModel
from gauntlet.costs.effort import affordable
from gauntlet.costs.sampling import normal_scores, quasi_random_levels, support, values_at
from gauntlet.mechanisms.normal import normal_survival
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.verdict.policy import Policy
from gauntlet.verdict.population import Population, sample
from gauntlet.verdict.prediction import Floats

POPULATION, FEWEST = 2048, 256
"""Draws of one generation, and how many it has whatever they take; fewer than usual are pooled over generations."""
EFFORT_S, TURNS = 4.0, 4
"""Seconds that learning may take, and generations that this usually needs."""


class Observation(Protocol):
    """Something measured that the model must give: points of a baseline's claim, or of a calibration."""

    @property
    def name(self) -> str:
        """Id of the claim or calibration."""

    @property
    def count(self) -> int:
        """How many points it has."""

    @property
    def in_words(self) -> bool:
        """Whether sentences alone say so."""

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """Who was measured."""

    @property
    def implementations(self) -> tuple[str, ...]:
        """Whose level the points share."""

    @property
    def terms(self) -> tuple[str, ...]:
        """Terms that stand for what was measured."""

    def rests_on(self, compiled: CompiledModel) -> set[str]:
        """Variables behind the points."""

    def effort_us(self, compiled: CompiledModel) -> float:
        """Microseconds for one draw of it."""

    def coarser(self) -> "Observation":
        """The same with fewer evaluations, where it can do with fewer."""

    def strained(self, factor: float) -> "Observation":
        """The same with larger deviations granted."""

    def misfit(self, compiled: CompiledModel, draws: Mapping[str, Floats], levels: Mapping[str, Floats]) -> Floats:
        """q of every draw: twice the negative log likelihood, up to a constant."""

    def trend(self, compiled: CompiledModel, draws: Mapping[str, Floats], levels: Mapping[str, Floats]) -> float:
        """How the residuals of one draw run along x, as a standard normal score."""


@dataclass(frozen=True)
class Axes:
    """What is drawn: constants in the order of the paper, then the level of each implementation."""

    spec: PaperSpec
    names: tuple[str, ...]
    implementations: tuple[str, ...]
    level_sigma: float

    def start(self, draws: int, seed: int) -> Floats:
        """Draws of the prior, as standard normal scores."""
        first = quasi_random_levels(self.spec, draws, seed)
        levels = np.random.default_rng([seed, draws]).standard_normal((draws, len(self.implementations)))
        return np.column_stack([*(normal_scores(first[name]) for name in self.names), levels])

    def known(self, scores: Floats) -> dict[str, Floats]:
        """Quantile levels of the constants at scores (N, axes)."""
        return {name: 1 - normal_survival(scores[:, index]) for index, name in enumerate(self.names)}

    def paces(self, scores: Floats) -> dict[str, Floats]:
        """Log of how many times as long as its mechanism each implementation takes."""
        return dict(zip(self.implementations, self.level_sigma * scores[:, len(self.names) :].T, strict=True))

    def at(self, scores: Floats) -> tuple[Mapping[str, Floats], Mapping[str, Floats]]:
        """Variables in SI, and paces."""
        return values_at(self.spec, self.known(scores)), self.paces(scores)


def learnable(compiled: CompiledModel, teaching: Sequence[Observation]) -> tuple[str, ...]:
    """Uncertain variables that the observations depend on and that may be learnt, in the order of the paper."""
    used = {name for one in teaching for name in one.rests_on(compiled)}
    return tuple(v.id for v in compiled.spec.variables if v.id in used and v.may_condition and support(v) is not None)


def affordable_lesson(compiled: CompiledModel, teaching: Sequence[Observation]) -> tuple[tuple[Observation, ...], int]:
    """The observations, coarser ones where they take long, and draws of a generation that fit in the effort."""
    taught = tuple(teaching)
    for observed in (taught, tuple(one.coarser() for one in taught)):
        each_us = sum(one.effort_us(compiled) for one in observed)
        draws = affordable(POPULATION, FEWEST, each_us, EFFORT_S / TURNS)
        if draws == POPULATION:
            break
    return observed, draws


def explained(
    compiled: CompiledModel, teaching: Sequence[Observation], draws: int, seed: int, policy: Policy
) -> tuple[Axes, Population]:
    """What can be learnt, and draws, so many a generation, weighted by how well they give the observations."""
    measured = tuple(dict.fromkeys(name for one in teaching for name in one.implementations))
    axes = Axes(compiled.spec, learnable(compiled, teaching), measured, policy.level_sigma)

    def misfits_of(scores: Floats) -> Floats:
        at = axes.at(scores)
        return np.stack([np.broadcast_to(one.misfit(compiled, *at), len(scores)) for one in teaching], axis=1)

    start = axes.start(draws, seed)
    if not start.shape[1]:
        return axes, Population(start[:1], misfits_of(start[:1]), np.ones(1))
    stream = np.random.default_rng([seed, start.shape[1]])
    return axes, sample(misfits_of, start, policy.effective_samples, stream, pooled=draws < POPULATION)


def best_misfits(population: Population) -> Floats:
    """q of every observation for the draw that gives them all best."""
    best: Floats = population.misfits[np.argmin(population.misfits.sum(axis=1))]
    return best
