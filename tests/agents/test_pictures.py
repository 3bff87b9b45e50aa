"""Figures that are images: shown alone to a model that sees them, and marked as read by it."""

import json

import pytest

from gauntlet.agents.exchanges import Exchanges
from gauntlet.agents.handoff import HandoffModel
from gauntlet.agents.pictures import LEAST_ERROR, read_pictures
from gauntlet.errors import AnswerPending
from gauntlet.paper.records import Anchor, Figure
from gauntlet.paper.text import figure_lines
from gauntlet.specs.points import USABLE_CONFIDENCE
from tests.agents import small_paper
from tests.agents.scripted import ScriptedModel

REFUSED = "the figure is a raster image: its points were not read"


def axis(title, unit, low, high, scale="linear"):
    return {"title": title, "unit": unit, "scale": scale, "start": low, "end": high, "categories": []}


def answer(y_axis=None, points=((1, 20.0), (4, 75.0)), error_share=0.05):
    series = {
        "name": "Ours",
        "kind": "line+marker",
        "points": [{"x": x, "y": y} for x, y in points],
        "error_share": error_share,
    }
    plot = {
        "x_axis": axis("Clients", None, 0, 5),
        "y_axis": y_axis or axis("Throughput (kops/s)", "kops/s", 0, 100),
        "series": [series],
    }
    return json.dumps({"plots": [plot], "unread": None})


@pytest.fixture
def paper(tmp_path):
    (tmp_path / "figures").mkdir()
    anchor = Anchor(page=1, box=(50, 300, 250, 450))
    figures = []
    for number, kind in ((1, "raster"), (2, "vector")):
        image = f"figures/figure-{number}.png"
        (tmp_path / image).write_bytes(b"\x89PNG picture %d" % number)
        figures.append(
            Figure(
                id=f"figure-{number}", label=f"Figure {number}", caption=f"Caption {number}", anchor=anchor, kind=kind,
                image=image, plots=(), refused=(REFUSED,),
            )
        )  # fmt: skip
    return small_paper.paper().model_copy(update={"figures": tuple(figures)})


def seeing(*answers):
    model = ScriptedModel(answers)
    model.sees_images = True
    return model


def test_a_blind_model_is_asked_nothing(paper, tmp_path):
    model = ScriptedModel()
    assert read_pictures(paper, model, Exchanges(tmp_path)) is paper
    assert model.asked == []


def test_a_picture_becomes_a_doubted_plot_with_its_reading_error(paper, tmp_path):
    model = seeing(answer())
    read = read_pictures(paper, model, Exchanges(tmp_path))
    (request,) = model.asked
    assert [image.png for image in request.images] == [b"\x89PNG picture 1"]
    assert "Caption 1" in request.user and "Caption 2" not in request.user
    first, second = read.figures
    (series,) = first.plots[0].series
    assert series.points == ((1.0, 20.0), (4.0, 75.0)) and series.name == "Ours"
    assert series.reading_error_y == pytest.approx(5.0)  # 5 % of an axis of 100
    assert [doubt.kind for doubt in series.doubts] == ["read_by_model"]
    assert USABLE_CONFIDENCE <= series.confidence < 0.9
    assert first.refused == () and any("read by a model" in line for line in figure_lines(first))
    assert second == paper.figures[1]
    assert read.series(series.id) is not None


@pytest.mark.parametrize(
    ("scale", "low", "high", "expected"),
    [("linear", 0, 100, LEAST_ERROR * 100), ("log", 1, 1000, 1000**LEAST_ERROR - 1)],
)
def test_no_eye_is_better_than_the_least_error(paper, tmp_path, scale, low, high, expected):
    told = answer(axis("Latency (ms)", "ms", low, high, scale), points=((1, 20.0),), error_share=0.0)
    read = read_pictures(paper, seeing(told), Exchanges(tmp_path))
    assert read.figures[0].plots[0].series[0].reading_error_y == pytest.approx(expected)


@pytest.mark.parametrize(
    "wrong",
    [
        answer(axis("Throughput", "kops/s", 100, 100)),
        answer(axis("Throughput", "kops/s", 0, 100, "log")),
        answer(axis("Throughput", "kops/s", 0, 100, "category")),
        answer(points=((1, 250.0),)),
    ],
)
def test_what_no_figure_can_be_is_asked_again_and_then_refused_by_name(paper, tmp_path, wrong):
    assert read_pictures(paper, seeing(wrong, answer()), Exchanges(tmp_path)).figures[0].plots
    stubborn = read_pictures(paper, seeing(wrong, wrong), Exchanges(tmp_path))
    assert stubborn.figures[0].plots == ()
    assert stubborn.figures[0].refused[0] == REFUSED and "model was asked" in stubborn.figures[0].refused[1]


def test_an_image_without_plots_stays_refused(paper, tmp_path):
    told = json.dumps({"plots": [], "unread": "a photograph"})
    assert read_pictures(paper, seeing(told), Exchanges(tmp_path)).figures[0].refused == (REFUSED,)


def test_a_handoff_names_every_picture_it_waits_for(paper, tmp_path):
    both = [figure.model_copy(update={"kind": "raster"}) for figure in paper.figures]
    with pytest.raises(AnswerPending) as waiting:
        read_pictures(
            paper.model_copy(update={"figures": tuple(both)}), HandoffModel(tmp_path / "handoff"), Exchanges(tmp_path)
        )
    assert "09-picture-1" in str(waiting.value) and "09-picture-2" in str(waiting.value)
    assert (tmp_path / "handoff" / "09-picture-2.image-1-figure-2.png").read_bytes() == b"\x89PNG picture 2"


def test_values_may_fall_along_an_axis(paper, tmp_path):
    told = answer(axis("Error (%)", "%", 100, 0))
    y_axis = read_pictures(paper, seeing(told), Exchanges(tmp_path)).figures[0].plots[0].y_axis
    assert (y_axis.minimum, y_axis.maximum, y_axis.falls) == (0, 100, True)
