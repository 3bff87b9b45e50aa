"""A packet-level simulation of synchronised senders behind one switch port that drops what its buffer cannot hold.

Every packet is acknowledged by itself (selective acknowledgements); three later ones that come back first mark it lost
and halve the window once per round; a sender that hears nothing for its timeout starts again with one packet.
"""

import heapq
from dataclasses import dataclass, field

import numpy as np

SEGMENT_BYTES = 1460


@dataclass
class _Sender:
    todo: int
    window: float
    threshold: float = float("inf")
    fresh: int = 0
    lost: list[int] = field(default_factory=list)
    flying: dict[int, int] = field(default_factory=dict)  # packet -> order of its last transmission, oldest first
    order: int = 0
    halved_at: int = 0
    timer: int = 0
    backoff: float = 1.0


class Read:
    """One read of a block from each of n senders, which start within one round trip; `run_s` is its time."""

    def __init__(
        self,
        senders: int,
        packets: int,
        initial_window: float,
        buffer_bytes: float,
        link_bytes_per_s: float,
        rtt_s: float,
        rto_min_s: float,
        seed: int,
    ) -> None:
        """Windows in packets."""
        self._senders = [_Sender(packets, initial_window) for _ in range(senders)]
        self._packet_s = SEGMENT_BYTES / link_bytes_per_s
        self._room_s = buffer_bytes / link_bytes_per_s
        self._rtt_s, self._rto_s = rtt_s, rto_min_s
        self._free_at_s, self._left, self._last_s = 0.0, senders * packets, 0.0
        self._events: list[tuple[float, int, str, int, int]] = []
        self._count = 0
        self._starts_s = np.random.default_rng(seed).uniform(rtt_s, 2 * rtt_s, senders).tolist()

    def run_s(self) -> float:
        """Seconds until the last packet is there."""
        for who, start_s in enumerate(self._starts_s):
            self._send(who, start_s)
        while self._left:
            now_s, _, kind, who, number = heapq.heappop(self._events)
            if kind == "arrive":
                self._arrive(who, number, now_s)
            elif kind == "ack":
                self._acknowledge(who, number, now_s)
            elif number == self._senders[who].timer:
                self._expire(who, now_s)
        return self._last_s

    def _at(self, time_s: float, kind: str, who: int, number: int) -> None:
        self._count += 1
        heapq.heappush(self._events, (time_s, self._count, kind, who, number))

    def _send(self, who: int, now_s: float) -> None:
        """Lost packets first, then new ones, as many as the window lets fly, one after another on the sender's link."""
        sender, behind = self._senders[who], 0
        while len(sender.flying) < int(sender.window) and (sender.lost or sender.fresh < sender.todo):
            packet = sender.lost.pop(0) if sender.lost else sender.fresh
            sender.fresh += packet == sender.fresh
            sender.order += 1
            sender.flying[packet] = sender.order
            self._at(now_s + behind * self._packet_s, "arrive", who, packet)
            behind += 1
        sender.timer += 1
        if sender.flying:
            self._at(now_s + self._rto_s * sender.backoff, "timeout", who, sender.timer)

    def _arrive(self, who: int, packet: int, now_s: float) -> None:
        if self._free_at_s - now_s > self._room_s:
            return
        self._free_at_s = max(self._free_at_s, now_s) + self._packet_s
        self._at(self._free_at_s + self._rtt_s, "ack", who, packet)
        self._last_s = max(self._last_s, self._free_at_s)

    def _acknowledge(self, who: int, packet: int, now_s: float) -> None:
        sender = self._senders[who]
        order = sender.flying.pop(packet, 0)
        if not order:
            return  # the timeout was too early, and the packet is on its way again
        sender.backoff = 1.0
        self._left -= 1
        overtaken = [other for other, sent in sender.flying.items() if sent + 3 <= order]
        if overtaken and max(sender.flying[other] for other in overtaken) > sender.halved_at:
            sender.threshold = sender.window = max(sender.window / 2, 2.0)
            sender.halved_at = sender.order
        elif not overtaken:
            sender.window += 1.0 if sender.window < sender.threshold else 1 / sender.window
        for other in overtaken:
            del sender.flying[other]
            sender.lost.append(other)
        self._send(who, now_s)

    def _expire(self, who: int, now_s: float) -> None:
        sender = self._senders[who]
        sender.threshold, sender.window = max(sender.window / 2, 2.0), 1.0
        sender.lost = sorted([*sender.lost, *sender.flying])
        sender.flying.clear()
        sender.backoff = min(2 * sender.backoff, 64.0)
        sender.halved_at = sender.order
        self._send(who, now_s)
