"""Quantiles of the response time where service is a mixture: one server, and several behind one queue.

Quantiles do not add: that of a response is less than those of wait and service together.
"""

import math
from typing import Annotated, NamedTuple

import numpy as np
import numpy.typing as npt

from gauntlet.mechanisms._inputs import (
    LARGEST,
    MEDIAN,
    NO_TIME,
    Finite,
    Floats,
    Listed,
    NonNegative,
    OneOf,
    Probability,
    Scalar,
    Steps,
    later,
    outside_validity,
    primitive,
    require,
)
from gauntlet.mechanisms._services import Services
from gauntlet.mechanisms._shared_queue import SharedQueue

_NO_LIMIT: Floats = np.asarray(np.inf)
_MOST_SCV = 8 * (1 + 1e-9)  # rounding
_LEAST_TAIL = 1e-5
_TOO_RARE = "the tail beyond the quantile is below 1e-5, where the inversion loses it."
ListOfShares = Annotated[Floats, Listed(Scalar(0.0, 1e9))]
ListOfMeans = Annotated[Floats, Listed(Scalar(0.0, LARGEST))]
ListOfSpreads = Annotated[Floats, Listed(Scalar(0.0, 1e4))]
ServiceLaw = Annotated[str, OneOf(("gamma", "lognormal"))]


class Response(NamedTuple):
    """Outputs of `mg1_response` and `mgc_response`."""

    utilisation: Floats
    mean_response_s: Floats
    response_quantile_s: Floats
    prob_above_limit: Floats


@primitive
def mg1_response(
    arrival_rate_per_s: Finite,
    shares: ListOfShares,
    means_s: ListOfMeans,
    scvs: ListOfSpreads,
    quantile: Probability = MEDIAN,
    limit_s: NonNegative = _NO_LIMIT,
    law: ServiceLaw = "gamma",
    overhead_s: Finite = NO_TIME,
    path_s: Finite = NO_TIME,
) -> Response:
    """M/G/1 response: E[exp(-s R)] = (1 - rho) B(s) / (1 - rho (1 - B(s)) / (s S)), inverted for tail and quantile.

    B is the transform of the service, a mixture: parts with relative weights (`shares`), means (`means_s`) and squared
    coefficients of variation (`scvs`: 0 is a constant time, 1 with the gamma law an exponential one); `law` is that of
    every part. Shares [0.9, 0.1] with means [0.5 S, 5.5 S] and scvs [0, 0] are mostly short, sometimes long jobs.
    `overhead_s` is a constant that occupies the server for every job, `path_s` one that only delays. The response
    stays below `response_quantile_s` with probability `quantile` and exceeds `limit_s` with `prob_above_limit`.
    Counts waiting and service together, first come first served; leaves out bursts in the arrivals and interruption.
    Domain: Poisson arrivals at `arrival_rate_per_s`, rho = lambda S < 1 (S with the overhead), saturated beyond. Times
    of tails down to 1e-4 are right to 1e-3 (3e-3 for scvs between 0 and 0.01). Tails below 1e-5 are lost in the
    inversion: they are given as 0, and a quantile there with a ValidityWarning.
    Source: Pollaczek, 1930; Khinchine, 1932; Kleinrock, Queueing Systems I, 1975, section 5.7; inversion: Abate and
    Whitt, ORSA J. Computing 7(1), 1995.

    >>> found = mg1_response(500.0, [1.0], [1e-3], [1.0], quantile=0.99)
    >>> round(float(found.response_quantile_s / np.log(100)), 7)
    0.002
    """
    services = _mixture("mg1_response", shares, means_s, scvs, law, overhead_s)
    outside_validity(_too_rare(quantile), f"mg1_response: {_TOO_RARE}")
    return _response(arrival_rate_per_s, np.asarray(1.0), services, (overhead_s, path_s, limit_s), quantile)


