"""`gauntlet hardware`: values of machines, with sources; two machines side by side; rooflines; checks of a registry."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gauntlet.cli.door import FLAGGED, say
from gauntlet.cli.options import AsJson, examples, settings_from
from gauntlet.errors import RegistryError, UsageError

if TYPE_CHECKING:
    from gauntlet.hardware.records import Device
    from gauntlet.hardware.registry import Registry

Name = Annotated[str, typer.Argument(metavar="ID", help="class/id, id, id@power mode, or what a paper calls it.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the picture to FILE.svg or FILE.png.")
]


def add_to(app: typer.Typer) -> None:
    """Register the group."""
    hardware = typer.Typer(
        help="Values of machines, with sources.",
        epilog=examples("gauntlet hardware list --family gpu", "gauntlet hardware show gpu/h100_sxm5"),
        no_args_is_help=True,
    )
    for name, command, lines in (
        ("list", list_hardware, ("list --family gpu --vendor AMD", "list --match 'Xeon Gold'")),
        ("show", show_hardware, ("show h100_sxm5", "show 'A100-80GB SXM'", "show jetson_orin_agx@30w --json")),
        ("compare", compare_hardware, ("compare 'A100 SXM 80GB' h100_sxm5",)),
        ("check", check_hardware, ("check", "check my_registry --json")),
        ("plot", plot_hardware, ("plot h100_sxm5", "plot 'A100 SXM 80GB' h100_sxm5 -o rooflines.svg")),
    ):
        hardware.command(name, epilog=examples(*(f"gauntlet hardware {line}" for line in lines)))(command)
    app.add_typer(hardware, name="hardware")


def list_hardware(
    family: Annotated[str | None, typer.Option(metavar="CLASS", help="Only this class, such as gpu or nic.")] = None,
    vendor: Annotated[str | None, typer.Option(metavar="NAME", help="Only this maker.")] = None,
    match: Annotated[str | None, typer.Option(metavar="WORDS", help="Only what has these words in a name.")] = None,
    as_json: AsJson = False,
) -> None:
    """List devices: id and name."""
    devices = _chosen(_registry(), family, vendor, match)
    if as_json:
        fields = ("key", "name", "vendor", "series", "architecture", "aliases", "synthetic")
        _print([{field: getattr(device, field) for field in fields} for device in devices])
        return
    for device in devices:
        typer.echo(f"{device.key:<28} {device.name}" + (" (synthetic)" if device.synthetic else ""))


def show_hardware(device_id: Name, as_json: AsJson = False) -> None:
    """Show one device: every value with its unit, kind, source and date."""
    from gauntlet.cli.hardware_lines import device_lines, facts_with_units

    registry = _registry()
    device = registry.resolve(device_id)
    if as_json:
        _print(device.model_dump(mode="json") | {"facts": facts_with_units(registry, device)})
        return
    for line in device_lines(registry, device):
        typer.echo(line)


def compare_hardware(first: Name, second: Name, as_json: AsJson = False) -> None:
    """Compare two devices value by value."""
    from gauntlet.cli.hardware_lines import compared, comparison_lines

    registry = _registry()
    devices = registry.resolve(first), registry.resolve(second)
    rows = compared(registry, *devices)
    if as_json:
        _print({"first": devices[0].key, "second": devices[1].key, "values": [row._asdict() for row in rows]})
        return
    for line in comparison_lines(*devices, rows):
        typer.echo(line)


def check_hardware(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[FOLDER]", help="Registry folder. Default: the one in use.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read every file of a registry and name each problem: file, device, field. Exit code 1 if there is one."""
    from gauntlet.hardware.check import problems
    from gauntlet.hardware.registry import Registry

    registry = Registry.load(folder or settings_from().registry_dir)
    found = list(problems(registry))
    if as_json:
        _print({"folder": str(registry.folder), "files": len(registry.files), "problems": found})
    elif found:
        typer.echo("\n".join(found))
    else:
        devices = registry.devices()
        facts = [fact for device in devices for fact in device.facts]
        recalled = sum(fact.from_memory for fact in facts)
        typer.echo(f"{registry.folder}: {len(registry.files)} files, {len(devices)} devices, {len(facts)} values.")
        typer.echo(f"No problem found. {recalled} values cite a document that was not re-read.")
    if found:
        raise typer.Exit(FLAGGED)


def plot_hardware(
    first: Name,
    second: Annotated[str | None, typer.Argument(metavar="[ID]", help="A second device, drawn over it.")] = None,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Rooflines: peaks over the slope of the memory, with their ridge points; also of two devices together."""
    from gauntlet.cli.hardware_lines import roofline_data, roofline_lines
    from gauntlet.hardware.ceilings import rooflines_of

    if output is not None and output.suffix not in (".svg", ".png"):
        raise UsageError(f"--output {output}: the name must end in .svg or .png.")
    registry = _registry()
    drawn = [rooflines_of(registry.resolve(name)) for name in (first, second) if name is not None]
    if as_json:
        _print([roofline_data(each) for each in drawn])
    else:
        typer.echo("\n".join(line for each in drawn for line in roofline_lines(each)))
    if output is None:
        return
    from gauntlet.report.roofline_figure import draw_rooflines

    svg, png = draw_rooflines(drawn)
    try:
        output.write_bytes(svg if output.suffix == ".svg" else png)
    except OSError as error:
        raise UsageError(f"--output {output}: {error.strerror}.") from error
    say(f"Wrote {output}")


def _chosen(registry: "Registry", family: str | None, vendor: str | None, match: str | None) -> list["Device"]:
    devices = list(registry.devices())
    classes = {device.device_class for device in devices}
    vendors = {device.vendor for device in devices}
    family = family.lower() if family else None
    if family is not None and family not in classes:
        raise UsageError(f"--family {family!r} is none of {', '.join(sorted(classes))}.")
    if vendor is not None and vendor.lower() not in {name.lower() for name in vendors}:
        raise UsageError(f"--vendor {vendor!r} is none of {', '.join(sorted(vendors))}.")
    words = (match or "").lower().split()
    chosen = [
        device
        for device in devices
        if family in (None, device.device_class)
        and (vendor is None or vendor.lower() == device.vendor.lower())
        and all(word in " ".join((device.key, device.name, *device.aliases)).lower() for word in words)
    ]
    if not chosen:
        raise RegistryError(f"no device fits; leave out a filter, or try other words than {match!r}.")
    return chosen


def _print(data: Any) -> None:
    typer.echo(json.dumps(data, indent=1, ensure_ascii=False))


def _registry() -> "Registry":
    from gauntlet.hardware.registry import Registry

    return Registry.load(settings_from().registry_dir)
