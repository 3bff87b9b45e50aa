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
    idle_share,
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

    Counts waiting R - S and service at one server: jobs come at rate lambda (`arrival_rate_per_s`) and take a mean time
    S (`service_time_s`); rho is the utilisation, R the response time, L the mean number in the system, and R_q the
    response that a share q (`quantile`) of the jobs stays below. Leaves out finite buffers, bursts and priorities.
    Domain: Poisson arrivals, exponential service, infinite room, rho < 1; saturated beyond.
    Source: Kleinrock, Queueing Systems I, 1975, section 3.2; Harchol-Balter, Performance Modeling and Design of
    Computer Systems, 2013, ch. 13.

    >>> round(float(mm1(500.0, 1e-3).mean_response_s), 6)
    0.002
    """
    rho = arrival_rate_per_s * service_time_s
    idle = idle_share(rho)
    response_s = service_time_s / idle
    return MM1(
        utilisation=rho,
        mean_wait_s=rho * response_s,
        mean_response_s=response_s,
        mean_in_system=rho / idle,
        response_quantile_s=saturating(_product(response_s, -np.log1p(-quantile)), rho),
    )


def _product(first: Floats, second: Floats) -> Floats:
    """Product of numbers of at least 0, and 0 where one of them is 0 and the other infinite."""
    return np.fmax(first * second, 0.0)  # of NaN and 0, 0


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
    """M/M/c, Erlang C: C = B / (1 - rho + rho B), W = C / d, R = W + S, w_q = max(0, ln(C / (1 - q)) / d).

    Counts waiting for any of c `servers` behind one shared queue: jobs come at rate lambda (`arrival_rate_per_s`) and
    take a mean time S (`service_time_s`), rho = lambda S / c; B is Erlang's blocking probability (`mmcc_erlang_b`), C
    the probability of waiting, d = c / S - lambda the rate at which a wait ends, W the wait, R the response, and w_q
    the wait that a share q (`quantile`) stays below. Leaves out separate queues per server, which are slower.
    Domain: Poisson arrivals, exponential service, rho < 1; saturated beyond.
    Source: Erlang, Elektroteknikeren 13, 1917; Gross, Shortle, Thompson, Harris, Fundamentals of Queueing Theory, 4th
    ed. 2008, section 2.3.

    >>> round(float(mmc(1.0, 1.0, 2).prob_wait), 6)
    0.333333
    """
    load = arrival_rate_per_s * service_time_s
    prob_wait, wait_s = _erlang_c(load, service_time_s, servers)
    spare_per_s = servers / service_time_s - arrival_rate_per_s
    tail_s = np.fmax(np.log(prob_wait / (1 - quantile)) / spare_per_s, 0.0)  # no NaN where nobody waits
    return MMC(prob_wait, wait_s, wait_s + service_time_s, saturating(tail_s, load / servers))


def _erlang_c(load: Floats, service_time_s: Floats, servers: Floats) -> tuple[Floats, Floats]:
    """Probability and mean of the wait, C = c / (a + (c - a) / B) at a load of a Erlang; 1 and infinite from c on."""
    idle = np.fmax(servers - load, 0.0)
    prob_wait = np.where(idle > 0, servers / (load + idle / erlang_b(load, servers)), 1.0)
    return prob_wait, prob_wait * (service_time_s / idle)


class MM1K(NamedTuple):
    """Outputs of `mm1k`."""

    blocking_prob: Floats
    throughput_per_s: Floats
    mean_response_s: Floats


@primitive
def mm1k(arrival_rate_per_s: NonNegative, service_time_s: Positive, capacity: Count) -> MM1K:
    """M/M/1/K: pi_n = rho^n / sum rho^i for n <= K, blocking = pi_K, X = lambda (1 - pi_K), R = sum n pi_n / X.

    Counts a bounded queue that turns the rest away: pi_n is the probability of n jobs out of at most K (`capacity`, the
    one in service included), rho = lambda S with arrivals lambda (`arrival_rate_per_s`) and mean service time S
    (`service_time_s`), X the throughput and R the response of accepted jobs. Leaves out retries by the sender.
    Domain: Poisson arrivals, exponential service, any rho.
    Source: Gross, Shortle, Thompson, Harris, Fundamentals of Queueing Theory, 4th ed. 2008, section 2.5.

    >>> round(float(mm1k(100.0, 0.01, 9).blocking_prob), 6)
    0.1
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
    """M/G/1, Pollaczek-Khinchine: rho = lambda S, W = rho S (1 + scv) / (2 (1 - rho)), R = W + S.

    Counts the wait W behind jobs of any size law, and the response R, without preemption: jobs come at rate lambda
    (`arrival_rate_per_s`) and take a mean time S (`mean_service_s`) with scv = variance / mean squared (`service_scv`).
    Leaves out bursts in the arrivals.
    Domain: Poisson arrivals, rho < 1; saturated beyond. An infinite scv (Pareto with alpha <= 2) gives an infinite
    wait.
    Source: Pollaczek, Math. Zeitschrift 32, 1930; Khinchine, Mat. Sbornik 39(4), 1932; Kleinrock, Queueing Systems I,
    1975, ch. 5.

    >>> round(float(mg1_pk(0.8, 1.0, 0.0).mean_wait_s), 6)
    2.0
    """
    wait_s = _variability_wait(arrival_rate_per_s, mean_service_s, (1 + service_scv) / 2)
    return WaitAndResponse(wait_s, wait_s + mean_service_s)


