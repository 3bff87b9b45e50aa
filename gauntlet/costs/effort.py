"""How long a cost model takes to evaluate, from a table: the same on every machine, so that results are."""

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gauntlet.costs.compiled import CompiledModel
from gauntlet.costs.linking import needed
from gauntlet.expressions import nodes
from gauntlet.expressions.grammar import Expression
from gauntlet.specs.claims import Claim
from gauntlet.specs.quantities import Derived, Exact


def effort_us(compiled: CompiledModel, claim: Claim) -> float:
    """Microseconds of the processor for one draw of a claim at all its points, within a factor of a few.

    What no uncertain variable moves costs nothing a draw, and what x does not move is evaluated once for all points.
    """
    output = compiled.outputs[claim.mechanism, claim.metric]
    program = compiled.programs[claim.mechanism]
    expressions = [output, *(program[name] for name in needed(program, [output]))]
    return sum(_cost_us(compiled, claim, expression) for expression in expressions)


def _cost_us(compiled: CompiledModel, claim: Claim, expression: Expression) -> float:
    behind = compiled.variables_of(claim.mechanism, [expression])
    known = {v.id for v in compiled.spec.variables if isinstance(v.value, Derived)}
    known |= {v.id for v in compiled.spec.variables if isinstance(v.value, Exact) and not v.value.tolerance}
    if not behind - known - {claim.x}:
        return 0.0
    points = len(claim.points) if claim.point_configurations or claim.x in behind else 1
    return points * _of_node(expression.root)


def _of_node(node: nodes.Node) -> float:
    table = _table()
    below = sum(_of_node(child) for child in nodes.children(node))
    if isinstance(node, nodes.MaxLoad):
        return float(table["search_steps"]) * below
    if isinstance(node, nodes.Call):
        return below + float(table["us"].get(f"{node.primitive}.{node.output}", table["default_us"]))
    return below


@functools.cache
def _table() -> Mapping[str, Any]:
    content: dict[str, Any] = json.loads(Path(__file__).with_name("efforts.json").read_text(encoding="utf-8"))
    return content
