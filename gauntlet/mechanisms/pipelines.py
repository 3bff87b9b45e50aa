"""Pipeline-parallel training with passes that vary."""

from typing import Annotated, NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import FinitePositive, Floats, Scalar, Steps, outside_validity, primitive

MostlySteady = Annotated[Floats, Scalar(0.0, 0.5)]

_WIDE, _DEEP, _FILLED, _SOONER = 1.03, 1.25, 6.0, 2.5
"""Fitted to simulated schedules; the error is in the record."""
_MOST_VARIED, _DEEPEST, _BACKWARD = 0.3, 32, (0.5, 4.0)
"""Up to where schedules were simulated: cv, stages, and backward over forward passes."""


class Schedule(NamedTuple):
    """Outputs of `pipeline_1f1b`."""

    time_s: Floats
    slowdown: Floats


@primitive
def pipeline_1f1b(
    stages: Steps, microbatches: Steps, forward_s: FinitePositive, backward_s: FinitePositive, cv: MostlySteady
) -> Schedule:
    """One forward, one backward: T = (m + p - 1) (f + b) (1 + w v (1 - 1/p)^1.25 (m - 1) / (m - 1 + 6 sqrt(p) / u)).

    Counts the pass of m `microbatches` through p `stages` where each forward pass takes f (`forward_s`) and each
    backward pass b (`backward_s`), both with the coefficient of variation v (`cv`), each anew; w = 1.03 and u = 1 + 2.5
    v. Stage i of p starts with p - i forward passes, then alternates; whoever waits for the slower of two neighbours
    loses time, which `slowdown` - the last factor - counts. Leaves out transfers and stages of unequal work.
    Domain: lognormal passes, equal stages; exact for v = 0, one stage or one micro-batch, else an approximation, with a
    ValidityWarning for v above 0.3, more than 32 stages, or b outside 0.5 f to 4 f.
    Source: Narayanan et al., SC 2021, section 2.2 (the schedule and its bubble); the last factor is fitted to
    simulation: waits grow with the spread and saturate once the pipeline has been full for a while (Glynn and Whitt,
    Ann. Appl. Prob. 1(4), 1991).

    >>> round(float(pipeline_1f1b(4, 8, 1.0, 2.0, 0.0).time_s), 6)
    33.0
    """
    low, high = _BACKWARD
    beyond = (
        (cv > _MOST_VARIED) | (stages > _DEEPEST) | (backward_s < low * forward_s) | (backward_s > high * forward_s)
    )
    outside_validity(
        beyond & (cv > 0) & (stages > 1) & (microbatches > 1),
        f"pipeline_1f1b: cv above {_MOST_VARIED}, more than {_DEEPEST} stages, or backward passes outside {low} to "
        f"{high} forward ones, where no schedule was simulated.",
    )
    more, fill = microbatches - 1, _FILLED * np.sqrt(stages) / (1 + _SOONER * cv)
    slowdown = 1 + _WIDE * cv * (1 - 1 / stages) ** _DEEP * more / (more + fill)
    return Schedule((microbatches + stages - 1) * (forward_s + backward_s) * slowdown, slowdown)