@primitive
def mgc_response(
    arrival_rate_per_s: Finite,
    servers: Steps,
    shares: ListOfShares,
    means_s: ListOfMeans,
    scvs: ListOfSpreads,
    quantile: Probability = MEDIAN,
    limit_s: NonNegative = _NO_LIMIT,
    law: ServiceLaw = "gamma",
    overhead_s: Finite = NO_TIME,
    path_s: Finite = NO_TIME,
) -> Response:
    """M/G/c response, approximated: with Erlang's probability C a wait as in M/G/1 of c times the speed; then service.

    A job that finds all c `servers` busy waits as jobs do that have to wait for one server, c times as fast. Services
    are a mixture of `shares`, `means_s` and `scvs` of one `law`; `overhead_s`, `path_s`, `quantile` and `limit_s` mean
    what they do for `mg1_response`. Counts several servers behind one queue, fed at `arrival_rate_per_s`; leaves out
    separate queues per server, which are slower.
    Domain: Poisson arrivals, rho = lambda S / c < 1, saturated beyond. Exact for one server and exponential service;
    the mean is that of `ggc_allen_cunneen`. Where the scv of the whole service is above 8, a few long jobs hold a few
    servers only: a ValidityWarning, as for quantiles whose tail is below 1e-5.
    Source: Lee and Longton, Oper. Res. Quarterly 10(1), 1959 (the mean); Tijms, van Hoorn, Federgruen, Adv. Appl.
    Prob. 13(1), 1981 (the geometric number of residual services, here divided by c throughout).

    >>> found = mgc_response(6000.0, 8, [1.0], [1e-3], [1.0], quantile=0.99)
    >>> round(float(found.response_quantile_s), 6)  # as mmc_response
    0.004908
    """
    services = _mixture("mgc_response", shares, means_s, scvs, law, overhead_s)
    outside_validity(_too_rare(quantile), f"mgc_response: {_TOO_RARE}")
    scv = services.moment(2, overhead_s) / services.moment(1, overhead_s) ** 2 - 1
    outside_validity(
        (servers > 1) & (scv > _MOST_SCV),
        "mgc_response: the scv of the service is above 8, where the approximation was not measured.",
    )
    return _response(arrival_rate_per_s, servers, services, (overhead_s, path_s, limit_s), quantile)


def _too_rare(quantile: Floats) -> npt.NDArray[np.bool_]:
    return (1 - quantile < 0.999 * _LEAST_TAIL) & (quantile < 1)


def _mixture(name: str, shares: Floats, means_s: Floats, scvs: Floats, law: str, overhead_s: Floats) -> Services:
    """The services, with shares that add up to 1; ValueError where that cannot be, or where nothing takes time."""
    lengths = f"{len(shares)}, {len(means_s)} and {len(scvs)}"
    same = len(shares) == len(means_s) == len(scvs)
    require(same, f"{name}: shares, means_s and scvs have {lengths} elements; expected one of each per part.")
    total = shares.sum(axis=0)
    require(total > 0, f"{name}: shares are all 0; expected at least one above 0.")
    services = Services(shares / total, means_s, scvs, law)
    require(
        services.moment(1, overhead_s) > 0,
        f"{name}: means_s and overhead_s are all 0; expected at least one above 0.",
    )
    return services


def _response(
    rate_per_s: Floats, servers: Floats, services: Services, times_s: tuple[Floats, Floats, Floats], quantile: Floats
) -> Response:
    """Outputs of both primitives; `times_s` are overhead, path and limit."""
    shape = np.broadcast_shapes(services.means.shape[1:], *map(np.shape, (rate_per_s, servers, *times_s, quantile)))
    rate_per_s, servers, overhead_s, path_s, limit_s, quantile = (
        _row(part, shape) for part in (rate_per_s, servers, *times_s, quantile)
    )
    services = services.each(lambda parts: np.stack(np.broadcast_arrays(*(_row(part, shape) for part in parts))))
    busy_s = services.moment(1, overhead_s)
    rho = rate_per_s * busy_s / servers
    stable = rho < 1
    scaled = Services(services.shares, services.means / busy_s, services.scvs, services.law)
    queue = SharedQueue.at(np.where(stable, rho, 0.0), scaled, overhead_s / busy_s, servers)

    def spread(row: Floats) -> Floats:
        return np.broadcast_to(row, math.prod(shape)).reshape(shape)

    def quantile_s() -> Floats:
        tail = np.broadcast_to(1 - quantile, math.prod(shape))
        found_s = overhead_s + path_s + busy_s * queue.time_of(tail)
        return spread(np.where(stable & (quantile < 1), found_s, np.inf))

    def prob_above() -> Floats:
        found = queue.survival((limit_s - overhead_s - path_s) / busy_s)
        return spread(np.where(stable, np.where(found < _LEAST_TAIL, 0.0, found), 1.0))

    mean_s = np.where(stable, path_s + busy_s * (1 + queue.wait(1)), np.inf)
    return Response(spread(rho), spread(mean_s), later(quantile_s), later(prob_above))


def _row(array: Floats, shape: tuple[int, ...]) -> Floats:
    """All elements in one row, or a single one where all are equal."""
    row = np.broadcast_to(array, shape).ravel()
    return row[:1] if np.all(row == row[:1]) else row
