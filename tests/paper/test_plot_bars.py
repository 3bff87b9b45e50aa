"""Bars as real papers draw them: in pieces, over each other, flat, narrow, in several colours, beside their labels."""

from dataclasses import replace
from itertools import pairwise

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from gauntlet.paper.plots.axes import Scale
from gauntlet.paper.plots.barplaces import at_clusters, columns
from gauntlet.paper.plots.confidence import confidence
from gauntlet.paper.plots.patches import with_layers_joined, with_patterns
from gauntlet.paper.plots.pieces import without_cuts
from gauntlet.paper.plots.primitives import Clip, Path
from gauntlet.paper.plots.rectangles import bar_candidates
from gauntlet.paper.read import read_paper
from gauntlet.settings import ReadLimits

RED, GREEN, WHITE = (1.0, 0.0, 0.0), (0.0, 0.6, 0.2), (1.0, 1.0, 1.0)
FRAME = (0.0, 0.0, 200.0, 100.0)
NAMES = ["Ash", "Birch", "Cedar", "Dogwood"]


def rectangle(x0, y0, x1, y1, fill=RED, order=0, **changes):
    """One painted rectangle, y downwards."""
    corners = ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
    path = Path((corners,), True, False, None, fill, 0.0, "[] 0", 1.0, order, (x0, y0, x1, y1))
    return replace(path, **changes)


def read_bars(draw, folder, size=(4, 3)):
    """The one plot of a figure that `draw` draws."""
    figure, axes = plt.subplots(figsize=size)
    draw(axes)
    figure.savefig(folder / "bars.pdf")
    plt.close(figure)
    paper = read_paper(folder / "bars.pdf", None, ReadLimits())
    (plot,) = [plot for one in paper.figures for plot in one.plots]
    return plot


def lengths(series):
    return [y for _, y in series.points]


def kinds_of_doubt(series):
    return {doubt.kind for doubt in series.doubts}


def test_bars_of_several_colours_without_a_legend_are_one_series(tmp_path):
    values = [3.0, 7.0, 5.0, 6.5]
    plot = read_bars(lambda axes: axes.bar(NAMES, values, color=["r", "g", "b", "r"]), tmp_path)
    (series,) = plot.series
    assert plot.x_axis.categories == tuple(NAMES)
    assert lengths(series) == pytest.approx(values, rel=1e-3)
    assert "many_paints" in kinds_of_doubt(series) and series.confidence < confidence(())


def test_colours_that_a_legend_names_stay_apart(tmp_path):
    def draw(axes):
        axes.bar(NAMES[:2], [3, 7], color="r", label="small")
        axes.bar(NAMES[2:], [5, 6], color="g", label="large")
        axes.legend()

    assert {series.name for series in read_bars(draw, tmp_path).series} == {"small", "large"}


def test_bars_painted_over_longer_ones_are_segments(tmp_path):
    def draw(axes):
        axes.bar(NAMES, [9, 8, 7, 4], color="orange", label="rest")
        axes.bar(NAMES, [2, 5, 3, 4], color="black", label="core")
        axes.legend()

    rest, core = read_bars(draw, tmp_path).series
    assert lengths(core) == pytest.approx([2, 5, 3, 4], rel=1e-3)
    assert lengths(rest) == pytest.approx([7, 3, 4, 0], abs=0.02)
    assert "overlaid" in kinds_of_doubt(rest) and rest.confidence < confidence(())


def test_bars_that_shine_through_keep_their_lengths(tmp_path):
    def draw(axes):
        axes.bar(NAMES, [9, 8, 7, 6], color="orange", alpha=0.5, label="all")
        axes.bar(NAMES, [2, 5, 3, 4], color="blue", alpha=0.5, label="some")
        axes.legend()

    assert lengths(read_bars(draw, tmp_path).series[0]) == pytest.approx([9, 8, 7, 6], rel=1e-3)


