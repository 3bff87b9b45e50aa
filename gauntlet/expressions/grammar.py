"""Cost-model expressions: a whitelisted grammar, read with Python's parser and evaluated by our own few lines.

    expression = number | name | expression (+ - * / **) expression | -expression | ( expression )
               | min(..) max(..) sqrt(.) exp(.) log(.) log2(.) log10(.) ceil(.) floor(.) abs(.)
               | where(condition, expression, expression)
               | max_load_at(lambda load: cost, up_to, limit)     the largest load from 0 to up_to with cost <= limit;
                 `load` is a new name that stands only in cost, an expression that rises with it
               | primitive(argument=value, ...).output          value = expression | 'word' | [value, ...] | law
    law        = exponential(mean_s=.) lognormal(median_s=., sigma=.) ...   of a random time
    condition  = expression (< <= > >= == !=) expression | condition and condition | condition or condition

`ast.parse` only builds a tree, which is copied node by node into `nodes`; nothing of the text is ever executed.
"""

import ast
import functools
import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gauntlet.errors import ExpressionError
from gauntlet.expressions import nodes
from gauntlet.expressions.evaluation import Floats, Run, nearest, prepared, value_of
from gauntlet.expressions.nodes import Node
from gauntlet.mechanisms.catalogue import Primitive, catalogue
from gauntlet.mechanisms.latencies import LAWS

LONGEST = 2_000
DEEPEST = 40
MOST_NODES = 300
LARGEST_EXPONENT = 8.0

FUNCTIONS: Mapping[str, tuple[int, int]] = {
    "min": (2, 50), "max": (2, 50), "sqrt": (1, 1), "exp": (1, 1), "log": (1, 1), "log2": (1, 1), "log10": (1, 1),
    "ceil": (1, 1), "floor": (1, 1), "abs": (1, 1), "where": (3, 3),
}  # fmt: skip
"""Built-in functions: fewest and most arguments."""

MAX_LOAD_AT = "max_load_at"

