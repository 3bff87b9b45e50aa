"""The small pictures of primitives: what they show is read back from their own axes."""

import dataclasses
import re
from xml.etree import ElementTree

import numpy as np
import pytest

from gauntlet.mechanisms.catalogue import catalogue, find
from gauntlet.mechanisms.curves import curves_of
from gauntlet.report.primitive_figure import draw_primitive

SVG = "{http://www.w3.org/2000/svg}"
LARGEST_BYTES = 13_000


def drawn(name, **plot):
    primitive = find(name) if not plot else dataclasses.replace(find(name), plot=plot)
    return draw_primitive(curves_of(primitive))


def numbers_at(tree, anchor):
    """Words and places of the numbers at an axis: those below it stand in the middle, those beside it at their end."""
    texts = [text for text in tree.iter(f"{SVG}text") if f"text-anchor: {anchor}" in text.get("style", "")]
    return [(text.text, float(text.get("x" if anchor == "middle" else "y"))) for text in texts]


def strokes_beside(tree):
    """Heights of the strokes at the upright axis: letters stand a little lower."""
    groups = [
        [(use.get("x"), float(use.get("y"))) for use in group.iter(f"{SVG}use")] for group in tree.iter(f"{SVG}g")
    ]
    return next([y for _, y in group] for group in groups if len(group) > 1 and len({x for x, _ in group}) == 1)


def curve_of(tree, color):
    paths = (path for path in tree.iter(f"{SVG}path") if f"stroke: {color}" in path.get("style", ""))
    longest = max((path.get("d") for path in paths), key=len)
    return np.array(re.findall(r"-?\d+(?:\.\d+)?", longest), dtype=float).reshape(-1, 2)


def test_the_curve_stands_where_its_axes_say():
    """M/M/1 with a service of 1 ms: 1 / (1 - rho) ms, read back through the numbers at the axes."""
    svg, _ = drawn("mm1", x="arrival_rate_per_s", **{"from": 0, "to": 1000}, scale="linear", y="mean_response_s")
    tree = ElementTree.fromstring(svg)
    below = [(float(word), place) for word, place in numbers_at(tree, "middle") if word.isdigit()]
    beside = [
        (float(word), place) for (word, _), place in zip(numbers_at(tree, "end"), strokes_beside(tree), strict=True)
    ]
    rates = np.polyfit([place for _, place in below], [value for value, _ in below], 1)
    heights = np.polyfit([place for _, place in beside], [value for value, _ in beside], 1)
    curve = curve_of(tree, "#0a62a6")
    rate_per_s, response_ms = np.polyval(rates, curve[:, 0]), np.polyval(heights, curve[:, 1])
    inside = rate_per_s < 850
    assert inside.sum() > 50
    np.testing.assert_allclose(  # places are written to a tenth of a point, and 1 ms is 12 of them high
        response_ms[inside], 1 / (1 - rate_per_s[inside] / 1000), rtol=0.02
    )


def test_a_logarithmic_axis_tells_powers_with_their_unit():
    tree = ElementTree.fromstring(drawn("hockney")[0])
    words = [word for word, _ in numbers_at(tree, "middle")]
    assert {"1 kB", "1 MB", "100 MB"} <= set(words)
    places = dict(numbers_at(tree, "end"))
    assert places["1 ms"] - places["10 ms"] == pytest.approx(places["10 µs"] - places["100 µs"], abs=0.2)


def test_equal_curves_give_equal_bytes_without_a_date():
    svg, png = drawn("mmc")
    assert (svg, png) == drawn("mmc")
    assert b"<text" in svg
    assert not re.search(rb"<dc:|rotate\(-0|20\d\d-", svg)
    assert not re.search(rb"tEXt|tIME", png)


@pytest.mark.parametrize("name", ["consensus_message_counts", "bloom_filter", "gpu_occupancy", "collective_time"])
def test_the_largest_pictures_are_small(name):
    assert len(drawn(name)[0]) < LARGEST_BYTES


def test_the_error_of_the_form_is_a_band():
    assert "error of its form" not in drawn("mm1")[0].decode()
    banded = dataclasses.replace(find("mm1"), model_form_error=0.25)
    assert "± 25 % error of its form" in draw_primitive(curves_of(banded))[0].decode()


def test_what_nobody_chose_is_drawn_as_well():
    for name in list(catalogue())[:5]:
        ElementTree.fromstring(draw_primitive(curves_of(dataclasses.replace(find(name), plot={})))[0])
