"""Time of a step of vision networks: an estimate with its 90 % band, and a bound below which nothing is.

estimate  max(n (c 2 G / A' + m 2 e a / B') exp(correction), launches)   G multiply-accumulates, a activations an image,
          n images, e bytes an element; A' arithmetic, B' memory of the data sheet (`Scaling`); c and m are
          learnt per machine and software, the correction is a small quadratic form of the logarithms of the counts
bound     max(2 n G / peak, 2 (n a e - L S) / memory)   layer after layer, outputs written once and read once, of which
          the cache S may keep L whole ones; an algorithm with fewer multiplications (Winograd) needs its own count
"""

from typing import Literal, NamedTuple

import numpy as np

from gauntlet.errors import RegistryError
from gauntlet.hardware.registry import Registry
from gauntlet.hardware.roofline import operator_bound_s
from gauntlet.workloads.vision.machine import Machine, Stack, machine_of
from gauntlet.workloads.vision.parameters import Band, Configuration, Mismatch, Scaling, VisionParameters
from gauntlet.workloads.vision.work import FLOP_PER_MAC, Floats, NetworkWork, features, logarithms

Basis = Literal["interpolated", "extrapolated", "nearest", "default"]

_TRAFFIC = 2
"""Each activation is written by one layer and read by the next."""

_BEYOND_BATCH = 2.0
"""Within twice the batches that were measured an image costs the same."""


class StepTimes(NamedTuple):
    """Seconds of one step, an entry a network.

    `basis`: interpolated (this machine and software, counts within those measured), extrapolated (counts or batch
    beyond them), nearest (machine or software not measured: from those that are nearest, through data sheets),
    default (launches, whose number the counts do not tell, take longer than the work).
    """

    time_s: Floats
    bound_s: Floats
    low_s: Floats
    high_s: Floats
    basis: list[Basis]


class Rates(NamedTuple):
    """What one machine and software make of the counts."""

    compute: float
    memory: float
    correction: Floats
    band: Band


def estimate_step(
    work: NetworkWork, device: str, stack: Stack, parameters: VisionParameters, registry: Registry
) -> StepTimes:
    """Times of one step of each network on `device` (id, key or name in the registry).

    RegistryError: a device that is not known, one of a class of which none was measured, a precision that it lacks.
    """
    machine = machine_of(registry, device, stack.precision)
    rates, known = _rates(machine, stack, parameters)
    image_s = nominal_image_s(work, machine, stack, parameters, rates.compute, rates.memory)
    shape = features(work, np.asarray(parameters.centre), np.asarray(parameters.spread), parameters.graph)
    step_s = work.batch * image_s * np.exp(shape @ rates.correction)
    bound_s = step_bound_s(work, machine, stack, parameters.cached_layers)
    launch = registry.prior("gpu.kernel_launch")
    launches = parameters.assumed_launches if machine.device_class == "gpu" else 0.0
    held_up = launches * launch.typical > step_s
    time_s = np.maximum(np.maximum(step_s, launches * launch.typical), bound_s)
    low_s = np.maximum(step_s * np.exp(rates.band.low), bound_s)
    high_s = np.maximum(step_s * np.exp(rates.band.high), launches * launch.high * held_up)
    basis = _basis(work, known, parameters)
    named: list[Basis] = ["default" if late else one for late, one in zip(held_up, basis, strict=True)]
    return StepTimes(time_s, bound_s, np.minimum(low_s, time_s), np.maximum(high_s, time_s), named)


def nominal_image_s(
    work: NetworkWork, machine: Machine, stack: Stack, parameters: VisionParameters, compute: float, memory: float
) -> Floats:
    """Seconds of one image before the correction: `compute` and `memory` over what the data sheet says of each."""
    compute_s, memory_s = nominal_parts_s(work, machine, stack, parameters.scaling)
    return compute * compute_s + memory * memory_s


def nominal_parts_s(work: NetworkWork, machine: Machine, stack: Stack, scaling: Scaling) -> tuple[Floats, Floats]:
    """Seconds of one image at nominal rates: arithmetic, and the traffic of activations."""
    return (
        FLOP_PER_MAC * work.mac / scaling.arithmetic_rate(machine),
        _TRAFFIC * stack.element_bytes * work.activations / scaling.memory_rate(machine),
    )


def step_bound_s(work: NetworkWork, machine: Machine, stack: Stack, cached_layers: float) -> Floats:
    """Seconds that no step beats. Memory counts only where the registry states how much the caches keep."""
    written = work.batch * work.activations * stack.element_bytes
    kept = np.inf if machine.cache_bytes is None else cached_layers * machine.cache_bytes
    return np.asarray(
        operator_bound_s(
            FLOP_PER_MAC * work.mac * work.batch,
            _TRAFFIC * np.maximum(written - kept, 0.0),
            machine.peak_limit_flop_per_s,
            machine.memory_limit_bytes_per_s,
        )
    )


def blend(measured: tuple[Configuration, ...], shares: Floats) -> tuple[float, float, Floats]:
    """Rates and correction between configurations: geometric means with weights `shares`, which sum to 1."""
    compute, memory = (
        float(np.exp(shares @ np.log([max(getattr(one, name), 1e-9) for one in measured])))
        for name in ("compute", "memory")
    )
    return compute, memory, shares @ np.array([one.correction for one in measured])


def likeness(one: Configuration, key: str, stack: Stack, mismatch: Mismatch) -> float:
    """How much a measured configuration says of `stack` on `key`."""
    differ = {
        "device": one.machine != key,
        **{name: getattr(one, name) != getattr(stack, name) for name in ("compiler", "layout", "version", "precision")},
    }
    return float(np.prod([getattr(mismatch, name) for name, differs in differ.items() if differs]))


def _rates(machine: Machine, stack: Stack, parameters: VisionParameters) -> tuple[Rates, Configuration | None]:
    """Rates of this machine and software, and its configuration where it was measured itself."""
    known = tuple(one for one in parameters.configurations if one.device_class == machine.device_class)
    if not known:
        measured = sorted({one.device_class for one in parameters.configurations})
        raise RegistryError(
            f"no vision network was measured on a {machine.device_class}; name a {' or '.join(measured)}."
        )
    for one in known:
        if one.machine == machine.key and one.stack == stack:
            return Rates(one.compute, one.memory, np.asarray(one.correction), one.band), one
    weights = np.array([likeness(one, machine.key, stack, parameters.mismatch) for one in known])
    return Rates(*blend(known, weights / weights.sum()), parameters.elsewhere[machine.device_class]), None


def _basis(work: NetworkWork, known: Configuration | None, parameters: VisionParameters) -> list[Basis]:
    if known is None:
        return ["nearest"] * len(work)
    counts = logarithms(work)
    inside = ((counts >= parameters.smallest) & (counts <= parameters.largest)).all(axis=1)
    inside &= work.batch >= known.smallest_batch / _BEYOND_BATCH
    inside &= work.batch <= known.largest_batch * _BEYOND_BATCH
    return ["interpolated" if one else "extrapolated" for one in inside]
