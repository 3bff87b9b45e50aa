"""A server that takes what waits as one batch, up to a limit."""

from typing import Annotated, NamedTuple

import numpy as np
import numpy.typing as npt

from gauntlet.mechanisms._inputs import Finite, FinitePositive, Floats, Scalar, primitive, saturating

Limit = Annotated[Floats, Scalar(1.0, 256.0, kind="integer")]

_MOST_STEPS = 60
_SETTLED = 1e-15
_HELD = 2**20
"""Numbers of one array that are held at once."""


class LimitedBatches(NamedTuple):
    """Outputs of `limited_batching`."""

    mean_batch: Floats
    mean_response_s: Floats
    busy_fraction: Floats
    max_rate_per_s: Floats


@primitive
def limited_batching(
    arrival_rate_per_s: FinitePositive, fixed_s: Finite, per_item_s: Finite, max_batch: Limit
) -> LimitedBatches:
    """Batches of at most b, M/D[1,b]/1: X' = max(X - b, 0) + Poisson(lambda H(k)), k = min(max(X, 1), b), H = t0 + a k.

    Counts a server that takes the X jobs that wait, up to b = `max_batch`, as one batch, or the next job if none waits;
    k of them take H(k), with t0 `fixed_s` and a `per_item_s`; jobs come at rate lambda (`arrival_rate_per_s`). The
    chain of X is solved exactly below b; from there on it walks down with the roots of z^b = exp(-lambda H(b) (1 - z)),
    which give the law of where it lands. The response E[jobs] / lambda is the wait for the running batches and the
    batch itself. Leaves out joining a batch under way and waiting for a batch to fill.
    Domain: Poisson arrivals, deterministic batch time, lambda < b / H(b) (`max_rate_per_s`); saturated beyond. Without
    a limit: `dynamic_batching`; exponential batch times that do not depend on k: `bulk_service_mm1b`.
    Source: Bailey, J. Roy. Stat. Soc. B 16(1), 1954 (roots); Chaudhry and Templeton, A First Course in Bulk Queues,
    1983; the law of landing: Spitzer, Trans. Amer. Math. Soc. 82(2), 1956.

    >>> found = limited_batching(arrival_rate_per_s=0.5, fixed_s=0.0, per_item_s=1.0, max_batch=1)  # M/D/1
    >>> round(float(found.mean_response_s), 9)
    1.5
    """
    fixed, per_item = arrival_rate_per_s * fixed_s, arrival_rate_per_s * per_item_s
    utilisation = (fixed + per_item * max_batch) / max_batch
    stable = utilisation < 1
    parts = np.broadcast_arrays(np.where(stable, fixed, 0.0), np.where(stable, per_item, 0.0), max_batch)
    x, y, limits = (part.ravel() for part in parts)
    found = np.empty((3, x.size))
    for limit in np.unique(limits).astype(int):
        (places,) = np.nonzero(limits == limit)
        rows = max(1, _HELD // (limit * _most_arrivals(limit)))
        for some in np.split(places, range(rows, places.size, rows)):
            found[:, some] = _steady(x[some], y[some], limit)
    jobs, batch, busy = found.reshape(3, *parts[0].shape)
    return LimitedBatches(
        np.where(stable, batch, max_batch),
        saturating(jobs / arrival_rate_per_s, utilisation),
        np.where(stable, busy, 1.0),
        max_batch / (fixed_s + per_item_s * max_batch),
    )


def _steady(x: Floats, y: Floats, b: int) -> tuple[Floats, Floats, Floats]:
    """Mean jobs in the system, mean batch and busy fraction, for rows of lambda t0 and lambda a."""
    left = np.arange(b)
    sizes = np.maximum(left, 1)
    times, longest = x[:, None] + y[:, None] * sizes, (x + y * b)[:, None]  # arrivals expected in a batch
    chance = _below_limit(times, _landing(longest[:, 0], b))
    chance *= (b - longest) / (chance * (b + times - left - longest)).sum(axis=1, keepdims=True)
    whole = 1 - chance.sum(axis=1)  # share of batches that are full, with b or more left behind
    # The generating function of X is N / (z^b - A_b) with N = sum_j p_j (z^b A_j - z^j A_b); this is its slope at 1.
    curved = b * (b - 1) + 2 * b * times + times**2 - (left * (left - 1) + 2 * left * longest + longest**2)
    most = longest[:, 0]
    mean_left = ((chance * curved).sum(axis=1) - (b * (b - 1) - most**2)) / (2 * (b - most))
    busy = (chance * times).sum(axis=1) + whole * most
    cycle = busy + chance[:, 0]
    present = (chance * sizes * times).sum(axis=1) + most * (mean_left - (chance * left).sum(axis=1))
    arriving = ((chance * times**2).sum(axis=1) + whole * most**2) / 2
    return (present + arriving) / cycle, cycle, busy / cycle


def _below_limit(times: Floats, landing: Floats) -> Floats:
    """Law of X among the batches that leave less than b behind, each row of `times` by j = 0 .. b - 1."""
    b = times.shape[1]
    count = np.arange(_most_arrivals(b))
    log_factorial = np.cumsum(np.log(np.maximum(count, 1)))
    log_times = np.log(np.maximum(times, np.finfo(np.float64).tiny))[..., None]
    arrivals = np.exp(count * log_times - times[..., None] - log_factorial)
    moves, law = arrivals[..., :b].copy(), landing
    for first in range(b, count.size):  # from `first` left behind the walk lands by `law`
        moves += arrivals[..., first, None] * law[:, None, :]
        law = np.pad(law[:, :-1], ((0, 0), (1, 0))) + law[:, -1:] * landing
    moves /= moves.sum(axis=2, keepdims=True)
    balance = np.swapaxes(moves - np.eye(b), 1, 2).copy()
    balance[:, -1] = 1.0
    one: Floats = np.zeros((len(times), b, 1))
    one[:, -1] = 1.0
    chance: Floats = np.linalg.solve(balance, one)[..., 0]
    return chance


def _landing(most: Floats, b: int) -> Floats:
    """Where the walk by Poisson(most) - b first lands below b, from b; shape (rows, b).

    The roots z_k are the zeros of z^b - sum_j f_j z^j, f the law; its coefficients follow from their sums of powers.
    """
    roots = _roots(most, b)
    both = np.where(np.arange(1, b // 2 + 1) * 2 == b, 1.0, 2.0)  # a root and its conjugate
    power, sums, steps = np.ones_like(roots), np.ones((len(most), b + 1)), np.zeros((len(most), b + 1))
    for n in range(1, b + 1):
        power = power * roots
        sums[:, n] += (both * power.real).sum(axis=1)
        steps[:, n] = (sums[:, n] - (sums[:, 1:n] * steps[:, n - 1 : 0 : -1]).sum(axis=1)) / n
    found = np.maximum(steps[:, :0:-1], 0.0)
    law: Floats = found / found.sum(axis=1, keepdims=True)
    return law


def _roots(most: Floats, b: int) -> npt.NDArray[np.complex128]:
    """Roots of z^b = exp(-most (1 - z)) in the unit disk, one of each pair, but for 1: z = w exp(-most (1 - z) / b)."""
    turn, rate = np.exp(2j * np.pi * np.arange(1, b // 2 + 1) / b), (most / b)[:, None]
    roots: npt.NDArray[np.complex128] = 0.9 * turn * np.ones(rate.shape)
    for _ in range(_MOST_STEPS):
        value = turn * np.exp(-rate * (1 - roots))
        step = (roots - value) / (1 - rate * value)
        roots = roots - step
        if np.all(np.abs(step) <= _SETTLED):
            break
    return roots


def _most_arrivals(b: int) -> int:
    """More than come during a batch, but for 1e-16: twelve standard deviations above b."""
    return int(np.ceil(b + 12 * np.sqrt(b) + 40))
