"""Estimates and bounds against GPUs that were measured: `python -m benchmarks.gpu [DIR ...] [--write]`.

A folder is what `benchmarks.gpu.measure` wrote, named as the registry names its GPU. None of these rows was fitted on,
and most come from other libraries than those that the estimates were learnt from. Exit code 1 where a measurement is
faster than its bound. `--write` replaces the table in benchmarks/README.md.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.gpu.rows import Group, groups
from benchmarks.speed.tables import Table

MEASURED = Path(__file__).parent / "measured"
README = Path(__file__).parents[1] / "README.md"
_COLUMNS = ("device", "what", "rows", "median error", "estimate / measured", "spread", "in its band",
            "of any library", "bound / measured", "highest", "faster than the bound")  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 where a bound accuses a measurement."""
    parser = argparse.ArgumentParser(prog="benchmarks.gpu", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folders", nargs="*", type=Path, help="default: all that the repository holds")
    parser.add_argument("--write", action="store_true", help="replace the table in benchmarks/README.md")
    asked = parser.parse_args(arguments)
    folders = asked.folders or sorted(folder for folder in MEASURED.iterdir() if folder.is_dir())
    found = [group for folder in folders for group in groups(folder)]
    beaten, rows = (sum(each) for each in zip(*((group.beaten, len(group.measured)) for group in found), strict=True))
    conclusion = f"{beaten} of {rows} measurements are faster than their bound. {' '.join(_about(folders))}"
    table = Table("gpu", _COLUMNS, tuple(_cells(group) for group in found), conclusion, agreed=beaten == 0)
    table.print()
    if asked.write:
        table.write(README, "")
    return 0 if table.agreed else 1


def _about(folders: Sequence[Path]) -> Iterator[str]:
    for folder in folders:
        about = json.loads((folder / "about.json").read_text())
        yield f"{folder.name}: {about['gpu']}, PyTorch {about['torch']}, {about['date']}."


def _cells(group: Group) -> tuple[str, ...]:
    ratio, share = group.value / group.measured, group.bound / group.measured
    inside, of_any = (
        ((low <= group.measured) & (group.measured <= high)).mean()
        for low, high in ((group.low, group.high), group.widest)
    )
    return (
        group.device, group.name, str(len(ratio)), f"{np.median(np.abs(ratio - 1)):.1%}", f"{np.median(ratio):.2f}",
        f"{np.sqrt(np.mean(np.log(ratio) ** 2)):.2f}", f"{inside:.0%}", f"{of_any:.0%}", f"{np.median(share):.2f}",
        f"{share.max():.2f}", str(group.beaten),
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
