"""What a batch leaves to look at: index.html, results.csv (one row a claim) and results.json."""

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gauntlet.batch.store import Row
from gauntlet.errors import RecordError
from gauntlet.records import write_atomically
from gauntlet.verdict.records import SEVERITY, ClaimVerdict, Verdict

COLUMNS = (
    "paper", "sha256", "title", "state", "paper_label", "claim", "statement", "mechanism", "mechanism_kind", "metric",
    "label", "gap", "gap_low", "gap_high", "region", "page", "report", "message",
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """One paper: its row of the journal, its verdict when there is one, and its report relative to the index."""

    row: Row
    verdict: Verdict | None
    report: str | None

    @property
    def title(self) -> str:
        """The paper's title, or its file name."""
        return (self.verdict.title if self.verdict else "") or Path(self.row.path).name

    @property
    def label(self) -> str:
        """The verdict's label, else the state."""
        return self.verdict.label if self.verdict else self.row.state


def read_entries(rows: Iterable[Row], out: Path) -> list[Entry]:
    """Most severe first; what has no verdict comes last."""
    order: dict[str, int] = {label: rank for rank, label in enumerate(SEVERITY)}
    entries = [_entry(row, out) for row in rows]
    return sorted(entries, key=lambda entry: (order.get(entry.label, len(order)), entry.row.path))


def write_summary(entries: list[Entry], out: Path) -> Path:
    """Write all three files; returns the path of index.html."""
    write_atomically(out / "results.csv", to_csv(entries))
    write_atomically(out / "results.json", to_json(entries))
    write_atomically(out / "index.html", to_html(entries))
    return out / "index.html"


def to_csv(entries: list[Entry]) -> str:
    """One row a claim; a paper without a verdict has one row with its message."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n", restval="")
    writer.writeheader()
    for entry in entries:
        claims: list[ClaimVerdict | None] = [*entry.verdict.claims] if entry.verdict else []
        writer.writerows({k: _plain_cell(v) for k, v in _cells(entry, claim).items()} for claim in claims or [None])
    return text.getvalue()


def to_json(entries: list[Entry]) -> str:
    """A list of papers: path, state, message, run folder and the whole verdict."""
    papers = [
        {
            "paper": entry.row.path,
            "sha256": entry.row.sha256,
            "state": entry.row.state,
            "message": entry.row.message,
            "run_dir": entry.row.run_dir,
            "verdict": entry.verdict.model_dump(mode="json") if entry.verdict else None,
        }
        for entry in entries
    ]
    return json.dumps(papers, indent=1, ensure_ascii=False) + "\n"


def to_html(entries: list[Entry]) -> str:
    """One self-contained page; everything that comes from papers is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(loader=PackageLoader("gauntlet.batch", "."), autoescape=True, undefined=StrictUndefined)
    counts = {label: sum(entry.label == label for entry in entries) for label in (*SEVERITY, "failed", "queued")}
    return environment.get_template("index.html.jinja").render(
        entries=entries, counts={label: count for label, count in counts.items() if count}
    )


def _entry(row: Row, out: Path) -> Entry:
    path = out / row.run_dir / "verdict.json"
    report = f"{row.run_dir}/report.html"
    shown = report if (out / report).is_file() else None
    if row.state not in ("done", "failed") or not path.is_file():
        return Entry(row, None, shown)
    try:
        return Entry(row, Verdict.load(path), shown)
    except RecordError as error:  # a damaged record costs its own paper, not the index
        return Entry(replace(row, state="failed", message=str(error)), None, shown)


def _cells(entry: Entry, claim: ClaimVerdict | None) -> dict[str, Any]:
    cells: dict[str, Any] = {
        "paper": entry.row.path,
        "sha256": entry.row.sha256,
        "title": entry.title,
        "state": entry.row.state,
        "paper_label": entry.verdict.label if entry.verdict else None,
        "report": entry.report,
        "message": entry.row.message,
    }
    if claim is not None:
        same = ("claim", "statement", "mechanism", "mechanism_kind", "metric", "label", "gap", "gap_low", "gap_high")
        cells |= {name: getattr(claim, name) for name in same}
        cells |= {"region": claim.region, "page": claim.evidence[0].page if claim.evidence else None}
    return cells


def _plain_cell(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula gets an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
