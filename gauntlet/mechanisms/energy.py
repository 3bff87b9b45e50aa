"""Energy of operations, bytes and time."""

from typing import NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import Floats, NonNegative, Positive, primitive


class Energy(NamedTuple):
    """Outputs of `energy_op_byte`."""

    energy_j: Floats
    mean_power_w: Floats


@primitive
def energy_op_byte(
    flop: NonNegative,
    bytes_: NonNegative,
    energy_per_flop_j: NonNegative,
    energy_per_byte_j: NonNegative,
    static_power_w: NonNegative,
    time_s: Positive,
) -> Energy:
    """Energy: E = F e_f + Q e_b + P0 T; mean power E / T.

    Counts arithmetic, traffic and static power; leaves out changes of voltage and temperature.
    Domain: coefficients of one process and precision. Mean power above the thermal limit is impossible.
    Source: Horowitz, ISSCC 2014; Choi et al., IPDPS 2013.
    """
    energy_j = flop * energy_per_flop_j + bytes_ * energy_per_byte_j + static_power_w * time_s
    return Energy(energy_j, energy_j / time_s)


class EnergyRoofline(NamedTuple):
    """Outputs of `energy_roofline`."""

    flop_per_joule: Floats
    energy_balance_flop_per_byte: Floats


@primitive
def energy_roofline(
    intensity_flop_per_byte: Positive,
    energy_per_flop_j: Positive,
    energy_per_byte_j: NonNegative,
    static_power_w: NonNegative,
    peak_flop_per_s: Positive,
    bandwidth_bytes_per_s: Positive,
) -> EnergyRoofline:
    """Energy roofline: FLOP per joule <= 1 / (e_f + e_b / I + P0 max(1/peak, 1/(I bandwidth))); balance e_b / e_f.

    Counts perfect overlap: a bound. Leaves out what `energy_op_byte` leaves out.
    Domain: as `roofline`.
    Source: Choi, Bedard, Fowler, Vuduc, IPDPS 2013.
    """
    per_flop_s = np.maximum(1 / peak_flop_per_s, 1 / (intensity_flop_per_byte * bandwidth_bytes_per_s))
    per_flop_j = energy_per_flop_j + energy_per_byte_j / intensity_flop_per_byte + static_power_w * per_flop_s
    return EnergyRoofline(1 / per_flop_j, energy_per_byte_j / energy_per_flop_j)
