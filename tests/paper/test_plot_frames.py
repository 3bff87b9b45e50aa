"""Frames, axes and labels: plots whose words or axes are drawn in unusual ways. The oracle is what was drawn."""

from dataclasses import replace

import matplotlib

matplotlib.use("pdf")

import matplotlib.pyplot as plt
import numpy as np
import pymupdf
import pytest
from matplotlib.patches import PathPatch
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D

from gauntlet.paper.glyphs import Token, read_text
from gauntlet.paper.plots.alignment import snap
from gauntlet.paper.plots.categories import evenly_cut, is_caption, is_uneven
from gauntlet.paper.plots.labels import build_labels
from gauntlet.paper.plots.letters import CHARACTERS, fonts, joined_text
from gauntlet.paper.plots.outlined import read_outlined
from gauntlet.paper.plots.primitives import read_drawings
from gauntlet.paper.plots.read import Scene, read_scene
from gauntlet.paper.plots.signs import with_signs
from gauntlet.paper.read import read_paper
from gauntlet.paper.unnamed import polygons
from gauntlet.settings import ReadLimits
from tests.paper.pdfs import raw_pdf

X, Y = [0, 25, 50, 75, 100], [3.0, 11.5, 19.0, 20.5, 21.0]


def curve_with_legend(log_y=False):
    figure, axes = plt.subplots(figsize=(4, 3), layout="constrained")
    axes.plot(X, Y, "o-", color="#c02020", label="Ring allreduce")
    axes.plot(X, Y[::-1], "s-", color="#2040c0", label="Tree broadcast")
    if log_y:
        axes.set_yscale("log")
        axes.set_ylim(1, 1000)
    axes.set_xlabel("Message size (KiB)")
    axes.set_ylabel("Completion (us)")
    axes.legend()
    return figure


def with_outlines(path):
    """The same file with its text turned into outlines, as drawing programs do."""
    svg = pymupdf.open(path)[0].get_svg_image(text_as_path=True)
    path.write_bytes(pymupdf.open(stream=svg.encode(), filetype="svg").convert_to_pdf())


def without_names(path):
    """The same file with fonts that do not say which letters their glyphs show."""
    document = pymupdf.open(path)
    for number in range(1, document.xref_length()):
        if document.xref_get_key(number, "ToUnicode")[0] != "null":
            document.xref_set_key(number, "ToUnicode", "null")
    path.write_bytes(document.tobytes())


def read(figure, folder, change=lambda path: None):
    path = folder / "plot.pdf"
    with plt.rc_context({"pdf.fonttype": 42}):
        figure.savefig(path)
    plt.close(figure)
    change(path)
    document = pymupdf.open(path)
    document.new_page().insert_text((72, 72), ["All other pages have text as usual."] * 40)
    path.write_bytes(document.tobytes())
    return [plot for part in read_paper(path, None, ReadLimits()).figures for plot in part.plots]


@pytest.mark.parametrize("change", [with_outlines, without_names])
@pytest.mark.parametrize("log_y", [False, True])
def test_text_without_letters_is_read_by_its_shapes(tmp_path, change, log_y):
    (plot,) = read(curve_with_legend(log_y), tmp_path, change)
    assert (plot.x_axis.title, plot.y_axis.title) == ("Message size (KiB)", "Completion (us)")
    assert plot.y_axis.scale == ("log" if log_y else "linear")
    curves = {series.name: np.array(series.points) for series in plot.series}
    np.testing.assert_allclose(curves["Ring allreduce"], np.column_stack([X, Y]), rtol=0.01, atol=0.1)
    np.testing.assert_allclose(curves["Tree broadcast"], np.column_stack([X, Y[::-1]]), rtol=0.01, atol=0.1)
    assert any(doubt.kind == "drawn_text" for doubt in plot.x_axis.doubts)


def test_words_of_one_path_each_are_read(tmp_path):
    figure = plt.figure(figsize=(4, 3))
    for x, y, text, angle in ((72, 144, "Ring allreduce", 0), (72, 120, "10 20 30", 0), (36, 72, "Timing (us)", 90)):
        path = TextPath((0, 0), text, size=9).transformed(Affine2D().rotate_deg(angle).translate(x, y))
        figure.add_artist(PathPatch(path, transform=Affine2D(), facecolor="black", linewidth=0))
    figure.savefig(tmp_path / "plot.pdf")
    plt.close(figure)
    page = pymupdf.open(tmp_path / "plot.pdf")[0]
    words, _ = read_outlined(read_drawings(page, 1000).paths)
    level = [word.text for word in words if word.level]
    assert level == ["Ring", "allreduce", "10", "20", "30"]
    assert [word.text for word in words if not word.level] == ["Timing", "(us)"]


