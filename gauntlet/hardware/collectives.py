"""Collectives among GPUs of the registry: what they cannot beat, and how long they take.

estimate  start + rounds round + inefficiency (1 + crowding) x + root sqrt(x),  x = moved n / B: rounds and bytes moved
          are those of the ring (`mechanisms.collectives`), B is the nominal rate of the fabric, one way; the rest is
          learnt per implementation and operation. The root is what a pipeline of chunks costs.
bound     least share of the message that one rank must send / fabric limit; adding in the network counts where the
          generation has it
"""

from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import yaml
from pydantic import Field

from gauntlet.data import find_data
from gauntlet.errors import UsageError
from gauntlet.hardware.registry import Registry
from gauntlet.mechanisms.collectives import collective_time
from gauntlet.records import Record

Floats = npt.NDArray[np.float64]
FabricKind = Literal["nvlink", "pcie", "staged", "network"]
"""Links among devices, PCI Express between devices, PCI Express by way of host memory, adapters between machines."""

Basis = Literal["interpolated", "extrapolated", "nearest", "default"]

FILE = Path("estimates") / "collectives.json"

RINGS = {
    "all_reduce": "allreduce_ring",
    "all_gather": "allgather_ring",
    "reduce_scatter": "reduce_scatter_ring",
    "alltoall": "alltoall_pairwise",
}
OPERATIONS = (*RINGS, "send_recv")


class Fabric(NamedTuple):
    """What joins the ranks: nominal rate of one rank, one way; its limit in a bound; whether the fabric adds."""

    device: str
    kind: FabricKind
    bandwidth_bytes_per_s: float
    limit_bytes_per_s: float
    in_network: bool


class Spread(Record):
    """Ends of a quantity."""

    low: float
    high: float


class CollectiveChoices(Record):
    """What is chosen, not learnt: hardware_registry/estimates/collective_choices.yaml says why."""

    in_network: tuple[str, ...]
    in_network_source: str
    band: Spread


OTHER = "other"
"""The machines that were not measured, among those that were."""


class Wire(Record):
    """Time on a fabric over its nominal time, for the fewest ranks, by device; what each further rank adds to that."""

    inefficiency: dict[str, float]
    crowding: float = Field(ge=0)


class Implementation(Record):
    """One library and operation. `root_s`: square of the time that a pipeline adds, over the nominal time."""

    name: str
    operation: str
    start_s: dict[str, float] = Field(description="By device.")
    round_s: float = Field(ge=0)
    root_s: float = Field(ge=0)
    wires: dict[FabricKind, Wire]


class CollectiveParameters(Record):
    """Everything an estimate needs beside the registry; `bands` are logarithms of measured / estimated, by fabric."""

    provenance: str = Field(min_length=8)
    devices: tuple[str, ...]
    message_bytes: Spread
    implementations: tuple[Implementation, ...] = Field(min_length=1)
    bands: dict[FabricKind, Spread]


class CollectiveTimes(NamedTuple):
    """Seconds, an entry a message.

    `basis`: interpolated (device, library and size as measured), extrapolated (size beyond), nearest (another device),
    default (a library that was not measured).
    """

    time_s: Floats
    bound_s: Floats
    low_s: Floats
    high_s: Floats
    basis: list[Basis]


@cache
def collective_parameters(folder: Path | None = None) -> CollectiveParameters:
    """The parameters in registry folder `folder`, or in the one that belongs to the installation."""
    return CollectiveParameters.load(find_data("hardware_registry", folder) / FILE)


@cache
def collective_choices(folder: Path | None = None) -> CollectiveChoices:
    """The choices in registry folder `folder`, or in the one that belongs to the installation."""
    file = find_data("hardware_registry", folder) / "estimates" / "collective_choices.yaml"
    return CollectiveChoices.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))


def fabric_of(registry: Registry, device: str, *, peers: bool = True) -> Fabric:
    """Links of a device to its neighbours in one machine, or PCI Express where it has none.

    Without `peers` the ranks do not reach each other and pass through host memory (GPUs linked in pairs only).
    RegistryError where the record states neither.
    """
    record = registry.resolve(device)
    nvlink = peers and record.fact("link_bandwidth_bytes_per_s") is not None
    quantity = "link_bandwidth_bytes_per_s" if nvlink else "host_link_bandwidth_bytes_per_s"
    bound = registry.bound_value(record.key, quantity)
    adds = nvlink and record.architecture in collective_choices().in_network
    kind: FabricKind = "nvlink" if nvlink else "pcie" if peers else "staged"
    return Fabric(record.key, kind, bound.fact.value, bound.limit, adds)


def network_fabric(device: str, adapter_bytes_per_s: float, ranks_per_node: float) -> Fabric:
    """Network between machines with one adapter of that rate for each rank of a machine.

    A ring enters and leaves a machine once, so that its rate is that of all adapters of the machine.
    """
    if not adapter_bytes_per_s > 0 or not ranks_per_node >= 1:
        raise UsageError(
            f"a network of {adapter_bytes_per_s:g} B/s for {ranks_per_node:g} ranks; both must be positive."
        )
    rate = adapter_bytes_per_s * ranks_per_node
    return Fabric(device, "network", rate, rate, in_network=True)


