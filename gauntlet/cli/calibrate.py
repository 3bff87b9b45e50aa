"""`gauntlet calibrate`: from times measured on a machine to efficiency curves, with their score and their history."""

import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from gauntlet.cli.calibrate_files import (
    chosen_curves,
    load_calibration,
    picture_file,
    policy_in_use,
    print_json,
    print_lines,
    read_rows,
    registry_in_use,
    write_calibration,
    write_picture,
)
from gauntlet.cli.calibrate_measure import measure
from gauntlet.cli.door import FLAGGED, say
from gauntlet.cli.options import AsJson, examples
from gauntlet.errors import UsageError

Csv = Annotated[
    Path, typer.Argument(metavar="CSV", help="Measured times, as 'gauntlet calibrate measure' writes them.")
]
File = Annotated[
    str, typer.Argument(metavar="CALIBRATION", help="A file that 'fit' wrote, or a device whose registry holds one.")
]
Rows = Annotated[Path | None, typer.Option("--csv", metavar="CSV", help="Measured times to hold both against.")]
Curve = Annotated[
    str | None, typer.Option("--curve", metavar="OP/PRECISION", help="Only this curve, such as gemm/fp32.")
]

_COMMANDS = {
    "measure": (
        "measure -o here.csv",
        "measure -o here.csv --only gemm,memory --precision fp32 --threads 1",
        "measure -o here.csv --only conv2d      convolutions need torch",
    ),
    "fit": (
        "fit here.csv --device 'Xeon Gold 6148' --out curves",
        "fit gpu.csv --device h100_sxm5 --out curves --of compute --only gemm/bf16",
        "fit vm.csv --device xeon_gold_6148 --out curves --peak-flop-per-s 1.5e11",
    ),
    "validate": ("validate curves/h100_sxm5.json later.csv", "validate curves/h100_sxm5.json later.csv --max-mape 15"),
    "compare": ("compare old.json new.json", "compare old.json new.json --csv later.csv --json"),
    "show": ("show curves/h100_sxm5.json", "show h100_sxm5 --curve gemm/bf16 --at 1e9"),
    "plot": ("plot curves/h100_sxm5.json -o gemm.svg --curve gemm/bf16", "plot new.json --csv here.csv -o pictures"),
}


def add_to(app: typer.Typer) -> None:
    """Register the group."""
    calibrate = typer.Typer(
        help="Efficiency curves from measured times.",
        epilog=examples(
            "gauntlet calibrate measure -o here.csv                         time this machine",
            "gauntlet calibrate measure -o gpu.csv --on cuda                time its GPU, through torch",
            "gauntlet calibrate fit here.csv --device ID --out curves       draw its curves",
            "gauntlet calibrate show curves/ID.json                         what they are, and how good",
            "gauntlet calibrate compare curves/ID.previous.json curves/ID.json",
        )
        + "\n\n\b\nExit codes: 0 done, 1 worse than before (or than --max-mape), 2 you can fix it.",
        no_args_is_help=True,
    )
    for command in (measure, fit, validate, compare, show, plot):
        name = command.__name__
        calibrate.command(name, epilog=examples(*(f"gauntlet calibrate {line}" for line in _COMMANDS[name])))(command)
    app.add_typer(calibrate, name="calibrate")


def fit(
    csv: Csv,
    device: Annotated[str, typer.Option("--device", metavar="ID", help="The machine: registry id, or a name.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where <device id>.json goes.")],
    only: Annotated[
        str | None,
        typer.Option(metavar="OP[,OP]", help="Only these curves, such as conv2d or gemm/fp32. Default: all."),
    ] = None,
    of: Annotated[
        Literal["roofline", "compute", "memory"] | None,
        typer.Option(
            help="Peaks that bound the rows; compute where operands stay in caches. Default: as the file says."
        ),
    ] = None,
    against: Annotated[
        Literal["work_flop", "moved_bytes", "intensity_flop_per_byte", "bound_s"] | None,
        typer.Option(help="What curves run over. Default: what predicts unseen groups best."),
    ] = None,
    peak_flop_per_s: Annotated[
        float | None, typer.Option("--peak-flop-per-s", min=1, help="Use this peak instead of the registry's.")
    ] = None,
    bandwidth_bytes_per_s: Annotated[
        float | None, typer.Option("--bandwidth-bytes-per-s", min=1, help="Use this bandwidth instead.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Who measured it. Default: the file's name.")] = None,
    as_json: AsJson = False,
) -> None:
    """Fit the shape that predicts unseen groups best to each operation and precision, and write the calibration.

    Where DIR has one of this device already it is kept as <device id>.previous.json and compared: exit code 1 if the
    new one is worse.
    """
    from gauntlet.cli.calibrate_lines import calibration_lines, comparison_lines, curve_lines
    from gauntlet.hardware.calibration.compare import compare as compared
    from gauntlet.hardware.calibration.fit import Choices, fit_calibration
    from gauntlet.hardware.calibration.measurements import read_measurements
    from gauntlet.hardware.curves import Calibration

    registry, policy = registry_in_use(), policy_in_use()
    machine = registry.resolve(device)
    for option, peak in (("peak-flop", peak_flop_per_s), ("bandwidth-bytes", bandwidth_bytes_per_s)):
        if peak is not None and not math.isfinite(peak):
            raise UsageError(f"--{option}-per-s {peak:g}: a peak must be finite.")
    wanted = tuple(word.strip() for word in (only or "").split(",") if word.strip())
    choices = Choices(of, against, peak_flop_per_s, bandwidth_bytes_per_s, wanted)
    made = fit_calibration(
        read_measurements(csv, policy), machine, registry, policy, choices=choices, progress=say,
        source=source or f"measured with gauntlet calibrate, {csv.name}", date=datetime.now(UTC).date().isoformat(),
    )  # fmt: skip
    file = out / f"{machine.id}.json"
    previous = Calibration.load(file) if file.is_file() else None
    comparison = compared(previous, made, policy) if previous else None
    write_calibration(made, file, previous)
    if as_json:
        dumped = comparison and comparison.model_dump(mode="json") | {"regressed": comparison.regressed}
        print_json({"file": str(file), "calibration": made.model_dump(mode="json"), "comparison": dumped})
    else:
        print_lines([*calibration_lines(made), *(line for curve in made.curves for line in curve_lines(curve))])
        typer.echo(f"Wrote {file}")
        print_lines(comparison_lines(comparison) if comparison else ())
    if comparison is not None and comparison.regressed:
        raise typer.Exit(FLAGGED)


