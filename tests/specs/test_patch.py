"""A patch changes what it names and nothing else."""

import json
from pathlib import Path

import pytest

from gauntlet.specs.patch import KINDS, apply_patch
from gauntlet.specs.wire import WireRemoval, WireSpec, WireSpecPatch

EVIDENCE = [{"page": 1, "quotation": "We use eight cores."}]
NO_POINTS = dict.fromkeys(("series", "table", "along", "x_index", "y_index", "first", "last")) | {
    "kind": "none", "text_points": [], "x_unit": "", "y_unit": "",
}  # fmt: skip
MORE = {
    "components": {"id": "log", "name": "Log", "used_by": [], "facts": []},
    "calibrations": {"id": "disk", "scope": "device", "scope_of": None, "x_variable": "size", "quantity": "rate",
                     "unit": "B/s", "points": NO_POINTS, "evidence": EVIDENCE},
    "relations": {"id": "law", "left": "a", "right": "b", "domain": None, "role": "author_model", "conditions": "",
                  "evidence": EVIDENCE},
    "contradictions": {"id": "cores", "about": "cores", "readings": ["8", "16"], "evidence": EVIDENCE},
}  # fmt: skip
"""One item for each list that the sample leaves empty."""

NOTHING = {name: [] for name in ("steps", "removed", *KINDS.values())} | {"title": None, "unstated": None}


@pytest.fixture
def wire() -> WireSpec:
    answer = json.loads((Path(__file__).parent / "answer.json").read_text(encoding="utf-8"))
    return WireSpec.model_validate(answer | {name: [item] for name, item in MORE.items()})


def patched(wire, **changes):
    """The patched specification and its problems; the patch takes the way through JSON, as an answer does."""
    return apply_patch(wire, WireSpecPatch.model_validate_json(json.dumps(NOTHING | changes)))


def dumped(item, **changes):
    return item.model_dump() | changes


def ids(items):
    return [item.id for item in items]


def test_a_patch_has_a_list_for_every_list_and_a_removal_for_every_kind():
    lists = {name for name, field in WireSpec.model_fields.items() if name not in ("title", "unstated")}
    assert lists == set(KINDS.values())
    assert set(WireSpecPatch.model_fields) == set(WireSpec.model_fields) | {"steps", "removed"}
    kinds = WireRemoval.model_json_schema()["properties"]["kind"]["enum"]
    assert set(kinds) == {*KINDS, "step"}


def test_nothing_given_is_nothing_changed(wire):
    assert patched(wire) == (wire, ())


@pytest.mark.parametrize("name", [name for name in KINDS.values() if name not in ("mechanisms",)])
def test_items_are_replaced_in_place_and_new_ones_come_last(wire, name):
    items = getattr(wire, name)
    text = next(field for field in ("meaning", "name", "statement", "about", "conditions", "unit", "notes")
                if field in type(items[0]).model_fields)  # fmt: skip
    changed, new = dumped(items[0], **{text: "changed"}), dumped(items[-1], id="brand_new")
    result, problems = patched(wire, **{name: [new, changed]})
    assert problems == ()
    assert ids(getattr(result, name)) == [*ids(items), "brand_new"]
    assert getattr(getattr(result, name)[0], text) == "changed"
    assert getattr(result, name)[1:-1] == items[1:]
    assert result.model_copy(update={name: items}) == wire


def test_a_single_step_is_replaced_and_a_new_one_comes_last(wire):
    first = wire.mechanisms[0]
    changed, new = dumped(first.steps[0], action="changed"), dumped(first.steps[0], id="brand_new")
    steps = [{"mechanism": first.id, "step": step} for step in (changed, new)]
    result, problems = patched(wire, steps=steps)
    assert problems == ()
    assert ids(result.mechanisms[0].steps) == [*ids(first.steps), "brand_new"]
    assert result.mechanisms[0].steps[0].action == "changed"
    assert result.mechanisms[0].steps[1:-1] == first.steps[1:]
    assert result.mechanisms[1:] == wire.mechanisms[1:]


def test_a_whole_mechanism_brings_its_own_steps_and_single_steps_follow(wire):
    last = wire.mechanisms[-1]
    whole = dumped(last, steps=[dumped(last.steps[0], id="one"), dumped(last.steps[0], id="two")])
    single = {"mechanism": last.id, "step": dumped(last.steps[0], id="one", action="changed")}
    result, _ = patched(wire, mechanisms=[whole], steps=[single], removed=[{"kind": "step", "id": "one"}])
    assert [(step.id, step.action == "changed") for step in result.mechanisms[-1].steps] == [
        ("one", True), ("two", False),
    ]  # fmt: skip


def test_a_step_of_an_unknown_mechanism_is_reported(wire):
    step = {"mechanism": "nobody", "step": dumped(wire.mechanisms[0].steps[0])}
    result, (problem,) = patched(wire, steps=[step])
    assert result == wire
    assert "'nobody' is not among the mechanisms" in problem.message
    assert wire.mechanisms[0].id in problem.message


def test_removals_and_unknown_ids(wire):
    variable, step = wire.variables[1].id, wire.mechanisms[0].steps[0].id
    removed = [
        {"kind": "variable", "id": variable}, {"kind": "step", "id": step},
        {"kind": "claim", "id": variable}, {"kind": "step", "id": "no_step"},
    ]  # fmt: skip
    result, problems = patched(wire, removed=removed)
    assert ids(result.variables) == [name for name in ids(wire.variables) if name != variable]
    assert result.claims == wire.claims
    assert ids(result.mechanisms[0].steps) == ids(wire.mechanisms[0].steps)[1:]
    assert [problem.where for problem in problems] == [f"removed claim {variable}", "removed step no_step"]


def test_an_id_used_twice_is_mended_and_one_given_twice_stays_for_the_program_to_find(wire):
    first = wire.variables[0]
    twice = wire.model_copy(update={"variables": [*wire.variables, first]})
    given = dumped(first, meaning="the only one")
    assert ids(patched(twice, variables=[given])[0].variables) == ids(wire.variables)
    assert ids(patched(wire, variables=[given, given])[0].variables) == [first.id, *ids(wire.variables)]


def test_title_and_unstated_are_replaced_when_given(wire):
    result, _ = patched(wire, title="New", unstated=[])
    assert (result.title, result.unstated) == ("New", [])
    assert result.claims == wire.claims
