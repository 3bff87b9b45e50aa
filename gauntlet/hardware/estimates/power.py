"""Mean power of a device that repeats one matrix product.

P = (p^-s + TDP^-s)^(-1/s),  p = TDP (idle + matrix u^e + memory v^f + busy (1 - exp(-T / ramp)))

u is the share of the peak at which matrix units work, on padded tiles, v that of the memory rate, T the time of one
product: short products leave the device waiting for the next. The power limit flattens what would exceed it, and the
shares are those at the estimated time, so the same traffic stands behind time and power.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gauntlet.errors import RegistryError
from gauntlet.hardware.bounds import Real, Times
from gauntlet.hardware.estimates.gemm import FORMATS, Format, Gemm, product
from gauntlet.hardware.estimates.machine import Machine
from gauntlet.hardware.estimates.model import estimate
from gauntlet.hardware.estimates.records import Estimate, Floats, Parameters
from gauntlet.hardware.records import Precision
from gauntlet.hardware.registry import Registry

_TILE = 64
_SMALL_TILES = (16, 32)


@dataclass(frozen=True)
class GemmPower:
    """Products of one format with the time each takes."""

    m: Floats
    n: Floats
    k: Floats
    format: Format
    time_s: Floats

    @property
    def precision(self) -> Precision:
        """The peak they run on."""
        return FORMATS[self.format].precision

    def kernels(self, machine: Machine) -> Sequence[str]:
        """As for their times."""
        return Gemm(self.m, self.n, self.k, self.format).kernels(machine)

    def sizes(self) -> Mapping[str, Floats]:
        """m, n, k and the time of one product."""
        return {"m": self.m, "n": self.n, "k": self.k, "time_s": self.time_s}

    def bound(self, machine: Machine) -> Times:
        """Nothing: no least power is known of a device that works."""
        nothing = np.zeros_like(self.m)
        return Times(nothing, nothing, nothing)

    def unit(self, constants: Mapping[str, float], machine: Machine, reference_clock_hz: float) -> float:
        """Idle power in W."""
        return constants["idle_share"] * machine.tdp_w

    def model(self, constants: Mapping[str, float], machine: Machine, reference_clock_hz: float) -> Floats:
        """The formula of this module, in W."""
        c, element = constants, FORMATS[self.format]
        padded = _padded(self.m) * np.ceil(self.n / _TILE) * _TILE
        wasted = (padded / (self.m * self.n)) ** c["padding"]
        matrix = 2 * self.m * self.n * self.k * wasted / self.time_s / machine.peak_flop_per_s
        moved = (self.m + self.n) * self.k * element.input_bytes + self.m * self.n * element.output_bytes
        memory = moved / self.time_s / machine.memory_bytes_per_s
        free = c["idle_share"] + c["matrix_share"] * np.minimum(matrix, 1) ** c["matrix_exponent"]
        free += c["memory_share"] * np.minimum(memory, 1) ** c["memory_exponent"]
        free += c["busy_share"] * -np.expm1(-self.time_s / c["ramp_s"])
        sharp = c["limit_sharpness"]
        return np.asarray(machine.tdp_w * (free**-sharp + 1) ** (-1 / sharp))


def _padded(rows: Floats) -> Floats:
    """Rows of whole tiles; small products have smaller tiles."""
    padded = np.ceil(rows / _TILE) * _TILE
    for size in reversed(_SMALL_TILES):
        padded = np.where(rows <= size, size, padded)
    return np.asarray(padded)


def gemm_power(
    registry: Registry,
    device: str,
    m: Real,
    n: Real,
    k: Real,
    format: Format = "bf16",
    *,
    times: Parameters | None = None,
    parameters: Parameters | None = None,
) -> Estimate:
    """Mean power in W while C[m,n] = A[m,k] B[k,n] is repeated; arguments as of `gemm`, `times` its parameters.

    RegistryError for a device without a stated power limit.
    """
    work = product(m, n, k, format)
    machine = Machine.of(registry, device, work.precision)
    if np.isnan(machine.tdp_w):
        raise RegistryError(f"{machine.key} states no tdp_w; its power cannot be estimated.")
    time_s = estimate(work, machine, times or Parameters.read("gemm")).value
    power = GemmPower(work.m, work.n, work.k, format, time_s)
    return estimate(power, machine, parameters or Parameters.read("gemm_power"))