@primitive
def gg1_kingman(
    arrival_rate_per_s: NonNegative, mean_service_s: NonNegative, arrival_scv: NonNegative, service_scv: NonNegative
) -> Wait:
    """G/G/1, Kingman's approximation: rho = lambda S, W = rho / (1 - rho) (c_a + c_s) / 2 S.

    Counts the variability of arrivals and of service: lambda is `arrival_rate_per_s`, S `mean_service_s`, c_a and c_s
    are variance / mean squared of the gaps between arrivals (`arrival_scv`) and of service (`service_scv`), W is the
    mean wait. Leaves out correlation between arrivals.
    Domain: renewal arrivals, rho < 1, saturated beyond; exact for M/G/1 and as rho tends to 1, within about a tenth
    from rho = 0.7 on. Below, unless arrival_scv = 1, a ValidityWarning: far too high for arrival_scv < 1 (twice at
    rho = 0.5 if both scv are 0.25), too high or too low by a third above.
    Source: Kingman, Proc. Cambridge Phil. Soc. 57(4), 1961; Hopp and Spearman, Factory Physics, 2nd ed. 2000, ch. 8
    (VUT equation).

    >>> round(float(gg1_kingman(0.9, 1.0, 0.5, 0.5).mean_wait_s), 6)
    4.5
    """
    outside_validity(
        (arrival_scv != 1) & (arrival_rate_per_s * mean_service_s < 0.7),
        "gg1_kingman: arrival_scv other than 1 at utilisation below 0.7; the wait is too long for less than 1.",
    )
    return Wait(_variability_wait(arrival_rate_per_s, mean_service_s, (arrival_scv + service_scv) / 2))


def _variability_wait(arrival_rate_per_s: Floats, mean_service_s: Floats, variability: Floats) -> Floats:
    rho = arrival_rate_per_s * mean_service_s
    return saturating(_product(rho * mean_service_s / (1 - rho), variability), rho)


