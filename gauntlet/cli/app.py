"""The commands of `gauntlet`, assembled. Only typer is imported here; each command imports its own room."""

from typing import Annotated

import typer

from gauntlet import __version__
from gauntlet.cli import (
    arithmetic,
    batch,
    calibrate,
    contract,
    digitize,
    doctor,
    hardware,
    kernel,
    mechanisms,
    papers,
    serving,
)
from gauntlet.cli.door import Door
from gauntlet.cli.options import examples

app = typer.Typer(
    name="gauntlet",
    cls=Door,
    help="Asks of every number a systems paper claims: can the mechanism it describes do that?",
    epilog=examples(
        "gauntlet evaluate paper.pdf            judge one paper",
        "gauntlet review runs/0123456789abcdef  look at the evidence, correct it, judge again",
        "gauntlet batch papers/                 judge a folder, resumable",
        "gauntlet digitize paper.pdf            the points of its vector plots, as CSV and pictures",
        "gauntlet arithmetic paper.pdf          its own numbers against each other",
        "gauntlet doctor                        what is missing on this machine, and how to fix it",
    )
    + "\n\n\b\nExit codes: 0 done, 1 flagged and --fail-on asked for it, 2 you can fix it,\n"
    "3 the paper could not be read or judged.",
    no_args_is_help=True,
    add_completion=False,
    # Plain help and errors: rich would cost a third of a second at each start.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
papers.add_to(app)
digitize.add_to(app)
arithmetic.add_to(app)
batch.add_to(app)
hardware.add_to(app)
kernel.add_to(app)
contract.add_to(app)
calibrate.add_to(app)
mechanisms.add_to(app)
serving.add_to(app)
doctor.add_to(app)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"gauntlet {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options before any command."""


def main() -> None:
    """Entry point of the `gauntlet` script."""
    app()
