"""Values of expression trees over numpy arrays: a table of functions and one walk."""

import difflib
import functools
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
import numpy.typing as npt

from gauntlet.costs import nodes
from gauntlet.costs.memory import forgetting, output_of, parts
from gauntlet.costs.nodes import Node
from gauntlet.errors import ExpressionError
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


_heard: ContextVar[list[str] | None] = ContextVar("_heard", default=None)


def value_of(root: Node, environment: Mapping[str, Floats], where: str) -> Floats:
    """Value over arrays that broadcast, in SI. What primitives remark on their validity goes to `listening` callers."""
    heard = _heard.get()
    with np.errstate(all="ignore"), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore" if heard is None else "always", ValidityWarning)
        value = np.asarray(_value(root, environment, where), dtype=np.float64)
    if heard is not None:
        heard += [f"{where}: {remark.message}" for remark in caught]
    return value


@contextmanager
def listening() -> Iterator[list[str]]:
    """Collect, while the block runs, the places and words of formulas used outside their validity."""
    heard: list[str] = []
    token = _heard.set(heard)
    try:
        yield heard
    finally:
        _heard.reset(token)


def _value(node: Node, environment: Mapping[str, Floats], where: str) -> Any:  # noqa: PLR0911, PLR0912 - one per kind
    match node:
        case nodes.Number(value=value):
            return np.float64(value)
        case nodes.Name(id=name):
            if name not in environment:
                raise UnsetError(f"{where}: {name!r} has no value here; let a configuration or the claim's x set it.")
            return environment[name]
        case nodes.Choice(word=word):
            return word
        case nodes.Items(items=items):
            return [_value(item, environment, where) for item in items]
        case nodes.Latency(law=law, arguments=arguments):
            return {"kind": law} | {key: _value(value, environment, where) for key, value in arguments}
        case nodes.Call(primitive=primitive, arguments=arguments, output=output):
            given = {key: _value(value, environment, where) for key, value in arguments}
            return _call(catalogue()[primitive], given, output, where)
        case nodes.MaxLoad(name=name, up_to=up_to, cost=cost, limit=limit):
            with forgetting():
                return max_load_at(
                    lambda load: np.asarray(_value(cost, {**environment, name: load}, where), dtype=np.float64),
                    _value(up_to, environment, where),
                    _value(limit, environment, where),
                )
        case nodes.Negative(operand=operand):
            return np.negative(_value(operand, environment, where))
        case nodes.Function(name="where", arguments=(condition, first, second)):
            return np.where(*(_value(part, environment, where) for part in (condition, first, second)))
        case nodes.Function(name=name, arguments=(argument,)):
            return _UNARY[name](_value(argument, environment, where))
        case (
            nodes.Arithmetic(operator=operator)
            | nodes.Comparison(operator=operator)
            | nodes.Junction(operator=operator)
        ):
            return functools.reduce(
                _BINARY[operator], (_value(below, environment, where) for below in nodes.children(node))
            )
        case nodes.Function(name=name, arguments=several):
            return functools.reduce(_BINARY[name], (_value(below, environment, where) for below in several))


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
