"""What is known of the variables when a proposal is judged: their priors, and what the baselines taught of them.

Only what moves to the proposal counts, unless one asks for those who taught it.
"""

from collections.abc import Iterable, Mapping

import numpy as np

from gauntlet.costs.sampling import in_si, normal_scores, values_at
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.verdict.prediction import SHAPE_LEVELS, Floats, Learnt

_SUMMARY = np.array([0.05, 0.5, 0.95])


def medians(spec: PaperSpec, learnt: Iterable[Learnt], *, own: bool = False) -> dict[str, Floats]:
    """Every variable at its median, (1, 1) in SI; with `own` also by what holds for those alone who taught it."""
    middle = values_at(spec, {})
    for one in learnt:
        if own or one.moves:
            middle[one.variable] = in_si(np.array([one.posterior[1]]), spec.variable(one.variable))
    return middle


def known_at(spec: PaperSpec, learnt: Iterable[Learnt], levels: Mapping[str, Floats]) -> dict[str, Floats]:
    """Every variable in SI, (N, 1), at quantile levels (N,) of what is known of it; others at their priors' medians."""
    values = values_at(spec, levels)
    for one in learnt:
        if one.moves and one.variable in levels:
            variable = spec.variable(one.variable)
            allowed = values_at(spec, {one.variable: np.array([0.0, 1.0])})[one.variable]
            found = in_si(_quantiles(one, levels[one.variable]), variable)
            values[one.variable] = np.clip(found, allowed[0], allowed[1])
    return values


def summary(spec: PaperSpec, learnt: Iterable[Learnt], name: str) -> tuple[Floats, Floats | None]:
    """5 %, median and 95 % in SI of the prior of a variable, and of what was learnt of it, if that moves."""
    prior = values_at(spec, {name: _SUMMARY})[name][:, 0]
    taught = [one for one in learnt if one.moves and one.variable == name]
    return prior, known_at(spec, taught, {name: _SUMMARY})[name][:, 0] if taught else None


def _quantiles(one: Learnt, at: Floats) -> Floats:
    """Quantiles at levels `at`, in the variable's unit: normal in the log beyond the outermost that are kept."""
    kept = (SHAPE_LEVELS, np.array(one.posterior_shape)) if one.posterior_shape else (_SUMMARY, np.array(one.posterior))
    scores, positive = normal_scores(kept[0]), bool(np.all(kept[1] > 0))
    values, asked = np.log(kept[1]) if positive else kept[1], normal_scores(at)
    middle = scores.size // 2
    found: Floats = np.interp(asked, scores, values)
    for end, beyond in ((0, asked < scores[0]), (-1, asked > scores[-1])):
        slope = (values[end] - values[middle]) / (scores[end] - scores[middle])
        found = np.where(beyond, values[end] + slope * (asked - scores[end]), found)
    return np.asarray(np.exp(found)) if positive else found
