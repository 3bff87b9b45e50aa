"""A primitive in words and as plain data: what its page, the terminal and JSON say alike."""

import math
import re
import warnings
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from gauntlet.mechanisms.catalogue import Primitive, ValidityWarning

_LAST = re.compile(r"_(?:bytes_per_s|flop_per_s|flop_per_byte|per_s|flop|s2|s|j|w)?$")
"""The end of a name that says no more than its unit."""

_PREFIXES = (
    (1e-12, "p"), (1e-9, "n"), (1e-6, "µ"), (1e-3, "m"), (1.0, ""),
    (1e3, "k"), (1e6, "M"), (1e9, "G"), (1e12, "T"), (1e15, "P"), (1e18, "E"),
)  # fmt: skip
_BARE = ("", "s**2", "1/min", "FLOP/B")
_MANY = 1e4  # events per second
_DIGITS = 4
_MANY_OUTPUTS = 3
_VERBS = {"+": "raises", "-": "lowers", "~": "may raise or lower"}


class Example(NamedTuple):
    """The example's outputs, and what the primitive says about its validity there."""

    outputs: Mapping[str, Any]
    notes: tuple[str, ...]


def example_of(primitive: Primitive) -> Example:
    """The example, evaluated."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ValidityWarning)
        result = primitive.function(**primitive.example)
    outputs = {name: np.asarray(value).tolist() for name, value in zip(primitive.outputs, result, strict=True)}
    return Example(outputs, tuple(str(warning.message) for warning in caught))


def call_text(primitive: Primitive) -> str:
    """The example as a line of Python."""
    return f"{primitive.name}({', '.join(arguments_text(primitive))})"


def arguments_text(primitive: Primitive) -> list[str]:
    """The example's arguments, each as it stands in the call."""
    return [f"{name}={_literal(value)}" for name, value in primitive.example.items()]


def signs_in_words(primitive: Primitive, mark: str = "") -> dict[str, str]:
    """What raising each argument does: {'servers': 'lowers mean_wait_s'}; `mark` is set around names."""
    return {name: _moves(moved, primitive, mark) for name, moved in primitive.signs.items() if moved}


def _moves(moved: Mapping[str, str], primitive: Primitive, mark: str) -> str:
    parts = []
    for sign, verb in _VERBS.items():
        names = [f"{mark}{name}{mark}" for name, direction in moved.items() if direction == sign]
        if len(names) == len(primitive.outputs) >= _MANY_OUTPUTS:
            names = ["all outputs"]
        if names:
            parts.append(f"{verb} {', '.join(names)}")
    return "; ".join(parts)


def error_in_words(primitive: Primitive) -> str:
    """The relative standard deviation of the form, and how it was found."""
    error = f"{100 * primitive.model_form_error:.3g} %" if primitive.model_form_error else "none"
    return f"{error} ({primitive.error_basis})"


def plain(place: str) -> str:
    """'mean wait' for mean_wait_s: what an axis says beside its unit. `place` may point into a list or a law."""
    name, index = re.fullmatch(r"([\w.]+?)((?:\[\d+\])*)", place).groups()  # type: ignore[union-attr]
    words = _LAST.sub("", name).replace(".", " ").replace("_", " ")
    return " ".join([words.strip(), *(f"#{int(number) + 1}" for number in re.findall(r"\d+", index))])


def spelled(unit: str) -> str:
    """The unit as people write it."""
    return unit.replace("**2", "²")


def prefix_of(largest: float, unit: str) -> tuple[float, str]:
    """The factor and the unit in which `largest` reads as a number of one to three digits, where a prefix is usual."""
    size = abs(largest)
    if not math.isfinite(size) or size == 0 or unit in _BARE or (unit == "1/s" and size < _MANY):
        return 1.0, spelled(unit)
    fitting = [(factor, letter) for factor, letter in _PREFIXES if factor <= size * (1 + 1e-9)] or _PREFIXES[:1]
    factor, letter = fitting[-1]
    if unit == "s" and factor > 1:
        return 1.0, unit
    return factor, f"{letter}{unit.removeprefix('1')}"


def quantity(value: float, unit: str) -> str:
    """A number for people: '509.4 µs', '25 GB/s', '16 KiB', '700/s', '12.5 k/s', '0.8'."""
    if unit == "B" and (power := _binary(value)):
        return f"{number(value / 1024**power)} {'KMGT'[power - 1]}iB"
    factor, name = prefix_of(value, unit)
    gap, name = ("", name[1:]) if name.startswith("1/") else (" ", name)
    return f"{number(value / factor)}{gap}{name}".strip()


def _binary(value: float) -> int:
    """How often a size that is a whole number of KiB, but not of kB, can be divided by 1024."""
    if not math.isfinite(value) or value == 0 or value % 1024 or value % 1000 == 0:
        return 0
    return max(power for power in range(1, 5) if value % 1024**power == 0)


def number(value: float) -> str:
    """Four significant digits, without an exponent from 0.001 to a million; whole numbers up to there in full."""
    if not math.isfinite(value):
        return "∞" if value == math.inf else str(value)
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    short = float(f"{value:.{_DIGITS}g}")
    return f"{short:.10g}" if short == 0 or 1e-3 <= abs(short) < 1e6 else f"{short:.{_DIGITS}g}"


def result_text(value: Any, unit: str) -> str:
    """An output of the example: a quantity, or one per element of a list."""
    if isinstance(value, list):
        return f"[{', '.join(result_text(item, unit) for item in value)}]"
    return str(value).lower() if isinstance(value, bool) else quantity(value, unit)


def as_data(primitive: Primitive) -> dict[str, Any]:
    """Everything that the catalogue says, ready for JSON."""
    return {
        "name": primitive.name,
        "family": primitive.family,
        "summary": primitive.summary,
        "description": primitive.description,
        "arguments": {name: argument._asdict() for name, argument in primitive.arguments.items()},
        "outputs": dict(primitive.outputs),
        "validity": primitive.validity,
        "source": primitive.source,
        "model_form_error": primitive.model_form_error,
        "error_basis": primitive.error_basis,
        "responds_to": list(primitive.responds_to),
        "signs": {name: dict(moved) for name, moved in primitive.signs.items()},
        "example": dict(primitive.example),
        "result": {name: _finite(value) for name, value in example_of(primitive).outputs.items()},
        "plot": dict(primitive.plot),
    }


def _finite(value: Any) -> Any:
    """JSON has no infinity: it becomes a word."""
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _literal(value: Any) -> str:
    """A value as Python reads it; floats without digits that say nothing."""
    match value:
        case str():
            return f'"{value}"'
        case float() if value == 0 or 1e-3 <= abs(value) < 1e6:
            return f"{value:.12g}"
        case float():
            first, power = f"{value:.11e}".split("e")
            return f"{first.rstrip('0').removesuffix('.')}e{int(power)}"
        case list():
            return f"[{', '.join(map(_literal, value))}]"
        case dict():
            return f"{{{', '.join(f'{_literal(key)}: {_literal(item)}' for key, item in value.items())}}}"
    return repr(value)
