"""What a result is made of: the additive parts of a cost, point by point.

    cost = value where less is better, 1 / value where more is (the time per operation of a throughput)
    cost = sum of its parts

An output is opened as far as it stays a sum: a + b into both; max, min and where into the one that counts at a point;
c * a, a / c and c / a, with c no term, into the parts of a. What cannot be opened so (a queue's wait, a difference, a
product of terms) is one part under the name of its term; only an output may itself be a difference, of what it is and a
plain value that counts against it. Only terms of time, of the cost or of its inverse are opened.

With nothing else changed the cost is linear in each part, and max counts only the side that binds; so part / cost is
the local elasticity of the cost: by how many % it falls when the part alone falls by 1 %.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from gauntlet.costs.compiled import CompiledModel
from gauntlet.expressions import nodes
from gauntlet.expressions.evaluation import Floats
from gauntlet.expressions.grammar import Expression
from gauntlet.expressions.nodes import Node
from gauntlet.specs.claims import Metric
from gauntlet.units import DIMENSIONLESS, Dimension, dimension, divide

Parts = dict[str, Floats]
"""Name of a term, a variable, a formula or a short expression -> its part of the cost, one value per point."""

_LONGEST_NAME = 40
_REST = "rest"


def inverted(metric: Metric) -> bool:
    """True where the cost is 1 / value: more of the metric is better. A busy resource is no rate of anything."""
    return metric.better == "higher" and metric.quantity != "utilisation"


def breakdown(compiled: CompiledModel, mechanism: str, metric: str, environment: Mapping[str, Floats]) -> Parts:
    """Parts (P,) of the cost of a metric over an environment of one row and P points, in SI, in the order of the text.

    They sum to the cost wherever that is finite. GauntletError where the model has no value.
    """
    output = compiled.outputs[mechanism, metric]
    scope = compiled.scope(mechanism, metric, environment)
    turned = inverted(compiled.spec.metric(metric))
    record = compiled.model.output(mechanism, metric)
    unit = dimension("" if record is None else record.unit)
    cost = divide(DIMENSIONLESS, unit) if turned else unit
    opener = _Opener.of(compiled, mechanism, scope, _time_like(cost))
    with np.errstate(all="ignore"):
        found = opener.inverse(output.root, "") if turned else opener.direct(output.root, "")
    points = max(np.atleast_1d(value).shape[-1] for value in scope.values())  # a number alone has no axis
    flat = {name: np.broadcast_to(value, (1, points))[0] for name, value in found.items()}
    return {name: value for name, value in flat.items() if value.any()}


def _time_like(cost: Dimension) -> frozenset[Dimension]:
    """Dimensions of terms that may be parts of a cost, themselves or as rates."""
    second = dimension("s")
    found = {cost, divide(DIMENSIONLESS, cost), second, divide(DIMENSIONLESS, second)}
    return frozenset(found if cost == DIMENSIONLESS else found - {DIMENSIONLESS})


@dataclass(frozen=True)
class _Opener:
    """Values of one mechanism, its terms that can be parts of a cost, and all names whose unit is that of a part."""

    scope: Mapping[str, Floats]
    terms: Mapping[str, Expression]
    counted: frozenset[str]
    opened: dict[tuple[str, str], Parts] = field(default_factory=dict)
    """Terms once opened, each way: one that stands in many places is opened once."""

    @classmethod
    def of(
        cls, compiled: CompiledModel, mechanism: str, scope: Mapping[str, Floats], units: frozenset[Dimension]
    ) -> "_Opener":
        """The opener of one mechanism, for parts with one of the dimensions `units`."""
        named = {one.id: one.unit for one in compiled.model.terms} | {
            one.id: one.unit for one in compiled.spec.variables
        }
        counted = frozenset(name for name, unit in named.items() if dimension(unit) in units)
        program = compiled.programs[mechanism]
        terms = {one.id: program[one.id] for one in compiled.model.terms if one.id in counted & program.keys()}
        return cls(scope, terms, counted)

    def direct(self, node: Node, owner: str) -> Parts:
        """Parts that sum to the node's value; `owner` is the term whose expression it stands in."""
        match node:
            case nodes.Arithmetic(operator="+", left=left, right=right):
                return _sum([self.direct(left, owner), self.direct(right, owner)])
            case nodes.Arithmetic(operator="-", left=left, right=right) if self._is_law(left, right, owner):
                return _sum([self.direct(left, owner), _times(self.direct(right, owner), np.float64(-1))])
            case nodes.Arithmetic(operator="/", left=left, right=right) if self._opens(right) and not self._opens(left):
                return _times(self.inverse(right, owner), self._value(left))
            case _:
                return self._common(node, owner, self.direct, lambda value: value)

    def inverse(self, node: Node, owner: str) -> Parts:
        """Parts that sum to 1 / value of the node."""
        match node:
            case nodes.Arithmetic(operator="/", left=left, right=right) if not self._opens(left) and (
                self._opens(right) or isinstance(right, nodes.Name)
            ):
                return _times(self.direct(right, owner), 1 / self._value(left))
            case _:
                return self._common(node, owner, self.inverse, lambda value: 1 / value)

    def _common(
        self, node: Node, owner: str, open_: Callable[[Node, str], Parts], of: Callable[[Floats], Floats]
    ) -> Parts:
        """What both ways share; `of` makes a node's value the sum of its parts, and is its own inverse on factors."""
        match node:
            case nodes.Name(id=name):
                return self._named(name, open_, of)
            case nodes.Arithmetic(operator="*" | "/", left=left, right=right) if self._opens(left) and not self._opens(
                right
            ):
                factor = self._value(right)
                return _times(open_(left, owner), of(factor if node.operator == "*" else 1 / factor))
            case nodes.Arithmetic(operator="*", left=left, right=right) if self._opens(right) and not self._opens(left):
                return _times(open_(right, owner), of(self._value(left)))
            case nodes.Function(name="min" | "max" as name, arguments=arguments):
                values = np.stack(np.broadcast_arrays(*(self._value(one) for one in arguments)))
                best = (np.argmax if name == "max" else np.argmin)(values, axis=0)
                return _chosen([(best == place, one) for place, one in enumerate(arguments)], owner, open_)
            case nodes.Function(name="where", arguments=(condition, first, second)):
                holds = self._value(condition) != 0
                return _chosen([(holds, first), (~holds, second)], owner, open_)
            case _:
                return {self._name(node, owner): of(self._value(node))}

    def _named(self, name: str, open_: Callable[[Node, str], Parts], of: Callable[[Floats], Floats]) -> Parts:
        """Parts of a term that can be opened; of any other name itself."""
        if name not in self.terms or not self._opens(self.terms[name].root):
            return {name: of(self.scope[name])}
        if (key := (name, open_.__name__)) not in self.opened:
            self.opened[key] = open_(self.terms[name].root, name)
        return self.opened[key]

    def _is_law(self, left: Node, right: Node, owner: str) -> bool:
        """True for a difference that is the output itself, such as clients / rate - think time; no wait is one."""
        return owner == "" and self._opens(left) and not self._opens(right)

    def _opens(self, node: Node) -> bool:
        """True where a term that counts stands in the node at a place that can be opened."""
        match node:
            case nodes.Name(id=name):
                return name in self.terms
            case nodes.Arithmetic(operator="+" | "*" | "/", left=left, right=right):
                return self._opens(left) or self._opens(right)
            case nodes.Function(name="min" | "max", arguments=several):
                return any(self._opens(one) for one in several)
            case nodes.Function(name="where", arguments=(_, first, second)):
                return self._opens(first) or self._opens(second)
            case _:
                return False

    def _name(self, node: Node, owner: str) -> str:
        """The one quantity of time in a product, the term it stands in, the formula, or the text."""
        factors = [name for name in _factors(node) if name in self.counted]
        if len(factors) == 1:
            return factors[0]
        if owner:
            return owner
        if isinstance(node, nodes.Call):
            return node.primitive
        text = nodes.unparse(node)
        return text if len(text) <= _LONGEST_NAME else _REST

    def _value(self, node: Node) -> Floats:
        return Expression("breakdown", node).evaluate(self.scope)


def _factors(node: Node) -> list[str]:
    """Names multiplied and divided in a product; empty for anything else."""
    match node:
        case nodes.Name(id=name):
            return [name]
        case nodes.Arithmetic(operator="*" | "/", left=left, right=right):
            return _factors(left) + _factors(right)
        case _:
            return []


def _sum(several: Sequence[Parts]) -> Parts:
    total: Parts = {}
    for parts in several:
        for name, value in parts.items():
            total[name] = total[name] + value if name in total else value
    return total


def _times(parts: Parts, factor: Floats | np.float64) -> Parts:
    return {name: value * factor for name, value in parts.items()}


def _chosen(
    branches: Sequence[tuple[np.ndarray[tuple[int, ...], np.dtype[np.bool_]], Node]],
    owner: str,
    open_: Callable[[Node, str], Parts],
) -> Parts:
    """Parts of each branch where it counts, nothing elsewhere; a branch that counts nowhere is not opened."""
    taken = [(mask, open_(node, owner)) for mask, node in branches if mask.any()]
    return _sum([{name: np.where(mask, value, 0.0) for name, value in parts.items()} for mask, parts in taken])
