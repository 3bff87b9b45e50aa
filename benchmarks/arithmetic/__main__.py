"""Every check of a paper's arithmetic, over folders of papers: python -m benchmarks.arithmetic DIR...

A folder with NAME.truth.json beside NAME.pdf (made papers): precision, recall and F1 by type of planted inconsistency,
given the text of the PDF as read, without any model. Exit code 1 where F1 is below 0.9.
A folder without (real papers): found, agreeing, differing and not checkable by check, and every finding in full.
"""

import argparse
import sys
from collections import Counter
from datetime import date
from pathlib import Path

from benchmarks.arithmetic.score import Score
from benchmarks.speed.tables import Table
from gauntlet.errors import GauntletError
from gauntlet.hardware.registry import Registry
from gauntlet.paper.read import read_paper
from gauntlet.paper.records import Paper
from gauntlet.settings import load_settings
from gauntlet.verdict.arithmetic.check import check_paper
from gauntlet.verdict.policy import load_policy
from gauntlet.verdict.records import Arithmetic

BAR = 0.9
README = Path(__file__).parents[1] / "README.md"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.arithmetic", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("folders", type=Path, nargs="+", metavar="DIR")
    parser.add_argument("--records", type=Path, metavar="DIR", help="keep records of read papers here, use them again")
    parser.add_argument("--write", metavar="NAME", help="replace the table of this name in benchmarks/README.md")
    options = parser.parse_args(arguments)
    registry = Registry.load()
    score, papers = Score(), list[tuple[str, Arithmetic]]()
    for folder in options.folders:
        for pdf in sorted(folder.glob("*.pdf")):
            try:
                arithmetic = check_paper(_read(pdf, options.records), load_policy(), registry)
            except GauntletError as error:
                sys.stderr.write(f"{pdf.name}: not read: {error}\n")
                continue
            truth = pdf.with_suffix(".truth.json")
            if truth.is_file():
                score.add(f"{folder.name}/{pdf.stem}", truth, arithmetic)
            else:
                papers.append((pdf.stem, arithmetic))
    table = _of_real(papers) if papers else _of_made(score)
    sys.stdout.write("".join(f"{line}\n" for line in score.lines))
    table.print()
    if options.write:
        Table(options.write, *(getattr(table, name) for name in ("columns", "rows", "conclusion"))).write(
            README, f"Measured on {date.today():%-d %B %Y}."
        )
    return 0 if papers or score.f1 >= BAR else 1


def _read(pdf: Path, records: Path | None) -> Paper:
    kept = records / pdf.parent.name / f"{pdf.stem}.json" if records else None
    if kept is not None and kept.is_file():
        return Paper.load(kept)
    paper = read_paper(pdf, None, load_settings().limits)
    if kept is not None:
        paper.save(kept)
    return paper


def _of_made(score: Score) -> Table:
    columns = ("type", "planted", "found", "false", "precision", "recall", "F1")
    aside = f" {score.aside} findings on curves with a planted gap are not counted." if score.aside else ""
    return Table("arithmetic", columns, score.rows(), f"{score.papers} papers.{aside}")


def _of_real(papers: list[tuple[str, Arithmetic]]) -> Table:
    """Sums over the papers; findings are printed for the eye that has to judge them."""
    counts: dict[str, Counter[str]] = {}
    for name, arithmetic in papers:
        for one in arithmetic.coverage:
            row = counts.setdefault(one.check, Counter())
            row.update(found=one.found, agreeing=one.agreeing, differing=one.differing)
        for finding in arithmetic.findings:
            where = f"{name}, p. {finding.evidence[0].page}" if finding.evidence else name
            sys.stdout.write(f"{where}: {finding.severity} {finding.id}: {finding.message}\n")
            sys.stdout.write("".join(f"    {one.quotation}\n" for one in finding.evidence[:1]))
    for row in counts.values():
        row["not checkable"] = row["found"] - row["agreeing"] - row["differing"]
    keys = ("found", "agreeing", "differing", "not checkable")
    rows = tuple((check, *(str(row[key]) for key in keys)) for check, row in counts.items())
    columns = ("check", "found", "agree", "differ", "not checkable")
    return Table("arithmetic", columns, rows, f"{len(papers)} papers.")


if __name__ == "__main__":
    sys.exit(main())
