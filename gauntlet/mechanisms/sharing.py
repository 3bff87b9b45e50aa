"""Who uses what: demands on one resource add before any queue is asked, and the resource with the most sets the peak.

Lists hold one element per user, message kind or station, and elements broadcast, so that each may be an expression.
"""

from typing import Annotated, NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import (
    LARGEST,
    MOST_STEPS,
    Floats,
    Listed,
    Scalar,
    Steps,
    outside_validity,
    primitive,
    require,
    saturating,
)
from gauntlet.mechanisms.queueing import mmc

Amounts = Annotated[Floats, Listed(Scalar(0.0, LARGEST))]
Shares = Annotated[Floats, Listed(Scalar(0.0, 1.0))]
Counts = Annotated[Floats, Listed(Scalar(1.0, MOST_STEPS, kind="integer"))]

EXPONENTIAL: Floats = np.ones(1)
"""Variance over squared mean of an exponential service, for every user where none is given."""


class Shared(NamedTuple):
    """Outputs of `shared_resource`; `responses_s` has one row per user."""

    utilisation: Floats
    mean_wait_s: Floats
    mean_response_s: Floats
    responses_s: Floats


@primitive
def shared_resource(
    rates_per_s: Amounts, service_times_s: Amounts, servers: Steps, service_scvs: Amounts = EXPONENTIAL
) -> Shared:
    """Several users of one resource, M/G/c: rho = sum lambda_i S_i / c, W = C S / (c (1 - rho)) (1 + scv) / 2.

    Counts users with lambda_i out of `rates_per_s`, S_i out of `service_times_s` and their scv out of `service_scvs`
    (variance over squared mean, exponential where none is given) that wait in one queue for any of c = `servers`. S and
    scv are those of the mixture of all jobs, C is Erlang's probability of waiting. A job of user i takes R_i = W + S_i
    (`responses_s`; in an expression `mean_wait_s` plus its own service); `mean_response_s` is over all jobs. Leaves out
    priorities and bursts.
    Domain: Poisson arrivals per user, first come first served, rho < 1, saturated beyond. Exact for c = 1
    (Pollaczek-Khinchine) and M/M/c; else Allen and Cunneen's approximation, within about 10 % where at least half of
    the jobs wait, with a ValidityWarning elsewhere and above scv = 4.
    Source: Kleinrock, Queueing Systems I, 1975, section 5.6; Allen, Probability, Statistics and Queueing Theory with
    Computer Science Applications, 2nd ed. 1990, section 5.3; demands that add: Lazowska et al., Quantitative System
    Performance, 1984, ch. 3.

    >>> found = shared_resource(rates_per_s=[1.0, 2.0], service_times_s=[0.25, 0.125], servers=1)
    >>> float(found.utilisation), float(found.mean_wait_s)
    (0.5, 0.1875)
    """
    _same_lengths("shared_resource", rates_per_s=rates_per_s, service_times_s=service_times_s)
    users, scvs = len(rates_per_s), len(service_scvs)
    require(
        scvs in (1, users), f"shared_resource: {scvs} service_scvs for {users} users; expected one for each, or one."
    )
    rate_per_s, work = rates_per_s.sum(axis=0), (rates_per_s * service_times_s).sum(axis=0)
    used = work > 0
    mean_s = np.where(used, work / rate_per_s, 1.0)
    squares = rates_per_s * (service_times_s / mean_s) ** 2 * (1 + service_scvs)
    spread = np.where(used, squares.sum(axis=0) / rate_per_s, 1.0)  # second moment over squared mean
    queue = mmc(rate_per_s, mean_s, servers)
    untested = used & (servers > 1) & (np.abs(spread - 2) > 1e-9) & ((spread > 5) | (queue.prob_wait < 0.5))
    outside_validity(untested, "shared_resource: scv of all jobs above 4, or fewer than half wait for several servers.")
    wait_s = np.where(used, queue.mean_wait_s * spread / 2, 0.0)
    utilisation = work / servers
    wait_s = saturating(wait_s, utilisation)
    response_s = wait_s + np.where(rate_per_s > 0, work / rate_per_s, 0.0)
    return Shared(utilisation, wait_s, response_s, wait_s + service_times_s)


class Bottleneck(NamedTuple):
    """Outputs of `bottleneck`; `utilisations` has one row per station."""

    peak_rate_per_s: Floats
    station: Floats
    utilisations: Floats


@primitive
def bottleneck(demands_s: Amounts, servers: Counts) -> Bottleneck:
    """Station that saturates first: X_max = min_k c_k / D_k, at which the others are used U_k = X_max D_k / c_k.

    Counts for each job D_k out of `demands_s` (visits times service, all users and roles of the station added up) on
    c_k = `servers` like units; `station` is the place of the first that saturates, from 0. Leaves out waiting, so that
    it is an upper bound: below the peak ask `shared_resource`, `mva_exact` or `open_jackson`.
    Domain: any laws, any network, jobs that do not change with load; stations without demand never saturate.
    Source: Denning and Buzen, ACM Comp. Surveys 10(3), 1978; Lazowska et al., 1984, section 5.2.

    >>> found = bottleneck(demands_s=[0.5, 0.75], servers=[1, 3])
    >>> float(found.peak_rate_per_s), float(found.station)
    (2.0, 0.0)
    """
    _same_lengths("bottleneck", demands_s=demands_s, servers=servers)
    busy_s = demands_s / servers
    longest_s = busy_s.max(axis=0)
    used = np.where(longest_s > 0, busy_s / np.where(longest_s > 0, longest_s, 1.0), 0.0)
    return Bottleneck(1 / longest_s, busy_s.argmax(axis=0).astype(np.float64), used)


class MachineDemand(NamedTuple):
    """Outputs of `role_demands`."""

    machine_s: Floats
    machine_messages: Floats


@primitive
def role_demands(messages: Amounts, instances: Counts, shares: Shares, message_cost_s: Amounts) -> MachineDemand:
    """A machine's work per command: D = sum_k m_k s_k c_k / i_k over the kinds of messages that its roles handle.

    Counts for each kind k, which is one end of one message of one role: m_k out of `messages` per command, sent or
    received by all i_k = `instances` of the role together, which take them in turn and of which the machine hosts one;
    the share s_k out of `shares` of these that is of this kind (of the commands that are reads, of the messages that
    cross machines); and c_k out of `message_cost_s`. List every role the machine hosts: roles placed together add, and
    a message between two of them costs at both ends. Leaves out work without messages: add it to the result, or list it
    as one message.
    Domain: means per command; roles whose instances take even turns. The machine with the largest D is the bottleneck.
    Source: utilisation law: Denning and Buzen, ACM Comp. Surveys 10(3), 1978; roles: Whittaker et al., Scaling
    Replicated State Machines with Compartmentalization, PVLDB 14(11), 2021.

    >>> found = role_demands(messages=[1, 6], instances=[1, 3], shares=[1.0, 0.5], message_cost_s=[2.0, 3.0])
    >>> float(found.machine_s), float(found.machine_messages)
    (5.0, 2.0)
    """
    _same_lengths("role_demands", messages=messages, instances=instances, shares=shares, message_cost_s=message_cost_s)
    handled = messages * shares / instances
    return MachineDemand((handled * message_cost_s).sum(axis=0), handled.sum(axis=0))


def _same_lengths(name: str, **lists: Floats) -> None:
    lengths = {key: len(values) for key, values in lists.items()}
    require(
        len(set(lengths.values())) == 1,
        f"{name}: lists of {', '.join(f'{length} {key}' for key, length in lengths.items())}; expected equally many.",
    )
