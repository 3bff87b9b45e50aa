"""Where a prediction comes from: the parts of its cost at the claimed points, and along the curve between them."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from gauntlet.costs.breakdown import breakdown
from gauntlet.costs.compiled import CompiledModel, environment_for
from gauntlet.errors import GauntletError
from gauntlet.specs.claims import Claim
from gauntlet.verdict.prediction import Floats

_NOTHING = 1e-9  # of the cost: rounding


class Parts(NamedTuple):
    """T parts of a cost, in SI: `at` the P claimed points and `along` the M values of x of the curve."""

    names: tuple[str, ...]
    at: Floats
    along: Floats


def no_parts(points: int) -> Parts:
    """Of a prediction that nobody opened."""
    return Parts((), np.empty((0, points)), np.empty((0, 0)))


def parts_of(compiled: CompiledModel, claim: Claim, drawn: Mapping[str, Floats], curve_x: Floats) -> Parts:
    """Parts of the claim's own mechanism, whatever the claim is relative to; `drawn` has one value per variable.

    None along the curve where the model has no value there.
    """
    points = claim.points
    if curve_x.size:
        template = next(point for point in points if point.x is not None)
        points += tuple(template.model_copy(update={"x": float(x)}) for x in curve_x)
    try:
        environment = environment_for(claim, compiled.spec, drawn, points)
        found = breakdown(compiled, claim.mechanism, claim.metric, environment)
    except GauntletError:
        return parts_of(compiled, claim, drawn, np.empty(0)) if curve_x.size else no_parts(len(claim.points))
    rows = np.array([np.broadcast_to(row, len(points)) for row in found.values()]).reshape(len(found), len(points))
    with np.errstate(invalid="ignore"):
        kept = (np.abs(rows) > _NOTHING * np.abs(rows.sum(axis=0))).any(axis=1)
    names, count = tuple(name for name, keep in zip(found, kept, strict=True) if keep), len(claim.points)
    return Parts(names, rows[kept, :count], rows[kept, count:])
