"""Dimensions: rules by hand on small expressions, and a planted mismatch in every kind of place."""

import pytest

from gauntlet.costs.dimensions import MismatchError, check_dimensions, dimension_of
from gauntlet.costs.expressions import parse
from gauntlet.costs.records import Bound, CostModel, Output, Term
from gauntlet.specs.mechanism import Component, ComponentFact
from gauntlet.specs.paper_spec import Configuration, PaperSpec, Setting
from gauntlet.specs.quantities import Derived, Variable
from gauntlet.units import spell
from tests.costs import example

UNITS = {"t_s": "ms", "u_s": "s", "n": "", "size": "KB", "rate": "kops", "speed": "GB/s", "work": "GFLOP"}


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("t_s + u_s", "s"),
        ("size / speed", "s"),
        ("n / t_s", "1/s"),
        ("-t_s * 2", "s"),
        ("t_s ** 2", "s^2"),
        ("t_s ** -1", "1/s"),
        ("sqrt(t_s * u_s)", "s"),
        ("exp(t_s / u_s)", ""),
        ("ceil(size / size) * size", "B"),
        ("n ** n", ""),
        ("max(0, t_s - u_s)", "s"),
        ("where(t_s > 0 and n < 3, t_s, 0)", "s"),
        ("min(t_s, u_s, t_s)", "s"),
        ("abs(t_s)", "s"),
        ("mm1(arrival_rate_per_s=n / t_s, service_time_s=u_s).mean_wait_s", "s"),
        ("mva_exact(population=n, think_time_s=u_s, demands_s=[t_s, 2 * t_s]).throughput_per_s", "1/s"),
        ("order_statistic(latency=lognormal(median_s=t_s, sigma=n), k=1, n=2).mean_s", "s"),
        ("max_load_at(lambda x: mm1(arrival_rate_per_s=x, service_time_s=u_s).mean_wait_s, n / t_s, u_s)", "1/s"),
    ],
)
def test_dimension_of(text: str, unit: str) -> None:
    assert spell(dimension_of(parse(text, "t").root, UNITS) or ()) == unit


@pytest.mark.parametrize(
    "text",
    [
        "t_s + n",
        "t_s + 1",
        "min(t_s, size)",
        "exp(t_s)",
        "log2(size)",
        "ceil(t_s)",
        "t_s ** n",
        "2 ** t_s",
        "where(t_s > 1, n, n)",
        "where(n > 1, t_s, n)",
        "where(n > 1 or t_s < size, n, n)",
        "mm1(arrival_rate_per_s=t_s, service_time_s=u_s).mean_wait_s",
        "mva_exact(population=n, think_time_s=u_s, demands_s=[t_s, size]).throughput_per_s",
        "order_statistic(latency=lognormal(median_s=t_s, sigma=t_s), k=1, n=2).mean_s",
        "max_load_at(lambda x: mm1(arrival_rate_per_s=x, service_time_s=u_s).mean_wait_s, n / t_s, n)",
        "max_load_at(lambda x: mm1(arrival_rate_per_s=x, service_time_s=u_s).mean_wait_s, t_s, u_s)",
    ],
)
def test_mismatch(text: str) -> None:
    with pytest.raises(MismatchError):
        dimension_of(parse(text, "t").root, UNITS)


def test_the_example_agrees() -> None:
    assert check_dimensions(example.spec(), example.model()) == ()


def changed(**fields: object) -> CostModel:
    return example.model().model_copy(update=fields)


def bad_spec(**fields: object) -> PaperSpec:
    return example.spec().model_copy(update=fields)


def variable(unit: str, expression: str) -> Variable:
    value = Derived(expression=expression)
    return Variable(id="extra", meaning="", unit=unit, value=value, role="protocol", source="assumed")


def test_planted_mismatches_are_found_where_they_are() -> None:
    spec, model = example.spec(), example.model()
    setting = Configuration(id="odd", meaning="", settings=(Setting(variable="service", expression="cores + 1"),))
    fact = ComponentFact(mechanism="shared", name="odd", expression="service", unit="B")
    component = Component(id="part", name="", used_by=("shared",), facts=(fact,))
    term = Term(id="odd_s", mechanism="shared", meaning="", expression="service", unit="B")
    output = Output(mechanism="shared", metric="mean_latency", expression="cores / service", unit="1/s")
    bound = Bound(id="odd", mechanism="shared", metric="mean_latency", resource="", expression="cores", unit="s")
    metric = spec.metrics[0].model_copy(update={"unit": "furlong"})
    planted = {
        "term odd_s": (spec, changed(terms=(*model.terms, term))),
        "output mean_latency of shared": (spec, changed(outputs=(output,))),
        "bound odd": (spec, changed(bounds=(bound,))),
        "derived variable extra": (bad_spec(variables=(*spec.variables, variable("B", "service * 2"))), model),
        "configuration odd, setting service": (bad_spec(configurations=(*spec.configurations, setting)), model),
        "fact odd in shared": (bad_spec(components=(component,)), model),
        "metric mean_latency": (bad_spec(metrics=(metric, *spec.metrics[1:])), model),
    }
    for where, (one_spec, one_model) in planted.items():
        found = check_dimensions(one_spec, one_model)
        assert [violation.where for violation in found] == [where], where
        assert found[0].law == "units_agree"


def test_message_shows_both_sides() -> None:
    term = Term(id="odd_s", mechanism=None, meaning="", expression="service + cores", unit="s")
    (violation,) = check_dimensions(example.spec(), changed(terms=(*example.model().terms, term)))
    assert "'service' [s] and 'cores' [plain numbers]" in violation.message


def test_operations_are_counted_like_requests() -> None:
    counted = Term(id="work_flop", mechanism=None, meaning="Work", expression="2 * cores", unit="FLOP")
    model = example.model()
    assert check_dimensions(example.spec(), model.model_copy(update={"terms": (*model.terms, counted)})) == ()
    seconds = counted.model_copy(update={"unit": "s"})
    assert check_dimensions(example.spec(), model.model_copy(update={"terms": (*model.terms, seconds)})) != ()
