"""From records to programs: which names an expression may use, in which order, and what clashes.

A term sees variables, the facts of its mechanism's components, and the terms before it that are shared or its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gauntlet.costs.definitions import all_definitions
from gauntlet.costs.records import CostModel
from gauntlet.errors import ExpressionError, RecordError
from gauntlet.expressions.evaluation import nearest
from gauntlet.expressions.grammar import Expression, instead_of, parse
from gauntlet.mechanisms.catalogue import catalogue
from gauntlet.specs.paper_spec import PaperSpec

MOST_TERMS = 300

Key = tuple[str, str]
"""Mechanism and metric."""

Program = Mapping[str, Expression]
"""Name -> expression, in an order such that each uses only what stands before it."""


@dataclass(frozen=True)
class Programs:
    """A cost model as parsed expressions: facts and terms by mechanism, outputs and bounds by mechanism and metric."""

    of: Mapping[str, Program]
    outputs: Mapping[Key, Expression]
    bounds: Mapping[Key, Program]


def link(spec: PaperSpec, model: CostModel) -> Programs:
    """Parse everything and check every name.

    RecordError for ids that clash or point nowhere, ExpressionError for what an expression may not say.
    """
    _check_ids(spec, model)
    _check_definitions(spec)
    parsed = {term.id: parse(term.expression, f"term {term.id}") for term in model.terms}
    outputs = {
        (out.mechanism, out.metric): parse(out.expression, f"output {out.metric} of {out.mechanism}")
        for out in model.outputs
    }
    bounds: dict[Key, dict[str, Expression]] = {}
    for bound in model.bounds:
        key = (bound.mechanism, bound.metric)
        bounds.setdefault(key, {})[bound.id] = parse(bound.expression, f"bound {bound.id}")
    programs = {}
    for mechanism in spec.mechanisms:
        own = {term.id: parsed[term.id] for term in model.terms if term.mechanism in (None, mechanism.id)}
        programs[mechanism.id] = _facts(spec, mechanism.id) | own
    linked = Programs(programs, outputs, bounds)
    _check_terms(spec, model, parsed)
    _check_results(spec, model, linked)
    return linked


def primitives_of(model: CostModel) -> tuple[str, ...]:
    """Catalogue primitives that a cost model uses anywhere, in the catalogue's order."""
    texts = [term.expression for term in model.terms]
    texts += [output.expression for output in model.outputs] + [bound.expression for bound in model.bounds]
    used = {name for text in texts for name in parse(text, "cost model").primitives}
    return tuple(name for name in catalogue() if name in used)


def needed(program: Program, expressions: Sequence[Expression]) -> list[str]:
    """Facts and terms of the program that the expressions use, directly or not, in order."""
    wanted = {name for expression in expressions for name in expression.names}
    for name in reversed(list(program)):
        if name in wanted:
            wanted |= set(program[name].names)
    return [name for name in program if name in wanted]


def _facts(spec: PaperSpec, mechanism: str | None = None) -> dict[str, Expression]:
    """Facts of one mechanism, or of all."""
    return {
        fact.name: parse(fact.expression, f"fact {fact.name} of {component.id} in {fact.mechanism}")
        for component in spec.components
        for fact in component.facts
        if mechanism in (None, fact.mechanism)
    }


def _check_ids(spec: PaperSpec, model: CostModel) -> None:
    mechanisms, metrics = {item.id for item in spec.mechanisms}, {item.id for item in spec.metrics}
    if len(model.terms) > MOST_TERMS:
        raise RecordError(f"The cost model has {len(model.terms)} terms; at most {MOST_TERMS} are read, merge some.")
    names = [variable.id for variable in spec.variables] + [*_facts(spec)] + [term.id for term in model.terms]
    _check_unique(names, "a variable, fact or term")
    _check_unique([f"{out.metric} of {out.mechanism}" for out in model.outputs], "an output")
    _check_unique([bound.id for bound in model.bounds], "a bound")
    for place, mechanism, metric in _owners(model):
        if mechanism is not None and mechanism not in mechanisms:
            raise RecordError(f"{place}: {mechanism!r} is no mechanism of the paper; {nearest(mechanism, mechanisms)}.")
        if metric is not None and metric not in metrics:
            raise RecordError(f"{place}: {metric!r} is no metric of the paper; {nearest(metric, metrics)}.")


def _owners(model: CostModel) -> Iterator[tuple[str, str | None, str | None]]:
    for term in model.terms:
        yield f"term {term.id}", term.mechanism, None
    for output in model.outputs:
        yield f"output {output.metric} of {output.mechanism}", output.mechanism, output.metric
    for bound in model.bounds:
        yield f"bound {bound.id}", bound.mechanism, bound.metric


def _check_unique(names: Sequence[str], what: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise RecordError(f"{name!r} names {what} twice; rename or remove one.")
        seen.add(name)


def _check_definitions(spec: PaperSpec) -> None:
    variables = {variable.id for variable in spec.variables}
    for name, expression in all_definitions(spec):
        _check_names(expression, variables)
        if name not in variables:
            raise RecordError(f"{expression.where}: {name!r} is no variable; {nearest(name, variables)}.")
    for expression in _facts(spec).values():
        _check_names(expression, variables)


def _check_terms(spec: PaperSpec, model: CostModel, parsed: Program) -> None:
    """Each term uses variables, facts, and terms above it that are shared or of its own mechanism."""
    variables = {variable.id for variable in spec.variables}
    owners = {term.id: term.mechanism for term in model.terms}
    above: set[str] = set()
    for term in model.terms:
        known = variables | set(_facts(spec, term.mechanism))
        known |= {name for name in above if owners[name] in (None, term.mechanism)}
        _check_names(parsed[term.id], known, owners, term.mechanism)
        above.add(term.id)


def _check_results(spec: PaperSpec, model: CostModel, linked: Programs) -> None:
    """Outputs and bounds, and the shared terms they need, find every name in their own mechanism."""
    variables = {variable.id for variable in spec.variables}
    owners = {term.id: term.mechanism for term in model.terms}
    results = [(mechanism, expression) for (mechanism, _), expression in linked.outputs.items()]
    results += [(mechanism, one) for (mechanism, _), bounds in linked.bounds.items() for one in bounds.values()]
    for mechanism, expression in results:
        program = linked.of[mechanism]
        for used in (expression, *(program[name] for name in needed(program, [expression]))):
            _check_names(used, variables | set(program), owners, mechanism)


def _check_names(
    expression: Expression,
    known: set[str],
    owners: Mapping[str, str | None] | None = None,
    mechanism: str | None = None,
) -> None:
    """Every name is known; `owners` (term -> its mechanism) tell why a term of the model is not."""
    owners = owners or {}
    for name in expression.loads:
        if name in known or name in owners:
            raise ExpressionError(
                f"{expression.where}: max_load_at needs a new name for the load, and {name!r} is taken; "
                f"write {name}_at_limit, in the cost as well."
            )
    for name in expression.names:
        if name in known:
            continue
        if name in owners:
            owner = "stands below it" if owners[name] in (None, mechanism) else f"belongs to {owners[name]}"
            raise ExpressionError(
                f"{expression.where}: term {name!r} {owner}; an expression uses terms above it that are shared or of "
                "its own mechanism: move the term up, or make it shared."
            )
        raise ExpressionError(f"{expression.where}: {name!r} is no variable, fact or term; {instead_of(name, known)}.")
