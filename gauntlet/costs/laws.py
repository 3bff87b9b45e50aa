"""The laws a cost model must obey, as programs; each breach is a `Violation` that says how to mend it.

well_formed            every expression parses, every name is known where it is used
first_principles       no number but 0, 1, 2, 0.5 and a metric's quantile; any other is a variable with its source
no_circularity         predictions do not change when the claims are deleted; no input is one of the claims
units_agree            `dimensions`
steps_covered          every step is explained by a term that an output uses, or waived with a reason
not_lazy               where steps wait, lock, replicate or queue, predictions answer to load, contention or scale
both_modelled          the baseline and every claim of the proposal have an output
not_faster_than_bound  no sample of a prediction beats the same sample's bound
finite_nonnegative     predictions are numbers of at least 0; infinite only where an open system saturates
"""

from collections.abc import Iterator

from gauntlet.costs.behaviour import finite_nonnegative, not_faster_than_bound, not_lazy, predict_all, sides
from gauntlet.costs.circularity import no_circularity
from gauntlet.costs.compiled import CompiledModel, compile_model
from gauntlet.costs.dimensions import check_dimensions
from gauntlet.costs.effort import affordable, effort_us
from gauntlet.costs.linking import needed
from gauntlet.costs.records import CostModel
from gauntlet.costs.violations import Violation
from gauntlet.errors import GauntletError
from gauntlet.expressions import nodes
from gauntlet.expressions.grammar import Expression, parse
from gauntlet.expressions.memory import remembering
from gauntlet.paper.records import Paper
from gauntlet.specs.claims import Claim
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.specs.quantities import STRUCTURAL

SHORTEST_REASON = 10
EFFORT_S, FEWEST_SAMPLES, TURNS = 2.0, 32, 4
"""Seconds that the laws may take, samples that they have whatever these take, and evaluations of each sample."""


def check_laws(
    spec: PaperSpec, model: CostModel, samples: int = 256, seed: int = 20_260_101, paper: Paper | None = None
) -> tuple[Violation, ...]:
    """All breaches, in the order of the laws; empty for a lawful model.

    Predictions are examined over `samples`, or fewer where these would take too long.
    With `paper`, inputs are also compared with claimed table cells and plots by their place on the page. A model that
    is not well-formed is not examined further.
    """
    malformed = tuple(_well_formed(spec, model))
    if malformed:
        return malformed
    with remembering():
        return _breaches(spec, model, samples, seed, paper)


def _breaches(spec: PaperSpec, model: CostModel, samples: int, seed: int, paper: Paper | None) -> tuple[Violation, ...]:
    """Breaches of a well-formed model."""
    compiled = compile_model(spec, model)
    units = check_dimensions(spec, model)
    samples = _affordable(compiled, samples)
    found = [*_first_principles(compiled)]
    try:
        predicted, failures = predict_all(compiled, samples, seed)
    except GauntletError as error:  # the variables themselves contradict each other
        return (*found, *units, Violation(law="well_formed", where="spec", message=str(error)))
    found += no_circularity(compiled, predicted, samples, seed, paper)
    found += units
    found += _steps_covered(compiled)
    found += not_lazy(compiled, predicted)
    found += _both_modelled(compiled)
    found += not_faster_than_bound(compiled, predicted)
    return (*found, *failures, *finite_nonnegative(compiled, predicted))


def _affordable(compiled: CompiledModel, samples: int) -> int:
    """Samples that fit in the effort."""
    able = [claim for claim in compiled.spec.claims if compiled.why_not(claim) is None]
    each_us = sum(effort_us(compiled, side) for claim in able for side in sides(claim))
    return affordable(samples, FEWEST_SAMPLES, each_us, EFFORT_S / TURNS)


def _well_formed(spec: PaperSpec, model: CostModel) -> Iterator[Violation]:
    """Each expression that does not parse; where all do, the first name that is not known."""
    texts = [(f"term {term.id}", term.expression) for term in model.terms]
    texts += [(f"output {out.metric} of {out.mechanism}", out.expression) for out in model.outputs]
    texts += [(f"bound {bound.id}", bound.expression) for bound in model.bounds]
    broken = False
    for where, text in texts:
        try:
            parse(text, where)
        except GauntletError as error:
            broken = True
            yield Violation(law="well_formed", where=where, message=str(error))
    if not broken:
        try:
            compile_model(spec, model)
        except GauntletError as error:
            yield Violation(law="well_formed", where="cost model", message=str(error))


def _first_principles(compiled: CompiledModel) -> Iterator[Violation]:
    terms = {term.id: parse(term.expression, f"term {term.id}") for term in compiled.model.terms}
    bounds = [expression for of_metric in compiled.bounds.values() for expression in of_metric.values()]
    declared = STRUCTURAL | {metric.quantile for metric in compiled.spec.metrics if metric.quantile is not None}
    for expression in (*terms.values(), *compiled.outputs.values(), *bounds):
        for fragment, value in _constants(expression):
            if abs(value) not in declared:
                message = (
                    f"the number {value:.12g} in {fragment!r} is none of 0, 0.5, 1, 2 and no metric's quantile; "
                    "declare it as a variable with unit, value and source, and use its name."
                )
                yield Violation(law="first_principles", where=expression.where, message=message)


