"""Numbers of a verdict: six significant digits, so that the last bit of a machine's arithmetic never shows."""

import math


def rounded(value: float) -> float:
    """`value` to six significant digits; infinities and NaN as they are."""
    return float(f"{value:.6g}")


def shown(value: float, digits: int = 4) -> str:
    """`value` for people: `digits` significant digits, without an exponent from 0.001 to a million."""
    short = float(f"{value:.{digits}g}")
    return f"{short:.10g}" if 1e-3 <= abs(short) < 1e6 else f"{short:.{digits}g}"


_MOST = 1e6
"""Factors beyond which nobody cares how many times it is."""


def times(value: float) -> str:
    """A factor in words: '1.42 times', 'more than a million times'."""
    if value >= _MOST:
        return "more than a million times"
    return "less than a millionth" if value <= 1 / _MOST else f"{shown(value, 3)} times"


def factor(log: float) -> float:
    """exp(log) to six significant digits; infinite beyond the range of floats, NaN for NaN."""
    return math.inf if log >= 700.0 else rounded(math.exp(log))


def time_unit(seconds: float) -> str:
    """The unit in which a time has one to three digits before the point."""
    return next((name for name, least in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)) if abs(seconds) >= least), "ns")
