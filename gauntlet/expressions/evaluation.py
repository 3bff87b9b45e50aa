"""Values of expression trees over numpy arrays: a table of functions, and each tree made ready to run once."""

import difflib
import functools
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from gauntlet.errors import ExpressionError
from gauntlet.expressions import nodes
from gauntlet.expressions.memory import forgetting, output_of, parts
from gauntlet.expressions.nodes import Node
from gauntlet.mechanisms._inputs import ValidityWarning
from gauntlet.mechanisms.catalogue import Primitive, catalogue
from gauntlet.mechanisms.inverse import max_load_at

Floats = npt.NDArray[np.float64]

_UNARY = {
    "sqrt": np.sqrt, "exp": np.exp, "log": np.log, "log2": np.log2, "log10": np.log10, "ceil": np.ceil,
    "floor": np.floor, "abs": np.abs,
}  # fmt: skip
_BINARY = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "**": np.power, "<": np.less,
    "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal, "==": np.equal, "!=": np.not_equal,
    "and": np.logical_and, "or": np.logical_or, "min": np.minimum, "max": np.maximum,
}  # fmt: skip


class UnsetError(ExpressionError):
    """A variable that each experiment sets, used where none does."""


Run = Callable[[Mapping[str, Floats]], Any]
"""A node ready to run: from values by name to its own."""

_heard: ContextVar[list[str] | None] = ContextVar("_heard", default=None)
_caught: ContextVar[list[warnings.WarningMessage] | None] = ContextVar("_caught", default=None)


def value_of(run: Run, environment: Mapping[str, Floats], where: str) -> Floats:
    """Value over arrays that broadcast, in SI. What primitives remark on their validity goes to `listening` callers."""
    caught, heard = _caught.get(), _heard.get()
    if caught is None:
        with quietly():
            return value_of(run, environment, where)
    before = len(caught)
    value = np.asarray(run(environment), dtype=np.float64)
    if heard is not None:
        heard += [f"{where}: {remark.message}" for remark in caught[before:]]
    return value


@contextmanager
def quietly() -> Iterator[None]:
    """While the block runs, values are infinite or NaN without a warning; many evaluations may share one block."""
    filtered: Literal["ignore", "always"] = "ignore" if _heard.get() is None else "always"
    with np.errstate(all="ignore"), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter(filtered, ValidityWarning)
        token = _caught.set(caught)
        try:
            yield
        finally:
            _caught.reset(token)


@contextmanager
def listening() -> Iterator[list[str]]:
    """Collect, while the block runs, the places and words of formulas used outside their validity."""
    heard: list[str] = []
    token = _heard.set(heard)
    try:
        yield heard
    finally:
        _heard.reset(token)


def prepared(node: Node, where: str) -> Run:  # noqa: PLR0911, PLR0912 - one per kind
    """The node as a function of values by name. `where` names its place in errors."""
    match node:
        case nodes.Number(value=value):
            own = np.float64(value)
            return lambda _: own
        case nodes.Name(id=name):
            return _read(name, where)
        case nodes.Choice(word=word):
            return lambda _: word
        case nodes.Items(items=items):
            several = [prepared(item, where) for item in items]
            return lambda values: [run(values) for run in several]
        case nodes.Latency(law=law, arguments=arguments):
            named = _named(arguments, where)
            return lambda values: {"kind": law} | {key: run(values) for key, run in named}
        case nodes.Call(primitive=primitive, arguments=arguments, output=output):
            named = _named(arguments, where)
            return lambda values: _call(catalogue()[primitive], {key: run(values) for key, run in named}, output, where)
        case nodes.MaxLoad():
            return _searched(node, where)
        case nodes.Negative(operand=operand):
            below = prepared(operand, where)
            return lambda values: np.negative(below(values))
        case nodes.Function(name="where", arguments=several):
            runs = [prepared(part, where) for part in several]
            return lambda values: np.where(*(run(values) for run in runs))
        case nodes.Function(name=name, arguments=(argument,)):
            inner, function = prepared(argument, where), _UNARY[name]
            return lambda values: function(inner(values))
        case nodes.Arithmetic(operator=operator, left=left, right=right):
            return _combined(_BINARY[operator], left, right, where)
        case nodes.Comparison(operator=operator) | nodes.Junction(operator=operator):
            return _folded(_BINARY[operator], nodes.children(node), where)
        case nodes.Function(name=name, arguments=several):
            return _folded(_BINARY[name], several, where)


def _read(name: str, where: str) -> Run:
    def run(values: Mapping[str, Floats]) -> Floats:
        try:
            return values[name]
        except KeyError:
            raise UnsetError(
                f"{where}: {name!r} has no value here; let a configuration or the claim's x set it."
            ) from None

    return run


def _named(arguments: Sequence[tuple[str, Node]], where: str) -> list[tuple[str, Run]]:
    return [(key, prepared(value, where)) for key, value in arguments]


def _combined(operation: np.ufunc, left: Node, right: Node, where: str) -> Run:
    """Of two operands. One that was made on the way is overwritten where the result fits: the cache stays warm."""
    first, second = prepared(left, where), prepared(right, where)
    first_is_ours, second_is_ours = (isinstance(side, nodes.Arithmetic | nodes.Negative) for side in (left, right))

    def run(values: Mapping[str, Floats]) -> Any:
        one, other = first(values), second(values)
        shape = np.broadcast(one, other).shape
        if first_is_ours and type(one) is np.ndarray and one.shape == shape:
            return operation(one, other, out=one)
        if second_is_ours and type(other) is np.ndarray and other.shape == shape:
            return operation(one, other, out=other)
        return operation(one, other)

    return run


def _folded(operation: np.ufunc, parts_of: Sequence[Node], where: str) -> Run:
    runs = [prepared(part, where) for part in parts_of]
    return lambda values: functools.reduce(operation, (run(values) for run in runs))


def _searched(node: nodes.MaxLoad, where: str) -> Run:
    cost, up_to, limit = (prepared(part, where) for part in (node.cost, node.up_to, node.limit))

    def run(values: Mapping[str, Floats]) -> Floats:
        with forgetting():
            return max_load_at(
                lambda load: np.asarray(cost({**values, node.name: load}), dtype=np.float64),
                up_to(values),
                limit(values),
            )

    return run


def _call(primitive: Primitive, given: dict[str, Any], output: str, where: str) -> Floats:
    """One output; it has the arguments' common shape, so that what it gives per list element is refused."""
    try:
        result = output_of(primitive, given, output)
    except ValueError as error:
        raise ExpressionError(
            f"{where}: {error} Check the term that gives the argument, and the range it can take."
        ) from None
    if np.ndim(result) > max((np.ndim(part) for part in parts(given)), default=0):
        raise ExpressionError(f"{where}: {primitive.name}.{output} is one value per list element; use another output.")
    return np.asarray(result, dtype=np.float64)


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name closest to `name`, in words."""
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.0)
    return f"nearest is {near[0]!r}" if near else "nothing is near"
