"""An unstated loop: whether requests arrive by themselves or wait for their answers decides how long they queue.

At equal throughput a closed loop waits no longer than an open one (Schroeder, Wierman & Harchol-Balter, NSDI 2006), and
at the least not at all; an open loop waits without limit near saturation. So the model's own loop gives one end of what
an unstated loop allows, and a load of almost nothing, or of very many clients, the other.
"""

from typing import Literal

import numpy as np

from gauntlet.costs.compiled import CompiledModel, environment_for, reference_side
from gauntlet.errors import GauntletError
from gauntlet.specs.claims import Claim
from gauntlet.specs.workload import Workload
from gauntlet.units import from_si
from gauntlet.verdict.compare import good_sign
from gauntlet.verdict.known import medians
from gauntlet.verdict.prediction import Floats, Lesson
from gauntlet.verdict.rounding import shown

_ALMOST_NOTHING = 1e-6  # of a rate: nobody waits
_VERY_MANY = 10_000.0  # clients: the slowest station never idles


def unstated_loop(
    compiled: CompiledModel, claim: Claim, index: int, lesson: Lesson, side: Literal["good", "bad"]
) -> str | None:
    """Why a deviation at point `index` may be the loop that the paper does not state; None where it cannot be."""
    work = next((work for work in compiled.spec.workloads if work.id == claim.workload), None)
    quantity = compiled.spec.metric(claim.metric).quantity
    if work is None or work.loop != "unstated" or quantity not in ("latency", "throughput"):
        return None
    load = _load(compiled, claim, work)
    if load is None:
        return None
    is_open, is_latency = load == work.rate, quantity == "latency"
    modelled, other = ("open", "closed") if is_open else ("closed", "open")
    said = f"The paper does not say whether its loop is open or closed; the model's is {modelled}, and a {other} one"
    if side == "bad":
        return f"{said} {'waits longer' if is_latency else 'gives less'}." if is_open != is_latency else None
    if is_open != is_latency:
        return None
    limit = _limit(compiled, claim, index, lesson, load, is_open)
    if not np.isfinite(limit) or good_sign(compiled.spec, claim) * np.log(claim.points[index].y / limit) > 0:
        return None
    unit = "times" if claim.relative_to is not None else compiled.spec.metric(claim.metric).unit
    return f"{said} can reach {shown(limit)} {unit} with {'hardly any load' if is_open else 'very many clients'}."


def _load(compiled: CompiledModel, claim: Claim, work: Workload) -> str | None:
    """The variable that loads the model: the rate of an open one, the clients of a closed one."""
    behind = compiled.variables_of(claim.mechanism, [compiled.outputs[claim.mechanism, claim.metric]])
    return next((name for name in (work.rate, work.population) if name is not None and name in behind), None)


def _limit(compiled: CompiledModel, claim: Claim, index: int, lesson: Lesson, load: str, is_open: bool) -> float:
    """The prediction at the far end of the load, in the claim's unit; NaN where the model has none."""
    sides = (claim,) if claim.relative_to is None else (claim, reference_side(claim))
    try:
        values = [_at_end(compiled, one, index, lesson, load, is_open) for one in sides]
    except GauntletError:
        return float("nan")
    unit = "" if claim.relative_to is not None else compiled.spec.metric(claim.metric).unit
    with np.errstate(all="ignore"):
        value = values[0] if len(values) == 1 else values[0] / values[1]
    return float(np.ravel(from_si(value, unit))[0])


def _at_end(compiled: CompiledModel, side: Claim, index: int, lesson: Lesson, load: str, is_open: bool) -> Floats:
    middle, point = medians(compiled.spec, lesson.learnt), (side.points[index],)
    now = environment_for(side, compiled.spec, middle, point)[load]
    end = now * _ALMOST_NOTHING if is_open else np.maximum(now, _VERY_MANY)
    return compiled.predict(
        side.mechanism, side.metric, environment_for(side, compiled.spec, middle, point, fixed={load: end})
    )
