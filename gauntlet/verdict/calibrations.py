"""Calibration measurements as observations: a term that stands for what was measured must give what was measured.

A paper measures its SSD by request size, or the write amplification of a tree by its size: points of a device or a
component, no claims; one measured on the proposal may not explain it. They teach the constants behind the term, before
any baseline does; a term that no constant brings to the measured points belongs to a wrong structure, however well the
baseline is met otherwise.

A term stands for a quantity whose id is part of its own: `tree_write_amplification` for `write_amplification`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from gauntlet.costs.compiled import CompiledModel, environment_for
from gauntlet.costs.effort import effort_of
from gauntlet.costs.linking import needed
from gauntlet.costs.records import Term
from gauntlet.costs.sampling import central_values, in_si
from gauntlet.errors import GauntletError
from gauntlet.mechanisms.catalogue import catalogue
from gauntlet.specs.claims import Claim, TextSource
from gauntlet.specs.paper_spec import Calibration, PaperSpec
from gauntlet.specs.quantities import Sweep
from gauntlet.units import dimension, from_si
from gauntlet.verdict.likelihood import TEACHERS, quadratic, trend
from gauntlet.verdict.policy import Policy
from gauntlet.verdict.prediction import Floats


@dataclass(frozen=True)
class Calibrated:
    """A term of one mechanism beside the measured points it stands for; `terms` are all that stand for them.

    `at` holds the points as if a mechanism that uses the term claimed them; `elsewhere` are values in SI of what is
    swept in other experiments, and here makes no difference.
    """

    calibration: Calibration
    term: Term
    terms: tuple[str, ...]
    at: Claim
    point_sigma: Floats
    level_sigma: float
    elsewhere: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The calibration's id."""
        return self.calibration.id

    @property
    def count(self) -> int:
        """How many points were measured."""
        return len(self.at.points)

    @property
    def in_words(self) -> bool:
        """Whether sentences alone say so."""
        return all(isinstance(point.source, TextSource) for point in self.at.points)

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """Nobody's in particular: a device or a component was measured."""
        return ()

    @property
    def implementations(self) -> tuple[str, ...]:
        """No implementation was measured."""
        return ()

    def rests_on(self, compiled: CompiledModel) -> set[str]:
        """Variables behind the term."""
        return compiled.variables_of(self.at.mechanism, [compiled.programs[self.at.mechanism][self.term.id]])

    def effort_us(self, compiled: CompiledModel) -> float:
        """Microseconds for one draw of the term at the points."""
        return effort_of(compiled, self.at, [compiled.programs[self.at.mechanism][self.term.id]])

    def coarser(self) -> "Calibrated":
        """Itself: each draw is evaluated once."""
        return self

    def strained(self, factor: float) -> "Calibrated":
        """The same points, each granted `factor` times the deviation of its own; what they share stays."""
        return replace(self, point_sigma=self.point_sigma * factor)

    def misfit(self, compiled: CompiledModel, draws: Mapping[str, Floats], levels: Mapping[str, Floats]) -> Floats:
        """q of every draw, shape (samples,)."""
        return quadratic(self._residual(compiled, draws), self.point_sigma, self.level_sigma)

    def trend(self, compiled: CompiledModel, draws: Mapping[str, Floats], levels: Mapping[str, Floats]) -> float:
        """How the residuals of one draw run along x."""
        x = np.array([np.nan if point.x is None else point.x for point in self.at.points])
        return trend(x, self._residual(compiled, draws)[0])

    def _residual(self, compiled: CompiledModel, draws: Mapping[str, Floats]) -> Floats:
        environment = environment_for(self.at, compiled.spec, draws, fixed=self.elsewhere)
        value = compiled.terms(self.at.mechanism, self.at.metric, environment)[self.term.id]
        samples = max((len(draw) for draw in draws.values()), default=1)
        with np.errstate(all="ignore"):
            given = np.log(np.maximum(from_si(value, self.calibration.unit), 0.0))
        measured = np.log([point.y for point in self.at.points])
        return np.broadcast_to(measured - given, (samples, measured.size))


def calibrated(compiled: CompiledModel, policy: Policy) -> tuple[Calibrated, ...]:
    """Every calibration with the first term that stands for it, baselines first: they were what was measured."""
    spec = compiled.spec
    order = sorted(compiled.outputs, key=lambda key: spec.mechanism(key[0]).kind != "baseline")
    found = []
    for calibration in spec.calibrations:
        if _of_proposal(spec, calibration):
            continue
        pairs = ((*key, term) for key in order for term in _terms(compiled, *key) if _stands_for(term, calibration))
        one = next((_observed(compiled, calibration, *pair, policy) for pair in pairs), None)
        if one is not None:
            found.append(one)
    return tuple(found)


def unused(compiled: CompiledModel, names: set[str]) -> Iterator[str]:
    """Why each calibration that is not among `names` teaches nothing."""
    for one in compiled.spec.calibrations:
        if _of_proposal(compiled.spec, one):
            yield f"{one.id} teaches nothing: it was measured on the proposal, which it may not explain."
        elif one.id not in names:
            yield f"{one.id} teaches nothing: no term of the cost model stands for its {one.quantity}."


def _of_proposal(spec: PaperSpec, calibration: Calibration) -> bool:
    owner = calibration.what.of if calibration.what.kind == "mechanism" else None
    return owner is not None and spec.mechanism(owner).kind not in TEACHERS


def _terms(compiled: CompiledModel, mechanism: str, metric: str) -> Iterator[Term]:
    used = set(needed(compiled.programs[mechanism], [compiled.outputs[mechanism, metric]]))
    return (term for term in compiled.model.terms if term.id in used)


def _stands_for(term: Term, calibration: Calibration) -> bool:
    whole_words = re.search(rf"(^|_){re.escape(calibration.quantity)}(_|$)", term.id)
    return whole_words is not None and dimension(term.unit) == dimension(calibration.unit)


def _observed(
    compiled: CompiledModel, calibration: Calibration, mechanism: str, metric: str, term: Term, policy: Policy
) -> Calibrated | None:
    points = tuple(point for point in calibration.points if point.usable and not point.censored and point.y > 0)
    at = Claim(
        id=calibration.id, kind="series", statement=calibration.id, mechanism=mechanism, metric=metric,
        x=calibration.x, points=points,
    )  # fmt: skip
    terms = tuple(other.id for other in compiled.model.terms if _stands_for(other, calibration))
    reading = np.array([point.reading_error for point in points])
    program = compiled.programs[mechanism]
    behind = [program[term.id], *(program[name] for name in needed(program, [program[term.id]]))]
    form = [catalogue()[name].model_form_error for name in {name for one in behind for name in one.primitives}]
    one = Calibrated(
        calibration, term, terms, at, np.hypot(policy.shape_sigma, np.log1p(reading)),
        float(np.hypot(policy.level_sigma, np.log1p(np.linalg.norm(form)))),
    )  # fmt: skip
    middle = central_values(compiled.spec)
    low, high = (replace(one, elsewhere=_swept(compiled.spec, calibration.x, end)) for end in (min, max))
    try:
        same = np.allclose(low.misfit(compiled, middle, {}), high.misfit(compiled, middle, {}))
    except (GauntletError, KeyError):
        return None
    return low if points and same else None


def _swept(spec: PaperSpec, x: str, end: Callable[[Sequence[float]], float]) -> dict[str, Floats]:
    """Every swept variable but x at one end of its values, in SI."""
    return {
        variable.id: in_si(np.full((1, 1), end(variable.value.values)), variable)
        for variable in spec.variables
        if isinstance(variable.value, Sweep) and variable.value.values and variable.id != x
    }