def validate(
    calibration: File,
    csv: Csv,
    max_mape: Annotated[
        float | None,
        typer.Option("--max-mape", min=0, help="Exit with 1 if a curve's mean error is above, in percent."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Predict times that were measured later or elsewhere, and say how far off each curve is."""
    from gauntlet.cli.calibrate_lines import validation_lines
    from gauntlet.hardware.calibration.accuracy import validate as validated

    found = validated(load_calibration(calibration), read_rows(csv), policy_in_use())
    if as_json:
        print_json([each.model_dump(mode="json") for each in found])
    else:
        print_lines(line for each in found for line in validation_lines(each))
    above = [each.curve for each in found if each.accuracy and max_mape is not None and each.accuracy.mape > max_mape]
    if above:
        say(f"The mean error of {', '.join(above)} is above --max-mape {max_mape:g} %.")
        raise typer.Exit(FLAGGED)


def compare(
    old: Annotated[str, typer.Argument(metavar="OLD", help="The calibration before.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The one to judge.")],
    csv: Rows = None,
    as_json: AsJson = False,
) -> None:
    """Say what a new calibration lost, predicts worse, or finds slower. Exit code 1 if it is worse."""
    from gauntlet.cli.calibrate_lines import comparison_lines
    from gauntlet.hardware.calibration.compare import compare as compared

    comparison = compared(
        load_calibration(old), load_calibration(new), policy_in_use(), read_rows(csv) if csv else None
    )
    if as_json:
        print_json(comparison.model_dump(mode="json") | {"regressed": comparison.regressed})
    else:
        print_lines(comparison_lines(comparison))
    if comparison.regressed:
        raise typer.Exit(FLAGGED)


def show(
    calibration: File,
    curve: Curve = None,
    at: Annotated[list[float] | None, typer.Option(help="Also the answer at this size (repeatable).")] = None,
    as_json: AsJson = False,
) -> None:
    """Show curves: shape, range, band, score on groups left out, and which other shapes were tried."""
    from gauntlet.cli.calibrate_lines import answer_line, answer_of, calibration_lines, curve_lines

    found = load_calibration(calibration)
    chosen = chosen_curves(found, curve)
    for size in at or ():
        if not 0 < size < math.inf:
            raise UsageError(f"--at {size:g}: a size must be above 0, and finite.")
    if as_json:
        whole = found.model_dump(mode="json") | {"curves": [each.model_dump(mode="json") for each in chosen]}
        answers = [answer_of(each, size) for each in chosen for size in at or ()]
        print_json(whole | ({"answers": answers} if at else {}))
        return
    print_lines(calibration_lines(found))
    for each in chosen:
        print_lines([*curve_lines(each), *(answer_line(each, size) for size in at or ())])


def plot(
    calibration: File,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE|DIR", help="FILE.svg or FILE.png of one curve, or a folder.")
    ],
    curve: Curve = None,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="CSV", help="Draw each of these rows too.")] = None,
    previous: Annotated[str | None, typer.Option(metavar="CALIBRATION", help="Draw this one dashed.")] = None,
) -> None:
    """Draw curves with points, error bars and residuals."""
    from gauntlet.hardware.calibration.accuracy import sample_for
    from gauntlet.report.calibration_figure import draw_calibration

    found = load_calibration(calibration)
    chosen = chosen_curves(found, curve)
    measured, before = read_rows(csv) if csv else None, load_calibration(previous) if previous else None
    for each in chosen:
        rows = measured and (each.operation, each.precision) in measured.keys
        sample = sample_for(each, measured, policy_in_use()) if measured and rows else None
        dashed = next((old for old in before.curves if old.key == each.key), None) if before else None
        title = f"{each.operation} {each.precision} on {found.device}"
        write_picture(picture_file(output, each, len(chosen)), draw_calibration(each, title, sample, dashed))
