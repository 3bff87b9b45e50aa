"""Fitting and judging all kernels of one kind: per machine, per architecture, and for machines never seen.

What a band of a machine says comes from groups of sizes that were held out; the band of an architecture from its
machines left out in turn; that of the default from whole architectures left out, as an unseen one would be.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.truth import fitting
from benchmarks.truth.fitting import Batch, Constants
from benchmarks.truth.rows import by
from benchmarks.truth.scores import accused, parts_of, summary
from benchmarks.truth.sets import Answer, Rows, Score
from gauntlet.errors import RegistryError
from gauntlet.hardware.estimates.model import estimate
from gauntlet.hardware.estimates.records import Band, Estimate, Fitted, Floats, Parameters, Scope

DATE = "2026-11-26"
METHOD = "robust least squares of log errors with priors, then ridge regression; benchmarks/truth/fitting.py"
POOLED_ROWS = 400
OWN_ROWS = 700
_FEW_MACHINES = 1.2
"""How much wider (in logarithm) a band of unseen machines is than two to four that were left out in turn say."""
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
        centre = pool(plan, name, members)
        own += [_of_machine(plan, one, centre) for one in members if one.kernel == name]
        if unseen:
            pooled += list(_of_unseen(plan, name, members, centre))
    return Parameters(
        source=plan.source,
        date=DATE,
        method=METHOD,
        reference_clock_hz=fitting.REFERENCE_CLOCK_HZ,
        correction_degree=plan.degree,
        correction_limit=fitting.CORRECTION_LIMIT,
        extrapolation=1.5,
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
    launches = batch.seconds / held_out / batch.machine.cycles_s(constants["launch_cycles"], fitting.REFERENCE_CLOCK_HZ)
    bands = fitting.bands(held_out, launches)
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
    """From few machines, each of which errs as a whole: wider than their rows together say."""
    if not factors.size:
        return Band(up_to=1e9, low=1 / _UNKNOWN, high=_UNKNOWN)
    (band, *_) = fitting.bands(factors, np.ones_like(factors))
    low, high = (end ** (_FEW_MACHINES * wider) for end in (band.low, band.high))
    return Band(up_to=1e9, low=round(low, 4), high=round(high, 4))


def _fitted(
    kernel: str, scope: Scope, of: str, members: Sequence[Measured], constants: Mapping[str, float],
    correction: tuple[float, ...] = (), bands: tuple[Band, ...] = (Band(up_to=1e9, low=0.5, high=2.0),),
) -> Fitted:  # fmt: skip
    all_ranges = [fitting.ranges(one.batch.work) for one in members]
    ranges = {
        name: (min(ends[name][0] for ends in all_ranges), max(ends[name][1] for ends in all_ranges))
        for name in all_ranges[0]
    }
    rows = sum(len(one.batch.seconds) for one in members)
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
        except (RegistryError, KeyError):
            continue
        for place, one in zip(places, answers(given), strict=True):
            found[place] = one
    return found


def unseen_sizes(plan: Plan, measured: Sequence[Measured], parts: int) -> Iterator[tuple[Measured, list[Answer]]]:
    """Held-out rows with what was answered: groups of sizes unseen on any machine."""
    numbers = [parts_of(one.batch.groups, parts) for one in measured]
    for number in range(parts):
        cut = [(one, part != number) for one, part in zip(measured, numbers, strict=True)]
        cut = [(one, kept) for one, kept in cut if kept.any()]
        train = [one._replace(batch=one.batch.take(kept)) for one, kept in cut]
        parameters = fit(plan, train, unseen=False)
        for one, kept in cut:
            if not kept.all():
                test = one._replace(batch=one.batch.take(~kept))
                yield test, answers(estimate(test.batch.work, test.batch.machine, parameters))


def unseen_machine(plan: Plan, measured: Sequence[Measured], machine: str) -> Iterator[tuple[Measured, list[Answer]]]:
    """All rows of a machine, answered from the others."""
    rest = [one for one in measured if one.batch.machine.key != machine]
    own = [one for one in measured if one.batch.machine.key == machine]
    names = {name for one in own for name in (one.kernel, *one.pools)}
    parameters = fit(plan, [one for one in rest if names & {one.kernel, *one.pools}])
    for one in own:
        yield one, answers(estimate(one.batch.work, one.batch.machine, parameters))


def scores(
    plan: Plan,
    measured: Sequence[Measured],
    machines: Sequence[str],
    *,
    shape_bars: tuple[float, float],
    machine_bar: float,
) -> Iterator[Score]:
    """Rows of the table: sizes unseen on known machines, machines unseen, soundness of bounds, power of verdicts."""
    seen: list[Answer] = []
    seconds: list[float] = []
    for one, given in unseen_sizes(plan, measured, 3):
        seen += given
        seconds += one.batch.seconds.tolist()
    over = summary(seen, seconds)
    median_bar, mape_bar = shape_bars
    naive = _naive(measured)
    yield Score("unseen shapes, median error", over.median_error, median_bar, naive=naive[0])
    yield Score("unseen shapes, mean error", over.mape, mape_bar, naive=naive[1])
    yield Score("unseen shapes inside their 90 % bands", over.inside, (0.85, 0.95))
    yield Score("honest claims accused", accused(seen, seconds, 1), 0.05)
    yield Score("claims twice too good found", accused(seen, seconds, 2), 0.95, "higher")
    yield Score("claims three times too good found", accused(seen, seconds, 3), 0.97, "higher")
    yield Score("faster than the bound", over.beaten, 0.0005)
    slices = [_beaten(one) for one in measured]
    yield Score("faster than the bound, worst machine and kernel", max(slices), 0.005)
    for machine in machines:
        pairs = list(unseen_machine(plan, measured, machine))
        given = [answer for _, answers_of_one in pairs for answer in answers_of_one]
        over = summary(given, [second for one, _ in pairs for second in one.batch.seconds.tolist()])
        name = machine.partition("/")[2]
        yield Score(f"{name} from its data sheet, median error", over.median_error, machine_bar)
        yield Score(f"{name} from its data sheet, inside its bands", over.inside, (0.80, 1.0))


def _beaten(one: Measured) -> float:
    return float((one.batch.seconds < one.batch.work.bound(one.batch.machine).bound_s).mean())


def _naive(measured: Sequence[Measured]) -> tuple[float, float]:
    """Median and mean error of launch + bound / share, both constants fitted to each machine: a tuned roofline."""
    from scipy.optimize import least_squares

    errors = []
    for one in measured:
        bound, seconds = one.batch.work.bound(one.batch.machine).bound_s, one.batch.seconds

        def off(vector: Floats, bound: Floats = bound, seconds: Floats = seconds) -> Floats:
            return np.asarray(np.log((np.exp(vector[0]) + bound * np.exp(vector[1])) / seconds))

        found = least_squares(off, [np.log(seconds.min()), 0.3], loss="soft_l1", f_scale=0.1)
        errors.append(np.abs(np.expm1(off(found.x))))
    every = np.concatenate(errors)
    return float(np.median(every)), float(every.mean())
