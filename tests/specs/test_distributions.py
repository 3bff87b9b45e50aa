"""Drawn distributions as quantiles, against the laws that the curves were drawn from."""

import math

import pytest

from gauntlet.errors import GauntletError, RecordError
from gauntlet.paper.records import Anchor, Axis, Figure, Plot, PlotSeries
from gauntlet.specs import points as specs_points
from gauntlet.specs.wire import WirePoints
from tests.agents import small_paper


def read_points(*asked):
    return specs_points.read_points(*asked, note=lambda *_: pytest.fail("nothing is to be corrected"))


ANCHOR = Anchor(page=1, box=(0.0, 0.0, 10.0, 10.0))


def axis(scale="linear", maximum=1.0):
    return Axis(scale=scale, label="", unit=None, minimum=0.001, maximum=maximum, residual_pt=0.0, ticks=())


def paper(points, error_x=0.0, error_y=0.0, shares="linear", values="linear", clipped=()):
    series = PlotSeries(
        id="figure-1/plot-1/series-1", name="Base", kind="line", color=None, points=points, reading_error_x=error_x,
        reading_error_y=error_y, clipped=clipped, anchor=ANCHOR,
    )  # fmt: skip
    plot = Plot(id="figure-1/plot-1", anchor=ANCHOR, x_axis=axis(values), y_axis=axis(shares), series=(series,))
    figure = Figure(
        id="figure-1", label="Figure 1", caption="Latency", anchor=ANCHOR, kind="vector", image=None, plots=(plot,)
    )
    return small_paper.paper().model_copy(update={"figures": (figure,)})


def wire(read_as="quantiles", x_unit="", y_unit="ms"):
    nothing = dict.fromkeys(("table", "along", "x_index", "y_index", "first", "last"))
    return WirePoints(
        **nothing, kind="series", series="figure-1/plot-1/series-1", text_points=[], read_as=read_as, x_unit=x_unit,
        y_unit=y_unit,
    )  # fmt: skip


LEVELS = (0.1, 0.5, 0.9, 0.99)
EXPONENTIAL_MS = [-2.0 * math.log(1 - level) for level in LEVELS]
"""Quantiles of an exponential law with a mean of 2 ms, by its inverse."""


@pytest.mark.parametrize(
    ("read_as", "share", "x_unit"),
    [
        ("quantiles", lambda level: level, ""),
        ("quantiles", lambda level: 100 * level, "%"),
        ("quantiles_of_excess", lambda level: 1 - level, ""),
        ("quantiles_of_excess", lambda level: 100 - 100 * level, "%"),
    ],
)
@pytest.mark.parametrize("level_unit", ["", "%"])
def test_levels_are_x_and_values_are_y(read_as, share, x_unit, level_unit):
    drawn = paper([(value, share(level)) for value, level in zip(EXPONENTIAL_MS, LEVELS, strict=True)])
    found = read_points(wire(read_as, x_unit), drawn, level_unit, "µs", "claim c")
    scale = 100 if level_unit else 1
    assert [point.x for point in found.points] == pytest.approx([scale * level for level in LEVELS])
    assert [point.y for point in found.points] == pytest.approx([1000 * value for value in EXPONENTIAL_MS])
    assert found.missing == ()


def test_a_faster_system_is_faster_at_every_level():
    """1.3 times: among shares at 10 ms it hardly shows, 0.9933 against 0.9985."""
    slow = read_points(wire(), paper([*zip(EXPONENTIAL_MS, LEVELS, strict=True)]), "", "ms", "c").points
    quicker = paper([(value / 1.3, level) for value, level in zip(EXPONENTIAL_MS, LEVELS, strict=True)])
    fast = read_points(wire(), quicker, "", "ms", "c")
    assert [one.y / other.y for one, other in zip(slow, fast.points, strict=True)] == pytest.approx([1.3] * 4)


def test_ends_and_what_lies_outside_are_left_out_with_a_reason():
    found = read_points(wire(), paper([(0.5, 0), (1, 0.5), (8, 0.9995), (9, 1), (9, 1.02)], 0, 0.001), "", "ms", "c")
    assert [point.x for point in found.points] == [0.5]
    assert [gap.x for gap in found.missing] == [0.0, 0.9995, 1.0, 1.02]
    assert all("between 0 and 1" in gap.reason for gap in found.missing)


def test_the_error_of_a_level_counts_as_far_as_the_curve_moves_within_it():
    """Where the curve is steep a level hardly moves the value; on a shoulder it moves it by the whole shoulder."""
    steep = paper([(1.0, 0.1), (1.01, 0.5), (1.02, 0.9)], error_y=0.01)
    assert all(point.reading_error < 5e-4 for point in read_points(wire(), steep, "", "ms", "c").points)
    stepped = paper([(1.0, 0.3), (1.0, 0.6), (9.0, 0.6), (9.0, 0.9)], error_y=0.01)
    points = read_points(wire(), stepped, "", "ms", "c").points
    assert [point.usable for point in points] == [True, False, False, True]
    assert points[1].reading_error == pytest.approx(8.0)


def test_errors_of_both_axes_add_up():
    """Local slope by hand: 0.4 levels are 4 ms of 6 ms, so 0.02 levels are 0.2 ms."""
    drawn = paper([(4.0, 0.3), (6.0, 0.5), (8.0, 0.7)], error_x=0.3, error_y=0.02)
    point = read_points(wire(), drawn, "", "ms", "c").points[1]
    assert point.reading_error == pytest.approx(math.hypot(0.3 / 6, 0.2 / 6))
    on_log = paper([(4.0, 0.3), (6.0, 0.5), (8.0, 0.7)], error_x=0.05, error_y=0.04, shares="log", values="log")
    point = read_points(wire(), on_log, "", "ms", "c").points[1]
    assert point.reading_error == pytest.approx(math.hypot(0.05, 0.2 / 6))


def test_a_point_on_the_frame_is_no_measurement():
    points = read_points(wire(), paper([(1, 0.2), (9, 0.9)], clipped=(1,)), "", "ms", "c").points
    assert [point.censored for point in points] == [False, True]


@pytest.mark.parametrize(
    ("asked", "level_unit", "words"),
    [
        (wire(x_unit="ms"), "ms", "have shares as x"),
        (wire(), None, "with the level as x_variable"),
        (wire(), "ms", "does not convert"),
    ],
)
def test_what_is_no_distribution_is_refused(asked, level_unit, words):
    with pytest.raises(GauntletError, match=words):
        read_points(asked, paper([(1, 0.2), (9, 0.9)]), level_unit, "ms", "claim c")


def test_shares_in_per_cent_need_their_unit():
    with pytest.raises(RecordError, match="ends at 100"):
        read_points(wire(), paper([(1, 20), (9, 90)]), "", "ms", "claim c")
