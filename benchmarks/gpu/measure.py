"""Time kernels and networks on the GPU at hand: `python -m benchmarks.gpu.measure --out FOLDER [--networks-s 240]`.

Needs torch with CUDA, and timm; nothing else of the project. FOLDER gets one CSV a kind and `about.json`; name it as
the registry names the GPU, and `python -m benchmarks.gpu FOLDER` holds estimates and bounds against it.
"""

import argparse
import csv
import json
import platform
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import timm
import torch

from benchmarks.gpu.kernels import attentions, copies, gemms
from benchmarks.gpu.networks import networks


def main() -> None:
    """Measure everything in turn; what is written stays if a later kind fails."""
    parser = argparse.ArgumentParser(prog="benchmarks.gpu.measure", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--networks-s", type=float, default=240, help="time allowed for networks")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "about.json").write_text(json.dumps(about(), indent=1) + "\n")
    kinds = {
        "gemm": gemms(),
        "attention": attentions(),
        "elementwise": copies(),
        "networks": networks(asked.networks_s),
    }
    for kind, rows in kinds.items():
        began = time.monotonic()
        count = write(asked.out / f"{kind}.csv", rows)
        print(f"{kind}: {count} rows in {time.monotonic() - began:.0f} s", flush=True)
        torch.cuda.empty_cache()


def about() -> Mapping[str, str]:
    """What was measured, on which software."""
    return {
        "gpu": torch.cuda.get_device_name(),
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "torch": torch.__version__,
        "cudnn": str(torch.backends.cudnn.version()),
        "timm": timm.__version__,
        "python": platform.python_version(),
    }


def write(file: Path, rows: Iterator[Mapping[str, object]]) -> int:
    """Rows as CSV, each as soon as it is there; how many."""
    first = next(rows, None)
    if first is None:
        return 0
    everything: Iterable[Mapping[str, object]] = chain([first], rows)
    with file.open("w", encoding="utf-8", newline="") as stream:
        table = csv.DictWriter(stream, list(first), lineterminator="\n")
        table.writeheader()
        count = 0
        for row in everything:
            table.writerow({name: f"{v:.5g}" if isinstance(v, float) else v for name, v in row.items()})
            stream.flush()
            count += 1
    return count


if __name__ == "__main__":
    main()