@primitive
def ggc_allen_cunneen(
    arrival_rate_per_s: NonNegative,
    mean_service_s: Positive,
    servers: Steps,
    arrival_scv: NonNegative,
    service_scv: NonNegative,
) -> Wait:
    """G/G/c, Allen-Cunneen approximation: W = (c_a + c_s) / 2 times the mean wait of M/M/c.

    Counts several `servers` behind one queue with variable arrivals and service: W is the wait of `mmc` at arrivals
    `arrival_rate_per_s` (lambda) of mean service time `mean_service_s` (S), scaled by c_a and c_s, variance / mean
    squared of the gaps between arrivals (`arrival_scv`) and of service (`service_scv`). Leaves out correlation.
    Domain: rho = lambda S / servers < 1, saturated beyond; exact for M/M/c and M/G/1, within about 10 % where at least
    half of the jobs wait. Elsewhere, and above service_scv = 4, a ValidityWarning: with 16 servers at rho = 0.7 from
    half to three times.
    Source: Allen, Probability, Statistics and Queueing Theory, 2nd ed. 1990, section 5.3; Bolch, Greiner, de Meer,
    Trivedi, Queueing Networks and Markov Chains, 2nd ed. 2006, section 6.3.6.

    >>> round(float(ggc_allen_cunneen(1.0, 1.0, 2, 1.0, 0.0).mean_wait_s), 6)
    0.166667
    """
    outside_validity(service_scv > 4, "ggc_allen_cunneen: service_scv above 4, where the approximation is untested.")
    load = arrival_rate_per_s * mean_service_s
    prob_wait, wait_s = _erlang_c(load, mean_service_s, servers)
    exact = (arrival_scv == 1) & ((service_scv == 1) | (servers == 1))
    outside_validity(
        (prob_wait < 0.5) & ~exact, "ggc_allen_cunneen: fewer than half of the jobs wait, where it may be far off."
    )
    return Wait(saturating(_product(wait_s, (arrival_scv + service_scv) / 2), load / servers))


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

    Counts a server that gives every job an equal share (time slices, flows on a link): rho = lambda S with arrivals
    lambda (`arrival_rate_per_s`) and mean service time S (`mean_service_s`); x is the size of the job asked about
    (`job_service_s`) and R(x) its response, R that of the mean job. Leaves out the cost of switching.
    Domain: Poisson arrivals, any service law, rho < 1; saturated beyond.
    Source: Kleinrock, Queueing Systems II, 1976, section 4.4; Harchol-Balter, Performance Modeling and Design of
    Computer Systems, 2013, ch. 30.

    >>> round(float(mg1_ps(0.8, 1.0, 2.0).conditional_response_s), 6)
    10.0
    """
    rho = arrival_rate_per_s * mean_service_s
    slowdown = 1 / idle_share(rho)
    return ProcessorSharing(mean_service_s * slowdown, saturating(job_service_s * slowdown, rho), slowdown)


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

    Counts N clients (`population`) that think for Z (`think_time_s`) and then share c `servers` for a mean time S
    (`service_time_s`), such as threads at a lock (c = 1); it never saturates. pi_n is the probability that n of them
    are at the servers (product over i from 1 to n), L the mean of n, X the throughput, R the response. Leaves out work
    that arrives from elsewhere.
    Domain: closed population, exponential service, any think law.
    Source: Scherr, An Analysis of Time-Shared Computer Systems, 1967; Gross, Shortle, Thompson, Harris, Fundamentals of
    Queueing Theory, 4th ed. 2008, section 2.8.

    >>> round(float(finite_source_mmc(2, 1.0, 1.0, 1).throughput_per_s), 6)
    0.8
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

    Counts jobs that arrive together and queue behind one another: bursts come at rate lambda (`batch_rate_per_s`), hold
    E[X] jobs in the mean (`mean_batch`) and E[X^2] in the mean square (`batch_second_moment`), each of mean service
    time S (`service_time_s`); X = 1 is M/M/1, R the response. Leaves out correlated bursts.
    Domain: Poisson bursts of independent size, exponential service, rho < 1; saturated beyond.
    Source: Gross, Shortle, Thompson, Harris, Fundamentals of Queueing Theory, 4th ed. 2008, section 3.1.

    >>> round(float(mxm1_batch_arrivals(0.16, 5.0, 25.0, 1.0).mean_response_s), 6)
    15.0
    """
    rho = batch_rate_per_s * mean_batch * service_time_s
    behind = (mean_batch + batch_second_moment) / (2 * mean_batch)
    return Bursts(rho, saturating(behind * service_time_s / (1 - rho), rho))


class Blocking(NamedTuple):
    """Outputs of `mmcc_erlang_b`."""

    blocking_prob: Floats


@primitive
def mmcc_erlang_b(offered_load_erlang: NonNegative, servers: Steps) -> Blocking:
    """M/G/c/c loss, Erlang B: B_0 = 1, B_k = a B_(k-1) / (k + a B_(k-1)), blocking B_c.

    Counts requests turned away when all c `servers` are busy, at an offered load a (`offered_load_erlang`) of arrivals
    per second times mean service time; B_k is the blocking of k of them. Leaves out retries.
    Domain: Poisson arrivals, any service law, any load.
    Source: Erlang, Elektroteknikeren 13, 1917; Jagerman, Bell Syst. Tech. J. 53(3), 1974.

    >>> round(float(mmcc_erlang_b(1.0, 2).blocking_prob), 6)
    0.2
    """
    return Blocking(erlang_b(offered_load_erlang, servers))
