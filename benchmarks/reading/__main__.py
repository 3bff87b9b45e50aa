"""How well papers are read: python -m benchmarks.reading WHAT PAPERS_DIR

plots   plots against what was counted and read by eye
pairs   quantities that a paper states in words and in a plot
text    quotations, captions and tables of a folder of papers with an INDEX.json
"""

import argparse
import importlib
import sys
from pathlib import Path

MEASURES = ("text", "plots", "pairs")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.reading", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=MEASURES)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="+", default=[], help="parts of the names of the papers wanted")
    options = parser.parse_args(arguments)
    measure = importlib.import_module(f"benchmarks.reading.{options.what}")
    return int(measure.main(options.folder, options.only))


if __name__ == "__main__":
    sys.exit(main())
