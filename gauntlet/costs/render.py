"""A cost model as a readable program, `cost_model.py`, that anyone can run and change without Gauntlet's records.

Every expression goes through our own printer, every name is a checked identifier, every string is printed by `repr` or
stripped to one printable line behind a '#': no text of a paper or of a model can become code.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from gauntlet.costs.compiled import CompiledModel, compile_model, environment_for, reference_side
from gauntlet.costs.linking import Key, needed
from gauntlet.costs.records import CostModel, Term
from gauntlet.costs.sampling import central_values
from gauntlet.expressions.evaluation import Floats
from gauntlet.expressions.grammar import MAX_LOAD_AT, Expression, called_names
from gauntlet.expressions.nodes import Latency, renamed, unparse, walk
from gauntlet.mechanisms.catalogue import catalogue
from gauntlet.mechanisms.inverse import max_load_at
from gauntlet.mechanisms.latencies import LAWS
from gauntlet.specs.claims import Claim
from gauntlet.specs.mechanism import Step
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.specs.quantities import Derived, Variable
from gauntlet.units import to_si


def render_python(spec: PaperSpec, model: CostModel) -> str:
    """Source text of `cost_model.py`; equal records give equal text."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    compiled = compile_model(spec, model)
    central = central_values(spec)
    functions = _function_names(compiled)
    environment = Environment(loader=PackageLoader("gauntlet.costs", "."), undefined=StrictUndefined, autoescape=False)
    environment.filters |= {"comment": one_line, "literal": _literal}
    text = environment.get_template("cost_model.py.jinja").render(
        title=spec.title,
        imports=_imports(compiled),
        variables=[_variable(variable, central) for variable in spec.variables if variable.id in central],
        outputs=[_output(compiled, key, name) for key, name in functions.items()],
        claims=[
            _claim(compiled, claim, central, functions) for claim in spec.claims if compiled.why_not(claim) is None
        ],
    )
    return text + "\n"


def one_line(text: str) -> str:
    """Text that may stand behind a '#': printable characters of one line."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def _literal(value: object) -> str:
    """Python text of strings, numbers and dictionaries of them."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_literal(key)}: {_literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, float) and not math.isfinite(value):
        return f"float({str(value)!r})"
    return repr(value)


def _function_names(compiled: CompiledModel) -> dict[Key, str]:
    names: dict[Key, str] = {}
    for index, (mechanism, metric) in enumerate(compiled.outputs):
        name = f"{mechanism}__{metric}"
        names[mechanism, metric] = name if name not in names.values() else f"{name}__{index}"
    return names


def _imports(compiled: CompiledModel) -> list[tuple[str, str, str]]:
    """(module, name, alias) of the primitives and laws used, sorted."""
    expressions = [
        *compiled.outputs.values(),
        *(one for program in compiled.programs.values() for one in program.values()),
    ]
    primitives = {name for expression in expressions for name in expression.primitives}
    laws = {node.law for one in expressions for node in walk(one.root) if isinstance(node, Latency)}
    found = [(catalogue()[name].function.__module__, name, name) for name in primitives]
    if any(expression.loads for expression in expressions):
        found.append((max_load_at.__module__, MAX_LOAD_AT, MAX_LOAD_AT))
    return sorted(found + [(LAWS[law].__module__, LAWS[law].__name__, law) for law in laws])


def _variable(variable: Variable, central: Mapping[str, Floats]) -> dict[str, Any]:
    pages = ", ".join(f"p. {evidence.page}: {evidence.quotation}" for evidence in variable.evidence)
    formula = f", {variable.value.expression}" if isinstance(variable.value, Derived) else ""
    return {
        "id": variable.id,
        "meaning": variable.meaning,
        "unit": variable.unit,
        "source": f"{variable.source} {pages or variable.registry or ''}{formula}".strip(),
        "value": _number(central[variable.id]),
    }


