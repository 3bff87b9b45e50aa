"""Why a deviation must not be held against a mechanism although it lies beyond the band: guards over the whole model.

Each guard is a general rule that a false verdict taught; it gives one sentence, or None. A claim beyond the band with a
sentence against it is INCONCLUSIVE.
"""

from collections.abc import Callable, Iterator

import numpy as np

from gauntlet.costs.compiled import CompiledModel, environment_for, reference_side
from gauntlet.costs.linking import needed
from gauntlet.costs.sampling import central_values
from gauntlet.errors import GauntletError
from gauntlet.expressions import nodes
from gauntlet.expressions.grammar import Expression, parse
from gauntlet.specs.claims import Claim
from gauntlet.specs.mechanism import Step
from gauntlet.specs.paper_spec import Relation
from gauntlet.verdict.compare import Flags
from gauntlet.verdict.prediction import Lesson
from gauntlet.verdict.readings import statistic_name

_SAME = 1e-6  # relative: two expressions that mean the same
_LAWS = ("exp", "log")  # functions by which a law of times is written down
_PUSH, _ANSWER = 1.1, 1e-3  # a term made a tenth longer; the least that the whole must answer by


def doubts(compiled: CompiledModel, claim: Claim, lesson: Lesson) -> tuple[str, ...]:
    """Every sentence against holding a deviation of `claim` against its mechanism."""
    guards: tuple[Callable[[CompiledModel, Claim], str | None], ...] = (
        _other_statistic,
        _authors_model,
        _added_background,
    )
    sides = (claim,) if claim.relative_to is None else (claim, reference_side(claim))
    found = [_disputed(compiled, side, lesson) for side in sides]
    found += [guard(compiled, side) for guard in guards for side in sides]
    return tuple(dict.fromkeys(sentence for sentence in found if sentence))


def bound_doubts(compiled: CompiledModel, claim: Claim) -> tuple[str, ...]:
    """Sentences against a bound of the claim's metric: one that the authors state is no limit of the hardware."""
    program = compiled.bounds.get((claim.mechanism, claim.metric), {})
    return tuple(
        f"Bound {name} is the authors' own ({relation.id}"
        + (f", under the condition: {relation.conditions.rstrip('.')}" if relation.conditions else "")
        + "); a limit of the hardware is needed to call a number impossible."
        for name, expression in program.items()
        for relation in compiled.spec.relations
        if relation.role == "author_bound" and _same(compiled, claim, expression, relation)
    )


def _disputed(compiled: CompiledModel, claim: Claim, lesson: Lesson) -> str | None:
    """Measurements of the paper do not agree about a constant or term that the prediction rests on."""
    output = compiled.outputs[claim.mechanism, claim.metric]
    used = compiled.variables_of(claim.mechanism, [output]) | set(needed(compiled.programs[claim.mechanism], [output]))
    return next((dispute.reason for dispute in lesson.disputes if used & set(dispute.about)), None)


def _other_statistic(compiled: CompiledModel, claim: Claim) -> str | None:
    """A mean cannot be judged against a tail, nor a tail against a mean; a law in between makes one of the other."""
    metric = compiled.spec.metric(claim.metric)
    behind = list(_behind(compiled, claim))
    if any(isinstance(node, nodes.MaxLoad) or getattr(node, "name", None) in _LAWS for node in behind):
        return None
    outputs = {node.output for node in behind if isinstance(node, nodes.Call)}
    means = sorted(name for name in outputs if name.startswith("mean_") or name == "response_s")
    tails = sorted(name for name in outputs if "quantile" in name)
    if metric.statistic in ("quantile", "maximum") and means and not tails:
        return f"The model gives means ({', '.join(means)}) where the claim is a {statistic_name(metric)}."
    if metric.statistic == "mean" and tails and not means:
        return f"The model gives a tail ({', '.join(tails)}) where the claim is a mean."
    return None


def _behind(compiled: CompiledModel, claim: Claim) -> Iterator[nodes.Node]:
    """All nodes of the expressions behind the claim's metric."""
    program, output = compiled.programs[claim.mechanism], compiled.outputs[claim.mechanism, claim.metric]
    for expression in (output, *(program[name] for name in needed(program, [output]))):
        yield from nodes.walk(expression.root)


def _authors_model(compiled: CompiledModel, claim: Claim) -> str | None:
    """A formula of the authors is what they made of their measurements: it explains none of them."""
    output = compiled.outputs[claim.mechanism, claim.metric]
    for relation in compiled.spec.relations:
        if relation.role == "author_model" and _same(compiled, claim, output, relation):
            return (
                f"The prediction is the authors' own formula ({relation.id}: {relation.right}), which is checked and "
                "never judged by; model the steps behind it."
            )
    return None


def _same(compiled: CompiledModel, claim: Claim, expression: Expression, relation: Relation) -> bool:
    """Whether an expression of the claim's mechanism equals the right side of a relation at every point."""
    try:
        environment = environment_for(claim, compiled.spec, central_values(compiled.spec))
        stated = parse(relation.right, f"relation {relation.id}").evaluate(environment)
        program = compiled.programs[claim.mechanism]
        scope = dict(environment)
        for name in needed(program, [expression]):
            scope[name] = program[name].evaluate(scope)
        own = expression.evaluate(scope)
    except GauntletError:  # relations are words of the authors, and need not be computable
        return False
    return bool(np.allclose(own, stated, rtol=_SAME, atol=0.0))


def _added_background(compiled: CompiledModel, claim: Claim) -> str | None:
    """Work in the background limits by back-pressure; its time is not added to that of the foreground."""
    steps = {step.id: step for step in compiled.spec.mechanism(claim.mechanism).steps}
    direct = set(compiled.outputs[claim.mechanism, claim.metric].names)
    terms = {
        term.id: [steps[name] for name in term.steps if name in steps]
        for term in compiled.model.terms
        if term.id in direct and term.mechanism in (None, claim.mechanism)
    }
    behind = [name for name, own in terms.items() if own and all(map(_beside, own))]
    before = [name for name, own in terms.items() if own and not any(step.on_path == "background" for step in own)]
    answers = {name: _answers(compiled, claim, name) for name in (*behind, *before)}
    for name in behind:
        for other in before:
            if bool((answers[name] & answers[other]).any()):
                return (
                    f"The model adds {name} to {other}, but the paper places {terms[name][0].action!r} in the "
                    "background; there it limits the pace and does not add up."
                )
    return None


def _beside(step: Step) -> bool:
    return step.on_path == "background" and step.coupling != "shared_resource"


def _answers(compiled: CompiledModel, claim: Claim, term: str) -> Flags:
    """Points (P,) at which the prediction moves when the term alone grows."""
    environment = environment_for(claim, compiled.spec, central_values(compiled.spec))
    before = compiled.predict(claim.mechanism, claim.metric, environment)
    after = compiled.predict(claim.mechanism, claim.metric, environment, scaled={term: np.array(_PUSH)})
    with np.errstate(all="ignore"):
        moved: Flags = np.abs(after / before - 1) > _ANSWER
    return np.asarray(np.broadcast_to(moved, (1, len(claim.points)))[0], dtype=bool)
