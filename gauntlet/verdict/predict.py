"""Monte Carlo: draw every variable, evaluate the cost model at every claimed point, keep quantiles.

Draws are those that `condition` leaves: what the baselines' own points teach about shared constants is in them.
"""

import functools
from collections.abc import Callable

from gauntlet.costs.compiled import CompiledModel, compile_model
from gauntlet.costs.opinions import as_stated, is_opinion
from gauntlet.costs.records import CostModel
from gauntlet.costs.sampling import draw_variables
from gauntlet.errors import GauntletError
from gauntlet.expressions.memory import remembering
from gauntlet.specs.claims import Claim
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.verdict.best_case import places_of, settled
from gauntlet.verdict.condition import Conditioned, condition
from gauntlet.verdict.engine import CURVE_SAMPLES, Engine
from gauntlet.verdict.policy import load_policy
from gauntlet.verdict.prediction import ClaimPrediction, Lesson, Prediction


def predict(spec: PaperSpec, cost_model: CostModel, samples: int, seed: int, *, conditioned: bool = True) -> Prediction:
    """Predictions for every claim whose mechanism and metric the model gives; reasons for the others.

    Equal arguments give equal bytes. Curves between the points use at most `CURVE_SAMPLES` draws, the fewest of which
    the record states. A claimed point has `samples`, or fewer where its formulas would take too long, which its
    prediction states.
    Without `conditioned` the priors stand.
    """
    compiled = compile_model(spec, cost_model)
    claims, reasons = {}, {}
    with remembering():
        engine, at_their_word = _engines(compiled, samples, seed, conditioned)
        for claim in spec.claims:
            found = _unpredictable(compiled, claim) or _predicted(claim, engine, at_their_word)
            if isinstance(found, str):
                reasons[claim.id] = found
            else:
                claims[claim.id] = found
    known = engine.known
    lesson = Lesson(
        known.claims,
        known.learnt,
        known.effective,
        known.refused,
        known.disputes,
        known.pace_factors(),
        known.excluded,
        known.few_draws,
    )
    curves = [engine.curve_samples(claim) for claim in spec.claims if claim.id in claims]
    return Prediction(samples, min((samples, CURVE_SAMPLES, *curves)), seed, claims, reasons, lesson)


def _engines(
    compiled: CompiledModel, samples: int, seed: int, conditioned: bool
) -> tuple[Engine, Callable[[], Engine] | None]:
    """The engine, and how to make one that takes opinions at their word, where any is taken further.

    A model holds over the ranges that its author had in mind; beyond them it may have no value.
    """

    def engine_of(model: CompiledModel) -> Engine:
        if conditioned:
            known = condition(model, samples, seed, load_policy())
        else:
            draws = draw_variables(model.spec, samples, seed)
            known = Conditioned(draws, draws)
        return Engine(model.spec, model.model, model, known, samples)

    if not any(map(is_opinion, compiled.spec.variables)):
        return engine_of(compiled), None
    at_their_word = functools.cache(lambda: engine_of(compile_model(as_stated(compiled.spec), compiled.model)))
    try:
        return engine_of(compiled), at_their_word
    except GauntletError:
        return at_their_word(), None


def _predicted(claim: Claim, engine: Engine, at_their_word: Callable[[], Engine] | None) -> ClaimPrediction | str:
    """The prediction, or why there is none."""
    try:
        return engine.claim(claim)
    except GauntletError as error:
        return str(error) if at_their_word is None else _predicted(claim, at_their_word(), None)


def _unpredictable(compiled: CompiledModel, claim: Claim) -> str | None:
    """Why a claim has no prediction, as a sentence; None where it can have one."""
    if places_of(compiled.spec, claim):
        return None
    claim = settled(compiled.spec, claim)
    if claim.unresolved:
        return "The text does not say which two numbers this ratio compares."
    reason = compiled.why_not(claim)
    return None if reason is None else f"{reason[0].upper()}{reason[1:].rstrip('.')}."
