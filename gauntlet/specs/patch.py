"""A repaired specification from what changes in it: removals, whole items under their ids, single steps."""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol, TypeVar

from gauntlet.specs.problems import Problem
from gauntlet.specs.wire import WireMechanism, WireSpec, WireSpecPatch, WireStepChange

KINDS = {
    "mechanism": "mechanisms", "component": "components", "variable": "variables", "workload": "workloads",
    "configuration": "configurations", "metric": "metrics", "claim": "claims", "calibration": "calibrations",
    "relation": "relations", "contradiction": "contradictions",
}  # fmt: skip
"""The kinds of items with ids, and the lists of a specification that hold them; steps lie inside mechanisms."""


class _Identified(Protocol):
    id: str


Item = TypeVar("Item", bound=_Identified)


def apply_patch(wire: WireSpec, patch: WireSpecPatch) -> tuple[WireSpec, tuple[Problem, ...]]:
    """`wire` with the changes of `patch`, and the changes that found no place in it.

    Removals come first. Then each given item takes the place of the one with its id, or comes last; single steps
    likewise inside their mechanisms. An id that `wire` uses twice is once what the patch gives.
    """
    kept = _without_removed(wire, patch)
    changed: dict[str, Any] = {name: _merged(getattr(kept, name), getattr(patch, name)) for name in KINDS.values()}
    changed["mechanisms"] = [_with_steps(mechanism, patch.steps) for mechanism in changed["mechanisms"]]
    if patch.title is not None:
        changed["title"] = patch.title
    if patch.unstated is not None:
        changed["unstated"] = patch.unstated
    patched = kept.model_copy(update=changed)
    return patched, (*_unknown_removals(wire, patch), *_lost_steps(patched, patch))


def _without_removed(wire: WireSpec, patch: WireSpecPatch) -> WireSpec:
    removed = {(item.kind, item.id) for item in patch.removed}
    changed: dict[str, Any] = {
        name: [item for item in getattr(wire, name) if (kind, item.id) not in removed] for kind, name in KINDS.items()
    }
    changed["mechanisms"] = [
        mechanism.model_copy(update={"steps": [step for step in mechanism.steps if ("step", step.id) not in removed]})
        for mechanism in changed["mechanisms"]
    ]
    return wire.model_copy(update=changed)


def _merged(items: Iterable[Item], changes: Iterable[Item]) -> list[Item]:
    """`items` with `changes` in their places, new ones last. All changes are in it, also two under one id."""
    waiting: dict[str, list[Item]] = {}
    for change in changes:
        waiting.setdefault(change.id, []).append(change)
    replaced = set(waiting)
    merged: list[Item] = []
    for item in items:
        merged += waiting.pop(item.id, []) if item.id in replaced else [item]
    return merged + [change for group in waiting.values() for change in group]


def _with_steps(mechanism: WireMechanism, changes: Iterable[WireStepChange]) -> WireMechanism:
    own = [change.step for change in changes if change.mechanism == mechanism.id]
    return mechanism.model_copy(update={"steps": _merged(mechanism.steps, own)})


def _unknown_removals(wire: WireSpec, patch: WireSpecPatch) -> Iterator[Problem]:
    known = {(kind, item.id) for kind, name in KINDS.items() for item in getattr(wire, name)}
    known |= {("step", step.id) for mechanism in wire.mechanisms for step in mechanism.steps}
    for item in patch.removed:
        if (item.kind, item.id) not in known:
            yield Problem(
                f"removed {item.kind} {item.id}", f"there was no such {item.kind}; name an id of the specification."
            )


def _lost_steps(patched: WireSpec, patch: WireSpecPatch) -> Iterator[Problem]:
    known = [mechanism.id for mechanism in patched.mechanisms]
    for change in patch.steps:
        if change.mechanism not in known:
            yield Problem(
                f"step {change.step.id}",
                f"{change.mechanism!r} is not among the mechanisms ({', '.join(known) or 'none'}), so the step was "
                "lost; give it again under one of these.",
            )
