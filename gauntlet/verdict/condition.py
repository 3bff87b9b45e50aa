"""Conditioning: constants that baseline and proposal share are learnt from the paper's own baseline points.

Guards, each a rule here or in `teachers` with a test: only calibrations and measured claims of baselines and references
teach; a constant measured on the proposal may not (`may_condition`); stated values stay within their tolerance, since a
prior never leaves its support; a calibrated term must give what was measured; a baseline must be reachable by its own
mechanism; what one teaches must not contradict another; constants move to the proposal by their declared scope only,
with the spread that their transfer costs; discrepancy keeps the posterior from becoming a point; and where any of this
fails, the prior stands and the verdict says why.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from gauntlet.costs.compiled import CompiledModel
from gauntlet.costs.definitions import resolve
from gauntlet.costs.sampling import quasi_random_levels, support, values_at
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.specs.quantities import Variable
from gauntlet.units import from_si
from gauntlet.verdict.likelihood import TEACHERS, Observed
from gauntlet.verdict.policy import Policy
from gauntlet.verdict.population import resampled
from gauntlet.verdict.posterior import POPULATION
from gauntlet.verdict.prediction import SHAPE_LEVELS, Dispute, Floats, Learnt
from gauntlet.verdict.teachers import hear

Draws = Mapping[str, Floats]

_QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True)
class Conditioned:
    """Draws for baselines and for everyone else, what was learnt from which claims, and why not more.

    `few_draws` made each generation of learning where formulas take long; None where as many as usual did.
    """

    own: Draws
    others: Draws
    learnt: tuple[Learnt, ...] = ()
    claims: tuple[str, ...] = ()
    effective: float = 0.0
    refused: tuple[str, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    excluded: tuple[str, ...] = ()
    paces: Mapping[str, Floats] = field(default_factory=dict)
    few_draws: int | None = None
    strains: Mapping[str, float] = field(default_factory=dict)
    kinship: float = 0.0

    def pace(self, spec: PaperSpec, mechanism: str) -> Floats | None:
        """Log of how many times as long as its mechanism an implementation takes, as far as it was learnt; (N, 1).

        An implementation that was not measured is akin to those that were: it shares a part of their level.
        """
        if mechanism in self.paces:
            return self.paces[mechanism][:, None]
        if not self.paces or spec.mechanism(mechanism).kind in TEACHERS:
            return None
        return np.asarray(self.kinship * np.mean(list(self.paces.values()), axis=0))[:, None]

    def pace_factors(self) -> dict[str, tuple[float, float, float]]:
        """5 %, median and 95 % of how many times as long as its mechanism each measured implementation takes."""
        return {name: _summary(np.exp(log)) for name, log in self.paces.items()}

    def unlearnt(self, mechanism: str) -> float:
        """Part of the variance of an implementation's level that was not learnt."""
        return 0.0 if mechanism in self.paces else 1 - self.kinship**2 if self.paces else 1.0

    def draws_for(self, spec: PaperSpec, mechanism: str) -> Draws:
        """Draws for the predictions of one mechanism."""
        return self.own if spec.mechanism(mechanism).kind in TEACHERS else self.others

    def learnt_by(self, spec: PaperSpec, mechanism: str) -> frozenset[str]:
        """Variables that the draws of one mechanism have learnt."""
        own = spec.mechanism(mechanism).kind in TEACHERS
        return frozenset(one.variable for one in self.learnt if own or one.moves)


def condition(compiled: CompiledModel, samples: int, seed: int, policy: Policy) -> Conditioned:
    """Learn what the baselines' points say about the constants behind them; the prior where nothing can be learnt."""
    spec = compiled.spec
    levels = quasi_random_levels(spec, samples, seed)
    prior = values_at(spec, levels)
    heard = hear(compiled, seed, policy)
    if heard.population is None or heard.axes is None or not heard.axes.names:
        return Conditioned(prior, prior, refused=heard.refused, disputes=heard.disputes)
    scores = resampled(heard.population, samples, np.random.default_rng([seed, samples]))
    known = heard.axes.known(scores)
    teachers = {mechanism for one in heard.teaching for mechanism in one.mechanisms}
    moving = {name: level for name, level in known.items() if _moves(spec.variable(name), teachers)}
    own = values_at(spec, {**levels, **known})
    learnt = tuple(_lesson(spec.variable(name), prior[name], own[name], name in moving) for name in known)
    return Conditioned(
        own=own,
        others=_transferred(spec, values_at(spec, {**levels, **moving}), moving, seed),
        learnt=learnt,
        claims=tuple(one.name for one in heard.teaching),
        effective=heard.population.effective,
        refused=heard.refused,
        disputes=heard.disputes,
        excluded=heard.excluded,
        paces=heard.axes.paces(scores),
        few_draws=heard.draws if heard.draws < POPULATION else None,
        strains={one.name: one.strain for one in heard.teaching if isinstance(one, Observed)},
        kinship=policy.kinship,
    )


def _transferred(spec: PaperSpec, drawn: Draws, moving: Mapping[str, Floats], seed: int) -> Draws:
    """Draws for those who were not measured: each constant that moved with the spread that its transfer costs."""
    spread = {}
    for place, name in enumerate(moving):
        variable, ends = spec.variable(name), support(spec.variable(name))
        if variable.transfer_spread > 0 and ends is not None:
            scores = np.random.default_rng([seed, place]).standard_normal(drawn[name].shape)
            spread[name] = np.clip(drawn[name] * np.exp(np.log1p(variable.transfer_spread) * scores), *ends)
    return resolve(spec, {**drawn, **spread}, {}) if spread else drawn


def _moves(variable: Variable, teachers: set[str]) -> bool:
    """Device and component constants move; one of the experiment where it names both sides; a mechanism's own never."""
    if variable.scope.kind == "experiment":
        return bool(teachers & set(variable.shared_by)) and bool(set(variable.shared_by) - teachers)
    return variable.scope.kind in ("device", "component")


def _lesson(variable: Variable, prior: Floats, posterior: Floats, moves: bool) -> Learnt:
    before, after = (from_si(draws, variable.unit) for draws in (prior, posterior))
    shapes = (tuple(np.quantile(draws, SHAPE_LEVELS).tolist()) for draws in (before, after))
    return Learnt(variable.id, _summary(before), _summary(after), moves, *shapes)


def _summary(draws: Floats) -> tuple[float, float, float]:
    low, middle, high = np.quantile(draws, _QUANTILES)
    return float(low), float(middle), float(high)
