"""Fitting and judging all kernels of one kind: per machine, per architecture, and for machines never seen.

What a band of a machine says comes from groups of sizes that were held out; the band of an architecture from its
machines left out in turn; that of the default from whole architectures left out, as an unseen one would be.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np

from benchmarks.truth import fitting
from benchmarks.truth.fitting import Batch, Constants
from benchmarks.truth.rows import by
from benchmarks.truth.sets import Answer, Rows
from gauntlet.errors import RegistryError
from gauntlet.hardware.estimates.records import Band, Estimate, Fitted, Floats, Parameters, Scope

METHOD = "robust least squares of log errors with priors, then ridge regression; benchmarks/truth/fitting.py"
POOLED_ROWS = 400
OWN_ROWS = 700
_FEW_GROUPS = 0.5
"""Bands of a machine are wider (in logarithm) by this over the number of groups that could be held out."""
_NOTHING_LEFT_OUT = 1.3
"""How much wider again where one architecture alone was measured, and others' bands are taken."""
_UNKNOWN = 2.0
"""Where there are none either."""


class Plan(NamedTuple):
    """How one kind of kernel is fitted. `constants` of a kernel name; `degree` of the correction."""

    source: str
    constants: Callable[[str], Constants]
    degree: int


class Measured(NamedTuple):
    """A batch with the name of its kernel; `pools`: names under which it teaches about machines never seen."""

    kernel: str
    batch: Batch
    pools: tuple[str, ...]


def fit(plan: Plan, measured: Sequence[Measured], *, unseen: bool = True) -> Parameters:
    """Parameters of all machines; `unseen` adds those of architectures and the default."""
    own, pooled = [], []
    for name in dict.fromkeys(pool for one in measured for pool in one.pools or (one.kernel,)):
        members = [one for one in measured if name in (one.pools or (one.kernel,))]
        teachers = [one for one in members if one.pools] or members
        centre = pool(plan, name, teachers)
        own += [_of_machine(plan, one, centre) for one in members if one.kernel == name]
        if unseen:
            pooled += list(_of_unseen(plan, name, teachers, centre))
    return Parameters(
        source=plan.source,
        date=date.today().isoformat(),
        method=METHOD,
        reference_clock_hz=fitting.REFERENCE_CLOCK_HZ,
        correction_degree=plan.degree,
        correction_limit=fitting.CORRECTION_LIMIT,
        extrapolation=1.5,
        makers=tuple(sorted({one.batch.machine.maker for one in measured})),
        fitted=tuple(own + _with_bands(pooled)),
    )


