"""From a model's answer to a specification: what is not in the paper is set aside with its reason."""

import json
from pathlib import Path

import pytest

from gauntlet.hardware.registry import Registry
from gauntlet.paper.records import Anchor, Axis, Cell, Figure, Page, Paper, Plot, PlotSeries, Table, Word
from gauntlet.specs.build import build_spec
from gauntlet.specs.evidence import Evidence, Origin
from gauntlet.specs.values import build_variable
from gauntlet.specs.wire import WireSpec, WireValue, WireVariable

TEXT = (
    "Without it Hearth loses a fifth of its speed. "
    "Each request takes 20 µs of processor time. We use eight cores. "
    "Hearth reaches 1.9 × the throughput of the baseline at 350 kRPS. The hand-off costs 400 ns."
)


@pytest.fixture
def paper() -> Paper:
    box = (0.0, 0.0, 10.0, 10.0)
    words = tuple(
        Word(text=text, box=(50.0 + 40 * (i % 10), 50.0 + 14 * (i // 10), 85.0 + 40 * (i % 10), 60.0 + 14 * (i // 10)))
        for i, text in enumerate(TEXT.split())
    )
    rows = (("Cores", "Base (µs)", "Hearth (µs)"), ("2", "491", "252"), ("4", "OOM", "153"), ("8", "469", "1,100"))
    cells = tuple(
        Cell(row=r, column=c, text=text, anchor=Anchor(page=1, box=box))
        for r, row in enumerate(rows)
        for c, text in enumerate(row)
    )
    table = Table(
        id="table-1", label="Table 1", caption="p99", anchor=Anchor(page=1, box=box), header_rows=1, cells=cells
    )
    axis = Axis(
        scale="linear", label="Load", unit="kRPS", minimum=0, maximum=400, residual_pt=0.01, ticks=(0.0, 200.0, 400.0)
    )
    series = PlotSeries(
        id="figure-1/a/s1",
        name="Hearth",
        kind="line+marker",
        color="#ff0000",
        points=((50.0, 30.0), (200.0, 0.1), (380.0, 400.0)),
        reading_error_x=0.4,
        reading_error_y=0.4,
        clipped=(2,),
        anchor=Anchor(page=1, box=box),
    )
    plot = Plot(id="figure-1/a", anchor=Anchor(page=1, box=box), x_axis=axis, y_axis=axis, series=(series,))
    figure = Figure(
        id="figure-1",
        label="Figure 1",
        caption="Mean latency",
        anchor=Anchor(page=1, box=box),
        kind="vector",
        image=None,
        plots=(plot,),
    )
    page = Page(number=1, label="335", width=612, height=792, words=words)
    return Paper(
        sha256="a" * 64,
        title="Hearth",
        page_count=1,
        pages=(page,),
        blocks=(),
        tables=(table,),
        figures=(figure,),
        hidden=(),
        notes=(),
    )


@pytest.fixture
def answer() -> dict:
    return json.loads((Path(__file__).parent / "answer.json").read_text(encoding="utf-8"))


def build(answer, paper):
    wire = WireSpec.model_validate(answer)
    return build_spec(wire, paper, Registry.load(), Origin(kind="human"))


def test_a_clean_answer_has_no_problems(answer, paper):
    spec, problems = build(answer, paper)
    assert problems == ()
    assert spec.variable("service").evidence[0].boxes
    assert spec.variable("service").evidence[0].label == "335"
    assert spec.approval.status == "unapproved"


def test_table_points_are_read_by_the_program(answer, paper):
    claim = build(answer, paper)[0].claim("p99_table")
    assert [(point.x, point.y) for point in claim.points] == [(2.0, 252.0), (4.0, 153.0), (8.0, 1100.0)]
    assert claim.points[0].reading_error == pytest.approx(0.5 / 252)


def test_a_cell_without_a_number_is_missing_with_its_words(answer, paper):
    answer["claims"][0]["points"]["y_index"] = 1
    claim = build(answer, paper)[0].claim("p99_table")
    assert [(gap.x, gap.reason) for gap in claim.missing] == [(4.0, "OOM")]


def test_series_points_keep_clipping_and_reading_error(answer, paper):
    claim = build(answer, paper)[0].claim("mean_series")
    assert [point.censored for point in claim.points] == [False, False, True]
    assert claim.points[0].reading_error == pytest.approx(0.4 / 30)
    assert [point.usable for point in claim.points] == [True, False, True]  # 0.1 is read to 0.4
    assert claim.points[0].y == pytest.approx(30.0)


def test_registry_and_prior_values_come_from_the_registry(answer, paper):
    spec, _ = build(answer, paper)
    peak = spec.variable("peak")
    assert peak.value.value == Registry.load().reference("gpu/a100_sxm_80gb:memory_bandwidth_bytes_per_s").value
    assert peak.unit == "B/s"
    prior = Registry.load().prior("network.rtt_same_rack_tcp")
    assert spec.variable("rtt").value.typical == prior.typical
    assert spec.variable("rtt").basis == prior.source


@pytest.mark.parametrize(
    ("change", "where", "words"),
    [
        (lambda a: a["variables"][0]["evidence"][0].update(quotation="takes 25 µs"), "variable service", "is not on"),
        (lambda a: a["variables"][0]["value"].update(value=25.0), "variable service", "does not occur"),
        (lambda a: a["variables"][0].update(evidence=[]), "variable service", "no quotation"),
        (lambda a: a["claims"][0].update(mechanism="nothing"), "claim p99_table", "not among the mechanisms"),
        (lambda a: a["claims"][0]["points"].update(table="table-9"), "claim p99_table", "table-1"),
        (lambda a: a["claims"][0]["points"].update(y_unit="GB/s"), "claim p99_table", "does not convert"),
        (lambda a: a["claims"][1]["points"].update(series="figure-1/a/s9"), "claim mean_series", "figure-1/a/s1"),
        (lambda a: a["metrics"][0].update(unit="furlongs"), "metric p99", "furlongs"),
        (lambda a: a["metrics"][0].update(quantile=None), "claim p99_table", "give the metric its quantile"),
        (lambda a: a["variables"].append(a["variables"][0]), "variables service", "more than once"),
        (lambda a: a["variables"][3].update(registry="gpu/h900:tdp_w"), "variable peak", "h900"),
        (lambda a: a["claims"][2]["points"]["text_points"][0].update(y=2.9), "claim speedup", "does not occur"),
        (lambda a: a["mechanisms"][0].update(id="Not An Id"), "mechanism Not An Id", "pattern"),
        (lambda a: a.update(claims=[]), "specification", "no claim"),
        (lambda a: a["variables"][0]["value"].update(kind="derived", expression="2 + 1"), "variable service", "exact"),
        (lambda a: a["variables"][0]["value"].update(kind="derived", expression="7 * cores"), "variable service", "7"),
    ],
)
def test_what_does_not_hold_is_a_problem_and_is_set_aside(answer, paper, change, where, words):
    change(answer)
    spec, problems = build(answer, paper)
    assert any(where in problem.where and words in problem.message for problem in problems), problems
    assert any(where in refused.what for refused in spec.refused)


def test_a_value_without_its_words_is_no_longer_the_papers(answer, paper):
    answer["variables"][0]["value"]["value"] = 25.0
    spec, _ = build(answer, paper)
    assert spec.variable("service").source == "assumed"


@pytest.mark.parametrize(("value", "source"), [(0.9, "paper"), (0.8, "assumed")])
def test_a_share_may_be_printed_in_per_cent(paper, value, source):
    quoted = (Evidence(page=1, quotation="Of all requests 90% are reads."),)
    said = WireValue(kind="exact", value=value, low=None, typical=None, high=None, values=[], expression=None)
    share = WireVariable(
        id="reads", symbol=None, meaning="share of reads", unit="", value=said, role="workload", source="paper",
        registry=None, scope="experiment", scope_of=None, shared_by=[], measured_on_proposal=False, whole=False,
        evidence=[],
    )  # fmt: skip
    built = build_variable(share, lambda _, __: quoted, paper, Registry.load(), lambda *_: None)
    assert built.source == source


def test_a_quotation_may_be_a_table_row(answer, paper):
    answer["variables"][1]["evidence"] = [{"page": 1, "quotation": "8 469 1,100"}]
    spec, problems = build(answer, paper)
    assert problems == ()
    assert spec.variable("cores").evidence[0].boxes


@pytest.mark.parametrize(
    ("unit", "ratio", "rounding"), [("x", 1.9, 0.05), ("% more", 1.019, 0.0005), ("% less", 0.981, 0.0005)]
)
def test_a_change_in_percent_is_a_ratio(answer, paper, unit, ratio, rounding):
    """It is as uncertain as the change: 97 % less is anything from 2.5 to 3.5 % of before."""
    answer["claims"][2]["points"]["y_unit"] = unit
    (point,) = build(answer, paper)[0].claim("speedup").points
    assert point.y == pytest.approx(ratio)
    assert point.reading_error * point.y == pytest.approx(rounding)


@pytest.mark.parametrize(
    ("labels", "ticks", "numbered"),
    [
        (("50", "200", "380"), (50.0, 200.0, 380.0), True),
        (("2^8", "2^9", "2^10"), (256.0, 512.0, 1024.0), True),
        (("1GB", "2GB", "4GB"), (0.0, 1.0, 2.0), False),
    ],
)
def test_categories_have_an_x_only_where_they_are_numbers(answer, paper, labels, ticks, numbered):
    (figure,) = paper.figures
    (plot,) = figure.plots
    axis = plot.x_axis.model_copy(update={"scale": "category", "categories": labels, "ticks": ticks})
    drawn = figure.model_copy(update={"plots": (plot.model_copy(update={"x_axis": axis}),)})
    answer["claims"][1].update(x_variable="load" if numbered else None)
    claim = build(answer, paper.model_copy(update={"figures": (drawn,)}))[0].claim("mean_series")
    assert [point.x for point in claim.points] == ([50.0, 200.0, 380.0] if numbered else [None] * 3)


def test_a_point_without_its_x_is_named_before_anybody_models_it(answer, paper):
    answer["claims"][2]["points"]["text_points"][0]["x"] = None
    _, problems = build(answer, paper)
    assert any("speedup" in problem.where and "no x" in problem.message for problem in problems)


def test_a_ratio_turned_round_says_whom_it_favours(answer, paper):
    answer["claims"][2].update(mechanism="base", relative_to="hearth")
    _, problems = build(answer, paper)
    assert any("favours" in problem.message for problem in problems)
    answer["claims"][2]["favours"] = "hearth"
    assert build(answer, paper)[1] == ()


@pytest.mark.parametrize(
    ("cells", "x"), [(("4 KiB", "64 KiB", "1 MiB"), [4, 64, 1024]), (("4", "64", "256"), [4, 64, 256])]
)
def test_a_unit_in_the_cell_itself_counts(answer, paper, cells, x):
    (table,) = paper.tables
    sizes = dict(zip(((1, 0), (2, 0), (3, 0)), cells, strict=True))
    own = tuple(cell.model_copy(update={"text": sizes.get((cell.row, cell.column), cell.text)}) for cell in table.cells)
    answer["variables"][1].update(id="size", unit="KiB", whole=False, value=answer["variables"][2]["value"])
    answer["configurations"][0]["settings"] = []
    answer["claims"][0].update(x_variable="size")
    answer["claims"][0]["points"]["x_unit"] = "KiB"
    claim = build(answer, paper.model_copy(update={"tables": (table.model_copy(update={"cells": own}),)}))[0]
    assert [point.x for point in claim.claim("p99_table").points] == x


def test_a_loss_in_words_is_a_ratio(answer, paper):
    point = {"x": 350.0, "y": 20.0, "page": 1, "quotation": "loses a fifth of its speed"}
    answer["claims"][2]["points"].update(y_unit="% less", text_points=[point])
    spec, problems = build(answer, paper)
    assert problems == ()
    assert spec.claim("speedup").points[0].y == pytest.approx(0.8)


def _as_distribution(answer, **changes):
    level = next(v for v in answer["variables"] if v["id"] == "load") | {"id": "level", "unit": ""}
    answer["variables"].append(level | {"value": level["value"] | {"kind": "sweep", "values": []}})
    answer["metrics"].append(answer["metrics"][0] | {"id": "latency", "quantile": None})
    answer["claims"][1].update(metric="latency", x_variable="level")
    answer["claims"][1]["points"].update({"read_as": "quantiles", "x_unit": "%", "y_unit": "µs"} | changes)


def test_a_distribution_is_claimed_as_quantiles_of_a_level(answer, paper):
    _as_distribution(answer)
    spec, problems = build(answer, paper)
    claim = spec.claim("mean_series")
    assert problems == ()
    assert [(point.x, point.y) for point in claim.points] == [(pytest.approx(0.3), 50.0)]
    assert [gap.x for gap in claim.missing] == [pytest.approx(0.001), pytest.approx(4.0)]


def test_a_level_has_one_place(answer, paper):
    _as_distribution(answer)
    answer["metrics"][-1]["quantile"] = 0.99
    assert any("quantile is null" in problem.message for problem in build(answer, paper)[1])
    answer["metrics"][-1]["quantile"] = None
    answer["claims"][1].update(x_variable=None, configuration=None)
    answer["claims"][1]["points"]["read_as"] = "drawn"
    assert any("has statistic 'quantile' and no quantile" in problem.message for problem in build(answer, paper)[1])


def test_a_contradiction_may_point_at_a_figure_that_has_no_words(answer, paper):
    quoted = [{"page": 1, "quotation": "We use eight cores"}, {"page": 1, "quotation": "figure-1"}]
    fight = {"id": "cores", "about": "cores", "readings": ["eight", "four"], "evidence": quoted}
    answer["contradictions"] = [fight]
    spec, problems = build(answer, paper)
    assert problems == ()
    assert [item.quotation for item in spec.contradictions[0].evidence] == ["We use eight cores", "Mean latency"]
    fight["evidence"][1]["quotation"] = "figure-9"
    assert any("figure-9" in problem.message for problem in build(answer, paper)[1])


def test_a_figures_id_is_no_quotation_of_a_number(answer, paper):
    answer["variables"][0]["evidence"] = [{"page": 1, "quotation": "figure-1"}]
    answer["variables"][0]["value"]["value"] = 1.0
    assert build(answer, paper)[0].variable("service").source == "assumed"


def test_a_cause_favours_nobody(answer, paper):
    cause = {"kind": "attribution", "mechanism": "base", "relative_to": "hearth", "favours": None, "cause": "cores"}
    answer["claims"][2].update(cause, x_variable=None)
    answer["claims"][2]["points"].update(kind="none", text_points=[])
    assert build(answer, paper)[1] == ()
