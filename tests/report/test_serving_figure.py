"""Pictures of serving: every deployment is named, and equal inputs give equal bytes."""

import numpy as np

from gauntlet.report.serving_figure import LoadLine, draw_comparison, draw_loads


def line(label, saturation=np.nan):
    load = np.linspace(1, 10, 20)
    return LoadLine(label, load, load / 10, load / 5, load / 100, load / 200, saturation)


def test_every_deployment_is_named_and_saturation_is_dashed():
    svg, png = draw_loads([line("first", 11.0), line("second")], "requests per second")
    text = svg.decode()
    for words in ("first", "second", "requests per second", "time to first token", "inter-token latency", "100 ms"):
        assert words in text
    assert "stroke-dasharray" in text
    assert png.startswith(b"\x89PNG")
    assert draw_loads([line("first", 11.0), line("second")], "requests per second") == (svg, png)


def test_unstable_loads_are_left_open():
    open_end = line("one")._replace(ttft_s=np.where(np.linspace(1, 10, 20) > 5, np.nan, 0.1))
    assert b"NaN" not in draw_loads([open_end], "requests per second")[0]


def test_points_without_an_estimate_are_not_drawn():
    estimated = {"itl_mean": np.array([0.01, np.nan, 0.03]), "ttft_p90": np.array([0.5, 0.6, 0.7])}
    measured = {"itl_mean": np.array([0.012, 0.02, 0.03]), "ttft_p90": np.array([0.4, 0.7, np.nan])}
    text = draw_comparison(estimated, measured)[0].decode()
    assert "itl mean  (2 points)" in text and "ttft p90  (2 points)" in text


def test_nothing_to_compare_is_an_empty_frame():
    assert b"measured" in draw_comparison({"itl_mean": np.array([np.nan])}, {"itl_mean": np.array([0.1])})[0]
