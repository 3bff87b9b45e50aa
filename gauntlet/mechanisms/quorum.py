"""Waiting for some of many: order statistics, quorums, hedges, and the price of agreement."""

import functools
from collections.abc import Callable
from typing import Annotated, NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import (
    MEDIAN,
    NO_TIME,
    Count,
    Finite,
    Floats,
    Listed,
    Matrix,
    NonNegative,
    OneOf,
    Probability,
    Scalar,
    Whole,
    later,
    outside_validity,
    primitive,
    require,
)
from gauntlet.mechanisms._numerics import Curve, find_root
from gauntlet.mechanisms.latencies import LEVELS, Law, mean_from_survival

_MOST_REPLICAS = 10_000
_RESCALE_EVERY = 50
_come_near = functools.partial(find_root, steps=8)
Replicas = Annotated[Floats, Scalar(1.0, _MOST_REPLICAS, kind="integer")]
RoundTrips = Annotated[Floats, Listed(Scalar(0.0))]
RoundTripMatrix = Annotated[Floats, Matrix(Scalar(0.0))]


class MeanAndQuantile(NamedTuple):
    """Outputs of `order_statistic` and `quorum_commit_latency`."""

    mean_s: Floats
    quantile_s: Floats


@primitive
def order_statistic(latency: Law, k: Replicas, n: Replicas, quantile: Probability = MEDIAN) -> MeanAndQuantile:
    """k-th fastest of n latencies: P(T > t) = sum_{j<k} C(n, j) F^j S^(n-j); inverted for quantiles.

    Counts a quorum (`k` of `n`), the first reply (k = 1) or the last (k = n), where each latency follows the law
    `latency` with P(latency > t) = S and F = 1 - S, C(n, j) counts the ways to choose j of n; mean and `quantile` are
    those of T, the time of the k-th. Leaves out what replicas have in common.
    Domain: independent identical latencies, k <= n; a power tail with alpha (n - k + 1) <= 1 has an infinite mean.
    Source: David and Nagaraja, Order Statistics, 3rd ed. 2003, sections 2.1 and 3.1.

    >>> round(float(order_statistic({"kind": "exponential", "mean_s": 6.0}, 2, 3).mean_s), 6)
    5.0
    """
    require(k <= n, "order_statistic: k = {} is above n = {}; expected k <= n.", k, n)

    def mean_s() -> Floats:
        breaks_s = [*(latency.inverse_survival(tail) for tail in _single_tails(k, n)), *latency.bends_s]
        exponent = latency.tail_exponent * (n - k + 1)
        return mean_from_survival(lambda time_s: tail_of_kth(latency.survival(time_s), k, n), breaks_s, exponent)

    return MeanAndQuantile(later(mean_s), later(lambda: latency.inverse_survival(_single_tail(1 - quantile, k, n))))


@primitive
def quorum_commit_latency(
    leader_s: Law,
    followers: Law,
    quorum_acks: Replicas,
    n_followers: Replicas,
    quantile: Probability = MEDIAN,
    path_s: Finite = NO_TIME,
) -> MeanAndQuantile:
    """Commit of a leader-based log: T = max(leader's write, d + k-th follower), F_T(t) = F_leader(t) F_(k:n)(t - d).

    Counts the leader's own write (law `leader_s`, distribution F_leader) overlapped with replication, and the k-th
    acknowledgement (`quorum_acks`) out of n followers (`n_followers`), whose round trip and write are one law
    (`followers`) behind a constant d (`path_s`): F_(k:n) is the distribution of its k-th fastest, T is given by mean
    and `quantile`. Leaves out queueing at the leader. If the leader writes first, add instead.
    Domain: independent followers, quorum_acks <= n_followers (a majority of 5 is the leader and 2 of 4); `path_s` is a
    constant on the followers' way alone, such as a round trip.
    Source: Ongaro and Ousterhout, USENIX ATC 2014; Ongaro, Consensus: Bridging Theory and Practice, thesis, Stanford
    2014, section 10.2; Ailijiang, Charapko, Demirbas, SIGMOD 2019.

    >>> slow, fast = {"kind": "exponential", "mean_s": 2.0}, {"kind": "exponential", "mean_s": 1.0}
    >>> round(float(quorum_commit_latency(fast, slow, 1, 2).mean_s), 6)
    1.5
    """
    k, n = quorum_acks, n_followers
    message = "quorum_commit_latency: quorum_acks = {} is above n_followers = {}; expected no more acks than followers."
    require(k <= n, message, k, n)

    def survival(time_s: Floats) -> Floats:
        leader, acks = leader_s.survival(time_s), tail_of_kth(followers.survival(time_s - path_s), k, n)
        return leader + acks - leader * acks

    def both(level: Floats) -> tuple[Floats, Floats]:
        return leader_s.inverse_survival(level), path_s + followers.inverse_survival(_single_tail(level, k, n))

    def mean_s() -> Floats:
        leader_breaks_s = [leader_s.inverse_survival(level) for level in LEVELS]
        ack_breaks_s = [path_s + followers.inverse_survival(tail) for tail in _single_tails(k, n)]
        starts_s = np.maximum(leader_breaks_s[0], ack_breaks_s[0])
        bends_s = [*leader_s.bends_s, *(path_s + bend_s for bend_s in followers.bends_s)]
        breaks_s = [np.maximum(at_s, starts_s) for at_s in leader_breaks_s + ack_breaks_s + bends_s]
        exponent = np.minimum(leader_s.tail_exponent, followers.tail_exponent * (n - k + 1))
        return mean_from_survival(survival, breaks_s, exponent)

    def quantile_s() -> Floats:
        tail = 1 - quantile
        low_s, high_s = np.maximum(*both(tail)), np.maximum(*both(-np.expm1(0.5 * np.log1p(-tail))))
        return _time_of_tail(survival, tail, low_s, high_s)

    return MeanAndQuantile(later(mean_s), later(quantile_s))


