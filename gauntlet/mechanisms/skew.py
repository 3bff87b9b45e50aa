"""Unequal popularity: what the hottest items draw, what they cost transactions, and how a cache fills with them."""

from typing import NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import Count, Floats, Positive, Whole, primitive
from gauntlet.mechanisms._numerics import Curve, find_root, sum_over_ranks
from gauntlet.mechanisms.caches import che_lru_zipf
from gauntlet.mechanisms.locking import Skew, zipf_weight

NOTHING: Floats = np.asarray(0.0)
"""No key that validation leaves out, where none is said."""


class TopMass(NamedTuple):
    """Outputs of `zipf_top_mass`."""

    mass: Floats


@primitive
def zipf_top_mass(items: Count, theta: Skew, top: Whole) -> TopMass:
    """Share of accesses to the k most popular of N Zipf items: H(k, theta) / H(N, theta).

    Counts k = `top` of N = `items`, the i-th with a share ~ i^-`theta`: the hit ratio of a cache that holds these, the
    load of their partition. H(n, theta) is the sum of i^-theta up to n. Leaves out how a cache learns them
    (`che_lru_zipf`).
    Domain: more than all items hold all; any number of items costs the same to compute.
    Source: Breslau et al., Web caching and Zipf-like distributions, INFOCOM 1999; Gray et al., SIGMOD 1994.

    >>> round(float(zipf_top_mass(items=4, theta=1.0, top=1).mass), 6)
    0.48
    """
    return TopMass(zipf_weight(np.minimum(top, items), theta) / zipf_weight(items, theta))


class SkewedGoodput(NamedTuple):
    """Outputs of `occ_goodput_zipf` and `occ_goodput_zipf_fresh`."""

    goodput_per_s: Floats
    abort_probability: Floats
    attempts_per_commit: Floats
    hottest_utilisation: Floats


@primitive
def occ_goodput_zipf(
    workers: Count,
    attempt_s: Positive,
    items: Count,
    theta: Skew,
    reads: Whole,
    writes: Whole,
    skip_top: Whole = NOTHING,
) -> SkewedGoodput:
    """Optimistic control under Zipf skew: x prod_i (1 + a_i z_i / (1 - z_i)) = W, z_i = x b_i (W - 1) / W, X = x / T.

    Counts W = `workers` with transactions that read r = `reads` keys and update w = `writes` others out of `items` of
    skew `theta`. An attempt takes T = `attempt_s` and commits unless a commit during it wrote one of its keys. A
    transaction uses key i with probability a_i = 1 - (1 - p_i)^(r + w) and writes it with b_i = 1 - (1 - p_i)^w. Two
    commits that write one key are at least T apart, so that one lies within the last T for a share x b_i of time, and
    key i is survived with probability 1 - x b_i: attempts gather at hot keys. x is commits per T, at least 1;
    `hottest_utilisation` x b_i of the hottest validated key is 1 where it sets the pace. Leaves out back-off,
    reordering and early aborts.
    Domain: an approximation: an aborted transaction runs again at once with the same keys until it commits (a client
    that draws new keys commits up to several times more: `occ_goodput_zipf_fresh`); the hottest `skip_top` keys are not
    validated (updates that commute); keys are independent, drawn with replacement; attempts of equal length. Where
    lengths vary the short win: evenly spread from T/2 to 3 T/2 they raise the goodput up to 1.8 times.
    Source: derived, as fixed points are in Morris and Wong, Performance analysis of locking and optimistic concurrency
    control algorithms, Perf. Eval. 5(2), 1985; rule of validation: Kung and Robinson, ACM TODS 6(2), 1981.

    >>> found = occ_goodput_zipf(workers=16, attempt_s=1e-4, items=1, theta=0.0, reads=0, writes=1)
    >>> round(float(found.goodput_per_s)), round(float(found.attempts_per_commit))
    (10000, 16)
    """
    weight, others = zipf_weight(items, theta), (workers - 1) / workers

    def log_attempts(commits: Floats) -> Floats:
        def of_key(rank: Floats) -> Floats:
            chance = rank**-theta / weight
            taken = commits * others * _touched(chance, writes)
            return np.log1p(_touched(chance, reads + writes) * taken / (1 - taken))

        return _sum_behind(of_key, skip_top, items)

    hottest = _touched(_chance_behind(skip_top, items, theta) / weight, writes)
    most = np.minimum(workers, 1 / (others * hottest))
    commits = find_root(lambda x: np.log(x / workers) + log_attempts(x), np.zeros(()), most)
    return _goodput(commits, workers, attempt_s, lambda commits: commits * hottest)


