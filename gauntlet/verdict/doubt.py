"""Why a deviation of one claim cannot be held against its mechanism, or the claim cannot be what was measured."""

import math

from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.verdict.case import Case
from gauntlet.verdict.compare import Comparison
from gauntlet.verdict.loops import unstated_loop
from gauntlet.verdict.readings import confused_statistic
from gauntlet.verdict.restated import disputed_in_words, shown_there
from gauntlet.verdict.rounding import times


def doubt_of(case: Case, seen: Comparison, worst: int) -> str | None:
    """Why a gap cannot be held against the mechanism."""
    doubt = misread(case, worst)
    if doubt:
        return doubt
    if case.misfit.gross and seen.gap[worst] < case.misfit.sigma:
        return (
            f"The baseline misses its own mechanism by {times(math.exp(case.misfit.sigma))} "
            f"({', '.join(case.misfit.claims)}), which is more than this gap."
        )
    if case.claim.quantifier == "up_to" and _setting_unknown(case) and not _shown_there(case, worst):
        return "A best case over settings that the paper does not name; the model was asked at one setting."
    return unstated_loop(case.compiled, case.claim, worst, case.lesson, "good")


def misread(case: Case, worst: int) -> str | None:
    """Why the model may not speak about this claim at all."""
    if case.claim.id in case.lesson.excluded:
        return "What several series measured excludes this sentence: it is about something else, or misread."
    confused = confused_statistic(case.spec, case.model, case.claim, case.metric)
    return confused or disputed(case, worst) or next(iter(case.doubts), None)


def disputed(case: Case, worst: int) -> str | None:
    """Why a sentence cannot be what the paper measured: other numbers of the paper say otherwise."""
    return disputed_in_words(case.spec, case.spec.claim(case.claim.id), worst, case.policy)


def _shown_there(case: Case, worst: int) -> bool:
    """Whether figures or tables have the number at the place that the claim names."""
    return shown_there(case.spec, case.spec.claim(case.claim.id), worst, case.policy)


def _setting_unknown(case: Case) -> bool:
    """True where a setting that the prediction depends on, other than the claim's x, is swept or not stated."""
    if case.claim.x is not None and any(point.x is None for point in case.claim.points):
        return True
    configuration = case.spec.configuration(case.claim.configuration)
    stated = {} if configuration is None else {setting.variable: setting.kind for setting in configuration.settings}
    swept = {variable.id: "sweep" for variable in case.spec.variables if variable.value.kind == "sweep"}
    kinds = {**swept, **dict.fromkeys(_varied(case.spec), "sweep"), **stated}
    behind = case.compiled.variables_behind(case.claim) - {case.claim.x}
    return any(kind != "value" for name, kind in kinds.items() if name in behind)


def _varied(spec: PaperSpec) -> set[str]:
    """Variables that the paper's configurations set to more than one value."""
    values: dict[str, set[str | None]] = {}
    for configuration in spec.configurations:
        for setting in configuration.settings:
            values.setdefault(setting.variable, set()).add(setting.expression)
    return {name for name, several in values.items() if len(several) > 1}
