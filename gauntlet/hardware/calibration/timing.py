"""How long a call takes: warm, repeated, with its spread."""

import math
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from gauntlet.hardware.calibration.plan import TimingPlan

Clock = Callable[[], float]


class Timing(NamedTuple):
    """Median time of one call in s, the quartiles around it, how many repeats they come from, and the share of that
    time in which this process had a processor (above 1 with several threads).
    """

    median_s: float
    low_s: float
    high_s: float
    repeats: int
    running: float

    @property
    def spread(self) -> float:
        """Width of the middle half over the median."""
        return (self.high_s - self.low_s) / self.median_s

    def disturbed(self, plan: TimingPlan) -> bool:
        """Whether something else ran meanwhile: repeats scatter, or the process had to wait for a processor."""
        return self.spread > plan.restless or self.running < plan.least_running


def time_of(
    call: Callable[[], object],
    plan: TimingPlan,
    wait: Callable[[], None] = lambda: None,
    clock: Clock = time.perf_counter,
    processor_clock: Clock = time.process_time,
) -> Timing:
    """Time `call` until enough repeats and enough time have passed; `wait` returns when what it started is done.

    Warm-up calls fill caches, load code and raise clocks; the last of them says how many calls make one repeat.
    """
    for _ in range(plan.warm_up_calls):
        once = _lasting(call, 1, wait, clock)
    calls = max(1, math.ceil(plan.shortest_repeat_s / max(once, 1e-9)))
    found: list[float] = []
    total, started = 0.0, processor_clock()
    while len(found) < plan.fewest_repeats or (total < plan.least_s and len(found) < plan.most_repeats):
        lasted = _lasting(call, calls, wait, clock)
        total += lasted
        found.append(lasted / calls)
    running = (processor_clock() - started) / total
    low, middle, high = np.quantile(found, (0.25, 0.5, 0.75))
    return Timing(float(middle), float(low), float(high), len(found), running)


def _lasting(call: Callable[[], object], calls: int, wait: Callable[[], None], clock: Clock) -> float:
    start = clock()
    for _ in range(calls):
        call()
    wait()
    return clock() - start
