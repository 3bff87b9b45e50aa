"""How often series of a stated confidence are right: python -m benchmarks.plotbench.calibrate DIR... --scorer FILE.

Reads every PDF of the folders as it is, and again with each impairment (`impair.py`); the scorer says which series are
usable. `--papers` adds real papers as they are, held against what was counted and read in them by eye
(`benchmarks.reading plots`). `--write` fits the weights of the scorecard on files with an even number and stores them;
figures are always those of files with an odd number. Ends with 1 where of the series at 0.9 or more fewer than 99 % are
usable in the pages as they are, or fewer than 85 % of all get there.
"""

import argparse
import csv
import importlib.util
import itertools
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.plotbench.impair import IMPAIRMENTS
from benchmarks.plotbench.predict import predicted
from benchmarks.reading.papers import read_folder
from benchmarks.reading.plots import TABLE, Seen, Tally, pair_with, results_of
from gauntlet.paper.assemble import read_page
from gauntlet.paper.plots.confidence import WEIGHTS, card, confidence
from gauntlet.paper.plots.read import Scene, read_scene
from gauntlet.paper.records import Doubt, Plot
from gauntlet.settings import ReadLimits

Floats = npt.NDArray[np.float64]
RIDGE, PRIOR_WEIGHT, LEAST_WEIGHT = 0.5, 1.0, 0.5
"""A kind of doubt that was hardly seen keeps a weight of about 1; none counts for nothing, whatever the fit says, since
impairments cannot make all the errors of drawings that nobody made for a benchmark."""
ROUNDS, FAR = 4000, 30.0
MADE, REAL = "none", "real"
PLAIN = (MADE, REAL)
SURE, USABLE, REACHED = 0.9, 0.99, 0.85
BINS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 1.0001)


@dataclass(frozen=True)
class Judged:
    """One series that was read: file number, impairment, its doubts (the axes' included), whether it is usable."""

    number: int
    impairment: str
    doubts: tuple[Doubt, ...]
    usable: bool


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--scorer", type=Path, required=True, help="score.py that belongs to the folders")
    parser.add_argument("--papers", type=Path, help="folder of real papers with an INDEX.json")
    parser.add_argument("--write", action="store_true", help="fit the scorecard and store it")
    options = parser.parse_args()
    scorer = _load(options.scorer)
    judged = [one for folder in options.folders for one in _judge_folder(folder, scorer)]
    if options.papers:
        judged += _judge_papers(options.papers)
    if options.write:
        fitted = [one for one in judged if one.number % 2 == 0]
        _store(fitted, [*(folder.name for folder in options.folders), *(["real papers"] if options.papers else [])])
        card.cache_clear()
    return _report([one for one in judged if one.number % 2])


