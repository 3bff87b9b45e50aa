"""Draws of every variable over its stated uncertainty, in SI, quasi-random so that few samples tell much.

Each variable has the dimension of its place in the specification in Sobol's scrambled sequence, known exactly or not,
so that editing its value, or adding a variable at the end, leaves the draws of the others alone.
"""

import math
from collections.abc import Mapping
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from gauntlet.costs.definitions import resolve
from gauntlet.costs.opinions import is_opinion, with_tails
from gauntlet.costs.sobol import sobol_points
from gauntlet.expressions.evaluation import Floats
from gauntlet.mechanisms.normal import normal_inverse_survival
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.specs.quantities import Choices, Derived, Distribution, Exact, Interval, Sweep, Variable, Withheld
from gauntlet.units import to_si

Flags = npt.NDArray[np.bool_]

_NORMAL = NormalDist()
_Z95 = _NORMAL.inv_cdf(0.95)
_DIMENSIONS = 64
"""Dimensions are drawn in multiples of so many: the scrambling of one depends on how many there are."""
_TAIL = 0.001
"""Outer probability beyond which an unbounded distribution counts as impossible for a bound."""


def draw_variables(spec: PaperSpec, samples: int, seed: int) -> dict[str, Floats]:
    """Every variable in SI: shape (samples, 1), or (1, 1) where it is known exactly.

    A sweep is the middle one of its values; without values it is absent until a claim or configuration sets it.
    Derived variables follow from the others; RecordError names the cycle if they follow from themselves. One that
    needs an absent variable is absent.
    """
    return values_at(spec, quasi_random_levels(spec, samples, seed))


def quasi_random_levels(spec: PaperSpec, samples: int, seed: int) -> dict[str, Floats]:
    """Quasi-random quantile levels (samples,) between 0 and 1 of every uncertain variable."""
    places = {variable.id: place for place, variable in enumerate(spec.variables) if support(variable) is not None}
    if not places:
        return {}
    dimensions = _DIMENSIONS * math.ceil(len(spec.variables) / _DIMENSIONS)
    levels = _sobol(dimensions, samples, seed)
    return {name: levels[place] for name, place in places.items()}


def values_at(spec: PaperSpec, levels: Mapping[str, Floats]) -> dict[str, Floats]:
    """Every variable in SI at the given quantile levels, at its median where none is given; see `draw_variables`."""
    drawn = {}
    for variable in spec.variables:
        values = _quantiles(variable, levels.get(variable.id, np.array([0.5])))
        if values is not None:
            drawn[variable.id] = in_si(values, variable)
    found = resolve(spec, drawn, {})
    beyond = _turned(spec, found)
    return found if beyond is None else resolve(spec, _kept_within(spec, drawn, beyond), {})


def _turned(spec: PaperSpec, found: Mapping[str, Floats]) -> Flags | None:
    """Rows (N, 1) in which a derived value that is else positive turns negative, where opinions may be why."""
    if not any(map(is_opinion, spec.variables)):
        return None
    derived = [found[one.id] for one in spec.variables if isinstance(one.value, Derived) and one.id in found]
    negative = [values < 0 for values in derived if len(values) > 1 and np.median(values) > 0]
    return np.logical_or.reduce(negative) if any(map(np.any, negative)) else None


def _kept_within(spec: PaperSpec, drawn: Mapping[str, Floats], rows: Flags) -> dict[str, Floats]:
    """The draws with every opinion kept within its range in some rows."""
    kept = dict(drawn)
    for variable in spec.variables:
        if is_opinion(variable) and isinstance(variable.value, Interval | Withheld):
            low, high = in_si(np.array([variable.value.low, variable.value.high]), variable).flat
            kept[variable.id] = np.where(rows, np.clip(drawn[variable.id], low, high), drawn[variable.id])
    return kept


def support(variable: Variable) -> tuple[float, float] | None:
    """Lowest and highest value in SI, None where nothing is uncertain.

    The ends of a range or tolerance; the outer 0.1 % quantiles of an opinion, a lognormal or a normal distribution.
    """
    ends = _quantiles(variable, np.array([_TAIL, 1 - _TAIL]))
    match variable.value:
        case Exact(value=value, tolerance=tolerance):
            ends = value * (1 + np.array([-1.0, 1.0]) * tolerance)
        case Interval(low=low, high=high) | Withheld(low=low, high=high) if not is_opinion(variable):
            ends = np.array([low, high])
        case Choices(values=values):
            ends = np.array([min(values), max(values)])
        case Distribution(family="triangular") as law:
            ends = np.array(_triangle(law))
    if ends is None or ends[0] == ends[1]:
        return None
    low, high = in_si(ends, variable).flat
    return float(low), float(high)


