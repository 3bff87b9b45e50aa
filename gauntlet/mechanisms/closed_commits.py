"""Clients that wait for one server of batches: group commit in a closed loop."""

from typing import Annotated, NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import (
    LARGEST,
    Count,
    Finite,
    Floats,
    Scalar,
    Steps,
    outside_validity,
    primitive,
)
from gauntlet.mechanisms._numerics import find_root

PositiveFinite = Annotated[Floats, Scalar(0.0, LARGEST, above=True)]
_LEAST_THINKING = 1e-12  # in flushes; keeps the order of events defined where clients return at once


class ClosedGroupCommit(NamedTuple):
    """Outputs of `closed_group_commit`."""

    throughput_per_s: Floats
    mean_batch: Floats
    mean_latency_s: Floats


class _Log(NamedTuple):
    """What is fixed: N clients, their mean think time, and the flush of up to `most` commits."""

    clients: Floats
    think_s: Floats
    flush_s: Floats
    per_item_s: Floats
    most: Floats

    @property
    def full_rate_per_s(self) -> Floats:
        """Throughput of full batches, one after the other."""
        return self.most / (self.flush_s + self.most * self.per_item_s)


class _Cycle(NamedTuple):
    """One flush of `batch` commits: how long it takes, and what the others do meanwhile."""

    took_s: Floats
    back: Floats
    left: Floats
    thinking: Floats
    idle: Floats


@primitive
def closed_group_commit(
    clients: Steps, think_time_s: Finite, flush_s: PositiveFinite, per_item_s: Finite, max_batch: Count
) -> ClosedGroupCommit:
    """Group commit in a closed loop, approximated: R = T + (1 - P0 / b) w + l / X, X = N / (Z + R), T = t + a b.

    N `clients` think for Z on average (`think_time_s`) and commit; a flush takes all commits that wait, up to
    `max_batch`, and with b of them lasts for T, where t is `flush_s` and a `per_item_s`. Who comes during a flush waits
    for its rest w; think times being exponential, most come early. P0 is the chance that none comes, so that the next
    commit starts a flush at once: b = X (T + P0 Z / N). A full batch leaves l behind, as in M/D/c (half the wait of
    M/M/c by Sakasegawa's formula), less so among few clients. Counts the wait for the running flush and the batches
    that waiting fills; leaves out flush timers and a spread of the flush time.
    Domain: exponential think times, constant flush times, a flush starts at once when the log is idle; at
    most half a flush per item, else a ValidityWarning. One client gives 1 / (Z + t + a), very many the rate of full
    batches.
    Source: mean-value argument for the chain of batches, derived here; Helland et al., 1987; Sakasegawa, Ann. Inst.
    Stat. Math. 29, 1977.

    >>> one = closed_group_commit(1, 1e-3, 2e-3, 1e-3, 64)
    >>> round(float(one.throughput_per_s), 6), round(float(one.mean_latency_s), 6)
    (250.0, 0.003)
    """
    most = np.minimum(max_batch, clients)
    outside_validity(
        (per_item_s > flush_s / 2) & (most > 1),
        "closed_group_commit: per_item_s above half of flush_s, where batches swing between small and large.",
    )
    log = _Log(clients, np.maximum(think_time_s, _LEAST_THINKING * flush_s), flush_s, per_item_s, most)
    ceiling_per_s = np.minimum(clients / (log.think_s + flush_s + per_item_s), log.full_rate_per_s)
    rate_per_s = find_root(
        lambda rate: rate * (log.think_s + _latency(log, rate)[1]) - clients, np.zeros(()), ceiling_per_s
    )
    batch, latency_s = _latency(log, rate_per_s)
    return ClosedGroupCommit(
        throughput_per_s=np.minimum(clients / (think_time_s + latency_s), ceiling_per_s),
        mean_batch=batch,
        mean_latency_s=np.maximum(latency_s, clients / ceiling_per_s - think_time_s),
    )


def _latency(log: _Log, rate_per_s: Floats) -> tuple[Floats, Floats]:
    """Mean batch and mean latency at a throughput."""

    def excess(batch: Floats) -> Floats:
        cycle = _cycle(log, rate_per_s, batch)
        excess: Floats = batch - rate_per_s * (cycle.took_s + cycle.idle * log.think_s / log.clients)
        return excess

    batch = find_root(excess, np.ones(()), log.most)
    took_s, back, left, _, idle = _cycle(log, rate_per_s, batch)
    rest_s = took_s - log.think_s + took_s * (1 - back) / back  # of a flush, seen by those that come during it
    waits_s = np.maximum(0.0, 1 - idle / batch) * np.where(back > 1e-6, rest_s, took_s / 2)
    return batch, took_s + waits_s + np.where(left > 0, left / rate_per_s, 0.0)


def _cycle(log: _Log, rate_per_s: Floats, batch: Floats) -> _Cycle:
    took_s = log.flush_s + log.per_item_s * batch
    back = -np.expm1(-took_s / log.think_s)
    full = np.minimum(rate_per_s / log.full_rate_per_s, 1.0)
    others = full * (log.clients - 1) / log.clients
    power = np.sqrt(2 * (log.most + 1)) - 1
    capped = log.most < log.clients
    left = np.where(capped, 0.5 * others ** (power + 1) * full / (1 - others) * (1 - back), 0.0)
    thinking = np.maximum(log.clients - batch - left, 0.0)
    idle = np.exp(-thinking * took_s / log.think_s) * np.where(capped, 1 - full ** (power + 2), 1.0)
    return _Cycle(took_s, back, left, thinking, idle)