def _load(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("plotbench_scorer", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _judge_folder(folder: Path, scorer: Any) -> Iterator[Judged]:
    for number, file in enumerate(sorted(folder.glob("*.truth.json"))):
        truth = json.loads(file.read_text(encoding="utf-8"))
        stream = np.random.default_rng(number)
        for index, scene in enumerate(_scenes(folder / truth["file"])):
            wanted: list[dict[str, Any]] = next((page["plots"] for page in truth["pages"] if page["page"] == index), [])
            yield from _judge(number, MADE, read_scene(scene).plots, wanted, scorer)
            for name, impair in IMPAIRMENTS.items():
                yield from _judge(number, name, read_scene(impair(scene, stream)).plots, wanted, scorer)


def _judge_papers(folder: Path) -> Iterator[Judged]:
    """Series of real papers; those of a plot that nobody counted are wrong."""
    lines = list(csv.DictReader(TABLE.open(encoding="utf-8")))
    for number, entry in enumerate(read_folder(folder)):
        own = [Seen(line) for line in lines if line["paper"] == entry.name]
        if entry.paper is None or not own:
            continue
        invented = pair_with(own, entry.paper)
        usable = {name: right for seen in own if seen.plot for name, right in results_of(seen, seen.plot, Tally())} | {
            series.id: False for plot in invented for series in plot.series
        }
        for plot in (plot for figure in entry.paper.figures for plot in figure.plots):
            for series in plot.series:
                if series.id in usable:
                    doubts = (*plot.x_axis.doubts, *plot.y_axis_of(series).doubts, *series.doubts)
                    yield Judged(number, REAL, doubts, usable[series.id])


def _scenes(pdf: Path) -> Iterator[Scene]:
    import pymupdf as untyped

    pymupdf: Any = untyped
    with pymupdf.open(pdf) as document:
        for number in range(1, document.page_count + 1):
            page = read_page(document, number, ReadLimits(), [])
            yield Scene(number, page.width, page.height, page.paths, list(page.text.tokens))


def _judge(
    number: int, impairment: str, plots: Sequence[Plot], wanted: Sequence[dict[str, Any]], scorer: Any
) -> Iterator[Judged]:
    for plot in plots:
        true = max(wanted, key=lambda one: scorer.iou(one["bbox"], plot.anchor.box), default=None)
        usable: set[int] = set()
        if true is not None and scorer.iou(true["bbox"], plot.anchor.box) >= scorer.IOU:
            usable = _usable(predicted(plot)["series"], true, scorer)
        for index, series in enumerate(plot.series):
            doubts = (*plot.x_axis.doubts, *plot.y_axis_of(series).doubts, *series.doubts)
            yield Judged(number, impairment, doubts, index in usable)


def _usable(read: Sequence[dict[str, Any]], true: dict[str, Any], scorer: Any) -> set[int]:
    """Which of the series of one plot the scorer would call usable; a reference line may be left out or not."""
    axes = {axis["id"]: scorer.Axis(axis) for axis in true["axes"]}
    scores = [[scorer.compare(series, one, axes)["f1"] for one in read] for series in true["series"]]
    pairs = scorer.best_assignment([[round(1e6 * score) for score in row] for row in scores]) if read else []
    found = set()
    for number, index in dict(pairs).items():
        series = true["series"][number]
        named = not series["name"] or scorer.norm_text(read[index]["name"]) == scorer.norm_text(series["name"])
        if scores[number][index] >= scorer.EXACT_F1 and (named or series["optional"]):
            found.add(index)
    return found


def _store(judged: Sequence[Judged], folders: Sequence[str]) -> None:
    """Logistic regression with weights that never speak for a reading, drawn towards `PRIOR_WEIGHT`."""
    known = json.loads(WEIGHTS.read_text(encoding="utf-8"))["doubts"]
    by_hand = {kind: entry for kind, entry in known.items() if "by_hand" in entry}
    kinds = sorted(({doubt.kind for one in judged for doubt in one.doubts} | set(known)) - set(by_hand))
    amounts = np.zeros((len(judged), len(kinds)))
    for row, one in enumerate(judged):
        for doubt in one.doubts:
            if doubt.kind in kinds:
                amounts[row, kinds.index(doubt.kind)] += doubt.amount
    usable = np.array([one.usable for one in judged], dtype=float)
    plain = np.array([one.impairment in PLAIN for one in judged])
    start, weights = _fit(amounts, usable, np.where(plain, (~plain).sum() / plain.sum(), 1.0))
    card = {
        "basis": (
            f"Logistic regression over {len(judged)} series of plots of known data ({', '.join(folders)}), half of the "
            f"weight as they are ({usable[plain].mean():.1%} usable), half with one of {len(IMPAIRMENTS)} impairments "
            f"({usable[~plain].mean():.1%} usable). "
            "`seen` counts the series with the doubt, `usable` the share of them; weights `by_hand` are not fitted."
        ),
        "start": round(start, 3),
        "doubts": {
            kind: {"weight": round(weight, 3), "seen": int((column > 0).sum()), "usable": _share(usable[column > 0])}
            for kind, weight, column in zip(kinds, weights, amounts.T, strict=True)
        }
        | by_hand,
    }
    WEIGHTS.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


def _share(usable: Floats) -> float | None:
    return round(float(usable.mean()), 3) if usable.size else None


def _fit(amounts: Floats, usable: Floats, counts: Floats) -> tuple[float, list[float]]:
    """Start and weights, none below `LEAST_WEIGHT`, by bounded steps; `counts` is how much each series counts."""
    start, weights = 3.0, np.full(amounts.shape[1], PRIOR_WEIGHT)
    heavy = counts[:, None] * amounts * np.maximum(amounts.sum(axis=1, keepdims=True), 1.0)
    bound = heavy.sum(axis=0) / 4 + RIDGE
    for _ in range(ROUNDS):
        chance = 1 / (1 + np.exp(-np.clip(start - amounts @ weights, -FAR, FAR)))
        off = counts * (chance - usable)
        start -= float(off.sum()) / (counts.sum() / 4)
        slope = -(amounts * off[:, None]).sum(axis=0) + RIDGE * (weights - PRIOR_WEIGHT)
        weights = np.maximum(LEAST_WEIGHT, weights - slope / bound)
    return start, weights.tolist()


def _report(judged: Sequence[Judged]) -> int:
    """Tables of stated against true shares; the exit code."""
    stated = np.array([confidence(one.doubts) for one in judged])
    usable = np.array([one.usable for one in judged])
    plain = np.array([one.impairment == MADE for one in judged])
    real = np.array([one.impairment == REAL for one in judged])
    for words, chosen in (("made, as they are", plain), ("real papers", real), ("made, impaired", ~plain & ~real)):
        if not chosen.any():
            continue
        sys.stdout.write(f"\n{words}: {chosen.sum()} series, {usable[chosen].mean():.1%} usable\n")
        sys.stdout.write(f"{'stated':>14s} {'series':>7s} {'mean':>6s} {'usable':>7s}\n")
        for low, high in itertools.pairwise(BINS):
            inside = chosen & (stated >= low) & (stated < high)
            if inside.any():
                shares = f"{stated[inside].mean():6.3f} {usable[inside].mean():7.3f}"
                sys.stdout.write(f"{low:6.2f} to {min(high, 1):4.2f} {inside.sum():7d} {shares}\n")
    for name in IMPAIRMENTS:
        own = np.array([one.impairment == name for one in judged])
        sure = own & (stated >= SURE)
        right = usable[sure].mean() if sure.any() else float("nan")
        sys.stdout.write(
            f"{name:16s} {own.sum():6d} series, {usable[own].mean():.3f} usable, {right:.4f} of {sure.sum()} sure\n"
        )
    if real.any():
        sure = real & (stated >= SURE)
        share = sure.sum() / real.sum()
        sys.stdout.write(f"real papers: {usable[sure].mean():.4f} usable at {SURE} or more, {share:.3f} of all\n")
    sure = plain & (stated >= SURE)
    right, reached = usable[sure].mean(), sure.sum() / plain.sum()
    sys.stdout.write(f"at {SURE} or more: {right:.4f} usable (bar {USABLE}), {reached:.3f} of all (bar {REACHED})\n")
    return 0 if right >= USABLE and reached >= REACHED else 1


if __name__ == "__main__":
    sys.exit(main())
