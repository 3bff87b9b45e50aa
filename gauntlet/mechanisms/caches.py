"""Caches and filters: what is found near, and what is not."""

from typing import Annotated, NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import (
    LARGEST,
    Count,
    Flag,
    Floats,
    Listed,
    ListOfTimes,
    NonNegative,
    Positive,
    Probability,
    Scalar,
    outside_validity,
    primitive,
    require,
)
from gauntlet.mechanisms._numerics import find_root, sum_over_ranks
from gauntlet.mechanisms.locking import Skew, zipf_weight

ListOfRates = Annotated[Floats, Listed(Scalar(0.0, 1.0))]
Room = Annotated[Floats, Scalar(1.0, LARGEST)]


class AccessTime(NamedTuple):
    """Outputs of `amat`."""

    amat_s: Floats


@primitive
def amat(hit_times_s: ListOfTimes, miss_rates: ListOfRates, memory_s: NonNegative) -> AccessTime:
    """Average memory access time: T_i = h_i + m_i T_(i+1), beyond the last level the memory.

    Counts a serial look-up through the levels with hit times h_i (`hit_times_s`) and local miss rates m_i
    (`miss_rates`), and the memory behind them (`memory_s`); T_i is the mean time from level i on, T_1 that of an
    access. Leaves out overlap (memory-level parallelism).
    Domain: one access at a time; lists start at the first level.
    Source: Hennessy and Patterson, Computer Architecture, 6th ed. 2017, sections B.2 and B.3.

    >>> round(float(amat([1.0, 10.0], [0.04, 0.5], 200.0).amat_s), 6)
    5.4
    """
    require(
        len(hit_times_s) == len(miss_rates),
        f"amat: {len(hit_times_s)} hit_times_s and {len(miss_rates)} miss_rates; expected one of each per level.",
    )
    below_s = memory_s
    for hit_s, miss in zip(hit_times_s[::-1], miss_rates[::-1], strict=True):
        below_s = hit_s + np.fmax(miss * below_s, 0.0)  # what is never reached costs nothing, even if infinite
    return AccessTime(below_s)


class CacheHits(NamedTuple):
    """Outputs of `che_lru_zipf`."""

    hit_ratio: Floats
    characteristic_time: Floats


@primitive
def che_lru_zipf(items: Count, theta: Skew, capacity: Room) -> CacheHits:
    """LRU under Zipf, Che's approximation: sum (1 - exp(-p_i T)) = C gives T; hit ratio sum p_i (1 - exp(-p_i T)).

    Counts recency with room for C objects (`capacity`) of equal size out of `items`, each requested with the
    probability p_i ~ i^-`theta`; T is counted in requests. Leaves out scans and temporal locality.
    Domain: independent references; within 1 % from ten objects on, a ValidityWarning below (up to 8 % too low). A cache
    of all items hits always, T infinite.
    Source: Che, Tung, Wang, IEEE J. Sel. Areas Commun. 20(7), 2002; Fagin, J. Comput. Syst. Sci. 14(2), 1977; Fricker,
    Robert, Roberts, ITC 2012.

    >>> round(float(che_lru_zipf(1000, 0.0, 250).hit_ratio), 6)
    0.25
    """
    weight = zipf_weight(items, theta)
    fits = capacity >= items
    outside_validity((capacity < 10) & ~fits, "che_lru_zipf: room for fewer than ten objects, where it is too low.")

    def requested(rank: Floats) -> Floats:
        return rank**-theta / weight

    def last_kept(age: Floats) -> Floats:
        return (age / weight) ** (1 / theta)

    def filled(age: Floats) -> Floats:
        return sum_over_ranks(lambda rank: -np.expm1(-requested(rank) * age), items, last_kept(age))

    def hits(age: Floats) -> Floats:
        return sum_over_ranks(lambda rank: -requested(rank) * np.expm1(-requested(rank) * age), items, last_kept(age))

    # At T = C no more than C are filled; at ln(C + 1) / p_(C+1), each of the hottest C + 1 is with C/(C + 1) or more.
    low = np.log(capacity)
    high = np.log(np.log1p(capacity)) + theta * np.log1p(capacity) + np.log(weight)
    age = np.exp(find_root(lambda log_age: filled(np.exp(log_age)) - capacity, low, high))
    return CacheHits(np.where(fits, 1.0, hits(age)), np.where(fits, np.inf, age))


