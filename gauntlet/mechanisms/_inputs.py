"""How arguments enter a primitive: the domain stands in the signature, and one decorator reads it.

The three kinds of outside are never mixed. Invalid (negative time, NaN, probability above 1): ValueError that names the
argument and the value. Saturated (utilisation of 1 or more in an open model): infinite delay and capped throughput.
Outside validity (finite, but the formula's assumptions fail): the value, and a `ValidityWarning`.
"""

import functools
import inspect
import typing
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Annotated, Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
"""Double precision array of any shape."""

Result = TypeVar("Result", bound=tuple[Any, ...])

ROUNDING = 1e-9
"""Relative error of arithmetic that still leaves a whole number whole: 0.1 * 144000 is 14400."""

LARGEST = float(np.finfo(np.float64).max)

MOST_STEPS = 100_000
"""Largest count that a primitive may loop over; keeps a mistyped population from running for hours."""


class ValidityWarning(UserWarning):
    """The value is returned, but the formula's assumptions do not hold there."""


class Domain(Protocol):
    """What one argument may be, and how its value becomes an array."""

    kind: str

    @property
    def words(self) -> str:
        """The domain in words."""

    def read(self, place: str, value: Any) -> Any:
        """The checked value; ValueError naming `place` and the value otherwise."""

    def shape_of(self, value: Any) -> tuple[int, ...]:
        """Shape by which a checked value takes part in broadcasting."""

    def spread(self, value: Any, shape: tuple[int, ...]) -> Any:
        """The checked value, ready to be combined with arrays of `shape`."""


@dataclass(frozen=True)
class Scalar:
    """A number or an array of numbers between `low` and `high`; `above` excludes `low` itself."""

    low: float = -np.inf
    high: float = np.inf
    above: bool = False
    kind: str = "scalar"

    def read(self, place: str, value: Any) -> Floats:
        """Floats within the bounds; NaN never is."""
        try:
            array = np.asarray(value, dtype=np.float64)
        except (TypeError, ValueError):
            raise ValueError(f"{place} = {value!r} is no number; expected {self.words}.") from None
        inside = (array > self.low if self.above else array >= self.low) & (array <= self.high)
        if self.kind in ("integer", "flag"):
            nearest = np.rint(array)
            inside &= np.abs(array - nearest) <= ROUNDING * np.maximum(1.0, np.abs(nearest))
            array = np.where(inside, nearest, array)
        if not inside.all():
            raise ValueError(f"{place} = {array[~inside].flat[0]:.12g} is invalid; expected {self.words}.")
        return array

    def shape_of(self, value: Floats) -> tuple[int, ...]:
        """The array's own shape."""
        return value.shape

    def spread(self, value: Floats, shape: tuple[int, ...]) -> Floats:
        """Itself: numpy broadcasts a scalar argument where it is used."""
        return value

    @property
    def words(self) -> str:
        """The domain in words."""
        if self.kind == "flag":
            return "true or false"
        noun = "a whole number" if self.kind == "integer" else "a number"
        low = f" {'above' if self.above else 'of at least'} {self.low:g}" if self.low > -np.inf else ""
        high = f"{' and' if low else ''} at most {self.high:g}" if self.high < LARGEST else ""
        return noun + low + high


@dataclass(frozen=True)
class Listed:
    """A list whose elements are scalars of `element` that broadcast; read as an array with the list as first axis."""

    element: Scalar
    kind: str = "list"

    @property
    def words(self) -> str:
        """The domain in words."""
        return f"a list; each {self.element.words}"

    def read(self, place: str, value: Any) -> Floats:
        """Stacked elements, shape (length, ...)."""
        _require_list(place, value)
        items = [self.element.read(f"{place}[{index}]", item) for index, item in enumerate(value)]
        return np.stack(np.broadcast_arrays(*items))

    def shape_of(self, value: Floats) -> tuple[int, ...]:
        """Common shape of the elements."""
        return value.shape[1:]

    def spread(self, value: Floats, shape: tuple[int, ...]) -> Floats:
        """Shape (length, *shape), so that a sum over axis 0 has `shape`."""
        return _spread_behind(value, 1, shape)


@dataclass(frozen=True)
class Matrix:
    """A square list of lists of scalars, read as an array with rows and columns as first axes."""

    element: Scalar
    kind: str = "matrix"

    @property
    def words(self) -> str:
        """The domain in words."""
        return f"a square list of lists; each {self.element.words}"

    def read(self, place: str, value: Any) -> Floats:
        """Stacked elements, shape (n, n, ...)."""
        _require_list(place, value)
        size = len(value)
        rows = [Listed(self.element).read(f"{place}[{index}]", item) for index, item in enumerate(value)]
        if any(len(row) != size for row in rows):
            raise ValueError(f"{place} has {size} rows of lengths {[len(row) for row in rows]}; expected a square.")
        cells = np.broadcast_arrays(*(cell for row in rows for cell in row))
        return np.stack(cells).reshape(size, size, *cells[0].shape)

    def shape_of(self, value: Floats) -> tuple[int, ...]:
        """Common shape of the elements."""
        return value.shape[2:]

    def spread(self, value: Floats, shape: tuple[int, ...]) -> Floats:
        """Shape (n, n, *shape)."""
        return _spread_behind(value, 2, shape)


