"""Files of a digitised paper: the points land on the page where they were read, and the tables hold them all."""

import csv
import io
import json
from pathlib import Path

import pytest
from PIL import Image

from gauntlet.paper.read import read_paper
from gauntlet.paper.records import Axis, Figure, Plot, PlotSeries
from gauntlet.report.digitized import COLUMNS, figure_csv, figures_of, write_digitized
from gauntlet.report.overlay import draw_overlay, place_on_page
from gauntlet.settings import ReadLimits

PAPER = Path(__file__).parents[2] / "fixtures" / "papers" / "shared-queue.pdf"
ANCHOR = {"page": 1, "box": (100.0, 100.0, 300.0, 200.0)}


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    folder = tmp_path_factory.mktemp("digitized")
    return read_paper(PAPER, folder, ReadLimits()), folder


def test_points_are_drawn_where_the_curve_stands(read):
    """A series' anchor is the box of its points on the page, which the reader had before it had any value."""
    paper, _ = read
    lines = [
        (plot, series)
        for figure in paper.figures
        for plot in figure.plots
        for series in plot.series
        if series.kind in ("line", "line+marker", "scatter")
    ]
    assert lines
    for plot, series in lines:
        places = [place_on_page(plot, series, point) for point in series.points]
        found = (
            min(x for x, _ in places), min(y for _, y in places), max(x for x, _ in places), max(y for _, y in places),
        )  # fmt: skip
        assert found == pytest.approx(series.anchor.box, abs=0.3)


def test_every_point_is_a_row_and_every_figure_a_picture(read):
    paper, folder = read
    figures = figures_of(paper)
    written = write_digitized(paper, folder, figures, as_csv=True, as_json=True)
    record = json.loads((folder / "figures.json").read_text())
    assert [figure["id"] for figure in record["figures"]] == [figure.id for figure in figures]
    for figure in figures:
        points = sum(len(series.points) for plot in figure.plots for series in plot.series)
        rows = list(csv.DictReader(io.StringIO((folder / f"{figure.id}.csv").read_text())))
        assert len(rows) == points
        with Image.open(folder / f"{figure.id}-overlay.png") as picture, Image.open(folder / figure.image) as crop:
            assert picture.width >= crop.width
    assert len(written) == 1 + 2 * len(figures)


def test_only_figures_of_the_pages_asked_for(read):
    paper, _ = read
    page = paper.figures[0].anchor.page
    assert {figure.anchor.page for figure in figures_of(paper, [page])} == {page}
    assert figures_of(paper, [99]) == []


def plot_of(quarter_note: str = "", scale: str = "linear", categories: tuple[str, ...] = ()) -> Plot:
    axis = Axis(scale="linear", label="x", unit=None, minimum=0, maximum=10, residual_pt=0, ticks=())
    y = Axis(
        scale=scale, label="y", unit="ms", minimum=1, maximum=100, residual_pt=0,
        ticks=tuple(map(float, range(len(categories)))), categories=categories,
    )  # fmt: skip
    series = PlotSeries(
        id="series-1", name="=HYPERLINK(1)", kind="line", color=None, points=((2.5, 10.0), (5.0, 100.0)),
        reading_error_x=0, reading_error_y=0.01, clipped=(1,), anchor=ANCHOR,
    )  # fmt: skip
    notes = (quarter_note,) if quarter_note else ()
    return Plot(id="plot", anchor=ANCHOR, x_axis=axis, y_axis=y, series=(series,), notes=notes)


def test_log_and_turned_axes_are_undone_by_hand():
    """A quarter along x; 10 is half way from 1 to 100 on a log axis."""
    upright, left, right = (
        plot_of(note, "log")
        for note in ("", "the figure is turned by 90 degrees", "the figure is turned by 270 degrees")
    )
    point = upright.series[0].points[0]
    assert place_on_page(upright, upright.series[0], point) == pytest.approx((150.0, 150.0))
    assert place_on_page(left, left.series[0], point) == pytest.approx((200.0, 175.0))
    assert place_on_page(right, right.series[0], point) == pytest.approx((200.0, 125.0))


def test_cut_points_errors_and_categories_are_said_in_the_table():
    plot = plot_of(scale="log")
    figure = Figure(id="f", label="Figure 1", caption="", anchor=ANCHOR, kind="vector", image=None, plots=(plot,))
    head, first, second = figure_csv(figure).splitlines()
    assert head == ",".join(COLUMNS)
    assert first == "1,'=HYPERLINK(1),line,2.5,,10,ms,,,0.1,1.00,"
    assert second.endswith(",1,1.00,cut")


def test_a_figure_that_was_not_read_says_so_in_its_picture(tmp_path):
    Image.new("RGB", (300, 150), "white").save(tmp_path / "crop.png")
    figure = Figure(
        id="f", label="Figure 1", caption="", anchor=ANCHOR, kind="raster", image="crop.png", plots=(),
        refused=("the figure is a raster image: its points were not read",),
    )  # fmt: skip
    picture = Image.open(io.BytesIO(draw_overlay(figure, tmp_path / "crop.png")))
    strip = picture.crop((0, picture.height - 40, picture.width, picture.height)).convert("L")
    assert strip.getextrema()[0] < 100  # words


def test_a_point_on_an_axis_whose_values_fall_is_drawn_where_it_stands():
    plot = plot_of()
    falling = plot.model_copy(update={"x_axis": plot.x_axis.model_copy(update={"falls": True})})
    series, point = plot.series[0], (plot.x_axis.minimum, plot.y_axis.minimum)
    left, right = place_on_page(plot, series, point)[0], place_on_page(falling, series, point)[0]
    assert (left, right) == pytest.approx((plot.anchor.box[0], plot.anchor.box[2]))
