"""`report.md`: the same numbers for a terminal, a diff or a review form."""

from collections.abc import Iterable, Sequence

from gauntlet.report.coverage import coverage
from gauntlet.report.records import CheckReport, ClaimReport, FindingReport, Quotation, Report
from gauntlet.report.words import MEANINGS, fitting, number, quantity, times

_NO_FINDING = "No check of the paper's own arithmetic failed."
_ESCAPED = str.maketrans({char: f"\\{char}" for char in "\\`*_[]<>|#"})


def render_markdown(report: Report) -> str:
    """The report as Markdown. Words of the paper are escaped, so that they stay words."""
    lines = [f"# {_text(report.title)}", "", f"**{report.label.replace('_', ' ')}** {_text(report.summary)}", ""]
    lines += [f"{report.claims_found} claims found, {report.claims_judged} judged.", ""]
    lines += _table(
        ("", "Found", "Checked", "Deviating", "Not checked, and why"),
        [
            (row.what, f"{row.found}", f"{row.checked}", f"{row.deviating}", "; ".join(row.reasons))
            for row in coverage(report)
        ],
    )
    if report.claims:
        lines += _table(
            ("Verdict", "Claim", "Claimed", "Predicted", "Gap", "Where"), [_row(claim) for claim in report.claims]
        )
    if report.baselines:
        lines += ["## The baseline first", ""]
        lines += _items(
            f"{fit.mechanism}, {fit.metric} ({fit.claim}): {times(fit.misfit_factor)} off the median, "
            f"{times(fit.unexplained_factor)} outside the band. {fit.remark}"
            for fit in report.baselines
        )
    for claim in report.claims:
        lines += _claim(claim)
    lines += _model(report)
    lines += ["## Findings inside the paper", ""]
    lines += _items(map(_finding, report.findings) if report.findings else [_NO_FINDING])
    lines += _items(_check(check) for check in report.checks if check.found)
    lines += _section("Refused or corrected", report.refused)
    lines += _section("Not read", report.not_read)
    lines += _section(
        "Text that does not show on the page",
        [f"p. {item.page}, {item.reason}: {item.words}" for item in report.hidden],
    )
    lines += _section("In words", report.interpretation)
    lines += ["## How to read this", ""]
    lines += _items(f"{label}: {meaning}" for label, meaning in MEANINGS.items())
    lines += [_text(report.left_machine), ""]
    lines += [_text(". ".join([*report.origins, f"{_samples(report)}, seed {report.seed}"])) + "."]
    lines += ["", f"Gauntlet {report.tool_version}, paper sha256 `{report.paper_sha256}`", ""]
    return "\n".join(lines)


def _row(claim: ClaimReport) -> tuple[str, ...]:
    row = claim.rows[claim.decisive] if claim.decisive is not None else None
    claimed = "–" if row is None else quantity(row.claimed, claim.unit)
    predicted = "–"
    if row is not None:
        band = f"({number(row.predicted_low)} to {number(row.predicted_high)})"
        predicted = f"{quantity(row.predicted_median, claim.unit)} {band}"
    return claim.label, claim.statement, claimed, predicted, times(claim.gap), claim.region or ""


def _samples(report: Report) -> str:
    few = f" ({report.fewest_samples} where formulas take long)" if report.fewest_samples < report.samples else ""
    return f"{report.samples} samples{few}"


def _claim(claim: ClaimReport) -> list[str]:
    better = f"{claim.better} is better"
    lines = [f"## {_text(claim.statement)}", "", f"**{claim.label.replace('_', ' ')}**", ""]
    lines += [_text(f"{claim.mechanism} ({claim.mechanism_kind}), {claim.metric} [{claim.unit}], {better}"), ""]
    lines += [f"![Claimed points against prediction and bound]({claim.plot}.svg)", ""] if claim.plot else []
    if claim.readings:
        lines += ["Rule out first:", "", *_items(claim.readings)]
    lines += ["Reasons:", "", *_items(claim.reasons)]
    if claim.settle:
        settles = claim.label == "INCONCLUSIVE"
        lines += ["What would settle it:" if settles else "Undisclosed values behind the band:", ""]
        lines += _items(
            f"{one.variable}: {one.meaning} ({100 * one.share:.0f} % of the spread{fitting(one)})"
            for one in claim.settle
        )
    if claim.rows:
        x = f"{claim.x_name} [{claim.x_unit}]" if claim.x_name else "At"
        lines += _table(
            (x, "Claimed", "Low", "Median", "High", "Bound", claim.baseline or "Baseline", "Gap", "Verdict"),
            [
                (
                    row.category or ("" if row.x is None else number(row.x)),
                    number(row.claimed),
                    number(row.predicted_low),
                    number(row.predicted_median),
                    number(row.predicted_high),
                    number(row.bound),
                    number(row.baseline_predicted),
                    times(row.gap) + (" (load)" if row.by_load else ""),
                    row.label if row.used else "no measurement",
                )
                for row in claim.rows
            ],
        )
    lines += _waterfall(claim) + _shares(claim) + _beliefs(claim)
    return lines + _quotes(claim.quotations)


