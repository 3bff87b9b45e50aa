"""How fast the mechanism library is: `python -m benchmarks.speed [TABLE ...] [--evaluations N] [--runs N] [--write]`.

Five tables, all unless some are named. races: primitives beside hand-written numpy kernels of the same outputs, both at
N random points (a million unless told). others: beside a loop in Python, and scipy where it is installed. simulation:
beside a discrete-event simulator. iterations: those that walk, sum, search or integrate. engine: a whole prediction
beside a hand-written loop. `--write` keeps the measured tables in benchmarks/README.md. Exit code 1 if values disagree
or a bar is missed.
"""

import argparse
import datetime
import os
import platform
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from benchmarks.speed.engine import engine
from benchmarks.speed.iterations import iterations
from benchmarks.speed.others import others
from benchmarks.speed.races import races
from benchmarks.speed.simulation import simulation
from benchmarks.speed.tables import Table
from gauntlet.mechanisms.catalogue import ValidityWarning

README = Path(__file__).parent.parent / "README.md"
TABLES: Mapping[str, Callable[[int, int], Table]] = {
    "races": races,
    "others": others,
    "simulation": simulation,
    "iterations": iterations,
    "engine": engine,
}


def main(arguments: list[str] | None = None) -> int:
    """Print the tables; 1 if values disagree."""
    parser = argparse.ArgumentParser(prog="benchmarks.speed", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=", ".join(TABLES))
    parser.add_argument("--evaluations", type=int, default=1_000_000, help="points per primitive")
    parser.add_argument("--runs", type=int, default=7, help="counted runs of each")
    parser.add_argument("--write", action="store_true", help="replace the measured tables in benchmarks/README.md")
    options = parser.parse_args(arguments)
    if unknown := set(options.tables) - set(TABLES):
        parser.error(f"unknown table {', '.join(sorted(unknown))}; expected {', '.join(TABLES)}")
    warnings.simplefilter("ignore", ValidityWarning)
    agreed = True
    for name in options.tables or TABLES:
        table = TABLES[name](options.evaluations, options.runs)
        table.print()
        agreed &= table.agreed
        if options.write:
            table.write(README, measured_on())
    return 0 if agreed else 1


def measured_on() -> str:
    """When, and on what."""
    return (
        f"Measured on {datetime.date.today():%d %B %Y}; {os.cpu_count()} cores, one used; "
        f"Python {platform.python_version()}, numpy {np.__version__}."
    )


if __name__ == "__main__":
    raise SystemExit(main())
