"""How an output of a primitive answers to one of its arguments, sampled for a plot.

The record of a primitive may choose: "plot": {"x": argument, "from": .., "to": .., "scale": "linear" or "log",
"y": output (or a list of outputs of one unit), "y_scale": .., "lines": {argument: [values]}}. "x" and "lines" may point
into a list or a law: "rtt_s[0]", "latency.sigma". What is not chosen follows from `responds_to`, the signs and the
example. All other arguments are those of the example.
"""

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import Floats, ask, domains_of
from gauntlet.mechanisms.catalogue import Primitive, ValidityWarning, unit_of
from gauntlet.mechanisms.words import plain, quantity

_POINTS = 97
_MOST_WHOLE = 500
_FEW = 8
_KINDS = {
    "s": "time",
    "1/s": "rate",
    "B/s": "rate",
    "FLOP/s": "rate",
    "W": "power",
    "B": "size",
    "FLOP": "work",
    "J": "energy",
}
_WIDE = 10**1.5
"""Values that span more than a decade and a half are shown on a log axis, if nothing else was chosen."""
_SPANS = ((0.1, 10.0), (0.1, 1.0), (0.5, 2.0), (0.5, 1.0), (1.0, 2.0), (0.9, 1.1))
"""Ranges to try, as factors of the example's value; the first that the primitive accepts is drawn."""
_RATES = ((0.05, 2.0), *_SPANS)
_PROBABILITIES = ((0.0, 1.0), (0.01, 0.99))
_HEADROOM = 5.0
"""A curve that runs to infinity leaves the frame at this many times the median of all values."""


class Axis(NamedTuple):
    """What runs along an axis: words, unit as pint spells it, and 'linear' or 'log'."""

    words: str
    unit: str
    scale: str


@dataclass(frozen=True)
class Line:
    """One curve: NaN where the output is infinite. `example` is its height at the example, if that lies on it."""

    label: str
    y: Floats
    example: float | None


@dataclass(frozen=True)
class Curves:
    """A small family of curves over `at`, which takes whole numbers only if `whole`.

    `among` names the argument whose values are the labels of the lines, if there is one. `top` is where the frame ends
    if a curve runs to infinity; `error` the relative error of the primitive's form; `example` the place of the example.
    """

    x: Axis
    y: Axis
    at: Floats
    whole: bool
    among: str
    lines: tuple[Line, ...]
    top: float | None
    error: float
    example: float | None


@dataclass(frozen=True)
class _Choice:
    x: str
    low: float
    high: float
    scale: str
    outputs: tuple[str, ...]
    y_scale: str | None
    lines: tuple[tuple[str, Any], ...]  # (place, value); place '' for the one line of the example


def curves_of(primitive: Primitive) -> Curves | None:
    """The curves that a primitive's record chooses, or a plain choice; None if there is nothing to run along."""
    if not primitive.arguments:
        return None
    choice = _choose(primitive)
    whole = _kind(primitive, choice.x) == "integer"
    at = _samples(choice, whole)
    start = _get(primitive.example, choice.x)
    example = float(start) if choice.low <= start <= choice.high else None
    drawn = list(_lines(primitive, choice, np.append(at, start if example is None else example)))
    heights = np.concatenate([line.y for line in drawn])
    finite = heights[np.isfinite(heights)]
    y_scale = choice.y_scale or _scale_of(finite, choice.scale)
    words = plain(choice.outputs[0]) if len(choice.outputs) == 1 else _common(choice.outputs)
    return Curves(
        Axis(plain(choice.x), _unit(choice.x), choice.scale),
        Axis(words, unit_of(choice.outputs[0]), y_scale),
        at,
        whole,
        plain(choice.lines[0][0]) if isinstance(choice.lines[0][1], int | float) else "",
        tuple(_cut(line, y_scale, example is not None) for line in drawn),
        _HEADROOM * float(np.median(finite)) if np.isposinf(heights).any() and y_scale == "linear" else None,
        primitive.model_form_error,
        example,
    )


def _choose(primitive: Primitive) -> _Choice:
    chosen = primitive.plot
    x = chosen.get("x") or _first_place(primitive)
    y = chosen.get("y") or _first_output(primitive, x)
    few = _kind(primitive, x) == "integer" and _get(primitive.example, x) <= _FEW
    scale = "linear" if few or _unit(x) == "1/s" or _kind(primitive, x) == "probability" else "log"
    place, values = next(iter(chosen.get("lines", {"": (None,)}).items()))
    choice = _Choice(
        x, chosen.get("from", np.nan), chosen.get("to", np.nan), chosen.get("scale", scale),
        (y,) if isinstance(y, str) else tuple(y), chosen.get("y_scale"), tuple((place, value) for value in values),
    )  # fmt: skip
    return choice if {"from", "to"} <= set(chosen) else _with_range(primitive, choice)


def _first_place(primitive: Primitive) -> str:
    """The first argument that the primitive responds to; the first element, or scale, of one that is no number."""
    name = primitive.responds_to[0]
    value, place = primitive.example[name], name
    while isinstance(value, list | dict):
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = keys[-1] if isinstance(value, list) else next(key for key in keys if key != "kind")
        place, value = (f"{place}[{key}]" if isinstance(value, list) else f"{place}.{key}"), value[key]
        if isinstance(value, list) and isinstance(value[0], int | float):
            place, value = f"{place}[0]", value[0]
    return place


