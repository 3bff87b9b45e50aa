"""Options of `gauntlet kernel`."""

from typing import Annotated

import typer

Devices = Annotated[
    str,
    typer.Option("--hardware", "--device", "-d", metavar="ID[,ID]", help="Devices, as in 'gauntlet hardware list'."),
]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV on stdout, and nothing else there.")]
Size = Annotated[str, typer.Option(metavar="N", help="One value, some (1,16,256) or a range (1:8192:14).")]
Maybe = Annotated[str | None, typer.Option(metavar="N", help="As of a model, or given; see --model.")]
Rows = Annotated[str, typer.Option("-m", metavar="N", help="Rows of A and C: tokens. 1,16,256 or 1:8192:14 for more.")]
Columns = Annotated[str, typer.Option("-n", metavar="N", help="Columns of B and C.")]
Depth = Annotated[str, typer.Option("-k", metavar="N", help="Columns of A, rows of B.")]
Format = Annotated[str, typer.Option(metavar="NAME", help="fp32, tf32, bf16, fp16, fp8, fp8_block, nvfp4, int8.")]
Phase = Annotated[str, typer.Option(metavar="NAME", help="prefill (causal), or decode of the newest tokens.")]
Model = Annotated[
    str | None, typer.Option("--model", "-m", metavar="NAME|config.json", help="Take heads and sizes from this model.")
]
New = Annotated[str | None, typer.Option(metavar="N", help="New tokens a sequence. Default: decode 1, prefill all.")]
Bytes = Annotated[str, typer.Option(metavar="BYTES", help="One value, some or a range (1e3:1e9:13).")]
