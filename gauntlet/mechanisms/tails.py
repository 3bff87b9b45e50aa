"""Quantiles of the response time, which are not the sum of the quantiles of wait and service."""

from typing import NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import Floats, NonNegative, Positive, Probability, Steps, primitive
from gauntlet.mechanisms._numerics import find_root
from gauntlet.mechanisms.queueing import mmc


class MMCResponse(NamedTuple):
    """Outputs of `mmc_response`."""

    response_quantile_s: Floats


@primitive
def mmc_response(
    arrival_rate_per_s: NonNegative, service_time_s: Positive, servers: Steps, quantile: Probability
) -> MMCResponse:
    """M/M/c response time: P(R > t) = (1 - C) e^(-t/S) + C (d e^(-t/S) - e^(-d t)/S) / (d - 1/S), solved for t.

    Counts waiting behind one shared queue and service together: jobs come at rate lambda (`arrival_rate_per_s`) to c
    `servers` of mean service time S (`service_time_s`); C is Erlang's probability of waiting, d = c/S - lambda the rate
    at which a wait ends, and t the response time R that a share `quantile` stays below. Leaves out separate queues per
    server, which are slower.
    Domain: Poisson arrivals, exponential service, rho = lambda S / c < 1; saturated beyond.
    Source: Gross, Shortle, Thompson, Harris, Fundamentals of Queueing Theory, 4th ed. 2008, section 2.3 (waiting time
    of M/M/c plus own service).

    >>> round(float(mmc_response(500.0, 1e-3, 1, 0.5).response_quantile_s / np.log(2)), 6)
    0.002
    """
    stable = arrival_rate_per_s * service_time_s < servers
    rate = np.where(stable, arrival_rate_per_s, 0.0)
    prob_wait = mmc(rate, service_time_s, servers).prob_wait
    ending = servers - rate * service_time_s  # d in units of 1/S
    # A response beyond t needs a wait or a service beyond t/2 each at half the remaining probability: a safe upper end.
    half = (1 - quantile) / 2
    high = -np.log(half) + np.maximum(0.0, np.log(np.maximum(prob_wait, half) / half)) / ending
    found = find_root(lambda t: 1 - _survival(t, prob_wait, ending) - quantile, np.zeros_like(high), high)
    return MMCResponse(np.where(stable & (quantile < 1), found * service_time_s, np.inf))


def _survival(t: Floats, prob_wait: Floats, ending: Floats) -> Floats:
    """P(R > t) with t in units of the mean service time; the limit where both rates are equal."""
    apart = ending - 1
    near = np.abs(apart) < 1e-6
    waited = (np.exp(-t) - np.exp(-ending * t)) / np.where(near, 1.0, apart)
    return np.exp(-t) + prob_wait * np.where(near, t * (1 - apart * t / 2) * np.exp(-t), waited)
