"""Reads every PDF of a folder and writes its plots as JSON: python -m benchmarks.plotbench DIR --out OUT.

One file `NAME.pred.json` per `NAME.pdf`; per plot its frame, axes and series with points in data units.
"""

import argparse
import json
import sys
import time
from pathlib import Path

from benchmarks.plotbench.predict import prediction
from gauntlet.errors import PaperUnreadable
from gauntlet.paper.read import read_paper
from gauntlet.settings import ReadLimits


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    started, failed = time.perf_counter(), 0
    files = sorted(options.folder.glob("*.pdf"))
    for pdf in files:
        try:
            paper = read_paper(pdf, None, ReadLimits())
        except PaperUnreadable as error:
            failed += 1
            sys.stderr.write(f"{error}\n")
            continue
        (options.out / f"{pdf.stem}.pred.json").write_text(json.dumps(prediction(pdf.name, paper)), encoding="utf-8")
    elapsed_s = time.perf_counter() - started
    sys.stdout.write(f"{len(files)} files, {failed} unreadable, {elapsed_s / max(1, len(files)):.2f} s a file\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
