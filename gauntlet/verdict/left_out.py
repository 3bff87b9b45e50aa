"""Points of a claim that no verdict rests on, and settings that its x overrides: each said, none dropped in silence."""

from collections.abc import Sequence

import numpy as np

from gauntlet.specs.claims import Claim, Point
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.verdict.case import Case
from gauntlet.verdict.compare import Comparison
from gauntlet.verdict.grounds import weak_grounds
from gauntlet.verdict.rounding import shown

_MOST = 5


def remarks_on(case: Case, seen: Comparison) -> tuple[str, ...]:
    """What was not used, and why; then where formulas left their validity, and which values rest on little."""
    weak = weak_grounds(case.compiled, case.claim)
    care = (f"Take care: {remark}" for remark in (*case.prediction.remarks, *weak))
    return (*_left_out(case, seen), *_overridden(case.spec, case.claim), *care)


def _left_out(case: Case, seen: Comparison) -> tuple[str, ...]:
    reasons: dict[str, list[int]] = {}
    for index, point in enumerate(case.claim.points):
        if not seen.used[index]:
            reasons.setdefault(_why(point, float(case.prediction.undefined[index])), []).append(index)
    return tuple(
        f"Left out: {len(places)} of {len(case.claim.points)} points{_where(case, places)}, {why}."
        for why, places in reasons.items()
    )


def _why(point: Point, undefined: float) -> str:
    if point.censored:
        return "which end at the frame of their plot and are no measurements"
    if not point.usable:
        return "whose reading is too uncertain"
    if not np.isfinite(point.y):
        return "which are no finite number"
    if point.y <= 0:
        return "which are zero or negative: nothing is a multiple of them"
    if undefined > 0:
        return f"for which the cost model has no value in {100 * undefined:.3g} % of the draws: outside its domain"
    return "which could not be compared"


def _where(case: Case, places: Sequence[int]) -> str:
    name = case.claim.x
    if name is None or any(case.claim.points[index].x is None for index in places):
        return ""
    values = ", ".join(shown(case.claim.points[index].x or 0.0, 3) for index in places[:_MOST])
    unit = case.spec.variable(name).unit
    return f" at {name} = {values}{', ...' if len(places) > _MOST else ''}{f' {unit}' if unit else ''}"


def _overridden(spec: PaperSpec, claim: Claim) -> tuple[str, ...]:
    """Its x against a value that its own configuration gives the same variable."""
    configuration = spec.configuration(claim.configuration)
    for setting in () if configuration is None else configuration.settings:
        if setting.variable == claim.x and setting.kind == "value":
            return (
                f"{claim.x} is on the x axis and set to {setting.expression} by configuration {claim.configuration}; "
                "the axis was believed.",
            )
    return ()
