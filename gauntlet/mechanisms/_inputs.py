"""How arguments enter a primitive: the domain stands in the signature, and one decorator reads it.

The three kinds of outside are never mixed. Invalid (negative time, NaN, probability above 1): ValueError that names the
argument and the value. Saturated (utilisation of 1 or more in an open model): infinite delay and capped throughput.
Outside validity (finite, but the formula's assumptions fail): the value, and a `ValidityWarning`.
"""

import functools
import inspect
import typing
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Annotated, Any, Protocol, SupportsFloat, TypeVar, cast

import numpy as np
import numpy.typing as npt

from gauntlet.mechanisms._blocks import blocks, joined, rows_of, unless_same

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

    def take(self, place: str, value: Any) -> Any:
        """The value as arrays, its numbers not yet checked; ValueError naming `place` if it has another form."""

    def shape_of(self, value: Any) -> tuple[int, ...]:
        """Shape by which a taken value takes part in broadcasting."""

    def rows(self, value: Any, rows: slice, axes: int) -> Any:
        """A taken value at some rows of the first of `axes` common axes; itself if it does not vary along it."""

    def check(self, place: str, value: Any) -> Any:
        """A taken value with valid numbers; ValueError naming `place`, the value and what was expected otherwise."""

    def spread(self, value: Any, shape: tuple[int, ...]) -> Any:
        """A checked value, ready to be combined with arrays of `shape`."""


@dataclass(frozen=True)
class Scalar:
    """A number or an array of numbers between `low` and `high`; `above` excludes `low` itself."""

    low: float = -np.inf
    high: float = np.inf
    above: bool = False
    kind: str = "scalar"

    def take(self, place: str, value: Any) -> Floats:
        """Floats of any shape."""
        try:
            found = np.asarray(value)
            if found.dtype.kind in "biuf" or _holds_numbers(found):
                return found.astype(np.float64, copy=False)
        except (TypeError, ValueError, OverflowError):
            pass
        raise ValueError(f"{place} = {value!r} is no number; expected {self.words}.")

    def check(self, place: str, value: Floats) -> Floats:
        """Floats within the bounds; NaN never is."""
        numbers = _whole(value) if self.kind in ("integer", "flag") else value
        if not (self._begins(_lowest(numbers)) and (self.high == np.inf or _highest(numbers) <= self.high)):
            inside = self._begins(numbers) & (numbers <= self.high)
            raise ValueError(f"{place} = {value[~inside].flat[0]:.12g} is invalid; expected {self.words}.")
        return numbers

    def _begins(self, value: Any) -> Any:
        return value > self.low if self.above else value >= self.low

    def shape_of(self, value: Floats) -> tuple[int, ...]:
        """The array's own shape."""
        return value.shape

    def rows(self, value: Floats, rows: slice, axes: int) -> Floats:
        """Its part at some rows of the first common axis."""
        return rows_of(value, rows, axes)

    def spread(self, value: Floats, shape: tuple[int, ...]) -> Floats:
        """Itself: numpy broadcasts a scalar argument where it is used."""
        return value

    @property
    def words(self) -> str:
        """The domain in words."""
        if self.kind == "flag":
            return "true or false"
        noun = "a whole number" if self.kind == "integer" else "a finite number" if self.high == LARGEST else "a number"
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

    def take(self, place: str, value: Any) -> tuple[Floats, ...]:
        """Its elements."""
        _require_list(place, value)
        return tuple(self.element.take(f"{place}[{index}]", item) for index, item in enumerate(value))

    def shape_of(self, value: tuple[Floats, ...]) -> tuple[int, ...]:
        """Common shape of the elements."""
        return np.broadcast_shapes(*(item.shape for item in value))

    def rows(self, value: tuple[Floats, ...], rows: slice, axes: int) -> tuple[Floats, ...]:
        """Its elements at some rows of the first common axis."""
        return unless_same(value, tuple(rows_of(item, rows, axes) for item in value))

    def check(self, place: str, value: tuple[Floats, ...]) -> Floats:
        """Stacked elements, shape (length, ...)."""
        return _stacked([self.element.check(f"{place}[{index}]", item) for index, item in enumerate(value)])

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

    def take(self, place: str, value: Any) -> tuple[tuple[Floats, ...], ...]:
        """Its rows."""
        _require_list(place, value)
        taken = tuple(Listed(self.element).take(f"{place}[{index}]", item) for index, item in enumerate(value))
        if any(len(row) != len(value) for row in taken):
            lengths = [len(row) for row in taken]
            raise ValueError(f"{place} has {len(value)} rows of lengths {lengths}; expected {self.words}.")
        return taken

    def shape_of(self, value: tuple[tuple[Floats, ...], ...]) -> tuple[int, ...]:
        """Common shape of the elements."""
        return np.broadcast_shapes(*(cell.shape for row in value for cell in row))

    def rows(self, value: tuple[tuple[Floats, ...], ...], rows: slice, axes: int) -> tuple[tuple[Floats, ...], ...]:
        """Its elements at some rows of the first common axis."""
        return unless_same(value, tuple(Listed(self.element).rows(row, rows, axes) for row in value))

    def check(self, place: str, value: tuple[tuple[Floats, ...], ...]) -> Floats:
        """Stacked elements, shape (n, n, ...)."""
        rows = [Listed(self.element).check(f"{place}[{index}]", row) for index, row in enumerate(value)]
        cells = _stacked([cell for row in rows for cell in row])
        return cells.reshape(len(rows), len(rows), *cells.shape[1:])

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

    def take(self, place: str, value: Any) -> str:
        """The string itself."""
        if not isinstance(value, str) or value not in self.allowed:
            raise ValueError(f"{place} = {value!r} is unknown; expected {self.words}.")
        return value

    def shape_of(self, value: str) -> tuple[int, ...]:
        """Takes no part in broadcasting."""
        return ()

    def rows(self, value: str, rows: slice, axes: int) -> str:
        """Itself."""
        return value

    def check(self, place: str, value: str) -> str:
        """Itself."""
        return value

    def spread(self, value: str, shape: tuple[int, ...]) -> str:
        """Itself."""
        return value