class FalsePositives(NamedTuple):
    """Outputs of `bloom_filter`."""

    false_positive: Floats
    optimal_hashes: Floats


@primitive
def bloom_filter(bits: Count, items: Count, hashes: Count) -> FalsePositives:
    """Bloom filter: false positives (1 - (1 - 1/m)^(k n))^k, fewest at k = m/n ln 2.

    Counts k independent uniform hashes (`hashes`) of n `items` into m `bits`; leaves out blocked and counting variants.
    Domain: an approximation (bits taken as independent), slightly too low for small m: a ValidityWarning below 1000
    bits.
    Source: Bloom, Comm. ACM 13(7), 1970; Broder and Mitzenmacher, Internet Math. 1(4), 2004; Fan et al. (Summary
    Cache), IEEE/ACM Trans. Netw. 8(3), 2000 (table of values).

    >>> round(float(bloom_filter(10_000_000, 1_000_000, 7).false_positive), 5)
    0.00819
    """
    outside_validity(bits < 1000, "bloom_filter: fewer than 1000 bits, where the classical formula is too low.")
    filled = -np.expm1(hashes * items * np.log1p(-1 / bits))
    return FalsePositives(filled**hashes, bits / items * np.log(2))


class TtlCache(NamedTuple):
    """Outputs of `ttl_cache`."""

    hit_ratio: Floats
    occupancy: Floats
    origin_rate_per_s: Floats


@primitive
def ttl_cache(request_rate_per_s: NonNegative, ttl_s: NonNegative, reset_on_hit: Flag) -> TtlCache:
    """Cache with time to live T, one object: hit ratio lambda T / (1 + lambda T); 1 - exp(-lambda T) if hits reset T.

    Counts misses that fetch anew, lambda (1 - hit ratio) per second, for requests at rate lambda (`request_rate_per_s`)
    and T `ttl_s`, which a hit restarts if `reset_on_hit`; leaves out limited room and the time to fetch. Sum over
    objects for a population.
    Domain: Poisson requests.
    Source: Jung, Berger, Balakrishnan, INFOCOM 2003; Fofack, Nain, Neglia, Towsley, VALUETOOLS 2012.

    >>> round(float(ttl_cache(3.0, 1.0, False).hit_ratio), 6)
    0.75
    """
    x = request_rate_per_s * ttl_s
    hit = np.where(reset_on_hit > 0, -np.expm1(-x), np.where(np.isinf(x), 1.0, x / (1 + x)))
    # 1 - hit times the rate, without its cancellation: a miss begins each cycle of the timer.
    expired_per_s = np.where(x < np.inf, request_rate_per_s * np.exp(-x), 0.0)
    return TtlCache(hit, hit, np.where(reset_on_hit > 0, expired_per_s, 1 / (1 / request_rate_per_s + ttl_s)))


class NumaAccess(NamedTuple):
    """Outputs of `numa_access`."""

    mean_latency_s: Floats
    bandwidth_bytes_per_s: Floats


@primitive
def numa_access(
    local_s: NonNegative,
    remote_s: NonNegative,
    remote_fraction: Probability,
    local_bandwidth_bytes_per_s: Positive,
    link_bandwidth_bytes_per_s: Positive,
) -> NumaAccess:
    """Non-uniform memory: latency (1 - f) L_l + f L_r; bandwidth min(B_l / (1 - f), B_link / f).

    Counts a share f of remote accesses (`remote_fraction`; (s - 1)/s when pages interleave over s sockets) with
    latencies L_l (`local_s`) and L_r (`remote_s`), bandwidth B_l of the local memory (`local_bandwidth_bytes_per_s`)
    and B_link of the link between sockets (`link_bandwidth_bytes_per_s`); leaves out queueing.
    Domain: unloaded latency, one link per direction, local and remote streams in parallel.
    Source: Hennessy and Patterson, Computer Architecture, 6th ed. 2017, section 5.4; Majo and Gross, SYSTOR 2011.

    >>> round(float(numa_access(90e-9, 140e-9, 0.5, 100e9, 40e9).bandwidth_bytes_per_s))
    80000000000
    """
    f = remote_fraction
    bandwidth = np.minimum(local_bandwidth_bytes_per_s / (1 - f), link_bandwidth_bytes_per_s / f)
    return NumaAccess(np.where(f < 1, (1 - f) * local_s, 0.0) + np.where(f > 0, f * remote_s, 0.0), bandwidth)
