"""A waterfall ends at the prediction or says what the rest is; shares along x are whole and switch where they must."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from gauntlet.costs.records import Output, Term
from gauntlet.report.build import build_report
from gauntlet.report.markdown import render_markdown
from gauntlet.report.page import render_page
from gauntlet.report.records import ConstantReport, PartRow, Shares, Waterfall
from gauntlet.report.shapes import Axis, areas, blocks, steps, x_axis
from gauntlet.verdict.decide import decide
from gauntlet.verdict.predict import predict
from tests.costs import example
from tests.report.test_page import Tags
from tests.verdict.cases import tight


def reported(spec=None, model=None, change=lambda prediction: prediction):
    """Claims of the report by id, of the example with every constant known exactly unless a spec is given."""
    spec, model = spec or tight(example.spec(0.7)), model or example.model()
    prediction = change(predict(spec, model, 200, seed=11))
    report = build_report(None, spec, model, prediction, decide(spec, model, prediction))
    return report, {claim.id: claim for claim in report.claims}


@pytest.fixture(scope="module")
def exact():
    return reported()[1]


@pytest.mark.parametrize("spec", [tight(example.spec(0.7)), example.spec(0.7)], ids=["exact", "uncertain"])
def test_parts_and_rest_sum_to_what_is_predicted(spec):
    _, claims = reported(spec)
    found = [claim.waterfall for claim in claims.values() if claim.waterfall is not None]
    assert len(found) == 5
    for one in found:
        assert sum(row.value or 0.0 for row in one.rows) + one.rest == pytest.approx(one.total, rel=1e-5)
        if one.rival is not None:
            assert sum(row.rival or 0.0 for row in one.rows) + one.rival_rest == pytest.approx(
                one.rival_total, rel=1e-5
            )


def test_a_part_that_does_not_belong_shows_as_rest():
    """Planted: the path of 15 us counted twice leaves a rest of -15 us, on the page and in Markdown."""

    def twice(prediction):
        curve = prediction.claims["shared_curve"]
        values = curve.part_values * np.where(np.array(curve.parts) == "path_s", 2.0, 1.0)[:, None]
        return replace(prediction, claims={**prediction.claims, "shared_curve": replace(curve, part_values=values)})

    report, claims = reported(change=twice)
    assert claims["shared_curve"].waterfall.rest == pytest.approx(-15.0, rel=1e-3)
    rest = [row for row in steps(claims["shared_curve"].waterfall).rows if row.part == "rest"]
    assert rest[0].own.value == pytest.approx(-15.0, rel=1e-3)
    assert "every variable at its median" in Tags(render_page(report, {}, dict.fromkeys(claims, ()))).text
    assert "| rest |" in render_markdown(report)


def test_the_worst_point_is_shown_with_baseline_and_claim(exact):
    """Latency of the textbook queues: path 15 us, work 10.5 us, hand-off 0.2 us, and the waits."""
    claim = exact["shared_curve"]
    row, found = claim.rows[claim.decisive], claim.waterfall
    assert (found.unit, found.x, found.rival) == ("µs", row.x, "Partitioned")
    assert found.claimed == pytest.approx(row.claimed, rel=1e-5)
    assert found.total == pytest.approx(1e6 * example.shared_latency_s(1e3 * row.x), rel=1e-4)
    assert found.rival_total == pytest.approx(1e6 * example.partitioned_latency_s(1e3 * row.x), rel=1e-4)
    parts = {one.part: (one.value, one.rival) for one in found.rows}
    assert parts["path_s"] == pytest.approx((15.0, 15.0))
    assert parts["handoff"] == (pytest.approx(0.2), None)
    assert parts["own_wait_s"][0] is None
    assert [one.part for one in found.rows] == ["path_s", "own_wait_s", "any_wait_s", "work_s", "handoff"]


def test_a_throughput_is_shown_as_time_per_operation(exact):
    """Three rows of 2, 4 and 8 cores: 10.7 us a core and request."""
    claim = exact["shared_peaks"]
    cores = (2, 4, 8)[claim.decisive]
    assert claim.waterfall.quantity == "time per operation, 1 / saturation throughput"
    assert claim.waterfall.total == pytest.approx(10.7 / cores, rel=1e-3)
    assert claim.waterfall.claimed == pytest.approx(0.7 * 10.7 / cores, rel=1e-3)
    assert claim.shares == ()  # told apart by configurations, not along x


def test_a_claimed_ratio_is_applied_to_the_baseline(exact):
    claim = exact["shared_ratio"]
    reference = 1e6 * example.partitioned_latency_s(320e3)
    assert claim.waterfall.rival_total == pytest.approx(reference, rel=1e-4)
    assert claim.waterfall.claimed == pytest.approx(claim.rows[0].claimed * reference, rel=1e-4)
    assert claim.waterfall.total == pytest.approx(1e6 * example.shared_latency_s(320e3), rel=1e-3)


def test_a_baseline_stands_alone(exact):
    found = exact["partitioned_curve"].waterfall
    assert (found.rival, found.rival_total) == (None, None)
    assert len(exact["partitioned_curve"].shares) == 1


def test_shares_are_whole_and_name_what_binds_where():
    """max(path, wait): below some load the path of 15 us binds, beyond it the wait of M/M/1, rho S / (1 - rho)."""
    model = example.model()
    terms = (
        Term(id="path_s", mechanism=None, meaning="path", expression="network", unit="s"),
        Term(
            id="wait_s", mechanism=None, meaning="wait", unit="s",
            expression="mm1(arrival_rate_per_s=rate / cores, service_time_s=service).mean_wait_s",
        ),
    )  # fmt: skip
    outputs = tuple(
        Output(mechanism=name, metric="mean_latency", expression="max(path_s, wait_s)", unit="s")
        for name in ("partitioned", "shared")
    )
    spec = tight(example.spec())
    spec = spec.model_copy(update={"claims": tuple(c for c in spec.claims if c.x is not None)})
    model = model.model_copy(update={"terms": terms, "outputs": outputs, "bounds": ()})
    _, claims = reported(spec, model)
    for shares in claims["shared_curve"].shares:
        columns = np.array(shares.shares)
        assert columns.sum(axis=0) == pytest.approx(np.ones(columns.shape[1]), abs=1e-5)
        wait = dict(zip(shares.parts, columns, strict=True))["wait_s"]
        load = np.array(shares.x) * 1e3 / 4 * 10e-6
        assert wait.tolist() == (load * 10e-6 / (1 - load) > 15e-6).tolist()
        assert [words.partition(": ")[2] for words in shares.binds] == [
            "path_s, 100 % of the cost", "wait_s, 100 % of the cost",
        ]  # fmt: skip


def test_a_baseline_that_is_saturated_is_left_out():
    def saturated(prediction):
        curve = prediction.claims["shared_curve"]
        values = np.where(np.array(curve.rival_parts)[:, None] == "own_wait_s", np.inf, curve.rival_part_values)
        return replace(
            prediction, claims={**prediction.claims, "shared_curve": replace(curve, rival_part_values=values)}
        )

    found = reported(change=saturated)[1]["shared_curve"].waterfall
    assert (found.rival, found.rival_total) == (None, None)
    assert sum(row.value for row in found.rows) + found.rest == pytest.approx(found.total, rel=1e-5)


def test_what_is_endless_or_cannot_be_opened_has_no_waterfall():
    def endless(prediction):
        curve = prediction.claims["shared_curve"]
        values = np.where(np.array(curve.parts)[:, None] == "any_wait_s", np.inf, curve.part_values)
        return replace(prediction, claims={**prediction.claims, "shared_curve": replace(curve, part_values=values)})

    assert reported(change=endless)[1]["shared_curve"].waterfall is None
    model = example.model()
    closed = tuple(
        out.model_copy(update={"expression": "sqrt(network * service)"}) if out.metric == "mean_latency" else out
        for out in model.outputs
    )
    claims = reported(model=model.model_copy(update={"outputs": closed}))[1]
    assert claims["shared_curve"].waterfall is None


def test_one_part_everywhere_is_said_and_not_drawn():
    model = example.model()
    alone = tuple(
        out.model_copy(update={"expression": "path_s"}) if out.metric == "mean_latency" else out
        for out in model.outputs
    )
    report, claims = reported(model=model.model_copy(update={"outputs": alone}))
    page = render_page(report, {}, dict.fromkeys(claims, ()))
    assert "path_s alone, everywhere along Offered load." in Tags(page).text
    assert 'class="bind ' not in page


def drawn(rows, total=10.0, claimed=5.0, rival_total=20.0):
    rows = tuple(PartRow(part=name, meaning="", value=own, rival=rival) for name, own, rival in rows)
    return steps(
        Waterfall(
            quantity="latency", unit="us", x=None, rows=rows, rest=total - sum(row.value or 0 for row in rows),
            total=total, claimed=claimed, rival="Other", rival_rest=0.0, rival_total=rival_total,
        )
    )  # fmt: skip


def test_bars_follow_each_other_on_one_scale():
    found = drawn([("a", 4.0, 20.0), ("b", 6.0, None)])
    first, second = found.rows[0].own, found.rows[1].own
    assert second.left == pytest.approx(first.left + first.width, abs=0.02)
    assert found.own.width == pytest.approx(second.left + second.width, abs=0.02)
    assert found.one_scale
    assert found.rival.width == pytest.approx(2 * found.own.width, abs=0.02)
    assert found.claimed == pytest.approx(found.own.width / 2, abs=0.02)
    assert 0 < found.claimed < found.rival.width <= 100


def test_totals_far_apart_have_scales_of_their_own():
    found = drawn([("a", 10.0, 200.0)], rival_total=200.0)
    assert not found.one_scale
    assert found.own.width > 90 and found.rival.width > 90


def test_small_parts_share_a_line_and_a_rest_has_its_own():
    found = drawn([("a", 9.0, 20.0), ("b", 0.02, 0.01), ("c", 0.03, None)])
    assert [row.part for row in found.rows] == ["a", "2 small parts", "rest"]
    assert found.rows[1].own.value == pytest.approx(0.05)
    assert found.rows[1].meaning == "b, c"
    assert found.rows[2].own.value == pytest.approx(0.95)


def test_areas_lie_on_each_other_and_fill_the_frame():
    shares = Shares(
        mechanism="m", baseline=False, x=(1.0, 10.0, 100.0), parts=("a", "b", "c", "d"),
        shares=((0.5, 0.6, 0.7), (0.48, 0.38, 0.28), (0.01, 0.01, 0.01), (0.01, 0.01, 0.01)), binds=(),
    )  # fmt: skip
    found = areas(shares, x_axis([shares]))
    assert [area.part for area in found] == ["a", "b", "2 others"]
    corners = [[tuple(map(float, place.split(","))) for place in area.points.split()] for area in found]
    assert corners[0][:3] == [(0.0, 50.0), (50.0, 40.0), (100.0, 30.0)]  # log axis: 10 lies in the middle
    for below, above in itertools.pairwise(corners):
        assert above[3:] == below[:3][::-1]
    assert all(y == pytest.approx(0.0, abs=1e-9) for _, y in corners[-1][:3])


def test_every_block_of_a_constant_covers_the_same_area():
    quantiles = (1.0, 1.5, 1.8, 2.0, 2.2, 2.5, 2.8, 3.2, 4.0, 5.0, 8.0)
    one = ConstantReport(
        variable="v", meaning="", unit="us", prior="", posterior="", moves=True, prior_shape=quantiles,
        posterior_shape=tuple(2.0 + 0.1 * value for value in quantiles),
    )  # fmt: skip
    places = [tuple(map(float, place.split(","))) for place in blocks(one).before.split()]
    assert len(places) == 22
    tops = places[1:-1]
    sizes = [
        (end[0] - start[0]) * (50 - start[1]) for start, end in zip(tops[::2], tops[1::2], strict=True)
    ]  # fmt: skip
    assert sizes[1:-1] == pytest.approx([sizes[1]] * 8, rel=0.02)
    assert sizes[0] == pytest.approx(0.9 * sizes[1], rel=0.02)
    assert places[0] == (0.0, 50.0)
    after = [tuple(map(float, place.split(","))) for place in blocks(one).after.split()]
    assert min(y for _, y in after) == 50.0


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((1.0, 256.0), ["1", "3", "10", "30", "100"]),
        ((4.0, 64.0), ["20", "40", "60"]),
        ((0.05, 0.4), ["0.1", "0.2", "0.3", "0.4"]),
        ((2.0, 2.0), ["2"]),
        ((0.0, 1000.0), ["0", "250", "500", "750", "1000"]),
        ((1.0, 1e12), ["1", "1000", "1e+06"]),
    ],
)
def test_ticks_are_few_and_round(values, words):
    axis = Axis.over(values)
    found = axis.ticks()
    assert [word for _, word in found][:3] == words[:3]
    assert len(found) <= 6
    assert all(0 <= place <= 100 for place, _ in found)
