"""What reading real papers costs: python -m benchmarks.reading speed PAPERS_DIR.

Whole papers are each read in a process of their own. A page's words, drawings and plots are also timed for themselves,
in one process. Seconds are those of the processor. Bars: papers of 13 to 15 pages in 3.5 s in the median, every paper
that is not called hard within 450 MB; a page in 0.1 s in the median, 99 of 100 in 2 s.
"""

import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pymupdf as untyped

from benchmarks.reading.papers import HARD
from benchmarks.reading.process import Reading, measured
from benchmarks.reading.tables import README, measured_on
from benchmarks.speed.tables import Table
from gauntlet.paper.assemble import read_page
from gauntlet.paper.records import Paper
from gauntlet.settings import ReadLimits

pymupdf: Any = untyped
USUAL_PAGES = range(13, 16)
PAPER_S, PAPER_MB, PAGE_S, PAGE_P99_S = 3.5, 450.0, 0.1, 2.0
COLUMNS = ("paper", "pages", "s", "parser, MB", "parent, MB", "s a page", "slowest page, s")


def main(folder: Path, only: Sequence[str], write: bool) -> int:
    """Print the table; 1 where a bar is missed."""
    pymupdf.TOOLS.mupdf_display_errors(False)
    files = [pdf for pdf in sorted(folder.glob("*.pdf")) if not only or any(part in pdf.name for part in only)]
    readings = {pdf: measured(pdf) for pdf in files}
    pages = {pdf: page_times_s(pdf) for pdf, reading in readings.items() if isinstance(reading.outcome, Paper)}
    rows = tuple(_row(pdf, readings[pdf], seconds) for pdf, seconds in pages.items())
    words, met = _conclusion(readings, [s for pdf, own in pages.items() for s in own if not _is_hard(pdf)])
    table = Table("speed of reading", COLUMNS, rows, words, met)
    table.print()
    if write:
        table.write(README, measured_on())
    return 0 if table.agreed else 1


def page_times_s(pdf: Path) -> list[float]:
    """Processor seconds of each page for itself: words, hidden text, drawings and plots."""
    taken = []
    with pymupdf.open(pdf) as document:
        for number in range(1, document.page_count + 1):
            started = time.process_time()
            read_page(document, number, ReadLimits(), [])
            taken.append(time.process_time() - started)
    return taken


def _is_hard(pdf: Path) -> bool:
    return pdf.name.startswith(HARD)


def _row(pdf: Path, reading: Reading, seconds: Sequence[float]) -> tuple[str, ...]:
    memory = (f"{reading.parser_mb:.0f}", f"{reading.parent_mb:.0f}")
    page_s = (f"{statistics.median(seconds):.3f}", f"{max(seconds):.2f}")
    return pdf.stem, str(len(seconds)), f"{reading.processor_s:.2f}", *memory, *page_s


def _conclusion(readings: dict[Path, Reading], page_s: Sequence[float]) -> tuple[str, bool]:
    """The four figures that have a bar, in words, and whether all are met."""
    papers = [reading for pdf, reading in readings.items() if not _is_hard(pdf)]
    usual = [r for r in papers if isinstance(r.outcome, Paper) and r.outcome.page_count in USUAL_PAGES] or papers
    paper_s = statistics.median(reading.processor_s for reading in usual)
    peak_mb = max(max(reading.parser_mb, reading.parent_mb) for reading in papers)
    median_s, p99_s = statistics.median(page_s), sorted(page_s)[int(0.99 * (len(page_s) - 1))]
    words = (
        f"{len(usual)} of {USUAL_PAGES[0]} to {USUAL_PAGES[-1]} pages: median {paper_s:.2f} s (bar {PAPER_S:g}). "
        f"{len(papers)} papers: at most {peak_mb:.0f} MB (bar {PAPER_MB:g}). {len(page_s)} pages: "
        f"median {median_s:.3f} s (bar {PAGE_S:g}), 99 of 100 in {p99_s:.2f} s (bar {PAGE_P99_S:g})."
    )
    met = paper_s <= PAPER_S and peak_mb <= PAPER_MB and median_s <= PAGE_S and p99_s <= PAGE_P99_S
    return words, met
