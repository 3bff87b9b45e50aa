"""Estimates against published measurements.

  python -m benchmarks.truth fit --train DIR [--set S]            parameters into hardware_registry/estimates/
  python -m benchmarks.truth predict --set S --rows IN --out OUT  one line a row: row,time_s,bound_s,low_s,high_s,basis
      [--counts models.csv]                                       what cv_throughput rows without counts are joined with
  python -m benchmarks.truth validate --train DIR [--set S]       cross-validation, as a table
  python -m benchmarks.truth validate --train DIR --write         all sets, into benchmarks/README.md

Exit code 1 where `validate` misses a bar or `predict` answers fewer than 98 % of the rows, 2 for what the user can fix.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.speed.tables import Table
from benchmarks.truth import rows, sets
from benchmarks.truth.sets import Score
from gauntlet.errors import GauntletError, UsageError

README = Path(__file__).parent.parent / "README.md"
LEAST_ANSWERED = 0.98
_COLUMNS = ("set", "measure", "ours", "bar", "naive", "peers' published figure")


def main(arguments: list[str] | None = None) -> int:
    """Run one of the three commands."""
    asked = _parser().parse_args(arguments)
    try:
        if asked.command == "fit":
            return fit(asked.train, asked.set or sets.names())
        if asked.command == "predict":
            return predict(asked.set, asked.rows, asked.out, asked.counts)
        if asked.write and asked.set:
            raise UsageError("--write keeps the whole table; leave out --set.")
        return validate(asked.train, asked.set or sets.names(), asked.write)
    except GauntletError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return error.exit_code


def fit(train: Path, chosen: Sequence[str]) -> int:
    """Learn the parameters of the chosen sets from the measurements in `train` and keep them."""
    for name in chosen:
        begun = time.perf_counter()
        file = rows.write_parameters(name, sets.named(name).fit(train))
        size = f"{file.stat().st_size} B in {file.name}" if file else "needs no parameters"
        sys.stdout.write(f"{name}: {size}, {time.perf_counter() - begun:.1f} s\n")
    return 0


def predict(name: str, file: Path, out: Path, counts: Path | None) -> int:
    """Answer the rows of a file; `counts` has what they are counted by, such as the networks of `cv_throughput`."""
    asked = rows.read_rows(file)
    beside = file.parent / "models.csv"
    if counts is None and name == "cv_throughput" and asked and "params_M" not in asked[0] and beside.is_file():
        counts = beside
    if counts is not None:
        asked = rows.joined(asked, counts)
    answers = sets.named(name).predict(asked, rows.read_parameters(name))
    answered = rows.write_answers(out, [row.get("row", str(place)) for place, row in enumerate(asked)], answers)
    sys.stdout.write(f"{name}: {answered} of {len(asked)} rows answered in {out}\n")
    return 0 if answered >= LEAST_ANSWERED * len(asked) else 1


def validate(train: Path, chosen: Sequence[str], write: bool) -> int:
    """Cross-validate the chosen sets; print the table, and keep it where all sets were asked for."""
    found: list[tuple[str, Score]] = []
    for name in chosen:
        begun = time.perf_counter()
        found += [(name, score) for score in sets.named(name).validate(train)]
        sys.stderr.write(f"{name}: {time.perf_counter() - begun:.1f} s\n")
    missed = [f"{name}: {score.measure}" for name, score in found if not score.met]
    conclusion = f"{len(found) - len(missed)} of {len(found)} hold." + "".join(f" Missed: {one}." for one in missed)
    table = Table("truth", _COLUMNS, tuple(_cells(name, score) for name, score in found), conclusion, not missed)
    table.print()
    if write:
        table.write(README, "`python -m benchmarks.truth validate --train DIR --write`.")
    return 1 if missed else 0


def _cells(name: str, score: Score) -> tuple[str, ...]:
    bar = "" if score.bar is None else " to ".join(_percent(end) for end in _ends(score.bar))
    naive = "" if score.naive is None else _percent(score.naive)
    return name, score.measure, _percent(score.ours) + ("" if score.met else " missed"), bar, naive, score.peers


def _ends(bar: float | tuple[float, float]) -> tuple[float, ...]:
    return bar if isinstance(bar, tuple) else (bar,)


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="benchmarks.truth", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    known = sets.names()
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("fit", "validate"):
        command = commands.add_parser(name)
        command.add_argument("--train", type=Path, required=True, help="folder with the measurements")
        command.add_argument("--set", action="append", choices=known, help="only this set; may be repeated")
        if name == "validate":
            command.add_argument("--write", action="store_true", help="replace the table in benchmarks/README.md")
    command = commands.add_parser("predict")
    command.add_argument("--set", required=True, choices=known)
    command.add_argument("--rows", type=Path, required=True, help="CSV with the columns of the set")
    command.add_argument("--out", type=Path, required=True)
    command.add_argument("--counts", type=Path, help="CSV of counts to join; models.csv beside the rows unless told")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
