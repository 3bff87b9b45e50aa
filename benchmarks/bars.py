"""How long a user waits, and how much memory it takes: `python -m benchmarks.bars`.

Each row is a whole process, run several times; the median counts. Runs the bundled sample with its recorded answers.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "fixtures" / "papers" / "group-commit.pdf"


@dataclass(frozen=True)
class Bar:
    """A command and what it may take."""

    name: str
    arguments: tuple[str, ...]
    most_s: float
    most_mb: float | None = None


def measure(arguments: tuple[str, ...]) -> tuple[float, float]:
    """Wall seconds and peak memory in MB (largest process) of one run of `gauntlet`."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "gauntlet", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"GAUNTLET_MODEL": "", "OPENAI_BASE_URL": ""},
    )
    _, status, usage = os.wait4(process.pid, 0)
    took_s = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"gauntlet {' '.join(arguments)} failed; run it by hand to see why.")
    return took_s, _peak_mb(usage)


def _peak_mb(usage: resource.struct_rusage) -> float:
    unit = 1.0 if sys.platform == "darwin" else 1024.0
    return usage.ru_maxrss * unit / 1e6


def main() -> None:
    """Measure every bar; exit 1 where one is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each command")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        run = f"{folder}/run"
        bars = (
            Bar("gauntlet --help", ("--help",), 0.3),
            Bar("evaluate a sample", ("evaluate", str(SAMPLE), "--llm", "recorded", "-o", run), 4.0, 350.0),
            Bar("judge a saved run", ("judge", run), 2.0),
        )
        missed = [bar.name for bar in bars if not _report(bar, runs)]
    raise SystemExit(f"missed: {', '.join(missed)}" if missed else 0)


def _report(bar: Bar, runs: int) -> bool:
    measure(bar.arguments)  # warm-up: compiled files, disk cache
    taken = [measure(bar.arguments) for _ in range(runs)]
    median_s = statistics.median(seconds for seconds, _ in taken)
    peak_mb = max(megabytes for _, megabytes in taken)
    memory = f"{peak_mb:6.0f} MB" + (f" (bar {bar.most_mb:.0f})" if bar.most_mb else "")
    print(f"{bar.name:20} {median_s:6.2f} s (bar {bar.most_s:g})  {memory}")
    return median_s <= bar.most_s and (bar.most_mb is None or peak_mb <= bar.most_mb)


if __name__ == "__main__":
    main()
