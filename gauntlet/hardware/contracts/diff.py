"""What changes between two forms of a contract: its equations and symbols, and the numbers that come out."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np

from gauntlet.hardware.contracts.draws import draw
from gauntlet.hardware.contracts.records import Contract
from gauntlet.hardware.contracts.solver import Solver
from gauntlet.records import Record

_POINTS = 2_000
_SAME = 1e-12

Step = Literal["major", "minor", "patch", "none"]


class TextChange(NamedTuple):
    """One entry that was added, removed or changed; None where it is not there."""

    part: str
    name: str
    old: str | None
    new: str | None


class NumberChange(NamedTuple):
    """One equation at one vector, in the old form and the new; `ratio` is new over old."""

    vector: str
    equation: str
    old: Any
    new: Any
    ratio: Any


class Shift(NamedTuple):
    """One equation over its whole domain: the share of points that changed, and how far."""

    equation: str
    share: float
    lowest_ratio: float
    highest_ratio: float


class Difference(NamedTuple):
    """Everything that differs, and the step of the version that this asks for."""

    texts: tuple[TextChange, ...]
    numbers: tuple[NumberChange, ...]
    shifts: tuple[Shift, ...]
    step: Step


def difference(old: Contract, new: Contract) -> Difference:
    """From `old` to `new`: what their files say and what their equations give."""
    texts = tuple(_texts(old, new))
    numbers, shifts = tuple(_numbers(old, new)), tuple(_shifts(old, new))
    return Difference(texts, numbers, shifts, _step(texts, bool(numbers or shifts)))


def _texts(old: Contract, new: Contract) -> Iterator[TextChange]:
    for part in ("symbols", "equations", "invariants", "obligations", "falsification_tests", "vectors", "sources"):
        before, after = (_entries(getattr(contract, part)) for contract in (old, new))
        for name in dict.fromkeys((*before, *after)):
            if before.get(name) != after.get(name):
                yield TextChange(part, name, before.get(name), after.get(name))
    for field in ("title", "purpose"):
        if getattr(old, field) != getattr(new, field):
            yield TextChange(field, field, getattr(old, field), getattr(new, field))


def _entries(part: Any) -> dict[str, str]:
    """Entries by name, each as one line of what is stated."""
    named = part.items() if isinstance(part, Mapping) else ((entry.id, entry) for entry in part)
    return {name: _line(entry) for name, entry in named}


def _line(entry: Record) -> str:
    stated = ((name, getattr(entry, name)) for name in type(entry).model_fields if name in entry.model_fields_set)
    return ", ".join(f"{name}: {value}" for name, value in stated if name not in ("id", "meaning"))


def _numbers(old: Contract, new: Contract) -> Iterator[NumberChange]:
    """Shared equations at the vectors of both, wherever a vector gives all that they need."""
    for vector in {vector.id: vector for vector in (*new.vectors, *old.vectors)}.values():
        for name in old.equations:
            if name not in new.equations:
                continue
            values = [_value(contract, name, vector.given) for contract in (old, new)]
            if values[0] is None or values[1] is None or _alike(*values):
                continue
            with np.errstate(all="ignore"):
                ratio = np.divide(values[1], values[0])
            yield NumberChange(vector.id, name, *(np.asarray(each).tolist() for each in (*values, ratio)))


def _value(contract: Contract, name: str, given: Mapping[str, Any]) -> Any:
    solver = Solver(contract, name)
    missing = [each for each in solver.symbols if each not in given and contract.symbols[each].default is None]
    stated = [each for each in solver.symbols if each in given]
    return None if missing or not stated else solver({each: given[each] for each in stated})


def _shifts(old: Contract, new: Contract) -> Iterator[Shift]:
    """Shared equations at random points of the old domain, if the new one asks for no other symbols."""
    at = draw(old, old.symbols, {}, _POINTS, "difference")
    given = {name: values if old.symbols[name].per else values[:, 0] for name, values in at.items()}
    for name in old.equations:
        if name not in new.equations or not set(Solver(new, name).symbols) <= set(given):
            continue
        before, after = (
            np.asarray(solver({each: given[each] for each in solver.symbols}))
            for solver in (Solver(old, name), Solver(new, name))
        )
        if before.shape != after.shape:
            yield Shift(name, 1.0, np.nan, np.nan)
            continue
        changed = ~np.isclose(before, after, rtol=_SAME, atol=0, equal_nan=True)
        if changed.any():
            with np.errstate(all="ignore"):
                ratios = np.divide(after, before)[changed]
            finite = ratios[np.isfinite(ratios)]
            low, high = (float(finite.min()), float(finite.max())) if finite.size else (np.nan, np.nan)
            yield Shift(name, float(changed.mean()), low, high)


def _alike(one: Any, other: Any) -> bool:
    return np.shape(one) == np.shape(other) and bool(np.allclose(one, other, rtol=_SAME, atol=0, equal_nan=True))


def _step(texts: tuple[TextChange, ...], values_changed: bool) -> Step:
    """Another value, or something that code may rely on gone, is major; something new minor; words and tests patch."""
    executed = [change for change in texts if change.part in ("symbols", "equations")]
    if values_changed or any(change.old is not None and change.new is None for change in executed):
        return "major"
    if any(change.old is None for change in executed):
        return "minor"
    return "patch" if texts else "none"
