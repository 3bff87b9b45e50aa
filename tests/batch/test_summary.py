"""The index shows every paper, escapes what papers say, and opens safely in a spreadsheet."""

import csv
import json
from html.parser import HTMLParser

from gauntlet.batch.store import Row
from gauntlet.batch.summary import COLUMNS, read_entries, write_summary
from tests.batch.fake import made_verdict

HOSTILE = '=HYPERLINK("http://x")<script>alert(1)</script>'


def row(name, state="done", message=None):
    return Row(name * 4, f"papers/{name}.pdf", f"run-{name}", "k", state, None, message, 1, 0.0, 1.0)


class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.links = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("href", "src")]


def summary_of(tmp_path):
    labels = {"a": "CONSISTENT", "b": "IMPOSSIBLE", "c": "MAGIC_GAP"}
    for name, label in labels.items():
        made_verdict("0" * 16, HOSTILE if name == "c" else name, label).save(tmp_path / f"run-{name}" / "verdict.json")
        (tmp_path / f"run-{name}" / "report.html").write_text("")
    rows = [row("a"), row("b"), row("c"), row("d", "failed", "PaperUnreadable: <b>broken</b>"), row("e", "queued")]
    entries = read_entries(rows, tmp_path)
    return entries, write_summary(entries, tmp_path)


def test_most_severe_first_and_nothing_left_out(tmp_path):
    entries, index = summary_of(tmp_path)
    assert [entry.label for entry in entries] == ["IMPOSSIBLE", "MAGIC_GAP", "CONSISTENT", "failed", "queued"]
    assert index.read_text().count("<tr>") == 1 + 5
    assert json.loads((tmp_path / "results.json").read_text())[0]["verdict"]["label"] == "IMPOSSIBLE"


def test_the_page_runs_nothing_and_links_only_to_its_own_files(tmp_path):
    _, index = summary_of(tmp_path)
    page = Reader()
    page.feed(index.read_text())
    assert not {"script", "b", "img", "iframe"} & set(page.tags)
    assert sorted(page.links) == sorted(["results.csv", "results.json", *(f"run-{name}/report.html" for name in "abc")])


def test_one_row_a_claim_and_no_formulas(tmp_path):
    summary_of(tmp_path)
    with (tmp_path / "results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [found["label"] for found in rows] == ["IMPOSSIBLE", "MAGIC_GAP", "CONSISTENT", "", ""]
    assert rows[1]["title"] == f"'{HOSTILE}"
    assert (rows[0]["gap"], rows[0]["region"]) == ("2.5", "at and above load = 4")
    assert rows[3]["message"] == "PaperUnreadable: <b>broken</b>"


def test_a_damaged_verdict_costs_its_own_paper_alone(tmp_path):
    summary_of(tmp_path)
    (tmp_path / "run-a" / "verdict.json").write_text('{"label": "CONSISTENT"}')
    entries = read_entries([row("a"), row("b")], tmp_path)
    assert [entry.label for entry in entries] == ["IMPOSSIBLE", "failed"]
    assert "verdict.json" in entries[1].row.message
