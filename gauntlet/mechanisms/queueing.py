"""Open queues and the machine repairman: what waiting costs.

Notation of the equations: lambda arrivals per second, S mean service time, rho = lambda S / servers, scv = variance /
mean squared. An open queue at rho >= 1 is saturated: its delays are infinite.
"""

from typing import NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import (
    MEDIAN,
    Count,
    Floats,
    NonNegative,
    Positive,
    Probability,
    Steps,
    outside_validity,
    primitive,
    saturating,
)
from gauntlet.mechanisms._numerics import erlang_b


class MM1(NamedTuple):
    """Outputs of `mm1`."""

    utilisation: Floats
    mean_wait_s: Floats
    mean_response_s: Floats
    mean_in_system: Floats
    response_quantile_s: Floats


@primitive
def mm1(arrival_rate_per_s: NonNegative, service_time_s: NonNegative, quantile: Probability = MEDIAN) -> MM1:
    """M/M/1, first come first served: rho = lambda S, R = S / (1 - rho), L = rho / (1 - rho), R_q = -R ln(1 - q).

    Counts waiting and service at one server; leaves out finite buffers, bursts and priorities.
    Domain: Poisson arrivals, exponential service, infinite room, rho < 1; saturated beyond.
    Source: Kleinrock, Queueing Systems I, 1975, section 3.2.
    """
    rho = arrival_rate_per_s * service_time_s
    response_s = saturating(service_time_s / (1 - rho), rho)
    return MM1(
        utilisation=rho,
        mean_wait_s=saturating(rho * service_time_s / (1 - rho), rho),
        mean_response_s=response_s,
        mean_in_system=saturating(rho / (1 - rho), rho),
        response_quantile_s=saturating(_product(response_s, -np.log1p(-quantile)), rho),
    )


def _product(first: Floats, second: Floats) -> Floats:
    """Product of numbers of at least 0, and 0 where one of them is 0 and the other infinite."""
    return np.where((first > 0) & (second > 0), first * second, 0.0)


class MMC(NamedTuple):
    """Outputs of `mmc`."""

    prob_wait: Floats
    mean_wait_s: Floats
    mean_response_s: Floats
    wait_quantile_s: Floats


@primitive
def mmc(
    arrival_rate_per_s: NonNegative,
    service_time_s: Positive,
    servers: Steps,
    quantile: Probability = MEDIAN,
) -> MMC:
    """M/M/c, Erlang C: C = B / (1 - rho + rho B), W = C / d, w_q = max(0, ln(C / (1 - q)) / d).

    Counts waiting for any of c servers behind one shared queue; leaves out separate queues per server, which are
    slower. d = c/S - lambda; B is Erlang's blocking probability by recursion.
    Domain: Poisson arrivals, exponential service, rho < 1; saturated beyond.
    Source: Erlang, 1917; Gross and Harris, Fundamentals of Queueing Theory, section 2.3.
    """
    load = arrival_rate_per_s * service_time_s
    rho = load / servers
    blocking = erlang_b(load, servers)
    prob_wait = np.where(rho < 1, blocking / (1 - rho + rho * blocking), 1.0)
    spare_per_s = servers / service_time_s - arrival_rate_per_s
    wait_s = saturating(prob_wait / spare_per_s, rho)
    longer = np.where(prob_wait > 0, prob_wait / (1 - quantile), 0.0)
    tail = np.maximum(0.0, np.log(longer) / spare_per_s)
    return MMC(prob_wait, wait_s, wait_s + service_time_s, saturating(tail, rho))


class MM1K(NamedTuple):
    """Outputs of `mm1k`."""

    blocking_prob: Floats
    throughput_per_s: Floats
    mean_response_s: Floats


@primitive
def mm1k(arrival_rate_per_s: NonNegative, service_time_s: Positive, capacity: Count) -> MM1K:
    """M/M/1/K: pi_n = rho^n / sum rho^i for n <= K, blocking = pi_K, X = lambda (1 - pi_K), R = sum n pi_n / X.

    Counts a bounded queue (jobs in service included) that turns the rest away; the response is that of accepted jobs.
    Leaves out retries by the sender.
    Domain: Poisson arrivals, exponential service, any rho.
    Source: Gross and Harris, Fundamentals of Queueing Theory, section 2.4.
    """
    log_rho = np.log(arrival_rate_per_s * service_time_s)
    blocking = _top_state(log_rho, capacity)
    idle = _top_state(-log_rho, capacity)
    throughput_per_s = np.where(log_rho < 0, arrival_rate_per_s * (1 - blocking), (1 - idle) / service_time_s)
    response_s = _mean_state(log_rho, capacity) / throughput_per_s
    return MM1K(blocking, throughput_per_s, np.where(arrival_rate_per_s > 0, response_s, service_time_s))