def test_text_with_letters_is_not_doubted(tmp_path):
    (plot,) = read(curve_with_legend(), tmp_path)
    assert not any(doubt.kind == "drawn_text" for doubt in (*plot.x_axis.doubts, *plot.y_axis.doubts))


def test_markers_and_bars_are_no_letters(tmp_path):
    figure, axes = plt.subplots()
    for marker in "oDs^v*PX":
        axes.scatter(np.random.default_rng(7).random(40), np.random.default_rng(8).random(40), marker=marker, lw=0)
    axes.bar([0.1, 0.2, 0.3], [0.5, 0.4, 0.2], width=0.01)
    figure.savefig(tmp_path / "plot.pdf")
    plt.close(figure)
    paths = read_drawings(pymupdf.open(tmp_path / "plot.pdf")[0], 10_000).paths
    words, rest = read_outlined(paths)
    assert words == [] and rest == paths


def test_outlines_of_a_page_written_as_svg():
    assert polygons("M0 0 1 0 1 1H0V0Z") == [[(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]]
    (arc,) = polygons("M0 0C0 1 1 1 1 0L.5-1Z")
    assert arc[2] == pytest.approx((0.5, 0.75)) and arc[-1] == (0.5, -1)


def test_each_font_reads_itself():
    for font in fonts():
        shapes = np.arange(len(font.characters))
        own = (font.pictures[:, None, :] - font.pictures[None, :, :]) ** 2
        assert (own.mean(axis=2).argmin(axis=1)[shapes] <= shapes).all()  # the first of twins such as l and I
    assert "0" in CHARACTERS


@pytest.mark.parametrize(
    ("drawn", "meant"), [("1O0", "100"), ("FIow", "Flow"), ("lX", "IX"), ("PIFO", "PIFO"), ("q_Ien", "q_len")]
)
def test_letters_that_look_alike(drawn, meant):
    assert joined_text(drawn) == meant


def token(text, x, y=100.0, size=8.0, width=None):
    wide = len(text) * 0.5 * size if width is None else width
    box = (x, y - 0.8 * size, x + wide, y + 0.2 * size)
    return Token(text, box, (x, y), size, (1.0, 0.0), False, "Helvetica", (0.0, 0.0, 0.0), 1)


def rectangles(boxes):
    """Filled rectangles as paths."""
    document = pymupdf.open()
    page = document.new_page(width=300, height=300)
    for box in boxes:
        page.draw_rect(pymupdf.Rect(box), color=None, fill=(0, 0, 0))
    return read_drawings(page, 100).paths


def test_a_drawn_minus_sign_belongs_to_its_number():
    words = [token("10", 50), token("2", 62, y=96.0, size=5.6)]
    (label,) = build_labels(with_signs(words, rectangles([(58.6, 93.9, 61.8, 94.2)])), 300, 300)
    assert label.value == pytest.approx(0.01)


def test_a_tick_mark_is_no_minus_sign():
    tick = rectangles([(56.0, 96.8, 59.0, 97.1)])
    assert [word.text for word in with_signs([token("20", 62.5)], tick)] == ["20"]


def test_captions_are_no_categories():
    def labels(*texts):
        return build_labels([token(text, 40 + 60 * index) for index, text in enumerate(texts)], 300, 300)

    assert is_caption(labels("Figure3:", "Time", "to")) and is_caption(labels("(a)", "Reads", "of"))
    assert not is_caption(labels("(a)", "(b)", "(c)")) and not is_caption(labels("Reads", "(a)"))


def test_two_words_at_two_marks_are_two_categories():
    words = build_labels([token("Scalar", 40), token("SIMD", 66)], 300, 300)
    assert [label.text for label in evenly_cut(words, [52.0, 75.0])] == ["Scalar", "SIMD"]
    assert [label.text for label in evenly_cut(words, [52.0, 75.0, 98.0])] == ["Scalar SIMD"]


def test_categories_in_groups():
    assert not is_uneven([10, 20, 30, 50, 60, 70])
    assert is_uneven([10, 20, 37, 50, 60, 70]) and is_uneven([10, 20, 40])


def test_words_outside_their_clip_are_not_read(tmp_path):
    contents = b"BT /F 9 Tf 72 700 Td (words that show) Tj ET q 300 300 40 40 re W n BT /F 9 Tf 74 701 Td (100) Tj ET Q"
    (tmp_path / "plot.pdf").write_bytes(raw_pdf([contents]))
    paper = read_paper(tmp_path / "plot.pdf", None, ReadLimits())
    assert [piece.text for piece in paper.hidden if piece.reason == "covered"] == ["100"]


def scene(figure, folder):
    figure.savefig(folder / "plot.pdf")
    plt.close(figure)
    page = pymupdf.open(folder / "plot.pdf")[0]
    paths = read_drawings(page, 1000).paths
    words = list(read_text(page, 1, paths, 1000).tokens)
    return Scene(1, page.rect.width, page.rect.height, paths, words)


def test_a_plot_without_labels_at_one_axis_is_refused_in_words(tmp_path):
    figure, axes = plt.subplots(figsize=(4, 3))
    axes.plot(X, Y)
    axes.set_xticks([])
    reading = read_scene(scene(figure, tmp_path))
    assert reading.plots == ()
    assert [why for _, why in reading.refused] == [
        "numbers stand at the left side of a frame, but no labels at the lower one"
    ]


def chart_without_frame(grid):
    """Bars over an axis line with numbers at its left, perhaps with level grid lines; 10 pt are 1."""
    document = pymupdf.open()
    page = document.new_page(width=300, height=300)
    for index, (name, value) in enumerate((("Raft", 4.0), ("Paxos", 6.5), ("Zab", 9.0))):
        x = 70 + 60 * index
        page.draw_rect(pymupdf.Rect(x, 200 - 10 * value, x + 30, 200), color=None, fill=(0.2, 0.4, 0.8))
        page.insert_text((x + 15 - 0.5 * pymupdf.get_text_length(name, fontsize=8), 212), name, fontsize=8)
    for value in range(0, 11, 2):
        width = pymupdf.get_text_length(str(value), fontsize=8)
        page.insert_text((44 - width, 202.8 - 10 * value), str(value), fontsize=8)
        if grid or value == 0:
            page.draw_line((50, 200 - 10 * value), (240, 200 - 10 * value), color=(0.6, 0.6, 0.6), width=0.5)
    paths = read_drawings(page, 1000).paths
    return Scene(1, 300, 300, paths, list(read_text(page, 1, paths, 1000).tokens))


@pytest.mark.parametrize("grid", [False, True])
def test_a_chart_without_frame_is_found(grid):
    (plot,) = read_scene(chart_without_frame(grid)).plots
    assert plot.x_axis.categories == ("Raft", "Paxos", "Zab")
    (bars,) = plot.series
    np.testing.assert_allclose([value for _, value in bars.points], [4, 6.5, 9], rtol=0, atol=0.05)


def test_numbers_of_the_next_panel_are_no_axis_of_this_one(tmp_path):
    figure = plt.figure(figsize=(5, 3))
    left, right = figure.add_axes((0.1, 0.2, 0.4, 0.7)), figure.add_axes((0.58, 0.3, 0.4, 0.5))
    left.plot(X, Y)
    left.set_xticks(X)
    left.set_yticks([])
    right.plot(X, Y)
    reading = read_scene(scene(figure, tmp_path))
    assert [round(plot.anchor.box[0]) for plot in reading.plots] == [round(0.58 * 360)]
    assert [why for _, why in reading.refused] == [
        "numbers stand at the lower side of a frame, but no labels at the left one"
    ]


def test_slanted_names_stand_at_their_tips(tmp_path):
    figure, axes = plt.subplots(figsize=(4, 3), layout="constrained")
    names = ["A", "A longer name", "B", "Longest name of all", "C", "Another one"]
    axes.bar(names, [3, 5, 2, 4, 1, 6], color="#2040c0")
    axes.set_xticks(range(6), names, rotation=45, ha="right", rotation_mode="anchor")
    (plot,) = read_scene(scene(figure, tmp_path)).plots
    assert plot.x_axis.categories == tuple(names)
    np.testing.assert_allclose(plot.series[0].points, list(enumerate([3, 5, 2, 4, 1, 6])), rtol=0, atol=0.02)


def test_large_words_below_a_frame_are_no_categories():
    chart = chart_without_frame(grid=True)
    large = [replace(word, size=2 * word.size) if word.text.isalpha() else word for word in chart.tokens]
    assert read_scene(replace(chart, tokens=large)).plots == ()


def test_labels_that_all_stand_off_alike_belong_to_their_marks():
    marks = [(100.0 - 20 * index, 3.0) for index in range(5)]
    high = [at - 2.4 for at, _ in marks]  # a font that sits high: more than a label's middle is usually off
    assert snap(high, marks, 7.0) == pytest.approx([at for at, _ in marks])
    uneven = [at - off for (at, _), off in zip(marks, (2.4, 1.3, 2.4, 3.6, 2.4), strict=True)]
    assert snap(uneven, marks, 7.0) == pytest.approx(uneven)


def test_names_that_touch_are_cut_where_they_stand_evenly_and_not_at_the_first_marks_that_will_do():
    words = [token(text, x) for text, x in (("16", 68), ("KB", 79), ("64", 96), ("KB", 107), ("256", 122), ("KB", 137))]
    labels = build_labels(words, 300, 300)
    cut = [label.text for label in evenly_cut(labels, [78.0, 106.0, 134.0])]
    assert cut == ["16 KB", "64 KB", "256 KB"]
