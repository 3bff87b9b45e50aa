"""From the records of a run to the one record a reader is shown."""

from collections.abc import Iterable, Mapping

from gauntlet.costs.linking import primitives_of
from gauntlet.costs.records import CostModel
from gauntlet.mechanisms.catalogue import find
from gauntlet.paper.records import Paper
from gauntlet.report.beliefs import belief_rows, closing_terms, mechanism_rows
from gauntlet.report.parts import meanings_of, shares_along, waterfall
from gauntlet.report.records import (
    BaselineReport,
    CheckReport,
    ClaimReport,
    ConstantReport,
    FindingReport,
    FormulaReport,
    HiddenReport,
    PrimitiveReport,
    Quotation,
    Report,
    Row,
    TermReport,
    VariableReport,
)
from gauntlet.report.words import (
    left_machine,
    lesson_words,
    origin_words,
    prior_words,
    range_words,
    source_words,
    value_words,
)
from gauntlet.specs.claims import CellSource, Claim, EditedSource, SeriesSource, TextSource
from gauntlet.specs.evidence import Evidence, Refused
from gauntlet.specs.mechanism import Step
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.verdict.decide import abs_gap
from gauntlet.verdict.prediction import ClaimPrediction, Prediction
from gauntlet.verdict.records import SEVERITY, CheckCoverage, ClaimVerdict, Constant, Verdict
from gauntlet.verdict.rounding import rounded

_LONGEST_HIDDEN = 300
_MOST_HIDDEN = 100


def build_report(
    paper: Paper | None,
    spec: PaperSpec,
    cost_model: CostModel,
    prediction: Prediction,
    verdict: Verdict,
    *,
    interpretation: Mapping[str, object] | None = None,
    run: Mapping[str, object] | None = None,
) -> Report:
    """The report of one run. `paper` adds what was hidden or not read; `run` says which address was asked."""
    address, asked = (run or {}).get("address"), (run or {}).get("origins")
    kinds = {spec.origin.kind, cost_model.origin.kind, *(asked if isinstance(asked, list) else ())}
    names = {mechanism.id: mechanism.name for mechanism in spec.mechanisms}
    metrics = {metric.id: metric.name for metric in spec.metrics}
    meanings = meanings_of(spec, cost_model)
    return Report(
        **_head(verdict),
        curve_samples=prediction.curve_samples,
        fewest_samples=min((one.samples for one in prediction.claims.values()), default=prediction.samples),
        origins=(origin_words("Specification", spec.origin), origin_words("Cost model", cost_model.origin)),
        left_machine=left_machine(kinds, address if isinstance(address, str) else None),
        claims=tuple(
            _claim(spec, meanings, prediction.claims.get(item.claim), item, paper) for item in in_order(verdict)
        ),
        baselines=tuple(
            BaselineReport(
                claim=fit.claim,
                mechanism=names[fit.mechanism],
                metric=metrics[fit.metric],
                misfit_factor=fit.misfit_factor,
                unexplained_factor=fit.unexplained_factor,
                described_is_measured=fit.described_is_measured,
                remark=fit.remark,
            )
            for fit in verdict.baselines
        ),
        lesson=lesson_words(verdict.lesson, names, prediction.lesson.few_draws),
        constants=tuple(_constant(one) for one in verdict.lesson.constants),
        unlearnt=verdict.lesson.refused,
        **_model(spec, cost_model, names, metrics),
        variables=tuple(
            VariableReport(
                id=variable.id,
                meaning=variable.meaning,
                unit=variable.unit,
                value=value_words(variable),
                source=source_words(variable),
                basis=variable.basis,
                disclosed=variable.disclosed,
                quotations=quotations(variable.evidence),
            )
            for variable in spec.variables
        ),
        findings=tuple(
            FindingReport(
                id=item.id,
                message=item.message,
                severity=item.severity,
                readings=item.readings,
                quotations=quotations(item.evidence),
            )
            for item in verdict.findings
        ),
        checks=tuple(map(_check, verdict.coverage.arithmetic)),
        refused=tuple(_refusal(item) for item in (*spec.refused, *cost_model.refused)),
        not_read=_not_read(paper),
        hidden=_hidden(paper),
        interpretation=_paragraphs(interpretation),
    )


def _check(one: CheckCoverage) -> CheckReport:
    return CheckReport(
        check=one.check.replace("_", " "),
        found=one.found,
        agreeing=one.agreeing,
        differing=one.differing,
        not_checked=tuple(f"{reason.count}: {reason.reason}" for reason in one.not_checked),
    )


