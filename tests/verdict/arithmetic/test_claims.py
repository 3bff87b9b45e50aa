"""Claims of a specification against each other: arithmetic that the reader of a paper can redo with a pencil."""

import pytest

from gauntlet.specs.claims import Claim, Metric, Operand, Point, SeriesSource, TextSource
from gauntlet.specs.paper_spec import Configuration, Contradiction, Setting
from gauntlet.specs.quantities import Exact, Sweep, Variable
from gauntlet.specs.workload import Workload
from gauntlet.verdict.arithmetic.check import check_arithmetic
from gauntlet.verdict.policy import load_policy
from tests.costs import example
from tests.verdict.arithmetic.cases import paper


def _points(*pairs, error=0.01):
    return tuple(
        Point(x=x, y=y, reading_error=error, source=SeriesSource(series="s", index=index))
        for index, (x, y) in enumerate(pairs)
    )


def _claim(claim_id, mechanism, metric, points, **more):
    return Claim(id=claim_id, kind="series", statement="s", mechanism=mechanism, metric=metric, points=points, **more)


CLIENTS = Variable(id="clients", meaning="Clients", unit="", value=Sweep(), role="workload", source="paper", whole=True)
THINK = Variable(id="think", meaning="Think time", unit="ms", value=Exact(value=1.0), role="workload", source="paper")
NODES = Variable(id="nodes", meaning="Machines", unit="", value=Sweep(), role="hardware", source="paper", whole=True)


def _metric(metric_id, quantity, unit, statistic="mean", **more):
    better = "lower" if quantity == "latency" else "higher"
    return Metric(
        id=metric_id, name=metric_id, quantity=quantity, unit=unit, better=better, statistic=statistic, **more
    )


METRICS = (
    _metric("latency", "latency", "ms"),
    _metric("p50", "latency", "ms", "median"),
    _metric("p99", "latency", "ms", "quantile", quantile=0.99),
    _metric("rate", "throughput", "krps"),
    _metric("speedup", "speedup", "x"),
    _metric("busy", "utilisation", "%"),
)


def closed_loop(*claims, **more):
    """A specification of clients that think, with these claims."""
    closed = Workload(loop="closed", population="clients", think_time="think")
    return example.spec().model_copy(
        update={
            "claims": claims,
            "metrics": METRICS,
            "variables": (CLIENTS, THINK, NODES),
            "workloads": (closed,),
            **more,
        }
    )


def _findings(*claims, **more):
    return check_arithmetic(closed_loop(*claims, **more), load_policy())[0]


def _ratio(y, quantifier="at", x=10.0, **more):
    """A printed ratio; without `x` it is at no place of an axis."""
    said = Point(x=x, y=y, reading_error=0.01, source=TextSource(evidence=example.words(1, f"{y} times")))
    claim = Claim(
        id="ratio", kind="ratio", statement="r", mechanism="shared", metric="rate", relative_to="partitioned",
        x="clients" if x is not None or not more else None, points=(said,), quantifier=quantifier,
    )  # fmt: skip
    return claim.model_copy(update=more)


SERIES = (
    _claim("ours", "shared", "rate", _points((10, 300), (20, 500), (40, 640)), x="clients"),
    _claim("theirs", "partitioned", "rate", _points((10, 100), (20, 125), (40, 128)), x="clients"),
)  # ratios 3, 4, 5


@pytest.mark.parametrize(
    ("claim", "found"),
    [
        (_ratio(3.1), 0),
        (_ratio(4.5), 1),
        (_ratio(5.0, "up_to", None), 0),
        (_ratio(6.5, "up_to", None), 1),
        (_ratio(3.9, "up_to", None), 1),
        (_ratio(3.0, "at_least", None), 0),
        (_ratio(3.9, "at_least", None), 1),
        (_ratio(5.0, "at_most", None), 0),
        (_ratio(3.0, "at_most", None), 1),
        (_ratio(2.1, "at", None), 1),
    ],
)
def test_a_printed_ratio_against_its_own_series(claim, found):
    findings = _findings(*SERIES, claim)
    assert len(findings) == found
    if found:
        assert findings[0].id == "ratio_against_series:ratio:1"
        assert f"{claim.points[0].y:.4g}" in findings[0].message


def _set(config_id, **settings):
    """A configuration; None sweeps a variable."""
    return Configuration(
        id=config_id,
        meaning=config_id,
        settings=tuple(
            Setting(variable=name, kind="sweep" if value is None else "value", expression=value)
            for name, value in settings.items()
        ),
    )


