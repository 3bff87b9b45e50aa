"""`gauntlet batch`: a folder of papers."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gauntlet.cli.door import FLAGGED, one_line, say
from gauntlet.cli.options import (
    AsJson,
    BaseUrl,
    FailOn,
    Llm,
    Model,
    Samples,
    Seed,
    Wait,
    examples,
    is_flagged,
    labels_from,
    settings_from,
)
from gauntlet.errors import ModelUnavailable

if TYPE_CHECKING:
    from gauntlet.batch.run import Tick
    from gauntlet.batch.summary import Entry


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(
        epilog=examples(
            "gauntlet batch papers/ --jobs 4 -o runs/2026",
            "gauntlet batch papers/ -o runs/2026 --retry-failed   only what is missing or failed",
            "gauntlet batch papers/ --json --fail-on IMPOSSIBLE > results.json",
        )
    )(batch)


def batch(
    folder: Annotated[Path, typer.Argument(metavar="DIR", exists=True, file_okay=False, help="Folder with PDF files.")],
    *,
    llm: Llm = None,
    base_url: BaseUrl = None,
    model: Model = None,
    out: Annotated[Path, typer.Option("-o", "--out", help="Where run folders and the index go.")] = Path("runs"),
    jobs: Annotated[
        int | None, typer.Option("-j", "--jobs", min=1, max=256, help="Papers at the same time. Default: one a core.")
    ] = None,
    retry_failed: Annotated[bool, typer.Option(help="Also try papers again that failed.")] = False,
    paper_wall: Annotated[float, typer.Option(min=1, metavar="SECONDS", help="Give up on a paper after.")] = 3600.0,
    claims: Annotated[bool, typer.Option("--claims", help="Print a line for each claim, too.")] = False,
    as_json: AsJson = False,
    fail_on: FailOn = None,
    wait: Wait = 0.0,
    samples: Samples = None,
    seed: Seed = None,
) -> None:
    """Evaluate every PDF of a folder.

    Each content once, in a process of its own, with an index at the end. Run it again to go on where it stopped.
    """
    from gauntlet.batch.papers import find_papers
    from gauntlet.batch.run import run_batch
    from gauntlet.batch.summary import read_entries, to_json, write_summary
    from gauntlet.batch.workers import Plan

    labels, settings = labels_from(fail_on), settings_from(base_url, model, samples, seed)
    papers = find_papers(folder)
    copies = sum(len(paper.copies) for paper in papers)
    say(f"papers: {len(papers)}" + (f" (and {copies} copies of them)" if copies else ""))
    result = run_batch(
        papers,
        out,
        Plan(settings, llm, wait, jobs or os.cpu_count() or 1, retry_failed, paper_wall),
        lambda t: say(tick_line(t)),
    )
    entries = read_entries(result.rows, out)
    index = write_summary(entries, out)
    if as_json:
        typer.echo(to_json(entries), nl=False)
    else:
        for entry in entries:
            typer.echo("\n".join(entry_lines(entry, claims)))
        typer.echo(f"Index: {index}")
    if result.stopped:
        raise ModelUnavailable(f"{result.stopped} What was done is kept; run the same command again to go on.")
    if any(entry.verdict and is_flagged(entry.verdict, labels) for entry in entries):
        raise typer.Exit(FLAGGED)
    leave(entries)


def leave(entries: "list[Entry]") -> None:
    """Exit with 2 when papers wait for an answer, with 3 when some failed."""
    waiting = sum(entry.row.state == "queued" for entry in entries)
    failed = sum(entry.row.state == "failed" for entry in entries)
    if waiting:
        say(f"Papers that wait for an answer: {waiting}. Write the answer files, then run the same command again.")
        raise typer.Exit(2)
    if failed:
        say(f"Papers that could not be judged: {failed} (see the index). --retry-failed tries them again.")
        raise typer.Exit(3)


def tick_line(tick: "Tick") -> str:
    """'[3/10] MAGIC_GAP papers/a.pdf (about 2 min left)'."""
    left = f" (about {duration(tick.left_s)} left)" if tick.finished < tick.total else ""
    outcome = tick.outcome
    why = "" if outcome.kind == "done" else f": {one_line(outcome.message or '', 300)}"
    return f"[{tick.finished}/{tick.total}] {outcome.label or outcome.kind} {tick.path}{left}{why}"


def entry_lines(entry: "Entry", claims: bool) -> list[str]:
    """One paper: label, title, why when it failed; with `claims` a line for each, and the denominator."""
    from gauntlet.cli.lines import claim_line, coverage_line

    why = f": {one_line(entry.row.message or '', 120)}" if entry.row.state != "done" else ""
    lines = [f"{entry.label:<13} {one_line(entry.title, 80)} ({entry.row.path}){why}"]
    if claims and entry.verdict:
        lines += [*map(claim_line, entry.verdict.claims), f"  {coverage_line(entry.verdict.coverage)}"]
    return lines


def duration(seconds: float) -> str:
    """'40 s', '3 min' or '2.5 h'."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
