"""Figures are looked at by eye; programs check what a program can see: colours, determinism, odd values."""

import math
import re

import pytest

from gauntlet.report.figure import Rival, _how_far, render_claim
from gauntlet.report.style import BLUE, GREEN, RED
from tests.costs import example
from tests.report.cases import written


@pytest.fixture(scope="module")
def claims(tmp_path_factory):
    report = written(tmp_path_factory.mktemp("figures"), example.spec(0.7))
    return {claim.id: claim for claim in report.claims}


@pytest.mark.parametrize("name", ["shared_curve", "shared_peaks", "shared_ratio"])
def test_a_figure_shows_baseline_mechanism_and_claims(claims, name):
    svg, png = render_claim(claims[name], None, Rival())
    text = svg.decode()
    assert all(color in text for color in (BLUE, GREEN, RED))
    assert "<date>" not in text
    assert not re.search(rb"tEXt|tIME", png)
    assert (svg, png) == render_claim(claims[name], None, Rival())


@pytest.mark.parametrize("value", [math.inf, 0.0, 1e12])
@pytest.mark.parametrize("fields", [("predicted_high", "predicted_median"), ("predicted_low", "claimed", "bound")])
@pytest.mark.parametrize("name", ["shared_curve", "shared_peaks", "shared_ratio"])
def test_odd_values_are_drawn_without_a_crash(claims, name, fields, value):
    rows = (claims[name].rows[0].model_copy(update=dict.fromkeys(fields, value)), *claims[name].rows[1:])
    svg, _ = render_claim(claims[name].model_copy(update={"rows": rows}), None, Rival())
    assert svg.startswith(b"<?xml")


@pytest.mark.parametrize(
    ("label", "bound", "told"),
    [
        ("IMPOSSIBLE", 2.0, "2× past the bound"),
        ("IMPOSSIBLE", None, "3×"),
        ("MAGIC_GAP", 2.0, "3×"),
        ("CONSISTENT", 2.0, ""),
    ],
)
def test_the_impossible_says_how_far_past_its_bound_and_others_their_gap(claims, label, bound, told):
    """A time of 1 where nothing takes less than 2, and 3 were predicted."""
    row = claims["shared_curve"].rows[0].model_copy(update={"claimed": 1.0, "bound": bound, "label": label})
    claim = claims["shared_curve"].model_copy(update={"label": label, "gap": 3.0, "rows": (row,)})
    assert _how_far(claim) == told


def test_words_of_the_paper_are_no_formulas(claims):
    claim = claims["shared_curve"].model_copy(update={"statement": r"$\frac{1", "metric": "$x$", "x_name": "a_b^c$"})
    assert render_claim(claim, None, Rival())[0] != render_claim(claims["shared_curve"], None, Rival())[0]


def test_numbers_on_the_axes_are_whole_without_a_power_set_apart(claims):
    from gauntlet.report.figure import _draw

    large = {"predicted_low": 2e7, "predicted_median": 3e7, "predicted_high": 4e7, "claimed": 2.5e7}
    large |= {"baseline_predicted": None, "bound": None}
    rows = [row.model_copy(update=large) for row in claims["shared_curve"].rows]
    for claim, expected in (
        (claims["shared_curve"].model_copy(update={"rows": tuple(rows)}), 2e7),
        (claims["shared_curve"], None),
    ):
        axes = _draw(claim, None, Rival()).axes[0]
        upright = [text for text in axes.texts if text.get_ha() == "right"]
        assert all(float(text.get_text()) == pytest.approx(text.get_position()[1], rel=1e-6) for text in upright)
        assert expected is None or expected in [text.get_position()[1] for text in upright]
        assert len(axes.yaxis.get_majorticklocs()) == 0


def test_the_picture_shows_what_the_vector_figure_shows(claims):
    import io

    from PIL import Image

    _, png = render_claim(claims["shared_curve"], None, Rival())
    picture = Image.open(io.BytesIO(png))
    assert picture.size == (1080, 900)  # 7.2 x 6 inches at 150 dots
    counts = {color: count for count, color in picture.getcolors(maxcolors=1 << 20)}
    for name in (BLUE, GREEN, RED):
        assert counts[tuple(bytes.fromhex(name[1:]))] > 50


def test_wide_data_get_logarithmic_axes(claims):
    rows = tuple(
        row.model_copy(update={"x": 10.0**index, "claimed": 3 * 10.0**index, "predicted_median": 2 * 10.0**index})
        for index, row in enumerate(claims["shared_curve"].rows)
    )
    from gauntlet.report.figure import _draw

    axes = _draw(claims["shared_curve"].model_copy(update={"rows": rows}), None, Rival()).axes[0]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    near = _draw(claims["shared_curve"], None, Rival()).axes[0]
    assert near.get_xscale() == near.get_yscale() == "linear"


def test_the_gap_panel_stands_below_on_the_same_axis_with_the_better_side_up(claims):
    from gauntlet.report.figure import _draw
    from gauntlet.report.gap_panel import _band

    claim = claims["shared_curve"]
    upper, lower = _draw(claim, None, Rival()).axes
    assert upper.get_xlim() == lower.get_xlim() and upper.get_position().y0 > lower.get_position().y1
    marks = [line for line in lower.lines if line.get_marker() == "X"]
    shown = sorted(value for line in marks for value in line.get_ydata())
    assert shown == pytest.approx(sorted(row.gap for row in claim.rows if row.used), rel=1e-6)
    low, high = _band(claim.rows, claim.better)
    assert claim.better == "lower"
    assert high[0] == pytest.approx(claim.rows[0].predicted_median / claim.rows[0].predicted_low)
    assert all(low <= 1) and all(high >= 1)
