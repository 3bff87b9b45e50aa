"""Energy of an operator, and its time under a power limit: equations of `hardware_registry/contracts/energy.yaml`.

One traffic serves both: `level_bytes`, what crosses each memory level, first level first on the last axis. Arguments
broadcast; levels stand on the last axis of theirs. Coefficients are of dynamic energy alone (`priors.yaml` has some);
idle power is measured, not a share of the thermal limit.
"""

from typing import NamedTuple

import numpy as np

from gauntlet.hardware.contracts.library import solved, solved_together
from gauntlet.hardware.contracts.solver import Floats, Real


class OperatorEnergy(NamedTuple):
    """Energy of an operator in J, mean power in W, and the time in s that a power limit leaves it."""

    time_s: Floats
    dynamic_j: Floats
    idle_j: Floats
    energy_j: Floats
    mean_power_w: Floats
    useful_fraction: Floats
    """Share of the energy that is dynamic."""
    idle_waste_j: Floats
    """Idle energy of the time in which no unit works."""
    energy_per_result_j: Floats


def crossing_bytes(accessed_bytes: Real, miss_ratios: Real) -> Floats:
    """Bytes that cross each level: all of them the first, those that miss in each level the next as well.

    `miss_ratios` has one share per level but the last, on its last axis; the result has one element more there.
    NaN outside of 0 to 1 and below zero bytes.
    """
    ratios = np.asarray(miss_ratios, dtype=np.float64)
    accessed = np.asarray(accessed_bytes, dtype=np.float64)[..., np.newaxis]
    ratios = np.where((ratios >= 0) & (ratios <= 1), ratios, np.nan)
    reaching = np.concatenate([np.ones((*ratios.shape[:-1], 1)), np.cumprod(ratios, axis=-1)], axis=-1)
    return np.asarray(np.where(accessed >= 0, accessed, np.nan) * reaching)


def traffic_bound_s(
    work_flop: Real, level_bytes: Real, peak_flop_per_s: Real, level_bandwidth_bytes_per_s: Real
) -> Floats:
    """Least time of an operator over all memory levels: max(W / F, max over levels Q_l / B_l)."""
    return solved(
        "energy",
        "traffic_bound_s",
        work_flop=work_flop,
        level_bytes=level_bytes,
        peak_flop_per_s=peak_flop_per_s,
        level_bandwidth_bytes_per_s=level_bandwidth_bytes_per_s,
    )


def operator_energy(
    work_flop: Real,
    level_bytes: Real,
    unlimited_s: Real,
    *,
    energy_per_flop_j: Real,
    energy_per_byte_j: Real,
    idle_w: Real,
    power_limit_w: Real = np.inf,
    utilisation: Real = 1.0,
    results: Real = 1.0,
) -> OperatorEnergy:
    """Energy E = W e + sum over levels Q_l e_l + P_idle T, where T keeps E / T within the power limit.

    `unlimited_s` is the time without a limit: `traffic_bound_s`, or an estimate above it. T is infinite where idling
    alone takes all the power that is allowed. `utilisation` is the share of T in which units work; `results` are what
    the operator yields, such as tokens.
    """
    found = solved_together(
        "energy",
        ("mean_power_w", "useful_fraction", "idle_waste_j", "energy_per_result_j"),
        work_flop=work_flop,
        level_bytes=level_bytes,
        unlimited_s=unlimited_s,
        energy_per_flop_j=energy_per_flop_j,
        energy_per_byte_j=energy_per_byte_j,
        idle_w=idle_w,
        power_limit_w=power_limit_w,
        utilisation=utilisation,
        results=results,
    )
    return OperatorEnergy(*(found[name] for name in OperatorEnergy._fields))
