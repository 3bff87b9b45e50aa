"""Random honest papers: a system, true constants, what two implementations deviate by, and the claims read from it.

log claim = log truth + the implementation's level + the point's own shape + reading. The level is one number per
implementation, whatever is measured on it, and costs time: slower and fewer. Offered loads arrive not quite as asked.
No honest claim beats a true limit.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.coverage import devices, queues
from benchmarks.coverage.systems import BASELINE, METRICS, PROPOSAL, Side, System, World, in_unit, log_grid
from benchmarks.coverage.truth import Floats
from gauntlet.costs.records import Bound, CostModel, Output
from gauntlet.specs.claims import Claim, Point, SeriesSource
from gauntlet.specs.evidence import Approval, Origin
from gauntlet.specs.mechanism import Mechanism, Step
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.specs.workload import Workload
from gauntlet.verdict.policy import Policy

FAMILIES: tuple[Callable[[World], System], ...] = (
    queues.open_queue, queues.tail, queues.closed_network, queues.lock, queues.quorum, queues.hedged,
    devices.group_commit, devices.store, devices.cache, devices.collective, devices.batching, devices.kernel,
    devices.decoding, devices.pipeline, devices.scaling,
)  # fmt: skip
POINTS = (1, 2, 3, 5, 8, 10, 20)
"""How many points a claim may have."""
_HUMAN, _APPROVED = Origin(kind="human"), Approval(status="approved", verifications=2)


@dataclass(frozen=True)
class RandomPaper:
    """An honest paper; `planted` makes its proposal better than it is."""

    family: str
    spec: PaperSpec
    model: CostModel

    def planted(self, factor: float) -> "RandomPaper":
        """The same paper with all claims of the proposal `factor` times better."""
        claims = tuple(claim if claim.mechanism == BASELINE else _scaled(claim, factor) for claim in self.spec.claims)
        return replace(self, spec=self.spec.model_copy(update={"claims": claims}))


def random_paper(seed: int, index: int, policy: Policy) -> RandomPaper:
    """Paper number `index` of a seed; the families take turns."""
    rng = np.random.default_rng([seed, index])
    system = FAMILIES[index % len(FAMILIES)](World(rng))
    return RandomPaper(system.family, _spec(system, _Laboratory(rng, system, policy)), _model(system))


@dataclass(frozen=True)
class _Laboratory:
    """Where a system is built and measured."""

    rng: np.random.Generator
    system: System
    policy: Policy

    def claims(self) -> tuple[Claim, ...]:
        levels = {name: self.policy.level_sigma * self.rng.standard_normal() for name in (BASELINE, PROPOSAL)}
        found: list[Claim] = []
        for mechanism, most in ((BASELINE, 2), (PROPOSAL, 4)):
            for _ in range(int(self.rng.integers(mechanism == PROPOSAL, most + 1))):
                found.append(self._claim(f"claim{len(found)}", mechanism, levels))
        return tuple(found)

    def _claim(self, name: str, mechanism: str, levels: Mapping[str, float]) -> Claim:
        own = [side for side in self.system.sides if side.mechanism == mechanism]
        side = own[self.rng.integers(len(own))]
        ratio = mechanism == PROPOSAL and self.rng.random() < 0.2
        x = self._axis(BASELINE if ratio else mechanism)
        y = self._measured(side, x, levels)
        unit = METRICS[side.metric].unit
        if ratio:
            other = next(one for one in self.system.sides if (one.mechanism, one.metric) == (BASELINE, side.metric))
            y, unit = y / self._measured(other, x, levels), ""
        error = float(self.rng.choice([0.0, 0.005, 0.01, 0.03]))
        read = in_unit(y, unit) * (1 + error * self.rng.uniform(-1, 1, y.size))
        at = in_unit(x, self.system.axis.unit)
        points = tuple(
            Point(x=float(here), y=float(value), reading_error=error, source=SeriesSource(series=name, index=index))
            for index, (here, value) in enumerate(zip(at, read, strict=True))
        )
        return Claim(
            id=name, kind="ratio" if ratio else "series", statement=f"{side.metric} of the {mechanism}",
            mechanism=mechanism, metric=side.metric, x=self.system.axis.id, points=points,
            relative_to=BASELINE if ratio else None,
        )  # fmt: skip

    def _axis(self, mechanism: str) -> Floats:
        low, high = self.system.range_of(mechanism)
        points = int(self.rng.choice(POINTS))
        return log_grid(self.rng, low, high, points, self.system.axis.whole)

    def _measured(self, side: Side, x: Floats, levels: Mapping[str, float]) -> Floats:
        """Metric in SI at every x, as this implementation gives it."""
        arrived = x * np.exp(self.policy.load_sigma * self.rng.standard_normal(x.size))
        if self.system.load != "rate":
            arrived = x
        arrived = np.minimum(arrived, 1.04 * self.system.range_of(side.mechanism)[1])
        truth = side.truth(self.system.true, arrived)
        sign = 1 if METRICS[side.metric].better == "lower" else -1
        logs = sign * levels[side.mechanism] + self.policy.shape_sigma * self.rng.standard_normal(x.size)
        y = truth * np.exp(logs)
        if side.true_limit is None:
            return y
        limit = side.true_limit(self.system.true, arrived)
        return np.maximum(y, limit) if sign > 0 else np.minimum(y, limit)


def _spec(system: System, laboratory: _Laboratory) -> PaperSpec:
    mechanisms = tuple(
        Mechanism(id=name, name=name, kind=kind, steps=(Step(id=f"{name}_step", actor=name, action="serves"),))
        for name, kind in ((BASELINE, "baseline"), (PROPOSAL, "proposed"))
    )
    loop = {"rate": "open", "population": "closed", None: "batch"}[system.load]
    load = {system.load: system.axis.id} if system.load else {}
    return PaperSpec(
        paper_sha256="0" * 64,
        title=system.family,
        mechanisms=mechanisms,
        variables=(system.axis, *(constant.variable for constant in system.constants)),
        workloads=(Workload(loop=loop, **load),),
        metrics=system.metrics,
        claims=laboratory.claims(),
        origin=_HUMAN,
        approval=_APPROVED,
    )


def _model(system: System) -> CostModel:
    outputs = tuple(
        Output(mechanism=side.mechanism, metric=side.metric, expression=side.expression, unit="1")
        for side in system.sides
    )
    bounds = tuple(
        Bound(
            id=f"bound{index}", mechanism=side.mechanism, metric=side.metric, resource="device",
            expression=side.limit, unit="1",
        )
        for index, side in enumerate(system.sides)
        if side.limit is not None
    )  # fmt: skip
    return CostModel(terms=(), outputs=outputs, bounds=bounds, origin=_HUMAN, approval=_APPROVED)


def _scaled(claim: Claim, factor: float) -> Claim:
    better = factor if METRICS[claim.metric].better == "higher" else 1 / factor
    points = tuple(point.model_copy(update={"y": point.y * better}) for point in claim.points)
    return claim.model_copy(update={"points": points})
