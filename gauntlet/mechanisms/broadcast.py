"""One item from one machine to all, message by message."""

from typing import NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import Floats, NonNegative, Steps, primitive

_STEPPED_TOGETHER = 2**21
"""Messages times samples whose arrival times are held at once."""


class Broadcast(NamedTuple):
    """Outputs of `logp_broadcast`, in the unit of its times."""

    time: Floats


@primitive
def logp_broadcast(processors: Steps, latency: NonNegative, overhead: NonNegative, gap: NonNegative) -> Broadcast:
    """LogP broadcast: who can finish soonest sends next; a message takes 2 o + L, the next leaves after max(g, o).

    Counts the optimal tree in which every informed processor goes on sending; times in one unit, such as cycles. Leaves
    out long items (`loggp`, `collective_time`) and the limit of L / g messages in flight.
    Domain: one short item, all processors idle at the start.
    Source: Karp, Sahay, Santos and Schauser, Optimal broadcast and summation in the LogP model, SPAA 1993; Culler et
    al., LogP: towards a realistic model of parallel computation, PPoPP 1993, figure 3.

    >>> float(logp_broadcast(processors=8, latency=6, overhead=2, gap=4).time)
    24.0
    """
    parts = np.broadcast_arrays(processors, latency + 2 * overhead, np.maximum(gap, overhead))
    counts, reach, again = (part.ravel() for part in parts)
    time = np.zeros(counts.size)
    together = max(1, int(_STEPPED_TOGETHER // np.max(counts, initial=1)))
    for start in range(0, counts.size, together):
        some = slice(start, start + together)
        time[some] = _last_arrival(counts[some], reach[some], again[some])
    return Broadcast(time.reshape(parts[0].shape))


def _last_arrival(counts: Floats, reach: Floats, again: Floats) -> Floats:
    """When the last of `counts` processors is informed, for flat arrays.

    Every arrival leads to two more: the receiver's first message arrives `reach` later, the sender's next one `again`
    later; the root has no sender. Both rows of successors are in order, so that merging them sorts all arrivals.
    """
    most, column = int(counts.max()), np.arange(counts.size)
    arrivals = np.full((most + 1, counts.size), np.inf)
    arrivals[0] = 0.0
    receiver, sender = np.zeros(counts.size, dtype=int), np.ones(counts.size, dtype=int)
    for place in range(1, most):
        first, following = arrivals[receiver, column] + reach, arrivals[sender, column] + again
        arrivals[place] = np.minimum(first, following)
        from_receiver = first <= following
        receiver += from_receiver
        sender += ~from_receiver
    last: Floats = arrivals[counts.astype(int) - 1, column]
    return last
