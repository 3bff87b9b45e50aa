"""What a cost model could not use in a specification: found while its author can still mend it."""

from collections.abc import Iterator, Mapping

import numpy as np

from gauntlet.costs.compiled import compile_model, environment_for
from gauntlet.costs.definitions import all_definitions
from gauntlet.costs.dimensions import spec_disagreements
from gauntlet.costs.records import CostModel
from gauntlet.costs.sampling import central_values
from gauntlet.errors import GauntletError
from gauntlet.expressions.evaluation import Floats, quietly
from gauntlet.specs.evidence import Approval, Origin
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.specs.problems import Problem


def unusable(spec: PaperSpec) -> tuple[Problem, ...]:
    """Names that clash or are not known, expressions that do not parse, units that disagree, values that are none."""
    return tuple(_unknown_names(spec)) or tuple(_clashes(spec)) or (*_units(spec), *_values(spec))


def _unknown_names(spec: PaperSpec) -> Iterator[Problem]:
    known = {variable.id for variable in spec.variables}
    try:
        definitions = all_definitions(spec)
    except GauntletError as error:
        yield Problem("expression", str(error))
        return
    for _, expression in definitions:
        for name in expression.names:
            if name not in known:
                yield Problem(expression.where, f"{name!r} is no variable; declare it or correct the expression.")


def _clashes(spec: PaperSpec) -> Iterator[Problem]:
    """What linking a cost model without a single term stumbles over."""
    approval = Approval(status="unapproved", verifications=0)
    try:
        compile_model(spec, CostModel(terms=(), outputs=(), origin=Origin(kind="rules"), approval=approval))
    except GauntletError as error:
        yield Problem("names and expressions", str(error))


def _units(spec: PaperSpec) -> Iterator[Problem]:
    yield from (Problem(found.where, found.message) for found in spec_disagreements(spec))


def _values(spec: PaperSpec) -> Iterator[Problem]:
    """Definitions evaluated in the middle of all ranges, and as each claim sets them."""
    try:
        with quietly():
            central = central_values(spec)
    except GauntletError as error:
        yield Problem("derived variables", str(error))
        return
    broken = set(_not_numbers(central))
    for name in sorted(broken):
        yield _no_number(name, "in the middle of all ranges")
    for claim in spec.claims:
        if claim.kind == "attribution" or not claim.points:
            continue
        try:
            with quietly():
                environment = environment_for(claim, spec, central)
        except GauntletError as error:
            yield Problem(f"claim {claim.id}", f"its settings cannot be evaluated: {error}")
            continue
        for name in sorted(set(_not_numbers(environment)) - broken):
            broken.add(name)
            yield _no_number(name, f"where claim {claim.id} was measured")


def _not_numbers(values: Mapping[str, Floats]) -> Iterator[str]:
    yield from (name for name, value in values.items() if not np.isfinite(value).all())


def _no_number(name: str, where: str) -> Problem:
    return Problem(
        f"variable {name}", f"its expression gives no finite number {where}; mend it or what it is derived from."
    )
