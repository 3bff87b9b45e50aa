"""The inverse question: not what a load costs, but how much load an objective allows."""

from collections.abc import Callable

import numpy as np

from gauntlet.mechanisms._inputs import Floats
from gauntlet.mechanisms._numerics import find_root


def max_load_at(cost: Callable[[Floats], Floats], up_to: Floats, limit: Floats) -> Floats:
    """Largest load between 0 and `up_to` whose cost stays within `limit`: the load at a service-level objective.

    `cost` takes an array of loads and must not fall as the load rises; infinity and NaN count as above every limit, so
    that saturation needs no care. Arguments and result broadcast; the unit of the load is that of `up_to`. `up_to`
    where even that is within the limit, 0 where no load is. To rounding or 2^-64 of `up_to`.

    A limit of 5 ms on the mean response of M/M/1 with S = 1 ms allows 1/S - 1/limit = 800 requests per second:

    >>> from gauntlet.mechanisms.queueing import mm1
    >>> round(float(max_load_at(lambda rate_per_s: mm1(rate_per_s, 1e-3).mean_response_s, 1000.0, 5e-3)), 6)
    800.0
    """
    with np.errstate(all="ignore"):
        shape = np.broadcast_shapes(np.shape(up_to), np.shape(limit), np.shape(cost(np.asarray(up_to))))
        high = np.broadcast_to(np.asarray(up_to, dtype=np.float64), shape)
        within = find_root(lambda load: cost(load) - limit, np.zeros(shape), high)
        allowed = cost(np.zeros(shape)) <= limit
    largest: Floats = np.where(allowed, within, 0.0)[()]
    return largest
