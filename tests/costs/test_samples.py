"""What a reviewer is shown of a model's outputs: the textbook's values, and no claimed one."""

import pytest

from gauntlet.costs.samples import sample_outputs
from tests.costs import example


def test_each_mechanism_at_the_ends_and_in_the_middle():
    """The example's formulas by factorials; constants in the middle of their ranges are not exactly the true ones."""
    lines = sample_outputs(example.spec(), example.model()).splitlines()
    line = next(line for line in lines if "40 krps, 200 krps, 340 krps" in line.lower())
    shown = {part.split()[0]: part.replace(",", "").split()[1:] for part in line.split(": ", 1)[1].split("; ")}
    loads = [1e3 * example.LOADS_KRPS[place] for place in (0, 2, 4)]
    for mechanism, truth in (
        ("partitioned", example.partitioned_latency_s),
        ("shared", example.shared_latency_s),
    ):
        assert [float(word) for word in shown[mechanism]] == pytest.approx([1e6 * truth(x) for x in loads], rel=0.1)


def test_the_middles_of_what_is_open_are_said():
    """The four constants of the example that have a tolerance or a range; its cores are exact, its load is swept."""
    first = sample_outputs(example.spec(), example.model()).splitlines()[0]
    assert first.startswith("With ") and first.endswith(":")
    said = dict(part.split(" = ") for part in first[5:-1].split(", "))
    assert set(said) == {"service", "dispatch", "network", "handoff"}
    assert said["service"] == "10 us"


def test_nothing_claimed_moves_them():
    honest = sample_outputs(example.spec(), example.model())
    assert sample_outputs(example.spec(proposal_factor=0.3), example.model()) == honest


def test_a_slip_of_a_thousand_meets_the_eye():
    outputs = tuple(
        output.model_copy(update={"expression": f"({output.expression}) * cores ** 2 * cores ** 2 * cores"})
        for output in example.model().outputs
    )
    before = sample_outputs(example.spec(), example.model())
    after = sample_outputs(example.spec(), example.model().model_copy(update={"outputs": outputs}))
    assert before != after
    assert len(before.splitlines()) == len(after.splitlines())


def test_a_model_that_does_not_run_has_none():
    outputs = tuple(one.model_copy(update={"expression": "no_such_term"}) for one in example.model().outputs)
    assert sample_outputs(example.spec(), example.model().model_copy(update={"outputs": outputs})) == ""