_ARITHMETIC: Mapping[type, str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
_COMPARISON: Mapping[type, str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip
_IDENTIFIER = re.compile(r"[a-z][A-Za-z0-9_]{0,63}")


@dataclass(frozen=True)
class Expression:
    """A parsed expression; `where` names its place in errors."""

    where: str
    root: Node

    @functools.cached_property
    def names(self) -> tuple[str, ...]:
        """Variables, facts and terms used, in order of appearance, each once."""
        return tuple(dict.fromkeys(nodes.free_names(self.root)))

    @functools.cached_property
    def loads(self) -> tuple[str, ...]:
        """Names that a `max_load_at` of this expression brings itself."""
        return tuple(dict.fromkeys(node.name for node in nodes.walk(self.root) if isinstance(node, nodes.MaxLoad)))

    @functools.cached_property
    def literals(self) -> tuple[float, ...]:
        """All numbers in the text, in order."""
        return tuple(node.value for node in nodes.walk(self.root) if isinstance(node, nodes.Number))

    @functools.cached_property
    def primitives(self) -> tuple[str, ...]:
        """Catalogue primitives used, in order of appearance, each once."""
        return tuple(dict.fromkeys(node.primitive for node in nodes.walk(self.root) if isinstance(node, nodes.Call)))

    def __str__(self) -> str:
        return nodes.unparse(self.root)

    def evaluate(self, environment: Mapping[str, Floats]) -> Floats:
        """Value over arrays that broadcast, in SI. Division by zero gives infinity, as numpy has it.

        ExpressionError for a name that `environment` lacks and for what a primitive refuses.
        """
        return value_of(self._run, environment, self.where)

    @functools.cached_property
    def _run(self) -> Run:
        return prepared(self.root, self.where)


def parse(text: str, where: str) -> Expression:
    """Read `text`; ExpressionError names the fragment, its position (from 1) and the nearest allowed name.

    What is called is a function, a primitive or a law; every other name is a variable's, a fact's or a term's, which
    may be called alike.
    """
    return Expression(where, _Reader(text, where).read())


def parse_condition(text: str, where: str) -> Expression:
    """Read a condition, 'a < b' or several joined by 'and' or 'or'; its value is 1 where it holds, else 0."""
    return Expression(where, _Reader(text, where).read(condition=True))


@functools.cache
def called_names() -> frozenset[str]:
    """Names of functions, primitives and laws."""
    return frozenset(FUNCTIONS) | {MAX_LOAD_AT} | frozenset(catalogue()) | frozenset(LAWS)


def instead_of(name: str, known: Iterable[str]) -> str:
    """What to write for a `name` that is not among the `known` variables: a call, or the nearest of them."""
    return f"as a function it is called: {name}(...)" if name in called_names() else nearest(name, known)


class _Reader:
    """Copies Python's tree into ours, or says what does not belong."""

    def __init__(self, text: str, where: str) -> None:
        self.where = where
        self.text = text.replace("\n", " ").replace("\r", " ").strip()

    def read(self, condition: bool = False) -> Node:
        self._check_characters()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(self.text, mode="eval").body
            self._check_size(tree)
            return self._condition(tree) if condition else self._node(tree)
        except SyntaxError as error:
            at = max(0, min((error.offset or 1) - 1, len(self.text)))
            hint = "write arithmetic such as 'a * (b + c) / d'; a name must not be a Python keyword"
            raise self._error(self.text[at : at + 20], at, f"is no expression ({error.msg}); {hint}") from None
        except (RecursionError, MemoryError, ValueError):
            raise ExpressionError(f"{self.where}: nested too deeply; split it into terms of depth {DEEPEST}.") from None

    def _check_characters(self) -> None:
        if not self.text:
            raise ExpressionError(f"{self.where}: the expression is empty; write a name, a number or arithmetic.")
        if len(self.text) > LONGEST:
            raise ExpressionError(
                f"{self.where}: {len(self.text)} characters; an expression has at most {LONGEST}, split it into terms."
            )
        strange = re.search(r"[^\x20-\x7e]|#", self.text)
        if strange:
            raise self._error(
                strange.group(), strange.start(), "is no character of an expression; use * - ** and ASCII"
            )

    def _check_size(self, tree: ast.expr) -> None:
        level, deep, count = [tree], 0, 0
        while level:
            deep, count = deep + 1, count + len(level)
            if deep > DEEPEST or count > MOST_NODES:
                raise ExpressionError(
                    f"{self.where}: deeper than {DEEPEST} levels or more than {MOST_NODES} nodes; split it into terms."
                )
            level = [below for node in level for below in _operands(node)]

    def _node(self, tree: ast.expr) -> Node:  # noqa: PLR0911 - one per kind of node
        match tree:
            case ast.Constant():
                return self._number(tree)
            case ast.Name(id=name):
                return self._name(tree, name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return nodes.Negative(self._node(operand))
            case ast.BinOp(op=op, left=left, right=right) if type(op) in _ARITHMETIC:
                if isinstance(op, ast.Pow):
                    self._check_exponent(right)
                return nodes.Arithmetic(_ARITHMETIC[type(op)], self._node(left), self._node(right))
            case ast.Call(func=ast.Name(id=name)) if name in FUNCTIONS:
                return self._function(tree, name)
            case ast.Call(func=ast.Name(id=name)) if name == MAX_LOAD_AT:
                return self._max_load(tree)
            case ast.Attribute(value=ast.Call(func=ast.Name(id=name)) as call, attr=output):
                return self._call(tree, call, name, output)
            case ast.Call(func=ast.Name(id=name)):
                raise self._refused_call(tree, name)
            case ast.Compare() | ast.BoolOp():
                raise self._refused(tree, "is a condition; conditions stand only inside where(condition, a, b)")
        raise self._refused(tree, "is not allowed; use numbers, names, + - * / **, functions and primitives")

    def _number(self, tree: ast.Constant) -> Node:
        value = tree.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._refused(tree, "is no number; words stand only in choice arguments of primitives")
        try:
            number = float(value)
        except OverflowError:
            number = float("inf")
        if not abs(number) < float("inf"):
            raise self._refused(tree, "is too large for a number")
        return nodes.Number(number)

    def _name(self, tree: ast.expr, name: str) -> Node:
        if not _IDENTIFIER.fullmatch(name):
            raise self._refused(
                tree, "is no name of a variable; names start with a small letter, then letters, digits, _"
            )
        return nodes.Name(name)

    def _check_exponent(self, exponent: ast.expr) -> None:
        literal = exponent.operand if isinstance(exponent, ast.UnaryOp) else exponent
        number = literal.value if isinstance(literal, ast.Constant) else None
        if isinstance(number, int | float) and not abs(number) <= LARGEST_EXPONENT:
            raise self._refused(exponent, f"is beyond the largest exponent {LARGEST_EXPONENT:g}")

    def _function(self, tree: ast.Call, name: str) -> Node:
        fewest, most = FUNCTIONS[name]
        if tree.keywords or any(isinstance(argument, ast.Starred) for argument in tree.args):
            raise self._refused(
                tree, f"{name} takes plain arguments only, as in {name}(a{', b' if fewest > 1 else ''})"
            )
        if not fewest <= len(tree.args) <= most:
            expected = str(fewest) if fewest == most else f"{fewest} or more"
            raise self._refused(tree, f"has {len(tree.args)} arguments; {name} takes {expected}")
        if name == "where":
            condition, first, second = tree.args
            return nodes.Function(name, (self._condition(condition), self._node(first), self._node(second)))
        return nodes.Function(name, tuple(self._node(argument) for argument in tree.args))

    def _max_load(self, tree: ast.Call) -> Node:
        match tree:
            case ast.Call(args=[ast.Lambda(args=given, body=body), up_to, limit], keywords=[]):
                load = ast.unparse(given)
                if len(given.args) == 1 and load == given.args[0].arg:
                    self._name(tree, load)
                    if load in called_names():
                        raise self._refused(tree, f"names the load like the function {load}; write {load}_load")
                    cost = self._node(body)
                    if load not in nodes.free_names(cost):
                        raise self._refused(body, f"does not use {load}, so that no load is the largest")
                    if any(isinstance(node, nodes.MaxLoad) for node in nodes.walk(cost)):
                        raise self._refused(body, "holds another max_load_at; search one load at a time")
                    return nodes.MaxLoad(load, cost, self._node(up_to), self._node(limit))
        raise self._refused(tree, "is written max_load_at(lambda load: cost, up_to, limit) with a new name for load")

    def _condition(self, tree: ast.expr) -> Node:
        match tree:
            case ast.BoolOp(op=op, values=values):
                joined = "and" if isinstance(op, ast.And) else "or"
                return nodes.Junction(joined, tuple(self._condition(value) for value in values))
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISON:
                return nodes.Comparison(_COMPARISON[type(op)], self._node(left), self._node(right))
        raise self._refused(tree, "is no condition; write 'a < b', joined by 'and' or 'or'")

    def _call(self, tree: ast.expr, call: ast.Call, name: str, output: str) -> Node:
        if name not in catalogue():
            raise self._refused_call(call, name)
        primitive = catalogue()[name]
        if output not in primitive.outputs:
            raise self._refused(tree, f"{name} has no output {output!r}; {nearest(output, primitive.outputs)}", output)
        arguments = {word.arg or "**": word.value for word in call.keywords}
        if call.args:
            raise self._refused(call.args[0], f"has no name; write {name}({next(iter(primitive.arguments), '')}=...)")
        for given in arguments:
            if given not in primitive.arguments:
                raise self._refused(
                    call, f"{name} has no argument {given!r}; {nearest(given, primitive.arguments)}", given
                )
        missing = [key for key, argument in primitive.arguments.items() if argument.required and key not in arguments]
        if missing or len(arguments) != len(call.keywords):
            raise self._refused(call, f"{name} needs each argument once; missing: {', '.join(missing) or 'none'}")
        read = tuple((key, self._argument(value, primitive, key)) for key, value in arguments.items())
        return nodes.Call(name, read, output)

    def _argument(self, tree: ast.expr, primitive: Primitive, key: str) -> Node:
        argument = primitive.arguments[key]
        if argument.kind == "choice":
            word = tree.value if isinstance(tree, ast.Constant) else None
            if not isinstance(word, str) or word not in argument.allowed:
                raise self._refused(
                    tree, f"{key} of {primitive.name} is one of {', '.join(map(repr, argument.allowed))}"
                )
            return nodes.Choice(word)
        if argument.kind == "latency":
            return self._latency(tree, primitive.name, key)
        if argument.kind in ("list", "matrix"):
            return self._items(tree, primitive.name, key, levels=2 if argument.kind == "matrix" else 1)
        return self._node(tree)

    def _latency(self, tree: ast.expr, primitive: str, key: str) -> Node:
        examples = [f"{name}({', '.join(f'{part}=...' for part in law.domains)})" for name, law in LAWS.items()]
        match tree:
            case ast.Call(func=ast.Name(id=name), args=[], keywords=words) if name in LAWS:
                given = {word.arg: word.value for word in words if word.arg}
                if sorted(given) == sorted(LAWS[name].domains) and len(given) == len(words):
                    return nodes.Latency(name, tuple((part, self._node(value)) for part, value in given.items()))
        raise self._refused(tree, f"is no law; {key} of {primitive} is one of {', '.join(examples)}")

    def _items(self, tree: ast.expr, primitive: str, key: str, levels: int) -> Node:
        if not isinstance(tree, ast.List) or not tree.elts:
            raise self._refused(
                tree, f"{key} of {primitive} is a list{' of lists' if levels == 2 else ''}; write [a, b]"
            )
        if levels == 1:
            return nodes.Items(tuple(self._node(item) for item in tree.elts))
        return nodes.Items(tuple(self._items(item, primitive, key, 1) for item in tree.elts))

    def _refused_call(self, tree: ast.expr, name: str) -> ExpressionError:
        if name in catalogue():
            some = next(iter(catalogue()[name].outputs))
            return self._refused(tree, f"choose one output of {name}, as in {name}(...).{some}")
        if name in LAWS:
            return self._refused(tree, "is a law of a random time; it stands only as a latency argument of a primitive")
        return self._refused(tree, f"{name!r} is no function and no primitive; {nearest(name, called_names())}", name)

    def _refused(self, tree: ast.expr, why: str, fragment: str | None = None) -> ExpressionError:
        start, end = tree.col_offset, tree.end_col_offset or tree.col_offset + 1
        return self._error(fragment or self.text[start:end], start, why)

    def _error(self, fragment: str, at: int, why: str) -> ExpressionError:
        shown = fragment if len(fragment) <= 60 else fragment[:57] + "..."
        return ExpressionError(f"{self.where}: {shown!r} at character {at + 1} {why}.")


def _operands(tree: ast.AST) -> list[ast.expr]:
    """The parts that become nodes of ours: no operators, no contexts, no callee."""
    below = [part for part in ast.iter_child_nodes(tree) if isinstance(part, ast.expr | ast.keyword)]
    if isinstance(tree, ast.Call):
        below = [part for part in below if part is not tree.func]
    if isinstance(tree, ast.Attribute):
        return _operands(tree.value)
    return [part.value if isinstance(part, ast.keyword) else part for part in below]
