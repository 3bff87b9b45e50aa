"""Concurrency control: how often transactions collide, and what collisions cost."""

from typing import Annotated, NamedTuple

import numpy as np
import numpy.typing as npt

from gauntlet.mechanisms._inputs import (
    Count,
    Finite,
    Floats,
    NonNegative,
    Positive,
    Probability,
    Scalar,
    Whole,
    outside_validity,
    primitive,
)
from gauntlet.mechanisms._numerics import find_root, lambert_w, sum_over_ranks

Skew = Annotated[Floats, Scalar(0.0, 20.0)]
"""Zipf exponent; YCSB's default is 0.99."""


_FIRST = 16
_EULER_MACLAURIN = ((1, 1 / 12), (3, -1 / 720), (5, 1 / 30_240), (7, -1 / 1_209_600))
"""Order k of a derivative, and the Bernoulli number of k + 1 over (k + 1)!."""


class LockConflicts(NamedTuple):
    """Outputs of `gray_lock_conflict_rates`."""

    concurrent_transactions: Floats
    wait_probability: Floats
    deadlock_probability: Floats
    node_deadlock_rate_per_s: Floats
    eager_system_deadlock_rate_per_s: Floats


@primitive
def gray_lock_conflict_rates(
    tps: NonNegative, actions: Count, action_time_s: NonNegative, db_size: Count, nodes: Count
) -> LockConflicts:
    """Lock waits and deadlocks: N = tps A t, P_W = N A^2 / (2 D), P_D = P_W^2 / N, per node tps^2 t A^5 / (4 D^2).

    Counts waits (P_W) and deadlocks (P_D, and their rate) of the N transactions that run at a time on one node, `tps`
    started per second, each of A exclusive updates (`actions`) of t each (`action_time_s`) over D objects (`db_size`);
    eager replication multiplies the system's deadlock rate by the cube of the `nodes`. Leaves out the time lost by
    waiting.
    Domain: an approximation for uniform access and P_W much below 1 (a ValidityWarning above 0.1): P_W is too low by
    about 1 / (A + 1), P_D too high by half and more, and a circle of two counts as two deadlocks. Skew: put 1 / sum
    p^2 for D.
    Source: Gray, Helland, O'Neil, Shasha, The Dangers of Replication, SIGMOD 1996, eqs. 2-5 and 10-12.

    >>> round(float(gray_lock_conflict_rates(100.0, 5, 0.01, 10_000, 1).wait_probability), 6)
    0.00625
    """
    concurrent = tps * actions * action_time_s
    wait = concurrent * actions**2 / (2 * db_size)
    outside_validity(wait > 0.1, "gray_lock_conflict_rates: wait probability above 0.1, where waits feed on waits.")
    node_rate_per_s = tps**2 * action_time_s * actions**5 / (4 * db_size**2)
    deadlock = wait * actions**2 / (2 * db_size)
    return LockConflicts(concurrent, wait, deadlock, node_rate_per_s, node_rate_per_s * nodes**3)


class PairConflict(NamedTuple):
    """Outputs of `conflict_probability_zipf`."""

    pair_conflict_prob: Floats


class Conflicts(NamedTuple):
    """Outputs of `conflict_probability_uniform`."""

    pair_conflict_prob: Floats
    any_conflict_prob: Floats


@primitive
def conflict_probability_uniform(db_items: Count, reads: Whole, writes: Whole, concurrent: NonNegative) -> Conflicts:
    """Sets of r and w of D items meet: p = 1 - C(D - r, w) / C(D, w); with any of n others: 1 - (1 - p)^n.

    Counts the probability p that one transaction's r `reads` meet the w `writes` of another, and of any of n
    `concurrent` others, among D items (`db_items`); C(D, w) counts the ways to choose w of D. Leaves out skew.
    Domain: distinct items, independent uniform sets; r + w > D always meet.
    Source: hypergeometric law; Kung and Robinson, ACM TODS 6(2), 1981 (validation rule); Franaszek and Robinson, ACM
    TODS 10(1), 1985.

    >>> round(float(conflict_probability_uniform(10, 1, 1, 2).any_conflict_prob), 6)
    0.19
    """
    few, many = np.minimum(reads, writes), np.maximum(reads, writes)
    fits = reads + writes <= db_items
    # A product over the smaller set; differences of log-gamma would lose six digits at a million items. The steepest
    # factors come first, where ranks are added one by one.
    log_apart = sum_over_ranks(lambda rank: np.log1p(-many / np.maximum(db_items - few + rank, many)), few)
    log_apart = np.where(fits, log_apart, -np.inf)
    log_apart = np.where(few > 0, log_apart, 0.0)
    return Conflicts(-np.expm1(log_apart), np.where(concurrent > 0, -np.expm1(concurrent * log_apart), 0.0))


