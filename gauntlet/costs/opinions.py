"""Ranges that are somebody's opinion: they hold fewer values than whoever gave them believes.

A range that neither the paper nor a registry nor a sourced prior gives is a judgement, and judged ranges are too narrow
(`opinions.json` has the sources). So a part `held` of the law lies within the range, as its own scale spreads it, and
the rest in a tail beyond each end that is open, equal parts beyond two. An end is open unless nothing lies beyond it: a
share stays between 0 and 1, a positive quantity positive, a count at least 1.

What follows from other variables tells more: where a derived value would turn negative in a tail, the tail ends.

A tail is half a normal law in the log, in the logit of a share, or in the value itself where the range begins or ends
at such a limit. It starts as dense as the range is on average, but denser beyond ranges of many decades, whose tails
are kept short, and is cut off at the limit.
"""

import functools
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gauntlet.expressions.evaluation import Floats
from gauntlet.mechanisms.normal import normal_inverse_survival, normal_survival
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.specs.quantities import Interval, Variable, Withheld
from gauntlet.units import DIMENSIONLESS, dimension, from_si

_Quantiles = Callable[[Floats], Floats]
_SIGMA = math.sqrt(2 / math.pi)  # of half a normal law 1 long, were it as dense throughout as at its start
_FARTHEST = 1e-12  # part of a tail beyond which it goes no further


def is_opinion(variable: Variable) -> bool:
    """True for a range that neither the paper nor a registry nor a sourced prior gives."""
    value = variable.value
    return isinstance(value, Interval | Withheld) and variable.source == "assumed" and value.low < value.high


def with_tails(variable: Variable, within: _Quantiles, at: Floats) -> Floats:
    """Quantiles at levels `at`, in the variable's unit, of an opinion whose range has the quantile function `within`.

    Its ends are `within` at 0 and at 1.
    """
    low, high = within(np.array([0.0, 1.0])).tolist()
    first, last = _limits(variable, low, high)
    beyond = (1 - _held()) / 2
    below, above = beyond * (low > first), beyond * (high < last)
    scale = _scale(low, high, first, last)
    start, stop, least, most = (float(scale.of(np.array(value))) for value in (low, high, first, last))
    whole = (stop - start) / (1 - below - above)  # length of the law, were it as dense everywhere as within
    length = min(beyond * whole, scale.longest)
    values = np.array(within(np.clip((at - below) / (1 - below - above), 0.0, 1.0)))
    if below:
        out = at < below
        values[out] = scale.back(start - _tail(at[out] / below, length, start - least))
    if above:
        out = at > 1 - above
        values[out] = scale.back(stop + _tail((1 - at[out]) / above, length, most - stop))
    return values


def as_stated(spec: PaperSpec) -> PaperSpec:
    """The paper with every opinion taken at its word: nothing lies beyond its range."""
    return spec.model_copy(
        update={
            "variables": tuple(
                variable.model_copy(update={"source": "prior"}) if is_opinion(variable) else variable
                for variable in spec.variables
            )
        }
    )


def _tail(part: Floats, length: float, room: float) -> Floats:
    """How far beyond an end half a normal law lies, cut off at `room`; `part` of it lies beyond.

    With all of it as dense as at the end it would be `length` long.
    """
    sigma, inside = _SIGMA * length, np.clip(part, _FARTHEST, 1.0)
    cut = 2 * float(normal_survival(np.array(room / sigma)))
    return np.asarray(sigma * normal_inverse_survival((inside + (1 - inside) * cut) / 2))


def _limits(variable: Variable, low: float, high: float) -> tuple[float, float]:
    """What no value of the variable lies below and above, in its unit."""
    if low < 0:
        return -math.inf, math.inf
    if variable.whole:
        return min(1.0, low), math.inf
    one = float(from_si(1.0, variable.unit)) if dimension(variable.unit) == DIMENSIONLESS else 0.0
    return 0.0, one if high <= one else math.inf


class _Scale(NamedTuple):
    """Where tails are normal."""

    of: _Quantiles
    back: _Quantiles
    longest: float = math.inf  # a tail, were it as dense everywhere as at its start


def _scale(low: float, high: float, first: float, last: float) -> _Scale:
    with_logs = low > 0 and math.isfinite(first)
    if with_logs and last == math.inf:
        return _Scale(_log, np.exp, _longest())
    if with_logs and high < last:
        return _Scale(lambda x: _log(x) - _log(last - x), lambda y: last / (1 + np.exp(-y)), _longest())
    return _Scale(np.asarray, np.asarray)


def _log(x: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(x))


def _longest() -> float:
    """The length of a tail in the log whose standard deviation is as large as one may be."""
    return math.log(_entry("farthest")) / _SIGMA


def _held() -> float:
    """The part of an opinion that its range holds."""
    return _entry("held")


@functools.cache
def _entry(name: str) -> float:
    entries: Any = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    return float(entries[name]["value"])
