"""Laws about what a model does when it runs: it answers to load, keeps behind its bound, and gives numbers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gauntlet.costs.compiled import CompiledModel, environment_for, reference_side
from gauntlet.costs.sampling import draw_variables
from gauntlet.costs.violations import Violation
from gauntlet.errors import ExpressionError, GauntletError
from gauntlet.expressions.evaluation import Floats, UnsetError
from gauntlet.expressions.grammar import parse
from gauntlet.specs.claims import Claim
from gauntlet.specs.mechanism import Mechanism, Step
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.units import from_si

PERTURBATION = 0.2
LEAST_RESPONSE = 1e-3
SAME_AS_BOUND = 1e-6
CLOCK_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Predicted:
    """One side of a claim at the claim's points: a ratio has two sides, everything else one."""

    claim: Claim
    mechanism: str
    metric: str
    drawn: Mapping[str, Floats]
    environment: Mapping[str, Floats]
    value: Floats
    bounds: Mapping[str, Floats]

    @property
    def where(self) -> str:
        """Place for a message."""
        return f"{self.metric} of {self.mechanism}, claim {self.claim.id}"


def predict_all(compiled: CompiledModel, samples: int, seed: int) -> tuple[list[Predicted], list[Violation]]:
    """Every side of every claim that can be predicted, and what could not be evaluated."""
    drawn = draw_variables(compiled.spec, samples, seed)
    found, failures = [], []
    for claim in compiled.spec.claims:
        if compiled.why_not(claim) is not None:
            continue
        for side in sides(claim):
            try:
                environment = environment_for(side, compiled.spec, drawn)
                value = compiled.predict(side.mechanism, side.metric, environment)
                bounds = compiled.bound(side.mechanism, side.metric, environment)
            except GauntletError as error:
                if isinstance(error, UnsetError) and claim.kind != "series":
                    continue  # the paper does not say the condition of a lone number: nothing a model could mend
                message = f"claim {claim.id} cannot be evaluated: {error}"
                failures.append(Violation(law="finite_nonnegative", where=f"claim {claim.id}", message=message))
                continue
            found.append(Predicted(side, side.mechanism, side.metric, drawn, environment, value, bounds))
    return found, failures


def sides(claim: Claim) -> tuple[Claim, ...]:
    """The claim itself, and for a ratio the reference's side as a claim of the reference."""
    return (claim,) if claim.relative_to is None else (claim, reference_side(claim))


def finite_nonnegative(compiled: CompiledModel, predicted: Sequence[Predicted]) -> Iterator[Violation]:
    """No NaN and nothing negative; infinite only for delays, and not for all samples of all points."""
    for one in predicted:
        problem = _not_a_cost(one.value, delay=compiled.spec.metric(one.metric).better == "lower")
        if problem:
            yield Violation(law="finite_nonnegative", where=one.where, message=problem)


def _not_a_cost(value: Floats, delay: bool) -> str | None:
    if np.isnan(value).any():
        return (
            f"{_share(np.isnan(value))} of the samples are no number (0/0 or outside a formula's domain); guard the "
            "expression with where() or narrow the variable's range."
        )
    if (value < 0).any():
        return f"{_share(value < 0)} of the samples are negative, down to {value.min():.3g}; a cost is at least 0."
    if np.isinf(value).all():
        return (
            "every sample is infinite; the model saturates everywhere, so rates or service times are not those meant."
        )
    if np.isinf(value).any() and not delay:
        return f"{_share(np.isinf(value))} of the samples are infinite; no rate is, so look for a division by zero."
    return None


def not_faster_than_bound(compiled: CompiledModel, predicted: Sequence[Predicted]) -> Iterator[Violation]:
    """The prediction stays on the bad side of each bound, sample by sample."""
    for one in predicted:
        metric = compiled.spec.metric(one.metric)
        for bound_id, bound in one.bounds.items():
            with np.errstate(all="ignore"):
                excess = bound / one.value if metric.better == "lower" else one.value / bound
            worst = float(np.max(np.nan_to_num(excess, nan=0.0, posinf=0.0)))
            if worst > 1 + CLOCK_TOLERANCE:
                at = np.unravel_index(np.argmax(np.nan_to_num(excess, nan=0.0, posinf=0.0)), np.shape(excess))
                value, limit = (np.broadcast_to(array, np.shape(excess))[at] for array in (one.value, bound))
                shown = [f"{from_si(float(number), metric.unit):.4g} {metric.unit}" for number in (value, limit)]
                message = (
                    f"prediction {shown[0]} beats bound {bound_id} of {shown[1]} by {worst - 1:.2g} for the same "
                    "sample; the output leaves out work that the bound counts, or the bound is no bound."
                )
                yield Violation(law="not_faster_than_bound", where=one.where, message=message)


