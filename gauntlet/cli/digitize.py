"""`gauntlet digitize` and `gauntlet read`: what a paper holds, without asking any model."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gauntlet.cli.door import say
from gauntlet.cli.options import AsJson, examples, settings_from
from gauntlet.errors import UsageError

if TYPE_CHECKING:
    from gauntlet.paper.records import Paper

Pdf = Annotated[Path, typer.Argument(metavar="PAPER.pdf", exists=True, dir_okay=False, help="Paper to read.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(
        epilog=examples(
            "gauntlet digitize paper.pdf",
            "gauntlet digitize paper.pdf --page 7 -o figure-data --csv",
            "gauntlet digitize paper.pdf --json > figures.json",
        )
    )(digitize)
    app.command(
        epilog=examples(
            "gauntlet read paper.pdf", "gauntlet read paper.pdf --overlay", "gauntlet read paper.pdf --json | head"
        )
    )(read)


def digitize(
    pdf: Pdf,
    *,
    page: Annotated[list[int] | None, typer.Option(min=1, help="Only figures of this page (repeatable).")] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Folder. Default: <paper's name>-figures.")] = None,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Write CSV files and overlays, no JSON.")] = False,
) -> None:
    """Recover the points of a paper's vector plots.

    Writes the figures' points as CSV and JSON, and for each figure a picture of the recovered points drawn over it, to
    be checked at a glance. No model is asked. With --json the JSON goes to standard output and nothing is written.
    """
    from gauntlet.paper.read import read_paper
    from gauntlet.paper.text import DOUBTFUL
    from gauntlet.report.digitized import digitized_json, figures_of, write_digitized

    folder = None if as_json else (out or Path(f"{pdf.stem}-figures"))
    started = time.perf_counter()
    if not as_json:
        say(f"reading {pdf.name}")
    paper = read_paper(pdf, folder, settings_from().limits)
    figures = figures_of(paper, page or [])
    if page and not figures:
        on = sorted({figure.anchor.page for figure in paper.figures})
        raise UsageError(
            f"no figure was found on page {', '.join(map(str, page))}; there are figures on pages "
            f"{', '.join(map(str, on)) or 'none'}. {' '.join(paper.notes)}".rstrip()
        )
    if folder is None:
        typer.echo(_dumped(digitized_json(paper, figures)))
        return
    written = write_digitized(paper, folder, figures, as_csv=True, as_json=not as_csv)
    for figure in figures:
        series = [one for plot in figure.plots for one in plot.series]
        points = sum(len(one.points) for one in series)
        what = f"{len(figure.plots)} plots, {len(series)} series, {points} points" if series else f"{figure.kind}"
        refused = f"; not read: {'; '.join(figure.refused)}" if figure.refused else ""
        typer.echo(f"  {figure.label or figure.id} (p. {figure.anchor.page}): {what}{refused}")
        for one in series:
            if one.confidence < DOUBTFUL:
                why = "; ".join(doubt.words for doubt in one.doubts) or "its axes are doubtful"
                typer.echo(f"    check {one.name or one.id} ({one.confidence:.0%} sure): {why}")
        found = sum(number.read is not None for number in figure.printed)
        if figure.printed:
            typer.echo(f"    {found} of {len(figure.printed)} numbers that the text prints for it are among its points")
    for note in paper.notes:
        typer.echo(f"  {note}")
    typer.echo(f"{len(figures)} figures, {time.perf_counter() - started:.1f} s. {len(written)} files in {folder}/")


def read(
    pdf: Pdf,
    *,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Folder. Default: <paper's name>-read.")] = None,
    overlay: Annotated[bool, typer.Option("--overlay", help="Also write overlay.pdf, to check what was read.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read a paper into one record: text with places, tables, figures with points, and what does not show.

    Writes paper.json, arithmetic.json (its numbers against each other) and the crops of figures. No model is asked.
    With --overlay also overlay.pdf: the paper with its blocks in reading order, tables with cells, figures, plots and
    hidden text marked, a layer for each kind.
    """
    from gauntlet.paper.overlay import write_overlay
    from gauntlet.paper.read import read_paper

    if overlay and as_json:
        raise UsageError("--json writes no files, so there is no place for --overlay; leave one of them out.")
    folder = None if as_json else (out or Path(f"{pdf.stem}-read"))
    paper = read_paper(pdf, folder, settings_from().limits)
    if folder is None:
        typer.echo(paper.to_json(), nl=False)
        return
    paper.save(folder / "paper.json")
    series = sum(len(plot.series) for figure in paper.figures for plot in figure.plots)
    typer.echo(f"{paper.title}")
    typer.echo(
        f"{paper.page_count} pages, {len(paper.blocks)} blocks of text, {len(paper.tables)} tables, "
        f"{len(paper.figures)} figures with {series} series, {len(paper.hidden)} pieces of hidden text"
    )
    for note in paper.notes:
        typer.echo(f"  {note}")
    for line in _arithmetic(paper, folder / "arithmetic.json"):
        typer.echo(line)
    typer.echo(f"Record: {folder / 'paper.json'}")
    if overlay:
        write_overlay(pdf, folder / "paper.json", folder / "overlay.pdf", settings_from().limits)
        typer.echo(f"Overlay: {folder / 'overlay.pdf'}")


def _arithmetic(paper: "Paper", file: Path) -> Iterator[str]:
    """Save what does not agree in the paper's numbers, and say it in a line each."""
    from gauntlet.cli.lines import arithmetic_line, finding_line
    from gauntlet.hardware.registry import Registry
    from gauntlet.verdict.arithmetic.check import check_paper
    from gauntlet.verdict.policy import load_policy

    found = check_paper(paper, load_policy(), Registry.load(settings_from().registry_dir))
    found.save(file)
    yield from map(finding_line, found.findings)
    yield arithmetic_line(found.coverage)


def _dumped(value: object) -> str:
    import json

    return json.dumps(value, indent=1, ensure_ascii=False)
