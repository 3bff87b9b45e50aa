"""Units: whatever a paper writes goes in, SI comes out.

    unit     = product ;  product = factor { ("*" | "/" | " " | " per ") factor }
    factor   = atom [ ("^" | "**") exponent ] ;  atom = number | name | "(" product ")"

The table is `units.txt`; pint resolves one name of it (prefix, unit, plural) at a time. What is counted
(requests, tokens, GPUs, %) has no dimension. Upper and lower case differ where it matters: b is a bit, B a
byte; TFLOPS is a rate, TFLOPs an amount; kops is a count, KOPS a rate. They are forgiven in longer words.
"""

import difflib
import json
import math
import re
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from gauntlet.errors import UnknownUnit

if TYPE_CHECKING:
    from pint import UnitRegistry

Value = TypeVar("Value", float, npt.NDArray[np.float64])
Dimension = tuple[tuple[str, Fraction], ...]
"""Powers of the base units, sorted by name: (("B", 1), ("s", -1)) for bytes per second; () for a number."""

DIMENSIONLESS: Dimension = ()
_BASES = {
    "second": "s",
    "byte": "B",
    "FLOP": "FLOP",
    "joule": "J",
    "meter": "m",
    "ampere": "A",
    "dollar": "USD",
}
_BASE_SYMBOLS = frozenset(_BASES.values())
_SMALL_PREFIXES = frozenset({"femto", "pico", "nano", "micro", "milli"})
_COMMON = ("ms", "us", "ns", "KB", "MB", "GB", "GiB", "Gbps", "TFLOPS", "kops", "Mops", "krps", "GHz")
_LONGEST = 80
_FORGIVEN_LETTERS = 3
_REPLACED = {
    "×": "x",
    "·": "*",
    "⋅": "*",
    "−": "-",
    "–": "-",
    "μ": "µ",
    "%": " percent ",
    "$": " USD ",
    "**": "^",
}
_SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_TOKEN = re.compile(
    r"\s*(?:(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|([^\W\d]+)|(\^?-?\d+(?:\.\d+)?|\^\(-?\d+/[1-9]\d*\))|([*/()]))"
)


def to_si(value: Value, unit: str, where: str = "") -> Value:
    """`value` of `unit` in SI (s, B, FLOP, J, 1/s, ...); `where` names the place in UnknownUnit."""
    return value * _parsed(unit, where)[0]


def from_si(value: Value, unit: str, where: str = "") -> Value:
    """The SI `value` expressed in `unit`."""
    return value / _parsed(unit, where)[0]


def dimension(unit: str, where: str = "") -> Dimension:
    """Canonical dimension of `unit`; equal for units that convert into each other."""
    return _parsed(unit, where)[1]


def check_unit(unit: str, where: str) -> None:
    """Raise UnknownUnit, naming `where`, unless `unit` is in the table."""
    _parsed(unit, where)


def same_dimension(a: str, b: str) -> bool:
    """True where units `a` and `b` convert into each other."""
    return dimension(a) == dimension(b)


def si_unit(unit: str, where: str = "") -> str:
    """The SI unit that `to_si` answers in, spelt one way only: 's', '1/s', 'B/s', 'W', 'J/FLOP', ''."""
    return spell(dimension(unit, where))


def spell(of: Dimension) -> str:
    """Unit string of a dimension; `dimension(spell(d)) == d`."""
    if of == (("J", Fraction(1)), ("s", Fraction(-1))):
        return "W"
    above = [_power_text(name, power) for name, power in of if power > 0]
    below = [_power_text(name, -power) for name, power in of if power < 0]
    if not below:
        return "*".join(above)
    return f"{'*'.join(above) or '1'}/{below[0] if len(below) == 1 else '(' + '*'.join(below) + ')'}"


def multiply(a: Dimension, b: Dimension) -> Dimension:
    """Dimension of a product."""
    powers = dict(a)
    for name, exponent in b:
        powers[name] = powers.get(name, Fraction(0)) + exponent
    return tuple(sorted((name, exponent) for name, exponent in powers.items() if exponent))


def power(a: Dimension, exponent: float | Fraction) -> Dimension:
    """Dimension of `a` raised to `exponent` (0.5 is a square root)."""
    exact = Fraction(exponent).limit_denominator(1000)
    return tuple((name, own * exact) for name, own in a if exact)


def divide(a: Dimension, b: Dimension) -> Dimension:
    """Dimension of a quotient."""
    return multiply(a, power(b, -1))


def _power_text(name: str, exponent: Fraction) -> str:
    if exponent == 1:
        return name
    return f"{name}^{exponent}" if exponent.denominator == 1 else f"{name}^({exponent})"


def _parsed(unit: str, where: str) -> tuple[float, Dimension]:
    try:
        return _parse(unit)
    except _NotAUnitError as problem:
        place = f"{where}: " if where else ""
        raise UnknownUnit(f"{place}unit {unit[:_LONGEST]!r} is not in the unit table; {problem}.") from None


class _NotAUnitError(Exception):
    """Why a string is no unit, as the second half of the user's sentence."""


@lru_cache(maxsize=4096)
def _parse(unit: str) -> tuple[float, Dimension]:
    """SI factor and dimension of a unit string."""
    if len(unit) > _LONGEST:
        raise _NotAUnitError(f"a unit has at most {_LONGEST} characters, such as 'GB/s'")
    tokens = _tokens(unit)
    value, rest = _product(tokens, 0)
    if rest != len(tokens):
        raise _NotAUnitError("its brackets do not match; write it like 'J/(token*s)'")
    if not 0 < value[0] < math.inf:
        raise _NotAUnitError("its factor is not a positive number")
    return value


