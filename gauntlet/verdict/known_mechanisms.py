"""Known mechanisms that would close a gap, as arithmetic: what each would have to achieve, part by part of the cost.

A part that has to shrink to f of itself is closed by batching k = ceil(1 / f) operations on one, by hiding 1 - f of it
behind the rest, by n f of its n round trips, by a flush on a device that takes f of the time, or by f of the bytes or
operations. Which of them fits a part depends on what it is made of: a wait in a queue fits none.
"""

import functools
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from gauntlet.costs.breakdown import inverted
from gauntlet.costs.compiled import CompiledModel
from gauntlet.costs.linking import needed
from gauntlet.expressions.memory import remembering
from gauntlet.mechanisms.catalogue import catalogue
from gauntlet.specs.claims import Claim
from gauntlet.specs.quantities import Variable
from gauntlet.units import DIMENSIONLESS, dimension, divide, from_si
from gauntlet.verdict.believe import needed_factor
from gauntlet.verdict.known import medians
from gauntlet.verdict.parts import parts_of
from gauntlet.verdict.prediction import Floats, Lesson
from gauntlet.verdict.records import ClaimVerdict, KnownMechanism
from gauntlet.verdict.rounding import shown, time_unit

_LARGEST = 3  # parts, and
_LEAST = 0.05  # of the cost, that are looked at
_SEVERAL = 1.5  # round trips; one alone cannot become fewer
_WAITING = frozenset({"queueing", "concurrency", "scheduling"})
_MOVED = frozenset(dimension(unit) for unit in ("B/s", "FLOP/s"))
_SECOND = dimension("s")
_Name = Literal["batching", "overlap", "fewer round trips", "faster flush", "less work"]


def with_known_mechanisms(verdict: ClaimVerdict, compiled: CompiledModel, claim: Claim, lesson: Lesson) -> ClaimVerdict:
    """The verdict with the known mechanisms that would close its gap at the worst point; unchanged without a gap."""
    worst = next((i for i, point in enumerate(verdict.points) if point.used and point.gap == verdict.gap), None)
    if verdict.label != "MAGIC_GAP" or worst is None:
        return verdict
    with remembering():
        found = known_mechanisms(compiled, claim, worst, lesson)
    return verdict.model_copy(update={"known_mechanisms": found})


def known_mechanisms(compiled: CompiledModel, claim: Claim, index: int, lesson: Lesson) -> tuple[KnownMechanism, ...]:
    """What closes the gap at point `index` by one part alone, the largest part first; empty where none can."""
    point = claim.points[index]
    middle = medians(compiled.spec, lesson.learnt)
    here = claim.model_copy(
        update={"points": (point,), "point_configurations": claim.point_configurations[index : index + 1]}
    )
    parts = parts_of(compiled, here, middle, np.empty(0))
    values = dict(zip(parts.names, parts.at[:, 0].tolist(), strict=True))
    total = sum(values.values())
    if not math.isfinite(total) or total <= 0:
        return ()
    alike = _alike(compiled, claim)
    own = (name for name in values if values[name] > _LEAST * total and name not in alike)
    large = sorted(own, key=lambda name: -values[name])
    timed = _is_time(compiled, claim)
    return tuple(
        found
        for name in large[:_LARGEST]
        for found in _Part(compiled, here, middle, name, values[name], total, timed).mechanisms()
    )


def _alike(compiled: CompiledModel, claim: Claim) -> set[str]:
    """Terms and variables that both sides of a ratio have: what makes them smaller moves both and no ratio."""
    if claim.relative_to is None or claim.relative_to == claim.mechanism:
        return set()
    own, other = compiled.programs[claim.mechanism], compiled.programs[claim.relative_to]
    terms = {name for name in own if name in other and own[name].root == other[name].root}
    output = compiled.outputs[claim.relative_to, claim.metric]
    return terms | compiled.variables_of(claim.relative_to, [output])