class Hedged(NamedTuple):
    """Outputs of `hedged_request`."""

    mean_s: Floats
    quantile_s: Floats
    extra_load: Floats


@primitive
def hedged_request(latency: Law, hedge_delay_s: Finite, quantile: Probability = MEDIAN) -> Hedged:
    """Second copy after a delay d, first answer wins: S_h(t) = S(t) S(t - d), extra load S(d).

    Counts the shorter tail S_h and the share of requests sent twice: S is the tail of the law `latency` (1 before time
    0) and d `hedge_delay_s`; the mean and the `quantile` belong to S_h. Leaves out the queueing that the extra load
    causes, which must be fed back into the utilisation.
    Domain: independent copies.
    Source: Dean and Barroso, Comm. ACM 56(2), 2013.

    >>> round(float(hedged_request({"kind": "exponential", "mean_s": 1.0}, 0.0).mean_s), 6)
    0.5
    """

    def survival(time_s: Floats) -> Floats:
        return latency.survival(time_s) * latency.survival(time_s - hedge_delay_s)

    def mean_s() -> Floats:
        alone_s = [*(latency.inverse_survival(level) for level in LEVELS), *latency.bends_s]
        breaks_s = [*alone_s, np.maximum(hedge_delay_s, alone_s[0]), *(hedge_delay_s + part_s for part_s in alone_s)]
        return mean_from_survival(survival, breaks_s, 2 * latency.tail_exponent)

    def quantile_s() -> Floats:
        tail = 1 - quantile
        low_s, high_s = latency.inverse_survival(np.sqrt(tail)), latency.inverse_survival(tail)
        return _time_of_tail(survival, tail, low_s, high_s)

    return Hedged(later(mean_s), later(quantile_s), latency.survival(hedge_delay_s))


def _time_of_tail(survival: Curve, tail: Floats, low_s: Floats, high_s: Floats) -> Floats:
    """When the survival has fallen to `tail`, between `low_s` and `high_s`."""
    found_s = find_root(lambda time_s: np.log(tail) - np.log(survival(time_s)), low_s, high_s)
    return np.where(tail > 0, found_s, np.inf)


def tail_of_kth(tail: Floats, k: Floats, n: Floats) -> Floats:
    """P(k-th of n > t) from the single tail S(t): fewer than k of n have come.

    S^(n-k+1) sum_{j<k} C(n-k+j, j) (1 - S)^j by Horner's rule; one less the power of 1 - S where all are awaited.
    """
    if np.all(k == n):
        return -np.expm1(n * np.log1p(-tail))
    slower, done = n - k, 1 - tail
    unit, total, log_scale = np.ones(()), np.ones(()), np.zeros(())
    for j in range(int(np.max(k, initial=0)) - 1, 0, -1):
        total = unit + (j < k) * ((slower + j) / j) * done * total
        if j % _RESCALE_EVERY == 0:  # a step multiplies by at most n, 10,000: nothing overflows
            large = np.maximum(total, 1.0)
            unit, total, log_scale = unit / large, total / large, log_scale + np.log(large)
    return np.minimum(np.exp((slower + 1) * np.log(tail) + log_scale) * total, 1.0)


