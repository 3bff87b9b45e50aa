"""What types cannot say about a specification that a person edited: references, units, order."""

from collections.abc import Iterator

from gauntlet import units
from gauntlet.errors import UnknownUnit
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.specs.problems import Problem


def check_spec(spec: PaperSpec) -> tuple[Problem, ...]:
    """All references that do not resolve, ids used twice, and units that do not parse."""
    return (*_duplicates(spec), *_references(spec), *_units(spec))


def _duplicates(spec: PaperSpec) -> Iterator[Problem]:
    for kind in ("mechanisms", "variables", "metrics", "claims", "configurations", "workloads", "components"):
        ids = [item.id for item in getattr(spec, kind)]
        for name in sorted({name for name in ids if ids.count(name) > 1}):
            yield Problem(f"{kind}: {name}", "this id is used more than once; rename one of them.")
    for configuration in spec.configurations:
        ids = [setting.variable for setting in configuration.settings]
        for name in sorted({name for name in ids if ids.count(name) > 1}):
            where = f"configurations: {configuration.id}"
            yield Problem(where, f"{name} is set more than once; keep the setting that holds.")
    steps = [step.id for mechanism in spec.mechanisms for step in mechanism.steps]
    for name in sorted({name for name in steps if steps.count(name) > 1}):
        yield Problem(f"steps: {name}", "this step id is used more than once; rename one of them.")


def _references(spec: PaperSpec) -> Iterator[Problem]:
    known = {
        "mechanism": {m.id for m in spec.mechanisms},
        "variable": {v.id for v in spec.variables},
        "metric": {m.id for m in spec.metrics},
        "configuration": {c.id for c in spec.configurations},
        "workload": {x.id for x in spec.workloads},
    }
    for where, kind, name in _uses(spec):
        if name is not None and name not in known[kind]:
            names = ", ".join(sorted(known[kind])) or "none"
            yield Problem(where, f"{name!r} is no {kind} of this specification; use one of: {names}.")


def _uses(spec: PaperSpec) -> Iterator[tuple[str, str, str | None]]:
    for claim in spec.claims:
        where = f"claims: {claim.id}"
        yield where, "workload", claim.workload
        yield where, "metric", claim.metric
        for name in (claim.mechanism, claim.relative_to, claim.favours):
            yield where, "mechanism", name
        for name in (claim.x, claim.parametric):
            yield where, "variable", name
        for name in (claim.configuration, claim.relative_configuration, *claim.point_configurations):
            yield where, "configuration", name
    for configuration in spec.configurations:
        for setting in configuration.settings:
            yield f"configurations: {configuration.id}", "variable", setting.variable
    for load in spec.workloads:
        for name in (load.think_time, load.population, load.rate, load.key_skew, *(law.of for law in load.laws)):
            yield f"workloads: {load.id}", "variable", name
    for variable in spec.variables:
        for name in variable.shared_by:
            yield f"variables: {variable.id}: shared_by", "mechanism", name
    for calibration in spec.calibrations:
        for name in (calibration.x, calibration.quantity):
            yield f"calibrations: {calibration.id}", "variable", name


def _units(spec: PaperSpec) -> Iterator[Problem]:
    named = [
        *((f"variables: {v.id}", v.unit) for v in spec.variables),
        *((f"metrics: {m.id}", m.unit) for m in spec.metrics),
        *((f"calibrations: {c.id}", c.unit) for c in spec.calibrations),
        *((f"workloads: {x.id}: law of {law.of}", law.unit) for x in spec.workloads for law in x.laws),
    ]
    for where, unit in named:
        try:
            units.check_unit(unit, where)
        except UnknownUnit as error:
            yield Problem(where, str(error).removeprefix(f"{where}: "))
