"""Collectives as kernels: the ranks are devices of one kind, joined by their own links or by a network."""

import numpy as np

from gauntlet.errors import UsageError
from gauntlet.hardware.bounds import Real
from gauntlet.hardware.collectives import (
    Fabric,
    collective_parameters,
    estimate_collective,
    fabric_of,
    network_fabric,
)
from gauntlet.hardware.estimates.records import Estimate
from gauntlet.hardware.registry import Registry


def collective(
    registry: Registry,
    device: str,
    ranks: Real,
    message_bytes: Real,
    operation: str = "all_reduce",
    library: str = "NCCL",
    *,
    adapter_bytes_per_s: Real | None = None,
    ranks_per_node: Real | None = None,
) -> Estimate:
    """Times of one collective among `ranks` devices; `message_bytes` as in `collective_bound_s`. Sizes broadcast.

    Ranks are in one machine, unless `adapter_bytes_per_s` says what one adapter for each rank carries between machines
    of `ranks_per_node` ranks (1 unless given). UsageError as of `estimate_collective`.
    """
    parameters = collective_parameters()
    names = {one.name for one in parameters.implementations if one.operation == operation}
    if names and library not in names:
        raise UsageError(f"library {library!r} was not measured with {operation}; {', '.join(sorted(names))} were.")
    if ranks_per_node is not None and adapter_bytes_per_s is None:
        raise UsageError(
            "ranks_per_node says how machines share a network; give adapter_bytes_per_s too, or leave it out."
        )
    per_node = _one("ranks_per_node", 1.0 if ranks_per_node is None else ranks_per_node)
    fabric = _fabric(registry, device, adapter_bytes_per_s, per_node)
    sizes = (np.atleast_1d(np.asarray(size, np.float64)) for size in (ranks, message_bytes))
    p, n = np.broadcast_arrays(*sizes)
    found = estimate_collective(operation, library, p, n, fabric, parameters, per_node)
    measured = ", ".join(parameters.devices)
    return Estimate(
        found.time_s, found.bound_s, found.low_s, found.high_s, np.array(found.basis),
        f"{parameters.provenance}: {library} {operation} over {fabric.kind}, measured on {measured}",
        resources={fabric.kind: found.bound_s},
    )  # fmt: skip


def _fabric(registry: Registry, device: str, adapter_bytes_per_s: Real | None, ranks_per_node: float) -> Fabric:
    if adapter_bytes_per_s is None:
        return fabric_of(registry, device)
    rate = _one("adapter_bytes_per_s", adapter_bytes_per_s)
    return network_fabric(registry.resolve(device).key, rate, ranks_per_node)


def _one(name: str, value: Real) -> float:
    values = np.unique(np.asarray(value, np.float64))
    if values.size != 1:
        raise UsageError(f"{name} takes one value, not {values.size}.")
    return float(values[0])
