"""A repaired cost model from what changes in it: removals, and whole parts under their ids."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from gauntlet.costs.wire import WireCostModel, WireCostPatch, WireTerm
from gauntlet.errors import GauntletError
from gauntlet.expressions.grammar import parse

KINDS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "term": ("terms", lambda part: str(part.id)),
    "output": ("outputs", lambda part: f"{part.mechanism} {part.metric}"),
    "bound": ("bounds", lambda part: str(part.id)),
    "waiver": ("waivers", lambda part: str(part.step)),
    "unmodelled": ("unmodelled", lambda part: f"{part.mechanism} {part.metric}"),
}
"""Kind of part -> the list that holds it, and the id by which it is known."""

_INSTEAD = {"output": "unmodelled", "unmodelled": "output"}
"""A metric of a mechanism has an output or a reason why not."""


def apply_patch(wire: WireCostModel, patch: WireCostPatch) -> tuple[WireCostModel, tuple[str, ...]]:
    """`wire` with the changes of `patch`, and in words the removals of what was not there.

    Removals come first; then each given part takes the place of the one with its id, or comes last. What is given as an
    output is no longer unmodelled, and the other way round.
    """
    removed: set[tuple[str, str]] = {(item.kind, item.id) for item in patch.removed}
    for kind, instead in _INSTEAD.items():
        removed |= {(instead, _id(kind, part)) for part in getattr(patch, KINDS[kind][0])}
    changed: dict[str, Any] = {"spec_problems": patch.spec_problems}
    for kind, (name, _) in KINDS.items():
        kept = [part for part in getattr(wire, name) if (kind, _id(kind, part)) not in removed]
        changed[name] = _merged(kind, kept, getattr(patch, name))
    if patch.assumptions is not None:
        changed["assumptions"] = patch.assumptions
    return wire.model_copy(update=changed), tuple(_unknown(wire, patch))


def in_order(terms: Sequence[WireTerm]) -> list[WireTerm]:
    """Terms such that each stands after those it uses, otherwise as given; as given where one uses itself.

    A repair adds its terms at the end, and what uses them may stand above.
    """
    uses = {id(term): _used(term, {other.id for other in terms} - {term.id}) for term in terms}
    placed: list[WireTerm] = []
    waiting = list(terms)
    while waiting:
        names = {term.id for term in waiting}
        ready = next((term for term in waiting if not uses[id(term)] & names), None)
        if ready is None:
            return list(terms)
        placed.append(ready)
        waiting = [term for term in waiting if term is not ready]
    return placed


def _used(term: WireTerm, names: set[str]) -> set[str]:
    try:
        return names & set(parse(term.expression, term.id).names)
    except GauntletError:  # told by the law of well-formed expressions
        return set()


def _id(kind: str, part: Any) -> str:
    return KINDS[kind][1](part)


def _merged(kind: str, parts: Sequence[Any], changes: Sequence[Any]) -> list[Any]:
    """`parts` with `changes` in their places, new ones last; a bound or term given twice is there twice."""
    waiting: dict[str, list[Any]] = {}
    for change in changes:
        waiting.setdefault(_id(kind, change), []).append(change)
    replaced = set(waiting)
    merged: list[Any] = []
    for part in parts:
        merged += waiting.pop(_id(kind, part), []) if _id(kind, part) in replaced else [part]
    return merged + [change for group in waiting.values() for change in group]


def _unknown(wire: WireCostModel, patch: WireCostPatch) -> Iterator[str]:
    known = {(kind, _id(kind, part)) for kind, (name, _) in KINDS.items() for part in getattr(wire, name)}
    for item in patch.removed:
        if (item.kind, item.id) not in known:
            yield f"removed {item.kind} {item.id!r}: there was none; name an id of the cost model."
