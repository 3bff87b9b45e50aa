"""Conditioning: constants that baseline and proposal share are learnt from the paper's own baseline points.

Guards, each a rule here with a test: only measured claims of baselines teach; a constant measured on the proposal may
not (`may_condition`); stated values stay within their tolerance, since a prior never leaves its support; the baseline
must be reachable by its own mechanism; what one baseline claim teaches must not contradict another; constants move to
the proposal by their declared scope only; discrepancy keeps the posterior from becoming a point; and where any of this
fails, the prior stands and the verdict says why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gauntlet.costs.compiled import CompiledModel
from gauntlet.costs.sampling import normal_scores, strata, values_at
from gauntlet.mechanisms.latencies import normal_survival
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.specs.quantities import Variable
from gauntlet.units import from_si
from gauntlet.verdict.likelihood import Observed, observations
from gauntlet.verdict.policy import Policy
from gauntlet.verdict.population import Population, resampled, sample
from gauntlet.verdict.prediction import Floats, Learnt

Draws = Mapping[str, Floats]

POPULATION = 2048
"""Draws of one generation."""
_QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True)
class Conditioned:
    """Draws for baselines and for everyone else, what was learnt from which claims, and why not more."""

    own: Draws
    others: Draws
    learnt: tuple[Learnt, ...] = ()
    claims: tuple[str, ...] = ()
    effective: float = 0.0
    refused: tuple[str, ...] = ()

    def draws_for(self, spec: PaperSpec, mechanism: str) -> Draws:
        """Draws for the predictions of one mechanism."""
        return self.own if spec.mechanism(mechanism).kind == "baseline" else self.others

    def learnt_by(self, spec: PaperSpec, mechanism: str) -> frozenset[str]:
        """Variables that the draws of one mechanism have learnt."""
        own = spec.mechanism(mechanism).kind == "baseline"
        return frozenset(one.variable for one in self.learnt if own or one.moves)


def condition(compiled: CompiledModel, samples: int, seed: int, policy: Policy) -> Conditioned:
    """Learn what the baselines' points say about the constants behind them; the prior where nothing can be learnt."""
    spec = compiled.spec
    levels = strata(spec, samples, seed)
    prior = values_at(spec, levels)
    unlearnt = Conditioned(prior, prior)
    teaching = list(observations(compiled, policy))
    refused: list[str] = []
    while teaching:
        names = _learnable(compiled, teaching, levels)
        if not names:
            break
        population = _population(compiled, teaching, names, seed, policy)
        missed = _unreached(population, teaching, policy)
        if missed is not None:
            refused.append(
                f"{teaching[missed].claim.id} teaches nothing: no value of the uncertain constants gives its points by "
                "its own mechanism."
            )
            teaching.pop(missed)
            continue
        clash = _contradicted(population, teaching, policy)
        if clash is not None:
            refused.append(
                f"Nothing is learnt from the baselines: what the others say about the constants that "
                f"{teaching[clash].claim.id} shares with them excludes its points."
            )
            break
        return _conditioned(spec, population, teaching, names, levels, seed, tuple(refused))
    return Conditioned(unlearnt.own, unlearnt.others, refused=tuple(refused))


def _learnable(compiled: CompiledModel, teaching: Sequence[Observed], levels: Mapping[str, Floats]) -> list[str]:
    """Uncertain variables that the teaching claims depend on and that may be learnt, in the order of the paper."""
    used: set[str] = set()
    for one in teaching:
        output = compiled.outputs[one.claim.mechanism, one.claim.metric]
        used |= compiled.variables_of(one.claim.mechanism, [output])
    return [v.id for v in compiled.spec.variables if v.id in levels and v.id in used and v.may_condition]


def _population(
    compiled: CompiledModel, teaching: Sequence[Observed], names: Sequence[str], seed: int, policy: Policy
) -> Population:
    start = np.stack([normal_scores(strata(compiled.spec, POPULATION, seed)[name]) for name in names], axis=1)

    def misfits(scores: Floats) -> Floats:
        levels = {name: 1 - normal_survival(scores[:, index]) for index, name in enumerate(names)}
        draws = values_at(compiled.spec, levels)
        return np.stack([np.broadcast_to(one.misfit(compiled, draws), len(scores)) for one in teaching], axis=1)

    return sample(misfits, start, policy.effective_samples, np.random.default_rng([seed, len(names)]))


def _limit(points: int, policy: Policy) -> float:
    """Largest q that `points` normal residuals reach by chance: mean and some standard deviations of chi-squared."""
    return points + policy.reach_sigmas * float(np.sqrt(2 * points))


def _unreached(population: Population, teaching: Sequence[Observed], policy: Policy) -> int | None:
    """The claim that even the best draw misses by most beyond chance, or None."""
    best = population.misfits[np.argmin(population.misfits.sum(axis=1))]
    excess = [float(q) / _limit(len(one.points), policy) for q, one in zip(best, teaching, strict=True)]
    worst = int(np.argmax(excess))
    return worst if excess[worst] > 1 else None


def _contradicted(population: Population, teaching: Sequence[Observed], policy: Policy) -> int | None:
    """A claim whose points the constants learnt from the other claims exclude, or None."""
    if len(teaching) < 2:
        return None
    for index, one in enumerate(teaching):
        own = population.misfits[:, index]
        without = population.weights * np.exp(0.5 * (own - own.max()))
        order = np.argsort(own)
        reached = np.cumsum(without[order])
        near = own[order][np.searchsorted(reached, policy.held_out_share * reached[-1])]
        if near > _limit(len(one.points), policy):
            return index
    return None


def _conditioned(
    spec: PaperSpec,
    population: Population,
    teaching: Sequence[Observed],
    names: Sequence[str],
    levels: Mapping[str, Floats],
    seed: int,
    refused: tuple[str, ...],
) -> Conditioned:
    samples = len(next(iter(levels.values())))
    scores = resampled(population, samples, np.random.default_rng([seed, samples]))
    known = {name: 1 - normal_survival(scores[:, index]) for index, name in enumerate(names)}
    teachers = {one.claim.mechanism for one in teaching}
    moving = {name: known[name] for name in names if _moves(spec.variable(name), teachers)}
    prior, own, others = (values_at(spec, {**levels, **part}) for part in ({}, known, moving))
    learnt = tuple(
        Learnt(
            name, _summary(spec.variable(name), prior[name]), _summary(spec.variable(name), own[name]), name in moving
        )
        for name in names
    )
    claims = tuple(one.claim.id for one in teaching)
    return Conditioned(own, others, learnt, claims, population.effective, refused)


def _moves(variable: Variable, teachers: set[str]) -> bool:
    """Device and component constants move; one of the experiment where it names both sides; a mechanism's own never."""
    if variable.scope.kind == "experiment":
        return bool(teachers & set(variable.shared_by)) and bool(set(variable.shared_by) - teachers)
    return variable.scope.kind in ("device", "component")


def _summary(variable: Variable, draws: Floats) -> tuple[float, float, float]:
    low, middle, high = np.quantile(from_si(draws, variable.unit), _QUANTILES)
    return float(low), float(middle), float(high)
