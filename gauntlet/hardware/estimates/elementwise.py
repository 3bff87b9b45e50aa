"""How long a kernel takes that only moves data: norms, activations, residual additions, rotary embedding.

T = t_launch + operands / memory rate, or the rate of the cache for operands that a loop finds there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gauntlet.hardware.bounds import Real, Times, kernel_bound
from gauntlet.hardware.estimates.gemm import memory_s
from gauntlet.hardware.estimates.machine import Machine
from gauntlet.hardware.estimates.model import estimate
from gauntlet.hardware.estimates.records import Estimate, Floats, Parameters
from gauntlet.hardware.records import Precision
from gauntlet.hardware.registry import Registry

_ANY = "elementwise"


@dataclass(frozen=True)
class Elementwise:
    """Kernels of one name, by what they read and write."""

    read_bytes: Floats
    written_bytes: Floats
    name: str
    precision: Precision = "fp16"

    def kernels(self, machine: Machine) -> Sequence[str]:
        """The kernel's own name, then all such kernels together."""
        return (self.name, _ANY)

    def sizes(self) -> Mapping[str, Floats]:
        """Bytes read and written."""
        return {"read_bytes": self.read_bytes, "written_bytes": self.written_bytes}

    def bound(self, machine: Machine) -> Times:
        """Least times; the few operations on each element are left out."""
        return kernel_bound(machine.limits, np.zeros_like(self.read_bytes), self.read_bytes + self.written_bytes)

    def unit(self, constants: Mapping[str, float], machine: Machine, reference_clock_hz: float) -> float:
        """Launch overhead in s."""
        return machine.cycles_s(constants["launch_cycles"], reference_clock_hz)

    def model(self, constants: Mapping[str, float], machine: Machine, reference_clock_hz: float) -> Floats:
        """The formula of this module."""
        launch_s = self.unit(constants, machine, reference_clock_hz)
        return np.asarray(launch_s + memory_s(self.read_bytes, self.written_bytes, constants, machine))


def elementwise(
    registry: Registry,
    device: str,
    read_bytes: Real,
    written_bytes: Real,
    name: str = _ANY,
    *,
    parameters: Parameters | None = None,
) -> Estimate:
    """Times of a kernel that reads and writes so much; `name`: layernorm, activation, add, rope or any other.

    Bytes broadcast to one axis. Errors as of `gemm`.
    """
    asked = (np.atleast_1d(np.asarray(size, np.float64)) for size in (read_bytes, written_bytes))
    read, written = np.broadcast_arrays(*asked)
    work = Elementwise(read, written, name)
    return estimate(work, Machine.of(registry, device, work.precision), parameters or Parameters.read("elementwise"))
