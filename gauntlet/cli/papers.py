"""`gauntlet evaluate`, `judge`, `review` and `record`: one paper, its records, its verdict."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gauntlet.cli.door import FLAGGED, say
from gauntlet.cli.options import (
    AsJson,
    BaseUrl,
    FailOn,
    Llm,
    Model,
    Samples,
    Seed,
    Wait,
    default_run_dir,
    examples,
    is_flagged,
    labels_from,
    settings_from,
)

if TYPE_CHECKING:
    from gauntlet.verdict.records import Verdict

RunDir = Annotated[
    Path, typer.Argument(exists=True, file_okay=False, help="Run folder that 'gauntlet evaluate' wrote.")
]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(
        epilog=examples(
            "gauntlet evaluate paper.pdf",
            "gauntlet evaluate paper.pdf --llm handoff --wait 600 -o runs/mine",
            "gauntlet evaluate paper.pdf --base-url http://localhost:8000/v1 --model my-model",
            "gauntlet evaluate paper.pdf --json --fail-on IMPOSSIBLE,MAGIC_GAP > verdict.json",
        )
    )(evaluate)
    app.command(
        epilog=examples(
            "gauntlet judge runs/0123456789abcdef",
            "gauntlet judge runs/0123456789abcdef --samples 50000 --json",
        )
    )(judge)
    app.command(
        epilog=examples("gauntlet review runs/0123456789abcdef", "gauntlet review runs/0123456789abcdef --no-open")
    )(review)
    app.command(
        epilog=examples(
            "gauntlet record runs/0123456789abcdef --into my-recordings --how 'answered by hand-off, unedited'",
            "GAUNTLET_RECORDINGS=my-recordings gauntlet evaluate paper.pdf --llm recorded",
        )
    )(record)


def evaluate(
    pdf: Annotated[Path, typer.Argument(metavar="PAPER.pdf", exists=True, dir_okay=False, help="Paper to evaluate.")],
    *,
    llm: Llm = None,
    base_url: BaseUrl = None,
    model: Model = None,
    run_dir: Annotated[
        Path | None, typer.Option("-o", "--out", help="Run folder. Default: runs/<start of the file's SHA-256>.")
    ] = None,
    as_json: AsJson = False,
    fail_on: FailOn = None,
    wait: Wait = 0.0,
    samples: Samples = None,
    seed: Seed = None,
) -> None:
    """Evaluate one paper.

    Prints a verdict for each claim and writes a report to look at.
    """
    from gauntlet.evaluate import evaluate as evaluate_paper

    labels, run_dir = labels_from(fail_on), run_dir or default_run_dir(pdf)
    settings = settings_from(base_url, model, samples, seed)
    verdict = evaluate_paper(pdf, run_dir, settings, llm, wait, say)
    _show(verdict, run_dir, as_json, labels)


def judge(
    run_dir: RunDir,
    as_json: AsJson = False,
    fail_on: FailOn = None,
    samples: Samples = None,
    seed: Seed = None,
) -> None:
    """Judge a run again, edited or not.

    From spec.json and cost_model.json alone: no PDF, no language model, no network.
    """
    from gauntlet.evaluate import judge as judge_run

    labels = labels_from(fail_on)
    verdict = judge_run(run_dir, settings_from(samples=samples, seed=seed))
    _show(verdict, run_dir, as_json, labels)


def review(
    run_dir: RunDir,
    open_report: Annotated[bool, typer.Option("--open/--no-open", help="Open the report in a browser.")] = True,
) -> None:
    """Look at a run and check edits.

    Says which record to edit for what, and names file, line, value and fix of an edit that does not fit.
    """
    from gauntlet.review.guide import check_edits, guide_lines, open_in_browser

    report = run_dir / "report.html"
    opened = open_report and open_in_browser(report)
    hint = " (not written yet)" if not report.is_file() else "" if opened else " (open it in a browser)"
    typer.echo(f"Report: {report}{hint}")
    for line in guide_lines(run_dir):
        typer.echo(line)
    problems = check_edits(run_dir)
    for problem in problems:
        say(problem)
    if problems:
        raise typer.Exit(2)


def record(
    run_dir: RunDir,
    into: Annotated[Path, typer.Option(metavar="DIR", help="Folder of recordings; made when it is not there.")],
    how: Annotated[str, typer.Option(metavar="TEXT", help="How the answers came about; stands in every recording.")],
) -> None:
    """Keep a run's answers for replay.

    Answers of a live model or a hand-off are copied verbatim; '--llm recorded' replays them without a model.
    """
    from gauntlet.agents.recorded import save_recordings

    files = save_recordings(run_dir, into, how)
    typer.echo(f"{len(files)} answers recorded in {files[0].parent}")


def _show(verdict: "Verdict", run_dir: Path, as_json: bool, labels: frozenset[str]) -> None:
    """Print a verdict, then leave with 1 where --fail-on asks for it."""
    from gauntlet.cli.lines import verdict_lines

    if as_json:
        typer.echo(verdict.to_json(), nl=False)
    else:
        for line in [*verdict_lines(verdict), f"Report: {run_dir / 'report.html'}"]:
            typer.echo(line)
    if is_flagged(verdict, labels):
        raise typer.Exit(FLAGGED)
