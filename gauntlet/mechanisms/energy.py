"""Energy of operations, bytes and time."""

from typing import Annotated, NamedTuple

import numpy as np

from gauntlet.mechanisms._inputs import Finite, Floats, NonNegative, Positive, Probability, Scalar, primitive, require


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

    Counts in the energy E arithmetic F (`flop`) at e_f (`energy_per_flop_j`), traffic Q (`bytes_`) at e_b
    (`energy_per_byte_j`) and static power P0 (`static_power_w`) for T (`time_s`); leaves out changes of voltage and
    temperature.
    Domain: coefficients of one process and precision. Mean power above the thermal limit is impossible.
    Source: Horowitz, ISSCC 2014; Choi, Bedard, Fowler, Vuduc, IPDPS 2013.

    >>> round(float(energy_op_byte(1e15, 5e12, 5e-13, 3e-11, 80.0, 2.0).energy_j), 6)
    810.0
    """
    spent_j = flop * energy_per_flop_j + bytes_ * energy_per_byte_j
    static_j = np.fmax(static_power_w * time_s, 0.0)  # none without power, however long
    return Energy(spent_j + static_j, spent_j / time_s + static_power_w)


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

    Counts perfect overlap: a bound. I is the intensity (`intensity_flop_per_byte`), e_f `energy_per_flop_j`, e_b
    `energy_per_byte_j`, P0 `static_power_w`, for as long as `peak_flop_per_s` or `bandwidth_bytes_per_s` takes. Leaves
    out what `energy_op_byte` leaves out.
    Domain: as `roofline`.
    Source: Choi, Bedard, Fowler, Vuduc, IPDPS 2013.

    >>> round(float(energy_roofline(50.0, 5e-13, 3e-11, 80.0, 3e14, 2e12).energy_balance_flop_per_byte), 6)
    60.0
    """
    per_flop_s = np.maximum(1 / peak_flop_per_s, 1 / (intensity_flop_per_byte * bandwidth_bytes_per_s))
    per_flop_j = energy_per_flop_j + energy_per_byte_j / intensity_flop_per_byte + static_power_w * per_flop_s
    return EnergyRoofline(1 / per_flop_j, energy_per_byte_j / energy_per_flop_j)


Curvature = Annotated[Floats, Scalar(1.0, 2.0)]


class ServerPower(NamedTuple):
    """Outputs of `server_power`."""

    linear_w: Floats
    nonlinear_w: Floats
    energy_per_request_j: Floats


@primitive
def server_power(idle_w: Finite, peak_w: Finite, utilisation: Probability, exponent: Curvature) -> ServerPower:
    """Server power: linear P_i + (P_p - P_i) u; empirical P_i + (P_p - P_i) (2 u - u^r), r fitted at 1.4.

    Counts a machine whose power follows its processor's `utilisation` u from P_i (`idle_w`) to P_p (`peak_w`), r being
    `exponent`; leaves out accelerators. `energy_per_request_j` is the linear power over u, at one request per second of
    capacity.
    Domain: processor-bound servers, peak_w at least idle_w; r from 1 to 2, where power rises with u up to P_p.
    Source: Fan, Weber, Barroso, ISCA 2007, section 3.

    >>> round(float(server_power(100.0, 250.0, 0.3, 1.4).linear_w), 6)
    145.0
    """
    require(peak_w >= idle_w, "server_power: peak_w = {} is below idle_w = {}; expected no less.", peak_w, idle_w)
    swing_w = peak_w - idle_w
    linear_w = idle_w + swing_w * utilisation
    per_request_j = np.where(idle_w > 0, idle_w / utilisation, 0.0) + swing_w
    return ServerPower(linear_w, idle_w + swing_w * (2 * utilisation - utilisation**exponent), per_request_j)
