"""Files and records that the commands of `gauntlet calibrate` share: found, read, written, printed."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from gauntlet.cli.door import say
from gauntlet.cli.options import settings_from
from gauntlet.errors import UsageError

if TYPE_CHECKING:
    from gauntlet.hardware.calibration.measurements import Measurements
    from gauntlet.hardware.calibration.policy import Policy
    from gauntlet.hardware.curves import Calibration, EfficiencyCurve
    from gauntlet.hardware.registry import Registry


def registry_in_use() -> "Registry":
    """The registry of the installation, or that of the environment."""
    from gauntlet.hardware.registry import Registry

    return Registry.load(settings_from().registry_dir)


def policy_in_use() -> "Policy":
    """Its limits and words of calibration."""
    from gauntlet.hardware.calibration.policy import Policy

    return Policy.of_registry(registry_in_use().folder)


def read_rows(csv: Path) -> "Measurements":
    """Measured times."""
    from gauntlet.hardware.calibration.measurements import read_measurements

    return read_measurements(csv, policy_in_use())


def load_calibration(name: str) -> "Calibration":
    """A file, or what the registry holds for a device."""
    from gauntlet.hardware.curves import Calibration, find_calibration

    if Path(name).is_file():
        return Calibration.load(Path(name))
    if name.endswith(".json"):
        raise UsageError(f"{name} is not there; 'gauntlet calibrate fit' writes calibrations.")
    registry = registry_in_use()
    device = registry.resolve(name)
    if (found := find_calibration(registry.folder, device)) is None:
        raise UsageError(f"{registry.folder} holds no calibration of {device.key}; fit one, or name its file.")
    return found


def chosen_curves(calibration: "Calibration", name: str | None) -> "list[EfficiencyCurve]":
    """All curves, or those of one operation, or the one of that name; UsageError lists what there is."""
    found = [curve for curve in calibration.curves if name in (None, curve.key, curve.operation)]
    if not found:
        known = ", ".join(curve.key for curve in calibration.curves)
        raise UsageError(f"--curve {name!r} is not in the calibration of {calibration.device}; it has {known}.")
    return found


def write_calibration(made: "Calibration", file: Path, previous: "Calibration | None") -> None:
    """The new one, and the one that it replaces beside it."""
    try:
        if previous is not None:
            previous.save(file.with_suffix(".previous.json"))
        made.save(file)
    except OSError as error:
        raise UsageError(f"{file} cannot be written ({error.strerror}); name another folder with --out.") from error


def picture_file(output: Path, curve: "EfficiencyCurve", count: int) -> Path:
    """The named file, or one of its own for each curve in the named folder."""
    if output.suffix in (".svg", ".png"):
        if count > 1:
            raise UsageError(f"--output {output}: there are {count} curves; choose one with --curve, or name a folder.")
        return output
    if output.suffix:
        raise UsageError(f"--output {output}: the name must end in .svg or .png, or be a folder's.")
    return output / f"{curve.operation}-{curve.precision}.svg"


def write_picture(file: Path, pictures: tuple[bytes, bytes]) -> None:
    """The SVG or the PNG, as the name says."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(pictures[0] if file.suffix == ".svg" else pictures[1])
    except OSError as error:
        raise UsageError(f"--output {file}: {error.strerror}.") from error
    say(f"Wrote {file}")


def print_lines(lines: Iterable[str]) -> None:
    """On standard output."""
    for line in lines:
        typer.echo(line)


def print_json(data: Any) -> None:
    """On standard output, and nothing else there."""
    typer.echo(json.dumps(data, indent=1, ensure_ascii=False))
