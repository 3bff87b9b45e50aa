"""How long a cost model takes to evaluate, from a table: the same on every machine, so that results are.

What would take too long is done with fewer draws, by `affordable`: predictions, learning and the laws alike.
"""

import functools
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gauntlet.costs.compiled import CompiledModel
from gauntlet.costs.linking import needed
from gauntlet.expressions import nodes
from gauntlet.expressions.grammar import Expression
from gauntlet.mechanisms.catalogue import catalogue
from gauntlet.specs.claims import Claim
from gauntlet.specs.quantities import Derived, Exact


def effort_us(compiled: CompiledModel, claim: Claim) -> float:
    """Microseconds of the processor for one draw of a claim at all its points, within a factor of a few.

    What no uncertain variable moves costs nothing a draw, and what x does not move is evaluated once for all points.
    """
    return effort_of(compiled, claim, [compiled.outputs[claim.mechanism, claim.metric]])


def effort_of(compiled: CompiledModel, claim: Claim, asked: Sequence[Expression]) -> float:
    """Microseconds for one draw of expressions, terms behind them included, at all points of a claim."""
    program = compiled.programs[claim.mechanism]
    expressions = [*asked, *(program[name] for name in needed(program, asked))]
    return sum(_cost_us(compiled, claim, expression) for expression in expressions)


def affordable(draws: int, fewest: int, each_us: float, budget_s: float) -> int:
    """As many of `draws` as fit in the budget, and `fewest` whatever they take.

    A power of two, for which Sobol's sequence is most even, where they are not all.
    """
    if 1e-6 * draws * each_us <= budget_s:
        return draws
    few: int = 2 ** math.floor(math.log2(max(1e6 * budget_s / each_us, fewest)))
    return min(draws, few)


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
        own = float(table["us"].get(f"{node.primitive}.{node.output}", table["default_us"]))
        return below + own * _length(node)
    return below


def _length(call: nodes.Call) -> float:
    """How many times as long its longest list is as in the primitive's example, which the table is from; 1 at least."""
    example = catalogue()[call.primitive].example
    longer = (
        len(value.items) / len(example[name])
        for name, value in call.arguments
        if isinstance(value, nodes.Items) and example.get(name)
    )
    return max([1.0, *longer])


@functools.cache
def _table() -> Mapping[str, Any]:
    content: dict[str, Any] = json.loads(Path(__file__).with_name("efforts.json").read_text(encoding="utf-8"))
    return content
