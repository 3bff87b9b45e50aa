"""`gauntlet kernel`: how long a kernel takes on devices: estimate, its 90 % range, its bound, what it rests on."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gauntlet.cli import kernel_options as options
from gauntlet.cli.door import say
from gauntlet.cli.options import AsJson, examples, settings_from
from gauntlet.cli.serving_options import KvPrecision, Picture, values
from gauntlet.errors import UsageError

if TYPE_CHECKING:
    from gauntlet.cli.kernel_lines import Asked
    from gauntlet.hardware.registry import Registry

_MOST_ROWS = 100_000
_MOST_SHOWN = 40


def add_to(app: typer.Typer) -> None:
    """Register the group."""
    kernel = typer.Typer(
        help="Times of kernels on devices: estimate, range, bound.",
        epilog=examples(
            "gauntlet kernel gemm -d h100_sxm5,a100_sxm_80gb -m 1,64,4096 -n 4096 -k 4096",
            "gauntlet kernel attention -d h100_sxm5 --model Llama-3.1-8B --batch 1:256:9 --context 4096 -o decode.svg",
        ),
        no_args_is_help=True,
    )
    for name, command, lines in (
        ("gemm", gemm, (
            "gemm -d h100_sxm5 -m 4096 -n 4096 -k 4096 --format fp8",
            "gemm -d h100_sxm5,l40s -m 1:8192:40 -n 4096 -k 4096 -o gemm.svg",
        )),
        ("grouped-gemm", grouped_gemm, (
            "grouped-gemm -d h800_sxm5_80gb --experts 32 --tokens-per-expert 1:512:10 -n 4096 -k 7168 --layout masked",
        )),
        ("attention", attention, (
            "attention -d a100_sxm_80gb --batch 32 --context 4096 --heads 32 --kv-heads 8 --head-size 128",
            "attention -d h100_sxm5 --model Llama-3.1-70B --phase prefill --batch 1 --context 1024:32768:6",
        )),
        ("latent-attention", latent_attention, (
            "latent-attention -d h800_sxm5_80gb --model DeepSeek-R1 --batch 128 --context 8192",
            "latent-attention -d h100_sxm5 --heads 16 --latent-size 512 --rope-size 64 --nope-size 128 "
            "--value-size 128 --batch 1 --context 4096 --json",
        )),
        ("elementwise", elementwise, ("elementwise -d a100_sxm_80gb --read 64e6 --write 64e6 --name layernorm",)),
        ("collective", collective, (
            "collective -d h100_sxm5 --ranks 2,4,8 --bytes 1e3:1e9:7",
            "collective -d a100_sxm_80gb --ranks 16 --bytes 1e8 --adapter 25e9 --ranks-per-node 8",
        )),
        ("calibrated", calibrated, (
            "calibrated -d core_i7_12700k --operation conv2d --precision fp32 --flop 1e8:1e11:7 --moved 1e7",
        )),
    ):  # fmt: skip
        kernel.command(name, epilog=examples(*(f"gauntlet kernel {line}" for line in lines)))(command)
    app.add_typer(kernel, name="kernel")


def gemm(
    hardware: options.Devices,
    m: options.Rows,
    n: options.Columns,
    k: options.Depth,
    format: options.Format = "bf16",
    picture: Picture = None,
    as_json: AsJson = False,
    as_csv: options.AsCsv = False,
) -> None:
    """A matrix product C[m,n] = A[m,k] B[k,n]; quantised formats quantise A too."""
    sizes = {"m": values("-m", m), "n": values("-n", n), "k": values("-k", k)}
    _answer("gemm", hardware, sizes, {"format": format}, picture, as_json, as_csv)


def grouped_gemm(
    hardware: options.Devices,
    experts: options.Size,
    tokens_per_expert: options.Size,
    n: options.Columns,
    k: options.Depth,
    layout: Annotated[
        str, typer.Option(metavar="NAME", help="masked (decode) or contiguous (prefill).")
    ] = "contiguous",
    format: options.Format = "fp8_block",
    picture: Picture = None,
    as_json: AsJson = False,
    as_csv: options.AsCsv = False,
) -> None:
    """One product for each local expert of a mixture-of-experts layer; tokens of an expert are a mean."""
    sizes = {
        "experts": values("--experts", experts),
        "tokens_per_expert": values("--tokens-per-expert", tokens_per_expert, whole=False),
        "n": values("-n", n),
        "k": values("-k", k),
    }
    _answer("grouped_gemm", hardware, sizes, {"format": format, "layout": layout}, picture, as_json, as_csv)


def attention(
    hardware: options.Devices,
    batch: options.Size,
    context: options.Size,
    model: options.Model = None,
    heads: options.Maybe = None,
    kv_heads: options.Maybe = None,
    head_size: options.Maybe = None,
    phase: options.Phase = "decode",
    queries: options.New = None,
    kv_precision: KvPrecision = "bf16",
    arithmetic: Annotated[str, typer.Option(metavar="FORMAT", help="Of the products: bf16, fp16, fp8.")] = "bf16",
    picture: Picture = None,
    as_json: AsJson = False,
    as_csv: options.AsCsv = False,
) -> None:
    """Attention of all heads with plain, grouped (GQA) or multi-query (MQA) keys and values, in one layer."""
    given = {"heads": heads, "kv_heads": kv_heads, "head_size": head_size}
    sizes = {"batch": values("--batch", batch), "context": values("--context", context)}
    sizes |= _sizes_of("GroupedQuery", model, given) | _new(queries)
    words = {"phase": phase, "cache": kv_precision, "arithmetic": arithmetic}
    _answer("attention", hardware, sizes, words, picture, as_json, as_csv)


def latent_attention(
    hardware: options.Devices,
    batch: options.Size,
    context: options.Size,
    model: options.Model = None,
    heads: options.Maybe = None,
    latent_size: options.Maybe = None,
    rope_size: options.Maybe = None,
    nope_size: options.Maybe = None,
    value_size: options.Maybe = None,
    phase: options.Phase = "decode",
    form: Annotated[
        str | None, typer.Option(metavar="NAME", help="absorbed or expanded. Default: as the phase does it.")
    ] = None,
    queries: options.New = None,
    kv_precision: KvPrecision = "bf16",
    picture: Picture = None,
    as_json: AsJson = False,
    as_csv: options.AsCsv = False,
) -> None:
    """Multi-head latent attention (MLA, as in DeepSeek-V3) of all heads in one layer, without its projections."""
    given = {
        "heads": heads, "latent_size": latent_size, "rope_size": rope_size, "nope_size": nope_size,
        "value_size": value_size,
    }  # fmt: skip
    sizes = {"batch": values("--batch", batch), "context": values("--context", context)}
    sizes |= _sizes_of("Latent", model, given) | _new(queries)
    words = {"phase": phase, "cache": kv_precision} | ({"form": form} if form else {})
    _answer("latent_attention", hardware, sizes, words, picture, as_json, as_csv)


def elementwise(
    hardware: options.Devices,
    read: options.Bytes,
    write: options.Bytes,
    name: Annotated[
        str, typer.Option(metavar="NAME", help="layernorm, activation, add, rope, or any other.")
    ] = "elementwise",
    picture: Picture = None,
    as_json: AsJson = False,
    as_csv: options.AsCsv = False,
) -> None:
    """A kernel that only moves data: norm, activation, addition, rotary embedding."""
    read_bytes, written = values("--read", read, whole=False), values("--write", write, whole=False)
    sizes = {"read_bytes": read_bytes, "written_bytes": written}
    _answer("elementwise", hardware, sizes, {"name": name}, picture, as_json, as_csv)


def collective(
    hardware: options.Devices,
    ranks: options.Size,
    message: Annotated[
        str, typer.Option("--bytes", metavar="BYTES", help="Whole message; some or a range (1e3:1e9:13).")
    ],
    operation: Annotated[
        str, typer.Option(metavar="NAME", help="all_reduce, all_gather, reduce_scatter, alltoall, send_recv.")
    ] = "all_reduce",
    library: Annotated[str, typer.Option(metavar="NAME", help="NCCL, torch, vLLM_custom_graph, ...")] = "NCCL",
    adapter: Annotated[
        float | None, typer.Option(metavar="B/S", help="Between machines: rate of one adapter for each rank.")
    ] = None,
    ranks_per_node: Annotated[int | None, typer.Option(min=1, metavar="N", help="Ranks of one machine.")] = None,
    picture: Picture = None,
    as_json: AsJson = False,
    as_csv: options.AsCsv = False,
) -> None:
    """A collective among devices of one kind: over their own links, or over a network."""
    sizes = {"ranks": values("--ranks", ranks, least=2), "message_bytes": values("--bytes", message, whole=False)}
    network = {"adapter_bytes_per_s": adapter, "ranks_per_node": ranks_per_node}
    sizes |= {name: [float(value)] for name, value in network.items() if value is not None}
    _answer("collective", hardware, sizes, {"operation": operation, "library": library}, picture, as_json, as_csv)


def calibrated(
    hardware: options.Devices,
    flop: Annotated[str, typer.Option(metavar="FLOP", help="Arithmetic of the operation; some or a range.")],
    moved: Annotated[str, typer.Option(metavar="BYTES", help="Its operands; some or a range.")],
    operation: Annotated[str, typer.Option(metavar="NAME", help="As in 'gauntlet calibrate show DEVICE': gemm, ...")],
    precision: Annotated[str, typer.Option(metavar="FORMAT", help="fp32, bf16, ...")] = "fp32",
    picture: Picture = None,
    as_json: AsJson = False,
    as_csv: options.AsCsv = False,
) -> None:
    """Any operation by the efficiency curve that 'gauntlet calibrate' fitted for the device."""
    sizes = {"work_flop": values("--flop", flop, whole=False), "moved_bytes": values("--moved", moved, whole=False)}
    _answer("calibrated", hardware, sizes, {"operation": operation, "precision": precision}, picture, as_json, as_csv)


def _answer(
    kernel: str,
    hardware: str,
    sizes: Mapping[str, list[float]],
    words: Mapping[str, str],
    picture: Path | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    from gauntlet.cli.kernel_lines import ask, records_of, table_lines

    names = [name.strip() for name in hardware.split(",") if name.strip()]
    asked = ask(_registry(), kernel, names, sizes, words, _MOST_ROWS)
    if picture is not None:
        _draw(picture, asked)
    if as_json:
        typer.echo(json.dumps(records_of(asked), indent=1, ensure_ascii=False))
    elif as_csv:
        from gauntlet.cli.serving_records import as_csv as csv_text

        typer.echo(csv_text(records_of(asked)), nl=False)
    else:
        typer.echo("\n".join(table_lines(asked, _MOST_SHOWN)))


def _draw(picture: Path, asked: "Asked") -> None:
    from gauntlet.cli.kernel_lines import lines_of
    from gauntlet.report.kernel_figure import draw_kernels

    if picture.suffix not in (".svg", ".png"):
        raise UsageError(f"--picture {picture}: the name must end in .svg or .png.")
    svg, png = draw_kernels(*lines_of(asked))
    try:
        picture.write_bytes(svg if picture.suffix == ".svg" else png)
    except OSError as error:
        raise UsageError(f"--picture {picture}: {error.strerror}.") from error
    say(f"Wrote {picture}")


def _sizes_of(kind: str, model: str | None, given: Mapping[str, str | None]) -> dict[str, list[float]]:
    """Sizes as given, else those of the model's first layer with this kind of attention; UsageError for what lacks."""
    found = {name: values(f"--{name.replace('_', '-')}", text) for name, text in given.items() if text is not None}
    if model is not None:
        from gauntlet.cli.kernel_lines import sizes_of_model

        found = {
            name: [size] for name, size in sizes_of_model(model, kind, settings_from().registry_dir).items()
        } | found
    if missing := [f"--{name.replace('_', '-')}" for name in given if name not in found]:
        raise UsageError(f"{', '.join(missing)} not given; give {'it' if len(missing) == 1 else 'them'}, or --model.")
    return found


def _new(queries: str | None) -> dict[str, list[float]]:
    return {} if queries is None else {"queries": values("--queries", queries)}


def _registry() -> "Registry":
    from gauntlet.hardware.registry import Registry

    return Registry.load(settings_from().registry_dir)
