"""Every hostile file of the tests' table, made on the spot and read: seconds, memory, and what it came to.

Bar: each ends as its row of `tests/paper/hostile_files.py` says, within 20 s of the processor and 1 GB.
"""

import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.reading.process import Reading, measured
from benchmarks.reading.tables import README, measured_on
from benchmarks.speed.tables import Table
from gauntlet.paper.records import Paper
from tests.paper.hostile_files import FILES, HostileFile

MOST_S, MOST_MB = 20.0, 1000.0
PROCESSES = 2
COLUMNS = ("file", "kB", "s", "parser, MB", "parent, MB", "came to", "as expected")
WORDS = 90


def main(folder: Path | None, only: Sequence[str], write: bool) -> int:
    """Print the table; 1 where a file misses what is expected of it."""
    wanted = [file for file in FILES if not only or any(part in file.name for part in only)]
    rows, missed = [], []
    with ThreadPoolExecutor(PROCESSES) as threads:
        measurements = list(threads.map(_read, wanted))
    for file, (size_kb, reading) in zip(wanted, measurements, strict=True):
        misses = [*file.misses(reading.outcome), *_excess(reading)]
        if misses:
            missed.append(f"{file.name}: {'; '.join(misses)}")
        rows.append(_row(file, size_kb, reading, not misses))
    conclusion = f"{len(wanted) - len(missed)} of {len(wanted)} files end as expected, within {MOST_S:g} s and 1 GB."
    table = Table("hostile", COLUMNS, tuple(rows), "\n".join([conclusion, *missed]), not missed)
    table.print()
    if write:
        table.write(README, measured_on())
    return 0 if table.agreed else 1


def _read(file: HostileFile) -> tuple[float, Reading]:
    """Size of the file in kB, and what reading it costs."""
    with tempfile.TemporaryDirectory() as folder:
        pdf = Path(folder) / "file.pdf"
        pdf.write_bytes(file.make())
        return pdf.stat().st_size / 1e3, measured(pdf)


def _excess(reading: Reading) -> list[str]:
    found = [f"{reading.processor_s:.1f} s"] if reading.processor_s > MOST_S else []
    peak_mb = max(reading.parser_mb, reading.parent_mb)
    return found + ([f"{peak_mb:.0f} MB"] if peak_mb > MOST_MB else [])


def _row(file: HostileFile, size_kb: float, reading: Reading, met: bool) -> tuple[str, ...]:
    memory = (f"{reading.parser_mb:.0f}", f"{reading.parent_mb:.0f}")
    seconds = f"{reading.processor_s:.1f}"
    return file.name, f"{size_kb:.0f}", seconds, *memory, _words(reading.outcome), "yes" if met else "NO"


def _words(outcome: Paper | str) -> str:
    """What a file came to, in a line."""
    if isinstance(outcome, str):
        words = f"refused: {outcome.removeprefix('file.pdf').lstrip(': ')}"
    else:
        words = "; ".join([f"{len(outcome.pages)} pages", *outcome.notes])
    return words if len(words) <= WORDS else f"{words[: WORDS - 3]}..."