def _top_state(log_rho: Floats, capacity: Floats) -> Floats:
    """Probability of state K where state n weighs rho^n; written so that neither rho = 1 nor rho^K overflows."""
    rising = np.expm1(-log_rho) / np.expm1(-(capacity + 1) * log_rho)
    falling = np.exp(capacity * log_rho) * np.expm1(log_rho) / np.expm1((capacity + 1) * log_rho)
    return np.where(log_rho == 0, 1 / (capacity + 1), np.where(log_rho > 0, rising, falling))


def _mean_state(log_rho: Floats, capacity: Floats) -> Floats:
    """Mean of n where n in 0..K weighs rho^n; near rho = 1 the difference of poles is replaced by its series."""
    poles = 1 / np.expm1(-log_rho) - (capacity + 1) / np.expm1(-(capacity + 1) * log_rho)
    series = capacity / 2 + capacity * (capacity + 2) * log_rho / 12
    return np.where(np.abs(log_rho) * (capacity + 1) < 1e-3, series, poles)


class Wait(NamedTuple):
    """Outputs of the approximations that give a mean wait alone."""

    mean_wait_s: Floats


class WaitAndResponse(NamedTuple):
    """Outputs of `mg1_pk`."""

    mean_wait_s: Floats
    mean_response_s: Floats


@primitive
def mg1_pk(arrival_rate_per_s: NonNegative, mean_service_s: NonNegative, service_scv: NonNegative) -> WaitAndResponse:
    """M/G/1, Pollaczek-Khinchine: W = rho S (1 + scv) / (2 (1 - rho)).

    Counts waiting behind jobs of any size law, without preemption; leaves out bursts in the arrivals.
    Domain: Poisson arrivals, rho < 1; saturated beyond. An infinite scv (Pareto with alpha <= 2) gives an infinite
    wait.
    Source: Pollaczek, 1930; Khinchine, 1932; Kleinrock, Queueing Systems I, section 5.6.
    """
    wait_s = _variability_wait(arrival_rate_per_s, mean_service_s, (1 + service_scv) / 2)
    return WaitAndResponse(wait_s, wait_s + mean_service_s)


@primitive
def gg1_kingman(
    arrival_rate_per_s: NonNegative, mean_service_s: NonNegative, arrival_scv: NonNegative, service_scv: NonNegative
) -> Wait:
    """G/G/1, Kingman's approximation: W = rho / (1 - rho) (arrival_scv + service_scv) / 2 S.

    Counts the variability of arrivals and of service; leaves out correlation between arrivals.
    Domain: renewal arrivals, rho < 1, saturated beyond; exact for M/G/1 and as rho tends to 1. Too high for
    arrival_scv < 1 at low rho: below rho = 0.5 a ValidityWarning says so.
    Source: Kingman, Proc. Cambridge Phil. Soc. 57, 1961; Hopp and Spearman, Factory Physics (VUT equation).
    """
    outside_validity(
        (arrival_scv < 1) & (arrival_rate_per_s * mean_service_s < 0.5),
        "gg1_kingman: arrival_scv below 1 at utilisation below 0.5, where the approximation gives too long a wait.",
    )
    return Wait(_variability_wait(arrival_rate_per_s, mean_service_s, (arrival_scv + service_scv) / 2))


def _variability_wait(arrival_rate_per_s: Floats, mean_service_s: Floats, variability: Floats) -> Floats:
    rho = arrival_rate_per_s * mean_service_s
    return saturating(np.where(rho > 0, rho * mean_service_s / (1 - rho) * variability, 0.0), rho)


@primitive
def ggc_allen_cunneen(
    arrival_rate_per_s: NonNegative,
    mean_service_s: Positive,
    servers: Steps,
    arrival_scv: NonNegative,
    service_scv: NonNegative,
) -> Wait:
    """G/G/c, Allen-Cunneen approximation: W = W of M/M/c times (arrival_scv + service_scv) / 2.

    Counts several servers behind one queue with variable arrivals and service; leaves out correlation.
    Domain: rho < 1, saturated beyond; exact for M/M/c and M/G/1, within about 10 % for service_scv <= 4 at rho >
    0.7; a ValidityWarning above service_scv = 4.
    Source: Allen, Probability, Statistics and Queueing Theory, 2nd ed. 1990, section 5.3.
    """
    outside_validity(service_scv > 4, "ggc_allen_cunneen: service_scv above 4, where the approximation is untested.")
    wait_s = mmc(arrival_rate_per_s, mean_service_s, servers).mean_wait_s
    return Wait(np.where(np.isinf(wait_s), np.inf, wait_s * (arrival_scv + service_scv) / 2))


