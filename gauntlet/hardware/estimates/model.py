"""From a physical model to an estimate: constants, correction, bound and band, the same way for every kernel."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from gauntlet.errors import UsageError
from gauntlet.hardware.basis import Basis
from gauntlet.hardware.bounds import Times
from gauntlet.hardware.estimates.correction import features
from gauntlet.hardware.estimates.machine import Machine
from gauntlet.hardware.estimates.records import Estimate, Fitted, Floats, Parameters
from gauntlet.hardware.records import Precision


class Work(Protocol):
    """Kernels of one kind and precision, one of each size."""

    @property
    def precision(self) -> Precision:
        """The peak they run on."""

    def kernels(self, machine: Machine) -> Sequence[str]:
        """Names under which constants may be found: its own, then those that stand in, best first."""

    def sizes(self) -> Mapping[str, Floats]:
        """The sizes by name, positive, all of one length."""

    def bound(self, machine: Machine) -> Times:
        """Least times."""

    def model(self, constants: Mapping[str, float], machine: Machine, reference_clock_hz: float) -> Floats:
        """The physical model: seconds with the launch overhead; watts for power."""

    def unit(self, constants: Mapping[str, float], machine: Machine, reference_clock_hz: float) -> float:
        """What `model` answers where there is hardly any work: the launch overhead, or the idle power."""


def estimate(work: Work, machine: Machine, parameters: Parameters) -> Estimate:
    """Values with their 90 % band, never below the bound; UsageError where a size is not positive."""
    check_sizes(work.sizes())
    names = work.kernels(machine)
    fitted = parameters.choose(names, machine.key, machine.architecture)
    clock_hz = parameters.reference_clock_hz
    plain = work.model(fitted.constants, machine, clock_hz)
    unit = work.unit(fitted.constants, machine, clock_hz)
    value = plain * correction(work, fitted, parameters, plain / unit)
    outside, stands_in = _outside(work.sizes(), fitted.ranges), fitted.kernel != names[0]
    low, high = _band(fitted, value / unit, _wider(parameters, fitted, machine, outside | stands_in))
    times = work.bound(machine)
    bound = times.bound_s
    value = np.maximum(value, bound)
    return Estimate(
        value=value,
        bound=bound,
        low=np.maximum(value * low, bound),
        high=value * high,
        basis=_basis(fitted, outside, stands_in),
        source=f"{parameters.source}: {fitted.kernel} on {fitted.of or 'other machines'}, {fitted.rows} measurements",
        resources={"compute": times.compute_s, "memory": times.memory_s},
        work_flop=times.compute_s * machine.limits.peak_flop_per_s,
    )


def correction(work: Work, fitted: Fitted, parameters: Parameters, units: Floats) -> Floats:
    """Factor that was learnt from what the physical model leaves: smooth, flat outside its ranges, and limited."""
    if not fitted.correction:
        return np.ones_like(units)
    table = features(work.sizes(), fitted.ranges, units, parameters.correction_degree)
    limit = parameters.correction_limit
    return np.asarray(np.exp(np.clip(table @ np.array(fitted.correction), -limit, limit)))


def check_sizes(sizes: Mapping[str, Floats]) -> None:
    """UsageError for a size that is zero, negative or no number."""
    for name, values in sizes.items():
        wrong = ~(np.isfinite(values) & (values > 0))
        if wrong.any():
            raise UsageError(f"{name} = {values[wrong][0]:g} is no size; a positive number was expected.")


def _outside(sizes: Mapping[str, Floats], ranges: Mapping[str, tuple[float, float]]) -> npt.NDArray[np.bool_]:
    outside = [(sizes[name] < low) | (sizes[name] > high) for name, (low, high) in ranges.items()]
    return np.asarray(np.logical_or.reduce(outside))


def _basis(fitted: Fitted, outside: npt.NDArray[np.bool_], stands_in: bool) -> npt.NDArray[np.str_]:
    if fitted.scope == "machine" and not stands_in:
        return np.asarray(np.where(outside, "extrapolated", "interpolated"))
    name: Basis = "default" if fitted.scope == "default" else "nearest"
    return np.full(outside.shape, name)


def _wider(
    parameters: Parameters, fitted: Fitted, machine: Machine, elsewhere: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """How much wider (in logarithm) a band is: at sizes or kernels, and for makers, that were not measured."""
    strange = fitted.scope == "default" and parameters.makers and machine.maker not in parameters.makers
    both = parameters.extrapolation if strange else 1.0
    return np.where(elsewhere, parameters.extrapolation, 1.0) * both


def _band(fitted: Fitted, units: Floats, wider: Floats) -> tuple[Floats, Floats]:
    edges = [band.up_to for band in fitted.bands[:-1]]
    place = np.searchsorted(edges, units)
    low, high = (np.log([getattr(band, end) for band in fitted.bands])[place] for end in ("low", "high"))
    return np.exp(low * wider), np.exp(high * wider)