def not_lazy(compiled: CompiledModel, predicted: Sequence[Predicted]) -> Iterator[Violation]:
    """Mechanisms whose steps wait, lock, replicate or queue must answer to load, contention or scale."""
    for mechanism in compiled.spec.mechanisms:
        own = [one for one in predicted if one.mechanism == mechanism.id]
        swept = _load_on_x(compiled.spec, own)
        if not own or not (swept or any(_contends(step) for step in mechanism.steps)):
            continue
        candidates = swept or _load_variables(compiled.spec, mechanism)
        if not any(_responds(compiled, one, name) for one in own for name in candidates):
            message = (
                f"its steps wait, lock, replicate or queue, but no prediction moves by {LEAST_RESPONSE:g} when "
                f"{', '.join(candidates) or 'any load'} changes by {PERTURBATION:.0%}; use a queueing, quorum or "
                "contention primitive in the term of the waiting step."
            )
            yield Violation(law="not_lazy", where=f"mechanism {mechanism.id}", message=message)
        bounded = [one for one in own if one.bounds]
        if bounded and all(_equals_bound(one, compiled.spec) for one in bounded):
            message = "its predictions are its bounds at every point; a bound is what it cannot beat, not what it does."
            yield Violation(law="not_lazy", where=f"mechanism {mechanism.id}", message=message)


def _contends(step: Step) -> bool:
    copies = step.order == "parallel" and step.instances.strip() != "1"
    return step.waits is not None or copies or step.coupling != "none"


def _load_on_x(spec: PaperSpec, own: Sequence[Predicted]) -> list[str]:
    """Load variables on the x axis of the mechanism's claims, where the workload queues at all."""
    found = []
    for one in own:
        workload = next((item for item in spec.workloads if item.id == one.claim.workload), None)
        if workload is None or workload.loop not in ("open", "closed") or one.claim.x is None:
            continue
        if one.claim.x in (workload.rate, workload.population, workload.think_time):
            found.append(one.claim.x)
    return list(dict.fromkeys(found))


def _load_variables(spec: PaperSpec, mechanism: Mechanism) -> list[str]:
    """Workload variables, counts, what is on an x axis, and what the waiting steps count."""
    names = [variable.id for variable in spec.variables if variable.role == "workload" or variable.whole]
    names += [claim.x for claim in spec.claims if claim.mechanism == mechanism.id and claim.x]
    known = {variable.id for variable in spec.variables}
    for step in mechanism.steps:
        counts = (step.instances, step.waits.k, step.waits.of) if step.waits else (step.instances,)
        names += [name for text in counts if text for name in _names(text)]
    return [name for name in dict.fromkeys(names) if name in known]


def _names(text: str) -> tuple[str, ...]:
    """Names in a step's count; counts are often words, which count as none."""
    try:
        return parse(text, "step").names
    except ExpressionError:
        return ()


def _responds(compiled: CompiledModel, one: Predicted, name: str) -> bool:
    if name not in one.environment:
        return False
    whole = compiled.spec.variable(name).whole
    for factor in (1 - PERTURBATION, 1 + PERTURBATION):
        moved = one.environment[name] * factor
        if whole:  # by one at least
            before = one.environment[name]
            moved = before + np.sign(factor - 1) * np.maximum(1, np.rint(PERTURBATION * before))
        try:
            environment = environment_for(one.claim, compiled.spec, one.drawn, fixed={name: moved})
            value = compiled.predict(one.mechanism, one.metric, environment)
        except GauntletError:  # outside a primitive's domain: no answer in this direction
            continue
        if _largest_change(one.value, value) >= LEAST_RESPONSE:
            return True
    return False


def _largest_change(before: Floats, after: Floats) -> float:
    before, after = np.broadcast_arrays(before, after)
    if (np.isinf(before) != np.isinf(after)).any():
        return np.inf
    with np.errstate(all="ignore"):
        return float(np.max(np.nan_to_num(np.abs(after / before - 1), nan=0.0, posinf=0.0), initial=0.0))


def _equals_bound(one: Predicted, spec: PaperSpec) -> bool:
    tightest = np.fmax if spec.metric(one.metric).better == "lower" else np.fmin
    bound = tightest.reduce(np.broadcast_arrays(*one.bounds.values()))
    with np.errstate(all="ignore"):
        return bool(np.all((one.value == bound) | (np.abs(one.value / bound - 1) <= SAME_AS_BOUND)))


def _share(which: npt.NDArray[np.bool_]) -> str:
    return f"{float(np.mean(which)):.1%}"
