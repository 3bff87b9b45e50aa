"""Units of specs and cost models: a planted mismatch in every kind of place."""

from gauntlet.costs.dimensions import check_dimensions
from gauntlet.costs.records import Bound, CostModel, Output, Term
from gauntlet.specs.mechanism import Component, ComponentFact
from gauntlet.specs.paper_spec import Configuration, PaperSpec, Setting
from gauntlet.specs.quantities import Derived, Variable
from tests.costs import example


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
