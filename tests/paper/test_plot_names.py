"""Curves, markers and their names, on pages drawn stroke by stroke: the oracle is what was drawn."""

import pymupdf
import pytest

from gauntlet.paper.glyphs import read_text
from gauntlet.paper.plots.confidence import confidence
from gauntlet.paper.plots.primitives import read_drawings
from gauntlet.paper.plots.read import Scene, read_plots
from tests.paper.pdfs import raw_pdf

DIGIT_PT = 4.448  # of Helvetica at 8 pt
BLACK, GREY, RED, BLUE, GREEN = (0, 0, 0), (0.5, 0.5, 0.5), (0.9, 0.1, 0.1), (0.1, 0.2, 0.9), (0.1, 0.6, 0.2)
RISING = [(10, 20), (30, 45), (50, 60), (70, 72), (90, 80)]
FALLING = [(10, 90), (30, 71), (50, 52), (70, 33), (90, 30)]
MIDDLE = [(10, 55), (30, 35), (50, 42), (70, 20), (90, 10)]


class Drawing:
    """A page with one plot, both axes from 0 to 100: (x, y) stands at (100 + 2 x, 500 + y) from the lower left."""

    def __init__(self, left=100):
        self.parts, self.left = [], left
        self.frame(left)

    def frame(self, left):
        self.left = left
        for tick in range(0, 101, 20):
            self.text(left + 2 * tick - DIGIT_PT / 2 * len(str(tick)), 486, str(tick), 8)
            self.text(left - 20, 497 + tick, str(tick), 8)
            self.stroke([(left + 2 * tick, 500), (left + 2 * tick, 497)], BLACK)
            self.stroke([(left, 500 + tick), (left - 3, 500 + tick)], BLACK)
        self.add(f"0 0 0 RG {left} 500 200 100 re S")

    def add(self, operators):
        self.parts.append(operators)

    def at(self, x, y):
        return self.left + 2 * x, 500 + y

    def text(self, x, y, words, size=8):
        self.add(f"BT 0 0 0 rg /F {size} Tf 1 0 0 1 {x} {y} Tm ({words}) Tj ET")

    def stroke(self, points, color, dashes="", clip=None):
        self.add("q 1 w {} {} {} RG [{}] 0 d".format(*color, dashes))
        if clip:
            self.add("{} {} {} {} re W n".format(*clip))
        self.add("{} {} m ".format(*points[0]) + " ".join("{} {} l".format(*point) for point in points[1:]) + " S Q")

    def curve(self, points, color, dashes="", **more):
        self.stroke([self.at(*point) for point in points], color, dashes, **more)

    def mark(self, x, y, color, form="square", size=3, paint="f"):
        """A marker around a place on the page."""
        half = size / 2
        corners = {
            "square": [(-half, -half), (half, -half), (half, half), (-half, half)],
            "triangle": [(-half, -half), (half, -half), (0, half)],
            "diamond": [(0, -half), (half, 0), (0, half), (-half, 0)],
        }[form]
        way = " l ".join(f"{x + dx} {y + dy}" for dx, dy in corners).replace(" l ", " m ", 1)
        self.add("{} {} {} rg {} {} {} RG {} l h {}".format(*color, *color, way, paint))

    def marks(self, points, color, form="square", shift=(0, 0), **more):
        for x, y in (self.at(*point) for point in points):
            self.mark(x + shift[0], y + shift[1], color, form, **more)

    def key(self, row, words, color=None, form=None, mark=None, dashes="", left=320, size=8):
        """A legend line right of the frame: a stroke in `color`, a marker, and words."""
        y = 590 - 12 * row
        if color:
            self.stroke([(left, y), (left + 18, y)], color, dashes)
        if form:
            self.mark(left + 9, y, mark or color, form)
        self.text(left + 23, y - 2.8, words, size)

    def read(self):
        with pymupdf.open(stream=raw_pdf(["\n".join(self.parts).encode()]), filetype="pdf") as document:
            page = document[0]
            paths = read_drawings(page, 100_000).paths
            tokens = list(read_text(page, 1, paths, 100_000).tokens)
            return read_plots(Scene(1, page.rect.width, page.rect.height, paths, tokens))


def named(plot):
    return {series.name: [(round(x), round(y)) for x, y in series.points] for series in plot.series}