@primitive
def occ_goodput_zipf_fresh(
    workers: Count,
    attempt_s: Positive,
    items: Count,
    theta: Skew,
    reads: Whole,
    writes: Whole,
    skip_top: Whole = NOTHING,
) -> SkewedGoodput:
    """Optimistic control, new keys after aborts: X = W g(n) / T, z_i = (W - 1) g(n - 1) b_i (1 - z_i) / (1 - a_i z_i).

    Counts W = `workers` whose attempts, T = `attempt_s` each, read `reads` keys and update w = `writes` others, n in
    all, out of `items` of skew `theta`. An attempt commits unless a commit during it wrote one of its keys. z_i is the
    share of time in which one within the last T wrote key i, b_i = 1 - (1 - p_i)^w the chance to write it, a_i = 1 -
    (1 - p_i)^(n - 1) that another draw hits it too, g(m) that m draws find no such key: (1 - sum p_i z_i)^m prod_i
    (1 - z_i + z_i (1 - p_i)^m) / (1 - p_i z_i)^m, exact for one draw and for one contended key. `hottest_utilisation`
    is the z of the hottest validated key, with every worker's commits. Leaves out back-off, reordering and early
    aborts.
    Domain: an approximation: every attempt, after a commit or an abort, starts at once with new keys, so that hot
    transactions are given up and cold ones commit (`occ_goodput_zipf` repeats the same keys); the hottest `skip_top`
    keys are not validated (updates that commute); keys are independent, drawn with replacement; attempts of equal
    length. Where lengths vary the short win: evenly spread from T/2 to 3 T/2 they raise the goodput up to 1.7 times.
    Source: derived, with the rule of validation of Kung and Robinson, ACM TODS 6(2), 1981.

    >>> found = occ_goodput_zipf_fresh(workers=16, attempt_s=1e-4, items=2, theta=0.0, reads=0, writes=1)
    >>> round(float(found.goodput_per_s)), round(16 / (1 + 15 / 2) * 1e4)
    (18824, 18824)
    """
    weight, others, draws = zipf_weight(items, theta), (workers - 1) / workers, reads + writes
    beside = np.maximum(draws - 1, 0.0)

    def written(chance: Floats, tries: Floats) -> Floats:
        """Share of time in which one commit within the last T wrote a key; `tries` is W g(n - 1)."""
        again, rate = _touched(chance, beside), tries * _touched(chance, writes)
        busy = others * rate
        share: Floats = 2 * rate / (1 + busy + np.sqrt((1 - busy) ** 2 + 4 * busy * (1 - again)))
        return share

    def log_found(tries: Floats, count: Floats) -> Floats:
        def of_key(rank: Floats) -> Floats:
            chance = rank**-theta / weight
            taken = others * written(chance, tries)
            alone = chance * taken
            return np.stack([alone, np.log1p(-alone), np.log1p(-_touched(chance, count) * taken)])

        taken, apart, by_key = _sum_behind(of_key, skip_top, items)
        log_chance: Floats = by_key + count * np.minimum(np.log1p(-np.minimum(taken, _ALMOST_SURE)) - apart, 0.0)
        return log_chance

    tries = find_root(lambda x: np.log(x / workers) - log_found(x, beside), np.zeros(()), workers)
    commits = workers * np.exp(log_found(tries, draws))
    hottest = written(_chance_behind(skip_top, items, theta) / weight, tries)
    return _goodput(commits, workers, attempt_s, lambda least: np.minimum(least / commits * hottest, 1.0))


