"""Pipeline-parallel training with passes that vary."""

from typing import Annotated, NamedTuple

from gauntlet.mechanisms._inputs import Floats, Positive, Scalar, Steps, primitive

MostlySteady = Annotated[Floats, Scalar(0.0, 0.5)]

_WIDE, _DEEP, _FILLED = 1.02, 1.2, 1.25
"""Fitted to simulated schedules; the error is in the record."""


class Schedule(NamedTuple):
    """Outputs of `pipeline_1f1b`."""

    time_s: Floats
    slowdown: Floats


@primitive
def pipeline_1f1b(
    stages: Steps, microbatches: Steps, forward_s: Positive, backward_s: Positive, cv: MostlySteady
) -> Schedule:
    """One forward, one backward: T = (m + p - 1) (f + b) (1 + 1.02 v (1 - 1/p)^1.2 m / (m + 1.25 p)).

    Counts the pass of m `microbatches` through p `stages` where each forward pass takes f (`forward_s`) and each
    backward pass b (`backward_s`), both with the coefficient of variation v (`cv`), each anew. Stage i of p starts with
    p - i forward passes, then alternates; whoever waits for the slower of two neighbours loses time, which
    `slowdown` - the last factor - counts. Leaves out transfers and stages of unequal work.
    Domain: lognormal passes, v up to 0.3 (0.5 at most), equal stages; exact for v = 0.
    Source: Narayanan et al., SC 2021, section 2.2 (the schedule and its bubble); the last factor is fitted to
    simulation: waits grow with the spread and saturate once the pipeline has been full for a while (Glynn and Whitt,
    Ann. Appl. Prob. 1(4), 1991).

    >>> round(float(pipeline_1f1b(4, 8, 1.0, 2.0, 0.0).time_s), 6)
    33.0
    """
    slowdown = 1 + _WIDE * cv * (1 - 1 / stages) ** _DEEP * microbatches / (microbatches + _FILLED * stages)
    return Schedule((microbatches + stages - 1) * (forward_s + backward_s) * slowdown, slowdown)
