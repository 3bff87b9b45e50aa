"""Reads every PDF of a folder and writes its plots as JSON: python -m benchmarks.plotbench DIR --out OUT.

One file `NAME.pred.json` per `NAME.pdf`; per plot its frame, axes and series with points in data units.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from gauntlet.errors import PaperUnreadable
from gauntlet.paper.read import read_paper
from gauntlet.paper.records import Axis, Paper, Plot, PlotSeries
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


def prediction(name: str, paper: Paper) -> dict[str, Any]:
    """All plots of a paper by page."""
    pages: dict[int, list[dict[str, Any]]] = {}
    for figure in paper.figures:
        for plot in figure.plots:
            axes = [_axis("x", plot.x_axis), _axis("y", plot.y_axis)]
            if plot.y2_axis:
                axes.append(_axis("y2", plot.y2_axis))
            series = [_series(one, plot) for one in plot.series]
            entry = {"bbox": list(plot.anchor.box), "axes": axes, "series": series}
            pages.setdefault(plot.anchor.page - 1, []).append(entry)
    return {"file": name, "pages": [{"page": page, "plots": plots} for page, plots in sorted(pages.items())]}


def _axis(axis_id: str, axis: Axis) -> dict[str, Any]:
    entry = {"id": axis_id, "label": axis.title, "unit": axis.unit}
    if axis.scale == "category":
        return {**entry, "scale": "category", "categories": list(axis.categories)}
    scale = "log10" if axis.scale == "log" else "linear"
    return {**entry, "scale": scale, "min": axis.minimum, "max": axis.maximum}


def _series(series: PlotSeries, plot: Plot) -> dict[str, Any]:
    """One series; points cut off by the frame are no measurements, but vertices of a drawn curve between numbers."""
    curve = series.kind == "bar" or (series.kind in {"line", "cdf", "step"} and plot.x_axis.scale != "category")
    kept = [index for index in range(len(series.points)) if curve or index not in series.clipped]
    points, y_axis = [series.points[index] for index in kept], plot.y_axis_of(series)
    return {
        "name": series.name,
        "kind": series.kind,
        "x_axis": "x",
        "y_axis": series.y_axis,
        "points": [[_category(plot.x_axis, x), _category(y_axis, y)] for x, y in points],
        "yerr": [series.error_bars[index] for index in kept] if series.error_bars else None,
    }


def _category(axis: Axis, value: float) -> float | str:
    """The category's text for a value on a category axis (see `Axis`), else the value."""
    if axis.scale != "category":
        return value
    return axis.categories[axis.ticks.index(value)] if value in axis.ticks else value


if __name__ == "__main__":
    sys.exit(main())
