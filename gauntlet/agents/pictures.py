"""Figures that are images, read by a model that sees them: claims with a stated reading error, marked as such.

The reader takes nothing from an image on the quiet. Where the model sees images, each figure that could not be read is
shown to it alone; what it gives becomes a plot of that figure, doubted as read by a model, with a reading error that is
never smaller than what an eye can do.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field

from gauntlet.agents.ask import ask_typed
from gauntlet.agents.chat import ChatModel, Image, Request
from gauntlet.agents.exchanges import Exchanges
from gauntlet.agents.generate import figure_images
from gauntlet.agents.schema import strict_schema
from gauntlet.agents.words import render
from gauntlet.errors import AnswerPending, AnswerRefused, AnswerUnusable
from gauntlet.paper.plots.confidence import confidence
from gauntlet.paper.records import Axis, Doubt, Figure, Paper, Plot, PlotSeries
from gauntlet.specs.wire import Wire

LEAST_ERROR = 0.02
"""Of the axis: no reading from an image is believed to be better, whatever the model says of itself."""
MOST_POINTS = 400


class WirePictureAxis(Wire):
    """One axis as printed."""

    title: str
    unit: str | None
    scale: Literal["linear", "log", "category"]
    start: float = Field(description="Value at the left or lower end of the axis; -0.5 for categories")
    end: float = Field(description="Value at the other end, smaller where values fall; categories: their number - 0.5")
    categories: list[str] = Field(description="Labels of a category axis in order; otherwise []")


class WirePicturePoint(Wire):
    """One point in the units of the axes; on a category axis the label's index from 0."""

    x: float
    y: float


class WirePictureSeries(Wire):
    """One curve, set of markers or set of bars."""

    name: str | None = Field(description="As the legend has it")
    kind: Literal["line", "line+marker", "scatter", "bar", "cdf", "step", "other"]
    points: list[WirePicturePoint]
    error_share: float = Field(description="By what share of the y axis a value may be off: 0.02 is 2 % of its length")


class WirePicturePlot(Wire):
    """One pair of axes."""

    x_axis: WirePictureAxis
    y_axis: WirePictureAxis
    series: list[WirePictureSeries]


class WirePicture(Wire):
    """What a figure shows."""

    plots: list[WirePicturePlot]
    unread: str | None = Field(description="What could not be read and why; null where all was")


def read_pictures(paper: Paper, model: ChatModel, exchanges: Exchanges, prompts: Path | None = None) -> Paper:
    """The paper with what `model` reads in the images of figures that no program could; unchanged if it sees none.

    All are asked before an AnswerPending is raised, so that a hand-off names every file it waits for.
    """
    if not model.sees_images:
        return paper
    unread = [figure for figure in paper.figures if figure.kind != "vector" and not any(p.series for p in figure.plots)]
    unread_paper = paper.model_copy(update={"figures": tuple(unread)})
    pictures = {image.name: image for image in figure_images(unread_paper, exchanges.folder.parent)}
    read: dict[str, Figure] = {}
    waiting: list[str] = []
    for number, figure in enumerate(unread, 1):
        if figure.id in pictures:
            try:
                read[figure.id] = _read(number, figure, pictures[figure.id], paper, model, exchanges, prompts)
            except AnswerPending as pending:
                waiting.append(str(pending))
    if waiting:
        raise AnswerPending("\n".join(waiting))
    return paper.model_copy(update={"figures": tuple(read.get(figure.id, figure) for figure in paper.figures)})


