"""What is doubted and what is not: each doubt is planted in a figure of known data, and absent from the one without."""

import matplotlib

matplotlib.use("pdf")

import itertools
import json
import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

from gauntlet.paper.crosscheck import cross_checked
from gauntlet.paper.plots import confidence as card
from gauntlet.paper.plots.confidence import confidence
from gauntlet.paper.read import read_paper
from gauntlet.paper.records import Anchor, Axis, Cell, Doubt, Figure, Heading, Mention, Plot, PlotSeries, Table
from gauntlet.settings import ReadLimits
from gauntlet.specs.points import USABLE_CONFIDENCE

X = np.array([1.0, 2, 4, 8, 16, 32])
RISING = np.array([12.0, 23.5, 44, 71, 90, 97])
FALLING = np.array([80.0, 61, 47, 33, 21, 18])


def plot_of(axes, folder):
    path = folder / "plot.pdf"
    axes.figure.savefig(path)
    plt.close(axes.figure)
    (plot,) = (plot for figure in read_paper(path, None, ReadLimits()).figures for plot in figure.plots)
    return plot


def kinds(plot):
    series = {doubt.kind for one in plot.series for doubt in one.doubts}
    return series | {doubt.kind for axis in (plot.x_axis, plot.y_axis) for doubt in axis.doubts}


def two_lines():
    _, axes = plt.subplots(figsize=(4, 3))
    axes.plot(X, RISING, "o-", label="Proposed")
    axes.plot(X, FALLING, "s-", label="Baseline")
    axes.set(xlabel="Clients", ylabel="Latency (ms)", xlim=(0, 35), ylim=(0, 100))
    return axes


def test_a_plain_figure_is_not_doubted(tmp_path):
    axes = two_lines()
    axes.legend()
    plot = plot_of(axes, tmp_path)
    assert kinds(plot) == set()
    assert all(series.confidence >= 0.9 for series in plot.series)
    assert min(plot.x_axis.confidence, plot.y_axis.confidence) >= 0.9


@pytest.mark.parametrize("decade", [0.1, 1.0, 10.0])
def test_one_label_of_a_log_axis_is_checked_by_the_marks_between_the_decades(tmp_path, decade):
    """'10^0' is a power of two as well: an axis of decades all the same."""
    axes = two_lines()
    axes.legend()
    axes.set_xscale("log")
    axes.set_xlim(0.15 * decade, 3 * decade)
    for line in axes.lines:
        line.set_xdata(decade * np.geomspace(0.2, 2.5, len(X)))
    axes.xaxis.set_minor_formatter("")
    plot = plot_of(axes, tmp_path)
    assert len(plot.x_axis.ticks) == 1
    assert "few_labels" not in kinds(plot)
    assert min(series.confidence for series in plot.series) >= USABLE_CONFIDENCE
    np.testing.assert_allclose([x for x, *_ in plot.series[0].points], axes.lines[0].get_xdata(), rtol=0.01)


def nameless(axes):
    axes.legend(axes.lines[:1], ["Proposed"])


def few_labels(axes):
    axes.legend()
    axes.set_yticks([20, 60])


def garbled(axes):
    axes.legend()
    axes.set_yticks([0, 20, 40, 60, 80], ["0", "20", "40", "66", "80"])


def alike(axes):
    for line in axes.lines:
        line.set(color="black", marker="o")
    axes.legend()


def skipping(axes):
    axes.lines[0].set_data(np.delete(X, 2), np.delete(RISING, 2))
    axes.plot(X, (RISING + FALLING) / 2, "^-", label="Third")
    axes.legend()


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (nameless, "nameless"),
        (few_labels, "few_labels"),
        (garbled, "unexplained_labels"),
        (alike, "rival_names"),
        (skipping, "skipped_places"),
    ],
)
def test_a_planted_flaw_is_doubted_and_lowers_the_confidence(tmp_path, spoil, kind):
    axes = two_lines()
    spoil(axes)
    plot = plot_of(axes, tmp_path)
    assert kind in kinds(plot)
    assert min(series.confidence for series in plot.series) < confidence(())


def test_ink_that_no_series_passes_is_told_with_its_share(tmp_path):
    axes = two_lines()
    axes.legend()
    axes.fill([5, 30, 30, 5], [5, 5, 9, 9], edgecolor=axes.lines[0].get_color(), fill=False, hatch=None)
    plot = plot_of(axes, tmp_path)
    proposed = next(series for series in plot.series if series.name == "Proposed")
    share = {doubt.kind: doubt.amount for doubt in proposed.doubts}["unread_ink"]
    assert 0 < share < 1