def collective_bound_s(operation: str, ranks: npt.ArrayLike, message_bytes: npt.ArrayLike, fabric: Fabric) -> Floats:
    """Seconds that no algorithm beats: what one rank must send, at the limit of its fabric.

    n is the whole message: the vector of an all-reduce, all that is gathered or scattered, all that one rank sends in
    an all-to-all. Least share sent: all-reduce 2 (p-1)/p, or 1 where the network adds; the others (p-1)/p; a send 1.
    """
    p, n = np.broadcast_arrays(np.asarray(ranks, dtype=np.float64), np.asarray(message_bytes, dtype=np.float64))
    _check(operation, p, n)
    share = np.ones_like(p) if operation == "send_recv" else (p - 1) / p
    if operation == "all_reduce":
        share = np.minimum(2 * share, 1.0) if fabric.in_network else 2 * share
    return np.asarray(share * n / fabric.limit_bytes_per_s)


def ring_terms(
    operation: str, ranks: npt.ArrayLike, message_bytes: npt.ArrayLike, fabric: Fabric
) -> tuple[Floats, Floats]:
    """Rounds of the ring algorithm, and its nominal seconds on the fabric without latency."""
    p, n = np.broadcast_arrays(np.asarray(ranks, dtype=np.float64), np.asarray(message_bytes, dtype=np.float64))
    _check(operation, p, n)
    if operation == "send_recv":
        return np.ones_like(p), n / fabric.bandwidth_bytes_per_s
    ring, rate = RINGS[operation], fabric.bandwidth_bytes_per_s
    rounds = np.asarray(collective_time(ring, p, 0.0, 1.0, rate).time_s)
    return rounds, np.asarray(collective_time(ring, p, n, 0.0, rate).time_s)


def estimate_collective(
    operation: str,
    implementation: str,
    ranks: npt.ArrayLike,
    message_bytes: npt.ArrayLike,
    fabric: Fabric,
    parameters: CollectiveParameters,
    ranks_per_node: float = 1.0,
) -> CollectiveTimes:
    """Times of one operation by one library; `ranks` and `message_bytes` broadcast.

    A library that was not measured counts as the first one measured with this operation. UsageError for an operation
    that is not known, fewer than two ranks or a negative size.
    """
    p, n = np.broadcast_arrays(np.asarray(ranks, dtype=np.float64), np.asarray(message_bytes, dtype=np.float64))
    rounds, nominal_s = ring_terms(operation, p, n, fabric)
    chosen, known = _implementation(operation, implementation, parameters)
    wire = chosen.wires[fabric.kind]
    crowd = ranks_per_node - 1 if fabric.kind == "network" else p - 2
    wire_s = (_of(wire.inefficiency, fabric.device) + wire.crowding * crowd) * nominal_s
    estimated_s = (
        _of(chosen.start_s, fabric.device) + rounds * chosen.round_s + wire_s + np.sqrt(chosen.root_s * nominal_s)
    )
    bound_s = collective_bound_s(operation, p, n, fabric)
    time_s = np.maximum(estimated_s, bound_s)
    band = parameters.bands.get(fabric.kind) or _widest(parameters)
    low_s, high_s = (np.maximum(estimated_s * np.exp(end), bound_s) for end in (band.low, band.high))
    inside = (n >= parameters.message_bytes.low) & (n <= parameters.message_bytes.high)
    basis: list[Basis] = ["interpolated" if one else "extrapolated" for one in inside.ravel()]
    if not known or fabric.device not in parameters.devices:
        basis = ["nearest" if known else "default"] * len(basis)
    return CollectiveTimes(time_s, bound_s, np.minimum(low_s, time_s), np.maximum(high_s, time_s), basis)


def _implementation(operation: str, name: str, parameters: CollectiveParameters) -> tuple[Implementation, bool]:
    of_operation = [one for one in parameters.implementations if one.operation == operation]
    if not of_operation:
        known = ", ".join(sorted({one.operation for one in parameters.implementations}))
        raise UsageError(f"no {operation} was measured; these were: {known}.")
    for one in of_operation:
        if one.name == name:
            return one, True
    return of_operation[0], False


def _of(values: dict[str, float], device: str) -> float:
    return values.get(device, values[OTHER])


def _widest(parameters: CollectiveParameters) -> Spread:
    bands = parameters.bands.values()
    return Spread(low=min(band.low for band in bands), high=max(band.high for band in bands))


def _check(operation: str, ranks: Floats, message_bytes: Floats) -> None:
    if operation not in OPERATIONS:
        raise UsageError(f"collective {operation!r} is not known; these are: {', '.join(OPERATIONS)}.")
    if not (ranks >= 2).all():
        raise UsageError(f"{operation} among {ranks.min():g} ranks; at least 2 are needed.")
    if not (message_bytes >= 0).all():
        raise UsageError(f"{operation} of {message_bytes.min():g} bytes; a size is not negative.")
