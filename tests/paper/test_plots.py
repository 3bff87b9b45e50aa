"""Vector plots drawn from known data: the points must come back. The oracle is the data that was drawn."""

import matplotlib

matplotlib.use("pdf")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from gauntlet.paper.plots.kinds import arrangement
from gauntlet.paper.plots.traces import Style, Trace
from gauntlet.paper.read import read_paper
from gauntlet.settings import ReadLimits

X = np.array([1.0, 2, 4, 8, 16, 32])
RISING = np.array([12.0, 23.5, 44, 71, 90, 97])
FALLING = np.array([80.0, 61, 47, 33, 21, 18])


def read_figures(figure, folder):
    path = folder / "plot.pdf"
    figure.savefig(path)
    plt.close(figure)
    return [plot for part in read_paper(path, None, ReadLimits()).figures for plot in part.plots]


def read_one(figure, folder):
    plots = read_figures(figure, folder)
    assert len(plots) == 1
    return plots[0]


def assert_points(series, x, y, x_span, y_span, log_x=False, log_y=False):
    """Within 0.5 % of the axis span, in decades on a log axis."""
    points = np.array(series.points)
    assert points.shape == (len(x), 2)
    for column, wanted, span, log in ((0, x, x_span, log_x), (1, y, y_span, log_y)):
        got = np.log10(points[:, column]) if log else points[:, column]
        np.testing.assert_allclose(got, np.log10(wanted) if log else wanted, rtol=0, atol=0.005 * span)


def named(plot):
    return {series.name: series for series in plot.series}


@pytest.mark.parametrize("fonttype", [3, 42])
@pytest.mark.parametrize("markers", [("o", "s"), ("^", "x"), (None, None)])
def test_lines_on_linear_axes(tmp_path, fonttype, markers):
    with plt.rc_context({"pdf.fonttype": fonttype}):
        figure, axes = plt.subplots(figsize=(4, 3))
        axes.plot(X, RISING, marker=markers[0], label="Proposed")
        axes.plot(X, FALLING, "--", marker=markers[1], label="Baseline")
        axes.set(xlabel="Clients", ylabel="Latency (ms)", xlim=(0, 35), ylim=(0, 100))
        axes.legend()
        axes.grid(True)
        plot = read_one(figure, tmp_path)
    assert (plot.x_axis.scale, plot.y_axis.scale) == ("linear", "linear")
    assert (plot.x_axis.label, plot.y_axis.label, plot.y_axis.unit) == ("Clients", "Latency", "ms")
    assert plot.x_axis.minimum == pytest.approx(0, abs=0.1) and plot.x_axis.maximum == pytest.approx(35, abs=0.1)
    series = named(plot)
    assert set(series) == {"Proposed", "Baseline"}
    assert_points(series["Proposed"], X, RISING, 35, 100)
    assert_points(series["Baseline"], X, FALLING, 35, 100)
    assert series["Proposed"].kind == ("line+marker" if markers[0] else "line")
    assert 0 < series["Proposed"].reading_error_y < 0.5


def test_log_axes(tmp_path):
    y = np.array([3.0, 8, 55, 420, 2100, 9000])
    figure, axes = plt.subplots()
    axes.plot(X, y, "o-", label="A")
    axes.set(xscale="log", yscale="log", xlabel="Nodes", ylabel="Time [s]", xlim=(0.5, 100), ylim=(1, 1e4))
    axes.legend()
    plot = read_one(figure, tmp_path)
    assert (plot.x_axis.scale, plot.y_axis.scale) == ("log", "log")
    assert_points(plot.series[0], X, y, np.log10(200), 4, log_x=True, log_y=True)
    assert plot.series[0].reading_error_y < 0.02


def test_scatter(tmp_path):
    source = np.random.default_rng(4)
    x, y = source.uniform(0, 10, 40), source.uniform(-5, 5, 40)
    figure, axes = plt.subplots()
    axes.scatter(x, y, label="Runs")
    axes.set(xlim=(0, 10), ylim=(-6, 6))
    plot = read_one(figure, tmp_path)
    (series,) = plot.series
    assert series.kind == "scatter"
    order, got = np.argsort(x), np.array(sorted(series.points))
    np.testing.assert_allclose(got, np.column_stack([x[order], y[order]]), rtol=0, atol=0.05)


@pytest.mark.parametrize("factor", [1e6, 1e-4])
def test_multiplier_above_the_axis(tmp_path, factor):
    figure, axes = plt.subplots()
    axes.ticklabel_format(axis="y", style="sci", scilimits=(0, 0))
    axes.plot(X, RISING * factor, "o-")
    axes.set_ylim(0, 100 * factor)
    plot = read_one(figure, tmp_path)
    assert_points(plot.series[0], X, RISING * factor, 32, 100 * factor)


def test_grouped_bars_take_the_number_at_their_foot(tmp_path):
    places = np.arange(len(X))
    figure, axes = plt.subplots()
    axes.bar(places - 0.2, RISING, 0.4, label="New", edgecolor="black")
    axes.bar(places + 0.2, FALLING, 0.4, label="Old", edgecolor="black")
    axes.set_xticks(places, [f"{value:g}" for value in X])
    axes.legend()
    plot = read_one(figure, tmp_path)
    assert plot.x_axis.scale in ("category", "log")  # equal steps of powers of two are both
    series = named(plot)
    assert_points(series["New"], X, RISING, 31, 100)
    assert_points(series["Old"], X, FALLING, 31, 100)
    assert series["New"].kind == "bar"


