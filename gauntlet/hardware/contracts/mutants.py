"""Every small mistake in a contract: an operator flipped, a term dropped, a limit moved, a domain widened.

Source of the method: DeMillo, Lipton & Sayward, Hints on Test Data Selection, Computer 11(4), 1978.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from gauntlet.expressions import nodes
from gauntlet.expressions.dimensions import countless
from gauntlet.expressions.nodes import Arithmetic, Comparison, Function, Junction, Name, Negative, Node, Number, unparse
from gauntlet.hardware.contracts.check import expression_of
from gauntlet.hardware.contracts.records import Contract, Domain

_FLIPPED = {"+": "-*", "-": "+/", "*": "/+", "/": "*-", "**": "*"}
_COMPARED = {"<": "<= > >=", "<=": "< > >=", ">": ">= < <=", ">=": "> < <=", "==": "!=", "!=": "=="}
_EXCHANGED = {"min": ("max",), "max": ("min",), "ceil": ("floor",), "floor": ("ceil",)}
_REDUCED = {"min": ("max", "sum"), "max": ("min", "sum"), "sum": ("max", "min")}


class Mutant(NamedTuple):
    """A contract with one mistake, and what was done to which equation or symbol."""

    contract: Contract
    place: str
    what: str


def mutants(contract: Contract) -> Iterator[Mutant]:
    """Each equation's mistakes, then those of the domains."""
    for name in contract.equations:
        yield from equation_mutants(contract, name)
    for name in contract.symbols:
        yield from _of_domain(contract, name)


def equation_mutants(contract: Contract, name: str) -> Iterator[Mutant]:
    """Every mistake in one equation that reads differently."""
    equation = contract.equations[name]
    root = expression_of(contract, name).root
    seen = {unparse(root)}
    for mutated in _everywhere(root, _alike(contract, root)):
        text = unparse(mutated)
        if text not in seen:
            seen.add(text)
            yield _changed(contract, name, {"expression": text}, text)
    for reduction in _REDUCED.get(equation.reduce or "", ()):
        yield _changed(contract, name, {"reduce": reduction}, f"reduce: {reduction}")


def _changed(contract: Contract, name: str, update: dict[str, Any], what: str) -> Mutant:
    equation = contract.equations[name].model_copy(update=update)
    return Mutant(contract.model_copy(update={"equations": {**contract.equations, name: equation}}), name, what)


def _alike(contract: Contract, root: Node) -> dict[str, tuple[str, ...]]:
    """Names of the same expression and dimension that each name could be mistaken for."""
    used = list(dict.fromkeys(nodes.free_names(root)))
    of = {name: countless(contract.units[name]) for name in used}
    return {name: tuple(other for other in used if other != name and of[other] == of[name]) for name in used}


def _everywhere(node: Node, alike: dict[str, tuple[str, ...]]) -> Iterator[Node]:
    """The tree with one mistake at its top, then with one in each part below."""
    yield from _at_top(node, alike)
    below = nodes.children(node)
    for index, part in enumerate(below):
        for mutated in _everywhere(part, alike):
            yield nodes.with_children(node, (*below[:index], mutated, *below[index + 1 :]))


def _at_top(node: Node, alike: dict[str, tuple[str, ...]]) -> Iterator[Node]:
    match node:
        case Number(value=value):
            yield from (Number(other) for other in (value + 1, value * 2, 0.0))
        case Name(id=name):
            yield from map(Name, alike[name])
        case Negative(operand=operand):
            yield operand
        case Arithmetic(operator=operator, left=left, right=right):
            flipped = ("*",) if operator == "**" else tuple(_FLIPPED[operator])
            yield from (Arithmetic(other, left, right) for other in flipped)
            yield from (left, right)
            if operator in ("-", "/", "**"):
                yield Arithmetic(operator, right, left)
        case Comparison(operator=operator, left=left, right=right):
            yield from (Comparison(other, left, right) for other in _COMPARED[operator].split())
        case Junction(operator=operator, parts=parts):
            yield Junction("or" if operator == "and" else "and", parts)
            yield from parts
        case Function(name="where", arguments=(condition, first, second)):
            yield from (Function("where", (condition, second, first)), first, second)
        case Function(name=name, arguments=arguments):
            yield from (Function(other, arguments) for other in _EXCHANGED.get(name, ()))
            yield from _fewer(name, arguments)


def _fewer(name: str, arguments: tuple[Node, ...]) -> Iterator[Node]:
    """A function without one of its arguments, or nothing but the last that is left."""
    for index in range(len(arguments)):
        left = (*arguments[:index], *arguments[index + 1 :])
        if len(left) <= 1:
            yield (left or arguments)[0]
        else:
            yield Function(name, left)


def _of_domain(contract: Contract, name: str) -> Iterator[Mutant]:
    """The domain of a symbol with an end closed, opened or forgotten."""
    domain = contract.symbols[name].domain
    others = {
        domain._replace(with_low=not domain.with_low),
        domain._replace(with_high=not domain.with_high),
        domain._replace(low=-float("inf")),
        domain._replace(high=float("inf"), with_high=True),
    } - {domain}
    for other in sorted(others):
        symbol = contract.symbols[name].model_copy(update={"domain": Domain(*other)})
        changed = contract.model_copy(update={"symbols": {**contract.symbols, name: symbol}})
        yield Mutant(changed, name, f"domain {other}")
