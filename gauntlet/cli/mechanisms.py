"""`gauntlet mechanisms`: the functions that cost models are built from, in words, numbers and curves."""

import json
import shutil
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gauntlet.cli.door import one_line, say
from gauntlet.cli.options import AsJson, examples
from gauntlet.errors import UsageError

if TYPE_CHECKING:
    from gauntlet.mechanisms.catalogue import Primitive
    from gauntlet.mechanisms.curves import Curves

_WIDEST = 100

Family = Annotated[str | None, typer.Option(metavar="NAME", help="Only this family, such as queueing.")]
Plot = Annotated[bool, typer.Option("--plot", help="Draw how it answers to its load, in the terminal.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write that picture to FILE.svg or FILE.png.")
]


def add_to(app: typer.Typer) -> None:
    """Register the group."""
    mechanisms = typer.Typer(
        help="Functions for cost models.",
        epilog=examples("gauntlet mechanisms list", "gauntlet mechanisms show mmc --plot"),
        no_args_is_help=True,
    )
    mechanisms.command(
        "list", epilog=examples("gauntlet mechanisms list", "gauntlet mechanisms list --family queueing")
    )(list_mechanisms)
    mechanisms.command(
        "show", epilog=examples("gauntlet mechanisms show mg1_pk", "gauntlet mechanisms show usl --plot -o usl.svg")
    )(show_mechanism)
    app.add_typer(mechanisms, name="mechanisms")


def list_mechanisms(family: Family = None, as_json: AsJson = False) -> None:
    """List every function of the catalogue by family: name and one line."""
    from gauntlet.mechanisms.catalogue import catalogue, families

    titles = families()
    if family is not None and family not in titles:
        raise UsageError(f"family {family!r} is unknown; one of {', '.join(titles)}.")
    chosen = {name: title for name, title in titles.items() if family in (None, name)}
    listed = [primitive for primitive in catalogue().values() if primitive.family in chosen]
    if as_json:
        found = [{"name": each.name, "family": each.family, "summary": each.summary} for each in listed]
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for name, title in chosen.items():
        if members := [primitive for primitive in listed if primitive.family == name]:
            typer.echo(f"{title} ({name})")
            for primitive in members:
                typer.echo(f"  {primitive.name:<32} {one_line(primitive.summary, 100)}")


def show_mechanism(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name in the catalogue.")],
    plot: Plot = False,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Show one function: equation, arguments, signs, where it holds, its error, an example, its source."""
    from gauntlet.mechanisms.catalogue import find
    from gauntlet.mechanisms.words import as_data

    if plot and as_json:
        raise UsageError("--json prints JSON and nothing else; ask for --plot in a call of its own.")
    if output is not None and output.suffix not in (".svg", ".png"):
        raise UsageError(f"--output {output}: the name must end in .svg or .png.")
    try:
        primitive = find(name)
    except ValueError as error:
        raise UsageError(f"{error} Try 'gauntlet mechanisms list'.") from None
    if as_json:
        typer.echo(json.dumps(as_data(primitive), indent=2, ensure_ascii=False))
    else:
        for line in mechanism_lines(primitive):
            typer.echo(line)
    if plot:
        from gauntlet.cli.terminal_plot import plot_text

        typer.echo("\n" + plot_text(_curves(primitive), shutil.get_terminal_size().columns, sys.stdout.isatty()))
    if output is not None:
        _write_picture(primitive, output)


def mechanism_lines(primitive: "Primitive") -> Iterator[str]:
    """The catalogue's entry as text."""
    from gauntlet.mechanisms.catalogue import families
    from gauntlet.mechanisms.words import error_in_words, signs_in_words

    yield f"{primitive.name} ({families()[primitive.family]})"
    yield from _wrapped(primitive.summary, "  ")
    yield from ("", *_wrapped(primitive.description, ""))
    yield from ("", "arguments:")
    for name, argument in primitive.arguments.items():
        optional = "" if argument.required else ", optional"
        yield f"  {name} [{argument.unit or '1'}] {argument.domain}{optional}"
    yield "outputs:"
    yield from (f"  {name} [{unit or '1'}]" for name, unit in primitive.outputs.items())
    yield "signs:"
    for name, moves in signs_in_words(primitive).items():
        yield from _wrapped(f"raising {name} {moves}", "  ")
    yield from ("", *_wrapped(f"holds: {primitive.validity or 'everywhere'}", ""))
    yield from _wrapped(f"error of its form: {error_in_words(primitive)}", "")
    yield f"a model that uses it must respond to: {', '.join(primitive.responds_to) or 'nothing'}"
    yield from _wrapped(f"source: {primitive.source}", "")
    yield from ("", *_example_lines(primitive))


def _example_lines(primitive: "Primitive") -> Iterator[str]:
    from gauntlet.mechanisms.words import call_text, example_of, result_text

    result = example_of(primitive)
    yield "example:"
    yield from _wrapped(call_text(primitive), "  ")
    for name, value in result.outputs.items():
        yield f"    {name} = {result_text(value, primitive.outputs[name])}"
    for note in result.notes:
        yield from _wrapped(f"note: {note}", "    ")


def _wrapped(text: str, indent: str) -> list[str]:
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    return textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=f"{indent}  ", break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def _curves(primitive: "Primitive") -> "Curves":
    from gauntlet.mechanisms.curves import curves_of

    curves = curves_of(primitive)
    if curves is None:
        raise UsageError(f"{primitive.name} takes no argument, so there is no curve to draw.")
    return curves


def _write_picture(primitive: "Primitive", output: Path) -> None:
    from gauntlet.report.primitive_figure import draw_primitive

    svg, png = draw_primitive(_curves(primitive))
    try:
        output.write_bytes(svg if output.suffix == ".svg" else png)
    except OSError as error:
        raise UsageError(f"--output {output}: {error.strerror}.") from error
    say(f"Wrote {output}")