@dataclass(frozen=True)
class OneOf:
    """A string out of a few."""

    allowed: tuple[str, ...]
    kind: str = "choice"

    @property
    def words(self) -> str:
        """The domain in words."""
        return f"one of {', '.join(self.allowed)}"

    def read(self, place: str, value: Any) -> str:
        """The string itself."""
        if not isinstance(value, str) or value not in self.allowed:
            raise ValueError(f"{place} = {value!r} is unknown; expected {self.words}.")
        return value

    def shape_of(self, value: str) -> tuple[int, ...]:
        """Takes no part in broadcasting."""
        return ()

    def spread(self, value: str, shape: tuple[int, ...]) -> str:
        """Itself."""
        return value


MEDIAN: Floats = np.asarray(0.5)
"""Quantile that is reported where none is asked for."""

NonNegative = Annotated[Floats, Scalar(0.0)]
Positive = Annotated[Floats, Scalar(0.0, above=True)]
Finite = Annotated[Floats, Scalar(0.0, LARGEST)]
AtLeastOne = Annotated[Floats, Scalar(1.0)]
Probability = Annotated[Floats, Scalar(0.0, 1.0, kind="probability")]
Whole = Annotated[Floats, Scalar(0.0, LARGEST, kind="integer")]
Count = Annotated[Floats, Scalar(1.0, LARGEST, kind="integer")]
Steps = Annotated[Floats, Scalar(1.0, MOST_STEPS, kind="integer")]
"""A count that the primitive loops over."""
Flag = Annotated[Floats, Scalar(0.0, 1.0, kind="flag")]
ListOfTimes = Annotated[Floats, Listed(Scalar(0.0))]


def primitive(function: Callable[..., Result]) -> Callable[..., Result]:
    """Check every argument against the domain in its annotation, evaluate, and give outputs one common shape.

    Arguments broadcast together. An output is a float where all arguments are scalars, else a read-only array; an
    output with one value per list element has the list as its first axis.
    """
    signature = inspect.signature(function)
    domains = domains_of(function)
    name = function.__name__

    @functools.wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Result:
        wanted = _wanted.get()
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        values = {key: domains[key].read(f"{name}: {key}", value) for key, value in bound.arguments.items()}
        shape = _common_shape(name, {key: domains[key].shape_of(value) for key, value in values.items()})
        ready = {key: domains[key].spread(value, shape) for key, value in values.items()}
        with np.errstate(all="ignore"):  # limits such as 1/0 = inf are meant; NaN cannot enter
            result = ask(function, ready)
            outputs = zip(result._fields, result, strict=True)  # type: ignore[attr-defined]
            known = [output.compute() if _asked(output, wanted, field) else output for field, output in outputs]
        shaped: list[Any] = [None if isinstance(output, _Later) else _shaped(output, shape) for output in known]
        return type(result)(*shaped)

    return checked


_wanted: ContextVar[str | None] = ContextVar("_wanted", default=None)


def ask(function: Callable[..., Result], given: Mapping[str, Any], output: str | None = None) -> Result:
    """Outputs of a primitive for named arguments; with `output`, others that take long may be None."""
    token = _wanted.set(output)
    try:
        return function(**given)
    finally:
        _wanted.reset(token)


@dataclass(frozen=True)
class _Later:
    compute: Callable[[], Any]


def later(compute: Callable[[], Floats]) -> Any:
    """An output that takes long: the primitive computes it only when it is asked for."""
    return _Later(compute)


def _asked(output: Any, wanted: str | None, field: str) -> bool:
    return isinstance(output, _Later) and wanted in (None, field)


def domains_of(function: Callable[..., Any]) -> dict[str, Domain]:
    """Argument name -> domain, read from the annotations."""
    hints = typing.get_type_hints(function, include_extras=True)
    return {key: hints[key].__metadata__[0] for key in inspect.signature(function).parameters}


def saturating(delay_s: Any, utilisation: Any) -> Floats:
    """The delay of an open system below saturation, infinite from there on."""
    return np.where(np.asarray(utilisation) < 1, delay_s, np.inf)


def outside_validity(where: Any, message: str) -> None:
    """Record a `ValidityWarning` if the condition holds anywhere."""
    if np.any(where):
        warnings.warn(message, ValidityWarning, stacklevel=4)


def require(condition: Any, message: str) -> None:
    """ValueError with `message` unless the condition between arguments holds everywhere."""
    if not np.all(condition):
        raise ValueError(message)


def _common_shape(name: str, shapes: dict[str, tuple[int, ...]]) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(*shapes.values())
    except ValueError:
        raise ValueError(f"{name}: shapes {shapes} do not broadcast; give scalars or arrays of one shape.") from None


def _spread_behind(value: Floats, leading: int, shape: tuple[int, ...]) -> Floats:
    fill = (1,) * (len(shape) - (value.ndim - leading))
    lists = value.shape[:leading]
    return np.broadcast_to(value.reshape(lists + fill + value.shape[leading:]), lists + shape)


def _require_list(place: str, value: Any) -> None:
    is_list = isinstance(value, Sequence) and not isinstance(value, str)
    is_list = is_list or (isinstance(value, np.ndarray) and value.ndim > 0)
    if not (is_list and len(value)):
        raise ValueError(f"{place} = {value!r} is invalid; expected a list of at least one element.")


def _shaped(output: Any, shape: tuple[int, ...]) -> Any:
    array = np.asarray(output)
    if array.ndim <= len(shape):
        return np.broadcast_to(array, shape)[()]
    return array
