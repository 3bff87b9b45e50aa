"""Quotations, numbers, captions and tables of real papers against what a person finds on their pages.

`tables.csv` and `captions.csv` were made by eye from rendered pages: rows, columns, header rows and two cells of every
table whose rows and columns can be counted, and the captions of papers that INDEX.json counts otherwise.
"""

import csv
import math
import random
import re
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.reading.papers import Entry, read_folder
from gauntlet import units
from gauntlet.errors import UnknownUnit
from gauntlet.paper.locate import find_quotation
from gauntlet.paper.quantities import Quantity, find_quantities
from gauntlet.paper.records import Paper, Table

HERE = Path(__file__).parent
SEED = 20_240_131
_LABEL = re.compile(r"^(Figure|Fig\.?|Table|Tab\.)\s*([\dIVXA-Z.]+)", re.IGNORECASE)


@dataclass
class Score:
    """Right answers of all, and the wrong ones by name."""

    title: str
    bar: float
    right: int = 0
    total: int = 0
    misses: list[str] = field(default_factory=list)

    def count(self, right: bool, name: str) -> None:
        """One more answer."""
        self.total += 1
        self.right += right
        if not right:
            self.misses.append(name)

    @property
    def share(self) -> float:
        return self.right / self.total if self.total else 0.0

    @property
    def held(self) -> bool:
        return self.share >= self.bar

    def shown(self) -> str:
        """One line, and one for each miss."""
        word = "held" if self.held else "MISSED"
        first = (
            f"{self.title}: {self.right} of {self.total} ({100 * self.share:.1f} %), bar {100 * self.bar:g} % {word}"
        )
        return "\n".join([first, *(f"  {name}" for name in self.misses)])


def main(folder: Path, only: Sequence[str] = ()) -> int:
    """Print the scores; 1 where a bar is missed."""
    entries = list(read_folder(folder, only))
    scores = measure(entries)
    seconds = sorted(entry.seconds for entry in entries)
    pages = sum(entry.paper.page_count for entry in entries if entry.paper)
    for score in scores:
        sys.stdout.write(score.shown() + "\n")
    sys.stdout.write(
        f"{len(entries)} papers, {pages} pages: {sum(seconds):.0f} s of processor time, "
        f"median {seconds[len(seconds) // 2]:.1f} s\n"
    )
    return 0 if all(score.held for score in scores) else 1


def measure(entries: Sequence[Entry]) -> list[Score]:
    """All scores; a paper that could not be read misses everything it is asked for."""
    shapes, cells = _tables(entries)
    return [_quotations(entries), _false_finds(entries), _numbers(entries), _captions(entries), shapes, cells]


def _quotations(entries: Sequence[Entry]) -> Score:
    score = Score("quotations found on their page", 0.99)
    for entry in entries:
        for claim in entry.record["headline_claims"]:
            found = entry.paper is not None and bool(find_quotation(entry.paper, claim["quote"], claim["page"]))
            score.count(found, f"{entry.name} p. {claim['page']}: {claim['quote']}")
    return score


def _false_finds(entries: Sequence[Entry]) -> Score:
    """Quotations with their words shuffled, in their own paper, and as they are, in the next papers of the list."""
    score = Score("shuffled and foreign quotations not found", 1.0)
    chance = random.Random(SEED)
    read = [entry for entry in entries if entry.paper is not None]
    for number, entry in enumerate(read):
        for claim in entry.record["headline_claims"]:
            for words in _shuffled(claim["quote"].split(), chance):
                score.count(not _anywhere(entry.paper, words), f"{entry.name}: {words}")
            for other in (read[(number + step) % len(read)] for step in (1, 2, 3)):
                score.count(not _anywhere(other.paper, claim["quote"]), f"{other.name}: {claim['quote']}")
    return score


def _anywhere(paper: Paper | None, words: str) -> bool:
    return paper is not None and bool(find_quotation(paper, words))


def _shuffled(words: list[str], chance: random.Random) -> list[str]:
    """The whole quotation in another order, and with two neighbours swapped."""
    whole = words[:]
    while whole == words and len(set(words)) > 1:
        chance.shuffle(whole)
    places = [at for at in range(len(words) - 1) if words[at] != words[at + 1]]
    at = chance.choice(places)
    swapped = [*words[:at], words[at + 1], words[at], *words[at + 2 :]]
    return [" ".join(whole), " ".join(swapped)]


