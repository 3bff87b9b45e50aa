"""Calibration of the verdict: `python -m benchmarks.coverage [--seed S] [--papers N] [--samples M] [--json]`.

Random honest papers of many families, with truth from plain formulas: how many points lie inside their band, how often
an honest paper is accused, how often a planted gap is found. Exit code 1 if a goal is missed.
"""

import argparse
import json
import os
import sys

from benchmarks.coverage.study import outcomes
from benchmarks.coverage.tables import figures, missed, show
from gauntlet.verdict.policy import load_policy


def main(arguments: list[str] | None = None) -> int:
    """Print the figures; 1 if a goal is missed."""
    parser = argparse.ArgumentParser(prog="benchmarks.coverage", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--papers", type=int, default=2000)
    parser.add_argument("--samples", type=int, default=500, help="draws behind each prediction")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    asked = parser.parse_args(arguments)
    found = figures(outcomes(asked.seed, asked.papers, asked.samples, load_policy(), asked.processes))
    if asked.json:
        json.dump(found, sys.stdout, indent=1)
    else:
        show(found)
    for problem in missed(found):
        sys.stderr.write(f"goal missed: {problem}\n")
    return 1 if missed(found) else 0


if __name__ == "__main__":
    raise SystemExit(main())
