"""Which shape predicts groups that it has not seen, by leaving groups out; rows left out at random for comparison.

Rows of one model family or one family of shapes resemble each other. A row left out at random is predicted by its
siblings, and a curve that has learnt them by heart looks right; a group left out as a whole shows what it knows.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gauntlet.hardware.basis import Floats
from gauntlet.hardware.calibration.samples import Sample
from gauntlet.hardware.calibration.shapes import Trial, trials, weights_of
from gauntlet.hardware.curves import Candidate

Folds = npt.NDArray[np.intp]
_SEED = 0
_ALIKE = 0.01
"""Share of the error by which shapes may differ and still be alike: curves that agree everywhere have no spread."""


class Validated(NamedTuple):
    """A trial with, for each row, ln measured / predicted efficiency by fits that had not seen its group (or row)."""

    sample: Sample
    trial: Trial
    by_group: Floats
    by_row: Floats

    @property
    def parameters(self) -> int:
        """Those of the shape, and the share of traffic in a mix."""
        return self.trial.parameters + (self.sample.mix is not None)


def cross_validate(sample: Sample, most_folds: int, most_knots: int) -> tuple[Validated, ...]:
    """Every trial, on the same folds of groups and on as many folds of rows; mixes without free knots."""
    groups = group_folds(sample, most_folds)
    rows = row_folds(len(sample.x), int(groups.max()) + 1)
    tried = (
        Validated(sample, trial, _left_out(sample, trial, groups), _left_out(sample, trial, rows))
        for trial in trials(sample.x, most_knots if sample.mix is None else 0)
    )
    return tuple(tried)


def group_folds(sample: Sample, most_folds: int) -> Folds:
    """Fold of each row. Few groups: each alone; many: dealt out by falling size, each to the smallest fold."""
    names, member, size = np.unique(np.array(sample.group), return_inverse=True, return_counts=True)
    if names.size <= most_folds:
        return np.asarray(member, dtype=np.intp)
    fold_of, load = np.zeros(names.size, dtype=np.intp), np.zeros(most_folds)
    for group in np.argsort(-size, kind="stable"):
        fold_of[group] = np.argmin(load)
        load[fold_of[group]] += size[group]
    return fold_of[member]


def row_folds(rows: int, folds: int) -> Folds:
    """Rows at random, folds of one size; the same each time."""
    return np.random.default_rng(_SEED).permutation(np.arange(rows) % folds)


def choose(tried: Sequence[Validated]) -> Validated:
    """The simplest shape that is not clearly worse than the best on unseen groups.

    Clearly: by more than one standard error of the difference between both, group by group, and more than a hundredth
    of the error. Of equally simple ones the better. The rows are the same for all, the variables may differ.
    Source of the rule: Breiman, Friedman, Olshen & Stone, Classification and Regression Trees, 1984.
    """
    scores = np.array([_by_group(each.by_group, each.sample) for each in tried])
    means = scores.mean(axis=1)
    best = int(np.argmin(means))
    apart = scores - scores[best]
    error = apart.std(axis=1, ddof=1) / np.sqrt(scores.shape[1])
    allowed = np.maximum(error, _ALIKE * means[best])
    good = [place for place in range(len(tried)) if means[place] - means[best] <= allowed[place]]
    return tried[min(good, key=lambda place: (tried[place].parameters, means[place]))]


def candidates(tried: Sequence[Validated], chosen: Validated) -> tuple[Candidate, ...]:
    """The trials as records: mean |ln error|, groups counting alike."""
    return tuple(
        Candidate(
            variable=each.sample.variable,
            shape=each.trial.shape,
            parameters=each.parameters,
            unseen_groups=float(_by_group(each.by_group, each.sample).mean()),
            unseen_rows=float(_by_group(each.by_row, each.sample).mean()),
            mix=each.sample.mix,
            chosen=each is chosen,
        )
        for each in tried
    )


def _left_out(sample: Sample, trial: Trial, folds: Folds) -> Floats:
    missed = np.empty(sample.x.size)
    group = np.array(sample.group)
    for fold in range(int(folds.max()) + 1):
        out = folds == fold
        weight = weights_of(group[~out].tolist())
        form = trial.fit(sample.x[~out], sample.efficiency[~out], weight, sample.rising)
        missed[out] = np.log(sample.efficiency[out]) - np.log(np.minimum(form(sample.x[out]), 1.0))
    return missed


def _by_group(missed: Floats, sample: Sample) -> Floats:
    """Mean |ln error| of each group."""
    group = np.array(sample.group)
    return np.array([np.mean(np.abs(missed[group == name])) for name in np.unique(group)])
