"""The benchmark's harness sees names alone, and matches claims by them."""

import dataclasses
import json

import pytest

from benchmarks.gapbench.answers import finding_type, prediction
from benchmarks.gapbench.names import Name, match, read_names
from gauntlet.paper.records import Anchor, Axis, Figure, Paper, Plot, PlotSeries
from tests.batch.fake import made_verdict
from tests.costs.example import spec

ANCHOR = Anchor(page=1, box=(0, 0, 1, 1))


def axis(label):
    return Axis(scale="linear", label=label, unit=None, minimum=0, maximum=1, residual_pt=0, ticks=())


def paper():
    series = tuple(
        PlotSeries(
            id=f"figure-1-plot-1-series-{number}", name=None, kind="line", color=None, points=(), reading_error_x=0,
            reading_error_y=0, anchor=ANCHOR,
        )
        for number in (1, 2)
    )  # fmt: skip
    plot = Plot(id="p", anchor=ANCHOR, x_axis=axis("Offered load (krps)"), y_axis=axis("Mean latency"), series=series)
    figure = Figure(id="f", label="Figure 1", caption="", anchor=ANCHOR, kind="vector", image=None, plots=(plot,))
    return Paper(
        sha256="0", title="t", page_count=1, pages=(), blocks=(), tables=(), figures=(figure,), hidden=(), notes=()
    )


def name(identifier, system="Shared", role="proposed", shown_in="Figure 1", metric="mean latency"):
    return Name(identifier, metric, "Offered load", system, role, shown_in)


def test_nothing_but_names_is_read(tmp_path):
    claim = {
        "id": "a/proposed",
        "metric": "m",
        "x_name": "x",
        "system": "s",
        "role": "proposed",
        "shown_in": "Figure 1",
    }
    secret = {"label": "MAGIC_GAP", "k": 3.0, "y": [1.0], "oracle": [2.0], "factors": [3.0], "roofline": [4.0]}
    path = tmp_path / "paper.truth.json"
    path.write_text(json.dumps({"overall": "MAGIC_GAP", "parameters": {"p": 1}, "claims": [claim | secret]}))
    (found,) = read_names(path)
    assert dataclasses.asdict(found) == claim


def test_system_and_place_decide():
    matches = match((name("new"), name("old", "Partitioned", "baseline")), spec(), paper())
    assert {each.name.id: each.claim.id for each in matches} == {"new": "shared_curve", "old": "partitioned_curve"}
    assert match((name("elsewhere", shown_in="Figure 2"), name("table", shown_in="Table 1")), spec(), paper()) == ()


def test_the_role_decides_where_no_system_bears_the_name():
    (found,) = match((name("new", system="Never mentioned"),), spec(), paper())
    assert found.claim.id == "shared_curve"


def test_of_two_the_more_alike_wins_and_a_claim_is_used_once():
    (found,) = match((name("unlike", metric="hit ratio"), name("alike")), spec(), paper())
    assert found.name.id == "alike"


@pytest.mark.parametrize(("gap", "factor"), [(2.5, 2.5), (0.4, 2.5), (None, None)])
def test_predictions_hold_labels_and_factors_of_at_least_one(gap, factor):
    verdict = made_verdict("0", "t", "MAGIC_GAP")
    judged = verdict.claims[0].model_copy(update={"claim": "shared_curve", "gap": gap})
    verdict = verdict.model_copy(update={"claims": (judged,)})
    found = prediction(verdict, {"new": "shared_curve", "old": "not judged"}, ["littles_law:a:b:3", "contradiction:c"])
    assert found["overall"] == "MAGIC_GAP"
    assert found["claims"] == {"new": {"verdict": "MAGIC_GAP", "gap_factor": factor and pytest.approx(factor)}}
    assert found["inconsistencies"] == [{"type": "LITTLES_LAW"}]


def test_findings_have_the_benchmarks_words_or_none():
    assert finding_type("littles_law:a:b:3") == "LITTLES_LAW"
    assert finding_type("percentiles_crossed:a:b:3") is None
