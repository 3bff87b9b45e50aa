"""Learning the costs of subgraphs from measured networks: three non-negative numbers a machine and precision."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gauntlet.errors import UsageError
from gauntlet.hardware.records import Device
from gauntlet.hardware.registry import Registry
from gauntlet.workloads.vision.parameters import Band
from gauntlet.workloads.vision.subgraphs import (
    Costs,
    MeasuredMachine,
    SubgraphParameters,
    SubgraphSum,
    check,
    nominal_columns,
)
from gauntlet.workloads.vision.work import Floats

_ROUNDS = 6
_LEAST_DEVIATION = 0.5
"""Relative deviations up to this count by their square, larger ones by their size."""

_PRIOR_NETWORKS = 0.2

_LEAST_FACTOR = (1e-6, 0.05, 0.05)
"""What a cost of zero counts in a mean over machines: another one took its part."""

_DIGITS = 5


class MeasuredNetworks(NamedTuple):
    """Networks on one machine (id, or id@power_mode) in one precision: their sums, names, and measured seconds."""

    device: str
    precision: str
    work: SubgraphSum
    network: list[str]
    time_s: Floats


class _Machine(NamedTuple):
    device: Device
    precision: str
    columns: Floats
    network: npt.NDArray[np.str_]
    time_s: Floats

    @property
    def group(self) -> str:
        return f"{self.device.device_class}/{self.precision}"


def fit_subgraphs(
    measured: list[MeasuredNetworks], registry: Registry, band: Band, provenance: str
) -> SubgraphParameters:
    """Costs of each machine; bands from networks held out, and for other machines from machines held out.

    `band` are the quantiles at both ends.
    """
    if not any(len(set(one.network)) > 1 for one in measured):
        raise UsageError("no machine has two networks; without them there is no band to learn.")
    machines = [_machine(one, registry) for one in measured]
    groups = sorted({one.group for one in machines})
    alone = [_fit(one, np.ones(len(one.time_s), dtype=bool)) for one in machines]
    means = {
        group: _mean([found for one, found in zip(machines, alone, strict=True) if one.group == group])
        for group in groups
    }
    costs = [_fit(one, np.ones(len(one.time_s), dtype=bool), means[one.group]) for one in machines]
    inside = _quantiles(np.concatenate([_networks_held_out(one, means[one.group]) for one in machines]), band)
    return SubgraphParameters(
        provenance=provenance,
        machines=tuple(
            MeasuredMachine(
                machine=one.device.key,
                device_class=one.device.device_class,
                precision=one.precision,
                costs=_costs(found),
                band=inside,
            )
            for one, found in zip(machines, costs, strict=True)
        ),
        others={
            group: _costs(_mean([found for one, found in zip(machines, costs, strict=True) if one.group == group]))
            for group in groups
        },
        others_band=_others_band(_machines_held_out(machines, costs), inside, band),
    )


def _machine(measured: MeasuredNetworks, registry: Registry) -> _Machine:
    check(measured.work)
    device = registry.resolve(measured.device)
    columns = nominal_columns(measured.work, device)
    return _Machine(device, measured.precision, columns, np.array(measured.network), measured.time_s)


def _fit(machine: _Machine, used: npt.NDArray[np.bool_], mean: Floats | None = None) -> Floats:
    """Least relative deviations, no cost negative.

    The `mean` of like machines counts as `_PRIOR_NETWORKS` for each cost: it speaks where no network measured one.
    """
    from scipy.optimize import nnls

    relative = machine.columns[used] / machine.time_s[used, None]
    weight = np.ones(len(relative))
    prior = np.zeros((0, 3)) if mean is None else np.diag(1 / mean)
    for _ in range(_ROUNDS):
        rows = np.concatenate([relative, prior])
        roots = np.sqrt(np.concatenate([weight, np.full(len(prior), _PRIOR_NETWORKS)]))
        scale = np.maximum(rows.max(axis=0), 1e-30)
        found = nnls(rows / scale * roots[:, None], roots)[0] / scale
        weight = 1 / np.maximum(np.abs(relative @ found - 1), _LEAST_DEVIATION)
    return np.asarray(found)


def _networks_held_out(machine: _Machine, mean: Floats) -> Floats:
    left = []
    for network in np.unique(machine.network):
        out = machine.network == network
        if not out.all():
            left.append(np.log(machine.time_s[out]) - np.log(machine.columns[out] @ _fit(machine, ~out, mean)))
    return np.concatenate(left) if left else np.zeros(0)


def _machines_held_out(machines: list[_Machine], costs: list[Floats]) -> Floats:
    left = []
    for one in machines:
        others = [
            found
            for other, found in zip(machines, costs, strict=True)
            if other.group == one.group and other.device.key != one.device.key
        ]
        if others:
            left.append(np.log(one.time_s) - np.log(one.columns @ _mean(others)))
    return np.concatenate(left) if left else np.zeros(0)


def _others_band(left: Floats, inside: Band, ends: Band) -> Band:
    """Band on machines that were not measured; where one machine alone was, twice that of its networks."""
    return _quantiles(left, ends) if left.size else Band(low=2 * inside.low, high=2 * inside.high)


def _mean(costs: list[Floats]) -> Floats:
    return np.asarray(np.exp(np.mean(np.log(np.maximum(costs, _LEAST_FACTOR)), axis=0)))


def _costs(found: Floats) -> Costs:
    dispatch_s, compute, memory = (_rounded(value) for value in found.tolist())
    return Costs(dispatch_s=dispatch_s, compute=compute, memory=memory)


def _quantiles(left: Floats, ends: Band) -> Band:
    low, high = np.quantile(left, (ends.low, ends.high)).tolist()
    return Band(low=_rounded(min(low, 0.0)), high=_rounded(max(high, 0.0)))


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
