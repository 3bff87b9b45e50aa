"""Measure the errors of approximate formulas: `python -m benchmarks.model_form [PRIMITIVE ...] [--every N] [--json]`.

One row per formula and output: errors of the formula against the truth over a grid, as factors less one. Exit code 1
if a recorded `model_form_error` is below the root mean square that it stands for.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from benchmarks.model_form import locks, memory, networks, pipelines, queues, serving, skew, storage, transport
from benchmarks.model_form.study import Row, Study, measure

_COLUMNS = (
    "formula",
    "grid, and who says the truth",
    "cases",
    "mean",
    "median",
    "RMS",
    "worst",
    "recorded",
    "worst at",
)


def all_studies() -> Iterator[Study]:
    """Every study, by family."""
    for family in (queues, networks, locks, memory, skew, storage, transport, pipelines, serving):
        yield from family.studies()


def main(arguments: list[str] | None = None) -> int:
    """Print a row per formula and output; 1 if a record is below what was measured."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("primitives", nargs="*", help="primitives to measure (all)")
    parser.add_argument("--every", type=int, default=1, help="only every N-th point of each grid")
    parser.add_argument("--json", action="store_true", help="rows as JSON")
    asked = parser.parse_args(arguments)
    studies = [study for study in all_studies() if not asked.primitives or study.primitive in asked.primitives]
    rows = [row for study in studies for row in measure(study, asked.every)]
    if asked.json:
        json.dump([asdict(row) for row in rows], sys.stdout, indent=1)
    else:
        _print(rows)
    return 0 if all(row.covered for row in rows) else 1


def _print(rows: list[Row]) -> None:
    table = Table(*_COLUMNS, show_lines=True)
    for row in rows:
        errors = [f"{error:+.1%}" for error in (row.lean, row.median, row.rms, row.worst)]
        recorded = f"{row.recorded:.1%}" if row.counted else "not counted"
        table.add_row(
            f"{row.primitive}\n{row.output}",
            f"{row.grid}\n{row.against}",
            str(row.cases),
            *errors,
            recorded if row.covered else f"{recorded} TOO SMALL",
            row.worst_at,
        )
    Console(width=200).print(table)


if __name__ == "__main__":
    raise SystemExit(main())