def _in(configuration, x, ours, theirs):
    """The series of both systems over x in a configuration."""
    return tuple(
        _claim(f"{name}_{configuration}", name, "rate", _points(*points), x=x, configuration=configuration)
        for name, points in (("shared", ours), ("partitioned", theirs))
    )


EXPERIMENTS = (
    _set("load", clients=None, nodes="2"),
    _set("scale", clients="20", nodes=None),
    _set("point", clients="20", nodes="2"),
    _set("elsewhere", clients="20", nodes="3"),
    _set("two_nodes", nodes="2"),
    _set("in_words", clients="20", nodes="as many as clients"),
)
BOTH = (
    *_in("load", "clients", ((10, 300), (20, 500), (40, 640)), ((10, 100), (20, 125), (40, 128))),  # 3, 4, 5
    *_in("scale", "nodes", ((2, 88), (4, 60)), ((2, 20), (4, 10))),  # 4.4, 6
)
AT_LOAD, AT_SCALE = (
    tuple(Operand(mechanism=name, metric="rate", configuration=at, x=x) for name in ("shared", "partitioned"))
    for at, x in (("load", 40.0), ("scale", 4.0))
)
NOWHERE = {"x": None, "unresolved": True}
EITHER = {**NOWHERE, "operands": (*AT_LOAD, *AT_SCALE)}


@pytest.mark.parametrize(
    ("claim", "found"),
    [
        (_ratio(4.0, x=None, configuration="point"), []),  # 500 / 125 at 20 clients and 2 nodes
        (_ratio(4.4, x=None, configuration="point"), []),  # the other figure passes through the same setting
        (_ratio(2.9, x=None, configuration="point"), ["at x = 20"]),
        (_ratio(5.0, x=40.0, configuration="two_nodes"), []),
        (_ratio(3.1, x=40.0, configuration="two_nodes"), ["give 5 at x = 40"]),
        (_ratio(5.0, "up_to", x=None, configuration="two_nodes"), []),  # the sweep of clients at two nodes
        (_ratio(5.9, "up_to", x=None, configuration="two_nodes"), ["3 to 5 over 3"]),
        (_ratio(4.0, "up_to", x=None, configuration="two_nodes"), ["3 to 5 over 3"]),
        (_ratio(9.0, x=None, configuration="elsewhere"), None),  # no series at three nodes
        (_ratio(5.0, "up_to", **EITHER), []),
        (_ratio(6.0, "up_to", **EITHER), []),
        (_ratio(7.5, "up_to", **EITHER), ["give 6 at"]),
        (_ratio(6.0, "up_to", **NOWHERE), []),
        (_ratio(4.2, "up_to", **NOWHERE), []),  # of one more figure
        (_ratio(7.5, "up_to", **NOWHERE), ["4.4 to 6"]),
        (_ratio(9.0, workload="another"), None),
        (_ratio(9.0, x=None, configuration="in_words"), None),
    ],
)
def test_a_ratio_finds_the_series_that_pass_through_its_setting(claim, found):
    update = {
        "claims": (*BOTH, claim), "metrics": METRICS, "variables": (CLIENTS, NODES), "configurations": EXPERIMENTS,
    }  # fmt: skip
    findings, coverage = check_arithmetic(example.spec().model_copy(update=update), load_policy())
    row = next(one for one in coverage if one.check == "ratio_against_series")
    assert (row.found, row.differing, len(row.not_checked)) == (1, len(found or ()), int(found is None))
    messages = [one.message for one in findings if one.id.startswith("ratio_against_series")]
    assert all(words in message for words, message in zip(found or (), messages, strict=True))


def test_series_of_different_experiments_are_never_divided():
    """Ours with 2 nodes only, theirs with 4 only: no ratio of the two is anybody's measurement."""
    ours = _in("load", "clients", ((20, 500),), ((20, 125),))[:1]
    other = _set("large", clients=None, nodes="4")
    theirs = _in("large", "clients", ((20, 500),), ((20, 125),))[1:]
    claim = _ratio(9.0, x=20.0, configuration="load")
    assert not _findings(*ours, *theirs, claim, variables=(CLIENTS, NODES), configurations=(*EXPERIMENTS, other))
    over = claim.model_copy(update={"relative_configuration": "large"})
    found = _findings(*ours, *theirs, over, variables=(CLIENTS, NODES), configurations=(*EXPERIMENTS, other))
    assert "give 4 at x = 20" in found[0].message


