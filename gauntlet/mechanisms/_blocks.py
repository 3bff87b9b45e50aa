"""Large arrays are evaluated in blocks that fit a processor's cache: the temporaries of a formula never leave it."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

ELEMENTS = 16_384
"""Elements of a block: a dozen temporaries of 128 KiB fit the second-level cache of a present-day core."""


def blocks(shape: tuple[int, ...]) -> Iterator[tuple[slice, tuple[int, ...]]]:
    """Rows of the first axis that make a block, and its shape; one slice of everything where the array is small."""
    size = math.prod(shape)
    if size <= 2 * ELEMENTS:
        yield slice(None), shape
        return
    height = max(1, ELEMENTS * shape[0] // size)
    for first in range(0, shape[0], height):
        end = min(first + height, shape[0])
        yield slice(first, end), (end - first, *shape[1:])


def rows_of(value: Floats, rows: slice, axes: int) -> Floats:
    """The part of an array at some rows of the first of `axes` common axes; itself if it does not vary along it."""
    if value.ndim < axes or value.shape[:1] == (1,) or rows == slice(None):
        return value
    return value[rows]


Parts = TypeVar("Parts", bound=tuple[Any, ...])


def unless_same(whole: Parts, parts: Parts) -> Parts:
    """The whole itself if no part of it differs, so that whoever asks `is` knows."""
    return whole if all(old is new for old, new in zip(whole, parts, strict=True)) else parts


def joined(parts: Iterable[tuple[slice, Sequence[Any]]], shape: tuple[int, ...]) -> list[Any]:
    """Outputs of all blocks as arrays of `shape` behind an output's own axes; None where a block has none.

    Arrays are read-only: an output may stand for many equal elements.
    """
    whole: list[Any] = []
    for rows, outputs in parts:
        if rows == slice(None):
            return [_read_only(output, shape) for output in outputs]
        if not whole:
            whole = [_empty(output, shape) for output in outputs]
        for target, output in zip(whole, outputs, strict=True):
            if target is not None:
                target[(Ellipsis, rows, *[slice(None)] * (len(shape) - 1))] = output
    for target in whole:
        if target is not None:
            target.setflags(write=False)
    return whole


def _empty(output: Any, shape: tuple[int, ...]) -> Any:
    if output is None:
        return None
    array = np.asarray(output)
    return np.empty(_own_axes(array, shape) + shape, dtype=array.dtype)


def _read_only(output: Any, shape: tuple[int, ...]) -> Any:
    if output is None:
        return None
    array = np.asarray(output)
    full = _own_axes(array, shape) + shape
    view = array.view() if array.shape == full else np.broadcast_to(array, full)
    view.setflags(write=False)
    return view[()]


def _own_axes(array: npt.NDArray[Any], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Lengths of the axes that an output has before those of all arguments, such as one per station."""
    return array.shape[: max(0, array.ndim - len(shape))]
