"""Repairs of a cost model as changes: places kept, removals, order of terms."""

import pytest

from gauntlet.costs.patch import apply_patch, in_order
from gauntlet.costs.wire import WireCostModel, WireCostPatch
from tests.costs import example

LISTS = ("terms", "outputs", "bounds", "waivers", "unmodelled", "removed", "spec_problems")


def wire():
    kept = {"terms", "outputs", "bounds", "waivers", "unmodelled", "assumptions"}
    return WireCostModel.model_validate(example.model().model_dump(mode="json", include=kept))


def patch(**changes):
    return WireCostPatch.model_validate({name: [] for name in LISTS} | {"assumptions": None} | changes)


def unmodelled(output, reason="no step determines it"):
    return {"mechanism": output.mechanism, "metric": output.metric, "reason": reason}


def test_nothing_changes_nothing():
    assert apply_patch(wire(), patch()) == (wire(), ())


WAIVER = {"step": "p_reply", "reason": "it costs nothing that a metric sees"}


@pytest.mark.parametrize("kind", ["terms", "outputs", "bounds", "waivers"])
def test_a_part_takes_the_place_of_the_one_with_its_id(kind):
    given, _ = apply_patch(wire(), patch(waivers=[WAIVER]))
    before = getattr(given, kind)
    field = "reason" if kind == "waivers" else "expression"
    changed = before[0].model_dump() | {field: "1 + 1 and more"}
    after = getattr(apply_patch(given, patch(**{kind: [changed]}))[0], kind)
    assert [getattr(part, field) for part in after] == ["1 + 1 and more", *(getattr(p, field) for p in before[1:])]


def test_an_output_and_its_excuse_exclude_each_other():
    output = wire().outputs[0]
    excused, _ = apply_patch(wire(), patch(unmodelled=[unmodelled(output)]))
    assert output not in excused.outputs
    assert len(excused.unmodelled) == len(wire().unmodelled) + 1
    again, _ = apply_patch(excused, patch(outputs=[output.model_dump()]))
    assert again.unmodelled == wire().unmodelled
    assert again.outputs[-1] == output


def test_removals_by_kind_and_id():
    term, output = wire().terms[-1], wire().outputs[0]
    gone = [{"kind": "term", "id": term.id}, {"kind": "output", "id": f"{output.mechanism} {output.metric}"}]
    after, lost = apply_patch(wire(), patch(removed=gone))
    assert (term in after.terms, output in after.outputs, lost) == (False, False, ())
    _, lost = apply_patch(wire(), patch(removed=[{"kind": "bound", "id": "speed_of_thought"}]))
    assert lost == ("removed bound 'speed_of_thought': there was none; name an id of the cost model.",)


def test_assumptions_stay_or_are_given_whole():
    assert apply_patch(wire(), patch())[0].assumptions == wire().assumptions
    assert apply_patch(wire(), patch(assumptions=["one"]))[0].assumptions == ["one"]


def test_a_whole_model_is_a_repair_too():
    """Answers from before there were changes: a whole model, without the fields that came later."""
    whole = {name: value for name, value in wire().model_dump().items() if name != "spec_problems"}
    assert apply_patch(wire(), WireCostPatch.model_validate(whole))[0] == wire()


def terms(**expressions):
    first = wire().terms[0]
    return [first.model_copy(update={"id": name, "expression": text}) for name, text in expressions.items()]


def test_terms_stand_behind_what_they_use_and_otherwise_as_given():
    names = [term.id for term in in_order(terms(total_s="disk_s + net_s", cpu_s="service", disk_s="net_s", net_s="1"))]
    assert names == ["cpu_s", "net_s", "disk_s", "total_s"]
    assert in_order(wire().terms) == wire().terms


@pytest.mark.parametrize("broken", [{"a_s": "b_s", "b_s": "a_s"}, {"a_s": "((", "b_s": "1"}])
def test_what_cannot_be_ordered_stays_for_the_laws_to_name(broken):
    assert [term.id for term in in_order(terms(**broken))] == list(broken)