def test_what_is_drawn_at_zero_is_at_zero():
    series = _in("load", "clients", ((0.0008, 300), (50, 500), (100, 640)), ((0.0008, 100), (50, 125), (100, 128)))
    claim = _ratio(4.5, x=0.0, configuration="load")
    assert "give 3 at x = 0" in _findings(*series, claim, configurations=EXPERIMENTS)[0].message


def test_a_drawn_ratio_is_evidence_and_no_statement():
    drawn = _claim("relative", "shared", "rate", _points((10, 3.0), (20, 4.0)), x="clients", relative_to="partitioned")
    assert not _findings(drawn, _ratio(3.0))
    assert "give 3 at x = 10" in _findings(drawn, _ratio(4.5))[0].message
    alone = example.spec().model_copy(update={"claims": (drawn,), "metrics": METRICS, "variables": (CLIENTS,)})
    assert sum(one.found for one in check_arithmetic(alone, load_policy())[1]) == 0


def test_clipped_points_are_not_compared():
    ours = SERIES[0].model_copy(
        update={"points": tuple(point.model_copy(update={"censored": True}) for point in SERIES[0].points)}
    )
    assert not _findings(ours, SERIES[1], _ratio(9.0))


def test_littles_law_counts_the_clients_of_a_closed_loop():
    """10 clients, 1 ms think time, 1 ms latency: 5 k/s; 8 k/s would take 16 clients."""
    delay = _claim("delay", "shared", "latency", _points((10, 1.0)), x="clients")
    assert not _findings(_claim("flow", "shared", "rate", _points((10, 5.0)), x="clients"), delay)
    findings = _findings(_claim("flow", "shared", "rate", _points((10, 8.0)), x="clients"), delay)
    assert [finding.id for finding in findings] == ["littles_law:flow:delay:10"]
    assert "16 requests in flight, with 10 clients" in findings[0].message


def test_a_median_latency_is_no_mean():
    flow = _claim("flow", "shared", "rate", _points((10, 8.0)), x="clients")
    assert not _findings(flow, _claim("delay", "shared", "p50", _points((10, 1.0)), x="clients"))


def test_speed_up_beyond_the_machines_used():
    findings = _findings(_claim("scaling", "shared", "speedup", _points((2, 1.9), (8, 9.5)), x="nodes"))
    assert [finding.message for finding in findings] == ["scaling states a speed-up of 9.5 on 8 machines."]


def test_a_utilisation_above_one():
    findings = _findings(_claim("load", "shared", "busy", _points((1, 99), (2, 130)), x="nodes"))
    assert len(findings) == 1
    assert "130 %" in findings[0].message


def test_percentiles_that_cross():
    median = _claim("middle", "shared", "p50", _points((10, 2.0), (20, 3.0)), x="clients")
    tail = _claim("tail", "shared", "p99", _points((10, 9.0), (20, 2.0)), x="clients")
    findings = _findings(median, tail)
    assert [finding.id for finding in findings] == ["percentiles_crossed:middle:tail:20"]


def test_a_recorded_contradiction_is_a_finding():
    words = (example.words(3, "centralized"), example.words(4, "partitioned"))
    item = Contradiction(id="queues", about="the queues", readings=("one", "sixteen"), evidence=words)
    findings = _findings(contradictions=(item,))
    assert "'one' or 'sixteen'" in findings[0].message
    assert findings[0].evidence == words


def test_growth_beyond_the_machines_added_and_a_single_noisy_point():
    def rates(*pairs):
        return _claim("growth", "shared", "rate", _points(*pairs), x="nodes")

    findings = _findings(rates((1, 10), (2, 26), (4, 60)))
    assert [finding.id for finding in findings] == ["superlinear_scaling:growth"]
    assert findings[0].severity == "high"
    assert not _findings(rates((1, 10), (2, 19), (4, 36)))
    assert not _findings(rates((1, 10), (2, 26), (4, 40)))


def test_a_finding_says_what_was_compared_and_what_else_it_may_be():
    (finding,) = _findings(*SERIES, _ratio(4.5))
    assert (finding.values[0].name, finding.values[0].value) == ("stated ratio", 4.5)
    assert finding.readings
    assert finding.tolerance > 0.05


