"""What each variable stands for in one configuration: its draw, a setting, or an expression over other variables."""

import functools
from collections.abc import Iterable, Mapping

import numpy as np

from gauntlet.errors import RecordError
from gauntlet.expressions.evaluation import Floats, nearest
from gauntlet.expressions.grammar import Expression, parse
from gauntlet.specs.paper_spec import Configuration, PaperSpec
from gauntlet.specs.quantities import Derived, Variable
from gauntlet.units import to_si


def derived_expressions(spec: PaperSpec) -> dict[str, Expression]:
    """Variable id -> parsed expression, for derived variables."""
    return {
        variable.id: _parsed(variable.value.expression, f"derived variable {variable.id}")
        for variable in spec.variables
        if isinstance(variable.value, Derived)
    }


def setting_expressions(configurations: Iterable[Configuration | None]) -> dict[str, Expression]:
    """Variable id -> parsed expression of the settings that carry one; later configurations win."""
    return {
        setting.variable: _parsed(setting.expression, f"configuration {configuration.id}, setting {setting.variable}")
        for configuration in configurations
        if configuration is not None
        for setting in configuration.settings
        if setting.kind == "value" and setting.expression is not None
    }


def all_definitions(spec: PaperSpec) -> list[tuple[str, Expression]]:
    """(variable, expression) of every derived variable and of every setting of every configuration."""
    found = list(derived_expressions(spec).items())
    for configuration in spec.configurations:
        found += setting_expressions([configuration]).items()
    return found


def resolve(
    spec: PaperSpec,
    drawn: Mapping[str, Floats],
    settings: Mapping[str, Expression],
    fixed: Mapping[str, Floats] | None = None,
) -> dict[str, Floats]:
    """Every variable that can be computed, in SI, given draws, settings and values that are `fixed` (a claim's x).

    An expression without names is in the variable's unit, one with names in SI. A setting that uses its own variable
    means the drawn value. RecordError names a cycle; a definition that needs an absent variable is itself absent.
    """
    fixed = fixed or {}
    definitions = {**derived_expressions(spec), **settings}
    open_definitions = {name: expression for name, expression in definitions.items() if name not in fixed}
    known = {name: value for name, value in drawn.items() if name not in open_definitions} | dict(fixed)
    variables = {variable.id: variable for variable in spec.variables}
    for name in _order(open_definitions, own_values=frozenset(drawn)):
        expression = open_definitions[name]
        if name not in variables:
            raise RecordError(f"{expression.where}: {name!r} is no variable; {nearest(name, variables)}.")
        scope = {**known, name: drawn[name]} if name in expression.names and name in drawn else known
        if all(used in scope for used in expression.names):
            known[name] = _value(expression, scope, variables[name])
    return known


def _value(expression: Expression, scope: Mapping[str, Floats], variable: Variable) -> Floats:
    value = expression.evaluate(scope)
    if not expression.names:
        value = np.reshape(to_si(value, variable.unit, expression.where), (1, 1))
    return np.rint(value) if variable.whole else value


def _order(definitions: Mapping[str, Expression], own_values: frozenset[str]) -> list[str]:
    """Names such that each follows the definitions it uses; one with a value of its own may use that."""
    ordered: list[str] = []
    waiting = dict(definitions)
    while waiting:
        ready = [
            name
            for name, expression in waiting.items()
            if not any(used in waiting for used in expression.names if used != name or name not in own_values)
        ]
        if not ready:
            raise RecordError(f"{_cycle(waiting)}; break the cycle by giving one of them a value.")
        ordered += ready
        waiting = {name: expression for name, expression in waiting.items() if name not in ready}
    return ordered


def _cycle(waiting: Mapping[str, Expression]) -> str:
    path = [next(iter(waiting))]
    while path[-1] not in path[:-1]:
        path.append(next(used for used in waiting[path[-1]].names if used in waiting))
    start = path.index(path[-1])
    return "variables follow from themselves: " + " -> ".join(path[start:])


@functools.lru_cache(maxsize=2048)
def _parsed(text: str, where: str) -> Expression:
    return parse(text, where)
