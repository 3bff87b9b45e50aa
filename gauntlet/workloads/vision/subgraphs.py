"""Networks as fused subgraphs that run one by one, as edge runtimes are profiled: the sum of their times.

estimate  subgraphs dispatch + work / rate + traffic / bandwidth, the three learnt per machine and precision; a machine
          that was not measured has the mean of its class, over the arithmetic and memory of the data sheet
bound     work / peak: caches may keep all traffic of small subgraphs. A precision without units of its own is emulated
          on those of FP32, and FP32 may run on tensor units at their half-precision rate at most
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from pydantic import Field

from gauntlet.data import find_data
from gauntlet.errors import RegistryError, UsageError
from gauntlet.hardware.records import Device, Precision
from gauntlet.hardware.registry import Registry
from gauntlet.records import Record
from gauntlet.workloads.vision.machine import nominal_alu_flop_per_s
from gauntlet.workloads.vision.parameters import Band
from gauntlet.workloads.vision.work import Floats

Basis = Literal["interpolated", "nearest"]

FILE = Path("estimates") / "dnn_edge.json"
_EMULATED: dict[str, tuple[Precision, ...]] = {
    "fp32": ("fp32", "tf32", "fp16"),
    "fp16": ("fp16", "fp32"),
    "bf16": ("bf16", "fp32"),
}
"""Units that may do the work of a precision."""


class SubgraphSum(NamedTuple):
    """Networks, an entry each: all work, all traffic (weights, inputs and outputs of each subgraph), how many."""

    work_flop: Floats
    moved_bytes: Floats
    subgraphs: Floats


class Costs(Record):
    """Seconds of a dispatch; times of work and traffic over their nominal ones."""

    dispatch_s: float = Field(ge=0)
    compute: float = Field(ge=0)
    memory: float = Field(ge=0)


class MeasuredMachine(Record):
    """What was learnt of one machine (in one power mode) and precision."""

    machine: str
    device_class: str
    precision: str
    costs: Costs
    band: Band


class SubgraphParameters(Record):
    """Everything an estimate needs beside the registry; `others` by class and precision, as gpu/fp16."""

    provenance: str = Field(min_length=8)
    machines: tuple[MeasuredMachine, ...] = Field(min_length=1)
    others: dict[str, Costs]
    others_band: Band


class SubgraphTimes(NamedTuple):
    """Seconds, an entry a network. `basis`: interpolated, or nearest for a machine that was not measured."""

    time_s: Floats
    bound_s: Floats
    low_s: Floats
    high_s: Floats
    basis: list[Basis]


@cache
def subgraph_parameters(folder: Path | None = None) -> SubgraphParameters:
    """The parameters in registry folder `folder`, or in the one that belongs to the installation."""
    return SubgraphParameters.load(find_data("hardware_registry", folder) / FILE)


def estimate_subgraphs(
    work: SubgraphSum, device: str, precision: str, parameters: SubgraphParameters, registry: Registry
) -> SubgraphTimes:
    """Times of networks on a device (id, `id@power_mode` or name) in fp32, fp16 or bf16.

    UsageError for work that is negative; RegistryError for a device or precision that is not known.
    """
    check(work)
    record = registry.resolve(device)
    known = next((one for one in parameters.machines if one.machine == record.key and one.precision == precision), None)
    costs = known.costs if known else parameters.others.get(f"{record.device_class}/{precision}")
    if costs is None:
        raise RegistryError(
            f"no {precision} was measured on a {record.device_class}; {', '.join(parameters.others)} were."
        )
    band = known.band if known else parameters.others_band
    estimated_s = nominal_columns(work, record) @ np.array([costs.dispatch_s, costs.compute, costs.memory])
    bound_s = work.work_flop / _peak_limit(registry, record, precision)
    time_s = np.maximum(estimated_s, bound_s)
    low_s, high_s = (np.maximum(estimated_s * np.exp(end), bound_s) for end in (band.low, band.high))
    basis: Basis = "interpolated" if known else "nearest"
    return SubgraphTimes(time_s, bound_s, np.minimum(low_s, time_s), np.maximum(high_s, time_s), [basis] * len(time_s))


def nominal_columns(work: SubgraphSum, device: Device) -> Floats:
    """(networks, 3): subgraphs, seconds of the work at the nominal rate, of the traffic at the nominal bandwidth."""
    bandwidth = device.fact("memory_bandwidth_bytes_per_s")
    if bandwidth is None:
        raise RegistryError(f"{device.key} states no memory bandwidth, by which an estimate is scaled; add it.")
    work_s = work.work_flop / nominal_alu_flop_per_s(device)
    return np.stack([work.subgraphs, work_s, work.moved_bytes / bandwidth.value], axis=1)


def check(work: SubgraphSum) -> None:
    """UsageError names the first network with work, traffic or subgraphs that are none."""
    for name, values in work._asdict().items():
        if wrong := np.flatnonzero(~(values > 0)).tolist():
            raise UsageError(f"network {wrong[0] + 1}: {name} is {values[wrong[0]]:g}; a number above 0 is needed.")


def _peak_limit(registry: Registry, device: Device, precision: str) -> float:
    if precision not in _EMULATED:
        raise RegistryError(f"precision {precision!r} is not known; these are: {', '.join(_EMULATED)}.")
    stated = {fact.precision for fact in device.facts if fact.quantity == "peak_flop_per_s"}
    units: Sequence[Precision] = [unit for unit in _EMULATED[precision] if unit in stated]
    if not units:
        raise RegistryError(f"{device.key} states no peak for {precision}; add it to its record.")
    return max(registry.bound_value(device.key, "peak_flop_per_s", unit).limit for unit in units)
