"""Objections to what is well-formed and still cannot be modelled well; each with the repaired form that passes."""

import pytest

from gauntlet.paper.records import Anchor, Axis, Figure, Plot, PlotSeries
from gauntlet.specs.claims import Point, SeriesSource
from gauntlet.specs.coherence import incoherences
from tests.agents import small_paper
from tests.costs import example


def with_loops(first, second, metric_of_second=None):
    """The example with its first two claims of one mechanism and metric under workloads of the loops given."""
    spec = example.spec()
    load = spec.workloads[0]
    workloads = tuple(
        load.model_copy(update={"id": name, "loop": loop}) for name, loop in (("a", first), ("b", second))
    )
    one = next(claim for claim in spec.claims if claim.relative_to is None)
    claims = (
        one.model_copy(update={"id": "one", "workload": "a"}),
        one.model_copy(update={"id": "two", "workload": "b", "metric": metric_of_second or one.metric}),
    )
    return spec.model_copy(update={"workloads": workloads, "claims": claims})


@pytest.mark.parametrize("loops", [("open", "closed"), ("closed", "open"), ("closed", "batch")])
def test_one_metric_under_two_loops_is_objected_to_once(loops):
    (problem,) = incoherences(with_loops(*loops), small_paper.paper())
    assert problem.where.startswith("claim")
    assert all(words in problem.message for words in (*loops, "one", "two", "second metric"))


@pytest.mark.parametrize("loops", [("open", "open"), ("open", "unstated"), ("unstated", "closed")])
def test_one_loop_or_an_unstated_one_is_none(loops):
    assert incoherences(with_loops(*loops), small_paper.paper()) == ()


def test_two_metrics_are_the_repair():
    spec = with_loops("open", "closed")
    other = next(metric.id for metric in spec.metrics if metric.id != spec.claims[0].metric)
    assert incoherences(with_loops("open", "closed", other), small_paper.paper()) == ()


@pytest.mark.parametrize(
    ("title", "x_unit", "unit", "y", "objected"),
    [
        ("Cumulative fraction", "ms", "", 0.5, True),
        ("CDF (%)", "ms", "%", 50, True),
        ("CCDF", "ms", "", 1.01, True),
        ("Cumulative fraction", None, "", 0.5, False),
        ("Cumulative failures", "h", "", 50, False),
        ("Hit ratio", "MB", "", 0.5, False),
        ("CDF", "ms", "ms", 0.5, False),
    ],
)
def test_shares_up_to_a_value_are_to_be_claimed_as_values(title, x_unit, unit, y, objected):
    anchor = Anchor(page=1, box=(0.0, 0.0, 1.0, 1.0))
    axes = [
        Axis(scale="linear", label=words, title=words, unit=of, minimum=0, maximum=1, residual_pt=0, ticks=())
        for words, of in (("Latency", x_unit), (title, None))
    ]
    series = PlotSeries(
        id="s", name=None, kind="line", color=None, points=((1, y),), reading_error_x=0, reading_error_y=0,
        anchor=anchor,
    )  # fmt: skip
    plot = Plot(id="p", anchor=anchor, x_axis=axes[0], y_axis=axes[1], series=(series,))
    figure = Figure(id="f", label="Figure 1", caption="", anchor=anchor, kind="vector", image=None, plots=(plot,))
    paper = small_paper.paper().model_copy(update={"figures": (figure,)})
    spec = example.spec()
    claim = next(one for one in spec.claims if one.relative_to is None)
    point = Point(x=1.0, y=0.5, reading_error=0.0, source=SeriesSource(series="s", index=0))
    metrics = tuple(m.model_copy(update={"unit": unit}) if m.id == claim.metric else m for m in spec.metrics)
    drawn = spec.model_copy(update={"claims": (claim.model_copy(update={"points": (point,)}),), "metrics": metrics})
    assert [problem.where for problem in incoherences(drawn, paper)] == ([f"claim {claim.id}"] if objected else [])
