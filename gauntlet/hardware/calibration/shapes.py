"""The five shapes, each fitted to efficiencies by least squares in ln e, so that relative errors of time count.

Parameters run over all real numbers and are mapped into what a shape may be: efficiencies in (0, 1], knots that rise
where the curve must. Groups weigh alike; rows far out count less (Huber), as one disturbed measurement should.
"""

import math
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import numpy as np

from gauntlet.hardware.basis import Floats
from gauntlet.hardware.forms import Form, Knots, Saturating, Sigmoid

Shape = Literal["linear", "log_linear", "piecewise", "saturating", "sigmoid"]
_HUBER = 1.345
"""95 % efficient where errors are Gaussian: Huber, Ann. Math. Stat. 35(1), 1964, doi:10.1214/aoms/1177703732."""
_GAUSS = 1.4826
"""Standard deviation over median absolute deviation of Gaussian errors."""
_TINY = 1e-9
_ENOUGH = 1e-5
"""Relative change at which a fit is done: far below any measurement's error."""
_MOST_TRIES = 500
_FAR = 20.0
"""Parameters beyond only move what is already at its end."""


class Trial(NamedTuple):
    """A shape and how many parameters it has; of the piecewise one, heights and the places of the inner knots."""

    shape: Shape
    parameters: int

    def fit(self, x: Floats, efficiency: Floats, weight: Floats, rising: bool) -> Form:
        """The form that fits best. Domain: x > 0, 0 < efficiency <= 1, weight > 0."""
        start, form_of = _problem(self, x, efficiency, rising)

        def misses(parameters: Floats) -> Floats:
            return np.log(efficiency) - np.log(np.maximum(form_of(parameters)(x), _TINY))

        first = _least_squares(misses, start, weight)
        missed = misses(first)
        spread = _GAUSS * float(np.median(np.abs(missed)))
        trust = np.minimum(1.0, _HUBER * spread / np.maximum(np.abs(missed), _TINY)) if spread > _TINY else 1.0
        form = form_of(_least_squares(misses, first, weight * trust))
        return type(form).model_validate(form.model_dump())


def trials(x: Floats, most_knots: int) -> tuple[Trial, ...]:
    """What can be tried on these sizes, simple shapes first; no more knots than half the distinct sizes."""
    knots = range(3, min(most_knots, np.unique(x).size // 2) + 1)
    two: tuple[Shape, ...] = ("saturating", "log_linear", "linear")
    free = (Trial("piecewise", 2 * count - 2) for count in knots)
    return (*(Trial(shape, 2) for shape in two), Trial("sigmoid", 4), *free)


def weights_of(group: Sequence[str]) -> Floats:
    """One over the number of rows of a row's group: groups count alike, and all weights sum to one."""
    names, member, size = np.unique(np.array(group), return_inverse=True, return_counts=True)
    return np.asarray(1.0 / (size[member] * names.size))


def _least_squares(misses: Callable[[Floats], Floats], start: Floats, weight: Floats) -> Floats:
    """MINPACK's lmdif, which takes its differences in Fortran: several times faster than `least_squares`."""
    from scipy.optimize import leastsq

    root = np.sqrt(weight)
    if start.size > root.size:
        return start
    found = leastsq(
        lambda parameters: root * misses(parameters),
        start,
        ftol=_ENOUGH,
        xtol=_ENOUGH,
        maxfev=_MOST_TRIES,
        full_output=1,
    )  # its full output takes the place of warnings
    return np.asarray(found[0])


def _problem(trial: Trial, x: Floats, efficiency: Floats, rising: bool) -> tuple[Floats, Callable[[Floats], Form]]:
    """Where to start, and the form that parameters stand for."""
    low, middle, high = (float(part) for part in np.quantile(efficiency, (0.1, 0.5, 0.9)))
    log_x = np.log(x)
    centre, width = float(np.median(log_x)), max(float(np.ptp(log_x)), _TINY)
    if trial.shape == "saturating":
        half = centre + np.log(max(high / middle - 1, 0.05))
        return np.array([_logit(high), half]), lambda p: Saturating.model_construct(top=_share(p[0]), half=_exp(p[1]))
    if trial.shape == "sigmoid":
        bottom = _logit(min(low / high, 0.9)) if rising else _logit(low)
        start = np.array([_logit(high), bottom, centre, np.log(8 / width)])
        return start, lambda p: Sigmoid.model_construct(
            top=_share(p[0]),
            bottom=_share(p[1]) * (_share(p[0]) if rising else 1.0),
            middle=_exp(p[2]),
            steepness=_exp(p[3]),
        )
    return _knots_problem(trial.shape, trial.parameters // 2 + 1, log_x, efficiency, rising)


def _knots_problem(
    shape: Literal["linear", "log_linear", "piecewise"], count: int, log_x: Floats, efficiency: Floats, rising: bool
) -> tuple[Floats, Callable[[Floats], Form]]:
    """Straight lines between two ends and, in the piecewise shape, knots that find their own places between."""
    places = np.quantile(np.unique(log_x), np.linspace(0, 1, count))
    gaps = np.log(np.maximum(np.diff(places), _TINY))
    levels = _levels(log_x, efficiency, places, rising)
    start = np.concatenate([gaps[1:] - gaps[0], _rising_start(levels) if rising else [_logit(each) for each in levels]])
    free, low, high = count - 2, float(places[0]), float(places[-1])

    def form_of(p: Floats) -> Form:
        widths = np.cumsum([1.0, *(_exp(each) for each in p[:free])])
        sizes = _apart([math.exp(low + (high - low) * part / widths[-1]) for part in (0.0, *widths)])
        shares = _rising(p[free:]) if rising else tuple(_share(each) for each in p[free:])
        return Knots.model_construct(shape=shape, x=sizes, efficiency=shares)

    return start, form_of


def _levels(log_x: Floats, efficiency: Floats, places: Floats, rising: bool) -> Floats:
    """Medians of the efficiencies nearest to each place."""
    rows = max(3, log_x.size // places.size // 2)
    near = np.array([np.median(efficiency[np.argsort(np.abs(log_x - place))[:rows]]) for place in places])
    return np.maximum.accumulate(near) if rising else near


def _rising_start(levels: Floats) -> Floats:
    """The parameters that `_rising` turns into these levels."""
    rises = np.maximum(levels[1:] / levels[:-1] - 1, 0.02)
    return np.append(np.log(rises), _logit(float(levels[-1])))


def _apart(sizes: Sequence[float]) -> tuple[float, ...]:
    """Sizes none of which equals the one before, however hard two knots pull together."""
    spread = [sizes[0]]
    for size in sizes[1:]:
        spread.append(max(size, spread[-1] * (1 + _TINY)))
    return tuple(spread)


def _rising(p: Floats) -> tuple[float, ...]:
    """The last is the top; each before lies below the next one by a factor 1 + exp."""
    shares = [_share(p[-1])]
    for fall in p[-2::-1]:
        shares.append(max(shares[-1] / (1 + _exp(fall)), _TINY))
    return tuple(shares[::-1])


def _share(p: float) -> float:
    """All numbers to (0, 1)."""
    return 1 / (1 + math.exp(-min(max(p, -_FAR), _FAR)))


def _logit(share: float) -> float:
    inside = min(max(share, _TINY), 1 - 1e-3)
    return float(np.log(inside / (1 - inside)))


def _exp(p: float) -> float:
    """All numbers to positive ones; wide enough for FLOP, bytes and seconds."""
    return math.exp(min(max(p, -100.0), 100.0))
