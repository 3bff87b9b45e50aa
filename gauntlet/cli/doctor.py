"""`gauntlet doctor`: what is missing on this machine, and the exact fix."""

from typing import Annotated

import typer

from gauntlet.cli.door import one_line
from gauntlet.cli.options import BaseUrl, Model, examples, settings_from


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog=examples("gauntlet doctor", "gauntlet doctor --probe"))(doctor)


def doctor(
    ask: Annotated[bool, typer.Option("--probe", help="Also ask the endpoint one tiny question.")] = False,
    base_url: BaseUrl = None,
    model: Model = None,
) -> None:
    """Say what is missing here, and the fix.

    Checks Python, libraries, data, model settings and the working folder. Exits with 2 if something is missing.
    """
    from gauntlet.cli.checks import probe, run_checks

    settings = settings_from(base_url, model)
    checks = [*run_checks(settings), *([probe(settings)] if ask else [])]
    for check in checks:
        typer.echo(f"{check.status:<8} {check.what}: {one_line(check.found, 300)}")
        if check.fix:
            typer.echo(f"{'':<8} fix: {check.fix}")
    if any(check.status == "missing" for check in checks):
        raise typer.Exit(2)