def test_numbers_at_bars_a_thousand_times_their_length_are_believed(tmp_path):
    def bars(factor):
        _, axes = plt.subplots(figsize=(4, 3))
        axes.bar(["a", "b", "c"], [20, 45, 70])
        for x, height in enumerate([20, 45, 70]):
            axes.text(x, height + 1, f"{height * factor}", ha="center")
        axes.set(ylabel="Throughput (ops/s)", ylim=(0, 100))
        return kinds(plot_of(axes, tmp_path))

    assert "bar_labels" in bars(1000)
    assert "bar_labels" not in bars(1)
    assert "bar_labels" not in bars(3)  # something else is said there


def test_confidence_falls_with_every_doubt_and_all_kinds_are_weighed():
    doubts = [Doubt(kind=kind, amount=1.0, words="") for kind in json.loads(card.WEIGHTS.read_text())["doubts"]]
    falling = [confidence(doubts[:count]) for count in range(len(doubts) + 1)]
    assert falling[0] >= 0.9 and all(a > b or b == 0 for a, b in itertools.pairwise(falling))
    sources = "".join(path.read_text() for path in Path(card.__file__).parent.glob("*.py"))
    given = set(re.findall(r'(?:yield|Doubt\(kind=|^ +\()\s*"([a-z]+_[a-z_]+|nameless|joined|twice)"', sources, re.M))
    assert given <= {doubt.kind for doubt in doubts}


def figure(sentence, unit="kops/s", values=(210.0, 300.0, 355.0), top=400.0):
    anchor = Anchor(page=1, box=(0, 0, 100, 100))

    def axis(title, unit, high):
        return Axis(
            scale="linear",
            label=title,
            unit=unit,
            title=title,
            minimum=0,
            maximum=high,
            residual_pt=0,
            ticks=(0.0, high),
        )

    series = PlotSeries(
        id="figure-1/plot-1/series-1", name="Ours", kind="line+marker", color=None, anchor=anchor,
        points=tuple((float(x), y) for x, y in enumerate(values)), reading_error_x=0, reading_error_y=0,
    )  # fmt: skip
    plot = Plot(
        id="figure-1/plot-1", anchor=anchor, x_axis=axis("Clients", None, 3.0),
        y_axis=axis("Throughput", unit, top), series=(series,),
    )  # fmt: skip
    return Figure(
        id="figure-1", label="Figure 1", caption="", anchor=anchor, kind="vector", image=None, plots=(plot,),
        mentions=(Mention(block="block-1-1", sentence=sentence, anchor=anchor),),
    )  # fmt: skip


def test_a_number_of_the_text_is_found_among_the_points():
    checked = cross_checked(figure("As Figure 1 shows, ours reaches 355 kops/s, the others 120 kops/s."))
    found = {one.text: (one.series, one.read) for one in checked.printed}
    assert found == {"355 kops/s": ("figure-1/plot-1/series-1", 355.0), "120 kops/s": (None, None)}
    assert checked.plots[0].series[0].doubts == ()


def test_units_are_converted_before_numbers_are_compared():
    (one,) = cross_checked(figure("Figure 1: it serves 0.355 Mops/s.")).printed
    assert one.value == pytest.approx(355.0) and one.read == 355.0


def test_a_scale_that_is_off_by_a_power_of_ten_in_the_eyes_of_the_text_is_doubted():
    said = "In Figure 1, ours rises from 210 kops/s to 355 kops/s."
    wrong = cross_checked(figure(said, values=(0.21, 0.3, 0.355), top=0.4)).plots[0].series[0]
    assert [doubt.kind for doubt in wrong.doubts] == ["printed_elsewhere"]
    assert wrong.confidence < USABLE_CONFIDENCE
    right = cross_checked(figure(said)).plots[0].series[0]
    assert right.doubts == ()
    once = cross_checked(figure("Figure 1 shows 355 kops/s.", values=(0.21, 0.3, 0.355), top=0.4))
    assert once.plots[0].series[0].doubts == ()  # one number alone may be about something else


def test_a_table_that_a_sentence_names_with_the_figure_speaks_of_it_too():
    plotted = figure("Figure 1 and Table 2 compare them.")

    def table(mentions):
        anchor = plotted.anchor
        cells = [Cell(row=row, column=0, text=text, anchor=anchor) for row, text in enumerate(("Rate (ops/s)", "355k"))]
        return Table(
            id="table-2", label="Table 2", caption="", anchor=anchor, header_rows=1, cells=tuple(cells),
            columns=(Heading(text="Rate (ops/s)", unit="ops/s"),), mentions=mentions,
        )  # fmt: skip

    (number,) = cross_checked(plotted, [table(plotted.mentions)]).printed
    assert number.text == "355k ops/s in Table 2" and number.read == 355.0
    assert cross_checked(plotted, [table(())]).printed == ()
