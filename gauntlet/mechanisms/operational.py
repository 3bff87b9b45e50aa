"""Operational laws and scaling laws: arithmetic that holds whatever the distributions are."""

from typing import NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import AtLeastOne, Floats, NonNegative, Positive, Probability, primitive


class Residents(NamedTuple):
    """Outputs of `littles_law`."""

    mean_in_system: Floats


@primitive
def littles_law(throughput_per_s: NonNegative, residence_s: NonNegative) -> Residents:
    """Little's law: L = X W.

    Counts the mean number L of everything between the two points where arrivals and departures are seen, from the rate
    X (`throughput_per_s`) and the mean time W between them (`residence_s`); leaves out nothing.
    Domain: any stable system. Throughput x mean latency above the stated concurrency is impossible.
    Source: Little, Oper. Res. 9(3), 1961; Little and Graves, in Building Intuition, 2008, ch. 5.

    >>> round(float(littles_law(200e3, 320e-6).mean_in_system), 6)
    64.0
    """
    return Residents(throughput_per_s * residence_s)


class Measured(NamedTuple):
    """Outputs of `operational_laws`."""

    utilisation: Floats
    system_throughput_per_s: Floats
    visits: Floats
    service_time_s: Floats
    demand_s: Floats


@primitive
def operational_laws(
    busy_time_s: NonNegative, window_s: Positive, device_completions: Positive, system_completions: Positive
) -> Measured:
    """Utilisation, forced-flow and demand laws: U = B/T, X = C0/T, V = C/C0, S = B/C, D = V S = U/X.

    Counts one device that was busy for B (`busy_time_s`) in a window T (`window_s`) with C completions of its own
    (`device_completions`) and C0 of the system (`system_completions`): utilisation U, system throughput X, visits V,
    service time S and demand D. Leaves out warm-up and jobs still inside.
    Domain: measured quantities. A utilisation above 1 per server is impossible, and is returned as such.
    Source: Denning and Buzen, ACM Comp. Surveys 10(3), 1978.

    >>> round(float(operational_laws(30.0, 60.0, 15_000, 600).demand_s), 6)
    0.05
    """
    visits = device_completions / system_completions
    service_s = busy_time_s / device_completions
    return Measured(
        busy_time_s / window_s, system_completions / window_s, visits, service_s, busy_time_s / system_completions
    )


class Response(NamedTuple):
    """Outputs of `interactive_response_time`."""

    response_s: Floats


@primitive
def interactive_response_time(
    population: NonNegative, throughput_per_s: Positive, think_time_s: NonNegative
) -> Response:
    """Interactive response-time law: R = N / X - Z.

    Counts N clients (`population`) that wait R for an answer, think for Z (`think_time_s`), and ask again, X times per
    second together (`throughput_per_s`); leaves out clients that give up.
    Domain: closed system. A negative value means that the three numbers contradict one another.
    Source: Denning and Buzen, ACM Comp. Surveys 10(3), 1978; Lazowska et al., Quantitative System Performance, 1984,
    ch. 3.

    >>> round(float(interactive_response_time(500, 50.0, 5.0).response_s), 6)
    5.0
    """
    return Response(population / throughput_per_s - think_time_s)


class Speedup(NamedTuple):
    """Outputs of `amdahl` and `gustafson`."""

    speedup: Floats


@primitive
def amdahl(serial_fraction: Probability, processors: AtLeastOne) -> Speedup:
    """Amdahl's law: speed-up = 1 / (s + (1 - s) / n).

    Counts a part s of the work (`serial_fraction`) that stays serial on n `processors`; leaves out communication and
    uneven work, so real speed-ups are lower.
    Domain: fixed work, a parallel part that divides perfectly; ceiling 1/s.
    Source: Amdahl, AFIPS Spring Joint Computer Conf. 30, 1967.

    >>> round(float(amdahl(0.1, 9).speedup), 6)
    5.0
    """
    return Speedup(1 / (serial_fraction + (1 - serial_fraction) / processors))


@primitive
def gustafson(serial_fraction: Probability, processors: AtLeastOne) -> Speedup:
    """Gustafson-Barsis scaled speed-up: n + (1 - n) s.

    Counts work that grows with the n `processors` at fixed time, with the serial share s (`serial_fraction`) measured
    on the parallel run; leaves out communication.
    Domain: scaled problems.
    Source: Gustafson, Comm. ACM 31(5), 1988.

    >>> round(float(gustafson(0.004, 1024).speedup))
    1020
    """
    return Speedup(serial_fraction + (1 - serial_fraction) * processors)


class Scalability(NamedTuple):
    """Outputs of `usl`."""

    throughput_per_s: Floats
    peak_processors: Floats
    peak_throughput_per_s: Floats


@primitive
def usl(
    processors: AtLeastOne, contention: Probability, coherency: NonNegative, single_rate_per_s: NonNegative
) -> Scalability:
    """Universal scalability law: X(n) = g n / (1 + c (n - 1) + k n (n - 1)), peak at n = sqrt((1 - c) / k).

    Counts the throughput X of n `processors` of g jobs per second each (`single_rate_per_s`) that wait for shared parts
    (c, `contention`) and agree pairwise (k, `coherency`), which is fitted, not derived; leaves out everything else that
    grows with n. k = 0 is Amdahl, no peak.
    Domain: contention in [0, 1], coherency >= 0. The peak throughput is taken at one processor or more.
    Source: Gunther, CMG Conf. 1993; Gunther, Guerrilla Capacity Planning, 2007, ch. 4-6.

    >>> round(float(usl(8, 0.19, 0.01, 1.0).peak_processors), 6)
    9.0
    """

    def rate_per_s(n: Floats) -> Floats:
        pairs = np.where((n > 1) & (coherency > 0), coherency * (n - 1), 0.0)
        return single_rate_per_s / (1 / n + contention * (1 - 1 / n) + pairs)

    peak = np.where(coherency > 0, np.sqrt((1 - contention) / coherency), np.inf)
    ceiling_per_s = np.where(single_rate_per_s > 0, single_rate_per_s / contention, 0.0)
    return Scalability(
        rate_per_s(processors), peak, np.where(coherency > 0, rate_per_s(np.maximum(peak, 1.0)), ceiling_per_s)
    )
