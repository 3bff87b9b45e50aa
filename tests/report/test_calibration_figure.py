"""The picture of a curve: what it says stands on the page, and equal curves give equal bytes."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest

from gauntlet.hardware.calibration.samples import Peaks, Sample
from gauntlet.hardware.curves import Calibration, EfficiencyCurve
from gauntlet.hardware.registry import Registry
from gauntlet.report.calibration_figure import draw_calibration

WIDTH, HEIGHT = 540, 400
WIDEST_LETTER = 6.2  # of DejaVu Sans at 8.5 points, on average over words


@pytest.fixture(scope="module")
def curve() -> EfficiencyCurve:
    return Calibration.load(Registry.load().folder / "curves" / "jetson_orin_agx.json").curves[0]


def texts(svg: bytes) -> list[tuple[str, float, float]]:
    """Words with the place where they start, or their middle."""
    found = []
    for element in ET.fromstring(svg).iter():
        if element.tag.endswith("text"):
            place = re.search(r"translate\(([-\d.]+)[ ,]+([-\d.]+)\)", element.get("transform", ""))
            x, y = place.groups() if place else (element.get("x"), element.get("y"))
            found.append((element.text or "", float(x), float(y)))
    return found


@pytest.mark.parametrize("variable", ["work_flop", "moved_bytes", "intensity_flop_per_byte", "bound_s"])
def test_every_word_stands_on_the_page(curve, variable):
    drawn = curve.model_copy(update={"variable": variable})
    svg, png = draw_calibration(drawn, "conv2d fp16 on gpu/jetson_orin_agx", previous=drawn)
    assert png.startswith(b"\x89PNG")
    found = texts(svg)
    assert all(-1 <= x <= WIDTH and 0 <= y <= HEIGHT for _, x, y in found)
    words, x, _ = next(text for text in found if text[0] == "previous")
    assert x + WIDEST_LETTER * len(words) < WIDTH
    said = {text for text, _, _ in found}
    assert {"conv2d fp16 on gpu/jetson_orin_agx", curve.form.shape, "90 % of curve", "90 % of unseen rows"} <= said


def test_the_same_curve_gives_the_same_bytes(curve):
    assert draw_calibration(curve, "title") == draw_calibration(curve, "title")


def test_what_was_measured_is_on_the_picture(curve):
    """A point moved in the record moves in the picture."""
    first, *rest = curve.points
    moved = first.model_copy(update={"efficiency": first.efficiency / 2, "low": first.efficiency / 4})
    other = curve.model_copy(update={"points": (moved, *rest)})
    assert draw_calibration(curve, "title")[0] != draw_calibration(other, "title")[0]


def test_rows_are_drawn_with_the_spread_of_their_repeats(curve):
    at = np.array([1e-5, 1e-4])
    time_s = at / 0.1
    peaks = Peaks(curve.peak_flop_per_s, curve.memory_bandwidth_bytes_per_s, "as in the curve")
    calm = Sample("conv2d", "fp16", "bound_s", True, peaks, at, at, time_s, time_s, time_s, ("a", "b"), (0, 1), None)
    restless = replace(calm, time_high_s=2 * time_s)
    pictures = [draw_calibration(curve, "title", sample)[0] for sample in (None, calm, restless)]
    assert len(set(pictures)) == 3