def pool(plan: Plan, kernel: str, members: Sequence[Measured]) -> dict[str, float]:
    """Constants for all of them together; an architecture counts once, however many of its machines were measured."""
    shares = defaultdict(list)
    for one in members:
        shares[one.batch.machine.architecture].append(one.batch)
    batches = [batch.sample(POOLED_ROWS // len(same)) for same in shares.values() for batch in same]
    return fitting.fit_constants(batches, plan.constants(kernel))


def _of_machine(plan: Plan, one: Measured, centre: Mapping[str, float]) -> Fitted:
    batch = one.batch
    constants = fitting.fit_constants([batch.sample(OWN_ROWS)], plan.constants(one.kernel), centre, evaluations=12)
    correction = fitting.fit_correction(batch, constants, plan.degree)
    held_out = fitting.held_out_factors(batch, constants, plan.degree)
    units = fitting.units(batch, constants, batch.measured / held_out)
    few = 1 + _FEW_GROUPS / len(set(batch.groups))
    bands = fitting.bands(held_out, units, wider=few)
    return _fitted(one.kernel, "machine", batch.machine.key, [one], constants, correction, bands)


class _Unseen(NamedTuple):
    """An entry for machines never seen, with measured / estimated of those that were left out to find its band."""

    entry: Fitted
    factors: Floats


def _of_unseen(plan: Plan, name: str, members: Sequence[Measured], centre: Mapping[str, float]) -> Iterator[_Unseen]:
    by_architecture = defaultdict(list)
    for one in members:
        by_architecture[one.batch.machine.architecture].append(one)
    for architecture, same in by_architecture.items():
        if name != same[0].kernel:
            continue
        constants = fitting.fit_constants(
            [one.batch.sample(POOLED_ROWS) for one in same], plan.constants(name), centre, evaluations=12
        )
        left = [(one, [other for other in same if other is not one]) for one in same if len(same) > 1]
        yield _Unseen(_fitted(name, "architecture", architecture, same, constants), _left_out(plan, name, left))
    if members[0].pools:
        left = [
            (one, [other for other in members if other not in same])
            for same in by_architecture.values()
            for one in same
        ]
        factors = _left_out(plan, name, [pair for pair in left if pair[1]])
        yield _Unseen(_fitted(name, "default", "", members, centre), factors)


def _left_out(plan: Plan, name: str, pairs: Sequence[tuple[Measured, list[Measured]]]) -> Floats:
    found = [np.zeros(0)]
    known: dict[tuple[str, ...], dict[str, float]] = {}
    for one, others in pairs:
        key = tuple(other.batch.machine.key for other in others)
        if key not in known:
            known[key] = pool(plan, name, others)
        found.append(np.exp(-fitting.log_errors(one.batch.sample(POOLED_ROWS), known[key])))
    return np.concatenate(found)


def _with_bands(found: Sequence[_Unseen]) -> list[Fitted]:
    """Entries with their bands; one that nothing could be left out for takes those of its scope together."""
    left_out = {
        scope: np.concatenate([one.factors for one in found if one.entry.scope == scope] or [np.zeros(0)])
        for scope in ("architecture", "default")
    }
    entries = []
    for one in found:
        factors, wider = one.factors, 1.0
        if not factors.size:
            factors = left_out[one.entry.scope] if left_out[one.entry.scope].size else left_out["default"]
            wider = _NOTHING_LEFT_OUT if one.entry.scope == "default" else 1.0
        entries.append(one.entry.model_copy(update={"bands": (_unseen_band(factors, wider),)}))
    return entries


def _unseen_band(factors: Floats, wider: float) -> Band:
    """From few machines, each of which errs as a whole to one side: as wide to the other."""
    width = float(np.quantile(np.abs(np.log(factors)), 0.9)) * wider if factors.size else np.log(_UNKNOWN)
    return Band(up_to=1e9, low=round(float(np.exp(-width)), 4), high=round(float(np.exp(width)), 4))


def _fitted(
    kernel: str, scope: Scope, of: str, members: Sequence[Measured], constants: Mapping[str, float],
    correction: tuple[float, ...] = (), bands: tuple[Band, ...] = (Band(up_to=1e9, low=0.5, high=2.0),),
) -> Fitted:  # fmt: skip
    all_ranges = [fitting.ranges(one.batch.work) for one in members]
    ranges = {
        name: (min(ends[name][0] for ends in all_ranges), max(ends[name][1] for ends in all_ranges))
        for name in all_ranges[0]
    }
    rows = sum(len(one.batch.measured) for one in members)
    rounded = {name: float(f"{value:.4g}") for name, value in constants.items()}
    return Fitted(
        kernel=kernel, scope=scope, of=of, rows=rows, constants=rounded,
        ranges=ranges, correction=correction, bands=bands,
    )  # fmt: skip


def answers(found: Estimate) -> list[Answer]:
    """The rows of an estimate."""
    columns = (
        found.value.tolist(),
        found.bound.tolist(),
        found.low.tolist(),
        found.high.tolist(),
        found.basis.tolist(),
    )
    return [Answer(*row) for row in zip(*columns, strict=True)]


def answered(rows: Rows, columns: tuple[str, ...], answer: Callable[..., Estimate]) -> list[Answer | None]:
    """One call of the product for the rows that agree in `columns`; None where it knows no such machine or format."""
    found: list[Answer | None] = [None] * len(rows)
    for values, places in by(rows, *columns).items():
        try:
            given = answer([rows[place] for place in places], *values)
        except RegistryError:
            continue
        for place, one in zip(places, answers(given), strict=True):
            found[place] = one
    return found
