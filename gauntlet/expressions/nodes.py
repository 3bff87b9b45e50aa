"""The tree of a cost-model expression: our own nodes, their printer and their walk. Nothing here can run model text.

The printer is the only way from an expression to text in a generated file: every name comes from a checked identifier,
every operator and function from the tables below, every string through `repr`.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gauntlet.errors import ExpressionError


@dataclass(frozen=True)
class Number:
    """A literal; `whole` prints without a decimal point."""

    value: float


@dataclass(frozen=True)
class Name:
    """A variable, a fact or an earlier term."""

    id: str


@dataclass(frozen=True)
class Choice:
    """A word for a choice argument of a primitive."""

    word: str


@dataclass(frozen=True)
class Items:
    """A list for a list argument of a primitive."""

    items: tuple["Node", ...]


@dataclass(frozen=True)
class Latency:
    """A law of a random time, for a latency argument of a primitive: lognormal(median_s=.., sigma=..)."""

    law: str
    arguments: tuple[tuple[str, "Node"], ...]


@dataclass(frozen=True)
class Negative:
    """Unary minus."""

    operand: "Node"


@dataclass(frozen=True)
class Arithmetic:
    """`left operator right` with + - * / or **."""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True)
class Comparison:
    """`left operator right` with < <= > >= == or !=, inside a condition."""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True)
class Junction:
    """Conditions joined by 'and' or by 'or'."""

    operator: str
    parts: tuple["Node", ...]


@dataclass(frozen=True)
class Function:
    """A built-in function of positional arguments: min, max, sqrt, ..., where."""

    name: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True)
class Call:
    """One named output of a catalogue primitive."""

    primitive: str
    arguments: tuple[tuple[str, "Node"], ...]
    output: str


@dataclass(frozen=True)
class MaxLoad:
    """The largest `name` from 0 to `up_to` at which `cost`, where alone the name stands, is within `limit`."""

    name: str
    cost: "Node"
    up_to: "Node"
    limit: "Node"


Node = (
    Number | Name | Choice | Items | Latency | Negative | Arithmetic | Comparison | Junction | Function | Call | MaxLoad
)

_BINDING = {"or": 1, "and": 2, "compare": 3, "+": 4, "-": 4, "*": 5, "/": 5, "negative": 6, "**": 7, "atom": 9}


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below."""
    match node:
        case Number() | Name() | Choice():
            return ()
        case Items(items=below) | Junction(parts=below) | Function(arguments=below):
            return below
        case Negative(operand=operand):
            return (operand,)
        case Arithmetic(left=left, right=right) | Comparison(left=left, right=right):
            return (left, right)
        case Call(arguments=arguments) | Latency(arguments=arguments):
            return tuple(value for _, value in arguments)
        case MaxLoad(up_to=up_to, cost=cost, limit=limit):
            return (cost, up_to, limit)


def with_children(node: Node, below: tuple[Node, ...]) -> Node:  # noqa: PLR0911 - one per kind of node
    """The node with others in the places of `children(node)`, in their order."""
    match node:
        case Number() | Name() | Choice():
            return node
        case Items():
            return Items(below)
        case Negative():
            return Negative(*below)
        case Arithmetic(operator=operator):
            return Arithmetic(operator, *below)
        case Comparison(operator=operator):
            return Comparison(operator, *below)
        case Junction(operator=operator):
            return Junction(operator, below)
        case Function(name=name):
            return Function(name, below)
        case Call(primitive=primitive, arguments=named, output=output):
            return Call(primitive, _with_values(named, below), output)
        case Latency(law=law, arguments=named):
            return Latency(law, _with_values(named, below))
        case MaxLoad(name=name):
            return MaxLoad(name, *below)


def _with_values(named: tuple[tuple[str, Node], ...], values: tuple[Node, ...]) -> tuple[tuple[str, Node], ...]:
    return tuple((key, value) for (key, _), value in zip(named, values, strict=True))


def renamed(node: Node, names: Mapping[str, str]) -> Node:
    """The tree with other names for its variables, facts and terms; what is called keeps its own."""
    if isinstance(node, Name):
        return Name(names.get(node.id, node.id))
    return with_children(node, tuple(renamed(below, names) for below in children(node)))


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, in the order of the text."""
    yield node
    for below in children(node):
        yield from walk(below)


def free_names(node: Node) -> Iterator[str]:
    """Names that the expression needs from outside, in the order of the text; a name may come twice."""
    if isinstance(node, Name):
        yield node.id
    inner = node.name if isinstance(node, MaxLoad) else None
    for below in children(node):
        yield from (name for name in free_names(below) if name != inner)


def depth(node: Node) -> int:
    """Nodes on the longest way down."""
    return 1 + max((depth(below) for below in children(node)), default=0)


def unparse(node: Node) -> str:
    """The expression as text that `parse` reads back into an equal tree."""
    return _text(node)[0]


def _text(node: Node) -> tuple[str, int]:  # noqa: PLR0911 - one per kind of node
    """Text and how tightly its outermost operator binds."""
    match node:
        case Number(value=value):
            return _number(value), _BINDING["atom"]
        case Name(id=name):
            return name, _BINDING["atom"]
        case Choice(word=word):
            return repr(word), _BINDING["atom"]
        case Items(items=items):
            return f"[{', '.join(unparse(item) for item in items)}]", _BINDING["atom"]
        case Negative(operand=operand):
            return f"-{_wrapped(operand, _BINDING['negative'])}", _BINDING["negative"]
        case Arithmetic(operator=operator, left=left, right=right):
            return _arithmetic(operator, left, right), _BINDING[operator]
        case Comparison(operator=operator, left=left, right=right):
            tighter = _BINDING["compare"] + 1
            return f"{_wrapped(left, tighter)} {operator} {_wrapped(right, tighter)}", _BINDING["compare"]
        case Junction(operator=operator, parts=parts):
            tighter = _BINDING[operator] + 1
            return f" {operator} ".join(_wrapped(part, tighter) for part in parts), _BINDING[operator]
        case Function(name=name, arguments=arguments):
            return f"{name}({', '.join(unparse(argument) for argument in arguments)})", _BINDING["atom"]
        case Call(primitive=primitive, arguments=named, output=output):
            return f"{primitive}({_named(named)}).{output}", _BINDING["atom"]
        case Latency(law=law, arguments=named):
            return f"{law}({_named(named)})", _BINDING["atom"]
        case MaxLoad(name=name, up_to=up_to, cost=cost, limit=limit):
            return f"max_load_at(lambda {name}: {unparse(cost)}, {unparse(up_to)}, {unparse(limit)})", _BINDING["atom"]


def _named(arguments: tuple[tuple[str, Node], ...]) -> str:
    return ", ".join(f"{name}={unparse(value)}" for name, value in arguments)


def _arithmetic(operator: str, left: Node, right: Node) -> str:
    own = _BINDING[operator]
    if operator == "**":  # binds to the right, and tighter than the minus on its left
        return f"{_wrapped(left, own + 1)} ** {_wrapped(right, _BINDING['negative'])}"
    return f"{_wrapped(left, own)} {operator} {_wrapped(right, own + 1)}"


def _wrapped(node: Node, at_least: int) -> str:
    text, binding = _text(node)
    return text if binding >= at_least else f"({text})"


def _number(value: float) -> str:
    if not math.isfinite(value):
        raise ExpressionError(f"{value} is no number of an expression; give a finite one.")
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