MEDIAN: Floats = np.asarray(0.5)
"""Quantile that is reported where none is asked for."""

NO_TIME: Floats = np.asarray(0.0)
"""A constant delay, where none is said."""

NonNegative = Annotated[Floats, Scalar(0.0)]
Positive = Annotated[Floats, Scalar(0.0, above=True)]
Finite = Annotated[Floats, Scalar(0.0, LARGEST)]
FinitePositive = Annotated[Floats, Scalar(0.0, LARGEST, above=True)]
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
    defaults = {key: p.default for key, p in signature.parameters.items() if p.default is not p.empty}
    domains = domains_of(function)
    name = function.__name__
    places = {key: f"{name}: {key}" for key in domains}
    result = typing.get_type_hints(function)["return"]

    @functools.wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Result:
        given = defaults | kwargs
        if args or given.keys() != domains.keys():  # the signature binds slowly, and refuses what does not fit it
            given = defaults | signature.bind(*args, **kwargs).arguments
        taken = {key: domain.take(places[key], given[key]) for key, domain in domains.items()}
        shape = _common_shape(name, domains, taken)
        fields, wanted = result._fields, _wanted.get()
        parts = ((rows, _outputs(function(**ready), fields, wanted)) for rows, ready in inputs(taken, shape))
        # Limits such as 1/0 = inf are meant; NaN cannot enter. Primitives that this one calls give all their outputs.
        with np.errstate(all="ignore"), _wanting(None):
            return cast(Result, result(*joined(parts, shape)))

    def inputs(taken: Mapping[str, Any], shape: tuple[int, ...]) -> Iterator[tuple[slice, dict[str, Any]]]:
        """Checked arguments block by block; those that all blocks share are checked once."""
        shared: dict[str, Any] = {}
        for rows, own in blocks(shape):
            ready = dict(shared)
            for key, value in taken.items():
                if key not in ready:
                    part = domains[key].rows(value, rows, len(shape))
                    ready[key] = domains[key].check(places[key], part)
                    if part is value:
                        shared[key] = ready[key]
            yield rows, {key: domains[key].spread(value, own) for key, value in ready.items()}

    return checked


_wanted: ContextVar[str | None] = ContextVar("_wanted", default=None)


@contextmanager
def _wanting(output: str | None) -> Iterator[None]:
    token = _wanted.set(output)
    try:
        yield
    finally:
        _wanted.reset(token)


def ask(function: Callable[..., Result], given: Mapping[str, Any], output: str | None = None) -> Result:
    """Outputs of a primitive for named arguments; with `output`, others that take long may be None."""
    with _wanting(output):
        return function(**given)


@dataclass(frozen=True)
class _Later:
    compute: Callable[[], Any]


