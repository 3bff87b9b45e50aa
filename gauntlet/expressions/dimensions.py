"""Do the units agree? Every expression is walked with dimensions in place of values.

Sums, comparisons and alternatives need equal dimensions; exponentials, logarithms and rounding need plain numbers; a
literal is a plain number, except that 0 is the zero of any unit; arguments of primitives have the catalogue's units.
Operations are counted like requests: FLOP is a plain number here, since 2 * rows * columns counts them.
"""

import functools
from collections.abc import Iterator, Mapping
from fractions import Fraction

from gauntlet.errors import GauntletError
from gauntlet.expressions import nodes
from gauntlet.expressions.grammar import Expression
from gauntlet.expressions.nodes import Node
from gauntlet.mechanisms.catalogue import catalogue, unit_of
from gauntlet.units import DIMENSIONLESS, Dimension, dimension, divide, multiply, power, spell

_ANY = None
"""Dimension of a literal 0."""

_PLAIN = frozenset({"exp", "log", "log2", "log10", "ceil", "floor"})


def dimension_of(root: Node, units: Mapping[str, str]) -> Dimension | None:  # noqa: PLR0911 - one per kind of node
    """Dimension of an expression over names with `units`, None for the zero of any unit; MismatchError otherwise."""
    match root:
        case nodes.Number(value=value):
            return DIMENSIONLESS if value else _ANY
        case nodes.Name(id=name):
            return countless(units[name], name)
        case nodes.Negative(operand=operand):
            return dimension_of(operand, units)
        case nodes.Call():
            return _call(root, units)
        case nodes.MaxLoad(name=name, up_to=up_to, cost=cost, limit=limit):
            load = dimension_of(up_to, units)
            _equal((cost, limit), {**units, name: spell(load or DIMENSIONLESS)}, "max_load_at")
            return load
        case nodes.Arithmetic():
            return _arithmetic(root, units)
        case nodes.Function(name="where", arguments=(condition, first, second)):
            dimension_of(condition, units)
            return _equal((first, second), units, "where")
        case nodes.Function(name="sqrt", arguments=(argument,)):
            inner = dimension_of(argument, units)
            return _ANY if inner is None else power(inner, Fraction(1, 2))
        case nodes.Function(name=name, arguments=arguments) if name in _PLAIN:
            _require(arguments[0], DIMENSIONLESS, units, f"{name}()")
            return DIMENSIONLESS
        case nodes.Function(name=name, arguments=arguments):
            return _equal(arguments, units, name)
    for below in _sides(root):
        _equal(below, units, "a comparison")
    return DIMENSIONLESS


def countless(unit: str, where: str = "") -> Dimension:
    """Dimension of a unit as this walk counts: FLOP left out."""
    return tuple(part for part in dimension(unit, where) if part[0] != "FLOP")


class MismatchError(Exception):
    """Two dimensions that do not fit, in words."""


def _sides(root: Node) -> Iterator[tuple[Node, ...]]:
    """Pairs that a condition compares."""
    for node in nodes.walk(root):
        if isinstance(node, nodes.Comparison):
            yield node.left, node.right


def _arithmetic(node: nodes.Arithmetic, units: Mapping[str, str]) -> Dimension | None:
    if node.operator in ("+", "-"):
        return _equal((node.left, node.right), units, node.operator)
    left = dimension_of(node.left, units)
    if node.operator == "**":
        _require(node.right, DIMENSIONLESS, units, "an exponent")
        return _power(node, left)
    right = dimension_of(node.right, units)
    if left is None or right is None:
        return _ANY
    return multiply(left, right) if node.operator == "*" else divide(left, right)


def _power(node: nodes.Arithmetic, base: Dimension | None) -> Dimension | None:
    if not base:
        return base
    exponent, sign = node.right, 1.0
    if isinstance(exponent, nodes.Negative):
        exponent, sign = exponent.operand, -1.0
    if not isinstance(exponent, nodes.Number):
        raise MismatchError(
            f"{nodes.unparse(node)!r} raises {spell(base)} to a power that is no literal; divide by a unit first"
        )
    return power(base, sign * exponent.value)


def _call(node: nodes.Call, units: Mapping[str, str]) -> Dimension:
    primitive = catalogue()[node.primitive]
    for key, value in node.arguments:
        if isinstance(value, nodes.Latency):
            for part, inner in value.arguments:
                _require(inner, countless(unit_of(part)), units, f"{part} of {value.law}")
            continue
        for item in _items(value):
            if not isinstance(item, nodes.Choice):
                _require(item, countless(primitive.arguments[key].unit), units, f"{key} of {node.primitive}")
    return countless(primitive.outputs[node.output])


def _items(value: Node) -> Iterator[Node]:
    if isinstance(value, nodes.Items):
        for item in value.items:
            yield from _items(item)
    else:
        yield value


def _equal(parts: tuple[Node, ...], units: Mapping[str, str], what: str) -> Dimension | None:
    return functools.reduce(
        lambda first, second: _join(first, second, what), [(p, dimension_of(p, units)) for p in parts]
    )[1]


def _join(
    first: tuple[Node, Dimension | None], second: tuple[Node, Dimension | None], what: str
) -> tuple[Node, Dimension | None]:
    if first[1] is None or second[1] is None or first[1] == second[1]:
        return second if first[1] is None else first
    raise MismatchError(
        f"{what} joins {nodes.unparse(first[0])!r} [{_words(first[1])}] and {nodes.unparse(second[0])!r} "
        f"[{_words(second[1])}]; give both the same unit"
    )


def _require(node: Node, expected: Dimension, units: Mapping[str, str], what: str) -> None:
    found = dimension_of(node, units)
    if found is not None and found != expected:
        raise MismatchError(
            f"{what} must be in {_words(expected)}, but {nodes.unparse(node)!r} is in {_words(found)}; convert it"
        )


def _words(of: Dimension) -> str:
    return spell(of) or "plain numbers"


def disagreement(expression: Expression, units: Mapping[str, str], unit: str, what: str) -> str | None:
    """Why an expression over names with `units` is not in `unit`, in words; None where it is, or is a literal zero."""
    try:
        found, stated = dimension_of(expression.root, units), countless(unit, expression.where)
    except MismatchError as problem:
        return f"{problem}."
    except GauntletError as error:
        return str(error)
    if found is None or found == stated:
        return None
    return f"the expression is in {_words(found)}, {what} is {unit!r} ({_words(stated)}); mend one of them."
