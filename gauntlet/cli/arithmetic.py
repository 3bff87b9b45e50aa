"""`gauntlet arithmetic`: the numbers of a paper against each other, without asking any model."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gauntlet.cli.door import FLAGGED, say
from gauntlet.cli.options import AsJson, examples, settings_from

if TYPE_CHECKING:
    from gauntlet.paper.records import Paper

Source = Annotated[
    Path, typer.Argument(metavar="PAPER.pdf", exists=True, dir_okay=False, help="Paper to check, or its paper.json.")
]
FailOnSeverity = Annotated[
    Literal["low", "medium", "high"] | None,
    typer.Option("--fail-on", help="Exit with 1 if a finding is at least this severe."),
]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(
        epilog=examples(
            "gauntlet arithmetic paper.pdf",
            "gauntlet arithmetic runs/0123456789abcdef/paper.json",
            "gauntlet arithmetic paper.pdf --json > arithmetic.json",
            "gauntlet arithmetic paper.pdf --fail-on high",
        )
    )(arithmetic)


def arithmetic(source: Source, *, as_json: AsJson = False, fail_on: FailOnSeverity = None) -> None:
    """Check a paper's own arithmetic.

    Speed-ups and percentages, text against figures and tables, Little's law, bandwidth, energy, percentiles, totals:
    what does not agree is printed with its quotation, the numbers compared and innocent readings, and then how much
    was found, checked, and not checkable and why. No model is asked. A finding is evidence of a difference, not of its
    reason.
    """
    from gauntlet.cli.lines import arithmetic_lines
    from gauntlet.hardware.registry import Registry
    from gauntlet.verdict.arithmetic.check import check_paper
    from gauntlet.verdict.policy import load_policy
    from gauntlet.verdict.records import SEVERITIES

    found = check_paper(_paper(source), load_policy(), Registry.load(settings_from().registry_dir))
    if as_json:
        typer.echo(found.to_json(), nl=False)
    else:
        for line in arithmetic_lines(found):
            typer.echo(line)
    if fail_on and any(SEVERITIES.index(one.severity) >= SEVERITIES.index(fail_on) for one in found.findings):
        raise typer.Exit(FLAGGED)


def _paper(source: Path) -> "Paper":
    from gauntlet.paper.read import read_paper
    from gauntlet.paper.records import Paper

    if source.suffix == ".json":
        return Paper.load(source)
    say(f"reading {source.name}")
    return read_paper(source, None, settings_from().limits)
