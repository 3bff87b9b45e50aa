"""From a model's answer to a specification: references resolved, numbers read, quotations found on their pages.

Whatever does not hold is set aside with its reason and reported as a problem, so that a repair can mend it and a
reader can see it. Nothing is dropped in silence.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from pydantic import ValidationError

from gauntlet import units
from gauntlet.errors import GauntletError, RecordError
from gauntlet.hardware.registry import Registry
from gauntlet.paper.records import Figure, Paper, Table
from gauntlet.specs import wire as w
from gauntlet.specs.claims import Claim, Metric, Operand
from gauntlet.specs.devices import other_capacities
from gauntlet.specs.distributions import check_levels
from gauntlet.specs.evidence import Approval, Evidence, Origin, Refused
from gauntlet.specs.grounding import ground
from gauntlet.specs.mechanism import Component, ComponentFact, Mechanism, Step, Waits
from gauntlet.specs.paper_spec import Calibration, Configuration, Contradiction, PaperSpec, Relation, Setting
from gauntlet.specs.points import read_points
from gauntlet.specs.problems import Problem
from gauntlet.specs.quantities import Scope
from gauntlet.specs.values import build_variable
from gauntlet.specs.workload import Law, Share, Workload

Built = TypeVar("Built")


@dataclass
class _Bench:
    """The paper, the registry and what was set aside so far."""

    paper: Paper
    registry: Registry
    problems: list[Problem] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    def attempt(self, where: str, make: Callable[[], Built]) -> Built | None:
        """`make()`, or None with the reason recorded."""
        try:
            return make()
        except ValidationError as error:
            message = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        except GauntletError as error:
            message = str(error).removeprefix(f"{where}: ")
        self.set_aside(where, message)
        return None

    def set_aside(self, where: str, message: str) -> None:
        self.note(where, message, remark=False)

    def note(self, where: str, message: str, *, remark: bool = True) -> None:
        """Tell the reader and the author; nothing is lost by a remark."""
        self.problems.append(Problem(where, message, remark))
        self.refused.append(Refused(what=where, reason=message))

    def evidence(self, items: Iterable[w.WireEvidence], where: str) -> tuple[Evidence, ...]:
        """The quotations that are on their pages; the others are set aside."""
        place = f"{where}: evidence"
        found = (
            self.attempt(place, partial(ground, self.paper, item.page, item.quotation, place, self.note))
            for item in items
        )
        return tuple(item for item in found if item is not None)

    def places(self, items: Iterable[w.WireEvidence], where: str) -> tuple[Evidence, ...]:
        """Like `evidence`; a figure or table may stand for itself by its id, as its caption."""
        shown: dict[str, Figure | Table] = {item.id: item for item in self.paper.figures}
        shown |= {item.id: item for item in self.paper.tables}
        found: list[Evidence] = []
        for item in items:
            drawn = shown.get(item.quotation.strip())
            if drawn is None:
                found += self.evidence([item], where)
            else:
                words = drawn.caption[:200] or drawn.label
                found.append(Evidence(page=drawn.anchor.page, quotation=words, boxes=(drawn.anchor.box,)))
        return tuple(found)

    def all(self, items: Iterable[tuple[str, Callable[[], Built]]]) -> tuple[Built, ...]:
        built = (self.attempt(where, make) for where, make in items)
        return tuple(item for item in built if item is not None)


def build_spec(
    wire: w.WireSpec, paper: Paper, registry: Registry, origin: Origin
) -> tuple[PaperSpec, tuple[Problem, ...]]:
    """The specification that `wire` describes, and every problem found on the way.

    Raises RecordError when nothing usable is left: no mechanism, no variable or no claim.
    """
    bench = _Bench(paper, registry)
    wire = _without_duplicates(wire, bench)
    mechanisms = bench.all((f"mechanism {m.id}", partial(_mechanism, m, bench)) for m in wire.mechanisms)
    variables = bench.all(
        (f"variable {v.id}", partial(build_variable, v, bench.evidence, paper, registry, bench.set_aside))
        for v in wire.variables
    )
    metrics = bench.all((f"metric {m.id}", partial(_metric, m)) for m in wire.metrics)
    known = _Known(
        {m.id for m in mechanisms},
        {v.id: v.unit for v in variables},
        {m.id: m.unit for m in metrics},
        {c.id for c in wire.configurations},
        {load.id for load in wire.workloads},
        {m.id: m.kind for m in mechanisms},
        {m.id for m in metrics if m.statistic == "quantile" and m.quantile is None},
    )
    spec = PaperSpec(
        paper_sha256=paper.sha256,
        title=wire.title or paper.title,
        mechanisms=mechanisms,
        components=bench.all((f"component {c.id}", partial(_component, c, known)) for c in wire.components),
        variables=variables,
        workloads=bench.all((f"workload {x.id}", partial(_workload, x, known, bench)) for x in wire.workloads),
        configurations=bench.all(
            (f"configuration {c.id}", partial(_configuration, c, known, bench)) for c in wire.configurations
        ),
        metrics=metrics,
        claims=bench.all((f"claim {c.id}", partial(_claim, c, known, bench)) for c in wire.claims),
        calibrations=bench.all(
            (f"calibration {c.id}", partial(_calibration, c, known, bench)) for c in wire.calibrations
        ),
        relations=bench.all((f"relation {r.id}", partial(_relation, r, bench)) for r in wire.relations),
        contradictions=bench.all(
            (f"contradiction {c.id}", partial(_contradiction, c, bench)) for c in wire.contradictions
        ),
        unstated=tuple(wire.unstated),
        origin=origin,
        approval=Approval(status="unapproved", verifications=0),
    )
    _require_substance(spec, bench)
    for remark in other_capacities(variables, paper, registry):
        bench.note(remark.where, remark.message)
    return spec.model_copy(update={"refused": tuple(bench.refused)}), tuple(bench.problems)


@dataclass(frozen=True)
class _Known:
    """Ids that may be referred to; variables and metrics with their units."""

    mechanisms: set[str]
    variables: dict[str, str]
    metrics: dict[str, str]
    configurations: set[str]
    workloads: set[str]
    kinds: dict[str, str]
    distributions: set[str]
    """Metrics that are quantiles of a level that the claims give."""

    def need(self, kind: str, name: str | None) -> str | None:
        """`name` when it exists among `kind`, None for None; RecordError otherwise."""
        if name is None or name in getattr(self, kind):
            return name
        known = ", ".join(sorted(getattr(self, kind))) or "none"
        raise RecordError(f"{name!r} is not among the {kind} ({known}); use one of these or declare it.")


def _without_duplicates(wire: w.WireSpec, bench: _Bench) -> w.WireSpec:
    """`wire` with the first of every id; the later ones are set aside."""
    kept: dict[str, list[w.Wire]] = {}
    for kind in ("mechanisms", "variables", "metrics", "claims", "configurations", "workloads"):
        items = {item.id: item for item in reversed(getattr(wire, kind))}
        kept[kind] = list(reversed(items.values()))
        if len(kept[kind]) < len(getattr(wire, kind)):
            ids = [item.id for item in getattr(wire, kind)]
            twice = sorted({name for name in ids if ids.count(name) > 1})
            bench.set_aside(f"{kind} {', '.join(twice)}", "the id is used more than once; make ids unique.")
    steps = [step.id for mechanism in wire.mechanisms for step in mechanism.steps]
    for name in sorted({name for name in steps if steps.count(name) > 1}):
        bench.set_aside(f"step {name}", "the id is used more than once; make step ids unique over all mechanisms.")
    return wire.model_copy(update=kept)


def _require_substance(spec: PaperSpec, bench: _Bench) -> None:
    for kind, items in (("mechanism", spec.mechanisms), ("variable", spec.variables), ("claim", spec.claims)):
        if not items:
            bench.set_aside(
                "specification", f"no {kind} is left that holds; every one was set aside or none was given."
            )


def _mechanism(m: w.WireMechanism, bench: _Bench) -> Mechanism:
    return Mechanism(
        id=m.id,
        name=m.name,
        aliases=tuple(m.aliases),
        kind=m.kind,
        steps=bench.all((f"step {s.id}", partial(_step, s, bench)) for s in m.steps),
        stated_domain=m.stated_domain,
        described_is_measured=m.described_is_measured,
    )


def _step(s: w.WireStep, bench: _Bench) -> Step:
    plain = s.model_dump(exclude={"waits", "evidence", "replaces", "removes"})
    return Step(
        **plain,
        waits=Waits(**s.waits.model_dump()) if s.waits else None,
        replaces=tuple(s.replaces),
        removes=tuple(s.removes),
        evidence=bench.evidence(s.evidence, f"step {s.id}"),
    )


def _component(c: w.WireComponent, known: _Known) -> Component:
    for name in c.used_by:
        known.need("mechanisms", name)
    for fact in c.facts:
        units.check_unit(fact.unit, f"fact {fact.name}")
    facts = tuple(ComponentFact(**fact.model_dump()) for fact in c.facts)
    return Component(id=c.id, name=c.name, used_by=tuple(c.used_by), facts=facts)


def _metric(m: w.WireMetric) -> Metric:
    units.check_unit(m.unit, f"metric {m.id}")
    return Metric(**m.model_dump())


def _workload(x: w.WireWorkload, known: _Known, bench: _Bench) -> Workload:
    for name in (x.think_time, x.population, x.rate, x.key_skew):
        known.need("variables", name)
    plain = x.model_dump(exclude={"mix", "laws", "evidence"})
    return Workload(
        **plain,
        mix=tuple(Share(**share.model_dump()) for share in x.mix),
        laws=bench.all((f"law of {law.of}", partial(_law, law, known, bench)) for law in x.laws),
        evidence=bench.evidence(x.evidence, f"workload {x.id}"),
    )


def _law(law: w.WireLaw, known: _Known, bench: _Bench) -> Law:
    known.need("variables", law.of)
    units.check_unit(law.unit, f"law of {law.of}")
    if any(len(pair) != 2 for pair in law.pairs):
        raise RecordError("pairs must be [probability, value] pairs.")
    pairs = tuple((pair[0], pair[1]) for pair in law.pairs)
    return Law(
        of=law.of,
        family=law.family,
        unit=law.unit,
        pairs=pairs,
        evidence=bench.evidence(law.evidence, f"law of {law.of}"),
    )


def _configuration(c: w.WireConfiguration, known: _Known, bench: _Bench) -> Configuration:
    for setting in c.settings:
        known.need("variables", setting.variable)
        if setting.kind == "value" and not setting.expression:
            raise RecordError(f"setting of {setting.variable!r} has kind 'value' but no expression.")
    return Configuration(
        id=c.id,
        meaning=c.meaning,
        settings=tuple(Setting(**setting.model_dump()) for setting in c.settings),
        evidence=bench.evidence(c.evidence, f"configuration {c.id}"),
    )


def _claim(c: w.WireClaim, known: _Known, bench: _Bench) -> Claim:
    known.need("mechanisms", c.mechanism)
    known.need("metrics", c.metric)
    for name in (c.relative_to, c.favours):
        known.need("mechanisms", name)
    for name in (c.x_variable, c.parametric):
        known.need("variables", name)
    for name in (c.configuration, c.relative_configuration, *c.point_configurations):
        known.need("configurations", name)
    known.need("workloads", c.workload)
    y_unit = "" if c.relative_to else known.metrics[c.metric]
    x_unit = known.variables[c.x_variable] if c.x_variable else None
    where = f"claim {c.id}"
    found = read_points(c.points, bench.paper, x_unit, y_unit, where, bench.note)
    if c.point_configurations and len(c.point_configurations) != len(found.points):
        raise RecordError(
            f"point_configurations lists {len(c.point_configurations)} configurations for {len(found.points)} points; "
            "give one per point, or none."
        )
    if c.x_variable and any(point.x is None for point in found.points):
        raise RecordError(
            "some points have no x; give each its x (text_points, x_index), or leave x_variable null and say the "
            "condition in configuration or point_configurations."
        )
    check_levels(c, found.points, x_unit, is_distribution=c.metric in known.distributions)
    if (
        c.kind == "ratio"
        and known.kinds[c.mechanism] == "baseline"
        and known.kinds.get(c.relative_to or "") == "proposed"
        and not c.favours
    ):
        raise RecordError("a ratio of the baseline to the proposal needs favours: which of the two it speaks for.")
    plain = c.model_dump(exclude={"x_variable", "points", "evidence", "operands", "point_configurations"})
    return Claim(
        **plain,
        x=c.x_variable,
        point_configurations=tuple(c.point_configurations),
        operands=tuple(Operand(**operand.model_dump()) for operand in c.operands),
        points=found.points,
        missing=found.missing,
        evidence=found.evidence + bench.evidence(c.evidence, where),
    )


def _calibration(c: w.WireCalibration, known: _Known, bench: _Bench) -> Calibration:
    known.need("variables", c.x_variable)
    known.need("variables", c.quantity)
    where = f"calibration {c.id}"
    found = read_points(c.points, bench.paper, known.variables[c.x_variable], c.unit, where, bench.note)
    return Calibration(
        id=c.id,
        what=Scope(kind=c.scope, of=c.scope_of),
        x=c.x_variable,
        quantity=c.quantity,
        unit=c.unit,
        points=found.points,
        evidence=found.evidence + bench.evidence(c.evidence, where),
    )


def _relation(r: w.WireRelation, bench: _Bench) -> Relation:
    return Relation(**r.model_dump(exclude={"evidence"}), evidence=bench.evidence(r.evidence, f"relation {r.id}"))


def _contradiction(c: w.WireContradiction, bench: _Bench) -> Contradiction:
    return Contradiction(
        id=c.id,
        about=c.about,
        readings=tuple(c.readings),
        evidence=bench.places(c.evidence, f"contradiction {c.id}"),
    )
