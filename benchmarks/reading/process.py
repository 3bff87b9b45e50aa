"""What reading one PDF costs: `python -m benchmarks.reading.process PDF ANSWER` reads it in a process of its own.

Seconds are those of the processor, of the parsing process and of the one that waits for it, which a neighbour on the
machine falsifies less than those of the clock. Imports of the waiting process are left out: a batch pays them once.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from gauntlet.errors import PaperUnreadable
from gauntlet.paper.read import read_paper
from gauntlet.paper.records import Paper
from gauntlet.settings import ReadLimits


@dataclass(frozen=True)
class Reading:
    """One paper, or the words it was refused with; seconds, and the peak memory of the parser and of its parent."""

    outcome: Paper | str
    processor_s: float
    clock_s: float
    parser_mb: float
    parent_mb: float


def measured(pdf: Path) -> Reading:
    """Read a file in a fresh process."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer"
        command = [sys.executable, "-m", "benchmarks.reading.process", str(pdf), str(answer)]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        cost = json.loads(run.stdout)
        words = answer.read_text(encoding="utf-8")
    outcome = Paper.model_validate_json(words) if cost.pop("read") else words
    return Reading(outcome, **cost)


def main(pdf: str, answer: str) -> None:
    """Read `pdf`, write the paper or the refusal to `answer`, print the cost."""
    before_s, started = time.process_time(), time.perf_counter()
    try:
        outcome = read_paper(Path(pdf), None, ReadLimits()).model_dump_json()
        read = True
    except PaperUnreadable as error:
        outcome, read = str(error), False
    clock_s, own_s = time.perf_counter() - started, time.process_time() - before_s
    parser, own = resource.getrusage(resource.RUSAGE_CHILDREN), resource.getrusage(resource.RUSAGE_SELF)
    unit = 1.0 if sys.platform == "darwin" else 1024.0
    cost = {
        "read": read,
        "processor_s": own_s + parser.ru_utime + parser.ru_stime,
        "clock_s": clock_s,
        "parser_mb": parser.ru_maxrss * unit / 1e6,
        "parent_mb": own.ru_maxrss * unit / 1e6,
    }
    Path(answer).write_text(outcome, encoding="utf-8")
    print(json.dumps(cost))


if __name__ == "__main__":
    main(*sys.argv[1:])
