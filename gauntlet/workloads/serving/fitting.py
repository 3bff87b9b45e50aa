"""Fits of times as sums of non-negative terms: robust, relative, and never faster than a bound.

Source: Lawson & Hanson, Solving Least Squares Problems, 1974, chapter 23 (NNLS); Huber, Robust Statistics, 1981
(iterated reweighting towards least absolute errors).
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from gauntlet.workloads.serving.step_time import EFFICIENCY_TERMS, Efficiencies, Terms

Floats = npt.NDArray[np.float64]
_ROUNDS = 40
_SMALL = 0.03
"""Relative error below which rows weigh alike; keeps the weights finite."""


def nonnegative_fit(
    matrix: Floats, measured: Floats, least: Floats | None = None, rest: Floats | None = None, *, robust: bool = True
) -> Floats:
    """c >= `least` (default 0) that minimises the mean |log((M c + rest) / y)|; `rest` (default 0) is what is known.

    Not `robust`: relative squares instead, for few rows. Shapes (rows, terms), (rows,). Domain: measured > 0, each
    term of the matrix >= 0.
    """
    from scipy.optimize import nnls

    floor = np.zeros(matrix.shape[1]) if least is None else least
    beside = np.zeros(measured.shape) if rest is None else rest
    known = matrix @ floor + beside
    weights = 1 / measured
    found = floor
    for _ in range(_ROUNDS if robust else 1):
        scaled = matrix * weights[:, None]
        size = np.abs(scaled).max(axis=0)
        size[size == 0] = 1.0
        more, _residual = nnls(scaled / size, (measured - known) * weights)
        found = floor + more / size
        ratio = np.maximum(matrix @ found + beside, 1e-12 * measured) / measured
        error = np.abs(np.log(ratio))
        slope = np.where(error > 1e-9, (ratio - 1) / np.where(error > 1e-9, np.log(ratio), 1.0), 1.0)  # d y / d log y
        weights = 1 / (measured * np.abs(slope) * np.sqrt(np.maximum(error, _SMALL)))
    return found


def fit_efficiencies(
    terms: Terms, measured_s: Floats, held: Mapping[str, float] | None = None, *, robust: bool = True
) -> Efficiencies:
    """Efficiencies and overheads of the calibrated roofline; those in `held` are known and stay as they are.

    An inverse efficiency is at least 1, so that no fit is faster than the bound.
    """
    known = held or {}
    names = [name for name in Terms._fields if name not in known]
    columns = {name: np.broadcast_to(term, measured_s.shape) for name, term in terms._asdict().items()}
    least = np.array([1.0 if name in EFFICIENCY_TERMS else 0.0 for name in names])
    rest = np.zeros(measured_s.shape)
    for name, value in known.items():
        rest = rest + (columns[name] / value if name in EFFICIENCY_TERMS else columns[name] * value)
    matrix = np.stack([columns[name] for name in names], axis=1)
    found = nonnegative_fit(matrix, measured_s, least, rest, robust=robust)
    fitted = dict(zip(names, found.tolist(), strict=True))
    values = {name: 1 / value if name in EFFICIENCY_TERMS else value for name, value in fitted.items()}
    return Efficiencies(**values, **known)
