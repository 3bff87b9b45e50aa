"""One request, many parts: fan-out, fork-join, barriers, and unequal replicas."""

from typing import Annotated, NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import (
    LARGEST,
    MEDIAN,
    Count,
    Floats,
    Listed,
    NonNegative,
    Positive,
    Probability,
    Scalar,
    outside_validity,
    primitive,
    require,
    saturating,
)
from gauntlet.mechanisms._numerics import sum_over_ranks
from gauntlet.mechanisms.latencies import LEVELS, Exponential, mean_from_survival

ListOfMeans = Annotated[Floats, Listed(Scalar(0.0, LARGEST, above=True))]


class FanOut(NamedTuple):
    """Outputs of `tail_at_scale`."""

    any_slow_probability: Floats
    leaf_quantile_needed: Floats


@primitive
def tail_at_scale(slow_probability: Probability, fanout: Count, quantile: Probability = MEDIAN) -> FanOut:
    """Fan-out to n leaves: P(any slow) = 1 - (1 - p)^n; each leaf must meet quantile q^(1/n).

    Counts a request that waits for all n leaves (`fanout`), each slow with probability p (`slow_probability`); for the
    request to be fast with probability q (`quantile`) a leaf must be so with q^(1/n). Leaves out partial answers.
    Domain: independent leaves.
    Source: Dean and Barroso, Comm. ACM 56(2), 2013.

    >>> round(float(tail_at_scale(0.01, 100).any_slow_probability), 2)
    0.63
    """
    any_slow = np.where(slow_probability < 1, -np.expm1(fanout * np.log1p(-slow_probability)), 1.0)
    return FanOut(any_slow, quantile ** (1 / fanout))


class ForkJoin(NamedTuple):
    """Outputs of `fork_join`."""

    mean_response_s: Floats


@primitive
def fork_join(n: Count, arrival_rate_per_s: NonNegative, service_time_s: NonNegative) -> ForkJoin:
    """Fork-join of n M/M/1 queues: R_2 = (12 - rho)/8 R_1, R_n = (H_n/H_2 + 4/11 (1 - H_n/H_2) rho) R_2.

    Counts a job split into `n` tasks, each queued at its own server, and the wait R_n for the last: rho = lambda S with
    jobs at rate lambda (`arrival_rate_per_s`) and tasks of mean time S (`service_time_s`), R_1 = S / (1 - rho) the
    response of `mm1`, H_n = 1 + 1/2 + ... + 1/n. Leaves out a master's own work.
    Domain: Poisson jobs, exponential tasks, rho < 1, saturated beyond; exact for n <= 2, an approximation within about
    5 % up to n = 32, a ValidityWarning above.
    Source: Nelson and Tantawi, IEEE Trans. Comput. 37(6), 1988; Flatto and Hahn, SIAM J. Appl. Math. 44(5), 1984.

    >>> round(float(fork_join(2, 50.0, 0.01).mean_response_s), 6)
    0.02875
    """
    outside_validity(n > 32, "fork_join: n above 32, where the approximation was not tested by its authors.")
    rho = arrival_rate_per_s * service_time_s
    single_s = service_time_s / (1 - rho)
    growth = sum_over_ranks(lambda rank: 1 / rank, n) / 1.5
    pair_s = (12 - rho) / 8 * single_s
    return ForkJoin(saturating(np.where(n == 1, single_s, (growth + 4 / 11 * (1 - growth) * rho) * pair_s), rho))


class SplitMerge(NamedTuple):
    """Outputs of `split_merge`."""

    mean_response_s: Floats
    max_throughput_per_s: Floats


@primitive
def split_merge(n: Count, arrival_rate_per_s: NonNegative, service_time_s: Positive) -> SplitMerge:
    """Split-merge: M/G/1 whose service is the slowest of n tasks, E = S H_n, E2 = S^2 (H_n^2 + H_n^(2)).

    Counts a barrier per job: the next job starts when all `n` tasks have ended. R = E + lambda E2 / (2 (1 - lambda E))
    at most 1 / E times per second, with jobs at rate lambda (`arrival_rate_per_s`), tasks of mean time S
    (`service_time_s`), H_n = 1 + 1/2 + ... + 1/n and H_n^(2) = 1 + 1/4 + ... + 1/n^2; E and E2 are the first two
    moments of the slowest task. Leaves out work between barriers.
    Domain: Poisson jobs, exponential tasks, lambda S H_n < 1; saturated beyond.
    Source: Harrison and Zertal, TOOLS 2003, LNCS 2794; David and Nagaraja, Order Statistics, 3rd ed. 2003.

    >>> round(float(split_merge(2, 0.4, 1.0).mean_response_s), 6)
    3.25
    """
    harmonic = sum_over_ranks(lambda rank: 1 / rank, n)
    squares = sum_over_ranks(lambda rank: 1 / rank**2, n)
    slowest_s = service_time_s * harmonic
    second_s2 = service_time_s**2 * (harmonic**2 + squares)
    rho = arrival_rate_per_s * slowest_s
    return SplitMerge(saturating(slowest_s + arrival_rate_per_s * second_s2 / (2 * (1 - rho)), rho), 1 / slowest_s)


class KthMean(NamedTuple):
    """Outputs of `kofn_heterogeneous_exponential`."""

    mean_s: Floats


@primitive
def kofn_heterogeneous_exponential(means_s: ListOfMeans, k: Count) -> KthMean:
    """k-th fastest of unequal exponentials: E = int P(fewer than k of n have come by t) dt, Poisson-binomial.

    Counts replicas near and far, n of them with mean times `means_s`: E is the mean time of the k-th answer (`k`).
    Leaves out what the replicas have in common.
    Domain: independent exponentials, k <= n.
    Source: David and Nagaraja, Order Statistics, 3rd ed. 2003, section 5.2.

    >>> round(float(kofn_heterogeneous_exponential([1.0, 2.0], 1).mean_s), 6)
    0.666667
    """
    n = len(means_s)
    require(k <= n, f"kofn_heterogeneous_exponential: k = {{}} is above the {n} means_s; expected k <= n.", k)

    def survival(time_s: Floats) -> Floats:
        come = [np.ones(()), *(np.zeros(()) for _ in range(n))]  # come[j]: chance that j have come
        for mean_s in means_s:
            late = np.exp(-time_s / mean_s)
            come = [late * come[0], *(late * come[j] + (1 - late) * come[j - 1] for j in range(1, n + 1))]
        total: Floats = np.zeros(())
        for j, chance in enumerate(come):
            total = total + np.where(j < k, chance, 0.0)
        return total

    ends = [Exponential(means_s.min(axis=0)), Exponential(means_s.max(axis=0))]
    return KthMean(mean_from_survival(survival, [end.inverse_survival(level) for end in ends for level in LEVELS]))