def test_parts_of_one_look_are_one_bar(tmp_path):
    def draw(axes):
        for shift, color, name in ((-0.2, "r", "old"), (0.2, "g", "new")):
            places = np.arange(4) + shift
            axes.bar(places, [1, 2, 3, 4], 0.4, color=color, edgecolor="k", label=name)
            axes.bar(places, [4, 3, 1, 2], 0.4, bottom=[1, 2, 3, 4], color=color, edgecolor="k")
        axes.set_xticks(range(4), NAMES)
        axes.legend()

    series = read_bars(draw, tmp_path).series
    assert [one.name for one in series] == ["old", "new"]
    assert all(lengths(one) == pytest.approx([5, 5, 4, 6], rel=5e-3) for one in series)


def test_a_hatched_mean_is_of_the_series_of_its_colour(tmp_path):
    def draw(axes):
        for shift, color, name in ((-0.2, "r", "old"), (0.2, "g", "new")):
            bars = axes.bar(np.arange(4) + shift, [1, 2, 3, 4], 0.4, color=color, label=name)
            bars[-1].set_hatch("xx")
        axes.set_xticks(range(4), NAMES)
        axes.legend()

    series = read_bars(draw, tmp_path).series
    assert {one.name: len(one.points) for one in series} == {"old": 4, "new": 4}


def test_flat_bars_keep_their_place_and_a_missing_one_shifts_no_name(tmp_path):
    def draw(axes):
        axes.bar(np.arange(4) - 0.2, [5, 6, 7, 8], 0.4, color="r", label="old")
        axes.bar(np.array([1, 2, 3]) + 0.2, [0.004, 6, 5], 0.4, color="g", label="new")
        axes.set_xticks(range(4), NAMES)
        axes.legend()

    new = next(series for series in read_bars(draw, tmp_path).series if series.name == "new")
    assert [x for x, _ in new.points] == [1, 2, 3]
    assert lengths(new) == pytest.approx([0.004, 6, 5], abs=0.03)


def test_narrow_bars_of_a_histogram_stand_where_they_are(tmp_path):
    values = 3.0 + np.sin(np.arange(400) / 40)

    def draw(axes):
        axes.hist(np.arange(400) + 0.5, bins=np.arange(401), weights=values)
        axes.set_xlim(-100, 500)

    (series,) = read_bars(draw, tmp_path, (2.5, 2)).series
    assert len(series.points) == 400
    np.testing.assert_allclose([x for x, _ in series.points], np.arange(400) + 0.5, atol=5)
    np.testing.assert_allclose(lengths(series), values, rtol=5e-3)


def test_an_arrow_over_a_bar_is_no_series(tmp_path):
    def draw(axes):
        axes.bar(NAMES, [3, 7, 5, 6], color="r")
        axes.annotate("", (1, 6), (1, 2), arrowprops={"arrowstyle": "->"})

    assert [series.kind for series in read_bars(draw, tmp_path).series] == ["bar"]


def test_markers_twice_at_one_name_are_doubted(tmp_path):
    def draw(axes):
        axes.plot([0, 1, 2, 2.3, 3], [1, 2, 3, 4, 5], "o")
        axes.set_xticks(range(4), NAMES)

    (series,) = read_bars(draw, tmp_path).series
    assert "doubled_places" in kinds_of_doubt(series)


def test_bars_of_two_widths_are_of_one_plot(tmp_path):
    def draw(axes):
        axes.bar(np.arange(4), [3, 7, 5, 6], [0.5, 0.53, 0.53, 0.5], color="r")
        axes.set_xticks(range(4), NAMES)

    (series,) = read_bars(draw, tmp_path).series
    assert lengths(series) == pytest.approx([3, 7, 5, 6], rel=1e-3)


def category(*places):
    count = len(places)
    return Scale("category", 0.0, 1.0, 0.0, places, tuple(map(float, range(count))), tuple(NAMES[:count]))


def test_labels_beside_their_clusters_are_moved_to_them():
    spans = [(x + shift, x + shift + 5) for x in (10, 40, 70) for shift in (0, 5)]
    assert at_clusters(category(5.0, 20.0, 60.0), spans).positions == (15.0, 45.0, 75.0)