def _first_output(primitive: Primitive, x: str) -> str:
    moved = primitive.signs.get(re.split(r"[.\[]", x)[0], {})
    return next((name for name in primitive.outputs if name in moved), next(iter(primitive.outputs)))


def _with_range(primitive: Primitive, choice: _Choice) -> _Choice:
    """The widest of a few ranges around the example that the primitive accepts."""
    value = float(_get(primitive.example, choice.x)) or 1.0
    kind = _kind(primitive, choice.x)
    spans = [(low * value, high * value) for low, high in (_RATES if _unit(choice.x) == "1/s" else _SPANS)]
    for low, high in [*_PROBABILITIES, *spans] if kind == "probability" else spans:
        tried = replace(choice, low=max(1.0, np.floor(low)) if kind == "integer" else low, high=high)
        try:
            next(_lines(primitive, tried, _samples(tried, kind == "integer")))
        except ValueError:
            continue
        return tried
    raise ValueError(f"{primitive.name}: no range of {choice.x} to draw; give the plot 'from' and 'to'.")


def _samples(choice: _Choice, whole: bool) -> Floats:
    """Evenly spread along the axis; every whole number of a linear axis, so that no step is missed."""
    if whole and choice.scale == "linear" and choice.high - choice.low < _MOST_WHOLE:
        return np.arange(np.rint(choice.low), np.rint(choice.high) + 1)
    at: Floats = (np.geomspace if choice.scale == "log" else np.linspace)(choice.low, choice.high, _POINTS)
    at[[0, -1]] = choice.low, choice.high
    return np.unique(np.rint(at)) if whole else at


def _lines(primitive: Primitive, choice: _Choice, at: Floats) -> Iterator[Line]:
    """One line per value and output (and element of an output that is a list), evaluated at all of `at` at once."""
    for place, value in choice.lines:
        given = _put(primitive.example, _keys(choice.x), at)
        given = _put(given, _keys(place), value) if place else given
        own = not place or _get(primitive.example, place) == value
        for output in choice.outputs:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ValidityWarning)
                y = np.asarray(getattr(ask(primitive.function, given, output), output), dtype=np.float64)
            rows = y.reshape(-1, at.size)
            for index, row in enumerate(rows):
                parts = (_value_words(place, value), plain(output) if len(choice.outputs) > 1 else "")
                names = [*parts, f"class {index + 1}" if len(rows) > 1 else ""]
                yield Line(", ".join(filter(None, names)), row, 0.0 if own else None)


def _cut(line: Line, y_scale: str, has_example: bool) -> Line:
    """The line without what an axis cannot show, and its last sample, the example's, set apart."""
    shown = np.isfinite(line.y) & ((line.y > 0) | (y_scale == "linear"))
    y = np.where(shown, line.y, np.nan)
    return Line(line.label, y[:-1], float(y[-1]) if has_example and line.example is not None and shown[-1] else None)


def _scale_of(finite: Floats, x_scale: str) -> str:
    wide = finite.size and finite.min() > 0 and finite.max() > _WIDE * finite.min()
    return "log" if wide and x_scale == "log" else "linear"


def _value_words(place: str, value: Any) -> str:
    if isinstance(value, str):
        return value.replace("_", " ")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return str(value.get("kind", ""))
    return quantity(float(value), _unit(place)) if place else ""


def _common(outputs: Sequence[str]) -> str:
    """The word with which the names of several outputs all begin or all end, else the kind of their unit."""
    words = [plain(output).split() for output in outputs]
    for first, place in ((words[0][0], 0), (words[0][-1], -1)):
        if all(each[place] == first for each in words):
            return first
    return _KINDS.get(unit_of(outputs[0]), "value")


def _unit(place: str) -> str:
    return unit_of(re.sub(r"\[\d+\]", "", place).rpartition(".")[2])


def _kind(primitive: Primitive, place: str) -> str:
    """Kind of the argument, or of the elements of its list."""
    domain = domains_of(primitive.function)[str(_keys(place)[0])]
    return str(getattr(domain, "element", domain).kind)


def _keys(place: str) -> list[str | int]:
    """'rtt_s[0][1]' is rtt_s, 0, 1; 'latency.sigma' is latency, sigma."""
    return [int(part) if part.isdigit() else part for part in re.findall(r"\w+", place)]


def _get(values: Any, place: str) -> Any:
    """What stands in one place; None where the example leaves an argument out."""
    first, *rest = _keys(place)
    values = values.get(first)
    for key in rest:
        values = values[key]
    return values


def _put(values: Mapping[str, Any], keys: Sequence[str | int], value: Any) -> Any:
    """`values` with another value in one place."""
    changed: Any = dict(values) if isinstance(values, Mapping) else list(values)
    changed[keys[0]] = _put(changed[keys[0]], keys[1:], value) if len(keys) > 1 else value
    return changed
