"""Do the units of a spec and its cost model agree?"""

from collections.abc import Iterator, Mapping

from gauntlet.costs.definitions import all_definitions
from gauntlet.costs.records import CostModel
from gauntlet.costs.violations import Violation
from gauntlet.errors import UnknownUnit
from gauntlet.expressions.dimensions import countless, disagreement
from gauntlet.expressions.grammar import Expression, parse
from gauntlet.specs.paper_spec import PaperSpec


def check_dimensions(spec: PaperSpec, model: CostModel) -> tuple[Violation, ...]:
    """One violation per expression or unit that does not fit; empty where all agree. Needs a well-formed model."""
    return (*spec_disagreements(spec), *_model_violations(spec, model))


def spec_disagreements(spec: PaperSpec) -> tuple[Violation, ...]:
    """What does not fit in the specification alone: units, definitions of variables, facts of components."""
    return (*_definitions(spec), *_facts(spec))


def _definitions(spec: PaperSpec) -> Iterator[Violation]:
    units = {variable.id: variable.unit for variable in spec.variables}
    for name, unit in units.items():
        yield from _unit_known(unit, f"variable {name}")
    for metric in spec.metrics:
        yield from _unit_known(metric.unit, f"metric {metric.id}")
    for name, expression in all_definitions(spec):
        if expression.names:  # plain numbers are in the variable's own unit
            yield from _agrees(expression, units, units[name], f"the unit of {name}")


def _facts(spec: PaperSpec) -> Iterator[Violation]:
    units = {variable.id: variable.unit for variable in spec.variables}
    for component in spec.components:
        for fact in component.facts:
            where = f"fact {fact.name} in {fact.mechanism}"
            yield from _agrees(parse(fact.expression, where), units, fact.unit, "its unit")


def _model_violations(spec: PaperSpec, model: CostModel) -> Iterator[Violation]:
    units = {variable.id: variable.unit for variable in spec.variables}
    units |= {fact.name: fact.unit for component in spec.components for fact in component.facts}
    units |= {term.id: term.unit for term in model.terms}
    for term in model.terms:
        yield from _agrees(parse(term.expression, f"term {term.id}"), units, term.unit, "its unit")
    for output in model.outputs:
        place = f"output {output.metric} of {output.mechanism}"
        yield from _agrees(parse(output.expression, place), units, output.unit, "its unit")
        yield from _same(output.unit, spec.metric(output.metric).unit, place)
    for bound in model.bounds:
        yield from _agrees(parse(bound.expression, f"bound {bound.id}"), units, bound.unit, "its unit")
        yield from _same(bound.unit, spec.metric(bound.metric).unit, f"bound {bound.id}")


def _agrees(expression: Expression, units: Mapping[str, str], unit: str, what: str) -> Iterator[Violation]:
    message = disagreement(expression, units, unit, what)
    if message is not None:
        yield Violation(law="units_agree", where=expression.where, message=message)


def _same(unit: str, metric_unit: str, where: str) -> Iterator[Violation]:
    try:
        agree = countless(unit) == countless(metric_unit)
    except UnknownUnit:
        return  # reported where the unit is declared
    if not agree:
        message = f"unit {unit!r} does not convert into the metric's {metric_unit!r}; mend the expression or the unit."
        yield Violation(law="units_agree", where=where, message=message)


def _unit_known(unit: str, where: str) -> Iterator[Violation]:
    try:
        countless(unit, where)
    except UnknownUnit as error:
        yield Violation(law="units_agree", where=where, message=str(error))
