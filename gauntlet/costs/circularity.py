"""Circular reasoning: a prediction of the proposal must not be fed with what the paper measured on the proposal."""

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from gauntlet.costs.behaviour import Predicted, predict_all
from gauntlet.costs.compiled import CompiledModel, compile_model
from gauntlet.costs.violations import Violation
from gauntlet.expressions.grammar import Expression
from gauntlet.paper.records import Box, Paper
from gauntlet.specs.claims import CellSource, Claim, Point, SeriesSource, TextSource
from gauntlet.specs.evidence import Evidence
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.specs.quantities import Choices, Distribution, Exact, Interval, Sweep, Variable, Withheld
from gauntlet.units import dimension, to_si

SAME_NUMBER = 0.005
"""Relative difference below which two printed numbers count as one; papers round to three digits."""

PREDICTED_KINDS = frozenset({"proposed", "ablation"})


def no_circularity(
    compiled: CompiledModel, predicted: Sequence[Predicted], samples: int, seed: int, paper: Paper | None
) -> Iterator[Violation]:
    """The deletion test, then the origins of every variable that an output uses."""
    yield from _deletion_test(compiled, predicted, samples, seed)
    kinds = {mechanism.id: mechanism.kind for mechanism in compiled.spec.mechanisms}
    used_by = _used_variables(compiled)
    for variable in compiled.spec.variables:
        users = [mechanism for mechanism, names in used_by.items() if variable.id in names]
        fed = [mechanism for mechanism in users if kinds[mechanism] in PREDICTED_KINDS]
        if fed and not variable.may_condition and variable.source == "paper":
            message = (
                f"it was measured on the proposal and enters the prediction of {fed[0]}; model the step "
                "that causes it, or give it a range from other sources (source 'prior' or 'assumed')."
            )
            yield Violation(law="no_circularity", where=f"variable {variable.id}", message=message)
        claim = _same_as_a_claim(compiled.spec, variable, kinds, paper) if users else None
        if claim is not None:
            message = (
                f"its value is the one that claim {claim.id} reports for {claim.mechanism}; take it from elsewhere, or "
                "give a range that does not rest on the claim."
            )
            yield Violation(law="no_circularity", where=f"variable {variable.id}", message=message)


def _used_variables(compiled: CompiledModel) -> dict[str, set[str]]:
    """Mechanism -> variables that its outputs depend on."""
    outputs: dict[str, list[Expression]] = {}
    for (mechanism, _), expression in compiled.outputs.items():
        outputs.setdefault(mechanism, []).append(expression)
    return {mechanism: compiled.variables_of(mechanism, expressions) for mechanism, expressions in outputs.items()}


def without_results(spec: PaperSpec) -> PaperSpec:
    """The spec with every claimed y blanked; x, configurations and the number of points stay."""
    claims = tuple(
        claim.model_copy(
            update={"points": tuple(point.model_copy(update={"y": float("nan")}) for point in claim.points)}
        )
        for claim in spec.claims
    )
    return spec.model_copy(update={"claims": claims})


def _deletion_test(
    compiled: CompiledModel, predicted: Sequence[Predicted], samples: int, seed: int
) -> Iterator[Violation]:
    blind = compile_model(without_results(compiled.spec), compiled.model)
    again, _ = predict_all(blind, samples, seed)
    for index, one in enumerate(predicted):
        if index >= len(again) or not np.array_equal(one.value, again[index].value, equal_nan=True):
            message = "the prediction changes when the claimed values are deleted; it must not depend on any of them."
            yield Violation(law="no_circularity", where=one.where, message=message)


def _same_as_a_claim(
    spec: PaperSpec, variable: Variable, kinds: Mapping[str, str], paper: Paper | None
) -> Claim | None:
    """A claim of the proposal or an ablation with a point of the same number at the same place."""
    for claim in spec.claims:
        if kinds.get(claim.mechanism) not in PREDICTED_KINDS:
            continue
        unit = "" if claim.relative_to is not None else spec.metric(claim.metric).unit
        for point in claim.points:
            if _same_number(variable, point.y, unit) and any(
                _same_place(evidence, claim, point, paper) for evidence in variable.evidence
            ):
                return claim
    return None


def _same_number(variable: Variable, claimed: float, unit: str) -> bool:
    """One of the variable's stated values is the claimed one, in SI. A count is never a claimed ratio."""
    if dimension(variable.unit) != dimension(unit) or (variable.whole and not dimension(unit)):
        return False
    theirs = to_si(claimed, unit)
    return any(abs(to_si(value, variable.unit) - theirs) <= SAME_NUMBER * abs(theirs) for value in _stated(variable))


def _stated(variable: Variable) -> tuple[float, ...]:
    match variable.value:
        case Exact(value=value):
            return (value,)
        case Interval(low=low, high=high) | Withheld(low=low, high=high):
            return (low, high, 0.5 * (low + high))
        case Distribution(typical=typical):
            return (typical,)
        case Choices(values=values) | Sweep(values=values):
            return values
    return ()


def _same_place(evidence: Evidence, claim: Claim, point: Point, paper: Paper | None) -> bool:
    match point.source:
        case TextSource(evidence=own):
            return _same_words(evidence, own)
        case CellSource(table=table_id, row=row, column=column):
            table = paper.table(table_id) if paper else None
            cell = table.cell(row, column) if table else None
            if cell is not None:
                return evidence.page == cell.anchor.page and any(_meet(box, cell.anchor.box) for box in evidence.boxes)
        case SeriesSource(series=series_id):
            found = paper.series(series_id) if paper else None
            if found is not None:
                plot = found[1].anchor
                return evidence.page == plot.page and any(_meet(box, plot.box) for box in evidence.boxes)
    return any(_same_words(evidence, own) for own in claim.evidence)


def _same_words(one: Evidence, other: Evidence) -> bool:
    if one.page != other.page:
        return False
    mine, theirs = _plain(one.quotation), _plain(other.quotation)
    return bool(mine and theirs and (mine in theirs or theirs in mine)) or any(
        _meet(a, b) for a in one.boxes for b in other.boxes
    )


def _plain(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip().lower()


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