def _goodput(commits: Floats, workers: Floats, attempt_s: Floats, hottest: Curve) -> SkewedGoodput:
    """Outputs from the commits per attempt's time, at least 1: who fails has been overtaken by a commit."""
    commits = np.maximum(commits, 1.0)
    share = commits / workers
    return SkewedGoodput(commits / attempt_s, 1 - share, 1 / share, hottest(commits))


def _sum_behind(term: Curve, skipped: Floats, items: Floats) -> Floats:
    """Sum of a term over the ranks behind those skipped; counted from there, it bends where as many have gone by."""
    bend = skipped if np.any(skipped) else None
    return sum_over_ranks(lambda rank: term(rank + skipped), np.maximum(items - skipped, 0.0), bend)


def _chance_behind(skipped: Floats, items: Floats, theta: Floats) -> Floats:
    """Weight of the first key behind those skipped; 0 where none is left."""
    weight: Floats = np.where(skipped < items, (skipped + 1) ** -theta, 0.0)
    return weight


_ALMOST_SURE = 1 - 1e-16


def _touched(chance: Floats, draws: Floats) -> Floats:
    """Probability that one of some draws is a key of that chance."""
    return -np.expm1(draws * np.log1p(-np.minimum(chance, _ALMOST_SURE)))


class WarmUp(NamedTuple):
    """Outputs of `cache_warm_up`."""

    cold_hit_ratio: Floats
    steady_hit_ratio: Floats
    filling_accesses: Floats


@primitive
def cache_warm_up(items: Count, theta: Skew, capacity: Count, accesses: Count) -> WarmUp:
    """First m accesses to an empty LRU cache: hit ratio 1 - D(m) / m while it fills, D(m) = sum_i 1 - (1 - p_i)^m.

    Counts m = `accesses` to N = `items` of equal size, the i-th most popular with the share p_i ~ i^-`theta` (0 is
    uniform): until `capacity` distinct items have come, the first access to each misses and no other does. That takes T
    = `filling_accesses`, infinite where all items fit; from then on the hit ratio is the steady one, and the first m
    miss `capacity` + (m - T) (1 - steady) times. A size in bytes is first divided by that of an item. Leaves out scans,
    prefetching, pages that hold several items and a cache that was warm already.
    Domain: an approximation. Independent references; uniform access, whatever is replaced: within half a miss; skew:
    while the cache fills D is exact, then it is Che's approximation (`che_lru_zipf`).
    Source: classical occupancy: Feller, An Introduction to Probability Theory I, section IV.2; Che, Tung and Wang, IEEE
    J. Sel. Areas Commun. 20(7), 2002.

    >>> round(float(cache_warm_up(items=2, theta=0.0, capacity=2, accesses=2).cold_hit_ratio), 6)
    0.25
    """
    weight, steady = zipf_weight(items, theta), che_lru_zipf(items, theta, capacity)

    def again(rank: Floats) -> Floats:
        """Share of accesses that find this item among those before."""
        chance = rank**-theta / weight
        return chance - _touched(chance, accesses) / accesses

    def distinct(log_seen: Floats) -> Floats:
        seen = np.exp(log_seen)
        bend = _rank_seen_once(theta, weight, seen)
        return sum_over_ranks(lambda rank: _touched(rank**-theta / weight, seen), items, bend)

    late = np.where(capacity < items, steady.characteristic_time, 2 * capacity)  # a little late
    filling = np.exp(find_root(lambda log_seen: distinct(log_seen) - capacity, np.log(capacity), np.log(late)))
    filling = np.where(capacity < items, filling, np.inf)
    cold = np.where(accesses > 1, sum_over_ranks(again, items, _rank_seen_once(theta, weight, accesses)), 0.0)
    filled = 1 - (capacity + (accesses - filling) * (1 - steady.hit_ratio)) / accesses
    found = np.maximum(np.where(accesses < filling, cold, filled), 0.0)
    return WarmUp(found, steady.hit_ratio, filling)


def _rank_seen_once(theta: Floats, weight: Floats, accesses: Floats) -> Floats:
    """The rank that this many accesses touch once on average: the more popular are seen, the others hardly."""
    return (accesses / weight) ** (1 / theta)