class ZipfSkew(NamedTuple):
    """Outputs of `zipf_skew`."""

    p_hottest: Floats
    collision_prob: Floats
    effective_items: Floats


@primitive
def zipf_skew(items: Count, theta: Skew) -> ZipfSkew:
    """Zipf law p_i = i^-theta / H(N, theta): collision sum p^2 = H(N, 2 theta) / H(N, theta)^2.

    Counts how unevenly N keys (`items`) are hit when the i-th most popular has the share p_i ~ i^-`theta`: the hottest
    1 / H(N, theta), two accesses alike with sum p^2, and `effective_items` = 1 / sum p^2 is the uniform population that
    collides as often; H(N, s) is the sum of i^-s up to N. Leaves out where benchmark generators depart from the law.
    Domain: theta >= 0.
    Source: Gray et al., SIGMOD 1994; Cooper et al. (YCSB), SoCC 2010.

    >>> round(float(zipf_skew(2, 1.0).effective_items), 6)
    1.8
    """
    weight = zipf_weight(items, theta)
    collision = zipf_weight(items, 2 * theta) / weight**2
    return ZipfSkew(1 / weight, collision, 1 / collision)


def zipf_weight(items: Floats, theta: Floats) -> Floats:
    """Generalised harmonic number H(N, theta) = sum of i^-theta for i to N, to a relative error of 1e-13.

    The first 15 terms are added one by one, the rest by the formula of Euler and Maclaurin (DLMF 2.10.1).
    """
    head: Floats = np.zeros(())
    for rank in range(1, _FIRST):
        head = head + (rank <= items) * np.exp(-theta * np.log(rank))
    span = np.log(np.maximum(items, _FIRST) / _FIRST)
    first, last = np.exp(-theta * np.log(_FIRST)), np.exp(-theta * (np.log(_FIRST) + span))
    power = (1 - theta) * span
    area = _FIRST * first * span * np.where(power == 0, 1.0, np.expm1(power) / power)
    tail, rising = area + (first + last) / 2, theta
    for order, coefficient in _EULER_MACLAURIN:
        tail = tail + coefficient * rising * (first - last * np.exp(-order * span)) / _FIRST**order
        rising = rising * (theta + order) * (theta + order + 1)
    weight: Floats = head + (items >= _FIRST) * tail
    return weight


@primitive
def conflict_probability_zipf(items: Count, theta: Skew, accesses_a: Finite, accesses_b: Finite) -> PairConflict:
    """Zipf sets meet: p = 1 - prod_i (1 - (1 - (1 - p_i)^a) (1 - (1 - p_i)^b)).

    Counts a accesses of one transaction (`accesses_a`) against b writes of another (`accesses_b`), with p_i the Zipf
    law of `theta` over `items` keys as in `zipf_skew`; leaves out dependence between keys, so a hot key is not counted
    twice, as 1 - exp(-a b sum p^2) would.
    Domain: an approximation (independence per key): a few per cent below draws with replacement from a hundred keys on,
    9 % with ten. Counts need not be whole: a mean stands for counts around it and gives at least their mean
    probability, since p is concave in a and in b; for Poisson counts, less than (1 / a + 1 / b) / 2 of it too much.
    Source: derived from the Zipf law of `zipf_skew`; Gray et al., SIGMOD 1994.

    >>> round(float(conflict_probability_zipf(1000, 0.0, 1, 1).pair_conflict_prob), 5)
    0.001
    """
    weight = zipf_weight(items, theta)

    def log_apart(rank: Floats) -> Floats:
        miss = np.log1p(-np.minimum(rank**-theta / weight, 1.0))
        both = _expm1_times(accesses_a, miss) * _expm1_times(accesses_b, miss)
        return np.log1p(-both)

    return PairConflict(-np.expm1(sum_over_ranks(log_apart, items)))


