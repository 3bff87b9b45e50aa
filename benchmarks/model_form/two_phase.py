"""Event simulation of strict two-phase locking: transactions take exclusive locks one by one and free all at the end.

A request that would close a circle of waits aborts its transaction, which starts afresh with new items.
"""

import heapq
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

_BLOCK = 65_536


@dataclass
class Tally:
    """What is counted after the warm-up; times in the unit of `action_s`."""

    commits: int = 0
    waited: int = 0
    blocks: int = 0
    circles: int = 0
    in_circles: int = 0
    span_s: float = 0.0
    resident_s: float = 0.0
    blocked_s: float = 0.0
    behind_active: int = 0
    behind_active_s: float = 0.0


@dataclass(eq=False)
class _Transaction:
    items: list[int]
    start_s: float
    held: int = 0
    wants: int = -1
    blocked_at_s: float = 0.0
    behind_active: bool = False
    waits: int = 0


@dataclass
class LockTable:
    """Items and who holds or awaits them, driven by a heap of ends of actions."""

    items: int
    actions: int
    action_s: float
    seed: int = 1
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        self._draw = np.random.default_rng(self.seed)
        self._picks = self._stream()
        self._holder: dict[int, _Transaction] = {}
        self._line: dict[int, deque[_Transaction]] = {}
        self._events: list[tuple[float, int, _Transaction]] = []
        self._order = 0
        self._now_s = 0.0

    def run_open(self, rate_per_s: float, commits: int) -> Tally:
        """Transactions that come at random; a tenth of the commits warms up."""
        gaps = self._draw.exponential(1 / rate_per_s, round(commits * 1.1) + 1)
        arrivals = np.cumsum(gaps).tolist()
        for start_s in arrivals:
            self._schedule(start_s, _Transaction(self._pick(), start_s))
        self._drive(commits, population=False)
        return self.tally

    def run_closed(self, population: int, commits: int) -> Tally:
        """As many transactions as there are clients; each is followed by the next at once."""
        for _ in range(population):
            start_s = float(self._draw.uniform(0, self.action_s))
            self._schedule(start_s, _Transaction(self._pick(), start_s))
        self._drive(commits, population=True)
        return self.tally

    def _drive(self, commits: int, population: bool) -> None:
        warm, start_s = commits // 10, 0.0
        while self._events and self.tally.commits < commits:
            self._now_s, _, who = heapq.heappop(self._events)
            if who.held < self.actions:
                self._request(who)
                continue
            self._commit(who)
            if population:
                self._schedule(self._now_s, _Transaction(self._pick(), self._now_s))
            if warm and self.tally.commits == warm:
                self.tally, warm, start_s = Tally(), 0, self._now_s
        self.tally.span_s = self._now_s - start_s

    def _request(self, who: _Transaction) -> None:
        item = who.items[who.held]
        holder = self._holder.get(item)
        if holder is None:
            self._grant(who, item)
            return
        who.wants, who.blocked_at_s, who.behind_active = item, self._now_s, holder.wants < 0
        who.waits += 1
        self.tally.blocks += 1
        circle = self._circle(who)
        if circle:
            self.tally.circles += 1
            self.tally.in_circles += circle
            self._abort(who)
        else:
            self._line.setdefault(item, deque()).append(who)

    def _circle(self, who: _Transaction) -> int:
        """How many transactions wait for one another in a circle through `who`; 0 if none does."""
        length, other = 1, self._holder[who.wants]
        while other is not who and other.wants >= 0:
            length, other = length + 1, self._holder[other.wants]
        return length if other is who else 0

    def _grant(self, who: _Transaction, item: int) -> None:
        self._holder[item] = who
        who.held += 1
        self._schedule(self._now_s + self.action_s, who)

    def _commit(self, who: _Transaction) -> None:
        self.tally.commits += 1
        self.tally.waited += who.waits > 0
        self.tally.resident_s += self._now_s - who.start_s
        self._free(who)

    def _abort(self, who: _Transaction) -> None:
        who.wants = -1
        self._free(who)
        who.items, who.held = self._pick(), 0
        self._schedule(self._now_s, who)

    def _free(self, who: _Transaction) -> None:
        for item in who.items[: who.held]:
            line = self._line.get(item)
            if not line:
                del self._holder[item]
                continue
            heir = line.popleft()
            heir.wants = -1
            waited_s = self._now_s - heir.blocked_at_s
            self.tally.blocked_s += waited_s
            self.tally.behind_active += heir.behind_active
            self.tally.behind_active_s += waited_s * heir.behind_active
            self._grant(heir, item)

    def _schedule(self, at_s: float, who: _Transaction) -> None:
        self._order += 1
        heapq.heappush(self._events, (at_s, self._order, who))

    def _pick(self) -> list[int]:
        chosen: dict[int, None] = {}
        while len(chosen) < self.actions:
            chosen[next(self._picks)] = None
        return list(chosen)

    def _stream(self) -> Iterator[int]:
        while True:
            yield from self._draw.integers(self.items, size=_BLOCK).tolist()