def _constants(expression: Expression) -> Iterator[tuple[str, float]]:
    """Literals, and parts without any name: '(2 + 1) * 2' is the number 6 in disguise."""
    yield from ((f"{value:.12g}", value) for value in expression.literals)
    yield from _computed(expression.root, expression.where)


def _computed(node: nodes.Node, where: str) -> Iterator[tuple[str, float]]:
    leaf = nodes.Number | nodes.Choice | nodes.Items | nodes.Latency
    if not isinstance(node, leaf) and not any(isinstance(below, nodes.Name) for below in nodes.walk(node)):
        yield nodes.unparse(node), float(Expression(where, node).evaluate({}))
        return
    for below in nodes.children(node):
        yield from _computed(below, where)


def _steps_covered(compiled: CompiledModel) -> Iterator[Violation]:
    spec, model = compiled.spec, compiled.model
    known = {step.id for mechanism in spec.mechanisms for step in mechanism.steps}
    named = [(f"term {term.id}", step) for term in model.terms for step in term.steps]
    named += [(f"waiver of {waiver.step}", waiver.step) for waiver in model.waivers]
    for where, name in named:
        if name not in known:
            message = f"{name!r} is no step of any mechanism; name one of {', '.join(sorted(known)) or 'none'}."
            yield Violation(law="steps_covered", where=where, message=message)
    for waiver in model.waivers:
        if len(waiver.reason.strip()) < SHORTEST_REASON:
            message = f"the reason {waiver.reason!r} is too short; say why the step costs nothing that matters."
            yield Violation(law="steps_covered", where=f"waiver of {waiver.step}", message=message)
    waived = {waiver.step for waiver in model.waivers}
    for mechanism in dict.fromkeys(mechanism for mechanism, _ in compiled.outputs):
        used, idle = _explained(compiled, mechanism)
        for step in spec.mechanism(mechanism).steps:
            if step.id not in used | waived:
                unused = f" (term {idle[step.id]} names it, but no output uses that term)" if step.id in idle else ""
                message = (
                    f"step {step.id!r} ({step.action}) is not in any output{unused}; add it to the steps of the term "
                    "that costs it, or waive it with a reason."
                )
                yield Violation(law="steps_covered", where=f"mechanism {mechanism}", message=message)


def _explained(compiled: CompiledModel, mechanism: str) -> tuple[set[str], dict[str, str]]:
    """Steps of terms that an output of the mechanism uses; step -> term for terms that none uses."""
    outputs = [expression for (owner, _), expression in compiled.outputs.items() if owner == mechanism]
    in_use = set(needed(compiled.programs[mechanism], outputs))
    terms = [term for term in compiled.model.terms if term.mechanism in (None, mechanism)]
    used = {step for term in terms if term.id in in_use for step in term.steps}
    return used, {step: term.id for term in terms if term.id not in in_use for step in term.steps}


def _both_modelled(compiled: CompiledModel) -> Iterator[Violation]:
    kinds = {mechanism.id: mechanism.kind for mechanism in compiled.spec.mechanisms}
    excused = {key for key, reason in compiled.unmodelled.items() if len(reason.strip()) >= SHORTEST_REASON}
    for kind in ("baseline", "proposed"):
        claims = [claim for claim in compiled.spec.claims if kinds.get(claim.mechanism) == kind and _usable(claim)]
        keys = list(dict.fromkeys((claim.mechanism, claim.metric) for claim in claims))
        missing = [key for key in keys if key not in compiled.outputs]
        if keys and len(missing) == len(keys):
            message = f"none of its claimed metrics has an output; model at least one of {_metrics(keys)}."
            yield Violation(law="both_modelled", where=f"{kind} mechanisms", message=message)
        elif kind == "proposed":  # one baseline is enough to compare with
            for mechanism, metric in missing:
                if (mechanism, metric) not in excused:
                    message = f"it has claims of {metric}, but no such output; add one, or say in 'unmodelled' why not."
                    yield Violation(law="both_modelled", where=f"{kind} mechanism {mechanism}", message=message)
    for claim in compiled.spec.claims:
        reference = (claim.relative_to or claim.mechanism, claim.metric)
        own = (claim.mechanism, claim.metric)
        if kinds.get(claim.mechanism) == "proposed" and own in compiled.outputs and reference not in compiled.outputs:
            message = f"it is a ratio to {claim.relative_to}, which has no output {claim.metric}; add one."
            yield Violation(law="both_modelled", where=f"claim {claim.id}", message=message)


def _metrics(keys: list[tuple[str, str]]) -> str:
    return ", ".join(dict.fromkeys(metric for _, metric in keys))


def _usable(claim: Claim) -> bool:
    return claim.kind != "attribution" and any(point.usable and not point.censored for point in claim.points)
