"""Learning the parameters of vision networks from measured steps, so that they hold for families not seen.

Each machine with its software: two times (arithmetic, memory) by least relative deviations, then the correction by
ridge regression of what remains. Families are random effects: the hundred variants of one network count as little
more than one. The band comes from the same fit with each family held out.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gauntlet.errors import UsageError
from gauntlet.hardware.registry import Registry
from gauntlet.workloads.vision.choices import Choices, Noise
from gauntlet.workloads.vision.estimate import blend, likeness, nominal_parts_s
from gauntlet.workloads.vision.machine import Machine, Stack, machine_of
from gauntlet.workloads.vision.parameters import Band, Configuration, Mismatch, Scaling, VisionParameters
from gauntlet.workloads.vision.work import Floats, NetworkWork, features, logarithms

_ROUNDS = 3
"""Reweighted least squares: relative deviations are long-tailed."""

_LEAST_DEVIATION = 0.05
_DIGITS = 6


class Measured(NamedTuple):
    """Measured steps, an entry a row: counts, seconds, machine (key in the registry), software, family."""

    work: NetworkWork
    step_s: Floats
    machine: Sequence[str]
    stack: Sequence[Stack]
    family: Sequence[str]

    def at(self, mask: npt.NDArray[np.bool_]) -> "Measured":
        """The rows where `mask` holds."""
        places: list[int] = np.flatnonzero(mask).tolist()
        machine, family = ([column[place] for place in places] for column in (self.machine, self.family))
        stack = [self.stack[place] for place in places]
        return Measured(self.work.at(places), self.step_s[places], machine, stack, family)


class _Group(NamedTuple):
    """Rows of one machine and software, ready to be fitted."""

    machine: Machine
    stack: Stack
    rows: npt.NDArray[np.int64]
    parts: Floats
    shape: Floats
    log_image_s: Floats
    family: npt.NDArray[np.int64]
    batch: Floats


class _Line(NamedTuple):
    """What one group learnt."""

    compute: float
    memory: float
    correction: Floats


def fit_vision(measured: Measured, registry: Registry, choices: Choices, provenance: str) -> VisionParameters:
    """Parameters from measured steps. UsageError with fewer than two families: a band cannot be learnt from one."""
    families = sorted(set(measured.family))
    if len(families) < 2:
        raise UsageError(f"the steps are of {len(families)} family of networks; two at least are needed for a band.")
    graph = tuple(measured.work.graph)
    counts = logarithms(measured.work)
    centre, spread = counts.mean(axis=0), np.maximum(counts.std(axis=0), 1e-6)
    groups = _groups(measured, registry, choices.scaling, features(measured.work, centre, spread, graph))
    prior = np.array(
        [choices.prior.constant, *[choices.prior.counts] * 4, *[choices.prior.products] * 10]
        + [choices.prior.graph] * len(graph)
    )
    own, other = _held_out(groups, prior, choices, len(measured.work), len(families))
    family = np.unique(np.asarray(measured.family), return_inverse=True)[1]
    pooled = _band(own, family, choices.band)
    lines = [_fit(group, np.ones(len(group.rows), dtype=bool), prior, choices.noise) for group in groups]
    return VisionParameters(
        provenance=provenance,
        centre=_row(centre),
        spread=_row(spread),
        smallest=_row(counts.min(axis=0)),
        largest=_row(counts.max(axis=0)),
        graph=graph,
        scaling=choices.scaling,
        mismatch=choices.mismatch,
        cached_layers=choices.cached_layers,
        assumed_launches=choices.assumed_launches,
        configurations=tuple(
            _configuration(group, line, _own_band(own[group.rows], group.family, choices.band, pooled))
            for group, line in zip(groups, lines, strict=True)
        ),
        elsewhere=_elsewhere(groups, other, pooled, choices.band),
    )


def _groups(measured: Measured, registry: Registry, scaling: Scaling, shape: Floats) -> list[_Group]:
    places: dict[tuple[str, Stack], list[int]] = {}
    for place, key in enumerate(zip(measured.machine, measured.stack, strict=True)):
        places.setdefault(key, []).append(place)
    numbers = np.unique(np.asarray(measured.family), return_inverse=True)[1]
    found = []
    for (device, stack), listed in sorted(places.items()):
        rows = np.asarray(listed)
        machine = machine_of(registry, device, stack.precision)
        work = measured.work.at(rows)
        parts = np.stack(nominal_parts_s(work, machine, stack, scaling), axis=1)
        image_s = measured.step_s[rows] / work.batch
        found.append(_Group(machine, stack, rows, parts, shape[rows], np.log(image_s), numbers[rows], work.batch))
    return found


def _fit(group: _Group, used: npt.NDArray[np.bool_], prior: Floats, noise: Noise) -> _Line:
    """Times and correction from the rows where `used` holds."""
    family, parts, measured = group.family[used], group.parts[used], group.log_image_s[used]
    _, index, sizes = np.unique(family, return_inverse=True, return_counts=True)
    times = _two_times(parts, np.exp(measured), 1 / np.sqrt(sizes[index]))
    left = measured - np.log(parts @ times)
    # A random effect of each family: part of its mean is taken off both sides (Balestra & Nerlove, Econometrica 34(3)).
    share = 1 - noise.network / np.sqrt(noise.network**2 + sizes * noise.family**2)

    def without_family(values: Floats) -> Floats:
        means = np.stack([np.bincount(index, column) / sizes for column in values.T], axis=1)
        return np.asarray(values - share[index, None] * means[index])

    shape = without_family(group.shape[used])
    target = without_family(left[:, None])[:, 0]
    normal = shape.T @ shape / noise.network**2 + np.diag(prior**-2.0)
    correction = np.asarray(np.linalg.solve(normal, shape.T @ target / noise.network**2), dtype=np.float64)
    return _Line(float(times[0]), float(times[1]), correction)


def _two_times(parts: Floats, image_s: Floats, weight: Floats) -> Floats:
    """Non-negative factors of both parts with the least weighted sum of relative deviations."""
    from scipy.optimize import nnls

    relative = parts / image_s[:, None]
    scale = relative.max(axis=0)
    used = weight
    for _ in range(_ROUNDS):
        factors = nnls(relative / scale * np.sqrt(used)[:, None], np.sqrt(used))[0] / scale
        used = weight / np.maximum(np.abs(relative @ factors - 1), _LEAST_DEVIATION)
    return np.asarray(factors)


def _held_out(groups: list[_Group], prior: Floats, choices: Choices, rows: int, families: int) -> tuple[Floats, Floats]:
    """Logarithms measured / estimated of families held out: on the machine itself, and from the other machines."""
    own, other = np.full(rows, np.nan), np.full(rows, np.nan)
    for family in range(families):
        able = [group for group in groups if (group.family != family).any()]
        lines = [_fit(group, group.family != family, prior, choices.noise) for group in able]
        for group, line in zip(able, lines, strict=True):
            tested = group.family == family
            own[group.rows[tested]] = _left(group, line, tested)
            if elsewhere := _from_others(group, able, lines, choices.mismatch):
                other[group.rows[tested]] = _left(group, elsewhere, tested)
    return own, other


def _left(group: _Group, line: _Line, tested: npt.NDArray[np.bool_]) -> Floats:
    nominal = group.parts[tested] @ np.array([line.compute, line.memory])
    return np.asarray(group.log_image_s[tested] - np.log(nominal) - group.shape[tested] @ line.correction)


def _from_others(group: _Group, groups: list[_Group], lines: list[_Line], mismatch: Mismatch) -> _Line | None:
    """What machines of the same class say of a group's machine, had it not been measured."""
    chosen = [
        _configuration(one, line, Band(low=0, high=0))
        for one, line in zip(groups, lines, strict=True)
        if one.machine.device_class == group.machine.device_class and one.machine.key != group.machine.key
    ]
    if not chosen:
        return None
    weights = np.array([likeness(one, group.machine.key, group.stack, mismatch) for one in chosen])
    return _Line(*blend(tuple(chosen), weights / weights.sum()))