def build_unreadable(verdict: Verdict) -> Report:
    """The report of a paper that could not be read: the reason, and nothing else."""
    return Report(**_head(verdict), curve_samples=0, fewest_samples=0, origins=(), left_machine=left_machine((), None))


def in_order(verdict: Verdict) -> list[ClaimVerdict]:
    """Claims of the proposal first, then the others; of each the most severe first, of these the farthest off.

    Claims that were not compared with any prediction come last of their kind.
    """
    return sorted(
        verdict.claims,
        key=lambda item: (
            item.mechanism_kind != "proposed",
            item.gap is None,
            SEVERITY.index(item.label),
            -abs_gap(item),
        ),
    )


def _head(verdict: Verdict) -> dict[str, object]:
    return {
        "tool_version": verdict.tool_version,
        "paper_sha256": verdict.paper_sha256,
        "title": verdict.title,
        "label": verdict.label,
        "summary": verdict.summary,
        "claims_found": verdict.coverage.claims,
        "claims_judged": verdict.coverage.judged,
        "not_judged": verdict.coverage.not_judged,
        "samples": verdict.samples,
        "seed": verdict.seed,
    }


def _claim(
    spec: PaperSpec,
    meanings: Mapping[str, str],
    prediction: ClaimPrediction | None,
    verdict: ClaimVerdict,
    paper: Paper | None,
) -> ClaimReport:
    claim, metric = spec.claim(verdict.claim), spec.metric(verdict.metric)
    x = next((variable for variable in spec.variables if variable.id == claim.x), None)
    rival = prediction.comparator if prediction else None
    unit = "×" if claim.relative_to is not None else metric.unit
    decisive = next(
        (index for index, point in enumerate(verdict.points) if point.used and point.gap == verdict.gap), None
    )
    return ClaimReport(
        id=claim.id,
        statement=claim.statement,
        mechanism=spec.mechanism(claim.mechanism).name,
        mechanism_kind=verdict.mechanism_kind,
        metric=metric.name + (f", over {spec.mechanism(claim.relative_to).name}" if claim.relative_to else ""),
        unit=unit,
        better=metric.better,
        x_name=None if x is None else x.meaning,
        x_unit="" if x is None else x.unit,
        baseline=None if rival is None else spec.mechanism(rival).name,
        label=verdict.label,
        gap=verdict.gap,
        gap_low=verdict.gap_low,
        gap_high=verdict.gap_high,
        region=verdict.region,
        reasons=(*verdict.reasons, *verdict.remarks),
        readings=verdict.readings,
        settle=verdict.settle,
        beliefs=belief_rows(spec, verdict),
        joint_distance=None if verdict.joint_belief is None else verdict.joint_belief.distance,
        closing_terms=closing_terms(verdict),
        mechanisms=mechanism_rows(verdict),
        widening=verdict.widening,
        decisive=decisive,
        waterfall=None
        if prediction is None or decisive is None
        else waterfall(spec, meanings, claim, prediction, verdict, decisive),
        shares=() if prediction is None else shares_along(spec, claim, prediction),
        rows=_rows(spec, claim, verdict, prediction),
        missing=tuple(
            f"x = {item.x:g}: {item.reason}" if item.x is not None else item.reason for item in claim.missing
        ),
        quotations=quotations((*claim.evidence, *_printed(claim))),
        sources=_sources(claim, paper),
        plot=f"plots/{claim.id}" if verdict.points else None,
    )


def _rows(spec: PaperSpec, claim: Claim, verdict: ClaimVerdict, prediction: ClaimPrediction | None) -> tuple[Row, ...]:
    rows = []
    for index, (point, judged) in enumerate(zip(claim.points, verdict.points, strict=False)):
        rival = None
        if prediction is not None and prediction.comparator is not None:
            rival = rounded(float(prediction.comparator_median[index]))
        category = None
        if claim.point_configurations:
            configuration = spec.configuration(claim.point_configurations[index])
            category = configuration.meaning if configuration else None
        rows.append(
            Row(
                x=judged.x,
                category=category,
                claimed=judged.claimed,
                reading_error=rounded(point.reading_error),
                predicted_low=judged.low,
                predicted_median=judged.median,
                predicted_high=judged.high,
                bound=judged.bound,
                baseline_predicted=rival,
                gap=judged.gap,
                by_load=judged.by_load,
                label=judged.label,
                used=judged.used,
            )
        )
    return tuple(rows)