def _expm1_times(count: Floats, log_miss: Floats) -> Floats:
    """1 - (1 - p)^count, where zero accesses miss even a key with p = 1."""
    return np.where(count > 0, -np.expm1(count * log_miss), 0.0)


class SerialBound(NamedTuple):
    """Outputs of `hot_key_serialisation`."""

    serial_cap_per_s: Floats
    throughput_bound_per_s: Floats
    saturating_workers: Floats


@primitive
def hot_key_serialisation(
    hot_access_prob: Probability, hold_s: NonNegative, transaction_s: Positive, workers: Count
) -> SerialBound:
    """Bound by one hot item: X <= min(1 / (p h), W / T), reached at W = T / (p h).

    Counts the exclusive hold h (`hold_s`: hand-off, and commit under strict locking) on a share p (`hot_access_prob`)
    of the transactions, each of T without waiting (`transaction_s`), by W `workers`; X is their throughput. Leaves out
    the queueing near the knee, so it is a bound and no prediction (`finite_source_mmc` predicts).
    Domain: one hot item, closed workers; as a prediction an approximation, too high by up to a quarter at the knee.
    Source: utilisation law, Denning and Buzen, ACM Comp. Surveys 10(3), 1978; Gray and Reuter, Transaction Processing,
    1993, ch. 8.

    >>> round(float(hot_key_serialisation(0.1, 20e-6, 100e-6, 200).throughput_bound_per_s))
    500000
    """
    serial_s = np.where(hot_access_prob > 0, hot_access_prob * hold_s, 0.0)
    return SerialBound(1 / serial_s, np.minimum(1 / serial_s, workers / transaction_s), transaction_s / serial_s)


class Goodput(NamedTuple):
    """Outputs of `occ_goodput`."""

    goodput_per_s: Floats
    abort_probability: Floats
    attempts_per_commit: Floats


@primitive
def occ_goodput(workers: Count, attempt_s: Positive, pair_conflict_prob: Probability) -> Goodput:
    """Optimistic control with restart: y = q (W - 1) exp(-y), so y = W_0(q (W - 1)); X = W / T exp(-y).

    Counts restarts that compete in turn, which makes goodput X grow only as ln W under contention: W `workers` make
    attempts of T each (`attempt_s`), and one commit invalidates another's attempt with probability q
    (`pair_conflict_prob`). y is how many commits of the others invalidate one attempt, W_0 Lambert's function, 1 -
    exp(-y) the share of aborts. Leaves out back-off and the hotter keys of restarted transactions.
    Domain: an approximation of independent attempts of about one length (exponential ones commit up to half as often
    again); immediate restart with equal q, backward validation against all commits during the attempt.
    Source: Kung and Robinson, ACM TODS 6(2), 1981; Morris and Wong, Perf. Eval. 5(2), 1985; Yu et al., SIGMOD 2016.

    >>> round(1 - float(occ_goodput(2, 1.0, 1.0).abort_probability), 6)  # W_0(1), the omega constant
    0.567143
    """
    invalidations = lambert_w(pair_conflict_prob * (workers - 1))
    survives = np.exp(-invalidations)
    return Goodput(workers / attempt_s * survives, -np.expm1(-invalidations), 1 / survives)


class Retries(NamedTuple):
    """Outputs of `retry_cost`."""

    attempts: Floats
    mean_latency_s: Floats
    efficiency: Floats


