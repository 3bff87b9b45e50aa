"""Options of `gauntlet serving`, and the grid of configurations that they name."""

import math
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from gauntlet.errors import UsageError

if TYPE_CHECKING:
    from gauntlet.hardware.registry import Registry
    from gauntlet.workloads.serving.deployment import Deployment
    from gauntlet.workloads.serving.sweep import Grid

Models = Annotated[str, typer.Option("--model", "-m", metavar="NAME|config.json", help="Known name, or a config.json.")]
Hardware = Annotated[
    str, typer.Option("--hardware", "-d", metavar="ID", help="Device, as in 'gauntlet hardware list'.")
]
Inputs = Annotated[str, typer.Option("--input", "--input-tokens", "-i", metavar="TOKENS", help="Prompt length.")]
Outputs = Annotated[
    str, typer.Option("--output", "--output-tokens", "-n", metavar="TOKENS", help="Tokens of a response.")
]
Rate = Annotated[str | None, typer.Option("--rate", metavar="REQUESTS/S", help="Open loop: arrivals, Poisson.")]
Clients = Annotated[str | None, typer.Option("--concurrency", metavar="N", help="Closed loop: requests in flight.")]
Tp = Annotated[str, typer.Option("--tp", metavar="N", help="Tensor parallelism.")]
Pp = Annotated[str, typer.Option("--pp", metavar="N", help="Pipeline stages.")]
Ep = Annotated[str, typer.Option("--ep", metavar="N", help="Expert parallelism, within tp x attention-dp.")]
Adp = Annotated[str, typer.Option("--attention-dp", metavar="N", help="Copies of the attention within an instance.")]
Instances = Annotated[str, typer.Option(metavar="N", help="Replicas that share the load.")]
Precision = Annotated[
    str | None, typer.Option(metavar="FORMAT", help="Weights: bf16, fp8, nvfp4, ... Default: as the config says.")
]
KvPrecision = Annotated[str, typer.Option(metavar="FORMAT", help="Cache: bf16, fp8, ...")]
Prefix = Annotated[str, typer.Option("--prefix", metavar="TOKENS", help="Part of the prompt that is cached.")]
Sequences = Annotated[str, typer.Option("--max-sequences", metavar="N", help="Most requests in a batch.")]
Budget = Annotated[str, typer.Option("--batched-tokens", metavar="N", help="Most tokens of a step (chunked prefill).")]
Memory = Annotated[float, typer.Option("--memory-fraction", help="Part of the memory that the engine may use.")]
OutputCv = Annotated[float, typer.Option("--output-cv", min=0, help="Coefficient of variation of the response length.")]
Overhead = Annotated[
    float | None,
    typer.Option("--request-ms", min=0, help="Handling of a request before its first step. Default: as calibrated."),
]
Wish = Annotated[
    Literal["auto", "roofline", "roofline-v1", "mfu", "mfu-v2", "regression"],
    typer.Option(
        "--step-model",
        help="auto: regression if coefficients fit, else MFU tables, else roofline. v1, v2: published, to compare.",
    ),
]
Coefficients = Annotated[Path | None, typer.Option(metavar="FILE", help="Regression that 'serving fit' wrote.")]
Tables = Annotated[Path | None, typer.Option("--mfu-tables", metavar="DIR", help="Measured kernels: gemm/, mha/.")]
Picture = Annotated[
    Path | None, typer.Option("--picture", "-o", metavar="FILE", help="Write a picture to FILE.svg or FILE.png.")
]


def grid_of(given: Mapping[str, Any], registry: "Registry") -> "Grid":
    """The grid that options by these names spell; UsageError names the option that is wrong."""
    from gauntlet.workloads.serving.choice import Sources
    from gauntlet.workloads.serving.sweep import Grid

    if (given["rate"] is None) == (given["concurrency"] is None):
        raise UsageError("name --rate (open loop) or --concurrency (closed loop), and not both.")
    return Grid(
        deployments=_deployments(given, registry),
        input_tokens=values("--input", given["input_tokens"]),
        output_tokens=values("--output", given["output_tokens"]),
        rates_per_s=values("--rate", given["rate"], whole=False) if given["rate"] else (),
        clients=values("--concurrency", given["concurrency"]) if given["concurrency"] else (),
        instances=values("--instances", given["instances"]),
        cached_tokens=values("--prefix", given["prefix"], least=0),
        max_sequences=values("--max-sequences", given["max_sequences"]),
        step_token_budget=values("--batched-tokens", given["batched_tokens"], least=2),
        output_cv=given["output_cv"],
        request_s=None if given["request_ms"] is None else given["request_ms"] / 1e3,
        wish=given["step_model"],
        sources=Sources(given["coefficients"], given["mfu_tables"]),
    )


def _deployments(given: Mapping[str, Any], registry: "Registry") -> "list[Deployment]":
    """Every combination of names, degrees and formats."""
    from gauntlet.workloads.serving.description import Description, deployment_of

    degrees = [values(f"--{name.replace('_', '-')}", given[name]) for name in ("tp", "pp", "ep", "attention_dp")]
    formats = [_words(given["precision"]) if given["precision"] else [None], _words(given["kv_precision"])]
    return [
        deployment_of(
            Description(model, hardware, int(tp), int(pp), int(ep), int(adp), weights, cache, given["memory_fraction"]),
            registry,
        )
        for model in _words(given["model"])
        for hardware in _words(given["hardware"])
        for tp, pp, ep, adp in product(*degrees)
        for weights, cache in product(*formats)
    ]


def values(option: str, text: str, *, whole: bool = True, least: float = 1.0) -> list[float]:
    """'1,2,4' or '1:64:7' as numbers, rising as given; UsageError names the option and the part that is none."""
    found: list[float] = []
    for part in text.split(","):
        ends = part.split(":")
        try:
            numbers = [float(end) for end in ends]
        except ValueError:
            numbers = []
        if len(numbers) == 3 and 0 < numbers[0] < numbers[1] and 2 <= numbers[2] == int(numbers[2]) <= 10_000:
            low, high, count = numbers[0], numbers[1], int(numbers[2])
            spaced = [low * (high / low) ** (step / (count - 1)) for step in range(count)]
            found += sorted({float(round(value)) for value in spaced}) if whole else spaced
        elif len(numbers) == 1:
            found += numbers
        else:
            raise UsageError(f"{option} {text!r}: {part!r} is no number and no LOW:HIGH:COUNT with 0 < LOW < HIGH.")
    for value in found:
        fine = value == math.floor(value) and value >= least if whole else value > 0
        if not (math.isfinite(value) and fine):
            wanted = f"a whole number of at least {least:g}" if whole else "a number above 0"
            raise UsageError(f"{option} {text!r}: {value:g} is invalid; expected {wanted}.")
    return found


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
