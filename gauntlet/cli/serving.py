"""`gauntlet serving`: latency and throughput of language model servers; sweeps; fits; scores against measurements."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gauntlet.cli import serving_options as options
from gauntlet.cli.door import say
from gauntlet.cli.options import AsJson, examples, settings_from
from gauntlet.errors import UsageError

if TYPE_CHECKING:
    from gauntlet.hardware.registry import Registry
    from gauntlet.workloads.serving.sweep import Grid, Swept

_MOST_SHOWN = 40
_ESTIMATE = "Latency, throughput and saturation of one deployment under one load."
_SWEEP = "Every combination of comma-separated values and LOW:HIGH:COUNT ranges: table, CSV, JSON or picture."


def add_to(app: typer.Typer) -> None:
    """Register the group."""
    serving = typer.Typer(
        help="Language model servers: latency, throughput, saturation.",
        epilog=examples(
            "gauntlet serving estimate -m Llama-3.1-8B -d h100_sxm5 --rate 8",
            "gauntlet serving sweep -m Llama-3.1-70B -d h100_sxm5,h200_sxm_141gb --tp 4,8 --rate 1:40:20 -o load.svg",
        ),
        no_args_is_help=True,
    )
    commands: tuple[tuple[str, Callable[..., None], str | None, tuple[str, ...]], ...] = (
        ("estimate", serve, _ESTIMATE, (
            "estimate -m Llama-3.1-8B -d h100_sxm5 --rate 8 -i 1024 -n 256",
            "estimate -m models/mine/config.json -d h200_sxm_141gb --tp 2 --concurrency 64 --json",
        )),
        ("sweep", serve, _SWEEP, (
            "sweep -m Mixtral-8x7B -d h100_sxm5 --tp 2,4,8 --rate 1:100:30 -o mixtral.svg",
            "sweep -m DeepSeek-R1 -d h200_sxm_141gb --tp 8 --concurrency 1,4,16,64 --csv > r1.csv",
        )),
        ("fit", fit, None, ("fit steps.csv -m Llama-3.1-8B -d h100_sxm5 -o mine.json",)),
        ("compare", compare, None, ("compare measured.csv", "compare measured.csv --json -o scatter.svg")),
        ("models", models, None, ("models --match qwen",)),
    )  # fmt: skip
    for name, command, text, lines in commands:
        epilog = examples(*(f"gauntlet serving {line}" for line in lines))
        serving.command(name, help=text, epilog=epilog)(command)
    app.add_typer(serving, name="serving")


def serve(
    context: typer.Context,
    model: options.Models,
    hardware: options.Hardware,
    rate: options.Rate = None,
    concurrency: options.Clients = None,
    input_tokens: options.Inputs = "1024",
    output_tokens: options.Outputs = "256",
    tp: options.Tp = "1",
    pp: options.Pp = "1",
    ep: options.Ep = "1",
    attention_dp: options.Adp = "1",
    instances: options.Instances = "1",
    precision: options.Precision = None,
    kv_precision: options.KvPrecision = "bf16",
    prefix: options.Prefix = "0",
    max_sequences: options.Sequences = "256",
    batched_tokens: options.Budget = "8192",
    memory_fraction: options.Memory = 0.9,
    output_cv: options.OutputCv = 0.0,
    request_ms: options.Overhead = None,
    step_model: options.Wish = "auto",
    coefficients: options.Coefficients = None,
    mfu_tables: options.Tables = None,
    picture: options.Picture = None,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV on stdout, and nothing else there.")] = False,
) -> None:
    """`estimate` of one configuration, or `sweep` of many."""
    from gauntlet.cli.serving_lines import estimate_lines, sweep_lines
    from gauntlet.cli.serving_records import as_csv as csv_text
    from gauntlet.cli.serving_records import records_of
    from gauntlet.workloads.serving.sweep import sweep

    given = dict(locals())
    registry = _registry()
    grid = options.grid_of(given, registry)
    swept = sweep(grid, registry)
    one = context.info_name == "estimate"
    if one and len(swept.refused) != 1:
        raise UsageError("estimate takes one value of each option; 'gauntlet serving sweep' takes several.")
    if one and swept.refused[0]:
        raise UsageError(f"{swept.refused[0]}.")
    _say_choices(swept)
    records = records_of(swept, grid)
    if as_json:
        _print(records[0] if one else records)
    elif as_csv:
        typer.echo(csv_text(records), nl=False)
    else:
        lines = estimate_lines(swept, grid.deployments[0], records[0]) if one else sweep_lines(records, _MOST_SHOWN)
        typer.echo("\n".join(lines))
    if picture is not None:
        _draw_loads(picture, grid, registry)


def fit(
    steps: Annotated[Path, typer.Argument(metavar="STEPS.csv", help="Measured steps; columns below.")],
    model: options.Models,
    hardware: options.Hardware,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Write the coefficients here.")],
    tp: Annotated[int, typer.Option("--tp", min=1, help="Tensor parallelism.")] = 1,
    precision: options.Precision = None,
    as_json: AsJson = False,
) -> None:
    """Fit step times to counts: columns step_s, prefill_tokens, past_tokens, decode_requests, context_tokens."""
    from gauntlet.workloads.serving.description import Description, deployment_of
    from gauntlet.workloads.serving.regression import fit_regression
    from gauntlet.workloads.serving.step_log import read_steps

    registry = _registry()
    on = deployment_of(Description(model, hardware, tp, precision=precision), registry)
    counts, measured_s = read_steps(steps)
    of = {"model": on.model.name, "device": on.device.key, "tensor_parallel": tp}
    fitted = fit_regression(counts, measured_s, of, str(steps))
    fitted.save(output)
    if as_json:
        _print(fitted.model_dump(mode="json"))
    else:
        for name, value in fitted.coefficients.items():
            typer.echo(f"{name:<22} {value * 1e6:12.6g} us each")
        typer.echo(
            f"{fitted.rows} rows, MAPE {fitted.mape:.1%}; {fitted.cross_validated_mape:.1%} with a fifth held out."
        )
    say(f"Wrote {output}; use it with --coefficients {output}.")


def compare(
    measured: Annotated[Path, typer.Argument(metavar="MEASURED.csv", help="One measured point a row.")],
    step_model: options.Wish = "auto",
    coefficients: options.Coefficients = None,
    mfu_tables: options.Tables = None,
    picture: options.Picture = None,
    as_json: AsJson = False,
) -> None:
    """Score estimates: MAPE, MPE, Pearson and a grade per metric.

    Columns that say what ran: model, hardware, input_tokens, output_tokens, and rate_per_s or concurrency (all
    instances); optional tensor_parallel, pipeline_parallel, expert_parallel, attention_data_parallel, precision,
    kv_precision, instances, cached_tokens, max_sequences, step_token_budget, experiment.

    Columns that were measured: ttft, itl (or tpot), e2e with _mean, _p50, _p90 or _p99, in _ms or _s: ttft_mean_ms.
    """
    from gauntlet.cli.serving_lines import comparison_lines
    from gauntlet.cli.serving_records import finite
    from gauntlet.workloads.serving.choice import Sources
    from gauntlet.workloads.serving.compare import compare as compared_with

    compared = compared_with(measured, _registry(), step_model, Sources(coefficients, mfu_tables))
    for reason in compared.step_models:
        say(f"Step model {reason}.")
    if as_json:
        _print({"scores": [finite(score._asdict()) for score in compared.scores], "failures": compared.failures})
    else:
        typer.echo("\n".join(comparison_lines(compared)))
    if picture is not None:
        from gauntlet.report.serving_figure import draw_comparison

        _write(picture, lambda: draw_comparison(compared.estimated_s, compared.measured_s))


def models(
    match: Annotated[str | None, typer.Option(metavar="WORD", help="Only names with this word.")] = None,
    as_json: AsJson = False,
) -> None:
    """Models that are known by name, with what their config.json counts."""
    from gauntlet.workloads.known_models import known_models, model_named

    rows = []
    for name, entry in known_models(settings_from().registry_dir).items():
        if match and match.casefold() not in " ".join((name, *entry["aliases"])).casefold():
            continue
        model = model_named(name, settings_from().registry_dir)
        rows.append({
            "name": name, "aliases": entry["aliases"], "parameters": model.parameters,
            "active_parameters": model.active_parameters, "layers": model.layers,
            "kv_bytes_per_token": model.kv_bytes_per_token(2.0), "source": entry["source"], "date": entry["date"],
        })  # fmt: skip
    if not rows:
        raise UsageError(f"no model has {match!r} in its name; leave out --match to see all.")
    if as_json:
        _print(rows)
        return
    for row in rows:
        active = (
            f", {row['active_parameters'] / 1e9:.1f} B active" if row["active_parameters"] < row["parameters"] else ""
        )
        cache = f"{row['kv_bytes_per_token'] / 1e3:.1f} kB cache a token"
        typer.echo(f"{row['name']:<44} {row['parameters'] / 1e9:7.1f} B{active}, {row['layers']} layers, {cache}")


def _say_choices(swept: "Swept") -> None:
    """Which step-time models were chosen, once each."""
    said = {f"Step model {choice.model.name}: {choice.reason}." for choice in swept.choices if choice}
    for line in sorted(said):
        say(line)


def _draw_loads(picture: Path, grid: "Grid", registry: "Registry") -> None:
    from gauntlet.cli.serving_lines import load_lines
    from gauntlet.report.serving_figure import draw_loads

    words = "requests in flight" if grid.clients else "requests per second"
    _write(picture, lambda: draw_loads(load_lines(grid, registry), words))


def _write(picture: Path, draw: Callable[[], tuple[bytes, bytes]]) -> None:
    if picture.suffix not in (".svg", ".png"):
        raise UsageError(f"--picture {picture}: the name must end in .svg or .png.")
    svg, png = draw()
    try:
        picture.write_bytes(svg if picture.suffix == ".svg" else png)
    except OSError as error:
        raise UsageError(f"--picture {picture}: {error.strerror}.") from error
    say(f"Wrote {picture}")


def _print(data: Any) -> None:
    typer.echo(json.dumps(data, indent=1, ensure_ascii=False))


def _registry() -> "Registry":
    from gauntlet.hardware.registry import Registry

    return Registry.load(settings_from().registry_dir)