def test_labels_under_clusters_that_lack_a_bar_stay():
    spans = [(10, 15), (15, 20), (40, 45), (70, 75), (75, 80)]
    assert at_clusters(category(15.0, 45.0, 75.0), spans).positions == (15.0, 45.0, 75.0)


def test_a_cluster_without_a_label_is_a_place_without_a_name():
    spans = [(x + shift, x + shift + 5) for x in (10, 40, 70) for shift in (0, 5)]
    scale = at_clusters(category(45.0, 75.0), spans)
    assert scale.names == ("", "Ash", "Birch") and scale.values == (0.0, 1.0, 2.0)
    assert scale.positions == pytest.approx((15.0, 45.0, 75.0))


def test_bars_of_one_look_keep_their_column_where_one_is_missing():
    assert columns([0, 0, 1, 2, 2], [-3.0, 3.0, 3.1, -3.0, 2.9], 6.0) == [0, 1, 1, 0, 1]
    assert columns([0, 1, 2], [-3.0, 3.0, 0.0], 6.0) == [0, 0, 0]


def test_squares_beside_bars_are_bars_and_others_are_markers():
    bars = [rectangle(x, 100 - height, x + 6, 100) for x, height in ((10, 40), (30, 6), (50, 20), (70, 6))]
    markers = [rectangle(x, 30, x + 4, 34, GREEN) for x in (10, 40, 80)]
    assert [path for _, path in bar_candidates([*bars, *markers], FRAME)] == bars


def test_white_ground_of_words_is_no_bar():
    bar, ground = rectangle(10, 20, 16, 100), rectangle(10, 50, 16, 58, WHITE, 1)
    assert [path for _, path in bar_candidates([bar, ground], FRAME)] == [bar]
    outlined = replace(ground, stroke=(0.0, 0.0, 0.0))
    assert len(bar_candidates([bar, outlined], FRAME)) == 2


def test_bars_cut_by_grid_lines_are_made_whole():
    tops = {10: 20, 30: 60, 50: 35}
    levels = [100, 75, 74.9, 50, 49.9]
    pieces = []
    for x, top in tops.items():
        edges = [level for level in levels if level > top] + [top]
        pieces += [rectangle(x, above, x + 8, below) for below, above in pairwise(edges)]
    assert len(pieces) == 5 + 3 + 5
    assert {path.box for path in without_cuts(pieces)} == {(x, top, x + 8, 100) for x, top in tops.items()}


def test_stacks_that_part_at_levels_of_their_own_stay_apart():
    stacks = [
        rectangle(x, above, x + 8, below)
        for x, cut, top in ((10, 70, 20), (30, 80, 60), (50, 50, 35))
        for below, above in ((100, cut), (cut, top))
    ]
    assert without_cuts(stacks) == stacks


def test_tiles_with_a_clip_of_their_own_fill_the_place_around_them():
    place = (10.0, 20.0, 24.0, 100.0)
    outer = Clip(1, place, place, (place,))
    paths = []
    for number, x in enumerate((5.0, 17.0)):
        tile = (x, 50.0, x + 12, 62.0)
        inner = Clip(2 + number, (max(x, 10.0), 50.0, min(x + 12, 24.0), 62.0), tile, (tile,), (place,))
        paths.append(rectangle(x, 50, x + 12, 62, GREEN, 10 * number, clipping=outer))
        lines = (((x - 6, 44.0), (x + 18, 68.0)),)
        stroke = replace(paths[-1], lines=lines, closed=False, fill=None, stroke=WHITE, clipping=inner)
        paths.append(replace(stroke, order=10 * number + 1, box=(x - 6, 44.0, x + 18, 68.0)))
    (bar,) = with_layers_joined(with_patterns(paths, []))
    assert bar.box == place and bar.fill == GREEN and bar.hatch


def test_a_pattern_without_a_ground_shows_the_paper():
    stroke = rectangle(0, 0, 1, 1, None, stroke=RED, hatch=((RED, 1, (3,)),))
    plain = rectangle(5, 0, 6, 1, GREEN, hatch=())
    hatched, filled = with_layers_joined([stroke, plain])
    assert hatched.fill == WHITE and filled.hatch is None and filled.fill == GREEN