def _read(
    number: int,
    figure: Figure,
    image: Image,
    paper: Paper,
    model: ChatModel,
    exchanges: Exchanges,
    prompts: Path | None,
) -> Figure:
    words = render("picture", prompts, label=figure.label, caption=figure.caption, sha256=paper.sha256)
    request = Request(
        step="picture",
        round=number,
        system=words.system,
        user=words.user,
        schema_name=WirePicture.__name__,
        schema=strict_schema(WirePicture),
        paper_sha256=paper.sha256,
        images=(image,),
    )
    try:
        answer = ask_typed(model, request, WirePicture, exchanges, _problems)
    except (AnswerRefused, AnswerUnusable) as error:
        return figure.model_copy(update={"refused": (*figure.refused, f"a model was asked and did not help: {error}")})
    plots = tuple(_plot(figure, index, plot) for index, plot in enumerate(answer.value.plots, 1) if plot.series)
    refused = tuple(text for text in (answer.value.unread,) if text) if plots else figure.refused
    return figure.model_copy(update={"plots": (*figure.plots, *plots), "refused": refused})


def _problems(picture: WirePicture) -> tuple[str, ...]:
    """What no figure can be, to be corrected by the model."""
    return tuple(problem for p, plot in enumerate(picture.plots, 1) for problem in _plot_problems(f"plots[{p}]", plot))


def _plot_problems(where: str, plot: WirePicturePlot) -> Iterator[str]:
    for name, axis in (("x_axis", plot.x_axis), ("y_axis", plot.y_axis)):
        if axis.start == axis.end:
            yield f"{where}.{name}: it starts and ends at {axis.start:g}"
        if axis.scale == "log" and min(axis.start, axis.end) <= 0:
            yield f"{where}.{name}: a log axis lies above 0, not at {min(axis.start, axis.end):g}"
        if (axis.scale == "category") != bool(axis.categories):
            yield f"{where}.{name}: categories belong to a category axis, and to no other"
    for series in plot.series:
        if len(series.points) > MOST_POINTS:
            yield f"{where}: {series.name} has {len(series.points)} points; give at most {MOST_POINTS}"
        for axis, values in ((plot.x_axis, [p.x for p in series.points]), (plot.y_axis, [p.y for p in series.points])):
            low, high = sorted((axis.start, axis.end))
            off = [value for value in values if not low <= value <= high]
            if off:
                yield f"{where}: {series.name} has a point at {off[0]:g}, outside the axis {axis.title!r}"


def _plot(figure: Figure, number: int, wire: WirePicturePlot) -> Plot:
    plot_id = f"{figure.id}/picture-{number}"
    x_axis, y_axis = _axis(wire.x_axis), _axis(wire.y_axis)
    doubt = Doubt(kind="read_by_model", amount=1.0, words="a model read it from the image of the figure")
    return Plot(
        id=plot_id,
        anchor=figure.anchor,
        x_axis=x_axis,
        y_axis=y_axis,
        series=tuple(
            PlotSeries(
                id=f"{plot_id}/series-{index}",
                name=series.name,
                kind=series.kind,
                color=None,
                points=tuple((point.x, point.y) for point in series.points),
                reading_error_x=_error(x_axis, series.error_share),
                reading_error_y=_error(y_axis, series.error_share),
                confidence=confidence((doubt,)),
                doubts=(doubt,),
                anchor=figure.anchor,
            )
            for index, series in enumerate(wire.series, 1)
        ),
        notes=("read by a model from the image of the figure, not by the program",),
    )


def _axis(wire: WirePictureAxis) -> Axis:
    count = len(wire.categories)
    return Axis(
        scale=wire.scale,
        label=wire.title,
        unit=wire.unit,
        title=wire.title,
        minimum=min(wire.start, wire.end),
        maximum=max(wire.start, wire.end),
        residual_pt=0.0,
        ticks=tuple(map(float, range(count))),
        categories=tuple(wire.categories),
        falls=wire.start > wire.end,
    )


def _error(axis: Axis, share: float) -> float:
    """Absolute on a linear axis, relative on a log axis, none for categories."""
    share = max(share, LEAST_ERROR)
    if axis.scale == "category":
        return 0.0
    if axis.scale == "log":
        return math.expm1(share * math.log(axis.maximum / axis.minimum))
    return share * (axis.maximum - axis.minimum)
