"""What launching kernels one by one costs: equations of `hardware_registry/contracts/kernel_launch_budget.yaml`.

Arguments broadcast. Captured graphs and fused kernels lower the count or the time of one launch.
"""

from typing import NamedTuple

from gauntlet.hardware.contracts.library import solved, solved_together
from gauntlet.hardware.contracts.solver import Floats, Real


class EagerStep(NamedTuple):
    """A step that launches its kernels one by one."""

    bound_s: Floats
    """Launches and kernels overlap perfectly."""
    synchronous_s: Floats
    """Nothing overlaps."""
    launching_share: Floats
    """Part of the synchronous step that goes to launches."""


def kernel_launches(
    layers: Real, kernels_per_layer: Real | None = None, kernels_outside_layers: Real | None = None
) -> Floats:
    """Launches of one step; kernels that are not given are those of the contract."""
    given = {"kernels_per_layer": kernels_per_layer, "kernels_outside_layers": kernels_outside_layers}
    return solved(
        "kernel_launch_budget",
        "kernel_launches",
        layers=layers,
        **{name: value for name, value in given.items() if value is not None},
    )


def eager_step(launches: Real, launch_s: Real, device_s: Real) -> EagerStep:
    """Times of a step of `launches` kernels that run `device_s` together."""
    found = solved_together(
        "kernel_launch_budget",
        ("eager_step_bound_s", "launching_share"),
        launches=launches,
        launch_s=launch_s,
        device_s=device_s,
    )
    return EagerStep(found["eager_step_bound_s"], found["synchronous_step_s"], found["launching_share"])


def launch_ceiling_tokens_per_s(tokens_per_step: Real, launches: Real, launch_s: Real, device_s: Real) -> Floats:
    """Greatest token rate of eager launches."""
    return solved(
        "kernel_launch_budget",
        "launch_ceiling_tokens_per_s",
        tokens_per_step=tokens_per_step,
        launches=launches,
        launch_s=launch_s,
        device_s=device_s,
    )


def launches_afforded(step_budget_s: Real, device_s: Real, launch_s: Real) -> Floats:
    """Launches that fit into a step beside its kernels, nothing overlapping."""
    return solved(
        "kernel_launch_budget",
        "launches_afforded",
        step_budget_s=step_budget_s,
        device_s=device_s,
        launch_s=launch_s,
    )