def _waterfall(claim: ClaimReport) -> list[str]:
    found = claim.waterfall
    if found is None:
        return []
    where = f" at {claim.x_name} = {number(found.x)} {claim.x_unit}".rstrip() if found.x is not None else ""
    rows = [(row.part, number(row.rival), number(row.value), row.meaning) for row in found.rows]
    rows.append(
        ("rest", number(found.rival_rest), number(found.rest), "medians of all draws against the medians' model")
    )
    rows.append(("predicted", number(found.rival_total), number(found.total), "the sum"))
    rows.append(("claimed", "–", number(found.claimed), ""))
    unit = f" [{found.unit}]" if found.unit else ""
    head = ("Part", found.rival or "Baseline", claim.mechanism, "Meaning")
    return [f"Where it comes from: {_text(found.quantity + unit + where)}", "", *_table(head, rows)]


def _shares(claim: ClaimReport) -> list[str]:
    if not claim.shares:
        return []
    lines = [f"Which part binds along {_text(claim.x_name or 'x')}, by its share of the cost:", ""]
    return lines + _items(f"{found.mechanism}: {words}" for found in claim.shares for words in found.binds)


def _beliefs(claim: ClaimReport) -> list[str]:
    lines: list[str] = []
    rows = [
        (row.variable, row.needed, times(row.factor), row.known, row.far, "alone" if row.alone else "together")
        for row in claim.beliefs
    ]
    if rows:
        lines += ["What you would have to believe:", ""]
        lines += _table(("Variable", "Needed", "Factor", "Known", "How far out", "How"), rows)
    if claim.closing_terms:
        lines += [_text(claim.closing_terms), ""]
    if claim.mechanisms:
        lines += ["Or a known mechanism that the text does not describe:", ""]
        lines += _items(
            f"{one.name}, {one.part}: {one.arithmetic}; {'would close it' if one.closes else 'would not do'}"
            for one in claim.mechanisms
        )
    return lines


def _model(report: Report) -> list[str]:
    if not report.terms and not report.variables:
        return []
    lines = ["## Cost model, term by term", ""]
    lines += _items(
        f"{term.id} [{term.unit}] ({term.mechanism or 'shared'}: {term.meaning}) = {term.expression}"
        for term in report.terms
    )
    lines += _items(f"{out.metric} of {out.mechanism} [{out.unit}] = {out.expression}" for out in report.outputs)
    lines += _items(
        f"bound, {bound.metric} of {bound.mechanism} [{bound.unit}], {bound.resource}: {bound.expression}"
        for bound in report.bounds
    )
    lines += _section("Assumed", (*report.assumptions, *report.waivers))
    lines += _section("Learnt from the baselines", _learnt(report))
    lines += _section("Priors, where the paper is silent", report.priors)
    lines += _section("Formulas", [f"{one.name}: {one.summary} {one.source}" for one in report.primitives])
    rows = [(item.id, item.meaning, f"{item.value} {item.unit}".strip(), item.source) for item in report.variables]
    return [*lines, "## Variables", "", *_table(("Variable", "Meaning", "Value", "Source"), rows)]


def _learnt(report: Report) -> list[str]:
    """Constants before and after, and what could not be learnt."""
    found = [report.lesson] if report.lesson else []
    found += [
        f"{one.variable}, {one.meaning}: {one.prior} before, {one.posterior} after"
        + ("" if one.moves else "; it belongs to the baseline and is not carried over")
        for one in report.constants
    ]
    return found + list(report.unlearnt)


def _section(heading: str, items: Sequence[str]) -> list[str]:
    return [f"## {heading}", "", *_items(items)] if items else []


def _finding(item: FindingReport) -> str:
    readings = f" It may also be that {'; or '.join(item.readings)}." if item.readings else ""
    return f"{item.message} ({item.severity}){readings}"


def _check(check: CheckReport) -> str:
    reasons = f"; not checkable: {'; '.join(check.not_checked)}" if check.not_checked else ""
    return f"{check.check}: {check.found} found, {check.agreeing} agree, {check.differing} differ{reasons}"


def _items(items: Iterable[str]) -> list[str]:
    found = [f"- {_text(item)}" for item in items]
    return [*found, ""] if found else []


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    cells = [" | ".join(_text(cell) for cell in row) for row in (head, *rows)]
    rule = "|" + "---|" * len(head)
    return [f"| {cells[0]} |", rule, *(f"| {row} |" for row in cells[1:]), ""]


def _quotes(items: Sequence[Quotation]) -> list[str]:
    return [line for item in items for line in (f"> {_text(item.words)} (p. {item.page})", "")]


def _text(words: str) -> str:
    return " ".join(words.split()).translate(_ESCAPED)
