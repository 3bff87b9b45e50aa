"""Judging fitted kernels by what was held out: sizes, machines, bounds, and claims made better than measured."""

from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.truth.kernels import Measured, Plan, answers, fit
from benchmarks.truth.scores import Summary, accused, parts_of, summary
from benchmarks.truth.sets import Answer, Score
from gauntlet.hardware.estimates.model import estimate
from gauntlet.hardware.estimates.records import Floats

PARTS = 3


def unseen_sizes(plan: Plan, measured: Sequence[Measured], parts: int) -> tuple[list[Answer], list[float]]:
    """All rows in turn as answered when their groups of sizes were unseen on any machine, and what was measured."""
    found: list[Answer] = []
    truth: list[float] = []
    numbers = [parts_of(one.batch.groups, parts) for one in measured]
    for number in range(parts):
        cut = [(one, part != number) for one, part in zip(measured, numbers, strict=True)]
        cut = [(one, kept) for one, kept in cut if kept.any()]
        parameters = fit(plan, [one._replace(batch=one.batch.take(kept)) for one, kept in cut], unseen=False)
        for test in (one.batch.take(~kept) for one, kept in cut if not kept.all()):
            found += answers(estimate(test.work, test.machine, parameters))
            truth += test.measured.tolist()
    return found, truth


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
    seen, truth = unseen_sizes(plan, measured, PARTS)
    over = summary(seen, truth)
    median_bar, mape_bar = shape_bars
    naive = _naive(measured)
    yield Score("unseen shapes, median error", over.median_error, median_bar, naive=naive[0])
    yield Score("unseen shapes, mean error", over.mape, mape_bar, naive=naive[1])
    yield Score("unseen shapes inside their 90 % bands", over.inside, (0.85, 0.95))
    yield Score("honest claims accused", accused(seen, truth, 1), 0.05)
    yield Score("claims twice too good found", accused(seen, truth, 2), 0.95, "higher")
    yield Score("claims three times too good found", accused(seen, truth, 3), 0.97, "higher")
    yield Score("faster than the bound", over.beaten, 0.0005)
    slices = [_beaten(one) for one in measured]
    yield Score("faster than the bound, worst machine and kernel", max(slices), 0.005)
    for machine in machines:
        taught = {pool for one in measured if one.batch.machine.key != machine for pool in one.pools}
        pairs = list(unseen_machine(plan, measured, machine))
        name = f"{machine.partition('/')[2]} from its data sheet"
        over = _together([pair for pair in pairs if taught & set(pair[0].pools)])
        yield Score(f"{name}, median error", over.median_error, machine_bar)
        yield Score(f"{name}, inside its bands", over.inside)
        if alone := [pair for pair in pairs if not taught & set(pair[0].pools)]:
            formats = ", ".join(one.kernel for one, _ in alone)
            yield Score(f"{name}, {formats}: measured nowhere else, median error", _together(alone).median_error)


def _together(pairs: Sequence[tuple[Measured, list[Answer]]]) -> Summary:
    given = [answer for _, answers_of_one in pairs for answer in answers_of_one]
    return summary(given, [value for one, _ in pairs for value in one.batch.measured.tolist()])


def _beaten(one: Measured) -> float:
    return float((one.batch.measured < one.batch.work.bound(one.batch.machine).bound_s).mean())


def _naive(measured: Sequence[Measured]) -> tuple[float, float]:
    """Median and mean error of launch + bound / share, both constants fitted to each machine: a tuned roofline."""
    from scipy.optimize import least_squares

    errors = []
    for one in measured:
        bound, truth = one.batch.work.bound(one.batch.machine).bound_s, one.batch.measured

        def off(vector: Floats, bound: Floats = bound, truth: Floats = truth) -> Floats:
            return np.asarray(np.log((np.exp(vector[0]) + bound * np.exp(vector[1])) / truth))

        found = least_squares(off, [np.log(truth.min()), 0.3], loss="soft_l1", f_scale=0.1)
        errors.append(np.abs(np.expm1(off(found.x))))
    every = np.concatenate(errors)
    return float(np.median(every)), float(every.mean())