def later(compute: Callable[[], Floats]) -> Any:
    """An output that takes long: the primitive computes it only when it is asked for."""
    return _Later(compute)


def _outputs(result: tuple[Any, ...], fields: tuple[str, ...], wanted: str | None) -> list[Any]:
    """The outputs; of those that take long the wanted one (all, if none is named), None for the rest."""
    return [
        (output.compute() if wanted in (None, field) else None) if isinstance(output, _Later) else output
        for field, output in zip(fields, result, strict=True)
    ]


def domains_of(function: Callable[..., Any]) -> dict[str, Domain]:
    """Argument name -> domain, read from the annotations."""
    hints = typing.get_type_hints(function, include_extras=True)
    return {key: hints[key].__metadata__[0] for key in inspect.signature(function).parameters}


def _whole(array: Floats) -> Floats:
    """Whole numbers, freed of what arithmetic left on them; NaN for others."""
    nearest = np.rint(array)
    if (nearest == array).all():
        return array
    near = np.abs(array - nearest) <= ROUNDING * np.maximum(1.0, np.abs(nearest))
    return np.where(near, nearest, np.nan)


def _lowest(numbers: Floats) -> Any:
    """Least number; NaN if one is NaN, infinite if there is none."""
    return np.minimum.reduce(numbers, axis=None, initial=np.inf)


def _highest(numbers: Floats) -> Any:
    """Largest number; NaN if one is NaN, minus infinite if there is none."""
    return np.maximum.reduce(numbers, axis=None, initial=-np.inf)


def _stacked(items: Sequence[Floats]) -> Floats:
    """Arrays that broadcast, behind a new first axis: `np.stack` of `np.broadcast_arrays` in half the time."""
    stack = np.empty((len(items), *np.broadcast_shapes(*(item.shape for item in items))))
    for index, item in enumerate(items):
        stack[index] = item
    return stack


def saturating(delay_s: Any, utilisation: Any) -> Floats:
    """The delay of an open system below saturation, infinite from there on."""
    return np.where(np.asarray(utilisation) < 1, delay_s, np.inf)


def idle_share(utilisation: Floats) -> Floats:
    """1 - utilisation, and 0 from saturation on: times above 0 that are divided by it become infinite there."""
    return np.fmax(1 - utilisation, 0.0)


def outside_validity(where: Any, message: str) -> None:
    """Record a `ValidityWarning` if the condition holds anywhere."""
    if np.any(where):
        warnings.warn(message, ValidityWarning, stacklevel=6)  # where the primitive was called


def require(condition: Any, message: str, *values: Any) -> None:
    """ValueError with `message` unless the condition between arguments holds everywhere.

    Each {} in the message becomes one of `values`, at the first element where the condition fails.
    """
    if not np.all(condition):
        holds, *spread = np.broadcast_arrays(condition, *values)
        shown = [f"{value.flat[np.argmin(holds)]:.12g}" for value in spread]
        raise ValueError(message.format(*shown) if values else message)


def _common_shape(name: str, domains: Mapping[str, Domain], taken: Mapping[str, Any]) -> tuple[int, ...]:
    shapes: dict[str, tuple[int, ...]] = {}
    try:
        for key, value in taken.items():
            shapes[key] = domains[key].shape_of(value)
        return np.broadcast_shapes(*shapes.values())
    except ValueError:
        what = f"shapes {shapes}" if len(shapes) == len(taken) else f"{key}: shapes of its parts"
        raise ValueError(f"{name}: {what} do not broadcast; expected scalars or arrays of one shape.") from None


def _holds_numbers(array: npt.NDArray[Any]) -> bool:
    """True for objects that are numbers, such as fractions; words that spell a number are none."""
    return array.dtype.kind == "O" and all(isinstance(item, SupportsFloat) for item in array.flat)


def _spread_behind(value: Floats, leading: int, shape: tuple[int, ...]) -> Floats:
    fill = (1,) * (len(shape) - (value.ndim - leading))
    lists = value.shape[:leading]
    return np.broadcast_to(value.reshape(lists + fill + value.shape[leading:]), lists + shape)


def _require_list(place: str, value: Any) -> None:
    is_list = isinstance(value, Sequence) and not isinstance(value, str | bytes)
    is_list = is_list or (isinstance(value, np.ndarray) and value.ndim > 0)
    if not (is_list and len(value)):
        raise ValueError(f"{place} = {value!r} is invalid; expected a list of at least one element.")