def test_what_cannot_be_checked_is_counted_with_its_reason():
    spec = example.spec().model_copy(
        update={"claims": (SERIES[0], _ratio(3.0)), "metrics": METRICS, "variables": (CLIENTS, THINK, NODES)}
    )
    coverage = {one.check: one for one in check_arithmetic(spec, load_policy())[1]}
    row = coverage["ratio_against_series"]
    assert (row.found, row.agreeing, row.differing) == (1, 0, 0)
    assert "no two series" in row.not_checked[0].reason


@pytest.mark.parametrize(
    ("quotation", "checks"),
    [
        ("is 77% lower than", {"percent_arithmetic"}),
        ("77% less", {"percent_arithmetic", "ratio_against_series"}),
    ],
)
def test_a_sentence_that_differs_by_itself_is_not_said_again_as_a_claim(quotation, checks):
    ratio = _claim(
        "less", "shared", "latency", _points((1.0, 0.23), error=0.0), x="clients", relative_to="partitioned",
        evidence=(example.words(1, quotation),),
    )  # fmt: skip
    spec = example.spec().model_copy(
        update={
            "claims": (
                _claim("old", "partitioned", "latency", _points((1.0, 564.0)), x="clients"),
                _claim("new", "shared", "latency", _points((1.0, 14.2)), x="clients"),
                ratio,
            ),
            "metrics": METRICS,
            "variables": (CLIENTS,),
        }
    )
    told = paper("Its mean latency of 14.2 ms is 77% lower than the 564 ms of the old store.")
    found, coverage = check_arithmetic(spec, load_policy(), told)
    assert {one.id.partition(":")[0] for one in found} == checks
    assert sum(one.differing for one in coverage) == len(checks)


@pytest.mark.parametrize(
    ("quotations", "checks"),
    [
        (("14.2 ms is 77% lower than the 564 ms", "Figure 2: Latency, with 8 clients."), ["percent_arithmetic"]),
        (("mean latency of 14.2 ms", "Latency is 12 ms."), ["percent_arithmetic"]),  # one of the two values compared
        (("of the old store", "The old store is new."), ["contradiction", "percent_arithmetic"]),  # no number of it
        (("Latency is 12 ms.", "Latency is 9 ms."), ["contradiction", "percent_arithmetic"]),  # another sentence
    ],
)
def test_what_is_found_by_computing_is_not_told_again_as_a_recorded_contradiction(quotations, checks):
    item = Contradiction(
        id="twice", about="latency", readings=("one", "other"), evidence=tuple(example.words(1, q) for q in quotations)
    )
    spec = example.spec().model_copy(update={"claims": (), "contradictions": (item,)})
    told = paper("Its mean latency of 14.2 ms is 77% lower than the 564 ms of the old store.")
    found = [one.id.partition(":")[0] for one in check_arithmetic(spec, load_policy(), told)[0]]
    assert found == checks


def test_a_contradiction_and_a_ratio_of_one_quotation_are_one_finding():
    words = (example.words(1, "The rate is 4.5 times as high."), example.words(2, "Figure 1: Rates."))
    item = Contradiction(id="twice", about="the gain", readings=("4.5", "3"), evidence=words)
    elsewhere = item.model_copy(update={"id": "figure", "evidence": (words[1], example.words(2, "Figure 2: Rates."))})
    ratio = _ratio(4.5, evidence=words)
    found = _findings(*SERIES, ratio, contradictions=(item, elsewhere))
    assert [one.id for one in found] == ["ratio_against_series:ratio:1", "contradiction:figure"]


@pytest.mark.parametrize(("second", "told"), [("Table 2: Rates over machines.", 1), ("Figure 3: Rates.", 2)])
def test_two_figures_that_do_not_agree_where_they_meet_are_told_once(second, told):
    """300 by load and 88 by machines at 20 clients and 2 machines."""

    def drawn(name, series, x, pairs):
        points = tuple(
            Point(x=px, y=py, reading_error=0.01, source=SeriesSource(series=f"{series}/plot-1/series-1", index=0))
            for px, py in pairs
        )
        return _claim(name, "shared", "rate", points, x=x, configuration=name)

    series = drawn("load", "figure-1", "clients", ((20, 300),)), drawn("scale", "table-2", "nodes", ((2, 88),))
    words = example.words(1, "Figure 1: Rates over load."), example.words(2, second)
    item = Contradiction(id="twice", about="the rate", readings=("300", "88"), evidence=words)
    found = _findings(*series, variables=(CLIENTS, NODES), configurations=EXPERIMENTS, contradictions=(item,))
    assert [one.id for one in found if one.id.startswith("series")] == ["series_against_series:load:scale"]
    assert len(found) == told
