"""What a cost model could not use, planted one by one in a specification that it can use."""

import pytest

from gauntlet.costs.readiness import unusable
from gauntlet.specs.paper_spec import Configuration, Setting
from gauntlet.specs.quantities import Derived, Variable
from tests.costs import example


def derived(expression, unit, name="extra"):
    return Variable(
        id=name, meaning="planted", unit=unit, value=Derived(expression=expression), role="workload", source="assumed"
    )


def planted(*variables):
    spec = example.spec()
    return spec.model_copy(update={"variables": (*spec.variables, *variables)})


def test_the_example_can_be_used():
    assert unusable(example.spec()) == ()


def test_a_variable_called_like_a_primitive_can_be_used():
    assert unusable(planted(derived("service", "s", "mm1"), derived("mm1 * 2", "s"))) == ()


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ([derived("nothing * 2", "s")], "'nothing' is no variable"),
        ([derived("service *", "s")], "extra"),
        ([derived("service * service", "s")], "the expression is in s^2"),
        ([derived("1 / service", "µs")], "the expression is in 1/s"),
        ([derived("other", "s"), derived("extra", "s", "other")], "follow from themselves"),
        ([derived("service / (cores - cores)", "s")], "no finite number in the middle"),
        ([derived("mm1 * 2", "s")], "'mm1' is no variable"),
    ],
)
def test_what_cannot_be_used_is_named(variables, words):
    found = unusable(planted(*variables))
    assert any(words in str(problem) for problem in found), found


def test_a_setting_is_evaluated_as_its_claim_sets_it():
    spec = example.spec()
    claim = next(one for one in spec.claims if one.relative_to is None)
    setting = Setting(variable="cores", expression="cores / (service - service)")
    broken = Configuration(id="broken", meaning="planted", settings=(setting,))
    claims = tuple(
        one.model_copy(update={"configuration": "broken"}) if one.id == claim.id else one for one in spec.claims
    )
    found = unusable(spec.model_copy(update={"configurations": (*spec.configurations, broken), "claims": claims}))
    assert any(f"where claim {claim.id} was measured" in problem.message for problem in found), found
