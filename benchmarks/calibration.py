"""How well calibrated curves predict layers not seen: `python -m benchmarks.calibration --train DIR [--write]`.

Matrix products that others timed (DIR as of `benchmarks.truth`), one curve a machine and format. Groups are layers,
n x k; all rows of a layer are left out together. Curves over one demand are held against those that may also run over a
mix of work and traffic. Exit code 1 where the mean |ln error|, by which curves are chosen, is worse with mixes, or the
90 % bands hold fewer than 85 or more than 95 % of all rows.
"""

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.speed.__main__ import measured_on
from benchmarks.speed.tables import Table
from benchmarks.truth.rows import read_rows, registry, registry_key
from gauntlet.hardware.calibration.fit import Choices, fit_calibration
from gauntlet.hardware.calibration.measurements import read_measurements
from gauntlet.hardware.calibration.policy import Policy
from gauntlet.hardware.curves import EfficiencyCurve

README = Path(__file__).parent / "README.md"
_PRECISIONS = {"bfloat16": "bf16", "fp16": "fp16", "fp32": "fp32", "fp8": "fp8", "fp8_block": "fp8"}
_HOLDS = 0.85, 0.95
_WORSE = 0.01
"""Share of the error by which the chosen curve may be worse: the simpler of two alike is taken."""


class Compared(NamedTuple):
    """One machine and format: curves over one demand, and over what was chosen of all."""

    machine: str
    rows: int
    one: EfficiencyCurve
    chosen: EfficiencyCurve

    @property
    def held(self) -> bool:
        """No worse than over one demand, on layers left out."""
        return _missed(self.chosen) <= (1 + _WORSE) * _missed(self.one)


def _missed(curve: EfficiencyCurve) -> float:
    return next(each.unseen_groups for each in curve.candidates if each.chosen)


def main(arguments: list[str] | None = None) -> int:
    """Print the table; 1 if a row misses its bar."""
    parser = argparse.ArgumentParser(prog="benchmarks.calibration", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--train", type=Path, required=True, help="folder with the measurements")
    parser.add_argument("--write", action="store_true", help="replace the table in benchmarks/README.md")
    asked = parser.parse_args(arguments)
    found = list(compared(asked.train))
    cells = tuple(_cells(one) for one in found)
    missed = [one.machine for one in found if not one.held]
    rows = sum(one.rows for one in found)
    covered = sum(one.rows * one.chosen.cross_validated.covered for one in found) / rows
    honest = _HOLDS[0] <= covered <= _HOLDS[1]
    conclusion = (
        f"{len(found) - len(missed)} of {len(found)} hold; 90 % bands hold {covered:.1%} of {rows} rows"
        f"{'' if honest else ', which is missed'}." + "".join(f" Missed: {what}." for what in missed)
    )
    head = ("machine", "rows", "layers", "one demand", "chosen", "mean error", "median", "over", "in its band")
    table = Table("calibration", head, cells, conclusion, honest and not missed)
    table.print()
    if asked.write:
        table.write(README, measured_on())
    return 0 if table.agreed else 1


def compared(train: Path) -> Iterator[Compared]:
    """Both curves of every machine and format in the file of matrix products."""
    by: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    for row in read_rows(train / "gemm" / "gemm.csv"):
        if row["dtype"] in _PRECISIONS:
            by[row["hw"], row["dtype"]].append(row)
    policy = Policy.of_registry(registry().folder)
    alone = policy.model_copy(update={"fit": policy.fit.model_copy(update={"mixes": ()})})
    for (hardware, format), rows in by.items():
        key = registry_key(hardware) or hardware
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "gemm.csv"
            file.write_text(_csv(rows), encoding="utf-8")
            one, chosen = (_curve(file, key, each) for each in (alone, policy))
        yield Compared(f"{key}, {format}", len(rows), one, chosen)


def _csv(rows: list[dict[str, str]]) -> str:
    lines = (
        f"gemm,{_PRECISIONS[row['dtype']]},{row['n']}x{row['k']},{row['m']},{row['n']},{row['k']},{row['lat_us']}"
        for row in rows
    )
    return "\n".join(("operation,precision,group,m,n,k,time_us", *lines)) + "\n"


def _curve(file: Path, device: str, policy: Policy) -> EfficiencyCurve:
    """Operands of a loop may lie in caches, so that arithmetic alone bounds these rows."""
    fitted = fit_calibration(
        read_measurements(file, policy), registry().device(device), registry(), policy, source="published measurements",
        date="2026-11", choices=Choices(resource="compute"),
    )  # fmt: skip
    return fitted.curves[0]


def _cells(found: Compared) -> tuple[str, ...]:
    score = found.chosen.cross_validated
    return (
        found.machine, str(found.rows), str(score.groups), f"{_missed(found.one):.3f}",
        f"{_missed(found.chosen):.3f}" + ("" if found.held else " missed"), f"{score.mape:.1f} %",
        f"{score.median:.1f} %", f"{found.chosen.variable}, {found.chosen.form.shape}", f"{score.covered:.1%}",
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
