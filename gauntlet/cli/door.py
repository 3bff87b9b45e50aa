"""The one place where an error becomes a message on stderr and an exit code.

0 done; 1 flagged, and --fail-on asked for it; 2 the user can fix it; 3 the paper could not be read or judged;
70 a fault of Gauntlet; 130 interrupted.
"""

import tempfile
import traceback
from typing import Any

import typer
from typer.core import TyperGroup

from gauntlet.errors import GauntletError

FLAGGED, FAULT, INTERRUPTED = 1, 70, 130


class Door(TyperGroup):
    """The command group that lets no traceback through."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for; every error leaves as typer.Exit."""
        try:
            return super().invoke(ctx)
        except GauntletError as error:
            say(f"{type(error).__name__}: {error}")
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt:
            say("Interrupted; nothing done is lost: run the same command again to resume.")
            raise typer.Exit(INTERRUPTED) from None
        except Exception as error:
            if is_control_flow(error):
                raise
            say(f"A fault of Gauntlet, not of yours: {type(error).__name__}: {one_line(str(error))}")
            say(f"The traceback is in {save_traceback()}; please report it with the command you ran.")
            raise typer.Exit(FAULT) from error


def is_control_flow(error: Exception) -> bool:
    """True for what typer raises itself: usage errors, exits, aborts, and a pipe closed by the reader."""
    return type(error).__module__.startswith("typer") or isinstance(error, BrokenPipeError)


def save_traceback() -> str:
    """Path of a new file that holds the traceback of the exception being handled."""
    with tempfile.NamedTemporaryFile(
        "w", prefix="gauntlet-fault-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        traceback.print_exc(file=file)
    return file.name


def say(text: str) -> None:
    """One message on stderr; stdout belongs to results."""
    typer.echo(printable(text), err=True)


def printable(text: str) -> str:
    """`text` without control characters, which a paper or a model could use to rewrite the terminal."""
    return "".join(char if char.isprintable() or char == "\n" else "?" for char in text)


def one_line(text: str, limit: int = 200) -> str:
    """`text` on one line of at most `limit` characters."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= limit else line[: limit - 3] + "..."
