"""What was read from a paper's figures as files: one JSON for all, one CSV and one overlay picture a figure."""

import csv
import io
import json
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gauntlet.paper.records import Axis, Figure, Paper, Plot, PlotSeries
from gauntlet.records import write_atomically
from gauntlet.report.overlay import draw_overlay

COLUMNS = (
    "plot", "series", "kind", "x", "x_unit", "y", "y_unit", "y_low", "y_high", "reading_error", "confidence", "cut",
)  # fmt: skip
"""Columns of a figure's CSV: one row a point. `confidence` is that of the whole series; `cut` marks where a curve
leaves the frame, which is no measurement."""


def figures_of(paper: Paper, pages: Sequence[int] = ()) -> list[Figure]:
    """Figures on the given pages (from 1), all without pages."""
    return [figure for figure in paper.figures if not pages or figure.anchor.page in pages]


def write_digitized(paper: Paper, folder: Path, figures: Sequence[Figure], as_csv: bool, as_json: bool) -> list[Path]:
    """Write the files of the figures below `folder`, where their crops already lie; what was written, in order."""
    written = []
    if as_json:
        text = json.dumps(digitized_json(paper, figures), indent=1, ensure_ascii=False)
        write_atomically(folder / "figures.json", text + "\n")
        written.append(folder / "figures.json")
    for figure in figures:
        name = re.sub(r"[^A-Za-z0-9-]+", "-", figure.id) or "figure"
        if as_csv and any(plot.series for plot in figure.plots):
            write_atomically(folder / f"{name}.csv", figure_csv(figure))
            written.append(folder / f"{name}.csv")
        crop = None if figure.image is None else folder / figure.image
        if crop is not None and crop.is_file():
            write_atomically(folder / f"{name}-overlay.png", draw_overlay(figure, crop))
            written.append(folder / f"{name}-overlay.png")
    return written


def digitized_json(paper: Paper, figures: Sequence[Figure]) -> dict[str, Any]:
    """Figures as plain data: axes, series with points, and what was refused."""
    return {
        "sha256": paper.sha256,
        "title": paper.title,
        "figures": [figure.model_dump(mode="json", exclude={"image"}) for figure in figures],
    }


def figure_csv(figure: Figure) -> str:
    """One row a point."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number, plot in enumerate(figure.plots, 1):
        for series in plot.series:
            writer.writerows(_rows(number, plot, series))
    return stream.getvalue()


def _rows(number: int, plot: Plot, series: PlotSeries) -> Iterator[tuple[object, ...]]:
    y_axis = plot.y_axis_of(series)
    for index, (x, y) in enumerate(series.points):
        bar = series.error_bars[index] if index < len(series.error_bars) else None
        low, high = bar or ("", "")
        error = series.reading_error_y * (abs(y) if y_axis.scale == "log" else 1.0)
        yield (
            number,
            _harmless(series.name or series.id),
            series.kind,
            _cell(plot.x_axis, x),
            plot.x_axis.unit or "",
            _cell(y_axis, y),
            y_axis.unit or "",
            low if low == "" else f"{low:.8g}",
            high if high == "" else f"{high:.8g}",
            f"{error:.3g}",
            f"{series.confidence:.2f}",
            "cut" if index in series.clipped else "",
        )


def _cell(axis: Axis, value: float) -> str:
    """The category's text on a category axis, else the number."""
    if axis.scale == "category" and value in axis.ticks and axis.categories:
        return _harmless(axis.categories[axis.ticks.index(value)])
    return f"{value:.8g}" if math.isfinite(value) else ""


def _harmless(text: str) -> str:
    """Words of a paper never start a formula in a spreadsheet."""
    return f"'{text}" if text[:1] in tuple("=+-@") and not text[1:2].isdigit() else text
