"""Primitive calls remembered column by column: claims of one paper ask the same again at overlapping points.

A primitive broadcasts, so that each column of its outputs depends on that column of its arguments alone. Columns are
known by the content of all arguments; nothing is assumed about who asks.
"""

import hashlib
import warnings
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
import numpy.typing as npt

from gauntlet.mechanisms._inputs import ask
from gauntlet.mechanisms.catalogue import Primitive

Floats = npt.NDArray[np.float64]

MOST_BYTES = 64 * 2**20


class Memory:
    """Columns of outputs of at most `most_bytes`; those not asked for the longest go first."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.most_bytes = most_bytes
        self._columns: OrderedDict[tuple[bytes, str], Floats] = OrderedDict()
        self._bytes = 0

    def output(self, primitive: Primitive, given: Mapping[str, Any], output: str) -> Any:
        """One output of a primitive for arguments of shape (S, P); computes only columns it does not remember."""
        shapes = {np.shape(part) for part in parts(given)}
        width = max((shape[1] for shape in shapes if len(shape) == 2), default=0)
        if not width or any(len(shape) not in (0, 2) for shape in shapes):
            return getattr(ask(primitive.function, given, output), output)
        keys = _keys(primitive.name, given, width)
        known = {key: self._columns[key, output] for key in keys if (key, output) in self._columns}
        new = {key: place for place, key in reversed(list(enumerate(keys))) if key not in known}
        if new:
            order = sorted(new, key=lambda key: new[key])
            asked = _columns(given, [new[key] for key in order], width)
            with warnings.catch_warnings(record=True) as remarks:
                warnings.simplefilter("always")
                result = ask(primitive.function, asked, output)
            for remark in remarks:
                warnings.warn(remark.message, stacklevel=2)
            if np.shape(getattr(result, output))[1:] != (len(order),) or np.ndim(getattr(result, output)) != 2:
                return getattr(ask(primitive.function, given, output), output)  # numbers alone, or one per list element
            known |= {key: getattr(result, output)[:, place] for place, key in enumerate(order)}
            if not remarks:  # whoever asks for a column outside a formula's validity hears so
                self._keep(result, order)
        for key in known:
            if (key, output) in self._columns:
                self._columns.move_to_end((key, output))
        return np.stack([known[key] for key in keys], axis=1)

    def _keep(self, result: Any, order: list[bytes]) -> None:
        for output, value in result._asdict().items():
            if np.ndim(value) == 2 and np.shape(value)[1] == len(order):
                for place, key in enumerate(order):
                    column = np.array(value[:, place], dtype=np.float64)
                    before = self._columns.pop((key, output), None)
                    self._columns[key, output] = column
                    self._bytes += column.nbytes - (0 if before is None else before.nbytes)
        while self._bytes > self.most_bytes:
            self._bytes -= self._columns.popitem(last=False)[1].nbytes


_memory: ContextVar[Memory | None] = ContextVar("_memory", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """While the block runs, primitive calls are remembered; blocks inside share what the outermost remembers."""
    token = _memory.set(_memory.get() or Memory())
    try:
        yield
    finally:
        _memory.reset(token)


@contextmanager
def forgetting() -> Iterator[None]:
    """While the block runs, nothing is remembered: a search asks each point once."""
    token = _memory.set(None)
    try:
        yield
    finally:
        _memory.reset(token)


def output_of(primitive: Primitive, given: Mapping[str, Any], output: str) -> Any:
    """One output of a primitive, out of the memory where one is open."""
    memory = _memory.get()
    if memory is None:
        return getattr(ask(primitive.function, given, output), output)
    return memory.output(primitive, given, output)


def parts(value: Any) -> Iterator[Any]:
    """Numbers, arrays and words of an argument, in order."""
    if isinstance(value, Mapping):
        for part in value.values():
            yield from parts(part)
    elif isinstance(value, list):
        for part in value:
            yield from parts(part)
    else:
        yield value


def _keys(name: str, given: Mapping[str, Any], width: int) -> list[bytes]:
    """Digest of each of `width` columns of the arguments."""
    form = f"{name}{_structure(given)}".encode()
    arrays = [np.atleast_2d(np.asarray(part, dtype=np.float64)) for part in parts(given) if not isinstance(part, str)]
    digests = [[_digest(column) for column in np.ascontiguousarray(array.T)] for array in arrays]
    return [_digest(form + b"".join(own[place % len(own)] for own in digests)) for place in range(width)]


def _digest(content: Any) -> bytes:
    return hashlib.blake2b(content, digest_size=24).digest()


def _structure(value: Any) -> str:
    """What an argument is but for its numbers; a column counts the same whether it stands alone or in a row."""
    if isinstance(value, Mapping):
        return repr({key: _structure(part) for key, part in value.items()})
    if isinstance(value, list):
        return repr([_structure(part) for part in value])
    return repr(value) if isinstance(value, str) else str(np.shape(value)[:1])


def _columns(value: Any, places: list[int], width: int) -> Any:
    """The arguments at some of their columns."""
    if isinstance(value, Mapping):
        return {key: _columns(part, places, width) for key, part in value.items()}
    if isinstance(value, list):
        return [_columns(part, places, width) for part in value]
    if width > 1 and np.ndim(value) == 2 and np.shape(value)[1] == width:
        return value[:, places]
    return value
