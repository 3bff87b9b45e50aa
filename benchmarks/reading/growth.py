"""How the time of reading a page grows with what is drawn on it, from a thousand things to a hundred thousand.

Bar: no kind of drawing grows faster than N^1.3 between the last counts. A picture goes to `reading/growth.svg`.
"""

import math
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pymupdf as untyped

from benchmarks.reading.growth_pages import PAGES, page
from benchmarks.reading.tables import README, measured_on
from benchmarks.speed.tables import Table
from gauntlet.paper.assemble import assemble, read_page
from gauntlet.settings import ReadLimits

pymupdf: Any = untyped
COUNTS = (1_000, 10_000, 100_000)
PROCESSES = 2
STEEPEST = 1.3
PICTURE = Path(__file__).with_name("growth.svg")
LIMITS = replace(ReadLimits(), paths_per_page=10**9)


def main(folder: Path | None, only: Sequence[str], write: bool) -> int:
    """Print the table; 1 where something grows too fast."""
    kinds = [kind for kind in PAGES if not only or any(part in kind for part in only)]
    with ProcessPoolExecutor(PROCESSES, initializer=warm_up) as processes:
        times = dict(zip(kinds, processes.map(times_s, kinds), strict=True))
    steep = [kind for kind, seconds in times.items() if exponents(seconds)[-1] > STEEPEST]
    rows = tuple(
        (kind, *(f"{s:.2f}" for s in seconds), " ".join(f"{slope:.2f}" for slope in exponents(seconds)))
        for kind, seconds in times.items()
    )
    words = f"too steep: {', '.join(steep)}" if steep else f"no kind grows faster than N^{STEEPEST:g} at the end"
    columns = ("seconds for a page of", *(f"{count:,}" for count in COUNTS), "local exponents")
    table = Table("growth", columns, rows, f"The slope in logarithms between neighbours: {words}.", not steep)
    table.print()
    if write:
        table.write(README, measured_on())
        draw(times)
    return 0 if table.agreed else 1


def warm_up() -> None:
    """The first reading of a process imports and compiles."""
    pymupdf.TOOLS.mupdf_display_errors(False)
    read_s("markers", COUNTS[0])


def times_s(kind: str) -> list[float]:
    """Seconds for each count."""
    return [read_s(kind, count) for count in COUNTS]


def read_s(kind: str, count: int) -> float:
    """Processor seconds to read a paper of one page with `count` things, without starting a process."""
    with pymupdf.open(stream=page(kind, count)) as document:
        started = time.process_time()
        raw = read_page(document, 1, LIMITS, [])
        assemble(document, "", [raw], [], None, lambda _: None)
        return time.process_time() - started


def exponents(seconds: Sequence[float]) -> list[float]:
    """Slopes of log time over log count between neighbouring counts."""
    steps = zip(pairwise(seconds), pairwise(COUNTS), strict=True)
    return [math.log(b / a) / math.log(n / m) for (a, b), (m, n) in steps]


def draw(times: Mapping[str, Sequence[float]]) -> None:
    """Seconds over counts, both logarithmic, with a line of slope one."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 4.2), layout="constrained")
    axes = figure.add_subplot(xscale="log", yscale="log", xlabel="things drawn on a page", ylabel="processor seconds")
    for number, (kind, seconds) in enumerate(times.items()):
        axes.plot(COUNTS, seconds, label=kind, linewidth=1, marker="o^sv"[number // 10 % 4], markersize=3)
    axes.plot(COUNTS, [count / 1e5 for count in COUNTS], color="black", linestyle="--", linewidth=1, label="slope 1")
    figure.legend(loc="outside right center", fontsize=7, frameon=False)
    figure.savefig(PICTURE, metadata={"Date": None})
