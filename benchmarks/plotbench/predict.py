"""What a paper's plots become for the scorer: frame, axes and series with points in data units, by page."""

from collections.abc import Sequence
from typing import Any

from gauntlet.paper.records import Axis, Paper, Plot, PlotSeries


def prediction(name: str, paper: Paper) -> dict[str, Any]:
    """All plots of a paper by page."""
    pages: dict[int, list[dict[str, Any]]] = {}
    for figure in paper.figures:
        for plot in figure.plots:
            pages.setdefault(plot.anchor.page - 1, []).append(predicted(plot))
    return {"file": name, "pages": [{"page": page, "plots": plots} for page, plots in sorted(pages.items())]}


def predicted(plot: Plot) -> dict[str, Any]:
    """One plot."""
    axes = [_axis("x", plot.x_axis), _axis("y", plot.y_axis)]
    if plot.y2_axis:
        axes.append(_axis("y2", plot.y2_axis))
    series: Sequence[dict[str, Any]] = [_series(one, plot) for one in plot.series]
    return {"bbox": list(plot.anchor.box), "axes": axes, "series": series}


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
        "confidence": series.confidence,
        "yerr": [series.error_bars[index] for index in kept] if series.error_bars else None,
    }


def _category(axis: Axis, value: float) -> float | str:
    """The category's text for a value on a category axis (see `Axis`), else the value."""
    if axis.scale != "category":
        return value
    return axis.categories[axis.ticks.index(value)] if value in axis.ticks else value