@primitive
def retry_cost(
    abort_probability: Probability, attempt_s: NonNegative, wasted_fraction: Probability, backoff_s: NonNegative
) -> Retries:
    """Expected cost with restarts: attempts 1 / (1 - p), latency t + p / (1 - p) (w t + b), efficiency t / total.

    Counts attempts of t (`attempt_s`) that abort with probability p (`abort_probability`), each abort with its wasted
    share w of an attempt (`wasted_fraction`) and its back-off b (`backoff_s`); the total work is t + p / (1 - p) w t.
    Leaves out the load that retries add.
    Domain: independent attempts; p = 1 is livelock (infinite).
    Source: geometric law: Feller, An Introduction to Probability Theory and Its Applications I, 3rd ed. 1968, section
    VI.8.

    >>> round(float(retry_cost(0.5, 2.0, 0.5, 1.0).mean_latency_s), 6)
    4.0
    """
    failures = abort_probability / (1 - abort_probability)
    lost_each_s = np.where(wasted_fraction > 0, wasted_fraction * attempt_s, 0.0) + backoff_s
    lost_s = np.where((failures > 0) & (lost_each_s > 0), failures * lost_each_s, 0.0)
    efficiency = 1 / (1 + np.where(wasted_fraction > 0, failures * wasted_fraction, 0.0))
    return Retries(1 / (1 - abort_probability), attempt_s + lost_s, efficiency)


class ThrashPoint(NamedTuple):
    """Outputs of `thomasian_thrash_point`."""

    alpha_max: Floats
    blocked_at_max: Floats


@primitive
def thomasian_thrash_point() -> ThrashPoint:
    """Thrashing threshold of two-phase locking: alpha_max = max over b of b (1 - b)^2 / (1 - 1.5 b + 1.5 b^2).

    Counts transactions that wait for waiting ones, as `thomasian_2pl` does: b is the blocked share of the transactions,
    alpha_max the highest conflict for which there is a stable one. Leaves out shared locks and restarts.
    Domain: an approximation for uniform exclusive locks and small wait-for trees; simulated systems commit most at
    alpha 0.24 to 0.25.
    Source: Thomasian, ACM TODS 18(4), 1993.

    >>> round(float(thomasian_thrash_point().alpha_max), 3)
    0.226
    """

    def falling(b: Floats) -> Floats:
        return 2 / (1 - b) + (3 * b - 1.5) / (1 - 1.5 * b + 1.5 * b * b) - 1 / b

    blocked = find_root(falling, np.zeros(()), np.asarray(0.5))
    return ThrashPoint(_conflict_of_blocked(blocked), blocked)


class Blocked(NamedTuple):
    """Outputs of `thomasian_2pl`; `thrashing` is a boolean."""

    blocked_fraction: Floats
    active_fraction: Floats
    thrashing: npt.NDArray[np.bool_]


@primitive
def thomasian_2pl(conflict_alpha: NonNegative) -> Blocked:
    """Two-phase locking: smallest b with b (1 - b)^2 = alpha (1 - 1.5 b + 1.5 b^2); none beyond the thrash point.

    Counts transactions that wait for waiting ones: b is the blocked share of the transactions, alpha (`conflict_alpha`)
    the conflicts per transaction times the wait for an active holder over the residence. Leaves out shared locks and
    restarts.
    Domain: an approximation for uniform exclusive locks and small wait-for trees. Beyond alpha 0.226 it thrashes, and
    the fractions are NaN.
    Source: Thomasian, ACM TODS 18(4), 1993; Tay, Goodman, Suri, ACM TODS 10(4), 1985.

    >>> round(float(thomasian_2pl(0.128 / 0.76).blocked_fraction), 6)
    0.2
    """
    most = thomasian_thrash_point()
    blocked = find_root(
        lambda b: _conflict_of_blocked(b) - conflict_alpha, np.zeros(()), np.asarray(most.blocked_at_max)
    )
    thrashing = conflict_alpha > most.alpha_max
    blocked = np.where(thrashing, np.nan, blocked)
    return Blocked(blocked, 1 - blocked, thrashing)


def _conflict_of_blocked(b: Floats) -> Floats:
    return b * (1 - b) ** 2 / (1 - 1.5 * b + 1.5 * b * b)