def _constant(one: Constant) -> ConstantReport:
    return ConstantReport(
        variable=one.variable,
        meaning=one.meaning,
        unit=one.unit,
        prior=range_words(one.prior, one.unit),
        posterior=range_words(one.posterior, one.unit),
        prior_shape=one.prior_shape or one.prior,
        posterior_shape=one.posterior_shape or one.posterior,
        moves=one.moves,
    )


def _model(
    spec: PaperSpec, model: CostModel, names: Mapping[str, str], metrics: Mapping[str, str]
) -> dict[str, object]:
    steps = {step.id: step for mechanism in spec.mechanisms for step in mechanism.steps}
    return {
        "terms": tuple(
            TermReport(
                id=term.id,
                mechanism=names.get(term.mechanism or ""),
                meaning=term.meaning,
                expression=term.expression,
                unit=term.unit,
                steps=tuple(_step(steps[name]) for name in term.steps if name in steps),
                quotations=quotations(item for name in term.steps if name in steps for item in steps[name].evidence),
            )
            for term in model.terms
        ),
        "outputs": tuple(
            FormulaReport(
                mechanism=names.get(out.mechanism, out.mechanism),
                metric=metrics.get(out.metric, out.metric),
                expression=out.expression,
                unit=out.unit,
            )
            for out in model.outputs
        ),
        "bounds": tuple(
            FormulaReport(
                mechanism=names.get(bound.mechanism, bound.mechanism),
                metric=metrics.get(bound.metric, bound.metric),
                resource=bound.resource,
                expression=bound.expression,
                unit=bound.unit,
            )
            for bound in model.bounds
        ),
        "waivers": tuple(
            f"{_step(steps[item.step]) if item.step in steps else item.step}: {item.reason}" for item in model.waivers
        ),
        "assumptions": model.assumptions,
        "primitives": tuple(_primitive(name) for name in primitives_of(model)),
        "priors": tuple(prior_words(variable) for variable in spec.variables if variable.source == "prior"),
    }


def _primitive(name: str) -> PrimitiveReport:
    primitive = find(name)
    return PrimitiveReport(
        name=name,
        summary=primitive.summary,
        validity=primitive.validity,
        source=primitive.source,
        form_error=primitive.model_form_error,
        error_basis=primitive.error_basis,
    )


def _step(step: Step) -> str:
    return f"{step.actor} {step.action}"


def quotations(evidence: Iterable[Evidence]) -> tuple[Quotation, ...]:
    """Words and pages, each once, in order."""
    found = [Quotation(page=item.page, label=item.label, words=item.quotation) for item in evidence]
    return tuple(dict.fromkeys(found))


def _printed(claim: Claim) -> list[Evidence]:
    return [point.source.evidence for point in claim.points if isinstance(point.source, TextSource)]


def _sources(claim: Claim, paper: Paper | None) -> tuple[str, ...]:
    """'Figure 4', 'Table 2', 'edited by a person: reason', each once."""
    found = []
    for point in claim.points:
        match point.source:
            case SeriesSource(series=series):
                place = paper.series(series) if paper else None
                found.append(place[0].label if place else series)
            case CellSource(table=table):
                cells = paper.table(table) if paper else None
                found.append(cells.label if cells else table)
            case EditedSource(reason=reason):
                found.append(f"edited by a person: {reason}")
    return tuple(dict.fromkeys(found))


def _refusal(item: Refused) -> str:
    return f"{item.what}: {item.reason}"


def _not_read(paper: Paper | None) -> tuple[str, ...]:
    if paper is None:
        return ()
    figures = (f"{figure.label}: {reason}" for figure in paper.figures for reason in figure.refused)
    return (*paper.notes, *figures)


def _hidden(paper: Paper | None) -> tuple[HiddenReport, ...]:
    hidden = paper.hidden[:_MOST_HIDDEN] if paper else ()
    return tuple(
        HiddenReport(page=item.anchor.page, reason=item.reason.replace("_", " "), words=item.text[:_LONGEST_HIDDEN])
        for item in hidden
    )


def _paragraphs(interpretation: Mapping[str, object] | None) -> tuple[str, ...]:
    """Summary and paragraphs of an interpretation; anything else in it is left out."""
    if interpretation is None:
        return ()
    paragraphs = interpretation.get("paragraphs")
    found = [interpretation.get("summary"), *(paragraphs if isinstance(paragraphs, list) else [])]
    return tuple(item for item in found if isinstance(item, str) and item.strip())