class ProcessorSharing(NamedTuple):
    """Outputs of `mg1_ps`."""

    mean_response_s: Floats
    conditional_response_s: Floats
    mean_slowdown: Floats


@primitive
def mg1_ps(
    arrival_rate_per_s: NonNegative, mean_service_s: NonNegative, job_service_s: NonNegative
) -> ProcessorSharing:
    """M/G/1 with processor sharing: R(x) = x / (1 - rho), R = S / (1 - rho), slowdown 1 / (1 - rho).

    Counts a server that gives every job an equal share (time slices, flows on a link); `job_service_s` is the size of
    the job asked about. Leaves out the cost of switching.
    Domain: Poisson arrivals, any service law, rho < 1; saturated beyond.
    Source: Kleinrock, Queueing Systems II, 1976, section 4.4.
    """
    rho = arrival_rate_per_s * mean_service_s
    slowdown = saturating(1 / (1 - rho), rho)
    return ProcessorSharing(
        saturating(mean_service_s / (1 - rho), rho), saturating(job_service_s / (1 - rho), rho), slowdown
    )


class FiniteSource(NamedTuple):
    """Outputs of `finite_source_mmc`."""

    throughput_per_s: Floats
    mean_response_s: Floats
    server_utilisation: Floats


_LARGEST_RATIO = 1e290  # times 10^5 servers and 10^5 jobs it still is a number


@primitive
def finite_source_mmc(
    population: Steps, think_time_s: NonNegative, service_time_s: Positive, servers: Count
) -> FiniteSource:
    """M/M/c//N, machine repairman: pi_n ~ prod (N - i + 1) S / (Z min(i, c)), X = sum pi_n min(n, c) / S, R = L / X.

    Counts N clients that think for Z and then share c servers, such as threads at a lock (c = 1); never saturates.
    Leaves out work that arrives from elsewhere.
    Domain: closed population, exponential service, any think law.
    Source: Scherr, 1967; Gross and Harris, section 2.7; Lazowska et al., Quantitative System Performance, 1984,
    ch. 5.
    """
    shape = np.broadcast_shapes(*(np.shape(a) for a in (population, think_time_s, service_time_s, servers)))
    ratio = np.minimum(think_time_s / service_time_s, _LARGEST_RATIO)
    weight = np.ones(shape)
    jobs, busy = weight * population, weight * np.minimum(population, servers)
    # From all N at the servers downwards, so that Z = 0 needs no special case; weights sum to 1 at every step.
    for below in range(int(np.max(population, initial=0))):
        n = np.maximum(population - below, 0)
        weight = weight * (ratio * np.minimum(n, servers) / (below + 1))
        state = np.maximum(n - 1, 0)
        total, jobs, busy = 1 + weight, jobs + weight * state, busy + weight * np.minimum(state, servers)
        weight, jobs, busy = weight / total, jobs / total, busy / total
    throughput_per_s = busy / service_time_s
    return FiniteSource(throughput_per_s, jobs / throughput_per_s, busy / servers)


class Bursts(NamedTuple):
    """Outputs of `mxm1_batch_arrivals`."""

    utilisation: Floats
    mean_response_s: Floats


@primitive
def mxm1_batch_arrivals(
    batch_rate_per_s: NonNegative, mean_batch: Positive, batch_second_moment: Positive, service_time_s: NonNegative
) -> Bursts:
    """M^[X]/M/1, arrivals in bursts of X: rho = lambda E[X] S, R = (E[X] + E[X^2]) / (2 E[X]) S / (1 - rho).

    Counts jobs that arrive together and queue behind one another; X = 1 is M/M/1. Leaves out correlated bursts.
    Domain: Poisson bursts of independent size, exponential service, rho < 1; saturated beyond.
    Source: Gross and Harris, Fundamentals of Queueing Theory, section 3.1.
    """
    rho = batch_rate_per_s * mean_batch * service_time_s
    behind = (mean_batch + batch_second_moment) / (2 * mean_batch)
    return Bursts(rho, saturating(behind * service_time_s / (1 - rho), rho))


class Blocking(NamedTuple):
    """Outputs of `mmcc_erlang_b`."""

    blocking_prob: Floats


@primitive
def mmcc_erlang_b(offered_load_erlang: NonNegative, servers: Steps) -> Blocking:
    """M/G/c/c loss, Erlang B: B_0 = 1, B_k = a B_{k-1} / (k + a B_{k-1}).

    Counts requests turned away when all servers are busy; leaves out retries.
    Domain: Poisson arrivals, any service law, any load.
    Source: Erlang, 1917; Jagerman, Bell Syst. Tech. J. 53, 1974.
    """
    return Blocking(erlang_b(offered_load_erlang, servers))