def test_lone_markers_in_the_legend_name_black_curves():
    page = Drawing()
    for points, form in ((RISING, "square"), (FALLING, "triangle"), (MIDDLE, "diamond")):
        page.curve(points, BLACK)
        page.marks(points, BLACK, form)
    page.key(0, "Diamonds", form="diamond", mark=BLACK)
    page.key(1, "Squares", form="square", mark=BLACK)
    page.key(2, "Triangles", form="triangle", mark=BLACK)
    assert named(page.read()[0]) == {"Squares": RISING, "Triangles": FALLING, "Diamonds": MIDDLE}


@pytest.mark.parametrize("shift", [(0.9, -0.4), (-1.1, 0.3)])
def test_markers_beside_their_vertices_are_one_series_with_the_curve(shift):
    page = Drawing()
    for points, color, mark, form in ((RISING, GREY, BLACK, "square"), (FALLING, RED, RED, "diamond")):
        page.curve(points, color)
        page.marks(points, mark, form, shift)
    page.key(0, "Grey", GREY, "square", mark=BLACK)
    page.key(1, "Red", RED, "diamond")
    plot = page.read()[0]
    assert named(plot) == {"Grey": RISING, "Red": FALLING}
    assert {series.kind for series in plot.series} == {"line+marker"}


def test_crossed_legend_names_each_series_by_both_parts():
    page = Drawing()
    crossing = {
        ("Red", "old"): (RISING, RED, "square"),
        ("Red", "new"): (FALLING, RED, "triangle"),
        ("Blue", "old"): (MIDDLE, BLUE, "square"),
        ("Blue", "new"): ([(x, y / 2 + 3) for x, y in RISING], BLUE, "triangle"),
    }
    for points, color, form in crossing.values():
        page.curve(points, color)
        page.marks(points, color, form)
    page.key(0, "Red", RED, "square")
    page.key(1, "Blue", BLUE, "square")
    page.key(4, "old", form="square", mark=BLACK)
    page.key(5, "new", form="triangle", mark=BLACK)
    plot = page.read()[0]
    assert {series.name for series in plot.series} == {"Red old", "Red new", "Blue old", "Blue new"}
    assert named(plot)["Red new"] == FALLING and named(plot)["Blue old"] == MIDDLE


def test_title_of_a_legend_is_no_name():
    page = Drawing()
    page.text(205, 627, "Processor", 10)
    for left, words, color, points in ((260, "Old", RED, RISING), (310, "New", BLUE, FALLING)):
        page.curve(points, color)
        page.stroke([(left, 630), (left + 12, 630)], color)
        page.text(left + 15, 627, words)
    assert named(page.read()[0]) == {"Old": RISING, "New": FALLING}


def test_squares_under_samples_are_no_samples():
    page = Drawing()
    for row, (words, form, points) in enumerate((("Old", "square", RISING), ("New", "triangle", FALLING))):
        page.curve(points, BLACK)
        page.marks(points, BLACK, form)
        page.add("0.95 0.95 0.95 rg 322 %s 14 14 re f" % (583 - 16 * row))
        page.mark(329, 590 - 16 * row, BLACK, form)
        page.text(340, 587.2 - 16 * row, words)
    assert named(page.read()[0]) == {"Old": RISING, "New": FALLING}


@pytest.mark.parametrize("ends", [[(0, 64), (100, 64)], [(37, 0), (37, 100)]])
def test_reference_line_of_the_legend_is_a_series(ends):
    page = Drawing()
    page.curve(RISING, RED)
    page.curve(ends, GREY, "4 2")
    page.key(0, "Measured", RED)
    page.key(1, "Limit", GREY, dashes="4 2")
    assert named(page.read()[0]) == {"Measured": RISING, "Limit": ends}


def test_grid_in_the_look_of_a_sample_is_no_reference_line():
    page = Drawing()
    page.curve(RISING, RED)
    for level in (20, 40, 60, 80):
        page.curve([(0, level), (100, level)], GREY, "4 2")
    page.key(0, "Measured", RED)
    page.key(1, "Limit", GREY, dashes="4 2")
    assert named(page.read()[0]) == {"Measured": RISING}