@dataclass(frozen=True)
class _Part:
    """One part of the cost at one point, every variable at its median."""

    compiled: CompiledModel
    claim: Claim
    middle: dict[str, Floats]
    name: str
    cost: float
    total: float
    timed: bool

    def mechanisms(self) -> Iterator[KnownMechanism]:
        """Those that fit what the part is made of."""
        factor = None if self._waits else self._needed(self.name)
        if factor is None:
            return
        rates = [one for one in self.variables if dimension(one.unit) in _MOVED]
        if rates:
            yield self._say("less work", f"{shown(100 * factor, 3)} % of its bytes or operations would do", True)
        else:
            yield from self._round_trips(factor)
            yield from self._flushes()
            yield self._batching(factor)
        yield from self._overlap(factor)

    def _batching(self, factor: float) -> KnownMechanism:
        often, whole = shown(1 / factor, 3), math.ceil(1 / factor - 1e-3)
        each = "" if often == str(whole) else f" ({whole} where each has its own now)"
        words = f"{often} times as many operations on one{each}: {self._amount(factor * self.cost)} instead of "
        return self._say("batching", words + f"{self._amount(self.cost)} each", True)

    def _overlap(self, factor: float) -> Iterator[KnownMechanism]:
        hidden, rest = (1 - factor) * self.cost, self.total - self.cost
        if rest > _LEAST * self.total:
            words = f"{self._amount(hidden)} of {self._amount(self.cost)} behind the other {self._amount(rest)}"
            fits = hidden <= rest
            yield self._say("overlap", words if fits else f"{words}, which is too short to hide it", fits)

    def _round_trips(self, factor: float) -> Iterator[KnownMechanism]:
        trip, times = self._variable_like("round_trip"), [v for v in self.variables if dimension(v.unit) == _SECOND]
        if trip is None or times != [trip]:
            return
        count = self.cost / float(self.middle[trip.id].flat[0])
        if count < _SEVERAL:
            return
        left = math.floor(count * factor + 1e-6)
        words = (
            f"it is {shown(count, 3)} times {trip.id}; {left} would do"
            if left
            else "not even one round trip may be left"
        )
        yield self._say("fewer round trips", words, left > 0)

    def _flushes(self) -> Iterator[KnownMechanism]:
        flush = self._variable_like("flush")
        factor = None if flush is None else self._needed(flush.id)
        if flush is None or factor is None:
            return
        now_s = float(self.middle[flush.id].flat[0])
        for device in _data()["flush"]["faster"]:
            if device["typical_s"] < now_s:
                takes = f"{_time(device['low_s'])} to {_time(device['high_s'])}, {device['source']}"
                words = f"at most {_time(factor * now_s)} a flush instead of {_time(now_s)}: {device['name']} ({takes})"
                closes = device["typical_s"] <= factor * now_s
                yield self._say("faster flush", words, closes)
                if closes:
                    return

    @functools.cached_property
    def variables(self) -> tuple[Variable, ...]:
        """What the part depends on."""
        spec, program = self.compiled.spec, self.compiled.programs[self.claim.mechanism]
        used = {self.name}
        if self.name in program:
            used = self.compiled.variables_of(self.claim.mechanism, [program[self.name]])
        return tuple(variable for variable in spec.variables if variable.id in used)

    @property
    def _waits(self) -> bool:
        """True where a queue or lock stands behind it, and for what is neither a term nor a variable."""
        program = self.compiled.programs[self.claim.mechanism]
        if self.name in program:
            behind = [program[self.name], *(program[name] for name in needed(program, [program[self.name]]))]
            return any(catalogue()[used].family in _WAITING for one in behind for used in one.primitives)
        return not any(variable.id == self.name for variable in self.compiled.spec.variables)

    def _variable_like(self, kind: str) -> Variable | None:
        words = re.compile(_data()[kind]["words"], re.IGNORECASE)
        return next(
            (
                one for one in self.variables
                if dimension(one.unit) == _SECOND and one.id in self.middle
                and (words.search(one.id) or words.search(one.meaning))
            ),
            None,
        )  # fmt: skip

    def _needed(self, name: str) -> float | None:
        factor = needed_factor(self.compiled, self.claim, 0, self.middle, name)
        return factor if factor is not None and 0 < factor < 1 else None

    def _amount(self, cost: float) -> str:
        """So much of the cost: a time, or a share of what is no time."""
        return _time(cost) if self.timed else f"{shown(100 * cost / self.total, 3)} %"

    def _say(self, name: _Name, words: str, closes: bool) -> KnownMechanism:
        return KnownMechanism(name=name, part=self.name, arithmetic=words, closes=closes)


def _is_time(compiled: CompiledModel, claim: Claim) -> bool:
    output = compiled.model.output(claim.mechanism, claim.metric)
    unit = DIMENSIONLESS if output is None else dimension(output.unit)
    return (divide(DIMENSIONLESS, unit) if inverted(compiled.spec.metric(claim.metric)) else unit) == _SECOND


def _time(seconds: float) -> str:
    unit = time_unit(seconds)
    return f"{shown(from_si(seconds, unit), 3)} {unit}"


@functools.cache
def _data() -> Any:
    return json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