def _numbers(entries: Sequence[Entry]) -> Score:
    """The number of each claim, with its unit, among the quantities of its quotation."""
    score = Score("numbers of claims read with their unit", 0.95)
    for entry in entries:
        for claim in entry.record["headline_claims"]:
            number, unit = float(claim["number"]), str(claim["unit"])
            found = any(_says(one, number, unit) for one in find_quantities(claim["quote"]))
            score.count(found, f"{entry.name}: {number:g} {unit} in {claim['quote']!r}")
    return score


def _says(quantity: Quantity, number: float, unit: str) -> bool:
    """True where the quantity, or the lower end of its range, is this number of this unit."""
    kind = "percent" if unit.startswith("%") else "factor" if unit.split()[:1] in (["x"], ["times"]) else None
    value, si = number, ""
    if kind is None:
        try:
            value, si = units.to_si(number, unit), units.si_unit(unit)
        except UnknownUnit:
            kind = "count"
    right = quantity.kind == kind if kind else quantity.unit == si
    return right and any(math.isclose(value, end, rel_tol=1e-6) for end in (quantity.low, quantity.value))


def _captions(entries: Sequence[Entry]) -> Score:
    """Captions of figures and tables, each label once; one too many is a miss like one too few."""
    score = Score("captions found", 0.98)
    by_eye = {(row["paper"], row["kind"]): int(row["count"]) for row in _rows("captions.csv")}
    for entry in entries:
        for kind in ("figure", "table"):
            wanted = by_eye.get((entry.name, kind), entry.record[f"{kind}_captions_found"])
            found = _labels(entry.paper, kind)
            for _ in range(min(wanted, len(found))):
                score.count(True, "")
            for _ in range(abs(wanted - len(found))):
                score.count(False, f"{entry.name}: {len(found)} {kind} captions for {wanted}: {', '.join(found)}")
    return score


def _labels(paper: Paper | None, kind: str) -> list[str]:
    """Numbers of the figures or tables that a caption names, each once."""
    if paper is None:
        return []
    captions = [_LABEL.match(block.text) for block in paper.blocks if block.kind == "caption"]
    return list(dict.fromkeys(one[2].rstrip(".") for one in captions if one and one[1].lower()[:3] == kind[:3]))


def _tables(entries: Sequence[Entry]) -> tuple[Score, Score]:
    """Rows and columns of the tables listed, and the cells checked of each."""
    shapes = Score("tables with their rows and columns", 0.85)
    cells = Score("cells with their text", 0.85)
    papers = {entry.name: entry.paper for entry in entries}
    for row in _rows("tables.csv"):
        table = _table(papers.get(row["paper"]), row["label"], int(row["page"]))
        name = f"{row['paper']} {row['label']}"
        wanted = (int(row["rows"]), int(row["columns"]), int(row["header_rows"]))
        shapes.count(_shape(table)[:2] == wanted[:2], f"{name}: {_described(table)}, not {_size(wanted)}")
        for cell in (row["cell_1"], row["cell_2"]):
            r, c, text = cell.split("|", 2)
            said = _text(table, int(r), int(c))
            cells.count(_plain(said) == _plain(text), f"{name} row {r} column {c}: {said!r}, not {text!r}")
    return shapes, cells


def _table(paper: Paper | None, label: str, page: int) -> Table | None:
    tables = paper.tables if paper else ()
    return next((one for one in tables if one.label == label and one.anchor.page == page), None)


def _shape(table: Table | None) -> tuple[int, int, int]:
    if table is None:
        return 0, 0, 0
    rows = max(cell.row for cell in table.cells) + 1
    return rows, max(cell.column + cell.columns for cell in table.cells), table.header_rows


def _described(table: Table | None) -> str:
    return "no table" if table is None else _size(_shape(table))


def _size(shape: tuple[int, int, int]) -> str:
    return f"{shape[0]} rows x {shape[1]} columns ({shape[2]} of heading)"


def _text(table: Table | None, row: int, column: int) -> str:
    cell = table.cell(row, column) if table else None
    return cell.text if cell else ""


def _plain(text: str) -> str:
    """Without blanks, and with one sort of dash and cross."""
    same = text.translate(str.maketrans("−–×", "--x", "^"))
    return "".join(unicodedata.normalize("NFKC", same).casefold().split())


def _rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
