"""A folder of papers and its INDEX.json, read once for all measurements."""

import json
import resource
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gauntlet.errors import PaperUnreadable
from gauntlet.paper.read import read_paper
from gauntlet.paper.records import Paper
from gauntlet.settings import ReadLimits

HARD = "hard-"
"""Files with this name are kept to be refused or survived: scans, slides, a thesis."""


@dataclass(frozen=True)
class Entry:
    """One paper of the folder: its record in INDEX.json, what was read of it, and the processor seconds that took."""

    name: str
    record: dict[str, Any]
    paper: Paper | None
    seconds: float


def read_folder(folder: Path, only: Sequence[str] = ()) -> Iterator[Entry]:
    """Papers that INDEX.json lists, without the hard ones, one after the other; `paper` is None where none was read.

    `only` are parts of the names of those wanted, all without any.
    """
    index = json.loads((folder / "INDEX.json").read_text(encoding="utf-8"))
    for record in index["papers"]:
        name = record["file"]
        if name.startswith(HARD) or (only and not any(part in name for part in only)):
            continue
        started = _seconds_of_children()
        try:
            paper: Paper | None = read_paper(folder / name, None, ReadLimits())
        except PaperUnreadable:
            paper = None
        yield Entry(name, record, paper, _seconds_of_children() - started)


def _seconds_of_children() -> float:
    """Processor time of the readers that have ended: a busy machine does not stretch it much."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
