"""TCP Reno by the round: windows that grow, halve at a loss, and time out where too few duplicates come back."""

import math

import numpy as np

from gauntlet.mechanisms._inputs import Floats

_LARGEST_BACKOFF = 6


def unlimited_rate(loss: float, acked_per_ack: int, periodic: bool, flows: int = 100) -> float:
    """Packets delivered per round trip without timeouts; losses at random or every 1/p packets, one halving a round."""
    draw = np.random.default_rng(1)
    window = np.full(flows, 1 / math.sqrt(loss * acked_per_ack))
    rounds = round(30 / math.sqrt(loss / acked_per_ack))
    until_loss = draw.uniform(0, 1 / loss, flows)
    delivered = 0.0
    for turn in range(rounds):
        packets = np.maximum(1.0, np.floor(window))
        lost = draw.binomial(packets.astype(np.int64), loss)
        if periodic:
            until_loss -= packets
            lost = (until_loss <= 0).astype(np.int64)
            until_loss += np.where(lost > 0, 1 / loss, 0.0)
        if turn >= rounds // 3:
            delivered += float((packets - lost).mean())
        window = np.where(lost > 0, np.maximum(window / 2, 1.0), window + 1 / acked_per_ack)
    return delivered / (rounds - rounds // 3)


def rate_with_timeouts(
    loss: float, rtt_s: float, rto_s: float, acked_per_ack: int, max_window: float, flows: int = 500
) -> float:
    """Packets sent per second where a loss takes the rest of its round with it, as Padhye et al. assume.

    The packets before the loss clock out as many more, of which the part before the next loss returns as duplicates:
    three or more halve the window, fewer wait for timeouts that double up to 64-fold and end in slow start.
    """
    draw = np.random.default_rng(1)
    window, threshold = np.ones(flows), np.full(flows, max_window)
    sent, spent_s = np.zeros(flows), np.zeros(flows)
    rounds = round(200 + 40 / math.sqrt(loss))
    for turn in range(rounds):
        if turn == rounds // 3:
            sent[:], spent_s[:] = 0.0, 0.0
        packets = np.floor(np.maximum(window, 1.0))
        before = np.minimum(draw.geometric(loss, flows) - 1, packets)
        duplicates = np.minimum(draw.geometric(loss, flows) - 1, before)
        lossy = before < packets
        out = lossy & (duplicates < 3)
        timeouts = np.where(out, draw.geometric(1 - loss, flows), 0)
        sent += packets + np.where(lossy, before, 0.0) + timeouts
        spent_s += rtt_s * (1 + lossy) + rto_s * _backed_off(timeouts)
        threshold = np.where(lossy, np.maximum(window / 2, 2.0), threshold)
        grown = window + np.where(window < threshold, packets, 1.0) / acked_per_ack
        halved = np.maximum(window / 2, 1.0)
        window = np.minimum(np.where(out, 1.0, np.where(lossy, halved, grown)), max_window)
    return float(sent.sum() / spent_s.sum())


def _backed_off(timeouts: Floats) -> Floats:
    """Length of a row of timeouts, in first ones: 1 + 2 + 4 + ... + 64 + 64 ..."""
    doubled = np.minimum(timeouts, _LARGEST_BACKOFF)
    return 2.0**doubled - 1 + (timeouts - doubled) * 2.0**_LARGEST_BACKOFF
