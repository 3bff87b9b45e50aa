"""Figures are looked at by eye; programs check what a program can see: colours, determinism, odd values."""

import math
import re

import pytest

from gauntlet.report.figure import BLUE, GREEN, RED, Rival, render_claim
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


def test_words_of_the_paper_are_no_formulas(claims):
    claim = claims["shared_curve"].model_copy(update={"statement": r"$\frac{1", "metric": "$x$", "x_name": "a_b^c$"})
    assert render_claim(claim, None, Rival())[0] != render_claim(claims["shared_curve"], None, Rival())[0]


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
