"""Learning the parameters of collectives from measured times, so that they hold on machines not seen."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, get_args

import numpy as np

from gauntlet.errors import UsageError
from gauntlet.hardware.collectives import (
    OTHER,
    CollectiveParameters,
    Fabric,
    FabricKind,
    Floats,
    Implementation,
    Spread,
    Wire,
    estimate_collective,
    ring_terms,
)

_KINDS: tuple[FabricKind, ...] = get_args(FabricKind)
_UNIT_S = 1e-6
"""Columns are in microseconds, in which all of them are of one size."""

_ROUNDS = 6
_LEAST_DEVIATION = 0.5
"""Relative deviations up to this count by their square, larger ones by their size."""

_LEAST_FACTOR = 0.05
_DIGITS = 5


class MeasuredCollectives(NamedTuple):
    """One curve: seconds of one operation among so many ranks of one fabric, an entry a size.

    Implementations of one `library` share everything but their start: called from a graph, or one by one.
    """

    implementation: str
    library: str
    operation: str
    fabric: Fabric
    ranks: int
    ranks_per_node: int
    message_bytes: Floats
    time_s: Floats


def fit_collectives(curves: list[MeasuredCollectives], band: Spread, provenance: str) -> CollectiveParameters:
    """Parameters from measured curves; the band is what the machines' curves miss when each is held out in turn."""
    if len(_devices(curves)) < 2:
        raise UsageError(f"the curves are of {len(_devices(curves))} machines; two at least are needed for a band.")
    sizes = np.concatenate([curve.message_bytes for curve in curves])
    learnt = CollectiveParameters(
        provenance=provenance,
        devices=tuple(sorted({curve.fabric.device for curve in curves})),
        message_bytes=Spread(low=float(sizes.min()), high=float(sizes.max())),
        implementations=_implementations(curves),
        bands={},
    )
    return learnt.model_copy(update={"bands": _bands(curves, band)})


class _Learnt(NamedTuple):
    """What the curves of one library and operation say, starts and wires by device."""

    start_s: Mapping[str, dict[str, float]]
    round_s: float
    root_s: float
    inefficiency: Mapping[FabricKind, dict[str, float]]
    crowding: Mapping[FabricKind, float]


def _implementations(curves: list[MeasuredCollectives]) -> tuple[Implementation, ...]:
    """In the order in which libraries were met: the first stands for those that were not measured."""
    groups: dict[tuple[str, str], list[MeasuredCollectives]] = {}
    for curve in curves:
        groups.setdefault((curve.library, curve.operation), []).append(curve)
    fitted = {key: _fit(group) for key, group in groups.items()}
    ratios = _ratios([learnt.inefficiency for learnt in fitted.values()])
    return tuple(
        _implementation(name, operation, learnt, ratios)
        for (_, operation), learnt in fitted.items()
        for name in learnt.start_s
    )


def _fit(curves: list[MeasuredCollectives]) -> _Learnt:
    """Least relative deviations, no factor negative.

    Each machine has its own start and rate; the geometric mean stands for the next machine.
    """
    starts = sorted({(curve.implementation, curve.fabric.device) for curve in curves}, key=str)
    wires = sorted({(curve.fabric.kind, curve.fabric.device) for curve in curves})
    kinds = sorted({kind for kind, _ in wires})
    blocks = [_columns(curve, starts, wires, kinds) for curve in curves]
    measured = np.concatenate([curve.time_s for curve in curves]) / _UNIT_S
    weight = np.concatenate([np.full(len(curve.time_s), 1 / len(curve.time_s)) for curve in curves])
    factors = _least_relative(np.concatenate(blocks), measured, weight)
    of_starts, of_wires = factors[2 : 2 + len(starts)], factors[2 + len(starts) :][: len(wires)]
    return _Learnt(
        start_s={
            name: _by_device(starts, _UNIT_S * of_starts, name, _UNIT_S)
            for name in dict.fromkeys(curve.implementation for curve in curves)
        },
        round_s=_UNIT_S * float(factors[0]),
        root_s=_UNIT_S * float(factors[1]) ** 2,
        inefficiency={kind: _by_device(wires, of_wires, kind, 1.0) for kind in kinds},
        crowding=dict(zip(kinds, factors[-len(kinds) :].tolist(), strict=True)),
    )


def _columns(
    curve: MeasuredCollectives,
    starts: list[tuple[str, str]],
    wires: list[tuple[FabricKind, str]],
    kinds: list[FabricKind],
) -> Floats:
    """(sizes, columns): rounds, root, start of each library on each machine, wire of each fabric, its crowding."""
    rounds, nominal_s = ring_terms(curve.operation, float(curve.ranks), curve.message_bytes, curve.fabric)
    x, device, kind = nominal_s / _UNIT_S, curve.fabric.device, curve.fabric.kind
    crowd = curve.ranks_per_node - 1 if kind == "network" else curve.ranks - 2
    flags = [float(one == (curve.implementation, device)) for one in starts]
    on = [x * (one == (kind, device)) for one in wires]
    crowds = [x * crowd * (one == kind) for one in kinds]
    return np.stack([rounds + 0 * x, np.sqrt(x), *(flag + 0 * x for flag in flags), *on, *crowds], axis=1)


