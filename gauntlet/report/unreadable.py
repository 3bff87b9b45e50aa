"""The report of a paper that could not be read: page, JSON and Markdown with the reason."""

from pathlib import Path

from gauntlet.report.build import build_unreadable
from gauntlet.report.write import write_texts
from gauntlet.verdict.records import Verdict


def write_unreadable(run_dir: Path, verdict: Verdict) -> tuple[Path, ...]:
    """Write it into `run_dir` and return its files."""
    return write_texts(run_dir, build_unreadable(verdict), {}, {})