def _single_tail(level: Floats, k: Floats, n: Floats, search: Callable[..., Floats] = find_root) -> Floats:
    """The tail of one latency at which the k-th of n has tail `level`; inverse of `tail_of_kth`."""
    # In logarithms, so that small tails keep their relative precision and the function is nearly straight.
    log_level, slower = np.log(level), n - k + 1
    root = search(
        lambda log_tail: np.log(tail_of_kth(np.exp(log_tail), k, n)) - log_level,
        log_level / slower - np.minimum(1, (k - 1) / slower) * np.log(n),  # level <= C(n, k - 1) S^slower
        log_level / n,  # level >= S^n
    )
    return np.where(level <= 0, 0.0, np.where(n == 1, level, np.exp(root)))


def _single_tails(k: Floats, n: Floats) -> Floats:
    """`_single_tail` of the first level at which the integrals are cut and near the others, levels first."""
    levels = LEVELS.reshape(-1, *(1,) * max(np.ndim(k), np.ndim(n)))
    return np.concatenate([_single_tail(levels[:1], k, n), _single_tail(levels[1:], k, n, _come_near)])


class Agreement(NamedTuple):
    """Outputs of `consensus_message_counts`."""

    messages: Floats
    leader_messages: Floats
    one_way_delays: Floats
    serial_forced_writes: Floats


_PROTOCOLS = (
    "multipaxos",
    "raft",
    "epaxos_fast",
    "epaxos_slow",
    "chain",
    "pbft",
    "hotstuff_basic",
    "two_phase_commit",
)


@primitive
def consensus_message_counts(protocol: Annotated[str, OneOf(_PROTOCOLS)], n: Count) -> Agreement:
    """Messages per commit: Paxos and Raft 2 (n - 1), PBFT 2 n (n - 1), EPaxos 2 (q - 1), ...

    Counts the messages that `protocol` sends among n replicas (`n`), those of the leader (head, coordinator), one-way
    delays to the decision, and forced writes in series. EPaxos has a fast quorum q = F + floor((F + 1)/2) with F =
    floor((n - 1)/2), its slow path adds 2 floor(n/2). Chain: 2 (n - 1), n - 1 delays, n writes; basic HotStuff: 7 (n -
    1), 7 delays; two-phase commit with n participants and a coordinator: 4 n. Leaves out clients, batching and
    failures.
    Domain: failure-free; n = 2F + 1 replicas (PBFT and HotStuff 3F + 1, a ValidityWarning below 4).
    Source: Lamport, Paxos Made Simple, 2001; Moraru et al., SOSP 2013; van Renesse and Schneider, OSDI 2004; Castro and
    Liskov, OSDI 1999; Yin et al., PODC 2019; Gray and Reuter, Transaction Processing, 1993.

    >>> round(float(consensus_message_counts("pbft", 4).messages))
    24
    """
    others, faults = n - 1, np.floor((n - 1) / 2)
    fast = 2 * (faults + np.floor((faults + 1) / 2) - 1)
    fast = np.where(n >= 3, fast, 2 * others)
    slow = fast + 2 * np.floor(n / 2)
    if protocol in ("pbft", "hotstuff_basic"):
        outside_validity(n < 4, f"consensus_message_counts: {protocol} tolerates no fault with fewer than 4 replicas.")
    rows: dict[str, tuple[Floats, Floats, Floats | float, Floats | float]] = {
        "multipaxos": (2 * others, 2 * others, 2.0, 1.0),
        "raft": (2 * others, 2 * others, 2.0, 1.0),
        "epaxos_fast": (fast, fast, 2.0, 1.0),
        "epaxos_slow": (slow, slow, 4.0, 2.0),
        "chain": (2 * others, np.where(n > 1, 2.0, 0.0), others, n),
        "pbft": (2 * n * others, 4 * others, 3.0, 0.0),
        "hotstuff_basic": (7 * others, 7 * others, 7.0, 0.0),
        "two_phase_commit": (4 * n, 4 * n, 2.0, 2.0),
    }
    return Agreement(*(np.asarray(entry) for entry in rows[protocol]))


class LeaderLimit(NamedTuple):
    """Outputs of `leader_bottleneck_throughput`."""

    cpu_per_command_s: Floats
    max_throughput_per_s: Floats


@primitive
def leader_bottleneck_throughput(
    n: Count, batch: Count, client_cpu_s: NonNegative, send_cpu_s: NonNegative, receive_cpu_s: NonNegative
) -> LeaderLimit:
    """Leader's CPU limit: X_max = 1 / (t_c + (n - 1) (t_s + t_r) / b).

    Counts one leader core, busy up to X_max commands per second, that talks to the client for each command (t_c,
    `client_cpu_s`), and to n - 1 followers (`n` replicas) for each batch of b commands (`batch`): one message sent
    (t_s, `send_cpu_s`) and one received (t_r, `receive_cpu_s`) per follower. Leaves out bytes, and waiting below the
    limit (feed it into `mm1` or `mmc`).
    Domain: one core does the messaging.
    Source: Ailijiang, Charapko, Demirbas, SIGMOD 2019, section 3; Moraru et al., SOSP 2013.

    >>> round(float(leader_bottleneck_throughput(3, 1, 6e-6, 2e-6, 3e-6).max_throughput_per_s))
    62500
    """
    cpu_s = client_cpu_s + (n - 1) * (send_cpu_s + receive_cpu_s) / batch
    return LeaderLimit(cpu_s, 1 / cpu_s)


