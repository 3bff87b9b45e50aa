"""`gauntlet hardware`: values of machines, with sources."""

from typing import TYPE_CHECKING, Annotated

import typer

from gauntlet.cli.options import AsJson, examples, settings_from
from gauntlet.errors import UsageError

if TYPE_CHECKING:
    from gauntlet.hardware.registry import Registry


def add_to(app: typer.Typer) -> None:
    """Register the group."""
    hardware = typer.Typer(
        help="Values of machines, with sources.",
        epilog=examples("gauntlet hardware list", "gauntlet hardware show gpu/h100_sxm5"),
        no_args_is_help=True,
    )
    hardware.command("list", epilog=examples("gauntlet hardware list | grep gpu"))(list_hardware)
    hardware.command("show", epilog=examples("gauntlet hardware show h100_sxm5", "gauntlet hardware show 'H100 SXM'"))(
        show_hardware
    )
    app.add_typer(hardware, name="hardware")


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


def _registry() -> "Registry":
    from gauntlet.hardware.registry import Registry

    return Registry.load(settings_from().registry_dir)
