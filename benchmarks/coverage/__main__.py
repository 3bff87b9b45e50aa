"""Calibration of the verdict: `python -m benchmarks.coverage [--seed S] [--papers N] [--samples M] [--json] [--write]`.

Random honest papers of many families, with truth from plain formulas: how many points lie inside their band, how often
an honest paper is accused, how often a planted gap is found. `--write` puts the tables into benchmarks/README.md. Exit
code 1 if a goal is missed.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from benchmarks.coverage.study import outcomes
from benchmarks.coverage.tables import figures, missed, tables
from gauntlet.verdict.policy import load_policy

README = Path(__file__).parent.parent / "README.md"


def main(arguments: list[str] | None = None) -> int:
    """Print the figures; 1 if a goal is missed."""
    parser = argparse.ArgumentParser(prog="benchmarks.coverage", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--papers", type=int, default=1000)
    parser.add_argument("--samples", type=int, default=500, help="draws behind each prediction")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    parser.add_argument("--write", action="store_true", help="replace the tables in benchmarks/README.md")
    asked = parser.parse_args(arguments)
    found = figures(outcomes(asked.seed, asked.papers, asked.samples, load_policy(), asked.processes))
    if asked.json:
        json.dump(found, sys.stdout, indent=1)
    for table in () if asked.json else tables(found):
        table.print()
        if asked.write:
            table.write(README, f"Seed {asked.seed}, {asked.samples} draws a prediction.")
    for problem in missed(found):
        sys.stderr.write(f"goal missed: {problem}\n")
    return 1 if missed(found) else 0


if __name__ == "__main__":
    raise SystemExit(main())