class CommitLatency(NamedTuple):
    """Outputs of `wan_commit_latency`."""

    commit_latency_s: Floats


@primitive
def wan_commit_latency(
    protocol: Annotated[str, OneOf(("multipaxos", "epaxos_fast", "epaxos_slow", "chain"))],
    rtt_s: RoundTripMatrix,
    client_site: Whole,
    leader_site: Whole,
) -> CommitLatency:
    """Commit across sites: Multi-Paxos RTT_cl + RTT_l^(floor(n/2)), EPaxos RTT_c^(q - 1).

    Counts distance alone for a client at site c (`client_site`) and a leader at site l (`leader_site`) of n sites, by
    `protocol`: RTT_x^(k) is the k-th smallest round trip from x to another site in `rtt_s`, q = F + floor((F + 1)/2)
    with F = floor((n - 1)/2). EPaxos' slow path adds RTT_c^(floor(n/2)); the chain takes half of RTT_(c,0) + the sum of
    RTT_(i,i+1) + RTT_(n-1,c). Leaves out CPU and log writes (add `quorum_commit_latency`).
    Domain: light load, fixed round trips, sites numbered from 0. The matrix holds 0 on its diagonal.
    Source: Moraru et al., SOSP 2013, section 7; van Renesse and Schneider, OSDI 2004.

    >>> rtt_s = [[0.0, 0.07, 0.15], [0.07, 0.0, 0.09], [0.15, 0.09, 0.0]]
    >>> round(float(wan_commit_latency("multipaxos", rtt_s, 1, 0).commit_latency_s), 6)
    0.14
    """
    sites = len(rtt_s)
    for name, site in (("client_site", client_site), ("leader_site", leader_site)):
        require(site < sites, f"wan_commit_latency: {name} = {{}}; expected a row of rtt_s, 0 to {sites - 1}.", site)
    from_client, from_leader = _row(rtt_s, client_site), _row(rtt_s, leader_site)
    faults, majority = (sites - 1) // 2, sites // 2
    fast_others = min(max(faults + (faults + 1) // 2 - 1, 1), sites - 1)
    if protocol == "multipaxos":
        return CommitLatency(_row(from_client, leader_site) + np.sort(from_leader, axis=0)[majority])
    if protocol == "chain":
        links_s = sum((rtt_s[i, i + 1] for i in range(sites - 1)), start=np.zeros(()))
        return CommitLatency(0.5 * (from_client[0] + links_s + from_client[-1]))
    fast_s = np.sort(from_client, axis=0)[fast_others]
    slow_s = np.sort(from_client, axis=0)[majority]
    return CommitLatency(fast_s + slow_s if protocol == "epaxos_slow" else fast_s)


def _row(table: Floats, site: Floats) -> Floats:
    """Entry `site` along the first axis, one choice per sample."""
    return sum((np.where(site == index, row, 0.0) for index, row in enumerate(table)), start=np.zeros(()))


class TwoPhaseCommit(NamedTuple):
    """Outputs of `two_phase_commit_latency`."""

    decision_s: Floats
    locks_released_s: Floats
    all_acked_s: Floats


@primitive
def two_phase_commit_latency(
    rtt_s: RoundTrips, participant_fsync_s: NonNegative, coordinator_fsync_s: NonNegative
) -> TwoPhaseCommit:
    """Two-phase commit: decision = max RTT + f_p + f_c, locks free max RTT / 2 later, all acked max RTT + f_p later.

    Counts prepare and commit rounds in parallel over participants (round trips RTT from the coordinator, `rtt_s`),
    their forced writes f_p (`participant_fsync_s`) and the coordinator's f_c (`coordinator_fsync_s`). Leaves out
    failures and read-only participants.
    Domain: equal write time at all participants.
    Source: Gray and Reuter, Transaction Processing, 1993, ch. 10-12; Mohan, Lindsay, Obermarck, ACM TODS 11(4), 1986.

    >>> round(float(two_phase_commit_latency([0.0005, 0.0006], 0.001, 0.001).decision_s), 6)
    0.0026
    """
    farthest_s = rtt_s.max(axis=0)
    decision_s = farthest_s + participant_fsync_s + coordinator_fsync_s
    return TwoPhaseCommit(decision_s, decision_s + farthest_s / 2, decision_s + farthest_s + participant_fsync_s)
