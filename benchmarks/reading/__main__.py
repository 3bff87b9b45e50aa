"""How well papers are read, and at what cost: python -m benchmarks.reading WHAT [PAPERS_DIR]

plots   plots against what was counted and read by eye
pairs   quantities that a paper states in words and in a plot
text    quotations, captions and tables of a folder of papers with an INDEX.json
speed   seconds and memory of whole papers, seconds of single pages
hostile seconds, memory and end of hostile and hard files, made on the spot (no folder)
growth  seconds of a page with a thousand to a hundred thousand things on it (no folder)
"""

import argparse
import importlib
import sys
from pathlib import Path

MEASURES = ("text", "plots", "pairs")
COSTS = ("speed", "hostile", "growth")
WITHOUT_FOLDER = ("hostile", "growth")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.reading", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=MEASURES + COSTS)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--only", nargs="+", default=[], help="parts of the names of the papers or files wanted")
    parser.add_argument("--write", action="store_true", help="keep the table of a cost in benchmarks/README.md")
    options = parser.parse_args(arguments)
    if options.folder is None and options.what not in WITHOUT_FOLDER:
        parser.error(f"{options.what} needs PAPERS_DIR, a folder of papers")
    measure = importlib.import_module(f"benchmarks.reading.{options.what}")
    if options.what in COSTS:
        return int(measure.main(options.folder, options.only, options.write))
    return int(measure.main(options.folder, options.only))


if __name__ == "__main__":
    sys.exit(main())