def central_values(spec: PaperSpec) -> dict[str, Floats]:
    """Every variable at its point estimate (the median of its law), shape (1, 1), in SI."""
    return values_at(spec, {})


def in_si(values: Floats, variable: Variable) -> Floats:
    """Column of `values` in SI, rounded first where the variable counts something."""
    rounded = np.rint(values) if variable.whole else values
    return to_si(np.asarray(rounded, dtype=np.float64).reshape(-1, 1), variable.unit, f"variable {variable.id}")


@lru_cache(maxsize=2)
def _sobol(dimensions: int, samples: int, seed: int) -> Floats:
    """The first `samples` points of one scrambled sequence, (dimensions, samples); not to be written to."""
    levels = sobol_points(dimensions, samples, seed)
    levels.flags.writeable = False
    return levels


def _quantiles(variable: Variable, at: Floats) -> Floats | None:  # noqa: PLR0911 - one per kind of value
    """Quantile function of the variable in its own unit; None for what has no value of its own."""
    stated = variable.value
    if is_opinion(variable) and isinstance(stated, Interval | Withheld):
        return with_tails(variable, lambda levels: _within(stated, levels), at)
    match stated:
        case Exact(value=value, tolerance=tolerance):
            return value * (1 + tolerance * (2 * at - 1))
        case Interval() | Withheld():
            return _within(stated, at)
        case Choices(values=values):
            ordered: Floats = np.sort(np.asarray(values, dtype=np.float64))
            which = np.minimum((at * len(ordered)).astype(int), len(ordered) - 1)
            return np.asarray(ordered[which], dtype=np.float64)
        case Distribution() as law:
            return _distribution(law, at)
        case Sweep(values=(only,)):
            return np.full(at.shape, only)
        case Sweep() | Derived():
            return None


def _within(stated: Interval | Withheld, at: Floats) -> Floats:
    """Quantiles of a range, uniform in the value or in its log."""
    low, high = stated.low, stated.high
    logarithmic = stated.scale == "log" if isinstance(stated, Interval) else low > 0
    if logarithmic:
        return np.clip(np.exp(math.log(low) + at * (math.log(high) - math.log(low))), low, high)
    return low + at * (high - low)


def _distribution(law: Distribution, at: Floats) -> Floats:
    if law.family == "triangular":
        return _triangular(law, at)
    if law.family == "lognormal":
        low, typical, high = (math.log(value) for value in (law.low, law.typical, law.high))
        return np.exp(_two_piece_normal(low, typical, high, at))
    if law.low >= 0 and law.typical > 0 and law.typical > law.low:  # a quantity that is positive stays so
        below = _NORMAL.cdf(-_Z95 * law.typical / (law.typical - law.low))
        at = below + at * (1 - below)
    return _two_piece_normal(law.low, law.typical, law.high, at)


def _two_piece_normal(low: float, typical: float, high: float, at: Floats) -> Floats:
    """Half a normal law on each side of the median, so that 5 % lie below `low` and 5 % above `high`."""
    z = normal_scores(at)
    return typical + z / _Z95 * np.where(z < 0, typical - low, high - typical)


def normal_scores(at: Floats) -> Floats:
    """Standard normal quantiles at levels between 0 and 1, kept off the ends by 1e-12."""
    return -normal_inverse_survival(np.clip(at, 1e-12, 1 - 1e-12))


def _triangular(law: Distribution, at: Floats) -> Floats:
    left, right = _triangle(law)
    if left == right:
        return np.full(at.shape, law.typical)
    width, rise = right - left, law.typical - left
    return np.where(
        at * width <= rise,
        left + np.sqrt(at * width * rise),
        right - np.sqrt((1 - at) * width * (right - law.typical)),
    )


def _triangle(law: Distribution) -> tuple[float, float]:
    """Feet of the triangle whose 5th and 95th percentiles are `low` and `high` and whose mode is `typical`."""
    left, right = law.low, law.high
    for _ in range(100):  # a contraction by about 0.3 per turn
        width = right - left
        left = law.low - math.sqrt(0.05 * width * (law.typical - left))
        right = law.high + math.sqrt(0.05 * width * (right - law.typical))
    return (max(left, 0.0) if law.low >= 0 else left), right
