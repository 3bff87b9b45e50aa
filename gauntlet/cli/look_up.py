"""`gauntlet hardware` and `gauntlet mechanisms`: what a cost model may be built from, with sources."""

from typing import TYPE_CHECKING, Annotated

import typer

from gauntlet.cli.door import one_line
from gauntlet.cli.options import AsJson, examples, settings_from
from gauntlet.errors import UsageError

if TYPE_CHECKING:
    from gauntlet.hardware.registry import Registry
    from gauntlet.mechanisms.catalogue import Primitive


def add_to(app: typer.Typer) -> None:
    """Register both groups."""
    hardware = typer.Typer(
        help="Values of machines, with sources.",
        epilog=examples("gauntlet hardware list", "gauntlet hardware show gpu/h100_sxm5"),
        no_args_is_help=True,
    )
    hardware.command("list", epilog=examples("gauntlet hardware list | grep gpu"))(list_hardware)
    hardware.command("show", epilog=examples("gauntlet hardware show h100_sxm5", "gauntlet hardware show 'H100 SXM'"))(
        show_hardware
    )
    mechanisms = typer.Typer(
        help="Functions for cost models.",
        epilog=examples("gauntlet mechanisms list", "gauntlet mechanisms show mmc"),
        no_args_is_help=True,
    )
    mechanisms.command("list", epilog=examples("gauntlet mechanisms list | grep queueing"))(list_mechanisms)
    mechanisms.command("show", epilog=examples("gauntlet mechanisms show mg1_pk"))(show_mechanism)
    app.add_typer(hardware, name="hardware")
    app.add_typer(mechanisms, name="mechanisms")


def list_hardware() -> None:
    """List every device: id and name."""
    for device in _registry().devices():
        typer.echo(f"{device.key:<28} {device.name}")


def show_hardware(
    device_id: Annotated[str, typer.Argument(metavar="ID", help="class/id, id, or a common name.")],
    as_json: AsJson = False,
) -> None:
    """Show one device: every value with its unit, kind and source."""
    registry = _registry()
    named = registry.find(device_id)
    if len(named) > 1:
        raise UsageError(f"{device_id!r} names several devices; show one of {', '.join(each.key for each in named)}.")
    device = named[0] if named else registry.device(device_id.lower())
    if as_json:
        typer.echo(device.to_json(), nl=False)
        return
    typer.echo(f"{device.key}: {device.name}" + (" (synthetic)" if device.synthetic else ""))
    for fact in device.facts:
        typer.echo(f"  {fact.label} = {fact.value:.6g} {registry.quantities[fact.quantity].unit}")
        typer.echo(f"      {fact.kind}: {fact.source}" + (f"; {fact.note}" if fact.note else ""))


def list_mechanisms() -> None:
    """List every function of the catalogue: name, family, one line."""
    from gauntlet.mechanisms.catalogue import catalogue

    for primitive in catalogue().values():
        typer.echo(f"{primitive.name:<28} {primitive.family:<12} {one_line(primitive.summary, 100)}")


def show_mechanism(name: Annotated[str, typer.Argument(metavar="NAME", help="Name in the catalogue.")]) -> None:
    """Show one function: arguments and outputs with units, where it holds, its source."""
    from gauntlet.mechanisms.catalogue import find

    try:
        primitive = find(name)
    except ValueError as error:
        raise UsageError(f"{error} Try 'gauntlet mechanisms list'.") from None
    for line in mechanism_lines(primitive):
        typer.echo(line)


def mechanism_lines(primitive: "Primitive") -> list[str]:
    """The catalogue's entry as text."""
    lines = [f"{primitive.name} ({primitive.family}): {primitive.summary}", "arguments:"]
    for name, argument in primitive.arguments.items():
        words = f", one of {', '.join(argument.allowed)}" if argument.allowed else ""
        optional = "" if argument.required else ", optional"
        lines.append(f"  {name} [{argument.unit or '1'}] {argument.kind}{words}{optional}")
    lines += ["outputs:", *(f"  {name} [{unit or '1'}]" for name, unit in primitive.outputs.items())]
    return [
        *lines,
        f"holds: {primitive.validity or 'everywhere'}",
        f"source: {primitive.source}",
        f"error of its form: {primitive.model_form_error:.0%}",
        f"must respond to: {', '.join(primitive.responds_to) or 'nothing'}",
    ]


def _registry() -> "Registry":
    from gauntlet.hardware.registry import Registry

    return Registry.load(settings_from().registry_dir)
