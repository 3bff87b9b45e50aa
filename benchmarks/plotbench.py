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
from gauntlet.paper.records import Axis, Paper, Plot
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
    """All plots of a paper by page; plots that share a frame (left and right axis) become one."""
    pages: dict[int, list[dict[str, Any]]] = {}
    for figure in paper.figures:
        for plot in figure.plots:
            known = pages.setdefault(plot.anchor.page - 1, [])
            box = list(plot.anchor.box)
            twin = next((entry for entry in known if entry["bbox"] == box), None)
            if twin is None:
                known.append(
                    {
                        "bbox": box,
                        "axes": [_axis("x", plot.x_axis), _axis("y", plot.y_axis)],
                        "series": _series(plot, "y"),
                    }
                )
            else:
                twin["axes"].append(_axis("y2", plot.y_axis))
                twin["series"] += _series(plot, "y2")
    return {"file": name, "pages": [{"page": page, "plots": plots} for page, plots in sorted(pages.items())]}


def _axis(axis_id: str, axis: Axis) -> dict[str, Any]:
    if axis.scale == "category":
        return {
            "id": axis_id,
            "scale": "category",
            "categories": list(axis.categories),
            "label": axis.label,
            "unit": axis.unit,
        }
    scale = "log10" if axis.scale == "log" else "linear"
    return {
        "id": axis_id,
        "scale": scale,
        "min": axis.minimum,
        "max": axis.maximum,
        "label": _title(axis),
        "unit": axis.unit,
    }


def _title(axis: Axis) -> str:
    return f"{axis.label} ({axis.unit})" if axis.unit else axis.label


def _series(plot: Plot, y_axis: str) -> list[dict[str, Any]]:
    rows = []
    for series in plot.series:
        points: list[list[float | str]] = []
        for index, (x, y) in enumerate(series.points):
            if index not in series.clipped or series.kind in {"bar", "line"}:
                points.append([_category(plot.x_axis, x), _category(plot.y_axis, y)])
        rows.append({"name": series.name, "kind": series.kind, "x_axis": "x", "y_axis": y_axis, "points": points})
    return rows


def _category(axis: Axis, value: float) -> float | str:
    """The category's text for a value on a category axis (see `Axis`), else the value."""
    if axis.scale != "category":
        return value
    return axis.categories[axis.ticks.index(value)] if value in axis.ticks else value


if __name__ == "__main__":
    sys.exit(main())