def _least_relative(columns: Floats, measured: Floats, weight: Floats) -> Floats:
    """Non-negative factors with the least weighted sum of relative deviations, by reweighting."""
    from scipy.optimize import nnls

    relative = columns / measured[:, None]
    scale = np.maximum(relative.max(axis=0), 1e-30)
    used = weight
    for _ in range(_ROUNDS):
        factors = nnls(relative / scale * np.sqrt(used)[:, None], np.sqrt(used))[0] / scale
        used = weight / np.maximum(np.abs(relative @ factors - 1), _LEAST_DEVIATION)
    return np.asarray(factors)


def _by_device(keys: Sequence[tuple[str, str]], values: Floats, chosen: str, unit: float) -> dict[str, float]:
    """Values of the devices, and for the others their geometric mean, in which a zero counts as a small part.

    A factor of zero says that another term took its part.
    """
    own = {device: _rounded(value) for (one, device), value in zip(keys, values.tolist(), strict=True) if one == chosen}
    mean = np.exp(np.mean(np.log(np.maximum(list(own.values()), _LEAST_FACTOR * unit))))
    return {OTHER: _rounded(float(mean)), **own}


def _ratios(found: list[Mapping[FabricKind, dict[str, float]]]) -> Mapping[tuple[FabricKind, FabricKind], float]:
    """Inefficiency of one fabric over that of another, as the median of libraries measured on both; else 1."""
    ratios: dict[tuple[FabricKind, FabricKind], float] = {}
    for one in _KINDS:
        for other in _KINDS:
            both = [
                factors[one][OTHER] / factors[other][OTHER] for factors in found if one in factors and other in factors
            ]
            ratios[one, other] = float(np.median(both)) if both else 1.0
    return ratios


def _implementation(
    name: str, operation: str, learnt: _Learnt, ratios: Mapping[tuple[FabricKind, FabricKind], float]
) -> Implementation:
    known = learnt.inefficiency
    wires: dict[FabricKind, Wire] = {}
    for kind in _KINDS:
        guess = float(np.median([known[other][OTHER] * ratios[kind, other] for other in known]))
        wires[kind] = Wire(
            inefficiency=known.get(kind, {OTHER: _rounded(guess)}), crowding=_rounded(learnt.crowding.get(kind, 0.0))
        )
    return Implementation(
        name=name,
        operation=operation,
        start_s=learnt.start_s[name],
        round_s=_rounded(learnt.round_s),
        root_s=_rounded(learnt.root_s),
        wires=wires,
    )


def _bands(curves: list[MeasuredCollectives], ends: Spread) -> dict[FabricKind, Spread]:
    """Quantiles of log measured / estimated with each machine held out; every curve counts the same."""
    left: dict[FabricKind, list[tuple[Floats, float]]] = {}
    for curve, log_ratio in held_out(curves):
        left.setdefault(curve.fabric.kind, []).append((log_ratio, 1 / len(log_ratio)))
    return {kind: _quantiles(parts, ends) for kind, parts in left.items()}


def held_out(curves: list[MeasuredCollectives]) -> Iterator[tuple[MeasuredCollectives, Floats]]:
    """Each curve with log measured / estimated, from the curves of the other machines alone."""
    wide = Spread(low=0.0, high=0.0)
    for device in _devices(curves):
        others = [curve for curve in curves if curve.fabric.device != device]
        if not others:
            continue
        parameters = CollectiveParameters(
            provenance="held out",
            devices=_devices(others),
            message_bytes=wide,
            implementations=_implementations(others),
            bands=dict.fromkeys(_KINDS, wide),
        )
        operations = {one.operation for one in parameters.implementations}
        for curve in curves:
            if curve.fabric.device == device and curve.operation in operations:
                found = estimate_collective(
                    curve.operation,
                    curve.implementation,
                    curve.ranks,
                    curve.message_bytes,
                    curve.fabric,
                    parameters,
                    curve.ranks_per_node,
                )
                yield curve, np.log(curve.time_s / found.time_s)


def _devices(curves: list[MeasuredCollectives]) -> tuple[str, ...]:
    return tuple(sorted({curve.fabric.device for curve in curves}))


def _quantiles(parts: list[tuple[Floats, float]], ends: Spread) -> Spread:
    left = np.concatenate([values for values, _ in parts])
    weight = np.concatenate([np.full(len(values), each) for values, each in parts])
    order = np.argsort(left)
    share = np.cumsum(weight[order]) / weight.sum()
    places = [min(int(np.searchsorted(share, end)), len(left) - 1) for end in (ends.low, ends.high)]
    low, high = (float(left[order][place]) for place in places)
    return Spread(low=_rounded(min(low, 0.0)), high=_rounded(max(high, 0.0)))


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
