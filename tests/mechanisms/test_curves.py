"""Curves are what the primitives say at their places, for chosen plots and for those that nobody chose."""

import copy
import dataclasses
import functools
import re

import numpy as np
import pytest

from gauntlet.mechanisms.catalogue import catalogue, find
from gauntlet.mechanisms.curves import curves_of

pytestmark = pytest.mark.filterwarnings("ignore::gauntlet.mechanisms._inputs.ValidityWarning")
DRAWN = [name for name, primitive in catalogue().items() if primitive.arguments]
drawn = functools.cache(lambda name: curves_of(find(name)))
CHOSEN = [name for name in DRAWN if catalogue()[name].plot]


def changed(example, place, value):
    """The example with another value at a place such as 'k', 'rtt_s[0]' or 'latency.sigma'."""
    result = copy.deepcopy(dict(example))
    *way, last = (int(key) if key.isdigit() else key for key in re.findall(r"\w+", place))
    inside = result
    for key in way:
        inside = inside[key]
    inside[last] = value
    return result


@pytest.mark.parametrize("name", CHOSEN)
def test_a_chosen_plot_is_well_formed(name):
    primitive = find(name)
    plot = primitive.plot
    outputs = [plot["y"]] if isinstance(plot["y"], str) else plot["y"]
    assert set(plot) <= {"x", "from", "to", "scale", "y", "y_scale", "lines"}
    assert {plot["scale"], plot.get("y_scale", "linear")} <= {"linear", "log"}
    assert {re.split(r"[.\[]", place)[0] for place in (plot["x"], *plot.get("lines", ()))} <= set(primitive.arguments)
    assert len({primitive.outputs[output] for output in outputs}) == 1
    assert len(plot.get("lines", {})) <= 1
    assert any(line.example is not None for line in drawn(name).lines), "no line holds the example"


@pytest.mark.parametrize("name", CHOSEN)
def test_a_curve_is_the_primitive_called_at_one_place_after_another(name):
    primitive, curves = find(name), drawn(name)
    plot = primitive.plot
    outputs = [plot["y"]] if isinstance(plot["y"], str) else plot["y"]
    place, values = next(iter(plot.get("lines", {"": [None]}).items()))
    examples = [changed(primitive.example, place, value) if place else primitive.example for value in values]
    for index in (0, curves.at.size // 3, 2 * curves.at.size // 3):
        results = [primitive.function(**changed(example, plot["x"], curves.at[index])) for example in examples]
        expected = [np.ravel(getattr(result, output)) for result in results for output in outputs]
        expected = np.concatenate(expected).astype(float)
        found = np.array([line.y[index] for line in curves.lines])
        shown = np.isfinite(expected) & ((expected > 0) | (plot["y_scale"] == "linear"))
        np.testing.assert_allclose(found, np.where(shown, expected, np.nan), rtol=1e-12)  # order of summation


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("chosen", [True, False])
def test_every_curve_has_something_to_show(name, chosen):
    curves = drawn(name) if chosen else curves_of(dataclasses.replace(find(name), plot={}))
    assert np.all(np.diff(curves.at) > 0)
    assert not curves.whole or np.array_equal(curves.at, np.rint(curves.at))
    for line in curves.lines:
        assert np.isfinite(line.y).sum() >= 2
        assert not np.isinf(line.y).any()


def test_a_plot_that_nobody_chose_follows_the_load():
    curves = curves_of(dataclasses.replace(find("mmc_response"), plot={}))
    assert (curves.x.words, curves.x.unit, curves.y.words) == ("arrival rate", "1/s", "response quantile")
    assert curves.at[0] < curves.example < curves.at[-1]


def test_infinities_are_cut_and_leave_the_frame():
    """M/M/1 with a service of 1 ms is infinite from 1000 per second on, and 1 / (1 - rho) below."""
    plot = {"x": "arrival_rate_per_s", "from": 0, "to": 1500, "y": "mean_response_s"}
    curves = curves_of(dataclasses.replace(find("mm1"), plot=plot))
    (line,) = curves.lines
    served = curves.at < 1000
    np.testing.assert_allclose(line.y[served], 1e-3 / (1 - curves.at[served] / 1000), rtol=1e-9)
    assert np.isnan(line.y[~served]).all()
    assert np.median(line.y[served]) < curves.top < line.y[served].max()
    assert line.example == pytest.approx(find("mm1").function(**find("mm1").example).mean_response_s)


def test_what_takes_no_argument_has_no_curve():
    assert curves_of(find("thomasian_thrash_point")) is None


def test_an_impossible_range_is_named():
    primitive = find("order_statistic")
    plot = {"x": "k", "y": "mean_s"}
    assert curves_of(dataclasses.replace(primitive, plot=plot)).at[-1] <= primitive.example["n"]
    broken = dataclasses.replace(primitive, plot=plot, example={**primitive.example, "n": 1})
    with pytest.raises(ValueError, match="order_statistic: no range of k to draw"):
        curves_of(broken)