def test_arrow_heads_and_leading_lines_are_no_series():
    page = Drawing()
    page.curve(RISING, RED)
    page.curve(FALLING, BLUE)
    page.key(0, "Old", RED)
    page.key(1, "New", BLUE)
    page.text(250, 512, "knee", 8)
    page.stroke([(252, 520), (241, 570)], BLACK)
    page.mark(241, 569, BLACK, "triangle")
    assert named(page.read()[0]) == {"Old": RISING, "New": FALLING}


def test_sample_in_one_stroke_with_its_curve():
    page = Drawing()
    for row, (words, color, points) in enumerate((("Old", RED, RISING), ("New", BLUE, FALLING))):
        y, way = 540 - 12 * row, [page.at(*point) for point in points]
        page.add("{} {} {} RG [3 1] 0 d 270 {} m 288 {} l {} {} m".format(*color, y, y, *way[0]))
        page.add(" ".join("{} {} l".format(*point) for point in way[1:]) + " S [] 0 d")
        page.text(250, y - 2.8, words)
    assert named(page.read()[0]) == {"Old": RISING, "New": FALLING}


def test_filled_dashes_are_a_dashed_curve():
    page = Drawing()
    page.curve(RISING, RED)

    def dashes(start, end, count):
        for index in range(count):
            (ax, ay), (bx, by) = (
                tuple(a + share * (b - a) for a, b in zip(start, end, strict=True))
                for share in ((index + 0.1) / count, (index + 0.7) / count)
            )
            length = ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5
            ux, uy = (bx - ax) / length / 2, (by - ay) / length / 2
            caps = [(ax - uy, ay + ux), (bx - uy, by + ux), (bx + ux, by + uy), (bx + uy, by - ux), (ax + uy, ay - ux)]
            page.add(f"{ax - ux} {ay - uy} m " + " ".join(f"{x} {y} l" for x, y in caps) + " h")

    page.add("0.1 0.2 0.9 rg")
    dashes(page.at(10, 90), page.at(90, 30), 25)
    page.add("f")
    dashes((320, 578), (338, 578), 4)
    page.add("f")
    page.key(0, "Old", RED)
    page.text(343, 575.2, "New")
    found = named(page.read()[0])
    assert set(found) == {"Old", "New"} and found["Old"] == RISING
    for x, y in found["New"]:
        assert y == pytest.approx(90 - 60 * (x - 10) / 80, abs=1.5)
    assert min(found["New"])[0] <= 12 and max(found["New"])[0] >= 87


def test_curve_in_a_clip_of_its_own_is_no_pattern():
    page = Drawing()
    page.add("q 80 480 240 140 re W n")
    page.curve([(10, 130), *RISING[1:]], RED, clip=(119, 519, 183, 81))
    page.add("Q")
    page.curve(FALLING, BLUE)
    page.key(0, "Old", RED)
    page.key(1, "New", BLUE)
    found = named(page.read()[0])
    assert found["New"] == FALLING and found["Old"][1:] == RISING[1:]
    assert found["Old"][0][1] == 100  # where it comes into the frame


def test_picture_in_a_larger_clip_is_no_pattern():
    page = Drawing()
    page.add("q 80 470 330 140 re W n q 70 460 400 170 re W n")
    page.curve(RISING, RED)
    page.marks(RISING, RED)
    page.add("Q Q")
    page.key(0, "Old", RED, "square")
    assert named(page.read()[0]) == {"Old": RISING}


def test_last_name_goes_to_a_colour_that_is_nearly_its_own():
    page = Drawing()
    page.curve(RISING, RED)
    page.curve(FALLING, (0.62, 0.62, 0.62))
    page.key(0, "Old", RED)
    page.key(1, "New", (0.68, 0.68, 0.68))
    assert named(page.read()[0]) == {"Old": RISING, "New": FALLING}


def test_wide_blanks_and_lowered_letters_in_names():
    page = Drawing()
    page.curve(RISING, RED)
    page.curve(FALLING, BLUE)
    page.key(0, "List", RED)
    page.text(359.4, 587.2, "1024")
    page.key(1, "F", BLUE)
    page.text(348.2, 573.6, "ext", 5.6)
    assert named(page.read()[0]) == {"List 1024": RISING, "F_ext": FALLING}


