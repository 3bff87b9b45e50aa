"""`gauntlet calibrate measure`: times of operations on this machine."""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import typer

from gauntlet.cli.calibrate_files import print_json, registry_in_use
from gauntlet.cli.door import say
from gauntlet.cli.options import AsJson
from gauntlet.errors import UsageError

if TYPE_CHECKING:
    from gauntlet.hardware.calibration.measure import Progress

W = TypeVar("W", bound=str)


def measure(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="CSV", help="Where the rows go.")],
    on: Annotated[
        Literal["cpu", "cuda"], typer.Option(help="The processors, or the GPU that torch uses (needs torch).")
    ] = "cpu",
    only: Annotated[
        str | None,
        typer.Option(metavar="OP[,OP]", help="gemm, memory, conv2d. Default: all; conv2d where torch is installed."),
    ] = None,
    precision: Annotated[
        str | None,
        typer.Option(
            metavar="P[,P]",
            help="cpu: fp32, fp64; cuda: bf16, fp16, tf32, fp32, fp64. Default: as planned for each operation.",
        ),
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Bind to so many CPUs. Default: all it may use.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Start the file afresh; else its rows are kept.")] = False,
    as_json: AsJson = False,
) -> None:
    """Time matrix products, memory and convolutions on this machine: warm, repeated, medians with quartiles.

    Each row is written at once; the same command goes on where an interrupted one stopped. The plan is
    hardware_registry/curves/measure.yaml.
    """
    from gauntlet.hardware.calibration.machine import limited_to

    with limited_to(threads) as cpus:  # before numpy is imported, which takes its threads then
        from gauntlet.cli.calibrate_lines import progress_line
        from gauntlet.hardware.calibration import cuda, host
        from gauntlet.hardware.calibration import measure as measuring
        from gauntlet.hardware.calibration.plan import Plan

        plan = Plan.of_registry(registry_in_use().folder, on)
        kinds = _words(only, measuring.KINDS, "--only") or [
            kind for kind in measuring.KINDS if kind != "conv2d" or host.has_torch()
        ]
        precisions = _words(precision, cuda.PRECISIONS if on == "cuda" else tuple(host.PRECISIONS), "--precision")
        if only is None and on == "cpu" and "conv2d" not in kinds:
            say("conv2d is left out: torch is not installed.")
        disturbed: list[str] = []

        def progress(done: "Progress") -> None:
            say(progress_line(done))
            if done.timing and done.timing.disturbed(plan.timing):
                disturbed.append(done.task.note)

        with nullcontext(cuda.Cuda()) if on == "cuda" else host.Host.of(cpus) as bench:
            where = bench.about()["machine"] if on == "cuda" else f"{cpus} CPU{'s' if cpus > 1 else ''}"
            say(f"measuring on {where}; nothing else should run meanwhile")
            new = measuring.measure(output, plan, kinds, bench, precisions=precisions, again=again, progress=progress)
    if as_json:
        print_json({"file": str(output), "new_rows": len(new), "disturbed_rows": len(disturbed), "on": on,
                    "threads": cpus})  # fmt: skip
    else:
        typer.echo(f"{output}: {len(new)} new rows.")
    if disturbed:
        say(
            f"{len(disturbed)} of them were disturbed: repeats scatter, or this process waited for a processor. Stop "
            "what else runs and measure --again, or bind to fewer CPUs with --threads."
        )


def _words(text: str | None, known: Sequence[W], option: str) -> list[W]:
    """The comma-separated words of an option; UsageError for one that is unknown, or for none."""
    if text is None:
        return []
    said = [word.strip() for word in text.split(",") if word.strip()]
    unknown = [word for word in said if word not in known]
    if unknown or not said:
        what = ", ".join(unknown) or "nothing"
        raise UsageError(f"{option} {text!r}: {what} is none of {', '.join(known)}.")
    return [word for word in known if word in said]
