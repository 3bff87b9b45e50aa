"""Flash and checkpoints: write amplification against simulated cleaning, Daly's interval against the true minimum."""

import math
from collections.abc import Iterator

import numpy as np

from benchmarks.model_form.study import Point, Study, Truth, grid


def _flash_points() -> Iterator[Point]:
    for values in grid(physical_to_logical=(1.07, 1.15, 1.28, 1.5, 2.0), pages=(64, 256), cleaning=("fifo", "greedy")):
        beside = {"pages": values["pages"], "cleaning": values["cleaning"]}
        yield Point({"physical_to_logical": values["physical_to_logical"]}, beside)


class Flash:
    """Blocks of pages; one at a time is cleaned and filled, with its valid pages first and then with new writes."""

    def __init__(self, physical_to_logical: float, pages: int, cleaning: str, blocks: int = 400) -> None:
        """Written once, in order, before the random writes."""
        self._pages, self._oldest_first = pages, cleaning == "fifo"
        self._logical = int(pages * blocks / physical_to_logical)
        self._draw, self._place = np.random.default_rng(1), np.arange(self._logical)  # place[page]: its slot
        self._log = np.full((blocks, pages), -1)
        self._log.reshape(-1)[: self._logical] = self._place
        self._valid = np.bincount(self._place // pages, minlength=blocks)
        self._turn = -(-self._logical // pages)

    def write_amplification(self, overwrites: int = 12) -> float:
        """Pages written per page asked for, over the second half of the overwrites of the logical space."""
        asked = counted = copied = 0
        while asked < overwrites * self._logical:
            kept = self._clean_and_fill()
            if 2 * asked >= overwrites * self._logical:
                counted, copied = counted + self._pages - kept, copied + kept
            asked += self._pages - kept
        return 1 + copied / counted

    def _clean_and_fill(self) -> int:
        """How many valid pages had to be copied."""
        block = self._turn % len(self._log) if self._oldest_first else int(self._valid.argmin())
        self._turn += 1
        slots, old = np.arange(block * self._pages, (block + 1) * self._pages), self._log[block]
        kept = old[(old >= 0) & (self._place[old] == slots)]
        fresh = self._draw.integers(self._logical, size=self._pages - len(kept))
        np.subtract.at(self._valid, self._place[np.unique(fresh)] // self._pages, 1)
        self._log[block] = np.concatenate([kept, fresh])
        self._place[self._log[block]] = slots  # of a page written twice the last copy counts
        self._valid[block] = np.count_nonzero(self._place[self._log[block]] == slots)
        return len(kept)


def _flash(physical_to_logical: float, pages: int, cleaning: str) -> Truth:
    return {"write_amplification": Flash(physical_to_logical, pages, cleaning).write_amplification()}


def _checkpoint_points() -> Iterator[Point]:
    for values in grid(share=(1e-4, 1e-3, 1e-2, 0.03, 0.1, 0.3, 1.0), restart=(0.0, 1.0, 10.0)):
        checkpoint_s = 60.0
        arguments = {"checkpoint_s": checkpoint_s, "restart_s": checkpoint_s * values["restart"]}
        yield Point({**arguments, "mtbf_s": checkpoint_s / values["share"], "work_s": 1e6})


def _checkpoint(checkpoint_s: float, restart_s: float, mtbf_s: float, work_s: float) -> Truth:
    """The interval with the least expected wall time, by bisection of its slope, and that time.

    (1 - t/M) exp((t + d)/M) = 1 at the minimum of (exp((t + d)/M) - 1) / t.
    """
    low, high = 0.0, mtbf_s
    for _ in range(200):
        middle = 0.5 * (low + high)
        if (1 - middle / mtbf_s) * math.exp((middle + checkpoint_s) / mtbf_s) > 1:
            low = middle
        else:
            high = middle
    wall_s = mtbf_s * math.exp(restart_s / mtbf_s) * math.expm1((low + checkpoint_s) / mtbf_s) * work_s / low
    return {"young_interval_s": low, "daly_interval_s": low, "expected_wall_s": wall_s}


def studies() -> list[Study]:
    """Young's interval is shown beside Daly's, which the expected time uses."""
    return [
        Study(
            "ssd_write_amplification",
            "1.07 to 2 times the logical space, blocks of 64 and 256 pages, oldest first and greedy",
            "simulated cleaning of 400 blocks",
            _flash_points,
            _flash,
        ),
        Study(
            "checkpoint_interval",
            "checkpoints of 1e-4 to 1 of the time between failures",
            "the true minimum of the expected time",
            _checkpoint_points,
            _checkpoint,
            ("daly_interval_s", "expected_wall_s"),
        ),
    ]
