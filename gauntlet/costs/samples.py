"""What a cost model gives at a few points, in the metrics' units, so that a slip of a thousand meets the eye.

Predictions alone, every range at its middle: no claimed value enters, only where along x the paper measured.
"""

from collections.abc import Iterator

import numpy as np

from gauntlet.costs.compiled import CompiledModel, compile_model, environment_for
from gauntlet.costs.records import CostModel
from gauntlet.costs.sampling import central_values, support
from gauntlet.errors import GauntletError
from gauntlet.expressions.evaluation import Floats, quietly
from gauntlet.specs.claims import Claim, Point
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.units import from_si

MOST_LINES = 60


def sample_outputs(spec: PaperSpec, model: CostModel) -> str:
    """One line per metric and setting: each mechanism at the first, middle and last x; '' where nothing can be run.

    Before them the middles of what is not known exactly.
    """
    try:
        compiled, central = compile_model(spec, model), central_values(spec)
    except GauntletError:
        return ""
    groups: dict[tuple[object, ...], list[Claim]] = {}
    for claim in spec.claims:
        if compiled.why_not(claim) is None and claim.relative_to is None:
            setting = (claim.metric, claim.x, claim.workload, claim.configuration, claim.point_configurations)
            groups.setdefault(setting, []).append(claim)
    lines = [_line(compiled, claims, central) for claims in groups.values()]
    left_out = [f"{len(lines) - MOST_LINES} more settings are left out"] if len(lines) > MOST_LINES else []
    return "\n".join([*_middles(spec, central), *lines[:MOST_LINES], *left_out]) if lines else ""


def _middles(spec: PaperSpec, central: dict[str, Floats]) -> Iterator[str]:
    """The values taken for what is uncertain, in the variables' units."""
    open_ones = [variable for variable in spec.variables if support(variable) is not None and variable.id in central]
    shown = [
        f"{variable.id} = {from_si(float(central[variable.id].flat[0]), variable.unit):.4g} {variable.unit}".strip()
        for variable in open_ones
    ]
    if shown:
        yield f"With {', '.join(shown)}:"


def _line(compiled: CompiledModel, claims: list[Claim], central: dict[str, Floats]) -> str:
    claim = claims[0]
    metric = compiled.spec.metric(claim.metric)
    points = _ends_and_middle(claim)
    setting = ", ".join(filter(None, (claim.workload, claim.configuration)))
    shown = "; ".join(_of_mechanism(compiled, one, points, central) for one in _once(claims))
    along = f" at {claim.x} = {', '.join(_x(point, compiled, claim) for point in points)}" if claim.x else ""
    return f"{metric.id} [{metric.unit or 'no unit'}] ({setting}){along}: {shown}"


def _once(claims: list[Claim]) -> Iterator[Claim]:
    """The first claim of each mechanism."""
    yield from {claim.mechanism: claim for claim in reversed(claims)}.values()


def _ends_and_middle(claim: Claim) -> tuple[Point, ...]:
    points = claim.points if claim.x is None else tuple(sorted(claim.points, key=lambda point: point.x or 0.0))
    if claim.point_configurations:
        points = claim.points
    return tuple(points[index] for index in dict.fromkeys((0, len(points) // 2, len(points) - 1)))


def _x(point: Point, compiled: CompiledModel, claim: Claim) -> str:
    return f"{point.x:.4g} {compiled.spec.variable(claim.x or '').unit}".strip()


def _of_mechanism(compiled: CompiledModel, claim: Claim, points: tuple[Point, ...], central: dict[str, Floats]) -> str:
    unit = compiled.spec.metric(claim.metric).unit
    own = points if not claim.point_configurations else _ends_and_middle(claim)
    try:
        with quietly():
            environment = environment_for(claim, compiled.spec, central, points=own)
            value = compiled.predict(claim.mechanism, claim.metric, environment)
    except GauntletError as error:
        return f"{claim.mechanism} cannot be evaluated ({error})"
    values = np.broadcast_to(from_si(value, unit), (1, len(own)))[0]
    return f"{claim.mechanism} {', '.join(f'{one:.4g}' for one in values)}"