def test_named_categories(tmp_path):
    figure, axes = plt.subplots()
    axes.bar(["Raft", "Paxos", "Chain"], [4.0, 7.0, 2.5], color="gray")
    plot = read_one(figure, tmp_path)
    assert plot.x_axis.categories == ("Raft", "Paxos", "Chain")
    np.testing.assert_allclose(plot.series[0].points, [(0, 4.0), (1, 7.0), (2, 2.5)], rtol=0, atol=0.03)


def test_powers_of_two_as_names_are_the_numbers_they_are(tmp_path):
    figure, axes = plt.subplots()
    axes.bar(range(4), [4.0, 7.0, 2.5, 6.0], color="gray")
    axes.set_xticks(range(4), [f"$2^{{{power}}}$" for power in (8, 9, 10, 12)])
    axis = read_one(figure, tmp_path).x_axis
    assert axis.categories == ("2^8", "2^9", "2^10", "2^12")
    assert axis.ticks == (256.0, 512.0, 1024.0, 4096.0)


def test_two_panels_keep_apart(tmp_path):
    figure, (left, right) = plt.subplots(1, 2, figsize=(7, 3))
    left.plot(X, RISING, "o-")
    right.plot(X, FALLING * 10, "s-")
    figure.tight_layout()
    plots = read_figures(figure, tmp_path)
    assert len(plots) == 2
    assert_points(plots[0].series[0], X, RISING, 32, 90)
    assert_points(plots[1].series[0], X, FALLING * 10, 32, 700)


def test_each_series_is_read_at_its_own_y_axis(tmp_path):
    figure, left = plt.subplots()
    left.plot(X, RISING, "o-", color="tab:blue")
    right = left.twinx()
    right.plot(X, FALLING * 100, "s-", color="tab:red")
    plot = read_one(figure, tmp_path)
    one, other = plot.series
    assert (one.y_axis, other.y_axis) == ("y", "y2")
    assert plot.y_axis_of(other) is plot.y2_axis
    assert_points(one, X, RISING, 32, 90)
    assert_points(other, X, FALLING * 100, 32, 7000)


def test_points_cut_by_the_frame_are_flagged(tmp_path):
    figure, axes = plt.subplots()
    axes.plot([0, 1, 2, 3], [1, 2, 30, 3], "-")
    axes.set_ylim(0, 10)
    (series,) = read_one(figure, tmp_path).series
    measured = [point for index, point in enumerate(series.points) if index not in series.clipped]
    np.testing.assert_allclose(measured, [(0, 1), (1, 2), (3, 3)], rtol=0, atol=0.05)
    assert len(series.clipped) == 2
    for index in series.clipped:
        assert series.points[index][1] == pytest.approx(10, abs=0.05)


def test_error_bars_and_grid_are_no_series(tmp_path):
    figure, axes = plt.subplots()
    axes.errorbar(X, RISING, yerr=5, fmt="o-", capsize=3)
    axes.grid(True)
    axes.axhline(50)
    (series,) = read_one(figure, tmp_path).series
    assert_points(series, X, RISING, 32, 100)


def test_raster_plots_are_refused_in_words(tmp_path):
    figure, axes = plt.subplots(figsize=(4, 2))
    axes.imshow(np.random.default_rng(0).uniform(size=(40, 80)), aspect="auto")
    axes.axis("off")
    figure.text(0.1, 0.02, "Figure 1: A photograph of the machine room.")
    path = tmp_path / "raster.pdf"
    figure.savefig(path)
    plt.close(figure)
    (found,) = read_paper(path, tmp_path / "run", ReadLimits()).figures
    assert found.kind == "raster" and found.plots == ()
    assert "raster" in found.refused[0]
    assert (tmp_path / "run" / found.image).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_values_that_fall_along_an_axis(tmp_path):
    figure, axes = plt.subplots(figsize=(4, 3))
    axes.plot(X, RISING, "o-", label="Proposed")
    axes.set(xlabel="Clients", ylabel="Latency (ms)", xlim=(35, 0), ylim=(0, 100))
    plot = read_one(figure, tmp_path)
    assert plot.x_axis.falls and not plot.y_axis.falls
    assert_points(plot.series[0], X, RISING, 35, 100)


def test_narrow_neighbours_are_no_stack():
    def traces(*bars):
        return [Trace("bar", [], Style(), 0, bars=list(own)) for own in bars]

    narrow = [[(x + 1.2 * n, 0.0, x + 1.2 * n + 1.2, 40.0 + n) for x in (10.0, 20.0, 30.0)] for n in range(3)]
    assert arrangement(traces(*narrow)) == "grouped"
    stacked = [[(x, 40.0 * n, x + 1.2, 40.0 * n + 40) for x in (10.0, 20.0, 30.0)] for n in range(2)]
    assert arrangement(traces(*stacked)) == "stacked"
    assert arrangement(traces(narrow[0])) == "single"