def _tokens(unit: str) -> list[str]:
    text = re.sub(r"[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda found: "^" + found.group().translate(_SUPERSCRIPTS), unit)
    for old, new in _REPLACED.items():
        text = text.replace(old, new)
    text = re.sub(r"\bper\b", "/", text).strip()
    tokens, at = [], 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if not found:
            raise _NotAUnitError(f"{text[at:].strip()[:1]!r} has no meaning in a unit; write it like 'GB/s' or 's^-1'")
        tokens.append(found.group().strip())
        at = found.end()
    return tokens


def _product(tokens: list[str], at: int) -> tuple[tuple[float, Dimension], int]:
    factor, of = 1.0, DIMENSIONLESS
    dividing = False
    expects_factor = tokens[at : at + 1] == ["*"]
    while at < len(tokens) and tokens[at] != ")":
        if tokens[at] in "*/":
            if expects_factor:
                raise _NotAUnitError(f"nothing stands before {tokens[at]!r}; write it like 'GB/s'")
            dividing, expects_factor = tokens[at] == "/", True
            at += 1
            continue
        (own, own_dimension), at = _factor(tokens, at)
        sign = -1 if dividing else 1
        factor, of = factor * own**sign, multiply(of, power(own_dimension, sign))
        dividing = expects_factor = False
    if expects_factor:
        raise _NotAUnitError("it ends in the middle; write it like 'GB/s'")
    return (factor, of), at


def _factor(tokens: list[str], at: int) -> tuple[tuple[float, Dimension], int]:
    token = tokens[at]
    if token == "(":
        value, at = _product(tokens, at + 1)
        if at >= len(tokens):
            raise _NotAUnitError("its brackets do not match; write it like 'J/(token*s)'")
    elif token[0].isdigit():
        value = (_number(token), DIMENSIONLESS)
    elif token[0] in "^-":
        raise _NotAUnitError(f"nothing stands before {token!r}; write it like 's^-1'")
    else:
        value = _named(token)
    at += 1
    if at < len(tokens) and tokens[at][0] in "^-":
        exponent = Fraction(tokens[at].strip("^()"))
        if abs(exponent) > 12:
            raise _NotAUnitError(f"the exponent {exponent} is beyond 12")
        value = (value[0] ** float(exponent), power(value[1], exponent))
        at += 1
    return value, at


def _number(token: str) -> float:
    value = float(token)
    if not 1e-18 <= value <= 1e18:
        raise _NotAUnitError(f"the number {token} is outside 1e-18 to 1e18")
    return value


@lru_cache(maxsize=1024)
def _named(name: str) -> tuple[float, Dimension]:
    """SI factor and dimension of one name; the base units themselves need no pint."""
    if name in _BASE_SYMBOLS:
        return 1.0, ((name, Fraction(1)),)
    if name in _common():
        return _common()[name]
    for spelling in _spellings(name):
        found = _resolve(spelling)
        if found:
            return found
    raise _NotAUnitError(f"nearest to {name!r} is {_nearest(name)!r}; what is counted needs none ('', or '1/s')")


@lru_cache(maxsize=1)
def _common() -> dict[str, tuple[float, Dimension]]:
    """What pint says of the names that papers use most, from `common_units.json`: it need not be loaded for them."""
    table = json.loads((Path(__file__).parent / "common_units.json").read_text(encoding="utf-8"))
    return {
        name: (factor, tuple((base, Fraction(power)) for base, power in of)) for name, (factor, of) in table.items()
    }


def _spellings(name: str) -> list[str]:
    """As written, then in lower case but for the prefix; symbols under three letters as written only."""
    spellings = [name]
    if name.endswith("BPS"):  # bits or bytes? a factor of 8 is not forgiven
        return spellings
    if len(name) >= _FORGIVEN_LETTERS:
        spellings.append(name.lower())
    if len(name) > _FORGIVEN_LETTERS:
        spellings += [name[0] + name[1:].lower(), name[0].upper() + name[1:].lower()]
    return spellings


def _resolve(name: str) -> tuple[float, Dimension] | None:
    registry = _registry()
    readings = registry.parse_unit_name(name)
    for prefix, unit, _plural in sorted(readings, key=lambda reading: (reading[2], reading[0])):
        quantity = registry.Quantity(1.0, prefix + unit).to_root_units()
        powers = {base: Fraction(str(exponent)) for base, exponent in quantity.unit_items()}
        of = tuple(sorted((symbol, powers[base]) for base, symbol in _BASES.items() if base in powers))
        if _plausible(prefix, unit, of):
            return float(quantity.magnitude), of
    return None


def _plausible(prefix: str, unit: str, of: Dimension) -> bool:
    """False for readings nobody means: millibits, megaseconds, kilopercent."""
    powers = dict(of)
    if not prefix:
        return True
    if unit == "second":
        return prefix in _SMALL_PREFIXES
    if unit in {"minute", "hour", "day", "week", "year", "percent", "x", "k", "million", "billion"}:
        return False
    return prefix not in _SMALL_PREFIXES or any(base in powers for base in ("J", "m", "A", "USD"))


def _nearest(name: str) -> str:
    known: set[str] = {*_registry(), *_COMMON}
    return difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.0)[0]


@lru_cache(maxsize=1)
def _registry() -> "UnitRegistry[Any]":
    """Built on the first name that is no base unit; pint is slow to import."""
    from pint import UnitRegistry

    return UnitRegistry(Path(__file__).with_name("units.txt"), on_redefinition="raise")