def test_legend_of_another_plot_is_doubted():
    page = Drawing()
    page.curve(RISING, RED)
    page.curve(FALLING, BLUE)
    page.key(0, "Old", RED, left=210)
    page.key(1, "New", BLUE, left=210)
    page.parts.append("1 0 0 1 0 -250 cm")
    page.frame(330)
    page.curve(MIDDLE, RED)
    page.curve(RISING, BLUE)
    own, other = sorted(page.read(), key=lambda plot: plot.anchor.box[1])
    assert {series.name for series in own.series} == {"Old", "New"}
    assert min(series.confidence for series in own.series) >= 0.9
    assert all(series.name is None or series.confidence < confidence(()) for series in other.series)


def test_hollow_and_filled_markers_tell_black_curves_apart():
    page = Drawing()
    for points, paint in ((RISING, "f"), (FALLING, "S")):
        page.curve(points, BLACK)
        page.marks(points, BLACK, paint=paint)
    for row, (words, paint) in enumerate((("Hollow", "S"), ("Full", "f"))):
        page.stroke([(320, 590 - 12 * row), (338, 590 - 12 * row)], BLACK)
        page.mark(329, 590 - 12 * row, BLACK, paint=paint)
        page.text(343, 587.2 - 12 * row, words)
    assert named(page.read()[0]) == {"Full": RISING, "Hollow": FALLING}


def test_second_line_of_a_name():
    page = Drawing()
    page.curve(RISING, RED)
    page.curve(FALLING, BLUE)
    page.key(0, "Old", RED)
    page.stroke([(320, 560), (338, 560)], BLUE)
    page.text(343, 561.7, "New and")
    page.text(343, 552.7, "improved")
    plot = page.read()[0]
    assert named(plot) == {"Old": RISING, "New and improved": FALLING}
    assert {series.name for series in plot.series if series.confidence >= 0.9} == {"Old"}


def test_markers_that_a_thinned_curve_passes_by():
    page = Drawing()
    every = [(x, 30 + 0.02 * (x - 50) ** 2) for x in range(5, 96, 5)]
    page.curve([point for point in every if point[0] not in (45, 50, 55)], RED)
    page.marks(every, RED)
    page.curve(RISING, BLUE)
    page.marks(RISING, BLUE, "triangle")
    page.key(0, "Old", RED, "square")
    page.key(1, "New", BLUE, "triangle")
    found = named(page.read()[0])
    assert found == {"Old": [(x, round(y)) for x, y in every], "New": RISING}


def test_each_marker_goes_to_the_curve_that_it_stands_on():
    page = Drawing()
    above = [(x, y + 0.9) for x, y in RISING]
    page.curve(RISING, BLACK)
    page.curve(above, BLACK, "3 1")
    page.marks(above, BLACK, "diamond", size=5)
    page.marks(RISING, BLACK, "square", size=5)
    page.key(0, "Square", BLACK, "square")
    page.key(1, "Diamond", BLACK, "diamond", dashes="3 1")
    plot = page.read()[0]
    first = {series.name: series.points[0][1] for series in plot.series}
    assert first == {"Square": pytest.approx(20, abs=0.2), "Diamond": pytest.approx(20.9, abs=0.2)}


def test_curves_that_begin_at_one_marker_keep_it_both():
    page = Drawing()
    other = [RISING[0], *((x, y - 15) for x, y in RISING[1:])]
    for points, dashes in ((RISING, ""), (other, "3 1")):
        page.curve(points, RED, dashes)
        page.marks(points, RED)
    page.key(0, "Old", RED, "square")
    page.key(1, "New", RED, "square", dashes="3 1")
    assert named(page.read()[0]) == {"Old": RISING, "New": other}


def test_word_among_the_numbers_of_an_axis_is_doubted():
    page = Drawing()
    page.curve(RISING, RED)
    sure = page.read()[0].x_axis
    page.text(268, 486, "Max.")
    doubted = page.read()[0].x_axis
    assert sure.confidence >= 0.9 > doubted.confidence
    assert "words_among_labels" in {doubt.kind for doubt in doubted.doubts}


def test_names_below_each_other_with_samples_above_their_middle():
    page = Drawing()
    page.curve(RISING, RED)
    page.curve(FALLING, BLUE)
    for row, (words, color) in enumerate((("Old", RED), ("New", BLUE))):
        page.stroke([(320, 590 - 9 * row), (338, 590 - 9 * row)], color)
        page.text(343, 584.1 - 9 * row, words)
    assert named(page.read()[0]) == {"Old": RISING, "New": FALLING}
