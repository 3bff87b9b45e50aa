"""Agreement among many nodes across a wide area: throughput and latency of Byzantine protocols by scale and load.

capacity    w min(p n, lane (n/10)^g) exp(-loss phi^2): w workers a node, n nodes, each of which takes p transactions/s
            from clients a worker, while one lane carries so many in all; phi the share of nodes that crashed
throughput  min(delivered offered, capacity), smooth
latency     (wait (n/10)^h + phi fault wait) (offered / capacity)^slope beyond the knee: crashed leaders cost timeouts,
            and an overloaded run queues for as long as it lasts
bounds      no more is delivered than is offered; no commit without one round trip to a quorum
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
from gauntlet.records import Record

Floats = npt.NDArray[np.float64]
Basis = Literal["interpolated", "extrapolated"]

FILE = Path("estimates") / "consensus.json"
REFERENCE_NODES = 10.0


class Prior(Record):
    """What is assumed of one parameter before any data."""

    mean: float
    deviation: float = Field(gt=0)


class Scatter(Record):
    """Of repeated runs, in logarithms."""

    throughput: float = Field(gt=0)
    latency: float = Field(gt=0)


class Sharpness(Record):
    """Powers of the smooth minima and of the smooth knee."""

    ingress: float = Field(gt=0)
    capacity: float = Field(gt=0)
    overload: float = Field(gt=0)


class Ends(Record):
    """Ends of a range."""

    low: float
    high: float


class AgreementChoices(Record):
    """What is chosen, not learnt: hardware_registry/estimates/consensus_choices.yaml says why."""

    prior: dict[str, Prior]
    prior_source: str
    scatter: Scatter
    sharpness: Sharpness
    band: Ends
    least_round_trip_s: float = Field(gt=0)


class Protocol(Record):
    """One protocol as it was learnt; rates in transactions/s, at ten nodes where they change with scale."""

    name: str
    lane_per_s: float = Field(gt=0)
    lane_growth: float
    ingress_per_s: float = Field(gt=0)
    fault_loss: float
    delivered: float = Field(gt=0)
    wait_s: float = Field(gt=0)
    wait_growth: float
    fault_wait_s: float = Field(ge=0)
    overload_slope: float
    overload_knee: float
    nodes: Ends


class AgreementParameters(Record):
    """Everything an estimate needs; bands are logarithms of measured / estimated."""

    provenance: str = Field(min_length=8)
    sharpness: Sharpness
    least_round_trip_s: float = Field(gt=0)
    protocols: tuple[Protocol, ...] = Field(min_length=1)
    throughput_band: Ends
    latency_band: Ends


class Load(NamedTuple):
    """Runs, an entry each: nodes, crashed ones among them, workers a node, transactions/s offered."""

    nodes: Floats
    faults: Floats
    workers: Floats
    offered_per_s: Floats


class Measures(NamedTuple):
    """One measure: what is estimated, its bound, its 90 % band."""

    value: Floats
    bound: Floats
    low: Floats
    high: Floats


class Agreement(NamedTuple):
    """Throughput in transactions/s (its bound is the most), mean end-to-end latency in seconds (its bound the least).

    `basis`: interpolated within the numbers of nodes that were measured, else extrapolated.
    """

    throughput_per_s: Measures
    latency_s: Measures
    basis: list[Basis]


@cache
def agreement_parameters(folder: Path | None = None) -> AgreementParameters:
    """The parameters in registry folder `folder`, or in the one that belongs to the installation."""
    return AgreementParameters.load(find_data("hardware_registry", folder) / FILE)


@cache
def agreement_choices(folder: Path | None = None) -> AgreementChoices:
    """The choices in registry folder `folder`, or in the one that belongs to the installation."""
    file = find_data("hardware_registry", folder) / "estimates" / "consensus_choices.yaml"
    return AgreementChoices.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))


def estimate_agreement(protocol: str, load: Load, parameters: AgreementParameters) -> Agreement:
    """Throughput and latency of runs of one protocol. UsageError for one that is not known, or an impossible load."""
    chosen = next((one for one in parameters.protocols if one.name == protocol), None)
    if chosen is None:
        known = ", ".join(one.name for one in parameters.protocols)
        raise UsageError(f"protocol {protocol!r} was not measured; these were: {known}.")
    check_load(load)
    throughput, latency = logarithms(chosen, load, parameters.sharpness)
    inside = (load.nodes >= chosen.nodes.low) & (load.nodes <= chosen.nodes.high)
    least = np.full(len(load.nodes), parameters.least_round_trip_s)
    return Agreement(
        _below(np.exp(throughput), load.offered_per_s, parameters.throughput_band),
        _above(np.exp(latency), least, parameters.latency_band),
        ["interpolated" if one else "extrapolated" for one in inside],
    )


def logarithms(protocol: Protocol, load: Load, sharpness: Sharpness) -> tuple[Floats, Floats]:
    """Logarithms of throughput and latency, before any bound."""
    scale, share = np.log(load.nodes / REFERENCE_NODES), load.faults / load.nodes
    lane = np.log(protocol.lane_per_s) + protocol.lane_growth * scale
    ingress = np.log(protocol.ingress_per_s * load.nodes)
    capacity = np.log(load.workers) + smooth_minimum(ingress, lane, sharpness.ingress) - protocol.fault_loss * share**2
    offered = np.log(load.offered_per_s)
    throughput = smooth_minimum(offered + np.log(protocol.delivered), capacity, sharpness.capacity)
    wait_s = protocol.wait_s * np.exp(protocol.wait_growth * scale) + protocol.fault_wait_s * share
    beyond = sharpness.overload * (offered - capacity - protocol.overload_knee)
    return throughput, np.log(wait_s) + protocol.overload_slope * np.logaddexp(0.0, beyond) / sharpness.overload


def smooth_minimum(one: Floats, other: Floats, sharpness: float) -> Floats:
    """Logarithm of (a^-k + b^-k)^(-1/k), from the logarithms of a and b."""
    return np.asarray(-np.logaddexp(-sharpness * one, -sharpness * other) / sharpness)


def check_load(load: Load) -> None:
    """UsageError names the first run with a number that it cannot have."""
    fine = (load.nodes >= 1) & (load.faults >= 0) & (load.faults < load.nodes)
    fine &= (load.workers >= 1) & (load.offered_per_s > 0)
    if wrong := np.flatnonzero(~fine).tolist():
        run = ", ".join(f"{name} {values[wrong[0]]:g}" for name, values in load._asdict().items())
        raise UsageError(f"run {wrong[0] + 1} has {run}; nodes > faults >= 0, workers >= 1, offered > 0 were expected.")


def _below(value: Floats, most: Floats, band: Ends) -> Measures:
    value = np.minimum(value, most)
    low, high = (np.minimum(value * np.exp(end), most) for end in (band.low, band.high))
    return Measures(value, most, low, high)


def _above(value: Floats, least: Floats, band: Ends) -> Measures:
    value = np.maximum(value, least)
    low, high = (np.maximum(value * np.exp(end), least) for end in (band.low, band.high))
    return Measures(value, least, low, high)