def _output(compiled: CompiledModel, key: Key, function: str) -> dict[str, Any]:
    mechanism, metric = key
    program, expression = compiled.programs[mechanism], compiled.outputs[key]
    terms = needed(program, [expression])
    used = [name for part in (*(program[term] for term in terms), expression) for name in part.names]
    output = compiled.model.output(mechanism, metric)
    return {
        "function": function,
        "mechanism": compiled.spec.mechanism(mechanism).name,
        "metric": compiled.spec.metric(metric).name,
        "unit": output.unit if output else "",
        "names": [(_local(name), name) for name in dict.fromkeys(used) if name not in program],
        "terms": [_term(compiled, name, program[name], mechanism) for name in terms],
        "text": _text(expression),
    }


def _local(name: str) -> str:
    """The name in the program; no id begins with '_', so that one called like a function hides nothing."""
    return f"_{name}" if name in called_names() else name


def _text(expression: Expression) -> str:
    return unparse(renamed(expression.root, {name: _local(name) for name in expression.names}))


def _term(compiled: CompiledModel, name: str, expression: Expression, mechanism: str) -> dict[str, Any]:
    term = next((term for term in compiled.model.terms if term.id == name), None)
    steps: list[str] = []
    if term is None:  # a component's fact
        facts = [fact for component in compiled.spec.components for fact in component.facts]
        fact = next(fact for fact in facts if (fact.mechanism, fact.name) == (mechanism, name))
        meaning, unit = "Fact of a component", fact.unit
    else:
        meaning, unit, steps = term.meaning, term.unit, list(_steps(compiled.spec, term, mechanism))
    return {"name": _local(name), "meaning": meaning, "unit": unit, "steps": steps, "text": _text(expression)}


def _steps(spec: PaperSpec, term: Term, mechanism: str) -> Iterator[str]:
    """The mechanism's own steps that the term explains, with their words."""
    for step in spec.mechanism(mechanism).steps:
        if step.id in term.steps:
            yield f"step {step.id}: {step.actor} {step.action}{_quoted(step)}"


def _quoted(step: Step) -> str:
    return "".join(f' "{evidence.quotation}" (p. {evidence.page})' for evidence in step.evidence)


def _claim(
    compiled: CompiledModel, claim: Claim, central: Mapping[str, Floats], functions: Mapping[Key, str]
) -> dict[str, Any]:
    metric, ratio = compiled.spec.metric(claim.metric), claim.relative_to is not None
    other = reference_side(claim) if ratio else None
    own = _settings(compiled.spec, claim, central)
    theirs = _settings(compiled.spec, other, central) if other else [{}] * len(own)
    return {
        "id": claim.id,
        "statement": one_line(claim.statement),
        "function": functions[claim.mechanism, claim.metric],
        "reference": functions[other.mechanism, other.metric] if other else "None",
        "scale": 1.0 if ratio else float(to_si(1.0, metric.unit)),
        "unit": "x" if ratio else metric.unit,
        "points": [
            {"label": _label(compiled.spec, claim, index), "settings": own[index], "other": theirs[index]}
            for index in range(len(claim.points))
        ],
    }


def _settings(spec: PaperSpec, claim: Claim, central: Mapping[str, Floats]) -> list[dict[str, float]]:
    """Per point, the SI values in which the claim's environment differs from the central values."""
    environment = environment_for(claim, spec, central)
    found = []
    for index in range(len(claim.points)):
        at = {name: _number(value[:, [index if value.shape[1] > 1 else 0]]) for name, value in environment.items()}
        found.append(
            {name: value for name, value in at.items() if name not in central or value != _number(central[name])}
        )
    return found


def _label(spec: PaperSpec, claim: Claim, index: int) -> str:
    parts = []
    if claim.x is not None:
        parts.append(f"{claim.x} = {claim.points[index].x:g} {spec.variable(claim.x).unit}".strip())
    if claim.point_configurations:
        parts.append(claim.point_configurations[index])
    return ", ".join(parts) or "prediction"


def _number(value: Floats) -> float:
    """Printed as people write it: 1e-05, not 9.999999999999999e-06."""
    return float(f"{value.flat[0]:.15g}")