def _configuration(group: _Group, line: _Line, band: Band) -> Configuration:
    return Configuration(
        machine=group.machine.key,
        device_class=group.machine.device_class,
        **group.stack._asdict(),
        compute=_rounded(line.compute),
        memory=_rounded(line.memory),
        correction=tuple(_rounded(value) for value in line.correction),
        band=band,
        smallest_batch=float(group.batch.min()),
        largest_batch=float(group.batch.max()),
        networks=len(group.rows),
    )


def _elsewhere(groups: list[_Group], other: Floats, pooled: Band, ends: Band) -> dict[str, Band]:
    """Bands on machines that were not measured, by class; where one machine alone was, twice that of a family."""
    bands = {}
    for name in sorted({group.machine.device_class for group in groups}):
        of_class = [group for group in groups if group.machine.device_class == name]
        left = np.concatenate([other[group.rows] for group in of_class])
        family = np.concatenate([group.family for group in of_class])
        known = np.isfinite(left).any()
        bands[name] = _band(left, family, ends) if known else Band(low=2 * pooled.low, high=2 * pooled.high)
    return bands


def _band(left: Floats, family: npt.NDArray[np.int64], ends: Band) -> Band:
    """Quantiles in which each family counts the same, however many variants of it were measured."""
    known = np.isfinite(left)
    _, index, sizes = np.unique(family[known], return_inverse=True, return_counts=True)
    order = np.argsort(left[known])
    share = np.cumsum(1 / sizes[index][order]) / len(sizes)
    low, high = (left[known][order][np.searchsorted(share, end)] for end in (ends.low, ends.high))
    return Band(low=_rounded(low), high=_rounded(high))


def _own_band(left: Floats, family: npt.NDArray[np.int64], ends: Band, pooled: Band) -> Band:
    """Halfway between the machine's own misses and those of all; all where it saw one family alone."""
    if not np.isfinite(left).any():
        return pooled
    own = _band(left, family, ends)
    return Band(low=_rounded((own.low + pooled.low) / 2), high=_rounded((own.high + pooled.high) / 2))


def _row(values: Floats) -> tuple[float, float, float, float]:
    first, second, third, fourth = (_rounded(value) for value in values)
    return first, second, third, fourth


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
