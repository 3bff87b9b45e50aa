"""The four papers worked by hand must be expressible, and a broken reference in one of them must be found."""

import pytest

from gauntlet.specs.checks import check_spec
from gauntlet.specs.paper_spec import PaperSpec
from tests.specs.worked_examples import ALL, multipaxos, wisckey


@pytest.mark.parametrize("name", ALL)
def test_worked_example_is_expressible_and_survives_the_file(name, tmp_path):
    spec = ALL[name]()
    assert check_spec(spec) == ()
    spec.save(tmp_path / "spec.json")
    assert PaperSpec.load(tmp_path / "spec.json") == spec


def test_a_reference_to_nothing_is_found():
    spec = wisckey()
    claims = (spec.claims[0].model_copy(update={"mechanism": "rocksdb"}), *spec.claims[1:])
    (problem,) = check_spec(spec.model_copy(update={"claims": claims}))
    assert "rocksdb" in str(problem)
    assert "fig9" in str(problem)


def test_an_id_used_twice_is_found():
    spec = multipaxos()
    (problem,) = check_spec(spec.model_copy(update={"variables": (*spec.variables, spec.variables[0])}))
    assert problem.where == "variables: f"


def test_an_unknown_unit_is_found():
    spec = multipaxos()
    broken = spec.metrics[0].model_copy(update={"unit": "furlongs"})
    (problem,) = check_spec(spec.model_copy(update={"metrics": (broken, *spec.metrics[1:])}))
    assert "furlongs" in problem.message
