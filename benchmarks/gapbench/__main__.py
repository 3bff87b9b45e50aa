"""Answers for a folder of benchmark papers: python -m benchmarks.gapbench DIR --out predictions.json, with one of

--llm handoff|recorded|openai    the whole product: each NAME.pdf is read and judged; claims are matched by name
--given-specs                    gold specifications and models of NAME.truth.json: the verdict engine alone
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.gapbench.given import from_gold
from benchmarks.gapbench.runs import from_run
from gauntlet.errors import GauntletError


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gapbench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--llm", choices=("handoff", "recorded", "openai"))
    source.add_argument("--given-specs", action="store_true")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="run folders go to RUNS/NAME")
    parser.add_argument("--wait", type=float, default=0.0, metavar="SECONDS", help="for answers of a hand-off")
    options = parser.parse_args(arguments)
    papers: dict[str, Any] = {}
    unanswered = 0
    for name, source_file in _papers(options.folder, ".truth.json" if options.given_specs else ".pdf"):
        try:
            papers[name], lines = _answer(name, source_file, options)
        except GauntletError as error:
            unanswered += 1
            lines = [f"{name}: not evaluated: {type(error).__name__}: {error}"]
        sys.stderr.write("".join(f"{line}\n" for line in lines))
    options.out.write_text(json.dumps({"papers": papers}, indent=1) + "\n", encoding="utf-8")
    sys.stderr.write(f"{len(papers)} papers evaluated, {unanswered} not; predictions in {options.out}\n")
    return 1 if unanswered else 0


def _papers(folder: Path, ending: str) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.glob(f"*{ending}")):
        yield path.name.removesuffix(ending), path


def _answer(name: str, source_file: Path, options: argparse.Namespace) -> tuple[dict[str, Any], list[str]]:
    if not options.given_specs:
        return from_run(source_file, options.runs / name, options.llm, options.wait)
    answer, verdict = from_gold(source_file)
    return answer, [f"{name}: {verdict.label}"]


if __name__ == "__main__":
    sys.exit(main())
